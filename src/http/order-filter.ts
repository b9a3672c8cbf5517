/**
 * Which orders are asked for, as texts: of a query string, or of a command's flags. All that is wrong is named at once.
 * An id that nothing has is no mistake: no order fits it.
 */
import { type IdPrefix, parseId } from "../domain/ids.ts";
import { limits } from "../domain/limits.ts";
import { type OrderState, orderStates } from "../domain/order.ts";
import type { OrderFilter } from "../domain/order-filter.ts";
import { problem } from "./problem.ts";
import { parseTime } from "./schemas.ts";

export const orderFilterNames = ["campaign_id", "offer_id", "buyer_id", "state", "from", "to"] as const;
export type OrderFilterName = (typeof orderFilterNames)[number];
type FilterTexts = Readonly<Partial<Record<OrderFilterName, string>>>;

interface FilterError {
  readonly field: OrderFilterName;
  readonly detail: string;
}

/** The filter of a query string, or the refusal. */
export function readOrderFilter(texts: FilterTexts): OrderFilter | Response {
  const errors: FilterError[] = [];
  const filter = parseOrderFilter(texts, (error) => errors.push(error));
  return errors.length === 0 ? filter : problem("invalid", { errors });
}

/** The filter that the texts say; `fail` is told of each that cannot be read. */
export function parseOrderFilter(texts: FilterTexts, fail: (error: FilterError) => void): OrderFilter {
  const read = <N extends OrderFilterName, T>(field: N, parse: (text: string) => T | null, detail: string) => {
    const text = texts[field];
    if (text === undefined) return undefined;
    const value = parse(text);
    if (value === null) fail({ field, detail });
    return value ?? undefined;
  };
  const id = (field: OrderFilterName, prefix: IdPrefix, noun: string) =>
    read(field, (text) => parseId(prefix, text), `must be the id of ${noun}, as ${prefix}_ and ten letters or digits`);
  const time = (field: OrderFilterName) =>
    read(field, parseTime, "must be a time with a zone, as 2026-11-11T12:00:00Z (in an address, + is written %2B)");
  const filter = {
    campaignId: id("campaign_id", "cmp", "a campaign"),
    offerId: id("offer_id", "off", "an offer"),
    buyerId: read("buyer_id", parseBuyerId, `must have 1 to ${limits.buyerIdLengthMax} characters`),
    state: read("state", parseState, `must be one of ${orderStates.join(", ")}`),
    fromMs: time("from"),
    toMs: time("to"),
  };
  const { fromMs, toMs } = filter;
  if (fromMs !== undefined && toMs !== undefined && toMs <= fromMs) {
    fail({ field: "to", detail: "must be later than from: it is the first moment that is not meant" });
  }
  return filter;
}

function parseBuyerId(text: string): string | null {
  return text.length > 0 && text.length <= limits.buyerIdLengthMax ? text : null;
}

function parseState(text: string): OrderState | null {
  return orderStates.find((state) => state === text) ?? null;
}
