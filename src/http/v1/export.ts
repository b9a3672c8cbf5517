/**
 * Orders as a download. Pulled, not pushed: a page is read when the client has taken the one before, so a slow client
 * costs one page of memory and nothing in the database, and one that is gone ends it. Each page is a turn of its own:
 * who buys on this thread meanwhile waits for one page at most.
 */
import { limits } from "../../domain/limits.ts";
import { log } from "../../host/log.ts";
import { requireOperator } from "../guard.ts";
import { orderFilterNames, readOrderFilter } from "../order-filter.ts";
import { type RowFormat, type RowPage, rowFormats, rowPages } from "../order-rows.ts";
import type { HttpParts } from "../parts.ts";
import { problem } from "../problem.ts";
import { readChoice, readQuery } from "../query.ts";
import { wireTime } from "../respond.ts";
import type { Route } from "../route.ts";

type Parts = Pick<HttpParts, "auth" | "catalogue" | "client" | "clock" | "orderFinder">;

const contentTypes: Readonly<Record<RowFormat, string>> = {
  csv: "text/csv; charset=utf-8",
  jsonl: "application/x-ndjson",
};

export function exportRoute(parts: Parts): Route {
  let openCount = 0;
  const hold = () => {
    openCount += 1;
    return () => {
      openCount -= 1;
    };
  };
  return {
    name: "export_orders",
    method: "GET",
    path: "/v1/orders/export",
    work: "exports",
    async handle(request) {
      const operator = await requireOperator(parts.auth, request, "viewer");
      if (operator instanceof Response) return operator;
      const query = readQuery(request, ["format", ...orderFilterNames]);
      if (query instanceof Response) return query;
      const format = readChoice("format", query.format, rowFormats);
      if (format instanceof Response) return format;
      const filter = readOrderFilter(query);
      if (filter instanceof Response) return filter;
      if (openCount >= limits.exportsPerThreadMax)
        return problem("overloaded", { detail: "Too many exports are under way: wait for one to end." });
      const finder = parts.orderFinder;
      const goodsOf = (offerId: number) => parts.catalogue.offerBySeq(offerId).view;
      const pages = rowPages({ finder, goodsOf }, filter, format ?? "csv");
      // The download does not wait for the audit log. It is not told whose orders were asked for: it outlives erasure.
      const subject = query.offer_id ?? query.campaign_id ?? "";
      const command = { type: "note_action", action: "export_orders", subject } as const;
      if (request.method === "GET" && parts.client.send(command, { operator: operator.name }) === null)
        return problem("overloaded");
      return download(pages, format ?? "csv", parts.clock.nowMs(), hold());
    },
  };
}

function download(pages: Generator<RowPage, void>, format: RowFormat, nowMs: number, release: () => void): Response {
  let isOver = false;
  const end = () => {
    if (!isOver) release();
    isOver = true;
    pages.return();
  };
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const page = await nextPage(pages);
          if (isOver) return;
          if (page !== null) {
            controller.enqueue(page);
            return;
          }
          controller.close();
        } catch (cause) {
          const text = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
          log("error", "an export broke off", { cause: text });
          controller.error(cause); // without an end, so that nobody takes it for whole
        }
        end();
      },
      cancel: end,
    },
    { highWaterMark: 0 }, // not a page is made that nobody has asked for
  );
  const stamp = wireTime(nowMs).replaceAll(/[-:]|\.\d+/g, "");
  const headers = {
    "content-type": contentTypes[format],
    "content-disposition": `attachment; filename="orders-${stamp}.${format}"`,
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
  };
  return new Response(stream, { headers });
}

const encoder = new TextEncoder();

/** The next text that is not empty, or `null` at the end. Others have their turn before each page. */
async function nextPage(pages: Generator<RowPage, void>): Promise<Uint8Array | null> {
  for (;;) {
    await new Promise((resolve) => setImmediate(resolve));
    const { value } = pages.next();
    if (value === undefined) return null;
    if (value.text !== "") return encoder.encode(value.text);
  }
}
