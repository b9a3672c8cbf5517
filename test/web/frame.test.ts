/** What is around every page, in a real browser: it loads without a complaint, in both languages and both colours. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Browser, Page, Route } from "playwright-core";
import { buy, createCampaign, operatorKey, type Server, startServer, tokenOf } from "../harness.ts";
import { browserMs, phone, startBrowser, visit } from "./browser.ts";
import { keyOf, operate } from "./operator.ts";

let server: Server;
let browser: Browser;

beforeAll(async () => {
  [server, browser] = await Promise.all([startServer(), startBrowser()]);
}, browserMs);
afterAll(async () => {
  await browser?.close();
  await server?.[Symbol.asyncDispose]();
});

describe("the storefront's frame", () => {
  test("speaks the browser's language, and the other when asked, also at the next visit", async () => {
    await using visitor = await visit(browser, server.url, { ...phone, locale: "zh-CN", colorScheme: "dark" });
    const { page } = visitor;
    await page.getByRole("link", { name: "我的订单" }).waitFor();
    expect(await page.getAttribute("html", "lang")).toBe("zh-Hans");
    await page.getByRole("button", { name: "English" }).click();
    await page.getByRole("link", { name: "My orders" }).waitFor();
    await page.reload();
    await page.getByRole("link", { name: "My orders" }).waitFor();
    expect(visitor.complaints).toEqual([]);
  });
});

describe("the console's door", () => {
  test("lets in by an operator's key alone, and out again", async () => {
    await using visitor = await visit(browser, `${server.url}/console`);
    const { page } = visitor;
    await page.getByLabel("Operator key").fill("guessed");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("alert").getByText("This key is not known here.").waitFor();
    expect(await visitor.barriers()).toEqual([]);
    await page.getByLabel("Operator key").fill(operatorKey);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("link", { name: "Campaigns" }).waitFor();
    await page.reload();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByLabel("Operator key").waitFor();
    expect(visitor.complaints).toEqual([]);
  });
});

describe("the console's door", () => {
  test("keeps the key of a page that is loaded while the server is away, says so, and opens by itself", async () => {
    await using visitor = await operate(browser, server, "/console/switches");
    const { page } = visitor;
    const me = "**/v1/operators/me";
    const refuse = (route: Route) =>
      route.fulfill({
        status: 503,
        contentType: "application/problem+json",
        json: { code: "overloaded", detail: "busy" },
      });
    await page.route(me, refuse);
    await page.reload();
    await page.getByRole("alert").getByText("The server has too much to do right now").waitFor();
    expect(await page.getByLabel("Operator key").count()).toBe(0);
    expect(await visitor.barriers()).toEqual([]);
    await visitor.picture("door-waiting-desktop");
    // It goes away for good meanwhile, and what is said follows.
    await page.unroute(me);
    await page.route(me, (route) => route.abort());
    await page.getByRole("alert").getByText("The server does not answer.").waitFor();
    await page.unroute(me);
    await page.getByRole("heading", { level: 1, name: "Switches" }).waitFor();
    await page.route(me, refuse);
    await page.reload();
    await page.getByRole("button", { name: "Use another key" }).click();
    await page.getByLabel("Operator key").waitFor();
    expect(await page.getByRole("alert").count()).toBe(0);
    expect(visitor.complaints.filter((line) => !line.includes("net::ERR_"))).toEqual([]);
  });
});

describe("whoever signs in after another at the same tab", () => {
  const enter = async (page: Page, key: string) => {
    await page.getByLabel("Operator key").fill(key);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.locator("main#content h1").first().waitFor();
  };
  const leave = (page: Page) => page.getByRole("button", { name: "Sign out" }).click();

  test("sees nothing that was told to the other", async () => {
    const sale = await createCampaign(server, { stock: 500 });
    await using visitor = await operate(browser, server, "/console/switches");
    const { page } = visitor;
    await page.getByRole("heading", { name: "How often buyers may try" }).waitFor();
    await page.getByRole("link", { name: "Dashboard" }).click();
    const told = page.getByText(/seen-before/).first();
    // A look at the events is short, and a busy machine may miss one.
    for (let buyers = 1; !(await told.isVisible()); buyers += 1) {
      const looked = page.waitForResponse("**/v1/events/stream");
      const buyer = await tokenOf(`seen-before-${buyers}`);
      expect((await buy(server, sale.offers[0]?.id ?? "", buyer)).status).toBe(201);
      await looked;
    }
    await leave(page);
    for (const path of ["**/v1/controls", "**/v1/events/stream"]) await page.route(path, (route) => route.abort());
    await enter(page, await keyOf(server, "viewer"));
    await page.getByRole("heading", { name: "The last events" }).waitFor();
    expect(await told.count()).toBe(0);
    await page.getByRole("link", { name: "Switches" }).click();
    await page.getByRole("heading", { level: 1, name: "Switches" }).waitFor();
    expect(await page.getByRole("heading", { name: "How often buyers may try" }).count()).toBe(0);
  });

  test("is not signed out by a late answer to the other's key", async () => {
    await using visitor = await operate(browser, server, "/console/switches");
    const { page } = visitor;
    await page.getByRole("heading", { name: "How often buyers may try" }).waitFor();
    const held = Promise.withResolvers<void>();
    const refuseLate = async (route: Route) => {
      await held.promise;
      await route.fulfill({ status: 401, contentType: "application/problem+json", json: { code: "unauthorized" } });
    };
    await page.route("**/v1/controls", refuseLate, { times: 1 });
    const late = await page.waitForRequest("**/v1/controls");
    await leave(page);
    await enter(page, await keyOf(server, "viewer"));
    held.resolve();
    expect((await late.response())?.status()).toBe(401);
    await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
    expect(await page.getByLabel("Operator key").count()).toBe(0);
    await page.getByText("viewer", { exact: false }).first().waitFor();
  });
});

describe("the console's sections", () => {
  test("on a phone, have the one that is open in sight, whichever it is", async () => {
    await using visitor = await operate(browser, server, "/console/audit", { ...phone, locale: "zh-CN" });
    const { page } = visitor;
    const sections = page.getByRole("navigation", { name: "栏目" });
    const isInSight = async (name: string) => {
      const [row, link] = await Promise.all([
        sections.boundingBox(),
        sections.getByRole("link", { name }).boundingBox(),
      ]);
      return row !== null && link !== null && link.x >= row.x - 1 && link.x + link.width <= row.x + row.width + 1;
    };
    expect([await isInSight("审计"), await isInSight("实况")]).toEqual([true, false]);
    expect(await page.title()).toBe("审计 · Rushbox 控制台");
    await page.goto(`${server.url}/console`);
    await page.getByRole("heading", { level: 1 }).first().waitFor();
    expect([await isInSight("审计"), await isInSight("实况")]).toEqual([false, true]);
    // One row, with the rest when it is asked for.
    expect((await page.getByRole("banner").boundingBox())?.height).toBeLessThanOrEqual(64);
    await page.getByRole("button", { name: "我的" }).click();
    await page.getByText("root · 管理员").waitFor();
    expect(await visitor.barriers()).toEqual([]);
    await visitor.picture("console-head-phone-zh");
    expect(await page.title()).toMatch(/^(\(\d+\) )?实况 · Rushbox 控制台$/);
    expect(visitor.complaints).toEqual([]);
  });
});
