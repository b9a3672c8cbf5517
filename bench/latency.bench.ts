/**
 * How long a buyer waits for a durable order at half of the highest rate: what group commit and the disk cost where the
 * server is not overloaded. Both servers get the same requests at the same fixed rate from the same client, in turns.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Bench, type BenchContext, durability, type Figure, type Findings, ratiosOf } from "./bench.ts";
import { type OpenLoopResult, runOpenLoop } from "./open-loop.ts";
import { ask, makeTokens, ordersPath, requestHead } from "./requests.ts";
import { startRival } from "./rivals/start.ts";
import { openCampaign, secret, startRushbox } from "./rushbox.ts";
import { prepareWrk, runWrk } from "./wrk.ts";

const sizes = {
  quick: { buyersCount: 500, probeSeconds: 1, seconds: 0.7, warmSeconds: 0.3 },
  full: { buyersCount: 20_000, probeSeconds: 2, seconds: 4, warmSeconds: 1 },
};
/** Enough that a stall of some milliseconds at this rate leaves connections free for those who come meanwhile. */
const connections = 256;
const stock = 1_000_000_000;
const limitPerBuyer = 1_000;

export const latencyBench: Bench = {
  name: "latency",
  question: "How long does a buyer wait for a durable order at half of the highest rate?",
  run: runLatencyBench,
};

async function runLatencyBench(context: BenchContext): Promise<Findings> {
  const { clock, folder: parent, keyed, rounds, size } = context;
  await using programs = new AsyncDisposableStack();
  const { buyersCount, probeSeconds, seconds, warmSeconds } = sizes[size];
  const folder = join(parent, "latency");
  mkdirSync(folder);
  const tokens = await makeTokens(secret, buyersCount);
  const tokensPath = await prepareWrk(folder, tokens);

  const rushbox = programs.use(await startRushbox(context, join(folder, "rushbox")));
  const { offerIds } = await openCampaign(rushbox.ready.port, [{ sku: "hot", stock, limitPerBuyer }]);
  const offerId = offerIds[0] ?? "";
  const path = ordersPath(offerId);
  const order = await ask(rushbox.ready.port, path, tokens[0] ?? "");
  const settings = { folder, secret, offerId, soldOutOfferId: "none", stock, limitPerBuyer };
  const bare = programs.use(await startRival("bare", { ...settings, answers: { order, soldOut: order } }, clock));

  const probe = { path, tokensPath, seconds: probeSeconds, connections: context.connections, keyed } as const;
  const fixed = { keyed, seconds, warmSeconds, connections, expectedStatus: 201, clock };
  const measure = (port: number, perSecond: number): Promise<OpenLoopResult> => {
    const heads = tokens.map((token) => requestHead({ port, path, token }));
    return runOpenLoop({ ...fixed, port, heads, perSecond });
  };
  const measured: Round[] = [];
  if (size === "full") await runWrk({ ...probe, port: rushbox.ready.port, expect: "accepted" }); // warms
  for (let round = 0; round < rounds; round++) {
    const { perSecond } = await runWrk({ ...probe, port: rushbox.ready.port, expect: "accepted" });
    const half = Math.round(perSecond / 2);
    const limit = await measure(bare.ready.port, half);
    measured.push({ highest: perSecond, bare: limit, rushbox: await measure(rushbox.ready.port, half) });
  }
  return findingsOf(measured);
}

/** The highest rate is sought anew in each round: half of what the machine could a minute ago may be all it can now. */
interface Round {
  readonly highest: number;
  readonly bare: OpenLoopResult;
  readonly rushbox: OpenLoopResult;
}

function findingsOf(rounds: readonly Round[]): Findings {
  const [bare, rushbox] = [rounds.map((round) => round.bare), rounds.map((round) => round.rushbox)];
  const highest = rounds.map((round) => round.highest);
  const figures: Figure[] = [
    { what: "rushbox highest rate of durable orders", unit: "/s", values: highest, durability: durability.rushbox },
  ];
  for (const [name, results, promise] of [
    ["bare", bare, durability.none],
    ["rushbox", rushbox, durability.rushbox],
  ] as const) {
    for (const [percentile, of] of [
      ["p50", "p50Ms"],
      ["p99", "p99Ms"],
      ["p99.9", "p999Ms"],
      ["longest", "maxMs"],
      ["p99 of being sent late, included", "lateMsP99"],
    ] as const) {
      const values = results.map((result) => result[of]);
      figures.push({ what: `${name} ${percentile}`, unit: "ms", values, durability: promise });
    }
  }
  const p99s = (results: readonly OpenLoopResult[]): readonly number[] => results.map(({ p99Ms }) => p99Ms);
  return {
    figures,
    verdicts: [
      {
        question: "p99 of durable orders / p99 of a bare route, at half of the highest rate",
        unit: "x",
        values: ratiosOf(p99s(rushbox), p99s(bare)),
        target: { atMost: 5 },
      },
    ],
    notes: [`over ${connections} connections, latency from the time a request was due`],
  };
}
