/**
 * Proves that a data folder which is not ours, newer than this program, or damaged where a start can see it is refused
 * with exit code 1 and one clear line, and that every file in it is the same byte for byte afterwards. With a bit flipped
 * anywhere it is refused like that, or its counts add up and it sells on or stops with a clear line.
 * Does not prove that a start finds every flipped bit: pages that it has no need to read (old events, the index) are
 * for `rushbox verify`, and a changed value that breaks no rule (a buyer's name) is found by nobody but a backup.
 */
import { Database } from "bun:sqlite";
import { beforeAll, expect, test } from "bun:test";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Random } from "../engine/random.ts";
import {
  buy,
  type CampaignJson,
  call,
  createCampaign,
  operatorKey,
  spawnServer,
  startServer,
  tokenOf,
} from "../harness.ts";
import { linesForPeople, portOf } from "./ending.ts";
import { Line } from "./line.ts";
import { scratchFolders, wrongIn } from "./soundness.ts";

const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000);
const turns = Number(process.env["CYCLES"] ?? 8);
const pageBytes = 4_096;
const folder = scratchFolders();
/** A folder with a campaign and some hundred orders, stopped in good order. */
let sale = "";

beforeAll(
  async () => {
    process.stderr.write(`refused-folder.test.ts: SEED=${seed}\n`);
    sale = folder();
    const server = await startServer({ data: sale, compiled: true });
    const { offers } = await createCampaign(server, { stock: 1_000, limitPerBuyer: 1_000 });
    const token = await tokenOf("ana");
    const bought = await Promise.all(Array.from({ length: 300 }, () => buy(server, offers[0]?.id ?? "", token)));
    expect(new Set(bought.map(({ status }) => status))).toEqual(new Set([201]));
    await server.stop();
  },
  30_000 + turns * 1_000,
);

/** What is done to a copy of the sale, and what the refusal must say. */
const cases: readonly [what: string, change: (folder: string) => void, says: RegExp][] = [
  [
    "of a newer program",
    (path) => edit(path, "INSERT INTO migrations (name, hash) VALUES ('9999_of_the_future', 'f00')"),
    /written by another version.*9999_of_the_future.*newer program/,
  ],
  [
    "of a program with another text of the same migration",
    (path) => edit(path, "UPDATE migrations SET hash = 'f00'"),
    /written by another version/,
  ],
  [
    "with another program's database",
    (path) => replace(path, (db) => db.exec("CREATE TABLE notes (text TEXT); INSERT INTO notes VALUES ('mine')")),
    /database of another program/,
  ],
  [
    "with another program's database and its log, as a crash left them",
    (path) => {
      const elsewhere = folder();
      using db = new Database(join(elsewhere, "rushbox.db"));
      db.exec("PRAGMA journal_mode = WAL; CREATE TABLE notes (text TEXT); INSERT INTO notes VALUES ('mine')");
      for (const name of ["rushbox.db", "rushbox.db-wal"]) cpSync(join(elsewhere, name), join(path, name));
    },
    /database of another program/,
  ],
  [
    "with garbage for a database",
    (path) => overwrite(path, crypto.getRandomValues(new Uint8Array(9_000))),
    /damaged or no database/,
  ],
  [
    "with a text for a database",
    (path) => overwrite(path, new TextEncoder().encode("to do: buy milk\n")),
    /damaged or no database/,
  ],
  [
    "with a database cut in the middle of a page",
    (path) => truncateSync(databaseOf(path), 5 * pageBytes + 1_000),
    /damaged|cannot be trusted/,
  ],
  [
    "with a database cut between two pages",
    (path) => truncateSync(databaseOf(path), 5 * pageBytes),
    /damaged|cannot be trusted/,
  ],
  ["with a database cut to its first bytes", (path) => truncateSync(databaseOf(path), 50), /damaged/],
  ["with a flipped bit in the first word", (path) => flip(path, 0, 1), /damaged or no database/],
  ["with a flipped bit in the size of a page", (path) => flip(path, 16, 0x40), /damaged|no database/],
  ["with a flipped bit in the kind of the first page", (path) => flip(path, 100, 0x04), /damaged/],
  [
    "with a flipped bit in the words of a table's columns",
    (path) => flip(path, readFileSync(databaseOf(path)).indexOf("\n  order_id INTEGER") + 2, 0x40),
    /damaged/,
  ],
  [
    "with a flipped bit in the page of the campaigns",
    (path) => flip(path, rootOf(path, "campaigns"), 0x04),
    /damaged|cannot be trusted/,
  ],
  [
    "with a flipped bit in the page of the offers",
    (path) => flip(path, rootOf(path, "offers"), 0x04),
    /damaged|cannot be trusted/,
  ],
  [
    "with a flipped bit in the first page of the orders",
    (path) => flip(path, rootOf(path, "orders"), 0x02),
    /damaged|cannot be trusted/,
  ],
  [
    "whose offer says other counts than its orders",
    (path) => edit(path, "UPDATE offers SET available = available + 1, held = held - 1"),
    /promise 1 is broken/,
  ],
  [
    "in which an order is missing",
    (path) => edit(path, "DELETE FROM orders WHERE id = (SELECT max(id) FROM orders)"),
    /promise 1 is broken/,
  ],
  [
    "whose database is a folder",
    (path) => {
      rmSync(databaseOf(path));
      mkdirSync(databaseOf(path));
    },
    /rushbox\.db/,
  ],
];

test.each(cases)(
  "a folder %s is refused with one clear line and keeps every byte",
  async (_, change, says) => {
    const path = folder();
    cpSync(sale, path, { recursive: true });
    change(path);
    const before = bytesOf(path);
    const { process: child, log } = spawnServer({ data: path, compiled: true });
    expect(await child.exited).toBe(1);
    const lines = linesForPeople(log());
    expect(lines).toEqual([expect.stringMatching(/^rushbox: \w+: .*\.$/)]);
    expect(lines[0]).toMatch(says);
    expect(lines[0]).not.toMatch(/ at .*\(|bunfs/);
    expect(bytesOf(path)).toEqual(before);
  },
  30_000,
);

test("a path that is a file, or leads through one, is refused with one clear line", async () => {
  const file = join(folder(), "file");
  writeFileSync(file, "mine");
  for (const data of [file, join(file, "below")]) {
    const { process: child, log } = spawnServer({ data, compiled: true });
    expect(await child.exited).toBe(1);
    expect(linesForPeople(log())).toEqual([expect.stringMatching(/^rushbox: .*\.$/)]);
  }
  expect(readFileSync(file, "utf8")).toBe("mine");
});

test(
  "a bit flipped anywhere is refused, or the counts add up and the program sells on or stops with a clear line",
  async () => {
    const random = new Random(seed);
    const size = readFileSync(databaseOf(sale)).length;
    const token = await tokenOf("late");
    for (let turn = 0; turn < turns; turn++) {
      const path = folder();
      cpSync(sale, path, { recursive: true });
      const [place, bit] = [random.below(size), 1 << random.below(8)];
      flip(path, place, bit);
      const before = bytesOf(path);
      const server = spawnServer({ data: path, compiled: true });
      const port = await portOf(server);
      if (port === null) {
        expect([place, bit, linesForPeople(server.log())]).toEqual([
          place,
          bit,
          [expect.stringMatching(/^rushbox: .*\.$/)],
        ]);
        expect(bytesOf(path)).toEqual(before);
        continue;
      }
      const url = `http://127.0.0.1:${port}`;
      const { body } = await call<{ campaigns: CampaignJson[] }>(`${url}/v1/campaigns`, { as: operatorKey });
      const counts = body.campaigns.flatMap(({ offers }) =>
        offers.map(({ available, held, sold }) => available + held + sold),
      );
      expect([place, bit, counts]).toEqual([place, bit, [1_000]]);
      // One more: sold as usual, or the end of the process when it meets the damage.
      using line = new Line(port);
      const ending = await line.ask({ path: `/v1/offers/${body.campaigns[0]?.offers[0]?.id}/orders`, as: token });
      if (typeof ending === "string" || ending.status === 503) {
        expect(await server.process.exited).toBe(1);
        expect([place, bit, linesForPeople(server.log())]).toEqual([place, bit, [expect.stringMatching(/^rushbox: /)]]);
      } else {
        expect([place, bit, ending.status]).toEqual([place, bit, 201]);
        server.process.kill("SIGKILL");
        await server.process.exited;
      }
    }
  },
  30_000 + turns * 1_000,
);

test("the folder that was copied for all this is itself sound", async () => {
  expect(wrongIn(sale).found).toEqual([]);
  await using server = await startServer({ data: sale, compiled: true });
  expect(await server.stop()).toBe(0);
});

function databaseOf(path: string): string {
  return join(path, "rushbox.db");
}

/** Changes the database in place and leaves no log behind. */
function edit(path: string, sql: string): void {
  using db = new Database(databaseOf(path));
  db.exec(sql);
  db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
}

function replace(path: string, fill: (db: Database) => void): void {
  removeDatabase(path);
  using db = new Database(databaseOf(path));
  fill(db);
}

function overwrite(path: string, bytes: Uint8Array): void {
  removeDatabase(path);
  writeFileSync(databaseOf(path), bytes);
}

function removeDatabase(path: string): void {
  for (const end of ["", "-wal", "-shm"]) rmSync(databaseOf(path) + end, { force: true });
}

function flip(path: string, place: number, bits: number): void {
  const bytes = readFileSync(databaseOf(path));
  bytes[place] = (bytes[place] as number) ^ bits;
  writeFileSync(databaseOf(path), bytes);
}

/** Where the first page of a table begins: the byte that says of what kind the page is. */
function rootOf(path: string, table: string): number {
  using db = new Database(databaseOf(path), { readonly: true });
  const { rootpage } = db.query("SELECT rootpage FROM sqlite_schema WHERE name = ?").get(table) as { rootpage: number };
  return (rootpage - 1) * pageBytes;
}

/**
 * Every file with the hash of its bytes; without the lock, the log's index, which holds nothing that is not in the log,
 * and an empty log, which SQLite makes when it looks.
 */
function bytesOf(path: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const bytes = entry.isFile() ? readFileSync(join(path, entry.name)) : "a folder";
    if (/-shm$|\.lock/.test(entry.name) || (entry.name.endsWith("-wal") && bytes.length === 0)) continue;
    found[entry.name] = new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
  }
  return found;
}
