/** Somebody with the chat open. */
import type { Browser, BrowserContextOptions, Page, Route } from "playwright-core";
import { call, type OrderJson, type Server, tokenOf } from "../harness.ts";
import { type Visitor, visit } from "./browser.ts";

export interface Talker extends Visitor {
  say(text: string): Promise<void>;
  /** Presses a choice of the last answer. */
  press(label: string): Promise<void>;
  /** Waits until the newest answer says so. */
  hears(text: string | RegExp): Promise<void>;
  /** Complaints but for those of a connection that was cut. */
  trueComplaints(): string[];
}

/** Opens a page, and the chat on it; as a buyer of the shop's where one is named. */
export async function talk(
  browser: Browser,
  { url }: Pick<Server, "url">,
  path: string,
  { buyer, ...options }: BrowserContextOptions & { readonly buyer?: string } = {},
): Promise<Talker> {
  const fragment = buyer === undefined ? "" : `#token=${await tokenOf(buyer)}`;
  const visitor = await visit(browser, `${url}${path}${fragment}`, options);
  const { page } = visitor;
  await openChat(page);
  return {
    ...visitor,
    async say(text) {
      await page.locator(".chat-form input").fill(text);
      await page.locator(".chat-form input").press("Enter");
    },
    press: (label) => page.getByRole("log").getByRole("button", { name: label, exact: true }).click(),
    hears: (text) => page.locator(".chat-line.shop").last().filter({ hasText: text }).waitFor(),
    trueComplaints: () => visitor.complaints.filter((text) => !text.includes("net::ERR_")),
    [Symbol.asyncDispose]: () => visitor[Symbol.asyncDispose](),
  };
}

/** Opens the chat and waits for what stands in it. */
export async function openChat(page: Page): Promise<void> {
  await page.locator(".chat-button").click();
  await page.locator(".chat-line.shop").first().waitFor();
}

/** A buyer's orders, as the server has them. */
export async function ordersOf({ url }: Pick<Server, "url">, buyer: string): Promise<readonly OrderJson[]> {
  return (await call<{ orders: OrderJson[] }>(`${url}/v1/orders`, { as: await tokenOf(buyer) })).body.orders;
}

/** The server gets what is sent, and the page does not hear of it. */
export async function loseAnswer(route: Route): Promise<void> {
  await route.fetch();
  await route.abort();
}

/** Something to be sold. */
export const lamp = (title: string) => ({
  sku: "lamp",
  title,
  price_minor: 9_900,
  currency: "CNY",
  stock: 9,
  limit_per_buyer: 2,
});
