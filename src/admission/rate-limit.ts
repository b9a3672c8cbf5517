/**
 * How often somebody may try: one table in shared memory for all HTTP threads, of a fixed size whoever comes. Each key
 * (a buyer, an address) has the theoretical arrival time of the Generic Cell Rate Algorithm (ITU-T I.371, annex A,
 * "virtual scheduling"): the moment at which it would owe nothing. An attempt moves it on by window / quota, and is
 * refused when it would then lie more than a window ahead. So a key may use its whole quota at once, and then one attempt
 * whenever window / quota has passed.
 *
 * A bucket is a line of the cache, which is fetched once: five arrival times, the five fingerprints of their keys, and a
 * lock that is held for some fifty nanoseconds. Where a key has no place it takes one whose time has passed, which says no
 * more than an empty one, or else that of the key which owes least: that is forgotten, never the one that asks most. Two
 * keys of one bucket share a place with a chance of five in four thousand million, and nobody can aim at that: keys are
 * hashed with a seed that this process alone knows.
 *
 *   bytes 0-39                    40-59                   60-63
 *   arrival times, in ticks       fingerprints            lock
 *   since the table was made
 */
import { limits } from "../domain/limits.ts";

export interface Rate {
  readonly quota: number;
  readonly windowS: number;
}

const placesPerBucket = 5;
const buckets = 2 ** 18; // 16 MiB for 1.3 million keys that owe something now; the system gives a page when it is written
const bucketBytes = 64;
const [times, halves] = [bucketBytes / 8, bucketBytes / 4];
const fingerprintAt = placesPerBucket * 2;
const lockAt = halves - 1;
/** Before the buckets: the seed, and when the table was made. */
const headBytes = 64;

/** A whole number of ticks is exact for four years of running. */
const ticksPerMs = 2 ** 16;

if (limits.rateLimitQuotaMax > 1_000 * ticksPerMs) throw new Error("attempts must lie a tick apart at least");
if (placesPerBucket * 12 + 4 > bucketBytes) throw new Error("a bucket must fit a line of the cache");

export class RateTable {
  readonly buffer: SharedArrayBuffer;
  readonly #times: Float64Array;
  readonly #fingerprints: Uint32Array;
  readonly #locks: Int32Array;
  readonly #seed: readonly [number, number];
  readonly #madeAtMs: number;

  /** A table that another thread has made. */
  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    const [high = 0, low = 0] = new Int32Array(buffer, 0, 2);
    this.#seed = [high, low];
    this.#madeAtMs = new Float64Array(buffer, 8, 1)[0] ?? 0;
    this.#times = new Float64Array(buffer, headBytes);
    this.#fingerprints = new Uint32Array(buffer, headBytes);
    this.#locks = new Int32Array(buffer, headBytes);
  }

  /** A new one: with a seed that nobody can guess, two whole numbers of 32 bits. */
  static make(seed: readonly [number, number], nowMs: number): RateTable {
    const buffer = new SharedArrayBuffer(headBytes + buckets * bucketBytes);
    new Int32Array(buffer, 0, 2).set(seed);
    new Float64Array(buffer, 8, 1)[0] = nowMs;
    return new RateTable(buffer);
  }

  /** Counts an attempt. 0 when it may go on; else, and not counted, the milliseconds until one may. */
  take(kind: string, id: string, rate: Rate, nowMs: number): number {
    return this.#ask(kind, id, rate, nowMs, true);
  }

  /** As `take`, without counting. */
  look(kind: string, id: string, rate: Rate, nowMs: number): number {
    return this.#ask(kind, id, rate, nowMs, false);
  }

  #ask(kind: string, id: string, { quota, windowS }: Rate, nowMs: number, isCounted: boolean): number {
    // Two lanes of 32 bits, as in the engine's tables, each begun with a seed of its own.
    let [high, low] = this.#seed;
    const length = kind.length + 1 + id.length;
    for (let i = 0; i < length; i++) {
      // A character that no id contains keeps ("ab", "c") and ("a", "bc") apart.
      const after = i - kind.length;
      const code = after < 0 ? kind.charCodeAt(i) : after === 0 ? 0x1_0000 : id.charCodeAt(after - 1);
      high = Math.imul(high ^ code, 0x01000193);
      low = Math.imul(low ^ code, 0x5bd1e995) ^ (low >>> 15);
    }
    const bucket = mix(high) & (buckets - 1);
    const fingerprint = mix(low) || 1; // 0 is an empty place's
    const now = (nowMs - this.#madeAtMs) * ticksPerMs;
    const step = Math.ceil((windowS * 1_000 * ticksPerMs) / quota);
    const window = step * quota; // a little longer than asked for where the quota does not divide it: all of the quota fits

    const lock = bucket * halves + lockAt;
    // Held by another thread for an instant; nothing within can throw or wait.
    while (Atomics.compareExchange(this.#locks, lock, 0, 1) !== 0);
    const place = this.#placeOf(bucket, fingerprint);
    // What is owed by an earlier, stricter limit is a window of today's at most, from the first attempt on.
    const owedBefore = place === null ? 0 : Math.min(window, Math.max(0, (this.#times[place] as number) - now));
    const owed = owedBefore + step;
    const isRefused = owed > window;
    if (place !== null) this.#times[place] = now + (isRefused || !isCounted ? owedBefore : owed);
    else if (isCounted) this.#put(bucket, fingerprint, now, now + owed);
    Atomics.store(this.#locks, lock, 0);
    return isRefused ? (owed - window) / ticksPerMs : 0;
  }

  /** Where the key's time stands; `null` when it has no place. */
  #placeOf(bucket: number, fingerprint: number): number | null {
    const first = bucket * halves + fingerprintAt;
    for (let n = 0; n < placesPerBucket; n++) {
      if (this.#fingerprints[first + n] === fingerprint) return bucket * times + n;
    }
    return null;
  }

  /** Gives the key a place: the first whose time has passed, else that of the key which owes least. */
  #put(bucket: number, fingerprint: number, now: number, time: number): void {
    const first = bucket * times;
    let [least, timeLeast] = [0, Number.POSITIVE_INFINITY];
    for (let n = 0; n < placesPerBucket; n++) {
      const known = this.#times[first + n] as number;
      if (known < timeLeast) [least, timeLeast] = [n, known];
      if (known <= now) break;
    }
    this.#fingerprints[bucket * halves + fingerprintAt + least] = fingerprint;
    this.#times[first + least] = time;
  }
}

/** The finaliser of MurmurHash3 (Austin Appleby, public domain). */
function mix(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
