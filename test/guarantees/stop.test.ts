/**
 * Proves a graceful stop under load: SIGTERM and SIGINT, once and twice, on a quick and on a slow disk. Readiness goes
 * off and stays off, whatever was taken is answered, every 201 is stored, nothing else is, the log is emptied into the
 * database, and the process ends with 0 within 5 seconds.
 * Does not prove that every request is answered: one that reaches a closing connection is not taken, and its client sees
 * the connection closed; the ledger must not know it then.
 */
import { expect, test } from "bun:test";
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { Random } from "../engine/random.ts";
import { createCampaign, type Server, spawnServer, startServer } from "../harness.ts";
import { canInject, injection } from "./faults.ts";
import { keyOf, ordersByKey } from "./ledger.ts";
import { Line } from "./line.ts";
import { Load, makeBuyers, Witness } from "./load.ts";
import { scratchFolders, wrongIn } from "./soundness.ts";

const exitWithinMs = 5_000;
const folder = scratchFolders();

interface Stop {
  readonly how: string;
  readonly threads: number;
  readonly signals: readonly NodeJS.Signals[];
}

const stops: readonly Stop[] = [
  { how: "SIGTERM", threads: 1, signals: ["SIGTERM"] },
  { how: "SIGTERM, two HTTP threads", threads: 2, signals: ["SIGTERM"] },
  { how: "SIGINT", threads: 1, signals: ["SIGINT"] },
  { how: "SIGTERM twice", threads: 1, signals: ["SIGTERM", "SIGTERM"] },
  { how: "SIGINT, then SIGTERM, then SIGINT", threads: 2, signals: ["SIGINT", "SIGTERM", "SIGINT"] },
];

test.each(stops)(
  "a stop under load answers what was taken, stores every 201 and ends with 0: $how",
  async (stop) => {
    await stopUnderLoad(stop);
  },
  30_000,
);

test.skipIf(!canInject)(
  "a stop on a slow disk waits for what was taken",
  async () => {
    const slow = injection({ calls: "fsync,fdatasync", effect: "delay_enter=150000" });
    await stopUnderLoad({ how: "slow", threads: 1, signals: ["SIGTERM", "SIGTERM"] }, slow);
  },
  30_000,
);

test("a stop while nothing happens ends at once, and a start that is stopped half-way leaves a sound folder", async () => {
  const data = folder();
  const first = await startServer({ data, compiled: true });
  const startedMs = performance.now();
  expect(await first.stop()).toBe(0);
  expect(performance.now() - startedMs).toBeLessThan(exitWithinMs);
  for (const ms of [0, 40, 80, 160]) {
    const { process: child } = spawnServer({ data, compiled: true });
    await Bun.sleep(ms);
    child.kill("SIGTERM");
    await child.exited;
  }
  await using again = await startServer({ data, compiled: true });
  expect((await createCampaign(again)).state).toBe("open");
  await again.stop();
  expect(wrongIn(data).found).toEqual([]);
}, 30_000);

async function stopUnderLoad({ threads, signals }: Stop, wrapper: readonly string[] = []): Promise<void> {
  const args = ["--http-threads", String(threads)];
  await using server = await startServer({ compiled: true, args, wrapper });
  const { offers } = await createCampaign(server, { stock: 1_000_000, limitPerBuyer: 1_000 });
  const witness = new Witness();
  const buyers = await makeBuyers(96);
  const load = new Load({
    port: server.port,
    offers: offers.map(({ id }) => id),
    buyers,
    random: new Random(1),
    witness,
    lines: 48,
  });
  const answers: (number | string)[] = [];
  const readiness = watchReadiness(server, answers);
  await until(() => witness.count("reserved") >= 48 && answers.length > 0);
  const startedMs = performance.now();
  for (const signal of signals) {
    server.process.kill(signal);
    await Bun.sleep(2);
  }
  expect(await server.process.exited).toBe(0);
  expect(performance.now() - startedMs).toBeLessThan(exitWithinMs);
  await load.done;

  // Once it is not ready, it is never ready again; and it was, before.
  await readiness;
  expect(answers[0]).toBe(200);
  expect(answers.lastIndexOf(200)).toBeLessThan(answers.findIndex((answer) => answer !== 200));
  const log = join(server.data, "rushbox.db-wal");
  expect(existsSync(log) ? statSync(log).size : 0).toBe(0);
  const { found, ledger } = wrongIn(server.data, witness);
  expect(found).toEqual([]);
  const stored = ordersByKey(ledger);
  const taken = witness.attempts.filter(
    ({ told, buyer, key }) => told !== "reserved" && told !== "refused" && stored.has(keyOf(buyer, key)),
  );
  expect(taken).toEqual([]);
  expect(witness.attempts.filter(({ code }) => code === "outcome_unknown")).toEqual([]);
}

/** Asks for readiness on new connections until nothing listens any more, and writes down the answers. */
async function watchReadiness({ port }: Server, answers: (number | string)[]): Promise<void> {
  for (;;) {
    using line = new Line(port);
    const ending = await line.ask({ method: "GET", path: "/readyz" });
    answers.push(typeof ending === "string" ? ending : ending.status);
    if (ending === "unsent") return;
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await Bun.sleep(5);
}
