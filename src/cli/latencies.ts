/** Latencies in buckets that widen with them: any number of them in 20 kB, every percentile within one percent. */

const bucketsPerDoubling = 70; // 2^(1/70) = 1.0099...
const doublings = 36; // from a microsecond to 19 hours
const bucketCount = bucketsPerDoubling * doublings;

export class Latencies {
  readonly #counts = new Float64Array(bucketCount);
  #count = 0;
  #maxMs = 0;

  get count(): number {
    return this.#count;
  }

  get maxMs(): number {
    return this.#maxMs;
  }

  add(ms: number): void {
    const bucket = Math.ceil(Math.log2(Math.max(1, ms * 1_000)) * bucketsPerDoubling);
    this.#counts[Math.min(bucket, bucketCount - 1)] = (this.#counts[Math.min(bucket, bucketCount - 1)] ?? 0) + 1;
    this.#count += 1;
    this.#maxMs = Math.max(this.#maxMs, ms);
  }

  addAll(others: Latencies): void {
    others.#counts.forEach((count, bucket) => {
      this.#counts[bucket] = (this.#counts[bucket] ?? 0) + count;
    });
    this.#count += others.#count;
    this.#maxMs = Math.max(this.#maxMs, others.#maxMs);
  }

  /** The latency that this share (0.99) did not exceed; 0 when there is none. */
  percentile(share: number): number {
    const rank = Math.ceil(share * this.#count);
    let seen = 0;
    for (let bucket = 0; bucket < bucketCount; bucket++) {
      seen += this.#counts[bucket] ?? 0;
      if (seen >= rank && seen > 0) return Math.min(this.#maxMs, 2 ** (bucket / bucketsPerDoubling) / 1_000);
    }
    return this.#maxMs;
  }
}
