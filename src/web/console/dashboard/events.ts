/**
 * The last events, read once a second from the operators' stream: a short look from where the last one ended, and no more
 * than one piece of it. A stream that stays open would send a rush of 30,000 events a second to a list that shows twenty,
 * and cost the sale what it takes to write them.
 */
import { signal } from "@preact/signals";
import { createParser } from "eventsource-parser";
import type { Order } from "../../shared/wire.ts";
import { operatorKey } from "../session.ts";

/** An event as the stream has it, with what it is about. */
export interface Told {
  readonly type: string;
  readonly seq: number;
  readonly at: string;
  readonly campaign_id?: string;
  readonly title?: string;
  readonly order?: Order;
  readonly offer_id?: string;
  readonly buyer_id?: string | null;
  readonly sku?: string;
  readonly quantity?: number;
}

/** Newest first. */
export const events = signal<readonly Told[]>([]);
/** Whether more has happened than was read. */
export const areSkipped = signal(false);

const keptMax = 40;
/** More than that at once is not read: of a rush the last ones are enough. */
const behindMax = 200;
const lookMsMax = 800;

let readUpToSeq: number | null = null;
let isReading = false;

/** Reads what happened up to this event, unless it is being read already. */
export async function readEvents(committedSeq: number): Promise<void> {
  // A restored sale may be behind what was read.
  if (readUpToSeq !== null && committedSeq < readUpToSeq) forgetEvents();
  if (isReading || committedSeq === readUpToSeq || committedSeq === 0) return;
  isReading = true;
  const isBehind = readUpToSeq === null || committedSeq - readUpToSeq > behindMax;
  const fromSeq = isBehind ? Math.max(0, committedSeq - keptMax) : (readUpToSeq ?? 0);
  areSkipped.value = readUpToSeq !== null && isBehind;
  const reader = operatorKey();
  const { told, isWell } = await read(fromSeq, committedSeq);
  isReading = false;
  if (operatorKey() !== reader) return; // they have signed out
  if (!isWell) return;
  readUpToSeq = Math.max(committedSeq, told.at(-1)?.seq ?? 0);
  if (told.length === 0) return;
  const before = events.value.filter(({ seq }) => seq < (told[0]?.seq ?? 0));
  events.value = [...told.reverse(), ...before].slice(0, keptMax);
}

export function forgetEvents(): void {
  readUpToSeq = null;
  areSkipped.value = false;
  events.value = [];
}

/** The events after one, up to another: until it is reached, or nothing more comes. */
async function read(afterSeq: number, untilSeq: number): Promise<{ told: Told[]; isWell: boolean }> {
  const told: Told[] = [];
  const look = new AbortController();
  const timer = setTimeout(() => look.abort(), lookMsMax);
  let isWell = false;
  try {
    const headers = {
      accept: "text/event-stream",
      authorization: `Bearer ${operatorKey()}`,
      "last-event-id": String(afterSeq),
    };
    const response = await fetch("/v1/events/stream", { headers, signal: look.signal, cache: "no-store" });
    if (!response.ok || response.body === null) return { told, isWell };
    isWell = true;
    const parser = createParser({
      onEvent: ({ event, data }) => told.push({ type: event ?? "", ...(JSON.parse(data) as Omit<Told, "type">) }),
    });
    for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
      parser.feed(text);
      if ((told.at(-1)?.seq ?? 0) >= untilSeq) break;
    }
  } catch {
    // Over by the clock: what came is shown. An event that does not go out is not waited for any longer.
  } finally {
    clearTimeout(timer);
    look.abort();
  }
  return { told, isWell };
}
