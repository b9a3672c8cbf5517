/** The thread that reads hashes and pages while a sale is verified. */
import { openFile } from "./storage/sqlite/open.ts";
import type { CheckResult } from "./storage/sqlite/verify/check.ts";
import { verifyHashes, withSnapshot } from "./storage/sqlite/verify.ts";

export interface VerifyTask {
  readonly path: string;
}

export type VerifyReport =
  | { readonly type: "progress"; readonly noun: string; readonly count: number }
  | { readonly type: "checked"; readonly results: readonly CheckResult[] };

declare const self: Worker;

const tell = (report: VerifyReport) => self.postMessage(report);
self.onmessage = ({ data }: MessageEvent<VerifyTask>) => {
  const db = openFile(data.path);
  const progress = (noun: string, count: number) => tell({ type: "progress", noun, count });
  tell({ type: "checked", results: withSnapshot(db, () => verifyHashes(db, progress)) });
};
