/**
 * Follows every order through its events, side by side with the orders' rows, and holds what the events make of it
 * against what its row says. Flat arrays of numbers, some 60 bytes an order: millions of them fit.
 */
import type { Database } from "bun:sqlite";
import type { Actor } from "../../../domain/agents.ts";
import { formatId } from "../../../domain/ids.ts";
import { detailsText, orderDetails } from "../../../domain/ledger.ts";
import { sha256 } from "../../../host/hash.ts";
import { Buyers } from "./buyers.ts";
import { Check } from "./check.ts";
import type { Erasures } from "./erasures.ts";
import { RowCursor } from "./row-cursor.ts";
import { type EventRow, type EventRule, kinds, nameOf, orderState, orderStateNames } from "./rules.ts";
import type { OfferRow, Sale } from "./sale.ts";

interface OrderRow {
  readonly id: number;
  readonly campaignId: number;
  readonly offerId: number;
  readonly buyerId: string;
  readonly quantity: number;
  readonly amountMinor: number;
  readonly state: (typeof orderStateNames)[number];
  readonly lastSeq: number;
  readonly reservedAtMs: number;
  readonly expiresAtMs: number;
  readonly paidAtMs: number | null;
  readonly endedAtMs: number | null;
  readonly key: string | null;
  readonly paymentReference: string | null;
  readonly salt: string | null;
  readonly erasedSeq: number | null;
  readonly actor: Actor | null;
}

const select =
  "SELECT id, campaign_id AS campaignId, offer_id AS offerId, buyer_id AS buyerId, quantity, amount_minor AS amountMinor, state, last_seq AS lastSeq, reserved_at_ms AS reservedAtMs, expires_at_ms AS expiresAtMs, paid_at_ms AS paidAtMs, ended_at_ms AS endedAtMs, idempotency_key AS key, payment_reference AS paymentReference, salt, erased_seq AS erasedSeq, actor FROM orders";

/** What an order's events have made of it in one more respect than its state. */
const bits = { paidAt: 1, endedAt: 2, reference: 4, accepted: 8, failed: 16 } as const;

export class Orders {
  readonly check = new Check("orders", "order", "every order is what its events and their hashes make it");
  readonly units = new Check("units", "offer", "held and sold are the sums of the orders");
  readonly agents = new Check("agents", "order", "agents bought where they may, never past their share when they did");
  readonly buyers: Buyers;
  readonly #sale: Sale;
  readonly #rows: RowCursor<OrderRow>;
  readonly #erasures: Erasures;
  readonly #offers: readonly OfferRow[];
  #count = 0;
  /** By place in the order of ids. A time that is not there is NaN. */
  #ids: Float64Array;
  #last: Float64Array;
  #rowLast: Float64Array;
  #rowPaidAtMs: Float64Array;
  #rowEndedAtMs: Float64Array;
  #quantities: Int32Array;
  #offerIndexes: Int32Array;
  #states: Uint8Array;
  #rowStates: Uint8Array;
  /** What of `bits` is as the row says. */
  #right: Uint8Array;
  #isByAgent: Uint8Array;
  /** By the offer's place: units in agents' orders that are reserved or paid. */
  readonly #agentUnits: Float64Array;

  constructor(db: Database, sale: Sale, erasures: Erasures) {
    this.#sale = sale;
    this.#offers = [...sale.offers.values()];
    this.#erasures = erasures;
    this.#rows = new RowCursor<OrderRow>(db, select, "orders");
    const { size } = db.query("SELECT count(*) + 16 AS size FROM orders").get() as { size: number };
    this.buyers = new Buyers(db, size);
    this.#ids = new Float64Array(size);
    this.#last = new Float64Array(size);
    this.#rowLast = new Float64Array(size);
    this.#rowPaidAtMs = new Float64Array(size);
    this.#rowEndedAtMs = new Float64Array(size);
    this.#quantities = new Int32Array(size);
    this.#offerIndexes = new Int32Array(size);
    this.#states = new Uint8Array(size);
    this.#rowStates = new Uint8Array(size);
    this.#right = new Uint8Array(size);
    this.#isByAgent = new Uint8Array(size);
    this.#agentUnits = new Float64Array(this.#offers.length);
  }

  /** Takes an event about an order; answers the order's place, or -1 when there is none. */
  see(event: EventRow, rule: EventRule): number {
    if (rule.order === undefined) return -1;
    if (rule.order.from[0] === orderState.none) return this.#begin(event);
    const place = event.orderId === null ? -1 : this.#find(event.orderId);
    if (place < 0) {
      this.check.fail(`${nameOf(event)} is about order ${nameOfOrder(event.orderId ?? 0)}, which does not exist`);
      return -1;
    }
    this.#move(place, event, rule.order);
    return place;
  }

  state(place: number): number {
    return this.#states[place] as number;
  }

  quantity(place: number): number {
    return this.#quantities[place] as number;
  }

  id(place: number): number {
    return this.#ids[place] as number;
  }

  /** Units in agents' orders of an offer, by its place, that are reserved or paid. */
  agentUnits(offerIndex: number): number {
    return this.#agentUnits[offerIndex] ?? 0;
  }

  /** A payment's row says that it pays for this order. */
  accept(place: number): void {
    this.#right[place] = (this.#right[place] as number) | bits.accepted;
  }

  /** Whether the payment that its row names is the one that came. */
  compareReference(place: number, isSame: boolean): void {
    const before = this.#right[place] as number;
    this.#right[place] = isSame ? before | bits.reference : before & ~bits.reference;
  }

  finish(): void {
    this.#rows.skipRest((row) => this.#failUnbegun(row));
    const sums = this.#offers.map(() => ({ held: 0, sold: 0 }));
    for (let place = 0; place < this.#count; place++) {
      const problem = this.#problemAtEnd(place);
      if (problem !== null) this.#fail(place, problem);
      const sum = sums[this.#offerIndexes[place] as number];
      if (sum === undefined) continue;
      if (this.#rowStates[place] === orderState.reserved) sum.held += this.#quantities[place] as number;
      if (this.#rowStates[place] === orderState.paid) sum.sold += this.#quantities[place] as number;
    }
    for (const { id, index, held, sold } of this.#offers) {
      this.units.count += 1;
      const sum = sums[index] as { held: number; sold: number };
      const name = formatId("off", id);
      if (held !== sum.held) this.units.fail(`offer ${name}: held is ${held}, its orders add up to ${sum.held}`);
      if (sold !== sum.sold) this.units.fail(`offer ${name}: sold is ${sold}, its orders add up to ${sum.sold}`);
    }
  }

  #begin(event: EventRow): number {
    const row = this.#rows.take(event.id, (skipped) => this.#failUnbegun(skipped));
    if (row === null || event.orderId !== event.id) {
      this.check.fail(`${nameOf(event)} is about order ${nameOfOrder(event.orderId ?? 0)}, which does not exist`);
      return -1;
    }
    this.check.count += 1;
    if (this.#count === this.#ids.length) throw new Error("there are as many orders as were counted");
    const place = this.#count++;
    this.#ids[place] = row.id;
    this.#last[place] = row.id;
    this.#rowLast[place] = row.lastSeq;
    this.#rowPaidAtMs[place] = row.paidAtMs ?? Number.NaN;
    this.#rowEndedAtMs[place] = row.endedAtMs ?? Number.NaN;
    this.#quantities[place] = row.quantity;
    const offer = this.#sale.offers.get(row.offerId);
    this.#offerIndexes[place] = offer?.index ?? -1;
    this.#states[place] = orderState.reserved;
    this.#rowStates[place] = orderStateNames.indexOf(row.state);
    let right = 0;
    if (row.paidAtMs === null) right |= bits.paidAt;
    if (row.endedAtMs === null) right |= bits.endedAt;
    if (row.paymentReference === null) right |= bits.reference;
    this.#right[place] = right;
    const problem = this.#problemOfBeginning(row, offer, event);
    if (problem !== null) this.#fail(place, problem);
    if (row.actor !== null && offer !== undefined) this.#beginByAgent(place, offer, event);
    if (row.erasedSeq === null) this.buyers.see(row, offer?.limitPerBuyer ?? Number.POSITIVE_INFINITY);
    return place;
  }

  /** A late payment is past the share rightly: only what is reserved anew is held against it. */
  #beginByAgent(place: number, { id, index, campaignId, moved }: OfferRow, event: EventRow): void {
    this.agents.count += 1;
    this.#isByAgent[place] = 1;
    const units = (this.#agentUnits[index] as number) + (this.#quantities[place] as number);
    this.#agentUnits[index] = units;
    const terms = this.#sale.campaigns.get(campaignId)?.admission.agents;
    if (terms === undefined || terms.policy === "allowed") return;
    const total = moved.available + moved.held + moved.sold;
    const unitsMax = terms.sharePercent === null ? 0 : Math.floor((total * terms.sharePercent) / 100);
    if (terms.policy === "share" && event.kind === kinds.order_reserved && units <= unitsMax) return;
    const problem =
      terms.policy === "humans_only" || event.kind === kinds.order_offered
        ? `gives an agent ${formatId("off", id)}, as its campaign does not allow`
        : `leaves agents ${units} of ${formatId("off", id)}, whose share is ${unitsMax}`;
    this.agents.fail(`${nameOf(event)} ${problem}`);
  }

  #problemOfBeginning(row: OrderRow, offer: OfferRow | undefined, event: EventRow): string | null {
    if (row.offerId !== event.offerId || row.campaignId !== event.campaignId) {
      return `is of another offer or campaign than ${nameOf(event)}`;
    }
    if (row.quantity !== event.held) return `has quantity ${row.quantity}, ${nameOf(event)} moves ${event.held}`;
    if (row.reservedAtMs !== event.atMs) return `was reserved at another time than ${nameOf(event)}`;
    const campaign = this.#sale.campaigns.get(row.campaignId);
    if (offer === undefined || campaign === undefined) return "is of an offer or campaign that does not exist";
    const amountMinor = offer.priceMinor * row.quantity;
    if (row.amountMinor !== amountMinor) {
      return `amounts to ${row.amountMinor}, its price and quantity to ${amountMinor}`;
    }
    const expiresAtMs = row.reservedAtMs + campaign.paymentWindowS * 1_000;
    if (row.expiresAtMs !== expiresAtMs) {
      return `expires at ${row.expiresAtMs} ms, its payment window ends at ${expiresAtMs}`;
    }
    if (event.kind === kinds.order_offered && (row.quantity !== 1 || row.key !== null)) {
      return `was offered by ${nameOf(event)}, yet is not of one unit without a key`;
    }
    if (row.erasedSeq !== null || row.salt === null) return this.#erasures.problemOf(row);
    if (event.details === sha256(detailsText(row.salt, orderDetails(row)))) return null;
    return `has another buyer, quantity, amount, expiry, key, mark or salt than ${nameOf(event)} was hashed with`;
  }

  #move(place: number, event: EventRow, { from, to }: NonNullable<EventRule["order"]>): void {
    const problem = this.#problemOfMove(place, event, from);
    if (problem !== null) this.#fail(place, problem);
    this.#last[place] = event.id;
    const offerIndex = this.#offerIndexes[place] as number;
    if (this.#isByAgent[place] === 1) {
      this.#agentUnits[offerIndex] = (this.#agentUnits[offerIndex] as number) + event.held + event.sold;
    }
    if (to === null) return;
    this.#states[place] = to;
    const { paid, reserved } = orderState;
    if (to === paid || event.kind === kinds.order_refund_due) this.#compareTime(place, bits.paidAt, event.atMs);
    this.#compareTime(place, bits.endedAt, to === reserved || to === paid ? Number.NaN : event.atMs);
  }

  #compareTime(place: number, bit: number, ms: number): void {
    const row = (bit === bits.paidAt ? this.#rowPaidAtMs : this.#rowEndedAtMs)[place] as number;
    const isRight = Object.is(row, ms);
    const before = this.#right[place] as number;
    this.#right[place] = isRight ? before | bit : before & ~bit;
  }

  #problemOfMove(place: number, event: EventRow, from: readonly number[]): string | null {
    const state = this.#states[place] as number;
    if (!from.includes(state)) return `is ${orderStateNames[state]} when ${nameOf(event)} finds it`;
    const last = this.#last[place] as number;
    if (event.previousSeq !== last) {
      return `has a broken chain: ${nameOf(event)} follows ${event.previousSeq ?? "nothing"}, not ${last}`;
    }
    const offer = this.#offers[this.#offerIndexes[place] as number];
    if (event.offerId !== offer?.id || event.campaignId !== offer.campaignId) {
      return `is of another offer or campaign than ${nameOf(event)}`;
    }
    const moved = Math.max(Math.abs(event.held), Math.abs(event.sold));
    const quantity = this.#quantities[place] as number;
    return moved === 0 || moved === quantity ? null : `has quantity ${quantity}, ${nameOf(event)} moves ${moved}`;
  }

  #problemAtEnd(place: number): string | null {
    const [state, row] = [this.#states[place] as number, this.#rowStates[place] as number];
    const last = this.#last[place] as number;
    if (state !== row) {
      return `is ${orderStateNames[row]}, its events up to ${last} make it ${orderStateNames[state]}`;
    }
    if (this.#rowLast[place] !== last) return `names event ${this.#rowLast[place]} as its last, which is event ${last}`;
    const right = this.#right[place] as number;
    if ((right & bits.paidAt) === 0) return `was paid at ${textOfMs(this.#rowPaidAtMs[place])}, not as its events say`;
    if ((right & bits.endedAt) === 0) return `ended at ${textOfMs(this.#rowEndedAtMs[place])}, not as its events say`;
    if ((right & bits.reference) === 0) return "names another payment than its events brought";
    const isAccepted = (right & bits.accepted) !== 0;
    if (isAccepted === (state === orderState.paid)) return null;
    return isAccepted ? "has an accepted payment, yet is not paid" : "is paid, yet none of its payments is accepted";
  }

  /** One failure for an order: what follows from the first says nothing new. */
  #fail(place: number, problem: string): void {
    if (((this.#right[place] as number) & bits.failed) !== 0) return;
    this.#right[place] = (this.#right[place] as number) | bits.failed;
    this.check.fail(`order ${nameOfOrder(this.#ids[place] as number)} ${problem}`);
  }

  #failUnbegun({ id }: OrderRow): void {
    this.check.count += 1;
    this.check.fail(`order ${nameOfOrder(id)} has no event that reserved it`);
  }

  /** The place of an order, or -1. */
  #find(id: number): number {
    let low = 0;
    let high = this.#count - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const at = this.#ids[middle] as number;
      if (at === id) return middle;
      if (at < id) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }
}

export function nameOfOrder(id: number): string {
  return formatId("ord", id);
}

function textOfMs(ms: number | undefined): string {
  return ms === undefined || Number.isNaN(ms) ? "no time" : `${ms} ms`;
}
