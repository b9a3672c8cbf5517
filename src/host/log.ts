/**
 * The only writer to the console. Two voices: `print` for a person in front of a terminal (standard output), and `log`
 * for machines, one JSON object a line on standard error. Never one line per request.
 */
import { writeSync } from "node:fs";
import { isatty } from "node:tty";
import { wallTime } from "./clock.ts";

export type LogLevel = "info" | "warn" | "error";

type Fields = Readonly<Record<string, string | number | boolean | null>>;

let quietBelow: LogLevel = "info";
const order: Record<LogLevel, number> = { info: 0, warn: 1, error: 2 };

/** Hides what is less important than this level. */
export function setLogLevel(level: LogLevel): void {
  quietBelow = level;
}

export function log(level: LogLevel, message: string, fields: Fields = {}): void {
  if (order[level] < order[quietBelow]) return;
  process.stderr.write(`${JSON.stringify({ time: wallTime(), level, message, ...fields })}\n`);
}

const [stdout, stderr] = [1, 2];
const napMs = 1;
/** Carriage return, and erase the line. */
const lineStart = "\r\x1b[2K";
let isProgressShown = false;

/** Whether a person looks at it: colours and progress are for nobody else. */
export const isTerminal = { stdout: isatty(stdout), stderr: isatty(stderr) } as const;

/** Writes a line to standard output. */
export function print(line = ""): void {
  printText(`${line}\n`);
}

/** Writes a text to standard output and waits until it is taken; `false` when nobody reads any more (`| head`). */
export function printText(text: string): boolean {
  return write(stdout, text);
}

/** Writes a line to standard error: for what a person must see even when the output is piped. */
export function printError(line: string): void {
  write(stderr, `${line}\n`);
}

/** Shows how far something is, on a terminal alone, in place of what it showed before; an empty line ends it. */
export function showProgress(line = ""): void {
  if (!isTerminal.stderr || (line === "" && !isProgressShown)) return;
  isProgressShown = false;
  write(stderr, lineStart + line);
  isProgressShown = line !== "";
}

/** All of it, in order, however slow the reader is: a stream of the runtime would gather it in memory. */
function write(to: number, text: string): boolean {
  if (isProgressShown) showProgress();
  const bytes = Buffer.from(text);
  for (let from = 0; from < bytes.length; ) {
    try {
      from += writeSync(to, bytes, from);
    } catch (cause) {
      const code = cause instanceof Error && "code" in cause ? cause.code : null;
      if (code === "EPIPE") return false;
      if (code !== "EAGAIN") throw cause;
      Bun.sleepSync(napMs); // a pipe that does not block, and is full
    }
  }
  return true;
}
