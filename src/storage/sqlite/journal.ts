/**
 * The journal: writes a batch of the engine in one IMMEDIATE transaction through prepared statements, and returns when
 * it is on disk. The only code that writes the sale's tables. Any failure is final: the caller must not go on, since
 * what the file holds is then unknown.
 */
import type { Database, SQLQueryBindings, Statement } from "bun:sqlite";

import type { Batch } from "../../domain/batch.ts";
import type { CampaignCreated, Event, OfferCreated, OrderMoved, OrderReserved } from "../../domain/event.ts";
import { movementOf } from "../../domain/event.ts";
import { diskFailure } from "./open.ts";
import { RowInserter } from "./row-inserter.ts";

const eventColumns = [
  "seq",
  "at_ms",
  "type",
  "campaign_id",
  "offer_id",
  "order_id",
  "previous_seq",
  "available",
  "held",
  "sold",
] as const;

const orderColumns = [
  "id",
  "campaign_id",
  "offer_id",
  "buyer_id",
  "quantity",
  "amount_minor",
  "state",
  "last_seq",
  "reserved_at_ms",
  "expires_at_ms",
  "idempotency_key",
] as const;

export class SqliteJournal {
  readonly #db: Database;
  readonly #begin: Statement;
  readonly #commit: Statement;
  readonly #events: RowInserter;
  readonly #insertCampaign: Statement;
  readonly #updateCampaign: Statement;
  readonly #endCampaign: Statement;
  readonly #insertOffer: Statement;
  readonly #updateOffer: Statement;
  readonly #orders: RowInserter;
  readonly #moveOrder: Statement;

  constructor(db: Database) {
    this.#db = db;
    this.#begin = db.prepare("BEGIN IMMEDIATE");
    this.#commit = db.prepare("COMMIT");
    this.#events = new RowInserter(db, "events", eventColumns);
    this.#orders = new RowInserter(db, "orders", orderColumns);
    this.#insertCampaign = db.prepare(
      "INSERT INTO campaigns (id, title, kind, state, opens_at_ms, closes_at_ms, payment_window_s, created_at_ms) VALUES (?, ?, ?, 'draft', ?, ?, ?, ?)",
    );
    this.#updateCampaign = db.prepare("UPDATE campaigns SET state = ?, closes_at_ms = ? WHERE id = ?");
    this.#endCampaign = db.prepare("UPDATE campaigns SET ended_seq = ? WHERE id = ?");
    this.#insertOffer = db.prepare(
      "INSERT INTO offers (id, campaign_id, sku, title, price_minor, list_price_minor, currency, limit_per_buyer, brand, category, image_url, total, available, held, sold) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0)",
    );
    this.#updateOffer = db.prepare("UPDATE offers SET total = ?, available = ?, held = ?, sold = ? WHERE id = ?");
    this.#moveOrder = db.prepare(
      "UPDATE orders SET state = ?, last_seq = ?, paid_at_ms = ?, ended_at_ms = ?, payment_reference = coalesce(?, payment_reference) WHERE id = ? AND last_seq = ?",
    );
  }

  /** Stores the batch durably. Throws on any failure: `OperationError` of the disk, `Error` of a constraint. */
  commit({ events, campaigns, offers }: Batch): void {
    try {
      this.#begin.run();
      for (const event of events) this.#write(event);
      this.#orders.flush();
      this.#events.flush();
      for (const { id, state, closesAtMs } of campaigns) this.#expectOne(this.#updateCampaign, state, closesAtMs, id);
      for (const { id, total, available, held, sold } of offers) {
        this.#expectOne(this.#updateOffer, total, available, held, sold, id);
      }
      this.#commit.run();
    } catch (cause) {
      throw diskFailure("store", this.#db.filename, cause);
    }
  }

  /** Moves what is committed from the log into the database file and empties the log: at start and stop. */
  checkpoint(): void {
    try {
      this.#db.query("PRAGMA wal_checkpoint(TRUNCATE)").get();
    } catch (cause) {
      throw diskFailure("checkpoint", this.#db.filename, cause);
    }
  }

  #write(event: Event): void {
    switch (event.type) {
      case "order_reserved":
        this.#appendEvent(event, event.offerId, event.seq, null);
        this.#writeOrder(event);
        return;
      case "order_paid":
      case "order_cancelled":
      case "order_expired":
      case "order_rereserved":
      case "order_refund_due":
        this.#appendEvent(event, event.offerId, event.orderId, event.previousSeq);
        this.#writeMove(event);
        return;
      case "offer_restocked":
        this.#appendEvent(event, event.offerId, null, null);
        return;
      case "campaign_created":
        this.#appendEvent(event, null, null, null);
        this.#writeCampaign(event);
        return;
      case "offer_created":
        this.#appendEvent(event, event.seq, null, null);
        this.#writeOffer(event);
        return;
      case "campaign_published":
      case "campaign_opened":
      case "campaign_paused":
      case "campaign_resumed":
        this.#appendEvent(event, null, null, null);
        return;
      case "campaign_ended":
        this.#appendEvent(event, null, null, null);
        this.#expectOne(this.#endCampaign, event.seq, event.campaignId);
        return;
    }
  }

  #appendEvent(event: Event, offerId: number | null, orderId: number | null, previousSeq: number | null): void {
    const { available, held, sold } = movementOf(event);
    const { seq, atMs, type, campaignId } = event;
    this.#events.add(seq, atMs, type, campaignId, offerId, orderId, previousSeq, available, held, sold);
  }

  #writeOrder(event: OrderReserved): void {
    const { seq, campaignId, offerId, buyerId, quantity, amountMinor, atMs, expiresAtMs, key } = event;
    const order = [seq, campaignId, offerId, buyerId, quantity, amountMinor] as const;
    this.#orders.add(...order, "reserved", seq, atMs, expiresAtMs, key);
  }

  #writeMove(event: OrderMoved): void {
    this.#orders.flush(); // the order may have been reserved in this very batch
    const { type, seq, atMs, reference, orderId, previousSeq } = event;
    switch (type) {
      case "order_paid":
        this.#expectOne(this.#moveOrder, "paid", seq, atMs, null, reference, orderId, previousSeq);
        return;
      case "order_rereserved":
        this.#expectOne(this.#moveOrder, "reserved", seq, null, null, reference, orderId, previousSeq);
        return;
      case "order_cancelled":
        this.#expectOne(this.#moveOrder, "cancelled", seq, null, atMs, reference, orderId, previousSeq);
        return;
      case "order_expired":
        this.#expectOne(this.#moveOrder, "expired", seq, null, atMs, reference, orderId, previousSeq);
        return;
      case "order_refund_due":
        this.#expectOne(this.#moveOrder, "refund_due", seq, atMs, atMs, reference, orderId, previousSeq);
        return;
    }
  }

  #writeCampaign(event: CampaignCreated): void {
    const { seq, title, kind, opensAtMs, closesAtMs, paymentWindowS, atMs } = event;
    this.#insertCampaign.run(seq, title, kind, opensAtMs, closesAtMs, paymentWindowS, atMs);
  }

  #writeOffer({ seq, campaignId, offer }: OfferCreated): void {
    const { sku, title, priceMinor, listPriceMinor, currency, limitPerBuyer, brand, category, imageUrl, stock } = offer;
    const price = [priceMinor, listPriceMinor, currency, limitPerBuyer] as const;
    this.#insertOffer.run(seq, campaignId, sku, title, ...price, brand, category, imageUrl, stock, stock);
  }

  /** The other half of the engine's assertions: a row that should be there and as expected, is. */
  #expectOne(statement: Statement, ...values: SQLQueryBindings[]): void {
    const { changes } = statement.run(...values);
    if (changes !== 1) throw new Error(`a row of the sale is not as the engine knows it: ${statement.toString()}`);
  }
}
