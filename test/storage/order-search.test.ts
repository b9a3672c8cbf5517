/**
 * Proves that a search finds exactly the orders that fit, in both directions and whatever is asked together, page after
 * page, against a model that looks at every order; and that no page looks through more than a bounded number.
 */
import type { Database } from "bun:sqlite";
import { beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { type OrderState, orderStates } from "../../src/domain/order.ts";
import type { OrderFilter } from "../../src/domain/order-filter.ts";
import { openWriter } from "../../src/storage/sqlite/open.ts";
import { OrderSearch } from "../../src/storage/sqlite/order-search.ts";
import { newFolder } from "../harness.ts";
import { insertCampaign } from "./rows.ts";

setDefaultTimeout(60_000);

interface Known {
  readonly id: number;
  readonly campaignId: number;
  readonly offerId: number;
  readonly buyerId: string;
  readonly state: OrderState;
  readonly reservedAtMs: number;
}

const ordersCount = 12_000;
/** It ended with the last order that was offered to its waitlist. */
const ended = { id: 1, endedSeq: 19_000 };
const open = { id: 400, endedSeq: null };
let search: OrderSearch;
let orders: Known[];

beforeAll(() => {
  const db = openWriter(newFolder());
  for (const { id, endedSeq } of [ended, open]) {
    insertCampaign(db, { id, state: "open", endedSeq });
    for (const offer of [1, 2]) {
      db.run(
        "INSERT INTO offers (id, campaign_id, sku, title, price_minor, currency, limit_per_buyer, total, available, held, sold) VALUES (?, ?, ?, '', 1, 'CNY', 1, 0, 0, 0, 0)",
        [id + offer, id, String(offer)],
      );
    }
  }
  orders = Array.from({ length: ordersCount }, (_, n): Known => {
    const id = 1_000 + n * 3 + (n > 6_000 ? 100_000 : 0); // other events in between, and once very many
    const campaignId = n % 3 === 0 && id <= ended.endedSeq ? ended.id : open.id;
    const state = orderStates[n % 100 < 95 ? 0 : Math.floor(n / 4) % orderStates.length] ?? "reserved";
    const reservedAtMs = 1_000_000 + Math.floor(n / 40) * 10; // 40 orders share each time
    return { id, campaignId, offerId: campaignId + 1 + (n % 2), buyerId: `buyer-${n % 700}`, state, reservedAtMs };
  });
  insert(db, orders);
  search = new OrderSearch(db);
});

function insert(db: Database, some: readonly Known[]): void {
  const statement = db.prepare(
    "INSERT INTO orders (id, campaign_id, offer_id, buyer_id, quantity, amount_minor, state, last_seq, reserved_at_ms, expires_at_ms, salt) VALUES (?, ?, ?, ?, 1, 1, ?, ?, ?, 0, '')",
  );
  db.transaction(() => {
    for (const { id, campaignId, offerId, buyerId, state, reservedAtMs } of some)
      statement.run(id, campaignId, offerId, buyerId, state, id, reservedAtMs);
  })();
}

function expected(filter: OrderFilter): number[] {
  return orders
    .filter(
      ({ campaignId, offerId, buyerId, state, reservedAtMs }) =>
        (filter.campaignId ?? campaignId) === campaignId &&
        (filter.offerId ?? offerId) === offerId &&
        (filter.buyerId ?? buyerId) === buyerId &&
        (filter.state ?? state) === state &&
        reservedAtMs >= (filter.fromMs ?? 0) &&
        reservedAtMs < (filter.toMs ?? Number.POSITIVE_INFINITY),
    )
    .map(({ id }) => id);
}

function newestFirst(filter: OrderFilter, limit: number): number[] {
  const found: number[] = [];
  for (let before: number | null = Number.MAX_SAFE_INTEGER; before !== null; ) {
    const page = search.newestFirst(filter, before, limit);
    expect(page.orders.length).toBeLessThanOrEqual(limit);
    found.push(...page.orders.map(({ orderId }) => orderId));
    expect(page.next ?? 0).toBeLessThan(before);
    before = page.next;
  }
  return found;
}

function oldestFirst(filter: OrderFilter, limit: number): number[] {
  const found: number[] = [];
  let range = search.range(filter);
  for (let first: number | null = range.first; first !== null; ) {
    range = { ...range, first };
    const page = search.oldestFirst(filter, range, limit);
    expect(page.orders.length).toBeLessThanOrEqual(limit);
    found.push(...page.orders.map(({ orderId }) => orderId));
    expect(page.next ?? Number.POSITIVE_INFINITY).toBeGreaterThan(first);
    first = page.next;
  }
  return found;
}

const choices = {
  campaignId: [undefined, ended.id, open.id, 999],
  offerId: [undefined, ended.id + 1, open.id + 2, 999],
  buyerId: [undefined, "buyer-7", "nobody"],
  state: [undefined, "paid", "refund_due"],
  times: [{}, { fromMs: 1_000_990 }, { toMs: 1_001_000 }, { fromMs: 1_000_995, toMs: 1_001_991 }, { fromMs: 9e12 }],
} as const;

test("every combination finds exactly the orders that fit, from either end, on pages of any size", () => {
  let tried = 0;
  let fitting = 0;
  for (const campaignId of choices.campaignId)
    for (const offerId of choices.offerId)
      for (const buyerId of choices.buyerId)
        for (const state of choices.state)
          for (const times of choices.times) {
            const filter: OrderFilter = { campaignId, offerId, buyerId, state, ...times };
            const ids = expected(filter);
            const limit = [7, 50, 200][tried % 3] ?? 50;
            expect([filter, newestFirst(filter, limit)]).toEqual([filter, ids.toReversed()]);
            expect([filter, oldestFirst(filter, limit)]).toEqual([filter, ids]);
            tried += 1;
            fitting += ids.length === 0 ? 0 : 1;
          }
  expect(tried).toBe(4 * 4 * 3 * 3 * 5);
  expect(fitting).toBeGreaterThan(80);
});

test("a time begins with the first of the orders that share it, and ends before the first", () => {
  const [before, at] = [1_000_990, 1_001_000];
  expect(newestFirst({ fromMs: at, toMs: at + 1 }, 200)).toHaveLength(40);
  expect(newestFirst({ fromMs: before + 1, toMs: at }, 200)).toEqual([]);
  expect(newestFirst({ fromMs: before, toMs: at }, 200)).toHaveLength(40);
});

test("orders that come after a range was taken are not in it", () => {
  const db = openWriter(newFolder());
  insert(db, orders.slice(0, 10));
  const finder = new OrderSearch(db);
  const range = finder.range({});
  insert(db, orders.slice(10, 20));
  expect(finder.oldestFirst({}, range, 50).orders).toHaveLength(10);
  expect(finder.newestFirst({}, Number.MAX_SAFE_INTEGER, 50).orders).toHaveLength(20);
});

test("a page that finds little in 200,000 orders is short and says where to go on, and all pages find it", () => {
  const db = openWriter(newFolder());
  db.exec(
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000) INSERT INTO orders (id, campaign_id, offer_id, buyer_id, quantity, amount_minor, state, last_seq, reserved_at_ms, expires_at_ms, salt) SELECT i, 1, 2, 'b' || i, 1, 1, iif(i = 3, 'paid', 'expired'), i, i, i, '' FROM n",
  );
  const finder = new OrderSearch(db);
  const nexts: number[] = [];
  let found = 0;
  for (let before: number | null = 200_001; before !== null; ) {
    const page = finder.newestFirst({ state: "paid" }, before, 50);
    found += page.orders.length;
    before = page.next;
    if (before !== null) nexts.push(before);
  }
  expect(found).toBe(1);
  const looked = nexts.map((next, at) => (nexts[at - 1] ?? 200_001) - next);
  expect(looked.length).toBeGreaterThan(1);
  for (const count of looked) expect(count).toBeLessThanOrEqual(32_768);
});
