/** The dashboard in a real browser, beside a sale that runs: it tells what the server tells, and does what it says. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Browser, Page } from "playwright-core";
import {
  buy,
  type CampaignJson,
  call,
  createCampaign,
  newFolder,
  operatorKey,
  type Server,
  startServer,
  tokenOf,
} from "../harness.ts";
import { browserMs, desktop, phone, startBrowser } from "./browser.ts";
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

let buyersCount = 0;
const newBuyer = () => tokenOf(`shopper-${++buyersCount}`);
const offerOf = (campaign: CampaignJson) => campaign.offers[0]?.id ?? "";
const post = (path: string, body?: unknown) => call(`${server.url}${path}`, { method: "POST", as: operatorKey, body });

/** So many purchases by as many buyers; the orders of those who got one. */
async function rush(campaign: CampaignJson, times: number, at: Pick<Server, "url"> = server): Promise<string[]> {
  const buyers = await Promise.all(Array.from({ length: times }, newBuyer));
  const replies = await Promise.all(buyers.map((buyer) => buy(at, offerOf(campaign), buyer)));
  return replies.filter(({ status }) => status === 201).map(({ body }) => body.id);
}

async function titled(title: string, what: Record<string, unknown> = {}): Promise<CampaignJson> {
  const offer = { sku: `sku-${title}`, title: `Goods of ${title}`, price_minor: 100, currency: "CNY", stock: 20 };
  const { body } = await call<CampaignJson>(`${server.url}/v1/campaigns`, {
    method: "POST",
    as: operatorKey,
    body: { title, offers: [offer], ...what },
  });
  return body;
}

const choose = (page: Page, campaign: CampaignJson) =>
  page.getByRole("combobox", { name: "Campaign", exact: true }).selectOption(campaign.id);
const figure = (page: Page, label: string) =>
  page
    .locator(".figures div", { has: page.getByText(label, { exact: true }) })
    .locator("dd")
    .first();
const step = (page: Page, label: string) =>
  page.locator(".funnel > ol > li", { has: page.getByText(label, { exact: true }) });
const press = (page: Page, name: string) => page.getByRole("button", { name, exact: true }).click();
const confirm = (page: Page, name: string) =>
  page.getByRole("dialog").getByRole("button", { name, exact: true }).click();

describe("the dashboard", () => {
  test(
    "shows the numbers that the server tells, of the chosen campaign, in figures, funnel, table, words and title",
    async () => {
      const sale = await titled("Counted", { payment_window_s: 600 });
      await post(`/v1/campaigns/${sale.id}/publish`);
      await using visitor = await operate(browser, server, "/console");
      const { page } = visitor;
      await choose(page, sale);
      const orders = await rush(sale, 26);
      expect(orders).toHaveLength(20);
      for (const order of orders.slice(0, 3)) await post(`/v1/orders/${order}/pay`);
      await post(`/v1/orders/${orders[3]}/cancel`);
      await buy(server, offerOf(sale), "nobody's token");
      await figure(page, "Left").getByText("1", { exact: true }).waitFor();
      await figure(page, "Unpaid").getByText("16", { exact: true }).waitFor();
      await figure(page, "Paid").getByText("3", { exact: true }).waitFor();
      await step(page, "Attempts").locator("> .row b").getByText("26", { exact: true }).waitFor();
      await step(page, "Reserved").locator("> .row b").getByText("20", { exact: true }).waitFor();
      expect(await step(page, "Reached the stock").textContent()).toMatch(/sold out\s*6/);
      const kept = await step(page, "Reserved").textContent();
      expect(kept).toMatch(/not paid yet\s*16/);
      expect(kept).toMatch(/cancelled\s*1/);
      const row = page.getByRole("row", { name: /Goods of Counted/ });
      expect(await row.getByRole("cell").allInnerTexts()).toEqual(["3", "16", "1", "0", "20", "Restock"]);
      expect(await row.getByRole("img").getAttribute("aria-label")).toBe("3 paid, 16 reserved, 1 left");
      await page
        .getByText(/shopper-\d+ paid for 1 × sku-Counted/)
        .first()
        .waitFor();
      await page.getByText(/shopper-\d+ cancelled 1 × sku-Counted/).waitFor();
      // What is of this campaign is not mixed with what is of all.
      const all = page.locator(".figures div", { hasText: "All campaigns" });
      expect(await all.locator("dt").allInnerTexts()).toEqual(["In queues", "Orders", "Attempts", "99 % within"]);
      // The last one goes: sold out is an alarm, and the tab's title counts it.
      await rush(sale, 1);
      await page.getByText("Sold out: Counted.").waitFor();
      await page.waitForFunction(() =>
        /^\(\d+\) /.test((globalThis as unknown as { document: { title: string } }).document.title),
      );
      expect(visitor.complaints).toEqual([]);
      await post(`/v1/campaigns/${sale.id}/end`);
    },
    browserMs,
  );

  test(
    "has charts that say in words and in a table what they draw",
    async () => {
      const sale = await createCampaign(server, { stock: 50 });
      await using visitor = await operate(browser, server, "/console");
      const { page } = visitor;
      await choose(page, sale);
      const chart = (name: string) => page.getByRole("figure", { name });
      const inWords = (name: string) => chart(name).getByRole("img").getAttribute("aria-label");
      await chart("Orders a second").locator("canvas").waitFor();
      await page.getByRole("status").getByText("Live, every second").waitFor();
      await figure(page, "Orders").getByText("0/s", { exact: true }).waitFor();
      await rush(sale, 5);
      await chart("Stock of this campaign").locator("b").getByText("45", { exact: true }).waitFor();
      expect(await inWords("Stock of this campaign")).toContain("Left: now 45, least 45, most 50.");
      await page.waitForFunction(
        () =>
          !/most 0\/s/.test(
            (globalThis as unknown as Web).document.querySelector('.chart [role="img"]')?.getAttribute("aria-label") ??
              "",
          ),
      );
      expect(await inWords("Orders a second")).toMatch(/Orders a second: now .+, least 0\/s, most [1-9]/);
      expect(await inWords("How long a purchase takes")).toMatch(/99 % within: now [\d.]+ m?s/);
      await chart("Stock of this campaign").getByText("As a table").click();
      const table = chart("Stock of this campaign").getByRole("table");
      expect(await table.getByRole("columnheader").allInnerTexts()).toEqual([
        "Time",
        "Paid",
        "Reserved, unpaid",
        "Left",
      ]);
      expect(await table.getByRole("row").nth(1).getByRole("cell").last().textContent()).toBe("45");
      expect(await visitor.barriers()).toEqual([]);
      expect(visitor.complaints).toEqual([]);
    },
    browserMs,
  );

  test(
    "pauses, resumes and ends: buyers are refused, and the page says so, after it was asked",
    async () => {
      const sale = await titled("Held up");
      await using visitor = await operate(browser, server, "/console", { viewport: desktop.viewport });
      const { page } = visitor;
      await choose(page, sale);
      await press(page, "Publish");
      await confirm(page, "Publish");
      await press(page, "Pause");
      await page.getByRole("dialog").getByText("Nobody can buy until you resume").waitFor();
      expect(await visitor.barriers()).toEqual([]);
      await confirm(page, "Cancel");
      expect((await buy(server, offerOf(sale), await newBuyer())).status).toBe(201);
      await press(page, "Pause");
      await confirm(page, "Pause");
      await page.getByText("This campaign is paused").waitFor();
      expect((await buy(server, offerOf(sale), await newBuyer())).body.code).toBe("paused");
      await press(page, "Resume");
      await confirm(page, "Resume");
      await page.getByText("This campaign is paused").waitFor({ state: "detached" });
      expect((await buy(server, offerOf(sale), await newBuyer())).status).toBe(201);
      await press(page, "End");
      await confirm(page, "End");
      await page.getByText("This is not the same.").waitFor();
      expect((await buy(server, offerOf(sale), await newBuyer())).status).toBe(201);
      await page.getByLabel("Type “END” to confirm").fill("end");
      await confirm(page, "End");
      await page.locator(".campaign-bar .tag").getByText("Ended", { exact: true }).waitFor();
      await page.getByRole("dialog").waitFor({ state: "detached" });
      await page.locator("#content:focus").waitFor();
      expect((await buy(server, offerOf(sale), await newBuyer())).body.code).toBe("ended");
      expect(await page.getByRole("button", { name: "Restock" }).count()).toBe(0);
      expect(visitor.complaints).toEqual([]);
    },
    browserMs,
  );

  test(
    "acts on the campaign that was looked at, whatever opens meanwhile, and goes on showing it",
    async () => {
      const shown = await createCampaign(server);
      await using visitor = await operate(browser, server, "/console");
      const { page } = visitor;
      const choice = page.getByRole("combobox", { name: "Campaign", exact: true });
      expect(await choice.inputValue()).toBe(shown.id);
      await press(page, "End");
      await page.getByLabel("Type “END” to confirm").fill("END");
      const newer = await titled("Opened meanwhile");
      await post(`/v1/campaigns/${newer.id}/publish`);
      await choice.locator(`option[value=${newer.id}]`).waitFor({ state: "attached" });
      expect(await choice.inputValue()).toBe(shown.id);
      // Also when somebody at this page chooses another, by the keyboard say.
      await choice.selectOption(newer.id, { force: true });
      await page.locator(`.campaign-bar a[href="/console/campaigns/${newer.id}"]`).waitFor();
      await confirm(page, "End");
      await page.getByRole("dialog").waitFor({ state: "detached" });
      const stateOf = async ({ id }: CampaignJson) =>
        (await call<CampaignJson>(`${server.url}/v1/campaigns/${id}`)).body.state;
      expect([await stateOf(shown), await stateOf(newer)]).toEqual(["ended", "open"]);
      expect(visitor.complaints).toEqual([]);
    },
    browserMs,
  );

  test(
    "counts the chosen campaign by what is told of it, however late another one's answer comes",
    async () => {
      const [first, second] = [await createCampaign(server), await createCampaign(server)];
      await using visitor = await operate(browser, server, "/console");
      const { page } = visitor;
      await choose(page, second);
      await figure(page, "Left").getByText("10", { exact: true }).waitFor();
      // Without its stream it is asked for, and the answer is late.
      const held = Promise.withResolvers<void>();
      await page.route(`**/v1/campaigns/${first.id}/stream`, (route) => route.abort());
      await page.route(`**/v1/campaigns/${first.id}`, async (route) => {
        await held.promise;
        await route.continue();
      });
      const asked = page.waitForRequest(`**/v1/campaigns/${first.id}`);
      await choose(page, first);
      const late = await asked;
      // The list would put it right within seconds.
      await page.route("**/v1/campaigns?*", () => new Promise(() => {}));
      await choose(page, second);
      await rush(second, 1);
      await figure(page, "Left").getByText("9", { exact: true }).waitFor();
      held.resolve();
      await late.response();
      await page.evaluate(() => new Promise((drawn) => setTimeout(drawn, 0)));
      expect(await figure(page, "Left").textContent()).toBe("9");
    },
    browserMs,
  );

  test(
    "asks for the open campaigns apart only where the newest are not all",
    async () => {
      const open = await createCampaign(server);
      await using visitor = await operate(browser, server, "/console");
      const { page } = visitor;
      const apart: string[] = [];
      page.on("request", (request) => {
        if (request.url().includes("/v1/campaigns?state=open")) apart.push(request.url());
      });
      for (let lists = 0; lists < 2; lists += 1) await page.waitForResponse("**/v1/campaigns?limit=50");
      expect(apart).toEqual([]);
      for (let drafts = 0; drafts < 50; drafts += 1) await titled(`Draft ${drafts}`);
      await page.waitForResponse("**/v1/campaigns?state=open*");
      await page.reload();
      const choice = page.getByRole("combobox", { name: "Campaign", exact: true });
      await choice.locator("option", { hasText: "Draft 49" }).waitFor({ state: "attached" });
      expect(await choice.locator(`option[value=${open.id}]`).count()).toBe(1);
    },
    browserMs,
  );

  test(
    "restocks and takes back, never more than is left",
    async () => {
      const sale = await createCampaign(server, { stock: 4 });
      await using visitor = await operate(browser, server, "/console");
      const { page } = visitor;
      await choose(page, sale);
      const units = page.getByLabel("Units to add");
      const open = () => page.getByRole("button", { name: "Restock Goods" }).click();
      const stock = async () =>
        (await call<CampaignJson>(`${server.url}/v1/campaigns/${sale.id}`)).body.offers[0]?.available;
      await open();
      for (const wrong of ["1.5", "ten", "0"]) {
        await units.fill(wrong);
        await page.getByText("Give a whole number other than 0.").waitFor();
      }
      await units.fill("-5");
      await page.getByText("Only 4 are left to be taken back.").waitFor();
      await page.getByRole("dialog").getByRole("button", { name: "Restock", exact: true }).click({ force: true });
      expect(await stock()).toBe(4);
      await units.fill("1,000");
      await page.getByText("It will have 1,004 in all").waitFor();
      await confirm(page, "Restock");
      await figure(page, "Left").getByText("1,004", { exact: true }).waitFor();
      await open();
      await units.fill("-1004");
      await confirm(page, "Restock");
      await figure(page, "Left").getByText("0", { exact: true }).waitFor();
      expect(await stock()).toBe(0);
      expect(visitor.complaints).toEqual([]);
    },
    browserMs,
  );

  test(
    "shows viewers everything and lets them do nothing",
    async () => {
      const sale = await createCampaign(server, { stock: 7 });
      await using visitor = await operate(browser, server, "/console", { key: await keyOf(server, "viewer") });
      const { page } = visitor;
      await choose(page, sale);
      await figure(page, "Left").getByText("7", { exact: true }).waitFor();
      for (const name of ["Pause", "End", /Restock/]) expect(await page.getByRole("button", { name }).count()).toBe(0);
      expect(visitor.complaints).toEqual([]);
    },
    browserMs,
  );

  test(
    "shows who waits in a queue, on a phone, in Chinese and in the dark",
    async () => {
      const sale = await createCampaign(server, { stock: 2, admission: "queue" });
      for (let n = 0; n < 5; n += 1)
        await call(`${server.url}/v1/campaigns/${sale.id}/queue`, { method: "POST", as: await newBuyer() });
      await using visitor = await operate(browser, server, "/console", {
        ...phone,
        locale: "zh-CN",
        colorScheme: "dark",
      });
      const { page } = visitor;
      await page.getByRole("combobox", { name: "活动", exact: true }).selectOption(sale.id);
      await figure(page, "排队").getByText("3", { exact: true }).waitFor();
      // Nothing of an offer is out of sight, least of all what can be done.
      const restock = await page.getByRole("button", { name: /补货/ }).boundingBox();
      expect((restock?.x ?? 999) + (restock?.width ?? 0)).toBeLessThanOrEqual(360);
      await page.locator(".offers td").getByText("候补", { exact: true }).waitFor();
      await step(page, "加入排队").locator("> .row b").getByText("5", { exact: true }).waitFor();
      await step(page, "轮到购买").locator("> .row b").getByText("2", { exact: true }).waitFor();
      expect(await visitor.barriers()).toEqual([]);
      // Wider than the screen, all of it would be shrunk, and a dialog would stand beside the middle.
      expect(await page.evaluate(() => (globalThis as unknown as Web).innerWidth)).toBe(360);
      await visitor.picture("dashboard-phone-dark-zh");
      expect(visitor.complaints).toEqual([]);
    },
    browserMs,
  );
});

test(
  "a server that is started again: the dashboard says it is away, goes on by itself, and shows no spike",
  async () => {
    const data = newFolder();
    const first = await startServer({ data });
    const sale = await createCampaign(first, { stock: 500 });
    await rush(sale, 60, first);
    await using visitor = await operate(browser, first, "/console");
    const { page } = visitor;
    await figure(page, "Left").getByText("440", { exact: true }).waitFor();
    await figure(page, "Orders").getByText("0/s", { exact: true }).waitFor();
    await first.stop("SIGKILL");
    await page.getByText("The server has not answered since").waitFor();
    await page.getByText("The server does not answer.").waitFor();
    await using second = await startServer({ data, args: ["--port", String(first.port)] });
    await page.getByText("The server has not answered since").waitFor({ state: "detached" });
    await rush(sale, 2, second);
    await figure(page, "Left").getByText("438", { exact: true }).waitFor();
    await step(page, "Reserved").locator("> .row b").getByText("2", { exact: true }).waitFor();
    const inWords = await page
      .getByRole("figure", { name: "Orders a second" })
      .getByRole("img")
      .getAttribute("aria-label");
    const most = Number(/most ([\d.]+)\/s/.exec(inWords ?? "")?.[1]);
    expect(most).toBeLessThan(5);
    // What the browser says of a server that is not there is no fault of the page.
    expect(visitor.complaints.filter((line) => !line.includes("net::ERR_"))).toEqual([]);
  },
  browserMs,
);

/** What a page has, as far as these tests ask for it. */
interface Web {
  readonly document: {
    querySelector(selector: string): { getAttribute(name: string): string | null } | null;
  };
  readonly innerWidth: number;
}
