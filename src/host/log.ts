/**
 * The only writer to the console. Two voices: `print` for a person in front of a terminal (standard output), and `log`
 * for machines, one JSON object a line on standard error. Never one line per request.
 */
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
  process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), level, message, ...fields })}\n`);
}

/** Writes a line to standard output. */
export function print(line = ""): void {
  process.stdout.write(`${line}\n`);
}

/** Writes a line to standard error: for what a person must see even when the output is piped. */
export function printError(line: string): void {
  process.stderr.write(`${line}\n`);
}
