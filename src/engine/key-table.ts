/**
 * Where the order of a buyer's Idempotency-Key is: which campaign's book and which place in it. 64 bits of a hash of
 * buyer and key name an entry; whoever finds one confirms the buyer, so that a collision can only ever meet a buyer's
 * own keys. An entry outlives its campaign's book; `isLive` tells, and the next growth leaves it out.
 */

/** The place of an order in memory. */
export interface OrderPlace {
  /** The campaign's number in this process, not its id. */
  readonly book: number;
  readonly slot: number;
}

/** An entry is four words side by side, so that a look at it is one miss of the cache: its hash, its book + 1 (0: free), its slot. */
const words = 4;
const high = 0;
const low = 1;
const bookPlusOne = 2;
const slotWord = 3;

export class KeyTable {
  #count = 0;
  #entries = new Uint32Array(64 * words);

  /** The first place of the hash that `confirm` accepts, or `null`. */
  find(keyHigh: number, keyLow: number, confirm: (place: OrderPlace) => boolean): OrderPlace | null {
    const entries = this.#entries;
    const last = entries.length - words;
    for (let at = (keyLow * words) & last; entries[at + bookPlusOne] !== 0; at = (at + words) & last) {
      if (entries[at + high] !== keyHigh || entries[at + low] !== keyLow) continue;
      const place = { book: (entries[at + bookPlusOne] as number) - 1, slot: entries[at + slotWord] as number };
      if (confirm(place)) return place;
    }
    return null;
  }

  add(keyHigh: number, keyLow: number, place: OrderPlace, isLive: (book: number) => boolean): void {
    if ((this.#count + 1) * words * 3 > this.#entries.length * 2) this.#rebuild(isLive);
    this.#put(keyHigh, keyLow, place.book + 1, place.slot);
  }

  #put(keyHigh: number, keyLow: number, book: number, slot: number): void {
    const entries = this.#entries;
    const last = entries.length - words;
    let at = (keyLow * words) & last;
    while (entries[at + bookPlusOne] !== 0) at = (at + words) & last;
    entries[at + high] = keyHigh;
    entries[at + low] = keyLow;
    entries[at + bookPlusOne] = book;
    entries[at + slotWord] = slot;
    this.#count += 1;
  }

  #rebuild(isLive: (book: number) => boolean): void {
    const old = this.#entries;
    let living = 0;
    for (let at = bookPlusOne; at < old.length; at += words) {
      const book = old[at] as number;
      if (book === 0) continue;
      if (isLive(book - 1)) living += 1;
      else old[at] = 0; // thrown away with its table
    }
    this.#entries = new Uint32Array(living * words * 3 > old.length ? old.length * 2 : old.length);
    this.#count = 0;
    for (let at = 0; at < old.length; at += words) {
      const book = old[at + bookPlusOne] as number;
      if (book !== 0) this.#put(old[at + high] as number, old[at + low] as number, book, old[at + slotWord] as number);
    }
  }
}
