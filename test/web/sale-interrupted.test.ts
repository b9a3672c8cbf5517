/**
 * Buying in a real browser, where something goes wrong: whatever is lost between the press and its answer, a purchase is
 * one order and one order alone, and nothing is called a success that the server has not said.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Browser, Route } from "playwright-core";
import { createCampaign, newFolder, type Server, startServer } from "../harness.ts";
import { until } from "../http/until.ts";
import { browserMs, startBrowser } from "./browser.ts";
import { keysSent, visitSale } from "./sale-visit.ts";

let server: Server;
let browser: Browser;
const purchases = "**/v1/offers/*/orders";

beforeAll(async () => {
  [server, browser] = await Promise.all([startServer(), startBrowser()]);
}, browserMs);
afterAll(async () => {
  await browser?.close();
  await server?.[Symbol.asyncDispose]();
});

describe("a page whose first question is lost", () => {
  test("shows the sale all the same, as soon as its stream speaks", async () => {
    const campaign = await createCampaign(server);
    await using visitor = await visitSale(browser, server, campaign.id, { buyer: "first" });
    const asked: string[] = [];
    await visitor.page.route(`**/v1/campaigns/${campaign.id}`, async (route) => {
      asked.push(route.request().url());
      await (asked.length <= 2 ? route.abort() : route.continue());
    });
    await visitor.page.reload();
    await visitor.is("buy");
    expect(asked.length).toBeGreaterThan(2);
    expect(visitor.trueComplaints()).toEqual([]);
  });
});

describe("between the press and its answer", () => {
  /** The server gets the purchase, and the page does not hear of it. */
  const loseAnswer = async (route: Route) => {
    await route.fetch();
    await route.abort();
  };

  test("a reload finds the order: there is one", async () => {
    const campaign = await createCampaign(server, { stock: 5, limitPerBuyer: 5 });
    await using visitor = await visitSale(browser, server, campaign.id, { buyer: "reload" });
    const keys = keysSent(visitor);
    const { promise: arrived, resolve } = Promise.withResolvers<void>();
    await visitor.page.route(
      purchases,
      async (route) => {
        await route.fetch();
        resolve(); // and the answer is never heard
      },
      { times: 1 },
    );
    await visitor.press("buy");
    await arrived;
    await visitor.is("working", "Ordering");
    await visitor.page.reload();
    await visitor.is("to_pay");
    expect((await visitor.orders()).length).toBe(1);
    expect([keys.length, new Set(keys).size]).toEqual([2, 1]);
    await visitor.page.reload();
    await visitor.is("to_pay");
    expect((await visitor.orders()).length).toBe(1);
  });

  test("a lost answer is asked for again by itself, under the same key", async () => {
    const campaign = await createCampaign(server, { stock: 1, limitPerBuyer: 1 });
    await using visitor = await visitSale(browser, server, campaign.id, { buyer: "lost" });
    const keys = keysSent(visitor);
    await visitor.page.route(purchases, loseAnswer, { times: 1 });
    await visitor.press("buy");
    await visitor.is("unknown", "Finding out");
    expect(await visitor.button.getAttribute("aria-disabled")).toBe("true");
    await visitor.is("to_pay");
    expect([(await visitor.orders()).length, new Set(keys).size]).toEqual([1, 1]);
    expect(visitor.trueComplaints()).toEqual([]);
  });

  test("another offer may be looked at: what is under way is told of its own, and so is its refusal", async () => {
    const goods = { sku: "A", title: "Red", price_minor: 100, currency: "CNY", stock: 5 };
    const offers = [goods, { ...goods, sku: "B", title: "Blue", price_minor: 200 }];
    const campaign = await createCampaign(server, { offers });
    await using visitor = await visitSale(browser, server, campaign.id, { buyer: "looks-on" });
    const { page } = visitor;
    const { promise: looked, resolve } = Promise.withResolvers<void>();
    await page.route(purchases, async (route) => {
      await looked;
      const body = JSON.stringify({ code: "sold_out", detail: "", status: 409 });
      await route.fulfill({ status: 409, contentType: "application/problem+json", body });
    });
    await visitor.press("buy");
    await page.getByLabel(/Blue/).check();
    await visitor.is("working");
    await page.getByText("This is for “Red”.").waitFor();
    resolve();
    await visitor.is("buy", "¥2");
    expect(await page.locator(".told.refused").count()).toBe(0);
    await page.getByLabel(/Red/).check();
    await page.locator(".told.refused").waitFor();
    expect((await visitor.orders()).length).toBe(0);
  });

  test("without a connection the buyer is told, and it goes on when there is one", async () => {
    const campaign = await createCampaign(server, { stock: 5 });
    await using visitor = await visitSale(browser, server, campaign.id, { buyer: "offline" });
    await visitor.is("buy");
    await visitor.page.context().setOffline(true);
    await visitor.button.click();
    await visitor.is("unknown");
    await visitor.page.getByText("No connection").first().waitFor();
    await visitor.page.getByText("Connection lost").waitFor();
    expect(await visitor.barriers()).toEqual([]);
    await visitor.picture("sale-offline");
    await visitor.page.context().setOffline(false);
    await visitor.is("to_pay");
    await visitor.page.getByText("Connection lost").waitFor({ state: "detached" });
    expect((await visitor.orders()).length).toBe(1);
    expect(visitor.trueComplaints()).toEqual([]);
  });

  for (const isDecided of [true, false]) {
    test(`a killed server that ${isDecided ? "had" : "had not"} decided gives one order when it is back`, async () => {
      const data = newFolder();
      let killed = await startServer({ data });
      const { port } = killed;
      const campaign = await createCampaign(killed, { stock: 5, limitPerBuyer: 5 });
      await using visitor = await visitSale(browser, killed, campaign.id, { buyer: "killed" });
      const kill = async (route: Route) => {
        if (isDecided) await route.fetch();
        await killed.stop("SIGKILL");
        await route.abort();
      };
      await visitor.page.route(purchases, kill, { times: 1 });
      await visitor.press("buy");
      await visitor.is("unknown");
      killed = await startServer({ data, args: ["--port", String(port)] });
      await using _ = killed;
      await visitor.is("to_pay");
      expect((await visitor.orders()).map(({ state }) => state)).toEqual(["reserved"]);
      expect(visitor.trueComplaints()).toEqual([]);
    });
  }

  test("a server that is too busy is asked again, no sooner than it said; who is tired of it stops", async () => {
    const campaign = await createCampaign(server, { stock: 5 });
    await using visitor = await visitSale(browser, server, campaign.id, { buyer: "busy" });
    const asked: number[] = [];
    const body = JSON.stringify({ code: "overloaded", detail: "", status: 503 });
    await visitor.page.route(purchases, async (route) => {
      asked.push(Date.now());
      await route.fulfill({
        status: 503,
        headers: { "retry-after": "1" },
        contentType: "application/problem+json",
        body,
      });
    });
    await visitor.press("buy");
    await visitor.is("retrying", "Busy");
    await visitor.page.getByText("Very busy right now").waitFor();
    await until(
      async () => asked.length,
      (count) => count >= 2,
    );
    expect((asked[1] ?? 0) - (asked[0] ?? 0)).toBeGreaterThanOrEqual(1_000);
    await visitor.page.getByRole("button", { name: "Stop trying" }).click();
    await visitor.is("buy");
    expect((await visitor.orders()).length).toBe(0);
    await visitor.page.unroute(purchases);
    await visitor.press("buy");
    await visitor.is("to_pay");
    expect((await visitor.orders()).length).toBe(1);
  });
});
