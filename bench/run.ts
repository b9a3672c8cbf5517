/**
 * `npm run bench`: runs all benchmarks, or those that are named, one after the other, and writes the report.
 * Starts what it compares with and stops it again; what is missing it names and goes on. Ends with 1 when a benchmark
 * could not be carried out; a target that was missed is a finding, not a failure.
 */
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import colors from "picocolors";
import { startClock } from "../src/host/clock.ts";
import { print, printError } from "../src/host/log.ts";
import type { Bench, BenchContext } from "./bench.ts";
import { crowdBench } from "./crowd.bench.ts";
import { engineBench } from "./engine.bench.ts";
import { fairnessBench } from "./fairness.bench.ts";
import { httpBench } from "./http.bench.ts";
import { latencyBench } from "./latency.bench.ts";
import { ledgerBench } from "./ledger.bench.ts";
import { describeMachine, isTmpfs, probeMachine, watchOthers } from "./machine.ts";
import { memoryBench } from "./memory.bench.ts";
import { oldOrdersBench } from "./old-orders.bench.ts";
import { overloadBench } from "./overload.bench.ts";
import { pageBench } from "./page.bench.ts";
import { MissingError, stopPrograms } from "./programs.ts";
import { printFindings, printVerdicts, type Report, writeReport } from "./report.ts";
import { findRushbox } from "./rushbox.ts";
import { startBench } from "./start.bench.ts";
import { streamsBench } from "./streams.bench.ts";
import { writerBench } from "./writer.bench.ts";

const benches: readonly Bench[] = [
  httpBench,
  latencyBench,
  overloadBench,
  oldOrdersBench,
  engineBench,
  writerBench,
  ledgerBench,
  startBench,
  memoryBench,
  crowdBench,
  fairnessBench,
  streamsBench,
  pageBench,
];

const usage = `Usage: npm run bench -- [name ...] [options]

  --quick          a short run that proves the benchmarks still work
  --rounds N       how often everything takes its turn (5; quick: 1)
  --keys           every request over HTTP carries an Idempotency-Key of its own
  --connections N  how many ask at once for the highest rate (64)
  --folder DIR     where the data lies while it is measured (a temporary folder; not on a tmpfs)
  --program FILE   the rushbox to measure (dist/rushbox)
  --before FILE    an older one, for what the ledger costs over HTTP

${benches.map(({ name, question }) => `  ${name.padEnd(15)}  ${question}`).join("\n")}`;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: "boolean", default: false },
    rounds: { type: "string" },
    keys: { type: "boolean", default: false },
    connections: { type: "string", default: "64" },
    folder: { type: "string" },
    program: { type: "string" },
    before: { type: "string" },
    help: { type: "boolean", default: false },
  },
});

process.exitCode = await main();

async function main(): Promise<number> {
  const unknown = positionals.filter((name) => benches.every((bench) => bench.name !== name));
  const [rounds, connections] = [Number(options.rounds ?? (options.quick ? 1 : 5)), Number(options.connections)];
  const areCounts = [rounds, connections].every((count) => Number.isInteger(count) && count > 0);
  if (options.help || unknown.length > 0 || !areCounts) {
    if (unknown.length > 0) printError(`There is no benchmark ${unknown.join(", ")}.`);
    print(usage);
    return options.help ? 0 : 2;
  }
  const folder = makeFolder(options.folder);
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void interrupt(folder));
  try {
    const rushbox = findRushbox(options.program);
    const size = options.quick ? "quick" : "full";
    const before = options.before === undefined ? null : findRushbox(options.before);
    const load = { size, rounds, keyed: options.keys, connections } as const;
    const context = { ...load, folder, clock: startClock(), rushbox, before };
    const selected = benches.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
    return await runAll(selected, context);
  } finally {
    await stopPrograms();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function runAll(selected: readonly Bench[], context: BenchContext): Promise<number> {
  const machine = probeMachine(context.folder, context.clock);
  print(describeMachine(machine));
  print(context.rushbox.description);
  print();
  const reports: Report[] = [];
  let failures = 0;
  for (const bench of selected) {
    print(`${colors.bold(bench.name)}: ${bench.question}`);
    const startedAtMs = context.clock.elapsedMs();
    const othersShare = watchOthers();
    try {
      const report = { bench, findings: await bench.run(context), othersShare: othersShare() };
      reports.push(report);
      printFindings(report, machine, context);
    } catch (error) {
      if (!(error instanceof MissingError)) failures += 1;
      printError(`  ${bench.name} was not carried out: ${error instanceof Error ? error.message : String(error)}\n`);
    }
    print(colors.dim(`  took ${((context.clock.elapsedMs() - startedAtMs) / 1_000).toFixed(0)} s`));
    print();
  }
  if (selected.length > 1) printVerdicts(reports.flatMap(({ findings }) => findings.verdicts));
  print(`Written to ${await writeReport(reports, machine, context)}`);
  return failures === 0 ? 0 : 1;
}

/** On a disk: a tmpfs syncs for nothing. Readable by all, since PostgreSQL runs as another user than root. */
function makeFolder(parent: string | undefined): string {
  const temporary = isTmpfs(tmpdir()) ? join(import.meta.dir, "results") : tmpdir();
  const base = parent ?? temporary;
  mkdirSync(base, { recursive: true });
  const folder = mkdtempSync(join(base, "rushbox-bench-"));
  chmodSync(folder, 0o755);
  return folder;
}

async function interrupt(folder: string): Promise<void> {
  await stopPrograms();
  rmSync(folder, { recursive: true, force: true });
  process.exit(130);
}
