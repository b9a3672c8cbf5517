/**
 * What admins alone see in the console, in a real browser against a real server: webhooks with what they could not
 * deliver, operators' keys, and the audit log. Secrets are shown once.
 */
import { Database } from "bun:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { buy, call, createCampaign, newFolder, type Server, startServer, tokenOf } from "../harness.ts";
import { until } from "../http/until.ts";
import { browserMs, phone, startBrowser } from "./browser.ts";
import { ask, sitDown } from "./office-desk.ts";
import { keyOf } from "./operator.ts";

let server: Server;
let browser: Browser;
let deadHook: string;
/** A shop that answers what it is told to. */
const shop = { status: 503, received: 0 };
const receiver = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  fetch() {
    shop.received += 1;
    return new Response(null, { status: shop.status });
  },
});
const hookUrl = new URL("/hooks", receiver.url).href;

beforeAll(async () => {
  const data = newFolder();
  const env = { RUSHBOX_WEBHOOKS_PRIVATE: "yes" };
  const starting = startBrowser();
  {
    await using first = await startServer({ data, env });
    const hook = await ask<{ id: string }>(first, "/v1/webhooks", { url: hookUrl, types: ["campaign_created"] });
    deadHook = hook.id;
    for (let n = 0; n < 3; n++) await createCampaign(first, { publish: false });
    await until(
      () => ask<{ pending: number }>(first, `/v1/webhooks/${hook.id}`),
      ({ pending }) => pending === 3,
    );
    await first.stop();
  }
  {
    // Three days of attempts, done at once.
    using outbox = new Database(join(data, "outbox.db"));
    outbox.exec("UPDATE deliveries SET state = 'dead'");
  }
  [server, browser] = await Promise.all([startServer({ data, env }), starting]);
}, browserMs);
afterAll(async () => {
  await browser?.close();
  await server?.[Symbol.asyncDispose]();
  await receiver.stop(true);
});

const dialog = (page: Page) => page.getByRole("dialog");
const row = (page: Page, name: string) => page.getByRole("row").filter({ hasText: name });

describe("webhooks", () => {
  test("show what was given up and why, and have one or all of it tried again", async () => {
    await using desk = await sitDown(browser, server.url);
    const { page } = desk;
    await desk.open("/console/webhooks");
    const card = page.getByRole("article", { name: hookUrl });
    await card.getByText("Failing").waitFor();
    await card.getByText(/^503/).waitFor();
    await card.getByText(/\(event \d+\)/).waitFor();
    expect(await desk.barriers()).toEqual([]);
    await desk.picture("office-webhooks-desktop");
    await card.getByRole("link", { name: "Deliveries" }).click();
    await page.getByRole("link", { name: "Given up (3)" }).waitFor();
    expect(new URL(page.url()).search).toBe(`?webhook=${deadHook}`);
    await row(page, "campaign_created").first().getByText("503").waitFor();
    expect(await desk.barriers()).toEqual([]);
    await desk.picture("office-deliveries-desktop");
    shop.status = 200;
    const before = shop.received;
    await page
      .getByRole("button", { name: /^Try again: evt_/ })
      .first()
      .click();
    await page.getByRole("status").getByText("1 event is on its way again.").waitFor();
    await page.getByRole("link", { name: "Given up (2)" }).waitFor();
    await page.getByRole("button", { name: "Try all again" }).click();
    await dialog(page).getByText("2 events are sent again").waitFor();
    await dialog(page).getByRole("button", { name: "Try all again" }).click();
    await page.getByText("Nothing was given up.").waitFor();
    await page.getByRole("link", { name: "Given up (0)" }).waitFor();
    await until(
      () => Promise.resolve(shop.received),
      (received) => received >= before + 3,
      30_000,
    );
    expect(desk.complaints).toEqual([]);
  });

  test("are added with a secret that is shown once, changed, turned off, given a new secret, and deleted", async () => {
    await using desk = await sitDown(browser, server.url, {
      ...phone,
      locale: "zh-CN",
      permissions: ["clipboard-read", "clipboard-write"],
    });
    const { page } = desk;
    await desk.open("/console/webhooks");
    await page.getByRole("button", { name: "添加 Webhook" }).click();
    await dialog(page).getByLabel("地址").fill("shop.example");
    await dialog(page).getByLabel("仅以下").check();
    await dialog(page).getByRole("button", { name: "添加" }).click();
    await dialog(page).getByText("请填写以 https:// 或 http:// 开头的地址。").waitFor();
    await dialog(page).getByText("请至少选择一种。").waitFor();
    await page.locator('[type="url"]:focus').waitFor();
    expect(await desk.barriers()).toEqual([]);
    await desk.picture("office-webhook-new-phone-zh");
    await dialog(page).getByLabel("地址").fill("https://shop.example/hooks");
    await dialog(page).getByLabel("order_paid").check();
    await dialog(page).getByRole("button", { name: "添加" }).click();
    const secret = page.getByRole("region", { name: "Webhook 密钥" });
    await secret.getByText(/^whsec_/).waitFor();
    await secret.getByRole("button", { name: "复制: Webhook 密钥" }).click();
    await secret.getByRole("button", { name: "已复制: Webhook 密钥" }).waitFor();
    const shown = await secret.locator("code").textContent();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(shown ?? "");
    expect(await desk.barriers()).toEqual([]);
    await desk.picture("office-webhook-secret-phone-zh");
    await secret.getByRole("button", { name: "我已保存" }).click();
    await secret.waitFor({ state: "detached" });
    const card = page.getByRole("article", { name: "https://shop.example/hooks" });
    await card.getByRole("button", { name: "修改" }).click();
    expect(await dialog(page).getByLabel("order_paid").isChecked()).toBe(true);
    await dialog(page).getByLabel("全部").check();
    await dialog(page).getByRole("button", { name: "修改" }).click();
    await card.getByText("全部事件").waitFor();
    await card.getByRole("button", { name: "停用" }).click();
    await dialog(page).getByRole("button", { name: "停用" }).click();
    await card.getByRole("button", { name: "启用" }).waitFor();
    await card.getByRole("button", { name: "更换密钥" }).click();
    await dialog(page).getByText("一天内新旧密钥同时签名").waitFor();
    await dialog(page).getByRole("button", { name: "更换密钥" }).click();
    await secret.getByText(/^whsec_/).waitFor();
    expect(await secret.locator("code").textContent()).not.toBe(shown);
    await page.reload();
    await card.getByText("密钥更换于").waitFor();
    expect(await page.getByText(/^whsec_/).count()).toBe(0);
    await card.getByRole("button", { name: "删除" }).click();
    await dialog(page).getByRole("button", { name: "删除" }).click();
    await page.getByText("已删除。").waitFor();
    await card.waitFor({ state: "detached" });
    expect(desk.complaints).toEqual([]);
  });
});

describe("operators", () => {
  test("get a key that is shown once and works, and are revoked after it was said what stops", async () => {
    await using desk = await sitDown(browser, server.url, { colorScheme: "dark" });
    const { page } = desk;
    await desk.open("/console/operators");
    await page.getByRole("button", { name: "Make a key" }).click();
    await page.getByText("1 to 100 characters.").waitFor();
    await page.getByLabel("Who is it for").fill("ROOT");
    await page.getByRole("button", { name: "Make a key" }).click();
    await page.getByText("This name is taken").waitFor();
    expect(await desk.barriers()).toEqual([]);
    await page.getByLabel("Who is it for").fill("Li Na");
    await page.getByRole("radio", { name: /^Operator/ }).check();
    await page.getByRole("button", { name: "Make a key" }).click();
    const secret = page.getByRole("region", { name: "The key of Li Na" });
    await secret.waitFor();
    const key = await secret.locator("code").textContent();
    const me = () => call<{ name: string; role: string }>(`${server.url}/v1/operators/me`, { as: key ?? "" });
    expect((await me()).body).toEqual({ name: "Li Na", role: "operator" });
    await desk.picture("office-operators-dark");
    await secret.getByRole("button", { name: "I have kept it" }).click();
    await page.getByRole("button", { name: "Revoke: Li Na" }).click();
    await dialog(page).getByText("Whatever uses this key is refused from this moment on").waitFor();
    await dialog(page).getByRole("button", { name: "Revoke" }).click();
    await page.getByRole("status").getByText("The key of Li Na is worth nothing any more.").waitFor();
    await row(page, "Li Na").getByText("Revoked").waitFor();
    expect(await page.getByRole("button", { name: "Revoke: Li Na" }).count()).toBe(0);
    expect((await me()).status).toBe(401);
    expect(desk.complaints).toEqual([]);
  });

  test("who revoke their own key are told so, and are back at the door", async () => {
    const { key } = await ask<{ key: string }>(server, "/v1/operators", { name: "Short Stay", role: "admin" });
    await using desk = await sitDown(browser, server.url, { ...phone, key });
    const { page } = desk;
    await desk.open("/console/operators");
    await page.getByRole("button", { name: "Revoke: Short Stay" }).click();
    await dialog(page).getByText("This is your own key").waitFor();
    await desk.picture("office-operators-phone");
    await dialog(page).getByRole("button", { name: "Revoke" }).click();
    await page.getByLabel("Operator key").waitFor();
    expect(desk.complaints).toEqual([]);
  });
});

describe("the audit log", () => {
  test("shows who did what, with what was different, and is filtered by its address", async () => {
    const campaign = await createCampaign(server);
    await ask(server, `/v1/campaigns/${campaign.id}/pause`, {});
    await ask(server, `/v1/offers/${campaign.offers[0]?.id}/restock`, { quantity: 5 });
    const order = (await buy(server, campaign.offers[0]?.id ?? "", await tokenOf("nobody"))).body;
    expect(order.state).not.toBe("reserved"); // it is paused
    await ask(server, "/v1/controls", { switches: [{ name: "refuse_joins", on: true }] });
    await ask(server, "/v1/controls", { switches: [{ name: "refuse_joins", on: false }] });
    await using desk = await sitDown(browser, server.url);
    const { page } = desk;
    await desk.open("/console/audit");
    const paused = row(page, "Paused a campaign").filter({ hasText: campaign.id });
    await paused.getByText("open", { exact: true }).waitFor();
    await paused.getByText("paused", { exact: true }).waitFor();
    expect(await paused.getByText("Title").count()).toBe(0); // it is the same as before
    await row(page, "Changed a stock").getByText("On sale:").waitFor();
    await row(page, "Changed switches or limits").first().getByText("refuse_joins").waitFor();
    expect(await desk.barriers()).toEqual([]);
    await desk.picture("office-audit-desktop");
    await page.getByLabel("What", { exact: true }).selectOption("pause");
    await page.getByLabel("About", { exact: true }).fill(campaign.id);
    await page.getByRole("button", { name: "Filter" }).click();
    await page.getByText("1 entry on this page").waitFor();
    expect(new URL(page.url()).search).toBe(`?action=pause&subject=${campaign.id}`);
    await page.reload();
    await page.getByText("1 entry on this page").waitFor();
    await page.getByRole("link", { name: "Clear" }).click();
    await row(page, "Made a campaign").first().waitFor();
    expect(desk.complaints).toEqual([]);
  });

  test("has pages, and reads well on a phone, in Chinese and in the dark", async () => {
    for (let n = 0; n < 51; n++) await ask(server, "/v1/controls", { risk_mode: n % 2 === 0 ? "record" : "off" });
    await using desk = await sitDown(browser, server.url, { ...phone, locale: "zh-CN", colorScheme: "dark" });
    const { page } = desk;
    await desk.open("/console/audit?action=set_controls");
    await page.getByText("本页 50 条").waitFor();
    await page.getByRole("link", { name: "下一页" }).click();
    await page.getByRole("link", { name: "第一页" }).waitFor();
    await page.getByText(/本页 [1-9] 条/).waitFor();
    expect(await desk.barriers()).toEqual([]);
    await desk.picture("office-audit-phone-zh-dark");
    await desk.open("/console/audit?operator=nobody");
    await page.getByText("没有符合条件的记录。").waitFor();
    expect(desk.complaints).toEqual([]);
  });
});

describe("who is no admin", () => {
  test("sees none of these pages in the navigation, and by their addresses only why not", async () => {
    const key = await keyOf(server, "operator");
    await using desk = await sitDown(browser, server.url, { key });
    const { page } = desk;
    for (const section of ["webhooks", "operators", "audit"]) {
      await desk.open(`/console/${section}`);
      await page.getByText("This page is for admins").waitFor();
      expect(await page.getByRole("table").count()).toBe(0);
      expect(await page.getByRole("navigation").getByRole("link", { name: "Webhooks" }).count()).toBe(0);
    }
    expect(await desk.barriers()).toEqual([]);
    expect(desk.complaints).toEqual([]);
  });
});
