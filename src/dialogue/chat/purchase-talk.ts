/**
 * Buying in two steps: a quote is shown, and only a clear yes to it buys. Its number is the purchase's Idempotency-Key, so
 * a yes that is said twice, sent twice or lost on the way is one order. Whether there is one to be had the engine decides.
 */

import { formatId, parseId } from "../../domain/ids.ts";
import { limits } from "../../domain/limits.ts";
import { newQuoteNumber } from "../../host/random.ts";
import { type ApiReply, pathOf } from "../api.ts";
import { quoteLifetimeMs } from "../quote.ts";
import { orderOfQuote } from "../quoted-order.ts";
import { duration, moment, money } from "./format.ts";
import { orderSaid } from "./order-talk.ts";
import { nextSteps } from "./sale-talk.ts";
import { freshOffering, type Offering } from "./shelf.ts";
import { askToSignIn, count, isOpen, linkToSale, refused, type Said, type Talk, until } from "./talk.ts";
import { type OrderWire, type QueueWire, type Refused, read } from "./wire.ts";

/** After these the same yes may buy a moment later. */
const mayBuyLater = new Set([
  "overloaded",
  "outcome_unknown",
  "internal",
  "rate_limited",
  "slowed",
  "switched_off",
  "paused",
]);
const browserChecks = new Set(["challenge_required", "challenge_failed", "challenge_unavailable"]);

/** Shows what it would cost and asks, where it can be bought now; else says why not. */
export async function quote(talk: Talk, seen: Offering, wanted: number): Promise<Said> {
  const { buyerId, words } = talk;
  if (buyerId === null) return askToSignIn(talk, seen);
  const fresh = await freshOffering(talk.api, seen);
  if ("code" in fresh) return refused(talk, fresh);
  const { offer } = fresh;
  const state = { focus: offer.id };
  const hindrance = (await hindranceOf(talk, fresh)) ?? shortageOf(talk, fresh, wanted);
  if (hindrance !== null) return { ...hindrance, state };
  const offerId = parseId("off", offer.id);
  if (offerId === null) throw new Error(`${offer.id} is no id of an offer`);
  const amountMinor = offer.price_minor * wanted;
  const expiresAtMs = talk.nowMs + quoteLifetimeMs;
  const text = talk.quotes.sign({ offerId, buyerId, quantity: wanted, amountMinor, expiresAtMs }, newQuoteNumber());
  return {
    reply: words.ask(
      count(wanted),
      offer.title,
      money(amountMinor, offer.currency, talk.language),
      duration(quoteLifetimeMs, talk.language),
    ),
    outcome: "quoted",
    choices: [
      { label: words.labelYes, value: `yes:${text}` },
      { label: words.labelNo, value: "no" },
    ],
    state: { ...state, pending: { ask: "buy", quote: text } },
  };
}

/** Why nothing is sold to this buyer now, whatever the number. */
async function hindranceOf(talk: Talk, offering: Offering): Promise<Said | null> {
  const { words } = talk;
  const { offer, sale } = offering;
  const because = (code: string, reply: string): Said => ({
    reply,
    outcome: code,
    choices: nextSteps(talk, offering),
    links: [linkToSale(talk, sale.id)],
  });
  if (sale.state === "ended") return because("ended", words.isOver(offer.title));
  if (sale.state === "paused") return because("paused", words.isPaused(offer.title));
  if (sale.admission === "draw") return because("not_admitted", words.needsDraw(offer.title));
  if (!isOpen(talk, sale)) {
    const why = { code: "not_open", reason: null, retryAfterS: null, members: {} };
    const opens = words.opensAt(offer.title, moment(sale.opens_at ?? ""), until(talk, sale.opens_at ?? ""));
    return because("not_open", `${opens} ${refused(talk, why).reply}`);
  }
  if (sale.admission !== "queue") return null;
  const place = await placeInQueue(talk, sale.id);
  if ("code" in place) {
    return place.code === "not_queued"
      ? because("not_admitted", words.needsQueue(offer.title))
      : refused(talk, place, { choices: nextSteps(talk, offering) });
  }
  if (place.state === "admitted") return null;
  const reply =
    place.ahead === null
      ? words.queuedNoPlace(offer.title, count(place.waiting))
      : words.queued(offer.title, count(place.ahead), count(place.waiting));
  return { ...because("not_admitted", reply), choices: [{ label: words.labelPlace, value: `place:${offer.id}` }] };
}

/** Why there are not as many as are wanted. */
function shortageOf(talk: Talk, offering: Offering, wanted: number): Said | null {
  const { words } = talk;
  const { offer } = offering;
  const fewer = (most: number) => ({ label: words.labelBuyCount(count(most)), value: `buy:${offer.id}:${most}` });
  const because = (code: string, members: Readonly<Record<string, unknown>> = {}) =>
    refused(talk, { code, reason: null, retryAfterS: null, members });
  if (offer.available === 0) return { ...because("sold_out"), choices: nextSteps(talk, offering) };
  const most = Math.min(offer.limit_per_buyer, offer.available, limits.quantityMax);
  if (wanted > offer.limit_per_buyer || wanted > limits.quantityMax) {
    const reply = words.tooMany(offer.title, count(offer.limit_per_buyer));
    return { reply, outcome: "limit_reached", choices: [fewer(most)] };
  }
  if (wanted < 1) return { ...because("invalid"), choices: [fewer(1)] };
  if (wanted > offer.available)
    return { ...because("sold_out", { available: offer.available }), choices: [fewer(most)] };
  return null;
}

async function placeInQueue({ api }: Talk, campaignId: string): Promise<QueueWire | Refused> {
  const answer = read<QueueWire>(await api({ method: "GET", path: pathOf("/v1/campaigns/{}/queue", campaignId) }));
  return "refused" in answer ? answer.refused : answer.value;
}

/** The one way to an order: somebody has said yes to this quote. */
export async function confirm(talk: Talk, text: string): Promise<Said> {
  const { buyerId, words } = talk;
  if (buyerId === null) return askToSignIn(talk);
  const checked = talk.quotes.check(text, buyerId, talk.nowMs);
  if (checked.code !== "good" && checked.code !== "expired") return { reply: words.notYours, outcome: "invalid" };
  const { terms, idempotencyKey } = checked;
  const offering = talk.shelved.byId.get(formatId("off", terms.offerId));
  if (offering === undefined) return refused(talk, notThere);
  if (checked.code === "expired") {
    const fresh = await freshOffering(talk.api, offering);
    const isOver = !("code" in fresh) && fresh.sale.state === "ended";
    const before = await orderOfQuote(talk.api, { terms, key: idempotencyKey, isOver });
    if (before.code === "found") return bought(talk, offering, before.order as OrderWire);
    if (before.code === "unknown") return refused(talk, notNow, { state: { pending: { ask: "buy", quote: text } } });
    const anew = await quote(talk, offering, terms.quantity);
    return { ...anew, reply: anew.outcome === "quoted" ? `${words.askAgain}\n${anew.reply}` : anew.reply };
  }
  const reply = await purchase(talk, offering, { quantity: terms.quantity, idempotencyKey });
  const answer = "code" in reply ? { refused: reply } : read<OrderWire>(reply);
  if (!("refused" in answer)) return bought(talk, offering, answer.value);
  const why = answer.refused;
  const state = {
    focus: offering.offer.id,
    ...(mayBuyLater.has(why.code) ? { pending: { ask: "buy", quote: text } as const } : {}),
  };
  if (browserChecks.has(why.code)) {
    return { reply: words.browserCheck, outcome: why.code, links: [linkToSale(talk, offering.sale.id)], state };
  }
  const again = mayBuyLater.has(why.code) ? [{ label: words.labelYes, value: `yes:${text}` }] : [];
  return refused(talk, why, { choices: [...again, ...stepsAfter(talk, offering, why)], state });
}

const notNow: Refused = { code: "outcome_unknown", reason: null, retryAfterS: null, members: {} };
const notThere: Refused = { code: "not_found", reason: null, retryAfterS: null, members: {} };

function stepsAfter(talk: Talk, offering: Offering, { code, members }: Refused) {
  const { words } = talk;
  const { id } = offering.offer;
  if (code === "not_admitted" && members["admission"] === "queue")
    return [{ label: words.labelQueue, value: `queue:${id}` }];
  if (code === "sold_out" && offering.sale.waitlist && offering.sale.admission === "open")
    return [{ label: words.labelWaitlist, value: `waitlist:${id}` }];
  if (code === "limit_reached") return [{ label: words.labelOrders, value: "orders" }];
  return [];
}

/** Asks for the order, with a pass where one is needed. */
async function purchase(
  talk: Talk,
  { offer, sale }: Offering,
  { quantity, idempotencyKey }: { readonly quantity: number; readonly idempotencyKey: string },
): Promise<ApiReply | Refused> {
  const order = (pass: string | null) =>
    talk.api({
      method: "POST",
      path: pathOf("/v1/offers/{}/orders", offer.id),
      body: { quantity },
      headers: { "idempotency-key": idempotencyKey, ...(pass === null ? {} : { "rushbox-pass": pass }) },
    });
  if (sale.admission === "open" && sale.pass) {
    const answer = read<{ pass: string }>(
      await talk.api({ method: "POST", path: pathOf("/v1/campaigns/{}/pass", sale.id) }),
    );
    // Who has bought already gets their order without a pass.
    return order("refused" in answer ? null : answer.value.pass).then((reply) =>
      "refused" in answer && reply.status >= 300 ? answer.refused : reply,
    );
  }
  if (sale.admission === "queue") return order(await passOf(talk, sale.id));
  const first = await order(null);
  const answer = read(first);
  // Operators may let in by queue alone, for a while: whose turn it is has a pass then.
  if (!("refused" in answer) || answer.refused.code !== "not_admitted") return first;
  const pass = await passOf(talk, sale.id);
  return pass === null ? first : order(pass);
}

async function passOf(talk: Talk, campaignId: string): Promise<string | null> {
  const place = await placeInQueue(talk, campaignId);
  return "code" in place ? null : place.pass;
}

function bought(talk: Talk, offering: Offering, order: OrderWire): Said {
  const said = orderSaid(talk, order, offering.offer.title);
  if (order.state !== "reserved") return said;
  const { title, currency } = offering.offer;
  const reply = talk.words.reserved(
    count(order.quantity),
    title,
    money(order.amount_minor, currency, talk.language),
    until(talk, order.expires_at),
  );
  return { ...said, reply, outcome: "reserved" };
}
