/** Buying in a real browser, beside others: a press is one order, and the button says what is true, and says it soon. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Browser } from "playwright-core";
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
import { browserMs, phone, startBrowser } from "./browser.ts";
import { keysSent, operate, type SaleVisitor, visitSale } from "./sale-visit.ts";

let server: Server;
let browser: Browser;

beforeAll(async () => {
  [server, browser] = await Promise.all([startServer(), startBrowser()]);
}, browserMs);
afterAll(async () => {
  await browser?.close();
  await server?.[Symbol.asyncDispose]();
});

const offerOf = ({ offers }: CampaignJson) => offers[0]?.id ?? "";

describe("two who want the last unit", () => {
  test("one gets it; the other sees it at once, waits, and gets it when the first gives it back", async () => {
    const campaign = await createCampaign(server, { stock: 1 });
    await using alice = await visitSale(browser, server, campaign.id, { buyer: "race-alice" });
    await using bob = await visitSale(browser, server, campaign.id, { buyer: "race-bob", ...phone });
    await Promise.all([alice.is("buy"), bob.is("buy")]);
    await Promise.all([alice.button.click(), bob.button.click()]);
    const isAlice = await Promise.race([alice.is("to_pay").then(() => true), bob.is("to_pay").then(() => false)]);
    const [winner, loser] = isAlice ? [alice, bob] : [bob, alice];
    await loser.is("sold_out", "Sold out");
    expect([(await winner.orders()).length, (await loser.orders()).length]).toEqual([1, 0]);
    await loser.button.click();
    await loser.is("on_waitlist", "place 1");
    expect(await loser.barriers()).toEqual([]);
    const [order] = await winner.orders();
    await call(`${server.url}/v1/orders/${order?.id}/cancel`, { method: "POST", as: winner.token });
    await loser.is("to_pay");
    await winner.is("sold_out");
    expect((await loser.orders()).map(({ state }) => state)).toEqual(["reserved"]);
    expect([...alice.complaints, ...bob.complaints]).toEqual([]);
  });
});

describe("a press", () => {
  test("twice is one request and one order", async () => {
    const campaign = await createCampaign(server, { stock: 5, limitPerBuyer: 3 });
    await using visitor = await visitSale(browser, server, campaign.id, { buyer: "double" });
    const keys = keysSent(visitor);
    await visitor.is("buy");
    await visitor.button.dblclick();
    await visitor.is("to_pay");
    expect([keys.length, (await visitor.orders()).length]).toEqual([1, 1]);
  });

  test("for another one has a key of its own", async () => {
    const campaign = await createCampaign(server, { stock: 5, limitPerBuyer: 2 });
    await using visitor = await visitSale(browser, server, campaign.id, { buyer: "again" });
    const keys = keysSent(visitor);
    await visitor.press("buy");
    await visitor.is("to_pay");
    await visitor.page.getByRole("button", { name: "Buy another" }).click();
    await visitor.page.getByRole("button", { name: "Buy another" }).waitFor({ state: "detached" });
    await visitor.is("to_pay");
    expect([new Set(keys).size, (await visitor.orders()).length]).toEqual([2, 2]);
    expect(visitor.complaints).toEqual([]);
  });

  test("for several buys so many in one order", async () => {
    const campaign = await createCampaign(server, { stock: 5, limitPerBuyer: 3 });
    await using visitor = await visitSale(browser, server, campaign.id, { buyer: "several" });
    await visitor.is("buy", "¥1");
    await visitor.page.getByRole("button", { name: "One more" }).click();
    await visitor.is("buy", "¥2");
    await visitor.button.click();
    await visitor.is("to_pay");
    expect((await visitor.orders()).map(({ quantity }) => quantity)).toEqual([2]);
  });

  test("for more than are left by then is for what is left, and says so", async () => {
    const campaign = await createCampaign(server, { stock: 3, limitPerBuyer: 3 });
    await using visitor = await visitSale(browser, server, campaign.id, { buyer: "too-many" });
    await visitor.is("buy", "¥1");
    for (const _ of [2, 3]) await visitor.page.getByRole("button", { name: "One more" }).click();
    await visitor.is("buy", "¥3");
    await buy(server, offerOf(campaign), await tokenOf("took-two"), { quantity: 2 });
    await visitor.is("buy", "Buy for ¥1");
    await visitor.button.click();
    await visitor.is("to_pay");
    expect((await visitor.orders()).map(({ quantity }) => quantity)).toEqual([1]);
  });
});

describe("another one", () => {
  test("is one, whatever number was chosen before the first was bought elsewhere", async () => {
    const campaign = await createCampaign(server, { stock: 9, limitPerBuyer: 5 });
    await using visitor = await visitSale(browser, server, campaign.id, { buyer: "two-tabs" });
    await visitor.is("buy", "¥1");
    for (const _ of [2, 3]) await visitor.page.getByRole("button", { name: "One more" }).click();
    await visitor.is("buy", "¥3");
    await buy(server, offerOf(campaign), visitor.token);
    await visitor.is("to_pay");
    await visitor.page.getByRole("button", { name: "Buy another" }).click();
    await until(visitor.orders, (orders) => orders.length === 2);
    expect((await visitor.orders()).map(({ quantity }) => quantity)).toEqual([1, 1]);
  });
});

describe("what an operator does", () => {
  test("is seen within a second, without a reload", async () => {
    const campaign = await createCampaign(server, { stock: 1, publish: false });
    await using visitor = await visitSale(browser, server, campaign.id, { buyer: "watcher" });
    await visitor.page.getByRole("heading", { name: "There is nothing here" }).waitFor();
    await operate(server, campaign.id, "publish");
    await visitor.is("buy");
    const tookMs: number[] = [];
    const seen = async (change: Promise<unknown>, state: Parameters<SaleVisitor["is"]>[0]) => {
      await change;
      const startedMs = performance.now();
      await visitor.is(state);
      tookMs.push(performance.now() - startedMs);
    };
    await visitor.page.waitForFunction(() => document.querySelector(".connection")?.textContent === "");
    await seen(operate(server, campaign.id, "pause"), "paused");
    await seen(operate(server, campaign.id, "resume"), "buy");
    await seen(buy(server, offerOf(campaign), await tokenOf("watched")), "sold_out");
    const restock = { method: "POST", as: operatorKey, body: { quantity: 2 } };
    await seen(call(`${server.url}/v1/offers/${offerOf(campaign)}/restock`, restock), "buy");
    await seen(operate(server, campaign.id, "end"), "over");
    expect(tookMs.toSorted((a, b) => a - b)[2]).toBeLessThan(1_000); // the middle one: others use the machine, too
    expect(visitor.complaints).toEqual([]);
  });

  test("is seen without streams, too, and the page says that it has none", async () => {
    const campaign = await createCampaign(server, { stock: 1 });
    await using visitor = await visitSale(browser, server, campaign.id, { buyer: "polling" });
    await visitor.page.route("**/stream", (route) => route.abort());
    await visitor.page.reload();
    await visitor.page.getByText("No live connection").waitFor();
    await visitor.press("buy");
    await visitor.is("to_pay");
    const [order] = await visitor.orders();
    await call(`${server.url}/v1/orders/${order?.id}/cancel`, { method: "POST", as: visitor.token });
    await visitor.is("buy");
    await operate(server, campaign.id, "pause");
    await visitor.is("paused");
    expect(visitor.trueComplaints()).toEqual([]);
  });
});
