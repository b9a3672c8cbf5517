/**
 * Whether a data folder is as it must be, by two judges who share nothing: the rules in ledger.ts, and `rushbox verify`.
 * Given a witness, also whether it keeps every promise that the witness's clients were given. And scratch folders.
 * Proves nothing by itself.
 */
import { afterAll } from "bun:test";
import { rmSync } from "node:fs";
import { newFolder, programOf } from "../harness.ts";
import { type Ledger, readLedger, violationsIn } from "./ledger.ts";
import { brokenPromises, type Witness } from "./load.ts";

/** Everything that is wrong with the folder, in words. Nobody may be writing to it. */
export function wrongIn(data: string, witness?: Witness): { readonly found: string[]; readonly ledger: Ledger } {
  const ledger = readLedger(data);
  const broken = witness === undefined ? [] : brokenPromises(ledger, witness);
  return { found: [...violationsIn(ledger), ...broken, ...refutations(data)], ledger };
}

/** What `rushbox verify` says against the folder; nothing when it ends with 0. */
function refutations(data: string): string[] {
  const { exitCode, stdout, stderr } = Bun.spawnSync([...programOf(true), "verify", "--data", data], {
    env: { PATH: process.env["PATH"] ?? "" },
  });
  return exitCode === 0 ? [] : [`rushbox verify ends with ${exitCode}:\n${stdout.toString()}${stderr.toString()}`];
}

/** Makes new folders, and removes them when the tests of the calling file are done. */
export function scratchFolders(): () => string {
  const made: string[] = [];
  afterAll(() => {
    for (const folder of made) rmSync(folder, { recursive: true, force: true });
  });
  return () => {
    const folder = newFolder();
    made.push(folder);
    return folder;
  };
}
