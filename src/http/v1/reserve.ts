/**
 * `POST /v1/offers/{id}/orders`: the buy path. What shared memory can answer for certain (not open, paused, ended,
 * sold out, no pass where one is needed) is answered here, on the HTTP thread; everything else is the engine's decision.
 * Written for speed: no promise when the token is known and the answer is at hand, no object that is not needed, no log.
 */
import type { RefusalReason } from "../../admission/pass.ts";
import { type WayIn, wayInto } from "../../domain/admission.ts";
import { admitsAgents } from "../../domain/agents.ts";
import type { Reserve } from "../../domain/command.ts";
import { limits } from "../../domain/limits.ts";
import { type AttemptOutcome, attemptOutcomes } from "../../domain/outcome.ts";
import { hashKey } from "../../engine/hash.ts";
import type { Answer } from "../../engine/mailbox.ts";
import { newUuid } from "../../host/random.ts";
import type { Refusal } from "../admission.ts";
import { actorOf, type Buyer } from "../auth.ts";
import { hasBody, readJson } from "../body.ts";
import type { OfferEntry } from "../catalogue.ts";
import { orderJson } from "../order-json.ts";
import type { HttpParts } from "../parts.ts";
import { problem } from "../problem.ts";
import { apiHeaders, json, wireTimeOrNull } from "../respond.ts";
import type { Route } from "../route.ts";
import { ReserveBody } from "../schemas.ts";

type Parts = Pick<
  HttpParts,
  | "admission"
  | "auth"
  | "board"
  | "catalogue"
  | "client"
  | "clock"
  | "counters"
  | "gate"
  | "keyFilter"
  | "metrics"
  | "office"
  | "orders"
  | "passes"
>;

/** A purchase as it was asked for, checked for form. */
interface Attempt {
  readonly request: Request;
  readonly offer: OfferEntry;
  readonly buyer: Buyer;
  readonly quantity: number;
  readonly key: string | null;
  readonly isAsync: boolean;
  readonly way: WayIn;
  /** What the buyer shows for a pass where one is needed; `null` when nothing. */
  readonly pass: string | null;
}

type MemoryRefusal = "not_found" | "agents_not_allowed" | "not_open" | "paused" | "ended" | "sold_out" | "switched_off";

export function reserveRoute(parts: Parts): Route {
  const series = Object.fromEntries(
    attemptOutcomes.map((outcome) => [outcome, parts.metrics.series("rushbox_attempts_total", { outcome })]),
  ) as Record<AttemptOutcome, number>;
  const ended = (outcome: AttemptOutcome, response: Response, offer?: OfferEntry) => {
    parts.metrics.add(series[outcome], 1);
    if (offer !== undefined) parts.board.countOutcome(offer.campaign.line, outcome);
    return response;
  };

  function handle(request: Request, params: Readonly<Record<string, string>>): Response | Promise<Response> {
    const buyer = parts.auth.buyerOf(request);
    if (buyer instanceof Promise) return buyer.then((verified) => withBuyer(request, params["id"] ?? "", verified));
    return withBuyer(request, params["id"] ?? "", buyer);
  }

  function withBuyer(request: Request, offerId: string, buyer: Buyer | null): Response | Promise<Response> {
    if (buyer === null) return ended("unauthorized", problem("unauthorized"));
    const offer = parts.catalogue.offer(offerId);
    if (offer === undefined) return ended("not_found", problem("not_found"));
    const key = readKey(request);
    if (key instanceof Response) return ended("invalid", key);
    const refused = parts.admission.admit(request, buyer, offer.campaign.view.id);
    if (refused !== null && (refused.outcome === "blocked" || !isRepetition(buyer, key)))
      return ended(refused.outcome, refused.response, offer);
    const prefer = request.headers.get("prefer");
    const isAsync = prefer !== null && /(^|[,;\s])respond-async($|[,;\s])/i.test(prefer);
    const way = wayInto(offer.campaign.view, parts.office.controls);
    const pass = way === "free" ? null : request.headers.get("rushbox-pass");
    const wanted = { request, offer, buyer, quantity: 1, key, isAsync, way, pass };
    if (!hasBody(request)) return refused === null ? attempt(wanted) : repeat(wanted, refused);
    return readJson(request, ReserveBody).then((body) => {
      if (body instanceof Response) return ended("invalid", body);
      // Reading may take seconds, in which somebody may have been blocked.
      const blocked = parts.admission.refuseBlocked(request, buyer);
      if (blocked !== null) return ended("blocked", blocked, offer);
      const asked = { ...wanted, quantity: body.quantity ?? 1 };
      return refused === null ? attempt(asked) : repeat(asked, refused);
    });
  }

  /** Who may not try for another order is told of the one that they have, where their key has one on disk. */
  function repeat(wanted: Attempt, { outcome, response }: Refusal): Response {
    return respondStored(wanted, () => ended(outcome, response, wanted.offer));
  }

  /** Whoever asks again for the order that they have is told of it, also when they may not try for another. */
  function isRepetition(buyer: Buyer, key: string | null): boolean {
    return key !== null && parts.keyFilter.mayHave(hashKey(buyer.id, key)) && parts.gate.admitsRepetition(buyer.id);
  }

  function attempt(wanted: Attempt): Response | Promise<Response> {
    const { offer, key } = wanted;
    const refusal = refusalFromMemory(wanted);
    // A buyer who repeats a key must get their order whatever has become of the sale: the engine knows. The filter is
    // asked after the counts were read, since the engine writes it before them.
    // Where buyers may only look, the engine is not asked at all: a stored order is.
    if (refusal === "switched_off") {
      const refuseIt = () => refuseSwitchedOff(wanted);
      return mayHaveOrder(wanted) || !offer.campaign.view.areKeysFiltered
        ? respondStored(wanted, refuseIt)
        : refuseIt();
    }
    if (refusal !== null && !mayHaveOrder(wanted)) return refuse(wanted, refusal);
    if (wanted.way !== "free") {
      const failure = passFailureOf(wanted, wanted.way);
      // The engine would take a purchase that is new to it; without a pass this can only be one that is stored.
      if (failure !== null) {
        const refuseIt = () => (refusal === null ? refuseEntry(wanted, failure) : refuse(wanted, refusal));
        return mayHaveOrder(wanted) ? respondStored(wanted, refuseIt) : refuseIt();
      }
    }
    const shed = parts.gate.shed("orders");
    if (shed !== null) return ended("overloaded", shed, offer);
    if (wanted.isAsync) return accept(wanted);
    const answer = parts.client.send(commandOf(wanted, key));
    return answer === null
      ? ended("overloaded", problem("overloaded"), offer)
      : answer.then((known) => respond(wanted, known));
  }

  /** What shared memory says for certain; `null` when the engine must decide. Same order of checks as the engine. */
  function refusalFromMemory({ offer, buyer }: Attempt): MemoryRefusal | null {
    const { line } = offer.view;
    const campaignId = offer.campaign.view.id;
    const state = parts.counters.state(line);
    if (state !== "draft" && parts.gate.refuseSwitchedOff("orders", campaignId) !== null) return "switched_off";
    if (buyer.isAgent && state !== "draft" && !admitsAgents(offer.campaign.view.admission.agents, "buy"))
      return "agents_not_allowed";
    switch (state) {
      case "draft":
        return "not_found";
      case "scheduled":
        return parts.clock.nowMs() < (offer.campaign.view.opensAtMs ?? 0) ? "not_open" : null;
      case "open":
        if (parts.gate.isPaused(campaignId)) return "paused";
        return parts.counters.available(line) === 0 ? "sold_out" : null;
      case "paused":
      case "ended":
        return state;
    }
  }

  function mayHaveOrder({ buyer, key }: Attempt): boolean {
    return key !== null && parts.keyFilter.mayHave(hashKey(buyer.id, key));
  }

  /** Why this buyer is not let in; `null` when their pass is good, as far as can be told without the engine. */
  function passFailureOf({ offer, buyer, pass }: Attempt, way: Exclude<WayIn, "free">): RefusalReason | null {
    if (way === "draw") return "drawn";
    const [campaignId, isFromQueue] = [offer.campaign.view.id, way === "queue"];
    const need = { campaignId, buyerId: buyer.id, isFromQueue, nowMs: parts.clock.nowMs() };
    const { code } = parts.passes.check(pass, need);
    return code === "good" ? null : code;
  }

  function refuseEntry({ offer, way }: Attempt, reason: RefusalReason): Response {
    return ended("not_admitted", notAdmitted(way, reason), offer);
  }

  function refuse(wanted: Attempt, refusal: Exclude<MemoryRefusal, "switched_off">): Response {
    switch (refusal) {
      case "ended":
        // The filter has said no: that is certain unless the campaign was settled before this start.
        return wanted.offer.campaign.view.areKeysFiltered
          ? refuseEnded(wanted)
          : respondStored(wanted, () => refuseEnded(wanted));
      case "agents_not_allowed":
        return wanted.offer.campaign.view.areKeysFiltered
          ? refuseAgent(wanted)
          : respondStored(wanted, () => refuseAgent(wanted));
      case "not_open":
        return ended("not_open", notOpen(wanted.offer.campaign.view.opensAtMs, parts.clock.nowMs()), wanted.offer);
      case "not_found":
      case "paused":
      case "sold_out":
        return ended(refusal, problem(refusal), wanted.offer);
    }
  }

  /** `Prefer: respond-async`: taken, to be asked for at the Location. The key names the attempt. */
  function accept(wanted: Attempt): Response {
    const key = wanted.key ?? newUuid();
    const { offer, buyer, quantity } = wanted;
    const answer = parts.client.send(commandOf(wanted, key), { isAsync: true });
    if (answer === null) return ended("overloaded", problem("overloaded"), offer);
    const from = parts.admission.whereFrom(wanted.request); // while the client is there
    void answer.then((known) => {
      if (known.code === "reserved") parts.admission.noteOrder(() => from, buyer, offer.campaign.view.id, quantity);
      ended(outcomeOf(known), json(""), offer);
    });
    const location = `/v1/attempts/${encodeURIComponent(key)}`;
    const headers = { location, "retry-after": "1", "preference-applied": "respond-async" };
    return json(JSON.stringify({ status: "pending", attempt: location }), { status: 202, headers });
  }

  function respond(wanted: Attempt, answer: Answer): Response {
    const { offer, buyer, quantity } = wanted;
    switch (answer.code) {
      case "reserved": {
        const { orderId, reservedAtMs, expiresAtMs } = answer;
        const amountMinor = offer.view.priceMinor * quantity;
        const state = "reserved" as const;
        const order = {
          orderId,
          quantity,
          amountMinor,
          state,
          reservedAtMs,
          expiresAtMs,
          paidAtMs: null,
          endedAtMs: null,
          actor: buyer.isAgent ? ("agent" as const) : null,
        };
        const body = orderJson(order, buyer.json, offer);
        const from = () => parts.admission.whereFrom(wanted.request);
        parts.admission.noteOrder(from, buyer, offer.campaign.view.id, quantity);
        return ended("reserved", new Response(body, reservedInit), offer);
      }
      case "replayed": {
        const order = parts.orders.order(answer.orderId);
        if (order === null) throw new Error(`order ${answer.orderId} is acknowledged and not stored`);
        return ended("replayed", json(orderJson(order, buyer.json, offer)), offer);
      }
      case "ended":
        return respondStored(wanted, () => refuseEnded(wanted));
      case "agents_not_allowed": // the engine has forgotten the orders of a sale that is settled
        return respondStored(wanted, () => refuseAgent(wanted));
      default:
        return ended(outcomeOf(answer), refusalResponse(answer, parts.clock.nowMs()), offer);
    }
  }

  function refuseAgent({ offer }: Attempt): Response {
    return ended("agents_not_allowed", problem("agents_not_allowed"), offer);
  }

  function refuseEnded({ offer }: Attempt): Response {
    return ended("ended", problem("ended"), offer);
  }

  function refuseSwitchedOff({ offer }: Attempt): Response {
    const refused = parts.gate.refuseSwitchedOff("orders", offer.campaign.view.id);
    return ended("switched_off", refused ?? problem("switched_off"), offer);
  }

  /** Whatever has become of the sale, whoever repeats the key of a stored order gets that order; else the refusal. */
  function respondStored(wanted: Attempt, refuseIt: () => Response): Response {
    const { offer, buyer, quantity, key } = wanted;
    const order = key === null ? null : parts.orders.orderOfKey(offer.campaign.view.id, buyer.id, key);
    if (order === null) return refuseIt();
    if (order.offerId !== offer.view.id || order.quantity !== quantity)
      return ended("key_reused", problem("key_reused"), offer);
    return ended("replayed", json(orderJson(order, buyer.json, offer)), offer);
  }

  return { name: "reserve", method: "POST", path: "/v1/offers/:id/orders", handle };
}

/** Why there is no order. Shared with the attempt that is asked for later. */
export function refusalResponse(answer: Exclude<Answer, { code: "reserved" | "replayed" }>, nowMs: number): Response {
  switch (answer.code) {
    case "sold_out":
      return answer.available === 0
        ? problem("sold_out")
        : problem("sold_out", {
            detail: `Only ${answer.available} left: ask for fewer.`,
            members: { available: answer.available },
          });
    case "limit_reached":
      return problem("limit_reached", {
        detail: `One buyer may have ${answer.limitPerBuyer} of this. Cancelling an order frees its units.`,
        members: { limit_per_buyer: answer.limitPerBuyer },
      });
    case "agent_share_taken":
      return answer.available === 0
        ? problem("agent_share_taken")
        : problem("agent_share_taken", {
            detail: `Agents may have ${answer.available} more of this: ask for fewer.`,
            members: { available: answer.available },
          });
    case "not_open":
      return notOpen(answer.opensAtMs, nowMs);
    case "not_admitted":
      return notAdmitted(answer.mode, answer.mode === "draw" ? "drawn" : "used");
    case "agents_not_allowed":
    case "key_reused":
    case "paused":
    case "ended":
    case "not_found":
    case "attempt_unknown":
    case "outcome_unknown":
      return problem(answer.code);
    case "created":
    case "changed":
    case "moved":
    case "invalid":
    case "refund_due":
    case "total_changed":
    case "transition_not_allowed":
    case "joined":
    case "waiting":
    case "left":
    case "entered":
    case "entered_elsewhere":
    case "entry_withdrawn":
    case "draw_off":
    case "queued":
    case "admitted":
    case "not_queued":
    case "queue_off":
    case "queue_full":
    case "not_waiting":
    case "not_sold_out":
    case "waitlist_off":
    case "waitlist_full":
    case "reminder_set":
    case "reminder_removed":
    case "not_reminded":
    case "already_open":
    case "reminder_too_late":
    case "reminders_full":
    case "done":
    case "erased":
    case "not_settled":
    case "name_taken":
    case "limit_exceeded":
      throw new Error(`no answer to an attempt: ${answer.code}`);
  }
}

function commandOf({ offer, buyer, quantity }: Attempt, key: string | null): Reserve {
  const command = { type: "reserve", offerId: offer.view.id, buyerId: buyer.id, quantity, key } as const;
  return buyer.isAgent ? { ...command, ...actorOf(buyer) } : command;
}

/** As `Headers`, which Bun copies twice as fast as a plain object: 0.7 us against 1.3 us a response. */
const reservedInit = { status: 201, headers: new Headers(apiHeaders) };

/** The refusal before the opening, with when to come back. */
export function notOpen(opensAtMs: number | null, nowMs: number): Response {
  const retryAfterS = Math.max(1, Math.ceil(((opensAtMs ?? nowMs) - nowMs) / 1_000));
  return problem("not_open", { retryAfterS, members: { opens_at: wireTimeOrNull(opensAtMs) } });
}

/** What is wrong with a pass, for the person who shows it. `used`: signed by us, and the engine knows it no more. */
const passWords: Readonly<Record<RefusalReason, string>> = {
  missing: "No pass came with this request: send it in the header Rushbox-Pass.",
  malformed: "This is no pass: send the text of 'pass' unchanged in the header Rushbox-Pass.",
  forged: "This pass was not made here.",
  wrong_campaign: "This pass is for another sale.",
  wrong_buyer: "This pass is another buyer's.",
  expired: "This pass has run out.",
  not_from_queue: "Everybody goes through the queue now: a pass that was asked for without it does not count.",
  used: "This pass has become an order, was given up, or has run out.",
  drawn: "This sale is drawn: enter the draw while it is open. Who is drawn gets an order.",
};
const wayWords: Readonly<Record<WayIn, string>> = {
  free: "",
  pass: " Ask for a pass, and buy with it before it runs out.",
  queue: " Join the queue, and buy with the pass that you get when it is your turn.",
  draw: "",
};

/** It is not this buyer's turn: why, and how it comes. */
export function notAdmitted(way: WayIn, reason: RefusalReason): Response {
  const admission = way === "queue" || way === "draw" ? way : "open";
  return problem("not_admitted", { detail: `${passWords[reason]}${wayWords[way]}`, members: { admission, reason } });
}

/** The Idempotency-Key, quoted (as the draft of the standard says) or bare; `null` when there is none. */
function readKey(request: Request): string | null | Response {
  const header = request.headers.get("idempotency-key");
  if (header === null) return null;
  const key = /^".*"$/.test(header) ? header.slice(1, -1) : header;
  const isPath = key === "." || key === ".."; // a client would normalise it away in the address of the attempt
  if (/^[\x21-\x7e]+$/.test(key) && key.length <= limits.keyLengthMax && !isPath) return key;
  const detail = `must be 1 to ${limits.keyLengthMax} visible ASCII characters without spaces, and no path`;
  return problem("invalid", { errors: [{ field: "Idempotency-Key", detail }] });
}

function outcomeOf(answer: Answer): AttemptOutcome {
  const outcome = attemptOutcomes.find((known) => known === answer.code);
  if (outcome === undefined) throw new Error(`no outcome of an attempt: ${answer.code}`);
  return outcome;
}
