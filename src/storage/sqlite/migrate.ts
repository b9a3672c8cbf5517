/**
 * Migrations: plain SQL files, embedded in the binary, applied in order, each in one transaction, known by name and
 * hash. Append-only. A database that has one which this program lacks, or another text under the same name, is newer
 * or foreign: refused, untouched. (Drizzle's own migrator reads a folder on disk and skips by time stamp.)
 */
import type { Database } from "bun:sqlite";
import saleCore from "../../../schema/migrations/0001_sale_core.sql" with { type: "text" };
import descriptions from "../../../schema/migrations/0002_descriptions.sql" with { type: "text" };
import agents from "../../../schema/migrations/0003_agents.sql" with { type: "text" };
import reminders from "../../../schema/migrations/0004_reminders.sql" with { type: "text" };
import queueAgents from "../../../schema/migrations/0005_queue_agents.sql" with { type: "text" };
import outbox from "../../../schema/outbox/0001_outbox.sql" with { type: "text" };
import { OperationError } from "../../host/operation-error.ts";

export interface Migration {
  readonly name: string;
  readonly sql: string;
}

export const migrations: readonly Migration[] = [
  { name: "0001_sale_core", sql: saleCore },
  { name: "0002_descriptions", sql: descriptions },
  { name: "0003_agents", sql: agents },
  { name: "0004_reminders", sql: reminders },
  { name: "0005_queue_agents", sql: queueAgents },
];

/** Those of the relay's own file. */
export const outboxMigrations: readonly Migration[] = [{ name: "0001_outbox", sql: outbox }];

interface Applied {
  readonly name: string;
  readonly hash: string;
}

/** Throws `OperationError` when the database has migrations that this program does not know. Changes nothing. */
export function assertMigrationsKnown(db: Database, path: string, known = migrations): void {
  for (const [index, { name, hash }] of appliedMigrations(db).entries()) {
    const ours = known[index];
    if (ours !== undefined && ours.name === name && hashOf(ours.sql) === hash) continue;
    throw new OperationError({
      operation: "open",
      subject: `${path} was written by another version (migration ${name})`,
      hint: "Start the newer program that wrote it; nothing was changed.",
    });
  }
}

/** Applies what is missing and answers its names. */
export function applyMigrations(db: Database, known = migrations): string[] {
  db.exec("CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, hash TEXT NOT NULL) STRICT");
  const missing = missingMigrations(db, known);
  for (const { name, sql } of missing) {
    db.transaction(() => {
      db.exec(sql);
      db.query("INSERT INTO migrations (name, hash) VALUES (?, ?)").run(name, hashOf(sql));
    }).immediate();
  }
  return missing.map(({ name }) => name);
}

/** What a start would apply. */
export function missingMigrations(db: Database, known = migrations): readonly Migration[] {
  return known.slice(appliedMigrations(db).length);
}

function appliedMigrations(db: Database): Applied[] {
  const exists = db.query("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'migrations'").get();
  return exists === null ? [] : (db.query("SELECT name, hash FROM migrations ORDER BY name").all() as Applied[]);
}

function hashOf(sql: string): string {
  return new Bun.CryptoHasher("sha256").update(sql).digest("hex");
}
