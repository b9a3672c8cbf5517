/**
 * Orders as rows of a file, for a spreadsheet or the shop's books: CSV or JSON lines, page by page, with nothing held
 * open in between. What a download of the API and the command `export` have in common.
 */
import { stringify } from "csv-stringify/sync";
import { formatId } from "../domain/ids.ts";
import type { OrderRecord } from "../domain/order.ts";
import type { IdRange, OrderFilter, OrderPage } from "../domain/order-filter.ts";
import { wireTime, wireTimeOrNull } from "./respond.ts";

export const rowFormats = ["csv", "jsonl"] as const;
export type RowFormat = (typeof rowFormats)[number];

/** The columns in their order: an order as the API shows it, and the payment's reference. */
const columns = [
  "id",
  "offer_id",
  "campaign_id",
  "sku",
  "currency",
  "buyer_id",
  "by_agent",
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
type Row = Record<(typeof columns)[number], string | number | boolean | undefined>;

/** What a row has of its offer. */
interface Goods {
  readonly sku: string;
  readonly currency: string;
}

interface RowSource {
  readonly finder: {
    range(filter: OrderFilter): IdRange;
    oldestFirst(filter: OrderFilter, range: IdRange, limit: number): OrderPage;
  };
  readonly goodsOf: (offerId: number) => Goods;
}

/** Orders in one page: some 4 ms of work, most of it for CSV. A thread that sells does other things after each. */
const ordersPerPage = 250;

/** A part of the file, with so many orders in it; where few orders fit, many parts are empty. */
export interface RowPage {
  readonly text: string;
  readonly count: number;
}

/** The orders that fit and that there are now, oldest first, each as it stands when its page is read. */
export function rowPages(source: RowSource, filter: OrderFilter, format: RowFormat): Generator<RowPage, void> {
  return pagesWithin(source.finder.range(filter), source, filter, format);
}

function* pagesWithin(
  range: IdRange,
  { finder, goodsOf }: RowSource,
  filter: OrderFilter,
  format: RowFormat,
): Generator<RowPage, void> {
  if (format === "csv") yield { text: csvOf([columns]), count: 0 };
  for (let { first } = range; first < range.end; ) {
    const { orders, next } = finder.oldestFirst(filter, { first, end: range.end }, ordersPerPage);
    const rows = orders.map((order) => rowOf(order, goodsOf(order.offerId)));
    yield {
      text: format === "csv" ? csvOf(rows.map((row) => Object.values(row))) : jsonLinesOf(rows),
      count: rows.length,
    };
    first = next ?? range.end;
  }
}

function rowOf(order: OrderRecord, { sku, currency }: Goods): Row {
  return {
    id: formatId("ord", order.orderId),
    offer_id: formatId("off", order.offerId),
    campaign_id: formatId("cmp", order.campaignId),
    sku,
    currency,
    buyer_id: order.buyerId,
    by_agent: order.actor !== null,
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
  if (rows.length === 0) return "";
  // A line end of any kind is quoted, not only the record's own.
  const cast = { boolean: String };
  return stringify([...rows], { escape_formulas: true, record_delimiter: "windows", quoted_match: /[\r\n]/, cast });
}

function jsonLinesOf(rows: readonly Row[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join("");
}
