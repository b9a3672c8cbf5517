/**
 * Verifies a database file in two threads, since two cores are there: the events and their rows here, hashes and pages
 * in a thread of its own. Each has its own snapshot: beside a running server one may hold some rows more. Some 10 us of
 * CPU for a row of the ledger, half of it in each.
 */
import type { Database } from "bun:sqlite";
import { OperationError } from "./host/operation-error.ts";
import type { CheckResult, Progress } from "./storage/sqlite/verify/check.ts";
import { verifyEvents, withSnapshot } from "./storage/sqlite/verify.ts";
import type { VerifyReport, VerifyTask } from "./verify.worker.ts";

/** Gives each half's checks as it is done with. */
export async function verifyInTwoThreads(
  db: Database,
  { progress, onChecked }: { progress: Progress; onChecked: (results: readonly CheckResult[]) => void },
): Promise<void> {
  const worker = new Worker(new URL("./verify.worker.ts", import.meta.url).href, { name: "verify" });
  try {
    const { promise: hashes, resolve, reject } = Promise.withResolvers<readonly CheckResult[]>();
    worker.onmessage = ({ data }: MessageEvent<VerifyReport>) => {
      if (data.type === "checked") resolve(data.results);
      else progress(data.noun, data.count);
    };
    worker.onerror = ({ message }) => {
      reject(new OperationError({ operation: "verify", subject: `a thread failed: ${message}`, hint: "Try again." }));
    };
    const task: VerifyTask = { path: db.filename };
    worker.postMessage(task);
    onChecked(withSnapshot(db, () => verifyEvents(db, progress)));
    onChecked(await hashes);
  } finally {
    worker.terminate();
  }
}
