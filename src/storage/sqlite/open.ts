/**
 * Opens the database of a data folder: the one writing connection of the engine thread, and readers that cannot
 * write. What is not ours, damaged, or newer than this program is refused before anything is changed.
 */
import { Database, SQLiteError } from "bun:sqlite";
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { OperationError } from "../../host/operation-error.ts";
import { applyMigrations, assertMigrationsKnown, missingMigrations } from "./migrate.ts";

/** "RUSH" in ASCII: marks a SQLite file as ours. */
const applicationId = 0x52555348;
const versionMin = [3, 51, 3]; // older versions can corrupt a WAL that is reset while another connection checkpoints

/** How long a statement waits for whoever else holds the file. */
export const busyTimeoutMs = 5_000;

// A Database that nothing refers to is closed by the garbage collector: connections are pinned for the process's life.
const pinned = new Set<Database>();

export function databasePath(folder: string): string {
  return join(folder, "rushbox.db");
}

/** Opens for writing; creates folder and tables when missing. Throws `OperationError` for what cannot be used. */
export function openWriter(folder: string): Database {
  const path = databasePath(folder);
  mkdirSync(folder, { recursive: true });
  if (isMade(path)) openReader(folder).close();
  const db = openDatabase(path, { create: true });
  try {
    prepareForWriting(db);
  } catch (cause) {
    throw diskFailure("open", path, cause);
  }
  return db;
}

function prepareForWriting(db: Database): void {
  db.exec("PRAGMA journal_mode = WAL");
  db.exec("PRAGMA synchronous = FULL"); // acknowledged means durable: the WAL is synced at every COMMIT
  db.exec("PRAGMA foreign_keys = ON");
  db.exec("PRAGMA secure_delete = FAST"); // who is erased leaves no bytes behind in pages that are written anyway
  db.exec("PRAGMA cache_size = -16384"); // KiB: a rush touches few pages (see orders_by_buyer), the system caches the rest
  db.exec("PRAGMA wal_autocheckpoint = 4000"); // pages, 16 MB: one checkpoint in many commits, its stall some milliseconds
  db.exec("PRAGMA journal_size_limit = 67108864"); // bytes: a WAL grown by a long reader shrinks again
  if (applicationIdOf(db) !== applicationId) db.exec(`PRAGMA application_id = ${applicationId}`); // writes, even the same
  assertPragma(db, "synchronous", 2);
  assertPragma(db, "journal_mode", "wal");
  applyMigrations(db);
}

/** Whether the folder has no sale yet, or one of an older version: only opening it for writing makes it readable. */
export function needsWriting(folder: string): boolean {
  if (!isMade(databasePath(folder))) return true;
  const db = openReader(folder);
  try {
    return missingMigrations(db).length > 0;
  } finally {
    db.close();
  }
}

/**
 * Whether the file is there and whole. The first start makes it with a rollback journal; when that one is killed in the
 * act the journal says that there was nothing before (its fifth word counts the pages), and only a writer can undo it.
 */
function isMade(path: string): boolean {
  const journal = `${path}-journal`;
  if (!existsSync(path) || !existsSync(journal)) return existsSync(path);
  const head = readFileSync(journal).subarray(0, 20);
  return head.length < 20 || head.readUInt32BE(16) > 0;
}

/** Opens for reading alone. Throws `OperationError` for a folder without a sale, or with one that cannot be used. */
export function openReader(folder: string): Database {
  const path = databasePath(folder);
  if (existsSync(path)) return openFile(path);
  throw new OperationError({
    operation: "open",
    subject: `${folder} holds no sale`,
    hint: "Name the folder with --data.",
  });
}

/** Opens a database file for reading alone, as a backup is one. Throws `OperationError` when it cannot be used. */
export function openFile(path: string): Database {
  const db = openDatabase(path, { readonly: true });
  try {
    assertOurs(db, path);
    assertMigrationsKnown(db, path);
  } catch (cause) {
    db.close();
    if (cause instanceof OperationError) throw cause;
    throw damaged(path, cause);
  }
  return db;
}

/** A connection that stays open until it is closed. Throws `OperationError` when there is none to be had. */
export function openDatabase(path: string, how: { create: true } | { readwrite: true } | { readonly: true }): Database {
  try {
    const db = new Database(path, { ...how, strict: true });
    pinned.add(db);
    // First: whoever else holds the file briefly (a backup, a replicator, a reader after a crash) must not fail a statement.
    db.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}`);
    assertVersion(db);
    return db;
  } catch (cause) {
    if (cause instanceof OperationError) throw cause;
    if (isDamage(cause)) throw damaged(path, cause);
    throw new OperationError({
      operation: "open",
      subject: path,
      hint: "Check that the folder can be written.",
      cause,
    });
  }
}

function assertOurs(db: Database, path: string): void {
  const id = applicationIdOf(db);
  const { tables } = db.query("SELECT count(*) AS tables FROM sqlite_schema").get() as { tables: number };
  if (id === applicationId || tables === 0) return;
  throw new OperationError({
    operation: "open",
    subject: `${path} is a database of another program`,
    hint: "Name another folder with --data; nothing was changed.",
  });
}

function applicationIdOf(db: Database): number {
  return (db.query("PRAGMA application_id").get() as { application_id: number }).application_id;
}

/** What SQLite says of the disk, in words for the person in front of it; anything else as it is. */
export function diskFailure(operation: string, path: string, cause: unknown): unknown {
  if (!(cause instanceof SQLiteError)) return cause;
  const code = cause.code ?? "";
  if (code.startsWith("SQLITE_CONSTRAINT")) return cause; // not the disk: the engine and the file disagree
  if (isDamage(cause)) return damaged(path, cause);
  const hint = code.startsWith("SQLITE_FULL") ? "Make room on the disk" : "See to the disk and the folder's rights";
  return new OperationError({
    operation,
    subject: `${path} cannot be written`,
    hint: `${hint}, then start again: it recovers.`,
    cause,
  });
}

/** Has the system write a file, or the names in a folder, to the disk. */
export function syncFile(path: string): void {
  const file = openSync(path, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Whether SQLite cannot make sense of what stands in the file. */
export function isDamage(cause: unknown): boolean {
  return cause instanceof SQLiteError && /^SQLITE_(CORRUPT|NOTADB)/.test(cause.code ?? "");
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
