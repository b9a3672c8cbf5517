/**
 * Reminders on the pages: set and removed on a sale's page, shown once when they come, on whatever page of the shop is open
 * and seen, in both languages, on a phone and on a desk; the system is asked to show them only when somebody sets one.
 */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import type { Browser, Page } from "playwright-core";
import { call, createCampaign, operatorKey, type Server, startServer, tokenOf } from "../harness.ts";
import { until } from "../http/until.ts";
import { browserMs, phone, startBrowser, visit } from "./browser.ts";
import { expectFine, inSeconds, visitSale } from "./sale-visit.ts";

setDefaultTimeout(browserMs);

let server: Server;
let browser: Browser;

beforeAll(async () => {
  [server, browser] = await Promise.all([startServer({ env: { RUSHBOX_GUESTS: "on" } }), startBrowser()]);
}, browserMs);
afterAll(async () => {
  await browser?.close();
  await server?.[Symbol.asyncDispose]();
});

const offers = [
  {
    sku: "MATE-80",
    title: "Mate 80 Pro 512 GB",
    price_minor: 379_900,
    currency: "CNY",
    stock: 100,
    image_url: "/pictures/phone.svg",
  },
];
const announce = (seconds: number) => createCampaign(server, { opensAt: inSeconds(seconds), offers });
const remindersOf = async (as: string) =>
  (await call<{ reminders: { lead_s: number; state: string }[] }>(`${server.url}/v1/reminders`, { as })).body.reminders;
/** A minute before, by whoever that is; answers their token. */
async function setByApi(campaignId: string, who: string): Promise<string> {
  const as = await tokenOf(who);
  const path = `/v1/campaigns/${campaignId}/reminder`;
  const { status } = await call(server.url + path, { method: "POST", as, body: { lead_s: 60 } });
  if (status !== 201) throw new Error(`not set: ${status}`);
  return as;
}
const notice = (page: Page) => page.locator(".reminders .notice");

/** In place of the system's notifications, which a browser without a screen does not show: what it was asked. */
const standIn = `
  window.asked = 0;
  window.shown = [];
  window.Notification = class {
    static permission = "default";
    static async requestPermission() { window.asked += 1; return (this.permission = "granted"); }
    constructor(title, options) { window.shown.push({ title, ...options }); }
  };`;

test("one is set with the lead that is chosen, stands after a reload, and is removed; the focus stays on the button", async () => {
  const campaign = await announce(7_200);
  await using visitor = await visitSale(browser, server, campaign.id, { buyer: "planner" });
  const { page } = visitor;
  await visitor.picture("reminder-offer-desktop");
  await expectFine(visitor);
  expect(await page.getByLabel("How long before").locator("option").allTextContents()).toEqual([
    ...["1 minute before", "5 minutes before", "15 minutes before", "1 hour before"],
  ]);
  await page.getByLabel("How long before").selectOption("15 minutes before");
  await page.getByRole("button", { name: "Remind me" }).click();
  await page.getByText(/^You will be reminded at .*\d\d:\d\d/).waitFor();
  await page.locator(".reminder button:focus").waitFor();
  expect(await remindersOf(visitor.token)).toMatchObject([{ lead_s: 900, state: "waiting" }]);
  await visitor.picture("reminder-set-desktop");
  await expectFine(visitor);
  await page.reload();
  await page.getByText(/^You will be reminded at/).waitFor();
  await page.getByRole("button", { name: "Remove the reminder" }).click();
  await page.getByRole("button", { name: "Remind me" }).waitFor();
  await page.locator(".reminder button:focus").waitFor();
  expect(await remindersOf(visitor.token)).toEqual([]);
});

test.concurrent("it comes once, on the page that is open, in Chinese on a phone in the dark; not again after a reload or on another page", async () => {
  const campaign = await announce(68);
  await setByApi(campaign.id, "小明");
  const look = { ...phone, locale: "zh-CN", colorScheme: "dark" } as const;
  await using visitor = await visitSale(browser, server, campaign.id, { buyer: "小明", ...look });
  const { page } = visitor;
  await page.getByText(/提醒您|提醒过您/).waitFor();
  await page.getByRole("link", { name: "我的订单" }).click();
  await notice(page)
    .getByText(/Test sale.*开售/)
    .waitFor();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
  await visitor.picture("reminder-came-phone-zh-dark");
  await expectFine(visitor);
  await notice(page).getByRole("link", { name: "去看看" }).click();
  await page.getByRole("heading", { level: 1, name: "Mate 80 Pro" }).waitFor();
  expect(await notice(page).count()).toBe(0);
  await page.reload();
  await page.getByText(/^已在 .* 提醒过您。$/).waitFor(); // what came is known by now, and not shown once more
  expect(await notice(page).count()).toBe(0);
  expect(visitor.complaints).toEqual([]);
});

test.concurrent("of two tabs one shows it, and the system once; it is asked whether it may when one is set, and not before", async () => {
  const campaign = await announce(80);
  const token = await tokenOf("tabs");
  const context = await browser.newContext({ locale: "en-US" });
  context.setDefaultTimeout(browserMs);
  await context.addInitScript(standIn);
  const [first, second] = [await context.newPage(), await context.newPage()];
  const address = `${server.url}/campaigns/${campaign.id}#token=${token}`;
  await first.goto(address);
  await first.getByLabel("How long before").selectOption("1 minute before");
  expect(await first.evaluate("asked")).toBe(0);
  await first.getByRole("button", { name: "Remind me" }).click();
  await first.getByText(/^You will be reminded/).waitFor();
  await second.goto(address);
  await Promise.all([first, second].map((page) => page.getByText(/^You were reminded at/).waitFor()));
  const noticesShown = async () => (await notice(first).count()) + (await notice(second).count());
  expect(await until(noticesShown, (shown) => shown > 0)).toBe(1);
  expect([await first.evaluate("asked"), await second.evaluate("asked")]).toEqual([1, 0]);
  // Only the first page may: the stand-in's permission is its page's own.
  const shown = (await first.evaluate("shown")) as { title: string; body: string; tag: string }[];
  expect(shown).toEqual([
    { title: "Test sale", body: expect.stringContaining("It opens at"), tag: expect.stringMatching(/^rmd_/) },
  ] as unknown as typeof shown);
  expect(await second.evaluate("shown")).toEqual([]);
  const page = (await notice(first).count()) === 1 ? first : second;
  await page.getByRole("button", { name: "Close" }).click();
  expect(await noticesShown()).toBe(0);
  await page.locator("#content:focus").waitFor();
  await context.close();
});

test.concurrent("what came while no page was open is shown on the next one, on the list of sales too", async () => {
  const campaign = await announce(64);
  const token = await setByApi(campaign.id, "away");
  const later = await announce(7_200);
  const visitor = await visitSale(browser, server, later.id, { buyer: "away" });
  const { page } = visitor;
  await page.getByRole("button", { name: "Remind me" }).click();
  await page.getByText(/^You will be reminded/).waitFor();
  await page.goto("about:blank");
  await until(
    () => remindersOf(token),
    (all) => all.some(({ state }) => state === "due"),
  );
  await page.goto(`${server.url}/`);
  await notice(page).getByText("Test sale").waitFor();
  await visitor.picture("reminder-came-desktop");
  expect(await visitor.barriers()).toEqual([]);
  expect(visitor.complaints).toEqual([]);
  await visitor[Symbol.asyncDispose]();
});

test("is as calm in Chinese on a phone in the dark", async () => {
  const look = { ...phone, locale: "zh-CN", colorScheme: "dark" } as const;
  await using visitor = await visitSale(browser, server, (await announce(7_200)).id, { buyer: "小红", ...look });
  const { page } = visitor;
  await page.getByLabel("提前多久").selectOption("提前 15 分钟");
  await visitor.picture("reminder-offer-phone-zh-dark");
  await page.getByRole("button", { name: "提醒我" }).click();
  await page.getByText(/^将在 .* 提醒您。$/).waitFor();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
  await visitor.picture("reminder-set-phone-zh-dark");
  await expectFine(visitor);
});

test("a guest is made of whoever sets one and is nobody yet", async () => {
  const campaign = await announce(7_200);
  await using visitor = await visit(browser, `${server.url}/campaigns/${campaign.id}`, phone);
  const { page } = visitor;
  await page.getByRole("button", { name: "Remind me" }).click();
  await page.getByText(/^You will be reminded/).waitFor();
  await page.getByText("Guest").waitFor();
  await visitor.picture("reminder-set-phone");
  expect(await visitor.barriers()).toEqual([]);
  expect(visitor.complaints).toEqual([]);
});

test("a refusal is explained, and nothing is claimed; where nothing can be chosen nothing is offered", async () => {
  const campaign = await announce(7_200);
  await using visitor = await visitSale(browser, server, campaign.id, { buyer: "late" });
  const { page } = visitor;
  await page.getByRole("button", { name: "Remind me" }).waitFor();
  const off = { switches: [{ name: "refuse_joins", on: true, campaign_id: campaign.id }] };
  await call(`${server.url}/v1/controls`, { method: "POST", as: operatorKey, body: off });
  await page.getByRole("button", { name: "Remind me" }).click();
  await page.locator(".reminder").getByText("Switched off for a while").waitFor();
  expect(await page.getByText(/You will be reminded/).count()).toBe(0);
  expect(await remindersOf(visitor.token)).toEqual([]);
  await visitor.picture("reminder-refused-desktop");
  await expectFine(visitor);

  await using soon = await visitSale(browser, server, (await announce(50)).id, { buyer: "late" });
  await using open = await visitSale(browser, server, (await createCampaign(server, { offers })).id, { buyer: "late" });
  await soon.is("not_yet");
  await open.is("buy");
  for (const one of [soon, open]) expect(await one.page.locator(".reminder").count()).toBe(0);
});
