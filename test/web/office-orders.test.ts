/**
 * The search for orders in the console, in a real browser against a real server: its address holds it; and a buyer erased.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Browser, Page } from "playwright-core";
import {
  buy,
  type CampaignJson,
  createCampaign,
  type OrderJson,
  type Server,
  startServer,
  tokenOf,
} from "../harness.ts";
import { browserMs, phone, startBrowser } from "./browser.ts";
import { ask, orderFrom, sellTeaAndCups, sitDown } from "./office-desk.ts";

let server: Server;
let browser: Browser;
let campaign: CampaignJson;

beforeAll(async () => {
  [server, browser] = await Promise.all([startServer({ env: { RUSHBOX_PAYMENTS: "sandbox" } }), startBrowser()]);
  campaign = await sellTeaAndCups(server);
}, browserMs);
afterAll(async () => {
  await browser?.close();
  await server?.[Symbol.asyncDispose]();
});

function order(buyer: string, quantity = 1, goods: "Tea" | "Cup" = "Tea"): Promise<OrderJson> {
  return orderFrom(server, campaign, { buyer, quantity, goods });
}

const pay = ({ id }: OrderJson, reference: string) => ask(server, `/v1/orders/${id}/pay`, { reference });
const dialog = (page: Page) => page.getByRole("dialog");
const row = (page: Page, name: string) => page.getByRole("row").filter({ hasText: name });

describe("a search for orders", () => {
  test("stands in the address: it is shared, comes back after a reload, and the way back leads to the one before", async () => {
    const [tea, cup] = [await order("ada"), await order("ada", 2, "Cup")];
    await pay(cup, "bank-1");
    await using desk = await sitDown(browser, server.url);
    const { page } = desk;
    await desk.open("/console/orders");
    await row(page, tea.id).waitFor();
    await page.getByLabel("State").selectOption("paid");
    await page.getByLabel("Buyer", { exact: true }).first().fill("ada");
    await page.getByRole("button", { name: "Search", exact: true }).click();
    await row(page, tea.id).waitFor({ state: "detached" });
    await row(page, cup.id).waitFor();
    expect(new URL(page.url()).search).toBe("?buyer_id=ada&state=paid");
    await page.locator(":focus", { hasText: /^Search$/ }).waitFor();
    await page.reload();
    await row(page, cup.id).getByText("¥3", { exact: true }).waitFor();
    expect(await page.getByLabel("State").inputValue()).toBe("paid");
    await page.getByLabel("Campaign").selectOption(campaign.id);
    await page.getByLabel("Offer").selectOption({ label: "Tea" });
    await page.getByRole("button", { name: "Search", exact: true }).click();
    await page.getByText("No order fits this search.").waitFor();
    await page.goBack();
    await row(page, cup.id).waitFor();
    expect(await page.getByLabel("Campaign").inputValue()).toBe("");
    expect(await desk.barriers()).toEqual([]);
    expect(desk.complaints).toEqual([]);
  });

  test("tells what is wrong at its field, and leads to an order by its number", async () => {
    const tea = await order("grace");
    await using desk = await sitDown(browser, server.url);
    const { page } = desk;
    await desk.open("/console/orders");
    await page.getByLabel("Reserved from").fill("2026-11-11T12:00");
    await page.getByLabel("Before").fill("2026-11-11T11:00");
    await page.getByRole("button", { name: "Search", exact: true }).click();
    await page.getByText("Must be later than the beginning.").waitFor();
    expect(await page.getByLabel("Before").getAttribute("aria-invalid")).toBe("true");
    await desk.open("/console/orders?state=lost&campaign_id=cmp_1");
    await page.getByText(/Must be one of reserved/).waitFor();
    await page.getByText(/Must be the id of a campaign/).waitFor();
    await page.getByLabel("Order number").fill("12");
    await page.getByRole("button", { name: "Open" }).click();
    await page.getByText("An order number is ord_").waitFor();
    await page.getByLabel("Order number").fill(tea.id);
    await page.getByRole("button", { name: "Open" }).click();
    await page.getByRole("heading", { name: tea.id }).waitFor();
    expect(desk.complaints).toEqual([]);
  });

  test("has pages, each with an address of its own", async () => {
    const made: OrderJson[] = [];
    for (let n = 0; n < 53; n++) made.push(await order(`crowd-${n}`));
    await using desk = await sitDown(browser, server.url, phone);
    const { page } = desk;
    await desk.open(`/console/orders?campaign_id=${campaign.id}`);
    await page.getByText("50 orders on this page").waitFor();
    await page.getByRole("link", { name: "Next page" }).click();
    await page.getByRole("link", { name: made[0]?.id ?? "" }).waitFor();
    expect(page.url()).toContain(`campaign_id=${campaign.id}&cursor=ord_`);
    // The link that was pressed is gone: what is on the page now has the focus, and is read.
    await page.locator('[role="status"]:focus').waitFor();
    await page.getByRole("link", { name: "First page" }).click();
    await page.getByRole("link", { name: made.at(-1)?.id ?? "" }).waitFor();
    expect(await desk.barriers()).toEqual([]);
    await desk.picture("office-orders-phone");
    expect(desk.complaints).toEqual([]);
  });

  test("says so when the server cannot be reached, and goes on when it can", async () => {
    await using desk = await sitDown(browser, server.url);
    const { page } = desk;
    await desk.open("/console/orders");
    await page.getByRole("table").waitFor();
    await page.context().setOffline(true);
    await page.getByLabel("State").selectOption("refunded");
    await page.getByRole("button", { name: "Search", exact: true }).click();
    await page.getByRole("alert").getByText("The server does not answer.").waitFor();
    expect(await desk.barriers()).toEqual([]);
    await page.context().setOffline(false);
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByText("No order fits this search.").waitFor();
  });
});

describe("erasing a buyer", () => {
  test("asks whom, has it typed, and says what was erased and what is left for later", async () => {
    const over = await createCampaign(server, { stock: 5 });
    const forgotten = await buy(server, over.offers[0]?.id ?? "", await tokenOf("forget-me"));
    await pay(forgotten.body, "bank-9");
    await ask(server, `/v1/campaigns/${over.id}/end`, {});
    await order("forget-me");
    await using desk = await sitDown(browser, server.url, { ...phone, colorScheme: "dark" });
    const { page } = desk;
    await desk.open("/console/orders?buyer_id=nobody");
    const section = page.locator("section").filter({ hasText: "Erase a buyer" });
    await section.getByRole("button", { name: "Erase …" }).click();
    await section.getByText("Say whom: the buyer's id.").waitFor();
    await section.getByLabel("Buyer").fill("forget-me");
    await section.getByRole("button", { name: "Erase …" }).click();
    await dialog(page).getByLabel("Type “forget-me” to confirm").fill("forget");
    await dialog(page).getByRole("button", { name: "Erase for good" }).click();
    await dialog(page).getByText("This is not the same.").waitFor();
    expect(await desk.barriers()).toEqual([]);
    await desk.picture("office-erase-phone-dark");
    await dialog(page).getByLabel("Type “forget-me” to confirm").fill("forget-me");
    await dialog(page).getByRole("button", { name: "Erase for good" }).click();
    await page.getByText("Erased from 1 order and 0 waitlist entries. 1 trace in sales").waitFor();
    await desk.open(`/console/orders/${forgotten.body.id}`);
    await page.getByText("erased at the buyer's wish").waitFor();
    await page.getByText("There is none any more: the buyer's identity was erased.").waitFor();
    expect(desk.complaints).toEqual([]);
  });
});
