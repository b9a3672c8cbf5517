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

export class KeyTable {
  #count = 0;
  #high = new Uint32Array(64);
  #low = new Uint32Array(64);
  /** Book + 1, so that 0 marks a free slot. */
  #books = new Uint32Array(64);
  #slots = new Uint32Array(64);

  /** The first place of the hash that `confirm` accepts, or `null`. */
  find(high: number, low: number, confirm: (place: OrderPlace) => boolean): OrderPlace | null {
    const mask = this.#books.length - 1;
    for (let at = low & mask; this.#books[at] !== 0; at = (at + 1) & mask) {
      if (this.#high[at] !== high || this.#low[at] !== low) continue;
      const place = { book: (this.#books[at] as number) - 1, slot: this.#slots[at] as number };
      if (confirm(place)) return place;
    }
    return null;
  }

  add(high: number, low: number, place: OrderPlace, isLive: (book: number) => boolean): void {
    if ((this.#count + 1) * 3 > this.#books.length * 2) this.#rebuild(isLive);
    this.#put(high, low, place.book + 1, place.slot);
  }

  #put(high: number, low: number, book: number, slot: number): void {
    const mask = this.#books.length - 1;
    let at = low & mask;
    while (this.#books[at] !== 0) at = (at + 1) & mask;
    this.#high[at] = high;
    this.#low[at] = low;
    this.#books[at] = book;
    this.#slots[at] = slot;
    this.#count += 1;
  }

  #rebuild(isLive: (book: number) => boolean): void {
    const [high, low, books, slots] = [this.#high, this.#low, this.#books, this.#slots];
    const living = books.reduce((sum, book) => sum + (book !== 0 && isLive(book - 1) ? 1 : 0), 0);
    const size = living * 3 > books.length ? books.length * 2 : books.length;
    this.#high = new Uint32Array(size);
    this.#low = new Uint32Array(size);
    this.#books = new Uint32Array(size);
    this.#slots = new Uint32Array(size);
    this.#count = 0;
    for (let at = 0; at < books.length; at++) {
      const book = books[at] as number;
      if (book !== 0 && isLive(book - 1)) this.#put(high[at] as number, low[at] as number, book, slots[at] as number);
    }
  }
}
