/**
 * A buyer's orders in a real browser: seen as they change, paid, cancelled, expired, returned, and nobody else's. What
 * the page says is held against what the server says.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Browser } from "playwright-core";
import { buy, call, createCampaign, operatorKey, type Server, startServer, tokenOf } from "../harness.ts";
import { browserMs, phone, startBrowser, type Visitor, visit } from "./browser.ts";

let server: Server;
let browser: Browser;

beforeAll(async () => {
  [browser, server] = await Promise.all([startBrowser(), startServer({ env: { RUSHBOX_PAYMENTS: "sandbox" } })]);
}, browserMs);
afterAll(async () => {
  await browser?.close();
  await server?.[Symbol.asyncDispose]();
});

type Options = Parameters<typeof visit>[2];

/** Somebody with the shop's token, at a page of theirs. */
async function comeAs(buyer: string, path: string, options: Options = {}): Promise<Visitor> {
  return visit(browser, `${server.url}${path}#token=${await tokenOf(buyer)}`, options);
}

/** One order of a new sale. */
async function orderOf(buyer: string, what: Parameters<typeof createCampaign>[1] = {}): Promise<string> {
  const campaign = await createCampaign(server, { stock: 1, ...what });
  const bought = await buy(server, campaign.offers[0]?.id ?? "", await tokenOf(buyer));
  expect(bought.status).toBe(201);
  return bought.body.id;
}

const ask = (path: string, body?: unknown) =>
  call(`${server.url}/v1/orders/${path}`, { method: "POST", as: operatorKey, ...(body === undefined ? {} : { body }) });
const stateOf = async (id: string) =>
  (await call<{ state: string }>(`${server.url}/v1/orders/${id}`, { as: operatorKey })).body.state;

describe("my orders", () => {
  test("without a buyer say what to do", async () => {
    await using visitor = await visit(browser, `${server.url}/orders`, phone);
    await visitor.page.getByRole("heading", { level: 1, name: "Sign in to see your orders" }).waitFor();
    await visitor.page.getByRole("link", { name: "See all sales" }).waitFor();
    expect(await visitor.barriers()).toEqual([]);
    await visitor.picture("orders-nobody-phone-light-en");
    expect(visitor.complaints).toEqual([]);
  });

  test("stand in groups with what they are and cost, and move as they are paid, without a reload", async () => {
    const offers = [
      { sku: "cup", title: "骨瓷马克杯", price_minor: 990, currency: "CNY", stock: 9, limit_per_buyer: 9 },
      {
        sku: "fan",
        title: "Desk fan with a name that is long enough for two lines",
        price_minor: 12_900,
        currency: "CNY",
        stock: 9,
      },
    ];
    const campaign = await createCampaign(server, { offers });
    const as = await tokenOf("grace");
    const [cup = "", fan = ""] = campaign.offers.map(({ id }) => id);
    const paid = (await buy(server, cup, as, { quantity: 2 })).body.id;
    const cancelled = (await buy(server, cup, as)).body.id;
    await ask(`${paid}/pay`);
    await ask(`${cancelled}/cancel`);
    const unpaid = (await buy(server, fan, as)).body.id;
    await using visitor = await comeAs("grace", "/orders", { ...phone, locale: "zh-CN" });
    const { page } = visitor;
    const group = (name: string) => page.getByRole("region", { name }).getByRole("listitem");
    await group("待付款").getByText("剩余支付时间").waitFor();
    await group("已付款").getByText("骨瓷马克杯 × 2").waitFor();
    await group("已付款").getByText("¥19.80").waitFor();
    await group("已结束").getByText("已取消").waitFor();
    expect(await visitor.barriers()).toEqual([]);
    await visitor.picture("orders-phone-light-zh");
    await ask(`${unpaid}/pay`);
    await group("已付款").getByText("Desk fan").waitFor();
    expect(await group("待付款").count()).toBe(0);
    expect(await group("已付款").count()).toBe(2);
    const addresses = await group("已付款")
      .getByRole("link")
      .evaluateAll((links) => links.map((link) => link.getAttribute("href")));
    expect(addresses).toEqual([`/orders/${unpaid}`, `/orders/${paid}`]); // the newest first
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(360);
    expect(visitor.complaints).toEqual([]);
  });

  test("come page by page, and what is to be paid stands above all of them", async () => {
    const as = await tokenOf("henry");
    const offers = [{ sku: "pen", title: "Pen", price_minor: 100, currency: "CNY", stock: 50, limit_per_buyer: 50 }];
    const campaign = await createCampaign(server, { offers });
    const orders: string[] = [];
    for (let count = 0; count < 23; count += 1)
      orders.push((await buy(server, campaign.offers[0]?.id ?? "", as)).body.id);
    for (const id of orders.slice(1)) await ask(`${id}/pay`);
    await using visitor = await comeAs("henry", "/orders", { colorScheme: "dark" });
    const { page } = visitor;
    const paid = page.getByRole("region", { name: "Paid" }).getByRole("listitem");
    await paid.first().waitFor();
    expect(await page.getByRole("region", { name: "To pay" }).getByRole("listitem").count()).toBe(1); // the oldest of all
    expect(await paid.count()).toBe(20);
    expect(await visitor.barriers()).toEqual([]);
    await visitor.picture("orders-desktop-dark-en");
    await page.getByRole("button", { name: "Show older ones" }).click();
    await paid.nth(21).waitFor();
    expect(await paid.count()).toBe(22);
    expect(await page.getByRole("button", { name: "Show older ones" }).count()).toBe(0);
    expect(visitor.complaints).toEqual([]);
  });

  test("of a token that is not this shop's ask to sign in", async () => {
    const forged = await tokenOf("mallory", "1h", "another-secret-0123456789abcdef0123");
    await using visitor = await visit(browser, `${server.url}/orders#token=${forged}`);
    await visitor.page.getByText("Your sign-in at the shop has run out").waitFor();
    expect(visitor.complaints).toEqual([]);
  });
});

describe("an order", () => {
  test("is paid on the sandbox's page, and shows it when the server says so", async () => {
    const id = await orderOf("alice");
    await using visitor = await comeAs("alice", `/orders/${id}`);
    const { page } = visitor;
    await page.getByRole("heading", { level: 1, name: "Goods" }).waitFor();
    await page.getByText("Time left to pay").waitFor();
    expect(await visitor.barriers()).toEqual([]);
    await visitor.picture("order-to-pay-desktop-light-en");
    await page.getByRole("button", { name: "Pay now" }).click();
    await page.getByRole("heading", { name: "Pay for your order" }).waitFor();
    await page.locator("button.pay").click();
    await page.getByRole("link", { name: "Back to the shop" }).click();
    await page.getByRole("link", { name: "See your order" }).click();
    await page.getByText("Paid. The shop has been told").waitFor();
    expect(await stateOf(id)).toBe("paid");
    expect(await page.getByRole("button", { name: "Pay now" }).count()).toBe(0);
    expect(visitor.complaints).toEqual([]);
  });

  test("is cancelled after a question that says what is lost, and stays as it is when that is declined", async () => {
    const id = await orderOf("bob");
    await using visitor = await comeAs("bob", `/orders/${id}`, { ...phone, locale: "zh-CN", colorScheme: "dark" });
    const { page } = visitor;
    await page.getByRole("button", { name: "取消订单" }).click();
    await page.getByRole("dialog").getByText("可能马上被别人抢走").waitFor();
    expect(await visitor.barriers()).toEqual([]);
    await visitor.picture("order-cancel-phone-dark-zh");
    await page.keyboard.press("Escape");
    expect(await page.getByRole("dialog").count()).toBe(0);
    expect(await stateOf(id)).toBe("reserved");
    await page.locator(":focus", { hasText: /^取消订单$/ }).waitFor();
    await page.getByRole("button", { name: "取消订单" }).click();
    await page.getByRole("button", { name: "确定取消" }).click();
    await page.getByText("订单已取消，无需付款").waitFor();
    expect(await stateOf(id)).toBe("cancelled");
    await page.locator('[role="status"]:focus').waitFor();
    expect(visitor.complaints).toEqual([]);
  });

  test("expires before the buyer's eyes, and a payment that comes late is returned where none is left", async () => {
    const id = await orderOf("carol", { paymentWindowS: 8, stock: 1 });
    const { body } = await call<{ offer_id: string }>(`${server.url}/v1/orders/${id}`, { as: operatorKey });
    await using visitor = await comeAs("carol", `/orders/${id}`, phone);
    const { page } = visitor;
    await page.getByText("Time left to pay").waitFor();
    await page.getByRole("status").getByText("It was not paid in time").waitFor();
    expect(await stateOf(id)).toBe("expired");
    expect(await page.getByRole("button", { name: /Pay now|Cancel/ }).count()).toBe(0);
    expect(await visitor.barriers()).toEqual([]);
    expect((await buy(server, body.offer_id, await tokenOf("dave"))).status).toBe(201);
    expect((await ask(`${id}/pay`, { reference: "late" })).body["code"]).toBe("refund_due");
    await page.getByText("Your money is going back to you").waitFor();
    await page.getByText("A payment arrived when the order was over").waitFor();
    await visitor.picture("order-refund-due-phone-light-en");
    expect(visitor.complaints).toEqual([]);
  });

  test("that was refunded says so, step by step", async () => {
    const id = await orderOf("erin");
    await using visitor = await comeAs("erin", `/orders/${id}`, { locale: "zh-CN", colorScheme: "dark" });
    const { page } = visitor;
    await page.getByText("剩余支付时间").waitFor();
    await ask(`${id}/pay`);
    await page.getByText("已付款。商城已收到通知").waitFor();
    await ask(`${id}/refund`);
    await page.getByText("已退款，到账时间").waitFor();
    const steps = page.getByRole("region", { name: "订单进展" }).getByRole("listitem");
    await steps.nth(2).waitFor();
    const texts = await steps.allTextContents();
    expect(texts.map((text) => text.replace(/\d{4}年.*$/, "").trim())).toEqual([
      "已为您预占",
      "收到您的付款 · ¥1",
      "已退款 · ¥1",
    ]);
    expect(await stateOf(id)).toBe("refunded");
    expect(await visitor.barriers()).toEqual([]);
    await visitor.picture("order-refunded-desktop-dark-zh");
    expect(visitor.complaints).toEqual([]);
  });

  test("of somebody else, or that is none, is a clear page and tells nothing", async () => {
    const id = await orderOf("frank");
    for (const path of [id, "ord_00000000zz", "nonsense"]) {
      await using visitor = await comeAs("mallory", `/orders/${path}`);
      await visitor.page.getByRole("heading", { level: 1, name: "This order is not here" }).waitFor();
      expect(await visitor.page.getByText("Goods").count()).toBe(0);
      expect(await visitor.barriers()).toEqual([]);
      expect(visitor.complaints).toEqual([]);
    }
  });

  test("says so when the connection is gone, and goes on when it is back", async () => {
    const id = await orderOf("judy");
    await using visitor = await comeAs("judy", `/orders/${id}`);
    const { page } = visitor;
    await page.getByText("Time left to pay").waitFor();
    await page.context().setOffline(true);
    await page.getByText("No connection: this is how the order stood last").waitFor();
    await ask(`${id}/pay`);
    await page.context().setOffline(false);
    await page.getByText("Paid. The shop has been told").waitFor();
    await page.getByText("No connection").waitFor({ state: "detached" });
  });

  test("goes on being told where streams are switched off", async () => {
    const id = await orderOf("ivan");
    const controls = (on: boolean) =>
      call(`${server.url}/v1/controls`, {
        method: "POST",
        as: operatorKey,
        body: { switches: [{ name: "streams_off", on }] },
      });
    expect((await controls(true)).status).toBe(200);
    await using visitor = await comeAs("ivan", `/orders/${id}`);
    await visitor.page.getByText("Time left to pay").waitFor();
    await ask(`${id}/pay`);
    await visitor.page.getByText("Paid. The shop has been told").waitFor();
    await controls(false);
    expect(visitor.complaints).toEqual([]);
  });
});

test("where guests are welcome, nobody has bought anything yet and is led to the sales", async () => {
  await using shop = await startServer({ env: { RUSHBOX_GUESTS: "on" } });
  await using visitor = await visit(browser, `${shop.url}/orders`, { ...phone, locale: "zh-CN" });
  await visitor.page.getByRole("heading", { level: 1, name: "您还没有在这里购买过" }).waitFor();
  await visitor.page.getByRole("link", { name: "查看全部活动" }).waitFor();
  expect(await visitor.barriers()).toEqual([]);
  expect(visitor.complaints).toEqual([]);
});

test("where the shop takes the money itself, the order says to pay there", async () => {
  await using shop = await startServer();
  const campaign = await createCampaign(shop);
  const as = await tokenOf("alice");
  const { id } = (await buy(shop, campaign.offers[0]?.id ?? "", as)).body;
  await using visitor = await visit(browser, `${shop.url}/orders/${id}#token=${as}`);
  const { page } = visitor;
  await page.getByText("This page takes no money: pay in the shop").waitFor();
  expect(await page.getByRole("button", { name: "Pay now" }).count()).toBe(0);
  await call(`${shop.url}/v1/orders/${id}/pay`, { method: "POST", as: operatorKey });
  await page.getByText("Paid. The shop has been told").waitFor();
  expect(visitor.complaints).toEqual([]);
});
