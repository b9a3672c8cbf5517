/**
 * `rushbox export`: all orders as CSV or as JSON lines, for a spreadsheet or the shop's books. Reads page by page and
 * holds nothing open in between, however slow the reader is: memory stays small, and a running server is not held up.
 */
import { closeSync, fsyncSync, openSync, writeFileSync } from "node:fs";
import { Command, Option } from "commander";
import { stringify } from "csv-stringify/sync";
import { readConfig, type Settings } from "../config.ts";
import { formatId } from "../domain/ids.ts";
import type { OfferRecord } from "../domain/offer.ts";
import type { OrderRecord } from "../domain/order.ts";
import { isTerminal, printError, printText } from "../host/log.ts";
import { OperationError } from "../host/operation-error.ts";
import { wireTime, wireTimeOrNull } from "../http/respond.ts";
import { openReader } from "../storage/sqlite/open.ts";
import { SqliteReader } from "../storage/sqlite/reader.ts";
import { addSettings, countOf } from "./command.ts";

const formats = ["csv", "jsonl"] as const;
type Format = (typeof formats)[number];

/** Takes a text; `false` when nobody wants more. */
type Sink = (text: string) => boolean;

/** The columns in their order: an order as the API shows it, and the payment's reference. */
const columns = [
  "id",
  "offer_id",
  "campaign_id",
  "sku",
  "currency",
  "buyer_id",
  "quantity",
  "amount_minor",
  "state",
  "seq",
  "reserved_at",
  "expires_at",
  "paid_at",
  "ended_at",
  "payment_reference",
] as const;

/** What has not happened is `undefined`: left out of JSON, empty in CSV. */
type Row = Record<(typeof columns)[number], string | number | undefined>;

export function exportCommand(): Command {
  const command = new Command("export")
    .summary("all orders as CSV or JSON lines")
    .description("Write all orders as CSV or JSON lines, oldest first, also while the sale runs.")
    .addOption(new Option("--format <format>", "csv or jsonl").choices(formats).default("csv"))
    .option("--out <file>", "the file to make, instead of standard output");
  return addSettings(command, ["data"])
    .addHelpText(
      "after",
      "\nCSV is RFC 4180 in UTF-8. A text that a spreadsheet would run as a formula gets an apostrophe before it.",
    )
    .addHelpText(
      "after",
      '\nExamples:\n  rushbox export --format csv --out orders.csv\n  rushbox export --format jsonl | grep \'"state":"paid"\' | wc -l',
    )
    .action(({ format, out, ...flags }: Settings & { format: Format; out?: string }) => {
      const reader = new SqliteReader(openReader(readConfig(flags).data));
      if (out === undefined) exportOrders(reader, format, printText);
      else exportToFile(reader, format, out);
    });
}

function exportToFile(reader: SqliteReader, format: Format, path: string): void {
  try {
    const file = openSync(path, "wx");
    const count = exportOrders(reader, format, (text) => {
      writeFileSync(file, text);
      return true;
    });
    fsyncSync(file);
    closeSync(file);
    if (isTerminal.stderr) printError(`${countOf(count, "order")} in ${path}`);
  } catch (cause) {
    const exists = cause instanceof Error && "code" in cause && cause.code === "EEXIST";
    throw new OperationError({
      operation: "export",
      subject: exists ? `${path} exists already` : `${path} cannot be written`,
      hint: exists ? "Name another file: none is overwritten." : "What stands in it is not whole: remove it.",
      ...(exists ? {} : { cause }),
    });
  }
}

/** Writes every order that there was when it began, as it stands when its page is read; answers how many. */
function exportOrders(reader: SqliteReader, format: Format, write: Sink): number {
  const { seq: lastSeq } = reader.last();
  const offers = new Map(reader.offers().map((offer) => [offer.id, offer]));
  let count = 0;
  if (format === "csv" && !write(csvOf([columns]))) return count;
  for (const page of reader.ordersAfter(0)) {
    const rows: Row[] = [];
    for (const order of page) if (order.orderId <= lastSeq) rows.push(rowOf(order, offers.get(order.offerId)));
    if (rows.length === 0) break;
    if (!write(format === "csv" ? csvOf(rows.map((row) => Object.values(row))) : jsonLinesOf(rows))) break;
    count += rows.length;
  }
  return count;
}

function rowOf(order: OrderRecord, offer: OfferRecord | undefined): Row {
  if (offer === undefined)
    throw new Error(`order ${formatId("ord", order.orderId)} is of an offer that does not exist`);
  return {
    id: formatId("ord", order.orderId),
    offer_id: formatId("off", order.offerId),
    campaign_id: formatId("cmp", order.campaignId),
    sku: offer.sku,
    currency: offer.currency,
    buyer_id: order.buyerId,
    quantity: order.quantity,
    amount_minor: order.amountMinor,
    state: order.state,
    seq: order.orderId,
    reserved_at: wireTime(order.reservedAtMs),
    expires_at: wireTime(order.expiresAtMs),
    paid_at: wireTimeOrNull(order.paidAtMs) ?? undefined,
    ended_at: wireTimeOrNull(order.endedAtMs) ?? undefined,
    payment_reference: order.paymentReference ?? undefined,
  };
}

function csvOf(rows: readonly (readonly unknown[])[]): string {
  // A line end of any kind is quoted, not only the record's own.
  return stringify([...rows], { escape_formulas: true, record_delimiter: "windows", quoted_match: /[\r\n]/ });
}

function jsonLinesOf(rows: readonly Row[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join("");
}
