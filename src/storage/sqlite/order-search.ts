/**
 * Finds orders by what is asked of them, without an index of its own: an order's id is its sequence number, so a
 * campaign, an offer and a time each say between which ids to look, and a buyer's orders have their index. What is left
 * is looked through, `rowsPerSearchMax` at a time at most: a page may be short, even empty, and says where to go on.
 */
import type { Database, Statement } from "bun:sqlite";
import type { OrderRecord } from "../../domain/order.ts";
import type { IdRange, OrderFilter, OrderPage } from "../../domain/order-filter.ts";
import { idsPerPage, orderColumns, pageBits } from "./reader.ts";

/** Orders that one search may look through: 5 ms where hardly any fits. */
const rowsPerSearchMax = 32_768;
/** Orders in its first read, then four times as many: most searches are for what has just been bought. */
const rowsPerReadMin = 256;
/** The same in pages of the index `orders_by_buyer`: 4 million ids, some ten milliseconds. */
const pagesPerSearchMax = 4_096;
const pagesPerReadMin = 4;

type Values = [
  first: number,
  end: number,
  campaignId: number | null,
  offerId: number | null,
  state: string | null,
  buyerId: string | null,
  limit: number,
];

/** What is the same for a search that goes down the ids and one that goes up. */
interface Direction {
  readonly sign: 1 | -1;
  /** The id that is the given number of orders ahead, between two ids. */
  readonly ahead: Statement<{ id: number }, [first: number, end: number, rows: number]>;
  readonly orders: Statement<OrderRecord, Values>;
  readonly ordersOfBuyer: Statement<OrderRecord, Values>;
}

const filtered =
  "(?3 IS NULL OR orders.campaign_id = ?3) AND (?4 IS NULL OR orders.offer_id = ?4) AND (?5 IS NULL OR orders.state = ?5)";

export class OrderSearch {
  readonly #newestFirst: Direction;
  readonly #oldestFirst: Direction;
  readonly #lastOrder: Statement<{ id: number }, []>;
  readonly #orderFrom: Statement<{ id: number; reservedAtMs: number }, [id: number]>;
  readonly #campaign: Statement<{ endedSeq: number | null }, [id: number]>;
  readonly #offer: Statement<{ campaignId: number }, [id: number]>;

  constructor(db: Database) {
    this.#newestFirst = direction(db, -1);
    this.#oldestFirst = direction(db, 1);
    this.#lastOrder = db.prepare("SELECT id FROM orders ORDER BY id DESC LIMIT 1");
    this.#orderFrom = db.prepare(
      "SELECT id, reserved_at_ms AS reservedAtMs FROM orders WHERE id >= ? ORDER BY id LIMIT 1",
    );
    this.#campaign = db.prepare("SELECT ended_seq AS endedSeq FROM campaigns WHERE id = ?");
    this.#offer = db.prepare("SELECT campaign_id AS campaignId FROM offers WHERE id = ?");
  }

  /** Where all orders stand that fit now; those that come later are beyond it. */
  range({ campaignId, offerId, fromMs, toMs }: OrderFilter): IdRange {
    let range = { first: 1, end: (this.#lastOrder.get()?.id ?? 0) + 1 };
    const within = (first: number, end: number) => {
      range = { first: Math.max(range.first, first), end: Math.min(range.end, end) };
    };
    if (campaignId !== undefined) within(campaignId, this.#endOfCampaign(campaignId));
    if (offerId !== undefined) within(offerId, this.#endOfCampaign(this.#offer.get(offerId)?.campaignId ?? null));
    if (fromMs !== undefined) within(this.#firstAt(fromMs, range), range.end);
    if (toMs !== undefined) within(range.first, this.#firstAt(toMs, range));
    return range;
  }

  /** Orders that fit and have smaller ids than `before`, newest first. */
  newestFirst(filter: OrderFilter, before: number, limit: number): OrderPage {
    const { first, end } = this.range(filter);
    return search(this.#newestFirst, filter, { first, end: Math.min(end, before) }, limit);
  }

  /** Orders that fit within a range, oldest first; `next` is where the range that is left begins. */
  oldestFirst(filter: OrderFilter, range: IdRange, limit: number): OrderPage {
    return search(this.#oldestFirst, filter, range, limit);
  }

  /** Beyond all orders of a campaign: the last one may be the very order that was offered to its waitlist last. */
  #endOfCampaign(campaignId: number | null): number {
    const campaign = campaignId === null ? null : this.#campaign.get(campaignId);
    return campaign === null ? 0 : (campaign.endedSeq ?? Number.MAX_SAFE_INTEGER - 1) + 1;
  }

  /** The first id in a range from which on every order was reserved at that time or later: times rise with ids. */
  #firstAt(ms: number, { first, end }: IdRange): number {
    let [low, high] = [first, end];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const order = this.#orderFrom.get(middle);
      if (order === null || order.reservedAtMs >= ms) high = middle;
      else low = order.id + 1;
    }
    return high;
  }
}

function direction(db: Database, sign: 1 | -1): Direction {
  const order = sign === 1 ? "ASC" : "DESC";
  const [from, to, step, until] = sign === 1 ? ["?1", "?2 - 1", "+ 1", "<"] : ["?2 - 1", "?1", "- 1", ">"];
  return {
    sign,
    ahead: db.prepare(`SELECT id FROM orders WHERE id >= ?1 AND id < ?2 ORDER BY id ${order} LIMIT 1 OFFSET ?3`),
    orders: db.prepare(
      `SELECT ${orderColumns} FROM orders WHERE id >= ?1 AND id < ?2 AND ${filtered}
      ORDER BY id ${order} LIMIT ?7`,
    ),
    ordersOfBuyer: db.prepare(
      `WITH RECURSIVE page (number) AS
        (VALUES ((${from}) >> ${pageBits}) UNION ALL SELECT number ${step} FROM page WHERE number ${until} (${to}) >> ${pageBits})
      SELECT ${orderColumns} FROM page CROSS JOIN orders
      WHERE orders.id >> ${pageBits} = page.number AND orders.buyer_id = ?6 AND orders.id >= ?1 AND orders.id < ?2 AND ${filtered}
      ORDER BY orders.id ${order} LIMIT ?7`,
    ),
  };
}

function search(way: Direction, filter: OrderFilter, range: IdRange, limit: number): OrderPage {
  const { sign, orders, ordersOfBuyer } = way;
  const found: OrderRecord[] = [];
  const { campaignId = null, offerId = null, state = null, buyerId = null } = filter;
  const statement = buyerId === null ? orders : ordersOfBuyer;
  const reads = buyerId === null ? rowReads(way, range) : pageReads(way, range);
  for (const { first, end } of reads) {
    const most = limit + 1 - found.length;
    found.push(...statement.all(first, end, campaignId, offerId, state, buyerId, most));
    const last = found[limit - 1];
    if (found.length > limit && last !== undefined)
      return { orders: found.slice(0, limit), next: sign === 1 ? last.orderId + 1 : last.orderId };
    range = sign === 1 ? { ...range, first: end } : { ...range, end: first };
  }
  if (range.first >= range.end) return { orders: found, next: null };
  return { orders: found, next: sign === 1 ? range.first : range.end };
}

/** Parts of a range, one after the other, with a bounded number of orders in all. */
function* rowReads({ sign, ahead }: Direction, { first, end }: IdRange): Generator<IdRange, void> {
  let rows = rowsPerReadMin;
  for (let left = rowsPerSearchMax; left > 0 && first < end; rows = Math.min(rows * 4, left)) {
    left -= rows;
    const beyond = ahead.get(first, end, rows)?.id;
    if (sign === 1) {
      const stop = beyond ?? end;
      yield { first, end: stop };
      first = stop;
    } else {
      const stop = beyond === undefined ? first : beyond + 1;
      yield { first: stop, end };
      end = stop;
    }
  }
}

/** Parts of a range, one after the other, that end where pages of the index do, with a bounded number of pages in all. */
function* pageReads({ sign }: Direction, { first, end }: IdRange): Generator<IdRange, void> {
  let pages = pagesPerReadMin;
  for (let left = pagesPerSearchMax; left > 0 && first < end; pages = Math.min(pages * 2, left)) {
    left -= pages;
    if (sign === 1) {
      const stop = Math.min(end, (Math.floor(first / idsPerPage) + pages) * idsPerPage);
      yield { first, end: stop };
      first = stop;
    } else {
      const stop = Math.max(first, (Math.floor((end - 1) / idsPerPage) - pages + 1) * idsPerPage);
      yield { first: stop, end };
      end = stop;
    }
  }
}
