/**
 * Anybody can check a sale in a browser: the page of the binary finds what the ledger holds to be so, names the first
 * row that was changed behind the shop's back, and tells from a receipt that a ledger was written anew.
 */
import { Database } from "bun:sqlite";
import { afterAll, beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { rehash, tamper } from "../cli/ledger.ts";
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

const folder = newFolder();
let server: Server;
let browser: Browser;
let campaign: CampaignJson;
let receipt = "";

beforeAll(async () => {
  [browser, server] = await Promise.all([startBrowser(), startServer({ data: folder })]);
  campaign = await sell(server);
  const [alice, orders] = [await tokenOf("alice"), await call<OrdersJson>(`${server.url}/v1/orders`, operator)];
  const own = orders.body.orders.find(({ buyer_id: buyer }) => buyer === "alice");
  receipt = JSON.stringify((await call(`${server.url}/v1/orders/${own?.id}/receipt`, { as: alice })).body);
}, browserMs);
afterAll(async () => {
  await browser?.close();
  await server?.[Symbol.asyncDispose]();
});

test("a sound sale holds, with its counts, and asks nobody but this server", async () => {
  await using visitor = await visit(browser, `${server.url}/verify?lang=en&campaign=${campaign.id}`);
  const { page } = visitor;
  const text = await saleVerdictOf(visitor);
  expect(text).toStartWith("Everything holds");
  expect(text).toContain("2 rows belong to sales that are not published yet");
  const row = page.getByRole("table", { name: "What the ledger adds up to" }).getByRole("row").nth(1);
  expect(await row.locator("th, td").allTextContents()).toEqual(["Goods", "4", "2", "1", "1"]);
  const [head] = /\d+:[0-9a-f]{64}/.exec(text) ?? [];
  using db = new Database(join(folder, "rushbox.db"), { readonly: true });
  const last = db.query("SELECT seq || ':' || lower(hex(hash)) AS head FROM events ORDER BY seq DESC LIMIT 1").get();
  expect({ head }).toEqual(last as { head: string });
  expect(await visitor.barriers()).toEqual([]);
  await visitor.picture("verify-sale-desktop-light-en");
  expect(visitor.complaints).toEqual([]);
});

test("it speaks English and Chinese, changes what it has found with the language, and leads to the sales", async () => {
  await using visitor = await visit(browser, `${server.url}/verify?lang=zh&campaign=${campaign.id}`);
  const { page } = visitor;
  expect(await saleVerdictOf(visitor)).toStartWith("核验通过");
  expect(await page.getAttribute("html", "lang")).toBe("zh-Hans");
  expect(await page.title()).toBe("核验一场秒杀");
  await page.getByRole("button", { name: "English" }).click();
  expect(await saleVerdictOf(visitor)).toStartWith("Everything holds");
  await page.getByRole("contentinfo").getByRole("link", { name: "All sales" }).click();
  await page.waitForURL(`${server.url}/`);
  expect(visitor.complaints).toEqual([]);
});

test("what is no sale is said to be none, a draft too", async () => {
  const draft = await createCampaign(server, { publish: false });
  for (const id of ["cmp_00000000zz", draft.id, "nonsense"]) {
    await using visitor = await visit(browser, `${server.url}/verify?lang=en`);
    const sale = visitor.page.getByRole("region", { name: "The whole sale" });
    await sale.getByLabel("Number of the sale").fill(id);
    await sale.getByRole("button", { name: "Check" }).click();
    expect(await saleVerdictOf(visitor)).toContain("There is no sale with this number.");
  }
});

test("a receipt holds, pasted or opened; one that was changed does not", async () => {
  await using visitor = await visit(browser, `${server.url}/verify?lang=en`);
  const check = (text: string, says: string) => checkReceipt(visitor, text, says);
  const facts = JSON.parse(receipt) as Record<string, string>;
  const [header = "", payload = "", signature = ""] = (facts["receipt"] ?? "").split(".");
  const forged = JSON.parse(Buffer.from(payload, "base64url").toString()) as Record<string, unknown>;
  const forgedPayload = Buffer.from(JSON.stringify({ ...forged, quantity: 2 })).toString("base64url");
  await check(receipt, "says exactly that");
  await check(JSON.stringify({ ...facts, quantity: 2 }), "it says something else: quantity");
  await check(facts["receipt"] ?? "", "says exactly that");
  await check([header, forgedPayload, signature].join("."), "The signature does not fit");
  for (const text of ["nonsense", "{}", "a.b.c", "{"]) {
    await check(facts["receipt"] ?? "", "says exactly that");
    await check(text, "This is no receipt.");
  }
  const file = { name: "receipt.json", mimeType: "application/json", buffer: Buffer.from(receipt) };
  await receiptOf(visitor).getByLabel("Open a file").setInputFiles(file);
  await receiptOf(visitor).getByText("says exactly that").waitFor();
  expect(await visitor.barriers()).toEqual([]);
  expect(visitor.complaints).toEqual([]);
});

test("it fits a phone, by day and by night", async () => {
  for (const colorScheme of ["light", "dark"] as const) {
    const url = `${server.url}/verify?lang=zh&campaign=${campaign.id}`;
    await using visitor = await visit(browser, url, { ...phone, colorScheme });
    await saleVerdictOf(visitor);
    expect(await visitor.page.evaluate("document.documentElement.scrollWidth")).toBe(360);
    expect(await visitor.barriers()).toEqual([]);
    await visitor.picture(`verify-sale-phone-${colorScheme}-zh`);
  }
});

test("it names the row that was changed, taken out or put anew behind the shop's back", async () => {
  await server.stop();
  const path = join(folder, "rushbox.db");
  const verdictAfter = async (...statements: string[]) => {
    const copy = newFolder();
    await Bun.write(join(copy, "rushbox.db"), Bun.file(path));
    using db = new Database(join(copy, "rushbox.db"));
    tamper(db, ...statements);
    db.close();
    await using tampered = await startServer({ data: copy });
    await using visitor = await visit(browser, `${tampered.url}/verify?lang=en&campaign=${campaign.id}`);
    return await saleVerdictOf(visitor);
  };
  expect(await verdictAfter("UPDATE events SET at_ms = at_ms + 1 WHERE seq = 7")).toContain(
    "Row 7 is the first that does not hold.",
  );
  expect(await verdictAfter("DELETE FROM events WHERE seq = 7")).toContain("Row 7 is missing: row 8 follows.");
  expect(await verdictAfter("UPDATE offers SET available = available + 1, total = total + 1 WHERE id = 2")).toContain(
    "The shop shows Available 3 for sku-1; the ledger adds up to 2.",
  );
});

test("a receipt tells that a ledger was written anew, which by itself holds", async () => {
  const copy = newFolder();
  for (const name of ["rushbox.db", "receipt.key"]) await Bun.write(join(copy, name), Bun.file(join(folder, name)));
  using db = new Database(join(copy, "rushbox.db"));
  const { last } = db.query("SELECT max(seq) AS last FROM events").get() as { last: number };
  tamper(db, "UPDATE events SET at_ms = at_ms + 1 WHERE seq = 5");
  rehash(
    db,
    [...Array(last - 4).keys()].map((at) => at + 5),
  );
  db.close();
  await using rewritten = await startServer({ data: copy });
  await using visitor = await visit(browser, `${rewritten.url}/verify?lang=en&campaign=${campaign.id}`);
  expect(await saleVerdictOf(visitor)).toStartWith("Everything holds");
  await checkReceipt(visitor, receipt, "it was rewritten after the receipt was given");
});

interface OrdersJson {
  readonly orders: readonly { readonly id: string; readonly buyer_id: string }[];
}

const operator = { as: operatorKey };

/** Four units: one paid for, one held, one given back; beside it a draft. */
async function sell(server: Server): Promise<CampaignJson> {
  const campaign = await createCampaign(server, { stock: 4 });
  const offerId = campaign.offers[0]?.id ?? "";
  const orders = [];
  for (const buyer of ["alice", "bob", "carol"]) orders.push((await buy(server, offerId, await tokenOf(buyer))).body);
  await call(`${server.url}/v1/orders/${orders[0]?.id}/pay`, { method: "POST", ...operator });
  await call(`${server.url}/v1/orders/${orders[1]?.id}/cancel`, { method: "POST", ...operator });
  await createCampaign(server, { publish: false });
  return campaign;
}

async function saleVerdictOf({ page }: Visitor): Promise<string> {
  const status = page.getByRole("region", { name: /^The whole sale|整场活动$/ }).getByRole("status");
  await status.locator("h3").waitFor();
  return (await status.textContent()) ?? "";
}

function receiptOf({ page }: Visitor) {
  return page.getByRole("region", { name: "Check a receipt" });
}

/** Pastes a receipt and waits for what it is found to be: something else than the one before. */
async function checkReceipt(visitor: Visitor, text: string, says: string): Promise<void> {
  await receiptOf(visitor).getByLabel("Paste the receipt").fill(text);
  await receiptOf(visitor).getByRole("button", { name: "Check the receipt" }).click();
  await receiptOf(visitor).getByText(says).waitFor();
}
