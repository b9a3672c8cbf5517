/**
 * Who waits, in the order of joining or of a draw: flat arrays, and a Fenwick tree (Fenwick 1994) over those who are
 * still in line, so that a place is known in some twenty steps however long the line is. About 40 bytes an entry; those
 * who left are swept out when they are half of a full line, so that it stays as long as the most who ever stood in it,
 * twice over, however often they join and leave. A line that is to be drawn keeps the positions of those who left, since
 * the draw is over all who ever joined.
 * Keeps: a buyer stands in line once at most.
 */
import type { Actor } from "../domain/agents.ts";
import { BuyerTable } from "./buyer-table.ts";

export interface InLine {
  readonly entryId: number;
  readonly buyerId: string;
  readonly actor: Actor | null;
}

export class WaitingLine {
  readonly #buyers = new BuyerTable();
  /** By buyer: the position in line + 1, or 0. */
  #positionsOfBuyers = new Uint32Array(32);
  #count = 0;
  /** Positions in use: those who left included, until they are swept out. */
  #size = 0;
  #keepsPositions: boolean;
  /** The first position at which somebody may still stand. */
  #head = 0;
  #entryIds = new Float64Array(32);
  #buyerIndexes = new Uint32Array(32);
  #isByAgent = new Uint8Array(32);
  /** By position + 1: how many stand in the positions that the tree sums up there. */
  #sums = new Uint32Array(33);

  constructor({ keepsPositions = false } = {}) {
    this.#keepsPositions = keepsPositions;
  }

  /** How many entries there is room for. */
  get capacity(): number {
    return this.#entryIds.length;
  }

  /** How many are in line. */
  get count(): number {
    return this.#count;
  }

  /** How many have joined, those who left included, as far as they have not been swept out. */
  get size(): number {
    return this.#size;
  }

  /** Whether the buyer stands in line, or has left a line that keeps the positions of those who left. */
  hasSeen(buyerId: string): boolean {
    return this.#buyers.find(buyerId) >= 0;
  }

  join(entryId: number, buyerId: string, actor: Actor | null = null): void {
    const buyer = this.#buyers.intern(buyerId);
    if (this.#positionOf(buyer) >= 0) throw new Error("a buyer stands in line once");
    if (this.#size === this.#entryIds.length) this.#makeRoom();
    const position = this.#size++;
    this.#entryIds[position] = entryId;
    this.#buyerIndexes[position] = buyer;
    this.#isByAgent[position] = actor === "agent" ? 1 : 0;
    this.#rememberPosition(buyer, position);
    this.#count += 1;
    let sum = 1;
    const at = position + 1;
    for (let below = at - 1; below > at - (at & -at); below -= below & -below) sum += this.#sums[below] as number;
    this.#sums[at] = sum;
  }

  /** Takes a buyer's entry out of the line; throws when it is not the one that stands in it. */
  leave(entryId: number, buyerId: string): void {
    const buyer = this.#buyers.find(buyerId);
    const position = buyer < 0 ? -1 : this.#positionOf(buyer);
    if (position < 0 || this.#entryIds[position] !== entryId) throw new Error(`entry ${entryId} is not in line`);
    this.#positionsOfBuyers[buyer] = 0;
    this.#count -= 1;
    for (let at = position + 1; at <= this.#size; at += at & -at) this.#sums[at] = (this.#sums[at] as number) - 1;
  }

  /** Who is first in line, or `null`. */
  first(): InLine | null {
    if (this.#count === 0) return null;
    while (this.#positionOf(this.#buyerIndexes[this.#head] as number) !== this.#head) this.#head += 1;
    const buyerId = this.#buyers.text(this.#buyerIndexes[this.#head] as number);
    const actor = this.#isByAgent[this.#head] === 1 ? "agent" : null;
    return { entryId: this.#entryIds[this.#head] as number, buyerId, actor };
  }

  /** The buyer's entry and place, 1 for the first in line; `null` when they are not in line. */
  entryOf(buyerId: string): { readonly entryId: number; readonly place: number } | null {
    const buyer = this.#buyers.find(buyerId);
    const position = buyer < 0 ? -1 : this.#positionOf(buyer);
    if (position < 0) return null;
    let place = 0;
    for (let at = position + 1; at > 0; at -= at & -at) place += this.#sums[at] as number;
    return { entryId: this.#entryIds[position] as number, place };
  }

  #positionOf(buyer: number): number {
    return (this.#positionsOfBuyers[buyer] ?? 0) - 1;
  }

  #rememberPosition(buyer: number, position: number): void {
    if (buyer >= this.#positionsOfBuyers.length) {
      const grown = new Uint32Array(this.#positionsOfBuyers.length * 2);
      grown.set(this.#positionsOfBuyers);
      this.#positionsOfBuyers = grown;
    }
    this.#positionsOfBuyers[buyer] = position + 1;
  }

  /** Either way as many joins are ahead as the work takes steps, so that a join takes few on the whole. */
  #makeRoom(): void {
    if (this.#keepsPositions || this.#count * 2 > this.#size) this.#grow();
    else this.#sweep();
  }

  /** Sweeps out those who left: the positions are those of who stands in line, from 0. */
  compact(): void {
    this.#sweep();
  }

  /** Puts the line into another order: `order[i]` is the position that comes (i + 1)th. Those who left are swept out. */
  reorder(order: Uint32Array): void {
    if (order.length !== this.#size) throw new Error(`an order of ${order.length} for a line of ${this.#size}`);
    const [entryIds, buyerIndexes, isByAgent] = [this.#entryIds, this.#buyerIndexes, this.#isByAgent];
    this.#entryIds = new Float64Array(entryIds.length);
    this.#buyerIndexes = new Uint32Array(buyerIndexes.length);
    this.#isByAgent = new Uint8Array(isByAgent.length);
    let to = 0;
    for (let rank = 0; rank < order.length; rank++) {
      const from = order[rank] as number;
      const buyer = buyerIndexes[from] as number;
      if (this.#positionOf(buyer) !== from) continue;
      this.#entryIds[to] = entryIds[from] as number;
      this.#buyerIndexes[to] = buyer;
      this.#isByAgent[to] = isByAgent[from] as number;
      to += 1;
    }
    for (let position = 0; position < to; position++) {
      this.#positionsOfBuyers[this.#buyerIndexes[position] as number] = position + 1;
    }
    for (let at = 1; at <= to; at++) this.#sums[at] = at & -at; // all stand in line
    this.#size = to;
    this.#head = 0;
    this.#keepsPositions = false;
  }

  /** Moves those who stand in line to its beginning. */
  #sweep(): void {
    let to = 0;
    for (let from = this.#head; from < this.#size; from++) {
      const buyer = this.#buyerIndexes[from] as number;
      if (this.#positionOf(buyer) !== from) continue;
      this.#entryIds[to] = this.#entryIds[from] as number;
      this.#buyerIndexes[to] = buyer;
      this.#isByAgent[to] = this.#isByAgent[from] as number;
      this.#positionsOfBuyers[buyer] = ++to;
      this.#sums[to] = to & -to; // all before stand in line
    }
    this.#size = to;
    this.#head = 0;
  }

  #grow(): void {
    const [entryIds, buyerIndexes, isByAgent, sums] = [this.#entryIds, this.#buyerIndexes, this.#isByAgent, this.#sums];
    this.#entryIds = new Float64Array(this.#size * 2);
    this.#buyerIndexes = new Uint32Array(this.#size * 2);
    this.#isByAgent = new Uint8Array(this.#size * 2);
    this.#sums = new Uint32Array(this.#size * 2 + 1);
    this.#entryIds.set(entryIds);
    this.#buyerIndexes.set(buyerIndexes);
    this.#isByAgent.set(isByAgent);
    this.#sums.set(sums);
  }
}
