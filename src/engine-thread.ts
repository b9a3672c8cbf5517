/** Builds and stops what runs on the engine thread: recovery, the loop, and the one writing connection. */
import { CampaignBoard } from "./engine/campaign-board.ts";
import { Counters } from "./engine/counters.ts";
import { Engine } from "./engine/engine.ts";
import { KeyBackfill } from "./engine/key-backfill.ts";
import { KeyFilter } from "./engine/key-filter.ts";
import { EngineLoop } from "./engine/loop.ts";
import type { ToEngine, ToHttp } from "./engine/mailbox.ts";
import { recover } from "./engine/recovery.ts";
import type { State } from "./engine/state.ts";
import { startClock } from "./host/clock.ts";
import { watchEventLoop } from "./host/event-loop.ts";
import { Metrics } from "./host/metrics.ts";
import { OperationError } from "./host/operation-error.ts";
import { metricDefinitions, metricPlaces } from "./metrics.ts";
import { SqliteJournal } from "./storage/sqlite/journal.ts";
import { needsWriting, openReader, openWriter } from "./storage/sqlite/open.ts";
import { SqliteReader } from "./storage/sqlite/reader.ts";
import type { EngineBoot, FromWorker, ToWorker } from "./threads.ts";

const fillEveryMs = 5;

export function runEngineThread(tell: (message: FromWorker) => void): { receive(message: ToWorker<EngineBoot>): void } {
  let running: { loop: EngineLoop; journal: SqliteJournal } | null = null;
  return {
    receive(message) {
      switch (message.type) {
        case "boot":
          try {
            running = start(message.boot, tell);
          } catch (cause) {
            tell({ type: "failed", line: lineOf(cause) });
          }
          return;
        case "stop":
          running?.loop.stop();
          running?.journal.checkpoint();
          tell({ type: "stopped" });
          return;
        case "listen":
          throw new Error("the engine thread does not listen");
      }
    },
  };
}

function start(boot: EngineBoot, tell: (message: FromWorker) => void): { loop: EngineLoop; journal: SqliteJournal } {
  const clock = startClock();
  // Recovery reads from a connection that cannot write: what it refuses stays as it was, to the byte.
  const migrated = needsWriting(boot.data) ? openWriter(boot.data) : null;
  const source = new SqliteReader(openReader(boot.data));
  const keyFilter = new KeyFilter(boot.keyFilter);
  const engine = new Engine(recoverFrom(source, keyFilter, boot.data));
  const journal = new SqliteJournal(migrated ?? openWriter(boot.data));
  // What a crash left in the log may be in the page cache alone: it is synced before anyone is answered from it.
  journal.checkpoint();
  const { threads } = boot;
  const metrics = new Metrics(metricDefinitions(threads), {
    thread: metricPlaces(threads).engine,
    threads: metricPlaces(threads).threads,
    buffer: boot.metrics,
  });
  const loop = new EngineLoop({
    engine,
    journal,
    source,
    counters: new Counters(boot.counters),
    board: new CampaignBoard(boot.board),
    keyFilter,
    clock,
    metrics,
    threads: boot.ports.map((port) => (message: ToHttp) => port.postMessage(message)),
    onPoisoned: (cause) => tell({ type: "poisoned", line: lineOf(cause) }),
  });
  boot.ports.forEach((port, thread) => {
    port.onmessage = ({ data }: { data: ToEngine }) => loop.receive(thread, data);
  });
  watchEventLoop(metrics, "engine", clock);
  loop.start();
  tell({ type: "ready" });
  fillKeys(new KeyBackfill({ state: engine.state, source, keyFilter }), loop);
  return { loop, journal };
}

/** A slice now and then, so that whoever buys meanwhile hardly notices. */
function fillKeys(backfill: KeyBackfill, loop: EngineLoop): void {
  if (backfill.isDone) return;
  const complete = backfill.step();
  if (complete.length > 0) loop.tell(complete);
  setTimeout(() => fillKeys(backfill, loop), fillEveryMs);
}

function recoverFrom(source: SqliteReader, keyFilter: KeyFilter, folder: string): State {
  try {
    return recover(source, keyFilter);
  } catch (cause) {
    throw new OperationError({
      operation: "recover",
      subject: `the data in ${folder} cannot be trusted`,
      hint: "Nothing was changed: restore a backup into another folder and name it with --data.",
      cause,
    });
  }
}

/** One line for a person. The cause of a failure that nobody expected comes with its stack, for whoever mends it. */
function lineOf(cause: unknown): string {
  if (cause instanceof OperationError) return cause.message;
  const text = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
  return `run: the sale cannot go on (${text.replace(/\s*\n\s*/g, " ")}). Start again: it recovers.`;
}
