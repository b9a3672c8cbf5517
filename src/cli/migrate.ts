/** `rushbox migrate`: brings a data folder to this version, without serving. A start does the same by itself. */
import { Command } from "commander";
import { readConfig, type Settings } from "../config.ts";
import { print } from "../host/log.ts";
import { lockFolder } from "../storage/sqlite/lock.ts";
import { migrations, missingMigrations } from "../storage/sqlite/migrate.ts";
import { openReader, openWriter } from "../storage/sqlite/open.ts";
import { addSettings, colors } from "./command.ts";

export function migrateCommand(): Command {
  const command = new Command("migrate")
    .summary("bring a data folder to this version")
    .description(
      "Bring a data folder to this version without serving; 'serve' does it by itself. Refuses while a server has the folder.",
    )
    .option("--dry-run", "only list what would be applied");
  return addSettings(command, ["data"])
    .addHelpText("after", "\nExample:\n  rushbox backup --to before.db && rushbox migrate --data ./data")
    .action(({ dryRun = false, ...flags }: Settings & { dryRun?: boolean }) => migrate(readConfig(flags).data, dryRun));
}

function migrate(folder: string, isDryRun: boolean): void {
  const missing = listMissing(folder);
  if (!isDryRun) {
    using _ = lockFolder(folder);
    if (missing.size > 0) openWriter(folder).close();
  }
  for (const { name } of migrations) {
    const state = !missing.has(name)
      ? colors.dim("applied")
      : isDryRun
        ? colors.yellow("missing")
        : colors.green("applied now");
    print(`  ${name}  ${state}`);
  }
  if (missing.size === 0) print(`${folder} is up to date.`);
  else if (isDryRun) print(`${folder}: ${missing.size} to apply; nothing was changed.`);
  else print(`${folder} is up to date: ${missing.size} applied.`);
}

function listMissing(folder: string): ReadonlySet<string> {
  const db = openReader(folder);
  try {
    return new Set(missingMigrations(db).map(({ name }) => name));
  } finally {
    db.close();
  }
}
