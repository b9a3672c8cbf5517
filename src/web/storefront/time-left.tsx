/** The time that is left to pay, second by second; it redraws itself alone, and is not read out at every tick. */
import { useComputed } from "@preact/signals";
import type { JSX } from "preact";
import { now } from "../shared/clock.ts";
import { countdown } from "../shared/format.ts";
import { wordsOf } from "../shared/language.ts";

const words = wordsOf({
  left: ["Time left to pay", "剩余支付时间"],
  over: ["The time is over: asking how it stands …", "支付时间已到，正在确认结果……"],
});

export function TimeLeft({ until }: { readonly until: string }): JSX.Element {
  const leftMs = useComputed(() => Date.parse(until) - now.value).value;
  if (leftMs <= 0) return <span class="muted">{words.over}</span>;
  return (
    <span>
      <span class="muted">{words.left}</span> <span class="time-left">{countdown(leftMs)}</span>
    </span>
  );
}
