/**
 * Time that runs down, by the server's clock. An eye sees every tenth of the last minute; a screen reader hears the few
 * moments at which somebody would say it.
 */
import { useComputed } from "@preact/signals";
import type { JSX } from "preact";
import { now } from "../shared/clock.ts";
import { countdown } from "../shared/format.ts";
import { wordsOf } from "../shared/language.ts";

const words = wordsOf({
  minutes: [(count: string) => `${count} min left`, (count: string) => `还剩 ${count} 分钟`],
  seconds: [(count: string) => `${count} s left`, (count: string) => `还剩 ${count} 秒`],
  isTime: ["It is time.", "时间到。"],
});

/** When it is said aloud: so many seconds before. */
const saidAtS = [600, 300, 60, 30, 10, 0];

interface CountdownProps {
  readonly untilMs: number;
  /** What it runs down to: `Opens in`. */
  readonly label: string;
  /** Whether a screen reader hears it as it runs. */
  readonly isSaid?: boolean;
}

export function Countdown({ untilMs, label, isSaid = false }: CountdownProps): JSX.Element {
  const leftMs = untilMs - now.value;
  return (
    <div class="countdown">
      <span class="countdown-label">{label}</span>
      <span class="countdown-time" role="timer" aria-label={label}>
        {countdown(leftMs)}
      </span>
      {isSaid && <Said untilMs={untilMs} />}
    </div>
  );
}

function Said({ untilMs }: { readonly untilMs: number }): JSX.Element {
  const mark = useComputed(() => markOf(untilMs - now.value));
  return (
    <span class="visually-hidden" role="status">
      {wordsOfMark(mark.value)}
    </span>
  );
}

/** The last moment of those that are said, in seconds; `null` before the first. */
export function markOf(leftMs: number): number | null {
  return saidAtS.findLast((atS) => leftMs <= atS * 1_000) ?? null;
}

function wordsOfMark(mark: number | null): string {
  if (mark === null) return "";
  if (mark === 0) return words.isTime;
  return mark >= 60 ? words.minutes(String(mark / 60)) : words.seconds(String(mark));
}
