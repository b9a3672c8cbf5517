/**
 * Erasure: when a buyer's sales are settled their identity goes from every answer, stream, download and table, on demand
 * or by the retention setting; what was sold stays, adds up, and is still proven by the ledger.
 */

import { Database } from "bun:sqlite";
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { openAdmission } from "../../src/domain/admission.ts";
import type { Command } from "../../src/domain/command.ts";
import { limits } from "../../src/domain/limits.ts";
import { Engine } from "../../src/engine/engine.ts";
import { SqliteJournal } from "../../src/storage/sqlite/journal.ts";
import { openWriter } from "../../src/storage/sqlite/open.ts";
import { runCommand } from "../cli/command.ts";
import {
  buy,
  type CampaignJson,
  call,
  createCampaign,
  newFolder,
  type OrderJson,
  operatorKey,
  type Server,
  startServer,
  tokenOf,
} from "../harness.ts";
import { EventStream } from "./event-stream.ts";

setDefaultTimeout(60_000);

/** A name that stands nowhere by chance. */
const buyer = "carol-5f0e2a71";

type Where = Pick<Server, "url">;
const post = <T = Record<string, unknown>>(at: Where, path: string, as = operatorKey, body?: unknown) =>
  call<T>(at.url + path, { method: "POST", as, ...(body === undefined ? {} : { body }) });
const erase = (at: Where, who: string) => post(at, "/v1/buyers/erase", operatorKey, { buyer_id: who });
const textOf = async (at: Where, path: string, as = operatorKey) =>
  (await fetch(at.url + path, { headers: { authorization: `Bearer ${as}` } })).text();

/** Everything that an operator can read of buyers. */
async function everythingSaid(at: Where, offer: string): Promise<string> {
  const paths = [
    "/v1/orders?limit=200",
    "/v1/orders/export?format=csv",
    "/v1/orders/export?format=jsonl",
    `/v1/offers/${offer}/waitlist/entries`,
    "/v1/audit?limit=200",
    "/metrics",
  ];
  const texts = await Promise.all(paths.map((path) => textOf(at, path)));
  return [...texts, JSON.stringify(await journalOf(at))].join("\n");
}

/** All events from the first one to one that happens now. */
async function journalOf(at: Where): Promise<unknown[]> {
  await using stream = await EventStream.open(`${at.url}/v1/events/stream`, { as: operatorKey, lastEventId: 0 });
  const mark = await createCampaign(at, { publish: false });
  await stream.next(
    ({ event, data }) =>
      event === "offer_created" && (data as CampaignJson & { campaign_id: string }).campaign_id === mark.id,
  );
  return stream.events.map(({ data }) => data);
}

/** Every table that has the text in some column. */
function tablesWith(data: string, text: string): string[] {
  using db = new Database(join(data, "rushbox.db"), { readonly: true });
  const tables = db.query<{ name: string }, []>("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
  return tables
    .map(({ name }) => name)
    .filter((name) => JSON.stringify(db.query(`SELECT * FROM ${name}`).all()).includes(text));
}

function filesWith(data: string, text: string): string[] {
  return readdirSync(data).filter((name) => readFileSync(join(data, name)).includes(text));
}

function tableRows(data: string, sql: string): unknown[] {
  using db = new Database(join(data, "rushbox.db"), { readonly: true });
  return db.query(sql).values().flat();
}

/** The rows without what names a person. */
function salesOf(data: string): unknown[] {
  using db = new Database(join(data, "rushbox.db"), { readonly: true });
  return [
    "SELECT id, campaign_id, offer_id, quantity, amount_minor, state, last_seq, reserved_at_ms, paid_at_ms, ended_at_ms FROM orders",
    "SELECT id, total, available, held, sold FROM offers",
    "SELECT id, order_id, amount_minor, state FROM payments",
    "SELECT seq, at_ms, type, order_id, available, held, sold, hash FROM events WHERE type <> 'buyers_erased'",
  ].map((sql) => db.query(sql).all());
}

async function countsOf(at: Where, campaign: CampaignJson): Promise<unknown> {
  return (await call<CampaignJson>(`${at.url}/v1/campaigns/${campaign.id}`, { as: operatorKey })).body.offers;
}

describe("a buyer who is erased", () => {
  test("is gone from every answer, stream, download, table and file; what was sold stays and is proven", async () => {
    const data = newFolder();
    const [carol, dave] = await Promise.all([tokenOf(buyer), tokenOf("dave")]);
    let offer: string;
    let mine: OrderJson[];
    {
      await using server = await startServer({ data });
      const campaign = await createCampaign(server, { stock: 3, limitPerBuyer: 2 });
      offer = campaign.offers[0]?.id ?? "";
      mine = [(await buy(server, offer, carol, { key: "k-1" })).body, (await buy(server, offer, carol)).body];
      const others = await buy(server, offer, dave);
      await post(server, `/v1/orders/${mine[0]?.id}/pay`, operatorKey, { reference: "pay_1" });
      await post(server, `/v1/orders/${others.body.id}/pay`);
      const other = await createCampaign(server, { stock: 1 });
      await buy(server, other.offers[0]?.id ?? "", dave);
      await post(server, `/v1/offers/${other.offers[0]?.id}/waitlist`, carol);

      // A sale that runs needs its buyers: nothing is erased yet, and the caller knows how much is left.
      const early = await erase(server, buyer);
      expect([early.status, early.body]).toEqual([200, { orders: 0, entries: 0, remaining: 3 }]);
      expect(await textOf(server, "/v1/audit")).not.toContain("erase_buyers");
      expect(await everythingSaid(server, offer)).toContain(buyer);
      expect((await call<OrderJson>(`${server.url}/v1/orders/${mine[0]?.id}`, { as: carol })).status).toBe(200);

      await post(server, `/v1/orders/${mine[1]?.id}/cancel`);
      await post(server, `/v1/campaigns/${campaign.id}/end`);
      const half = await erase(server, buyer);
      expect(half.body).toEqual({ orders: 2, entries: 0, remaining: 1 });
      await post(server, `/v1/campaigns/${other.id}/end`);
      const { orders } = (
        await call<{ orders: OrderJson[] }>(`${server.url}/v1/orders?buyer_id=dave`, { as: operatorKey })
      ).body;
      await post(server, `/v1/orders/${orders[0]?.id}/cancel`);
      const before = await countsOf(server, campaign);
      expect((await erase(server, buyer)).body).toEqual({ orders: 0, entries: 1, remaining: 0 });
      expect((await erase(server, buyer)).status).toBe(404);

      expect(await everythingSaid(server, offer)).not.toContain(buyer);
      expect(await countsOf(server, campaign)).toEqual(before);
      for (const { id } of mine) {
        const seen = await call<OrderJson>(`${server.url}/v1/orders/${id}`, { as: operatorKey });
        expect([seen.status, seen.body.buyer_id]).toEqual([200, null as unknown as string]);
        expect((await call(`${server.url}/v1/orders/${id}`, { as: carol })).status).toBe(404);
      }
      expect((await call<{ orders: unknown[] }>(`${server.url}/v1/orders`, { as: carol })).body.orders).toEqual([]);
      expect((await buy(server, offer, carol, { key: "k-1" })).status).toBe(410);
      expect(await textOf(server, "/v1/orders?buyer_id=dave")).toContain('"buyer_id":"dave"');
      await server.stop(); // which moves the log into the database
    }
    const sales = salesOf(data);
    expect(tablesWith(data, buyer)).toEqual([]);
    expect(tablesWith(data, "k-1")).toEqual([]);
    expect(filesWith(data, buyer)).toEqual([]);
    const verified = await runCommand(["verify", "--data", data]);
    expect([verified.code, verified.stdout]).toEqual([0, expect.any(String)]);

    await using again = await startServer({ data });
    expect(await everythingSaid(again, offer)).not.toContain(buyer);
    expect(salesOf(data)[0]).toEqual(sales[0]);
    // A refund needs no name: the money goes back by the payment.
    const refund = await post<OrderJson>(again, `/v1/orders/${mine[0]?.id}/refund`);
    expect([refund.status, refund.body.state]).toEqual([200, "refunded"]);
  });

  test("with others in one line leaves it readable, and the next start finds it so", async () => {
    const data = newFolder();
    const waiting = await Promise.all(["erin", "frank", "grace"].map((name) => tokenOf(name)));
    let offer: string;
    {
      await using server = await startServer({ data });
      const campaign = await createCampaign(server, { stock: 1 });
      offer = campaign.offers[0]?.id ?? "";
      const order = await buy(server, offer, await tokenOf("alice"));
      for (const as of waiting) await post(server, `/v1/offers/${offer}/waitlist`, as);
      await post(server, `/v1/campaigns/${campaign.id}/end`);
      await post(server, `/v1/orders/${order.body.id}/cancel`);
      for (const name of ["erin", "frank"]) expect((await erase(server, name)).body).toMatchObject({ entries: 1 });
      await server.stop("SIGKILL");
    }
    await using again = await startServer({ data });
    const { body } = await call<{ entries: { buyer_id: string | null }[] }>(
      `${again.url}/v1/offers/${offer}/waitlist/entries`,
      { as: operatorKey },
    );
    expect(body.entries).toEqual([]); // the sale is over for all of them
    expect(tablesWith(data, "erin")).toEqual([]);
    expect(tablesWith(data, "grace")).toEqual(["waitlist"]);
    expect((await erase(again, "grace")).body).toEqual({ orders: 0, entries: 1, remaining: 0 });
  });

  test("by ten admins at once is erased, and the ledger stays whole", async () => {
    const data = newFolder();
    {
      await using server = await startServer({ data, args: ["--http-threads", "2"] });
      const campaign = await createCampaign(server, { stock: 50, limitPerBuyer: 50 });
      const carol = await tokenOf(buyer);
      const bought = await Promise.all(
        Array.from({ length: 50 }, () => buy(server, campaign.offers[0]?.id ?? "", carol)),
      );
      for (const { body } of bought) await post(server, `/v1/orders/${body.id}/cancel`);
      await post(server, `/v1/campaigns/${campaign.id}/end`);
      const replies = await Promise.all(Array.from({ length: 10 }, () => erase(server, buyer)));
      expect(replies.filter(({ status }) => status !== 200 && status !== 404)).toEqual([]);
      const told = replies.filter(({ status }) => status === 200).map(({ body }) => Number(body["orders"]));
      expect(told.reduce((sum, orders) => sum + orders, 0)).toBe(50); // each tells of what it has erased itself
      expect(tableRows(data, "SELECT count(*) FROM events WHERE type = 'buyers_erased'")).toEqual([told.length]);
      expect(await textOf(server, "/v1/orders?limit=200")).not.toContain(buyer);
      await server.stop();
    }
    const verified = await runCommand(["verify", "--data", data]);
    expect([verified.code, verified.stdout]).toEqual([0, expect.any(String)]);
  });
});

describe("retention", () => {
  const dayMs = 86_400_000;

  /** A campaign that ended so many days ago, with paid orders of as many buyers and a reminder, made by the engine and the journal. */
  function endedDaysAgo(sales: readonly { readonly days: number; readonly buyers: number }[], folder: string): void {
    const db = openWriter(folder);
    const journal = new SqliteJournal(db);
    const engine = new Engine();
    for (const { days, buyers } of sales) {
      const endedMs = Date.now() - days * dayMs;
      const opensAtMs = endedMs - 60_000;
      let nowMs = opensAtMs - 3_600_000;
      const execute = (command: Command) => {
        engine.advance(nowMs);
        const outcome = engine.execute(command, nowMs);
        journal.commit({ events: engine.takeEvents(), ...engine.state.takeChanges(), audit: [] });
        return outcome;
      };
      const terms = {
        listPriceMinor: null,
        limitPerBuyer: 1,
        brand: null,
        category: null,
        imageUrl: null,
        description: null,
      };
      const offer = { sku: "a", title: "A", priceMinor: 1, currency: "CNY", stock: buyers, ...terms };
      const window = { opensAtMs, closesAtMs: null, paymentWindowS: 60 };
      const draft = {
        title: `${days} days ago`,
        description: null,
        kind: null,
        ...window,
        hasWaitlist: true,
        admission: openAdmission,
        offers: [offer],
      };
      const made = execute({ type: "create_campaign", draft });
      if (made.code !== "created") throw new Error(made.code);
      const { campaignId } = made;
      execute({ type: "publish", campaignId });
      execute({ type: "set_reminder", campaignId, buyerId: `${days}-days-reminded`, leadS: 300 });
      nowMs = endedMs;
      for (let n = 0; n < buyers; n++) {
        const buyerId = `${days}-days-${n}`;
        const reserved = execute({ type: "reserve", offerId: campaignId + 1, buyerId, quantity: 1, key: null });
        if (reserved.code !== "reserved") throw new Error(reserved.code);
        const payment = { provider: "shop", reference: null, amountMinor: 1, currency: "CNY" } as const;
        execute({ type: "pay", orderId: reserved.orderId, campaignId, buyerId, payment });
      }
      execute({ type: "end", campaignId });
    }
    journal.checkpoint();
    db.close();
  }

  test("erases the buyers of campaigns that ended longer ago, however many, and of no others", async () => {
    const data = newFolder();
    const many = limits.erasuresPerCommandMax + 200;
    endedDaysAgo(
      [
        { days: 40, buyers: many },
        { days: 31, buyers: 1 },
        { days: 29, buyers: 2 },
      ],
      data,
    );
    const before = salesOf(data);
    {
      await using server = await startServer({ data, env: { RUSHBOX_RETENTION_DAYS: "30" } });
      const known = () => {
        using db = new Database(join(data, "rushbox.db"), { readonly: true });
        const all = "SELECT buyer_id FROM orders UNION ALL SELECT buyer_id FROM reminders";
        return db.query(`SELECT buyer_id FROM (${all}) WHERE buyer_id <> ''`).values().flat();
      };
      const untilMs = performance.now() + 20_000;
      while (known().length > 3 && performance.now() < untilMs) await Bun.sleep(50);
      expect(known()).toEqual(["29-days-0", "29-days-1", "29-days-reminded"]);
      const { body } = await call<{ entries: Record<string, unknown>[] }>(`${server.url}/v1/audit`, {
        as: operatorKey,
      });
      expect(body.entries.map(({ operator, action, outcome, after }) => [operator, action, outcome, after])).toEqual([
        ["retention", "erase_buyers", "erased", { orders: 1, entries: 1 }],
        ["retention", "erase_buyers", "erased", { orders: many - limits.erasuresPerCommandMax, entries: 1 }],
        ["retention", "erase_buyers", "erased", { orders: limits.erasuresPerCommandMax, entries: 0 }],
      ]);
      await server.stop();
    }
    expect(salesOf(data)).toEqual(before);
    const verified = await runCommand(["verify", "--data", data]);
    expect([verified.code, verified.stdout]).toEqual([0, expect.any(String)]);
  });

  test("of 0 days erases nobody", async () => {
    const data = newFolder();
    endedDaysAgo([{ days: 4_000, buyers: 3 }], data);
    await using server = await startServer({ data });
    expect(await textOf(server, "/v1/orders")).toContain("4000-days-2");
    expect(await textOf(server, "/v1/audit")).toBe('{"entries":[],"next_cursor":null}');
  });
});
