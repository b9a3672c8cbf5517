/** One of several threads that ask for the same keys at once: counts what got through. */
import { type Rate, RateTable } from "../../src/admission/rate-limit.ts";

interface Work {
  readonly buffer: SharedArrayBuffer;
  /** How many threads are there. */
  readonly gate: Int32Array;
  readonly threads: number;
  readonly keys: number;
  readonly rounds: number;
  readonly rate: Rate;
  readonly nowMs: number;
}

declare const self: Worker;

self.onmessage = ({ data }: MessageEvent<Work>) => {
  const { buffer, gate, threads, keys, rounds, rate, nowMs } = data;
  const table = new RateTable(buffer);
  const admitted = Array.from({ length: keys }, () => 0);
  Atomics.add(gate, 0, 1);
  while (Atomics.load(gate, 0) < threads); // all begin with the first key, so that they meet
  for (let key = 0; key < keys; key++) {
    for (let round = 0; round < rounds; round++) {
      if (table.take("buyer", `key-${key}`, rate, nowMs) === 0) admitted[key] = (admitted[key] ?? 0) + 1;
    }
  }
  self.postMessage(admitted);
};
