/**
 * Copies a sale: out of its folder into one file while it is being sold, a snapshot of one moment with everything that
 * was acknowledged before; and back from a file into a folder that has none. A copy is checked and on disk before it
 * gets its name, so a file of that name is always a whole one, and nothing is ever overwritten.
 */
import type { Database } from "bun:sqlite";
import { existsSync, linkSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { OperationError } from "../../host/operation-error.ts";
import { lockFolder } from "./lock.ts";
import { damaged, databasePath, isDamage, needsWriting, openFile, openReader, openWriter, syncFile } from "./open.ts";

export interface Snapshot {
  readonly bytes: number;
  /** The last event in it. */
  readonly lastSeq: number;
  readonly orders: number;
}

/** Copies the sale of a folder. Throws `OperationError` when it cannot, or when something of that name exists. */
export function copySale(folder: string, to: string): Snapshot {
  if (existsSync(to)) throw refuseToOverwrite(to);
  const partial = `${to}.${process.pid}.partial`;
  try {
    copyInto(partial, openReader(folder));
    const inside = inspect(partial);
    syncFile(partial);
    linkSync(partial, to); // unlike a rename, never overwrites
    syncFile(dirname(resolve(to)));
    return { ...inside, bytes: statSync(to).size };
  } catch (cause) {
    if (cause instanceof OperationError) throw cause;
    if (isDamage(cause)) throw damaged(databasePath(folder), cause);
    if (cause instanceof Error && "code" in cause && cause.code === "EEXIST") throw refuseToOverwrite(to);
    throw new OperationError({
      operation: "backup",
      subject: `${to} cannot be written`,
      hint: "Check that its folder exists, can be written and has room.",
      cause,
    });
  } finally {
    rmSync(partial, { force: true });
    rmSync(`${partial}-journal`, { force: true });
  }
}

/**
 * Copies a sale from a file into a folder without one, brought to this version. `check` is given the copy before it gets
 * its name, and what it answers is answered: `false` leaves the folder without a sale. Throws `OperationError` when the
 * folder has a sale or another process, or the file is none of ours.
 */
export async function restoreSale(
  from: string,
  folder: string,
  check: (db: Database) => Promise<boolean>,
): Promise<boolean> {
  using _ = lockFolder(folder);
  const to = databasePath(folder);
  if ([to, `${to}-wal`, `${to}-journal`].some((path) => existsSync(path))) throw refuseToReplace(folder);
  const work = mkdtempSync(join(folder, "restore-"));
  try {
    // Through SQLite, not byte by byte: right for a file with a log beside it too, and for one that somebody writes to.
    copyInto(databasePath(work), openFile(from));
    if (needsWriting(work)) openWriter(work).close();
    if (!(await checkCopy(work, check))) return false;
    const log = `${databasePath(work)}-wal`; // stays behind: what was migrated must have moved out of it
    if (existsSync(log) && statSync(log).size > 0) throw new Error(`${log} is not empty`);
    syncFile(databasePath(work));
    linkSync(databasePath(work), to);
    syncFile(folder);
    syncFile(dirname(resolve(folder)));
    return true;
  } catch (cause) {
    if (cause instanceof OperationError) throw cause;
    if (isDamage(cause)) throw damaged(from, cause);
    throw new OperationError({
      operation: "restore",
      subject: `${folder} cannot be written`,
      hint: "Check that it can be written and has room.",
      cause,
    });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function checkCopy(folder: string, check: (db: Database) => Promise<boolean>): Promise<boolean> {
  const db = openReader(folder);
  try {
    return await check(db);
  } finally {
    db.close();
  }
}

/** In one read transaction, so buyers go on. Writes without syncing: the caller syncs what it keeps. */
function copyInto(path: string, db: Database): void {
  try {
    db.query("VACUUM INTO ?").run(path);
  } finally {
    db.close();
  }
}

/** Checks a copy as SQLite can, and tells what is in it. */
function inspect(path: string): Omit<Snapshot, "bytes"> {
  const db = openFile(path);
  try {
    const { quick_check: found } = db.query("PRAGMA quick_check(1)").get() as { quick_check: string };
    if (found !== "ok") throw damaged(path, new Error(found));
    return db
      .query("SELECT (SELECT coalesce(max(seq), 0) FROM events) AS lastSeq, (SELECT count(*) FROM orders) AS orders")
      .get() as Omit<Snapshot, "bytes">;
  } finally {
    db.close();
  }
}

function refuseToOverwrite(path: string): OperationError {
  return new OperationError({
    operation: "backup",
    subject: `${path} exists already`,
    hint: "Name another file: a backup is never overwritten.",
  });
}

function refuseToReplace(folder: string): OperationError {
  return new OperationError({
    operation: "restore",
    subject: `${folder} holds a sale already`,
    hint: "Name an empty folder with --data: a sale is never overwritten.",
  });
}
