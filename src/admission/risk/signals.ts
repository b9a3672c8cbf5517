/**
 * What the risk desk remembers of a buyer, an address or a subnet: counts over a short while, in a fixed number of bytes
 * each, however much happens. Counts are estimates where exact ones would grow: enough to tell ten from a hundred.
 */

/** How often, over a sliding window: of the window before, as much as still lies within. */
export class WindowCount {
  readonly #windowMs: number;
  #window = 0;
  #current = 0;
  #previous = 0;

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  add(amount: number, atMs: number): void {
    this.#moveTo(atMs);
    this.#current += amount;
  }

  at(nowMs: number): number {
    this.#moveTo(nowMs);
    const passed = Math.max(0, nowMs / this.#windowMs - this.#window);
    return this.#current + this.#previous * Math.max(0, 1 - passed);
  }

  #moveTo(atMs: number): void {
    const window = Math.floor(atMs / this.#windowMs);
    if (window <= this.#window) return; // of a thread whose clock is a little behind: counts as now
    this.#previous = window === this.#window + 1 ? this.#current : 0;
    this.#current = 0;
    this.#window = window;
  }
}

const bitsCount = 512;

/**
 * How many different ones, over the last one to two windows: linear counting in 512 bits each, right to some percent up
 * to a thousand and told as `distinctMax` beyond two (Whang et al., 1990).
 */
export class DistinctCount {
  readonly #windowMs: number;
  #window = 0;
  #current = new Uint32Array(bitsCount / 32);
  #previous = new Uint32Array(bitsCount / 32);

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  /** Sees one by the 32 bits of its hash. */
  add(hash: number, atMs: number): void {
    this.#moveTo(atMs);
    const bit = (Math.imul(hash, 0x9e3779b1) >>> 23) & (bitsCount - 1);
    this.#current[bit >>> 5] = (this.#current[bit >>> 5] as number) | (1 << (bit & 31));
  }

  at(nowMs: number): number {
    this.#moveTo(nowMs);
    let zeros = 0;
    for (let n = 0; n < this.#current.length; n++) {
      zeros += 32 - onesIn((this.#current[n] as number) | (this.#previous[n] as number));
    }
    return zeros === 0 ? distinctMax : Math.min(distinctMax, Math.round(bitsCount * Math.log(bitsCount / zeros)));
  }

  #moveTo(atMs: number): void {
    const window = Math.floor(atMs / this.#windowMs);
    if (window <= this.#window) return;
    [this.#previous, this.#current] = [this.#current, this.#previous];
    this.#current.fill(0);
    if (window !== this.#window + 1) this.#previous.fill(0);
    this.#window = window;
  }
}

export const distinctMax = 2_000;

function onesIn(word: number): number {
  let rest = word - ((word >>> 1) & 0x55555555);
  rest = (rest & 0x33333333) + ((rest >>> 2) & 0x33333333);
  return Math.imul((rest + (rest >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

const smoothing = 1 / 8;
/** A longer pause is no rhythm: what comes after it begins anew. */
const pauseMs = 30_000;

/** How regular clicks are: mean and coefficient of variation of the time between them, the latest weighing most. */
export class Rhythm {
  #lastAtMs = Number.NaN;
  #count = 0;
  #mean = 0;
  #variance = 0;

  add(atMs: number): void {
    const intervalMs = atMs - this.#lastAtMs;
    if (Number.isNaN(intervalMs) || intervalMs > pauseMs) {
      this.#lastAtMs = atMs;
      this.#count = 0;
      return;
    }
    // Told by two threads, each in its own order: which came first is not known to the millisecond.
    const passedMs = Math.abs(intervalMs);
    this.#lastAtMs = Math.max(atMs, this.#lastAtMs);
    if (this.#count === 0) {
      [this.#mean, this.#variance] = [passedMs, 0];
    } else {
      const difference = passedMs - this.#mean;
      this.#mean += smoothing * difference;
      this.#variance = (1 - smoothing) * (this.#variance + smoothing * difference * difference);
    }
    this.#count += 1;
  }

  /** Some clicks were not told: what is between the others says nothing. */
  forget(): void {
    this.#lastAtMs = Number.NaN;
    this.#count = 0;
  }

  get intervals(): number {
    return this.#count;
  }

  get meanMs(): number {
    return this.#count === 0 ? 0 : this.#mean;
  }

  /** Standard deviation over mean; 1 where there is no rhythm yet. */
  get variation(): number {
    return this.#count === 0 || this.#mean === 0 ? 1 : Math.sqrt(this.#variance) / this.#mean;
  }
}
