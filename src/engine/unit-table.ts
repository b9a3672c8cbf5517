/**
 * How many units each buyer of a campaign has of each offer, reserved and paid together: what the limit is held
 * against. Open addressing over flat arrays; an entry that falls to zero stays, since its buyer may come again.
 */
import { hashPair } from "./hash.ts";

export class UnitTable {
  #count = 0;
  #buyers = new Uint32Array(64);
  /** Offer + 1, so that 0 marks a free slot. */
  #offers = new Uint16Array(64);
  #units = new Uint32Array(64);

  get(buyer: number, offer: number): number {
    return this.#units[this.#probe(buyer, offer)] as number;
  }

  /** Adds a positive or negative number; throws when a buyer would have fewer than none. */
  add(buyer: number, offer: number, change: number): void {
    const slot = this.#probe(buyer, offer);
    const units = (this.#units[slot] as number) + change;
    if (units < 0) throw new Error("a buyer cannot have fewer than no units");
    this.#units[slot] = units;
    if (this.#offers[slot] !== 0) return;
    this.#buyers[slot] = buyer;
    this.#offers[slot] = offer + 1;
    this.#count += 1;
    if (this.#count * 3 > this.#units.length * 2) this.#grow();
  }

  #probe(buyer: number, offer: number): number {
    const mask = this.#units.length - 1;
    let slot = hashPair(buyer, offer) & mask;
    while (this.#offers[slot] !== 0 && (this.#buyers[slot] !== buyer || this.#offers[slot] !== offer + 1)) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  #grow(): void {
    const [buyers, offers, units] = [this.#buyers, this.#offers, this.#units];
    const size = units.length * 2;
    this.#buyers = new Uint32Array(size);
    this.#offers = new Uint16Array(size);
    this.#units = new Uint32Array(size);
    for (let old = 0; old < units.length; old++) {
      const offer = offers[old] as number;
      if (offer === 0) continue;
      const slot = this.#probe(buyers[old] as number, offer - 1);
      this.#buyers[slot] = buyers[old] as number;
      this.#offers[slot] = offer;
      this.#units[slot] = units[old] as number;
    }
  }
}
