/** `rushbox serve`: runs the sale until it is told to stop. */
import { Command } from "commander";
import { type App, startApp } from "../app.ts";
import { type Config, readConfig, type Settings } from "../config.ts";
import { log } from "../host/log.ts";
import { addSettings } from "./command.ts";

export function serveCommand(): Command {
  return addSettings(new Command("serve"))
    .summary("run the sale")
    .description("Run the sale. Stops gracefully on SIGTERM and SIGINT.")
    .addHelpText("after", "\nExample:\n  rushbox serve --port 3000 --data ./data")
    .action((flags: Settings) => serve(readConfig(flags)));
}

async function serve(config: Config): Promise<void> {
  const app = await startApp(config);
  log("info", "ready", { url: app.url, port: app.port, data: config.data, http_threads: config.httpThreads });
  const signal = await untilStopped(app);
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
