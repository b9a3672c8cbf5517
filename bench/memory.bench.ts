/**
 * What a live order costs in memory: in the engine alone (live heap and flat arrays, garbage collected), and in the
 * whole process as the system sees it (resident memory with the orders, less that of an empty server; caches and what
 * recovery left behind included). Each is a process of its own. Run with a number, this file is the engine's process.
 */
import { join } from "node:path";
import { Engine } from "../src/engine/engine.ts";
import { startClock } from "../src/host/clock.ts";
import { print } from "../src/host/log.ts";
import { type Bench, type BenchContext, durability, type Findings, takeTurns } from "./bench.ts";
import { residentBytes, startProgram } from "./programs.ts";
import { startRushbox } from "./rushbox.ts";
import { liveFolder, liveLimit, openCampaignIn, reserveCommand } from "./sale.ts";

const sizes = { quick: { ordersCount: 10_000 }, full: { ordersCount: 1_000_000 } };
/** After a start the collector still gives memory back: the least of this many readings counts. */
const readings = 6;
const readingEveryMs = 250;
const batchCommands = 2_048;

export const memoryBench: Bench = {
  name: "memory",
  question: "How many bytes of memory does a live order take?",
  run: runMemoryBench,
};

async function runMemoryBench(context: BenchContext): Promise<Findings> {
  const { clock, folder, rounds, size } = context;
  const { ordersCount } = sizes[size];
  const live = liveFolder(context, ordersCount);
  let emptyCount = 0;
  const serverBytes = async (data: string): Promise<number> => {
    await using rushbox = await startRushbox(context, data);
    let least = Number.POSITIVE_INFINITY;
    for (let n = 0; n < readings; n++) {
      await Bun.sleep(readingEveryMs);
      least = Math.min(least, await residentBytes(rushbox.pid));
    }
    return least;
  };
  const engineBytes = async (): Promise<number> => {
    const command = [process.execPath, import.meta.path, String(ordersCount)];
    const readiness = (line: string) => JSON.parse(line) as { bytesPerOrder: number };
    await using program = await startProgram({ command, readiness, clock });
    return program.ready.bytesPerOrder;
  };
  const results = await takeTurns(
    rounds,
    new Map([
      ["engine", engineBytes],
      ["empty", () => serverBytes(join(folder, `memory-empty-${emptyCount++}`))],
      ["live", () => serverBytes(live.folder)],
    ]),
  );
  const [engine, empty, full] = ["engine", "empty", "live"].map((name) => results.get(name) ?? []) as [
    readonly number[],
    readonly number[],
    readonly number[],
  ];
  const perOrder = full.map((bytes, round) => (bytes - (empty[round] ?? Number.NaN)) / ordersCount);
  const mebibytes = (values: readonly number[]): number[] => values.map((bytes) => bytes / 2 ** 20);
  const orders = `${ordersCount.toLocaleString("en-US")} live orders`;
  return {
    figures: [
      { what: "resident, empty folder", unit: "MiB", values: mebibytes(empty), durability: durability.rushbox },
      { what: `resident, ${orders}`, unit: "MiB", values: mebibytes(full), durability: durability.rushbox },
    ],
    verdicts: [
      { question: "memory per live order, engine alone", unit: "B", values: engine, target: { atMost: 200 } },
      { question: "memory per live order, whole process", unit: "B", values: perOrder, target: { atMost: 200 } },
    ],
    notes: [`${orders} of ${live.buyersCount.toLocaleString("en-US")} buyers, each order with its Idempotency-Key`],
  };
}

/** Live bytes after a collection: what the heap and all flat arrays hold. */
function liveBytes(): number {
  Bun.gc(true);
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

if (import.meta.main) {
  const ordersCount = Number(process.argv[2]);
  const nowMs = startClock().nowMs();
  const before = liveBytes();
  const engine = new Engine();
  const campaignId = openCampaignIn(engine, { nowMs, limitPerBuyer: liveLimit, offersCount: 1 });
  const offerId = engine.state.campaign(campaignId).offers[0]?.id ?? 0;
  for (let n = 0; n < ordersCount; n++) {
    engine.execute(reserveCommand(offerId, n % Math.ceil(ordersCount / liveLimit), n), nowMs);
    if (n % batchCommands === 0) engine.takeEvents();
  }
  engine.takeEvents();
  const bytesPerOrder = (liveBytes() - before) / ordersCount;
  if (engine.state.offer(offerId).held !== ordersCount) throw new Error("not every order was made");
  print(JSON.stringify({ bytesPerOrder }));
}
