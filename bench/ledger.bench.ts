/**
 * What the ledger costs: engine and journal without HTTP, against the same journal with rows that are neither hashed nor
 * salted; and, when an older program is given with `--before`, durable orders over HTTP of both programs. The outbox
 * costs nothing here: it is the journal itself. Commands are made outside of the time that counts, a group at a time.
 */
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../src/host/clock.ts";
import {
  type Bench,
  type BenchContext,
  durability,
  type Findings,
  ratiosOf,
  takeTurns,
  type Verdict,
} from "./bench.ts";
import { PlainJournal } from "./plain-journal.ts";
import { makeTokens, ordersPath } from "./requests.ts";
import { openCampaign, type SaleIds, secret, startRushbox, unitsTaken } from "./rushbox.ts";
import { reserveCommand, SaleWriter } from "./sale.ts";
import { prepareWrk, runWrk } from "./wrk.ts";

/** Orders are a multiple of every group. */
const sizes = {
  quick: { ordersCount: 10_240, groups: [512], buyersCount: 500, seconds: 1 },
  full: { ordersCount: 102_400, groups: [32, 128, 512], buyersCount: 20_000, seconds: 3 },
};
const offerId = 2; // the first offer of the first campaign
const target = { atLeast: 0.8 };

export const ledgerBench: Bench = {
  name: "ledger",
  question: "How many orders a second are stored with the ledger, against the same rows without its hashes?",
  run: runLedgerBench,
};

async function runLedgerBench(context: BenchContext): Promise<Findings> {
  const stored = await compareStoring(context);
  const served = context.before === null ? null : await compareServing(context);
  return {
    figures: [...stored.figures, ...(served?.figures ?? [])],
    verdicts: [...stored.verdicts, ...(served?.verdicts ?? [])],
    notes: [...stored.notes, ...(served?.notes ?? ["over HTTP: give an older program with --before"])],
  };
}

async function compareStoring({ clock, folder: parent, rounds, size }: BenchContext): Promise<Findings> {
  const { ordersCount, groups } = sizes[size];
  let foldersCount = 0;
  const turns = new Map<string, () => Promise<number>>();
  for (const group of groups) {
    for (const isPlain of [false, true]) {
      turns.set(nameOf(group, isPlain), async () => {
        await Bun.sleep(0); // what runs here blocks: an interrupt is heard in between
        const folder = join(parent, `ledger-${foldersCount++}`);
        try {
          return (ordersCount * 1_000) / store(folder, { ordersCount, group, isPlain, clock });
        } finally {
          rmSync(folder, { recursive: true, force: true });
        }
      });
    }
  }
  const values = await takeTurns(rounds, turns);
  const figures = [...values].map(([what, perSecond]) => ({
    what,
    unit: "/s",
    values: perSecond,
    durability: durability.sqlite,
  }));
  const verdicts = groups.map(
    (group): Verdict => ({
      question: `with / without hashes, groups of ${group}`,
      unit: "x",
      values: ratiosOf(values.get(nameOf(group, false)) ?? [], values.get(nameOf(group, true)) ?? []),
      target,
    }),
  );
  return { figures, verdicts, notes: ["without: nothing in the columns details, hash and salt"] };
}

/** Milliseconds of deciding and storing. */
function store(
  folder: string,
  { ordersCount, group, isPlain, clock }: { ordersCount: number; group: number; isPlain: boolean; clock: Clock },
): number {
  using writer = new SaleWriter(folder, group, isPlain ? (db) => new PlainJournal(db) : undefined);
  const nowMs = clock.nowMs();
  writer.open(nowMs, 1);
  writer.commit();
  let elapsedMs = 0;
  for (let first = 0; first < ordersCount; first += group) {
    const commands = Array.from({ length: group }, (_, n) => reserveCommand(offerId, first + n, first + n));
    const startedAtMs = clock.elapsedMs();
    for (const command of commands) writer.execute(command, nowMs); // the last one fills the batch and stores it
    elapsedMs += clock.elapsedMs() - startedAtMs;
  }
  const { held } = writer.engine.state.offer(offerId);
  if (held !== ordersCount) throw new Error(`${held} of ${ordersCount} orders were made`);
  return elapsedMs;
}

async function compareServing(context: BenchContext): Promise<Findings> {
  const { before, rushbox, folder: parent, rounds, size, connections, keyed } = context;
  if (before === null) throw new Error("there is nothing to compare with");
  await using programs = new AsyncDisposableStack();
  const { buyersCount, seconds } = sizes[size];
  const folder = join(parent, "ledger-http");
  mkdirSync(folder);
  const tokensPath = await prepareWrk(folder, await makeTokens(secret, buyersCount));
  const turns = new Map<string, () => Promise<number>>();
  const answered = new Map<string, number>();
  const sales: { name: string; port: number; sale: SaleIds }[] = [];
  for (const [name, program] of [
    ["now", rushbox],
    ["before", before],
  ] as const) {
    const { ready } = programs.use(await startRushbox({ ...context, rushbox: program }, join(folder, name)));
    const sale = await openCampaign(ready.port, [{ sku: "hot", stock: 1_000_000_000, limitPerBuyer: 1_000 }]);
    const order = async (forSeconds: number) => {
      const path = ordersPath(sale.offerIds[0] ?? "");
      const load = { tokensPath, connections, keyed, port: ready.port, seconds: forSeconds, path } as const;
      const { perSecond, requests } = await runWrk({ ...load, expect: "accepted" });
      answered.set(name, (answered.get(name) ?? 0) + requests);
      return perSecond;
    };
    await order(1); // every buyer's token is verified once
    sales.push({ name, port: ready.port, sale });
    turns.set(`durable orders over HTTP, ${name}`, () => order(seconds));
  }
  const values = await takeTurns(rounds, turns);
  for (const { name, port, sale } of sales) {
    const taken = await unitsTaken(port, sale, sale.offerIds[0] ?? "");
    if (taken < (answered.get(name) ?? 0)) throw new Error(`${name} stored ${taken} orders of ${answered.get(name)}`);
  }
  const [now = [], then = []] = [...values.values()];
  return {
    figures: [...values].map(([what, perSecond]) => ({
      what,
      unit: "/s",
      values: perSecond,
      durability: durability.rushbox,
    })),
    verdicts: [{ question: "durable orders over HTTP, now / before", unit: "x", values: ratiosOf(now, then), target }],
    notes: [`before: ${before.description}`],
  };
}

function nameOf(group: number, isPlain: boolean): string {
  return `engine + writer, groups of ${group}, ${isPlain ? "without" : "with"} hashes`;
}
