/**
 * Who is here, in a real browser, where a token is not what it was: what is no token counts for none, whoever's sign-in
 * is over is told so and is made nobody else unasked, and a device has one guest however many tabs it has.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Browser } from "playwright-core";
import { createCampaign, type Server, startServer } from "../harness.ts";
import { browserMs, startBrowser } from "./browser.ts";
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
