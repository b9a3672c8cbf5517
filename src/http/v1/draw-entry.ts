/**
 * A buyer's own entry in the draw of an offer: enter, look, leave. Before the draw and while the list stands, the engine
 * knows it; what has become of an entry that is over is read from storage.
 */
import type { DrawEntryState } from "../../domain/admission.ts";
import { formatId } from "../../domain/ids.ts";
import type { Answer } from "../../engine/mailbox.ts";
import { newSalt } from "../../host/random.ts";
import { actorOf, type Buyer } from "../auth.ts";
import type { OfferEntry } from "../catalogue.ts";
import type { HttpParts } from "../parts.ts";
import { problem } from "../problem.ts";
import { json } from "../respond.ts";
import type { Route } from "../route.ts";
import { openEntry } from "./entry-gate.ts";
import { notOpen } from "./reserve.ts";

type Parts = Pick<HttpParts, "admission" | "auth" | "catalogue" | "client" | "clock" | "counters" | "gate" | "orders">;

export function drawEntryRoutes(parts: Parts): Route[] {
  return [
    {
      name: "enter_draw",
      method: "POST",
      path: "/v1/offers/:id/draw",
      work: "joins",
      handle: (request, { id }) => enter(parts, request, id),
    },
    {
      name: "get_draw_entry",
      method: "GET",
      path: "/v1/offers/:id/draw",
      handle: (request, { id }) => ask(parts, request, id, "ask_waitlist"),
    },
    {
      name: "leave_draw",
      method: "POST",
      path: "/v1/offers/:id/draw/leave",
      work: "changes",
      handle: (request, { id }) => ask(parts, request, id, "leave_waitlist"),
    },
  ];
}

async function enter(parts: Parts, request: Request, id = ""): Promise<Response> {
  const offer = parts.catalogue.offer(id);
  const entry = await openEntry(parts, request, offer?.campaign, "draw");
  if (entry instanceof Response) return entry;
  if (offer === undefined) throw new Error("an entry has its offer");
  const { buyer, campaign } = entry;
  const isDrawn = campaign.view.admission.mode === "draw";
  const state = parts.counters.state(offer.view.line);
  if (isDrawn && state === "open" && parts.gate.isPaused(campaign.view.id)) return problem("paused");
  if (isDrawn && campaign.view.admission.challenge !== "none" && state !== "ended") {
    // A solution counts once: nobody uses theirs up on a draw that takes no entries yet.
    const [nowMs, { opensAtMs }] = [parts.clock.nowMs(), campaign.view];
    if (state === "paused") return problem("paused");
    if (state === "scheduled" && nowMs < (opensAtMs ?? 0)) return notOpen(opensAtMs, nowMs);
    const known = await parts.client.send({ type: "ask_waitlist", offerId: offer.view.id, buyerId: buyer.id });
    if (known === null) return problem("overloaded");
    if (known.code !== "not_waiting") return respond(parts, offer, buyer, known);
    const refused = await parts.admission.checkChallenge(request, buyer, campaign.view);
    if (refused !== null) return refused;
  }
  const off = parts.gate.refuseSwitchedOff("joins", campaign.view.id); // token and challenge took their time
  if (off !== null) return off;
  const where = { offerId: offer.view.id, buyerId: buyer.id, ...actorOf(buyer) };
  const answer = await parts.client.send({ type: "enter_draw", ...where, salt: newSalt() });
  return answer === null ? problem("overloaded") : respond(parts, offer, buyer, answer);
}

async function ask(
  parts: Parts,
  request: Request,
  id = "",
  type: "ask_waitlist" | "leave_waitlist",
): Promise<Response> {
  const buyer = await parts.auth.buyerOf(request);
  if (buyer === null) return problem("unauthorized");
  const offer = parts.catalogue.offer(id);
  if (offer === undefined || offer.campaign.view.state === "draft") return problem("not_found");
  if (offer.campaign.view.admission.mode !== "draw") return problem("draw_off");
  const limited = parts.gate.refuseQuestion(buyer.id);
  if (limited !== null) return limited;
  const answer = await parts.client.send({ type, offerId: offer.view.id, buyerId: buyer.id });
  if (answer === null) return problem("overloaded");
  if (answer.code === "not_waiting" && type === "ask_waitlist") return respondStored(parts, offer, buyer);
  return respond(parts, offer, buyer, answer);
}

function respond(parts: Parts, offer: OfferEntry, buyer: Buyer, answer: Answer): Response {
  const { catalogue, clock, counters } = parts;
  switch (answer.code) {
    case "entered": {
      const { entryId, entries, isNew } = answer;
      const text = entryJson(offer, { entryId, state: "entered", entries, place: null, orderId: null });
      return json(text, { status: isNew ? 201 : 200 });
    }
    case "waiting": {
      const { entryId, place } = answer;
      const entries = Math.max(place, counters.waiting(offer.view.line));
      return json(entryJson(offer, { entryId, state: "waiting", entries, place, orderId: null }));
    }
    case "left":
      return respondStored(parts, offer, buyer);
    case "entered_elsewhere":
      return problem("entered_elsewhere", { members: { offer_id: catalogue.offerBySeq(answer.offerId).id } });
    case "not_waiting":
      return notInDraw();
    case "not_open":
      return notOpen(answer.opensAtMs, clock.nowMs());
    case "waitlist_full":
      return problem("waitlist_full", {
        detail: "This draw takes no more entries: enter another offer's, if there is one.",
      });
    case "entry_withdrawn":
    case "agents_not_allowed":
    case "draw_off":
    case "ended":
    case "paused":
    case "not_found":
    case "outcome_unknown":
      return problem(answer.code);
    default:
      throw new Error(`no answer about a draw: ${answer.code}`);
  }
}

/** What has become of an entry that the engine holds no more. */
function respondStored({ counters, orders }: Parts, offer: OfferEntry, buyer: Buyer): Response {
  const { campaign, view } = offer;
  const entry = orders.entryOfBuyer(campaign.view.id, view.id, buyer.id);
  if (entry === null) return notInDraw();
  const { entryId, orderId } = entry;
  const state = entry.state === "offered" ? "won" : entry.state === "left" ? "left" : "over";
  return json(entryJson(offer, { entryId, state, entries: counters.waiting(view.line), place: null, orderId }));
}

function notInDraw(): Response {
  return problem("not_waiting", { detail: "You are not in this draw: enter it while it is open." });
}

function entryJson(
  offer: OfferEntry,
  entry: {
    readonly entryId: number;
    readonly state: DrawEntryState;
    readonly entries: number;
    readonly place: number | null;
    readonly orderId: number | null;
  },
): string {
  return JSON.stringify({
    entry_id: formatId("wte", entry.entryId),
    offer_id: offer.id,
    campaign_id: offer.campaign.id,
    state: entry.state,
    entries: entry.entries,
    place: entry.place,
    order_id: entry.orderId === null ? null : formatId("ord", entry.orderId),
  });
}
