/** Verifies what holds the rows: the file as SQLite sees it, and that its tables are those of this version. */
import { Database } from "bun:sqlite";
import { applyMigrations, missingMigrations } from "../migrate.ts";
import { Check, textOf } from "./check.ts";

/** What Litestream makes in a database that it replicates, word for word: one of them or both, by its version. */
const replicatorTables: ReadonlyMap<string, string> = new Map([
  ["_litestream_seq", "CREATE TABLE _litestream_seq (id INTEGER PRIMARY KEY, seq INTEGER)"],
  ["_litestream_lock", "CREATE TABLE _litestream_lock (id INTEGER)"],
]);

/** The pages, rows, indexes and constraints, as SQLite itself checks them. */
export function checkFile(db: Database): Check {
  const check = new Check("file", "page", "pages, rows, indexes and constraints are whole");
  check.count = (db.query("PRAGMA page_count").get() as { page_count: number }).page_count;
  try {
    const found = db.query("PRAGMA integrity_check(10)").all() as { integrity_check: string }[];
    for (const { integrity_check: line } of found) if (line !== "ok") check.fail(line);
    const orphans = db.query("PRAGMA foreign_key_check").all() as { table: string; rowid: number; parent: string }[];
    for (const { table, rowid, parent } of orphans) check.fail(`row ${rowid} of ${table} has none in ${parent}`);
  } catch (cause) {
    check.fail(textOf(cause));
  }
  return check;
}

/** The tables are those that the migrations make: nobody has taken away a constraint. */
export function checkSchema(db: Database): Check {
  const check = new Check("schema", "table", "tables are as this version makes them");
  for (const { name } of missingMigrations(db)) check.fail(`migration ${name} is missing: run 'rushbox migrate'`);
  if (check.failureCount > 0) return check;
  using fresh = new Database(":memory:", { strict: true });
  applyMigrations(fresh);
  const definitions = (of: Database) =>
    new Map(
      (
        of.query("SELECT name, type, sql FROM sqlite_schema").all() as { name: string; type: string; sql: string }[]
      ).map((row) => [row.name, row]),
    );
  const [found, expected] = [definitions(db), definitions(fresh)];
  for (const [name, { type, sql }] of expected) {
    if (type === "table") check.count += 1;
    if (!found.has(name)) check.fail(`${type} ${name} is missing`);
    else if (found.get(name)?.sql !== sql) check.fail(`${type} ${name} was changed: ${found.get(name)?.sql}`);
  }
  for (const [name, { type, sql }] of found) {
    const isKnown = expected.has(name) || name.startsWith("sqlite_stat") || replicatorTables.get(name) === sql;
    if (!isKnown) check.fail(`${type} ${name} is not ours`);
  }
  return check;
}
