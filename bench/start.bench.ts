/**
 * How long from the start of the process to the port: with an empty folder, and with the orders of a live campaign,
 * which the engine needs in memory. A start that forgot a buyer's limit would be fast and wrong, so buyers who have
 * what they may have try again after every start.
 */
import { join } from "node:path";
import { type Bench, type BenchContext, durability, type Findings, takeTurns } from "./bench.ts";
import { ask, makeToken, ordersPath } from "./requests.ts";
import { secret, startRushbox } from "./rushbox.ts";
import { bytesOf, type LiveFolder, liveFolder, liveLimit } from "./sale.ts";

const sizes = { quick: { ordersCount: 10_000 }, full: { ordersCount: 1_000_000 } };

export const startBench: Bench = {
  name: "start",
  question: "How long from the start of the process until it is ready?",
  run: runStartBench,
};

async function runStartBench(context: BenchContext): Promise<Findings> {
  const { folder, rounds, size } = context;
  const { ordersCount } = sizes[size];
  const live = liveFolder(context, ordersCount);
  const mebibytes = bytesOf(live.folder) / 2 ** 20;
  let emptyCount = 0;
  let newBuyer = live.buyersCount;

  const startEmpty = async (): Promise<number> => {
    await using rushbox = await startRushbox(context, join(folder, `start-empty-${emptyCount++}`));
    return rushbox.readyMs;
  };
  const startLive = async (): Promise<number> => {
    await using rushbox = await startRushbox(context, live.folder);
    await assertLimitsIntact(rushbox.ready.port, live, newBuyer++);
    return rushbox.readyMs;
  };
  const results = await takeTurns(
    rounds,
    new Map([
      ["empty", startEmpty],
      ["live", startLive],
    ]),
  );
  const [empty, full] = [results.get("empty") ?? [], results.get("live") ?? []];
  const orders = `${ordersCount.toLocaleString("en-US")} orders of a live campaign`;
  return {
    figures: [
      { what: "start to ready, empty folder", unit: "ms", values: empty, durability: durability.rushbox },
      { what: `start to ready, ${orders}`, unit: "ms", values: full, durability: durability.rushbox },
    ],
    verdicts: [
      { question: "start to ready, empty folder", unit: "ms", values: empty, target: { atMost: 300 } },
      { question: `start to ready, ${orders}`, unit: "ms", values: full, target: { atMost: 3_000 } },
    ],
    notes: [
      `after every start: buyers with ${liveLimit} of ${liveLimit} were refused limit_reached, a new buyer got exactly ${liveLimit}`,
      `database of ${mebibytes.toFixed(0)} MiB, every order with its Idempotency-Key, in the page cache of the system`,
    ],
  };
}

/** The first, a middle and the last buyer, and all who were new after earlier starts, are at their limit. */
async function assertLimitsIntact(port: number, live: LiveFolder, newBuyer: number): Promise<void> {
  const { offerIds, buyersCount } = live;
  const buy = async (buyer: number): Promise<string> => {
    const path = ordersPath(offerIds[buyer % offerIds.length] ?? "");
    const { status, body } = await ask(port, path, await makeToken(secret, buyer));
    return status === 201 ? "reserved" : String((JSON.parse(body) as { code?: string }).code);
  };
  const expectOutcome = async (buyer: number, expected: string): Promise<void> => {
    const outcome = await buy(buyer);
    if (outcome !== expected) throw new Error(`after a start, buyer ${buyer} met ${outcome} instead of ${expected}`);
  };
  const earlier = Array.from({ length: newBuyer - buyersCount }, (_, n) => buyersCount + n);
  for (const buyer of [0, buyersCount >> 1, buyersCount - 1, ...earlier]) await expectOutcome(buyer, "limit_reached");
  for (let n = 0; n < liveLimit; n++) await expectOutcome(newBuyer, "reserved");
  await expectOutcome(newBuyer, "limit_reached");
}
