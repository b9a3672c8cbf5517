/**
 * `rushbox load`: brings a crowd to a running sale, then reconciles what was acknowledged with the stock and with the
 * orders that the server has. Exit 1 when they do not agree.
 */
import { Command, Option } from "commander";
import { type Config, ownUrl, readConfig, type Settings } from "../config.ts";
import { limits } from "../domain/limits.ts";
import { startClock } from "../host/clock.ts";
import { print, showProgress } from "../host/log.ts";
import { OperationError } from "../host/operation-error.ts";
import { newUuid } from "../host/random.ts";
import { findOperatorKey, readJwtSecret } from "../secrets.ts";
import { addSettings, countOf, countText, durationOption, durationText, wholeNumberOption } from "./command.ts";
import { reconcile } from "./load-reconcile.ts";
import { type LoadReport, printReport, reportJson } from "./load-report.ts";
import { runLoad } from "./load-run.ts";
import { findSale, makeSale } from "./load-sale.ts";
import { signTokens } from "./token.ts";

interface LoadFlags {
  readonly offer?: string;
  readonly stock: number;
  readonly limit: number;
  readonly connections: number;
  readonly rate?: number;
  readonly duration: number;
  readonly buyers: number;
}

const durationMsDefault = 10_000;
const stockDefault = 100_000;
/** What is reserved in the run's own campaign stays reserved until the reconciliation is long done. */
const graceMs = 900_000;
const readsMax = 10;
const readAgainMs = 500;

export function loadCommand(): Command {
  const command = new Command("load")
    .summary("bring a crowd, then check that everything agrees")
    .description(
      "Bring a crowd to a running sale: every attempt ends in an outcome that is counted by its name. Then what was acknowledged, the stock and the orders must agree; exit 1 when they do not.",
    )
    .option("--url <url>", "where it runs; else --host and --port tell")
    .addOption(
      wholeNumberOption("--connections <number>", "connections, each with one attempt at a time", {
        max: 10_000,
      }).default(64),
    )
    .addOption(
      wholeNumberOption("--rate <number>", "attempts a second, answered or not; else as fast as they are answered", {
        max: 1_000_000,
      }),
    )
    .addOption(durationOption("--duration <duration>", "how long", 100).default(durationMsDefault, "10s"))
    .addOption(wholeNumberOption("--buyers <number>", "buyers, who take turns", { max: 1_000_000 }).default(10_000))
    .addOption(new Option("--offer <id>", "an offer to buy; else a campaign is made for the run and ended after it"))
    .addOption(
      wholeNumberOption("--stock <number>", "units in that campaign", { min: 0, max: limits.stockMax })
        .default(stockDefault)
        .conflicts("offer"),
    )
    .addOption(
      wholeNumberOption("--limit <number>", "units per buyer in that campaign", { max: limits.quantityMax })
        .default(limits.quantityMax)
        .conflicts("offer"),
    )
    .option("--json", "print the result as JSON");
  return addSettings(command, ["port", "host", "data", "operatorKey", "jwtSecret", "jwksUrl"])
    .addHelpText(
      "after",
      "\nThe keys are those of the data folder unless given. With --rate the latency of an attempt counts from the time when\nit was due, so a stall is charged for everyone who would have come meanwhile.\n\nWhere the campaign of an --offer needs a pass, buyers ask for one first; where it has a queue, they join it, ask for\ntheir place as often as they are told, and buy when it is their turn; where it is drawn, they enter the draw.",
    )
    .addHelpText(
      "after",
      "\nExamples:\n  rushbox load --data ./data --duration 10s\n  rushbox load --rate 2000 --buyers 5000 --stock 500 --limit 1",
    )
    .action(async ({ url, json = false, ...given }: Settings & LoadFlags & { url?: string; json?: boolean }) => {
      const { offer, stock, limit, connections, rate, duration, buyers, ...flags } = given;
      const config = readConfig(flags);
      const address = (url ?? ownUrl(config)).replace(/\/$/, "");
      if (!json) print(`${loadText(given)} on ${address}\n`);
      const report = await load(config, given, address);
      if (json) print(reportJson(report));
      else printReport(report);
      process.exitCode = report.reconciliation.disagreements.length === 0 ? 0 : 1;
    });
}

async function load(config: Config, flags: LoadFlags, url: string): Promise<LoadReport> {
  const { connections, rate = null, duration: durationMs, buyers, offer, stock, limit } = flags;
  const clock = startClock();
  const secret = readJwtSecret(config);
  const operatorKey = findOperatorKey(config);
  const run = newUuid().slice(-8);
  const interruption = new AbortController();
  process.once("SIGINT", () => interruption.abort()); // the first ends the run early, a second one the process
  const paymentWindowS = Math.min(limits.paymentWindowSMax, Math.ceil((durationMs + graceMs) / 1_000));
  const sale =
    offer === undefined
      ? await makeSale(url, operatorKey, { stock, limit, paymentWindowS })
      : await findSale(url, operatorKey, offer);
  try {
    const before = await sale.look();
    const expiresAtMs = clock.nowMs() + durationMs + graceMs;
    const names = Array.from({ length: buyers }, (_, number) => `load-${run}-${number}`); // new in every run
    const onSigned = (count: number) =>
      showProgress(`signing ${countText(count)} of ${countText(buyers)} buyers' tokens ...`);
    const tokens = await signTokens(secret, names, { expiresAtMs, onSigned });
    const result = await runLoad({
      url,
      offerId: sale.offerId,
      campaignId: sale.campaignId,
      way: sale.way,
      tokens,
      connections,
      rate,
      durationMs,
      keyPrefix: `load-${run}-`,
      clock,
      interrupted: interruption.signal,
      onProgress: ({ elapsedMs, ended, acknowledged }) => {
        const perSecond = countText(Math.round((ended * 1_000) / elapsedMs));
        const sofar = `${countText(ended)} attempts, ${perSecond}/s, ${countText(acknowledged.length)} acknowledged`;
        showProgress(`${durationText(elapsedMs)}: ${sofar}`);
      },
    });
    if (result.ended === 0) {
      throw new OperationError({ operation: "load", subject: "nothing was answered", hint: `Is ${url} still there?` });
    }
    showProgress("reading the orders back ...");
    const readers = operatorKey === null ? tokens : [operatorKey];
    const isOwn = offer === undefined;
    const readBack = async () => {
      const after = await sale.look();
      return {
        after,
        reconciliation: await reconcile(url, readers, { before: [before], after: [after], isOwn, result }),
      };
    };
    let { after, reconciliation } = await readBack();
    // Units that moved while the orders were read, as when they expire, belong to neither count: read both again.
    for (let n = 0; n < readsMax && reconciliation.disagreements.length > 0; n++) {
      if ((await sale.look()).available === after.available) break;
      await Bun.sleep(readAgainMs);
      ({ after, reconciliation } = await readBack());
    }
    return { url, connections, buyers, rate, before, after, result, reconciliation };
  } finally {
    showProgress();
    await sale.end();
  }
}

function loadText({ connections, buyers, duration, rate, offer }: LoadFlags): string {
  const pace = rate === undefined ? "as fast as answered" : `${countText(rate)} attempts a second`;
  const crowd = `${countOf(buyers, "buyer")} on ${countOf(connections, "connection")}`;
  return `${crowd}, ${durationText(duration)}, ${pace}, ${offer ?? "an offer of their own"}`;
}
