/**
 * What proves an order, on its own page: the receipt and the ledger up to it, why somebody was drawn or not, how a queue
 * was made. Each is found to hold, and each is found out when something in it was changed.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Browser, Page } from "playwright-core";
import { formatId } from "../../src/domain/ids.ts";
import { buyers, type Drawn, makeDraw } from "../draw/drawn.ts";
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
import { browserMs, phone, startBrowser, type Visitor, visit } from "./browser.ts";

let server: Server;
let browser: Browser;
let drawn: Drawn;
let order: string;

beforeAll(async () => {
  const folder = newFolder();
  drawn = makeDraw(folder, { stocks: [3], entries: buyers(40), leavers: ["buyer-9"] });
  [browser, server] = await Promise.all([startBrowser(), startServer({ data: folder })]);
  const campaign = await createCampaign(server, { stock: 5 });
  for (const buyer of ["zoe", "alice"]) {
    order = (await buy(server, campaign.offers[0]?.id ?? "", await tokenOf(buyer))).body.id;
  }
}, browserMs);
afterAll(async () => {
  await browser?.close();
  await server?.[Symbol.asyncDispose]();
});

async function comeAs(buyer: string, path: string, options: Parameters<typeof visit>[2] = {}): Promise<Visitor> {
  return visit(browser, `${server.url}${path}#token=${await tokenOf(buyer)}`, options);
}

/** Has the answers of an address changed on their way, as a shop that is not honest would. */
async function tamper(page: Page, path: RegExp, change: (text: string) => string): Promise<void> {
  await page.route(path, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: change(await response.text()) });
  });
}

describe("the receipt on an order's page", () => {
  const receiptOf = (page: Page) => page.getByRole("region", { name: "Receipt" });

  test("is verified with its signature and the ledger up to it, and can be kept", async () => {
    await using visitor = await comeAs("alice", `/orders/${order}`);
    const receipt = receiptOf(visitor.page);
    await receipt.getByRole("button", { name: "Verify" }).click();
    await receipt.getByRole("heading", { name: "The receipt holds" }).waitFor();
    await receipt.getByText("The signature is this shop's").waitFor();
    await receipt.getByText(/All \d rows of this sale up to it/).waitFor();
    expect(await visitor.barriers()).toEqual([]);
    await visitor.picture("order-receipt-desktop-light-en");
    const [file] = await Promise.all([
      visitor.page.waitForEvent("download"),
      receipt.getByRole("button", { name: "Download" }).click(),
    ]);
    expect(file.suggestedFilename()).toBe("receipt.json");
    const kept = JSON.parse(await Bun.file(await file.path()).text()) as Record<string, unknown>;
    const told = await call(`${server.url}/v1/orders/${order}/receipt`, { as: await tokenOf("alice") });
    expect(kept).toEqual(told.body);
    expect(visitor.complaints).toEqual([]);
  });

  test("that was changed is found out", async () => {
    const changes: readonly [says: string, change: (text: string) => string][] = [
      ["it says something else: quantity", (text) => text.replace('"quantity":1', '"quantity":2')],
      ["The signature does not fit", (text) => text.replace(/"receipt":"([^.]+)\.(.)/, '"receipt":"$1.$2e')],
    ];
    for (const [says, change] of changes) {
      await using visitor = await visit(browser, server.url);
      await tamper(visitor.page, /\/receipt$/, change);
      await visitor.page.goto(`${server.url}/orders/${order}#token=${await tokenOf("alice")}`);
      const receipt = receiptOf(visitor.page);
      await receipt.getByRole("button", { name: "Verify" }).click();
      await receipt.getByRole("heading", { name: "The receipt does not hold" }).waitFor();
      expect(await receipt.getByRole("status").textContent()).toMatch(new RegExp(`${says}|This is no receipt`));
      expect(await visitor.barriers()).toEqual([]);
    }
  });

  test("of somebody else's order does not pass for this one's", async () => {
    const { body } = await call<{ orders: { id: string }[] }>(`${server.url}/v1/orders`, { as: await tokenOf("zoe") });
    const other = await call(`${server.url}/v1/orders/${body.orders[0]?.id}/receipt`, { as: operatorKey });
    await using visitor = await visit(browser, server.url);
    await tamper(visitor.page, /\/receipt$/, () => JSON.stringify(other.body));
    await visitor.page.goto(`${server.url}/orders/${order}#token=${await tokenOf("alice")}`);
    const receipt = receiptOf(visitor.page);
    await receipt.getByRole("button", { name: "Verify" }).click();
    await receipt.getByText("It is the receipt of another order").waitFor();
  });

  test("does not hold against a ledger in which an earlier row was changed", async () => {
    await using visitor = await visit(browser, server.url);
    await tamper(visitor.page, /\/ledger\?/, (text) =>
      text.replace('"type":"campaign_published"', '"type":"campaign_ended"'),
    );
    await visitor.page.goto(`${server.url}/orders/${order}#token=${await tokenOf("alice")}`);
    const receipt = receiptOf(visitor.page);
    await receipt.getByRole("button", { name: "Verify" }).click();
    await receipt.getByText(/Row \d+ is the first that does not hold\./).waitFor();
    await visitor.picture("order-receipt-tampered-desktop-light-en");
  });
});

describe("why somebody was drawn", () => {
  const campaign = () => formatId("cmp", drawn.campaignId);
  const ordersOf = async (buyer: string) => {
    const { body } = await call<{ orders: { id: string }[] }>(`${server.url}/v1/orders`, { as: await tokenOf(buyer) });
    return body.orders;
  };

  test("or not is told with rank, entries, promise, secret and seed, and holds", async () => {
    const { orders } = (
      await call<{ orders: { id: string; buyer_id: string }[] }>(`${server.url}/v1/orders?campaign_id=${campaign()}`, {
        as: operatorKey,
      })
    ).body;
    expect(orders.length).toBe(3);
    const winner = orders[0]?.buyer_id ?? "";
    await using visitor = await comeAs(winner, `/orders/${orders[0]?.id}`, { ...phone, locale: "zh-CN" });
    const proof = visitor.page.getByRole("region", { name: "为什么抽中了您" });
    for (const name of ["您的名次", "您的报名", "报名数", "事先的承诺", "秘密", "公共信标", "种子"]) {
      await proof.getByRole("term").getByText(name, { exact: true }).waitFor();
    }
    await proof.getByText("共 40 个报名参加").waitFor();
    await proof.getByRole("button", { name: "立即核验" }).click();
    await proof.getByRole("heading", { name: "抽签核验通过" }).waitFor();
    expect(await visitor.barriers()).toEqual([]);
    expect(await visitor.page.evaluate("document.documentElement.scrollWidth")).toBe(360);
    await visitor.picture("order-drawn-phone-light-zh");
    expect(visitor.complaints).toEqual([]);

    const losers = buyers(40).map(([buyer]) => buyer);
    const loser = losers.find((buyer) => buyer !== "buyer-9" && !orders.some((one) => one.buyer_id === buyer)) ?? "";
    expect(await ordersOf(loser)).toEqual([]);
    await using other = await comeAs(loser, `/campaigns/${campaign()}/draw`, { colorScheme: "dark" });
    const lost = other.page.getByRole("region", { name: "Why you were not drawn" });
    await lost.getByText("none has come down to you so far").waitFor();
    await lost.getByRole("button", { name: "Verify" }).click();
    await lost.getByRole("heading", { name: "The draw holds" }).waitFor();
    expect(await other.barriers()).toEqual([]);
    await other.picture("draw-lost-desktop-dark-en");
    expect(other.complaints).toEqual([]);
  });

  test("is found out when the rank was changed", async () => {
    await using visitor = await visit(browser, server.url);
    await tamper(visitor.page, /\/draw\/proof$/, (text) => text.replace(/"rank":\d+/, '"rank":99'));
    await visitor.page.goto(`${server.url}/campaigns/${campaign()}/draw#token=${await tokenOf("buyer-7")}`);
    await visitor.page.getByRole("button", { name: "Verify" }).click();
    await visitor.page.getByText(/has rank 99; by the seed it has rank \d+/).waitFor();
  });

  test("is told to nobody who did not enter", async () => {
    await using visitor = await comeAs("mallory", `/campaigns/${campaign()}/draw`);
    await visitor.page.getByText("You have no entry in the draws of this sale.").waitFor();
    expect(visitor.complaints).toEqual([]);
  });
});

test("an order out of a queue shows how the line was made, and what can be checked of it is", async () => {
  const campaign = await createCampaign(server, {
    ...{ admission: "queue", stock: 2, opensAt: new Date(Date.now() + 8_000).toISOString() },
  });
  const at = `${server.url}/v1/campaigns/${campaign.id}`;
  const as = await tokenOf("quinn");
  for (const buyer of ["quinn", "rita"]) {
    expect((await call(`${at}/queue`, { method: "POST", as: await tokenOf(buyer) })).status).toBe(201);
  }
  const pass = await admitted(`${at}/queue`, as);
  const bought = await buy(server, campaign.offers[0]?.id ?? "", as, { pass });
  expect(bought.status).toBe(201);
  expect((await call<CampaignJson>(at)).body.drawn_count).toBe(2);
  await using visitor = await comeAs("quinn", `/orders/${bought.body.id}`);
  const proof = visitor.page.getByRole("region", { name: "How the line was made" });
  await proof.getByText("2 were there at the opening").waitFor();
  await proof.getByRole("button", { name: "Verify" }).click();
  await proof.getByRole("heading", { name: "It holds" }).waitFor();
  expect(await visitor.barriers()).toEqual([]);
  await visitor.picture("order-queue-desktop-light-en");
  expect(visitor.complaints).toEqual([]);

  await using other = await visit(browser, server.url);
  await tamper(other.page, new RegExp(`/v1/campaigns/${campaign.id}$`), (text) =>
    text.replace(/"secret":"../, '"secret":"00'),
  );
  await other.page.goto(`${server.url}/orders/${bought.body.id}#token=${as}`);
  await other.page
    .getByRole("region", { name: "How the line was made" })
    .getByRole("button", { name: "Verify" })
    .click();
  await other.page.getByText("The secret of this queue is not the one that was committed to.").waitFor();
});

/** The pass, once the queue lets in. */
async function admitted(path: string, as: string): Promise<string> {
  for (;;) {
    const { pass } = (await call<{ pass: string | null }>(path, { as })).body;
    if (typeof pass === "string") return pass;
    await Bun.sleep(100);
  }
}
