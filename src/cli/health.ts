/** `rushbox health`: asks a running server whether it is ready. For the health check of a container. */
import { Command } from "commander";
import { ownUrl, readConfig, type Settings } from "../config.ts";
import { print } from "../host/log.ts";
import { OperationError } from "../host/operation-error.ts";
import { send } from "./api.ts";
import { addSettings } from "./command.ts";

const answerMsMax = 2_000; // a server that is slower than that is not fit for buyers

export function healthCommand(): Command {
  const command = new Command("health")
    .summary("ask a running server whether it is ready")
    .description("Ask a running server whether it is ready: exit 0 when it is, else 1.")
    .option("--url <url>", "where it is; else --host and --port tell");
  return addSettings(command, ["port", "host"])
    .addHelpText("after", "\nExample:\n  rushbox health --port 3000")
    .action(async ({ url, ...flags }: Settings & { url?: string }) => {
      await health(url ?? ownUrl(readConfig(flags)));
    });
}

async function health(url: string): Promise<void> {
  const address = `${url.replace(/\/$/, "")}/readyz`;
  const { status, text } = await send(address, {}, answerMsMax);
  if (status !== 200) {
    throw new OperationError({ operation: "health", subject: `${address} answers ${status}`, hint: detailOf(text) });
  }
  print("ready");
}

function detailOf(text: string): string {
  return /"detail":"([^"]*)"/.exec(text)?.[1] ?? "It is not ready.";
}
