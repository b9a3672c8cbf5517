/**
 * Reads the ledger page by page, by its numbers, from a connection that need not be able to write. However long it is, a
 * page costs what its own rows cost.
 */
import type { Database, Statement } from "bun:sqlite";
import { firstPreviousHash, type LedgerRow } from "../../domain/ledger.ts";

/** A row with its hash; `buyerId` where the row is about somebody who is known. */
export interface LedgerEntry extends LedgerRow {
  readonly hash: string;
  readonly buyerId: string | null;
}

/** Rows that a page of one campaign looks through: some milliseconds, however seldom the campaign has one. */
const rowsPerPageMax = 10_000;

const columns =
  "events.seq AS seq, events.at_ms AS atMs, events.type AS type, events.campaign_id AS campaignId, events.offer_id AS offerId, events.order_id AS orderId, events.previous_seq AS previousSeq, events.available AS available, events.held AS held, events.sold AS sold, nullif(lower(hex(events.details)), '') AS details, lower(hex(events.hash)) AS hash";
const withBuyers =
  "FROM events LEFT JOIN orders ON orders.id = events.order_id LEFT JOIN waitlist ON waitlist.id = events.seq WHERE events.seq > ?1";

export class SqliteLedgerReader {
  readonly #rows: Statement<LedgerEntry, [after: number, limit: number]>;
  readonly #rowsWithBuyers: Statement<LedgerEntry, [after: number, limit: number]>;
  readonly #rowsOfCampaign: Statement<LedgerEntry, [after: number, limit: number, campaignId: number]>;
  readonly #hash: Statement<{ hash: string }, [seq: number]>;
  readonly #last: Statement<{ seq: number }, []>;
  readonly #salt: Statement<{ salt: string | null }, [orderId: number]>;

  constructor(db: Database) {
    const end = "ORDER BY events.seq LIMIT ?2";
    const buyer = "nullif(coalesce(orders.buyer_id, waitlist.buyer_id), '') AS buyerId";
    this.#rows = db.prepare(`SELECT ${columns}, NULL AS buyerId FROM events WHERE events.seq > ?1 ${end}`);
    this.#rowsWithBuyers = db.prepare(`SELECT ${columns}, ${buyer} ${withBuyers} ${end}`);
    this.#rowsOfCampaign = db.prepare(
      `SELECT ${columns}, ${buyer} ${withBuyers} AND events.seq <= ?1 + ${rowsPerPageMax} AND events.campaign_id = ?3 ${end}`,
    );
    this.#hash = db.prepare("SELECT lower(hex(hash)) AS hash FROM events WHERE seq = ?");
    this.#last = db.prepare("SELECT coalesce(max(seq), 0) AS seq FROM events");
    this.#salt = db.prepare("SELECT salt FROM orders WHERE id = ?");
  }

  /** The rows after one, without their buyers. */
  rowsAfter(seq: number, limit: number): LedgerEntry[] {
    return this.#rows.all(seq, limit);
  }

  /** The rows after one with their buyers, of one campaign or of all; `next` is after which to go on, `null` at the end. */
  rowsWithBuyersAfter(
    seq: number,
    limit: number,
    campaignId: number | null,
  ): { readonly rows: LedgerEntry[]; readonly next: number | null } {
    const rows =
      campaignId === null ? this.#rowsWithBuyers.all(seq, limit) : this.#rowsOfCampaign.all(seq, limit, campaignId);
    if (rows.length === limit) return { rows, next: rows.at(-1)?.seq ?? null };
    const lookedAt = seq + rowsPerPageMax;
    return { rows, next: campaignId !== null && lookedAt < (this.#last.get()?.seq ?? 0) ? lookedAt : null };
  }

  /** A row, or `null`. */
  row(seq: number): LedgerEntry | null {
    return this.#rows.all(seq - 1, 1).find((row) => row.seq === seq) ?? null;
  }

  /** The hash of a row, what stands before the first for 0, `null` where there is none. */
  hashOf(seq: number): string | null {
    return seq === 0 ? firstPreviousHash : (this.#hash.get(seq)?.hash ?? null);
  }

  /** The salt of an order, `null` when its buyer was erased. */
  saltOf(orderId: number): string | null {
    return this.#salt.get(orderId)?.salt ?? null;
  }
}
