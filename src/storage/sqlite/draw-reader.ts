/**
 * Reads draws and their entries, from a connection that need not be able to write. However many entries there are, a
 * read costs what its own rows cost; a buyer's own entry is looked for as their orders are, in pages of ids.
 */
import type { Database, Statement } from "bun:sqlite";
import type { ClosedDraw, DrawEntry, DrawReader, OwnDrawEntry } from "../../draw/document.ts";
import { idsPerPage, pageBits } from "./reader.ts";

interface DrawRow extends Omit<ClosedDraw, "beacon"> {
  readonly round: number | null;
  readonly randomness: string | null;
  readonly signature: string | null;
}

const entryColumns =
  "waitlist.id AS entryId, waitlist.state AS state, waitlist.order_id AS orderId, lower(hex(events.details)) AS leaf";
const ownColumns = `${entryColumns}, waitlist.joined_at_ms AS enteredAtMs, nullif(waitlist.buyer_id, '') AS buyerId, waitlist.actor AS actor, waitlist.salt AS salt`;
const withEvents = "JOIN events ON events.seq = waitlist.id";

export class SqliteDrawReader implements DrawReader {
  readonly #draws: Statement<DrawRow, [campaignId: number]>;
  readonly #entries: Statement<DrawEntry, [offerId: number, from: number, limit: number]>;
  readonly #ownEntries: Statement<OwnDrawEntry, [offerId: number, from: number, limit: number]>;
  readonly #entryOfBuyer: Statement<OwnDrawEntry, [from: number, to: number, buyerId: string, offerId: number]>;
  readonly #end: Statement<{ seq: number }, [offerId: number]>;

  constructor(db: Database) {
    this.#draws = db.prepare(
      `SELECT draws.offer_id AS offerId, closed_seq AS closedSeq, at_ms AS closedAtMs, root, count, secret, beacon_round AS round,
        beacon_randomness AS randomness, beacon_signature AS signature
      FROM draws JOIN events ON events.seq = closed_seq WHERE draws.campaign_id = ? ORDER BY draws.offer_id`,
    );
    const inOrder = "WHERE waitlist.offer_id = ? AND waitlist.id >= ? ORDER BY waitlist.id LIMIT ?";
    this.#entries = db.prepare(`SELECT ${entryColumns} FROM waitlist ${withEvents} ${inOrder}`);
    this.#ownEntries = db.prepare(`SELECT ${ownColumns} FROM waitlist ${withEvents} ${inOrder}`);
    this.#entryOfBuyer = db.prepare(
      `WITH RECURSIVE page (number) AS (VALUES (?1) UNION ALL SELECT number + 1 FROM page WHERE number < ?2)
      SELECT ${ownColumns} FROM page CROSS JOIN waitlist INDEXED BY waitlist_by_buyer ${withEvents}
      WHERE waitlist.id >> ${pageBits} = page.number AND waitlist.buyer_id = ?3 AND waitlist.offer_id = ?4 LIMIT 1`,
    );
    this.#end = db.prepare(
      "SELECT coalesce((SELECT closed_seq FROM draws WHERE offer_id = ?), (SELECT max(seq) FROM events)) AS seq",
    );
  }

  /** The draws of a campaign that are closed. */
  drawsOf(campaignId: number): ClosedDraw[] {
    return this.#draws.all(campaignId).map(({ round, randomness, signature, ...draw }) => {
      const isKnown = round !== null && randomness !== null && signature !== null;
      return { ...draw, beacon: isKnown ? { round, randomness, signature } : null };
    });
  }

  /** Entries in the order of entering, from one on. */
  entriesFrom(offerId: number, entryId: number, limit: number): DrawEntry[] {
    return this.#entries.all(offerId, entryId, limit);
  }

  /** The same with who they are. */
  ownEntriesFrom(offerId: number, entryId: number, limit: number): OwnDrawEntry[] {
    return this.#ownEntries.all(offerId, entryId, limit);
  }

  /** A buyer's entry, or `null`: some 3 ms for every million of ids since the offer was made. */
  entryOf(offerId: number, buyerId: string): OwnDrawEntry | null {
    const last = this.#end.get(offerId)?.seq ?? offerId;
    return this.#entryOfBuyer.get(pageOf(offerId), pageOf(last), buyerId, offerId);
  }
}

function pageOf(id: number): number {
  return Math.floor(id / idsPerPage);
}
