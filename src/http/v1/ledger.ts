/**
 * The ledger, page by page: for operators with buyers, for everybody without; what it says of one order; and receipts,
 * with the keys to check them.
 * Rows never change and have no gaps, so a full page is the same for ever.
 */
import { formatId, parseId } from "../../domain/ids.ts";
import { limits } from "../../domain/limits.ts";
import { receiptOf } from "../../domain/receipt.ts";
import { requireOperator } from "../guard.ts";
import type { HttpParts, LedgerEntry } from "../parts.ts";
import { problem } from "../problem.ts";
import { readAfter, readLimit, readQuery } from "../query.ts";
import { json, wireTime } from "../respond.ts";
import type { Route } from "../route.ts";
import { ownOrder } from "./orders.ts";

type Parts = Pick<HttpParts, "auth" | "catalogue" | "ledger" | "orders" | "receipts">;

const forEver = "public, max-age=31536000, immutable";
const forAMoment = "public, max-age=1";
/** Keys are as old as the data folder: an hour is for whoever restores another one in its place. */
const keysCaching = "public, max-age=3600";

export function ledgerRoutes(parts: Parts): Route[] {
  return [
    {
      name: "list_ledger",
      method: "GET",
      path: "/v1/ledger",
      work: "search",
      handle: (request) => list(parts, request),
    },
    {
      name: "list_campaign_ledger",
      method: "GET",
      path: "/v1/campaigns/:id/ledger",
      work: "search",
      handle: (request, { id }) => listPublic(parts, request, id),
    },
    {
      name: "get_receipt",
      method: "GET",
      path: "/v1/orders/:id/receipt",
      handle: (request, { id }) => getReceipt(parts, request, id),
    },
    {
      name: "get_order_history",
      method: "GET",
      path: "/v1/orders/:id/history",
      handle: (request, { id }) => getHistory(parts, request, id),
    },
    {
      name: "receipt_keys",
      method: "GET",
      path: "/.well-known/jwks.json",
      handle: async () =>
        json(JSON.stringify({ keys: [await parts.receipts.publicKey()] }), {
          headers: { "cache-control": keysCaching },
        }),
    },
  ];
}

async function list({ auth, ledger }: Parts, request: Request): Promise<Response> {
  const operator = await requireOperator(auth, request, "viewer");
  if (operator instanceof Response) return operator;
  const query = readQuery(request, ["after", "limit", "campaign_id"]);
  if (query instanceof Response) return query;
  const page = readPage(query);
  if (page instanceof Response) return page;
  const campaignId = query.campaign_id === undefined ? null : parseId("cmp", query.campaign_id);
  if (campaignId === null && query.campaign_id !== undefined) {
    return problem("invalid", { errors: [{ field: "campaign_id", detail: "must be the id of a campaign" }] });
  }
  const after = campaignId === null ? page.after : Math.max(page.after, campaignId - 1);
  const { rows, next } = ledger.rowsWithBuyersAfter(after, page.limit, campaignId);
  const texts = rows.map((row) => `{${rowMembers(row)},"buyer_id":${JSON.stringify(row.buyerId)}}`);
  return json(`{"rows":[${texts.join(",")}],"next_after":${next}}`);
}

/**
 * From the campaign's creation on the whole ledger, since the chain goes through all of it. Of what a draft says only
 * the hashes are told; such a page is told anew when the draft is published.
 */
function listPublic({ catalogue, ledger }: Parts, request: Request, id = ""): Response {
  const campaignId = parseId("cmp", id);
  const state = campaignId === null ? undefined : catalogue.campaign(campaignId)?.view.state;
  if (campaignId === null || state === undefined || state === "draft") return problem("not_found");
  const query = readQuery(request, ["after", "limit"]);
  if (query instanceof Response) return query;
  const page = readPage(query);
  if (page instanceof Response) return page;
  const after = Math.max(page.after, campaignId - 1);
  const rows = ledger.rowsAfter(after, page.limit);
  let isAllTold = true;
  const texts = rows.map((row) => {
    if (row.campaignId === null || isPublic(catalogue, row.campaignId)) return `{${rowMembers(row)}}`;
    isAllTold = false;
    return `{"seq":${row.seq},"hash":"${row.hash}"}`;
  });
  const isFull = rows.length === page.limit;
  const next = isFull ? (rows.at(-1)?.seq ?? null) : null;
  return json(
    `{"previous_hash":${JSON.stringify(ledger.hashOf(after))},"rows":[${texts.join(",")}],"next_after":${next}}`,
    { headers: { "cache-control": isFull && isAllTold ? forEver : forAMoment } },
  );
}

/** What this thread has not been told of yet counts as a draft. */
function isPublic(catalogue: Parts["catalogue"], campaignId: number): boolean {
  return (catalogue.campaign(campaignId)?.view.state ?? "draft") !== "draft";
}

function readPage(query: {
  readonly after?: string;
  readonly limit?: string;
}): { readonly after: number; readonly limit: number } | Response {
  const after = readAfter(query.after);
  if (after instanceof Response) return after;
  const limit = readLimit(query.limit, limits.ledgerPageSizeMax);
  return limit instanceof Response ? limit : { after, limit };
}

function rowMembers(row: LedgerEntry): string {
  const { seq, atMs, type, campaignId, offerId, orderId, previousSeq, available, held, sold, details, hash } = row;
  const id = (prefix: "cmp" | "off" | "ord", number: number | null) =>
    number === null ? "null" : `"${formatId(prefix, number)}"`;
  return (
    `"seq":${seq},"at":"${wireTime(atMs)}","type":"${type}","campaign_id":${id("cmp", campaignId)}` +
    `,"offer_id":${id("off", offerId)},"order_id":${id("ord", orderId)},"previous_seq":${previousSeq}` +
    `,"available":${available},"held":${held},"sold":${sold},"details":${JSON.stringify(details)},"hash":"${hash}"`
  );
}

/** What happened to an order: its rows are a chain back from the last, followed so far and no further. */
async function getHistory(parts: Parts, request: Request, id = ""): Promise<Response> {
  const own = await ownOrder(parts, request, id);
  if (own instanceof Response) return own;
  const texts: string[] = [];
  let seq: number | null = own.order.lastSeq;
  while (seq !== null && texts.length < limits.orderHistoryRowsMax) {
    const row: LedgerEntry | null = parts.ledger.row(seq);
    if (row === null) throw new Error(`row ${seq} of order ${own.order.orderId} is not in the ledger`);
    texts.unshift(`{${rowMembers(row)}}`);
    seq = row.previousSeq;
  }
  return json(`{"rows":[${texts.join(",")}],"is_complete":${seq === null}}`);
}

async function getReceipt(parts: Parts, request: Request, id = ""): Promise<Response> {
  const { ledger, receipts } = parts;
  const own = await ownOrder(parts, request, id);
  if (own instanceof Response) return own;
  const { order } = own;
  const salt = ledger.saltOf(order.orderId);
  if (salt === null) {
    return problem("not_found", { detail: "Its buyer's identity was erased, and with it what a receipt would show." });
  }
  const row = ledger.row(order.orderId);
  const previousHash = ledger.hashOf(order.orderId - 1);
  if (row === null || previousHash === null) throw new Error(`order ${order.orderId} is not in the ledger`);
  const signed = await receipts.sign(receiptOf({ row, previousHash, order: { ...order, salt } }));
  return json(JSON.stringify(signed));
}
