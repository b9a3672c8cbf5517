/** `rushbox serve`: runs the sale until it is told to stop. */
import { Command } from "commander";
import { startApp } from "../app.ts";
import { type Config, readConfig, settings } from "../config.ts";
import { log } from "../host/log.ts";

export function serveCommand(): Command {
  return addSettings(new Command("serve"))
    .description("Run the sale. Stops gracefully on SIGTERM and SIGINT.")
    .addHelpText("after", "\nExample:\n  rushbox serve --port 3000 --data ./data")
    .action(async (flags: Partial<Record<keyof Config, string>>) => {
      await serve(readConfig(flags));
    });
}

/** Adds a flag for every setting, or for some. */
export function addSettings(command: Command, names = Object.keys(settings) as (keyof Config)[]): Command {
  for (const name of names) {
    const { flag, placeholder, doc, env, fallback } = settings[name];
    const inWords = fallback === "" ? "" : `, default ${fallback}`;
    command.option(`--${flag} <${placeholder}>`, `${doc} (${env}${inWords})`);
  }
  return command;
}

async function serve(config: Config): Promise<void> {
  const app = await startApp(config);
  log("info", "ready", { url: app.url, port: app.port, data: config.data, http_threads: config.httpThreads });
  const stopped = new Promise<string>((resolve) => {
    process.once("SIGTERM", () => resolve("SIGTERM"));
    process.once("SIGINT", () => resolve("SIGINT"));
  });
  const signal = await Promise.race([stopped, app.failure]);
  log("info", "stopping", { signal });
  await app.stop();
  log("info", "stopped");
  process.exit(0);
}
