/** `rushbox verify`: checks a data folder or a backup, beside a running server too, and names what does not hold. */
import type { Database } from "bun:sqlite";
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { readConfig, type Settings } from "../config.ts";
import { type ReceiptFacts, textsOfReceipt } from "../domain/receipt.ts";
import { startClock } from "../host/clock.ts";
import { sha256 } from "../host/hash.ts";
import { print, showProgress } from "../host/log.ts";
import { OperationError } from "../host/operation-error.ts";
import { Receipts } from "../http/receipts.ts";
import { readReceiptKey } from "../secrets.ts";
import { openFile, openReader } from "../storage/sqlite/open.ts";
import { checkHeads, type LedgerHead } from "../storage/sqlite/verify/chain.ts";
import { Check, type CheckResult } from "../storage/sqlite/verify/check.ts";
import { verifyInTwoThreads } from "../verification.ts";
import { addSettings, colors, countOf, countText, durationText } from "./command.ts";

interface Kept {
  readonly head: readonly LedgerHead[];
  /** Files. */
  readonly receipt: readonly string[];
}

export function verifyCommand(): Command {
  const command = new Command("verify")
    .summary("check that the ledger and everything it adds up to holds")
    .description(
      "Check the ledger's chain of hashes and that every count, order, payment and waitlist is what it adds up to. Reads one snapshot and changes nothing, so it may run beside a server, whose log file grows meanwhile. Exit 0 when everything holds, else 1.",
    )
    .argument("[path]", "a data folder or a backup; else --data tells");
  return addSettings(command, ["data"])
    .addOption(
      new Option("--head <seq:hash>", "a hash that was kept of the ledger: it must still be there; may be repeated")
        .argParser((text: string, heads: readonly LedgerHead[]) => [...heads, headOf(text)])
        .default([], "none"),
    )
    .addOption(
      new Option("--receipt <file>", "a buyer's receipt: signed here, and its row in the ledger; may be repeated")
        .argParser((text: string, files: readonly string[]) => [...files, text])
        .default([], "none"),
    )
    .addHelpText(
      "after",
      "\nExamples:\n  rushbox verify --data ./data\n  rushbox verify ./backup.db\n  rushbox verify --receipt receipt.json",
    )
    .action(async (path: string | undefined, flags: Settings & Kept) => {
      const { head, receipt, ...settings } = flags;
      const { data } = readConfig(settings);
      process.exitCode = (await verify(path ?? data, { head, receipt })) ? 0 : 1;
    });
}

/** Prints each check as it is done; answers whether all hold. */
async function verify(path: string, kept: Kept): Promise<boolean> {
  const clock = startClock();
  const startedMs = clock.elapsedMs();
  const db = open(path);
  let failureCount = 0;
  print(`Verifying ${path}\n`);
  try {
    failureCount = await printChecks(db);
    if (kept.head.length > 0) failureCount += printResults([checkHeads(db, kept.head)]);
    if (kept.receipt.length > 0) failureCount += printResults([await checkReceipts(db, path, kept.receipt)]);
  } finally {
    db.close();
  }
  const took = durationText(clock.elapsedMs() - startedMs);
  print(
    failureCount === 0
      ? `\n${colors.green("Everything holds.")} ${took}`
      : `\n${colors.red(`${countOf(failureCount, "place")} where it does not hold.`)} ${took}`,
  );
  return failureCount === 0;
}

/** Prints each check of a sale as it is done; answers how often something did not hold. */
export async function printChecks(db: Database): Promise<number> {
  let failureCount = 0;
  try {
    const progress = (noun: string, count: number) => showProgress(`  ...     ${countOf(count, noun)}`);
    await verifyInTwoThreads(db, { progress, onChecked: (results) => (failureCount += printResults(results)) });
  } finally {
    showProgress();
  }
  return failureCount;
}

/** Prints checks; answers how often something did not hold. */
export function printResults(results: readonly CheckResult[]): number {
  for (const check of results) print(checkText(check));
  return results.reduce((sum, { failureCount }) => sum + failureCount, 0);
}

function headOf(text: string): LedgerHead {
  const [, seq, hash = ""] = /^([1-9]\d{0,15}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (seq === undefined) throw new InvalidArgumentError("Give a number and its hash, as 1234:0f3a...");
  return { seq: Number(seq), hash };
}

function open(path: string): Database {
  if (!existsSync(path)) {
    throw new OperationError({
      operation: "verify",
      subject: `${path} does not exist`,
      hint: "Name a data folder or a backup.",
    });
  }
  return statSync(path).isDirectory() ? openReader(path) : openFile(path);
}

/** Each receipt is signed with the folder's key, says what its hashes say, and has its row in the ledger. */
async function checkReceipts(db: Database, path: string, files: readonly string[]): Promise<Check> {
  const check = new Check("receipts", "receipt", "they were signed here, and the ledger holds their rows");
  const folder = statSync(path).isDirectory() ? path : dirname(path);
  const receipts = new Receipts(readReceiptKey(folder));
  for (const file of files) {
    check.count += 1;
    const facts = await receipts.verify(signatureIn(file));
    const problem = facts === null ? "was not signed with this folder's key" : problemOf(db, facts);
    if (problem !== null) check.fail(`${file} ${problem}`);
  }
  return check;
}

function problemOf(db: Database, facts: ReceiptFacts): string | null {
  const texts = textsOfReceipt(facts);
  if (sha256(texts.details) !== facts.details) return "says another buyer, quantity or amount than it was hashed with";
  if (sha256(texts.hash) !== facts.hash) return "says another row than it was hashed with";
  const { firstFailure } = checkHeads(db, [facts]);
  return firstFailure === null ? null : `tells of a row that the ledger does not hold: ${firstFailure}`;
}

/** The signed text in a file: it alone, or a receipt as the API gives it. */
function signatureIn(file: string): string {
  if (!existsSync(file)) {
    throw new OperationError({ operation: "verify", subject: `${file} does not exist`, hint: "Name a receipt." });
  }
  const text = readFileSync(file, "utf8").trim();
  if (!text.startsWith("{")) return text;
  try {
    const { receipt } = JSON.parse(text) as { receipt?: unknown };
    return typeof receipt === "string" ? receipt : "";
  } catch {
    return "";
  }
}

function checkText({ name, noun, count, promise, failureCount, firstFailure }: CheckResult): string {
  const counted = `${countText(count).padStart(13)} ${(count === 1 ? noun : pluralOf(noun)).padEnd(9)}`;
  const row = (word: string) => `  ${word}  ${name.padEnd(9)} ${counted}  ${colors.dim(promise)}`;
  if (firstFailure === null) return row(colors.green("ok    "));
  const others = failureCount === 1 ? "" : colors.dim(` (the first of ${countText(failureCount)})`);
  return `${row(colors.red("FAILED"))}\n          ${colors.red(firstFailure)}${others}`;
}

function pluralOf(noun: string): string {
  return noun === "entry" ? "entries" : `${noun}s`;
}
