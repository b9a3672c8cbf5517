/** `rushbox backup`: copies the sale into one file, while it is being sold. */
import { Command } from "commander";
import { readConfig, type Settings } from "../config.ts";
import { startClock } from "../host/clock.ts";
import { print, showProgress } from "../host/log.ts";
import { copySale } from "../storage/sqlite/snapshot.ts";
import { addSettings, bytesText, colors, countOf, countText, durationText, pathText } from "./command.ts";

export function backupCommand(): Command {
  const command = new Command("backup")
    .summary("copy the sale into one file, also while it is being sold")
    .description(
      "Copy the sale into one file, also while it is being sold: everything that was acknowledged before. The copy is checked, and never overwrites a file.",
    )
    .requiredOption("--to <file>", "the file to make");
  return addSettings(command, ["data"])
    .addHelpText(
      "after",
      "\nThe keys, operator.key and jwt.secret, are not in it: keep them beside it if they were made in the folder.",
    )
    .addHelpText(
      "after",
      "\nExample:\n  rushbox backup --data ./data --to ./backup.db\n  rushbox restore --from ./backup.db --data ./restored",
    )
    .action(({ to, ...flags }: Settings & { to: string }) => backUp(readConfig(flags).data, to));
}

function backUp(folder: string, to: string): void {
  const clock = startClock();
  const startedMs = clock.elapsedMs();
  showProgress(`copying ${folder} ...`);
  const { bytes, lastSeq, orders } = copySale(folder, to);
  const took = durationText(clock.elapsedMs() - startedMs);
  const what = `${bytesText(bytes)}, ${countOf(orders, "order")}, up to event ${countText(lastSeq)}`;
  print(`${colors.green("Backed up")} ${folder} to ${colors.bold(to)}: ${what}, checked. ${took}`);
  print(colors.dim(`To restore it: rushbox restore --from ${pathText(to)} --data <an empty folder>`));
}
