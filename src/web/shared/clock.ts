/**
 * The server's time on this device. The device's own clock may be minutes off and may be set meanwhile, so only the time
 * that passes is taken from it. A reading is `server time - middle of the request`, right to half of the round trip: of
 * several the quickest counts. A countdown is worked out from `serverNow()` whenever it is shown, so a tab that slept
 * shows the right time at its first look.
 */
import { signal } from "@preact/signals";
import type { Api } from "./api.ts";

const readingsAtStart = 4;
const readEveryMs = 60_000;
/** How old the best reading may be, before a slower one replaces it: clocks drift by some 50 ms in a quarter of an hour. */
const readingKeptMs = 5 * 60_000;
const tickMs = 100;

interface Reading {
  readonly offsetMs: number;
  readonly roundTripMs: number;
  readonly atMs: number;
}

let reading: Reading | null = null;

/** Whether the server's time is known; until then `serverNow` is the device's. */
export const isClockSet = signal(false);

/** The server's time, a tenth of a second old at most while the page is seen: for what shows it. */
export const now = signal(Date.now());

/** The server's time this instant, in milliseconds since 1970. */
export function serverNow(): number {
  return reading === null ? Date.now() : performance.now() + reading.offsetMs;
}

/** This device's time, going on evenly whatever is done to its clock: for spans, not for what others have set. */
export function deviceNow(): number {
  return performance.timeOrigin + performance.now();
}

/** Keeps the clock right as long as the page lives. */
export function keepTime(api: Api): void {
  const read = async (times: number) => {
    for (let count = 0; count < times; count += 1) take(await readTime(api));
  };
  void read(readingsAtStart);
  setInterval(() => void read(1), readEveryMs);
  tick();
  const woken = () => {
    if (document.visibilityState !== "visible") return;
    // A device that slept may have stopped the clock that counts what passes.
    reading = reading === null ? null : { ...reading, atMs: Number.NEGATIVE_INFINITY };
    void read(readingsAtStart);
    show();
  };
  document.addEventListener("visibilitychange", woken);
  addEventListener("pageshow", woken);
}

/** At every full tenth of the server's seconds, so that what is shown is never a tenth late. */
function tick(): void {
  show();
  setTimeout(tick, tickMs - (serverNow() % tickMs));
}

function show(): void {
  if (document.visibilityState === "visible") now.value = serverNow();
}

async function readTime(api: Api): Promise<Reading | null> {
  const sentMs = performance.now();
  const answer = await api<{ now_ms: number }>("/v1/time");
  if (!answer.isOk) return null;
  const receivedMs = performance.now();
  return {
    offsetMs: answer.value.now_ms - (sentMs + receivedMs) / 2,
    roundTripMs: receivedMs - sentMs,
    atMs: receivedMs,
  };
}

function take(next: Reading | null): void {
  if (next === null) return;
  const isBetter =
    reading === null || next.roundTripMs <= reading.roundTripMs || next.atMs - reading.atMs > readingKeptMs;
  if (!isBetter) return;
  reading = next;
  isClockSet.value = true;
  show();
}
