/**
 * The orders of one campaign while it lives, in the order of their ids: one place (slot) per order in flat arrays,
 * about 30 bytes each, beside the buyers and their units. Dropped whole when the campaign is settled.
 * Keeps: ids ascend; a buyer's units, and those of all agents, are the sum of their orders that count against the limit.
 */
import type { Actor } from "../domain/agents.ts";
import { countsAgainstLimit, type OrderState, orderStates } from "../domain/order.ts";
import { BuyerTable } from "./buyer-table.ts";
import { UnitTable } from "./unit-table.ts";

export interface BookEntry {
  readonly orderId: number;
  readonly lastSeq: number;
  readonly buyerId: string;
  /** The offer's place in its campaign. */
  readonly offerIndex: number;
  readonly quantity: number;
  readonly state: OrderState;
  readonly actor: Actor | null;
}

export class OrderBook {
  readonly buyers = new BuyerTable();
  readonly #units = new UnitTable();
  /** By the offer's place. */
  readonly #agentUnits: number[] = [];
  readonly #agentUnitsPaid: number[] = [];
  #count = 0;
  #orderIds = new Float64Array(32);
  #lastSeqs = new Float64Array(32);
  #buyerIndexes = new Uint32Array(32);
  #quantities = new Uint32Array(32);
  #offerIndexes = new Uint16Array(32);
  #states = new Uint8Array(32);
  #isByAgent = new Uint8Array(32);

  get count(): number {
    return this.#count;
  }

  /** Appends an order and answers its slot. Ids must ascend. */
  append(entry: BookEntry): number {
    if (this.#count > 0 && entry.orderId <= (this.#orderIds[this.#count - 1] as number)) {
      throw new Error("order ids must ascend");
    }
    if (this.#count === this.#orderIds.length) this.#grow();
    const slot = this.#count++;
    const buyer = this.buyers.intern(entry.buyerId);
    this.#orderIds[slot] = entry.orderId;
    this.#lastSeqs[slot] = entry.lastSeq;
    this.#buyerIndexes[slot] = buyer;
    this.#quantities[slot] = entry.quantity;
    this.#offerIndexes[slot] = entry.offerIndex;
    this.#states[slot] = orderStates.indexOf(entry.state);
    this.#isByAgent[slot] = entry.actor === "agent" ? 1 : 0;
    if (countsAgainstLimit(entry.state)) this.#addUnits(slot, entry.quantity);
    if (entry.state === "paid") this.#addPaid(slot, entry.quantity);
    return slot;
  }

  /** The slot of an order, or -1. */
  find(orderId: number): number {
    let low = 0;
    let high = this.#count - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const at = this.#orderIds[middle] as number;
      if (at === orderId) return middle;
      if (at < orderId) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }

  /** Units that count against the buyer's limit. */
  unitsOf(buyerId: string, offerIndex: number): number {
    const buyer = this.buyers.find(buyerId);
    return buyer < 0 ? 0 : this.#units.get(buyer, offerIndex);
  }

  /** Units of an offer in orders that agents made and that count against a limit. */
  agentUnits(offerIndex: number): number {
    return this.#agentUnits[offerIndex] ?? 0;
  }

  /** Those among them that are paid. */
  agentUnitsPaid(offerIndex: number): number {
    return this.#agentUnitsPaid[offerIndex] ?? 0;
  }

  unitsOfOwner(slot: number): number {
    return this.#units.get(this.#buyerIndexes[slot] as number, this.#offerIndexes[slot] as number);
  }

  isOwner(slot: number, buyerId: string): boolean {
    return this.buyers.find(buyerId) === (this.#buyerIndexes[slot] as number);
  }

  orderId(slot: number): number {
    return this.#orderIds[slot] as number;
  }

  lastSeq(slot: number): number {
    return this.#lastSeqs[slot] as number;
  }

  quantity(slot: number): number {
    return this.#quantities[slot] as number;
  }

  offerIndex(slot: number): number {
    return this.#offerIndexes[slot] as number;
  }

  state(slot: number): OrderState {
    return orderStates[this.#states[slot] as number] as OrderState;
  }

  /** Moves an order to a state by the event `seq`; its buyer's units follow. */
  move(slot: number, to: OrderState, seq: number): void {
    const from = this.state(slot);
    const change = Number(countsAgainstLimit(to)) - Number(countsAgainstLimit(from));
    if (change !== 0) this.#addUnits(slot, change * this.quantity(slot));
    const changePaid = Number(to === "paid") - Number(from === "paid");
    if (changePaid !== 0) this.#addPaid(slot, changePaid * this.quantity(slot));
    this.#states[slot] = orderStates.indexOf(to);
    this.#lastSeqs[slot] = seq;
  }

  #addUnits(slot: number, units: number): void {
    const [buyer, offer] = [this.#buyerIndexes[slot] as number, this.#offerIndexes[slot] as number];
    this.#units.add(buyer, offer, units);
    if (this.#isByAgent[slot] === 1) this.#agentUnits[offer] = this.agentUnits(offer) + units;
  }

  #addPaid(slot: number, units: number): void {
    const offer = this.#offerIndexes[slot] as number;
    if (this.#isByAgent[slot] === 1) this.#agentUnitsPaid[offer] = this.agentUnitsPaid(offer) + units;
  }

  #grow(): void {
    const size = this.#count * 2;
    this.#orderIds = grown(this.#orderIds, new Float64Array(size));
    this.#lastSeqs = grown(this.#lastSeqs, new Float64Array(size));
    this.#buyerIndexes = grown(this.#buyerIndexes, new Uint32Array(size));
    this.#quantities = grown(this.#quantities, new Uint32Array(size));
    this.#offerIndexes = grown(this.#offerIndexes, new Uint16Array(size));
    this.#states = grown(this.#states, new Uint8Array(size));
    this.#isByAgent = grown(this.#isByAgent, new Uint8Array(size));
  }
}

function grown<T extends Float64Array | Uint32Array | Uint16Array | Uint8Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
