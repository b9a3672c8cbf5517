/**
 * How often somebody may try: one table in shared memory for all HTTP threads, of a fixed size whoever comes. Each key
 * (a buyer, an address) has one 64-bit word, changed by compare-and-swap: the theoretical arrival time of the Generic
 * Cell Rate Algorithm (ITU-T I.371, annex A, "virtual scheduling"). That is the moment at which the key would owe
 * nothing; an attempt moves it on by window / quota, and is refused when it would then lie more than a window ahead.
 * So a key may use its whole quota at once, and then one attempt whenever window / quota has passed.
 *
 * Words stand in buckets of eight, one line of the cache. A word is a fingerprint of its key and the arrival time:
 *
 *   63       44 43                                          0
 *   fingerprint  arrival time in 1/65,536 ms, modulo 2^28 ms (3.1 days)
 *
 * What no word has is taken from a word whose time has passed, which says no more than an empty one, or else from the
 * key of the bucket that owes least: it is forgotten, never the one that asks most. Two keys of one bucket share a word
 * with a chance of eight in a million, and nobody can aim at that: keys are hashed with a seed that this process alone
 * knows. Words are never older than the sweep's period, so that a time is never taken for one of the next round.
 */
import { limits } from "../domain/limits.ts";

export interface Rate {
  readonly quota: number;
  readonly windowS: number;
}

const wordsPerBucket = 8;
const buckets = 2 ** 17; // 8 MiB for a million keys that owe something now; the system gives a page when it is written
const words = buckets * wordsPerBucket;
/** Who puts a new key into a bucket holds its lock, which many share: else two threads could give a key two words. */
const locks = 1_024;
const lockBytes = locks * 4;

const ticksPerMs = 2 ** 16;
const roundMs = 2 ** 28;
const round = roundMs * ticksPerMs;
const halfRound = round / 2;
const timeHighBits = 12;
const timeHighMask = 2 ** timeHighBits - 1;
const fingerprintMask = 2 ** 20 - 1;
const lowRange = 2 ** 32;

if (limits.rateLimitWindowSMax * 1_000 >= roundMs / 2) throw new Error("a window must fit half a round of the times");
if (limits.rateLimitQuotaMax > 1_000 * ticksPerMs) throw new Error("attempts must lie a tick apart at least");

export class RateTable {
  readonly buffer: SharedArrayBuffer;
  readonly #locks: Int32Array;
  readonly #words: BigInt64Array;
  /** The same words in halves: looking for a fingerprint takes a tenth of the time that BigInts would. */
  readonly #halves: Uint32Array;
  readonly #seed: readonly [number, number];
  /** Takes a word apart and puts it together. */
  readonly #wordAsHalves = new Uint32Array(2);
  readonly #wordAsLong = new BigInt64Array(this.#wordAsHalves.buffer);
  #sweptTo = 0;

  /** The same seed on every thread of a process, and on no other. */
  constructor(seed: readonly [number, number], buffer = new SharedArrayBuffer(lockBytes + words * 8)) {
    this.buffer = buffer;
    this.#seed = seed;
    this.#locks = new Int32Array(buffer, 0, locks);
    this.#words = new BigInt64Array(buffer, lockBytes, words);
    this.#halves = new Uint32Array(buffer, lockBytes, words * 2);
  }

  /** Counts an attempt. 0 when it may go on; else, and not counted, the milliseconds until one may. */
  take(kind: string, id: string, rate: Rate, nowMs: number): number {
    const { bucket, fingerprint } = this.#placeOf(kind, id);
    const now = ticksAt(nowMs);
    const window = rate.windowS * 1_000 * ticksPerMs;
    const step = Math.ceil(window / rate.quota);
    for (;;) {
      const at = this.#find(bucket, fingerprint);
      if (at === null) {
        if (this.#insert(bucket, fingerprint, now, step)) return 0;
        continue; // another thread has put it there meanwhile
      }
      const before = Atomics.load(this.#words, at);
      if (this.#fingerprintOf(before) !== fingerprint) continue; // forgotten just now
      const owedBefore = this.#owedIn(before, now);
      if (owedBefore > window) {
        this.#forgive(at, before, fingerprint, now + window);
        continue;
      }
      const owed = owedBefore + step;
      if (owed > window) return (owed - window) / ticksPerMs;
      const after = this.#wordOf(fingerprint, now + owed);
      if (Atomics.compareExchange(this.#words, at, before, after) === before) return 0;
    }
  }

  /** As `take`, without counting. */
  look(kind: string, id: string, rate: Rate, nowMs: number): number {
    const { bucket, fingerprint } = this.#placeOf(kind, id);
    const now = ticksAt(nowMs);
    const at = this.#find(bucket, fingerprint);
    if (at === null) return 0;
    const window = rate.windowS * 1_000 * ticksPerMs;
    const step = Math.ceil(window / rate.quota);
    const before = Atomics.load(this.#words, at);
    const owedBefore = this.#owedIn(before, now);
    if (owedBefore > window) this.#forgive(at, before, fingerprint, now + window);
    const owed = Math.min(owedBefore, window) + step;
    return owed > window ? (owed - window) / ticksPerMs : 0;
  }

  /** What is owed by an earlier, stricter limit is a window of today's at most, from the first attempt on. */
  #forgive(at: number, before: bigint, fingerprint: number, time: number): void {
    if (this.#fingerprintOf(before) !== fingerprint) return; // another key's by now
    Atomics.compareExchange(this.#words, at, before, this.#wordOf(fingerprint, time));
  }

  /** Empties the words whose time has passed, in a share of the table; all of it once in as many calls as there are shares. */
  sweep(nowMs: number, shares: number): void {
    const now = ticksAt(nowMs);
    const count = Math.ceil(words / shares);
    for (let n = 0; n < count; n++) {
      const at = this.#sweptTo;
      this.#sweptTo = (at + 1) % words;
      const before = Atomics.load(this.#words, at);
      if (before !== 0n && this.#owedIn(before, now) === 0) Atomics.compareExchange(this.#words, at, before, 0n);
    }
  }

  /** Two lanes of 32 bits, as in the engine's tables, each begun with a seed of its own. */
  #placeOf(kind: string, id: string): { bucket: number; fingerprint: number } {
    let [high, low] = this.#seed;
    const length = kind.length + 1 + id.length;
    for (let i = 0; i < length; i++) {
      // A character that no id contains keeps ("ab", "c") and ("a", "bc") apart.
      const after = i - kind.length;
      const code = after < 0 ? kind.charCodeAt(i) : after === 0 ? 0x1_0000 : id.charCodeAt(after - 1);
      high = Math.imul(high ^ code, 0x01000193);
      low = Math.imul(low ^ code, 0x5bd1e995) ^ (low >>> 15);
    }
    const bucket = (mix(high) & (buckets - 1)) * wordsPerBucket;
    return { bucket, fingerprint: mix(low) & fingerprintMask || 1 }; // 0 is an empty word's
  }

  #find(bucket: number, fingerprint: number): number | null {
    for (let at = bucket; at < bucket + wordsPerBucket; at++) {
      if (Atomics.load(this.#halves, at * 2 + 1) >>> timeHighBits === fingerprint) return at;
    }
    return null;
  }

  /** Puts a first attempt into the bucket; `false` when the key turns out to be there. */
  #insert(bucket: number, fingerprint: number, now: number, step: number): boolean {
    const lock = (bucket / wordsPerBucket) % locks;
    while (Atomics.compareExchange(this.#locks, lock, 0, 1) !== 0); // held for some hundred nanoseconds
    try {
      for (;;) {
        if (this.#find(bucket, fingerprint) !== null) return false;
        const at = this.#leastOwing(bucket, now);
        const before = Atomics.load(this.#words, at);
        const after = this.#wordOf(fingerprint, now + step);
        if (Atomics.compareExchange(this.#words, at, before, after) === before) return true;
      }
    } finally {
      Atomics.store(this.#locks, lock, 0);
    }
  }

  #leastOwing(bucket: number, now: number): number {
    let [least, owedLeast] = [bucket, Number.POSITIVE_INFINITY];
    for (let at = bucket; at < bucket + wordsPerBucket; at++) {
      const word = Atomics.load(this.#words, at);
      const owed = word === 0n ? 0 : this.#owedIn(word, now);
      if (owed < owedLeast) [least, owedLeast] = [at, owed];
      if (owed === 0) break;
    }
    return least;
  }

  #fingerprintOf(word: bigint): number {
    this.#wordAsLong[0] = word;
    return (this.#wordAsHalves[1] as number) >>> timeHighBits;
  }

  /** How far the word's time lies ahead, in ticks; 0 when it has passed. */
  #owedIn(word: bigint, now: number): number {
    this.#wordAsLong[0] = word;
    const low = this.#wordAsHalves[0] as number;
    const high = this.#wordAsHalves[1] as number;
    const apart = (high & timeHighMask) * lowRange + low - now;
    const ahead = apart < 0 ? apart + round : apart;
    return ahead < halfRound ? ahead : 0;
  }

  #wordOf(fingerprint: number, time: number): bigint {
    const inRound = time < round ? time : time - round;
    const high = Math.floor(inRound / lowRange);
    this.#wordAsHalves[0] = inRound - high * lowRange;
    this.#wordAsHalves[1] = fingerprint * 2 ** timeHighBits + high;
    return this.#wordAsLong[0] as bigint;
  }
}

function ticksAt(nowMs: number): number {
  return (nowMs - Math.floor(nowMs / roundMs) * roundMs) * ticksPerMs; // `%` of fractions takes ten times as long
}

/** The finaliser of MurmurHash3 (Austin Appleby, public domain). */
function mix(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
