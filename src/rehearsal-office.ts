/**
 * Rehearsals on the main thread: one at a time, each a process of its own that gets the campaign's terms on its standard
 * input and tells its progress and report on its standard output. It is given no key, no folder and no address of this
 * server, so it cannot touch the sale; and it ends when that input does, however this process ends.
 *
 * A rehearsal takes from the machine what the sale may need: none is begun while work is given up under load, and one
 * that runs is stopped when that begins. The last of them are kept in a file of the data folder; one that ran when the
 * server was killed is told as stopped.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { LoadBoard } from "./admission/load-board.ts";
import { environmentWithoutSettings } from "./config.ts";
import { formatId } from "./domain/ids.ts";
import { limits } from "./domain/limits.ts";
import type { RehearsalState } from "./domain/rehearsal.ts";
import { type Clock, startClock } from "./host/clock.ts";
import { log } from "./host/log.ts";
import { linesOf } from "./host/program.ts";
import type { FromRehearsals, RehearsalQuestion, RehearsalReply, ToRehearsals } from "./http/rehearsal-mailbox.ts";
import type { Rehearsal, RehearsalLine, RehearsalOrder } from "./http/rehearsal-schemas.ts";
import { wireTime } from "./http/respond.ts";

export interface RehearsalOfficeParts {
  readonly ports: readonly MessagePort[];
  readonly data: string;
  readonly load: Pick<LoadBoard, "level">;
  /** What is started for a rehearsal: `rushbox rehearse --from-server`. */
  readonly command: readonly string[];
}

type Child = Bun.Subprocess<"pipe", "pipe", "pipe">;

interface Running {
  readonly rehearsal: Rehearsal;
  readonly child: Child;
  /** Resolves when the process has ended and what became of it is kept. */
  readonly ended: Promise<void>;
  /** Why it is being stopped; `null` when it is not. */
  stopReason: string | null;
}

/** Kept from one start to the next. */
interface Kept {
  /** How many there were ever: numbers the next one. */
  readonly count: number;
  readonly rehearsals: readonly Rehearsal[];
}

const fileName = "rehearsals.json";
const lookEveryMs = 500;
/** For its sandbox to end and its folder to be removed; then it is killed. */
const stopMsMax = 5_000;

export class RehearsalOffice {
  readonly #parts: RehearsalOfficeParts;
  readonly #path: string;
  readonly #clock: Clock = startClock();
  readonly #timer: Timer;
  /** The oldest first. */
  #rehearsals: Rehearsal[];
  #count: number;
  #running: Running | null = null;

  constructor(parts: RehearsalOfficeParts) {
    this.#parts = parts;
    this.#path = join(parts.data, fileName);
    const { count, rehearsals } = readKept(this.#path);
    this.#count = count;
    this.#rehearsals = rehearsals.map((rehearsal) =>
      rehearsal.state === "running" ? { ...rehearsal, state: "stopped", failure: "The server was killed." } : rehearsal,
    );
    for (const port of parts.ports) {
      port.onmessage = ({ data: { ticket, question } }: { data: ToRehearsals }) => {
        void this.#answer(question).then((reply) => port.postMessage({ ticket, reply } satisfies FromRehearsals));
      };
    }
    this.#timer = setInterval(() => this.#yieldToLoad(), lookEveryMs);
  }

  /** Ends the one that runs. */
  async stop(): Promise<void> {
    await this.#stop("The server was stopped.");
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#running?.child.kill("SIGKILL");
    for (const port of this.#parts.ports) port.close();
  }

  async #answer(question: RehearsalQuestion): Promise<RehearsalReply> {
    switch (question.about) {
      case "room":
        return this.#refusal() ?? { code: "room" };
      case "start":
        return this.#start(question.order);
      case "all": {
        const shown = this.#rehearsals.toReversed().map(({ progress: _, ...others }) => others);
        return { code: "shown", json: JSON.stringify({ rehearsals: shown }) };
      }
      case "one":
        return this.#show(question.id);
      case "stop": {
        const known = this.#rehearsals.find(({ id }) => id === question.id);
        if (known === undefined) return { code: "not_found" };
        if (known.state !== "running") return { code: "transition_not_allowed", state: known.state };
        await this.#stop("An operator stopped it.");
        return this.#show(question.id);
      }
    }
  }

  #show(id: string): RehearsalReply {
    const known = this.#rehearsals.find((rehearsal) => rehearsal.id === id);
    return known === undefined ? { code: "not_found" } : { code: "shown", json: JSON.stringify(known) };
  }

  /** Why none is begun now, or `null`. */
  #refusal(): RehearsalReply | null {
    if (this.#running !== null) return { code: "rehearsal_running", id: this.#running.rehearsal.id };
    return this.#parts.load.level === "normal" ? null : { code: "overloaded" };
  }

  #start(order: RehearsalOrder): RehearsalReply {
    const refusal = this.#refusal();
    if (refusal !== null) return refusal;
    this.#count += 1;
    const rehearsal: Rehearsal = {
      id: formatId("rhs", this.#count),
      campaign_id: order.campaign.id,
      state: "running",
      started_at: wireTime(this.#clock.nowMs()),
      ended_at: null,
      settings: order.settings,
      report: null,
      failure: null,
      progress: [],
    };
    this.#rehearsals = [...this.#rehearsals, rehearsal].slice(-limits.rehearsalsKeptMax);
    this.#keep();
    try {
      const child = spawn(this.#parts.command, order);
      this.#running = { rehearsal, child, ended: this.#follow(rehearsal, child), stopReason: null };
      log("info", "a rehearsal begins", { id: rehearsal.id, campaign: rehearsal.campaign_id });
    } catch (cause) {
      this.#end(rehearsal, "failed", textOf(cause));
    }
    return { code: "shown", json: JSON.stringify(rehearsal) };
  }

  /** Takes what it tells until it has ended, and keeps what became of it. Whatever it does, this process goes on. */
  async #follow(rehearsal: Rehearsal, child: Child): Promise<void> {
    const errors = new Response(child.stderr).text();
    let report: Rehearsal["report"] = null;
    let lastWords = "";
    try {
      for await (const line of linesOf(child.stdout)) {
        const told = JSON.parse(line) as RehearsalLine;
        if ("report" in told) report = told.report;
        else this.#goOn(rehearsal, told.progress);
      }
      const code = await child.exited;
      lastWords = (await errors).trim().split("\n").at(-1) || `It ended with ${code}.`;
    } catch (cause) {
      child.kill("SIGKILL");
      await child.exited;
      lastWords = textOf(cause);
    }
    const stopReason = this.#running?.stopReason ?? null;
    this.#running = null;
    // A report counts, whatever came after it; and is there when the rehearsal is done, not while it still cleans up.
    rehearsal.report = report;
    if (report !== null) this.#end(rehearsal, "done", null);
    else this.#end(rehearsal, stopReason === null ? "failed" : "stopped", stopReason ?? lastWords);
  }

  #goOn({ progress }: Rehearsal, second: Rehearsal["progress"][number]): void {
    progress.push(second);
    if (progress.length > limits.rehearsalProgressMax) progress.shift();
  }

  #end(rehearsal: Rehearsal, state: RehearsalState, failure: string | null): void {
    rehearsal.state = state;
    rehearsal.failure = failure;
    rehearsal.ended_at = wireTime(this.#clock.nowMs());
    this.#keep();
    log("info", "a rehearsal has ended", { id: rehearsal.id, state });
  }

  async #stop(reason: string): Promise<void> {
    const running = this.#running;
    if (running === null) return;
    running.stopReason ??= reason;
    void closeInput(running.child); // it ends with it
    const timer = setTimeout(() => running.child.kill("SIGKILL"), stopMsMax);
    await running.ended;
    clearTimeout(timer);
  }

  #yieldToLoad(): void {
    if (this.#running === null || this.#parts.load.level === "normal") return;
    void this.#stop("There was more to do than could be done: the sale came first.");
  }

  /** Whole or not at all: a start must be able to read it. A disk that is full is the sale's worry, not this one's. */
  #keep(): void {
    const kept: Kept = { count: this.#count, rehearsals: this.#rehearsals };
    try {
      writeFileSync(`${this.#path}.new`, JSON.stringify(kept), { mode: 0o600 });
      renameSync(`${this.#path}.new`, this.#path);
    } catch (cause) {
      log("warn", "the rehearsals cannot be kept", { path: this.#path, cause: textOf(cause) });
    }
  }
}

function textOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

function spawn(command: readonly string[], order: RehearsalOrder): Child {
  const child = Bun.spawn([...command], {
    env: environmentWithoutSettings(),
    stdin: "pipe",
    stdout: "pipe",
    stderr: "pipe",
  });
  void tellOrder(child, order);
  return child;
}

/** A child that is gone already takes nothing: why it went is told by its end. */
async function tellOrder(child: Child, order: RehearsalOrder): Promise<void> {
  try {
    child.stdin.write(`${JSON.stringify(order)}\n`);
    await child.stdin.flush();
  } catch {}
}

/** The same: it has ended. */
async function closeInput(child: Child): Promise<void> {
  try {
    await child.stdin.end();
  } catch {}
}

/** What is kept; nothing when it cannot be read, since no sale depends on it. */
function readKept(path: string): Kept {
  if (!existsSync(path)) return { count: 0, rehearsals: [] };
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Kept;
  } catch {
    log("warn", "the rehearsals that were kept cannot be read, and are forgotten", { path });
    return { count: 0, rehearsals: [] };
  }
}
