/**
 * The journal as it would be without the ledger: the same rows in the same tables by the same statements, but nothing is
 * hashed and nothing salted. Knows orders that are reserved; leaves batches with anything else to the real one.
 */
import type { Database, Statement } from "bun:sqlite";
import type { Batch } from "../src/domain/batch.ts";
import { movementOf, type OrderReserved } from "../src/domain/event.ts";
import { SqliteJournal } from "../src/storage/sqlite/journal.ts";
import { RowInserter } from "../src/storage/sqlite/row-inserter.ts";

const eventColumns = [
  ...["seq", "at_ms", "type", "campaign_id", "offer_id", "order_id", "previous_seq"],
  ...["available", "held", "sold", "details", "hash"],
];
const orderColumns = [
  ...["id", "campaign_id", "offer_id", "buyer_id", "quantity", "amount_minor", "state", "last_seq"],
  ...["reserved_at_ms", "expires_at_ms", "idempotency_key", "salt"],
];

/** Where a hash would be. */
const nothing = new Uint8Array();

export class PlainJournal {
  readonly #real: SqliteJournal;
  readonly #begin: Statement;
  readonly #commit: Statement;
  readonly #events: RowInserter;
  readonly #orders: RowInserter;
  readonly #updateOffer: Statement;

  constructor(db: Database) {
    this.#real = new SqliteJournal(db);
    this.#begin = db.prepare("BEGIN IMMEDIATE");
    this.#commit = db.prepare("COMMIT");
    this.#events = new RowInserter(db, "events", eventColumns);
    this.#orders = new RowInserter(db, "orders", orderColumns);
    this.#updateOffer = db.prepare("UPDATE offers SET total = ?, available = ?, held = ?, sold = ? WHERE id = ?");
  }

  commit(batch: Batch): void {
    if (batch.events.some(({ type }) => type !== "order_reserved")) {
      this.#real.commit(batch);
      return;
    }
    this.#begin.run();
    for (const event of batch.events) this.#write(event as OrderReserved);
    this.#orders.flush();
    this.#events.flush();
    for (const { id, total, available, held, sold } of batch.offers) {
      this.#updateOffer.run(total, available, held, sold, id);
    }
    this.#commit.run();
  }

  checkpoint(): void {
    this.#real.checkpoint();
  }

  #write(event: OrderReserved): void {
    const { seq, atMs, type, campaignId, offerId, buyerId, quantity, amountMinor, expiresAtMs, key } = event;
    const { available, held, sold } = movementOf(event);
    this.#events.add(seq, atMs, type, campaignId, offerId, seq, null, available, held, sold, nothing, nothing);
    const order = [seq, campaignId, offerId, buyerId, quantity, amountMinor] as const;
    this.#orders.add(...order, "reserved", seq, atMs, expiresAtMs, key, "");
  }
}
