/**
 * Verifies a sale against itself, from one read transaction: the file, then that the journal of events is whole, and
 * that campaigns, offers and orders are exactly what it adds up to. The rules are written down here a second time, on
 * purpose: what the engine got wrong would otherwise be checked by the same mistake.
 *
 * Memory is bounded by the campaigns and offers: events and orders stream past, once by `seq`, once by order, sorted by
 * SQLite in temporary files. A million orders with two events each take some 20 s.
 */
import { Database } from "bun:sqlite";
import type { CampaignState } from "../../domain/campaign.ts";
import type { Event } from "../../domain/event.ts";
import { formatId } from "../../domain/ids.ts";
import type { OrderState } from "../../domain/order.ts";
import { applyMigrations, missingMigrations } from "./migrate.ts";

/** One thing that must hold, how much of it was looked at, and the first place where it does not. */
export class Check {
  readonly name: string;
  /** What is counted, in the singular. */
  readonly noun: string;
  readonly promise: string;
  count = 0;
  failureCount = 0;
  firstFailure: string | null = null;

  constructor(name: string, noun: string, promise: string) {
    this.name = name;
    this.noun = noun;
    this.promise = promise;
  }

  fail(failure: string): void {
    this.failureCount += 1;
    this.firstFailure ??= failure;
  }
}

/** Is told now and then how many rows of a kind have passed. */
export type Progress = (noun: string, count: number) => void;

/** Yields each check when it is done. Ends early when the rest could not be read. */
export function* verifySale(db: Database, progress: Progress = () => {}): Generator<Check, void> {
  db.exec("PRAGMA cache_size = -65536"); // KiB: what SQLite sorts in memory before it takes a temporary file
  db.exec("BEGIN"); // from the first read on, what a running server adds is not seen
  try {
    progress("file", 0);
    yield checkFile(db);
    const schema = checkSchema(db);
    yield schema;
    if (schema.failureCount > 0) return;
    const sale = readSale(db);
    yield* checkEvents(db, sale, progress);
    yield* checkOrders(db, sale, progress);
    progress("limits", 0);
    yield checkLimits(db);
    progress("keys", 0);
    yield checkKeys(db);
  } finally {
    db.exec("ROLLBACK");
  }
}

interface CampaignRow {
  readonly id: number;
  readonly state: CampaignState;
  readonly opensAtMs: number | null;
  readonly closesAtMs: number | null;
  readonly paymentWindowS: number;
  readonly createdAtMs: number;
  readonly endedSeq: number | null;
  /** What the events make of it. */
  replayed: CampaignState | null;
  replayedEndedSeq: number | null;
}

interface Units {
  available: number;
  held: number;
  sold: number;
}

interface OfferRow extends Readonly<Units> {
  readonly id: number;
  readonly campaignId: number;
  readonly priceMinor: number;
  readonly total: number;
  /** What the events add up to. */
  readonly moved: Units;
  /** What the orders add up to. */
  readonly ordered: Omit<Units, "available">;
  isCreated: boolean;
}

interface Sale {
  readonly campaigns: ReadonlyMap<number, CampaignRow>;
  readonly offers: ReadonlyMap<number, OfferRow>;
}

interface EventRow extends Readonly<Units> {
  readonly seq: number;
  readonly atMs: number;
  readonly type: string;
  readonly campaignId: number;
  readonly offerId: number | null;
  readonly orderId: number | null;
  readonly previousSeq: number | null;
}

interface OrderRow {
  readonly id: number;
  readonly campaignId: number;
  readonly offerId: number;
  readonly quantity: number;
  readonly amountMinor: number;
  readonly state: OrderState;
  readonly lastSeq: number;
  readonly reservedAtMs: number;
  readonly expiresAtMs: number;
  readonly paidAtMs: number | null;
  readonly endedAtMs: number | null;
}

type Subject = "campaign" | "offer" | "order";

/** What an event is about, and where it moves one unit: available, held, sold. */
const eventRules: Readonly<Partial<Record<Event["type"], readonly [about: Subject, ...unit: readonly number[]]>>> = {
  campaign_created: ["campaign", 0, 0, 0],
  campaign_published: ["campaign", 0, 0, 0],
  campaign_opened: ["campaign", 0, 0, 0],
  campaign_paused: ["campaign", 0, 0, 0],
  campaign_resumed: ["campaign", 0, 0, 0],
  campaign_ended: ["campaign", 0, 0, 0],
  offer_created: ["offer", 1, 0, 0],
  offer_restocked: ["offer", 1, 0, 0],
  order_reserved: ["order", -1, 1, 0],
  order_rereserved: ["order", -1, 1, 0],
  order_paid: ["order", 0, -1, 1],
  order_cancelled: ["order", 1, -1, 0],
  order_expired: ["order", 1, -1, 0],
  order_refund_due: ["order", 0, 0, 0],
};

const campaignMoves: Readonly<Record<string, { from: readonly (CampaignState | null)[]; to: CampaignState }>> = {
  campaign_created: { from: [null], to: "draft" },
  campaign_published: { from: ["draft"], to: "scheduled" },
  campaign_opened: { from: ["scheduled"], to: "open" },
  campaign_paused: { from: ["open"], to: "paused" },
  campaign_resumed: { from: ["paused"], to: "open" },
  campaign_ended: { from: ["draft", "scheduled", "open", "paused"], to: "ended" },
};

const orderMoves: Readonly<Record<string, { from: readonly (OrderState | null)[]; to: OrderState }>> = {
  order_reserved: { from: [null], to: "reserved" },
  order_rereserved: { from: ["expired"], to: "reserved" },
  order_paid: { from: ["reserved"], to: "paid" },
  order_cancelled: { from: ["reserved"], to: "cancelled" },
  order_expired: { from: ["reserved"], to: "expired" },
  order_refund_due: { from: ["expired", "cancelled"], to: "refund_due" },
};

/** What Litestream makes in a database that it replicates, word for word: one of them or both, by its version. */
const replicatorTables: ReadonlyMap<string, string> = new Map([
  ["_litestream_seq", "CREATE TABLE _litestream_seq (id INTEGER PRIMARY KEY, seq INTEGER)"],
  ["_litestream_lock", "CREATE TABLE _litestream_lock (id INTEGER)"],
]);

const eventColumns =
  "seq, at_ms AS atMs, type, campaign_id AS campaignId, offer_id AS offerId, order_id AS orderId, previous_seq AS previousSeq, available, held, sold";
const progressEvery = 50_000;

/** The pages, rows, indexes and constraints, as SQLite itself checks them. */
function checkFile(db: Database): Check {
  const check = new Check("file", "page", "pages, rows, indexes and constraints are whole");
  check.count = (db.query("PRAGMA page_count").get() as { page_count: number }).page_count;
  try {
    const found = db.query("PRAGMA integrity_check(10)").all() as { integrity_check: string }[];
    for (const { integrity_check: line } of found) if (line !== "ok") check.fail(line);
    const orphans = db.query("PRAGMA foreign_key_check").all() as { table: string; rowid: number; parent: string }[];
    for (const { table, rowid, parent } of orphans) check.fail(`row ${rowid} of ${table} has none in ${parent}`);
  } catch (cause) {
    check.fail(textOf(cause));
  }
  return check;
}

/** The tables are those that the migrations make: nobody has taken away a constraint. */
function checkSchema(db: Database): Check {
  const check = new Check("schema", "table", "tables are as this version makes them");
  for (const { name } of missingMigrations(db)) check.fail(`migration ${name} is missing: run 'rushbox migrate'`);
  if (check.failureCount > 0) return check;
  using fresh = new Database(":memory:", { strict: true });
  applyMigrations(fresh);
  const definitions = (of: Database) =>
    new Map(
      (
        of.query("SELECT name, type, sql FROM sqlite_schema").all() as { name: string; type: string; sql: string }[]
      ).map((row) => [row.name, row]),
    );
  const [found, expected] = [definitions(db), definitions(fresh)];
  for (const [name, { type, sql }] of expected) {
    if (type === "table") check.count += 1;
    if (!found.has(name)) check.fail(`${type} ${name} is missing`);
    else if (found.get(name)?.sql !== sql) check.fail(`${type} ${name} was changed: ${found.get(name)?.sql}`);
  }
  for (const [name, { type, sql }] of found) {
    const isKnown = expected.has(name) || name.startsWith("sqlite_stat") || replicatorTables.get(name) === sql;
    if (!isKnown) check.fail(`${type} ${name} is not ours`);
  }
  return check;
}

function readSale(db: Database): Sale {
  const campaigns = db
    .query(
      "SELECT id, state, opens_at_ms AS opensAtMs, closes_at_ms AS closesAtMs, payment_window_s AS paymentWindowS, created_at_ms AS createdAtMs, ended_seq AS endedSeq FROM campaigns",
    )
    .all() as Omit<CampaignRow, "replayed" | "replayedEndedSeq">[];
  const offers = db
    .query(
      "SELECT id, campaign_id AS campaignId, price_minor AS priceMinor, total, available, held, sold FROM offers ORDER BY id",
    )
    .all() as Omit<OfferRow, "moved" | "ordered" | "isCreated">[];
  return {
    campaigns: new Map(campaigns.map((row) => [row.id, { ...row, replayed: null, replayedEndedSeq: null }])),
    offers: new Map(
      offers.map((row) => [
        row.id,
        { ...row, moved: { available: 0, held: 0, sold: 0 }, ordered: { held: 0, sold: 0 }, isCreated: false },
      ]),
    ),
  };
}

/** One pass over the journal in its order, which gives four checks. */
function* checkEvents(db: Database, sale: Sale, progress: Progress): Generator<Check> {
  const sequence = new Check("sequence", "event", "events are 1 to n without a gap, and never go back in time");
  const movements = new Check("movements", "event", "every event moves what its kind moves, no count is ever negative");
  const campaigns = new Check("campaigns", "campaign", "they moved only as they may, and sold only while open");
  const offers = new Check("offers", "offer", "available + held + sold = total, as the events add up");
  try {
    let before: Pick<EventRow, "seq" | "atMs"> = { seq: 0, atMs: 0 };
    const events = db.query(`SELECT ${eventColumns} FROM events ORDER BY seq`).iterate() as Iterable<EventRow>;
    for (const event of events) {
      sequence.count += 1;
      checkSequence(sequence, event, before);
      failEvent(movements, event, problemOfMovement(sale, event));
      failEvent(campaigns, event, problemOfCampaignMove(sale, event));
      before = { seq: event.seq, atMs: event.atMs };
      if (sequence.count % progressEvery === 0) progress("events", sequence.count);
    }
  } catch (cause) {
    sequence.fail(`the events cannot be read: ${textOf(cause)}`);
  }
  movements.count = sequence.count;
  for (const campaign of sale.campaigns.values()) {
    campaigns.count += 1;
    checkCampaign(campaigns, campaign);
  }
  for (const offer of sale.offers.values()) {
    offers.count += 1;
    checkOffer(offers, offer);
  }
  yield sequence;
  yield movements;
  yield campaigns;
  yield offers;
}

function failEvent(check: Check, { seq, type }: EventRow, problem: string | null): void {
  if (problem !== null) check.fail(`event ${seq} (${type}) ${problem}`);
}

function checkSequence(check: Check, event: EventRow, before: Pick<EventRow, "seq" | "atMs">): void {
  const expected = before.seq + 1;
  if (event.seq !== expected) {
    const missing = event.seq - 1 > expected ? `events ${expected} to ${event.seq - 1} are` : `event ${expected} is`;
    check.fail(`${missing} missing`);
  }
  if (event.atMs < before.atMs) {
    check.fail(`event ${event.seq} is ${before.atMs - event.atMs} ms earlier than event ${before.seq}`);
  }
}

/** What is wrong with what an event moves; counts it into its offer where it can. */
function problemOfMovement(sale: Sale, event: EventRow): string | null {
  const { type, available, held, sold, offerId, orderId, previousSeq } = event;
  const rule = eventRules[type as Event["type"]];
  if (rule === undefined) return "is of no known kind";
  const [about, ...unit] = rule;
  const isSubject = (offerId !== null) === (about !== "campaign") && (orderId !== null) === (about === "order");
  if (!isSubject || (about !== "order" && previousSeq !== null)) return `does not name its ${about} alone`;
  const moves = [available, held, sold];
  const quantity = about === "offer" ? available : Math.max(...moves.map(Math.abs));
  if (moves.some((move, place) => move !== quantity * (unit[place] ?? 0))) {
    return `moves available ${available}, held ${held}, sold ${sold}`;
  }
  if (offerId === null) return null;
  const offer = sale.offers.get(offerId);
  const id = formatId("off", offerId);
  if (offer?.campaignId !== event.campaignId) return `is about ${id}, which its campaign does not have`;
  if (type === "offer_created") offer.isCreated = event.seq === offerId;
  const { moved } = offer;
  moved.available += available;
  moved.held += held;
  moved.sold += sold;
  const [place, count] = Object.entries(moved).find(([, units]) => units < 0) ?? [];
  return place === undefined ? null : `takes ${place} of ${id} to ${count}`;
}

function problemOfCampaignMove(sale: Sale, event: EventRow): string | null {
  const { type, campaignId, atMs } = event;
  const campaign = sale.campaigns.get(campaignId);
  const id = formatId("cmp", campaignId);
  if (campaign === undefined) return `is about campaign ${id}, which does not exist`;
  const before = campaign.replayed;
  const move = campaignMoves[type];
  if (move !== undefined) {
    campaign.replayed = move.to;
    if (move.to === "ended") campaign.replayedEndedSeq = event.seq;
    if (!move.from.includes(before)) return `finds campaign ${id} ${before ?? "not created"}`;
    const isCreation = event.seq === campaignId && atMs === campaign.createdAtMs;
    return move.to === "draft" && !isCreation ? `is not the creation of campaign ${id}` : null;
  }
  if (type !== "order_reserved") return null;
  if (before !== "open") return `reserves while campaign ${id} is ${before}`;
  const isWithin = atMs >= (campaign.opensAtMs ?? 0) && atMs < (campaign.closesAtMs ?? Number.POSITIVE_INFINITY);
  return isWithin ? null : `reserves outside the window of campaign ${id}`;
}

function checkCampaign(check: Check, { id, state, replayed, endedSeq, replayedEndedSeq }: CampaignRow): void {
  const name = formatId("cmp", id);
  if (state !== replayed) check.fail(`campaign ${name} is ${state}, its events make it ${replayed ?? "nothing"}`);
  if (endedSeq !== replayedEndedSeq) {
    check.fail(
      `campaign ${name} was ended by event ${endedSeq ?? "none"}, its events say ${replayedEndedSeq ?? "none"}`,
    );
  }
}

function checkOffer(check: Check, offer: OfferRow): void {
  const id = formatId("off", offer.id);
  if (!offer.isCreated) check.fail(`offer ${id} was never created by an event`);
  if (offer.available + offer.held + offer.sold !== offer.total) {
    const { available, held, sold, total } = offer;
    check.fail(`offer ${id}: available ${available} + held ${held} + sold ${sold} is not total ${total}`);
  }
  for (const place of ["available", "held", "sold"] as const) {
    if (offer[place] < 0) check.fail(`offer ${id}: ${place} is ${offer[place]}`);
    if (offer[place] !== offer.moved[place]) {
      check.fail(`offer ${id}: ${place} is ${offer[place]}, its events add up to ${offer.moved[place]}`);
    }
  }
}

/** One pass over orders and their events, side by side, which gives two checks. */
function* checkOrders(db: Database, sale: Sale, progress: Progress): Generator<Check> {
  const orders = new Check("orders", "order", "every order is what its chain of events makes it");
  const units = new Check("units", "offer", "held and sold are the sums of the orders");
  progress("orders", 0);
  try {
    const events = new Cursor(
      db
        .query(`SELECT ${eventColumns} FROM events WHERE order_id IS NOT NULL ORDER BY order_id, seq`)
        .iterate() as Iterator<EventRow>,
    );
    const rows = db
      .query(
        "SELECT id, campaign_id AS campaignId, offer_id AS offerId, quantity, amount_minor AS amountMinor, state, last_seq AS lastSeq, reserved_at_ms AS reservedAtMs, expires_at_ms AS expiresAtMs, paid_at_ms AS paidAtMs, ended_at_ms AS endedAtMs FROM orders ORDER BY id",
      )
      .iterate() as Iterable<OrderRow>;
    for (const order of rows) {
      orders.count += 1;
      skipOrphans(orders, events, order.id);
      checkOrder(orders, sale, order, events);
      const ordered = sale.offers.get(order.offerId)?.ordered;
      if (ordered !== undefined && order.state === "reserved") ordered.held += order.quantity;
      if (ordered !== undefined && order.state === "paid") ordered.sold += order.quantity;
      if (orders.count % progressEvery === 0) progress("orders", orders.count);
    }
    skipOrphans(orders, events, Number.POSITIVE_INFINITY);
  } catch (cause) {
    orders.fail(`the orders cannot be read: ${textOf(cause)}`);
  }
  for (const { id, held, sold, ordered } of sale.offers.values()) {
    units.count += 1;
    const name = formatId("off", id);
    if (ordered.held !== held) units.fail(`offer ${name}: held is ${held}, its orders add up to ${ordered.held}`);
    if (ordered.sold !== sold) units.fail(`offer ${name}: sold is ${sold}, its orders add up to ${ordered.sold}`);
  }
  yield orders;
  yield units;
}

/** Events about orders before `orderId` that no row has claimed. */
function skipOrphans(check: Check, events: Cursor<EventRow>, orderId: number): void {
  for (let event = events.current; event !== null && (event.orderId ?? 0) < orderId; event = events.next()) {
    check.fail(
      `event ${event.seq} (${event.type}) is about order ${formatId("ord", event.orderId ?? 0)}, which does not exist`,
    );
  }
}

/** Follows the order's events from the first on and compares what they make of it. At most one failure per order. */
function checkOrder(check: Check, sale: Sale, order: OrderRow, events: Cursor<EventRow>): void {
  let problem: string | null = null;
  let state: OrderState | null = null;
  let last: EventRow | null = null;
  for (let event = events.current; event?.orderId === order.id; event = events.next()) {
    problem ??= problemOfEvent(order, event, state, last);
    state = orderMoves[event.type]?.to ?? state;
    last = event;
  }
  problem ??= last === null ? "has no event" : problemOfOrder(sale, order, last, state);
  if (problem !== null) check.fail(`order ${formatId("ord", order.id)} ${problem}`);
}

function problemOfEvent(
  order: OrderRow,
  event: EventRow,
  state: OrderState | null,
  last: EventRow | null,
): string | null {
  const named = `event ${event.seq} (${event.type})`;
  const move = orderMoves[event.type];
  if (last === null && (event.type !== "order_reserved" || event.seq !== order.id)) {
    return `has no event ${order.id} (order_reserved): its first is ${named}`;
  }
  if (move === undefined || !move.from.includes(state)) return `is ${state} when ${named} finds it`;
  if (event.previousSeq !== (last?.seq ?? null)) {
    return `has a broken chain: ${named} follows ${event.previousSeq ?? "nothing"}, not ${last?.seq ?? "nothing"}`;
  }
  if (event.offerId !== order.offerId || event.campaignId !== order.campaignId) {
    return `is of another offer or campaign than ${named}`;
  }
  const moved = Math.max(Math.abs(event.available), Math.abs(event.held), Math.abs(event.sold));
  const expected = event.type === "order_refund_due" ? 0 : order.quantity;
  if (moved !== expected) return `has quantity ${order.quantity}, ${named} moves ${moved}`;
  if (last === null && event.atMs !== order.reservedAtMs) return `was reserved at another time than ${named}`;
  return null;
}

function problemOfOrder(sale: Sale, order: OrderRow, last: EventRow, state: OrderState | null): string | null {
  const named = `event ${last.seq} (${last.type})`;
  if (order.state !== state) return `is ${order.state}, its last ${named} makes it ${state}`;
  if (order.lastSeq !== last.seq) return `names event ${order.lastSeq} as its last, which is ${named}`;
  const paidAtMs = state === "paid" || state === "refund_due" ? last.atMs : null;
  const endedAtMs = state === "reserved" || state === "paid" ? null : last.atMs;
  if (order.paidAtMs !== paidAtMs) return `was paid at ${order.paidAtMs} ms, its last ${named} says ${paidAtMs}`;
  if (order.endedAtMs !== endedAtMs) return `ended at ${order.endedAtMs} ms, its last ${named} says ${endedAtMs}`;
  const offer = sale.offers.get(order.offerId);
  const campaign = sale.campaigns.get(order.campaignId);
  if (offer === undefined || campaign === undefined) return "is of an offer or campaign that does not exist";
  const amountMinor = offer.priceMinor * order.quantity;
  if (order.amountMinor !== amountMinor) {
    return `amounts to ${order.amountMinor}, its price and quantity to ${amountMinor}`;
  }
  const expiresAtMs = order.reservedAtMs + campaign.paymentWindowS * 1_000;
  if (order.expiresAtMs !== expiresAtMs) {
    return `expires at ${order.expiresAtMs} ms, its payment window ends at ${expiresAtMs}`;
  }
  return null;
}

function checkLimits(db: Database): Check {
  const check = new Check("limits", "offer", "no buyer has more than the limit");
  try {
    check.count = countOf(db, "SELECT count(*) AS count FROM offers");
    const found = db
      .query(
        "SELECT o.offer_id AS offerId, o.buyer_id AS buyerId, sum(o.quantity) AS units, (SELECT limit_per_buyer FROM offers WHERE id = o.offer_id) AS most FROM orders o WHERE o.state IN ('reserved', 'paid') GROUP BY o.offer_id, o.buyer_id HAVING units > most",
      )
      .iterate() as Iterable<{ offerId: number; buyerId: string; units: number; most: number }>;
    for (const { offerId, buyerId, units, most } of found) {
      check.fail(
        `buyer ${JSON.stringify(buyerId)} has ${units} of offer ${formatId("off", offerId)}, whose limit is ${most}`,
      );
    }
  } catch (cause) {
    check.fail(`the orders cannot be read: ${textOf(cause)}`);
  }
  return check;
}

function checkKeys(db: Database): Check {
  const check = new Check("keys", "key", "an Idempotency-Key has one order of its buyer in a campaign");
  try {
    check.count = countOf(db, "SELECT count(idempotency_key) AS count FROM orders");
    const found = db
      .query(
        "SELECT campaign_id AS campaignId, buyer_id AS buyerId, idempotency_key AS key, count(*) AS orders, min(id) AS first, max(id) AS last FROM orders WHERE idempotency_key IS NOT NULL GROUP BY campaign_id, buyer_id, idempotency_key HAVING orders > 1",
      )
      .iterate() as Iterable<{ buyerId: string; key: string; first: number; last: number }>;
    for (const { buyerId, key, first, last } of found) {
      const both = `${formatId("ord", first)} and ${formatId("ord", last)}`;
      check.fail(`buyer ${JSON.stringify(buyerId)} has orders ${both} under the key ${JSON.stringify(key)}`);
    }
  } catch (cause) {
    check.fail(`the orders cannot be read: ${textOf(cause)}`);
  }
  return check;
}

/** An iterator with the row that it stands at. */
class Cursor<Row> {
  current: Row | null = null;
  readonly #rows: Iterator<Row>;

  constructor(rows: Iterator<Row>) {
    this.#rows = rows;
    this.next();
  }

  next(): Row | null {
    const { value, done } = this.#rows.next();
    this.current = done === true ? null : value;
    return this.current;
  }
}

function countOf(db: Database, query: string): number {
  return (db.query(query).get() as { count: number }).count;
}

function textOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
