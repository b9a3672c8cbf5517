/** Whoever is refused is told why and until when, in a real browser; and the button can be pressed again when it helps. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Browser } from "playwright-core";
import { type CampaignJson, call, createCampaign, operatorKey, type Server, startServer } from "../harness.ts";
import { browserMs, phone, startBrowser } from "./browser.ts";
import { expectFine, operate, visitSale } from "./sale-visit.ts";

let server: Server;
let browser: Browser;

beforeAll(async () => {
  // The captcha's checker is never asked, nor is the shop: their addresses alone matter.
  const env = {
    RUSHBOX_CAPTCHA_URL: "https://captcha.example/siteverify",
    RUSHBOX_CAPTCHA_SECRET: "captcha-secret",
    RUSHBOX_CAPTCHA_SITE_KEY: "captcha-site-key",
    RUSHBOX_SIGN_IN_URL: "http://127.0.0.1:45998/sign-in",
  };
  [server, browser] = await Promise.all([startServer({ env }), startBrowser()]);
}, browserMs);
afterAll(async () => {
  await browser?.close();
  await server?.[Symbol.asyncDispose]();
});

describe("whoever is not let in", () => {
  const refusedPage = async (campaign: CampaignJson, buyer: string) => {
    const visitor = await visitSale(browser, server, campaign.id, { buyer, ...phone });
    await visitor.press("buy");
    await visitor.is("held_back");
    return visitor;
  };

  test("is told why they are blocked, in the operator's words", async () => {
    const campaign = await createCampaign(server);
    const entry = { effect: "block", buyer_id: "blocked", reason: "resold <b>everything</b>" };
    await call(`${server.url}/v1/access`, { method: "POST", as: operatorKey, body: entry });
    await using visitor = await refusedPage(campaign, "blocked");
    await visitor.page.getByText("resold <b>everything</b>").waitFor();
    expect(await visitor.button.getAttribute("aria-disabled")).toBe("true");
    await visitor.picture("sale-blocked-phone");
    await expectFine(visitor);
  });

  test("is told what is switched off", async () => {
    const campaign = await createCampaign(server);
    const set = (on: boolean) => setControls({ switches: [{ name: "read_only", on, campaign_id: campaign.id }] });
    await set(true);
    await using visitor = await refusedPage(campaign, "switched-off");
    await visitor.page.getByText(/^Again in \d+ sec\./).waitFor();
    await expectFine(visitor);
    await set(false);
    await visitor.press("buy");
    await visitor.is("to_pay");
  });

  test("is told what looked like a program, and how long to wait; then may press again", async () => {
    const campaign = await createCampaign(server);
    const slowed = { code: "slowed", reason: "regular_clicks", detail: "", status: 429 };
    await using visitor = await visitSale(browser, server, campaign.id, { buyer: "slowed", locale: "zh-CN" });
    await visitor.page.route(
      "**/v1/offers/*/orders",
      (route) =>
        route.fulfill({
          status: 429,
          headers: { "retry-after": "3" },
          contentType: "application/problem+json",
          body: JSON.stringify(slowed),
        }),
      { times: 1 },
    );
    await visitor.press("buy");
    await visitor.is("held_back", "操作太频繁");
    await visitor.page.getByText("点击节奏过于规律").waitFor();
    await visitor.picture("sale-slowed-zh");
    await visitor.press("buy");
    await visitor.is("to_pay");
    await expectFine(visitor);
  });

  test("by a captcha is sent to the shop's own page, which shows it", async () => {
    const campaign = await createCampaign(server, { admission: "queue", challenge: "captcha" });
    await using visitor = await visitSale(browser, server, campaign.id, { buyer: "captcha" });
    await visitor.is("captcha", "Go on at the shop");
    await visitor.page.getByText("only the shop's own page shows").waitFor();
    await expectFine(visitor);
    await visitor.page.route("**/sign-in?*", (route) => route.fulfill({ contentType: "text/html", body: "the shop" }));
    await visitor.button.click();
    await visitor.page.waitForURL(/\/sign-in\?return_to=/);
  });

  test("and stood in a sale that is paused, over or unknown is told that", async () => {
    const campaign = await createCampaign(server);
    await using visitor = await visitSale(browser, server, campaign.id, { buyer: "late" });
    await visitor.is("buy");
    await operate(server, campaign.id, "pause");
    await visitor.is("paused");
    await visitor.picture("sale-paused");
    await operate(server, campaign.id, "end");
    await visitor.is("over");
    await visitor.picture("sale-over");
    await expectFine(visitor);
    await visitor.page.goto(`${server.url}/campaigns/cmp_zzzzzzzzzz`);
    await visitor.page.getByRole("heading", { name: "There is nothing here" }).waitFor();
    await expectFine(visitor);
  });
});

function setControls(body: object) {
  return call(`${server.url}/v1/controls`, { method: "POST", as: operatorKey, body });
}
