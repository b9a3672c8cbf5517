/**
 * Which Idempotency-Keys may have an order, in shared memory: a Bloom filter that the engine thread adds to and the
 * HTTP threads ask. A buyer who repeats a key must get their order even when the offer is sold out by now; everybody
 * else is to be told so without asking the engine. "No" is certain; a rare wrong "maybe" costs one trip to the engine.
 */
import type { KeyHash } from "./hash.ts";

const bits = 2 ** 25; // 4 MiB: with a million keys one in 10,000 answers "maybe" wrongly
const probes = 6;

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
  add([first, step]: KeyHash): void {
    for (let probe = 0; probe < probes; probe++) {
      const bit = (first + Math.imul(probe, step | 1)) & (bits - 1);
      this.#words[bit >>> 5] = (this.#words[bit >>> 5] as number) | (1 << (bit & 31));
    }
  }

  /** Whether the key may have an order. Ask after the counts were read, not before: see `add`. */
  mayHave([first, step]: KeyHash): boolean {
    for (let probe = 0; probe < probes; probe++) {
      const bit = (first + Math.imul(probe, step | 1)) & (bits - 1);
      if ((Atomics.load(this.#words, bit >>> 5) & (1 << (bit & 31))) === 0) return false;
    }
    return true;
  }
}
