/**
 * What is left of SQLite's own speed when the engine decides and the journal writes, without HTTP: against raw inserts
 * of the very same rows, read back from what the journal wrote, into the same tables with the same settings in groups of
 * the same size. The raw side takes the best of one row and many rows a statement. Commands and rows are made outside of
 * the time that counts, a group at a time: neither side has a heap full of them to collect.
 */
import type { Database, SQLQueryBindings, Statement } from "bun:sqlite";
import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../src/host/clock.ts";
import { openReader, openWriter } from "../src/storage/sqlite/open.ts";
import {
  type Bench,
  type BenchContext,
  durability,
  type Findings,
  medianOf,
  ratiosOf,
  takeTurns,
  type Verdict,
} from "./bench.ts";
import { reserveCommand, SaleWriter } from "./sale.ts";

/** Orders are a multiple of the largest group, so that every statement and every group is full. */
const sizes = {
  quick: { ordersCount: 10_240, groups: [512] },
  full: { ordersCount: 204_800, groups: [128, 512, 2_048] },
};
const rowsPerStatement = [1, 8, 32] as const; // more gain nothing, and a group must be a multiple of them
const tables = ["events", "orders"] as const;
const offerId = 2; // the first offer of the first campaign

type Row = SQLQueryBindings[];

interface Sale {
  readonly ordersCount: number;
  readonly group: number;
  readonly clock: Clock;
}

export const writerBench: Bench = {
  name: "writer",
  question: "How many orders a second do engine and writer store without HTTP, against raw inserts of the same rows?",
  run: runWriterBench,
};

async function runWriterBench({ clock, folder: parent, rounds, size }: BenchContext): Promise<Findings> {
  const { ordersCount, groups } = sizes[size];
  let foldersCount = 0;
  const measure = (run: (folder: string) => number) => async (): Promise<number> => {
    await Bun.sleep(0); // what runs here blocks: an interrupt is heard in between
    const folder = join(parent, `writer-${foldersCount++}`);
    try {
      return (ordersCount * 1_000) / run(folder);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };
  const sample = join(parent, "writer-sample");
  sell(sample, { ordersCount, group: 2_048, clock });
  const source = new RowSource(openReader(sample));
  const turns = new Map<string, () => Promise<number>>();
  for (const group of groups) {
    const sale = { ordersCount, group, clock };
    turns.set(
      nameOfOurs(group),
      measure((folder) => sell(folder, sale)),
    );
    for (const rows of rowsPerStatement) {
      turns.set(
        nameOfRaw(group, rows),
        measure((folder) => insertRaw(folder, source, rows, sale)),
      );
    }
  }
  return findingsOf(await takeTurns(rounds, turns), groups);
}

/** Milliseconds of deciding and storing. */
function sell(folder: string, { ordersCount, group, clock }: Sale): number {
  using writer = new SaleWriter(folder, group);
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

/** Milliseconds of inserting. */
function insertRaw(folder: string, source: RowSource, rows: number, { ordersCount, group, clock }: Sale): number {
  const db = openWriter(folder);
  const [begin, commit] = [db.prepare("BEGIN IMMEDIATE"), db.prepare("COMMIT")];
  const inserts = tables.map((table) => db.prepare(source.insertText(table, rows)));
  let elapsedMs = 0;
  for (let first = 0; first < ordersCount; first += group) {
    const statements = source.group(first, group, rows);
    const startedAtMs = clock.elapsedMs();
    begin.run();
    statements.forEach((values, table) => {
      for (const row of values) (inserts[table] as Statement).run(...row);
    });
    commit.run();
    elapsedMs += clock.elapsedMs() - startedAtMs;
  }
  db.close();
  return elapsedMs;
}

/** The rows of the orders that the journal wrote, without the columns that are NULL in all of them. */
class RowSource {
  readonly #db: Database;
  readonly #firstId: number;
  readonly #columns: readonly (readonly string[])[];

  constructor(db: Database) {
    this.#db = db;
    this.#firstId = (db.query("SELECT min(id) AS id FROM orders").get() as { id: number }).id;
    this.#columns = tables.map((table) => {
      const columns = db.query(`PRAGMA table_info(${table})`).all() as readonly { name: string }[];
      return columns.map(({ name }) => name).filter((name) => this.#isUsed(table, name));
    });
  }

  insertText(table: (typeof tables)[number], rows: number): string {
    const columns = this.#columns[tables.indexOf(table)] ?? [];
    const row = `(${columns.map(() => "?").join(", ")})`;
    return `INSERT INTO ${table} (${columns.join(", ")}) VALUES ${Array.from({ length: rows }, () => row).join(", ")}`;
  }

  /** The values of the statements that insert these orders, `rows` rows in each, table by table. */
  group(first: number, count: number, rows: number): readonly (readonly Row[])[] {
    return tables.map((table, index) => {
      const columns = (this.#columns[index] ?? []).join(", ");
      const from = this.#firstId + first; // orders' ids and events' numbers are the same here, without a gap
      const found = this.#db
        .query(`SELECT ${columns} FROM ${table} WHERE rowid >= ? ORDER BY rowid LIMIT ?`)
        .values(from, count) as Row[];
      if (found.length !== count) throw new Error(`${found.length} of ${count} rows of ${table} are there`);
      if (rows === 1) return found;
      return Array.from({ length: count / rows }, (_, n) => found.slice(n * rows, (n + 1) * rows).flat());
    });
  }

  #isUsed(table: string, column: string): boolean {
    const query = `SELECT 1 FROM ${table} WHERE rowid >= ? AND ${column} IS NOT NULL LIMIT 1`;
    return this.#db.query(query).get(this.#firstId) !== null;
  }
}

function nameOfOurs(group: number): string {
  return `engine + writer, groups of ${group}`;
}

function nameOfRaw(group: number, rows: number): string {
  return `raw insert, groups of ${group}, ${rows} a statement`;
}

function findingsOf(values: ReadonlyMap<string, readonly number[]>, groups: readonly number[]): Findings {
  const figures = [...values].map(([what, perSecond]) => ({
    what,
    unit: "/s",
    values: perSecond,
    durability: durability.sqlite,
  }));
  const verdicts = groups.map((group): Verdict => {
    const raws = rowsPerStatement.map((rows) => values.get(nameOfRaw(group, rows)) ?? []);
    const ours = values.get(nameOfOurs(group)) ?? [];
    // The best by its median: the best of each round would be the luckiest, and nobody is that.
    const best = raws.toSorted((a, b) => medianOf(b) - medianOf(a))[0] ?? [];
    return {
      question: `engine + writer / best raw insert, groups of ${group}`,
      unit: "x",
      values: ratiosOf(ours, best),
      target: { atLeast: 0.6 },
    };
  });
  return { figures, verdicts, notes: [`each order is a row in each of ${tables.join(" and ")}, with their indexes`] };
}
