/**
 * A sale in a frame on the shop's own page, from another origin: the one that is named may show it, nobody else; the
 * frame is as high as it has to be, by its own word and no other's; the token goes where buying happens and nowhere else.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Browser } from "playwright-core";
import { readConfig } from "../../src/config.ts";
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

interface Shop {
  readonly url: string;
  /** What its page holds. */
  body: string;
  stop(): void;
}

/** The shop's own pages, which are on another port and so of another origin. */
function startShop(): Shop {
  const web = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: () =>
      new Response(
        `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Shop</title><main><h1>Our shop</h1>${shop.body}</main>`,
        { headers: { "content-type": "text/html; charset=utf-8" } },
      ),
  });
  const shop: Shop = { url: `http://127.0.0.1:${web.port}`, body: "", stop: () => void web.stop(true) };
  return shop;
}

let shop: Shop;
let stranger: Shop;
let server: Server;
let browser: Browser;
let campaign: CampaignJson;

beforeAll(async () => {
  [shop, stranger] = [startShop(), startShop()];
  const env = { RUSHBOX_EMBED_ORIGINS: `https://www.shop.example, ${shop.url}` };
  [browser, server] = await Promise.all([startBrowser(), startServer({ env })]);
  const offers = [
    {
      sku: "a",
      title: "Mate 80 Pro 512 GB",
      price_minor: 379_900,
      list_price_minor: 699_900,
      currency: "CNY",
      stock: 10,
    },
    { sku: "b", title: "Second thing", price_minor: 100, currency: "CNY", stock: 3 },
  ];
  campaign = await createCampaign(server, { offers, closesAt: new Date(Date.now() + 7_200_000).toISOString() });
}, browserMs);
afterAll(async () => {
  shop?.stop();
  stranger?.stop();
  await browser?.close();
  await server?.[Symbol.asyncDispose]();
});

const tagWith = (attributes = "") =>
  `<script async src="${server.url}/embed.js" data-campaign="${campaign.id}" data-language="en" ${attributes}></script>`;

const isOfServer = (line: string) => line.startsWith(`asked ${server.url}/`);

/** Of a page that embeds a sale: what it asks the sale's server for is no complaint. */
function complaintsOf({ complaints }: Visitor): string[] {
  return complaints.filter((line) => !isOfServer(line));
}

describe("the policy of the frame", () => {
  const policyOf = async (at: Server, path: string) => {
    const { headers } = await fetch(`${at.url}${path}`);
    return [
      /frame-ancestors ([^;]*)/.exec(headers.get("content-security-policy") ?? "")?.[1],
      headers.get("x-frame-options"),
    ];
  };

  test("names those who may show it, and no other page may be shown by anybody", async () => {
    expect(await policyOf(server, `/embed/${campaign.id}`)).toEqual([`https://www.shop.example ${shop.url}`, null]);
    for (const path of ["/", `/campaigns/${campaign.id}`, "/orders", "/console", "/verify"]) {
      expect([path, ...(await policyOf(server, path))]).toEqual([path, "'none'", "DENY"]);
    }
  });

  test("names nobody unless the settings do", async () => {
    await using other = await startServer();
    expect(await policyOf(other, `/embed/${campaign.id}`)).toEqual(["'none'", null]);
  });

  test("cannot be widened by a setting that is no list of origins", () => {
    const read = (value: string) => readConfig({}, { RUSHBOX_EMBED_ORIGINS: value }).embedOrigins;
    expect(read("")).toEqual([]);
    expect(read("https://a.example,http://127.0.0.1:8080 , https://a.example/")).toEqual([
      "https://a.example",
      "http://127.0.0.1:8080",
    ]);
    for (const wrong of [
      "*",
      "https://*.shop.example",
      "https://a.example/path",
      "a.example",
      "https://a.example;x",
      ",",
    ]) {
      expect(() => read(wrong)).toThrow("RUSHBOX_EMBED_ORIGINS");
    }
  });
});

describe("on a page of the shop", () => {
  test("one tag shows the sale as it stands, as high as it is, and as it changes", async () => {
    shop.body = `${tagWith()}<p>Below</p>`;
    await using visitor = await visit(browser, shop.url);
    const { page } = visitor;
    const frame = page.frameLocator('iframe[title="Flash sale"]');
    await frame.getByRole("heading", { name: "Mate 80 Pro 512 GB" }).waitFor();
    await frame.getByText("On sale now").waitFor();
    await frame.getByText("0% gone").waitFor();
    await frame.getByText("¥3,799").waitFor();
    await frame.getByText("Ends in").waitFor();
    const link = frame.getByRole("link", { name: "Go and buy" });
    expect(await link.getAttribute("href")).toBe(`/campaigns/${campaign.id}`);
    expect(await link.getAttribute("target")).toBe("_blank");
    expect(await page.locator("script").count()).toBe(0);
    await page.waitForFunction(() => {
      const height = document.querySelector("iframe")?.clientHeight ?? 0;
      return height > 0 && height !== 240;
    });
    expect((await buy(server, campaign.offers[0]?.id ?? "", await tokenOf("alice"))).status).toBe(201);
    await frame.getByText("10% gone").waitFor();
    await visitor.picture("embed-desktop-light-en");
    expect(complaintsOf(visitor)).toEqual([]);
    const leaked = await page.evaluate(() => Object.keys(window).filter((name) => /rushbox|embed/i.test(name)));
    expect(leaked).toEqual([]);
  });

  test("the frame's own page keeps nobody out, by day and by night", async () => {
    for (const theme of ["light", "dark"]) {
      await using visitor = await visit(browser, `${server.url}/embed/${campaign.id}?theme=${theme}`);
      await visitor.page.getByText("On sale now").waitFor();
      expect(await visitor.barriers()).toEqual([]);
      expect(visitor.complaints).toEqual([]);
    }
  });

  test("offer, language and colours are those that are asked for, and it fits a phone", async () => {
    const [, second] = campaign.offers;
    shop.body = `<script async src="${server.url}/embed.js" data-campaign="${campaign.id}" data-offer="${second?.id}" data-language="zh" data-theme="dark" data-picture="no"></script>`;
    await using visitor = await visit(browser, shop.url, phone);
    const frame = visitor.page.frameLocator('iframe[title="秒杀"]');
    await frame.getByRole("heading", { name: "Second thing" }).waitFor();
    await frame.getByText("正在抢购").waitFor();
    expect(await frame.locator("html").getAttribute("data-theme")).toBe("dark");
    expect(await frame.locator("html").evaluate((root) => root.scrollWidth <= root.clientWidth)).toBe(true);
    await visitor.picture("embed-phone-dark-zh");
    expect(complaintsOf(visitor)).toEqual([]);
  });

  test("the token goes by the fragment to the page where buying happens, and into no address that is asked for", async () => {
    const token = await tokenOf("zoe");
    shop.body = tagWith(`data-token="${token}"`);
    await using visitor = await visit(browser, shop.url);
    const { page } = visitor;
    const link = page.frameLocator("iframe").getByRole("link", { name: "Go and buy" });
    expect(await link.getAttribute("href")).toBe(`/campaigns/${campaign.id}#token=${token}`);
    const [sale] = await Promise.all([page.context().waitForEvent("page"), link.click()]);
    await sale.getByText("zoe").waitFor();
    expect(sale.url()).toBe(`${server.url}/campaigns/${campaign.id}`); // taken out of the address at once
    const asked = visitor.complaints.filter(isOfServer).map((line) => new URL(line.slice("asked ".length)));
    expect(asked.length).toBeGreaterThan(3);
    expect(asked.filter(({ pathname, search }) => `${pathname}${search}`.includes(token))).toEqual([]);
  });

  test("words from other origins, and from other frames, do not move it", async () => {
    stranger.body = `<script>parent.postMessage({ rushboxHeight: 3000 }, "*")</script>`;
    shop.body = `${tagWith()}<iframe title="Stranger" src="${stranger.url}"></iframe>
<script>postMessage({ rushboxHeight: 3000 }, "*"); addEventListener("message", () => { window.heard = (window.heard ?? 0) + 1; });</script>`;
    await using visitor = await visit(browser, shop.url);
    const { page } = visitor;
    await page.frameLocator('iframe[title="Flash sale"]').getByText("On sale now").waitFor();
    await page.waitForFunction(() => ((window as { heard?: number }).heard ?? 0) >= 3); // the frame's own among them
    const height = await page.locator('iframe[title="Flash sale"]').evaluate((frame) => frame.clientHeight);
    expect(height).toBeLessThan(1_000);
  });

  test("a sale that is over, and one that is none, say so", async () => {
    const over = await createCampaign(server);
    await call(`${server.url}/v1/campaigns/${over.id}/end`, { method: "POST", as: operatorKey });
    shop.body = tagWith().replace(campaign.id, over.id);
    await using visitor = await visit(browser, shop.url);
    await visitor.page.frameLocator("iframe").getByText("Over", { exact: true }).waitFor();
    await visitor.page.frameLocator("iframe").getByRole("link", { name: "See the sale" }).waitFor();
    shop.body = tagWith().replace(campaign.id, "cmp_00000000zz");
    await visitor.page.reload();
    await visitor.page.frameLocator("iframe").getByText("This sale is not to be had here.").waitFor();
    expect(complaintsOf(visitor)).toEqual([]);
  });

  test("a tag without a campaign says in the shop's console what is missing", async () => {
    shop.body = `<script async src="${server.url}/embed.js"></script>`;
    await using visitor = await visit(browser, shop.url);
    await visitor.page.getByRole("heading", { name: "Our shop" }).waitFor();
    await visitor.page.waitForLoadState("networkidle");
    expect(complaintsOf(visitor)).toEqual(["thrown: Rushbox: data-campaign must name a campaign, as cmp_..."]);
    expect(await visitor.page.locator("iframe").count()).toBe(0);
  });
});

test("a page of another origin cannot show it: the browser refuses", async () => {
  stranger.body = tagWith();
  await using visitor = await visit(browser, stranger.url);
  const refused = visitor.page.waitForEvent("console", (message) => /frame-ancestors/.test(message.text()));
  await visitor.page.reload();
  await refused;
  expect(await visitor.page.frameLocator("iframe").getByText("On sale now").count()).toBe(0);
});
