/**
 * Starts the programs that are compared and stops them: each by its own process id, never by name. A program counts as
 * ready when it prints the line that `readiness` understands. Whatever still runs when the benchmark is interrupted is
 * stopped by `stopPrograms`.
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../src/host/clock.ts";

export interface Program<Ready> extends AsyncDisposable {
  readonly pid: number;
  readonly ready: Ready;
  /** From the start of the process to the line that says it is ready. */
  readonly readyMs: number;
  stop(): Promise<void>;
}

/** The program is not installed, or says that something it needs is not: the benchmark names it and goes on. */
export class MissingError extends Error {
  override readonly name = "MissingError";
}

interface Start<Ready> {
  readonly command: readonly string[];
  /** The whole environment: nothing is inherited, so that no setting of the person who runs this leaks in. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Understands the line that says the program is ready; `null` for any other line. */
  readonly readiness: (line: string) => Ready | null;
  readonly clock: Clock;
  readonly readyMsMax?: number;
  readonly stopSignal?: "SIGTERM" | "SIGINT";
}

const readyMsMaxDefault = 60_000;
const stopMsMax = 20_000; // then it is killed: a stop that hangs must not hang the suite
const linesKeptMax = 20; // of output, for the message when a program dies

const running = new Set<{ stop(): Promise<void> }>();
let isOver = false;

export async function startProgram<Ready>(start: Start<Ready>): Promise<Program<Ready>> {
  const { command, environment = {}, readiness, clock, readyMsMax = readyMsMaxDefault, stopSignal = "SIGTERM" } = start;
  if (isOver) throw new Error("interrupted");
  const startedAtMs = clock.elapsedMs();
  const child = Bun.spawn([...command], { env: environment, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const stop = async (): Promise<void> => {
    running.delete(handle);
    child.kill(stopSignal);
    const timer = setTimeout(() => child.kill("SIGKILL"), stopMsMax);
    await child.exited;
    clearTimeout(timer);
  };
  const handle = { stop };
  running.add(handle);

  const lastLines: string[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<Ready>();
  const readLine = (line: string): void => {
    lastLines.push(line);
    if (lastLines.length > linesKeptMax) lastLines.shift();
    try {
      const ready = readiness(line);
      if (ready !== null) resolve(ready);
    } catch (error) {
      reject(error);
    }
  };
  const died = (why: string): void =>
    reject(new Error(`${command.join(" ")} ${why}:\n${lastLines.map((line) => `    ${line}`).join("\n")}`));
  const output = [readLines(child.stdout, readLine), readLines(child.stderr, readLine)];
  Promise.all(output).then(() => died("ended before it was ready"), reject);
  const timer = setTimeout(() => died(`was not ready within ${readyMsMax} ms`), readyMsMax);
  try {
    const ready = await promise;
    return {
      pid: child.pid,
      ready,
      readyMs: clock.elapsedMs() - startedAtMs,
      stop,
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** Stops what runs; nothing can be started any more. */
export async function stopPrograms(): Promise<void> {
  isOver = true;
  await Promise.all([...running].map(({ stop }) => stop()));
}

/** The path of an installed program, looked for on the usual paths and then in `folders`. Throws `MissingError`. */
export function findProgram(name: string, folders: readonly string[] = []): string {
  const found = Bun.which(name) ?? folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
  if (found === undefined) throw new MissingError(`${name} is not installed`);
  return found;
}

/** Where Debian puts the programs of PostgreSQL that are not on the path, newest version first. */
export function postgresFolders(): readonly string[] {
  const root = "/usr/lib/postgresql";
  if (!existsSync(root)) return [];
  const versions = readdirSync(root).sort((a, b) => Number(b) - Number(a));
  return versions.map((version) => join(root, version, "bin"));
}

/** A port that nobody uses now. */
export function freePort(): number {
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const { port } = listener;
  listener.stop(true);
  return port;
}

/** Resident memory of a process in bytes. */
export async function residentBytes(pid: number): Promise<number> {
  const status = Bun.file(`/proc/${pid}/status`);
  if (await status.exists()) {
    const kib = /VmRSS:\s+(\d+) kB/.exec(await status.text())?.[1];
    if (kib !== undefined) return Number(kib) * 1_024;
  }
  const { stdout } = Bun.spawnSync(["ps", "-o", "rss=", "-p", String(pid)]);
  return Number(stdout.toString().trim()) * 1_024;
}

async function readLines(stream: ReadableStream<Uint8Array>, callback: (line: string) => void): Promise<void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) callback(line);
  }
  if (rest !== "") callback(rest);
}
