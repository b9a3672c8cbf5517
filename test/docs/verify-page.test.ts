/**
 * Anybody can check a sale in a browser: the page of the binary finds what the ledger holds to be so, names the first
 * row that was changed behind the shop's back, and tells from a receipt that a ledger was written anew.
 */
import { Database } from "bun:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
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
import { type Browser, findChromium, type Page, startChromium } from "./chromium.ts";

const chromium = await findChromium();
const timeout = 60_000; // a browser on a busy machine
const isSkipped = chromium === null && process.env["CI"] !== "true";

describe.skipIf(isSkipped)(
  isSkipped ? "in a browser (skipped: install chromium, 'apt-get install -y chromium')" : "in a browser",
  () => {
    const folder = newFolder();
    let server: Server;
    let browser: Browser;
    let campaign: CampaignJson;
    let receipt = "";

    beforeAll(async () => {
      if (chromium === null) throw new Error("no Chromium: 'apt-get install -y chromium' (needed when CI=true)");
      browser = await startChromium(chromium);
      server = await startServer({ data: folder, compiled: true });
      campaign = await sell(server);
      const [alice, orders] = [await tokenOf("alice"), await call<OrdersJson>(`${server.url}/v1/orders`, operator)];
      const own = orders.body.orders.find(({ buyer_id: buyer }) => buyer === "alice");
      receipt = JSON.stringify((await call(`${server.url}/v1/orders/${own?.id}/receipt`, { as: alice })).body);
    }, timeout);
    afterAll(async () => {
      await browser?.[Symbol.asyncDispose]();
      await server?.[Symbol.asyncDispose]();
    });

    test("a sound sale holds, with its counts, and asks nobody but this server", { timeout }, async () => {
      const page = await browser.open(`${server.url}/verify?lang=en&campaign=${campaign.id}`);
      const text = await verdictOf(page);
      expect(text).toStartWith("Everything holds");
      expect(text).toContain("2 rows belong to sales that are not published yet");
      expect(await page.evaluate<string[]>(cellsOf)).toEqual(["Goods", "4", "2", "1", "1"]);
      const [head] = /\d+:[0-9a-f]{64}/.exec(text) ?? [];
      using db = new Database(join(folder, "rushbox.db"), { readonly: true });
      const last = db
        .query("SELECT seq || ':' || lower(hex(hash)) AS head FROM events ORDER BY seq DESC LIMIT 1")
        .get();
      expect({ head }).toEqual(last as { head: string });
      expect(page.complaints).toEqual([]);
      expect(page.requests.filter((url) => !url.startsWith(`${server.url}/`) && !url.startsWith("data:"))).toEqual([]);
    });

    test("it speaks English and Chinese, and changes what it has found with the language", { timeout }, async () => {
      const page = await browser.open(`${server.url}/verify?lang=zh&campaign=${campaign.id}`);
      expect(await verdictOf(page)).toStartWith("核验通过");
      expect(await page.evaluate<string>("document.documentElement.lang")).toBe("zh-Hans");
      await page.click("#language");
      expect(await verdictOf(page)).toStartWith("Everything holds");
      const untold = await page.evaluate<number>(
        '[...document.querySelectorAll("[data-text]")].filter(({ textContent }) => textContent === "").length',
      );
      expect(untold).toBe(0);
    });

    test("what is no sale is said to be none, a draft too", { timeout }, async () => {
      const draft = await createCampaign(server, { publish: false });
      const page = await browser.open(`${server.url}/verify?lang=en`);
      for (const id of ["cmp_00000000zz", draft.id, "nonsense"]) {
        await page.type("#campaign", id);
        await page.click("#sale button[type=submit]");
        expect(await verdictOf(page)).toContain("There is no sale with this number.");
        await page.evaluate('document.querySelector("#verdict").replaceChildren()');
      }
    });

    test("a receipt holds; one that was changed does not", { timeout }, async () => {
      const page = await browser.open(`${server.url}/verify?lang=en`);
      const check = async (text: string) => {
        await page.evaluate('document.querySelector("#receipt-verdict").replaceChildren()');
        await page.evaluate(`document.querySelector("#receipt-text").value = ${JSON.stringify(text)}`);
        await page.click("#receipt button[type=submit]");
        return textIn(page, "#receipt-verdict");
      };
      const facts = JSON.parse(receipt) as Record<string, string>;
      const [header = "", payload = "", signature = ""] = (facts["receipt"] ?? "").split(".");
      const forged = JSON.parse(Buffer.from(payload, "base64url").toString()) as Record<string, unknown>;
      const forgedPayload = Buffer.from(JSON.stringify({ ...forged, quantity: 2 })).toString("base64url");
      expect(await check(receipt)).toStartWith("The receipt holds");
      expect(await check(facts["receipt"] ?? "")).toContain("says exactly that");
      expect(await check(JSON.stringify({ ...facts, quantity: 2 }))).toContain("it says something else: quantity");
      expect(await check([header, forgedPayload, signature].join("."))).toContain("The signature does not fit");
      for (const text of ["nonsense", "{}", "a.b.c", "{"]) expect(await check(text)).toContain("This is no receipt.");
      expect(page.complaints).toEqual([]);
    });

    test("it fits a phone, by day and by night", { timeout }, async () => {
      for (const isDark of [false, true]) {
        const view = { width: 360, height: 740, isMobile: true, isDark };
        const page = await browser.open(`${server.url}/verify?lang=en&campaign=${campaign.id}`, view);
        await verdictOf(page);
        expect(await page.evaluate<number>("document.documentElement.scrollWidth")).toBe(360);
      }
    });

    test("it names the row that was changed, taken out or put anew behind the shop's back", { timeout }, async () => {
      await server.stop();
      const path = join(folder, "rushbox.db");
      const verdictAfter = async (...statements: string[]) => {
        const copy = newFolder();
        await Bun.write(join(copy, "rushbox.db"), Bun.file(path));
        using db = new Database(join(copy, "rushbox.db"));
        tamper(db, ...statements);
        db.close();
        await using tampered = await startServer({ data: copy, compiled: true });
        const page = await browser.open(`${tampered.url}/verify?lang=en&campaign=${campaign.id}`);
        return await verdictOf(page);
      };
      expect(await verdictAfter("UPDATE events SET at_ms = at_ms + 1 WHERE seq = 7")).toContain(
        "Row 7 is the first that does not hold.",
      );
      expect(await verdictAfter("DELETE FROM events WHERE seq = 7")).toContain("Row 7 is missing: row 8 follows.");
      expect(
        await verdictAfter("UPDATE offers SET available = available + 1, total = total + 1 WHERE id = 2"),
      ).toContain("The shop shows Available 3 for sku-1; the ledger adds up to 2.");
    });

    test("a receipt tells that a ledger was written anew, which by itself holds", { timeout }, async () => {
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
      await using rewritten = await startServer({ data: copy, compiled: true });
      const page = await browser.open(`${rewritten.url}/verify?lang=en&campaign=${campaign.id}`);
      expect(await verdictOf(page)).toStartWith("Everything holds");
      await page.evaluate(`document.querySelector("#receipt-text").value = ${JSON.stringify(receipt)}`);
      await page.click("#receipt button[type=submit]");
      expect(await textIn(page, "#receipt-verdict")).toContain("it was rewritten after the receipt was given");
    });
  },
);

interface OrdersJson {
  readonly orders: readonly { readonly id: string; readonly buyer_id: string }[];
}

const operator = { as: operatorKey };
const cellsOf = `[...document.querySelectorAll("#verdict tr:nth-child(2) > *")].map(({ textContent }) => textContent)`;

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

function verdictOf(page: Page): Promise<string> {
  return textIn(page, "#verdict");
}

async function textIn(page: Page, selector: string): Promise<string> {
  await page.until(`document.querySelector("${selector} .verdict") !== null`);
  return page.evaluate<string>(`document.querySelector("${selector}").innerText`);
}
