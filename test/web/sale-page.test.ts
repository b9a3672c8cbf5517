/**
 * The page of a sale in a real browser: what it says of the goods and the rules, in both languages, on a phone and on a
 * desk; text of merchants is text; time is the server's.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Browser } from "playwright-core";
import { createCampaign, type Server, startServer } from "../harness.ts";
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

const goods = {
  sku: "MATE-80",
  title: "Mate 80 Pro 512 GB",
  price_minor: 379_900,
  list_price_minor: 699_900,
  currency: "CNY",
  stock: 100,
  limit_per_buyer: 2,
  image_url: "/pictures/phone.svg",
  description: "Six inches of light.\nTwo days of battery.",
};

describe("the page of a sale", () => {
  test("says what is sold, for how much, how many, until when and by which rules", async () => {
    const campaign = await createCampaign(server, { closesAt: inSeconds(3_600), offers: [goods] });
    await using visitor = await visitSale(browser, server, campaign.id, { buyer: "reader" });
    const { page } = visitor;
    await page.getByRole("heading", { level: 1, name: goods.title }).waitFor();
    for (const text of ["¥6,999", "45% off", "100 left", "One buyer may have 2.", "kept for you for 15 min"])
      await page.getByText(text).first().waitFor();
    await visitor.is("buy", "¥3,799");
    expect(await page.locator(".description").textContent()).toBe(goods.description);
    await page.waitForFunction(() => document.querySelector<HTMLImageElement>(".picture img")?.naturalWidth);
    expect(await page.title()).toBe("Test sale · Rushbox");
    await visitor.picture("sale-open-desktop");
    await expectFine(visitor);
  });

  test("is the same in Chinese on a phone, and in the dark", async () => {
    const campaign = await createCampaign(server, { admission: "queue", opensAt: inSeconds(7_200), offers: [goods] });
    const look = { ...phone, locale: "zh-CN", colorScheme: "dark" } as const;
    await using visitor = await visitSale(browser, server, campaign.id, { buyer: "读者", ...look });
    const { page } = visitor;
    await visitor.is("line", "去排队");
    await page.getByText("每人限购 2 件。").waitFor();
    await page.getByText("如何保证公平").click();
    await page.getByRole("link", { name: "自行核验" }).waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
    await visitor.picture("sale-soon-phone-zh-dark");
    await expectFine(visitor);
  });

  test("shows markup of merchants as the text that it is", async () => {
    const evil = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`;
    const offers = [{ ...goods, title: `A ${evil}`, description: `B ${evil}\nC`, image_url: undefined }];
    const campaign = await createCampaign(server, { offers });
    await using visitor = await visitSale(browser, server, campaign.id, { buyer: "reader" });
    await visitor.page.getByRole("heading", { level: 1, name: `A ${evil}` }).waitFor();
    expect(await visitor.page.locator(".description").textContent()).toBe(`B ${evil}\nC`);
    expect(await visitor.page.locator("main img, main script").count()).toBe(0);
    expect(await visitor.page.title()).not.toBe("owned");
    await expectFine(visitor);
  });

  test("has one of several offers chosen, by its address too", async () => {
    const offers = [goods, { ...goods, sku: "B", title: "Mate 80 blue", price_minor: 99_900, image_url: undefined }];
    const campaign = await createCampaign(server, { offers });
    await using visitor = await visitSale(browser, server, campaign.id, { buyer: "chooser", ...phone });
    const { page } = visitor;
    await visitor.is("buy", "¥3,799");
    await page.getByLabel(/Mate 80 blue/).check();
    await visitor.is("buy", "¥999");
    expect(new URL(page.url()).searchParams.get("offer")).toBe(campaign.offers[1]?.id ?? "");
    await page.reload();
    await visitor.is("buy", "¥999");
    await visitor.picture("sale-offers-phone");
    await expectFine(visitor);
    await visitor.button.click();
    await visitor.is("to_pay");
    expect((await visitor.orders()).map(({ offer_id }) => offer_id)).toEqual([campaign.offers[1]?.id ?? ""]);
  });

  test("calls what costs nothing free", async () => {
    const campaign = await createCampaign(server, { offers: [{ ...goods, price_minor: 0 }] });
    await using visitor = await visitSale(browser, server, campaign.id, { buyer: "lucky", locale: "zh-CN" });
    await visitor.is("buy", "免费领取");
    await expectFine(visitor);
  });

  test("keeps the button within reach on a phone", async () => {
    const campaign = await createCampaign(server, { offers: [goods] });
    await using visitor = await visitSale(browser, server, campaign.id, { buyer: "thumb", ...phone });
    await visitor.is("buy");
    const box = await visitor.button.boundingBox();
    expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThanOrEqual(phone.viewport.height);
    expect(box?.height).toBeGreaterThanOrEqual(44);
  });
});

describe("whoever goes through many offers by the keyboard, on a phone", () => {
  test("sees each above the button", async () => {
    const offers = Array.from({ length: 12 }, (_, nth) => ({ ...goods, sku: `s${nth}`, title: `Kind ${nth}` }));
    const campaign = await createCampaign(server, { offers });
    await using visitor = await visitSale(browser, server, campaign.id, { buyer: "keyboard", ...phone });
    const { page } = visitor;
    await visitor.is("buy");
    await page.getByRole("radio").first().focus();
    for (let nth = 1; nth < offers.length; nth += 1) {
      await page.keyboard.press("ArrowDown");
      const choice = await page.locator(".offer-choice:has(:focus)").boundingBox();
      const button = await visitor.button.boundingBox();
      expect((choice?.y ?? 0) + (choice?.height ?? 0)).toBeLessThanOrEqual(button?.y ?? 0);
    }
  });
});

describe("the countdown", () => {
  test("is the server's to a tenth of a second, though this device's clock is five hours off", async () => {
    const opensAt = inSeconds(58);
    const campaign = await createCampaign(server, { opensAt });
    await using visitor = await visitSale(browser, server, campaign.id, { buyer: "clock" });
    const { page } = visitor;
    await page.addInitScript(() => {
      const Real = Date;
      const shiftMs = 5 * 3_600_000;
      const roundTripsMs: number[] = [];
      Object.assign(globalThis, { realNow: () => Real.now(), roundTripsMs });
      const ask = globalThis.fetch;
      globalThis.fetch = (async (...of: Parameters<typeof fetch>) => {
        const sentMs = performance.now();
        const response = await ask(...of);
        if (of[0] !== "/v1/time") return response;
        const read = response.json.bind(response);
        const json = async () => {
          const value = await read();
          roundTripsMs.push(performance.now() - sentMs);
          return value;
        };
        return Object.assign(response, { json });
      }) as typeof fetch;
      globalThis.Date = class extends Real {
        constructor(...of: [] | [number | string]) {
          super(...((of.length === 0 ? [Real.now() + shiftMs] : of) as [number]));
        }
        static override now() {
          return Real.now() + shiftMs;
        }
      } as typeof Date;
    });
    await page.reload();
    await visitor.is("not_yet");
    await page.waitForFunction(() => /^\d\d\.\d$/.test(document.querySelector(".countdown-time")?.textContent ?? ""));
    await page.waitForFunction(() => (globalThis as unknown as { roundTripsMs: number[] }).roundTripsMs.length >= 4);
    // At the instant at which the page shows another time: what a busy machine delays is delayed for both.
    const { errorsS, roundTripMs } = await page.evaluate(async (opensAtMs) => {
      const { realNow, roundTripsMs } = globalThis as unknown as { realNow: () => number; roundTripsMs: number[] };
      const shown = document.querySelector(".countdown-time");
      const found: number[] = [];
      await new Promise<void>((resolve) => {
        new MutationObserver(() => {
          found.push(Number(shown?.textContent) - (opensAtMs - realNow()) / 1_000);
          if (found.length === 30) resolve();
        }).observe(shown as Element, { childList: true, characterData: true, subtree: true });
      });
      return { errorsS: found.toSorted((a, b) => a - b), roundTripMs: Math.min(...roundTripsMs) };
    }, Date.parse(opensAt));
    // Rounded up, so a tenth more at the most; right to half of the quickest round trip, and to what rounds off.
    const marginS = roundTripMs / 2_000 + 0.005;
    const middle = errorsS.slice(8, 22);
    expect(middle[0]).toBeGreaterThan(-marginS);
    expect(middle.at(-1)).toBeLessThan(0.1 + marginS);
    expect(await page.getByText("clock", { exact: true }).count()).toBe(1); // and who is here is known all the same
  });

  test("is said aloud at moments that somebody would say, not at every tick", async () => {
    const campaign = await createCampaign(server, { opensAt: inSeconds(33) });
    await using visitor = await visitSale(browser, server, campaign.id, { buyer: "listener" });
    await visitor.is("not_yet");
    const said = visitor.page.locator('.countdown [role="status"]');
    await said.filter({ hasText: /^(30|10) s left$/ }).waitFor({ state: "attached" });
    expect(await visitor.page.locator(".countdown-time").getAttribute("role")).toBe("timer");
    await expectFine(visitor);
  });
});
