/**
 * Risk in the console, in a real browser against a real server: who is suspected and why, in words; from there onto the
 * access list in two presses; the list searched, added to and taken from; roles.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Browser, Page } from "playwright-core";
import { scoreOf } from "../../src/admission/risk/rules.ts";
import { actionFromScore, looksLikeAddress } from "../../src/web/console/risk/risk-scores.ts";
import { buy, createCampaign, type Server, startServer, tokenOf } from "../harness.ts";
import { browserMs, phone, startBrowser } from "./browser.ts";
import { ask, sitDown } from "./office-desk.ts";
import { keyOf } from "./operator.ts";

let server: Server;
let browser: Browser;
let viewer: string;
let offer: string;

beforeAll(async () => {
  [server, browser] = await Promise.all([startServer(), startBrowser()]);
  viewer = await keyOf(server, "viewer");
  offer = (await createCampaign(server, { stock: 0 })).offers[0]?.id ?? "";
  const mallory = await tokenOf("mallory");
  await Promise.all(Array.from({ length: 120 }, () => buy(server, offer, mallory)));
}, browserMs);
afterAll(async () => {
  await browser?.close();
  await server?.[Symbol.asyncDispose]();
});

const dialog = (page: Page) => page.getByRole("dialog");
const row = (page: Page, name: string) => page.getByRole("row").filter({ hasText: name });
const card = (page: Page, name: string) => page.getByRole("article").filter({ hasText: name });

describe("who is suspected", () => {
  test("is shown with score and rules in words, and blocked in two presses, with a reason and an end", async () => {
    await using desk = await sitDown(browser, server.url);
    const { page } = desk;
    await desk.open("/console/risk");
    await page.getByText("Recording: it judges, and nobody feels it.").waitFor();
    const mallory = card(page, "mallory");
    await mallory.getByText(/attempts within ten seconds: far more often than a person clicks/).waitFor();
    await page.getByText("From 30 points challenges get harder").waitFor();
    expect(await desk.barriers()).toEqual([]);
    await desk.picture("office-risk-desktop");
    await mallory.getByRole("button", { name: "Block … mallory" }).click();
    expect(await dialog(page).getByLabel("Reason").inputValue()).toContain("attempts within ten seconds");
    await desk.picture("office-risk-block-desktop");
    await dialog(page).getByRole("button", { name: "Block" }).click();
    await page.getByRole("status").getByText("mallory is blocked.").waitFor();
    const entry = row(page, "mallory");
    await entry.getByText("Blocked").waitFor();
    expect((await buy(server, offer, await tokenOf("mallory"))).body.code).toBe("blocked");
    expect(desk.complaints).toEqual([]);
  });

  test("can be looked up, with what was seen and what the list says; who is not known can be decided about, too", async () => {
    await ask(server, "/v1/access", { effect: "block", buyer_id: "mallory", reason: "resold before" });
    await using desk = await sitDown(browser, server.url, { ...phone, colorScheme: "dark" });
    const { page } = desk;
    await desk.open("/console/risk");
    await page.getByLabel("Buyer or address").fill("mallory");
    await page.getByRole("button", { name: "Look", exact: true }).click();
    await page.getByRole("heading", { name: "What is known of mallory" }).waitFor();
    expect(new URL(page.url()).search).toBe("?buyer=mallory");
    await page.getByText("On the access list:").waitFor();
    await card(page, "mallory").getByText("Attempts in ten seconds").waitFor();
    await card(page, "127.0.0.0/24").waitFor();
    expect(await desk.barriers()).toEqual([]);
    await desk.picture("office-risk-lookup-phone-dark");
    await page.getByLabel("Buyer or address").fill("198.51.100.7");
    await page.getByRole("button", { name: "Look", exact: true }).click();
    await page.getByText("Nothing is remembered").waitFor();
    await page.getByRole("button", { name: "Let by …" }).click();
    await dialog(page).getByLabel("It ends").selectOption("never");
    await dialog(page).getByRole("button", { name: "Let by" }).click();
    await page.getByRole("status").getByText("198.51.100.7/32 is let by.").waitFor();
    await page.getByText("On the access list:").waitFor();
    await row(page, "198.51.100.7/32").getByText("never ends by itself").waitFor();
    expect(desk.complaints).toEqual([]);
  });

  test("is told of what is neither a buyer nor an address at the field", async () => {
    await using desk = await sitDown(browser, server.url, { locale: "zh-CN" });
    const { page } = desk;
    await desk.open("/console/risk?address=999.1.1.1");
    await page.getByText("不是有效的买家 ID 或 IP 地址。").waitFor();
    expect(await page.getByLabel("买家或地址").getAttribute("aria-invalid")).toBe("true");
    expect(desk.complaints).toEqual([]);
  });
});

describe("the access list", () => {
  test("takes buyers and networks, tells what is wrong at its field, is searched, and lets go", async () => {
    const soon = new Date(Date.now() + 1_000).toISOString();
    await ask(server, "/v1/access", { effect: "allow", buyer_id: "tester", reason: "our own", expires_at: soon });
    await using desk = await sitDown(browser, server.url, { ...phone, locale: "zh-CN" });
    const { page } = desk;
    await desk.open("/console/risk");
    await page.getByRole("button", { name: "添加记录" }).click();
    await dialog(page).getByRole("button", { name: "拦截" }).click();
    await dialog(page).getByText("请填写原因，最多 200 个字符。").waitFor();
    await dialog(page).getByLabel("地址或网段").first().check();
    await dialog(page).getByRole("textbox", { name: "地址或网段" }).fill("203.0.113.0/99");
    await dialog(page).getByLabel("原因").fill("代理机房");
    await dialog(page).getByRole("button", { name: "拦截" }).click();
    await dialog(page).getByText("不是有效的地址或网段").waitFor();
    expect(await desk.barriers()).toEqual([]);
    await desk.picture("office-access-phone-zh");
    await dialog(page).getByRole("textbox", { name: "地址或网段" }).fill("203.0.113.9/24");
    await dialog(page).getByRole("button", { name: "拦截" }).click();
    await page.getByText("已拦截 203.0.113.0/24。").waitFor();
    await page.getByLabel("搜索名单").fill("机房");
    await page.getByRole("button", { name: "搜索", exact: true }).click();
    await page.getByText("本页 1 条").waitFor();
    expect(decodeURIComponent(new URL(page.url()).search)).toBe("?search=机房");
    await page.reload();
    await page.getByText("本页 1 条").waitFor();
    await page.getByRole("button", { name: "移除: 203.0.113.0/24" }).click();
    await dialog(page).getByText("立即恢复").waitFor();
    await dialog(page).getByRole("button", { name: "移除" }).click();
    await page.getByText("203.0.113.0/24 已移出名单。").waitFor();
    await page.getByText("没有符合条件的记录。").waitFor();
    while (Date.now() <= Date.parse(soon)) await Bun.sleep(20);
    await desk.open("/console/risk?effect=allow&search=tester");
    await page.getByText("已过期").waitFor();
    await desk.picture("office-risk-phone-zh");
    expect(desk.complaints).toEqual([]);
  });

  test("is only looked at by a viewer, who decides about nobody", async () => {
    await ask(server, "/v1/access", { effect: "block", buyer_id: "mallory", reason: "resold before" });
    await using desk = await sitDown(browser, server.url, { key: viewer });
    const { page } = desk;
    await desk.open("/console/risk");
    await row(page, "mallory").getByText("resold before").waitFor();
    await desk.open("/console/risk?buyer=mallory");
    await card(page, "mallory").waitFor();
    for (const name of [/^Block/, /^Let by/, "Add an entry", /^Take off/])
      expect(await page.getByRole("button", { name }).count()).toBe(0);
    expect(await desk.barriers()).toEqual([]);
    expect(desk.complaints).toEqual([]);
  });
});

describe("the legend", () => {
  test("says of scores what the rules do", () => {
    expect(actionFromScore).toEqual(scoreOf);
  });

  test.each([
    ["192.0.2.7", true],
    ["2001:db8::1", true],
    ["2001:db8:1:2::/64", true],
    ["alice", false],
    ["13800138000", false],
    ["ada:7", false],
    ["10.0.0.0/8", false],
  ])("takes %s for an address: %p", (text, isAddress) => {
    expect(looksLikeAddress(text)).toBe(isAddress);
  });
});
