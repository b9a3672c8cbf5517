/**
 * `POST /v1/offers/{id}/orders`: the buy path. What shared memory can answer for certain (not open, paused, ended,
 * sold out) is answered here, on the HTTP thread; everything else is the engine's decision. Written for speed: no
 * promise when the token is known and the answer is at hand, no object that is not needed, no log.
 */
import { limits } from "../../domain/limits.ts";
import { type AttemptOutcome, attemptOutcomes } from "../../domain/outcome.ts";
import { hashKey } from "../../engine/hash.ts";
import type { Answer } from "../../engine/mailbox.ts";
import { newUuid } from "../../host/random.ts";
import type { Buyer } from "../auth.ts";
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
  "auth" | "catalogue" | "client" | "clock" | "counters" | "keyFilter" | "metrics" | "orders"
>;

/** A purchase as it was asked for, checked for form. */
interface Attempt {
  readonly offer: OfferEntry;
  readonly buyer: Buyer;
  readonly quantity: number;
  readonly key: string | null;
  readonly isAsync: boolean;
}

type MemoryRefusal = "not_found" | "not_open" | "paused" | "ended" | "sold_out";

export function reserveRoute(parts: Parts): Route {
  const series = Object.fromEntries(
    attemptOutcomes.map((outcome) => [outcome, parts.metrics.series("rushbox_attempts_total", { outcome })]),
  ) as Record<AttemptOutcome, number>;
  const ended = (outcome: AttemptOutcome, response: Response) => {
    parts.metrics.add(series[outcome], 1);
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
    const prefer = request.headers.get("prefer");
    const isAsync = prefer !== null && /(^|[,;\s])respond-async($|[,;\s])/i.test(prefer);
    if (!hasBody(request)) return attempt({ offer, buyer, quantity: 1, key, isAsync });
    return readJson(request, ReserveBody).then((body) =>
      body instanceof Response
        ? ended("invalid", body)
        : attempt({ offer, buyer, quantity: body.quantity ?? 1, key, isAsync }),
    );
  }

  function attempt(wanted: Attempt): Response | Promise<Response> {
    const { offer, buyer, quantity, key } = wanted;
    const refusal = refusalFromMemory(wanted);
    // A buyer who repeats a key must get their order whatever has become of the sale: the engine knows. The filter is
    // asked after the counts were read, since the engine writes it before them.
    if (refusal !== null && (key === null || !parts.keyFilter.mayHave(hashKey(buyer.id, key))))
      return refuse(wanted, refusal);
    if (wanted.isAsync) return accept(wanted);
    const answer = parts.client.send({ type: "reserve", offerId: offer.view.id, buyerId: buyer.id, quantity, key });
    return answer === null
      ? ended("overloaded", problem("overloaded"))
      : answer.then((known) => respond(wanted, known));
  }

  /** What shared memory says for certain; `null` when the engine must decide. Same order of checks as the engine. */
  function refusalFromMemory({ offer }: Attempt): MemoryRefusal | null {
    const { line } = offer.view;
    const state = parts.counters.state(line);
    switch (state) {
      case "draft":
        return "not_found";
      case "scheduled":
        return parts.clock.nowMs() < (offer.campaign.view.opensAtMs ?? 0) ? "not_open" : null;
      case "open":
        return parts.counters.available(line) === 0 ? "sold_out" : null;
      case "paused":
      case "ended":
        return state;
    }
  }

  function refuse(wanted: Attempt, refusal: MemoryRefusal): Response {
    switch (refusal) {
      case "ended":
        // The filter has said no: that is certain unless the campaign was settled before this start.
        return wanted.offer.campaign.view.areKeysFiltered ? ended("ended", problem("ended")) : respondEnded(wanted);
      case "not_open":
        return ended("not_open", notOpen(wanted.offer.campaign.view.opensAtMs, parts.clock.nowMs()));
      case "not_found":
      case "paused":
      case "sold_out":
        return ended(refusal, problem(refusal));
    }
  }

  /** `Prefer: respond-async`: taken, to be asked for at the Location. The key names the attempt. */
  function accept(wanted: Attempt): Response {
    const key = wanted.key ?? newUuid();
    const { offer, buyer, quantity } = wanted;
    const answer = parts.client.send(
      { type: "reserve", offerId: offer.view.id, buyerId: buyer.id, quantity, key },
      { isAsync: true },
    );
    if (answer === null) return ended("overloaded", problem("overloaded"));
    void answer.then((known) => ended(outcomeOf(known), json("")));
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
        const times = { reservedAtMs, expiresAtMs, paidAtMs: null, endedAtMs: null };
        const body = orderJson({ orderId, quantity, amountMinor, state: "reserved", ...times }, buyer.json, offer);
        return ended("reserved", new Response(body, reservedInit));
      }
      case "replayed": {
        const order = parts.orders.order(answer.orderId);
        if (order === null) throw new Error(`order ${answer.orderId} is acknowledged and not stored`);
        return ended("replayed", json(orderJson(order, buyer.json, offer)));
      }
      case "ended":
        return respondEnded(wanted);
      default:
        return ended(outcomeOf(answer), refusalResponse(answer, parts.clock.nowMs()));
    }
  }

  /** The sale is over; but whoever repeats the key of an order of this settled campaign gets that order. */
  function respondEnded(wanted: Attempt): Response {
    const { offer, buyer, quantity, key } = wanted;
    const order = key === null ? null : parts.orders.orderOfKey(offer.campaign.view.id, buyer.id, key);
    if (order === null) return ended("ended", problem("ended"));
    if (order.offerId !== offer.view.id || order.quantity !== quantity)
      return ended("key_reused", problem("key_reused"));
    return ended("replayed", json(orderJson(order, buyer.json, offer)));
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
    case "not_open":
      return notOpen(answer.opensAtMs, nowMs);
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
    case "transition_not_allowed":
    case "joined":
    case "waiting":
    case "left":
    case "not_waiting":
    case "not_sold_out":
    case "waitlist_off":
    case "waitlist_full":
    case "done":
    case "erased":
    case "not_settled":
    case "name_taken":
    case "limit_exceeded":
      throw new Error(`no answer to an attempt: ${answer.code}`);
  }
}

/** As `Headers`, which Bun copies twice as fast as a plain object: 0.7 us against 1.3 us a response. */
const reservedInit = { status: 201, headers: new Headers(apiHeaders) };

/** The refusal before the opening, with when to come back. */
export function notOpen(opensAtMs: number | null, nowMs: number): Response {
  const retryAfterS = Math.max(1, Math.ceil(((opensAtMs ?? nowMs) - nowMs) / 1_000));
  return problem("not_open", { retryAfterS, members: { opens_at: wireTimeOrNull(opensAtMs) } });
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
