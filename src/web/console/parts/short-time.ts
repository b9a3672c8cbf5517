/** A time span as short as it can be said: `0.35 s`, `12 s`, `3:20`, `2:15:00`. The same in all languages. */
export function shortTime(seconds: number): string {
  const sign = seconds < 0 ? "−" : "";
  const span = Math.abs(seconds);
  if (span < 60) return `${sign}${Number(span.toPrecision(span < 1 ? 2 : 3))} s`;
  const whole = Math.round(span);
  const [hours, minutes, rest] = [Math.floor(whole / 3_600), Math.floor(whole / 60) % 60, whole % 60];
  const padded = (value: number) => String(value).padStart(2, "0");
  return hours > 0 ? `${sign}${hours}:${padded(minutes)}:${padded(rest)}` : `${sign}${minutes}:${padded(rest)}`;
}

/** Milliseconds likewise: `0.8 ms`, `35 ms`, `1.2 s`. */
export function shortMs(ms: number): string {
  return ms < 1_000 ? `${Number(ms.toPrecision(ms < 10 ? 2 : 3))} ms` : shortTime(ms / 1_000);
}
