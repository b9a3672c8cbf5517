/**
 * How many units each buyer of a campaign has of each offer, reserved and paid together: what the limit is held
 * against. Open addressing over flat arrays; an entry that falls to zero stays, since its buyer may come again.
 */
import { hashPair } from "./hash.ts";

/** An entry is three words side by side: buyer, offer + 1 (0: free), units. */
const words = 3;
const offerPlusOne = 1;
const units = 2;

export class UnitTable {
  #count = 0;
  #size = 64;
  #entries = new Uint32Array(this.#size * words);

  get(buyer: number, offer: number): number {
    return this.#entries[this.#probe(buyer, offer) + units] as number;
  }

  /** Adds a positive or negative number; throws when a buyer would have fewer than none. */
  add(buyer: number, offer: number, change: number): void {
    const entries = this.#entries;
    const at = this.#probe(buyer, offer);
    const sum = (entries[at + units] as number) + change;
    if (sum < 0) throw new Error("a buyer cannot have fewer than no units");
    entries[at + units] = sum;
    if (entries[at + offerPlusOne] !== 0) return;
    entries[at] = buyer;
    entries[at + offerPlusOne] = offer + 1;
    this.#count += 1;
    if (this.#count * 3 > this.#size * 2) this.#grow();
  }

  /** Where the entry begins, or the free one where it belongs. */
  #probe(buyer: number, offer: number): number {
    const entries = this.#entries;
    const mask = this.#size - 1;
    for (let slot = hashPair(buyer, offer) & mask; ; slot = (slot + 1) & mask) {
      const at = slot * words;
      const found = entries[at + offerPlusOne];
      if (found === 0 || (found === offer + 1 && entries[at] === buyer)) return at;
    }
  }

  #grow(): void {
    const old = this.#entries;
    this.#size *= 2;
    this.#entries = new Uint32Array(this.#size * words);
    for (let at = 0; at < old.length; at += words) {
      const offer = old[at + offerPlusOne] as number;
      if (offer === 0) continue;
      const to = this.#probe(old[at] as number, offer - 1);
      this.#entries[to] = old[at] as number;
      this.#entries[to + offerPlusOne] = offer;
      this.#entries[to + units] = old[at + units] as number;
    }
  }
}
