/**
 * Who is here, in a real browser, where a token is not what it was: what is no token counts for none, whoever's sign-in
 * is over is told so and is made nobody else unasked, and a device has one guest however many tabs it has.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Browser, Page } from "playwright-core";
import { call, createCampaign, type Server, startServer, tokenOf } from "../harness.ts";
import { browserMs, phone, startBrowser } from "./browser.ts";
import { expectFine, visitSale } from "./sale-visit.ts";

let server: Server;
let browser: Browser;

beforeAll(async () => {
  [server, browser] = await Promise.all([
    startServer({ env: { RUSHBOX_GUESTS: "on", RUSHBOX_SIGN_IN_URL: "http://127.0.0.1:45998/sign-in" } }),
    startBrowser(),
  ]);
}, browserMs);
afterAll(async () => {
  await browser?.close();
  await server?.[Symbol.asyncDispose]();
});

describe("a cookie that is no token", () => {
  test("counts as none: the sale is there, and a guest may buy", async () => {
    const campaign = await createCampaign(server);
    await using visitor = await visitSale(browser, server, campaign.id);
    await visitor.page.context().addCookies([{ name: "rushbox_token", value: "100%", url: server.url }]);
    await visitor.page.reload();
    await visitor.press("buy");
    await visitor.is("to_pay");
    await expectFine(visitor);
  });
});

describe("a sign-in at the shop that has run out", () => {
  /** A buyer who has an order, and whose token, in the cookie, is over. */
  async function signedOut(page: Page, campaignId: string) {
    const offer = (await call<{ offers: { id: string }[] }>(`${server.url}/v1/campaigns/${campaignId}`)).body.offers[0];
    await call(`${server.url}/v1/offers/${offer?.id}/orders`, { method: "POST", as: await tokenOf("regular") });
    const value = await tokenOf("regular", Math.floor(Date.now() / 1_000) - 60);
    await page.context().addCookies([{ name: "rushbox_token", value, url: server.url }]);
    await page.reload();
    return page.getByText("Your sign-in at the shop has run out").waitFor();
  }

  test("is told, and nobody is made a guest of unasked", async () => {
    const campaign = await createCampaign(server);
    await using visitor = await visitSale(browser, server, campaign.id, phone);
    const { page } = visitor;
    const guests: string[] = [];
    page.on("request", (request) => request.url().endsWith("/v1/guests") && guests.push(request.url()));
    await signedOut(page, campaign.id);
    await visitor.is("buy", "Sign in to take part");
    const address = new URL((await page.getByRole("link", { name: "Sign in at the shop" }).getAttribute("href")) ?? "");
    expect(address.searchParams.get("return_to")).toBe(`${server.url}/campaigns/${campaign.id}`);
    await visitor.picture("sale-sign-in-over-phone");
    await expectFine(visitor);
    await page.getByRole("link", { name: "My orders" }).click();
    await page.getByText("Your sign-in at the shop has run out").waitFor();
    expect(await page.getByText("You have not bought anything here yet").count()).toBe(0);
    await visitor.picture("orders-sign-in-over-phone");
    await expectFine(visitor);
    expect(guests).toEqual([]);
    // Signed in again, all is there.
    await page.context().addCookies([{ name: "rushbox_token", value: await tokenOf("regular"), url: server.url }]);
    await page.goto(`${server.url}/campaigns/${campaign.id}`);
    await visitor.is("to_pay");
    expect(await page.getByText("has run out").count()).toBe(0);
  });

  test("is gone on from as a guest by choice, which a reload keeps", async () => {
    const campaign = await createCampaign(server);
    await using visitor = await visitSale(browser, server, campaign.id, { locale: "en-US" });
    const { page } = visitor;
    await signedOut(page, campaign.id);
    await page.getByRole("button", { name: "Go on as a guest" }).click();
    await page.locator("#content:focus").waitFor();
    await page.reload();
    await visitor.press("buy");
    await visitor.is("to_pay");
    await page.getByText("Guest", { exact: true }).waitFor();
    await expectFine(visitor);
  });

  test("is told as well when the server alone knows of it; and what it refused it is asked no more", async () => {
    const campaign = await createCampaign(server);
    await using visitor = await visitSale(browser, server, campaign.id);
    const { page } = visitor;
    const asked: string[] = [];
    page.on("request", (request) => /\/v1\/orders/.test(request.url()) && asked.push(request.url()));
    const value = await tokenOf("forged", "1h", "another secret of thirty-two bytes and more");
    await page.context().addCookies([{ name: "rushbox_token", value, url: server.url }]);
    await page.clock.install();
    await page.reload();
    await page.getByText("Your sign-in at the shop has run out").waitFor();
    await page.clock.runFor(1_000); // what was under way when it was told
    const before = asked.length;
    await page.clock.runFor(10_000);
    expect(asked.length).toBe(before);
    await expectFine(visitor);
  });

  test("is told to a guest, too, whom the server no longer knows; nothing is asked again for them", async () => {
    const campaign = await createCampaign(server);
    await using visitor = await visitSale(browser, server, campaign.id, { locale: "zh-CN", ...phone });
    const { page } = visitor;
    const asked: string[] = [];
    page.on("request", (request) => /\/v1\/orders/.test(request.url()) && asked.push(request.url()));
    const foreign = await tokenOf("gst_before", "1h", "another secret of thirty-two bytes and more");
    await page.evaluate((token) => localStorage.setItem("rushbox.guest", token), foreign);
    await page.clock.install();
    for (const path of [`/campaigns/${campaign.id}`, "/orders"]) {
      await page.goto(`${server.url}${path}`);
      await page.getByText("游客身份已失效").waitFor();
      await page.clock.runFor(1_000); // what was under way when it was told
      const before = asked.length;
      expect(before).toBeGreaterThan(0);
      await page.clock.runFor(10_000);
      expect(asked.length).toBe(before);
      await expectFine(visitor);
    }
    await visitor.picture("orders-guest-unknown-phone-zh");
  });
});

describe("two tabs that need a guest at the same instant", () => {
  for (const hasLocks of [true, false]) {
    test(`are one guest, ${hasLocks ? "with locks" : "without locks"}: no order goes out of sight`, async () => {
      const campaign = await createCampaign(server);
      await using visitor = await visitSale(browser, server, campaign.id);
      const context = visitor.page.context();
      if (!hasLocks) await context.addInitScript(() => Object.defineProperty(navigator, "locks", { value: undefined }));
      const tabs = [visitor.page, await context.newPage()];
      for (const tab of tabs) await tab.goto(`${server.url}/campaigns/${campaign.id}`);
      // No tab hears of its guest before each has asked that will.
      const { promise: allAsked, resolve } = Promise.withResolvers<void>();
      let asked = 0;
      await context.route("**/v1/guests", async (route) => {
        asked += 1;
        if (asked === (hasLocks ? 1 : 2)) resolve();
        await allAsked;
        await route.continue();
      });
      const buyers = tabs.map(async (tab) => {
        await tab.bringToFront();
        const sent = tab.waitForRequest((request) => request.method() === "POST" && request.url().endsWith("/orders"));
        await tab.locator('.main-button[data-is="buy"] button').click();
        return (await (await sent).allHeaders())["authorization"];
      });
      const [one, other] = await Promise.all(buyers);
      expect(one).toStartWith("Bearer ");
      expect(other).toBe(one);
      expect(asked).toBe(hasLocks ? 1 : 2);
    });
  }
});
