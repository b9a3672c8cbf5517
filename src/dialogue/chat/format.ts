/** Money, moments and durations as a conversation writes them. Where a buyer is nobody knows: moments are told in UTC. */
import { minorPerMajor } from "../../domain/money.ts";
import type { Language } from "./intents.ts";

const locales: Readonly<Record<Language, string>> = { en: "en", zh: "zh-Hans" };
// A formatter takes a millisecond to make.
const formats = new Map<string, Intl.NumberFormat>();
const majors = new Map<string, number>();

export function money(minor: number, currency: string, language: Language): string {
  const perMajor = majors.get(currency) ?? minorPerMajor(currency);
  majors.set(currency, perMajor);
  const isWhole = minor % perMajor === 0;
  const key = `${language} ${currency} ${isWhole}`;
  const format =
    formats.get(key) ??
    new Intl.NumberFormat(locales[language], {
      style: "currency",
      currency,
      currencyDisplay: "narrowSymbol",
      ...(isWhole ? { maximumFractionDigits: 0 } : {}),
    });
  formats.set(key, format);
  return format.format(minor / perMajor);
}

/** `2026-11-11 12:00 UTC`. */
export function moment(time: string): string {
  return `${time.slice(0, 10)} ${time.slice(11, 16)} UTC`;
}

/** About how long, in the two largest units: `1 d 3 h`. */
export function duration(ms: number, language: Language): string {
  const units = { en: [" d", " h", " min", " s"], zh: ["天", "小时", "分钟", "秒"] }[language];
  const seconds = Math.max(1, Math.ceil(ms / 1_000));
  const values = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3_600) % 24,
    Math.floor(seconds / 60) % 60,
    seconds % 60,
  ];
  const first = values.findIndex((value) => value > 0);
  return values
    .map((value, at) => (value > 0 && at <= first + 1 ? `${value}${units[at]}` : ""))
    .filter((part) => part !== "")
    .join(language === "en" ? " " : "");
}
