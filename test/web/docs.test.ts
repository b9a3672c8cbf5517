/**
 * The pages of the docs and the sandbox's in a browser that reaches nothing but 127.0.0.1: under their strict policy one
 * can read the API, authorise, buy and pay.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Browser, Page } from "playwright-core";
import { operations } from "../docs/document.ts";
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
import { browserMs, phone, startBrowser, type Visitor, visit } from "./browser.ts";

let server: Server;
let browser: Browser;

beforeAll(async () => {
  [browser, server] = await Promise.all([startBrowser(), startServer()]);
}, browserMs);
afterAll(async () => {
  await browser?.close();
  await server?.[Symbol.asyncDispose]();
});

test("Swagger UI shows every operation with the network cut off, and keeps to the policy: nothing inline or from elsewhere", async () => {
  await using visitor = await visitDocs(server.url);
  const { page } = visitor;
  await page.locator(".opblock-tag").first().waitFor();
  await page.evaluate('document.querySelectorAll(".opblock-tag[data-is-open=false]").forEach((tag) => tag.click())');
  await page.waitForFunction((count) => document.querySelectorAll(".opblock").length === count, operations.size);
  const links = await page.evaluate(() => [...document.querySelectorAll("a")].map((link) => link.href));
  expect(links.filter((address) => !address.startsWith(`${server.url}/`))).toEqual([]);
  expect(visitor.complaints).toEqual([]);
  const isBroken = await page.evaluate(async () => {
    const script = document.createElement("script");
    script.textContent = "window.isBroken = true";
    document.head.append(script);
    await fetch("http://127.0.0.1:9/").catch(() => "refused");
    return "isBroken" in window;
  });
  expect(isBroken).toBe(false);
  const complaints = visitor.complaints.join("\n");
  expect(complaints).toContain("script-src");
  expect(complaints).toContain("connect-src");
});

test("one can authorise, sell by the page's own examples and buy, and stays authorised", async () => {
  // The ids in the page's fields are those of the first campaign of a new data folder.
  await using fresh = await startServer();
  await using visitor = await visitDocs(fresh.url);
  const { page } = visitor;
  await authorise(page, { operator: operatorKey, buyer: await tokenOf("alice") });
  expect(await execute(page, "Operating-create_campaign")).toBe("201");
  expect(await execute(page, "Operating-publish_campaign")).toBe("200");
  expect(await execute(page, "Operating-restock_offer")).toBe("200");
  expect(await execute(page, "Buying-get_campaign")).toBe("200");
  const campaign = await createCampaign(fresh, { stock: 1 });
  const offerId = campaign.offers[0]?.id ?? "";
  expect(await execute(page, "Buying-reserve", offerId)).toBe("201");
  const answer = page.locator("#operations-Buying-reserve .live-responses-table tbody");
  expect(await answer.textContent()).toContain('"buyer_id": "alice"');
  const counts = { total: 1, available: 0, held: 1, sold: 0 };
  expect((await call<CampaignJson>(`${fresh.url}/v1/campaigns/${campaign.id}`)).body.offers[0]).toMatchObject(counts);
  await page.goto("about:blank"); // its address has opened the operation, which a click would close
  await page.goto(`${fresh.url}/docs`);
  expect(await execute(page, "Buying-reserve", offerId)).toBe("409");
  expect(visitor.complaints).toEqual([]);
});

test("the sandbox's page fits a phone, pays with one press and no script, and the way back leads to the order", async () => {
  await using shop = await startServer({ env: { RUSHBOX_PAYMENTS: "sandbox" } });
  const as = await tokenOf("alice");
  const campaign = await createCampaign(shop, { stock: 2, limitPerBuyer: 2 });
  for (const [lang, title, paid, back, thanks, toOrder] of [
    ["en", "Pay for your order", "Paid", "Back to the shop", "Thank you", "See your order"],
    ["zh", "支付订单", "支付成功", "返回商家", "感谢您的付款", "查看订单"],
  ] as const) {
    const order = (await buy(shop, campaign.offers[0]?.id ?? "", as)).body;
    const at = `${shop.url}/v1/orders/${order.id}`;
    const { url } = (await call<{ url: string }>(`${at}/checkout`, { method: "POST", as })).body;
    await using visitor = await visit(browser, `${url}?lang=${lang}`, {
      ...phone,
      locale: lang === "zh" ? "zh-CN" : "en-US",
      colorScheme: lang === "zh" ? "dark" : "light",
    });
    const { page } = visitor;
    await page.getByRole("heading", { level: 1, name: title }).waitFor();
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(360);
    expect(await page.evaluate("document.scripts.length")).toBe(0);
    expect(await visitor.barriers()).toEqual([]);
    await page.locator("button.pay").click();
    await page.getByRole("heading", { level: 1, name: paid, exact: true }).waitFor();
    expect((await call<{ state: string }>(at, { as })).body.state).toBe("paid");
    await page.getByRole("link", { name: back }).click();
    await page.getByRole("heading", { level: 1, name: thanks }).waitFor();
    expect(await visitor.barriers()).toEqual([]);
    await visitor.picture(`checkout-returned-phone-${lang}`);
    await page.getByRole("link", { name: toOrder }).click();
    await page.waitForURL(`${shop.url}/orders/${order.id}`);
    expect(visitor.complaints).toEqual([]);
  }
});

test("every page fits a phone, by day and by night", async () => {
  for (const path of ["/docs#/Buying/reserve", "/problems/transition_not_allowed"]) {
    await using visitor = await visit(browser, `${server.url}${path}`, phone);
    const { page } = visitor;
    page.setDefaultTimeout(browserMs);
    if (path.startsWith("/docs")) await page.locator(".responses-table").first().waitFor();
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      expect([path, await page.evaluate("document.documentElement.scrollWidth")]).toEqual([path, 360]);
      // Light text on dark ground, or the other way round; the page hears of the change by itself.
      await page.waitForFunction((scheme) => {
        const { color, backgroundColor } = getComputedStyle(
          document.querySelector(".swagger-ui") ?? document.documentElement,
        );
        const [ink = 0, ground = 0] = [color, backgroundColor].map((text) =>
          text === "rgba(0, 0, 0, 0)" ? 255 : Number(/rgba?\((\d+)/.exec(text)?.[1]),
        );
        return (scheme === "dark" ? ink - ground : ground - ink) > 100;
      }, colorScheme);
    }
    expect(visitor.complaints).toEqual([]);
  }
});

/** Swagger UI draws a document of twenty thousand lines: on a busy machine it takes its time. */
async function visitDocs(at: string): Promise<Visitor> {
  const visitor = await visit(browser, `${at}/docs`);
  visitor.page.setDefaultTimeout(browserMs);
  return visitor;
}

async function authorise(page: Page, credentials: Readonly<Record<"buyer" | "operator", string>>): Promise<void> {
  await page.locator(".auth-wrapper .authorize").first().click();
  for (const [at, scheme] of (["buyer", "operator"] as const).entries()) {
    const form = page.locator(`.auth-container:nth-child(${at + 1})`);
    await form.locator("input").fill(credentials[scheme]);
    await form.locator(".authorize").click();
  }
  await page.locator(".auth-container .btn-done").first().click();
}

/** Opens an operation, fills in the id when one is given, executes it and reads the status of the answer. */
async function execute(page: Page, operation: string, id?: string): Promise<string> {
  const tag = page.locator(`#operations-tag-${operation.split("-")[0]}`);
  await tag.waitFor();
  if ((await tag.getAttribute("data-is-open")) !== "true") await tag.click();
  const block = page.locator(`#operations-${operation}`);
  await block.locator(".opblock-summary-control").click();
  if (id !== undefined) await block.locator("tr[data-param-name=id] input").fill(id);
  await block.locator(".execute").click();
  const status = await block.locator(".live-responses-table tbody .response-col_status").first().textContent();
  return /\d+/.exec(status ?? "")?.[0] ?? "";
}
