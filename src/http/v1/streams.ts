/** Event streams: a campaign's for everybody, a buyer's orders for that buyer, everything for operators. */
import { parseId } from "../../domain/ids.ts";
import { requireOperator } from "../guard.ts";
import type { HttpParts } from "../parts.ts";
import { problem } from "../problem.ts";
import type { Route } from "../route.ts";

type Parts = Pick<HttpParts, "auth" | "catalogue" | "gate" | "noticeStreams" | "orderStreams" | "stockStreams">;

export function streamRoutes(parts: Parts): Route[] {
  return [
    {
      name: "stream_campaign",
      method: "GET",
      path: "/v1/campaigns/:id/stream",
      work: "streams",
      handle: (request, { id }) => streamCampaign(parts, request, id),
    },
    {
      name: "stream_orders",
      method: "GET",
      path: "/v1/orders/stream",
      work: "streams",
      handle: (request) => streamOrders(parts, request),
    },
    {
      name: "stream_events",
      method: "GET",
      path: "/v1/events/stream",
      handle: (request) => streamEvents(parts, request),
    },
  ];
}

function streamCampaign({ auth, catalogue, stockStreams }: Parts, request: Request, id = ""): Response {
  const seq = parseId("cmp", id);
  const campaign = seq === null ? undefined : catalogue.campaign(seq);
  if (campaign === undefined || (campaign.view.state === "draft" && !auth.isOperator(request)))
    return problem("not_found");
  const after = readLastEventId(request);
  return after instanceof Response ? after : streamResponse(stockStreams.open(campaign.view.id));
}

async function streamOrders({ auth, gate, orderStreams }: Parts, request: Request): Promise<Response> {
  const buyer = await auth.buyerOf(request);
  if (buyer === null) return problem("unauthorized");
  const off = gate.refuseSwitchedOff("streams", null); // the token took its time
  if (off !== null) return off;
  const after = readLastEventId(request);
  return after instanceof Response ? after : streamResponse(orderStreams.open(buyer.id, after));
}

async function streamEvents({ auth, noticeStreams }: Parts, request: Request): Promise<Response> {
  const operator = await requireOperator(auth, request, "viewer");
  if (operator instanceof Response) return operator;
  const after = readLastEventId(request);
  if (after instanceof Response) return after;
  if (after !== null && !noticeStreams.isReached(after))
    return wrongLastEventId("is not reached yet: begin again with 0");
  return streamResponse(noticeStreams.open(after, () => auth.isOperator(request)));
}

/** The stream as an answer, or the refusal where none could be had. */
export function streamResponse(stream: ReadableStream<Uint8Array> | null): Response {
  if (stream === null)
    return problem("overloaded", { detail: "Too many streams are open: close one, or ask again later." });
  const headers = {
    "content-type": "text/event-stream",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "x-accel-buffering": "no", // nginx would hold events back
  };
  return new Response(stream, { headers });
}

function readLastEventId(request: Request): number | null | Response {
  const text = request.headers.get("last-event-id");
  if (text === null || text === "") return null;
  if (/^\d{1,16}$/.test(text)) return Number(text);
  return wrongLastEventId("must be an id of this stream");
}

function wrongLastEventId(detail: string): Response {
  return problem("invalid", { errors: [{ field: "Last-Event-ID", detail }] });
}
