/**
 * One order in the console, in a real browser against a real server: all that can be done with it, by state and role.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Browser, Page } from "playwright-core";
import { type CampaignJson, type OrderJson, type Server, startServer } from "../harness.ts";
import { browserMs, phone, startBrowser } from "./browser.ts";
import { ask, orderFrom, sellTeaAndCups, sitDown } from "./office-desk.ts";
import { keyOf } from "./operator.ts";

let server: Server;
let browser: Browser;
let campaign: CampaignJson;
let viewer: string;

beforeAll(async () => {
  [server, browser] = await Promise.all([startServer({ env: { RUSHBOX_PAYMENTS: "sandbox" } }), startBrowser()]);
  viewer = await keyOf(server, "viewer");
  campaign = await sellTeaAndCups(server);
}, browserMs);
afterAll(async () => {
  await browser?.close();
  await server?.[Symbol.asyncDispose]();
});

function order(buyer: string, quantity = 1, goods: "Tea" | "Cup" = "Tea"): Promise<OrderJson> {
  return orderFrom(server, campaign, { buyer, quantity, goods });
}

const pay = ({ id }: OrderJson, reference: string) => ask(server, `/v1/orders/${id}/pay`, { reference });
const dialog = (page: Page) => page.getByRole("dialog");
const row = (page: Page, name: string) => page.getByRole("row").filter({ hasText: name });

describe("one order", () => {
  test("is asked for by itself, but never while the server still looks it up: then it would never be heard", async () => {
    const { id } = await order("slow");
    await using desk = await sitDown(browser, server.url);
    const { page } = desk;
    await page.clock.install();
    const held = Promise.withResolvers<void>();
    let asked = 0;
    await page.route(`**/v1/orders/${id}/history`, async (route) => {
      asked += 1;
      await held.promise;
      await route.continue().catch(() => {}); // given up meanwhile
    });
    const begun = page.waitForRequest(`**/v1/orders/${id}/history`);
    await desk.open(`/console/orders/${id}`);
    await begun;
    await page.clock.runFor(14_000);
    expect(asked).toBe(1);
    held.resolve();
    await page.getByText("To be paid", { exact: true }).waitFor();
    const askedAgain = page.waitForRequest(`**/v1/orders/${id}/history`);
    await page.clock.runFor(4_000);
    await askedAgain;
  });

  test("is paid with a reference and refunded, each after it was said what that does, and shows what happened", async () => {
    const tea = await order("lin", 2);
    await using desk = await sitDown(browser, server.url);
    const { page } = desk;
    await desk.open(`/console/orders/${tea.id}`);
    await page.getByText("To be paid", { exact: true }).waitFor();
    await page.getByText("No payment was told of yet.").waitFor();
    await page.getByRole("button", { name: "Record a payment" }).click();
    await dialog(page).getByText("Say that the shop has received ¥198.").waitFor();
    expect(await desk.barriers()).toEqual([]);
    await dialog(page).getByLabel("Payment reference").fill("bank-77");
    await dialog(page).getByRole("button", { name: "Record a payment" }).click();
    await page.getByRole("status").getByText("Paid.").waitFor();
    await page.locator(":focus", { hasText: /^Paid\.$/ }).waitFor();
    await row(page, "bank-77").getByText("Pays for the order").waitFor();
    await row(page, "Reserved by the buyer").getByText("−2 on sale, +2 held").waitFor();
    await page.getByRole("button", { name: "Refund" }).click();
    await dialog(page).getByLabel("are written off: they are not sold again").check();
    await desk.picture("office-order-refund-desktop");
    await dialog(page).getByRole("button", { name: "Refund" }).click();
    // The shop took it: that it counts as returned must not read as if somebody had paid it back.
    await page.locator(".notice.warn").getByText("nobody has returned them").waitFor();
    await row(page, "Money returned").waitFor();
    await row(page, "Refund asked for by an operator").getByText("−2 sold").waitFor();
    await page.getByText("Nothing more can be done with this order.").waitFor();
    await page.getByRole("button", { name: "Show the receipt" }).click();
    await page.getByText(/^eyJ/).waitFor();
    expect(await desk.barriers()).toEqual([]);
    await desk.picture("office-order-desktop");
    expect(desk.complaints).toEqual([]);
  });

  test("is cancelled, and a payment all the same is recorded, to be returned by hand", async () => {
    const tea = await order("mei");
    await using desk = await sitDown(browser, server.url, { ...phone, locale: "zh-CN" });
    const { page } = desk;
    await desk.open(`/console/orders/${tea.id}`);
    await page.getByRole("button", { name: "取消订单" }).click();
    await dialog(page).getByText("占用的库存立即恢复可售").waitFor();
    await desk.picture("office-order-cancel-phone-zh");
    await dialog(page).getByRole("button", { name: "取消", exact: true }).click();
    await dialog(page).waitFor({ state: "detached" });
    await page.locator(":focus", { hasText: /^取消订单$/ }).waitFor();
    await page.getByRole("button", { name: "取消订单" }).click();
    await dialog(page).getByRole("button", { name: "取消订单" }).click();
    await page.getByText("已取消，库存已恢复。").waitFor();
    await page.getByRole("button", { name: "登记迟到的付款" }).click();
    await dialog(page).getByText("订单不会恢复").waitFor();
    await dialog(page).getByRole("button", { name: "登记付款" }).click();
    await page.getByText("款项已登记，但不能入账").waitFor();
    await page.getByRole("button", { name: "标记为已退回" }).click();
    await dialog(page).getByText("系统不会转账").waitFor();
    await dialog(page).getByRole("button", { name: "标记为已退回" }).click();
    await page.getByText("已标记为退回。").waitFor();
    await page.getByText("已退款", { exact: true }).waitFor();
    expect(await desk.barriers()).toEqual([]);
    await desk.picture("office-order-phone-zh");
    expect(desk.complaints).toEqual([]);
  });

  test("gets a payment link that can be copied, as long as it is to be paid", async () => {
    const tea = await order("wen");
    await using desk = await sitDown(browser, server.url, { permissions: ["clipboard-read", "clipboard-write"] });
    const { page } = desk;
    await desk.open(`/console/orders/${tea.id}`);
    await page.getByRole("button", { name: "Payment link" }).click();
    await dialog(page).getByRole("button", { name: "Make it" }).click();
    const address = (await page.getByRole("link", { name: "Open it" }).getAttribute("href")) ?? "";
    expect(address).toContain("/sandbox/checkout/");
    await page.getByRole("button", { name: "Copy: Payment link" }).click();
    await page.getByRole("button", { name: "Copied: Payment link" }).waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(address);
    await pay(tea, "bank-2"); // meanwhile, elsewhere
    await page.getByRole("button", { name: "Refund" }).waitFor();
    expect(await page.getByRole("button", { name: "Payment link" }).count()).toBe(0);
    expect(desk.complaints).toEqual([]);
  });

  test("gets no link where nobody takes payments", async () => {
    await using plain = await startServer();
    const tea = await orderFrom(plain, await sellTeaAndCups(plain), { buyer: "wen" });
    await using desk = await sitDown(browser, plain.url);
    const { page } = desk;
    await desk.open(`/console/orders/${tea.id}`);
    await page.getByRole("button", { name: "Cancel the order" }).waitFor();
    await page.getByRole("button", { name: "Payment link" }).waitFor({ state: "detached" });
    expect(desk.complaints).toEqual([]);
  });

  test("that has moved on meanwhile refuses what is not possible any more, in words, and the dialog stays", async () => {
    const tea = await order("yan");
    await using desk = await sitDown(browser, server.url);
    const { page } = desk;
    await desk.open(`/console/orders/${tea.id}`);
    await page.getByRole("button", { name: "Cancel the order" }).click();
    await pay(tea, "bank-3");
    await dialog(page).getByRole("button", { name: "Cancel the order" }).click();
    await dialog(page).getByRole("alert").getByText("It has moved on meanwhile").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Refund" }).waitFor();
  });

  test("is shown to a viewer without what they may not do; what is not there is told", async () => {
    const tea = await order("zoe");
    await pay(tea, "first");
    await ask(server, `/v1/orders/${tea.id}/pay`, { reference: "second" }).catch(() => null);
    await using desk = await sitDown(browser, server.url, { key: viewer, colorScheme: "dark" });
    const { page } = desk;
    await desk.open(`/console/orders/${tea.id}`);
    await page.getByText("Your key may look at orders, not change them").waitFor();
    await row(page, "second").getByText("To be returned").waitFor();
    for (const name of ["Refund", "Record a payment", "Mark as returned"])
      expect(await page.getByRole("button", { name }).count()).toBe(0);
    expect(await desk.barriers()).toEqual([]);
    await desk.picture("office-order-viewer-dark");
    await desk.open("/console/orders");
    await page.getByRole("button", { name: "Export as CSV" }).waitFor();
    expect(await page.getByText("Erase a buyer").count()).toBe(0);
    await desk.open("/console/orders/ord_zzzzzzzzzz");
    await page.getByRole("alert").getByText("There is nothing under this number.").waitFor();
    expect(desk.complaints).toEqual([]);
  });
});
