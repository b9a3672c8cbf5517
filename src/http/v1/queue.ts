/**
 * A campaign's queue, and the passes of open campaigns: join, ask for one's place, leave, hear of it as a stream; ask
 * for a pass where one is needed and no queue is. Asking is cheap: the engine knows the answer, the disk is not touched.
 */
import { wayInto } from "../../domain/admission.ts";
import { parseId } from "../../domain/ids.ts";
import type { Answer } from "../../engine/mailbox.ts";
import { actorOf, type Buyer } from "../auth.ts";
import type { CampaignEntry, Catalogue } from "../catalogue.ts";
import type { HttpParts } from "../parts.ts";
import { problem } from "../problem.ts";
import { standingJson } from "../queue-json.ts";
import { json, wireTime } from "../respond.ts";
import type { Route } from "../route.ts";
import { openEntry } from "./entry-gate.ts";
import { notOpen } from "./reserve.ts";
import { streamResponse } from "./streams.ts";

type Parts = Pick<
  HttpParts,
  "admission" | "auth" | "catalogue" | "client" | "clock" | "counters" | "gate" | "office" | "passes" | "queueStreams"
>;

export function queueRoutes(parts: Parts): Route[] {
  return [
    {
      name: "join_queue",
      method: "POST",
      path: "/v1/campaigns/:id/queue",
      work: "joins",
      handle: (request, { id }) => join(parts, request, id),
    },
    {
      name: "get_queue_place",
      method: "GET",
      path: "/v1/campaigns/:id/queue",
      handle: (request, { id }) => ask(parts, request, id, "ask_queue"),
    },
    {
      name: "leave_queue",
      method: "POST",
      path: "/v1/campaigns/:id/queue/leave",
      work: "changes",
      handle: (request, { id }) => ask(parts, request, id, "leave_queue"),
    },
    {
      name: "stream_queue",
      method: "GET",
      path: "/v1/campaigns/:id/queue/stream",
      work: "streams",
      handle: (request, { id }) => stream(parts, request, id),
    },
    {
      name: "get_pass",
      method: "POST",
      path: "/v1/campaigns/:id/pass",
      work: "orders",
      handle: (request, { id }) => givePass(parts, request, id),
    },
  ];
}

async function join(parts: Parts, request: Request, id = ""): Promise<Response> {
  const entry = await openEntry(parts, request, campaignOf(parts.catalogue, id), "queue");
  if (entry instanceof Response) return entry;
  const { buyer, campaign } = entry;
  const where = { campaignId: campaign.view.id, buyerId: buyer.id };
  if (campaign.view.admission.challenge !== "none") {
    // Who is in line has solved theirs: joining again shows the place.
    const known = await parts.client.send({ type: "ask_queue", ...where });
    if (known === null) return problem("overloaded");
    if (known.code !== "not_queued") return respond(parts, campaign, buyer, known);
    const refused = await parts.admission.checkChallenge(request, buyer, campaign.view);
    if (refused !== null) return refused;
  }
  const off = parts.gate.refuseSwitchedOff("joins", where.campaignId); // token and challenge took their time
  if (off !== null) return off;
  const answer = await parts.client.send({ type: "join_queue", ...where, ...actorOf(buyer) });
  return answer === null ? problem("overloaded") : respond(parts, campaign, buyer, answer);
}

async function ask(parts: Parts, request: Request, id = "", type: "ask_queue" | "leave_queue"): Promise<Response> {
  const buyer = await parts.auth.buyerOf(request);
  if (buyer === null) return problem("unauthorized");
  const campaign = campaignOf(parts.catalogue, id);
  if (campaign === undefined) return problem("not_found");
  const limited = parts.gate.refuseQuestion(buyer.id);
  if (limited !== null) return limited;
  const answer = await parts.client.send({ type, campaignId: campaign.view.id, buyerId: buyer.id });
  return answer === null ? problem("overloaded") : respond(parts, campaign, buyer, answer);
}

function respond({ clock, passes }: Parts, campaign: CampaignEntry, buyer: Buyer, answer: Answer): Response {
  switch (answer.code) {
    case "queued":
    case "admitted": {
      const { text, pollAfterS } = standingJson(campaign, buyer.id, answer, { passes, nowMs: clock.nowMs() });
      return json(text, { status: answer.isNew ? 201 : 200, headers: { "retry-after": String(pollAfterS) } });
    }
    case "left":
      return json(`{"campaign_id":"${campaign.id}","state":"left"}`);
    case "limit_reached":
      return problem("limit_reached", { members: { limit_per_buyer: answer.limitPerBuyer } });
    case "sold_out":
      return problem("sold_out", { detail: "Nothing is left, and nothing can come back." });
    case "agent_share_taken":
      return problem("agent_share_taken", {
        detail: "Agents have all that they may have, and nothing of it can come back.",
        members: { available: 0 },
      });
    case "agents_not_allowed":
    case "not_queued":
    case "queue_off":
    case "queue_full":
    case "ended":
    case "not_found":
    case "outcome_unknown":
      return problem(answer.code);
    default:
      throw new Error(`no answer about a queue: ${answer.code}`);
  }
}

async function stream(parts: Parts, request: Request, id = ""): Promise<Response> {
  const buyer = await parts.auth.buyerOf(request);
  if (buyer === null) return problem("unauthorized");
  const campaign = campaignOf(parts.catalogue, id);
  if (campaign === undefined) return problem("not_found");
  const limited = parts.gate.refuseQuestion(buyer.id);
  if (limited !== null) return limited;
  const where = { campaignId: campaign.view.id, buyerId: buyer.id };
  const asOfSeq = parts.counters.committedSeq;
  const answer = await parts.client.send({ type: "ask_queue", ...where });
  if (answer === null) return problem("overloaded");
  if (answer.code !== "queued" && answer.code !== "admitted") return respond(parts, campaign, buyer, answer);
  const off = parts.gate.refuseSwitchedOff("streams", where.campaignId);
  if (off !== null) return off;
  const { text } = standingJson(campaign, buyer.id, answer, { passes: parts.passes, nowMs: parts.clock.nowMs() });
  return streamResponse(parts.queueStreams.open(where, text, asOfSeq));
}

/** Made here, from the campaign's state alone: before the opening there is none, so nobody can know theirs. */
async function givePass(parts: Parts, request: Request, id = ""): Promise<Response> {
  const entry = await openEntry(parts, request, campaignOf(parts.catalogue, id), "buy");
  if (entry instanceof Response) return entry;
  const { buyer, campaign } = entry;
  const { view } = campaign;
  const way = wayInto(view, parts.office.controls);
  if (way !== "pass") return problem("pass_off", { detail: passOffWords[way] });
  const nowMs = parts.clock.nowMs();
  switch (stateOf(parts, campaign)) {
    case "draft":
      return problem("not_found");
    case "scheduled":
      if (nowMs < (view.opensAtMs ?? 0)) return notOpen(view.opensAtMs, nowMs);
      break; // the engine opens it in this very moment
    case "paused":
      return problem("paused");
    case "ended":
      return problem("ended");
    case "open":
      if (parts.gate.isPaused(view.id)) return problem("paused");
      if (view.offers.every(({ line }) => parts.counters.available(line) === 0)) return problem("sold_out");
  }
  const refused = await parts.admission.checkChallenge(request, buyer, view);
  if (refused !== null) return refused;
  const off = parts.gate.refuseSwitchedOff("orders", view.id);
  if (off !== null) return off;
  const expiresAtMs = nowMs + view.admission.passWindowS * 1_000;
  const pass = parts.passes.sign({ campaignId: view.id, buyerId: buyer.id, entryId: null, expiresAtMs });
  return json(`{"campaign_id":"${campaign.id}","pass":"${pass}","expires_at":"${wireTime(expiresAtMs)}"}`, {
    status: 201,
  });
}

const passOffWords = {
  free: "This sale asks for no pass: buy when it is open.",
  queue: "The passes of this sale come from its queue: join it, and yours comes when it is your turn.",
  draw: "This sale is drawn: enter the draw of an offer. Who is drawn gets an order.",
} as const;

/** The state as shared memory has it, which is ahead of what this thread was told. */
function stateOf({ counters }: Parts, { view }: CampaignEntry): CampaignEntry["view"]["state"] {
  const [offer] = view.offers;
  return offer === undefined ? view.state : counters.state(offer.line);
}

function campaignOf(catalogue: Catalogue, id: string): CampaignEntry | undefined {
  const seq = parseId("cmp", id);
  return seq === null ? undefined : catalogue.campaign(seq);
}
