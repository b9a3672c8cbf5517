/**
 * The chat's window where something goes wrong, or somebody means ill: what was written is kept and can be sent again, a
 * conversation outlives a reload and a restart of the server, belongs to one buyer, and what merchants wrote is text.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Browser } from "playwright-core";
import { call, createCampaign, newFolder, operatorKey, type Server, startServer, tokenOf } from "../harness.ts";
import { browserMs, phone, startBrowser, visit } from "./browser.ts";
import { lamp, loseAnswer, openChat, ordersOf, talk } from "./chat-visit.ts";

const env = { RUSHBOX_GUESTS: "on", RUSHBOX_SIGN_IN_URL: "http://127.0.0.1:45998/sign-in" };
const chat = "**/v1/chat";
let server: Server;
let browser: Browser;

beforeAll(async () => {
  [server, browser] = await Promise.all([startServer({ env }), startBrowser()]);
}, browserMs);
afterAll(async () => {
  await browser?.close();
  await server?.[Symbol.asyncDispose]();
});

describe("a conversation", () => {
  test("outlives a reload and a restart of the server between the question and the yes", async () => {
    const data = newFolder();
    await using before = await startServer({ data, env });
    await createCampaign(before, { offers: [lamp("Lasting lamp")] });
    await using visitor = await talk(browser, before, "/", { buyer: "lasting" });
    await visitor.say("buy a lasting lamp");
    await visitor.hears("Shall I buy?");
    await before.stop();
    await using _ = await startServer({ data, env, args: ["--port", String(before.port)] });
    await visitor.page.reload();
    await visitor.page.locator(".chat-button").click();
    await visitor.hears("Shall I buy?");
    expect(await visitor.page.locator(".chat-line").count()).toBe(3);
    await visitor.say("yes");
    await visitor.hears("is reserved for you");
    expect((await ordersOf(before, "lasting")).length).toBe(1);
    expect(visitor.trueComplaints()).toEqual([]);
  });

  test("is one buyer's: whoever comes after them in this tab begins anew", async () => {
    await using visitor = await talk(browser, server, "/", { buyer: "first" });
    await visitor.say("my orders");
    await visitor.hears("You have no orders");
    await visitor.page.goto(`${server.url}/orders#token=${await tokenOf("second")}`);
    await visitor.page.reload();
    await visitor.page.locator(".who").filter({ hasText: "second" }).waitFor();
    await openChat(visitor.page);
    expect(await visitor.page.locator(".chat-line").allTextContents()).toEqual([
      expect.stringContaining("Hello! This is"),
    ]);
    expect(visitor.complaints).toEqual([]);
  });

  test("is kept up to a bound, and what was kept but is none begins anew", async () => {
    await using visitor = await talk(browser, server, "/");
    const { page } = visitor;
    await page.evaluate(() => {
      const kept = JSON.parse(sessionStorage.getItem("rushbox.chat") ?? "");
      const lines = Array.from({ length: 60 }, (_, at) => ({ ...kept.lines[0], id: at + 1, text: `line ${at}` }));
      sessionStorage.setItem("rushbox.chat", JSON.stringify({ ...kept, lines }));
    });
    await page.reload();
    await openChat(page);
    await visitor.say("help");
    await visitor.hears("I never buy without your yes");
    expect(await page.locator(".chat-line").count()).toBe(60);
    await page.getByRole("button", { name: "Start again" }).click();
    await visitor.hears("Hello! This is");
    expect(await page.locator(".chat-line").count()).toBe(1);
    for (const none of ["{", "null", "[]", '{"lines":1}']) {
      await page.evaluate((text) => sessionStorage.setItem("rushbox.chat", text), none);
      await page.reload();
      await openChat(page);
      await visitor.hears("Hello! This is");
    }
    expect(visitor.complaints).toEqual([]);
  });
});

describe("a message that is not answered", () => {
  test("is given back to who wrote it, and what was bought by it is bought once", async () => {
    await createCampaign(server, { offers: [lamp("Lost lamp")] });
    await using visitor = await talk(browser, server, "/", { ...phone, buyer: "lost" });
    const { page } = visitor;
    await page.route(chat, (route) => route.abort(), { times: 1 });
    await visitor.say("buy a lost lamp");
    await page.getByText("No connection").waitFor();
    expect(await page.locator(".chat-form input").inputValue()).toBe("buy a lost lamp");
    expect(await page.locator(".chat-line.buyer").count()).toBe(0);
    expect(await visitor.barriers()).toEqual([]);
    await visitor.picture("chat-offline-phone-en");
    await page.getByRole("button", { name: "Send" }).click();
    await visitor.hears("Shall I buy?");
    await page.route(chat, loseAnswer, { times: 1 });
    await visitor.press("Yes");
    await page.getByText("Press your choice again").waitFor();
    expect(await page.locator(".chat-line.good").count()).toBe(0); // nobody has said so
    await visitor.press("Yes");
    await visitor.hears("is reserved for you");
    expect((await ordersOf(server, "lost")).length).toBe(1);
    expect(visitor.trueComplaints()).toEqual([]);
  });

  test("waits quietly, busy, and cannot be sent twice", async () => {
    await using visitor = await talk(browser, server, "/");
    const { page } = visitor;
    const { promise: mayGo, resolve: letGo } = Promise.withResolvers<void>();
    const sent: string[] = [];
    await page.route(chat, async (route) => {
      sent.push(route.request().postData() ?? "");
      await mayGo;
      await route.continue();
    });
    await visitor.press("Help");
    await page.locator('[role="log"][aria-busy="true"]').waitFor();
    expect(await page.locator(".chat-waiting").textContent()).toBe("…");
    await visitor.say("what is on?");
    await page.getByRole("button", { name: "Start again" }).click({ force: true });
    expect(await page.locator(".chat-form input").inputValue()).toBe("what is on?");
    await visitor.picture("chat-waiting-desktop-en");
    letGo();
    await visitor.hears("I never buy without your yes");
    expect(sent.length).toBe(1);
    expect(await page.getByRole("log").getAttribute("aria-busy")).toBe("false");
    expect(visitor.complaints).toEqual([]);
  });

  test("because too much was asked says when to ask again", async () => {
    await using visitor = await talk(browser, server, "/", { locale: "zh-CN" });
    await visitor.page.route(chat, (route) =>
      route.fulfill({
        status: 429,
        headers: { "content-type": "application/problem+json", "retry-after": "7" },
        body: JSON.stringify({ code: "rate_limited", detail: "slower" }),
      }),
    );
    await visitor.say("有什么活动");
    await visitor.page.getByText("尝试次数过多").waitFor();
    await visitor.page.getByText("请在7秒后再试").waitFor();
    expect(await visitor.page.locator(".chat-form input").inputValue()).toBe("有什么活动");
    await visitor.picture("chat-limited-desktop-zh");
    expect(visitor.complaints).toEqual([]);
  });

  test("because the chat is switched off says that, and goes on when it is on again", async () => {
    const turn = (on: boolean) =>
      call(`${server.url}/v1/controls`, {
        method: "POST",
        as: operatorKey,
        body: { switches: [{ name: "chat_off", on }] },
      });
    await using visitor = await visit(browser, server.url, { ...phone, locale: "zh-CN", colorScheme: "dark" });
    const { page } = visitor;
    expect((await turn(true)).status).toBe(200);
    await page.locator(".chat-button").click();
    await page.getByText("商城暂时关闭了聊天").waitFor();
    expect(await visitor.barriers()).toEqual([]);
    await visitor.picture("chat-off-phone-dark-zh");
    expect((await turn(false)).status).toBe(200);
    await page.getByRole("button", { name: "重试" }).click();
    await page.locator(".chat-line.shop").waitFor();
    expect(visitor.complaints).toEqual([]);
  });

  test("by a panel that cannot be fetched is told, too", async () => {
    await using visitor = await visit(browser, server.url);
    await visitor.page.route("**/assets/chat*", (route) => route.abort());
    await visitor.page.locator(".chat-button").click();
    await visitor.page.getByText("The chat could not be loaded").waitFor();
    expect(await visitor.barriers()).toEqual([]);
    expect(visitor.complaints.filter((text) => !text.includes("net::ERR_"))).toEqual([]);
  });
});

describe("who is not known", () => {
  test("as a guest any more is made another one", async () => {
    await createCampaign(server, { offers: [lamp("Forged lamp")] });
    const forged = await tokenOf("guest-of-old", "1h", "another-secret-0123456789abcdef0123");
    await using visitor = await visit(browser, server.url);
    await visitor.page.evaluate((token) => localStorage.setItem("rushbox.guest", token), forged);
    await visitor.page.reload();
    await openChat(visitor.page);
    await visitor.page.locator(".chat-form input").fill("buy the forged lamp");
    await visitor.page.locator(".chat-form input").press("Enter");
    await visitor.page.getByText("Shall I buy?").waitFor();
    expect(await visitor.page.evaluate(() => localStorage.getItem("rushbox.guest"))).not.toBe(forged);
    expect(visitor.complaints).toEqual([]);
  });

  test("as a buyer of the shop's is told to sign in, and made nobody else", async () => {
    const forged = await tokenOf("mallory", "1h", "another-secret-0123456789abcdef0123");
    await using visitor = await visit(browser, `${server.url}/#token=${forged}`);
    const { page } = visitor;
    await page.locator(".chat-button").click();
    await page.getByText("Please sign in").waitFor();
    const address = new URL((await page.getByRole("link", { name: "Sign in at the shop" }).getAttribute("href")) ?? "");
    expect(address.searchParams.get("return_to")).toBe(`${server.url}/`);
    expect(await page.evaluate(() => localStorage.getItem("rushbox.guest"))).toBeNull();
    expect(visitor.complaints).toEqual([]);
  });
});

describe("what merchants and answers hold", () => {
  const hostile = '<img src="x" onerror="document.title=1"> & </script><b>bold</b>';

  test("stays text, whatever it is", async () => {
    await createCampaign(server, { offers: [lamp(hostile)] });
    await using visitor = await talk(browser, server, "/", phone);
    const { page } = visitor;
    await visitor.say("what is on?");
    await visitor.hears(hostile);
    await page.getByRole("log").getByRole("button", { name: hostile }).first().click();
    await page.locator(".chat-line.buyer").filter({ hasText: hostile }).waitFor();
    expect(await page.locator(".chat-panel img, .chat-panel b, .chat-panel script").count()).toBe(0);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(360);
    expect(await visitor.barriers()).toEqual([]);
    await visitor.picture("chat-hostile-phone-en");
    expect(visitor.complaints).toEqual([]);
  });

  test("leads to the web and nowhere else", async () => {
    await using visitor = await talk(browser, server, "/");
    await visitor.page.route(chat, async (route) => {
      const response = await route.fetch();
      const links = ["javascript:document.title=1", "data:text/html,x", "/orders", "https://pay.example/x"].map(
        (url) => ({
          label: url,
          url,
        }),
      );
      await route.fulfill({ response, json: { ...(await response.json()), links } });
    });
    await visitor.say("help");
    await visitor.hears("I never buy");
    const addresses = await visitor.page
      .getByRole("log")
      .getByRole("link")
      .evaluateAll((links) => links.map((link) => (link as HTMLAnchorElement).href));
    expect(addresses).toEqual([`${server.url}/orders`, "https://pay.example/x"]);
  });
});
