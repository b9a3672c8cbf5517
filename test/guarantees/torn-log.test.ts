/**
 * Proves that a torn log loses an end and never a middle: the database and its log are copied under load and after a
 * kill, the log is cut at many places and bits in it are flipped; what opens then is a prefix of the history, with every
 * invariant intact, and the program starts on it and never oversells. This is what a disk that lied about its last
 * writes leaves behind.
 * Does not prove that nothing acknowledged is lost then: the cut takes synced commits away. See disk-error.test.ts.
 */

import { Database } from "bun:sqlite";
import { afterAll, beforeAll, expect, test } from "bun:test";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { KeyFilter } from "../../src/engine/key-filter.ts";
import { recover } from "../../src/engine/recovery.ts";
import { SqliteReader } from "../../src/storage/sqlite/reader.ts";
import { Random } from "../engine/random.ts";
import { call, createCampaign, type OrderJson, operatorKey, spawnServer, startServer } from "../harness.ts";
import { linesForPeople, portOf } from "./ending.ts";
import { copyFolder, type Ledger, numberOf, readLedger, violationsIn } from "./ledger.ts";
import { Load, makeBuyers, Witness } from "./load.ts";
import { scratchFolders, wrongIn } from "./soundness.ts";

const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000);
const random = new Random(seed);
const headBytes = 32; // of the log; each frame is a head of 24 and a page of 4,096
const frameBytes = 4_120;

/** The folder as a kill left it, the whole history in it, and a copy that was made while commits went on. */
const folder = scratchFolders();
let data = "";
let whole: Ledger;
let live = "";
let offers: string[] = [];
const witness = new Witness();

beforeAll(async () => {
  process.stderr.write(`torn-log.test.ts: SEED=${seed}\n`);
  data = folder();
  await using server = await startServer({ data, compiled: true });
  const terms = { title: "Goods", price_minor: 100, currency: "CNY" };
  const campaign = await createCampaign(server, {
    offers: [
      { ...terms, sku: "plenty", stock: 100_000, limit_per_buyer: 1_000 },
      { ...terms, sku: "scarce", stock: 60, limit_per_buyer: 2 },
    ],
  });
  offers = campaign.offers.map(({ id }) => id);
  const buyers = await makeBuyers(64);
  const load = new Load({ port: server.port, offers, buyers, random, witness, lines: 16 });
  while (witness.count("reserved") < 100) await Bun.sleep(5);
  live = copyFolder(data);
  while (witness.count("reserved") < 200) await Bun.sleep(5);
  await server.stop("SIGKILL");
  await load.stop();
  whole = readLedger(data);
}, 30_000);

afterAll(() => rmSync(live, { recursive: true, force: true }));

test("a copy that was made under load is a prefix of the history", () => {
  expect(violationsIn(whole)).toEqual([]);
  expect(breaches(live)).toEqual([]);
});

test("a log cut at any byte leaves a prefix of the history", () => {
  const size = logOf(data).length;
  expect(size).toBeGreaterThan(headBytes + 20 * frameBytes);
  const lastFrames = [1, 2, 3].map((frame) => size - frame * frameBytes);
  const cuts = [
    0,
    1,
    headBytes - 1,
    headBytes,
    headBytes + 1,
    ...lastFrames.flatMap((at) => [at - 1, at, at + 1, at + 23, at + 24, at + 25, at + random.below(frameBytes)]),
    ...Array.from({ length: 40 }, () => random.below(size)),
    size,
  ];
  const prefixes = new Set<number>();
  for (const cut of cuts) {
    const torn = tear((log) => log.subarray(0, cut));
    expect({ cut, breaches: breaches(torn, prefixes) }).toEqual({ cut, breaches: [] });
    rmSync(torn, { recursive: true });
  }
  // The test has teeth only when the cuts made a difference.
  expect(prefixes.size).toBeGreaterThan(10);
}, 30_000);

test("a log with a flipped bit leaves a prefix of the history", () => {
  const size = logOf(data).length;
  const places = [0, 8, 16, 24, ...Array.from({ length: 40 }, () => random.below(size))];
  for (const place of places) {
    const bit = random.below(8);
    const torn = tear((log) => {
      log[place] = (log[place] as number) ^ (1 << bit);
      return log;
    });
    expect({ place, bit, breaches: breaches(torn) }).toEqual({ place, bit, breaches: [] });
    rmSync(torn, { recursive: true });
  }
}, 30_000);

test("the program starts on a torn log, tells exactly the prefix, and sells on without overselling", async () => {
  const size = logOf(data).length;
  const zeroes = (log: Uint8Array, from: number) => log.fill(0, from, from + 4_096);
  const tears: ((log: Uint8Array) => Uint8Array)[] = [
    (log) => log.subarray(0, size - random.below(frameBytes)),
    (log) => log.subarray(0, random.between(headBytes, size)),
    (log) => zeroes(log, random.between(headBytes, size - frameBytes)),
    (log) => log.subarray(0, random.below(headBytes)),
  ];
  for (const [number, how] of tears.entries()) {
    const torn = tear(how);
    const before = readLedger(torn);
    const server = spawnServer({ data: torn, compiled: true });
    const port = await portOf(server);
    if (port === null) {
      // Refused is allowed, when it says why.
      expect([number, linesForPeople(server.log())]).toEqual([number, [expect.stringMatching(/^rushbox: .*\.$/)]]);
      continue;
    }
    const url = `http://127.0.0.1:${port}`;
    expect((await allOrders(url)).toSorted((a, b) => a - b)).toEqual(before.orders.map(({ id }) => id));
    if (before.offers.length > 0) {
      const buyers = await makeBuyers(64, "late");
      const late = new Load({ port, offers, buyers, random, witness: new Witness(), lines: 8 });
      await Bun.sleep(100);
      await late.stop();
    }
    server.process.kill("SIGTERM");
    expect(await server.process.exited).toBe(0);
    const { found, ledger: after } = wrongIn(torn);
    expect(found).toEqual([]);
    expect(after.events.slice(0, before.events.length)).toEqual([...before.events]);
    rmSync(torn, { recursive: true });
  }
}, 30_000);

function logOf(folder: string): Uint8Array {
  return new Uint8Array(readFileSync(join(folder, "rushbox.db-wal")));
}

/** A copy of the folder with another log. */
function tear(how: (log: Uint8Array) => Uint8Array): string {
  const copy = copyFolder(data);
  writeFileSync(join(copy, "rushbox.db-wal"), how(logOf(copy)));
  return copy;
}

/** What is wrong with a torn folder: rules broken, or a history that is no prefix of the whole one. */
function breaches(folder: string, prefixes = new Set<number>()): string[] {
  const torn = readLedger(folder);
  prefixes.add(torn.events.length);
  const found = violationsIn(torn);
  torn.events.forEach((event, index) => {
    if (!Bun.deepEquals(event, whole.events[index])) found.push(`event ${index + 1} is another one`);
  });
  const known = new Set(torn.orders.map(({ id }) => id));
  const lastSeq = torn.events.at(-1)?.seq ?? 0;
  for (const { id } of whole.orders) if (id <= lastSeq && !known.has(id)) found.push(`order ${id} is missing`);
  // Acknowledged in this order, so lost in this order.
  const acknowledged = witness.attempts.flatMap(({ order }) => (order === null ? [] : [numberOf(order)]));
  const lost = acknowledged.filter((id) => !known.has(id));
  const lastKept = Math.max(0, ...acknowledged.filter((id) => known.has(id)));
  if (lost.some((id) => id < lastKept)) found.push("an order is lost before one that is kept");
  try {
    using db = new Database(join(folder, "rushbox.db"));
    if (torn.events.length > 0) recover(new SqliteReader(db), new KeyFilter());
  } catch (cause) {
    found.push(`recovery refuses it: ${String(cause)}`);
  }
  return found;
}

/** The numbers of all orders, as an operator pages through them. */
async function allOrders(url: string): Promise<number[]> {
  const ids: number[] = [];
  for (let cursor: string | null = ""; cursor !== null; ) {
    const page: string = cursor === "" ? "" : `&cursor=${cursor}`;
    const { body } = await call<{ orders: OrderJson[]; next_cursor: string | null }>(
      `${url}/v1/orders?limit=200${page}`,
      { as: operatorKey },
    );
    ids.push(...body.orders.map(({ id }) => numberOf(id)));
    cursor = body.next_cursor;
  }
  return ids;
}
