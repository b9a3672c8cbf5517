/** Money, counts and times as people read them, in the language that is on. */
import { money as moneyIn } from "../../dialogue/chat/format.ts";
import { language, locale } from "./language.ts";

/** `¥3,799.00`, or `¥3,799` where there are no minor units to tell. */
export function money(minor: number, currency: string): string {
  return moneyIn(minor, currency, language.value);
}

export function count(value: number): string {
  return numberFormat({}).format(value);
}

/** `1 order`, `2 orders`: for English, as Chinese needs no such thing. */
export function several(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** 0.123 as `12.3%`. */
export function percent(share: number, digits = 0): string {
  return numberFormat({ style: "percent", maximumFractionDigits: digits }).format(share);
}

/** A moment by this device's calendar: the day only when it is not today. */
export function moment(time: string | number, nowMs: number): string {
  const date = new Date(time);
  const isToday = date.toDateString() === new Date(nowMs).toDateString();
  return dateFormat(
    isToday
      ? { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" }
      : { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
  ).format(date);
}

/** A moment in full: year to second. */
export function fullMoment(time: string | number): string {
  return dateFormat({ dateStyle: "medium", timeStyle: "medium", hourCycle: "h23" }).format(new Date(time));
}

/** How long from now, as a clock: `2d 03:04:05`, `03:04:05`, `04:05`, and below a minute `05.3`. Never negative. */
export function countdown(leftMs: number): string {
  // Rounded up, so that it shows zero when it is zero and not before.
  const tenths = Math.max(0, Math.ceil(leftMs / 100));
  if (tenths < 600) return `${pad(Math.floor(tenths / 10))}.${tenths % 10}`;
  const seconds = Math.ceil(tenths / 10);
  const [days, hours, minutes] = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3_600) % 24,
    Math.floor(seconds / 60) % 60,
  ];
  const clock = [...(seconds >= 3_600 ? [hours] : []), minutes, seconds % 60].map(pad).join(":");
  return days === 0 ? clock : `${days}${language.value === "zh" ? "天" : "d"} ${clock}`;
}

/** About how long, in words: `3 min`, `40 s`. */
export function duration(seconds: number): string {
  const [value, unit] =
    seconds < 90 ? [seconds, "second"] : seconds < 5_400 ? [seconds / 60, "minute"] : [seconds / 3_600, "hour"];
  return numberFormat({ style: "unit", unit: String(unit), unitDisplay: "short" }).format(Math.round(Number(value)));
}

function pad(value: number): string {
  return String(value).padStart(2, "0");
}

// A formatter takes a millisecond to make and lists show hundreds of figures.
const made = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat>();

function numberFormat(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = `n${locale()}${JSON.stringify(options)}`;
  const known = made.get(key) ?? new Intl.NumberFormat(locale(), options);
  made.set(key, known);
  return known as Intl.NumberFormat;
}

function dateFormat(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `d${locale()}${JSON.stringify(options)}`;
  const known = made.get(key) ?? new Intl.DateTimeFormat(locale(), options);
  made.set(key, known);
  return known as Intl.DateTimeFormat;
}
