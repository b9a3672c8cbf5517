/**
 * The engine: `(state, command, now) -> outcome + events`, alone, in one order. Deterministic: no input or output, no
 * clock, no randomness, no `await`; the same commands with the same times give the same events, so every bug replays.
 * Decides first (`decide*` only read), then lets its events happen one by one (`State.evolve`).
 *
 * The order of checks of a reserve stands in domain/outcome.ts.
 */
import { actionAllowedIn, type CampaignAction, closingWhenPublished, violationsOf } from "../domain/campaign.ts";
import type { Cancel, ChangeCampaign, Command, CreateCampaign, Pay, Reserve, Restock } from "../domain/command.ts";
import type { CampaignMoved, Event, OrderMove } from "../domain/event.ts";
import { limits } from "../domain/limits.ts";
import type { OperatorOutcome, OrderOutcome, Outcome, ReserveOutcome } from "../domain/outcome.ts";
import { type Campaign, dueAtMs, type Offer, State } from "./state.ts";

const eventOfAction = {
  pause: "campaign_paused",
  resume: "campaign_resumed",
  end: "campaign_ended",
} as const satisfies Record<Exclude<CampaignAction, "publish">, CampaignMoved["type"]>;

const notFound = { code: "not_found" } as const;
const paused = { code: "paused" } as const;
const ended = { code: "ended" } as const;
const keyReused = { code: "key_reused" } as const;
const refundDue = { code: "refund_due" } as const;

export class Engine {
  readonly state: State;
  #events: Event[] = [];

  constructor(state = new State()) {
    this.state = state;
  }

  /** The events since the last call, in order. */
  takeEvents(): Event[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  /** Whether something has happened that nobody has taken yet. */
  get hasEvents(): boolean {
    return this.#events.length > 0;
  }

  /** When time alone next changes something, or `Infinity`. */
  get nextDueAtMs(): number {
    return Math.min(this.state.nextChangeAtMs, this.state.expiries.nextAtMs);
  }

  /** Decides a command at a time. A time before an earlier one counts as the earlier one. */
  execute(command: Command, nowMs: number): Outcome {
    this.#setTime(nowMs);
    switch (command.type) {
      case "reserve":
        return this.#reserve(command);
      case "cancel":
        return this.#onOrder(command, (order) => this.#cancel(order));
      case "pay":
        return this.#onOrder(command, (order) => this.#pay(order, command.reference));
      case "create_campaign":
        return this.#createCampaign(command);
      case "restock":
        return this.#restock(command);
      case "publish":
      case "pause":
      case "resume":
      case "end":
        return this.#changeCampaign(command);
    }
  }

  /**
   * Lets time pass: campaigns open and close, unpaid orders expire and their units return. At most
   * `expiriesPerBatchMax` expire in one call; `nextDueAtMs` stays in the past while more are due.
   */
  advance(nowMs: number): void {
    this.#setTime(nowMs);
    const { expiries } = this.state;
    const ended = new Set<Campaign>();
    for (let n = 0; n < limits.expiriesPerBatchMax && expiries.nextAtMs <= this.state.nowMs; n++) {
      const { book: number, orderId } = expiries.pop();
      const campaign = this.state.campaignByNumber(number);
      const slot = campaign.book?.find(orderId) ?? -1;
      if (campaign.book === null || slot < 0 || campaign.book.state(slot) !== "reserved") continue;
      this.#moveOrder({ campaign, orderId, slot }, "order_expired", null);
      if (campaign.state === "ended") ended.add(campaign);
    }
    for (const campaign of ended) this.state.forgetSettled(campaign);
  }

  #setTime(nowMs: number): void {
    if (nowMs > this.state.nowMs) this.state.nowMs = nowMs;
    if (this.state.nextChangeAtMs <= this.state.nowMs) this.#openAndClose();
  }

  #reserve(command: Reserve): ReserveOutcome {
    const { offerId, buyerId, quantity, key } = command;
    const { state } = this;
    const offer = state.offers.get(offerId);
    if (offer === undefined || offer.campaign.state === "draft") return notFound;
    if (key !== null) {
      const before = this.#decideReplay(command, key);
      if (before !== null) return before;
    }
    const refused = decideReserve(offer, buyerId, quantity);
    if (refused !== null) return refused;
    const { campaign } = offer;
    const orderId = state.lastSeq + 1;
    const expiresAtMs = state.nowMs + campaign.paymentWindowS * 1_000;
    this.#emit({
      type: "order_reserved",
      seq: orderId,
      atMs: state.nowMs,
      campaignId: campaign.id,
      offerId,
      buyerId,
      quantity,
      amountMinor: offer.priceMinor * quantity,
      expiresAtMs,
      key,
    });
    return { code: "reserved", orderId, reservedAtMs: state.nowMs, expiresAtMs };
  }

  /** The same key: the same order for the same request, a refusal for another one; `null` for a new key. */
  #decideReplay(command: Reserve, key: string): ReserveOutcome | null {
    const found = this.state.orderOfKey(command.buyerId, key);
    if (found === null) return null;
    const { campaign, book, slot } = found;
    const offer = campaign.offers[book.offerIndex(slot)];
    const isSame = offer?.id === command.offerId && book.quantity(slot) === command.quantity;
    return isSame ? { code: "replayed", orderId: book.orderId(slot) } : keyReused;
  }

  /** Runs a decision about an order, with a settled campaign's rows in memory for its duration. */
  #onOrder(command: Cancel | Pay, decide: (order: OrderInMemory) => OrderOutcome): OrderOutcome {
    const { state } = this;
    const campaign = state.campaigns.get(command.campaignId);
    if (campaign === undefined) return notFound;
    if (command.history !== undefined) state.restoreHistory(campaign.id, command.history);
    const slot = campaign.book?.find(command.orderId) ?? -1;
    const outcome = slot < 0 ? notFound : decide({ campaign, orderId: command.orderId, slot });
    state.forgetSettled(campaign);
    return outcome;
  }

  #cancel(order: OrderInMemory): OrderOutcome {
    const { book, slot } = this.state.order(order.campaign.id, order.orderId);
    const from = book.state(slot);
    if (from === "cancelled") return { code: "moved", orderId: order.orderId };
    if (from !== "reserved") return { code: "transition_not_allowed", state: from };
    this.#moveOrder(order, "order_cancelled", null);
    return { code: "moved", orderId: order.orderId };
  }

  /** A payment always ends in a unit for its order or in `refund_due`; never in both, never in neither. */
  #pay(order: OrderInMemory, reference: string | null): OrderOutcome {
    const { book, slot } = this.state.order(order.campaign.id, order.orderId);
    const moved = { code: "moved", orderId: order.orderId } as const;
    switch (book.state(slot)) {
      case "paid":
        return moved;
      case "reserved":
        this.#moveOrder(order, "order_paid", reference);
        return moved;
      case "expired": {
        const offer = offerOf(order);
        const quantity = book.quantity(slot);
        const isWithinLimit = book.unitsOfOwner(slot) + quantity <= offer.limitPerBuyer;
        if (offer.available < quantity || !isWithinLimit) {
          this.#moveOrder(order, "order_refund_due", reference);
          return refundDue;
        }
        this.#moveOrder(order, "order_rereserved", null);
        this.#moveOrder(order, "order_paid", reference);
        return moved;
      }
      case "cancelled":
        this.#moveOrder(order, "order_refund_due", reference);
        return refundDue;
      case "refund_due":
        return refundDue;
    }
  }

  #createCampaign({ draft }: CreateCampaign): OperatorOutcome {
    const { state } = this;
    const violations = violationsOf(draft, state.nowMs);
    if (state.offers.size + draft.offers.length > limits.offersMax) {
      violations.push({
        field: "offers",
        detail: `this data folder holds ${limits.offersMax} offers at most: use another`,
      });
    }
    if (violations.length > 0) return { code: "invalid", violations };
    const { offers, ...campaign } = draft;
    const campaignId = state.lastSeq + 1;
    this.#emit({ ...campaign, type: "campaign_created", seq: campaignId, atMs: state.nowMs, campaignId });
    for (const offer of offers) {
      this.#emit({ type: "offer_created", seq: state.lastSeq + 1, atMs: state.nowMs, campaignId, offer });
    }
    return { code: "created", campaignId };
  }

  #changeCampaign({ type, campaignId }: ChangeCampaign): OperatorOutcome {
    const { state } = this;
    const campaign = state.campaigns.get(campaignId);
    if (campaign === undefined) return notFound;
    if (!actionAllowedIn[type].includes(campaign.state)) {
      return { code: "transition_not_allowed", state: campaign.state };
    }
    if (type === "publish") {
      const closesAtMs = closingWhenPublished(campaign, state.nowMs);
      if (closesAtMs !== null && closesAtMs <= state.nowMs) {
        return {
          code: "invalid",
          violations: [{ field: "closes_at", detail: "has passed: create the campaign anew" }],
        };
      }
      this.#emit({ type: "campaign_published", seq: state.lastSeq + 1, atMs: state.nowMs, campaignId, closesAtMs });
      this.#setTime(state.nowMs); // it may be time to open already
    } else {
      this.#moveCampaign(campaign, eventOfAction[type]);
    }
    return { code: "changed", campaignId };
  }

  #restock({ offerId, quantity }: Restock): OperatorOutcome {
    const { state } = this;
    const offer = state.offers.get(offerId);
    if (offer === undefined) return notFound;
    const { campaign } = offer;
    if (campaign.state === "ended") return { code: "transition_not_allowed", state: campaign.state };
    const violations = [];
    if (offer.available + quantity < 0) {
      violations.push({ field: "quantity", detail: `only ${offer.available} are available to take back` });
    }
    if (offer.total + quantity > limits.stockMax) {
      violations.push({ field: "quantity", detail: `an offer has ${limits.stockMax} units at most` });
    }
    if (violations.length > 0) return { code: "invalid", violations };
    const seq = state.lastSeq + 1;
    this.#emit({ type: "offer_restocked", seq, atMs: state.nowMs, campaignId: campaign.id, offerId, quantity });
    return { code: "changed", campaignId: campaign.id };
  }

  #openAndClose(): void {
    for (const campaign of this.state.campaigns.values()) {
      if (campaign.state === "scheduled" && dueAtMs(campaign) <= this.state.nowMs) {
        this.#moveCampaign(campaign, "campaign_opened");
      }
      if (campaign.state !== "scheduled" && dueAtMs(campaign) <= this.state.nowMs) {
        this.#moveCampaign(campaign, "campaign_ended");
      }
    }
  }

  #moveCampaign(campaign: Campaign, type: CampaignMoved["type"]): void {
    this.#emit({ type, seq: this.state.lastSeq + 1, atMs: this.state.nowMs, campaignId: campaign.id });
    this.state.forgetSettled(campaign);
  }

  #moveOrder(order: OrderInMemory, type: OrderMove, reference: string | null): void {
    const { state } = this;
    const { book, slot } = state.order(order.campaign.id, order.orderId);
    this.#emit({
      type,
      seq: state.lastSeq + 1,
      atMs: state.nowMs,
      campaignId: order.campaign.id,
      offerId: offerOf(order).id,
      orderId: order.orderId,
      quantity: book.quantity(slot),
      previousSeq: book.lastSeq(slot),
      reference,
    });
  }

  #emit(event: Event): void {
    this.state.evolve(event);
    this.#events.push(event);
  }
}

interface OrderInMemory {
  readonly campaign: Campaign;
  readonly orderId: number;
  readonly slot: number;
}

function offerOf({ campaign, slot }: OrderInMemory): Offer {
  const offer = campaign.book === null ? undefined : campaign.offers[campaign.book.offerIndex(slot)];
  if (offer === undefined) throw new Error("an order has its offer");
  return offer;
}

/** Why an offer cannot be had by this buyer now, or `null` when it can. The order of checks is part of the contract. */
function decideReserve(offer: Offer, buyerId: string, quantity: number): ReserveOutcome | null {
  const { campaign } = offer;
  switch (campaign.state) {
    case "draft":
      return notFound;
    case "scheduled":
      return { code: "not_open", opensAtMs: campaign.opensAtMs };
    case "ended":
      return ended;
    case "paused":
      return paused;
    case "open":
      break;
  }
  if (offer.available === 0) return { code: "sold_out", available: 0 };
  const units = campaign.book?.unitsOf(buyerId, offer.index) ?? 0;
  if (units + quantity > offer.limitPerBuyer) return { code: "limit_reached", limitPerBuyer: offer.limitPerBuyer };
  if (offer.available < quantity) return { code: "sold_out", available: offer.available };
  return null;
}
