/**
 * Reads the sale from a connection that need not be able to write: what the engine recovers from, what the HTTP threads
 * answer about orders, and what goes out as a stream of events. Short statements only: a long read keeps the log from
 * being reused.
 */
import type { Database, Statement } from "bun:sqlite";
import { and, asc, count, desc, eq, getTableColumns, gt, inArray, isNotNull, isNull, lt, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/bun-sqlite";
import {
  accessEntriesTable,
  auditLogTable,
  campaignsTable,
  controlsTable,
  drawsTable,
  endpointsTable,
  eventsTable,
  offersTable,
  operatorsTable,
  ordersTable,
  paymentsTable,
  remindersTable,
  waitlistTable,
} from "../../../schema/tables.ts";
import type { AccessEntry } from "../../domain/access.ts";
import type { DrawRecord } from "../../domain/admission.ts";
import type { Actor } from "../../domain/agents.ts";
import type { AuditRecord } from "../../domain/audit.ts";
import type { CampaignRecord } from "../../domain/campaign.ts";
import { type Controls, controlsDefault, storedControls } from "../../domain/controls.ts";
import type { EndpointRecord } from "../../domain/endpoint.ts";
import { limits } from "../../domain/limits.ts";
import type { OfferRecord } from "../../domain/offer.ts";
import type { OperatorRecord } from "../../domain/operator.ts";
import type { LiveOrder, OrderRecord } from "../../domain/order.ts";
import type { PaymentProvider, PaymentRecord } from "../../domain/payment.ts";
import type { QueueEntry, QueueSums } from "../../domain/queue.ts";
import type { ReminderRecord } from "../../domain/reminder.ts";
import type { WaitlistRecord, WaitlistState } from "../../domain/waitlist.ts";

/** An event that a buyer is told of, with what it is about as that stands now: an order, or a reminder that came. */
export interface BuyerEvent {
  readonly seq: number;
  readonly atMs: number;
  readonly type: string;
  readonly about: OrderRecord | ReminderRecord;
}

/** Where a buyer's identity stands: orders, and entries in waitlists, draws and queues of one campaign. */
export interface BuyerTraces {
  readonly campaignId: number;
  readonly orderIds: readonly number[];
  readonly entryIds: readonly number[];
}

interface Trace {
  readonly id: number;
  readonly campaignId: number;
}
/** Tables with buyers in them, and their index by pages of ids. */
type BuyersTable = "orders" | "waitlist" | "queue" | "reminders";
type TracesInPages = Statement<Trace, [from: number, to: number, buyerId: string, after: number, limit: number]>;
type KnownById = Statement<{ id: number }, [id: number, campaignId: number]>;
type KnownInPages = Statement<{ id: number }, [from: number, to: number, campaignId: number, limit: number]>;

/** A row of the journal with the rows that it is about, as they stand now. */
export interface JournalRow {
  readonly seq: number;
  readonly atMs: number;
  readonly type: string;
  readonly campaignId: number | null;
  readonly offerId: number | null;
  readonly available: number;
  readonly hash: string;
  readonly order: OrderRecord | null;
  readonly payment: PaymentRecord | null;
  readonly entry: WaitlistRecord | null;
  /** The reminder that has come by it. */
  readonly reminder?: ReminderRecord;
  /** The last event before this one that moved the order, when this one leaves it as it is. */
  readonly movedBy?: { readonly type: string; readonly atMs: number };
}

/** Events about an order that leave it as it is. */
const unmovingTypes: readonly string[] = ["payment_refund_due", "payment_refunded"];

/** Orders of the index `orders_by_buyer` stand in pages of this many ids. */
export const pageBits = 10;
export const idsPerPage = 2 ** pageBits;
/** Pages that one request may look through: 4 million ids, some ten milliseconds. */
const pagesPerRequestMax = 4_096;
/** Pages in one statement: few at first, since most buyers look for what they have just bought; then twice as many. */
const pagesPerReadMin = 4;
const pagesPerReadMax = 1_024;
/** Pages that are looked through at once for buyers to erase: 16,384 ids, a millisecond or so. */
const pagesPerErasure = 16;
/** Orders in one read of many: young garbage when it is done with. */
const ordersPerRead = 1_000;
/** Entries of the audit log that one request may look through: some milliseconds. */
const auditsPerReadMax = 5_000;

/** As the partial index has it: a bound value would not be known to be its condition. */
const isDue = sql`${paymentsTable.state} = 'refund_due'`;

/** All columns of an entry in a queue but what hides and erases its buyer. */

/** The same of an entry in a waitlist, under the names that the domain gives them. */
const { salt: ___, erasedSeq: ____, ...ofEntry } = getTableColumns(waitlistTable);
const entryColumns = Object.entries(ofEntry)
  .map(([name, column]) => `${column.name} AS ${name}`)
  .join(", ");

/** And of a reminder. */
const { salt: _____, erasedSeq: ______, ...ofReminder } = getTableColumns(remindersTable);
const reminderColumns = Object.entries(ofReminder)
  .map(([name, column]) => `${column.name} AS ${name}`)
  .join(", ");

/** All columns of an order under the names that the domain gives them. */
export const orderColumns = Object.entries(getTableColumns(ordersTable))
  .map(([name, column]) => `orders.${column.name} AS ${name}`)
  .join(", ");

/** Made when it is first needed: a thread asks few of these questions, and no start waits for the others. */
function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

export class SqliteReader {
  readonly #db: Database;
  readonly #last: Statement;
  readonly #orderById;
  /** A buyer's orders in pages from one to another, with smaller ids than a bound; in the order of pages, then ids. */
  readonly #ordersInPages: Statement<OrderRecord, [from: number, to: number, buyerId: string, before: number]>;
  /** A buyer's paid orders of one offer in pages from one to another. */
  readonly #paidInPages: Statement<OrderRecord, [from: number, to: number, buyerId: string, offerId: number]>;
  /** A buyer's order under a key in pages from one to another. */
  readonly #keyInPages: Statement<
    OrderRecord,
    [from: number, to: number, buyerId: string, key: string, campaignId: number]
  >;
  readonly #keysBetween: Statement<{ buyerId: string; key: string }, [from: number, before: number]>;
  readonly #paymentsOf;
  /** A buyer's last entry for an offer in pages from one to another. */
  readonly #entryInPages: Statement<WaitlistRecord, [from: number, to: number, buyerId: string, offerId: number]>;
  readonly #waitingAfter: Statement<
    WaitlistRecord,
    [campaignId: number, offerId: number, afterId: number, limit: number]
  >;
  readonly #auditBefore;
  /** A buyer's orders, and entries, in pages from one to another with larger ids than one; in the order of ids. */
  readonly #orderTraces: TracesInPages;
  readonly #entryTraces: TracesInPages;
  readonly #queueTraces: TracesInPages;
  /** A campaign's orders, and entries, in pages from one to another whose buyers are known. */
  readonly #knownOrders: KnownInPages;
  readonly #knownEntries: KnownInPages;
  readonly #knownInQueue: KnownInPages;
  readonly #knownOrder: KnownById;
  readonly #knownEntry: KnownById;
  readonly #knownQueueEntry: KnownById;
  readonly #reminderTraces: TracesInPages;
  readonly #knownReminders: KnownInPages;
  readonly #knownReminder: KnownById;
  readonly #reminder: Statement<ReminderRecord, [reminderId: number | null]>;
  readonly #remindersWaiting: Statement<ReminderRecord, [buyerId: string]>;
  readonly #remindersLast: Statement<ReminderRecord, [buyerId: string, limit: number]>;
  readonly #remindersCame: Statement<ReminderRecord, [buyerId: string, afterSeq: number, limit: number]>;
  readonly #paymentsDue;
  readonly #endOfCampaign;
  readonly #eventBySeq;
  readonly #buyerEventsAfter;
  readonly #journalAfter;
  readonly #moveBefore: Statement<{ type: string; atMs: number }, [seq: number]>;

  constructor(db: Database) {
    this.#db = db;
    const drizzled = drizzle({ client: db });
    this.#last = db.prepare("SELECT seq, at_ms AS atMs FROM events ORDER BY seq DESC LIMIT 1");
    this.#orderById = once(() =>
      drizzled
        .select()
        .from(ordersTable)
        .where(eq(ordersTable.orderId, sql.placeholder("orderId")))
        .prepare(),
    );
    this.#ordersInPages = db.prepare(
      `WITH RECURSIVE page (number) AS (VALUES (?1) UNION ALL SELECT number + 1 FROM page WHERE number < ?2)
      SELECT ${orderColumns} FROM page CROSS JOIN orders
      WHERE orders.id >> ${pageBits} = page.number AND orders.buyer_id = ?3 AND orders.id < ?4`,
    );
    this.#paidInPages = db.prepare(
      `WITH RECURSIVE page (number) AS (VALUES (?1) UNION ALL SELECT number + 1 FROM page WHERE number < ?2)
      SELECT ${orderColumns} FROM page CROSS JOIN orders INDEXED BY orders_paid_by_buyer
      WHERE orders.id >> ${pageBits} = page.number AND orders.buyer_id = ?3 AND orders.offer_id = ?4
      AND orders.state = 'paid'`,
    );
    this.#keyInPages = db.prepare(
      `WITH RECURSIVE page (number) AS (VALUES (?1) UNION ALL SELECT number + 1 FROM page WHERE number < ?2)
      SELECT ${orderColumns} FROM page CROSS JOIN orders
      WHERE orders.id >> ${pageBits} = page.number AND orders.buyer_id = ?3 AND orders.idempotency_key = ?4
      AND orders.campaign_id = ?5 LIMIT 1`,
    );
    this.#keysBetween = db.prepare(
      "SELECT buyer_id AS buyerId, idempotency_key AS key FROM orders WHERE id >= ? AND id < ? AND idempotency_key IS NOT NULL",
    );
    this.#entryInPages = db.prepare(
      `WITH RECURSIVE page (number) AS (VALUES (?1) UNION ALL SELECT number + 1 FROM page WHERE number < ?2)
      SELECT ${entryColumns} FROM page CROSS JOIN waitlist
      WHERE waitlist.id >> ${pageBits} = page.number AND waitlist.buyer_id = ?3 AND waitlist.offer_id = ?4
      ORDER BY waitlist.id DESC LIMIT 1`,
    );
    this.#waitingAfter = db.prepare(
      `SELECT ${entryColumns} FROM waitlist INDEXED BY waitlist_waiting
      WHERE campaign_id = ? AND state = 'waiting' AND offer_id = ? AND id > ? ORDER BY id LIMIT ?`,
    );
    this.#auditBefore = once(() =>
      drizzled
        .select()
        .from(auditLogTable)
        .where(lt(auditLogTable.id, sql.placeholder("before")))
        .orderBy(desc(auditLogTable.id))
        .limit(sql.placeholder("limit"))
        .prepare(),
    );
    const tracesIn = (table: BuyersTable): TracesInPages =>
      db.prepare(
        `WITH RECURSIVE page (number) AS (VALUES (?1) UNION ALL SELECT number + 1 FROM page WHERE number < ?2)
        SELECT ${table}.id, ${table}.campaign_id AS campaignId FROM page CROSS JOIN ${table}
        WHERE ${table}.id >> ${pageBits} = page.number AND ${table}.buyer_id = ?3 AND ${table}.id > ?4 LIMIT ?5`,
      );
    this.#orderTraces = tracesIn("orders");
    this.#entryTraces = tracesIn("waitlist");
    this.#queueTraces = tracesIn("queue");
    this.#reminderTraces = tracesIn("reminders");
    const knownIn = (table: BuyersTable): KnownInPages =>
      db.prepare(
        `WITH RECURSIVE page (number) AS (VALUES (?1) UNION ALL SELECT number + 1 FROM page WHERE number < ?2)
        SELECT ${table}.id FROM page CROSS JOIN ${table} INDEXED BY ${table}_by_buyer
        WHERE ${table}.id >> ${pageBits} = page.number AND ${table}.buyer_id > '' AND ${table}.campaign_id = ?3 LIMIT ?4`,
      );
    this.#knownOrders = knownIn("orders");
    this.#knownEntries = knownIn("waitlist");
    this.#knownInQueue = knownIn("queue");
    this.#knownReminders = knownIn("reminders");
    const isKnownIn = (table: BuyersTable): KnownById =>
      db.prepare(`SELECT id FROM ${table} WHERE id = ? AND campaign_id = ? AND erased_seq IS NULL`);
    this.#knownOrder = isKnownIn("orders");
    this.#knownEntry = isKnownIn("waitlist");
    this.#knownQueueEntry = isKnownIn("queue");
    this.#knownReminder = isKnownIn("reminders");
    this.#reminder = db.prepare(`SELECT ${reminderColumns} FROM reminders WHERE id = ?`);
    this.#remindersWaiting = db.prepare(
      `SELECT ${reminderColumns} FROM reminders WHERE buyer_id = ? AND state = 'waiting'`,
    );
    this.#remindersLast = db.prepare(
      `SELECT ${reminderColumns} FROM reminders WHERE buyer_id = ? AND state = 'due' ORDER BY ended_seq DESC LIMIT ?`,
    );
    this.#remindersCame = db.prepare(
      `SELECT ${reminderColumns} FROM reminders
      WHERE buyer_id = ? AND state = 'due' AND ended_seq > ? ORDER BY ended_seq LIMIT ?`,
    );
    this.#paymentsOf = once(() =>
      drizzled
        .select()
        .from(paymentsTable)
        .where(eq(paymentsTable.orderId, sql.placeholder("orderId")))
        .orderBy(asc(paymentsTable.paymentId))
        .prepare(),
    );
    this.#paymentsDue = once(() =>
      drizzled
        .select()
        .from(paymentsTable)
        .where(
          and(
            isDue,
            eq(paymentsTable.provider, sql.placeholder("provider")),
            gt(paymentsTable.paymentId, sql.placeholder("afterId")),
          ),
        )
        .orderBy(asc(paymentsTable.paymentId))
        .limit(sql.placeholder("limit"))
        .prepare(),
    );
    this.#endOfCampaign = once(() =>
      drizzled
        .select({ endedSeq: campaignsTable.endedSeq })
        .from(campaignsTable)
        .where(eq(campaignsTable.id, sql.placeholder("campaignId")))
        .prepare(),
    );
    this.#eventBySeq = once(() =>
      drizzled
        .select()
        .from(eventsTable)
        .where(eq(eventsTable.seq, sql.placeholder("seq")))
        .prepare(),
    );
    const { seq, atMs, type, previousSeq, campaignId, offerId, available, hash } = eventsTable;
    this.#buyerEventsAfter = once(() =>
      drizzled
        .select({ seq, atMs, type, previousSeq, order: ordersTable })
        .from(eventsTable)
        .leftJoin(ordersTable, eq(ordersTable.orderId, eventsTable.orderId))
        .where(gt(eventsTable.seq, sql.placeholder("seq")))
        .orderBy(asc(eventsTable.seq))
        .limit(sql.placeholder("limit"))
        .prepare(),
    );
    const isAboutEntry = sql`${eventsTable.type} IN ('waitlist_left', 'order_offered')`;
    this.#journalAfter = once(() =>
      drizzled
        .select({
          ...{ seq, atMs, type, previousSeq, campaignId, offerId, available, hash },
          ...{ order: ordersTable, payment: paymentsTable, entry: waitlistTable },
        })
        .from(eventsTable)
        .leftJoin(ordersTable, eq(ordersTable.orderId, eventsTable.orderId))
        .leftJoin(paymentsTable, eq(paymentsTable.paymentId, eventsTable.seq))
        .leftJoin(
          waitlistTable,
          eq(waitlistTable.entryId, sql`iif(${isAboutEntry}, ${eventsTable.previousSeq}, ${eventsTable.seq})`),
        )
        .where(gt(eventsTable.seq, sql.placeholder("seq")))
        .orderBy(asc(eventsTable.seq))
        .limit(sql.placeholder("limit"))
        .prepare(),
    );
    const unmoving = unmovingTypes.map((name) => `'${name}'`).join(", ");
    this.#moveBefore = db.prepare(
      `WITH RECURSIVE back (type, at_ms, previous_seq) AS (
        SELECT type, at_ms, previous_seq FROM events WHERE seq = ?1
        UNION ALL
        SELECT events.type, events.at_ms, events.previous_seq FROM back JOIN events ON events.seq = back.previous_seq
        WHERE back.type IN (${unmoving})
      ) SELECT type, at_ms AS atMs FROM back WHERE type NOT IN (${unmoving})`,
    );
  }

  /** Rows of the journal after a sequence number, in order. */
  journalAfter(seq: number, limit: number): JournalRow[] {
    return this.#journalAfter()
      .all({ seq, limit })
      .map((row): JournalRow => {
        const reminder = this.#reminderOf(row);
        if (reminder !== null) return { ...row, reminder };
        if (!unmovingTypes.includes(row.type)) return row;
        const movedBy = this.#moveBefore.get(row.seq);
        if (movedBy === null) throw new Error(`event ${row.seq} follows none about its order`);
        return { ...row, movedBy };
      });
  }

  last(): { seq: number; atMs: number } {
    return (this.#last.get() as { seq: number; atMs: number } | null) ?? { seq: 0, atMs: 0 };
  }

  campaigns(): CampaignRecord[] {
    const rows = drizzle({ client: this.#db }).select().from(campaignsTable).orderBy(asc(campaignsTable.id)).all();
    return rows.map((row) => {
      const { mode, needsPass, passWindowS, challenge, beaconChain, beaconRound, ...others } = row;
      const { agentPolicy: policy, agentSharePercent: sharePercent, ...record } = others;
      const { secret: _, queueDrawnSeq: __, queueDrawnCount: ___, endedSeq: ____, ...what } = record;
      const beacon = beaconChain === null || beaconRound === null ? null : { chain: beaconChain, round: beaconRound };
      const agents = { policy, sharePercent };
      return { ...what, admission: { mode, needsPass, passWindowS, challenge, agents }, beacon };
    });
  }

  /** What the queues and draws of campaigns are put in order by. */
  drawSecrets(): {
    campaignId: number;
    secret: string | null;
    queueDrawnSeq: number | null;
    queueDrawnCount: number | null;
  }[] {
    const { id: campaignId, secret, queueDrawnSeq, queueDrawnCount } = campaignsTable;
    return drizzle({ client: this.#db })
      .select({ campaignId, secret, queueDrawnSeq, queueDrawnCount })
      .from(campaignsTable)
      .where(isNotNull(secret))
      .all();
  }

  /**
   * Who waits or has a pass in a campaign, and all whom the event `drawnSeq` drew among, in the order of joining. Not the
   * others, however many came and went: a start is not to be made slow by them.
   */
  *queueOf(campaignId: number, drawnSeq: number | null): Generator<QueueEntry> {
    const statement = this.#db.prepare<QueueEntry, [number, number | null, number, number]>(
      "SELECT id AS entryId, buyer_id AS buyerId, state, expires_at_ms AS expiresAtMs, actor FROM queue WHERE campaign_id = ?1 AND id > ?3 AND (ended_seq IS NULL OR (id < ?2 AND ended_seq > ?2)) ORDER BY id LIMIT ?4",
    );
    for (let after: number | undefined = 0; after !== undefined; ) {
      const entries: QueueEntry[] = statement.all(campaignId, drawnSeq, after, ordersPerRead);
      yield* entries;
      after = entries.at(-1)?.entryId;
    }
    statement.finalize();
  }

  /** Of all entries that a campaign's queue ever had, or `null` when nobody ever joined. */
  queueSums(campaignId: number): QueueSums | null {
    const statement = this.#db.prepare<QueueSums | { readonly firstEntryId: null }, [number]>(
      `SELECT min(queue.id) AS firstEntryId, count(order_id) AS completed, ifnull(sum(quantity), 0) AS unitsTaken,
        count(*) FILTER (WHERE queue.state = 'expired' OR (queue.state = 'left' AND admitted_at_ms IS NOT NULL)) AS unused,
        ifnull(sum(quantity) FILTER (WHERE orders.state IN ('cancelled', 'expired')), 0) AS returned
        FROM queue LEFT JOIN orders ON orders.id = order_id WHERE queue.campaign_id = ?`,
    );
    const sums = statement.get(campaignId);
    statement.finalize();
    return sums === null || sums.firstEntryId === null ? null : sums;
  }

  /** All entries in the draws of a campaign with their leaves, by offer, in the order of entering. */
  drawEntriesIn(
    campaignId: number,
  ): { entryId: number; offerId: number; buyerId: string; state: WaitlistState; actor: Actor | null; leaf: string }[] {
    const { entryId, offerId, buyerId, state, actor } = waitlistTable;
    const drizzled = drizzle({ client: this.#db });
    const { id } = offersTable;
    return drizzled
      .select({ entryId, offerId, buyerId, state, actor, leaf: sql<string>`lower(hex(${eventsTable.details}))` })
      .from(waitlistTable)
      .innerJoin(eventsTable, eq(eventsTable.seq, entryId))
      .where(inArray(offerId, drizzled.select({ id }).from(offersTable).where(eq(offersTable.campaignId, campaignId))))
      .orderBy(asc(offerId), asc(entryId))
      .all();
  }

  /** The draws of a campaign that are closed. */
  drawsOf(campaignId: number): DrawRecord[] {
    const rows = drizzle({ client: this.#db })
      .select()
      .from(drawsTable)
      .where(eq(drawsTable.campaignId, campaignId))
      .orderBy(asc(drawsTable.offerId))
      .all();
    return rows.map(({ offerId, closedSeq, root, count, secret, beaconRound, beaconRandomness, beaconSignature }) => {
      const [round, randomness, signature] = [beaconRound, beaconRandomness, beaconSignature];
      const isKnown = round !== null && randomness !== null && signature !== null;
      return { offerId, closedSeq, root, count, secret, beacon: isKnown ? { round, randomness, signature } : null };
    });
  }

  offers(): OfferRecord[] {
    return drizzle({ client: this.#db }).select().from(offersTable).orderBy(asc(offersTable.id)).all();
  }

  operators(): OperatorRecord[] {
    return drizzle({ client: this.#db }).select().from(operatorsTable).orderBy(asc(operatorsTable.operatorId)).all();
  }

  /** Those that have not been deleted. */
  endpoints(): EndpointRecord[] {
    const { deletedSeq: _, ...columns } = getTableColumns(endpointsTable);
    return drizzle({ client: this.#db })
      .select(columns)
      .from(endpointsTable)
      .where(isNull(endpointsTable.deletedSeq))
      .orderBy(asc(endpointsTable.id))
      .all();
  }

  controls(): Controls {
    const row = drizzle({ client: this.#db }).select().from(controlsTable).get();
    return row === undefined ? controlsDefault : storedControls(row.controls);
  }

  /** Those that have not been removed. */
  accessEntries(): AccessEntry[] {
    const { removedSeq: _, ...columns } = getTableColumns(accessEntriesTable);
    return drizzle({ client: this.#db })
      .select(columns)
      .from(accessEntriesTable)
      .where(isNull(accessEntriesTable.removedSeq))
      .orderBy(asc(accessEntriesTable.entryId))
      .all();
  }

  /** Who waits in a campaign, in the order of joining. */
  waitingIn(campaignId: number): WaitlistRecord[] {
    const statement = this.#db.prepare<WaitlistRecord, [campaignId: number]>(
      `SELECT ${entryColumns} FROM waitlist INDEXED BY waitlist_waiting
      WHERE campaign_id = ? AND state = 'waiting' ORDER BY id`,
    );
    const rows = statement.all(campaignId);
    statement.finalize();
    return rows;
  }

  /** The payments of an order, in the order of their ids. */
  paymentsOf(orderId: number): PaymentRecord[] {
    return this.#paymentsOf().all({ orderId });
  }

  /** Who waits for an offer, after an entry, in the order of joining. */
  waitingAfter(campaignId: number, offerId: number, entryId: number, limit: number): WaitlistRecord[] {
    return this.#waitingAfter.all(campaignId, offerId, entryId, limit);
  }

  /**
   * Where a buyer's identity stands in the ids after one, by campaign, as much as one command may erase. Looks through
   * a million ids at most (3 ms); `next` is where to go on, or `null` at the end.
   */
  tracesOfBuyer(buyerId: string, after: number): { traces: BuyerTraces[]; next: number | null } {
    const from = Math.floor((after + 1) / idsPerPage);
    const last = Math.floor(this.last().seq / idsPerPage);
    const to = Math.min(from + pagesPerReadMax - 1, last);
    const tables = [this.#orderTraces, this.#entryTraces, this.#queueTraces, this.#reminderTraces];
    const rowsMax = Math.floor(limits.erasuresPerCommandMax / tables.length);
    const found = tables.map((statement) => statement.all(from, to, buyerId, after, rowsMax));
    // Where one of them is cut off, the others are too, so that what follows is what comes after one id.
    const end = Math.min(...found.map((rows) => rows[rowsMax - 1]?.id ?? Infinity));
    const [orders, ...entries] = found;
    const traces = Map.groupBy(
      [
        ...(orders ?? []).map((row) => ({ ...row, isOrder: true })),
        ...entries.flat().map((row) => ({ ...row, isOrder: false })),
      ],
      ({ campaignId }) => campaignId,
    );
    const slices = [...traces].map(([campaignId, rows]) => {
      const kept = rows.filter(({ id }) => id <= end);
      const idsOf = (isOrder: boolean) => kept.filter((row) => row.isOrder === isOrder).map(({ id }) => id);
      return { campaignId, orderIds: idsOf(true), entryIds: idsOf(false) };
    });
    const isAtEnd = end === Infinity && to >= last;
    return {
      traces: slices.filter(({ orderIds, entryIds }) => orderIds.length + entryIds.length > 0),
      next: isAtEnd ? null : Math.min(end, (to + 1) * idsPerPage - 1),
    };
  }

  /** Campaigns that nothing can be bought or offered in since before a time. */
  campaignsEndedBefore(atMs: number): number[] {
    const rows = this.#db
      .query<{ id: number }, [number]>(
        "SELECT campaigns.id FROM campaigns JOIN events ON events.seq = campaigns.ended_seq WHERE events.at_ms < ?",
      )
      .all(atMs);
    return rows.map(({ id }) => id);
  }

  /**
   * A campaign's orders and entries in a page and some after it whose buyers are still known, as many as one command may
   * erase. `next` is the page to go on with, the same when there may be more in these; `null` at the end. Pages in which
   * nobody is known cost a step in the index each, some 3 ms for every million of ids.
   */
  tracesOfCampaign(campaignId: number, page: number): { traces: BuyerTraces; next: number | null } {
    const [first, last] = this.#pagesOf(campaignId);
    const from = Math.max(page, first);
    const to = Math.min(from + pagesPerErasure - 1, last);
    const max = limits.erasuresPerCommandMax;
    const orderIds = this.#knownOrders.all(from, to, campaignId, max).map(({ id }) => id);
    const entryIds = this.#knownEntries.all(from, to, campaignId, max - orderIds.length).map(({ id }) => id);
    for (const statement of [this.#knownInQueue, this.#knownReminders]) {
      const rest = max - orderIds.length - entryIds.length;
      entryIds.push(...statement.all(from, to, campaignId, rest).map(({ id }) => id));
    }
    const isMore = orderIds.length + entryIds.length === max;
    return { traces: { campaignId, orderIds, entryIds }, next: isMore ? from : to >= last ? null : to + 1 };
  }

  /** Those of these orders and entries of a campaign whose buyers have not been erased. */
  knownAmong(
    campaignId: number,
    { orderIds, entryIds }: { readonly orderIds: readonly number[]; readonly entryIds: readonly number[] },
  ): { orderIds: number[]; entryIds: number[] } {
    return {
      orderIds: orderIds.filter((id) => this.#knownOrder.get(id, campaignId) !== null),
      entryIds: entryIds.filter((id) =>
        [this.#knownEntry, this.#knownQueueEntry, this.#knownReminder].some(
          (statement) => statement.get(id, campaignId) !== null,
        ),
      ),
    };
  }

  /** What operators did, newest first, of entries before `id`. Looks through so many entries at most, then answers short. */
  auditBefore(
    id: number,
    limit: number,
    filter: { readonly operator?: string; readonly action?: string; readonly subject?: string },
  ): { records: (AuditRecord & { id: number })[]; next: number | null } {
    const looked = this.#auditBefore().all({ before: id, limit: auditsPerReadMax });
    const fits = looked.filter(
      ({ operator, action, subject }) =>
        (filter.operator === undefined || filter.operator === operator) &&
        (filter.action === undefined || filter.action === action) &&
        (filter.subject === undefined || filter.subject === subject),
    );
    const records = fits.slice(0, limit);
    if (fits.length > limit) return { records, next: records.at(-1)?.id ?? null };
    return { records, next: looked.length < auditsPerReadMax ? null : (looked.at(-1)?.id ?? null) };
  }

  /** The payments of a provider that are to be returned, with larger ids than `afterId`, in the order of ids. */
  paymentsDue(provider: PaymentProvider, afterId: number, limit: number): PaymentRecord[] {
    return this.#paymentsDue().all({ provider, afterId, limit });
  }

  /** How many payments are to be returned, by provider. */
  paymentsDueByProvider(): { provider: PaymentProvider; count: number }[] {
    return drizzle({ client: this.#db })
      .select({ provider: paymentsTable.provider, count: count() })
      .from(paymentsTable)
      .where(isDue)
      .groupBy(paymentsTable.provider)
      .all();
  }

  /** Calls back for every order with a larger id, in the order of ids, with what the engine needs of it. */
  eachOrderAfter(orderId: number, callback: (order: LiveOrder) => void): void {
    const statement = this.#db.prepare<LiveOrder, [number, number]>(
      "SELECT id AS orderId, campaign_id AS campaignId, offer_id AS offerId, buyer_id AS buyerId, quantity, state, last_seq AS lastSeq, expires_at_ms AS expiresAtMs, idempotency_key AS idempotencyKey, actor FROM orders WHERE id > ? ORDER BY id LIMIT ?",
    );
    let after = orderId;
    for (;;) {
      const orders = statement.all(after, ordersPerRead);
      for (const order of orders) callback(order);
      after = orders.at(-1)?.orderId ?? after;
      if (orders.length < ordersPerRead) break;
    }
    statement.finalize();
  }

  /** The Idempotency-Keys of the orders with ids from one to before another. */
  keysBetween(from: number, before: number): { buyerId: string; key: string }[] {
    return this.#keysBetween.all(from, before);
  }

  order(orderId: number): OrderRecord | null {
    return this.#orderById().get({ orderId }) ?? null;
  }

  /**
   * A buyer's orders with smaller ids than `before`, newest first, `limit` at most. `next` is where to go on, or `null`
   * at the end; a page may be short, even empty, with a `next`, when a buyer's orders lie far apart.
   */
  ordersOfBuyer(buyerId: string, before: number, limit: number): { orders: OrderRecord[]; next: number | null } {
    const end = Math.min(before, this.last().seq + 1);
    const orders: OrderRecord[] = [];
    const last = Math.floor((end - 1) / idsPerPage);
    let pages = pagesPerReadMin;
    for (let to = last; to >= 0; to -= pages, pages = Math.min(pages * 2, pagesPerReadMax)) {
      if (last - to >= pagesPerRequestMax) return { orders, next: (to + 1) * idsPerPage };
      const from = Math.max(0, to - pages + 1);
      orders.push(...this.#ordersInPages.all(from, to, buyerId, end).reverse());
      const oldest = orders[limit - 1];
      if (orders.length > limit && oldest !== undefined)
        return { orders: orders.slice(0, limit), next: oldest.orderId };
    }
    return { orders, next: null };
  }

  /** A buyer's paid orders of one offer, in the order of ids: as many as their limit at most. */
  paidOrdersOfBuyer(campaignId: number, offerId: number, buyerId: string): OrderRecord[] {
    const [from, to] = this.#pagesOf(campaignId);
    return this.#paidInPages.all(from, to, buyerId, offerId);
  }

  /** The buyer's order in a campaign under an Idempotency-Key. */
  orderOfKey(campaignId: number, buyerId: string, key: string): OrderRecord | null {
    const [from, to] = this.#pagesOf(campaignId);
    return this.#keyInPages.get(from, to, buyerId, key, campaignId);
  }

  /** The buyer's last entry in the waitlist or draw of an offer. */
  entryOfBuyer(campaignId: number, offerId: number, buyerId: string): WaitlistRecord | null {
    const [from, to] = this.#pagesOf(campaignId);
    return this.#entryInPages.get(from, to, buyerId, offerId);
  }

  /** Who waits for a reminder of a campaign, in the order of setting it. */
  *remindersWaitingIn(campaignId: number): Generator<ReminderRecord> {
    const statement = this.#db.prepare<ReminderRecord, [campaignId: number, afterId: number, limit: number]>(
      `SELECT ${reminderColumns} FROM reminders INDEXED BY reminders_waiting
      WHERE campaign_id = ? AND state = 'waiting' AND id > ? ORDER BY id LIMIT ?`,
    );
    for (let after: number | undefined = 0; after !== undefined; ) {
      const reminders: ReminderRecord[] = statement.all(campaignId, after, ordersPerRead);
      yield* reminders;
      after = reminders.at(-1)?.reminderId;
    }
    statement.finalize();
  }

  /** A buyer's reminders: all that wait, those of campaigns that have ended included; and the last that came, newest first. */
  remindersOfBuyer(buyerId: string): { readonly waiting: ReminderRecord[]; readonly came: ReminderRecord[] } {
    const came = this.#remindersLast.all(buyerId, limits.remindersShownMax);
    return { waiting: this.#remindersWaiting.all(buyerId), came };
  }

  /** The first and the last page in which a campaign's orders stand. */
  #pagesOf(campaignId: number): [from: number, to: number] {
    const last = this.#endOfCampaign().get({ campaignId })?.endedSeq ?? this.last().seq;
    return [Math.floor(campaignId / idsPerPage), Math.floor(last / idsPerPage)];
  }

  /** Events that buyers are told of after a sequence number, and the last number looked at. */
  buyerEventsAfter(seq: number, limit: number): { events: BuyerEvent[]; lastSeq: number } {
    const rows = this.#buyerEventsAfter().all({ seq, limit });
    const events = rows.flatMap((row) => {
      const { seq, atMs, type, order } = row;
      const about = order ?? this.#reminderOf(row);
      return about === null ? [] : [{ seq, atMs, type, about }];
    });
    return { events, lastSeq: rows.at(-1)?.seq ?? seq };
  }

  /**
   * The events after a sequence number that one buyer is told of, in order: each order's chain back, and reminders that
   * came. An order may have been reserved long before and changed since, so all of them are looked at: some 3 ms for
   * every million of ids. Of reminders the oldest alone, more than a stream tells at once.
   */
  eventsOfBuyerAfter(buyerId: string, seq: number): BuyerEvent[] {
    const events: BuyerEvent[] = this.#remindersCameAfter(buyerId, seq);
    for (let before: number | null = Number.MAX_SAFE_INTEGER; before !== null; ) {
      const page: { orders: OrderRecord[]; next: number | null } = this.ordersOfBuyer(buyerId, before, ordersPerRead);
      for (const order of page.orders) events.push(...this.#eventsOf(order, seq));
      before = page.next;
    }
    return events.sort((a, b) => a.seq - b.seq);
  }

  /** The reminder that an event says has come: looked for by itself, since a join would cost every event of a sale. */
  #reminderOf({ type, previousSeq }: { readonly type: string; readonly previousSeq: number | null }) {
    return type === "reminder_due" ? this.#reminder.get(previousSeq) : null;
  }

  #remindersCameAfter(buyerId: string, afterSeq: number): BuyerEvent[] {
    return this.#remindersCame.all(buyerId, afterSeq, ordersPerRead).map((about) => {
      const { endedSeq: seq, endedAtMs: atMs } = about;
      if (seq === null || atMs === null) throw new Error(`reminder ${about.reminderId} came at no time`);
      return { seq, atMs, type: "reminder_due", about };
    });
  }

  #eventsOf(order: OrderRecord, afterSeq: number): BuyerEvent[] {
    const events: BuyerEvent[] = [];
    for (let at: number | null = order.lastSeq; at !== null && at > afterSeq && at >= order.orderId; ) {
      const event: typeof eventsTable.$inferSelect | undefined = this.#eventBySeq().get({ seq: at });
      if (event === undefined) throw new Error(`event ${at} of order ${order.orderId} is missing`);
      events.push({ seq: event.seq, atMs: event.atMs, type: event.type, about: order });
      at = event.previousSeq;
    }
    return events;
  }
}
