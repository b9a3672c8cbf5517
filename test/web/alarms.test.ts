/** Guards what the dashboard makes of what it is told: alarms that are true and keep their beginning, a funnel that adds up. */
import { describe, expect, test } from "bun:test";
import { attemptOutcomes } from "../../src/domain/outcome.ts";
import { alarmsOf, type Facts, raise, shownOf } from "../../src/web/console/dashboard/alarms.ts";
import { funnelOf } from "../../src/web/console/dashboard/funnel.ts";
import { parseMetrics } from "../../src/web/console/dashboard/metrics-text.ts";
import { type Live, nothingSeen, readingOf, withReading } from "../../src/web/console/dashboard/readings.ts";

/** Looks at a server, a second apart, each a text of metrics. */
function looks(...texts: string[]): Live["readings"] {
  let live = nothingSeen;
  texts.forEach((text, at) => {
    live = withReading(live, readingOf(parseMetrics(text), at * 1_000), null);
  });
  return live.readings;
}

const calm: Facts = {
  ...{ isAway: false, isStopping: false, load: "normal", switchesOn: [], soldOut: [] },
  readings: looks("rushbox_uptime_seconds 1", "rushbox_uptime_seconds 2"),
};
const kinds = (facts: Partial<Facts>) => alarmsOf({ ...calm, ...facts }).map(({ kind }) => kind);

describe("alarms", () => {
  test("are none while all is well, whatever was counted before the first look", () => {
    expect(kinds({})).toEqual([]);
    const old = 'rushbox_rate_limited_total{limit="overall"} 900\nrushbox_attempts_total{outcome="overloaded"} 7\n';
    expect(kinds({ readings: looks(old, old) })).toEqual([]);
    expect(kinds({ readings: [] })).toEqual([]);
  });

  test("tell what the server tells", () => {
    expect(kinds({ isStopping: true, load: "joins" })).toEqual(["stopping", "load"]);
    const on = { name: "read_only", campaignId: null } as const;
    expect(kinds({ switchesOn: [on], soldOut: [{ id: "cmp_1", title: "A" }] })).toEqual(["switch_on", "sold_out"]);
    expect(kinds({ readings: looks("", "rushbox_webhook_endpoints_failing 2") })).toEqual(["webhook_failing"]);
    expect(kinds({ readings: looks("", 'rushbox_webhook_deliveries_total{outcome="dead"} 1') })).toEqual([
      "webhook_dead",
    ]);
    expect(kinds({ readings: looks("", 'rushbox_rate_limited_total{limit="campaign"} 1') })).toEqual(["limit_hit"]);
    expect(kinds({ readings: looks("", 'rushbox_rate_limited_total{limit="buyer"} 1') })).toEqual([]);
    expect(kinds({ readings: looks("", 'rushbox_attempts_total{outcome="outcome_unknown"} 1') })).toEqual([
      "unknown_outcomes",
    ]);
    const failed = 'rushbox_http_requests_total{route="create_checkout",status="502"} 3';
    expect(kinds({ readings: looks("", failed) })).toEqual(["payments_failing"]);
  });

  test("call a commit slow by the slowest hundredth of the last seconds", () => {
    const commits = (quick: number, all: number) =>
      `rushbox_commit_duration_seconds_bucket{le="0.1"} ${quick}\nrushbox_commit_duration_seconds_bucket{le="1"} ${all}\nrushbox_commit_duration_seconds_bucket{le="+Inf"} ${all}\n`;
    expect(kinds({ readings: looks(commits(0, 90), commits(200, 290)) })).toEqual([]);
    expect(kinds({ readings: looks(commits(0, 0), commits(80, 90)) })).toEqual(["commit_slow"]);
  });

  test("are but one when nobody knows how the server is", () => {
    expect(kinds({ isAway: true, load: "all", switchesOn: [{ name: "read_only", campaignId: null }] })).toEqual([
      "away",
    ]);
  });

  test("keep their beginning as long as they stay, and begin anew when they come again", () => {
    const hit = (count: number) => [{ kind: "limit_hit", limit: "overall", count } as const];
    const first = raise([], hit(1), 1_000);
    expect(raise(first, hit(99), 5_000).map(({ sinceMs }) => sinceMs)).toEqual([1_000]);
    expect(raise(raise(first, [], 5_000), hit(1), 9_000).map(({ sinceMs }) => sinceMs)).toEqual([9_000]);
  });

  test("are shown at once, but refunds that wait after a minute", () => {
    const raised = raise([], [{ kind: "refunds_waiting", count: 1 }, { kind: "stopping" }], 0);
    expect(shownOf(raised, 59_999).map(({ alarm }) => alarm.kind)).toEqual(["stopping"]);
    expect(shownOf(raised, 60_000)).toHaveLength(2);
  });
});

describe("the funnel", () => {
  test("has every attempt in exactly one place", () => {
    // Different powers of two: a sum tells what it is made of.
    const outcomes = new Map(attemptOutcomes.map((outcome, at) => [outcome, 2 ** at]));
    const events = new Map([["order_reserved", 2 ** attemptOutcomes.indexOf("reserved")]]);
    const steps = funnelOf({ outcomes, events }, "open");
    const [attempts, admitted, reserved] = steps;
    const lost = (at: number) => (steps[at]?.losses ?? []).reduce((sum, { count }) => sum + count, 0);
    expect(attempts?.count).toBe(2 ** attemptOutcomes.length - 1);
    expect((attempts?.count ?? 0) - lost(0)).toBe(admitted?.count as number);
    expect((admitted?.count ?? 0) - lost(1)).toBe(reserved?.count as number);
  });

  test("begins with the line or the draw where there is one, and has no fewer than none unpaid", () => {
    const events = new Map([
      ["queue_joined", 9],
      ["order_reserved", 2],
      ["order_paid", 5],
    ]);
    const told = funnelOf({ outcomes: new Map(), events }, "queue").map(({ step, count }) => `${step} ${count}`);
    expect(told).toEqual(["joined 9", "passed 0", "attempts 0", "admitted 0", "reserved 2", "paid 5"]);
    expect(funnelOf(null, "draw").map(({ step, losses }) => [step, losses.length])).toEqual([
      ["entered", 0],
      ["attempts", 0],
      ["admitted", 0],
      ["reserved", 0],
      ["paid", 0],
    ]);
    expect(funnelOf({ outcomes: new Map(), events }, "open").flatMap(({ losses }) => losses)).toEqual([]);
  });
});
