/**
 * Answers that come late, in a real browser: after something newer, after the page was left, or to somebody whom the
 * server no longer knows. What is shown stays true, and nothing is done that nobody wants any more.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Browser, Route } from "playwright-core";
import {
  buy,
  type CampaignJson,
  call,
  createCampaign,
  operatorKey,
  type Server,
  startServer,
  tokenOf,
} from "../harness.ts";
import { until } from "../http/until.ts";
import { browserMs, startBrowser } from "./browser.ts";
import { keysSent, operate, type SaleVisitor, visitSale } from "./sale-visit.ts";

let server: Server;
let browser: Browser;
const purchases = "**/v1/offers/*/orders";

beforeAll(async () => {
  [server, browser] = await Promise.all([
    startServer({ env: { RUSHBOX_PAYMENTS: "sandbox", RUSHBOX_GUESTS: "on" } }),
    startBrowser(),
  ]);
}, browserMs);
afterAll(async () => {
  await browser?.close();
  await server?.[Symbol.asyncDispose]();
});

const offerOf = ({ offers }: CampaignJson, index = 0) => offers[index]?.id ?? "";

/** Keeps answers back that the server has given already. */
function late() {
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const waiting: Promise<void>[] = [];
  let came = 0;
  const keep = async (route: Route) => {
    const response = await route.fetch();
    came += 1;
    const told = released.then(() => route.fulfill({ response }));
    waiting.push(told);
    await told;
  };
  return {
    keep,
    kept: () =>
      until(
        async () => came,
        (count) => count > 0,
      ),
    release: async () => {
      release();
      await Promise.all(waiting);
    },
  };
}

/** Until the page has taken what it was told: what it is asked next comes after that. */
async function settled({ page }: SaleVisitor): Promise<void> {
  await page.evaluate(() => fetch("/v1/time").then((answer) => answer.text()));
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)));
}

describe("an answer that is older than what is known", () => {
  test("takes no order away", async () => {
    const campaign = await createCampaign(server, { stock: 5 });
    await using visitor = await visitSale(browser, server, campaign.id, { buyer: "old-list" });
    const list = late();
    await visitor.page.route(`**/v1/orders?campaign_id=*`, list.keep);
    await visitor.page.reload();
    await visitor.is("buy");
    await list.kept();
    await visitor.button.click();
    await visitor.is("to_pay");
    await list.release();
    await settled(visitor);
    await visitor.is("to_pay");
    expect(await visitor.page.locator(".main-button").getAttribute("data-is")).toBe("to_pay");
  });

  test("of another offer takes no place on a waitlist away", async () => {
    const goods = { sku: "s", price_minor: 100, currency: "CNY", stock: 1, limit_per_buyer: 1 };
    const offers = ["First", "Second"].map((title) => ({ ...goods, sku: title, title }));
    const campaign = await createCampaign(server, { offers, waitlist: true });
    for (const index of [0, 1]) await buy(server, offerOf(campaign, index), await tokenOf("quicker"));
    await call(`${server.url}/v1/offers/${offerOf(campaign, 1)}/waitlist`, {
      method: "POST",
      as: await tokenOf("listed"),
    });
    await using visitor = await visitSale(browser, server, campaign.id, { buyer: "listed" });
    const first = late();
    await visitor.page.route(`**/v1/offers/${offerOf(campaign)}/waitlist`, first.keep);
    await visitor.page.reload();
    await first.kept();
    await visitor.page.getByLabel("Second").check();
    await visitor.is("on_waitlist");
    await first.release();
    await settled(visitor);
    expect(await visitor.page.locator(".main-button").getAttribute("data-is")).toBe("on_waitlist");
  });
});

describe("a page that was left", () => {
  const leave = async ({ page }: SaleVisitor) => {
    await page.getByRole("link", { name: "All sales" }).click();
    await page.getByRole("heading", { level: 1, name: "Sales" }).waitFor();
  };

  test("does not buy on the next visit what it was refused", async () => {
    const campaign = await createCampaign(server, { stock: 1 });
    await using visitor = await visitSale(browser, server, campaign.id, { buyer: "left" });
    const keys = keysSent(visitor);
    const refusal = late();
    await visitor.page.route(purchases, async (route) => {
      await buy(server, offerOf(campaign), await tokenOf("quicker"));
      await refusal.keep(route);
    });
    await visitor.press("buy");
    await refusal.kept();
    await leave(visitor);
    await refusal.release();
    await settled(visitor);
    const restock = { method: "POST", as: operatorKey, body: { quantity: 2 } } as const;
    await call(`${server.url}/v1/offers/${offerOf(campaign)}/restock`, restock);
    await visitor.page.goBack();
    await visitor.is("buy");
    await settled(visitor);
    expect([keys.length, (await visitor.orders()).length]).toEqual([1, 0]);
  });

  test("takes nobody to a payment page", async () => {
    const campaign = await createCampaign(server);
    await using visitor = await visitSale(browser, server, campaign.id, { buyer: "left-paying" });
    await visitor.press("buy");
    await visitor.is("to_pay", "Pay now");
    const checkout = late();
    await visitor.page.route("**/v1/orders/*/checkout", checkout.keep);
    const opened: string[] = [];
    visitor.page.on("request", (request) => {
      if (request.isNavigationRequest()) opened.push(request.url());
    });
    await visitor.press("to_pay");
    await checkout.kept();
    await leave(visitor);
    await checkout.release();
    await settled(visitor);
    expect(opened).toEqual([]);
  });
});

describe("a token that the server no longer takes", () => {
  test("of a guest is replaced at the next step: nobody is sent to sign in where guests are welcome", async () => {
    const campaign = await createCampaign(server);
    await using visitor = await visitSale(browser, server, campaign.id);
    const foreign = await tokenOf("gst_before", "1h", "a-secret-that-this-server-has-never-had");
    await visitor.page.evaluate((token) => localStorage.setItem("rushbox.guest", token), foreign);
    await visitor.page.reload();
    await visitor.press("buy");
    await visitor.is("to_pay");
    await visitor.page.reload();
    await visitor.is("to_pay");
    expect(visitor.complaints).toEqual([]);
  });

  test("is not sent again and again for a purchase whose outcome is not known", async () => {
    const campaign = await createCampaign(server, { stock: 5 });
    await using visitor = await visitSale(browser, server, campaign.id, { buyer: "over" });
    const keys = keysSent(visitor);
    let asked = 0;
    await visitor.page.route(purchases, async (route) => {
      asked += 1;
      if (asked === 1) return route.abort();
      const body = JSON.stringify({ code: "unauthorized", detail: "", status: 401 });
      await route.fulfill({ status: 401, contentType: "application/problem+json", body });
    });
    await visitor.press("buy");
    await visitor.is("buy", "Sign in");
    await operate(server, campaign.id, "pause");
    await visitor.is("paused");
    await operate(server, campaign.id, "resume");
    await visitor.is("buy", "Sign in");
    expect(keys.length).toBe(2);
  });
});
