/**
 * The chat's window in a real browser: somebody asks, buys with a clear yes, sees the order, cancels it; by keyboard alone,
 * on a phone and on a desk. The page beneath follows, and nothing is bought that was not clearly wanted.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Browser } from "playwright-core";
import { createCampaign, type Server, startServer, tokenOf } from "../harness.ts";
import { browserMs, phone, startBrowser, visit } from "./browser.ts";
import { lamp, openChat, ordersOf, talk } from "./chat-visit.ts";

let server: Server;
let browser: Browser;

beforeAll(async () => {
  [server, browser] = await Promise.all([
    startServer({ env: { RUSHBOX_GUESTS: "on", RUSHBOX_PAYMENTS: "sandbox" } }),
    startBrowser(),
  ]);
}, browserMs);
afterAll(async () => {
  await browser?.close();
  await server?.[Symbol.asyncDispose]();
});

describe("somebody on a desk", () => {
  test("asks what is on, buys with a clear yes, sees the order, and cancels it", async () => {
    await createCampaign(server, { offers: [lamp("Desk lamp Aurora")] });
    await using visitor = await talk(browser, server, "/orders", { buyer: "ann" });
    const { page } = visitor;
    await page.getByRole("heading", { name: "Nothing bought yet" }).waitFor();
    await visitor.say("what is on?");
    await visitor.hears("Desk lamp Aurora: ¥99");
    await visitor.say("buy two of the desk lamp");
    await visitor.hears("2 × Desk lamp Aurora for ¥198");
    expect(await ordersOf(server, "ann")).toEqual([]);
    expect(await visitor.barriers()).toEqual([]);
    await visitor.picture("chat-desktop-quote-en");
    await visitor.press("Yes");
    await visitor.hears("is reserved for you");
    await page.getByRole("region", { name: "To pay" }).getByText("Desk lamp Aurora × 2").waitFor();
    expect((await ordersOf(server, "ann")).map(({ quantity, state }) => [quantity, state])).toEqual([[2, "reserved"]]);
    await visitor.picture("chat-desktop-bought-en");
    await visitor.say("cancel it");
    await visitor.press("No");
    await visitor.hears("your order stays");
    await visitor.say("cancel my order");
    await visitor.press("Yes");
    await visitor.hears("is cancelled");
    await page.getByRole("region", { name: "Over" }).getByText("Cancelled").waitFor();
    expect(visitor.complaints).toEqual([]);
  });

  test.each([
    ["en-US", "how many are left?", "buy", "Shall I buy?"],
    ["zh-CN", "还剩多少？", "我要买", "确认购买吗"],
  ] as const)(
    "(%s) means the sale on whose page they ask, also after they went to another one",
    async (locale, left, buy, asks) => {
      const [first, second] = [
        await createCampaign(server, { offers: [lamp(`First lamp ${locale}`)] }),
        await createCampaign(server, { offers: [lamp(`Second lamp ${locale}`)] }),
      ];
      await using visitor = await talk(browser, server, `/campaigns/${first.id}`, { locale, buyer: `page ${locale}` });
      const { page } = visitor;
      await visitor.hears(locale === "zh-CN" ? "您好" : "Hello! This is");
      await visitor.say(left);
      await visitor.hears(`First lamp ${locale}`);
      await page.evaluate((path) => {
        history.pushState(null, "", path);
        dispatchEvent(new PopStateEvent("popstate"));
      }, `/campaigns/${second.id}`);
      await page.getByRole("heading", { level: 1, name: `Second lamp ${locale}` }).waitFor();
      await visitor.say(buy);
      await visitor.hears(`Second lamp ${locale}`);
      await visitor.hears(asks);
      expect(visitor.complaints).toEqual([]);
    },
  );

  test("does everything by keyboard: in, to a choice, out, and is back where it began", async () => {
    await createCampaign(server, { offers: [lamp("Keyboard lamp")] });
    await using visitor = await visit(browser, `${server.url}/#token=${await tokenOf("keys")}`, {
      colorScheme: "dark",
    });
    const { page } = visitor;
    await page.getByRole("button", { name: "Chat" }).focus();
    await page.keyboard.press("Enter");
    await page.locator(".chat-line.shop").first().waitFor();
    await page.keyboard.type("buy the keyboard lamp"); // the focus is in the field by itself
    await page.keyboard.press("Enter");
    await page.locator(".chat-choices .button[aria-disabled=false]").first().waitFor();
    await page.keyboard.press("Shift+Tab");
    await page.keyboard.press("Shift+Tab");
    await page.locator(":focus", { hasText: /^Yes$/ }).waitFor();
    await page.keyboard.press("Enter");
    await page.locator(".chat-line.good").waitFor();
    await page.locator('[role="log"]:focus').waitFor();
    expect((await ordersOf(server, "keys")).length).toBe(1);
    await page.keyboard.press("Tab");
    await page.locator(":focus", { hasText: /^Order page$/ }).waitFor();
    expect(await visitor.barriers()).toEqual([]);
    await visitor.picture("chat-desktop-dark-en");
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.locator(":focus", { hasText: /^Chat$/ }).waitFor();
    expect(visitor.complaints).toEqual([]);
  });

  test("who presses twice has not said yes, and no choice is sent twice", async () => {
    const { id } = await createCampaign(server, { offers: [lamp("Twice lamp")] });
    await using visitor = await talk(browser, server, `/campaigns/${id}`, { buyer: "twice" });
    const { page } = visitor;
    await visitor.say("tell me about the twice lamp");
    await visitor.hears("2 per buyer");
    // As soon as it is there, as by a second press that was meant for what stood there before.
    await page.evaluate(() =>
      new MutationObserver(() => {
        for (const button of document.querySelectorAll<HTMLElement>(".chat-choices button"))
          if (button.textContent === "Yes") button.click();
      }).observe(document.querySelector(".chat-log") as Node, { childList: true, subtree: true }),
    );
    await page.getByRole("log").getByRole("button", { name: "Buy", exact: true }).dblclick();
    await visitor.hears("Shall I buy?");
    await page.getByRole("log").getByRole("button", { name: "Yes", disabled: false }).waitFor();
    expect(await ordersOf(server, "twice")).toEqual([]);
    expect(await page.locator(".chat-line.buyer").count()).toBe(2);
    expect(await page.getByRole("log").getByRole("button").allTextContents()).toEqual(["Yes", "No"]); // not those of before
    expect(visitor.complaints).toEqual([]);
  });

  test("what is joined in the chat the page of the sale follows", async () => {
    const { id } = await createCampaign(server, { offers: [lamp("Nimbus humidifier")], admission: "queue" });
    await using visitor = await talk(browser, server, `/campaigns/${id}`, { buyer: "queuer" });
    await visitor.page.locator('.main-button[data-is="line"]').waitFor();
    await visitor.say("get me in line for the Nimbus humidifier");
    await visitor.page.locator('.main-button[data-is="turn"]').waitFor();
    expect(visitor.complaints).toEqual([]);
  });

  test("whose message is written in Chinese sends it when it is composed, not before", async () => {
    await using visitor = await talk(browser, server, "/", { locale: "zh-CN" });
    const field = visitor.page.locator(".chat-form input");
    await field.fill("你好");
    const isLeft = (init: { isComposing?: boolean; keyCode?: number }) =>
      field.evaluate(
        (input, more) =>
          input.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true, ...more })),
        init,
      );
    expect(await isLeft({ isComposing: true })).toBe(false);
    expect(await isLeft({ keyCode: 229 })).toBe(false);
    expect(await isLeft({})).toBe(true);
    await field.press("Enter");
    await visitor.page.locator(".chat-line.buyer").filter({ hasText: "你好" }).waitFor();
    expect(visitor.complaints).toEqual([]);
  });
});

describe("somebody on a phone", () => {
  test("a guest buys by conversation, and is made one when it is needed and not before", async () => {
    const { id } = await createCampaign(server, { offers: [lamp("极光台灯 暖白护眼 学习阅读专用")] });
    const url = `${server.url}/campaigns/${id}`;
    await using visitor = await visit(browser, url, { ...phone, locale: "zh-CN" });
    const { page } = visitor;
    const guests: string[] = [];
    page.on("request", (request) => request.url().endsWith("/v1/guests") && guests.push(request.url()));
    await page.locator('.main-button[data-is="buy"]').waitFor();
    await visitor.picture("chat-closed-phone-zh");
    await openChat(page);
    await page.locator(":focus", { hasText: /^聊天$/ }).waitFor(); // not the field: no keyboard over the greeting
    const send = async (text: string) => {
      await page.locator(".chat-form input").fill(text);
      await page.getByRole("button", { name: "发送" }).click();
    };
    await page.locator(".chat-line.shop").first().waitFor(); // before it has greeted it takes nothing
    await send("极光台灯还剩多少");
    await page.locator(".chat-line.shop").filter({ hasText: "还剩 9 件" }).waitFor();
    expect(guests).toEqual([]);
    await send("买一个极光台灯");
    await page.getByText("确认购买吗？").waitFor();
    expect(guests.length).toBe(1);
    expect(await visitor.barriers()).toEqual([]);
    await visitor.picture("chat-phone-zh");
    await page.getByRole("log").getByRole("button", { name: "确认" }).click();
    await page.locator(".chat-line.good").waitFor();
    await visitor.picture("chat-bought-phone-zh");
    await page.getByRole("button", { name: "关闭聊天" }).click();
    await page.locator('.main-button[data-is="to_pay"]').waitFor();
    await page.locator(":focus", { hasText: /^聊天$/ }).waitFor();
    await page.evaluate("document.documentElement.dataset.isSame = 'yes'");
    await page.locator(".chat-button").click();
    await page.getByRole("link", { name: "订单页面" }).click();
    await page.getByRole("heading", { level: 1, name: "极光台灯" }).waitFor();
    expect(await page.getByRole("dialog").count()).toBe(0);
    await page.locator(":focus").waitFor();
    expect(await page.evaluate("document.documentElement.dataset.isSame")).toBe("yes"); // and was not loaded again
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(360);
    expect(visitor.complaints).toEqual([]);
  });

  test("never has the one button covered, wherever the page stands", async () => {
    const { id } = await createCampaign(server, { offers: [lamp("Covered lamp")] });
    await using visitor = await visit(browser, `${server.url}/campaigns/${id}`, phone);
    const { page } = visitor;
    await page.locator('.main-button[data-is="buy"]').waitFor();
    expect((await page.locator(".chat-button").boundingBox())?.height).toBeGreaterThanOrEqual(44);
    for (const height of [480, 560, 780]) {
      await page.setViewportSize({ width: 360, height });
      for (let top = 0; top < 800; top += 40) {
        await page.evaluate((to) => scrollTo(0, to), top);
        // Beside each other, or one above the other: and then the one button has all of the width.
        await page.waitForFunction(() => {
          const [buy, chat] = [".main-button button", ".chat-button"].map((one) =>
            document.querySelector(one)?.getBoundingClientRect(),
          );
          if (!buy || !chat) return false;
          return buy.bottom > chat.top ? buy.right < chat.left : buy.bottom <= 0 || buy.right === chat.right;
        });
      }
    }
    await page.setViewportSize(phone.viewport);
    await visitor.page.emulateMedia({ colorScheme: "dark" });
    await page.evaluate("scrollTo(0, 0)");
    expect(await visitor.barriers()).toEqual([]);
    await visitor.picture("chat-closed-phone-dark");
    await openChat(page);
    await page.locator(".chat-form input").fill("what is on?");
    await page.getByRole("button", { name: "Send" }).click();
    await page.getByText("On sale:").waitFor();
    expect(await visitor.barriers()).toEqual([]);
    await visitor.picture("chat-phone-dark-en");
    expect(visitor.complaints).toEqual([]);
  });
});

describe("on a desk", () => {
  test("the window leaves the page to be read and pressed: beside it, or by scrolling", async () => {
    const { id } = await createCampaign(server, { offers: [lamp("Desk lamp")] });
    await using visitor = await talk(browser, server, `/campaigns/${id}`);
    const { page } = visitor;
    for (const width of [1920, 1600, 1264, 1263, 860, 640]) {
      await page.setViewportSize({ width, height: 860 });
      if (width >= 1264) await page.locator(".main-button button").click({ trial: true });
      await page.getByRole("button", { name: /^Colours/ }).click({ trial: true });
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(width);
    }
    expect(await visitor.barriers()).toEqual([]);
    await page.setViewportSize({ width: 1280, height: 860 });
    await visitor.picture("chat-beside-page-desktop-en");
    expect(visitor.complaints).toEqual([]);
  });

  test("the answer to something long is seen", async () => {
    await using visitor = await talk(browser, server, "/", { viewport: { width: 640, height: 430 } });
    await visitor.say("x".repeat(500));
    await visitor.hears("I did not understand");
    const [answer, field] = await Promise.all([
      visitor.page.locator(".chat-line.shop").last().boundingBox(),
      visitor.page.locator(".chat-form").boundingBox(),
    ]);
    expect((answer?.y ?? 1_000) + 40).toBeLessThan(field?.y ?? 0);
    expect(visitor.complaints).toEqual([]);
  });
});

describe("the first visit", () => {
  test("pays for the button alone, and the frame on a shop's own page has no chat", async () => {
    await using visitor = await visit(browser, server.url);
    const { page } = visitor;
    const asked: string[] = [];
    page.on("request", (request) => /\/chat/.test(request.url()) && asked.push(new URL(request.url()).pathname));
    await page.reload({ waitUntil: "networkidle" });
    expect(asked).toEqual([]);
    await openChat(page);
    expect(new Set(asked.map((path) => path.replace(/-[0-9a-z]{8}\./, ".")))).toEqual(
      new Set(["/assets/chat-panel.js", "/assets/chat.css", "/v1/chat"]),
    );
    const { id } = await createCampaign(server);
    await page.goto(`${server.url}/embed/${id}`);
    await page.getByText("Goods").waitFor();
    expect(await page.locator(".chat-button").count()).toBe(0);
  });
});
