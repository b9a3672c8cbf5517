/**
 * Solutions that were used, in shared memory: one table for all HTTP threads, so that a solution admits once whichever
 * thread is asked, and twice at the same instant. Of fixed size; an entry lives as long as its challenge could be sent.
 *
 * An entry is one 64-bit word, changed by compare-and-swap: 16 bits of generation (the expiry in units of a challenge's
 * lifetime) and 48 of fingerprint. A word whose generation has passed counts as free. Invariant: of those who spend the
 * same fingerprint at once at most one is told `fresh`; none may be, and they solve anew.
 */
import { limits } from "../domain/limits.ts";

export type Spending = "fresh" | "spent" | "full";

const windowWords = 32; // where an entry may lie: four lines of the cache from where its number leads
const lineWords = 8;
const generationBits = 16n;
const generationMask = (1n << generationBits) - 1n;

export class SpentSet {
  readonly buffer: SharedArrayBuffer;
  readonly #words: BigUint64Array;
  readonly #lines: number;
  readonly #lifetimeMs: number;

  constructor(lifetimeMs: number, buffer = new SharedArrayBuffer(limits.spentSolutionsMax * 8)) {
    this.buffer = buffer;
    this.#words = new BigUint64Array(buffer);
    this.#lines = this.#words.length / lineWords;
    this.#lifetimeMs = lifetimeMs;
    if (this.#words.length < windowWords) throw new Error("the table of spent solutions is smaller than a window");
  }

  /**
   * Spends what 16 random hexadecimal digits name and nobody can choose, until `expiresAtMs`, which is at most a
   * lifetime away.
   */
  spend(digits: string, expiresAtMs: number, nowMs: number): Spending {
    const { entry, start } = this.#placeOf(digits, expiresAtMs);
    const place = this.#claim(start, entry, Math.floor(nowMs / this.#lifetimeMs));
    if (place < 0) return place === isSpent ? "spent" : "full";
    // Another thread may have found an earlier place free, by a clock that is a little ahead. Each looks after it wrote,
    // so at least one of the two sees the other.
    return this.#copies(start, entry) > 1 ? "spent" : "fresh";
  }

  /** Whether it was spent: for refusing a replay before anything is calculated. */
  isSpent(digits: string, expiresAtMs: number): boolean {
    const { entry, start } = this.#placeOf(digits, expiresAtMs);
    return this.#copies(start, entry) > 0;
  }

  #placeOf(digits: string, expiresAtMs: number): { entry: bigint; start: number } {
    if (!/^[0-9a-f]{16,}$/.test(digits)) throw new Error("a solution is named by 16 hexadecimal digits");
    const generation = BigInt(Math.floor(expiresAtMs / this.#lifetimeMs)) & generationMask;
    const entry = (BigInt(`0x${digits.slice(0, 12)}`) << generationBits) | generation;
    return { entry, start: (Number.parseInt(digits.slice(8, 16), 16) % this.#lines) * lineWords };
  }

  /** Puts the entry into the first free place, answers which; or `isSpent`, or `isFull`. */
  #claim(start: number, entry: bigint, current: number): number {
    for (;;) {
      let free = isFull;
      let found = 0n;
      for (let n = 0; n < windowWords; n++) {
        const at = (start + n) % this.#words.length;
        const word = Atomics.load(this.#words, at);
        if (word === entry) return isSpent;
        if (free === isFull && !isLive(word, current)) {
          free = at;
          found = word;
        }
        if (word === 0n) break; // places fill from the front and are never emptied: nothing lies behind
      }
      if (free === isFull || Atomics.compareExchange(this.#words, free, found, entry) === found) return free;
    }
  }

  #copies(start: number, entry: bigint): number {
    let copies = 0;
    for (let n = 0; n < windowWords; n++) {
      if (Atomics.load(this.#words, (start + n) % this.#words.length) === entry) copies += 1;
    }
    return copies;
  }
}

const isSpent = -1;
const isFull = -2;

/** An expiry lies in this generation or the next; one more on either side, for threads whose clocks are a little apart. */
function isLive(word: bigint, current: number): boolean {
  const ahead = ((word & generationMask) - BigInt(current) + 1n) & generationMask;
  return word !== 0n && ahead <= 3n;
}
