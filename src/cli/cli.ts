/** The command line: one verb, one file. Exit codes: 0 done, 1 it failed or a check did not hold, 2 wrong usage. */
import { Command, CommanderError } from "commander";
import { version } from "../../package.json";
import { print, printError } from "../host/log.ts";
import { OperationError } from "../host/operation-error.ts";
import { backupCommand } from "./backup.ts";
import { colors } from "./command.ts";
import { controlsCommand } from "./controls.ts";
import { demoCommand } from "./demo.ts";
import { exportCommand } from "./export.ts";
import { healthCommand } from "./health.ts";
import { loadCommand } from "./load.ts";
import { mcpCommand } from "./mcp.ts";
import { migrateCommand } from "./migrate.ts";
import { rehearseCommand } from "./rehearse.ts";
import { restoreCommand } from "./restore.ts";
import { serveCommand } from "./serve.ts";
import { switchCommand } from "./switch.ts";
import { tokenCommand } from "./token.ts";
import { verifyCommand } from "./verify.ts";
import { verifyDrawCommand } from "./verify-draw.ts";

export async function runCli(args: readonly string[]): Promise<void> {
  const program = buildProgram();
  try {
    await program.parseAsync(args, { from: "user" });
  } catch (cause) {
    if (cause instanceof CommanderError) {
      process.exitCode = cause.exitCode === 0 ? 0 : 2;
      return;
    }
    printError(`rushbox: ${cause instanceof Error ? cause.message : String(cause)}`);
    process.exit(cause instanceof OperationError && cause.operation === "configure" ? 2 : 1);
  }
}

function buildProgram(): Command {
  const program = new Command("rushbox")
    .description(
      "Sells a limited stock in a limited time to far more people than can have it: exactly, durably, fairly.",
    )
    .version(`rushbox ${version}`, "-v, --version", "print the version")
    .helpCommand("help [command]", "print the help of a command")
    .helpOption("-h, --help", "print this help")
    .usage("<command> [options]")
    .addHelpText("after", "\nStart with 'rushbox demo'. Each command has its own --help, with an example.")
    .showHelpAfterError("Add --help for what is possible.")
    .configureHelp({
      styleTitle: colors.bold,
      styleCommandText: colors.cyan,
      styleOptionText: colors.cyan,
      subcommandTerm: (command) => command.name(),
    })
    .configureOutput({ writeOut: (text) => print(text.trimEnd()), writeErr: (text) => printError(text.trimEnd()) })
    .exitOverride();
  const commands = [
    demoCommand(),
    serveCommand(),
    tokenCommand(),
    healthCommand(),
    controlsCommand(),
    switchCommand(),
    mcpCommand(),
    loadCommand(),
    rehearseCommand(),
    verifyCommand(),
    verifyDrawCommand(),
    backupCommand(),
    restoreCommand(),
    exportCommand(),
    migrateCommand(),
  ];
  // A command that is added, unlike one made in place, knows nothing of its program's ways until told.
  for (const command of commands) program.addCommand(command.copyInheritedSettings(program));
  return program;
}
