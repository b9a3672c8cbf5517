/**
 * Shows what was found: to a person as tables, to a program as `bench/results/latest.json`
 * (`quick.json` for a quick run). Medians with their range,
 * each beside its durability, each table under the machine it was measured on.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import colors from "picocolors";
import { print } from "../src/host/log.ts";
import { type Bench, type BenchContext, type Findings, isReached, medianOf, type Verdict } from "./bench.ts";
import { describeMachine, type Machine } from "./machine.ts";

export interface Report {
  readonly bench: Bench;
  readonly findings: Findings;
  /** How much of the machine other programs took meanwhile; `null` where that cannot be told. */
  readonly othersShare: number | null;
}

/** Above it the figures are not worth much: the program says so. */
const othersShareMax = 0.1;

export function printFindings(
  { findings, othersShare }: Report,
  machine: Machine,
  { rounds, size }: BenchContext,
): void {
  const { figures, verdicts, notes } = findings;
  print(colors.dim(`  on ${describeMachine(machine)}`));
  print(
    colors.dim(
      `  medians of ${rounds} ${rounds === 1 ? "round" : "rounds"}${size === "quick" ? ", quick: figures mean nothing" : ""}`,
    ),
  );
  printTable(
    ["measured", "median", "range", "durability"],
    figures.map(({ what, unit, values, durability }) => [
      what,
      `${format(medianOf(values))} ${unit}`,
      rangeOf(values),
      durability,
    ]),
  );
  printVerdicts(verdicts);
  for (const note of notes) print(`  ${colors.dim(note)}`);
  if (othersShare !== null) {
    const said = `other programs took ${(othersShare * 100).toFixed(0)} % of the machine meanwhile`;
    print(
      othersShare > othersShareMax ? colors.yellow(`  ${said}: measure again without them`) : colors.dim(`  ${said}`),
    );
  }
  print();
}

export function printVerdicts(verdicts: readonly Verdict[]): void {
  if (verdicts.length === 0) return;
  printTable(
    ["question", "median", "range", "target", "reached"],
    verdicts.map((verdict) => [
      verdict.question,
      `${format(medianOf(verdict.values))} ${verdict.unit}`,
      rangeOf(verdict.values),
      targetOf(verdict),
      reachedOf(verdict),
    ]),
  );
}

/** Answers the path of the file. */
export async function writeReport(
  reports: readonly Report[],
  machine: Machine,
  context: BenchContext,
): Promise<string> {
  const folder = join(import.meta.dir, "results");
  mkdirSync(folder, { recursive: true });
  const path = join(folder, context.size === "quick" ? "quick.json" : "latest.json");
  const benches = reports.map(({ bench, findings, othersShare }) => ({
    name: bench.name,
    question: bench.question,
    othersShare,
    figures: findings.figures.map((figure) => ({ ...figure, median: medianOf(figure.values) })),
    verdicts: findings.verdicts.map((verdict) => ({
      ...verdict,
      median: medianOf(verdict.values),
      reached: isReached(verdict),
    })),
    notes: findings.notes,
  }));
  const { size, rounds, keyed, connections, rushbox } = context;
  const written = {
    at: new Date(context.clock.nowMs()).toISOString(),
    machine,
    program: rushbox.description,
    size,
    rounds,
    keyed,
    connections,
    benches,
  };
  await Bun.write(path, `${JSON.stringify(written, null, 2)}\n`);
  return path;
}

function reachedOf(verdict: Verdict): string {
  const reached = isReached(verdict);
  if (reached === null) return "-";
  return reached ? colors.green("yes") : colors.red("no");
}

function targetOf({ target, unit }: Verdict): string {
  if (target === null) return "-";
  return "atLeast" in target ? `>= ${format(target.atLeast)} ${unit}` : `<= ${format(target.atMost)} ${unit}`;
}

function rangeOf(values: readonly number[]): string {
  return values.length < 2 ? "" : `${format(Math.min(...values))} - ${format(Math.max(...values))}`;
}

/** Three digits that say something. */
function format(value: number): string {
  if (Math.abs(value) >= 1_000) return Math.round(value).toLocaleString("en-US");
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(2);
}

function printTable(head: readonly string[], rows: readonly (readonly string[])[]): void {
  if (rows.length === 0) return;
  const widths = head.map((name, column) =>
    Math.max(name.length, ...rows.map((row) => visibleLength(row[column] ?? ""))),
  );
  const line = (cells: readonly string[]): string =>
    cells.map((cell, column) => cell + " ".repeat((widths[column] ?? 0) - visibleLength(cell))).join("  ");
  print(`  ${colors.bold(line(head).trimEnd())}`);
  for (const row of rows) print(`  ${line(row).trimEnd()}`);
}

function visibleLength(text: string): number {
  return Bun.stringWidth(text);
}
