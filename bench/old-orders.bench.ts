/**
 * Whether a file full of old orders slows new ones: two servers sell in turns, one with an empty folder, one whose file
 * holds the paid orders of campaigns that ended.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Bench, type BenchContext, durability, type Findings, ratiosOf, takeTurns } from "./bench.ts";
import { makeTokens, ordersPath } from "./requests.ts";
import { openCampaign, secret, startRushbox } from "./rushbox.ts";
import { bytesOf, fillWithOldOrders } from "./sale.ts";
import { prepareWrk, runWrk } from "./wrk.ts";

const sizes = {
  quick: { ordersCount: 20_000, buyersCount: 500, seconds: 1, warmSeconds: 0 },
  full: { ordersCount: 5_000_000, buyersCount: 20_000, seconds: 4, warmSeconds: 3 },
};

export const oldOrdersBench: Bench = {
  name: "old-orders",
  question: "Do millions of old orders in the file slow new ones?",
  run: runOldOrdersBench,
};

async function runOldOrdersBench(context: BenchContext): Promise<Findings> {
  const { clock, connections, folder: parent, keyed, rounds, size } = context;
  await using programs = new AsyncDisposableStack();
  const { ordersCount, buyersCount, seconds, warmSeconds } = sizes[size];
  const folder = join(parent, "old-orders");
  mkdirSync(folder);
  const tokensPath = await prepareWrk(folder, await makeTokens(secret, buyersCount));
  const old = join(folder, "old");
  const startedAtMs = clock.elapsedMs();
  fillWithOldOrders(old, { ordersCount, nowMs: clock.nowMs() });
  const filledS = (clock.elapsedMs() - startedAtMs) / 1_000;
  const mebibytes = bytesOf(old) / 2 ** 20;

  const open = async (data: string): Promise<(seconds: number) => Promise<number>> => {
    const { ready } = programs.use(await startRushbox(context, data));
    const { offerIds } = await openCampaign(ready.port, [{ sku: "hot", stock: 1_000_000_000, limitPerBuyer: 1_000 }]);
    const path = ordersPath(offerIds[0] ?? "");
    return async (seconds) => {
      const run = { port: ready.port, path, tokensPath, seconds, connections, keyed, expect: "accepted" } as const;
      return (await runWrk(run)).perSecond;
    };
  };
  const [fresh, aged] = [await open(join(folder, "fresh")), await open(old)];
  for (const order of warmSeconds === 0 ? [] : [fresh, aged]) await order(warmSeconds);
  const results = await takeTurns(
    rounds,
    new Map([
      ["fresh", () => fresh(seconds)],
      ["aged", () => aged(seconds)],
    ]),
  );
  const [without, withOld] = [results.get("fresh") ?? [], results.get("aged") ?? []];
  const orders = `${ordersCount.toLocaleString("en-US")} old orders`;
  return {
    figures: [
      { what: "durable orders, new file", unit: "/s", values: without, durability: durability.rushbox },
      { what: `durable orders, ${orders} in the file`, unit: "/s", values: withOld, durability: durability.rushbox },
    ],
    verdicts: [
      {
        question: `durable orders with ${orders} / with none`,
        unit: "x",
        values: ratiosOf(withOld, without),
        target: { atLeast: 0.9 },
      },
    ],
    notes: [`old file of ${mebibytes.toFixed(0)} MiB, filled by engine and journal in ${filledS.toFixed(0)} s`],
  };
}
