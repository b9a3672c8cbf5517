/**
 * How the server is, looked at once a second from the first visit of the dashboard for as long as the page is open and
 * seen, whatever section is shown: so its charts have no holes, and the tab's title tells of alarms everywhere. One look
 * at a time: a server that is slow is not asked faster than it answers.
 */
import { computed, effect, signal } from "@preact/signals";
import type { SwitchName } from "../../../domain/controls.ts";
import { deviceNow } from "../../shared/clock.ts";
import type { LoadLevel, Ready } from "../../shared/wire.ts";
import { soldOutCampaigns, unitsOfChosen, watchCampaigns } from "../parts/sale.ts";
import { api, isSignedIn } from "../session.ts";
import { alarmsOf, type Raised, raise, shownOf } from "./alarms.ts";
import { forgetEvents } from "./events.ts";
import { parseMetrics } from "./metrics-text.ts";
import { type Live, metricsAsked, nothingSeen, readingOf, withReading } from "./readings.ts";

/** What /readyz tells. */
interface State {
  readonly isStopping: boolean;
  readonly load: LoadLevel;
  readonly switchesOn: readonly { readonly name: SwitchName; readonly campaignId: string | null }[];
}

const lookEveryMs = 1_000;
/** A look that takes longer counts as none. */
const lookMsMax = 3_000;
/** So many looks in a row that came to nothing: the server is away, and not just busy for a moment. */
const missesToAway = 2;
const metricsPath = `/metrics?${metricsAsked.map((name) => `name[]=${name}`).join("&")}`;

export const live = signal<Live>(nothingSeen);
const nothingTold: State = { isStopping: false, load: "normal", switchesOn: [] };
export const state = signal<State>(nothingTold);
const misses = signal(0);
/** `null` as long as it answers. */
export const awaySinceMs = signal<number | null>(null);
export const isAway = computed(() => awaySinceMs.value !== null);
const raised = signal<readonly Raised[]>([]);
export const alarms = computed(() => shownOf(raised.value, deviceNow()));

let timer: ReturnType<typeof setTimeout> | undefined;
let isLooking = false;
let isWatching = false;

/** Begins to look, unless it does already. */
export function watch(): void {
  if (isWatching) return;
  isWatching = true;
  watchCampaigns();
  document.addEventListener("visibilitychange", () => schedule(0));
  effect(() => {
    if (isSignedIn.value) schedule(0);
    else forget();
  });
  effect(() => tellTitle(alarms.value.length));
}

function schedule(inMs: number): void {
  clearTimeout(timer);
  if (isSignedIn.peek() && document.visibilityState === "visible") timer = setTimeout(() => void look(), inMs);
}

async function look(): Promise<void> {
  if (isLooking) return;
  isLooking = true;
  const startedMs = deviceNow();
  try {
    await take(startedMs);
  } finally {
    isLooking = false;
    schedule(Math.max(0, lookEveryMs - (deviceNow() - startedMs)));
  }
}

async function take(startedMs: number): Promise<void> {
  const [metrics, ready] = await Promise.all([readMetrics(), readReady()]);
  if (!isSignedIn.peek()) return;
  const atMs = deviceNow();
  if (metrics === null || ready === null) {
    misses.value += 1;
    if (misses.value >= missesToAway && awaySinceMs.value === null) awaySinceMs.value = startedMs;
  } else {
    misses.value = 0;
    awaySinceMs.value = null;
    state.value = ready;
    live.value = withReading(live.value, readingOf(parseMetrics(metrics), atMs), unitsOfChosen());
  }
  const facts = { ...state.value, isAway: isAway.value, readings: live.value.readings, soldOut: soldOutCampaigns() };
  raised.value = raise(raised.value, alarmsOf(facts), atMs);
}

async function readMetrics(): Promise<string | null> {
  try {
    const response = await fetch(metricsPath, { cache: "no-store", signal: AbortSignal.timeout(lookMsMax) });
    return response.ok ? await response.text() : null;
  } catch {
    return null; // as good as no answer
  }
}

async function readReady(): Promise<State | null> {
  const answer = await api<Ready>("/readyz", { signal: AbortSignal.timeout(lookMsMax) });
  if (!answer.isOk) return answer.status === 503 ? { ...state.peek(), isStopping: true } : null;
  const { load, switches_on } = answer.value;
  const switchesOn = switches_on.map(({ name, campaign_id }) => ({
    name: name as SwitchName,
    campaignId: campaign_id,
  }));
  return { isStopping: false, load, switchesOn };
}

/** Whoever signs in next begins anew, and sees nothing that was told to another. */
function forget(): void {
  clearTimeout(timer);
  forgetEvents();
  state.value = nothingTold;
  live.value = nothingSeen;
  raised.value = [];
  misses.value = 0;
  awaySinceMs.value = null;
}

function tellTitle(count: number): void {
  const title = document.title.replace(/^\(\d+\) /, "");
  document.title = count === 0 ? title : `(${count}) ${title}`;
}
