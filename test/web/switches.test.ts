/** The switches in a real browser: what an operator throws holds for buyers at once, and what is shown is what holds. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Browser, Page } from "playwright-core";
import { buy, call, createCampaign, operatorKey, type Server, startServer, tokenOf } from "../harness.ts";
import { browserMs, phone, startBrowser } from "./browser.ts";
import { keyOf, operate } from "./operator.ts";

let server: Server;
let browser: Browser;

beforeAll(async () => {
  [server, browser] = await Promise.all([startServer({ env: { RUSHBOX_RATE_LIMITS: "on" } }), startBrowser()]);
}, browserMs);
afterAll(async () => {
  await browser?.close();
  await server?.[Symbol.asyncDispose]();
});

interface ControlsJson {
  readonly rate_limits: Readonly<Record<string, { readonly quota: number; readonly window_s: number } | null>>;
  readonly switches_on: readonly { readonly name: string; readonly campaign_id: string | null }[];
  readonly risk_mode: string;
}

const controls = async () => (await call<ControlsJson>(`${server.url}/v1/controls`, { as: operatorKey })).body;
const set = (body: object) => call(`${server.url}/v1/controls`, { method: "POST", as: operatorKey, body });
const card = (page: Page, name: string) => page.locator(`[data-switch="${name}"]`);
const stateOf = (page: Page, name: string) => card(page, name).getByRole("status");
const confirm = (page: Page, name: string) =>
  page.getByRole("dialog").getByRole("button", { name, exact: true }).click();
const gone = (page: Page) => page.getByRole("dialog").waitFor({ state: "detached" });

describe("a switch", () => {
  test(
    "is thrown for everything after a question that says who is affected; buyers feel it at once, until it is off",
    async () => {
      const sale = await createCampaign(server, { stock: 5 });
      const offer = sale.offers[0]?.id ?? "";
      await using visitor = await operate(browser, server, "/console/switches");
      const { page } = visitor;
      await stateOf(page, "pause_sales").getByText("Off", { exact: true }).waitFor();
      expect(await visitor.barriers()).toEqual([]);
      await page.getByRole("button", { name: "Switch on: Pause sales" }).click();
      await page.getByRole("dialog").getByText("For everything: all campaigns, 1 of them open or soon.").waitFor();
      await confirm(page, "Cancel");
      expect((await controls()).switches_on).toEqual([]);
      await page.getByRole("button", { name: "Switch on: Pause sales" }).click();
      await confirm(page, "Switch on");
      await stateOf(page, "pause_sales").getByText("On for everything").waitFor();
      expect((await buy(server, offer, await tokenOf("early"))).body.code).toBe("paused");
      // Whoever looks at the dashboard is told of it.
      await page.getByRole("link", { name: "Dashboard" }).click();
      await page.getByText("Switched on: Pause sales (everything).").waitFor();
      // An open campaign in which nobody can buy does not only say that it is open.
      await page.locator(".campaign-bar").getByText("Sales paused by a switch").waitFor();
      expect(await visitor.barriers()).toEqual([]);
      await visitor.picture("dashboard-paused-by-switch-desktop");
      await page.getByRole("link", { name: "Campaigns", exact: true }).click();
      await page.getByText("Sales paused by a switch").first().waitFor();
      await page.getByRole("heading", { level: 2 }).getByRole("link").first().click();
      await page.getByText("Sales paused by a switch").waitFor();
      await page.getByRole("link", { name: "Switches" }).click();
      await page.getByRole("button", { name: "Switch off: Pause sales" }).click();
      await confirm(page, "Switch off");
      await stateOf(page, "pause_sales").getByText("Off", { exact: true }).waitFor();
      expect((await buy(server, offer, await tokenOf("early"))).status).toBe(201);
      expect(visitor.complaints).toEqual([]);
    },
    browserMs,
  );

  test(
    "is thrown for one campaign, and what another operator does is seen within seconds",
    async () => {
      const sale = await createCampaign(server, { stock: 5 });
      await using visitor = await operate(browser, server, "/console/switches");
      const { page } = visitor;
      await card(page, "read_only").getByRole("button", { name: "For one campaign…" }).click();
      await page.getByRole("dialog").getByRole("combobox").selectOption(sale.id);
      await confirm(page, "Switch on");
      await stateOf(page, "read_only").getByText("On for 1").waitFor();
      expect((await controls()).switches_on).toEqual([{ name: "read_only", campaign_id: sale.id }]);
      expect((await buy(server, sale.offers[0]?.id ?? "", await tokenOf("one"))).body.code).toBe("switched_off");
      await gone(page);
      expect(await visitor.barriers()).toEqual([]);
      // Exports go over all campaigns.
      expect(await card(page, "exports_off").getByRole("button").count()).toBe(1);
      await set({ switches: [{ name: "exports_off", on: true }] });
      await stateOf(page, "exports_off").getByText("On for everything").waitFor();
      await card(page, "read_only").getByRole("button", { name: "Switch off for Test sale" }).click();
      await confirm(page, "Switch off");
      await stateOf(page, "read_only").getByText("Off", { exact: true }).waitFor();
      await set({ switches: [{ name: "exports_off", on: false }] });
      expect((await controls()).switches_on).toEqual([]);
      expect(visitor.complaints).toEqual([]);
    },
    browserMs,
  );
});

test(
  "a limit is set and taken off, and only what the server takes can be sent",
  async () => {
    await using visitor = await operate(browser, server, "/console/switches", {
      ...phone,
      locale: "zh-CN",
      colorScheme: "dark",
    });
    const { page } = visitor;
    const limit = (name: string) => page.locator(`[data-limit="${name}"]`);
    await limit("campaign").getByText("不限").waitFor();
    await limit("campaign").getByRole("button", { name: "修改限流：每个活动" }).click();
    await page.getByRole("dialog").getByLabel("启用限流").check();
    for (const wrong of ["0", "1.5", "1000001", ""]) {
      await page.getByLabel("次数").fill(wrong);
      await page.getByText("请输入 1 至 1,000,000 的整数。").waitFor();
      expect(await page.getByRole("button", { name: "保存" }).getAttribute("aria-disabled")).toBe("true");
    }
    expect(await visitor.barriers()).toEqual([]);
    await page.getByLabel("次数").fill("20000");
    await page.getByLabel("时间窗（秒）").fill("2");
    await confirm(page, "保存");
    await limit("campaign").getByText("2 秒 20,000 次").waitFor();
    expect((await controls()).rate_limits["campaign"]).toEqual({ quota: 20_000, window_s: 2 });
    expect((await controls()).rate_limits["buyer"]).toEqual({ quota: 50, window_s: 10 });
    await gone(page);
    await limit("campaign").getByRole("button", { name: "修改限流：每个活动" }).click();
    await page.getByRole("dialog").getByLabel("启用限流").uncheck();
    await confirm(page, "保存");
    await limit("campaign").getByText("不限").waitFor();
    expect((await controls()).rate_limits["campaign"]).toBeNull();
    await gone(page);
    await page.getByRole("button", { name: "切换为执行" }).click();
    await confirm(page, "切换");
    await page.locator('[data-mode="enforce"]').getByText("当前").waitFor();
    expect((await controls()).risk_mode).toBe("enforce");
    await set({ risk_mode: "record" });
    await gone(page);
    expect(await visitor.barriers()).toEqual([]);
    await visitor.picture("switches-phone-dark-zh");
    expect(visitor.complaints).toEqual([]);
  },
  browserMs,
);

test(
  "viewers see what is on and have nothing to press",
  async () => {
    await using visitor = await operate(browser, server, "/console/switches", { key: await keyOf(server, "viewer") });
    const { page } = visitor;
    await page.getByText("switching needs the role operator").waitFor();
    await stateOf(page, "pause_sales").getByText("Off", { exact: true }).waitFor();
    expect(await page.locator("#content").getByRole("button").count()).toBe(0);
    await visitor.picture("switches-desktop-light");
    expect(visitor.complaints).toEqual([]);
  },
  browserMs,
);
