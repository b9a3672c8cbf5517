/** `rushbox restore`: puts a backup into a folder that has no sale yet, and only one that holds in every check. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { type Config, readConfig, type Settings } from "../config.ts";
import { startClock } from "../host/clock.ts";
import { print } from "../host/log.ts";
import { OperationError } from "../host/operation-error.ts";
import { restoreSale } from "../storage/sqlite/snapshot.ts";
import { addSettings, colors, countOf, durationText, pathText, programText } from "./command.ts";
import { printChecks } from "./verify.ts";

export function restoreCommand(): Command {
  const command = new Command("restore")
    .summary("put a backup into an empty folder")
    .description(
      "Put a backup into a folder that has no sale yet, brought to this version and verified: one that does not hold in every check is not restored. Exit 0 when it is, else 1.",
    )
    .requiredOption("--from <file>", "a file that 'backup' made, or that a replicator restored");
  return addSettings(command, ["data"])
    .addHelpText(
      "after",
      "\nThe keys, operator.key, jwt.secret, pass.key and receipt.key, are not in a backup: copy them from the old folder if they were made there, or new ones are. Nor is beacons.json, by which draws with a public beacon are checked: copy it, too.",
    )
    .addHelpText("after", "\nExample:\n  rushbox restore --from ./backup.db --data ./restored")
    .action(async ({ from, ...flags }: Settings & { from: string }) => {
      process.exitCode = (await restore(from, readConfig(flags))) ? 0 : 1;
    });
}

async function restore(from: string, config: Config): Promise<boolean> {
  const { data } = config;
  if (!existsSync(from)) {
    throw new OperationError({
      operation: "restore",
      subject: `${from} does not exist`,
      hint: "Name a file that 'rushbox backup' made.",
    });
  }
  const clock = startClock();
  const startedMs = clock.elapsedMs();
  let failureCount = 0;
  const isRestored = await restoreSale(from, data, async (db) => {
    print(`Verifying a copy of ${from}\n`);
    failureCount = await printChecks(db);
    return failureCount === 0;
  });
  const took = durationText(clock.elapsedMs() - startedMs);
  if (!isRestored) {
    const what = `${countOf(failureCount, "place")} where it does not hold`;
    print(`\n${colors.red(`Not restored: ${what}.`)} ${data} has no sale. Take another backup. ${took}`);
    return false;
  }
  print(`\n${colors.green("Restored")} ${from} into ${colors.bold(data)}. ${took}`);
  for (const name of missingKeys(config)) {
    print(
      `${colors.yellow("No key:")} copy ${name} from the old folder into ${data}, or the next start makes a new one.`,
    );
  }
  print(`Start it: ${programText()} serve --data ${pathText(data)}`);
  return true;
}

/** The keys that neither a setting gives nor the folder has. */
function missingKeys({ data, operatorKey, jwtSecret, jwksUrl }: Config): string[] {
  const names = ["receipt.key"]; // what it has signed is checked with it
  if (operatorKey === null) names.push("operator.key");
  if (jwtSecret === null && jwksUrl === null) names.push("jwt.secret");
  return names.filter((name) => !existsSync(join(data, name)));
}
