/**
 * Verifies a sale against itself: the file, the chain of hashes, that the journal of events is whole, and that
 * campaigns, offers, orders, payments and waitlists are exactly what it adds up to and was hashed with. The rules are
 * written down here a second time, on purpose: what the engine got wrong would otherwise be checked by the same
 * mistake. Only what goes into `details` is told by domain/ledger.ts.
 *
 * It comes in two halves that need nothing of each other, for two threads.
 */
import type { Database } from "bun:sqlite";
import { checkChain } from "./verify/chain.ts";
import type { CheckResult, Progress } from "./verify/check.ts";
import { checkEvents } from "./verify/events.ts";
import { checkFile, checkSchema } from "./verify/file.ts";

/** The half that follows the events and the rows that they made. Ends early when the tables are not ours to read. */
export function verifyEvents(db: Database, progress: Progress = () => {}): CheckResult[] {
  const schema = checkSchema(db);
  return schema.failureCount > 0 ? [schema] : [schema, ...checkEvents(db, progress)];
}

/** The half that reads hashes and pages. */
export function verifyHashes(db: Database, progress: Progress = () => {}): CheckResult[] {
  return [checkChain(db, progress), checkFile(db)];
}

/** Reads from one snapshot: from the first read on, what a running server adds is not seen. */
export function withSnapshot<T>(db: Database, read: () => T): T {
  db.exec("BEGIN");
  try {
    return read();
  } finally {
    db.exec("ROLLBACK");
  }
}
