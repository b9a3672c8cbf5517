/** `rushbox switch`: throws a switch of a running sale, for everything or for one campaign. */
import { Argument, Command } from "commander";
import type { Settings } from "../config.ts";
import { switchNames } from "../domain/controls.ts";
import { addSettings } from "./command.ts";
import { askControls, operatorSettings, printControls } from "./controls.ts";

export function switchCommand(): Command {
  const command = new Command("switch")
    .summary("switch something off or on again in a running sale")
    .description("Throw a switch of a running sale: on until it is thrown off again, also over a restart.")
    .addArgument(new Argument("<name>", "the switch").choices(switchNames))
    .addArgument(new Argument("<state>", "on or off").choices(["on", "off"]))
    .option("--campaign <id>", "for this campaign alone; else for everything")
    .option("--url <url>", "where it runs; else --host and --port tell");
  return addSettings(command, [...operatorSettings])
    .addHelpText(
      "after",
      [
        "",
        "  pause_sales       nobody buys, joins a waitlist or enters a draw; queues may be joined, and stand still",
        "  queue_everybody   open campaigns let in by their queue alone",
        "  refuse_joins      nobody joins a waitlist or a queue, enters a draw, or sets a reminder",
        "  streams_off       no event streams",
        "  search_off        no lists of orders and rows",
        "  exports_off       no downloads",
        "  chat_off          no conversations",
        "  read_only         buyers look and change nothing; what is reserved can be paid",
        "",
        "Examples:\n  rushbox switch pause_sales on\n  rushbox switch streams_off on --campaign cmp_0000000001",
      ].join("\n"),
    )
    .action(async (name: string, state: string, { campaign, ...flags }: Settings & SwitchFlags) => {
      const one = { name, on: state === "on", ...(campaign === undefined ? {} : { campaign_id: campaign }) };
      printControls(await askControls(flags, { switches: [one] }));
    });
}

interface SwitchFlags {
  readonly campaign?: string;
  readonly url?: string;
}
