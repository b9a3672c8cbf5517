/** What was the limit of a rehearsal follows from what was measured alone, the first that fits in the order of the table. */
import { expect, test } from "bun:test";
import { bottleneckOf, type Observed } from "../../src/cli/rehearsal-bottleneck.ts";
import type { Peaks } from "../../src/cli/rehearsal-measure.ts";

const calm: Peaks = {
  engineBusy: 0.2,
  commit: 0.1,
  httpLagMs: 10,
  queueDelayMs: 10,
  clientLagMs: 10,
  serverP99Ms: 5,
  challengeP99Ms: null,
  shed: 0,
};
const soldOut: Observed = {
  peaks: calm,
  p99Ms: 40,
  rateLimitedShare: 0,
  isDrawn: false,
  isQueued: false,
  offersSoldOut: 1,
  unitsLeft: 0,
  units: 100,
  stillWaiting: 0,
  soldOutAfterS: 1.5,
};
const slow = (peaks: Partial<Peaks>): Observed => ({ ...soldOut, p99Ms: 900, peaks: { ...calm, ...peaks } });

const cases: readonly (readonly [limit: string, words: string, observed: Observed])[] = [
  ["stock", "1.5 s after the opening", soldOut],
  ["stock", "after the closing", { ...soldOut, isDrawn: true }],
  ["demand", "30 of 100 units", { ...soldOut, unitsLeft: 30, offersSoldOut: 0, soldOutAfterS: null }],
  ["queue", "8 buyers", { ...soldOut, isQueued: true, unitsLeft: 30, stillWaiting: 8, soldOutAfterS: null }],
  // They wait for the one offer that is gone, while another is left: no queue kept them.
  ["stock", "1 offer sold out", { ...soldOut, unitsLeft: 30, stillWaiting: 8, soldOutAfterS: null }],
  ["rate_limits", "20 %", { ...soldOut, rateLimitedShare: 0.2, unitsLeft: 30, stillWaiting: 8 }],
  ["http_threads", "700 ms", { ...slow({ httpLagMs: 700 }), rateLimitedShare: 0.2 }],
  ["http_threads", "5 requests were refused", { ...soldOut, peaks: { ...calm, shed: 5 } }],
  ["engine", "90 %", slow({ engineBusy: 0.9, commit: 0.3, httpLagMs: 700 })],
  ["disk", "80 %", slow({ engineBusy: 0.9, commit: 0.8 })],
  ["simulator", "1.2 s", slow({ engineBusy: 0.9, commit: 0.8, httpLagMs: 700, clientLagMs: 1_200 })],
  ["disk", "80 %", slow({ engineBusy: 0.9, commit: 0.8, queueDelayMs: 1_300, clientLagMs: 1_200 })],
];

test.each(cases)("%s: %s", (limit, words, observed) => {
  const told = bottleneckOf(observed);
  expect(told.limit as string).toBe(limit);
  expect(told.why).toContain(words);
  expect(told.advice).toEndWith(".");
});
