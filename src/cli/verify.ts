/** `rushbox verify`: checks a data folder or a backup, beside a running server too, and names what does not hold. */
import type { Database } from "bun:sqlite";
import { existsSync, statSync } from "node:fs";
import { Command } from "commander";
import { readConfig, type Settings } from "../config.ts";
import { startClock } from "../host/clock.ts";
import { print, showProgress } from "../host/log.ts";
import { OperationError } from "../host/operation-error.ts";
import { openFile, openReader } from "../storage/sqlite/open.ts";
import { type Check, verifySale } from "../storage/sqlite/verify.ts";
import { addSettings, colors, countOf, countText, durationText } from "./command.ts";

export function verifyCommand(): Command {
  const command = new Command("verify")
    .summary("check that every count, event and order adds up")
    .description(
      "Check that every count, event and order adds up. Reads one snapshot and changes nothing, so it may run beside a server, whose log file grows meanwhile. Exit 0 when everything holds, else 1.",
    )
    .argument("[path]", "a data folder or a backup; else --data tells");
  return addSettings(command, ["data"])
    .addHelpText("after", "\nExamples:\n  rushbox verify --data ./data\n  rushbox verify ./backup.db")
    .action((path: string | undefined, flags: Settings) => {
      const { data } = readConfig(flags);
      process.exitCode = verify(path ?? data) ? 0 : 1;
    });
}

function verify(path: string): boolean {
  const clock = startClock();
  const startedMs = clock.elapsedMs();
  const db = open(path);
  print(`Verifying ${path}\n`);
  let failureCount = 0;
  try {
    failureCount = printChecks(db);
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

/** Prints each check as it is done; answers how often something did not hold. */
export function printChecks(db: Database): number {
  let failureCount = 0;
  try {
    const progress = (what: string, count: number) =>
      showProgress(`  ...     ${what}${count === 0 ? "" : ` ${countText(count)}`}`);
    for (const check of verifySale(db, progress)) {
      print(checkText(check));
      failureCount += check.failureCount;
    }
  } finally {
    showProgress();
  }
  return failureCount;
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

function checkText({ name, noun, count, promise, failureCount, firstFailure }: Check): string {
  const counted = `${countText(count).padStart(13)} ${(count === 1 ? noun : `${noun}s`).padEnd(9)}`;
  const row = (word: string) => `  ${word}  ${name.padEnd(9)} ${counted}  ${colors.dim(promise)}`;
  if (firstFailure === null) return row(colors.green("ok    "));
  const others = failureCount === 1 ? "" : colors.dim(` (the first of ${countText(failureCount)})`);
  return `${row(colors.red("FAILED"))}\n          ${colors.red(firstFailure)}${others}`;
}
