/** Rehearsals in the console: started with settings that are explained, seen as they run, stopped, and told in a report. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Browser } from "playwright-core";
import { type CampaignJson, call, createCampaign, operatorKey, type Server, startServer } from "../harness.ts";
import { browserMs, phone, startBrowser } from "./browser.ts";
import { keyOf, operate } from "./operator.ts";

let server: Server;
let browser: Browser;
let sale: CampaignJson;

beforeAll(async () => {
  [server, browser] = await Promise.all([startServer(), startBrowser()]);
  const opensAt = new Date(Date.now() + 3_600_000).toISOString();
  sale = await createCampaign(server, { stock: 40, opensAt });
}, browserMs);
afterAll(async () => {
  await browser?.close();
  await server?.[Symbol.asyncDispose]();
});

test("a rehearsal is started, watched, and told in a report that says what was the limit", async () => {
  await using visitor = await operate(browser, server, `/console/rehearsals?campaign=${sale.id}`);
  const { page } = visitor;
  await page.getByText("None yet.").waitFor();
  await page.getByLabel("Campaign").and(page.locator("select")).waitFor();
  expect(await visitor.barriers()).toEqual([]);
  await page.getByLabel("Buyers").fill("60000");
  await page.getByText("50,000 at most.", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Start the rehearsal" }).click();
  expect(page.url()).toContain("/console/rehearsals?");
  await visitor.picture("rehearsals-desktop");
  await page.getByLabel("Buyers").fill("150");
  await page.getByLabel("Seconds over which people arrive").fill("2");
  await page.getByLabel("Seed").fill("3");
  await page.getByRole("button", { name: "Start the rehearsal" }).click();

  await page.getByText("Running", { exact: true }).waitFor();
  await page.getByText("Buyers arrive before the opening").or(page.getByText("The rush")).first().waitFor();
  expect(await visitor.barriers()).toEqual([]);
  await visitor.picture("rehearsal-live-desktop");

  // One at a time.
  await using second = await operate(browser, server, `/console/rehearsals?campaign=${sale.id}`);
  await second.page.getByRole("button", { name: "Start the rehearsal" }).click();
  await second.page.getByText("Another rehearsal is running: one at a time.").waitFor();
  const link = second.page.getByRole("link", { name: "To the one that runs" });
  expect(await link.getAttribute("href")).toBe(new URL(page.url()).pathname);

  await page.getByRole("heading", { name: /^The limit: / }).waitFor({ timeout: browserMs });
  await page.getByText("Verified: everything exact.").waitFor();
  const cells = await page
    .getByRole("row", { name: /^Goods/ })
    .locator("td")
    .allTextContents();
  expect(cells[0]).toBe("40");
  expect(await page.getByRole("button", { name: "Stop it" }).count()).toBe(0);
  expect(await visitor.barriers()).toEqual([]);
  await visitor.picture("rehearsal-report-desktop");
  await page.getByRole("link", { name: "All rehearsals" }).click();
  await page.getByRole("row", { name: /Test sale Done 150/ }).waitFor();
  expect(visitor.complaints).toEqual([]);
}, 120_000);

test("one that runs can be stopped, and a viewer sees all of it and stops nothing", async () => {
  await using visitor = await operate(browser, server, `/console/rehearsals?campaign=${sale.id}`, {
    ...phone,
    locale: "zh-CN",
    colorScheme: "dark",
  });
  const { page } = visitor;
  await page.getByRole("button", { name: "开始演练" }).click();
  await page.getByRole("button", { name: "停止演练" }).waitFor();

  await using viewer = await operate(browser, server, new URL(page.url()).pathname, {
    key: await keyOf(server, "viewer"),
  });
  await viewer.page.getByText("Running", { exact: true }).waitFor();
  expect(await viewer.page.getByRole("button", { name: "Stop it" }).count()).toBe(0);

  // The list names its campaign, and goes on by itself when it has ended.
  await using list = await operate(browser, server, "/console/rehearsals");
  await list.page.getByRole("row", { name: /Test sale Running/ }).waitFor();
  await page.getByRole("button", { name: "停止演练" }).click();
  await page.getByText("演练被提前停止").waitFor();
  await list.page.getByRole("row", { name: /Test sale Stopped/ }).waitFor();
  await viewer.page.getByText("It was stopped before its end").waitFor();
  expect(await visitor.barriers()).toEqual([]);
  expect(await viewer.barriers()).toEqual([]);

  await page.getByRole("link", { name: "全部演练" }).click();
  await page.getByRole("link", { name: /\d/ }).last().waitFor();
  expect(await visitor.barriers()).toEqual([]);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
  await visitor.picture("rehearsals-phone-zh-dark");
  // The one that is done, with its report.
  await page.getByRole("row").filter({ hasText: "已完成" }).getByRole("link").first().click();
  await page.getByRole("heading", { name: /^瓶颈：/ }).waitFor();
  expect(await visitor.barriers()).toEqual([]);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
  await visitor.picture("rehearsal-report-phone-zh-dark");
  expect(visitor.complaints).toEqual([]);

  await viewer.page.goto(`${server.url}/console/rehearsals`);
  await viewer.page.getByText("Your role may look at rehearsals, not start them.").waitFor();
}, 120_000);

test("a tab in the back does not ask how it goes, and asks at once when it is seen again", async () => {
  await using visitor = await operate(browser, server, "/console/switches");
  const { page } = visitor;
  let asked = 0;
  await page.route("**/v1/rehearsals/rhs_busy", async (route) => {
    asked += 1;
    await route.fulfill({ status: 503, contentType: "application/problem+json", json: { code: "overloaded" } });
  });
  await page.clock.install();
  await page.goto(`${server.url}/console/rehearsals/rhs_busy`);
  await page.getByRole("alert").waitFor();
  const again = page.waitForResponse("**/v1/rehearsals/rhs_busy");
  await page.clock.runFor(1_000);
  await again;
  const show = (state: "hidden" | "visible") =>
    page.evaluate((visibilityState) => {
      Object.defineProperty(document, "visibilityState", { value: visibilityState, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }, state);
  await show("hidden");
  const before = asked;
  await page.clock.runFor(10_000);
  expect(asked).toBe(before);
  const seen = page.waitForResponse("**/v1/rehearsals/rhs_busy");
  await show("visible");
  await seen;
  expect(asked).toBe(before + 1);
});

test("beside an open campaign, none is started before its name was read and ticked", async () => {
  const open = await createCampaign(server, { stock: 5 });
  await using visitor = await operate(browser, server, `/console/rehearsals?campaign=${sale.id}`);
  const { page } = visitor;
  await page.getByText("Open, or soon to open: Test sale.").waitFor();
  const rehearsals = page.getByRole("row");
  const before = await rehearsals.count();
  await page.getByRole("button", { name: "Start the rehearsal" }).click();
  await page.locator(".field", { hasText: "I know" }).locator('[aria-invalid="true"]').waitFor();
  expect(new URL(page.url()).pathname).toBe("/console/rehearsals");
  expect(await rehearsals.count()).toBe(before);
  expect(await visitor.barriers()).toEqual([]);
  await visitor.picture("rehearsals-beside-sale-desktop");
  await page.getByLabel("I know, and rehearse all the same").check();
  await page.getByRole("button", { name: "Start the rehearsal" }).click();
  await page.getByRole("button", { name: "Stop it" }).click();
  await page.getByText("It was stopped before its end").waitFor();
  await using chinese = await operate(browser, server, new URL(page.url()).pathname, { ...phone, locale: "zh-CN" });
  await chinese.page.getByText("由运营人员停止。").waitFor();
  await chinese.page.goto(`${server.url}/console/rehearsals`);
  await chinese.page.getByText("正在进行或即将开始").waitFor();
  await chinese.picture("rehearsals-beside-sale-phone-zh");
  await call(`${server.url}/v1/campaigns/${open.id}/end`, { method: "POST", as: operatorKey });
  expect(visitor.complaints).toEqual([]);
}, 120_000);

test("an address of none says so", async () => {
  await using visitor = await operate(browser, server, "/console/rehearsals/rhs_zzzzzzzzzz");
  await visitor.page.getByText("There is no rehearsal at this address.").waitFor();
});
