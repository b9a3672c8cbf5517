/** The waitlist of an offer: a buyer joins it, sees their place, leaves; an operator sees who waits. */
import { admitsAgents } from "../../domain/agents.ts";
import { formatId } from "../../domain/ids.ts";
import type { WaitlistRecord } from "../../domain/waitlist.ts";
import type { Answer } from "../../engine/mailbox.ts";
import { actorOf } from "../auth.ts";
import type { OfferEntry } from "../catalogue.ts";
import { requireOperator } from "../guard.ts";
import { buyerJsonOf } from "../order-json.ts";
import type { HttpParts } from "../parts.ts";
import { problem } from "../problem.ts";
import { readCursor, readLimit, readQuery } from "../query.ts";
import { json, wireTime } from "../respond.ts";
import type { Route } from "../route.ts";
import { notOpen } from "./reserve.ts";

type Parts = Pick<HttpParts, "admission" | "auth" | "catalogue" | "client" | "clock" | "counters" | "gate" | "orders">;

export function waitlistRoutes(parts: Parts): Route[] {
  return [
    {
      name: "join_waitlist",
      method: "POST",
      path: "/v1/offers/:id/waitlist",
      work: "joins",
      handle: (request, { id }) => ask(parts, request, id, "join_waitlist"),
    },
    {
      name: "get_waitlist_place",
      method: "GET",
      path: "/v1/offers/:id/waitlist",
      handle: (request, { id }) => ask(parts, request, id, "ask_waitlist"),
    },
    {
      name: "leave_waitlist",
      method: "POST",
      path: "/v1/offers/:id/waitlist/leave",
      work: "changes",
      handle: (request, { id }) => ask(parts, request, id, "leave_waitlist"),
    },
    {
      name: "list_waitlist",
      method: "GET",
      path: "/v1/offers/:id/waitlist/entries",
      work: "search",
      handle: (request, { id }) => list(parts, request, id),
    },
  ];
}

const drawnWords = "This sale is drawn: its entries are at /v1/offers/{id}/draw. Units that return go down its list.";

const shareWords =
  "Agents may buy their share of this sale while there are units. Units that return are for people: the buyer can join the waitlist on the shop's page.";

async function ask(
  parts: Parts,
  request: Request,
  id = "",
  type: "join_waitlist" | "ask_waitlist" | "leave_waitlist",
): Promise<Response> {
  const buyer = await parts.auth.buyerOf(request);
  if (buyer === null) return problem("unauthorized");
  const offer = parts.catalogue.offer(id);
  if (offer === undefined) return problem("not_found");
  const campaignId = offer.campaign.view.id;
  if (type === "join_waitlist") {
    const refused = parts.admission.admit(request, buyer, campaignId);
    if (refused !== null) return refused.response;
  } else {
    const limited = parts.gate.refuseQuestion(buyer.id);
    if (limited !== null) return limited;
  }
  if (type === "join_waitlist") {
    if (parts.gate.isPaused(campaignId)) return problem("paused");
    const off = parts.gate.refuseSwitchedOff("joins", campaignId); // the token took its time
    if (off !== null) return off;
  }
  const { admission, state } = offer.campaign.view;
  const mayJoin = !buyer.isAgent || admitsAgents(admission.agents, "waitlist");
  if (type === "join_waitlist" && !mayJoin && state !== "draft") return agentsNotAllowed(offer);
  if (admission.mode === "draw" && state !== "draft") return problem("waitlist_off", { detail: drawnWords });
  const where = { offerId: offer.view.id, buyerId: buyer.id };
  const answer = await parts.client.send(
    type === "join_waitlist" ? { type, ...where, ...actorOf(buyer) } : { type, ...where },
  );
  return answer === null ? problem("overloaded") : respond(parts, offer, answer);
}

function respond({ clock, counters }: Parts, offer: OfferEntry, answer: Answer): Response {
  switch (answer.code) {
    case "joined":
    case "waiting": {
      const { entryId, place } = answer;
      const waiting = Math.max(place, counters.waiting(offer.view.line));
      const where = `"offer_id":"${offer.id}","campaign_id":"${offer.campaign.id}"`;
      const text = `{"entry_id":"${formatId("wte", entryId)}",${where},"state":"waiting","place":${place},"waiting":${waiting}}`;
      return json(text, { status: answer.code === "joined" ? 201 : 200 });
    }
    case "left":
      return json(`{"offer_id":"${offer.id}","campaign_id":"${offer.campaign.id}","state":"left"}`);
    case "not_open":
      return notOpen(answer.opensAtMs, clock.nowMs());
    case "limit_reached":
      return problem("limit_reached", { members: { limit_per_buyer: answer.limitPerBuyer } });
    case "not_sold_out":
      return problem("not_sold_out", { members: { available: answer.available } });
    case "agents_not_allowed":
      return agentsNotAllowed(offer);
    case "not_waiting":
    case "waitlist_off":
    case "waitlist_full":
    case "ended":
    case "paused":
    case "not_found":
    case "outcome_unknown":
      return problem(answer.code);
    default:
      throw new Error(`no answer about a waitlist: ${answer.code}`);
  }
}

function agentsNotAllowed({ campaign }: OfferEntry): Response {
  return campaign.view.admission.agents.policy === "share"
    ? problem("agents_not_allowed", { detail: shareWords })
    : problem("agents_not_allowed");
}

async function list({ auth, catalogue, counters, orders }: Parts, request: Request, id = ""): Promise<Response> {
  const operator = await requireOperator(auth, request, "viewer");
  if (operator instanceof Response) return operator;
  const offer = catalogue.offer(id);
  if (offer === undefined) return problem("not_found");
  const query = readQuery(request, ["limit", "cursor"]);
  if (query instanceof Response) return query;
  const limit = readLimit(query.limit);
  if (limit instanceof Response) return limit;
  const after = readCursor("wte", query.cursor, 0);
  if (after instanceof Response) return after;
  const isOver = counters.waiting(offer.view.line) === 0; // who waited when the sale was settled waits no more
  const rows = isOver ? [] : orders.waitingAfter(offer.campaign.view.id, offer.view.id, after, limit + 1);
  const shown = rows.slice(0, limit);
  const next = rows.length > limit ? formatId("wte", shown.at(-1)?.entryId ?? 0) : null;
  return json(`{"entries":[${shown.map(entryJson).join(",")}],"next_cursor":${JSON.stringify(next)}}`);
}

function entryJson({ entryId, buyerId, joinedAtMs }: WaitlistRecord): string {
  const id = formatId("wte", entryId);
  return `{"entry_id":"${id}","buyer_id":${buyerJsonOf(buyerId)},"joined_at":"${wireTime(joinedAtMs)}"}`;
}
