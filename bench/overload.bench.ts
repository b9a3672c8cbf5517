/**
 * Whether the server keeps its pace when three times as many want to buy as it can serve: how many orders it still makes,
 * how long whoever gets through waits, what it costs in memory, and how soon a buyer notices nothing any more when the
 * crowd has gone.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Bench, type BenchContext, durability, type Findings, percentileOf } from "./bench.ts";
import { type FloodResult, runFlood } from "./flood.ts";
import { residentBytes } from "./programs.ts";
import { ask, makeTokens, ordersPath, requestHead } from "./requests.ts";
import { openCampaign, secret, startRushbox } from "./rushbox.ts";
import { prepareWrk, runWrk } from "./wrk.ts";

const sizes = {
  quick: { buyersCount: 500, probeSeconds: 1, seconds: 2 },
  full: { buyersCount: 20_000, probeSeconds: 5, seconds: 60 },
};
const times = 3;
/** As many as hang on one server of this size at once: each takes a socket, and a turn. */
const connections = 1_000;
const stock = 1_000_000_000;
const limitPerBuyer = 1_000;
/** A buyer after the crowd asks so often, and is served as before when so many in a row are. */
const lookEveryMs = 10;
const looks = 20;
const recoveryMsMax = 30_000;

export const overloadBench: Bench = {
  name: "overload",
  question: "Does it keep its pace when three times as many want to buy as it can serve?",
  run: runOverloadBench,
};

interface Round {
  readonly highest: number;
  readonly perSecond: number;
  readonly flood: FloodResult;
  readonly bytesPerOrder: number;
  readonly recoveryS: number;
}

async function runOverloadBench(context: BenchContext): Promise<Findings> {
  const { clock, folder: parent, rounds, size } = context;
  await using programs = new AsyncDisposableStack();
  const { buyersCount, probeSeconds, seconds } = sizes[size];
  const folder = join(parent, "overload");
  mkdirSync(folder);
  const tokens = await makeTokens(secret, buyersCount);
  const tokensPath = await prepareWrk(folder, tokens);
  const rushbox = programs.use(await startRushbox(context, join(folder, "rushbox")));
  const { port } = rushbox.ready;
  const measured: Round[] = [];
  for (let round = 0; round < rounds; round++) {
    const { offerIds } = await openCampaign(port, [{ sku: "hot", stock, limitPerBuyer }]);
    const path = ordersPath(offerIds[0] ?? "");
    const probe = { port, path, tokensPath, connections: context.connections, keyed: false } as const;
    await runWrk({ ...probe, seconds: probeSeconds, expect: "accepted" }); // warms
    const { perSecond: highest } = await runWrk({ ...probe, seconds: probeSeconds, expect: "accepted" });
    const heads = tokens.map((token) => requestHead({ port, path, token }));
    const alone = async () => {
      const sentAtMs = clock.elapsedMs();
      const { status } = await ask(port, path, tokens[0] ?? "");
      if (status !== 201 && status !== 503) throw new Error(`a buyer alone is answered ${status}`);
      return status === 201 ? clock.elapsedMs() - sentAtMs : Number.POSITIVE_INFINITY;
    };
    const before: number[] = [];
    for (let n = 0; n < 5 * looks; n++) before.push(await alone());
    const usualMs = 2 * percentileOf(Float64Array.from(before).sort(), 0.99);
    const bytesBefore = await residentBytes(rushbox.pid);
    const flood = await runFlood({ port, heads, perSecond: times * highest, seconds, connections, clock });
    const bytesPerOrder = ((await residentBytes(rushbox.pid)) - bytesBefore) / Math.max(1, flood.accepted);
    const endedAtMs = clock.elapsedMs();
    for (let inARow = 0; inARow < looks; await Bun.sleep(lookEveryMs)) {
      inARow = (await alone()) <= usualMs ? inARow + 1 : 0;
      if (clock.elapsedMs() - endedAtMs > recoveryMsMax)
        throw new Error("a buyer alone still waits longer than before");
    }
    const recoveryS = (clock.elapsedMs() - endedAtMs) / 1_000;
    measured.push({ highest, perSecond: flood.accepted / seconds, flood, bytesPerOrder, recoveryS });
  }
  return findingsOf(measured, seconds);
}

function findingsOf(rounds: readonly Round[], seconds: number): Findings {
  const valuesOf = (of: (round: Round) => number) => rounds.map(of);
  const shares = valuesOf(({ flood }) => (100 * flood.refused) / flood.offered);
  const gone = valuesOf(({ flood }) => (100 * flood.givenUp) / flood.offered);
  const stored = durability.rushbox;
  return {
    figures: [
      { what: "highest rate of orders", unit: "/s", values: valuesOf(({ highest }) => highest), durability: stored },
      { what: `orders at ${times} times that`, unit: "/s", values: valuesOf((of) => of.perSecond), durability: stored },
      { what: "offered and refused", unit: "%", values: shares, durability: durability.none },
      { what: "offered and gone without a connection", unit: "%", values: gone, durability: durability.none },
      {
        what: "longest wait for an order",
        unit: "ms",
        values: valuesOf(({ flood }) => flood.maxMs),
        durability: stored,
      },
    ],
    verdicts: [
      {
        question: `orders at ${times} times the highest rate / highest rate`,
        unit: "x",
        values: valuesOf(({ perSecond, highest }) => perSecond / highest),
        target: { atLeast: 0.8 },
      },
      {
        question: "p99 of the wait for an order meanwhile",
        unit: "ms",
        values: valuesOf(({ flood }) => flood.p99Ms),
        target: { atMost: 1_000 },
      },
      {
        question: "memory that an order adds meanwhile",
        unit: "B",
        values: valuesOf(({ bytesPerOrder }) => bytesPerOrder),
        target: { atMost: 400 },
      },
      {
        question: "until a buyer alone waits as before",
        unit: "s",
        values: valuesOf(({ recoveryS }) => recoveryS),
        target: { atMost: 5 },
      },
    ],
    notes: [`for ${seconds} s over ${connections} connections; each wait counts from the sending`],
  };
}
