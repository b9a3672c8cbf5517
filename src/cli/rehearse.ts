/**
 * `rushbox rehearse`: a campaign before its day, with simulated buyers against a copy of it in a sandbox of its own. Of
 * the real server it asks how the campaign and the controls stand, and nothing else. A server that is asked for a
 * rehearsal starts this command with `--from-server`: then not even that, it is told on standard input.
 *
 * Exit 1 when it could not be done, was interrupted, or something in the copy did not hold.
 */
import { Command, InvalidArgumentError, Option } from "commander";
import { type Config, ownUrl, readConfig, type Settings, settingsOfCopy } from "../config.ts";
import { parseId } from "../domain/ids.ts";
import { limits } from "../domain/limits.ts";
import { rehearsalDefaults } from "../domain/rehearsal.ts";
import { print, showProgress } from "../host/log.ts";
import { OperationError } from "../host/operation-error.ts";
import { goLast, linesOfInput } from "../host/program.ts";
import { newSeed } from "../host/random.ts";
import type {
  RehearsalLine,
  RehearsalOrder,
  RehearsalReport,
  RehearsalSettings,
  RehearsedCampaign,
  RehearsedControls,
} from "../http/rehearsal-schemas.ts";
import { readOperatorKey } from "../secrets.ts";
import { callApi } from "./api.ts";
import { addSettings, wholeNumberOption } from "./command.ts";
import { printReport, showSecond } from "./rehearsal-report.ts";
import { rehearse } from "./rehearsal-run.ts";

interface Flags {
  readonly campaign?: string;
  readonly url?: string;
  readonly buyers: number;
  readonly scalpers: number;
  readonly paymentFailures: number;
  readonly rush: number;
  readonly seed?: number;
  readonly json?: boolean;
  readonly fromServer?: boolean;
}

export function rehearseCommand(): Command {
  const command = new Command("rehearse")
    .summary("a campaign before its day, in a sandbox")
    .description(
      "Rehearse a campaign before its day: a copy of it opens in a sandbox of its own, simulated buyers come, and you see what happens and what the limit is. The real sale is not touched. Exit 1 when something did not hold.",
    )
    .addOption(new Option("--campaign <id>", "the campaign to rehearse").argParser(campaignId))
    .option("--url <url>", "where it is; else --host and --port tell")
    .addOption(
      wholeNumberOption("--buyers <number>", "simulated buyers, scalpers' accounts among them", {
        max: limits.rehearsalBuyersMax,
      }).default(rehearsalDefaults.buyers),
    )
    .addOption(
      wholeNumberOption("--scalpers <percent>", "how many of them are scalpers' accounts", {
        min: 0,
        max: limits.rehearsalScalpersPercentMax,
      }).default(rehearsalDefaults.scalpers_percent),
    )
    .addOption(
      wholeNumberOption("--payment-failures <percent>", "how many orders are not paid", { min: 0, max: 100 }).default(
        rehearsalDefaults.payment_failures_percent,
      ),
    )
    .addOption(
      wholeNumberOption("--rush <seconds>", "how long people arrive around the opening", {
        max: limits.rehearsalRushSMax,
      }).default(rehearsalDefaults.rush_s),
    )
    .addOption(
      wholeNumberOption("--seed <number>", "the same crowd as with this seed before", {
        min: 0,
        max: limits.rehearsalSeedMax,
      }),
    )
    .option("--json", "print a line of JSON for every second, then the report as one")
    .addOption(new Option("--from-server", "the order comes on standard input, and ends with it").hideHelp());
  return addSettings(command, ["port", "host", "data", "operatorKey", "httpThreads", "areRatesLimited", "isLoadShed"])
    .addHelpText(
      "after",
      "\nThe operator's key is that of the data folder unless given. Whether rate limits and load shedding are on, and how\nmany HTTP threads there are, is taken from the same settings as the server's: give those that it runs with.",
    )
    .addHelpText(
      "after",
      "\nExamples:\n  rushbox rehearse --campaign cmp_0000000001 --data ./data\n  rushbox rehearse --campaign cmp_0000000001 --buyers 20000 --scalpers 30 --rush 60 --json",
    )
    .action(async (flags: Settings & Flags) => {
      process.exitCode = (await run(flags)) ? 0 : 1;
      // What the crowd still waits for would hold the process.
      process.exit();
    });
}

function campaignId(text: string): string {
  if (parseId("cmp", text) !== null) return text;
  throw new InvalidArgumentError("Give the id of a campaign, as cmp_0000000001.");
}

/** Whether all was exact. */
async function run(flags: Settings & Flags): Promise<boolean> {
  const { campaign, url, buyers, scalpers, paymentFailures, rush, seed, json, fromServer, ...others } = flags;
  const config = readConfig(others);
  goLast(); // a sale that runs on this machine comes first
  const interruption = new AbortController();
  const interrupt = () => interruption.abort(stopped("it was interrupted"));
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, interrupt);
  const rehearsal = {
    buyers,
    scalpers_percent: scalpers,
    payment_failures_percent: paymentFailures,
    rush_s: rush,
    seed: seed ?? newSeed()[0] >>> 0,
  };
  const isTold = fromServer === true;
  const order = isTold
    ? await orderOfServer(() => interruption.abort(stopped("the server let go of it")))
    : await askServer(config, { campaign, url }, rehearsal);
  const isJson = json === true || isTold;
  const report = await rehearse(order, {
    sandbox: settingsOfCopy(config),
    interrupted: interruption.signal,
    onProgress: (progress) => (isJson ? printLine({ progress }) : showSecond(progress)),
  }).finally(() => showProgress());
  tell(report, isJson, order.settings);
  return report.verification.exact;
}

function tell(report: RehearsalReport, isJson: boolean, { seed }: RehearsalSettings): void {
  if (isJson) {
    printLine({ report });
    return;
  }
  printReport(report);
  print(`\nThe same crowd again: --seed ${seed}`);
}

function printLine(line: RehearsalLine): void {
  print(JSON.stringify(line));
}

/** How the campaign and the controls stand there. */
async function askServer(
  config: Config,
  { campaign: id, url }: { readonly campaign: string | undefined; readonly url: string | undefined },
  settings: RehearsalSettings,
): Promise<RehearsalOrder> {
  if (id === undefined) {
    throw new OperationError({
      operation: "configure",
      subject: "--campaign is missing",
      hint: "Name the campaign to rehearse, as cmp_0000000001.",
    });
  }
  const as = readOperatorKey(config);
  const root = `${(url ?? ownUrl(config)).replace(/\/$/, "")}/v1`;
  const [campaign, controls] = await Promise.all([
    callApi<RehearsedCampaign>(`${root}/campaigns/${id}`, { as }),
    callApi<RehearsedControls>(`${root}/controls`, { as }),
  ]);
  return { campaign, controls, settings };
}

/** The first line of standard input; `onEnd` when the other end is gone. */
async function orderOfServer(onEnd: () => void): Promise<RehearsalOrder> {
  const lines = linesOfInput();
  const { value } = await lines.next();
  if (value === undefined) throw stopped("the server let go of it");
  void lines.next().then(onEnd);
  return JSON.parse(value) as RehearsalOrder;
}

function stopped(subject: string): OperationError {
  return new OperationError({ operation: "rehearse", subject, hint: "The sandbox is gone; nothing is left of it." });
}
