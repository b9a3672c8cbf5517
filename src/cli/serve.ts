/** `rushbox serve`: runs the sale until it is told to stop. */
import { Command, Option } from "commander";
import { type App, startApp } from "../app.ts";
import { type Config, readConfig, type Settings } from "../config.ts";
import { log } from "../host/log.ts";
import { linesOfInput } from "../host/program.ts";
import { addSettings } from "./command.ts";

export function serveCommand(): Command {
  return addSettings(new Command("serve"))
    .summary("run the sale")
    .description("Run the sale. Stops gracefully on SIGTERM and SIGINT.")
    .addHelpText("after", "\nExample:\n  rushbox serve --port 3000 --data ./data")
    .addOption(new Option("--until-input-ends", "stop when standard input ends, as a rehearsal's copy does").hideHelp())
    .action(({ untilInputEnds = false, ...flags }: Settings & { untilInputEnds?: boolean }) =>
      serve(readConfig(flags), untilInputEnds),
    );
}

async function serve(config: Config, endsWithInput: boolean): Promise<void> {
  const app = await startApp(config);
  log("info", "ready", { url: app.url, port: app.port, data: config.data, http_threads: config.httpThreads });
  const reasons: Promise<string>[] = [untilStopped(app)];
  if (endsWithInput) reasons.push(untilInputEnds());
  const signal = await Promise.race(reasons);
  log("info", "stopping", { signal });
  await app.stop();
  log("info", "stopped");
  process.exit(0);
}

/** Waits for SIGTERM or SIGINT and answers which; a second one ends the process at once. Throws when the app fails. */
export function untilStopped(app: App): Promise<NodeJS.Signals> {
  const { promise, resolve } = Promise.withResolvers<NodeJS.Signals>();
  process.once("SIGTERM", () => resolve("SIGTERM"));
  process.once("SIGINT", () => resolve("SIGINT"));
  return Promise.race([promise, app.failure]);
}

/** Whoever started it holds the other end, and lets go at the latest when they are gone. */
async function untilInputEnds(): Promise<string> {
  for await (const _ of linesOfInput());
  return "end of input";
}
