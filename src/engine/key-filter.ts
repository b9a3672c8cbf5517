/**
 * Which Idempotency-Keys may have an order, in shared memory: a Bloom filter that the engine thread adds to and the
 * HTTP threads ask. A buyer who repeats a key must get their order even when the offer is sold out by now; everybody
 * else is to be told so without asking the engine. "No" is certain; a rare wrong "maybe" costs one trip to the engine.
 */
import type { KeyHash } from "./hash.ts";

const bits = 2 ** 25; // 4 MiB: with 1 M keys one in 30,000 answers "maybe" wrongly, with 2 M one in 1,000, with 10 M one in 3
const probes = 6;
/** All bits of a key lie in one line of 512, so that a key is one miss of the cache instead of six. */
const lineWords = 16;
const lines = bits / (lineWords * 32);

export class KeyFilter {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array;

  constructor(buffer = new SharedArrayBuffer(bits / 8)) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer);
  }

  /**
   * Engine thread only, after COMMIT and before the counts that may say "sold out". Plain writes: they are seen by
   * whoever has seen the counts, which are written atomically after them.
   */
  add([high, low]: KeyHash): void {
    const line = lineOf(high);
    for (let probe = 0, rest = low; probe < probes; probe++, rest = next(rest)) {
      const word = line + (rest >>> 28);
      this.#words[word] = (this.#words[word] as number) | bitOf(rest);
    }
  }

  /** Whether the key may have an order. Ask after the counts were read, not before: see `add`. */
  mayHave([high, low]: KeyHash): boolean {
    const line = lineOf(high);
    for (let probe = 0, rest = low; probe < probes; probe++, rest = next(rest)) {
      if ((Atomics.load(this.#words, line + (rest >>> 28)) & bitOf(rest)) === 0) return false;
    }
    return true;
  }
}

/** The first word of the key's line. */
function lineOf(high: number): number {
  return (high & (lines - 1)) * lineWords;
}

/** Of the upper nine bits of `rest` four name the word and five the bit: multiplying moves all below into them. */
function bitOf(rest: number): number {
  return 1 << ((rest >>> 23) & 31);
}

function next(rest: number): number {
  return Math.imul(rest, 0x9e3779b1);
}
