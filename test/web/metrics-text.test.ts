/** Guards what the dashboard makes of /metrics: the numbers that stand there, and no spike where nothing can be compared. */
import { describe, expect, test } from "bun:test";
import {
  addedTo,
  byLabel,
  countOf,
  histogramOf,
  meanOf,
  parseMetrics,
  quantileOf,
  sumOf,
} from "../../src/web/console/dashboard/metrics-text.ts";
import {
  grown,
  type Live,
  nothingSeen,
  readingOf,
  shownMs,
  withReading,
} from "../../src/web/console/dashboard/readings.ts";

const text = `# HELP a_total A.
# TYPE a_total counter
a_total{route="one",status="200"} 3
a_total{route="two",status="200"} 4
a_total{route="t\\"w\\\\o",status="500"} 1e3
what is this
plain 0.25
`;

describe("the text of /metrics", () => {
  const metrics = parseMetrics(text);
  test("gives sums of series by their labels, and nothing where there is no series", () => {
    expect(sumOf(metrics, "a_total")).toBe(1_007);
    expect(sumOf(metrics, "a_total", { status: "200" })).toBe(7);
    expect(sumOf(metrics, "a_total", { route: 't"w\\o' })).toBe(1_000);
    expect(sumOf(metrics, "plain")).toBe(0.25);
    expect(sumOf(metrics, "missing")).toBe(0);
    expect([...byLabel(metrics, "a_total", "status")]).toEqual([
      ["200", 7],
      ["500", 1_000],
    ]);
  });
  test("that cannot be read gives nothing, and no error", () => {
    for (const broken of ["", "<html>", "a_total", "a_total NaN"]) {
      expect(sumOf(parseMetrics(broken), "a_total")).toBe(0);
    }
  });
});

const histogram = (...counts: number[]) =>
  histogramOf(
    parseMetrics(
      `${["0.01", "0.1", "+Inf"].map((le, at) => `h_bucket{le="${le}"} ${counts[at]}`).join("\n")}\nh_sum ${counts[3]}\n`,
    ),
    "h",
  );

describe("a histogram read twice", () => {
  test("tells percentiles and the mean of what came between", () => {
    const added = addedTo(histogram(1_000, 1_000, 1_000, 1), histogram(1_050, 1_100, 1_100, 6));
    expect(countOf(added)).toBe(100);
    expect(meanOf(added)).toBeCloseTo(0.05);
    expect(quantileOf(added, 0.25)).toBeCloseTo(0.005);
    expect(quantileOf(added, 0.5)).toBeCloseTo(0.01);
    expect(quantileOf(added, 0.99)).toBeCloseTo(0.0982);
  });
  test("tells nothing of nothing, and no more than its last bound of what lies beyond", () => {
    const still = addedTo(histogram(5, 5, 5, 1), histogram(5, 5, 5, 1));
    expect([quantileOf(still, 0.99), meanOf(still), quantileOf(null, 0.5)]).toEqual([null, null, null]);
    expect(quantileOf(histogram(0, 0, 9, 90), 0.5)).toBe(0.1);
  });
});

/** A look at a server that has made so many orders, after so many seconds of its life. */
function look(live: Live, atS: number, orders: number, uptimeS: number): Live {
  const metrics = parseMetrics(
    `rushbox_campaign_events_total{campaign="cmp_1",event="order_reserved"} ${orders}\nrushbox_attempts_total{outcome="reserved"} ${orders}\nrushbox_uptime_seconds ${uptimeS}\n`,
  );
  return withReading(live, readingOf(metrics, atS * 1_000), null);
}
const ratesOf = ({ points }: Live) => points.map(({ ordersPerS }) => ordersPerS);

describe("a window of seconds", () => {
  test("shows rates from the second look on, by the time that has really passed", () => {
    let live = look(nothingSeen, 0, 100, 50);
    live = look(live, 1, 150, 51);
    live = look(live, 3, 250, 53);
    expect(ratesOf(live)).toEqual([null, 50, 50]);
    expect(live.points.at(-1)?.outcomesPerS?.reserved).toBe(50);
    expect(grown(live.readings, 60_000, ({ orders }) => orders)).toBe(150);
  });
  test("has a gap and no spike when nobody looked for a while", () => {
    let live = look(look(nothingSeen, 0, 0, 10), 1, 10, 11);
    live = look(live, 121, 100_010, 131);
    live = look(live, 122, 100_020, 132);
    expect(ratesOf(live)).toEqual([null, 10, null, null, 10]);
    expect(grown(live.readings, 60_000, ({ orders }) => orders)).toBe(10);
  });
  test("has a gap and no spike, up or down, when the server has started anew", () => {
    let live = look(look(nothingSeen, 0, 0, 10), 1, 10, 11);
    live = look(live, 3, 4_000, 1); // more orders than before, all within its first second
    live = look(live, 4, 4_005, 2);
    live = look(live, 5, 2, 9); // fewer
    expect(ratesOf(live)).toEqual([null, 10, null, null, 5, null, null]);
  });
  test("forgets what is older than it shows", () => {
    let live = nothingSeen;
    for (let atS = 0; atS < 1_000; atS += 1) live = look(live, atS, atS, atS);
    expect(live.points).toHaveLength(shownMs / 1_000);
    expect(live.readings.length).toBeLessThanOrEqual(61);
    expect(ratesOf(live).every((rate) => rate === 1)).toBe(true);
  });
});
