/**
 * The journal: writes a batch of the engine in one IMMEDIATE transaction through prepared statements, and returns when
 * it is on disk. The only code that writes the sale's tables, and the one that forges the ledger's chain: each event's
 * hash covers the one before. Any failure is final: the caller must not go on, since what the file holds is then unknown.
 */
import type { Database, SQLQueryBindings, Statement } from "bun:sqlite";
import type { AccessEntry } from "../../domain/access.ts";
import type { AuditRecord } from "../../domain/audit.ts";
import type { Batch } from "../../domain/batch.ts";
import type { EndpointRecord } from "../../domain/endpoint.ts";
import {
  type BuyersErased,
  type CampaignCreated,
  type CampaignPublished,
  type ControlsChanged,
  type DrawClosed,
  type DrawMade,
  type Event,
  movementOf,
  type OfferCreated,
  type OfficeEvent,
  type OrderMoved,
  type OrderOffered,
  type OrderPayment,
  type OrderReserved,
  type PaymentRefunded,
  type QueueEnded,
  type RefundRequested,
  type ReminderEnded,
} from "../../domain/event.ts";
import { detailsOf, detailsText, firstPreviousHash, ledgerText } from "../../domain/ledger.ts";
import { sha256Bytes } from "../../host/hash.ts";
import { newSalt } from "../../host/random.ts";
import { busyTimeoutMs, diskFailure, syncFile } from "./open.ts";
import { RowInserter } from "./row-inserter.ts";

const eventColumns = [
  ...["seq", "at_ms", "type", "campaign_id", "offer_id", "order_id", "previous_seq"],
  ...["available", "held", "sold", "details", "hash"],
] as const;

const orderColumns = [
  ...["id", "campaign_id", "offer_id", "buyer_id", "quantity", "amount_minor", "state", "last_seq"],
  ...["reserved_at_ms", "expires_at_ms", "idempotency_key", "salt", "actor"],
] as const;

const entryColumns = ["id", "campaign_id", "offer_id", "buyer_id", "state", "joined_at_ms", "salt", "actor"] as const;

const queueColumns = ["id", "campaign_id", "buyer_id", "state", "joined_at_ms", "salt", "actor"] as const;

const reminderColumns = [
  ...["id", "campaign_id", "buyer_id", "lead_s", "due_at_ms", "state", "set_at_ms", "salt"],
] as const;

const checkpointWaitMs = 250;

const endOfReminder = { reminder_due: "due", reminder_removed: "removed" } as const;
const endOfEntry = { queue_left: "left", queue_expired: "expired" } as const;

export class SqliteJournal {
  readonly #db: Database;
  readonly #begin: Statement;
  readonly #commit: Statement;
  readonly #events: RowInserter;
  readonly #orders: RowInserter;
  readonly #entries: RowInserter;
  readonly #queue: RowInserter;
  readonly #reminders: RowInserter;
  readonly #insertCampaign: Statement;
  readonly #updateCampaign: Statement;
  readonly #endCampaign: Statement;
  readonly #extendCampaign: Statement;
  readonly #insertOffer: Statement;
  readonly #updateOffer: Statement;
  readonly #moveOrder: Statement;
  readonly #insertPayment: Statement;
  readonly #movePayment: Statement;
  readonly #endEntry: Statement;
  readonly #settleDraws: Statement;
  readonly #insertDraw: Statement;
  readonly #makeDraw: Statement;
  readonly #orderQueue: Statement;
  readonly #admitEntry: Statement;
  readonly #renewPasses: Statement;
  readonly #endQueueEntry: Statement;
  readonly #closeQueue: Statement;
  readonly #endReminder: Statement;
  readonly #eraseOrder: Statement;
  readonly #eraseEntry: Statement;
  readonly #eraseQueueEntry: Statement;
  readonly #eraseReminder: Statement;
  readonly #insertOperator: Statement;
  readonly #revokeOperator: Statement;
  readonly #putEndpoint: Statement;
  readonly #deleteEndpoint: Statement;
  readonly #putControls: Statement;
  readonly #insertAccess: Statement;
  readonly #removeAccess: Statement;
  readonly #insertAudit: Statement;
  /** What each was prepared from. What a statement says of itself has its values in it: secrets, and who bought. */
  readonly #textOf = new Map<Statement, string>();
  /** In hexadecimal digits, as the next row hashes it. */
  #lastHash: string;

  constructor(db: Database) {
    const prepare = (sql: string): Statement => {
      const statement = db.prepare(sql);
      this.#textOf.set(statement, sql);
      return statement;
    };
    this.#db = db;
    this.#begin = prepare("BEGIN IMMEDIATE");
    this.#commit = prepare("COMMIT");
    this.#events = new RowInserter(db, "events", eventColumns);
    this.#orders = new RowInserter(db, "orders", orderColumns);
    this.#entries = new RowInserter(db, "waitlist", entryColumns);
    this.#queue = new RowInserter(db, "queue", queueColumns);
    this.#reminders = new RowInserter(db, "reminders", reminderColumns);
    this.#insertCampaign = prepare(
      "INSERT INTO campaigns (id, title, kind, state, opens_at_ms, closes_at_ms, payment_window_s, has_waitlist, admission, needs_pass, pass_window_s, challenge, agent_policy, agent_share_percent, created_at_ms, description) VALUES (?, ?, ?, 'draft', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    );
    this.#updateCampaign = prepare("UPDATE campaigns SET state = ?, closes_at_ms = ?, has_waitlist = ? WHERE id = ?");
    this.#endCampaign = prepare("UPDATE campaigns SET ended_seq = ? WHERE id = ?");
    this.#extendCampaign = prepare("UPDATE campaigns SET ended_seq = ? WHERE id = ? AND ended_seq IS NOT NULL");
    this.#insertOffer = prepare(
      "INSERT INTO offers (id, campaign_id, sku, title, price_minor, list_price_minor, currency, limit_per_buyer, brand, category, image_url, total, available, held, sold, description) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, ?)",
    );
    this.#updateOffer = prepare("UPDATE offers SET total = ?, available = ?, held = ?, sold = ? WHERE id = ?");
    this.#moveOrder = prepare(
      "UPDATE orders SET state = coalesce(?, state), last_seq = ?, paid_at_ms = iif(?, ?, paid_at_ms), ended_at_ms = iif(?, ?, ended_at_ms), payment_reference = coalesce(?, payment_reference) WHERE id = ? AND last_seq = ?",
    );
    this.#insertPayment = prepare(
      "INSERT INTO payments (id, order_id, provider, reference, amount_minor, currency, state, received_at_ms, salt) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    );
    this.#movePayment = prepare(
      "UPDATE payments SET state = ?, refunded_at_ms = ? WHERE order_id = ? AND state = ? AND id = coalesce(?, id)",
    );
    this.#endEntry = prepare(
      "UPDATE waitlist SET state = ?, ended_at_ms = ?, order_id = ? WHERE id = ? AND state = 'waiting'",
    );
    this.#settleDraws = prepare(
      "UPDATE campaigns SET secret = ?, commitment = ?, beacon_chain = ?, beacon_round = ? WHERE id = ? AND secret IS NULL",
    );
    this.#insertDraw = prepare(
      "INSERT INTO draws (offer_id, campaign_id, closed_seq, root, count) VALUES (?, ?, ?, ?, ?)",
    );
    this.#makeDraw = prepare(
      "UPDATE draws SET made_seq = ?, secret = ?, beacon_round = ?, beacon_randomness = ?, beacon_signature = ? WHERE offer_id = ? AND made_seq IS NULL",
    );
    this.#orderQueue = prepare(
      "UPDATE campaigns SET queue_drawn_seq = ?, queue_drawn_count = ? WHERE id = ? AND queue_drawn_seq IS NULL",
    );
    this.#admitEntry = prepare(
      "UPDATE queue SET state = 'admitted', admitted_at_ms = ?, expires_at_ms = ? WHERE id = ? AND state = 'waiting'",
    );
    this.#renewPasses = prepare(
      "UPDATE queue INDEXED BY queue_admitted SET expires_at_ms = ?1 + (SELECT pass_window_s * 1000 FROM campaigns WHERE id = ?2) WHERE campaign_id = ?2 AND state = 'admitted'",
    );
    this.#endQueueEntry = prepare(
      "UPDATE queue SET state = ?, ended_at_ms = ?, ended_seq = ?, order_id = ? WHERE id = ? AND state IN ('waiting', 'admitted')",
    );
    this.#closeQueue = prepare(
      "UPDATE queue SET state = 'left', ended_at_ms = ?, ended_seq = ? WHERE campaign_id = ? AND state IN ('waiting', 'admitted')",
    );
    this.#eraseOrder = prepare(
      "UPDATE orders SET buyer_id = '', idempotency_key = NULL, salt = NULL, erased_seq = ? WHERE id = ? AND campaign_id = ? AND erased_seq IS NULL",
    );
    this.#eraseEntry = prepare(
      "UPDATE waitlist SET buyer_id = '', salt = NULL, erased_seq = ? WHERE id = ? AND campaign_id = ? AND erased_seq IS NULL",
    );
    this.#eraseQueueEntry = prepare(
      "UPDATE queue SET buyer_id = '', salt = NULL, erased_seq = ? WHERE id = ? AND campaign_id = ? AND erased_seq IS NULL",
    );
    this.#endReminder = prepare(
      "UPDATE reminders SET state = ?, ended_at_ms = ?, ended_seq = ? WHERE id = ? AND state = 'waiting'",
    );
    this.#eraseReminder = prepare(
      "UPDATE reminders SET buyer_id = '', salt = NULL, erased_seq = ? WHERE id = ? AND campaign_id = ? AND erased_seq IS NULL",
    );
    this.#insertOperator = prepare(
      "INSERT INTO operators (id, name, role, key_hash, created_at_ms) VALUES (?, ?, ?, ?, ?)",
    );
    this.#revokeOperator = prepare("UPDATE operators SET revoked_at_ms = ? WHERE id = ? AND revoked_at_ms IS NULL");
    this.#putEndpoint = prepare(
      "INSERT OR REPLACE INTO endpoints (id, url, types, secret, previous_secret, rotated_at_ms, is_enabled) VALUES (?, ?, ?, ?, ?, ?, ?)",
    );
    this.#deleteEndpoint = prepare(
      "UPDATE endpoints SET deleted_seq = ?, secret = '', previous_secret = NULL WHERE id = ? AND deleted_seq IS NULL",
    );
    this.#putControls = prepare("INSERT OR REPLACE INTO controls (id, seq, controls) VALUES (1, ?, ?)");
    this.#insertAccess = prepare(
      "INSERT INTO access_entries (id, effect, kind, value, reason, created_at_ms, expires_at_ms) VALUES (?, ?, ?, ?, ?, ?, ?)",
    );
    this.#removeAccess = prepare(
      "UPDATE access_entries SET removed_seq = ?, value = '', reason = '' WHERE id = ? AND removed_seq IS NULL",
    );
    this.#insertAudit = prepare(
      "INSERT INTO audit_log (at_ms, operator, action, subject, outcome, before, after) VALUES (?, ?, ?, ?, ?, ?, ?)",
    );
    const last = db.query("SELECT hash FROM events ORDER BY seq DESC LIMIT 1").get() as { hash: Uint8Array } | null;
    this.#lastHash = last?.hash.toHex() ?? firstPreviousHash;
  }

  /** Stores the batch durably. Throws on any failure: `OperationError` of the disk, `Error` of a constraint. */
  commit({ events, campaigns, offers, audit }: Batch): void {
    try {
      this.#begin.run();
      for (const event of events) this.#write(event);
      this.#orders.flush();
      this.#entries.flush();
      this.#queue.flush();
      this.#reminders.flush();
      this.#events.flush();
      for (const { id, state, closesAtMs, hasWaitlist } of campaigns) {
        this.#expectOne(this.#updateCampaign, state, closesAtMs, hasWaitlist, id);
      }
      for (const { id, total, available, held, sold } of offers) {
        this.#expectOne(this.#updateOffer, total, available, held, sold, id);
      }
      for (const record of audit) this.#writeAudit(record);
      this.#commit.run();
    } catch (cause) {
      throw diskFailure("store", this.#db.filename, cause);
    }
  }

  /**
   * Moves what is committed from the log into the database file and empties the log: at start and stop. A replicator
   * that reads the log all the time keeps it from being emptied: then it is on disk at least.
   */
  checkpoint(): void {
    try {
      this.#db.exec(`PRAGMA busy_timeout = ${checkpointWaitMs}`);
      const { busy } = this.#db.query("PRAGMA wal_checkpoint(TRUNCATE)").get() as { busy: number };
      this.#db.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}`);
      if (busy !== 0) syncFile(`${this.#db.filename}-wal`);
    } catch (cause) {
      throw diskFailure("checkpoint", this.#db.filename, cause);
    }
  }

  #write(event: Event): void {
    switch (event.type) {
      case "order_reserved":
        this.#writeOrder(
          event,
          this.#append(event, { offerId: event.offerId, orderId: event.seq, previousSeq: event.entryId }),
        );
        if (event.entryId !== null) this.#endQueue("completed", event, event.entryId, event.seq);
        return;
      case "order_offered":
        this.#writeOrder(
          event,
          this.#append(event, { offerId: event.offerId, orderId: event.seq, previousSeq: event.entryId }),
        );
        this.#writeOffered(event);
        return;
      case "order_cancelled":
      case "order_expired":
      case "order_rereserved":
        this.#append(event, event);
        this.#writeMove(event);
        return;
      case "order_paid":
      case "order_refund_due":
      case "payment_refund_due":
        this.#writePayment(event, this.#append(event, event));
        return;
      case "order_refund_requested":
        this.#append(event, event);
        this.#writeRefundRequest(event);
        return;
      case "order_refunded":
      case "payment_refunded":
        this.#append(event, event);
        this.#writeRefund(event);
        return;
      case "offer_restocked":
        this.#append(event, event);
        return;
      case "waitlist_joined":
      case "draw_entered": {
        const salt = this.#append(event, event);
        const { seq, campaignId, offerId, buyerId, atMs, actor } = event;
        this.#entries.add(seq, campaignId, offerId, buyerId, "waiting", atMs, salt, actor);
        return;
      }
      case "waitlist_left":
        this.#append(event, { offerId: event.offerId, previousSeq: event.entryId });
        this.#entries.flush();
        this.#expectOne(this.#endEntry, "left", event.atMs, null, event.entryId);
        return;
      case "draw_closed":
        this.#append(event, event);
        this.#writeDraw(event);
        return;
      case "draw_made":
        this.#append(event, event);
        this.#writeDrawMade(event);
        return;
      case "queue_joined": {
        const salt = this.#append(event, {});
        const { seq, campaignId, buyerId, atMs, actor } = event;
        this.#queue.add(seq, campaignId, buyerId, "waiting", atMs, salt, actor);
        return;
      }
      case "queue_drawn":
        this.#append(event, {});
        this.#expectOne(this.#orderQueue, event.seq, event.count, event.campaignId);
        return;
      case "queue_admitted":
        this.#append(event, { previousSeq: event.entryId });
        this.#queue.flush(); // they may have joined in this very batch
        this.#expectOne(this.#admitEntry, event.atMs, event.expiresAtMs, event.entryId);
        return;
      case "queue_left":
      case "queue_expired":
        this.#append(event, { previousSeq: event.entryId });
        this.#endQueue(endOfEntry[event.type], event, event.entryId, null);
        return;
      case "reminder_set": {
        const { seq, campaignId, buyerId, leadS, dueAtMs, atMs } = event;
        const salt = this.#append(event, {});
        this.#reminders.add(seq, campaignId, buyerId, leadS, dueAtMs, "waiting", atMs, salt);
        return;
      }
      case "reminder_due":
      case "reminder_removed":
        this.#append(event, { previousSeq: event.reminderId });
        this.#writeReminderEnd(event);
        return;
      case "campaign_created":
        this.#append(event, {});
        this.#writeCampaign(event);
        return;
      case "offer_created":
        this.#append(event, { offerId: event.seq });
        this.#writeOffer(event);
        return;
      case "campaign_published":
        this.#append(event, {});
        this.#writePublishing(event);
        return;
      case "campaign_opened":
      case "campaign_paused":
      case "campaign_resumed":
        this.#append(event, {});
        return;
      case "passes_renewed":
        this.#append(event, {});
        this.#queue.flush();
        this.#renewPasses.run(event.atMs, event.campaignId);
        return;
      case "queue_closed":
        this.#append(event, {});
        this.#queue.flush();
        this.#closeQueue.run(event.atMs, event.seq, event.campaignId);
        return;
      case "campaign_ended":
        this.#append(event, {});
        this.#expectOne(this.#endCampaign, event.seq, event.campaignId);
        return;
      case "buyers_erased":
        this.#append(event, {});
        this.#writeErasure(event);
        return;
      default:
        this.#append(event, {});
        this.#writeOffice(event);
    }
  }

  /** Puts the event into the ledger's chain; answers the salt of its details, empty where it has none. */
  #append(
    event: Event,
    about: { readonly offerId?: number; readonly orderId?: number; readonly previousSeq?: number | null },
  ): string {
    const { available, held, sold } = movementOf(event);
    const { seq, atMs, type, campaignId } = event;
    const offerId = about.offerId ?? null;
    const orderId = about.orderId ?? null;
    const previousSeq = about.previousSeq ?? null;
    const said = detailsOf(event);
    const salt = event.type === "draw_entered" ? event.salt : said?.isPrivate === true ? newSalt() : "";
    const details = said === null ? null : sha256Bytes(detailsText(salt, said.details));
    const moved = { available, held, sold, details: details?.toHex() ?? null };
    const row = { seq, atMs, type, campaignId, offerId, orderId, previousSeq, ...moved };
    const hash = sha256Bytes(ledgerText(row, this.#lastHash));
    this.#lastHash = hash.toHex();
    const ids = [campaignId, offerId, orderId, previousSeq] as const;
    this.#events.add(seq, atMs, type, ...ids, available, held, sold, details, hash);
    return salt;
  }

  #writeOrder(event: OrderReserved | OrderOffered, salt: string): void {
    const { seq, campaignId, offerId, buyerId, quantity, amountMinor, atMs, expiresAtMs, key, actor } = event;
    const order = [seq, campaignId, offerId, buyerId, quantity, amountMinor] as const;
    this.#orders.add(...order, "reserved", seq, atMs, expiresAtMs, key, salt, actor);
  }

  #writeOffered({ entryId, seq, atMs, campaignId }: OrderOffered): void {
    this.#entries.flush(); // they may have joined in this very batch
    this.#expectOne(this.#endEntry, "offered", atMs, seq, entryId);
    this.#extendCampaign.run(seq, campaignId);
  }

  #writeDraw({ offerId, campaignId, seq, root, count }: DrawClosed): void {
    this.#insertDraw.run(offerId, campaignId, seq, root, count);
  }

  #writeDrawMade({ offerId, seq, secret, beacon }: DrawMade): void {
    const value = [beacon?.round ?? null, beacon?.randomness ?? null, beacon?.signature ?? null] as const;
    this.#expectOne(this.#makeDraw, seq, secret, ...value, offerId);
  }

  #writePublishing({ campaignId, draw }: CampaignPublished): void {
    if (draw === null) return;
    const { secret, commitment, beacon } = draw;
    this.#expectOne(this.#settleDraws, secret, commitment, beacon?.chain ?? null, beacon?.round ?? null, campaignId);
  }

  #endQueue(
    state: "completed" | "left" | "expired",
    { seq, atMs }: OrderReserved | QueueEnded,
    entryId: number,
    orderId: number | null,
  ): void {
    this.#queue.flush(); // they may have joined in this very batch
    this.#expectOne(this.#endQueueEntry, state, atMs, seq, orderId, entryId);
  }

  #writeReminderEnd({ type, atMs, seq, reminderId }: ReminderEnded): void {
    this.#reminders.flush(); // it may have been set in this very batch
    this.#expectOne(this.#endReminder, endOfReminder[type], atMs, seq, reminderId);
  }

  #writeMove(event: OrderMoved): void {
    switch (event.type) {
      case "order_rereserved":
        this.#move(event, { state: "reserved", endedAtMs: null });
        return;
      case "order_cancelled":
        this.#move(event, { state: "cancelled", endedAtMs: event.atMs });
        return;
      case "order_expired":
        this.#move(event, { state: "expired", endedAtMs: event.atMs });
        return;
    }
  }

  #writePayment(event: OrderPayment, salt: string): void {
    const { type, seq, atMs, orderId, payment } = event;
    const { provider, reference, amountMinor, currency } = payment;
    const state = type === "order_paid" ? "accepted" : "refund_due";
    this.#insertPayment.run(seq, orderId, provider, reference, amountMinor, currency, state, atMs, salt);
    switch (type) {
      case "order_paid":
        this.#move(event, { state: "paid", paidAtMs: atMs, endedAtMs: null, reference });
        return;
      case "order_refund_due":
        this.#move(event, { state: "refund_due", paidAtMs: atMs, endedAtMs: atMs, reference });
        return;
      case "payment_refund_due":
        this.#move(event, {});
        return;
    }
  }

  #writeRefundRequest(event: RefundRequested): void {
    this.#expectOne(this.#movePayment, "refund_due", null, event.orderId, "accepted", null);
    this.#move(event, { state: "refund_due", endedAtMs: event.atMs });
  }

  #writeRefund(event: PaymentRefunded): void {
    this.#expectOne(this.#movePayment, "refunded", event.atMs, event.orderId, "refund_due", event.paymentId);
    this.#move(event, event.type === "order_refunded" ? { state: "refunded", endedAtMs: event.atMs } : {});
  }

  /** Moves an order on from the event before; what is not named stays as it is. */
  #move(
    { seq, orderId, previousSeq }: { readonly seq: number; readonly orderId: number; readonly previousSeq: number },
    to: { state?: string; paidAtMs?: number; endedAtMs?: number | null; reference?: string | null },
  ): void {
    this.#orders.flush(); // the order may have been reserved in this very batch
    const paid = [to.paidAtMs !== undefined, to.paidAtMs ?? null] as const;
    const ended = [to.endedAtMs !== undefined, to.endedAtMs ?? null] as const;
    const reference = to.reference ?? null;
    this.#expectOne(this.#moveOrder, to.state ?? null, seq, ...paid, ...ended, reference, orderId, previousSeq);
  }

  /** Two may ask for the same at once: whoever comes second finds some erased already, which is as it should be. */
  #writeErasure({ seq, campaignId, orderIds, entryIds }: BuyersErased): void {
    this.#orders.flush(); // they may have come in this very batch
    this.#entries.flush();
    for (const orderId of orderIds) this.#eraseOrder.run(seq, orderId, campaignId);
    this.#queue.flush();
    this.#reminders.flush();
    for (const entryId of entryIds) {
      this.#eraseEntry.run(seq, entryId, campaignId); // it stands in one of the three
      this.#eraseQueueEntry.run(seq, entryId, campaignId);
      this.#eraseReminder.run(seq, entryId, campaignId);
    }
  }

  #writeOffice(event: OfficeEvent): void {
    switch (event.type) {
      case "operator_created":
        this.#insertOperator.run(event.seq, event.name, event.role, event.keyHash, event.atMs);
        return;
      case "operator_revoked":
        this.#expectOne(this.#revokeOperator, event.atMs, event.operatorId);
        return;
      case "endpoint_created":
      case "endpoint_changed":
        this.#writeEndpoint(event.endpoint);
        return;
      case "endpoint_deleted":
        this.#expectOne(this.#deleteEndpoint, event.seq, event.endpointId);
        return;
      case "controls_changed":
        this.#writeControls(event);
        return;
      case "access_entry_added":
        this.#writeAccess(event.entry);
        return;
      case "access_entry_removed":
        this.#expectOne(this.#removeAccess, event.seq, event.entryId);
        return;
      case "ledger_head":
        return;
    }
  }

  #writeEndpoint({ id, url, types, secret, previousSecret, rotatedAtMs, isEnabled }: EndpointRecord): void {
    const wanted = types === null ? null : JSON.stringify(types);
    this.#putEndpoint.run(id, url, wanted, secret, previousSecret, rotatedAtMs, isEnabled);
  }

  #writeControls({ seq, controls }: ControlsChanged): void {
    this.#putControls.run(seq, JSON.stringify(controls));
  }

  #writeAccess({ entryId, effect, kind, value, reason, createdAtMs, expiresAtMs }: AccessEntry): void {
    this.#insertAccess.run(entryId, effect, kind, value, reason, createdAtMs, expiresAtMs);
  }

  #writeCampaign(event: CampaignCreated): void {
    const { seq, title, kind, opensAtMs, closesAtMs, paymentWindowS, hasWaitlist, admission, atMs, description } =
      event;
    const { mode, needsPass, passWindowS, challenge, agents } = admission;
    const terms = [paymentWindowS, hasWaitlist, mode, needsPass, passWindowS, challenge] as const;
    const ofAgents = [agents.policy, agents.sharePercent] as const;
    this.#insertCampaign.run(seq, title, kind, opensAtMs, closesAtMs, ...terms, ...ofAgents, atMs, description);
  }

  #writeOffer({ seq, campaignId, offer }: OfferCreated): void {
    const { sku, title, priceMinor, listPriceMinor, currency, limitPerBuyer, brand, category, imageUrl, stock } = offer;
    const price = [priceMinor, listPriceMinor, currency, limitPerBuyer] as const;
    const shown = [brand, category, imageUrl] as const;
    this.#insertOffer.run(seq, campaignId, sku, title, ...price, ...shown, stock, stock, offer.description);
  }

  #writeAudit({ atMs, operator, action, subject, outcome, before, after }: AuditRecord): void {
    const facts = [before, after].map((told) => (told === null ? null : JSON.stringify(told)));
    this.#insertAudit.run(atMs, operator, action, subject, outcome, ...facts);
  }

  /** The other half of the engine's assertions: a row that should be there and as expected, is. */
  #expectOne(statement: Statement, ...values: SQLQueryBindings[]): void {
    const { changes } = statement.run(...values);
    if (changes === 1) return;
    throw new Error(`a row of the sale is not as the engine knows it: ${this.#textOf.get(statement)}`);
  }
}
