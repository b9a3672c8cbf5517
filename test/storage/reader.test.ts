/** Proves that what is missed is found however long ago its order was reserved, and however many orders there are. */
import { expect, test } from "bun:test";
import { controlsDefault } from "../../src/domain/controls.ts";
import { limits } from "../../src/domain/limits.ts";
import { openWriter } from "../../src/storage/sqlite/open.ts";
import { SqliteReader } from "../../src/storage/sqlite/reader.ts";
import { newFolder } from "../harness.ts";
import { insertCampaign } from "./rows.ts";

const far = 30_000_000; // many times as far back as one request for a buyer's orders looks

test("a buyer's missed events are found with 30,000,000 ids between an order and its end, and with 3,000 orders", () => {
  const db = openWriter(newFolder());
  const [old, recent] = [5, far];
  const order = db.prepare(
    "INSERT INTO orders (id, campaign_id, offer_id, buyer_id, quantity, amount_minor, state, last_seq, reserved_at_ms, expires_at_ms, salt) VALUES (?, 1, 2, ?, 1, 1, ?, ?, 0, 0, '')",
  );
  const event = db.prepare(
    "INSERT INTO events (seq, at_ms, type, campaign_id, offer_id, order_id, previous_seq, available, held, sold, hash) VALUES (?, 0, ?, 1, 2, ?, ?, 0, 0, 0, x'')",
  );
  order.run(old, "eve", "expired", recent);
  event.run(old, "order_reserved", old, null);
  event.run(recent, "order_expired", old, old);
  for (let seq = recent + 1; seq <= recent + 3_000; seq++) {
    order.run(seq, "eve", "reserved", seq);
    event.run(seq, "order_reserved", seq, null);
  }
  order.run(recent + 3_001, "bob", "reserved", recent + 3_001);
  event.run(recent + 3_001, "order_reserved", recent + 3_001, null);

  const reader = new SqliteReader(db);
  const missed = reader.eventsOfBuyerAfter("eve", old);
  expect(missed).toHaveLength(3_001);
  expect(missed[0]).toMatchObject({ seq: recent, type: "order_expired", about: { orderId: old, state: "expired" } });
  expect(missed.map(({ seq }) => seq)).toEqual(missed.map((_, at) => recent + at));
  expect(reader.eventsOfBuyerAfter("eve", recent + 3_000)).toEqual([]);
});

test("of a buyer who ordered and gave back without end, a late payment reads what is paid of its offer and no more", () => {
  const db = openWriter(newFolder());
  const [campaignId, offerId, count] = [1, 2, 200_000];
  insertCampaign(db, { id: 1, state: "ended", endedSeq: 300_000 });
  db.exec(
    `WITH RECURSIVE n (i) AS (SELECT 3 UNION ALL SELECT i + 1 FROM n WHERE i < ${count}) INSERT INTO orders (id, campaign_id, offer_id, buyer_id, quantity, amount_minor, state, last_seq, reserved_at_ms, expires_at_ms, idempotency_key, salt) SELECT i, ${campaignId}, ${offerId} + (i % 90000 = 7), 'mallory', 1, 1, iif(i % 90000 < 9 AND i > 9, 'paid', 'cancelled'), i, 0, 0, 'k-' || i, '' FROM n`,
  );
  const reader = new SqliteReader(db);
  const paid = reader.paidOrdersOfBuyer(campaignId, offerId, "mallory").map(({ orderId }) => orderId);
  const expected = [90_000, 180_000].flatMap((id) => [0, 1, 2, 3, 4, 5, 6, 8].map((more) => id + more));
  expect(paid).toEqual(expected);
  expect(reader.paidOrdersOfBuyer(campaignId, offerId, "bob")).toEqual([]);
  expect(reader.orderOfKey(campaignId, "mallory", "k-150000")?.orderId).toBe(150_000);
  expect(reader.orderOfKey(campaignId, "mallory", "k-2")).toBeNull();
  expect(reader.orderOfKey(5, "mallory", "k-150000")).toBeNull();
});

test("a buyer's traces come in slices that one command may erase, of orders and entries, each once, by campaign", () => {
  const db = openWriter(newFolder());
  const ids = 1_200_000; // more than one request looks through
  db.exec(
    `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) INSERT INTO orders (id, campaign_id, offer_id, buyer_id, quantity, amount_minor, state, last_seq, reserved_at_ms, expires_at_ms, salt) SELECT i * 400, 1 + (i > 1500), 2, iif(i % 10 = 0, 'bob', 'eve'), 1, 1, 'paid', i * 400, 0, 0, '' FROM n`,
  );
  db.exec(
    "INSERT INTO waitlist (id, campaign_id, offer_id, buyer_id, state, joined_at_ms, salt) SELECT id + 1, campaign_id, 2, buyer_id, 'waiting', 0, '' FROM orders WHERE id % 3 = 0",
  );
  db.exec(
    "INSERT INTO queue (id, campaign_id, buyer_id, state, joined_at_ms, salt) SELECT id + 2, campaign_id, buyer_id, 'waiting', 0, '' FROM orders WHERE id % 7 = 0",
  );
  db.exec(
    `INSERT INTO events (seq, at_ms, type, available, held, sold, hash) VALUES (${ids + 1}, 0, 'ledger_head', 0, 0, 0, x'')`,
  );
  const reader = new SqliteReader(db);
  const found: number[] = [];
  for (let after: number | null = 0; after !== null; ) {
    const page: ReturnType<typeof reader.tracesOfBuyer> = reader.tracesOfBuyer("eve", after);
    for (const { campaignId, orderIds, entryIds } of page.traces) {
      expect(orderIds.length + entryIds.length).toBeLessThanOrEqual(limits.erasuresPerCommandMax);
      for (const id of [...orderIds, ...entryIds]) expect(campaignId).toBe(id > 1_500 * 400 + 2 ? 2 : 1);
      found.push(...orderIds, ...entryIds);
    }
    if (page.next !== null) expect(page.next).toBeGreaterThan(after);
    after = page.next;
  }
  const rows = db.query(
    "SELECT id FROM orders WHERE buyer_id = 'eve' UNION ALL SELECT id FROM waitlist WHERE buyer_id = 'eve' UNION ALL SELECT id FROM queue WHERE buyer_id = 'eve'",
  );
  const ascending = (a: number, b: number) => a - b;
  expect(found.sort(ascending)).toEqual((rows.values().flat() as number[]).sort(ascending));
});

test("a campaign's buyers are found a bounded part at a time, and those erased are passed by in few steps", () => {
  const db = openWriter(newFolder());
  const count = 50_000;
  insertCampaign(db, { id: 1, state: "ended", endedSeq: count });
  db.exec(
    `WITH RECURSIVE n (i) AS (SELECT 3 UNION ALL SELECT i + 1 FROM n WHERE i < ${count}) INSERT INTO orders (id, campaign_id, offer_id, buyer_id, quantity, amount_minor, state, last_seq, reserved_at_ms, expires_at_ms, salt) SELECT i, 1 + (i % 5 = 0), 2, 'buyer ' || i, 1, 1, 'paid', i, 0, 0, '' FROM n`,
  );
  db.exec(
    "INSERT INTO waitlist (id, campaign_id, offer_id, buyer_id, state, joined_at_ms, salt) SELECT id, campaign_id, 2, buyer_id, 'waiting', 0, '' FROM orders WHERE id % 4 = 0",
  );
  db.exec(
    "INSERT INTO queue (id, campaign_id, buyer_id, state, joined_at_ms, salt) SELECT id, campaign_id, buyer_id, 'waiting', 0, '' FROM orders WHERE id % 4 = 1",
  );
  const reader = new SqliteReader(db);
  const tables = ["orders", "waitlist", "queue"] as const;
  const eraseAll = () => {
    let [looks, erased] = [0, 0];
    for (let page: number | null = 0; page !== null; looks++) {
      const { traces, next }: ReturnType<typeof reader.tracesOfCampaign> = reader.tracesOfCampaign(1, page);
      expect(traces.orderIds.length + traces.entryIds.length).toBeLessThanOrEqual(limits.erasuresPerCommandMax);
      for (const table of tables) {
        erased += db.run(
          `UPDATE ${table} SET buyer_id = '', salt = NULL, erased_seq = 1 WHERE id IN (SELECT value FROM json_each(?))`,
          [JSON.stringify(table === "orders" ? traces.orderIds : traces.entryIds)],
        ).changes;
      }
      page = next;
    }
    return { looks, erased };
  };
  const counts = tables.map((table) => `(SELECT count(*) FROM ${table} WHERE campaign_id = ?1 AND buyer_id <> '')`);
  const known = db.query(`SELECT ${counts.join(" + ")}`);
  const [mine, others] = [known.values(1).flat()[0], known.values(2).flat()[0]];
  const first = eraseAll();
  expect(first.erased).toBe(Number(mine));
  expect(first.looks).toBeLessThan(Number(mine) / limits.erasuresPerCommandMax + 10);
  expect(eraseAll()).toEqual({ looks: 4, erased: 0 });
  expect(known.values(2).flat()[0]).toBe(others);
});

test("controls of before there was a limit have it as nobody has changed it, and their own as they were set", () => {
  const db = openWriter(newFolder());
  const { guests, ...known } = controlsDefault.rateLimits;
  const stored = { ...controlsDefault, rateLimits: { ...known, failures: null }, riskMode: "off" };
  db.run("INSERT INTO controls (id, seq, controls) VALUES (1, 5, ?)", [JSON.stringify(stored)]);
  const rateLimits = { ...controlsDefault.rateLimits, failures: null, guests };
  expect(new SqliteReader(db).controls()).toEqual({ ...controlsDefault, rateLimits, riskMode: "off" });
});
