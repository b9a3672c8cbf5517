/**
 * First come, first served, in a real browser: with a pass and a puzzle that is solved before the opening; as a guest, as
 * a stranger who has to sign in at the shop.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Browser } from "playwright-core";
import { createCampaign, type Server, startServer, tokenOf } from "../harness.ts";
import { browserMs, phone, startBrowser } from "./browser.ts";
import { expectFine, inSeconds, visitSale } from "./sale-visit.ts";

let server: Server;
let browser: Browser;

beforeAll(async () => {
  [server, browser] = await Promise.all([
    startServer({ env: { RUSHBOX_PAYMENTS: "sandbox", RUSHBOX_GUESTS: "on", RUSHBOX_SHOP_NAME: "小店" } }),
    startBrowser(),
  ]);
}, browserMs);
afterAll(async () => {
  await browser?.close();
  await server?.[Symbol.asyncDispose]();
});

describe("first come, first served, with a pass and a puzzle", () => {
  test.concurrent("is solved before the opening, and the press is one request", async () => {
    const campaign = await createCampaign(server, { pass: true, challenge: "proof_of_work", opensAt: inSeconds(20) });
    await using visitor = await visitSale(browser, server, campaign.id, { buyer: "early", ...phone, locale: "zh-CN" });
    await visitor.is("not_yet", "后开售");
    await visitor.page.getByText("浏览器已准备好。").waitFor();
    await visitor.picture("sale-before-phone-zh");
    await expectFine(visitor);
    const passed = visitor.page.waitForResponse((response) => response.url().endsWith("/pass") && response.ok());
    await visitor.is("buy", "立即购买");
    await passed;
    const sent: string[] = [];
    visitor.page.on("request", (request) => {
      if (request.method() === "POST") sent.push(new URL(request.url()).pathname);
    });
    await visitor.button.click();
    await visitor.is("to_pay", "立即付款");
    expect(sent).toEqual([`/v1/offers/${campaign.offers[0]?.id}/orders`]);
    await visitor.page.getByText("抢到了！").waitFor();
    await visitor.picture("sale-yours-phone-zh");
    await expectFine(visitor);
    await visitor.button.click();
    await visitor.page.waitForURL(/\/checkout\/|\/sandbox\//);
  });

  test.concurrent("is open to a guest, who is made one when they get ready, and stays the same", async () => {
    const campaign = await createCampaign(server, { pass: true, challenge: "proof_of_work", opensAt: inSeconds(20) });
    await using visitor = await visitSale(browser, server, campaign.id, { colorScheme: "dark" });
    await visitor.press("not_yet");
    await visitor.page.getByText("Guest", { exact: true }).waitFor();
    await visitor.press("buy");
    await visitor.is("to_pay");
    await visitor.page.reload();
    await visitor.is("to_pay");
    await visitor.picture("sale-yours-desktop-dark");
    await expectFine(visitor);
  });
});

describe("a shop without guests", () => {
  test("sends a stranger to where they sign in, and back to this sale", async () => {
    await using strict = await startServer({ env: { RUSHBOX_SIGN_IN_URL: `${server.url}/sign-in` } });
    const campaign = await createCampaign(strict);
    await using visitor = await visitSale(browser, strict, campaign.id);
    await visitor.is("buy", "Sign in to take part");
    await visitor.picture("sale-stranger");
    await expectFine(visitor);
    await visitor.button.click();
    await visitor.page.waitForURL(
      `${server.url}/sign-in?return_to=${encodeURIComponent(`${strict.url}/campaigns/${campaign.id}`)}`,
    );
    const token = await tokenOf("signed-in");
    await visitor.page.goto(`${strict.url}/campaigns/${campaign.id}#token=${token}`);
    await visitor.press("buy");
    await visitor.is("to_pay", "Yours");
    await visitor.page.getByText("You pay at the shop.").waitFor();
  });

  test("that has not said where to sign in says how to go on", async () => {
    await using strict = await startServer();
    const campaign = await createCampaign(strict);
    await using visitor = await visitSale(browser, strict, campaign.id);
    await visitor.is("buy", "Sign in to take part");
    await visitor.page.getByText("Open this sale from the shop").waitFor();
    expect(await visitor.button.getAttribute("aria-disabled")).toBe("true");
    await expectFine(visitor);
  });
});
