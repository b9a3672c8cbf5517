/**
 * The one button of a sale: what it is at this moment, from all that is known. Pure: no clock, no words, no requests of
 * its own, so that every situation can be written down in a table (test/web/button.test.ts). It promises nothing that
 * the server has not said; where the server has not spoken yet, it says that.
 *
 * The first line that fits counts:
 *
 * | it is            | when                                                              | pressing it               |
 * |------------------|-------------------------------------------------------------------|---------------------------|
 * | unknown          | a purchase was sent and nobody knows how it ended                 | - (repeats by itself)     |
 * | retrying         | the server is too busy: asked again at the time it named          | - (repeats by itself)     |
 * | working          | a step is under way, a purchase among them                        | -                         |
 * | to_pay           | an order of this buyer waits for its payment                      | pays, or shows the order  |
 * | yours            | this buyer has all that one may have                              | shows the order           |
 * | held_back        | refused a moment ago, and trying again makes no sense yet         | -                         |
 * | over             | the sale has ended, and nothing of it is to come                  | -                         |
 * | drawing ... lost | a draw: entered, being drawn, next in line, or not drawn          | leaves where that is open |
 * | on_waitlist      | waits for a unit that comes back                                  | leaves                    |
 * | turn             | a queue has let this buyer in: the pass is here                   | buys                      |
 * | in_line          | in the queue, before the opening or after it                      | leaves                    |
 * | paused           | nothing is sold for now                                           | -                         |
 * | captcha          | something has to be solved that only the shop's own page shows    | goes there                |
 * | line, enter      | a queue can be joined, a draw entered                             | joins, enters             |
 * | not_yet          | the opening is to come                                            | -, or gets ready          |
 * | sold_out         | nothing is left for now                                           | joins the waitlist        |
 * | buy              | can be had                                                        | buys                      |
 *
 * Whoever has no name here and cannot get one as a guest signs in at the shop instead of whatever needs one.
 */
import type { Refusal } from "../shared/api.ts";
import type { Campaign, DrawEntry, Offer, Order, Queue, WaitlistPlace } from "../shared/wire.ts";

/** How buyers get in, as domain/admission.ts says; a switch can send everybody through the queue. */
export type Way = "free" | "pass" | "queue" | "draw";

/** Whoever is here has a name, becomes a guest at the first step, or has to sign in at the shop. */
export type Who = "known" | "guest" | "stranger";

export type Press =
  | "buy"
  | "join_queue"
  | "leave_queue"
  | "enter_draw"
  | "leave_draw"
  | "join_waitlist"
  | "leave_waitlist"
  | "get_ready"
  | "pay"
  | "see_order"
  | "sign_in"
  | "go_to_shop"
  | "stop";

/** A step under way. */
export interface Doing {
  readonly press: Press;
  /** The offer that was chosen when it began. */
  readonly offerId: string;
  /** It was sent, and how it ended is not known. */
  readonly isUnknown: boolean;
  /** Asked again at that time, since it was refused like that. */
  readonly retry: { readonly code: Refusal["code"]; readonly atMs: number } | null;
}

/** The last step that was refused. */
export interface Refused {
  readonly press: Press;
  /** It is told where it was pressed, whatever has been chosen since. */
  readonly offerId: string;
  readonly refusal: Pick<Refusal, "code" | "reason" | "members">;
  readonly atMs: number;
  /** From when trying again makes sense; `null` where nobody knows. */
  readonly untilMs: number | null;
}

/** A buyer's place; `over`: their turn came and went; `left`: they have left the line themselves. */
export type QueueStanding = Queue | "none" | "over" | "left";

export interface Situation {
  readonly campaign: Campaign;
  readonly offer: Offer;
  readonly way: Way;
  readonly who: Who;
  readonly quantity: number;
  /** This buyer's in this campaign, the newest first; `null` when they are not known yet. */
  readonly orders: readonly Order[] | null;
  readonly queue: QueueStanding;
  /** This buyer's in this campaign. */
  readonly entries: readonly DrawEntry[];
  readonly waitlist: WaitlistPlace | null;
  readonly doing: Doing | null;
  readonly refused: Refused | null;
  /** Whether orders are paid here, by a page of a provider. */
  readonly isPaidHere: boolean;
  readonly nowMs: number;
}

export type Is =
  | "unknown"
  | "retrying"
  | "working"
  | "to_pay"
  | "yours"
  | "held_back"
  | "over"
  | "entered"
  | "drawing"
  | "drawn_next"
  | "lost"
  | "on_waitlist"
  | "turn"
  | "in_line"
  | "paused"
  | "captcha"
  | "line"
  | "enter"
  | "not_yet"
  | "sold_out"
  | "buy";

/** What is told beside it, as figures; button-words.ts makes sentences of them. */
export type Tell =
  | { readonly tell: "opens"; readonly atMs: number }
  | { readonly tell: "pay_until"; readonly atMs: number }
  | { readonly tell: "pass_until"; readonly atMs: number }
  | { readonly tell: "again"; readonly atMs: number }
  | { readonly tell: "refused"; readonly refusal: Refused["refusal"]; readonly press: Press }
  | { readonly tell: "why"; readonly code: Refusal["code"] }
  | { readonly tell: "held"; readonly units: number }
  | { readonly tell: "have"; readonly units: number; readonly limit: number }
  | { readonly tell: "place"; readonly ahead: number; readonly waiting: number }
  | { readonly tell: "no_place_yet"; readonly waiting: number }
  | { readonly tell: "units"; readonly left: number; readonly held: number }
  | { readonly tell: "chance"; readonly chance: number; readonly waitS: number | null }
  | { readonly tell: "hopeless"; readonly refusal: Queue["refusal"] }
  | { readonly tell: "turn_over" }
  | { readonly tell: "left_line" }
  | { readonly tell: "by_lot" }
  | { readonly tell: "entries"; readonly entries: number }
  | { readonly tell: "next"; readonly place: number; readonly entries: number }
  | { readonly tell: "elsewhere"; readonly offerId: string }
  | { readonly tell: "under_way"; readonly offerId: string }
  | { readonly tell: "left_draw" }
  | { readonly tell: "listed"; readonly place: number; readonly waiting: number }
  | { readonly tell: "keeps" }
  | { readonly tell: "no_waitlist" }
  | { readonly tell: "pay_at_shop" }
  | { readonly tell: "was_kept" }
  | { readonly tell: "never_twice" };

export interface ButtonState {
  readonly is: Is;
  /** What pressing does; `null`: it cannot be pressed. */
  readonly press: Press | null;
  readonly isBusy: boolean;
  /** What it works at, or was refused. */
  readonly of: Press | null;
  readonly tells: readonly Tell[];
  /** What can be done besides. */
  readonly beside: readonly Press[];
  /** The order that it is about. */
  readonly order: Order | null;
  /** How many the buyer may still buy; what can be chosen goes up to that. */
  readonly mayBuy: number;
}

/** Refusals after which trying again makes no sense for a while. */
const holding: readonly Refusal["code"][] = [
  "blocked",
  "slowed",
  "rate_limited",
  "switched_off",
  "paused",
  "queue_full",
  "challenge_unavailable",
  "overloaded",
  "not_open",
];
/** How long it is told that an order was not paid in time. */
const lossShownMs = 10 * 60_000;
/** How long a refusal is shown that is contradicted by what the sale shows. */
const refusalShownMs = 20_000;

/** What the button is now. */
export function buttonOf(here: Situation): ButtonState {
  const { offer, doing, nowMs } = here;
  const mine = (here.orders ?? []).filter((order) => order.offer_id === offer.id);
  const counted = mine.filter((order) => order.state === "paid" || isToPay(order, nowMs));
  const units = counted.reduce((sum, { quantity }) => sum + quantity, 0);
  const rest = Math.max(0, offer.limit_per_buyer - units);
  const known: Known = {
    ...here,
    refused: here.refused?.offerId === offer.id ? here.refused : null,
    toPay: mine.find((order) => isToPay(order, nowMs)) ?? null,
    paid: mine.find(({ state }) => state === "paid") ?? null,
    units,
    mayBuy: here.way === "draw" ? 0 : Math.min(rest, Math.max(1, offer.available)),
  };
  if (doing !== null) return underWay(known, doing);
  return owned(known) ?? heldBack(known) ?? signedIn(known, inTheSale(known));
}

type Known = Situation & {
  readonly toPay: Order | null;
  readonly paid: Order | null;
  readonly units: number;
  readonly mayBuy: number;
};

function isToPay(order: Order, nowMs: number): boolean {
  return order.state === "reserved" && Date.parse(order.expires_at) > nowMs;
}

/** Steps for one offer; the others are for the whole sale. */
const ofOneOffer: readonly Press[] = ["buy", "pay", "enter_draw", "leave_draw", "join_waitlist", "leave_waitlist"];

function underWay(known: Known, { press, offerId, isUnknown, retry }: Doing): ButtonState {
  const isElsewhere = offerId !== known.offer.id && ofOneOffer.includes(press);
  const where: readonly Tell[] = isElsewhere ? [{ tell: "under_way", offerId }] : [];
  const again: readonly Tell[] =
    retry === null
      ? []
      : [
          { tell: "why", code: retry.code },
          { tell: "again", atMs: retry.atMs },
        ];
  const busy = { press: null, isBusy: true, of: press };
  if (isUnknown) return state(known, "unknown", { ...busy, tells: [...where, { tell: "never_twice" }, ...again] });
  if (retry !== null) return state(known, "retrying", { ...busy, tells: [...where, ...again], beside: ["stop"] });
  return state(known, "working", { ...busy, tells: where });
}

/** What is this buyer's already. */
function owned(known: Known): ButtonState | null {
  const { toPay, paid, units, offer, isPaidHere } = known;
  const have: Tell = { tell: "have", units, limit: offer.limit_per_buyer };
  if (toPay !== null) {
    const tells: Tell[] = [{ tell: "pay_until", atMs: Date.parse(toPay.expires_at) }];
    if (!isPaidHere) tells.push({ tell: "pay_at_shop" });
    const order = { order: toPay, tells };
    return isPaidHere
      ? state(known, "to_pay", { ...order, press: "pay", beside: [...buyMore(known), "see_order"] })
      : state(known, "to_pay", { ...order, press: "see_order", beside: buyMore(known) });
  }
  if (paid !== null && (units >= offer.limit_per_buyer || known.way === "draw" || isOver(known)))
    return state(known, "yours", { press: "see_order", order: paid, tells: [have] });
  return null;
}

/** Beside an order that waits for its payment: another one, where that is allowed and takes one press. */
function buyMore(known: Known): Press[] {
  const { way, campaign, units, offer, nowMs } = known;
  if (way !== "free" && way !== "pass") return [];
  return isOpen(campaign, nowMs) && offer.available > 0 && units < offer.limit_per_buyer ? ["buy"] : [];
}

function heldBack(known: Known): ButtonState | null {
  const { refused, nowMs } = known;
  if (refused === null || !holding.includes(refused.refusal.code)) return null;
  if (refused.untilMs === null ? refused.refusal.code !== "blocked" : refused.untilMs <= nowMs) return null;
  const { refusal, press, untilMs } = refused;
  const tells: Tell[] = [{ tell: "refused", refusal, press }];
  if (untilMs !== null) tells.push({ tell: "again", atMs: untilMs });
  return state(known, "held_back", { of: press, tells });
}

function inTheSale(known: Known): ButtonState {
  const { campaign, way, nowMs } = known;
  if (way === "draw") return drawn(known);
  const listed = onWaitlist(known);
  if (listed !== null) return listed;
  if (isOver(known)) return state(known, "over", { tells: soldOutTells(known) });
  if (way === "queue") return queued(known);
  if (campaign.state === "paused") return state(known, "paused", { tells: refusal(known) });
  if (!isOpen(campaign, nowMs)) return beforeOpening(known);
  if (known.offer.available === 0) return soldOut(known);
  if (way === "pass" && campaign.challenge === "captcha") return captcha(known);
  return buyNow(known);
}

function beforeOpening(known: Known): ButtonState {
  const { campaign, way, who } = known;
  const tells: Tell[] = [{ tell: "opens", atMs: opensAtMs(campaign) ?? known.nowMs }, ...refusal(known)];
  // Something is to be solved before the opening, and that is done for somebody: a guest has to be made one first.
  const needsName = way === "pass" && campaign.challenge === "proof_of_work" && who === "guest";
  return state(known, "not_yet", { tells, press: needsName ? "get_ready" : null });
}

function soldOut(known: Known): ButtonState {
  const { campaign } = known;
  const tells = [...lostTells(known), ...soldOutTells(known), ...refusal(known, ["sold_out"])];
  return campaign.waitlist
    ? state(known, "sold_out", { press: "join_waitlist", tells })
    : state(known, "sold_out", { tells: [...tells, { tell: "no_waitlist" }] });
}

function soldOutTells({ offer, campaign }: Known): Tell[] {
  const returns = offer.held > 0 && campaign.state !== "ended";
  return returns ? [{ tell: "held", units: offer.held }] : [];
}

/** The last order's time to pay was over, not long ago. */
function lostTells({ orders, offer, units, nowMs }: Known): Tell[] {
  const last = (orders ?? []).find(({ offer_id }) => offer_id === offer.id);
  if (last === undefined || units > 0 || (last.state !== "expired" && last.state !== "reserved")) return [];
  return nowMs - Date.parse(last.expires_at) < lossShownMs ? [{ tell: "was_kept" }] : [];
}

function onWaitlist(known: Known): ButtonState | null {
  const { waitlist, offer } = known;
  if (waitlist === null || waitlist.offer_id !== offer.id) return null;
  const tells: Tell[] = [
    { tell: "listed", place: waitlist.place, waiting: Math.max(waitlist.waiting, waitlist.place) },
    { tell: "keeps" },
    ...refusal(known),
  ];
  return state(known, "on_waitlist", { tells, beside: ["leave_waitlist"] });
}

function queued(known: Known): ButtonState {
  const { queue, campaign, nowMs, offer } = known;
  const isPaused = campaign.state === "paused";
  if (typeof queue === "object" && queue.state === "admitted") {
    const until: Tell[] = queue.expires_at === null ? [] : [{ tell: "pass_until", atMs: Date.parse(queue.expires_at) }];
    if (isPaused) return state(known, "paused", { tells: [{ tell: "keeps" }], beside: ["leave_queue"] });
    if (offer.available === 0) {
      // The pass is good for every offer of the sale; this one is gone.
      return state(known, "sold_out", { tells: [...until, ...soldOutTells(known)], beside: ["leave_queue"] });
    }
    const tells = [...until, ...refusal(known)];
    return state(known, "turn", { press: "buy", tells, beside: ["leave_queue"] });
  }
  if (typeof queue === "object") {
    return state(known, "in_line", { tells: [...lineTells(known, queue), ...refusal(known)], beside: ["leave_queue"] });
  }
  const tells: Tell[] = [];
  if (queue === "over") tells.push({ tell: "turn_over" });
  if (queue === "left") tells.push({ tell: "left_line" });
  const opens = opensAtMs(campaign);
  if (opens !== null && opens > nowMs) tells.push({ tell: "opens", atMs: opens }, { tell: "by_lot" });
  tells.push(...refusal(known));
  const isGone = campaign.offers.every(({ available, held }) => available === 0 && held === 0);
  if (isGone && isOpen(campaign, nowMs)) return state(known, "sold_out", { tells });
  if (campaign.challenge === "captcha") return captcha(known);
  return state(known, "line", { press: "join_queue", tells });
}

function lineTells({ campaign, nowMs }: Known, queue: Queue): Tell[] {
  const tells: Tell[] = [];
  const opens = opensAtMs(campaign);
  if (queue.ahead === null) {
    tells.push({ tell: "no_place_yet", waiting: queue.waiting });
    if (opens !== null && opens > nowMs) tells.push({ tell: "opens", atMs: opens });
    return tells;
  }
  tells.push({ tell: "place", ahead: queue.ahead, waiting: queue.waiting });
  tells.push({ tell: "units", left: queue.units_left, held: queue.units_held });
  if (queue.chance === 0) tells.push({ tell: "hopeless", refusal: queue.refusal });
  else if (queue.chance !== null) tells.push({ tell: "chance", chance: queue.chance, waitS: queue.estimated_wait_s });
  return tells;
}

function drawn(known: Known): ButtonState {
  const { campaign, offer, entries, nowMs } = known;
  const entry = entries.find(({ offer_id }) => offer_id === offer.id);
  const isEnded = campaign.state === "ended";
  const isClosed = isEnded || isOver(known);
  if (entry !== undefined) {
    switch (entry.state) {
      case "entered": {
        if (isClosed) return state(known, "drawing", { tells: [{ tell: "entries", entries: entry.entries }] });
        const count = Math.max(entry.entries, offer.waiting);
        const tells: Tell[] = [{ tell: "entries", entries: count }, { tell: "keeps" }, ...refusal(known)];
        return state(known, "entered", { tells, beside: ["leave_draw"] });
      }
      case "waiting": {
        const place = entry.place ?? 1;
        const tells: Tell[] = [{ tell: "next", place, entries: Math.max(entry.entries, place) }, { tell: "keeps" }];
        return state(known, "drawn_next", { tells, beside: ["leave_draw"] });
      }
      case "won": // its order is over: one that waits for its payment, or is paid, has been told of before
        return known.orders === null || orderOf(known, entry) === undefined
          ? state(known, "drawing", {})
          : state(known, "over", {});
      case "over":
        return state(known, "lost", {});
      case "left":
        return isClosed ? state(known, "over", {}) : state(known, "over", { tells: [{ tell: "left_draw" }] });
    }
  }
  if (isClosed) return state(known, "over", {});
  if (campaign.state === "paused") return state(known, "paused", {});
  if (!isOpen(campaign, nowMs)) return beforeOpening(known);
  const elsewhere = entries.find(({ state: was }) => was === "entered");
  if (elsewhere !== undefined) {
    return state(known, "entered", { tells: [{ tell: "elsewhere", offerId: elsewhere.offer_id }] });
  }
  if (campaign.challenge === "captcha") return captcha(known);
  return state(known, "enter", { press: "enter_draw", tells: refusal(known) });
}

function orderOf({ orders }: Known, { order_id }: DrawEntry): Order | undefined {
  return (orders ?? []).find(({ id }) => id === order_id);
}

function captcha(known: Known): ButtonState {
  return state(known, "captcha", { press: "go_to_shop" });
}

function buyNow(known: Known): ButtonState {
  const { units, offer } = known;
  const tells = lostTells(known);
  if (units > 0) tells.push({ tell: "have", units, limit: offer.limit_per_buyer });
  return state(known, "buy", { press: "buy", tells: [...tells, ...refusal(known)] });
}

/** What was refused, while that is news; not what the button says anyway. */
function refusal({ refused, nowMs }: Known, said: readonly Refusal["code"][] = []): Tell[] {
  if (refused === null || nowMs - refused.atMs > refusalShownMs || said.includes(refused.refusal.code)) return [];
  return [{ tell: "refused", refusal: refused.refusal, press: refused.press }];
}

const needsName: readonly Press[] = ["buy", "join_queue", "enter_draw", "join_waitlist", "get_ready"];

/** For a stranger: sign in, whatever it is that needs a name. */
function signedIn({ who }: Known, button: ButtonState): ButtonState {
  if (who !== "stranger" || button.press === null || !needsName.includes(button.press)) return button;
  return { ...button, press: "sign_in", of: button.press };
}

function isOpen(campaign: Campaign, nowMs: number): boolean {
  // The server lets in by its clock at once; that it says so takes a moment.
  if (campaign.state === "scheduled") return (opensAtMs(campaign) ?? 0) <= nowMs;
  return campaign.state === "open";
}

function isOver({ campaign, nowMs }: Pick<Known, "campaign" | "nowMs">): boolean {
  return campaign.state === "ended" || (closesAtMs(campaign) ?? Number.POSITIVE_INFINITY) <= nowMs;
}

function opensAtMs({ opens_at }: Campaign): number | null {
  return opens_at === null ? null : Date.parse(opens_at);
}

function closesAtMs({ closes_at }: Campaign): number | null {
  return closes_at === null ? null : Date.parse(closes_at);
}

function state(
  { mayBuy }: Known,
  is: Is,
  known: Partial<Pick<ButtonState, "press" | "isBusy" | "of" | "tells" | "beside" | "order">>,
): ButtonState {
  return { is, press: null, isBusy: false, of: null, tells: [], beside: [], order: null, mayBuy, ...known };
}
