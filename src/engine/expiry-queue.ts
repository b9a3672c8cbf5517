/**
 * When reserved orders expire: a binary heap over flat arrays, earliest first, ties by order id. An entry is not
 * removed when its order is paid or cancelled; the engine looks at the order when the entry comes up.
 */
export interface Expiry {
  readonly atMs: number;
  readonly book: number;
  readonly orderId: number;
}

export class ExpiryQueue {
  #count = 0;
  #atMs = new Float64Array(64);
  #orderIds = new Float64Array(64);
  #books = new Uint32Array(64);

  get count(): number {
    return this.#count;
  }

  /** The earliest expiry, or `Infinity` when none waits. */
  get nextAtMs(): number {
    return this.#count === 0 ? Number.POSITIVE_INFINITY : (this.#atMs[0] as number);
  }

  push(atMs: number, book: number, orderId: number): void {
    if (this.#count === this.#atMs.length) this.#grow();
    let at = this.#count++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isBefore(atMs, orderId, parent)) break;
      this.#copy(parent, at);
      at = parent;
    }
    this.#set(at, atMs, book, orderId);
  }

  /** Takes the earliest expiry; throws when none waits. */
  pop(): Expiry {
    if (this.#count === 0) throw new Error("no expiry waits");
    const first = {
      atMs: this.#atMs[0] as number,
      book: this.#books[0] as number,
      orderId: this.#orderIds[0] as number,
    };
    const last = --this.#count;
    const [atMs, book, orderId] = [
      this.#atMs[last] as number,
      this.#books[last] as number,
      this.#orderIds[last] as number,
    ];
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= last) break;
      if (
        child + 1 < last &&
        this.#isBefore(this.#atMs[child + 1] as number, this.#orderIds[child + 1] as number, child)
      ) {
        child += 1;
      }
      if (this.#isBefore(atMs, orderId, child)) break;
      this.#copy(child, at);
      at = child;
    }
    this.#set(at, atMs, book, orderId);
    return first;
  }

  #isBefore(atMs: number, orderId: number, other: number): boolean {
    const otherAtMs = this.#atMs[other] as number;
    return atMs < otherAtMs || (atMs === otherAtMs && orderId < (this.#orderIds[other] as number));
  }

  #copy(from: number, to: number): void {
    this.#set(to, this.#atMs[from] as number, this.#books[from] as number, this.#orderIds[from] as number);
  }

  #set(at: number, atMs: number, book: number, orderId: number): void {
    this.#atMs[at] = atMs;
    this.#books[at] = book;
    this.#orderIds[at] = orderId;
  }

  #grow(): void {
    const size = this.#count * 2;
    const [atMs, orderIds, books] = [this.#atMs, this.#orderIds, this.#books];
    this.#atMs = new Float64Array(size);
    this.#orderIds = new Float64Array(size);
    this.#books = new Uint32Array(size);
    this.#atMs.set(atMs);
    this.#orderIds.set(orderIds);
    this.#books.set(books);
  }
}
