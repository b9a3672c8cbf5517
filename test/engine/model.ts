/**
 * The sale as the documents describe it, told a second time as plainly as possible: lists, and every count recomputed
 * from them whenever it is asked for. Shares no code with src/engine (only the types of the domain), so that the same
 * mistake would have to be made twice to go unseen. It predicts outcomes and events; it is slow and that is fine.
 */
import type { CampaignDraft, CampaignKind, CampaignState, OfferDraft } from "../../src/domain/campaign.ts";
import type { Cancel, Command, Pay, Reserve } from "../../src/domain/command.ts";
import type { Event } from "../../src/domain/event.ts";
import type { Counts } from "../../src/domain/offer.ts";
import type { OrderState } from "../../src/domain/order.ts";
import type { Outcome } from "../../src/domain/outcome.ts";

export interface ModelCampaign {
  readonly id: number;
  readonly kind: CampaignKind | null;
  readonly opensAtMs: number | null;
  closesAtMs: number | null;
  readonly paymentWindowS: number;
  state: CampaignState;
}

export interface ModelOffer {
  readonly id: number;
  readonly campaign: ModelCampaign;
  readonly draft: OfferDraft;
  /** The first stock and every restock. */
  readonly deliveries: number[];
}

export interface ModelOrder {
  readonly id: number;
  readonly offer: ModelOffer;
  readonly buyerId: string;
  readonly quantity: number;
  readonly expiresAtMs: number;
  readonly key: string | null;
  state: OrderState;
  lastSeq: number;
}

const stockMax = 1_000_000_000;
const minute = 60_000;
const windowMs: Record<CampaignKind, number> = {
  one_yuan: 30 * minute,
  limited_time: 120 * minute,
  hot_item: 10 * minute,
};
const kindStockMax: Record<CampaignKind, number> = { one_yuan: 1_000, limited_time: stockMax, hot_item: 10_000 };
const kindLimitMax: Record<CampaignKind, number> = { one_yuan: 1, limited_time: 1_000, hot_item: 2 };
/** The currencies that the tests use; any other is none. */
const oneUnitMinor = new Map([
  ["CNY", 100],
  ["USD", 100],
  ["JPY", 1],
]);

export class Model {
  readonly campaigns: ModelCampaign[] = [];
  readonly offers: ModelOffer[] = [];
  readonly orders: ModelOrder[] = [];
  clockMs = 0;
  #seq = 0;
  #events: Event[] = [];

  takeEvents(): Event[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  execute(command: Command, nowMs: number): Outcome {
    this.#letCampaignsOpenAndClose(nowMs);
    switch (command.type) {
      case "create_campaign":
        return this.#create(command.draft);
      case "publish":
      case "pause":
      case "resume":
      case "end":
        return this.#change(command.type, command.campaignId);
      case "restock":
        return this.#restock(command.offerId, command.quantity);
      case "reserve":
        return this.#reserve(command);
      case "cancel":
        return this.#cancel(command);
      case "pay":
        return this.#pay(command);
    }
  }

  advance(nowMs: number): void {
    this.#letCampaignsOpenAndClose(nowMs);
    const late = this.orders.filter((order) => order.state === "reserved" && order.expiresAtMs <= this.clockMs);
    late.sort((a, b) => a.expiresAtMs - b.expiresAtMs || a.id - b.id);
    for (const order of late) this.#move(order, "expired", "order_expired", null);
  }

  countsOf(offer: ModelOffer): Counts {
    let [total, held, sold] = [0, 0, 0];
    for (const delivery of offer.deliveries) total += delivery;
    for (const order of this.orders) {
      if (order.offer !== offer) continue;
      if (order.state === "reserved") held += order.quantity;
      if (order.state === "paid") sold += order.quantity;
    }
    return { total, available: total - held - sold, held, sold };
  }

  /** Units that the buyer has of the offer, reserved and paid. */
  unitsOf(buyerId: string, offer: ModelOffer): number {
    let units = 0;
    for (const order of this.orders) {
      if (order.offer !== offer || order.buyerId !== buyerId) continue;
      if (order.state === "reserved" || order.state === "paid") units += order.quantity;
    }
    return units;
  }

  /** Ended and nothing held: nothing can happen any more but a late payment. Its keys are forgotten. */
  isSettled(campaign: ModelCampaign): boolean {
    if (campaign.state !== "ended") return false;
    return !this.orders.some((order) => order.offer.campaign === campaign && order.state === "reserved");
  }

  /** When time alone next changes something. */
  nextDueAtMs(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const { state, opensAtMs, closesAtMs } of this.campaigns) {
      if (state === "scheduled") next = Math.min(next, opensAtMs ?? 0);
      if ((state === "open" || state === "paused") && closesAtMs !== null) next = Math.min(next, closesAtMs);
    }
    for (const order of this.orders) {
      if (order.state === "reserved") next = Math.min(next, order.expiresAtMs);
    }
    return next;
  }

  #letCampaignsOpenAndClose(nowMs: number): void {
    this.clockMs = Math.max(this.clockMs, nowMs);
    for (const campaign of this.campaigns) {
      if (campaign.state === "scheduled" && (campaign.opensAtMs === null || campaign.opensAtMs <= this.clockMs)) {
        this.#turn(campaign, "open", "campaign_opened");
      }
      const isLive = campaign.state === "open" || campaign.state === "paused";
      if (isLive && campaign.closesAtMs !== null && campaign.closesAtMs <= this.clockMs) {
        this.#turn(campaign, "ended", "campaign_ended");
      }
    }
  }

  #create(draft: CampaignDraft): Outcome {
    const fields = brokenFields(draft, this.clockMs);
    if (fields.length > 0) return invalid(fields);
    const { title, kind, opensAtMs, closesAtMs, paymentWindowS } = draft;
    const head = this.#head(this.#seq + 1);
    const campaign: ModelCampaign = { id: head.seq, kind, opensAtMs, closesAtMs, paymentWindowS, state: "draft" };
    this.campaigns.push(campaign);
    this.#events.push({ type: "campaign_created", ...head, title, kind, opensAtMs, closesAtMs, paymentWindowS });
    for (const offer of draft.offers) {
      const offerHead = this.#head(campaign.id);
      this.offers.push({ id: offerHead.seq, campaign, draft: offer, deliveries: [offer.stock] });
      this.#events.push({ type: "offer_created", ...offerHead, offer });
    }
    return { code: "created", campaignId: campaign.id };
  }

  #change(action: "publish" | "pause" | "resume" | "end", campaignId: number): Outcome {
    const campaign = this.campaigns.find(({ id }) => id === campaignId);
    if (campaign === undefined) return { code: "not_found" };
    const { state } = campaign;
    const refused: Outcome = { code: "transition_not_allowed", state };
    switch (action) {
      case "publish":
        if (state !== "draft") return refused;
        if (campaign.closesAtMs === null && campaign.kind !== null) {
          const opensAtMs = Math.max(this.clockMs, campaign.opensAtMs ?? this.clockMs);
          campaign.closesAtMs = opensAtMs + windowMs[campaign.kind];
        }
        if (campaign.closesAtMs !== null && campaign.closesAtMs <= this.clockMs) return invalid(["closes_at"]);
        campaign.state = "scheduled";
        this.#events.push({
          type: "campaign_published",
          ...this.#head(campaignId),
          closesAtMs: campaign.closesAtMs,
        });
        this.#letCampaignsOpenAndClose(this.clockMs);
        break;
      case "pause":
        if (state !== "open") return refused;
        this.#turn(campaign, "paused", "campaign_paused");
        break;
      case "resume":
        if (state !== "paused") return refused;
        this.#turn(campaign, "open", "campaign_resumed");
        break;
      case "end":
        if (state === "ended") return refused;
        this.#turn(campaign, "ended", "campaign_ended");
        break;
    }
    return { code: "changed", campaignId };
  }

  #restock(offerId: number, quantity: number): Outcome {
    const offer = this.offers.find(({ id }) => id === offerId);
    if (offer === undefined) return { code: "not_found" };
    const { campaign } = offer;
    if (campaign.state === "ended") return { code: "transition_not_allowed", state: "ended" };
    const { available, total } = this.countsOf(offer);
    if (available + quantity < 0 || total + quantity > stockMax) {
      return invalid(["quantity"]);
    }
    offer.deliveries.push(quantity);
    this.#events.push({ type: "offer_restocked", ...this.#head(campaign.id), offerId, quantity });
    return { code: "changed", campaignId: campaign.id };
  }

  #reserve({ offerId, buyerId, quantity, key }: Reserve): Outcome {
    const offer = this.offers.find(({ id }) => id === offerId);
    if (offer === undefined || offer.campaign.state === "draft") return { code: "not_found" };
    const { campaign, draft } = offer;
    if (key !== null) {
      const before = this.orders.find(
        (order) => order.buyerId === buyerId && order.key === key && !this.isSettled(order.offer.campaign),
      );
      if (before !== undefined) {
        const isSame = before.offer === offer && before.quantity === quantity;
        return isSame ? { code: "replayed", orderId: before.id } : { code: "key_reused" };
      }
    }
    if (campaign.state === "scheduled") return { code: "not_open", opensAtMs: campaign.opensAtMs };
    if (campaign.state === "ended") return { code: "ended" };
    if (campaign.state === "paused") return { code: "paused" };
    const { available } = this.countsOf(offer);
    if (available === 0) return { code: "sold_out", available };
    const { limitPerBuyer } = draft;
    if (this.unitsOf(buyerId, offer) + quantity > limitPerBuyer) return { code: "limit_reached", limitPerBuyer };
    if (available < quantity) return { code: "sold_out", available };

    const head = this.#head(campaign.id);
    const expiresAtMs = this.clockMs + campaign.paymentWindowS * 1_000;
    const id = head.seq;
    this.orders.push({ id, offer, buyerId, quantity, expiresAtMs, key, state: "reserved", lastSeq: id });
    const amountMinor = quantity * draft.priceMinor;
    this.#events.push({ type: "order_reserved", ...head, offerId, buyerId, quantity, amountMinor, expiresAtMs, key });
    return { code: "reserved", orderId: id, reservedAtMs: this.clockMs, expiresAtMs };
  }

  #cancel(command: Cancel): Outcome {
    const order = this.#orderOf(command);
    if (order === undefined) return { code: "not_found" };
    if (order.state !== "reserved" && order.state !== "cancelled") {
      return { code: "transition_not_allowed", state: order.state };
    }
    if (order.state === "reserved") this.#move(order, "cancelled", "order_cancelled", null);
    return { code: "moved", orderId: order.id };
  }

  #pay(command: Pay): Outcome {
    const order = this.#orderOf(command);
    if (order === undefined) return { code: "not_found" };
    const { offer, quantity, buyerId } = order;
    if (order.state === "refund_due") return { code: "refund_due" };
    if (order.state === "cancelled" || order.state === "expired") {
      // Only an order that ran out of time comes back; one that was given back stays given back.
      const isGivenBack = order.state === "cancelled";
      const isOverLimit = this.unitsOf(buyerId, offer) + quantity > offer.draft.limitPerBuyer;
      if (isGivenBack || isOverLimit || this.countsOf(offer).available < quantity) {
        this.#move(order, "refund_due", "order_refund_due", command.reference);
        return { code: "refund_due" };
      }
      this.#move(order, "reserved", "order_rereserved", null);
    }
    if (order.state === "reserved") this.#move(order, "paid", "order_paid", command.reference);
    return { code: "moved", orderId: order.id };
  }

  /** The order of a command: of a settled campaign only when the command brings it along. */
  #orderOf({ orderId, campaignId, history }: Cancel | Pay): ModelOrder | undefined {
    const order = this.orders.find(({ id }) => id === orderId);
    if (order?.offer.campaign.id !== campaignId) return undefined;
    if (!this.isSettled(order.offer.campaign)) return order;
    return history?.some((record) => record.orderId === orderId) === true ? order : undefined;
  }

  #turn(
    campaign: ModelCampaign,
    to: CampaignState,
    type: "campaign_opened" | "campaign_paused" | "campaign_resumed" | "campaign_ended",
  ): void {
    campaign.state = to;
    this.#events.push({ type, ...this.#head(campaign.id) });
  }

  #move(
    order: ModelOrder,
    to: OrderState,
    type: "order_paid" | "order_cancelled" | "order_expired" | "order_rereserved" | "order_refund_due",
    reference: string | null,
  ): void {
    const { id: orderId, quantity, lastSeq: previousSeq, offer } = order;
    const head = this.#head(offer.campaign.id);
    order.state = to;
    order.lastSeq = head.seq;
    this.#events.push({ type, ...head, offerId: offer.id, orderId, quantity, previousSeq, reference });
  }

  #head(campaignId: number): { seq: number; atMs: number; campaignId: number } {
    this.#seq += 1;
    return { seq: this.#seq, atMs: this.clockMs, campaignId };
  }
}

function invalid(fields: readonly string[]): Outcome {
  return { code: "invalid", violations: fields.map((field) => ({ field, detail: "" })) };
}

/** The fields of a draft that break a rule of the trade, in the order of the draft. */
function brokenFields({ kind, opensAtMs, closesAtMs, offers }: CampaignDraft, nowMs: number): string[] {
  const fields: string[] = [];
  if (closesAtMs !== null && closesAtMs <= nowMs) fields.push("closes_at");
  if (closesAtMs !== null && opensAtMs !== null && closesAtMs <= opensAtMs) fields.push("closes_at");
  for (const [index, offer] of offers.entries()) {
    const broken = (field: string): number => fields.push(`offers[${index}].${field}`);
    if (offers.slice(0, index).some(({ sku }) => sku === offer.sku)) broken("sku");
    const oneUnit = oneUnitMinor.get(offer.currency);
    if (oneUnit === undefined) broken("currency");
    else if (kind === "one_yuan" && offer.priceMinor > oneUnit) broken("price_minor");
    if (offer.listPriceMinor !== null && offer.listPriceMinor < offer.priceMinor) broken("list_price_minor");
    if (kind !== null && offer.stock > kindStockMax[kind]) broken("stock");
    if (kind !== null && offer.limitPerBuyer > kindLimitMax[kind]) broken("limit_per_buyer");
  }
  return fields;
}
