/**
 * Proves that a wall clock that is set forward or back by an hour ends no payment window early and does not open a sale
 * early, twice or late: the program's clock runs with the monotonic one and follows by 5 ms a second at most. On the
 * clock itself with made-up clocks, and on clock, engine and loop of time together, second by second.
 * Does not prove the time after a suspended machine wakes: it is late by the suspension and catches up as slowly.
 */

import { expect, test } from "bun:test";
import { openAdmission } from "../../src/domain/admission.ts";
import type { Event } from "../../src/domain/event.ts";
import { Engine } from "../../src/engine/engine.ts";
import { startClock } from "../../src/host/clock.ts";

const hourMs = 3_600_000;
const startMs = Date.UTC(2026, 10, 11);
const followMsPerS = 5;

/** A machine whose wall clock can be set; its monotonic clock cannot. */
class Machine {
  elapsedMs = 1_000;
  wallAheadMs = 0;
  readonly clock = startClock(
    () => startMs + this.elapsedMs + this.wallAheadMs,
    () => this.elapsedMs,
  );
  readonly nowAtStartMs = this.clock.nowMs();

  /** Milliseconds that the program's clock says have passed beyond those that have. */
  get errorMs(): number {
    return this.clock.nowMs() - this.nowAtStartMs - (this.elapsedMs - 1_000);
  }
}

test.each([
  { by: "an hour forward", ms: hourMs },
  { by: "an hour back", ms: -hourMs },
])("a wall clock that is set $by moves the clock by 5 ms a second at most, and never back", ({ ms }) => {
  const machine = new Machine();
  machine.wallAheadMs = ms;
  let last = machine.clock.nowMs();
  for (let second = 1; second <= 600; second++) {
    for (let step = 0; step < 10; step++) {
      machine.elapsedMs += 100;
      const now = machine.clock.nowMs();
      expect(now).toBeGreaterThanOrEqual(last);
      last = now;
    }
    expect(Math.abs(machine.errorMs)).toBeLessThanOrEqual(second * followMsPerS + 1);
  }
  // It does follow: half a second in a hundred.
  expect(Math.sign(ms) * machine.errorMs).toBeGreaterThan(2_000);
});

test("a wall clock that flaps by an hour leaves the clock where it was", () => {
  const machine = new Machine();
  for (let second = 0; second < 600; second++) {
    machine.wallAheadMs = second % 2 === 0 ? hourMs : -hourMs;
    machine.elapsedMs += 1_000;
    expect(Math.abs(machine.errorMs)).toBeLessThanOrEqual(2 * followMsPerS + 1);
  }
});

test.each([
  { by: "an hour forward", ms: hourMs },
  { by: "an hour back", ms: -hourMs },
])("with a wall clock that is set $by a sale opens once and in time, and no payment window ends early", ({ ms }) => {
  const machine = new Machine();
  const engine = new Engine();
  const windowS = 300;
  const opensAfterS = 60;
  const opensAtMs = machine.clock.nowMs() + opensAfterS * 1_000;
  const offer = {
    sku: "sku",
    title: "Goods",
    priceMinor: 100,
    listPriceMinor: null,
    currency: "CNY",
    limitPerBuyer: 1,
    brand: null,
    category: null,
    imageUrl: null,
    description: null,
    stock: 5,
  };
  const draft = {
    title: "Sale",
    description: null,
    kind: null,
    opensAtMs,
    closesAtMs: null,
    paymentWindowS: windowS,
    hasWaitlist: true,
    admission: openAdmission,
    offers: [offer],
  };
  engine.execute({ type: "create_campaign", draft }, machine.clock.nowMs());
  engine.execute({ type: "publish", campaignId: 1 }, machine.clock.nowMs());
  const reserve = { type: "reserve", offerId: 2, buyerId: "ana", quantity: 1, key: null } as const;
  expect(engine.execute(reserve, machine.clock.nowMs()).code).toBe("not_open");
  engine.takeEvents();

  const happened: { readonly type: Event["type"]; readonly second: number }[] = [];
  machine.wallAheadMs = ms;
  for (let second = 1; second <= opensAfterS + windowS + 30; second++) {
    machine.elapsedMs += 1_000;
    engine.advance(machine.clock.nowMs());
    if (second === opensAfterS + 2) engine.execute(reserve, machine.clock.nowMs());
    happened.push(...engine.takeEvents().map(({ type }) => ({ type, second })));
  }
  expect(happened.map(({ type }) => type)).toEqual(["campaign_opened", "order_reserved", "order_expired"]);
  const [opened, reserved, expired] = happened.map(({ second }) => second) as [number, number, number];
  expect(Math.abs(opened - opensAfterS)).toBeLessThanOrEqual(1);
  // Five milliseconds a second over the window: one and a half seconds of three hundred.
  expect(Math.abs(expired - reserved - windowS)).toBeLessThanOrEqual(2);
});

test("a machine that starts an hour in the past goes on from the last moment that is stored", () => {
  const engine = new Engine();
  const draft = {
    title: "Sale",
    description: null,
    kind: null,
    opensAtMs: null,
    closesAtMs: null,
    paymentWindowS: 60,
    hasWaitlist: true,
    admission: openAdmission,
    offers: [],
  };
  engine.execute({ type: "create_campaign", draft }, startMs);
  engine.execute({ type: "publish", campaignId: 1 }, startMs - hourMs);
  expect(engine.takeEvents().map(({ atMs }) => atMs)).toEqual([startMs, startMs, startMs]);
});
