/**
 * What a durable order and a *sold out* cost over HTTP, with authentication and limits on, against the limit of the
 * machine (a bare route with the same bytes) and against the usual ways to sell. All servers run at once and take
 * turns under the same load of the same requests; who is not asked is idle.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { print } from "../src/host/log.ts";
import { type Bench, type BenchContext, durability, type Findings, medianOf, ratiosOf, takeTurns } from "./bench.ts";
import { MissingError, type Program } from "./programs.ts";
import { type Answers, ask, contractAnswers, differenceOf, makeTokens, ordersPath } from "./requests.ts";
import { type RivalName, startRival } from "./rivals/start.ts";
import { openCampaign, type SaleIds, secret, startRushbox, unitsTaken } from "./rushbox.ts";
import { prepareWrk, runWrk, type WrkResult } from "./wrk.ts";

const sizes = {
  quick: { buyersCount: 500, seconds: 1, warmSeconds: 0 },
  full: { buyersCount: 20_000, seconds: 3, warmSeconds: 2 },
};
const stock = 1_000_000_000;
const limitPerBuyer = 1_000;
const rivals: readonly RivalName[] = ["bare", "redis", "naive", "postgres"];

type ServerName = RivalName | "rushbox";

interface Server {
  readonly port: number;
  readonly ordersCount: (() => Promise<number>) | null;
}

export const httpBench: Bench = {
  name: "http",
  question: "How many durable orders and sold-out answers a second over HTTP?",
  run: runHttpBench,
};

async function runHttpBench(context: BenchContext): Promise<Findings> {
  await using programs = new AsyncDisposableStack();
  const { buyersCount, seconds, warmSeconds } = sizes[context.size];
  const folder = join(context.folder, "http");
  mkdirSync(folder);
  const notes: string[] = [];
  const tokens = await makeTokens(secret, buyersCount);
  const tokensPath = await prepareWrk(folder, tokens);
  const market = await openMarket({ context, folder, tokens, programs, notes });
  const { servers, orderPath, soldOutPath } = market;

  const { connections } = context;
  const load = { tokensPath, connections, keyed: context.keyed };
  const order = ({ port }: Server, seconds: number): Promise<WrkResult> =>
    runWrk({ ...load, port, seconds, path: orderPath, expect: "accepted" });
  const soldOut = ({ port }: Server, seconds: number): Promise<WrkResult> =>
    runWrk({ ...load, port, seconds, path: soldOutPath, expect: "refused" });
  for (const server of servers.values()) {
    if (warmSeconds === 0) break;
    await soldOut(server, warmSeconds); // every buyer's token is verified once, as by a page before the opening
    await order(server, warmSeconds);
  }

  const stored = new Map<ServerName, number>();
  for (const [name, { ordersCount }] of servers) if (ordersCount !== null) stored.set(name, await ordersCount());
  const turns = new Map<string, () => Promise<WrkResult>>();
  for (const [name, server] of servers) turns.set(`${name} orders`, () => order(server, seconds));
  for (const name of ["bare", "rushbox"] as const) {
    const server = servers.get(name);
    if (server !== undefined) turns.set(`${name} sold out`, () => soldOut(server, seconds));
  }
  const results = await takeTurns(context.rounds, turns);

  for (const [name, { ordersCount }] of servers) {
    if (ordersCount === null) continue;
    const added = (await ordersCount()) - (stored.get(name) ?? Number.NaN);
    const answered = (results.get(`${name} orders`) ?? []).reduce((sum, { requests }) => sum + requests, 0);
    // What is on its way when wrk hangs up is stored without being counted: one request a connection and run at most,
    // those of the warm-up included.
    if (!(added >= answered && added <= answered + connections * (context.rounds + 1))) {
      throw new Error(`${name} stored ${added} orders and answered ${answered}`);
    }
    notes.push(`${name}: ${answered} orders answered, all of them stored (${added - answered} more were on their way)`);
  }
  return findingsOf(results, notes, connections);
}

interface Market {
  readonly servers: ReadonlyMap<ServerName, Server>;
  readonly orderPath: string;
  readonly soldOutPath: string;
}

/** Starts Rushbox, takes its answers as the measure of bytes, and starts everyone else with them. */
async function openMarket(start: {
  context: BenchContext;
  folder: string;
  tokens: readonly string[];
  programs: AsyncDisposableStack;
  notes: string[];
}): Promise<Market> {
  const { context, folder, tokens, programs, notes } = start;
  const { clock } = context;
  const servers = new Map<ServerName, Server>();
  const token = tokens[0] ?? "";
  let sale: SaleIds = { campaignId: "cmp_0000000001", offerIds: ["off_0000000002", "off_0000000003"] };
  let answers = contractAnswers();
  const rushbox = await orMissing(notes, () => startRushbox(context, join(folder, "rushbox")));
  if (rushbox !== null) {
    programs.use(rushbox);
    const { port } = rushbox.ready;
    sale = await openCampaign(port, [
      { sku: "hot", stock, limitPerBuyer },
      { sku: "gone", stock: 1, limitPerBuyer: 1 },
    ]);
    const offerId = sale.offerIds[0] ?? "";
    answers = await sampleAnswers(port, sale, token);
    servers.set("rushbox", { port, ordersCount: () => unitsTaken(port, sale, offerId) });
  }
  const [offerId = "", soldOutOfferId = ""] = sale.offerIds;
  const [orderPath, soldOutPath] = [ordersPath(offerId), ordersPath(soldOutOfferId)];
  const settings = { folder, secret, offerId, soldOutOfferId, stock, limitPerBuyer, answers };
  for (const name of rivals) {
    const rival = await orMissing(notes, () => startRival(name, settings, clock));
    if (rival === null) continue;
    programs.use(rival);
    const { port } = rival.ready;
    servers.set(name, { port, ordersCount: name === "bare" ? null : () => countOrders(port) });
    for (const [path, expected] of [
      [orderPath, answers.order],
      [soldOutPath, answers.soldOut],
    ] as const) {
      const difference = differenceOf(await ask(port, path, token), expected);
      if (difference !== null) throw new Error(`${name} does not answer like Rushbox: ${difference}`);
    }
  }
  notes.push(`every server answers ${answers.order.body.length} bytes of body and the same headers`);
  return { servers, orderPath, soldOutPath };
}

async function sampleAnswers(port: number, { offerIds }: SaleIds, token: string): Promise<Answers> {
  const [offerId = "", soldOutOfferId = ""] = offerIds;
  const order = await ask(port, ordersPath(offerId), token);
  if (order.status !== 201) throw new Error(`the first order: ${order.status} ${order.body}`);
  const last = await ask(port, ordersPath(soldOutOfferId), token);
  if (last.status !== 201) throw new Error(`the last unit: ${last.status} ${last.body}`);
  const soldOut = await ask(port, ordersPath(soldOutOfferId), token);
  if (soldOut.status !== 409) throw new Error(`after the last unit: ${soldOut.status} ${soldOut.body}`);
  return { order, soldOut };
}

async function countOrders(port: number): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${port}/orders-count`);
  return Number(await response.text());
}

async function orMissing<Ready>(notes: string[], start: () => Promise<Program<Ready>>): Promise<Program<Ready> | null> {
  try {
    return await start();
  } catch (error) {
    if (!(error instanceof MissingError)) throw error;
    notes.push(`left out: ${error.message}`);
    print(`  left out: ${error.message}`);
    return null;
  }
}

const targets: readonly { name: RivalName; question: string; atLeast: number | null }[] = [
  { name: "bare", question: "durable orders / bare route", atLeast: 0.5 },
  { name: "redis", question: "durable orders / Bun + Redis (not durable)", atLeast: 1 },
  { name: "naive", question: "durable orders / one SQLite transaction a request", atLeast: 10 },
  { name: "postgres", question: "durable orders / PostgreSQL", atLeast: null },
];

function findingsOf(
  results: ReadonlyMap<string, readonly WrkResult[]>,
  notes: string[],
  connections: number,
): Findings {
  const rates = (what: string): readonly number[] => (results.get(what) ?? []).map(({ perSecond }) => perSecond);
  const figures = [...results.keys()].map((what) => {
    const server = what.split(" ", 1)[0] as ServerName;
    const promise = what.endsWith("orders") ? promises[server] : durability.none;
    return { what, unit: "/s", values: rates(what), durability: promise };
  });
  const latencies = [...results].map(
    ([what, runs]) => `${what} ${medianOf(runs.map(({ p99Ms }) => p99Ms)).toFixed(1)} ms`,
  );
  notes.push(
    `p99 under the full load of ${connections} connections (see latency for a fixed rate): ${latencies.join(", ")}`,
  );
  const verdicts = targets
    .filter(({ name }) => results.has(`${name} orders`) && results.has("rushbox orders"))
    .map(({ name, question, atLeast }) => ({
      question,
      unit: "x",
      values: ratiosOf(rates("rushbox orders"), rates(`${name} orders`)),
      target: atLeast === null ? null : { atLeast },
    }));
  if (results.has("rushbox sold out") && results.has("bare sold out")) {
    const values = ratiosOf(rates("rushbox sold out"), rates("bare sold out"));
    verdicts.unshift({ question: "sold-out answers / bare route", unit: "x", values, target: { atLeast: 0.85 } });
  }
  return { figures, verdicts, notes };
}

const promises: Readonly<Record<ServerName, string>> = {
  bare: durability.none,
  rushbox: durability.rushbox,
  redis: durability.redis,
  naive: durability.sqlite,
  postgres: durability.postgres,
};
