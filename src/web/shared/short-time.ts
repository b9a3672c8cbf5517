/** Spans of time in figures, the same in all languages: for axes, legends and key figures. */

/** A time span as short as it can be said: `0.35 s`, `12 s`, `3:20`, `2:15:00`. The same in all languages. */
export function shortTime(seconds: number): string {
  const sign = seconds < 0 ? "−" : "";
  const span = Math.abs(seconds);
  if (span < 60) return `${sign}${Number(span.toPrecision(span < 1 ? 2 : 3))} s`;
  const whole = Math.round(span);
  const [hours, minutes, rest] = [Math.floor(whole / 3_600), Math.floor(whole / 60) % 60, whole % 60];
  return hours > 0 ? `${sign}${hours}:${pad(minutes)}:${pad(rest)}` : `${sign}${minutes}:${pad(rest)}`;
}

/** Milliseconds likewise: `0.8 ms`, `35 ms`, `1.2 s`. */
export function shortMs(ms: number): string {
  return ms < 1_000 ? `${Number(ms.toPrecision(ms < 10 ? 2 : 3))} ms` : shortTime(ms / 1_000);
}

function pad(value: number): string {
  return String(value).padStart(2, "0");
}
