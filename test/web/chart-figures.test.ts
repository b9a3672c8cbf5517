/** Figures of the dashboard's charts: what an axis says is what it means. */
import { afterAll, expect, test } from "bun:test";
import { withoutPage } from "./no-page.ts";

const takeAway = withoutPage("en");
afterAll(takeAway);
const { milliseconds, millisecondsTick, rate, rateTick, wholeSteps } = await import(
  "../../src/web/console/dashboard/chart-figures.ts"
);

test("ticks keep all the digits of their steps, where figures that change have one at most", () => {
  expect([0, 0.25, 0.5, 0.75, 1].map(rateTick)).toEqual(["0/s", "0.25/s", "0.5/s", "0.75/s", "1/s"]);
  expect([0.25, 12.4].map(rate)).toEqual(["0.3/s", "12/s"]);
  expect(millisecondsTick(0.00025)).toBe("0.25 ms");
});

test("a second and more is told in seconds", () => {
  expect([0.999, 1, 1.5].map(millisecondsTick)).toEqual(["999 ms", "1 s", "1.5 s"]);
  expect(milliseconds(2.34)).toBe("2.3 s");
});

test("what is counted has whole ticks alone", () => {
  expect(wholeSteps.slice(0, 5)).toEqual([1, 2, 5, 10, 20]);
  expect(wholeSteps.every(Number.isInteger)).toBe(true);
});
