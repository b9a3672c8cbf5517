/** Somebody on the page of a sale, and what the one button is for them. */
import { expect } from "bun:test";
import type { Browser, BrowserContextOptions, Locator } from "playwright-core";
import type { Is } from "../../src/web/storefront/button.ts";
import { call, type OrderJson, operatorKey, type Server, tokenOf } from "../harness.ts";
import { type Visitor, visit } from "./browser.ts";

export interface SaleVisitor extends Visitor {
  readonly token: string;
  /** The one button. */
  readonly button: Locator;
  /** Waits until the button is that, and what it says fits. */
  is(state: Is, says?: string | RegExp): Promise<void>;
  /** Presses the button once it is that. */
  press(state: Is): Promise<void>;
  /** This buyer's orders, as the server has them. */
  orders(): Promise<readonly OrderJson[]>;
  /** Complaints but for those of a connection that was cut. */
  trueComplaints(): string[];
}

export interface SaleVisitOptions extends BrowserContextOptions {
  /** Whoever comes with the shop's token; a guest or a stranger when absent. */
  readonly buyer?: string;
}

/** Opens the page of a sale. */
export async function visitSale(
  browser: Browser,
  server: Pick<Server, "url">,
  campaignId: string,
  { buyer, ...options }: SaleVisitOptions = {},
): Promise<SaleVisitor> {
  const token = buyer === undefined ? "" : await tokenOf(buyer);
  const fragment = buyer === undefined ? "" : `#token=${token}`;
  const visitor = await visit(browser, `${server.url}/campaigns/${campaignId}${fragment}`, options);
  const { page } = visitor;
  const is = async (state: Is, says?: string | RegExp) => {
    const box = page.locator(`.main-button[data-is="${state}"]`);
    await (says === undefined ? box : box.filter({ hasText: says })).waitFor();
  };
  return {
    ...visitor,
    token,
    button: page.locator(".main-button button"),
    is,
    async press(state) {
      await is(state);
      await page.locator(`.main-button[data-is="${state}"] button`).click();
    },
    async orders() {
      const answer = await call<{ orders: OrderJson[] }>(`${server.url}/v1/orders`, { as: token });
      return answer.body.orders;
    },
    trueComplaints: () => visitor.complaints.filter((text) => !text.includes("net::ERR_")),
    [Symbol.asyncDispose]: () => visitor[Symbol.asyncDispose](),
  };
}

/** The keys of all purchases that a page sends from now on. */
export function keysSent({ page }: Pick<SaleVisitor, "page">): string[] {
  const keys: string[] = [];
  page.on("request", (request) => {
    if (/\/v1\/offers\/[^/]+\/orders$/.test(request.url())) keys.push(request.headers()["idempotency-key"] ?? "none");
  });
  return keys;
}

/** Nothing is in the way of anybody, and nothing went wrong. */
export async function expectFine(...visitors: SaleVisitor[]): Promise<void> {
  for (const visitor of visitors) {
    expect(await visitor.barriers()).toEqual([]);
    expect(visitor.complaints).toEqual([]);
  }
}

/** What an operator does to a campaign: `publish`, `pause`, `resume`, `end`. */
export async function operate(server: Pick<Server, "url">, campaignId: string, action: string): Promise<void> {
  const { status } = await call(`${server.url}/v1/campaigns/${campaignId}/${action}`, {
    method: "POST",
    as: operatorKey,
  });
  if (status !== 200) throw new Error(`${action}: ${status}`);
}

/** So many seconds from now, as the wire has it. */
export function inSeconds(seconds: number): string {
  return new Date(Date.now() + seconds * 1_000).toISOString();
}
