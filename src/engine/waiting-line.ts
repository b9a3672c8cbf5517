/**
 * Who waits, in the order of joining or of a draw: flat arrays, and a Fenwick tree (Fenwick 1994) over those who are
 * still in line, so that a place is known in some twenty steps however long the line is; where agents stand in it,
 * another over them. The first in line, and the first person, are never looked for twice. About 40 bytes an entry; those
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

/** Where somebody stands: `agentsAhead` of those ahead joined as agents. */
export interface Standing extends Pick<InLine, "entryId" | "actor"> {
  readonly place: number;
  readonly agentsAhead: number;
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
  /** The same of a person. */
  #personHead = 0;
  #agentCount = 0;
  #entryIds = new Float64Array(32);
  #buyerIndexes = new Uint32Array(32);
  #isByAgent = new Uint8Array(32);
  #standing = new Tally(32);
  /** Those among them who joined as agents; `null` as long as nobody has. */
  #standingAgents: Tally | null = null;

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

  /** How many of them joined as agents. */
  get agentCount(): number {
    return this.#agentCount;
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
    if (actor === "agent") {
      this.#agentCount += 1;
      this.#standingAgents ??= new Tally(this.capacity);
    }
    this.#tally(position);
  }

  /** Takes a buyer's entry out of the line; throws when it is not the one that stands in it. */
  leave(entryId: number, buyerId: string): void {
    const buyer = this.#buyers.find(buyerId);
    const position = buyer < 0 ? -1 : this.#positionOf(buyer);
    if (position < 0 || this.#entryIds[position] !== entryId) throw new Error(`entry ${entryId} is not in line`);
    this.#positionsOfBuyers[buyer] = 0;
    this.#count -= 1;
    this.#standing.takeOut(position, this.#size);
    if (this.#isByAgent[position] === 0) return;
    this.#agentCount -= 1;
    this.#standingAgents?.takeOut(position, this.#size);
  }

  /** Who is first in line, or `null`. */
  first(): InLine | null {
    if (this.#count === 0) return null;
    while (!this.#isStanding(this.#head)) this.#head += 1;
    return this.#at(this.#head);
  }

  /** Who is the first in line that did not join as an agent, or `null`. */
  firstPerson(): InLine | null {
    if (this.#count === this.#agentCount) return null;
    while (this.#isByAgent[this.#personHead] === 1 || !this.#isStanding(this.#personHead)) this.#personHead += 1;
    return this.#at(this.#personHead);
  }

  /** The buyer's entry and place, 1 for the first in line; `null` when they are not in line. */
  entryOf(buyerId: string): { readonly entryId: number; readonly place: number } | null {
    const buyer = this.#buyers.find(buyerId);
    const position = buyer < 0 ? -1 : this.#positionOf(buyer);
    if (position < 0) return null;
    return { entryId: this.#entryIds[position] as number, place: this.#standing.upTo(position) };
  }

  /** The same, with who made the entry, and how many of those ahead joined as agents. */
  standingOf(buyerId: string): Standing | null {
    const entry = this.entryOf(buyerId);
    if (entry === null) return null;
    const position = this.#positionOf(this.#buyers.find(buyerId));
    const isByAgent = this.#isByAgent[position] as number;
    const agentsAhead = (this.#standingAgents?.upTo(position) ?? 0) - isByAgent;
    return { ...entry, agentsAhead, actor: isByAgent === 1 ? "agent" : null };
  }

  #at(position: number): InLine {
    const buyerId = this.#buyers.text(this.#buyerIndexes[position] as number);
    const actor = this.#isByAgent[position] === 1 ? "agent" : null;
    return { entryId: this.#entryIds[position] as number, buyerId, actor };
  }

  #isStanding(position: number): boolean {
    return this.#positionOf(this.#buyerIndexes[position] as number) === position;
  }

  /** Counts who stands in the next position. */
  #tally(position: number): void {
    this.#standing.append(position, 1);
    this.#standingAgents?.append(position, this.#isByAgent[position] as number);
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
      this.#tally(position);
    }
    this.#size = to;
    this.#head = 0;
    this.#personHead = 0;
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
      this.#positionsOfBuyers[buyer] = to + 1;
      this.#tally(to++);
    }
    this.#size = to;
    this.#head = 0;
    this.#personHead = 0;
  }

  #grow(): void {
    const [entryIds, buyerIndexes, isByAgent] = [this.#entryIds, this.#buyerIndexes, this.#isByAgent];
    this.#entryIds = new Float64Array(this.#size * 2);
    this.#buyerIndexes = new Uint32Array(this.#size * 2);
    this.#isByAgent = new Uint8Array(this.#size * 2);
    this.#entryIds.set(entryIds);
    this.#buyerIndexes.set(buyerIndexes);
    this.#isByAgent.set(isByAgent);
    this.#standing.grow(this.#size * 2);
    this.#standingAgents?.grow(this.#size * 2);
  }
}

/** How many stand in the first positions of a line: a Fenwick tree. */
class Tally {
  /** By position + 1: how many stand in the positions that the tree sums up there. */
  #sums: Uint32Array;

  constructor(capacity: number) {
    this.#sums = new Uint32Array(capacity + 1);
  }

  /** Whether one stands (1) or none (0) in the position after the last; few steps on the whole. */
  append(position: number, count: number): void {
    const at = position + 1;
    let sum = count;
    for (let below = at - 1; below > at - (at & -at); below -= below & -below) sum += this.#sums[below] as number;
    this.#sums[at] = sum;
  }

  takeOut(position: number, size: number): void {
    for (let at = position + 1; at <= size; at += at & -at) this.#sums[at] = (this.#sums[at] as number) - 1;
  }

  /** How many stand in the positions up to this one. */
  upTo(position: number): number {
    let count = 0;
    for (let at = position + 1; at > 0; at -= at & -at) count += this.#sums[at] as number;
    return count;
  }

  grow(capacity: number): void {
    const sums = this.#sums;
    this.#sums = new Uint32Array(capacity + 1);
    this.#sums.set(sums);
  }
}
