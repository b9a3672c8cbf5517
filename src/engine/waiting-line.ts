/**
 * Who waits for units of one offer, in the order of joining: flat arrays, and a Fenwick tree (Fenwick 1994) over those
 * who are still in line, so that a place is known in some twenty steps however long the line is. About 40 bytes an entry;
 * those who left are swept out when they are half of a full line, so that it stays as long as the most who ever stood in
 * it, twice over, however often they join and leave.
 * Keeps: entry ids ascend; a buyer stands in line once at most.
 */
import { BuyerTable } from "./buyer-table.ts";

export class WaitingLine {
  readonly #buyers = new BuyerTable();
  /** By buyer: the position in line + 1, or 0. */
  #positionsOfBuyers = new Uint32Array(32);
  #count = 0;
  /** Positions in use: those who left included, until they are swept out. */
  #size = 0;
  #lastEntryId = 0;
  /** The first position at which somebody may still stand. */
  #head = 0;
  #entryIds = new Float64Array(32);
  #buyerIndexes = new Uint32Array(32);
  /** By position + 1: how many stand in the positions that the tree sums up there. */
  #sums = new Uint32Array(33);

  /** How many entries there is room for. */
  get capacity(): number {
    return this.#entryIds.length;
  }

  /** How many are in line. */
  get count(): number {
    return this.#count;
  }

  join(entryId: number, buyerId: string): void {
    if (entryId <= this.#lastEntryId) throw new Error("ids must ascend");
    const buyer = this.#buyers.intern(buyerId);
    if (this.#positionOf(buyer) >= 0) throw new Error("a buyer stands in line once");
    if (this.#size === this.#entryIds.length) this.#makeRoom();
    const position = this.#size++;
    this.#lastEntryId = entryId;
    this.#entryIds[position] = entryId;
    this.#buyerIndexes[position] = buyer;
    this.#rememberPosition(buyer, position);
    this.#count += 1;
    let sum = 1;
    const at = position + 1;
    for (let below = at - 1; below > at - (at & -at); below -= below & -below) sum += this.#sums[below] as number;
    this.#sums[at] = sum;
  }

  /** Takes an entry out of the line; throws when it does not stand in it. */
  leave(entryId: number): void {
    const position = this.#find(entryId);
    const buyer = this.#buyerIndexes[position] as number;
    if (position < 0 || this.#positionOf(buyer) !== position) throw new Error(`entry ${entryId} is not in line`);
    this.#positionsOfBuyers[buyer] = 0;
    this.#count -= 1;
    for (let at = position + 1; at <= this.#size; at += at & -at) this.#sums[at] = (this.#sums[at] as number) - 1;
  }

  /** Who is first in line, or `null`. */
  first(): { readonly entryId: number; readonly buyerId: string } | null {
    if (this.#count === 0) return null;
    while (this.#positionOf(this.#buyerIndexes[this.#head] as number) !== this.#head) this.#head += 1;
    const buyerId = this.#buyers.text(this.#buyerIndexes[this.#head] as number);
    return { entryId: this.#entryIds[this.#head] as number, buyerId };
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

  /** The position of an entry, or -1. */
  #find(entryId: number): number {
    let low = 0;
    let high = this.#size - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const at = this.#entryIds[middle] as number;
      if (at === entryId) return middle;
      if (at < entryId) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }

  /** Either way as many joins are ahead as the work takes steps, so that a join takes few on the whole. */
  #makeRoom(): void {
    if (this.#count * 2 > this.#size) this.#grow();
    else this.#sweep();
  }

  /** Moves those who stand in line to its beginning. */
  #sweep(): void {
    let to = 0;
    for (let from = this.#head; from < this.#size; from++) {
      const buyer = this.#buyerIndexes[from] as number;
      if (this.#positionOf(buyer) !== from) continue;
      this.#entryIds[to] = this.#entryIds[from] as number;
      this.#buyerIndexes[to] = buyer;
      this.#positionsOfBuyers[buyer] = ++to;
      this.#sums[to] = to & -to; // all before stand in line
    }
    this.#size = to;
    this.#head = 0;
  }

  #grow(): void {
    const [entryIds, buyerIndexes, sums] = [this.#entryIds, this.#buyerIndexes, this.#sums];
    this.#entryIds = new Float64Array(this.#size * 2);
    this.#buyerIndexes = new Uint32Array(this.#size * 2);
    this.#sums = new Uint32Array(this.#size * 2 + 1);
    this.#entryIds.set(entryIds);
    this.#buyerIndexes.set(buyerIndexes);
    this.#sums.set(sums);
  }
}
