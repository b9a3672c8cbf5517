/**
 * An independent look at a data folder: plain SQL on a copy, and the rules of the sale written down a second time
 * without the program's own code. Replays the events one by one and holds every row against what they add up to. Proves
 * that what is stored is a lawful history; not that nothing is missing from it: that takes the clients' own journals.
 */
import { Database } from "bun:sqlite";
import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface StoredOrder {
  readonly id: number;
  readonly offer_id: number;
  readonly buyer_id: string;
  readonly quantity: number;
  readonly state: string;
  readonly last_seq: number;
  readonly reserved_at_ms: number;
  readonly expires_at_ms: number;
  readonly ended_at_ms: number | null;
  readonly idempotency_key: string | null;
}

export interface StoredOffer {
  readonly id: number;
  readonly limit_per_buyer: number;
  readonly total: number;
  readonly available: number;
  readonly held: number;
  readonly sold: number;
}

export interface StoredEvent {
  readonly seq: number;
  readonly at_ms: number;
  readonly type: string;
  readonly offer_id: number | null;
  readonly order_id: number | null;
  readonly previous_seq: number | null;
  readonly available: number;
  readonly held: number;
  readonly sold: number;
}

export interface Ledger {
  readonly orders: readonly StoredOrder[];
  readonly offers: readonly StoredOffer[];
  readonly events: readonly StoredEvent[];
  readonly integrity: string;
}

/** Copies the database and its log, as they are at this moment, into a new folder. Only sound when nobody writes. */
export function copyFolder(folder: string): string {
  const copy = mkdtempSync(join(tmpdir(), "rushbox-copy-"));
  for (const name of ["rushbox.db", "rushbox.db-wal"]) {
    if (existsSync(join(folder, name))) copyFileSync(join(folder, name), join(copy, name));
  }
  return copy;
}

/** Everything that the folder holds. Reads a copy, so that whoever starts on the folder next finds the log untouched. */
export function readLedger(folder: string): Ledger {
  const copy = copyFolder(folder);
  try {
    using db = new Database(join(copy, "rushbox.db"));
    const rows = <T>(sql: string) => db.query(sql).all() as T[];
    const integrity = rows<{ integrity_check: string }>("PRAGMA integrity_check").map((row) => row.integrity_check);
    return {
      orders: rows<StoredOrder>("SELECT * FROM orders ORDER BY id"),
      offers: rows<StoredOffer>("SELECT * FROM offers ORDER BY id"),
      events: rows<StoredEvent>("SELECT * FROM events ORDER BY seq"),
      integrity: integrity.join("\n"),
    };
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/** Every rule that the folder breaks, in words; empty when it is a lawful history of a sale. */
export function violationsIn({ orders, offers, events, integrity }: Ledger): string[] {
  const found: string[] = integrity === "ok" ? [] : [`integrity_check: ${integrity}`];
  const offerById = new Map(offers.map((offer) => [offer.id, offer]));
  const orderById = new Map(orders.map((order) => [order.id, order]));
  const counts = new Map<number, { available: number; held: number; sold: number }>();
  const units = new Map<string, number>();
  const chains = new Map<number, { last: number; type: string }>();
  events.forEach((event, index) => {
    const { seq, type, offer_id: offerId, order_id: orderId } = event;
    if (seq !== index + 1) found.push(`event ${seq} stands at place ${index + 1}`);
    if (offerId === null) return;
    const offer = offerById.get(offerId);
    if (offer === undefined) {
      found.push(`event ${seq} is about offer ${offerId}, which is not stored`);
      return;
    }
    const count = counts.get(offerId) ?? { available: 0, held: 0, sold: 0 };
    count.available += event.available;
    count.held += event.held;
    count.sold += event.sold;
    counts.set(offerId, count);
    if (count.available < 0 || count.held < 0 || count.sold < 0)
      found.push(`oversold: offer ${offerId} at event ${seq}`);
    if (orderId === null) return;
    const order = orderById.get(orderId);
    if (order === undefined) {
      found.push(`event ${seq} is about order ${orderId}, which is not stored`);
      return;
    }
    const chain = chains.get(orderId);
    if (chain === undefined ? type !== "order_reserved" || seq !== orderId : event.previous_seq !== chain.last) {
      found.push(`event ${seq} (${type}) does not follow the last one of order ${orderId}`);
    }
    if (chain !== undefined && !(followersOf[chain.type] ?? []).includes(type)) {
      found.push(`event ${seq}: ${type} after ${chain.type} of order ${orderId}`);
    }
    chains.set(orderId, { last: seq, type });
    const owner = `${order.buyer_id} of ${offerId}`;
    const held = (units.get(owner) ?? 0) + order.quantity * (unitsOf[type] ?? 0);
    units.set(owner, held);
    if (held > offer.limit_per_buyer) found.push(`limit broken: ${owner} has ${held} at event ${seq}`);
  });
  const sums = new Map<string, number>();
  for (const { offer_id: offer, state, quantity } of orders) {
    sums.set(`${offer} ${state}`, (sums.get(`${offer} ${state}`) ?? 0) + quantity);
  }
  for (const { id, total, available, held, sold } of offers) {
    const count = counts.get(id);
    if (available + held + sold !== total) found.push(`offer ${id}: ${available} + ${held} + ${sold} is not ${total}`);
    if (count?.available !== available || count.held !== held || count.sold !== sold) {
      found.push(`offer ${id}: row ${available}/${held}/${sold}, events ${JSON.stringify(count)}`);
    }
    if ((sums.get(`${id} reserved`) ?? 0) !== held || (sums.get(`${id} paid`) ?? 0) !== sold) {
      found.push(`offer ${id}: its orders do not add up to its row`);
    }
  }
  const keys = new Set<string>();
  for (const { id, state, last_seq: last, buyer_id: buyer, idempotency_key: key } of orders) {
    const chain = chains.get(id);
    if (chain?.last !== last || stateAfter[chain.type] !== state)
      found.push(`order ${id} is ${state}, not as its events`);
    if (key === null) continue;
    if (keys.has(`${buyer}\n${key}`)) found.push(`two orders of ${buyer} under the key ${key}`);
    keys.add(`${buyer}\n${key}`);
  }
  return found;
}

/** The stored order under each key of each buyer, by `keyOf`. */
export function ordersByKey({ orders }: Ledger): Map<string, StoredOrder> {
  return new Map(
    orders.flatMap((order) =>
      order.idempotency_key === null ? [] : [[keyOf(order.buyer_id, order.idempotency_key), order] as const],
    ),
  );
}

export function keyOf(buyer: string, key: string): string {
  return `${buyer}\n${key}`;
}

/** The number in a public id. */
export function numberOf(id: string): number {
  return Number.parseInt(id.slice(4), 36);
}

const unitsOf: Readonly<Record<string, number>> = {
  order_reserved: 1,
  order_rereserved: 1,
  order_cancelled: -1,
  order_expired: -1,
};

const followersOf: Readonly<Record<string, readonly string[]>> = {
  order_reserved: ["order_paid", "order_cancelled", "order_expired"],
  order_rereserved: ["order_paid"],
  order_expired: ["order_rereserved", "order_refund_due"],
  order_cancelled: ["order_refund_due"],
};

const stateAfter: Readonly<Record<string, string>> = {
  order_reserved: "reserved",
  order_rereserved: "reserved",
  order_paid: "paid",
  order_cancelled: "cancelled",
  order_expired: "expired",
  order_refund_due: "refund_due",
};
