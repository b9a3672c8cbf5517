/**
 * A crowd before the opening: what somebody who waits takes of memory, how long all take to join, how long the engine
 * is stopped by the draw, and how long a start takes with all of them in the database. Engine alone where nothing else
 * is said, a process of its own each time: run with a mode, a number and a folder, this file is that process.
 */
import { join } from "node:path";
import { openAdmission } from "../src/domain/admission.ts";
import type { Command } from "../src/domain/command.ts";
import { Engine } from "../src/engine/engine.ts";
import { recover } from "../src/engine/recovery.ts";
import { type Clock, startClock } from "../src/host/clock.ts";
import { sha256 } from "../src/host/hash.ts";
import { print } from "../src/host/log.ts";
import { SqliteJournal } from "../src/storage/sqlite/journal.ts";
import { openReader, openWriter } from "../src/storage/sqlite/open.ts";
import { SqliteReader } from "../src/storage/sqlite/reader.ts";
import { type Bench, type BenchContext, durability, type Figure, type Findings, takeTurns } from "./bench.ts";
import { startProgram } from "./programs.ts";
import { buyerName } from "./requests.ts";

const sizes = { quick: { count: 10_000 }, full: { count: 1_000_000 } };
const batchCommands = 2_048;
const beforeMs = 3_600_000;

export const crowdBench: Bench = {
  name: "crowd",
  question: "What do a million in a queue or a draw take, and for how long does the draw stop the engine?",
  run: runCrowdBench,
};

type Mode = "queue" | "draw";

interface Measured {
  readonly bytesPerEntry: number;
  readonly joinMs: number;
  readonly longestJoinMs: number;
  readonly drawMs: number;
  readonly storedJoinMs: number;
  readonly storedDrawMs: number;
  readonly recoverMs: number;
  readonly recoveredBytesPerEntry: number;
}

async function runCrowdBench({ clock, folder, rounds, size }: BenchContext): Promise<Findings> {
  const { count } = sizes[size];
  let runs = 0;
  const measure = (mode: Mode) => async (): Promise<Measured> => {
    const data = join(folder, `crowd-${mode}-${runs++}`);
    const command = [process.execPath, import.meta.path, mode, String(count), data];
    const readiness = (line: string) => JSON.parse(line) as Measured;
    await using program = await startProgram({ command, readiness, clock });
    return program.ready;
  };
  const modes = ["queue", "draw"] as const;
  const results = await takeTurns(rounds, new Map(modes.map((mode) => [mode, measure(mode)])));
  const crowd = count.toLocaleString("en-US");
  const valuesOf = (mode: Mode, name: keyof Measured) => (results.get(mode) ?? []).map((measured) => measured[name]);
  const figures = modes.flatMap((mode): Figure[] => [
    figure(`${mode}: ${crowd} join, engine alone`, "ms", valuesOf(mode, "joinMs"), durability.none),
    figure(`${mode}: the longest of them`, "ms", valuesOf(mode, "longestJoinMs"), durability.none),
    figure(`${mode}: ${crowd} join, stored`, "ms", valuesOf(mode, "storedJoinMs"), durability.rushbox),
    figure(`${mode}: the draw and the first served, stored`, "ms", valuesOf(mode, "storedDrawMs"), durability.rushbox),
    figure(`${mode}: a start's memory per entry`, "B", valuesOf(mode, "recoveredBytesPerEntry"), durability.none),
  ]);
  const verdicts = modes.flatMap((mode) => [
    verdict(`${mode}: memory per entry`, "B", valuesOf(mode, "bytesPerEntry"), 200),
    verdict(`${mode}: the draw of ${crowd} stops the engine`, "ms", valuesOf(mode, "drawMs"), 300),
    verdict(`${mode}: a start with ${crowd} in it, recovery alone`, "ms", valuesOf(mode, "recoverMs"), 3_000),
  ]);
  return {
    figures,
    verdicts,
    notes: [
      "after each draw everybody has one place, and after each start the same one; one commit for 2,048 who join",
    ],
  };
}

function figure(what: string, unit: string, values: readonly number[], durable: string): Figure {
  return { what, unit, values, durability: durable };
}

function verdict(question: string, unit: string, values: readonly number[], atMost: number) {
  return { question, unit, values, target: { atMost } };
}

/** Live bytes after a collection: what the heap and all flat arrays hold. */
function liveBytes(): number {
  Bun.gc(true);
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** A campaign that opens, or whose entries close, at its time; in an engine that stores with every batch, or alone. */
class Crowd {
  readonly engine = new Engine();
  readonly #clock: Clock;
  readonly #mode: Mode;
  readonly #store: () => void;
  readonly #startMs = 1_700_000_000_000;
  #campaignId = 0;
  #offerId = 0;

  constructor(clock: Clock, mode: Mode, openStore: (engine: Engine) => () => void) {
    this.#clock = clock;
    this.#mode = mode;
    this.#store = openStore(this.engine);
    this.#open();
  }

  #open(): void {
    const [mode, atMs] = [this.#mode, this.#startMs + beforeMs];
    const offer = { sku: "sku", title: "thing", priceMinor: 100, currency: "CNY", stock: 1_000, limitPerBuyer: 1 };
    const nothing = { listPriceMinor: null, brand: null, category: null, imageUrl: null, description: null };
    const times = mode === "queue" ? { opensAtMs: atMs, closesAtMs: null } : { opensAtMs: null, closesAtMs: atMs };
    const admission = { ...openAdmission, mode };
    const what = {
      title: "Crowd",
      description: null,
      kind: null,
      ...times,
      paymentWindowS: 900,
      hasWaitlist: mode === "draw",
      admission,
    };
    const draft = { ...what, offers: [{ ...offer, ...nothing }] };
    const created = this.engine.execute({ type: "create_campaign", draft }, this.#startMs);
    if (created.code !== "created") throw new Error(`the campaign: ${JSON.stringify(created)}`);
    this.#campaignId = created.campaignId;
    this.#offerId = this.engine.state.campaign(created.campaignId).offers[0]?.id ?? 0;
    const publish = { type: "publish", campaignId: created.campaignId, secret: sha256("secret") } as const;
    this.engine.execute(publish, this.#startMs);
    this.#store();
  }

  /** Everybody joins: the time that the decisions and the store took, and the longest that any batch of one took. */
  join(count: number): { readonly joinMs: number; readonly longestJoinMs: number } {
    let [joinMs, longestJoinMs] = [0, 0];
    for (let first = 0; first < count; first += batchCommands) {
      const commands: Command[] = [];
      for (let n = first; n < Math.min(first + batchCommands, count); n++) commands.push(this.#command(n));
      const startedMs = this.#clock.elapsedMs();
      for (const command of commands) {
        const commandMs = this.#clock.elapsedMs();
        const { code } = this.engine.execute(command, this.#startMs);
        if (code !== "queued" && code !== "entered") throw new Error(`somebody met ${code}`);
        longestJoinMs = Math.max(longestJoinMs, this.#clock.elapsedMs() - commandMs);
      }
      this.#store();
      joinMs += this.#clock.elapsedMs() - startedMs;
    }
    return { joinMs, longestJoinMs };
  }

  /** The opening or the close: how long everybody waits for it. */
  draw(): number {
    const startedMs = this.#clock.elapsedMs();
    this.engine.advance(this.#startMs + beforeMs);
    this.#store();
    return this.#clock.elapsedMs() - startedMs;
  }

  /** The places of some of them, and how many there are. */
  places(engine: Engine, count: number): string {
    const line = lineOf(engine, this.#mode, this.#campaignId, this.#offerId);
    const some = Array.from({ length: 100 }, (_, n) => line?.entryOf(buyerName(Math.floor((n * count) / 100))));
    return JSON.stringify([line?.count, some]);
  }

  #command(n: number): Command {
    const buyerId = buyerName(n);
    if (this.#mode === "queue") return { type: "join_queue", campaignId: this.#campaignId, buyerId };
    return { type: "enter_draw", offerId: this.#offerId, buyerId, salt: String(n).padStart(32, "0") };
  }
}

function lineOf(engine: Engine, mode: Mode, campaignId: number, offerId: number) {
  return mode === "queue" ? engine.state.campaign(campaignId).queue?.line : engine.state.offer(offerId).waiting;
}

function forget(engine: Engine): () => void {
  return () => {
    engine.takeEvents();
    engine.state.takeChanges();
  };
}

function measureAll(mode: Mode, count: number, folder: string): Measured {
  const clock = startClock();
  const emptyBytes = liveBytes();
  let crowd: Crowd | null = new Crowd(clock, mode, forget);
  const joined = crowd.join(count);
  const bytesPerEntry = (liveBytes() - emptyBytes) / count;
  const drawMs = crowd.draw();
  const places = crowd.places(crowd.engine, count);
  crowd = null;

  const db = openWriter(folder);
  const journal = new SqliteJournal(db);
  const store = (engine: Engine) => () =>
    journal.commit({ events: engine.takeEvents(), ...engine.state.takeChanges(), audit: [] });
  const stored = new Crowd(clock, mode, store);
  const { joinMs: storedJoinMs } = stored.join(count);
  const storedDrawMs = stored.draw();
  journal.checkpoint();
  db.close();

  const reader = openReader(folder);
  const beforeBytes = liveBytes();
  const startedMs = clock.elapsedMs();
  const engine = new Engine(recover(new SqliteReader(reader), { add: () => undefined }));
  const recoverMs = clock.elapsedMs() - startedMs;
  const recoveredBytesPerEntry = (liveBytes() - beforeBytes) / count;
  if (stored.places(engine, count) !== places) throw new Error("a start has changed somebody's place");
  reader.close();
  return { bytesPerEntry, ...joined, drawMs, storedJoinMs, storedDrawMs, recoverMs, recoveredBytesPerEntry };
}

if (import.meta.main) {
  const [mode, count, folder] = process.argv.slice(2);
  if ((mode !== "queue" && mode !== "draw") || folder === undefined) throw new Error("a mode, a number and a folder");
  print(JSON.stringify(measureAll(mode, Number(count), folder)));
}
