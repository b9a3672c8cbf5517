/** A campaign from nothing to the public, in a real browser: explained, checked while typing, asked once more. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Browser } from "playwright-core";
import { type CampaignJson, call, createCampaign, operatorKey, type Server, startServer } from "../harness.ts";
import { browserMs, phone, startBrowser } from "./browser.ts";
import { fill, fillAll } from "./filling.ts";
import { keyOf, operate } from "./operator.ts";

let server: Server;
let browser: Browser;

beforeAll(async () => {
  [server, browser] = await Promise.all([startServer(), startBrowser()]);
}, browserMs);
afterAll(async () => {
  await browser?.close();
  await server?.[Symbol.asyncDispose]();
});

const shanghai = { timezoneId: "Asia/Shanghai" };
const path = "/console/campaigns/new";

describe("a new campaign", () => {
  test("is made from empty, with every mistake explained where it is, and scheduled", async () => {
    await using visitor = await operate(browser, server, path, shanghai);
    const { page } = visitor;
    expect(await visitor.barriers()).toEqual([]);
    await visitor.picture("campaign-form-empty-desktop");

    await page.getByRole("button", { name: "Publish and open now…" }).click();
    await page.getByText("6 fields need a look.").waitFor();
    await page.locator('[data-field="title"]:focus').waitFor();
    expect(await visitor.barriers()).toEqual([]);

    await fillAll(page);
    await page.getByText("One field needs a look.").waitFor(); // the opening
    await page.getByRole("radio", { name: "One yuan" }).check();
    await fill(page, { opens_at: "2099-11-11T20:00", "offers[0].price_minor": "1.5" });
    await page
      .getByText("A one-yuan sale costs CN¥1 at most")
      .or(page.getByText("A one-yuan sale costs ¥1 at most"))
      .waitFor();
    await fill(page, { "offers[0].price_minor": "1", "offers[0].stock": "5000" });
    await page.getByText("This kind has 1,000 units of an offer at most.").waitFor();
    await fill(page, { "offers[0].stock": "100" });
    await page.getByText("Your device's time: Asia/Shanghai, UTC+8").first().waitFor();
    await page.getByText("Closes Nov 11, 2099, 20:30:00.").waitFor();

    // What buyers will see stands beside it.
    const preview = page.getByRole("region", { name: "Preview" });
    await preview.getByText("Mate 80 Pro 512 GB").waitFor();
    await preview.getByText("99% off").waitFor();

    await page.getByRole("button", { name: "Schedule…" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("What cannot be changed afterwards").waitFor();
    expect(await visitor.barriers()).toEqual([]);
    await visitor.picture("campaign-form-confirm-desktop");
    await dialog.getByRole("button", { name: "Publish" }).click();
    await page.getByText("Published. It opens by itself.").waitFor();

    const id = page.url().split("/").at(-1) ?? "";
    const { body } = await call<CampaignJson & { title: string; kind: string; description: string }>(
      `${server.url}/v1/campaigns/${id}`,
      { as: operatorKey },
    );
    expect(body).toMatchObject({
      title: "Double Eleven, one yuan",
      description: "One yuan each, for half an hour.\nOne per buyer.",
      kind: "one_yuan",
      state: "scheduled",
      opens_at: "2099-11-11T12:00:00.000Z",
      closes_at: "2099-11-11T12:30:00.000Z",
    });
    expect(body.offers[0]).toMatchObject({
      sku: "MATE-80-BLK-512",
      price_minor: 100,
      list_price_minor: 699_900,
      total: 100,
    });
    // What was said of it goes as soon as it is not true any more.
    const ended = await call(`${server.url}/v1/campaigns/${id}/end`, { method: "POST", as: operatorKey });
    expect(ended.status).toBe(200);
    await page.getByText("Published. It opens by itself.").waitFor({ state: "detached" });
    expect(await page.getByText("Published, and open.").count()).toBe(0);
    // What is saved is not kept as a form.
    await page.goto(server.url + path);
    expect(await page.locator("[data-field=title]").inputValue()).toBe("");
    expect(visitor.complaints).toEqual([]);
  });

  test("has offers added, moved and removed, and nobody loses their place by it", async () => {
    await using visitor = await operate(browser, server, path);
    const { page } = visitor;
    await fillAll(page);
    await page.getByRole("button", { name: "Add an offer" }).click();
    await page.locator('[data-field="offers[1].title"]:focus').waitFor();
    await fill(page, { "offers[1].title": "Headphones", "offers[1].sku": "MATE-80-BLK-512" });
    await page.locator('[data-field="offers[1].sku"]').blur();
    await page.getByText("Another offer of this campaign has this SKU.").waitFor();
    await page.getByRole("button", { name: "Move Headphones up" }).click();
    expect(await page.locator('[data-field="offers[0].title"]').inputValue()).toBe("Headphones");
    await page.getByRole("button", { name: "Remove Headphones" }).click();
    expect(await page.locator('[data-field="offers[0].title"]').inputValue()).toBe("Mate 80 Pro 512 GB");
    await page.locator(":focus", { hasText: /^Offer 1$/ }).waitFor();
    expect(await page.getByRole("button", { name: /^Remove/ }).count()).toBe(0);
    expect(visitor.complaints).toEqual([]);
  });

  test("can be made in Chinese, on a phone, in the dark", async () => {
    await using visitor = await operate(browser, server, path, {
      ...phone,
      ...shanghai,
      locale: "zh-CN",
      colorScheme: "dark",
    });
    const { page } = visitor;
    await fill(page, {
      title: "双十一一元秒杀",
      description: "每人一件，先到先得。",
      opens_at: "2099-11-11T20:00",
      "offers[0].title": "华为 Mate 80 Pro",
      "offers[0].sku": "MATE-80",
      "offers[0].price_minor": "2",
      "offers[0].list_price_minor": "6999",
      "offers[0].stock": "100",
    });
    await page.getByRole("radio", { name: "一元秒杀" }).check();
    await page.getByText("一元秒杀的价格不能超过 ¥1").waitFor();
    await page.getByRole("radio", { name: "抽签" }).check();
    expect(await visitor.barriers()).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
    await visitor.picture("campaign-form-phone-zh-dark");
    await fill(page, { "offers[0].price_minor": "1" });
    await page.getByRole("button", { name: "定时发布…" }).click();
    await page.getByRole("dialog").getByText("发布后不能更改的内容").waitFor();
    await page.screenshot({ path: "dist/screenshots/campaign-form-confirm-phone-zh-dark.png" });
    expect(visitor.complaints).toEqual([]);
  });
});

describe("a duplicate", () => {
  test("begins with the terms of the old one, and with times that are still to come", async () => {
    const old = await createCampaign(server, { stock: 33, paymentWindowS: 600, admission: "queue" });
    await using visitor = await operate(browser, server, `${path}?from=${old.id}`, { colorScheme: "dark" });
    const { page } = visitor;
    await page.getByRole("heading", { name: "Duplicate of “Test sale”" }).waitFor();
    expect(await page.locator('[data-field="offers[0].stock"]').inputValue()).toBe("33");
    expect(await page.getByRole("radio", { name: "Queue" }).isChecked()).toBe(true);
    await visitor.picture("campaign-form-duplicate-desktop-dark");
    await page.getByRole("button", { name: "Publish and open now…" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Publish" }).click();
    await page.getByText("Published, and open.").waitFor();
    expect(visitor.complaints).toEqual([]);
  });

  test("of something that is not there says so", async () => {
    await using visitor = await operate(browser, server, `${path}?from=cmp_zzzzzzzzzz`);
    await visitor.page.getByRole("alert").getByText("There is nothing under this number.").waitFor();
  });
});

test("a viewer is told that making campaigns is not theirs", async () => {
  await using visitor = await operate(browser, server, path, { key: await keyOf(server, "viewer") });
  await visitor.page.getByText("Your role may look at campaigns, not make them.").waitFor();
  expect(await visitor.page.locator("form").count()).toBe(0);
  expect(await visitor.barriers()).toEqual([]);
});
