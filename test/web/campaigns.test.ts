/** All campaigns in the console: found by what is known of them, with ways to everything that can be done. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Browser } from "playwright-core";
import { type CampaignJson, call, createCampaign, operatorKey, type Server, startServer } from "../harness.ts";
import { browserMs, phone, startBrowser } from "./browser.ts";
import { operate } from "./operator.ts";

let server: Server;
let browser: Browser;

beforeAll(async () => {
  [server, browser] = await Promise.all([startServer(), startBrowser()]);
}, browserMs);
afterAll(async () => {
  await browser?.close();
  await server?.[Symbol.asyncDispose]();
});

const offer = { sku: "A", title: "Phone", price_minor: 100, currency: "CNY", stock: 10 };

describe("the list of campaigns", () => {
  test("finds by state, kind and words of the title, and leads on to older ones", async () => {
    await using other = await startServer();
    for (let number = 1; number <= 32; number += 1) {
      const made = await call<CampaignJson>(`${other.url}/v1/campaigns`, {
        method: "POST",
        as: operatorKey,
        body: { title: `Sale number ${number}`, ...(number % 2 === 0 ? { kind: "hot_item" } : {}), offers: [offer] },
      });
      if (number === 7)
        await call(`${other.url}/v1/campaigns/${made.body.id}/publish`, { method: "POST", as: operatorKey });
    }
    await using visitor = await operate(browser, other, "/console/campaigns");
    const { page } = visitor;
    await page.getByText("30 shown").waitFor();
    expect(await page.getByRole("article").first().textContent()).toContain("Sale number 32");
    expect(await visitor.barriers()).toEqual([]);
    await page.screenshot({ path: "dist/screenshots/campaigns-desktop.png" });
    await page.getByRole("button", { name: "Show more" }).click();
    await page.getByText("32 shown").waitFor();
    await page.getByLabel("Title").fill("NUMBER 3");
    await page.getByText("4 shown").waitFor(); // 3, 30, 31, 32
    await page.getByLabel("Kind").selectOption("hot_item");
    await page.getByText("2 shown").waitFor();
    await page.getByLabel("Title").fill("");
    await page.getByLabel("Kind").selectOption("");
    await page.getByLabel("State").selectOption("open");
    await page.getByText("1 shown").waitFor();
    expect(await page.getByRole("article").textContent()).toContain("Sale number 7");
    await page.getByLabel("Title").fill("nothing of this name");
    await page.getByText("No campaign fits.").waitFor();
    expect(visitor.complaints).toEqual([]);
  });

  test("leads to everything that can be done, on a phone in Chinese", async () => {
    await createCampaign(server);
    await using visitor = await operate(browser, server, "/console/campaigns", { ...phone, locale: "zh-CN" });
    const { page } = visitor;
    await page.getByRole("link", { name: "新建活动" }).waitFor();
    await page.getByRole("link", { name: /^复制/ }).first().waitFor();
    expect(await visitor.barriers()).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
    await page.screenshot({ path: "dist/screenshots/campaigns-phone-zh.png" });
    await page.getByRole("link", { name: /^复制/ }).first().click();
    await page.getByRole("heading", { name: /^复制自/ }).waitFor();
    expect(visitor.complaints).toEqual([]);
  });
});
