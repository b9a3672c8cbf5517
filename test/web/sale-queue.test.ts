/** Sales by queue and by draw, whole, in a real browser: from coming before the opening to the order, and to the next. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Browser } from "playwright-core";
import { call, createCampaign, operatorKey, type Server, startServer } from "../harness.ts";
import { browserMs, phone, startBrowser } from "./browser.ts";
import { expectFine, inSeconds, visitSale } from "./sale-visit.ts";

let server: Server;
let browser: Browser;

beforeAll(async () => {
  [server, browser] = await Promise.all([startServer(), startBrowser()]);
}, browserMs);
afterAll(async () => {
  await browser?.close();
  await server?.[Symbol.asyncDispose]();
});

describe("a queue, and a draw beside it", () => {
  test.concurrent("lets in by lot: in line before the opening, a place, the turn, the order", async () => {
    const campaign = await createCampaign(server, {
      admission: "queue",
      stock: 1,
      passWindowS: 60,
      opensAt: inSeconds(24),
    });
    await using alice = await visitSale(browser, server, campaign.id, { buyer: "line-alice" });
    await using bob = await visitSale(browser, server, campaign.id, { buyer: "line-bob", ...phone });
    await alice.press("line");
    await alice.is("in_line", "You are in line");
    await bob.press("line");
    await bob.is("in_line");
    await bob.page.getByText("2 waiting").waitFor();
    await bob.picture("sale-queue-before-phone");
    await bob.page.reload();
    await bob.is("in_line");
    await expectFine(alice, bob);
    const isAlice = await Promise.race([alice.is("turn").then(() => true), bob.is("turn").then(() => false)]);
    const [first, second] = isAlice ? [alice, bob] : [bob, alice];
    await second.is("in_line", "You are next");
    await second.page.getByText("1 left, 0 being paid for").waitFor();
    await second.picture("sale-queue-place");
    await first.page.getByText(/Your turn ends in \d/).waitFor();
    await first.picture("sale-queue-turn");
    await expectFine(first, second);
    await first.button.click();
    await first.is("to_pay");
    const [order] = await first.orders();
    await call(`${server.url}/v1/orders/${order?.id}/cancel`, { method: "POST", as: first.token });
    await second.is("turn");
    await second.page.getByRole("button", { name: "Leave the line" }).click();
    await second.is("line");
    await second.page.locator(".main-button :focus").waitFor(); // not lost with what was pressed
    expect(await second.orders()).toEqual([]);
    expect([...alice.complaints, ...bob.complaints]).toEqual([]);
  });

  test.concurrent("a draw is entered by whoever has solved the puzzle; who is drawn pays, who is not waits", async () => {
    const terms = { admission: "draw", stock: 1, challenge: "proof_of_work", closesAt: inSeconds(32) } as const;
    const campaign = await createCampaign(server, terms);
    const look = { ...phone, locale: "zh-CN", colorScheme: "dark" } as const;
    const [alice, bob] = await Promise.all([
      visitSale(browser, server, campaign.id, { buyer: "draw-alice", ...look }),
      visitSale(browser, server, campaign.id, { buyer: "draw-bob" }),
    ]);
    await using _ = alice;
    await using __ = bob;
    await Promise.all([alice.press("enter"), bob.press("enter")]);
    await Promise.all([alice.is("entered", "已参加抽签"), bob.is("entered")]);
    await alice.picture("sale-draw-entered-phone-zh-dark");
    const isAlice = await Promise.race([alice.is("to_pay").then(() => true), bob.is("to_pay").then(() => false)]);
    const [won, waits] = isAlice ? [alice, bob] : [bob, alice];
    await waits.is("drawn_next", "1");
    await Promise.all([waits.picture("sale-draw-next"), won.picture("sale-draw-won")]);
    await won.page.locator(`a[href="/campaigns/${campaign.id}/draw"]`).waitFor();
    await waits.page.locator(`a[href="/campaigns/${campaign.id}/draw"]`).waitFor();
    await expectFine(alice, bob);
    const [order] = await won.orders();
    await call(`${server.url}/v1/orders/${order?.id}/cancel`, { method: "POST", as: won.token });
    await waits.is("to_pay");
    await won.is("over");
    expect([...alice.complaints, ...bob.complaints]).toEqual([]);
  });

  test("of a sale that was open before is found out by trying", async () => {
    const campaign = await createCampaign(server, { stock: 3 });
    const set = (on: boolean) => setControls({ switches: [{ name: "queue_everybody", on, campaign_id: campaign.id }] });
    await using visitor = await visitSale(browser, server, campaign.id, { buyer: "redirected" });
    await visitor.is("buy");
    await set(true);
    await visitor.button.click();
    await visitor.press("line");
    await visitor.press("turn");
    await visitor.is("to_pay");
    await set(false);
    expect(visitor.complaints).toEqual([]);
  });
});

describe("a draw", () => {
  test("of the last of many offers is known after a reload, whichever is chosen", async () => {
    const offers = Array.from({ length: 14 }, (_, nth) => ({
      ...{ sku: `s${nth}`, title: `Kind ${nth}`, price_minor: 100, currency: "CNY", stock: 1 },
    }));
    const campaign = await createCampaign(server, { admission: "draw", closesAt: inSeconds(600), offers });
    await using visitor = await visitSale(browser, server, campaign.id, { buyer: "draw-dora" });
    await call(`${server.url}/v1/offers/${campaign.offers[13]?.id}/draw`, { method: "POST", as: visitor.token });
    await visitor.page.reload();
    await visitor.is("entered", "One draw per buyer");
    await visitor.page.getByText("You are in the draw of “Kind 13”").waitFor();
    expect(visitor.complaints).toEqual([]);
  });

  test("is entered for one offer, and left for good", async () => {
    const offers = ["A", "B"].map((title) => ({ sku: title, title, price_minor: 100, currency: "CNY", stock: 1 }));
    const campaign = await createCampaign(server, { admission: "draw", closesAt: inSeconds(600), offers });
    await using visitor = await visitSale(browser, server, campaign.id, { buyer: "draw-carol", ...phone });
    await visitor.press("enter");
    await visitor.is("entered");
    await visitor.page.getByLabel(/^B/).check();
    await visitor.is("entered", "One draw per buyer");
    await visitor.page.getByText("You are in the draw of “A”").waitFor();
    await visitor.page.getByLabel(/^A/).check();
    await visitor.page.getByRole("button", { name: "Leave the draw" }).click();
    await visitor.is("over", "You have left this draw");
    await visitor.page.reload();
    await visitor.is("over", "You have left this draw");
    await expectFine(visitor);
  });
});

function setControls(body: object) {
  return call(`${server.url}/v1/controls`, { method: "POST", as: operatorKey, body });
}
