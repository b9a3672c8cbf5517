/**
 * Follows every waitlist and every draw's list side by side with the events: a unit that is there goes to the first in
 * line, by joining or by the draw, nobody is offered two for one entry, and no purchase slips in while somebody waits.
 * Every event names the joining of its entry. Flat arrays of numbers, some 45 bytes an entry.
 */
import type { Database } from "bun:sqlite";
import type { Actor } from "../../../domain/agents.ts";
import { formatId } from "../../../domain/ids.ts";
import { detailsText, entryDetails } from "../../../domain/ledger.ts";
import { sha256 } from "../../../host/hash.ts";
import { Check } from "./check.ts";
import { Draws } from "./draws.ts";
import type { Erasures } from "./erasures.ts";
import { RowCursor } from "./row-cursor.ts";
import { type EventRow, kinds, nameOf } from "./rules.ts";
import type { Sale } from "./sale.ts";
import { TextNumbers } from "./text-numbers.ts";

interface EntryRow {
  readonly id: number;
  readonly campaignId: number;
  readonly offerId: number;
  readonly buyerId: string;
  readonly state: (typeof states)[number];
  readonly joinedAtMs: number;
  readonly endedAtMs: number | null;
  readonly orderId: number | null;
  readonly salt: string | null;
  readonly erasedSeq: number | null;
  readonly actor: Actor | null;
  readonly orderBuyerId: string | null;
  readonly orderActor: Actor | null;
}

const select =
  "SELECT waitlist.id AS id, waitlist.campaign_id AS campaignId, waitlist.offer_id AS offerId, waitlist.buyer_id AS buyerId, waitlist.state AS state, joined_at_ms AS joinedAtMs, waitlist.ended_at_ms AS endedAtMs, order_id AS orderId, waitlist.salt AS salt, waitlist.erased_seq AS erasedSeq, waitlist.actor AS actor, orders.buyer_id AS orderBuyerId, orders.actor AS orderActor FROM waitlist LEFT JOIN orders ON orders.id = waitlist.order_id";

const states = ["waiting", "offered", "left"] as const;

/** Who joined for one offer, in their order; those in front who are gone are passed over. */
interface Line {
  places: number[];
  head: number;
  count: number;
  /** Whether it is in order: a draw's list is not before the draw. */
  isOrdered: boolean;
}

export class Waitlist {
  readonly check = new Check("waitlist", "entry", "whose turn it was, by joining or draw, was offered the unit, once");
  readonly draws: Draws;
  readonly #db: Database;
  readonly #sale: Sale;
  readonly #rows: RowCursor<EntryRow>;
  readonly #erasures: Erasures;
  readonly #lines = new Map<number, Line>();
  /** The last entry of a buyer for an offer: its place and 1. */
  readonly #ofOffer: TextNumbers;
  /** The same for a campaign, where only one may stand. */
  readonly #ofCampaign: TextNumbers;
  #count = 0;
  /** By place in the order of ids. What is not there is NaN. */
  readonly #ids: Float64Array;
  readonly #rowEndedAtMs: Float64Array;
  readonly #rowOrderIds: Float64Array;
  readonly #offerIndexes: Int32Array;
  readonly #rowStates: Uint8Array;
  readonly #isGone: Uint8Array;

  constructor(db: Database, sale: Sale, erasures: Erasures) {
    this.#db = db;
    this.#sale = sale;
    this.#erasures = erasures;
    this.draws = new Draws(db, sale);
    this.#rows = new RowCursor<EntryRow>(db, select, "waitlist");
    const { size } = db.query("SELECT count(*) + 16 AS size FROM waitlist").get() as { size: number };
    const hasDraws = [...sale.campaigns.values()].some(({ admission }) => admission.mode === "draw");
    this.#ofOffer = new TextNumbers(size);
    this.#ofCampaign = new TextNumbers(hasDraws ? size : 0);
    this.#ids = new Float64Array(size);
    this.#rowEndedAtMs = new Float64Array(size);
    this.#rowOrderIds = new Float64Array(size);
    this.#offerIndexes = new Int32Array(size);
    this.#rowStates = new Uint8Array(size);
    this.#isGone = new Uint8Array(size);
  }

  see(event: EventRow): void {
    switch (event.kind) {
      case kinds.order_reserved: {
        const waiting = this.countOf(event.offerId ?? 0);
        if (waiting > 0) this.check.fail(`${nameOf(event)} reserves what ${waiting} wait for`);
        return;
      }
      case kinds.order_offered:
        this.#offer(event);
        return;
      case kinds.waitlist_joined:
        this.#join(event);
        return;
      case kinds.draw_entered:
        this.draws.enter(event);
        this.#join(event);
        return;
      case kinds.waitlist_left:
        this.#leave(event);
        return;
      case kinds.draw_closed:
        this.draws.close(event);
        return;
      case kinds.draw_made:
        this.#draw(event);
        return;
    }
  }

  /** How many wait for an offer. */
  countOf(offerId: number): number {
    return this.#lines.get(offerId)?.count ?? 0;
  }

  finish(): void {
    this.#rows.skipRest((row) => this.#failUnbegun(row));
    for (let place = 0; place < this.#count; place++) {
      if (this.#isGone[place] === 1 || Number.isNaN(this.#rowEndedAtMs[place])) continue;
      this.check.fail(`${this.#nameOf(place)} was offered a unit or left, as no event says`);
    }
    this.draws.finish();
  }

  #join(event: EventRow): void {
    const row = this.#rows.take(event.id, (skipped) => this.#failUnbegun(skipped));
    if (row === null) {
      this.check.fail(`${nameOf(event)} is about entry ${nameOfEntry(event.id)}, which does not exist`);
      return;
    }
    this.check.count += 1;
    if (this.#count === this.#ids.length) throw new Error("there are as many entries as were counted");
    const place = this.#count++;
    this.#ids[place] = row.id;
    this.#rowEndedAtMs[place] = row.endedAtMs ?? Number.NaN;
    this.#rowOrderIds[place] = row.orderId ?? Number.NaN;
    this.#offerIndexes[place] = this.#sale.offers.get(row.offerId)?.index ?? -1;
    this.#rowStates[place] = states.indexOf(row.state);
    const problem = this.#problemOf(row, event) ?? this.#problemOfBuyer(row, event, place);
    if (problem !== null) this.check.fail(`${this.#nameOf(place)} ${problem}`);
    const line = this.#lineOf(row.offerId, event.kind !== kinds.draw_entered);
    line.places.push(place);
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
    const isOpen = event.kind === kinds.waitlist_joined && this.countOf(row.offerId) === 0;
    const available = isOpen ? (this.#sale.offers.get(row.offerId)?.moved.available ?? 0) : 0;
    if (available > 0) return `joined while ${available} were available`;
    if (row.orderId !== null && row.orderActor !== row.actor) return "led to an order that says otherwise who made it";
    const agents = this.#sale.campaigns.get(row.campaignId)?.admission.agents.policy;
    const mayNot = agents === "humans_only" || (agents === "share" && event.kind === kinds.waitlist_joined);
    if (row.actor !== null && mayNot) return "is of an agent, as its campaign does not allow";
    if (row.erasedSeq !== null || row.salt === null) return this.#erasures.problemOf(row);
    if (event.details !== sha256(detailsText(row.salt, entryDetails(row)))) {
      return `has another buyer, mark or salt than ${nameOf(event)} was hashed with`;
    }
    // An order that is erased has no buyer to compare.
    const isSame = row.orderBuyerId === null || row.orderBuyerId === "" || row.orderBuyerId === row.buyerId;
    return isSame ? null : "led to an order of another buyer";
  }

  /** A buyer waits once for an offer; enters a draw once and for all, and waits in one of a campaign's draws at most. */
  #problemOfBuyer({ id, campaignId, offerId, buyerId }: EntryRow, event: EventRow, place: number): string | null {
    if (buyerId === "") return null;
    const isDraw = event.kind === kinds.draw_entered;
    const before = this.#ofOffer.replace(`${offerId}\n${buyerId}`, place + 1) - 1;
    const elsewhere = isDraw ? this.#ofCampaign.replace(`${campaignId}\n${buyerId}`, place + 1) - 1 : -1;
    if (before >= 0 && (isDraw || this.#isGone[before] === 0) && this.#isSameBuyer(before, id)) {
      return `is the second of a buyer who has ${this.#nameOf(before)} for the same offer`;
    }
    if (elsewhere < 0 || this.#isGone[elsewhere] === 1 || !this.#isSameBuyer(elsewhere, id)) return null;
    return `is the second of a buyer who has ${this.#nameOf(elsewhere)} in the same campaign`;
  }

  #isSameBuyer(place: number, id: number): boolean {
    const found = this.#db
      .query<{ buyers: number }, [number, number]>(
        "SELECT count(DISTINCT buyer_id) AS buyers FROM waitlist WHERE id IN (?, ?)",
      )
      .get(this.#ids[place] as number, id);
    return found?.buyers === 1;
  }

  /** All who ever entered are put in order; those who left are passed over. */
  #draw(event: EventRow): void {
    const order = this.draws.make(event);
    const line = this.#lines.get(event.offerId ?? 0);
    if (line === undefined || order?.length !== line.places.length) return; // found by the draw, or by an entry
    line.places = Array.from(order, (index) => line.places[index] as number);
    line.head = 0;
    line.isOrdered = true;
  }

  #offer(event: EventRow): void {
    const line = this.#lines.get(event.offerId ?? 0) ?? null;
    const first = line === null ? -1 : this.#firstOf(line);
    const offered = this.#find(event);
    if (line?.isOrdered === false) this.check.fail(`${nameOf(event)} offers a unit before the draw was made`);
    if (offered < 0 || offered !== first) {
      const whom = first < 0 ? "nobody waits" : `${nameOfEntry(this.#ids[first] as number)} is the first in line`;
      this.check.fail(`${nameOf(event)} does not offer its unit to whose turn it is: ${whom}`);
    } else if (this.#rowOrderIds[offered] !== event.id || this.#rowEndedAtMs[offered] !== event.atMs) {
      this.check.fail(`${nameOf(event)} offers a unit to ${this.#nameOf(offered)}, whose row says otherwise`);
    }
    if (offered >= 0 && line !== null) this.#remove(line, offered);
  }

  #leave(event: EventRow): void {
    const line = this.#lines.get(event.offerId ?? 0);
    const place = this.#find(event);
    if (place < 0 || this.#rowStates[place] !== states.indexOf("left") || this.#rowEndedAtMs[place] !== event.atMs) {
      this.check.fail(`${nameOf(event)} is of an entry that its row does not let leave then`);
    }
    if (place >= 0 && line !== undefined) this.#remove(line, place);
  }

  #remove(line: Line, place: number): void {
    this.#isGone[place] = 1;
    line.count -= 1;
  }

  #firstOf(line: Line): number {
    while (line.head < line.places.length && this.#isGone[line.places[line.head] as number] === 1) line.head += 1;
    return line.places[line.head] ?? -1;
  }

  /** The place of the entry that an event names, as long as it waits for the event's offer, or -1. */
  #find({ previousSeq, offerId }: EventRow): number {
    const id = previousSeq ?? 0;
    let [low, high] = [0, this.#count - 1];
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const at = this.#ids[middle] as number;
      if (at === id) {
        const isOfOffer = this.#offerIndexes[middle] === this.#sale.offers.get(offerId ?? 0)?.index;
        return isOfOffer && this.#isGone[middle] === 0 ? middle : -1;
      }
      if (at < id) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }

  #lineOf(offerId: number, isOrdered: boolean): Line {
    let line = this.#lines.get(offerId);
    if (line === undefined) {
      line = { places: [], head: 0, count: 0, isOrdered };
      this.#lines.set(offerId, line);
    }
    return line;
  }

  #nameOf(place: number): string {
    return `entry ${nameOfEntry(this.#ids[place] as number)}`;
  }

  #failUnbegun({ id }: EntryRow): void {
    this.check.count += 1;
    this.check.fail(`entry ${nameOfEntry(id)} has no event by which it joined`);
  }
}

function nameOfEntry(id: number): string {
  return formatId("wte", id);
}
