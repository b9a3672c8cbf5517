/** `rushbox controls`: shows what is limited and switched on in a running sale, and sets limits. */
import { Command, Option } from "commander";
import { ownUrl, readConfig, type Settings } from "../config.ts";
import { type RateLimitName, rateLimitNames } from "../domain/controls.ts";
import { print } from "../host/log.ts";
import { OperationError } from "../host/operation-error.ts";
import { readOperatorKey } from "../secrets.ts";
import { callApi } from "./api.ts";
import { addSettings, countText, durationText } from "./command.ts";

/** What says which server and with which key. */
export const operatorSettings = ["port", "host", "data", "operatorKey"] as const;

interface RateLimitJson {
  readonly quota: number;
  readonly window_s: number;
}

export interface ControlsJson {
  readonly rate_limits: Readonly<Record<RateLimitName, RateLimitJson | null>>;
  readonly switches_on: readonly { readonly name: string; readonly campaign_id: string | null }[];
  readonly risk_mode: string;
}

/** What is counted for a limit, as a person says it. */
const countedFor: Readonly<Record<RateLimitName, string>> = {
  buyer: "each buyer",
  address: "each address",
  campaign: "each campaign",
  overall: "all together",
  failures: "wrong tokens of an address",
  guests: "new guests from an address",
};

export function controlsCommand(): Command {
  const command = new Command("controls")
    .summary("see what is limited and switched on, set limits")
    .description("Show what is limited and switched on in a running sale; with --limit, set limits first.")
    .addOption(
      new Option(
        "--limit <name=quota/seconds>",
        `a limit: ${rateLimitNames.join(", ")}; off takes it off; may stand several times`,
      ).argParser((text, before: readonly string[] = []) => [...before, text]),
    )
    .option("--json", "print them as JSON")
    .option("--url <url>", "where it runs; else --host and --port tell");
  return addSettings(command, [...operatorSettings])
    .addHelpText(
      "after",
      "\nExamples:\n  rushbox controls --data ./data\n  rushbox controls --limit buyer=20/10 --limit address=off",
    )
    .action(async ({ limit = [], json = false, ...flags }: Settings & ControlsFlags) => {
      const limits = limit.map(limitIn);
      const controls =
        limits.length === 0
          ? await askControls(flags)
          : await askControls(flags, { rate_limits: Object.fromEntries(limits) });
      if (json) print(JSON.stringify(controls));
      else printControls(controls);
    });
}

interface ControlsFlags {
  readonly limit?: readonly string[];
  readonly json?: boolean;
  readonly url?: string;
}

/** The controls of a running server, after a change if there is one. */
export function askControls({ url, ...flags }: Settings & { url?: string }, body?: object): Promise<ControlsJson> {
  const config = readConfig(flags);
  const address = `${(url ?? ownUrl(config)).replace(/\/$/, "")}/v1/controls`;
  const as = readOperatorKey(config);
  return callApi<ControlsJson>(address, body === undefined ? { as } : { method: "POST", as, body });
}

export function printControls({ rate_limits, switches_on, risk_mode }: ControlsJson): void {
  print("Limits");
  for (const name of rateLimitNames) {
    const limit = rate_limits[name];
    const says = limit === null ? "off" : `${countText(limit.quota)} in ${durationText(limit.window_s * 1_000)}`;
    print(`  ${name.padEnd(10)} ${says.padEnd(18)} ${countedFor[name]}`);
  }
  print(
    `\n${switches_on.length === 0 ? "No switch is on" : `${switches_on.length === 1 ? "One switch is" : `${switches_on.length} switches are`} on`}`,
  );
  for (const { name, campaign_id } of switches_on) print(`  ${name.padEnd(16)} ${campaign_id ?? "everything"}`);
  print(`\nRisk mode: ${risk_mode}`);
}

function limitIn(text: string): [name: string, limit: RateLimitJson | null] {
  const [, name = "", quota, windowS] = /^(\w+)=(?:off|(\d+)\/(\d+))$/.exec(text) ?? [];
  if ((rateLimitNames as readonly string[]).includes(name)) {
    return [name, quota === undefined ? null : { quota: Number(quota), window_s: Number(windowS) }];
  }
  throw new OperationError({
    operation: "configure",
    subject: `--limit is ${JSON.stringify(text)}`,
    hint: `Give one of ${rateLimitNames.join(", ")} with attempts and seconds, as buyer=20/10, or off, as buyer=off.`,
  });
}
