/**
 * One process per data folder. A sentinel database beside the real one is held in an exclusive transaction: the
 * operating system frees it the moment the process dies, however it dies, and a second process is told at once. (Not
 * `locking_mode=EXCLUSIVE` on the database itself: that would shut out backups and replicators.)
 */
import { Database } from "bun:sqlite";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { OperationError } from "../../host/operation-error.ts";

// An unreferenced Database is closed by the garbage collector, and the lock would vanish silently.
const held = new Map<string, Database>();

/** Takes the folder for this process. Throws `OperationError` when another one has it. Disposing frees it. */
export function lockFolder(folder: string): Disposable {
  const path = join(folder, "rushbox.lock");
  try {
    mkdirSync(folder, { recursive: true });
    const db = new Database(path, { create: true });
    held.set(path, db);
    db.exec("PRAGMA busy_timeout = 0");
    db.exec("BEGIN EXCLUSIVE");
    return {
      [Symbol.dispose]() {
        held.delete(path);
        db.close();
      },
    };
  } catch (cause) {
    const isBusy = cause instanceof Error && "code" in cause && String(cause.code).startsWith("SQLITE_BUSY");
    throw new OperationError({
      operation: "lock",
      subject: isBusy ? `${folder} is in use by another rushbox` : `${folder} cannot be written`,
      hint: isBusy ? "Stop it first, or name another folder with --data." : "Check the folder's owner and rights.",
      ...(isBusy ? {} : { cause }),
    });
  }
}
