/** One campaign in the console: what is shown is true within a moment, and each step is asked for once more. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Browser, Page, Route } from "playwright-core";
import {
  buy,
  type CampaignJson,
  call,
  createCampaign,
  operatorKey,
  type Server,
  startServer,
  tokenOf,
} from "../harness.ts";
import { browserMs, phone, startBrowser } from "./browser.ts";
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

const pageOf = ({ id }: Pick<CampaignJson, "id">) => `/console/campaigns/${id}`;
const offer = { sku: "A", title: "Phone", price_minor: 100, currency: "CNY", stock: 10 };

/** Goes to another page as a link in this one does: without loading anew. */
const follow = (page: Page, path: string) =>
  page.evaluate((href) => {
    const link = document.createElement("a");
    link.href = href;
    document.body.append(link);
    link.click();
    link.remove();
  }, path);

describe("the page of a campaign", () => {
  test("leads from the draft to the end, step by step, each asked once more", async () => {
    const draft = await createCampaign(server, { publish: false });
    await using visitor = await operate(browser, server, pageOf(draft));
    const { page } = visitor;
    const step = async (name: string, state: string) => {
      await page.getByRole("button", { name, exact: true }).click();
      await page.getByRole("dialog").getByRole("button", { name, exact: true }).click();
      await page.getByRole("status").getByText(state, { exact: true }).waitFor();
    };
    await page.getByText("Draft", { exact: true }).waitFor();
    expect(await page.getByRole("link", { name: "Buyers' page" }).count()).toBe(0);
    expect(await page.getByRole("link", { name: "Report" }).count()).toBe(0);
    await step("Publish", "Open");
    await page.getByRole("link", { name: "Buyers' page" }).waitFor();
    await step("Pause", "Paused");
    await page.locator(":focus", { hasText: /^Actions$/ }).waitFor();
    await step("Resume", "Open");
    await page.getByRole("button", { name: "End", exact: true }).click();
    await page.getByRole("dialog").getByText("This cannot be undone.").waitFor();
    expect(await visitor.barriers()).toEqual([]);
    await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("button", { name: "End", exact: true }).click();
    await page.getByLabel("Type “END” to confirm").fill("END");
    await page.getByRole("dialog").getByRole("button", { name: "End", exact: true }).click();
    await page.getByRole("status").getByText("Ended", { exact: true }).waitFor();
    expect(await page.locator(".actions").getByRole("button").count()).toBe(0);
    expect(await visitor.barriers()).toEqual([]);
    expect(visitor.complaints).toEqual([]);
  });

  test("counts what others do while it is looked at, and whom its waitlist has", async () => {
    const sale = await createCampaign(server, { stock: 2 });
    const [sold] = sale.offers;
    if (sold === undefined) throw new Error("a sale has an offer");
    await using visitor = await operate(browser, server, pageOf(sale));
    const { page } = visitor;
    await page.getByRole("progressbar", { name: "Goods: 0 of 2 taken" }).waitFor();
    for (const buyer of ["alice", "bob"]) expect((await buy(server, sold.id, await tokenOf(buyer))).status).toBe(201);
    await page.getByRole("progressbar", { name: "Goods: 2 of 2 taken" }).waitFor();
    await page.getByText("Sold out", { exact: true }).waitFor();
    for (const buyer of ["carol", "dave"]) {
      await call(`${server.url}/v1/offers/${sold.id}/waitlist`, { method: "POST", as: await tokenOf(buyer) });
    }
    await page.getByRole("heading", { name: "Goods · 2" }).waitFor();
    await page.getByRole("button", { name: "Show who waits" }).click();
    await page.getByRole("row", { name: /1 carol/ }).waitFor();
    await page.getByRole("row", { name: /2 dave/ }).waitFor();
    expect(await visitor.barriers()).toEqual([]);
    await visitor.picture("campaign-page-desktop");
    expect(visitor.complaints).toEqual([]);
  });

  test("shows the campaign of its address, however late another one's answer comes", async () => {
    const [first, second] = [await createCampaign(server), await createCampaign(server)];
    await using visitor = await operate(browser, server, pageOf(first));
    const { page } = visitor;
    const shown = (id: string) => page.getByRole("status").getByText(id, { exact: true });
    await shown(first.id).waitFor();
    await follow(page, pageOf(second));
    await shown(second.id).waitFor();
    const held = Promise.withResolvers<void>();
    await page.route(`**/v1/campaigns/${first.id}`, async (route) => {
      await held.promise;
      await route.continue();
    });
    const asked = page.waitForRequest(`**/v1/campaigns/${first.id}`);
    await page.goBack();
    const late = await asked;
    await page.goForward();
    await shown(second.id).waitFor();
    held.resolve();
    // Given up by the page, or answered: in either case over.
    await Promise.race([late.response(), page.waitForEvent("requestfailed", (request) => request === late)]);
    await page.unroute(`**/v1/campaigns/${first.id}`);
    expect(await page.getByRole("status").getByText(/^cmp_/).allTextContents()).toEqual([second.id]);
    await page.getByRole("button", { name: "Pause", exact: true }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Pause", exact: true }).click();
    await page.getByRole("status").getByText("Paused", { exact: true }).waitFor();
    const stateOf = async ({ id }: CampaignJson) =>
      (await call<CampaignJson>(`${server.url}/v1/campaigns/${id}`)).body.state;
    expect([await stateOf(first), await stateOf(second)]).toEqual(["open", "paused"]);
  });

  test("adds units and takes unsold ones back, and never more than there are", async () => {
    const sale = await createCampaign(server, { stock: 5 });
    await using visitor = await operate(browser, server, pageOf(sale));
    const { page } = visitor;
    const change = async (text: string) => {
      await page.getByRole("button", { name: "Restock Goods" }).click();
      await page.getByLabel("Units to add").fill(text);
    };
    const restock = page.getByRole("dialog").getByRole("button", { name: "Restock", exact: true });
    await change("7");
    await restock.click();
    await page.getByRole("progressbar", { name: "Goods: 0 of 12 taken" }).waitFor();
    await change("-13");
    await page.getByText("Only 12 are left to be taken back.").waitFor();
    expect(await visitor.barriers()).toEqual([]);
    await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
    await change("-12");
    await restock.click();
    await page.getByText("Sold out").waitFor({ state: "detached" });
    await page.getByRole("progressbar", { name: "Goods: 0 of 0 taken" }).waitFor();
    expect(visitor.complaints).toEqual([]);
  });

  test("after a restock whose answer is lost shows the total, and restocks again only when told the quantity again", async () => {
    const sale = await createCampaign(server, { stock: 5 });
    await using visitor = await operate(browser, server, pageOf(sale));
    const { page } = visitor;
    const dialog = page.getByRole("dialog");
    const restock = dialog.getByRole("button", { name: "Restock", exact: true });
    const held = Promise.withResolvers<void>();
    await page.getByRole("button", { name: "Restock Goods" }).click();
    await page.route("**/v1/offers/*/restock", async (route) => {
      await route.fetch();
      await page.route(`**/v1/campaigns/${sale.id}`, async (asked) => {
        await held.promise;
        await asked.continue().catch(() => {}); // given up meanwhile
      });
      await route.abort();
    });
    await page.getByLabel("Units to add").fill("7");
    await restock.click();
    await dialog.getByText("Asking how many there are now").waitFor();
    await page.getByLabel("Units to add").fill("7");
    expect(await restock.getAttribute("aria-disabled")).toBe("true");
    await page.getByLabel("Units to add").fill("");
    held.resolve();
    await dialog.getByText("There were 5 in all before, and there are 12 now").waitFor();
    expect(await restock.getAttribute("aria-disabled")).toBe("true");
    expect(await visitor.barriers()).toEqual([]);
    await page.unroute("**/v1/offers/*/restock");
    await page.getByLabel("Units to add").fill("1");
    await dialog.getByText("It will have 13 in all").waitFor();
    await restock.click();
    await page.getByRole("progressbar", { name: "Goods: 0 of 13 taken" }).waitFor();
  });

  test("a restock that somebody else was quicker with is not done, and shows what there is now", async () => {
    const sale = await createCampaign(server, { stock: 5 });
    await using visitor = await operate(browser, server, pageOf(sale));
    const { page } = visitor;
    const dialog = page.getByRole("dialog");
    const path = `${server.url}/v1/offers/${sale.offers[0]?.id}/restock`;
    await page.getByRole("button", { name: "Restock Goods" }).click();
    const beforeIt = async (route: Route) => {
      await call(path, { method: "POST", as: operatorKey, body: { quantity: 2 } });
      await route.continue();
    };
    await page.route("**/v1/offers/*/restock", beforeIt, { times: 1 });
    await page.getByLabel("Units to add").fill("7");
    await dialog.getByRole("button", { name: "Restock", exact: true }).click();
    await dialog.getByText("It was restocked meanwhile").waitFor();
    await dialog.getByText("Goods has 7 units in all, 7 of them left.").waitFor();
    expect(await visitor.barriers()).toEqual([]);
    await visitor.picture("campaign-restock-changed-desktop");
    await page.getByLabel("Units to add").fill("7");
    await dialog.getByRole("button", { name: "Restock", exact: true }).click();
    await page.getByRole("progressbar", { name: "Goods: 0 of 14 taken" }).waitFor();
  });

  test.concurrent("shows how the queue stands", async () => {
    const sale = await createCampaign(server, { stock: 1, admission: "queue" });
    for (const buyer of ["alice", "bob", "carol"]) {
      await call(`${server.url}/v1/campaigns/${sale.id}/queue`, { method: "POST", as: await tokenOf(buyer) });
    }
    await call(`${server.url}/v1/campaigns/${sale.id}/queue/leave`, { method: "POST", as: await tokenOf("carol") });
    await using visitor = await operate(browser, server, pageOf(sale));
    const { page } = visitor;
    const figure = (name: string) =>
      page
        .locator("dl.small-figures div")
        .filter({ has: page.getByText(name, { exact: true }) })
        .locator("dd");
    await page.getByText("Got a pass").waitFor();
    const figures = await Promise.all(
      ["Joined", "Waiting", "Got a pass", "Left"].map((name) => figure(name).last().textContent()),
    );
    expect(figures).toEqual(["3", "1", "1", "1"]);
    expect(visitor.complaints).toEqual([]);
  });

  test.concurrent("shows the draw: the commitment before it, entries and ranks after it", async () => {
    const closesAt = new Date(Date.now() + 15_000).toISOString();
    const sale = await createCampaign(server, { stock: 1, admission: "draw", closesAt });
    const [drawn] = sale.offers;
    if (drawn === undefined) throw new Error("a sale has an offer");
    for (const buyer of ["alice", "bob", "carol"]) {
      const entered = await call(`${server.url}/v1/offers/${drawn.id}/draw`, {
        method: "POST",
        as: await tokenOf(buyer),
      });
      expect(entered.status).toBe(201);
    }
    await using visitor = await operate(browser, server, pageOf(sale));
    const { page } = visitor;
    await page.getByText(sale.commitment ?? "no commitment").waitFor();
    await page.getByText("Entries are taken").waitFor();
    await page.getByText("after the closing").waitFor();
    expect(await visitor.barriers()).toEqual([]);
    await page.getByText("Made", { exact: true }).nth(1).waitFor(); // after "made at", at the closing
    await page.getByRole("button", { name: "Show entries" }).click();
    await page.getByRole("row", { name: /got an order ord_/ }).waitFor();
    expect(await page.getByRole("row", { name: /waiting/ }).count()).toBe(2);
    expect(await visitor.barriers()).toEqual([]);
    await visitor.picture("campaign-page-draw-desktop");
    expect(visitor.complaints).toEqual([]);
  });

  test.concurrent("gives the shop what to put into its pages", async () => {
    const sale = await createCampaign(server);
    await using visitor = await operate(browser, server, pageOf(sale), {
      permissions: ["clipboard-read", "clipboard-write"],
    });
    const { page } = visitor;
    await page.getByRole("button", { name: "Copy: Script tag" }).click();
    await page.getByRole("button", { name: "Copied: Script tag" }).waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(
      `<script async src="${server.url}/embed.js" data-campaign="${sale.id}"></script>`,
    );
  });

  test("shows a viewer everything and lets them change nothing", async () => {
    const sale = await createCampaign(server);
    await using visitor = await operate(browser, server, pageOf(sale), { key: await keyOf(server, "viewer") });
    const { page } = visitor;
    await page.getByRole("link", { name: "Report" }).waitFor();
    expect(await page.getByRole("button", { name: /Publish|Pause|Resume|End|stock/ }).count()).toBe(0);
    expect(await page.getByRole("link", { name: /Duplicate|Rehearse/ }).count()).toBe(0);
    expect(await visitor.barriers()).toEqual([]);
  });

  test("reads well on a phone, in Chinese, in the dark", async () => {
    const sale = await createCampaign(server, {
      offers: [
        { ...offer, title: "华为 Mate 80 Pro", list_price_minor: 699_900, image_url: "/pictures/phone.svg" },
        { ...offer, sku: "B", title: "降噪耳机", image_url: "/pictures/headphones.svg" },
      ],
    });
    await using visitor = await operate(browser, server, pageOf(sale), {
      ...phone,
      locale: "zh-CN",
      colorScheme: "dark",
    });
    const { page } = visitor;
    await page.getByRole("heading", { name: "降噪耳机" }).first().waitFor();
    expect(await visitor.barriers()).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
    await visitor.picture("campaign-page-phone-zh-dark");
    expect(visitor.complaints).toEqual([]);
  });

  test("says so when there is no such campaign", async () => {
    await using visitor = await operate(browser, server, "/console/campaigns/cmp_zzzzzzzzzz");
    await visitor.page.getByRole("heading", { name: "There is no campaign at this address." }).waitFor();
  });
});
