/**
 * Copies a sale into one file while it is being sold: a snapshot of one moment with everything that was acknowledged
 * before. The copy is checked and on disk before it gets its name, so a file of that name is always a whole one.
 */
import { closeSync, existsSync, fsyncSync, linkSync, openSync, rmSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { OperationError } from "../../host/operation-error.ts";
import { damaged, databasePath, isDamage, openFile, openReader } from "./open.ts";

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
    const db = openReader(folder);
    try {
      // Reads in one transaction, so buyers go on; writes without syncing, hence the sync below.
      db.query("VACUUM INTO ?").run(partial);
    } finally {
      db.close();
    }
    const inside = inspect(partial);
    sync(partial);
    linkSync(partial, to); // unlike a rename, never overwrites
    sync(dirname(resolve(to)));
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

function sync(path: string): void {
  const file = openSync(path, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function refuseToOverwrite(path: string): OperationError {
  return new OperationError({
    operation: "backup",
    subject: `${path} exists already`,
    hint: "Name another file: a backup is never overwritten.",
  });
}
