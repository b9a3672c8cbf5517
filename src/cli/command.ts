/** What the commands share: their flags, how they read numbers and durations, and how they write for a person. */
import { isAbsolute, relative, resolve } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import picocolors from "picocolors";
import { type Config, type Settings, settings } from "../config.ts";
import { isTerminal } from "../host/log.ts";

/** On a terminal alone, and not with NO_COLOR. */
export const colors = picocolors.createColors(picocolors.isColorSupported && isTerminal.stdout);

/** Adds a flag for every setting, or for some. `defaults` are the command's own, for the words of the help. */
export function addSettings(
  command: Command,
  names = Object.keys(settings) as (keyof Config)[],
  defaults: Settings = {},
): Command {
  for (const name of names) {
    const { flag, placeholder, doc, env, fallback } = settings[name];
    const byDefault = defaults[name] ?? fallback;
    const inWords = byDefault === "" ? "" : `, default ${byDefault}`;
    const option = new Option(`--${flag} <${placeholder}>`, `${doc} (${env}${inWords})`);
    option.attributeName = () => name; // the setting's, which is not always the flag's
    command.addOption(option);
  }
  return command;
}

/** A flag that takes a whole number of at least `min`. */
export function wholeNumberOption(flags: string, doc: string, { min = 1, max = Number.MAX_SAFE_INTEGER } = {}): Option {
  return new Option(flags, doc).argParser((text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    const upTo = max === Number.MAX_SAFE_INTEGER ? `from ${min}` : `from ${min} to ${max}`;
    throw new InvalidArgumentError(`Give a whole number ${upTo}.`);
  });
}

const msPerUnit: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const durationMsMax = 10 * 365 * 86_400_000; // ten years: what is longer is a slip of the hand

/** A flag that takes a duration as `500ms`, `10s`, `15m`, `1h` or `7d`; its value is in milliseconds. */
export function durationOption(flags: string, doc: string, minMs: number): Option {
  return new Option(flags, doc).argParser((text) => {
    const [, digits, unit = ""] = /^(\d+)(ms|s|m|h|d)$/.exec(text) ?? [];
    const ms = Number(digits) * (msPerUnit[unit] ?? Number.NaN);
    if (ms >= minMs && ms <= durationMsMax) return ms;
    throw new InvalidArgumentError(`Give a duration as 500ms, 10s, 15m, 1h or 7d; ${durationText(minMs)} at least.`);
  });
}

/** `1500` -> `1.5 s`, `90000` -> `1 min 30 s`: a duration as a person says it. */
export function durationText(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${Number((ms / 1_000).toFixed(1))} s`;
  const [minutes, seconds] = [Math.floor(ms / 60_000), Math.floor((ms % 60_000) / 1_000)];
  return seconds === 0 ? `${minutes} min` : `${minutes} min ${seconds} s`;
}

/** `12345` -> `12,345`. */
export function countText(count: number): string {
  return count.toLocaleString("en");
}

/** `1 order`, `2 orders`. */
export function countOf(count: number, noun: string): string {
  return `${countText(count)} ${noun}${count === 1 ? "" : "s"}`;
}

export function bytesText(bytes: number): string {
  const [unit, size] = bytes < 1e6 ? ["kB", 1e3] : bytes < 1e9 ? ["MB", 1e6] : ["GB", 1e9];
  const amount = bytes / size;
  return `${amount < 10 ? amount.toFixed(1) : Math.round(amount)} ${unit}`;
}

/** How this program is called from the current folder: the binary, or the sources of a checkout. */
export function programText(): string {
  const [runtime, entry] = [pathText(process.execPath), pathText(Bun.main)];
  if (!Bun.main.endsWith("src/main.ts")) return runtime;
  return entry === "./src/main.ts" ? "sh .ci/bun src/main.ts" : `${runtime} ${entry}`;
}

/** A path as a word of a shell, from the current folder where it is below it. */
export function pathText(path: string): string {
  const near = relative(process.cwd(), path);
  const shown = near.startsWith("..") || isAbsolute(near) ? resolve(path) : `./${near}`;
  return /^[\w./-]+$/.test(shown) ? shown : `'${shown.replaceAll("'", "'\\''")}'`;
}
