/**
 * Runs wrk: a closed loop of connections that each ask again as soon as they are answered, for the highest rate a server
 * reaches. Its script rotates over the buyers' tokens; with `keyed` every request carries a new Idempotency-Key. The
 * answers are counted by status afterwards: a rate of errors is no rate.
 */
import { join } from "node:path";
import { findProgram } from "./programs.ts";

export interface WrkRun {
  readonly port: number;
  readonly path: string;
  /** A file with one token a line. */
  readonly tokensPath: string;
  readonly seconds: number;
  readonly connections: number;
  /** Whether every answer must be below 400, or every one an error by status. */
  readonly expect: "accepted" | "refused";
  readonly keyed: boolean;
}

export interface WrkResult {
  readonly requests: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** One core makes the load, as on a machine of two; more would take from the servers what they are measured by. */
const threads = 1;
let runsCount = 0;

// `request` answers whole requests as text, made once: formatting them anew would cost wrk more than sending them.
const script = `
local heads, at, sent, keys = {}, 0, 0, ""

function init(args)
  local start = "POST " .. wrk.path .. " HTTP/1.1\\r\\nHost: " .. wrk.host .. ":" .. wrk.port ..
    "\\r\\nContent-Length: 0\\r\\nAuthorization: Bearer "
  keys = args[2]
  for token in io.lines(args[1]) do
    heads[#heads + 1] = start .. token .. (keys == "" and "\\r\\n\\r\\n" or "\\r\\nIdempotency-Key: ")
  end
end

function request()
  at = at % #heads + 1
  if keys == "" then return heads[at] end
  sent = sent + 1
  return heads[at] .. '"' .. keys .. sent .. '"\\r\\n\\r\\n'
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format('\\nresult {"requests":%d,"durationUs":%d,"refused":%d,"broken":%d,"p50Us":%d,"p99Us":%d}\\n',
    summary.requests, summary.duration, errors.status, errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
`;

interface ScriptResult {
  readonly requests: number;
  readonly durationUs: number;
  readonly refused: number;
  readonly broken: number;
  readonly p50Us: number;
  readonly p99Us: number;
}

/** Writes the script and the tokens where `runWrk` reads them. */
export async function prepareWrk(folder: string, tokens: readonly string[]): Promise<string> {
  const tokensPath = join(folder, "tokens.txt");
  await Bun.write(join(folder, "request.lua"), script);
  await Bun.write(tokensPath, `${tokens.join("\n")}\n`);
  return tokensPath;
}

/** Throws `MissingError` without wrk, and an error when answers were not what was expected. */
export async function runWrk(run: WrkRun): Promise<WrkResult> {
  const { port, path, tokensPath, seconds, connections, expect, keyed } = run;
  const keys = keyed ? `bench-${process.pid}-${runsCount++}-` : "";
  const wrk = Bun.spawn(
    [
      findProgram("wrk"),
      ...["--threads", String(threads), "--connections", String(connections), "--duration", `${seconds}s`],
      ...["--timeout", "10s", "--script", join(tokensPath, "..", "request.lua")],
      ...[`http://127.0.0.1:${port}${path}`, "--", tokensPath, keys],
    ],
    { stdin: "ignore", stdout: "pipe", stderr: "pipe" },
  );
  const [output, complaint] = await Promise.all([wrk.stdout.text(), wrk.stderr.text(), wrk.exited]);
  const text = /^result (.*)$/m.exec(output)?.[1];
  if (text === undefined) throw new Error(`wrk gave no result: ${output}${complaint}`);
  const result = JSON.parse(text) as ScriptResult;
  const { requests, durationUs, refused, broken } = result;
  const unexpected = broken + (expect === "accepted" ? refused : requests - refused);
  if (requests === 0 || unexpected > 0) {
    throw new Error(
      `${path} of port ${port}: ${unexpected} of ${requests} answers were not ${expect}, ${broken} broken`,
    );
  }
  return {
    requests,
    perSecond: requests / (durationUs / 1e6),
    p50Ms: result.p50Us / 1_000,
    p99Ms: result.p99Us / 1_000,
  };
}
