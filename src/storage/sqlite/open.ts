/**
 * Opens the database of a data folder: the one writing connection of the engine thread, and readers that cannot
 * write. What is not ours, damaged, or newer than this program is refused before anything is changed.
 */
import { Database } from "bun:sqlite";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { OperationError } from "../../host/operation-error.ts";
import { applyMigrations, assertMigrationsKnown } from "./migrate.ts";

/** "RUSH" in ASCII: marks a SQLite file as ours. */
const applicationId = 0x52555348;
const versionMin = [3, 51, 3]; // older versions can corrupt a WAL that is reset while another connection checkpoints

// A Database that nothing refers to is closed by the garbage collector: connections are pinned for the process's life.
const pinned = new Set<Database>();

export function databasePath(folder: string): string {
  return join(folder, "rushbox.db");
}

/** Opens for writing; creates folder and tables when missing. Throws `OperationError` for what cannot be used. */
export function openWriter(folder: string): Database {
  const path = databasePath(folder);
  mkdirSync(folder, { recursive: true });
  if (existsSync(path)) openReader(folder).close();
  const db = open(path, { create: true });
  // First: whoever else holds the file briefly (a backup, a replicator) must not fail our statements.
  db.exec("PRAGMA busy_timeout = 5000");
  db.exec("PRAGMA journal_mode = WAL");
  db.exec("PRAGMA synchronous = FULL"); // acknowledged means durable: the WAL is synced at every COMMIT
  db.exec("PRAGMA foreign_keys = ON");
  db.exec("PRAGMA cache_size = -65536"); // KiB: the pages that a rush touches stay in memory
  db.exec("PRAGMA wal_autocheckpoint = 4000"); // pages, 16 MB: one checkpoint in many commits, its stall some milliseconds
  db.exec("PRAGMA journal_size_limit = 67108864"); // bytes: a WAL grown by a long reader shrinks again
  db.exec(`PRAGMA application_id = ${applicationId}`);
  assertPragma(db, "synchronous", 2);
  assertPragma(db, "journal_mode", "wal");
  applyMigrations(db);
  return db;
}

/** Opens for reading alone. Throws `OperationError` for a folder without a sale, or with one that cannot be used. */
export function openReader(folder: string): Database {
  const path = databasePath(folder);
  if (!existsSync(path)) {
    throw new OperationError({
      operation: "open",
      subject: `${folder} holds no sale`,
      hint: "Name the folder with --data.",
    });
  }
  const db = open(path, { readonly: true });
  try {
    db.exec("PRAGMA busy_timeout = 5000");
    assertOurs(db, path);
    assertMigrationsKnown(db, path);
  } catch (cause) {
    db.close();
    if (cause instanceof OperationError) throw cause;
    throw damaged(path, cause);
  }
  return db;
}

function open(path: string, how: { create: true } | { readonly: true }): Database {
  try {
    const db = new Database(path, { ...how, strict: true });
    pinned.add(db);
    assertVersion(db);
    return db;
  } catch (cause) {
    if (cause instanceof OperationError) throw cause;
    throw new OperationError({
      operation: "open",
      subject: path,
      hint: "Check that the folder can be written.",
      cause,
    });
  }
}

function assertOurs(db: Database, path: string): void {
  const { application_id: id } = db.query("PRAGMA application_id").get() as { application_id: number };
  const { tables } = db.query("SELECT count(*) AS tables FROM sqlite_schema").get() as { tables: number };
  if (id === applicationId || tables === 0) return;
  throw new OperationError({
    operation: "open",
    subject: `${path} is a database of another program`,
    hint: "Name another folder with --data; nothing was changed.",
  });
}

export function damaged(path: string, cause: unknown): OperationError {
  return new OperationError({
    operation: "open",
    subject: `${path} is damaged or no database`,
    hint: "Nothing was changed: restore a backup into another folder and name it with --data.",
    cause,
  });
}

function assertVersion(db: Database): void {
  const { version } = db.query("SELECT sqlite_version() AS version").get() as { version: string };
  const parts = version.split(".").map(Number);
  const older = versionMin.findIndex((least, index) => (parts[index] ?? 0) !== least);
  if (older >= 0 && (parts[older] ?? 0) < (versionMin[older] as number)) {
    throw new OperationError({
      operation: "open",
      subject: `SQLite ${version} is too old`,
      hint: `Use a build with ${versionMin.join(".")} or later.`,
    });
  }
}

function assertPragma(db: Database, name: string, expected: number | string): void {
  const row = db.query(`PRAGMA ${name}`).get() as Record<string, unknown>;
  const value = Object.values(row)[0];
  if (value !== expected) throw new Error(`PRAGMA ${name} is ${String(value)}, not ${expected}`);
}
