/** The report of a sale: its figures are those of the orders, and it can be printed without what is around it. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
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
import { browserMs, phone, startBrowser } from "./browser.ts";
import { keyOf, operate } from "./operator.ts";

let server: Server;
let browser: Browser;
let sale: CampaignJson;
/** A draw that one buyer has entered, and that closes meanwhile. */
let drawn: CampaignJson;
const winner = "only-one";

const post = (path: string, body?: unknown) =>
  call(`${server.url}${path}`, { method: "POST", as: operatorKey, ...(body === undefined ? {} : { body }) });

/** 30 units for 60 who try: 24 paid, 2 of these refunded, 6 cancelled, 30 refused. Ended. */
beforeAll(async () => {
  [server, browser] = await Promise.all([startServer(), startBrowser()]);
  sale = await createCampaign(server, {
    waitlist: false,
    offers: [
      {
        sku: "PHONE",
        title: "Mate 80 Pro",
        price_minor: 99_900,
        list_price_minor: 699_900,
        currency: "CNY",
        stock: 20,
      },
      { sku: "EARS", title: "Headphones", price_minor: 19_950, currency: "CNY", stock: 10 },
    ],
  });
  const closesAt = new Date(Date.now() + 8_000).toISOString();
  drawn = await createCampaign(server, { stock: 1, admission: "draw", closesAt });
  const entry = { method: "POST", as: await tokenOf(winner) };
  expect((await call(`${server.url}/v1/offers/${drawn.offers[0]?.id}/draw`, entry)).status).toBe(201);
  const orders: string[] = [];
  for (const [at, offer] of sale.offers.entries()) {
    for (let number = 1; number <= (at === 0 ? 40 : 20); number += 1) {
      const bought = await buy(server, offer.id, await tokenOf(`buyer-${at}-${number}`));
      if (bought.status === 201) orders.push(bought.body.id);
    }
  }
  expect(orders).toHaveLength(30);
  // 16 of 20 phones and 8 of 10 headphones.
  const paid = [...orders.slice(0, 16), ...orders.slice(20, 28)];
  for (const id of paid) expect((await post(`/v1/orders/${id}/pay`)).status).toBe(200);
  for (const id of paid.slice(0, 2)) expect((await post(`/v1/orders/${id}/refund`)).status).toBeLessThan(300);
  for (const id of orders.filter((order) => !paid.includes(order))) {
    expect((await post(`/v1/orders/${id}/cancel`)).status).toBe(200);
  }
  expect((await post(`/v1/campaigns/${sale.id}/end`)).status).toBe(200);
}, browserMs);
afterAll(async () => {
  await browser?.close();
  await server?.[Symbol.asyncDispose]();
});

test("a report tells what was sold, when, what became of it, and what proves it", async () => {
  await using visitor = await operate(browser, server, `/console/reports/${sale.id}`);
  const { page } = visitor;
  await page.getByRole("heading", { name: "Proof" }).waitFor();
  const figure = async (name: string) =>
    (
      await page
        .locator("dl.key-figures > div")
        .filter({ has: page.getByText(name, { exact: true }) })
        .textContent()
    )?.replace(name, "");
  // 14 phones and 8 headphones stay sold.
  expect(await figure("Units paid")).toBe("22of 30 · 73.3%");
  expect(await figure("Revenue")).toBe("¥15,582after ¥1,998 refunded");
  expect(await figure("Orders")).toBe("3080% paid");
  const row = (name: string) => page.getByRole("row", { name });
  expect(await row("Mate 80 Pro").locator("td").allTextContents()).toEqual([
    "¥999",
    "20",
    "14",
    "0",
    "6",
    expect.stringMatching(/ s$/),
    "¥13,986",
  ]);
  expect(await row("Orders reserved by buyers").locator("td").textContent()).toBe("30");
  expect(
    await page
      .getByRole("row", { name: /^Paid \d+$/ })
      .locator("td")
      .textContent(),
  ).toBe("24");
  expect(await row("Cancelled: units went back").locator("td").textContent()).toBe("6");
  expect(await row("Refunds asked for").locator("td").textContent()).toBe("2");
  await row("sold out 30").waitFor(); // the risk desk's outcomes of attempts
  await page
    .getByRole("img", { name: /30 units|units were reserved or paid/ })
    .first()
    .waitFor();
  expect(await visitor.barriers()).toEqual([]);
  await visitor.picture("report-desktop");

  const { body } = await call<{ rows: { seq: number; hash: string }[] }>(
    `${server.url}/v1/ledger?campaign_id=${sale.id}&limit=1000`,
    { as: operatorKey },
  );
  const head = body.rows.at(-1);
  await page.getByText(`rushbox verify --data ./data --head ${head?.seq}:${head?.hash}`).waitFor();
  expect(visitor.complaints).toEqual([]);
});

test("a report says what times are counted from, and of a draw nothing of who was quick", async () => {
  const waitFor = async (isThere: () => Promise<boolean>) => {
    while (!(await isThere())) await Bun.sleep(50);
  };
  await waitFor(async () => {
    const { body } = await call<{ orders: unknown[] }>(`${server.url}/v1/orders`, { as: await tokenOf(winner) });
    return body.orders.length === 1;
  });
  await using visitor = await operate(browser, server, `/console/reports/${sale.id}`);
  const { page } = visitor;
  await page.getByText("From the first order to the order").waitFor(); // it was opened by hand
  await page.goto(`${server.url}/console/reports/${drawn.id}`);
  await page.getByText("Suspects", { exact: true }).waitFor();
  expect(await page.getByText("Half of the orders came within").count()).toBe(0);
  expect(visitor.complaints).toEqual([]);
});

test("a report is printed on A4 without navigation and buttons", async () => {
  await using visitor = await operate(browser, server, `/console/reports/${sale.id}`, { colorScheme: "dark" });
  const { page } = visitor;
  await page.getByRole("heading", { name: "Proof" }).waitFor();
  const folder = join(import.meta.dir, "../../dist/screenshots");
  mkdirSync(folder, { recursive: true });
  const pdf = await page.pdf({ preferCSSPageSize: true, printBackground: true });
  writeFileSync(join(folder, "report.pdf"), pdf);
  const text = pdf.toString("latin1");
  const pages = text.match(/\/Type\s*\/Page\b(?!s)/g)?.length ?? 0;
  expect(pages).toBeGreaterThanOrEqual(2);
  expect(pages).toBeLessThanOrEqual(4);
  const box = /\/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)\s*\]/.exec(text) ?? [];
  expect([Math.round(Number(box[1])), Math.round(Number(box[2]))]).toEqual([595, 842]);
  await page.setViewportSize({ width: 672, height: 1000 }); // A4 without its margins, at 96 dpi
  await page.emulateMedia({ media: "print" });
  const colours = () =>
    page.evaluate(() => [getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]);
  expect(await colours()).toEqual(["rgb(29, 26, 22)", "rgb(255, 255, 255)"]);
  expect(await page.getByRole("navigation").isVisible()).toBe(false);
  expect(await page.getByRole("button").filter({ visible: true }).count()).toBe(0);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(672);
  await visitor.picture("report-print");
});

test("a report reads well on a phone, in Chinese, in the dark, also for a viewer", async () => {
  await using visitor = await operate(browser, server, `/console/reports/${sale.id}`, {
    ...phone,
    locale: "zh-CN",
    colorScheme: "dark",
    key: await keyOf(server, "viewer"),
  });
  const { page } = visitor;
  await page.getByRole("heading", { name: "证明" }).waitFor();
  await page.getByRole("row", { name: "已售罄" }).waitFor();
  expect(await visitor.barriers()).toEqual([]);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
  await visitor.picture("report-phone-zh-dark");
  expect(visitor.complaints).toEqual([]);
});

test("a report is of the campaign of its address, and as it was asked for last", async () => {
  const other = await createCampaign(server, { publish: false });
  await using visitor = await operate(browser, server, `/console/reports/${other.id}`);
  const { page } = visitor;
  await page.getByText("A draft has nothing to report").waitFor();
  const held = Promise.withResolvers<void>();
  await page.route(`**/v1/campaigns/${other.id}`, async (route) => {
    await held.promise;
    await route.continue().catch(() => {}); // given up meanwhile
  });
  const asked = page.waitForRequest(`**/v1/campaigns/${other.id}`);
  await page.getByRole("button", { name: "Make it anew" }).click();
  const late = await asked;
  await page.evaluate((href) => {
    const link = document.createElement("a");
    link.href = href;
    document.body.append(link);
    link.click();
  }, `/console/reports/${sale.id}`);
  await page.getByRole("heading", { name: "Proof" }).waitFor();
  held.resolve();
  await late.response();
  await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
  expect(await page.locator("article header").getByText(/^cmp_/).textContent()).toBe(sale.id);
  expect(await page.getByText("A draft has nothing to report").count()).toBe(0);
});

test("a draft has no report, and neither has what is not there", async () => {
  const draft = await createCampaign(server, { publish: false });
  await using visitor = await operate(browser, server, `/console/reports/${draft.id}`);
  const { page } = visitor;
  await page.getByText("A draft has nothing to report").waitFor();
  await page.goto(`${server.url}/console/reports/cmp_zzzzzzzzzz`);
  await page.getByRole("heading", { name: "There is no campaign at this address." }).waitFor();
});
