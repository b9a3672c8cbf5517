/** What a rehearsal tells a person: a line for every second, and the report. */
import { print, showProgress } from "../host/log.ts";
import type { RehearsalProgress, RehearsalReport } from "../http/rehearsal-schemas.ts";
import { colors, countOf, countText, durationText } from "./command.ts";
import { percentText } from "./rehearsal-bottleneck.ts";

export function showSecond({ second, phase, ...now }: RehearsalProgress): void {
  const when = `${second < 0 ? "-" : "+"}${Math.abs(second)} s`;
  const units = `${countText(now.available)} left, ${countText(now.held)} reserved, ${countText(now.sold)} paid`;
  const speed = `${countText(now.orders_per_s)} orders/s, p99 ${now.p99_ms === null ? "-" : durationText(now.p99_ms)}`;
  showProgress(`${when.padStart(6)}  ${phase}: ${units}; ${countText(now.waiting)} wait; ${speed}`);
}

export function printReport(report: RehearsalReport): void {
  const { copy, offers, buy_call: call, payments, queue, bottleneck, verification } = report;
  print(colors.bold(`Rehearsed: ${copy.title}`));
  const crowd = `${countOf(report.humans, "person").replace("persons", "people")} and ${countOf(report.scalpers, "account")} of scalpers`;
  print(colors.dim(`${crowd}, ${durationText(report.duration_s * 1_000)}. ${copy.differences.join(" ")}`));

  table(
    ["offer", "units", "sold out after", "paid", "unpaid", "left", "scalpers"],
    offers.map((offer) => [
      offer.sku,
      countText(offer.units),
      offer.sold_out_after_s === null ? "never" : durationText(offer.sold_out_after_s * 1_000),
      countText(offer.paid),
      countText(offer.unpaid),
      countText(offer.left),
      countText(offer.units_of_scalpers),
    ]),
  );
  const counted = (rows: RehearsalReport["outcomes"]) =>
    rows.map(({ outcome, humans, scalpers }) => [outcome, countText(humans), countText(scalpers)]);
  table(["how it ended for", "people", "scalpers"], counted(report.outcomes));
  table(["answers to their tries", "people", "scalpers"], counted(report.answers));

  print();
  fact("Scalpers got", `${percentText(report.scalpers_share)} of the units that went to buyers`);
  fact(
    "Buy call",
    `p50 ${durationText(call.p50_ms)}, p99 ${durationText(call.p99_ms)}, slowest ${durationText(call.max_ms)} (${countText(call.count)})`,
  );
  fact(
    "Busiest second",
    `${countOf(report.peak.orders_per_s, "order")}, ${countOf(report.peak.requests_per_s, "request")}`,
  );
  const wait =
    queue.longest_wait_s === null ? "" : `, up to ${durationText(queue.longest_wait_s * 1_000)} in the queue`;
  fact("Longest line", `${countOf(queue.longest, "buyer")}${wait}`);
  fact(
    "Payments",
    `${countText(payments.paid)} paid, ${countText(payments.failed)} failed, ${countText(payments.expired)} expired, ${countText(payments.refunded)} came too late, ${countOf(payments.units_returned, "unit")} returned`,
  );
  fact("Limit", colors.bold(bottleneck.limit));
  print(`${" ".repeat(labelWidth)}${bottleneck.why}`);
  print(`${" ".repeat(labelWidth)}${colors.cyan(bottleneck.advice)}`);
  const what = `${countOf(verification.checks, "check")} over ${countOf(verification.rows, "row")}`;
  fact(
    "Verified",
    verification.exact ? colors.green(`everything exact (${what})`) : colors.red(`not everything holds (${what})`),
  );
  for (const line of verification.failures) print(`${" ".repeat(labelWidth)}${colors.red(line)}`);
}

const labelWidth = 18;
const firstWidth = 26;
const width = 15;

function fact(label: string, text: string): void {
  print(`${colors.dim(label.padEnd(labelWidth))}${text}`);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const rowText = (cells: readonly string[]) =>
    cells.map((cell, at) => (at === 0 ? `${cell} `.padEnd(firstWidth) : cell.padStart(width))).join("");
  print(`\n${colors.dim(rowText(head))}`);
  for (const row of rows) print(rowText(row));
}
