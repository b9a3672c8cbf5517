/**
 * Follows every waitlist side by side with the events: a unit that returns goes to the first in line, nobody is offered
 * two for one entry, and no purchase slips in while somebody waits. Every event names the joining of its entry.
 */
import type { Database } from "bun:sqlite";
import { formatId } from "../../../domain/ids.ts";
import { detailsText } from "../../../domain/ledger.ts";
import { sha256 } from "../../../host/hash.ts";
import { Check } from "./check.ts";
import type { Erasures } from "./erasures.ts";
import { RowCursor } from "./row-cursor.ts";
import { type EventRow, kinds, nameOf } from "./rules.ts";
import type { Sale } from "./sale.ts";

interface EntryRow {
  readonly id: number;
  readonly campaignId: number;
  readonly offerId: number;
  readonly buyerId: string;
  readonly state: "waiting" | "offered" | "left";
  readonly joinedAtMs: number;
  readonly endedAtMs: number | null;
  readonly orderId: number | null;
  readonly salt: string | null;
  readonly erasedSeq: number | null;
  readonly orderBuyerId: string | null;
}

const select =
  "SELECT waitlist.id AS id, waitlist.campaign_id AS campaignId, waitlist.offer_id AS offerId, waitlist.buyer_id AS buyerId, waitlist.state AS state, joined_at_ms AS joinedAtMs, waitlist.ended_at_ms AS endedAtMs, order_id AS orderId, waitlist.salt AS salt, waitlist.erased_seq AS erasedSeq, orders.buyer_id AS orderBuyerId FROM waitlist LEFT JOIN orders ON orders.id = waitlist.order_id";

/** Somebody who waits, and what their row says of how that ends. */
interface Entry {
  readonly id: number;
  readonly state: EntryRow["state"];
  readonly orderId: number | null;
  readonly endedAtMs: number | null;
  isGone: boolean;
}

/** Who joined for one offer, in that order; those in front who are gone are passed over. */
interface Line {
  entries: Entry[];
  head: number;
  count: number;
}

const forgetEvery = 1_024;

export class Waitlist {
  readonly check = new Check("waitlist", "entry", "who joined first was offered the unit that returned, once");
  readonly #sale: Sale;
  readonly #rows: RowCursor<EntryRow>;
  readonly #erasures: Erasures;
  readonly #lines = new Map<number, Line>();

  constructor(db: Database, sale: Sale, erasures: Erasures) {
    this.#sale = sale;
    this.#erasures = erasures;
    this.#rows = new RowCursor<EntryRow>(db, select, "waitlist");
  }

  see(event: EventRow): void {
    switch (event.kind) {
      case kinds.order_reserved: {
        const waiting = this.#lines.get(event.offerId ?? 0)?.count ?? 0;
        if (waiting > 0) this.check.fail(`${nameOf(event)} reserves what ${waiting} wait for`);
        return;
      }
      case kinds.order_offered:
        this.#offer(event);
        return;
      case kinds.waitlist_joined:
        this.#join(event);
        return;
      case kinds.waitlist_left:
        this.#leave(event);
        return;
    }
  }

  finish(): void {
    this.#rows.skipRest((row) => this.#failUnbegun(row));
    for (const { entries, head } of this.#lines.values()) {
      for (const { id, isGone, endedAtMs } of entries.slice(head)) {
        if (!isGone && endedAtMs !== null) {
          this.check.fail(`entry ${nameOfEntry(id)} was offered a unit or left, as no event says`);
        }
      }
    }
  }

  #join(event: EventRow): void {
    const row = this.#rows.take(event.id, (skipped) => this.#failUnbegun(skipped));
    if (row === null) {
      this.check.fail(`${nameOf(event)} is about entry ${nameOfEntry(event.id)}, which does not exist`);
      return;
    }
    this.check.count += 1;
    const problem = this.#problemOf(row, event);
    if (problem !== null) this.check.fail(`entry ${nameOfEntry(row.id)} ${problem}`);
    const line = this.#lineOf(row.offerId);
    const { id, state, orderId, endedAtMs } = row;
    line.entries.push({ id, state, orderId, endedAtMs, isGone: false });
    line.count += 1;
  }

  #problemOf(row: EntryRow, event: EventRow): string | null {
    if (row.offerId !== event.offerId || row.campaignId !== event.campaignId) {
      return `is of another offer or campaign than ${nameOf(event)}`;
    }
    if (row.joinedAtMs !== event.atMs) return `joined at another time than ${nameOf(event)}`;
    if (
      (row.endedAtMs === null) !== (row.state === "waiting") ||
      (row.orderId === null) !== (row.state !== "offered")
    ) {
      return `is ${row.state}, as its order and its end do not say`;
    }
    // What has come back belongs to those in line already, and may be on its way to them.
    const available =
      this.#lineOf(row.offerId).count > 0 ? 0 : (this.#sale.offers.get(row.offerId)?.moved.available ?? 0);
    if (available > 0) return `joined while ${available} were available`;
    if (row.erasedSeq !== null || row.salt === null) return this.#erasures.problemOf(row);
    if (event.details !== sha256(detailsText(row.salt, [row.buyerId]))) {
      return `has another buyer or salt than ${nameOf(event)} was hashed with`;
    }
    // An order that is erased has no buyer to compare.
    const isSame = row.orderBuyerId === null || row.orderBuyerId === "" || row.orderBuyerId === row.buyerId;
    return isSame ? null : "led to an order of another buyer";
  }

  #offer(event: EventRow): void {
    const line = this.#lineOf(event.offerId ?? 0);
    const first = firstOf(line);
    const offered = find(line, event.previousSeq);
    if (offered === null || offered !== first) {
      const whom = first === null ? "nobody waits" : `${nameOfEntry(first.id)} is the first in line`;
      this.check.fail(`${nameOf(event)} does not offer its unit to whose turn it is: ${whom}`);
    } else if (offered.orderId !== event.id || offered.endedAtMs !== event.atMs) {
      this.check.fail(`${nameOf(event)} offers a unit to entry ${nameOfEntry(offered.id)}, whose row says otherwise`);
    }
    if (offered !== null) this.#remove(line, offered);
  }

  #leave(event: EventRow): void {
    const line = this.#lineOf(event.offerId ?? 0);
    const entry = find(line, event.previousSeq);
    if (entry?.state !== "left" || entry.endedAtMs !== event.atMs) {
      this.check.fail(`${nameOf(event)} is of an entry that its row does not let leave then`);
    }
    if (entry !== null) this.#remove(line, entry);
  }

  #remove(line: Line, entry: Entry): void {
    entry.isGone = true;
    line.count -= 1;
    firstOf(line);
    if (line.head < forgetEvery || line.head * 2 < line.entries.length) return;
    line.entries = line.entries.slice(line.head);
    line.head = 0;
  }

  #lineOf(offerId: number): Line {
    let line = this.#lines.get(offerId);
    if (line === undefined) {
      line = { entries: [], head: 0, count: 0 };
      this.#lines.set(offerId, line);
    }
    return line;
  }

  #failUnbegun({ id }: EntryRow): void {
    this.check.count += 1;
    this.check.fail(`entry ${nameOfEntry(id)} has no event by which it joined`);
  }
}

function firstOf(line: Line): Entry | null {
  while (line.entries[line.head]?.isGone === true) line.head += 1;
  return line.entries[line.head] ?? null;
}

/** The entry that still stands in the line, by its joining. */
function find({ entries, head }: Line, id: number | null): Entry | null {
  let [low, high] = [head, entries.length - 1];
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const entry = entries[middle] as Entry;
    if (entry.id === id) return entry.isGone ? null : entry;
    if (entry.id < (id ?? 0)) low = middle + 1;
    else high = middle - 1;
  }
  return null;
}

function nameOfEntry(id: number): string {
  return formatId("wte", id);
}
