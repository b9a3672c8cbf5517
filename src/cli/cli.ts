/** The command line: one verb, one file. Exit codes: 0 done, 1 it failed or a check did not hold, 2 wrong usage. */
import { Command, CommanderError } from "commander";
import { printError } from "../host/log.ts";
import { OperationError } from "../host/operation-error.ts";
import { serveCommand } from "./serve.ts";

export async function runCli(args: readonly string[]): Promise<void> {
  const program = new Command("rushbox")
    .description(
      "Sells a limited stock in a limited time to far more people than can have it: exactly, durably, fairly.",
    )
    .exitOverride()
    .showHelpAfterError("Add --help for what is possible.");
  program.addCommand(serveCommand());
  try {
    await program.parseAsync(args, { from: "user" });
  } catch (cause) {
    if (cause instanceof CommanderError) {
      process.exitCode = cause.exitCode === 0 ? 0 : 2;
    } else {
      printError(
        cause instanceof OperationError
          ? `rushbox: ${cause.message}`
          : `rushbox: ${cause instanceof Error ? cause.message : String(cause)}`,
      );
      process.exit(1);
    }
  }
}
