/** A thread that spends the same solutions as others at the same time: see spent-set.test.ts. */
import { SpentSet } from "../../src/admission/spent-set.ts";

declare const self: Worker;

export interface Spendings {
  readonly buffer: SharedArrayBuffer;
  readonly gate: SharedArrayBuffer;
  readonly digits: readonly string[];
  readonly lifetimeMs: number;
  readonly nowMs: number;
}

self.onmessage = ({ data: { buffer, gate, digits, lifetimeMs, nowMs } }: MessageEvent<Spendings>) => {
  const spent = new SpentSet(lifetimeMs, buffer);
  self.postMessage("ready");
  Atomics.wait(new Int32Array(gate), 0, 0);
  self.postMessage(digits.map((text) => spent.spend(text, nowMs + lifetimeMs, nowMs)));
};
