/**
 * Numbers by text, kept by 64 bits of the text's hash in an open table with a third of its places free: 12 bytes each.
 * Two texts may have one hash, however unlikely: whoever finds something wrong by it looks into the file before saying so.
 */
export class TextNumbers {
  #high: Uint32Array;
  #low: Uint32Array;
  #numbers: Int32Array;
  #mask: number;
  #count = 0;

  constructor(expected: number) {
    const size = 2 ** Math.ceil(Math.log2(Math.max(16, expected * 1.5)));
    this.#high = new Uint32Array(size);
    this.#low = new Uint32Array(size);
    this.#numbers = new Int32Array(size);
    this.#mask = size - 1;
  }

  /** Adds to the number of a text, 0 at first, which stays positive; answers it. */
  add(text: string, amount: number): number {
    const at = this.#placeOf(text);
    const sum = (this.#numbers[at] as number) + amount;
    this.#numbers[at] = sum;
    return sum;
  }

  /** Gives a text another positive number; answers the one before, 0 at first. */
  replace(text: string, number: number): number {
    const at = this.#placeOf(text);
    const before = this.#numbers[at] as number;
    this.#numbers[at] = number;
    return before;
  }

  #placeOf(text: string): number {
    if (this.#count * 4 > this.#mask * 3) throw new Error("there are as many as were counted");
    const high = Bun.hash.xxHash32(text, 1);
    const low = Bun.hash.xxHash32(text, 2);
    let at = low & this.#mask;
    while (this.#numbers[at] !== 0 && !(this.#high[at] === high && this.#low[at] === low)) at = (at + 1) & this.#mask;
    if (this.#numbers[at] === 0) this.#count += 1;
    this.#high[at] = high;
    this.#low[at] = low;
    return at;
  }
}
