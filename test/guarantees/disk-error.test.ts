/**
 * Proves what is on disk when, and what happens when the disk refuses. By a record of system calls: the log is synced
 * after the last byte of an order is written to it and before the first byte of its 201 leaves, and what a crash left
 * unsynced is synced before the port opens. By injected EIO at chosen syncs and writes: nothing is acknowledged after the
 * first error, those who wait are told `outcome_unknown`, the process says one clear line and ends with 1, and the next
 * start knows every order that was acknowledged.
 * Does not prove that the disk itself keeps what it has confirmed; nor a power loss, of which this is the testable half.
 * (Sync 2 of a start is the folder's own, whose failure SQLite passes over: the files in it are synced by themselves.)
 */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { Random } from "../engine/random.ts";
import { createCampaign, type OfferJson, spawnServer, startServer } from "../harness.ts";
import { linesForPeople, portOf } from "./ending.ts";
import { type Call, canInject, injection, readRecord, recording } from "./faults.ts";
import { readLedger } from "./ledger.ts";
import { Line } from "./line.ts";
import { ask, Load, makeBuyers, note, settleUnknown, Witness } from "./load.ts";
import { scratchFolders, wrongIn } from "./soundness.ts";

const syncs = "fsync,fdatasync";
const shown = `${syncs},pwrite64,sendto,sendmsg,write,writev`;
const withinMs = 30_000;

const folder = scratchFolders();

test.skipIf(!canInject)(
  "the log is synced before a 201 leaves, for each of 30 orders one after the other",
  async () => {
    const file = join(folder(), "calls");
    const wrapper = recording(file, shown);
    await using server = await startServer({ compiled: true, wrapper });
    const { offers } = await createCampaign(server, { stock: 100, limitPerBuyer: 100 });
    const [{ id: offer }] = offers as [OfferJson];
    const [buyer] = await makeBuyers(1);
    using line = new Line(server.port);
    for (let order = 0; order < 30; order++) {
      const ending = await line.ask({ path: `/v1/offers/${offer}/orders`, as: buyer?.token ?? "" });
      expect(ending).toMatchObject({ status: 201 });
    }
    await server.stop();
    const calls = await readRecord(file, server.process.pid);
    expect(earlyAnswers(calls)).toEqual({ answers: 32, unsynced: [] }); // created, published, 30 orders
  },
  withinMs,
);

test.skipIf(!canInject)(
  "what a crash left in the log is synced, and moved into the database, before the port opens",
  async () => {
    const data = folder();
    const first = await startServer({ data, compiled: true });
    await createCampaign(first);
    await first.stop("SIGKILL");
    const file = join(folder(), "calls");
    await using server = await startServer({ data, compiled: true, wrapper: recording(file, shown) });
    await server.stop();
    const calls = await readRecord(file, server.process.pid);
    const ready = calls.findIndex(({ text }) => text.includes('\\"message\\":\\"ready\\"'));
    const synced = calls
      .slice(0, ready)
      .filter(({ name, moment, text }) => isSync(name) && moment === "end" && !isFailed(text));
    expect(ready).toBeGreaterThan(0);
    const logSync = synced.findIndex(({ text }) => text.includes("rushbox.db-wal"));
    const databaseSync = synced.findLastIndex(({ text }) => text.includes("rushbox.db>"));
    expect(logSync).toBeGreaterThanOrEqual(0);
    expect(databaseSync).toBeGreaterThan(logSync);
  },
  withinMs,
);

test.skipIf(!canInject).each(["1", "3", "4", "9+", "15"])(
  "when sync %s fails nothing is acknowledged after it, one clear line is said, and the next start recovers",
  async (when) => {
    const data = folder();
    const prepared = await startServer({ data, compiled: true });
    const { offers } = await createCampaign(prepared, { stock: 1_000, limitPerBuyer: 1_000 });
    const [{ id: offer }] = offers as [OfferJson];
    await prepared.stop("SIGKILL");
    const witness = new Witness();
    const buyers = await makeBuyers(1);
    const [buyer] = buyers;
    if (buyer === undefined) throw new Error("no buyer");

    const file = join(folder(), "calls");
    const fault = { calls: syncs, effect: "error=EIO", when };
    const server = spawnServer({ data, compiled: true, wrapper: recording(file, shown, fault) });
    const port = await portOf(server);
    if (port !== null) {
      using line = new Line(port);
      // One at a time, so that the answers come in the order of the commits.
      for (let number = 0; witness.count("unsent") === 0 && number < 100; number++) {
        const order = { buyer: buyer.name, key: `key-${number}`, offer, quantity: 1 };
        const attempt = { ...order, told: "waiting" as const, code: "", order: null };
        witness.attempts.push(attempt);
        note(attempt, await ask(line, buyer, attempt), witness);
      }
      const told = witness.attempts.map((attempt) => attempt.code || attempt.told);
      const firstUnknown = told.findIndex((code) => code !== "201");
      expect(told[firstUnknown]).toBe("outcome_unknown");
      expect(told.slice(firstUnknown)).not.toContain("201");
      expect(told.at(-1)).toBe("unsent");
    }
    expect(await server.process.exited).toBe(1);
    expect(linesForPeople(server.log())).toEqual([
      expect.stringMatching(/^rushbox: .*I\/O error.*[Ss]tart again.*\.$/),
    ]);
    const calls = await readRecord(file, server.process.pid);
    const failed = calls.findIndex(({ text }) => text.includes("(INJECTED)"));
    expect(failed).toBeGreaterThan(0);
    expect(calls.slice(failed).filter(isAcknowledgement)).toEqual([]);

    const ledger = readLedger(data);
    await using again = await startServer({ data, compiled: true });
    expect(await settleUnknown(again.port, buyers, witness, ledger)).toEqual([]);
    expect(await again.stop()).toBe(0);
    expect(wrongIn(data, witness).found).toEqual([]);
  },
  withinMs,
);

test.skipIf(!canInject).each(["20", "300+"])(
  "when write %s to the log fails under load every 201 is in it all the same, and everybody who waited was told",
  async (when) => {
    const data = folder();
    const path = join(data, "rushbox.db-wal");
    await (await startServer({ data, compiled: true })).stop("SIGKILL"); // the log exists and can be named
    const wrapper = injection({ calls: "pwrite64", effect: "error=EIO", when, path });
    const server = spawnServer({ data, compiled: true, wrapper });
    const port = await server.ready;
    const { offers } = await createCampaign(
      { url: `http://127.0.0.1:${port}` },
      { stock: 100_000, limitPerBuyer: 1_000 },
    );
    const witness = new Witness();
    const buyers = await makeBuyers(64);
    const lines = 32;
    const random = new Random(Number.parseInt(when, 10));
    const load = new Load({ port, offers: offers.map(({ id }) => id), buyers, random, witness, lines });
    expect(await server.process.exited).toBe(1);
    await load.done;
    expect(linesForPeople(server.log())).toEqual([expect.stringMatching(/^rushbox: store: .*I\/O error.*\.$/)]);
    // Nobody who waited was left without a word.
    expect(witness.attempts.filter(({ code }) => code === "outcome_unknown").length).toBeGreaterThan(0);
    expect(witness.count("waiting")).toBe(0);
    const { found, ledger } = wrongIn(data, witness);
    expect(found).toEqual([]);
    await using again = await startServer({ data, compiled: true });
    expect(await settleUnknown(again.port, buyers, witness, ledger)).toEqual([]);
    await again.stop();
    expect(wrongIn(data, witness).found).toEqual([]);
  },
  withinMs,
);

/** How many commands were acknowledged, and those whose answers left before the log was synced behind the last write to it. */
function earlyAnswers(calls: readonly Call[]): { answers: number; unsynced: string[] } {
  let isDirty = false;
  let syncBegan = false;
  let syncsSinceAnswer = 0;
  const found = { answers: 0, unsynced: [] as string[] };
  for (const { moment, name, text } of calls) {
    const isLog = text.includes("rushbox.db-wal>");
    if (name === "pwrite64" && isLog) {
      isDirty = true;
      syncBegan = false; // a sync that has begun need not hold what is written now
    } else if (isSync(name) && isLog && moment === "begin") syncBegan = true;
    else if (isSync(name) && isLog && syncBegan && !isFailed(text)) {
      isDirty = false;
      syncsSinceAnswer += 1;
    }
    if (moment !== "begin" || !isAcknowledgement({ moment, name, text })) continue;
    found.answers += 1;
    if (isDirty || syncsSinceAnswer === 0) found.unsynced.push(text);
    syncsSinceAnswer = 0;
  }
  return found;
}

function isAcknowledgement({ text }: Call): boolean {
  return text.includes('"HTTP/1.1 201 ') || text.includes('"HTTP/1.1 200 ');
}

function isSync(name: string): boolean {
  return name === "fsync" || name === "fdatasync";
}

function isFailed(text: string): boolean {
  return / = -1 /.test(text);
}
