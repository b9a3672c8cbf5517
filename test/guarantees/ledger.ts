/**
 * An independent look at a data folder: plain SQL on a copy, and the rules of the sale written down a second time
 * without the program's own code. Replays the events one by one and holds every row against what they add up to. Proves
 * that what is stored is a lawful history; not that nothing is missing from it: that takes the clients' own journals.
 */
import { Database } from "bun:sqlite";
import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { admissionViolations, drawnOrder } from "./admission.ts";

export interface StoredOrder {
  readonly id: number;
  readonly offer_id: number;
  readonly buyer_id: string;
  readonly quantity: number;
  readonly amount_minor: number;
  readonly state: string;
  readonly last_seq: number;
  readonly reserved_at_ms: number;
  readonly expires_at_ms: number;
  readonly ended_at_ms: number | null;
  readonly idempotency_key: string | null;
  readonly actor: string | null;
  readonly erased_seq: number | null;
}

export interface StoredPayment {
  readonly id: number;
  readonly order_id: number;
  readonly provider: string;
  readonly reference: string | null;
  readonly amount_minor: number;
  readonly state: string;
}

export interface StoredEntry {
  readonly id: number;
  readonly offer_id: number;
  readonly buyer_id: string;
  readonly state: string;
  readonly order_id: number | null;
}

export interface StoredPlace {
  readonly id: number;
  readonly actor: string | null;
  readonly state: string;
  readonly expires_at_ms: number | null;
}

export interface StoredDraw {
  readonly offer_id: number;
  readonly campaign_id: number;
  readonly root: string;
  readonly count: number;
  readonly secret: string | null;
  readonly beacon_randomness: string | null;
}

export interface StoredCampaign {
  readonly id: number;
  readonly admission: string;
  readonly pass_window_s: number;
  readonly agent_share_percent: number | null;
  readonly secret: string | null;
  readonly commitment: string | null;
  readonly queue_drawn_seq: number | null;
}

export interface StoredOffer {
  readonly id: number;
  readonly limit_per_buyer: number;
  readonly total: number;
  readonly available: number;
  readonly held: number;
  readonly sold: number;
}

/** Its columns stand in the order in which they are hashed. */
export interface StoredEvent {
  readonly seq: number;
  readonly at_ms: number;
  readonly type: string;
  readonly campaign_id: number | null;
  readonly offer_id: number | null;
  readonly order_id: number | null;
  readonly previous_seq: number | null;
  readonly available: number;
  readonly held: number;
  readonly sold: number;
  readonly details: string | null;
  readonly hash: string;
}

export interface Ledger {
  readonly orders: readonly StoredOrder[];
  readonly payments: readonly StoredPayment[];
  readonly waitlist: readonly StoredEntry[];
  readonly queue: readonly StoredPlace[];
  readonly draws: readonly StoredDraw[];
  readonly campaigns: readonly StoredCampaign[];
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
      payments: rows<StoredPayment>("SELECT * FROM payments ORDER BY id"),
      waitlist: rows<StoredEntry>("SELECT * FROM waitlist ORDER BY id"),
      queue: rows<StoredPlace>("SELECT * FROM queue ORDER BY id"),
      draws: rows<StoredDraw>("SELECT * FROM draws ORDER BY offer_id"),
      campaigns: rows<StoredCampaign>("SELECT * FROM campaigns ORDER BY id"),
      offers: rows<StoredOffer>("SELECT * FROM offers ORDER BY id"),
      events: rows<StoredEvent>(
        "SELECT seq, at_ms, type, campaign_id, offer_id, order_id, previous_seq, available, held, sold, nullif(lower(hex(details)), '') AS details, lower(hex(hash)) AS hash FROM events ORDER BY seq",
      ),
      integrity: integrity.join("\n"),
    };
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/** Every rule that the folder breaks, in words; empty when it is a lawful history of a sale. */
export function violationsIn(ledger: Ledger): string[] {
  const { orders, offers, events, integrity } = ledger;
  const found: string[] = integrity === "ok" ? [] : [`integrity_check: ${integrity}`];
  found.push(...brokenHashesIn(events));
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
    if (chain === undefined ? !beginnings.includes(type) || seq !== orderId : event.previous_seq !== chain.last) {
      found.push(`event ${seq} (${type}) does not follow the last one of order ${orderId}`);
    }
    const isMove = !type.startsWith("payment_"); // the others leave the order as it is
    if (chain !== undefined && isMove && !(followersOf[chain.type] ?? []).includes(type)) {
      found.push(`event ${seq}: ${type} after ${chain.type} of order ${orderId}`);
    }
    chains.set(orderId, { last: seq, type: isMove ? type : (chain?.type ?? type) });
    const owner = `${order.buyer_id} of ${offerId}`;
    const held = (units.get(owner) ?? 0) + order.quantity * (unitsOf[type] ?? 0);
    units.set(owner, held);
    if (order.erased_seq === null && held > offer.limit_per_buyer)
      found.push(`limit broken: ${owner} has ${held} at event ${seq}`);
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
  return [...found, ...paymentViolations(ledger), ...waitlistViolations(ledger), ...admissionViolations(ledger)];
}

/** Each payment came with an event, and is in one place: it pays for its order, or it is returned or to be returned. */
function paymentViolations({ orders, payments, events }: Ledger): string[] {
  const found: string[] = [];
  const eventBySeq = new Map(events.map((event) => [event.seq, event]));
  const paymentIds = new Set(payments.map(({ id }) => id));
  const accepted = new Map<number, StoredPayment[]>();
  const returned = new Map<number, number>();
  for (const payment of payments) {
    const { id, order_id: orderId, state } = payment;
    const event = eventBySeq.get(id);
    if (event?.order_id !== orderId || !paymentTypes.includes(event.type)) found.push(`payment ${id} has no event`);
    if (state === "accepted") accepted.set(orderId, [...(accepted.get(orderId) ?? []), payment]);
    if (state === "refunded") returned.set(orderId, (returned.get(orderId) ?? 0) + 1);
  }
  for (const { seq, type, order_id: orderId } of events) {
    if (paymentTypes.includes(type) && !paymentIds.has(seq)) found.push(`the payment of event ${seq} is not stored`);
    if (orderId !== null && type.endsWith("_refunded")) returned.set(orderId, (returned.get(orderId) ?? 0) - 1);
  }
  for (const [orderId, count] of returned) if (count !== 0) found.push(`order ${orderId}: ${count} refunds too many`);
  for (const { id, state, amount_minor: amount } of orders) {
    const paying = accepted.get(id) ?? [];
    if (paying.length !== (state === "paid" ? 1 : 0))
      found.push(`order ${id} is ${state} by ${paying.length} payments`);
    if (paying.some((payment) => payment.amount_minor !== amount)) found.push(`order ${id} costs another amount`);
  }
  return found;
}

/** Units that return go to who is first in line, by joining or by the draw, and nobody buys past the line. */
function waitlistViolations(ledger: Ledger): string[] {
  const { orders, waitlist, events } = ledger;
  const found: string[] = [];
  const orderById = new Map(orders.map((order) => [order.id, order]));
  const entryById = new Map(waitlist.map((entry) => [entry.id, entry]));
  const lines = new Map<number, number[]>();
  const entered = new Map<number, number[]>();
  const ends = new Map<number, { state: string; orderId: number | null }>();
  for (const { seq, type, offer_id: offerId, previous_seq: entryId } of events) {
    if (offerId === null) continue;
    const line = lines.get(offerId) ?? [];
    lines.set(offerId, line);
    if (type === "order_reserved" && line.length > 0)
      found.push(`order ${seq} was bought past ${line.length} who wait`);
    if (type === "draw_made") {
      const order = drawnOrder(ledger, offerId, entered.get(offerId) ?? []);
      line.sort((a, b) => order.indexOf(a) - order.indexOf(b));
    }
    if (type === "draw_entered") entered.set(offerId, [...(entered.get(offerId) ?? []), seq]);
    if (type === "waitlist_joined" || type === "draw_entered") {
      line.push(seq);
      ends.set(seq, { state: "waiting", orderId: null });
    }
    if ((type !== "waitlist_left" && type !== "order_offered") || entryId === null) continue;
    const place = line.indexOf(entryId);
    const isOffered = type === "order_offered";
    if (isOffered ? place !== 0 : place < 0) found.push(`${type} ${seq}: entry ${entryId} is at place ${place}`);
    if (place >= 0) line.splice(place, 1);
    ends.set(entryId, { state: isOffered ? "offered" : "left", orderId: isOffered ? seq : null });
    const buyers = [orderById.get(seq)?.buyer_id, entryById.get(entryId)?.buyer_id];
    if (isOffered && !buyers.includes("") && buyers[0] !== buyers[1])
      found.push(`order ${seq} was offered to somebody else`);
  }
  if (ends.size !== waitlist.length) found.push(`${waitlist.length} entries of ${ends.size} joinings`);
  for (const { id, state, order_id: orderId } of waitlist) {
    const end = ends.get(id);
    if (end?.state !== state || end.orderId !== orderId) found.push(`entry ${id} is ${state}, not as its events`);
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

/** Every row has the hash of itself after the one before. */
function brokenHashesIn(events: readonly StoredEvent[]): string[] {
  const found: string[] = [];
  let previous = "0".repeat(64);
  for (const { hash, ...row } of events) {
    const text = [previous, ...Object.values(row)].map((value) => value ?? "").join("\n");
    if (new Bun.CryptoHasher("sha256").update(text).digest("hex") !== hash)
      found.push(`event ${row.seq} has no such hash`);
    previous = hash;
  }
  return found;
}

const beginnings = ["order_reserved", "order_offered"];
const paymentTypes = ["order_paid", "order_refund_due", "payment_refund_due"];

const unitsOf: Readonly<Record<string, number>> = {
  order_reserved: 1,
  order_offered: 1,
  order_rereserved: 1,
  order_cancelled: -1,
  order_expired: -1,
  order_refund_requested: -1,
};

const followersOf: Readonly<Record<string, readonly string[]>> = {
  order_reserved: ["order_paid", "order_cancelled", "order_expired"],
  order_offered: ["order_paid", "order_cancelled", "order_expired"],
  order_rereserved: ["order_paid"],
  order_paid: ["order_refund_requested"],
  order_expired: ["order_rereserved", "order_refund_due"],
  order_cancelled: ["order_refund_due"],
  order_refund_due: ["order_refunded"],
  order_refund_requested: ["order_refunded"],
};

const stateAfter: Readonly<Record<string, string>> = {
  order_reserved: "reserved",
  order_offered: "reserved",
  order_rereserved: "reserved",
  order_paid: "paid",
  order_cancelled: "cancelled",
  order_expired: "expired",
  order_refund_due: "refund_due",
  order_refund_requested: "refund_due",
  order_refunded: "refunded",
};
