/** The list of sales in a real browser: what is open first, what opens soon by time, what is over folded away; filters. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Browser } from "playwright-core";
import { createCampaign, type Server, startServer } from "../harness.ts";
import { browserMs, phone, startBrowser, visit } from "./browser.ts";
import { inSeconds, operate } from "./sale-visit.ts";

let server: Server;
let browser: Browser;

beforeAll(async () => {
  [server, browser] = await Promise.all([startServer(), startBrowser()]);
}, browserMs);
afterAll(async () => {
  await browser?.close();
  await server?.[Symbol.asyncDispose]();
});

const goods = (title: string, more: Record<string, unknown> = {}) => ({
  sku: "a",
  title,
  price_minor: 100,
  list_price_minor: 499_900,
  currency: "CNY",
  stock: 10,
  ...more,
});

describe("the list of sales", () => {
  test("says when there is none, and shows one as soon as there is, without a reload", async () => {
    await using visitor = await visit(browser, server.url, { ...phone, locale: "zh-CN" });
    const { page } = visitor;
    await page.getByText("目前没有活动。").waitFor();
    await visitor.picture("sales-none-phone-zh");
    expect(await visitor.barriers()).toEqual([]);
    const campaign = await createCampaign(server, {
      offers: [goods("First", { brand: "Huawei", category: "phones" })],
    });
    await page.locator(`a[href="/campaigns/${campaign.id}"]`).waitFor();
    await operate(server, campaign.id, "end");
    await page.getByText("目前没有活动。").waitFor();
    expect(visitor.complaints).toEqual([]);
  });

  test("has what is open first, the next to close first; then what opens soon; what is over by asking", async () => {
    const more = { brand: "Huawei", category: "phones", image_url: "/pictures/phone.svg" };
    const later = await createCampaign(server, { closesAt: inSeconds(7_200), offers: [goods("Later", more)] });
    const sooner = await createCampaign(server, {
      closesAt: inSeconds(3_600),
      admission: "draw",
      offers: [goods("Sooner", { ...more, category: "toys" })],
    });
    const soon = await createCampaign(server, {
      opensAt: inSeconds(900),
      admission: "queue",
      offers: [goods("Soon", { brand: "Li-Ning" }), goods("Soon 2", { sku: "b" })],
    });
    const over = await createCampaign(server, { offers: [goods("Over")] });
    await operate(server, over.id, "end");
    await using visitor = await visit(browser, server.url);
    const { page } = visitor;
    await page.locator(".sale-card").first().waitFor();
    const shown = () =>
      page.locator(".sale-card > a").evaluateAll((links) => links.map((link) => link.getAttribute("href")));
    const addresses = [sooner, later, soon].map(({ id }) => `/campaigns/${id}`);
    expect(await shown()).toEqual(addresses);
    expect(await page.getByRole("heading", { level: 2 }).allTextContents()).toEqual(["Open now", "Opening soon"]);
    for (const text of [
      "By draw",
      "By queue",
      "First come, first served",
      "¥4,999",
      "Opens in",
      "and 1 more to choose from",
    ])
      await page.getByText(text).first().waitFor();
    await visitor.picture("sales-desktop");
    expect(await visitor.barriers()).toEqual([]);
    await page.getByText("Show sales that are over").click();
    await page.locator(`a[href="/campaigns/${over.id}"]`).waitFor();
    expect(visitor.complaints).toEqual([]);
  });

  test("has each sale that is over once, however often that part is opened while it is asked for", async () => {
    const over = await createCampaign(server, { offers: [goods("Asked for twice")] });
    await operate(server, over.id, "end");
    await using visitor = await visit(browser, server.url);
    const { page } = visitor;
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const asked: string[] = [];
    await page.route("**/v1/campaigns?state=ended*", async (route) => {
      asked.push(route.request().url());
      await released;
      await route.continue();
    });
    const summary = page.getByText("Show sales that are over");
    for (const isOpen of [true, false, true]) {
      await summary.click();
      await page.locator(`details.past${isOpen ? "[open]" : ":not([open])"}`).waitFor();
    }
    release();
    await page.locator(`a[href="/campaigns/${over.id}"]`).first().waitFor();
    expect([asked.length, await page.locator(`a[href="/campaigns/${over.id}"]`).count()]).toEqual([1, 1]);
  });

  test("is filtered by what there is a choice of, and keeps that in its address", async () => {
    await using visitor = await visit(browser, server.url, { ...phone, locale: "zh-CN", colorScheme: "dark" });
    const { page } = visitor;
    await page.getByLabel("品牌").selectOption("Li-Ning");
    await page.locator(".sale-card").nth(1).waitFor({ state: "detached" });
    expect(await page.locator(".sale-card h3").allTextContents()).toEqual(["Test sale"]);
    expect(await page.getByLabel("类型").count()).toBe(0); // there is one kind: nothing to choose
    expect(new URL(page.url()).search).toBe("?brand=Li-Ning");
    await page.reload();
    await page.locator(".sale-card").first().waitFor();
    expect(await page.getByLabel("品牌").inputValue()).toBe("Li-Ning");
    await page.getByLabel("品类").selectOption("toys");
    await page.getByText("没有符合条件的活动。").waitFor();
    await page.getByRole("link", { name: "显示全部" }).click();
    await page.locator(".sale-card").nth(2).waitFor();
    await visitor.picture("sales-phone-zh-dark");
    expect(await visitor.barriers()).toEqual([]);
    expect(visitor.complaints).toEqual([]);
  });

  test("leads to a page whose script does not come: that is said, and the page is there with the network", async () => {
    await using visitor = await visit(browser, server.url, { ...phone, locale: "zh-CN" });
    const { page } = visitor;
    await page.locator(".sale-card").first().waitFor();
    await page.context().setOffline(true);
    await page.getByRole("link", { name: "我的订单" }).click();
    await page.getByRole("heading", { level: 1, name: "页面加载失败" }).waitFor();
    expect(await visitor.barriers()).toEqual([]);
    await visitor.picture("storefront-not-loaded-phone-zh");
    await page.context().setOffline(false);
    await page.getByRole("heading", { name: "页面加载失败" }).waitFor({ state: "detached" });
    expect(new URL(page.url()).pathname).toBe("/orders");
    expect(visitor.complaints.filter((text) => !text.includes("net::ERR_"))).toEqual([]);
  });

  test("is left with the focus at the beginning of what is opened", async () => {
    await using visitor = await visit(browser, server.url);
    const { page } = visitor;
    await page.locator(".sale-card > a").first().press("Enter");
    await page.locator(".main-button").waitFor();
    await page.locator("#content:focus").waitFor();
  });

  test("says that there is no connection, keeps what it knew, and goes on when there is one", async () => {
    await using visitor = await visit(browser, server.url);
    const { page } = visitor;
    await page.locator(".sale-card").first().waitFor();
    await page.context().setOffline(true);
    await page.getByText("No connection").waitFor();
    expect(await page.locator(".sale-card").count()).toBe(3);
    expect(await visitor.barriers()).toEqual([]);
    await page.context().setOffline(false);
    await page.getByText("No connection").waitFor({ state: "detached" });
    await page.locator(".sale-card a").first().click();
    await page.locator(".main-button").waitFor();
    await page.goBack();
    await page.locator(".sale-card").first().waitFor();
  });
});
