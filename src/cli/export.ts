/**
 * `rushbox export`: orders as CSV or as JSON lines, all or some. Reads page by page and holds nothing open in between,
 * however slow the reader is: memory stays small, and a running server is not held up.
 */
import { closeSync, fsyncSync, openSync, writeFileSync } from "node:fs";
import { Command, Option } from "commander";
import { readConfig, type Settings } from "../config.ts";
import { formatId } from "../domain/ids.ts";
import { orderStates } from "../domain/order.ts";
import type { OrderFilter } from "../domain/order-filter.ts";
import { isTerminal, printError, printText } from "../host/log.ts";
import { OperationError } from "../host/operation-error.ts";
import { type OrderFilterName, orderFilterNames, parseOrderFilter } from "../http/order-filter.ts";
import { type RowFormat, type RowPage, rowFormats, rowPages } from "../http/order-rows.ts";
import { openReader } from "../storage/sqlite/open.ts";
import { OrderSearch } from "../storage/sqlite/order-search.ts";
import { SqliteReader } from "../storage/sqlite/reader.ts";
import { addSettings, countOf } from "./command.ts";

/** Takes a text; `false` when nobody wants more. */
type Sink = (text: string) => boolean;

type FilterFlag = "campaign" | "offer" | "buyer" | "state" | "from" | "to";

/** The flags that choose orders, by their names in the API. */
const filterFlags: Readonly<Record<OrderFilterName, { flag: FilterFlag; placeholder: string; doc: string }>> = {
  campaign_id: { flag: "campaign", placeholder: "id", doc: "only orders of this campaign" },
  offer_id: { flag: "offer", placeholder: "id", doc: "only orders of this offer" },
  buyer_id: { flag: "buyer", placeholder: "id", doc: "only orders of this buyer" },
  state: { flag: "state", placeholder: "state", doc: `only orders in this state now: ${orderStates.join(", ")}` },
  from: { flag: "from", placeholder: "time", doc: "only orders reserved at this time or later" },
  to: { flag: "to", placeholder: "time", doc: "only orders reserved before this time" },
};

type Flags = Settings & { format: RowFormat; out?: string } & Partial<Record<FilterFlag, string>>;

export function exportCommand(): Command {
  const command = new Command("export")
    .summary("orders as CSV or JSON lines")
    .description("Write all orders, or some, as CSV or JSON lines, oldest first, also while the sale runs.")
    .addOption(new Option("--format <format>", "csv or jsonl").choices(rowFormats).default("csv"))
    .option("--out <file>", "the file to make, instead of standard output");
  for (const { flag, placeholder, doc } of Object.values(filterFlags))
    command.option(`--${flag} <${placeholder}>`, doc);
  return addSettings(command, ["data"])
    .addHelpText(
      "after",
      "\nCSV is RFC 4180 in UTF-8. A text that a spreadsheet would run as a formula gets an apostrophe before it.\nTimes are RFC 3339 with a zone.",
    )
    .addHelpText(
      "after",
      "\nExamples:\n  rushbox export --format csv --out orders.csv\n  rushbox export --state paid --from 2026-11-11T00:00:00+08:00 --to 2026-11-12T00:00:00+08:00\n  rushbox export --format jsonl --campaign cmp_0000000001 | wc -l",
    )
    .action((flags: Flags) => {
      const pages = pagesOf(readConfig(flags).data, readFilter(flags), flags.format);
      if (flags.out === undefined) writePages(pages, printText);
      else exportToFile(pages, flags.out);
    });
}

function readFilter(flags: Flags): OrderFilter {
  const texts = Object.fromEntries(
    orderFilterNames.flatMap((name) => {
      const text = flags[filterFlags[name].flag];
      return text === undefined ? [] : [[name, text]];
    }),
  );
  return parseOrderFilter(texts, ({ field, detail }) => {
    const { flag } = filterFlags[field];
    throw new OperationError({
      operation: "configure",
      subject: `--${flag} is ${JSON.stringify(flags[flag])}`,
      hint: `It ${detail}.`,
    });
  });
}

function pagesOf(folder: string, filter: OrderFilter, format: RowFormat): Iterable<RowPage> {
  const db = openReader(folder);
  const offers = new Map(new SqliteReader(db).offers().map((offer) => [offer.id, offer]));
  const goodsOf = (offerId: number) => {
    const offer = offers.get(offerId);
    if (offer === undefined) throw new Error(`offer ${formatId("off", offerId)} does not exist`);
    return offer;
  };
  return rowPages({ finder: new OrderSearch(db), goodsOf }, filter, format);
}

function exportToFile(pages: Iterable<RowPage>, path: string): void {
  try {
    const file = openSync(path, "wx");
    const count = writePages(pages, (text) => {
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

/** Writes page after page while somebody wants more; answers how many orders. */
function writePages(pages: Iterable<RowPage>, write: Sink): number {
  let ordersCount = 0;
  for (const { text, count } of pages) {
    if (text !== "" && !write(text)) break;
    ordersCount += count;
  }
  return ordersCount;
}
