/**
 * The sale as the documents describe it, told a second time as plainly as possible: lists, and every count recomputed
 * from them whenever it is asked for. Shares no code with src/engine (only the types of the domain), so that the same
 * mistake would have to be made twice to go unseen. It predicts outcomes and events; it is slow and that is fine.
 */
import type { AccessEntry } from "../../src/domain/access.ts";
import type { Actor, AgentTerms } from "../../src/domain/agents.ts";
import type { CampaignDraft, CampaignKind, CampaignState, OfferDraft } from "../../src/domain/campaign.ts";
import type {
  Command,
  ConfirmRefund,
  EraseBuyers,
  JoinWaitlist,
  LeaveWaitlist,
  OfficeCommand,
  OrderCommand,
  Pay,
  Refund,
  RemoveReminder,
  Reserve,
  SetReminder,
} from "../../src/domain/command.ts";
import {
  type Controls,
  controlsDefault,
  type SwitchName,
  type SwitchOn,
  switchNames,
} from "../../src/domain/controls.ts";
import type { EndpointRecord } from "../../src/domain/endpoint.ts";
import type { Event } from "../../src/domain/event.ts";
import type { Counts } from "../../src/domain/offer.ts";
import type { OperatorRole } from "../../src/domain/operator.ts";
import type { OrderState } from "../../src/domain/order.ts";
import type { Outcome } from "../../src/domain/outcome.ts";
import type { Payment, PaymentState } from "../../src/domain/payment.ts";
import type { WaitlistState } from "../../src/domain/waitlist.ts";

export interface ModelCampaign {
  readonly id: number;
  readonly kind: CampaignKind | null;
  readonly opensAtMs: number | null;
  closesAtMs: number | null;
  readonly paymentWindowS: number;
  readonly agents: AgentTerms;
  /** Whether units that return go to those who wait; an operator who ends the campaign ends that too. */
  hasWaitlist: boolean;
  /** Nobody is in line any more, and nobody will be: it has ended, and nothing is held that could still return. */
  isOver: boolean;
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
  /** Empty when the identity was erased. */
  buyerId: string;
  readonly quantity: number;
  readonly expiresAtMs: number;
  key: string | null;
  readonly actor: Actor | null;
  state: OrderState;
  lastSeq: number;
  /** All that was ever told of, in the order of coming. */
  readonly payments: ModelPayment[];
  /** Refunded without going back on sale. */
  isWrittenOff: boolean;
}

export interface ModelPayment {
  readonly id: number;
  readonly payment: Payment;
  state: PaymentState;
}

export interface ModelEntry {
  readonly id: number;
  readonly offer: ModelOffer;
  buyerId: string;
  readonly actor: Actor | null;
  state: WaitlistState;
}

export interface ModelReminder {
  readonly id: number;
  readonly campaign: ModelCampaign;
  buyerId: string;
  readonly leadS: number;
  readonly dueAtMs: number;
  state: "waiting" | "due" | "removed";
}

export interface ModelOperator {
  readonly id: number;
  readonly name: string;
  readonly role: OperatorRole;
  isRevoked: boolean;
}

const stockMax = 1_000_000_000;
const erasuresMax = 1_000;
const [operatorsMax, endpointsMax, switchesOnMax, accessEntriesMax] = [1_000, 100, 500, 10_000];
const switchText = ({ name, campaignId }: SwitchOn) => `${name} of ${campaignId}`;
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
  readonly entries: ModelEntry[] = [];
  readonly reminders: ModelReminder[] = [];
  readonly operators: ModelOperator[] = [];
  endpoints: EndpointRecord[] = [];
  controls: Controls = controlsDefault;
  access: AccessEntry[] = [];
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
    const outcome = this.#decide(command);
    this.#closeLinesThatAreOver();
    return outcome;
  }

  #decide(command: Command): Outcome {
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
      case "pay":
      case "refund":
      case "confirm_refund":
        return this.#onOrder(command);
      case "join_waitlist":
        return this.#join(command);
      case "leave_waitlist":
        return this.#leave(command);
      case "set_reminder":
        return this.#setReminder(command);
      case "remove_reminder":
        return this.#removeReminder(command);
      case "erase_buyers":
        return this.#erase(command);
      case "enter_draw":
      case "make_draws":
      case "join_queue":
      case "leave_queue":
        throw new Error(`the model knows open campaigns alone: ${command.type}`);
      default:
        return this.#office(command);
    }
  }

  advance(nowMs: number): void {
    this.#letCampaignsOpenAndClose(nowMs);
    const late = this.orders.filter((order) => order.state === "reserved" && order.expiresAtMs <= this.clockMs);
    late.sort((a, b) => a.expiresAtMs - b.expiresAtMs || a.id - b.id);
    for (const order of late) {
      this.#move(order, "expired", "order_expired");
      this.#serve(order.offer);
    }
    this.#remind();
    this.#closeLinesThatAreOver();
  }

  /** Of a campaign whoever is due first, and of those who are due together whoever asked first. */
  #remind(): void {
    for (const campaign of this.campaigns) {
      const due = this.remindersOf(campaign).filter(({ dueAtMs }) => dueAtMs <= this.clockMs);
      due.sort((a, b) => a.dueAtMs - b.dueAtMs || a.id - b.id);
      for (const reminder of due) this.#endReminder(reminder, "due");
    }
  }

  /** Those that may still come. */
  remindersOf(campaign: ModelCampaign): ModelReminder[] {
    if (campaign.state === "ended") return [];
    return this.reminders.filter((reminder) => reminder.campaign === campaign && reminder.state === "waiting");
  }

  #endReminder(reminder: ModelReminder, state: "due" | "removed"): void {
    reminder.state = state;
    const { id: reminderId, buyerId, campaign } = reminder;
    const type = state === "due" ? "reminder_due" : "reminder_removed";
    this.#events.push({ type, ...this.#head(campaign.id), reminderId, buyerId });
  }

  #setReminder({ campaignId, buyerId, leadS }: SetReminder): Outcome {
    const campaign = this.campaigns.find(({ id }) => id === campaignId);
    if (campaign === undefined || campaign.state === "draft") return { code: "not_found" };
    if (campaign.state === "ended") return { code: "ended" };
    if (campaign.state !== "scheduled" || campaign.opensAtMs === null) return { code: "already_open" };
    const dueAtMs = campaign.opensAtMs - leadS * 1_000;
    const before = this.remindersOf(campaign).find((reminder) => reminder.buyerId === buyerId);
    if (before?.leadS === leadS) return { code: "reminder_set", reminderId: before.id, isNew: false, leadS, dueAtMs };
    if (dueAtMs <= this.clockMs) {
      let leadSMax = 0;
      while (leadSMax < 86_400 && campaign.opensAtMs - (leadSMax + 60) * 1_000 > this.clockMs) leadSMax += 60;
      return { code: "reminder_too_late", leadSMax };
    }
    if (before !== undefined) this.#endReminder(before, "removed");
    const head = this.#head(campaignId);
    this.reminders.push({ id: head.seq, campaign, buyerId, leadS, dueAtMs, state: "waiting" });
    this.#events.push({ type: "reminder_set", ...head, buyerId, leadS, dueAtMs });
    return { code: "reminder_set", reminderId: head.seq, isNew: true, leadS, dueAtMs };
  }

  #removeReminder({ campaignId, buyerId }: RemoveReminder): Outcome {
    const campaign = this.campaigns.find(({ id }) => id === campaignId);
    if (campaign === undefined || campaign.state === "draft") return { code: "not_found" };
    const before = this.remindersOf(campaign).find((reminder) => reminder.buyerId === buyerId);
    if (before === undefined) return { code: "not_reminded" };
    this.#endReminder(before, "removed");
    return { code: "reminder_removed" };
  }

  /** Who waits for an offer, first come first. */
  lineOf(offer: ModelOffer): ModelEntry[] {
    if (offer.campaign.isOver) return [];
    return this.entries.filter((entry) => entry.offer === offer && entry.state === "waiting");
  }

  countsOf(offer: ModelOffer): Counts {
    let [total, held, sold] = [0, 0, 0];
    for (const delivery of offer.deliveries) total += delivery;
    for (const order of this.orders) {
      if (order.offer !== offer) continue;
      if (order.state === "reserved") held += order.quantity;
      if (order.state === "paid") sold += order.quantity;
      if (order.isWrittenOff) total -= order.quantity;
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

  /** Units of the offer in orders that agents made, reserved and paid. */
  agentUnitsOf(offer: ModelOffer): number {
    let units = 0;
    for (const order of this.orders) {
      if (order.offer !== offer || order.actor === null) continue;
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
    for (const campaign of this.campaigns) {
      for (const { dueAtMs } of this.remindersOf(campaign)) next = Math.min(next, dueAtMs);
    }
    return next;
  }

  #letCampaignsOpenAndClose(nowMs: number): void {
    this.clockMs = Math.max(this.clockMs, nowMs);
    for (const campaign of this.campaigns) {
      if (campaign.state === "scheduled" && (campaign.opensAtMs === null || campaign.opensAtMs <= this.clockMs)) {
        this.#turn(campaign, "open", "campaign_opened");
        this.#serveAll(campaign);
      }
      const isLive = campaign.state === "open" || campaign.state === "paused";
      if (isLive && campaign.closesAtMs !== null && campaign.closesAtMs <= this.clockMs) {
        this.#end(campaign, campaign.hasWaitlist);
      }
    }
    this.#closeLinesThatAreOver();
  }

  #closeLinesThatAreOver(): void {
    for (const campaign of this.campaigns) {
      if (this.isSettled(campaign) || (campaign.state === "ended" && !campaign.hasWaitlist)) campaign.isOver = true;
    }
  }

  #create(draft: CampaignDraft): Outcome {
    const fields = brokenFields(draft, this.clockMs);
    if (fields.length > 0) return invalid(fields);
    const { title, kind, opensAtMs, closesAtMs, paymentWindowS, hasWaitlist } = draft;
    const head = this.#head(this.#seq + 1);
    const what = { kind, opensAtMs, closesAtMs, paymentWindowS, hasWaitlist };
    const { admission, description } = draft;
    const { agents } = admission;
    const campaign: ModelCampaign = { id: head.seq, ...what, agents, isOver: false, state: "draft" };
    this.campaigns.push(campaign);
    this.#events.push({ type: "campaign_created", ...head, title, description, ...what, admission });
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
          draw: null,
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
        this.#serveAll(campaign);
        break;
      case "end":
        if (state === "ended") return refused;
        this.#end(campaign, false);
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
    this.#serve(offer);
    return { code: "changed", campaignId: campaign.id };
  }

  #reserve({ offerId, buyerId, quantity, key, actor }: Reserve): Outcome {
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
    const { policy, sharePercent } = campaign.agents;
    if (actor === "agent" && policy === "humans_only") return { code: "agents_not_allowed" };
    if (campaign.state === "scheduled") return { code: "not_open", opensAtMs: campaign.opensAtMs };
    if (campaign.state === "ended") return { code: "ended" };
    if (campaign.state === "paused" || this.#isOn("pause_sales", campaign)) return { code: "paused" };
    const { available, total } = this.countsOf(offer);
    if (available === 0) return { code: "sold_out", available };
    if (this.#isOn("queue_everybody", campaign)) return { code: "not_admitted", mode: "queue" }; // nobody is in it
    const { limitPerBuyer } = draft;
    if (this.unitsOf(buyerId, offer) + quantity > limitPerBuyer) return { code: "limit_reached", limitPerBuyer };
    if (available < quantity) return { code: "sold_out", available };

    if (actor === "agent" && sharePercent !== null) {
      // In hundredths of a unit, so that nothing is rounded.
      const left = total * sharePercent - this.agentUnitsOf(offer) * 100;
      if (quantity * 100 > left) return { code: "agent_share_taken", available: Math.max(0, Math.floor(left / 100)) };
    }
    const order = this.#begin(offer, { buyerId, quantity, key, actor: actor ?? null }, null);
    return { code: "reserved", orderId: order.id, reservedAtMs: this.clockMs, expiresAtMs: order.expiresAtMs };
  }

  #isOn(name: SwitchName, campaign: ModelCampaign): boolean {
    return this.controls.switchesOn.some(
      (on) => on.name === name && (on.campaignId === null || on.campaignId === campaign.id),
    );
  }

  /** A new order; with an entry it is an offered one. */
  #begin(
    offer: ModelOffer,
    what: { buyerId: string; quantity: number; key: string | null; actor: Actor | null },
    entry: ModelEntry | null,
  ): ModelOrder {
    const { campaign, draft } = offer;
    const head = this.#head(campaign.id);
    const expiresAtMs = this.clockMs + campaign.paymentWindowS * 1_000;
    const id = head.seq;
    const fresh = { state: "reserved", lastSeq: id, payments: [], isWrittenOff: false } as const;
    const order: ModelOrder = { id, offer, ...what, expiresAtMs, ...fresh, payments: [] };
    this.orders.push(order);
    const event = { offerId: offer.id, ...what, amountMinor: what.quantity * draft.priceMinor, expiresAtMs };
    if (entry === null) this.#events.push({ type: "order_reserved", ...head, ...event, entryId: null });
    else this.#events.push({ type: "order_offered", ...head, entryId: entry.id, ...event });
    return order;
  }

  #join({ offerId, buyerId, actor = null }: JoinWaitlist): Outcome {
    const offer = this.offers.find(({ id }) => id === offerId);
    if (offer === undefined || offer.campaign.state === "draft") return { code: "not_found" };
    const { campaign, draft } = offer;
    if (actor === "agent" && campaign.agents.policy !== "allowed") return { code: "agents_not_allowed" };
    if (campaign.state === "scheduled") return { code: "not_open", opensAtMs: campaign.opensAtMs };
    if (campaign.state === "ended") return { code: "ended" };
    if (campaign.state === "paused" || this.#isOn("pause_sales", campaign)) return { code: "paused" };
    if (!campaign.hasWaitlist || this.#isOn("queue_everybody", campaign)) return { code: "waitlist_off" };
    const line = this.lineOf(offer);
    const standing = line.findIndex((entry) => entry.buyerId === buyerId);
    if (standing >= 0) return { code: "waiting", entryId: line[standing]?.id ?? 0, place: standing + 1 };
    const { limitPerBuyer } = draft;
    if (this.unitsOf(buyerId, offer) >= limitPerBuyer) return { code: "limit_reached", limitPerBuyer };
    const { available } = this.countsOf(offer);
    if (available > 0) return { code: "not_sold_out", available };
    const head = this.#head(campaign.id);
    this.entries.push({ id: head.seq, offer, buyerId, actor, state: "waiting" });
    this.#events.push({ type: "waitlist_joined", ...head, offerId, buyerId, actor });
    return { code: "joined", entryId: head.seq, place: line.length + 1 };
  }

  #leave({ offerId, buyerId }: LeaveWaitlist): Outcome {
    const offer = this.offers.find(({ id }) => id === offerId);
    if (offer === undefined || offer.campaign.state === "draft") return { code: "not_found" };
    const entry = this.lineOf(offer).find((standing) => standing.buyerId === buyerId);
    if (entry === undefined) return { code: "not_waiting" };
    entry.state = "left";
    const head = this.#head(offer.campaign.id);
    this.#events.push({ type: "waitlist_left", ...head, offerId, entryId: entry.id, buyerId });
    return { code: "left" };
  }

  #serveAll(campaign: ModelCampaign): void {
    for (const offer of this.offers) if (offer.campaign === campaign) this.#serve(offer);
  }

  /** One unit for each who waits, as long as there are units. */
  #serve(offer: ModelOffer): void {
    const { campaign } = offer;
    if (!campaign.hasWaitlist || campaign.state === "paused") return;
    for (const entry of this.lineOf(offer)) {
      if (this.countsOf(offer).available === 0) return;
      entry.state = "offered";
      this.#begin(offer, { buyerId: entry.buyerId, quantity: 1, key: null, actor: entry.actor }, entry);
    }
  }

  #onOrder(command: OrderCommand): Outcome {
    const order = this.#orderOf(command);
    if (order === undefined) return { code: "not_found" };
    switch (command.type) {
      case "cancel":
        return this.#cancel(order);
      case "pay":
        return this.#pay(order, command);
      case "refund":
        return this.#refund(order, command);
      case "confirm_refund":
        return this.#confirmRefund(order, command);
    }
  }

  #cancel(order: ModelOrder): Outcome {
    if (order.state !== "reserved" && order.state !== "cancelled") {
      return { code: "transition_not_allowed", state: order.state };
    }
    if (order.state === "reserved") {
      this.#move(order, "cancelled", "order_cancelled");
      this.#serve(order.offer);
    }
    return { code: "moved", orderId: order.id };
  }

  #pay(order: ModelOrder, { payment }: Pay): Outcome {
    const { offer, quantity, buyerId } = order;
    const again = order.payments.find(({ payment: { provider, reference, amountMinor, currency } }) => {
      if (provider !== payment.provider || reference !== payment.reference) return false;
      if (reference !== null) return true;
      return amountMinor === payment.amountMinor && currency === payment.currency;
    });
    if (again !== undefined) {
      return again.state === "accepted" ? { code: "moved", orderId: order.id } : { code: "refund_due" };
    }
    const { priceMinor, currency, limitPerBuyer } = offer.draft;
    const isRight = payment.amountMinor === quantity * priceMinor && payment.currency === currency;
    const isOpen = order.state === "reserved" || order.state === "expired" || order.state === "cancelled";
    if (!isRight || !isOpen) {
      this.#tellPayment(order, null, "payment_refund_due", payment);
      return { code: "refund_due" };
    }
    if (order.state !== "reserved") {
      // Only an order that ran out of time comes back; one that was given back stays given back.
      const isGone = order.state === "cancelled" || buyerId === "";
      const isOverLimit = this.unitsOf(buyerId, offer) + quantity > limitPerBuyer;
      // What came back during a pause belongs to those in line.
      const isTaken = this.lineOf(offer).length > 0 || this.countsOf(offer).available < quantity;
      if (isGone || isOverLimit || isTaken) {
        this.#tellPayment(order, "refund_due", "order_refund_due", payment);
        return { code: "refund_due" };
      }
      this.#move(order, "reserved", "order_rereserved");
    }
    this.#tellPayment(order, "paid", "order_paid", payment);
    return { code: "moved", orderId: order.id };
  }

  #refund(order: ModelOrder, { returnsUnits }: Refund): Outcome {
    const { state, offer } = order;
    if (state === "reserved" || state === "cancelled" || state === "expired") {
      const isShopsDue = order.payments.some((told) => told.state === "refund_due" && told.payment.provider === "shop");
      if (!isShopsDue) return { code: "transition_not_allowed", state };
    }
    if (state === "paid") {
      this.#events.push({ type: "order_refund_requested", ...this.#orderHead(order, "refund_due"), returnsUnits });
      order.isWrittenOff = !returnsUnits;
      for (const payment of order.payments) if (payment.state === "accepted") payment.state = "refund_due";
    }
    for (const payment of order.payments) {
      if (payment.state === "refund_due" && payment.payment.provider === "shop") this.#giveBack(order, payment);
    }
    if (state === "paid" && returnsUnits) this.#serve(offer);
    return { code: "moved", orderId: order.id };
  }

  #confirmRefund(order: ModelOrder, { paymentId }: ConfirmRefund): Outcome {
    const payment = order.payments.find(({ id }) => id === paymentId);
    if (payment === undefined) return { code: "not_found" };
    if (payment.state === "accepted") return { code: "transition_not_allowed", state: "paid" };
    if (payment.state === "refund_due") this.#giveBack(order, payment);
    return { code: "moved", orderId: order.id };
  }

  #giveBack(order: ModelOrder, payment: ModelPayment): void {
    payment.state = "refunded";
    const isDone = order.state === "refund_due" && order.payments.every(({ state }) => state === "refunded");
    const head = this.#orderHead(order, isDone ? "refunded" : null);
    this.#events.push({ type: isDone ? "order_refunded" : "payment_refunded", ...head, paymentId: payment.id });
  }

  #erase({ campaignId, orderIds, entryIds }: EraseBuyers): Outcome {
    const campaign = this.campaigns.find(({ id }) => id === campaignId);
    if (campaign === undefined) return { code: "not_found" };
    if (!this.isSettled(campaign)) return { code: "not_settled" };
    const count = orderIds.length + entryIds.length;
    if (count > erasuresMax) return { code: "limit_exceeded" };
    if (count > 0) this.#events.push({ type: "buyers_erased", ...this.#head(campaignId), orderIds, entryIds });
    for (const order of this.orders) {
      if (!orderIds.includes(order.id)) continue;
      order.buyerId = "";
      order.key = null;
    }
    for (const entry of [...this.entries, ...this.reminders]) if (entryIds.includes(entry.id)) entry.buyerId = "";
    return { code: "erased", orders: orderIds.length, entries: entryIds.length };
  }

  #office(command: OfficeCommand): Outcome {
    switch (command.type) {
      case "create_operator": {
        const { role, keyHash } = command;
        const name = command.name.trim();
        const active = this.operators.filter(({ isRevoked }) => !isRevoked);
        const names = ["root", "retention", ...this.operators.map((operator) => operator.name.toLowerCase())];
        if (names.includes(name.toLowerCase())) return { code: "name_taken" };
        if (active.length === operatorsMax) return { code: "limit_exceeded" };
        const head = this.#officeHead();
        this.operators.push({ id: head.seq, name, role, isRevoked: false });
        this.#events.push({ type: "operator_created", ...head, name, role, keyHash });
        return { code: "done", id: head.seq };
      }
      case "revoke_operator": {
        const operator = this.operators.find(({ id }) => id === command.operatorId);
        if (operator === undefined) return { code: "not_found" };
        if (!operator.isRevoked) {
          this.#events.push({ type: "operator_revoked", ...this.#officeHead(), operatorId: operator.id });
        }
        operator.isRevoked = true;
        return { code: "done", id: operator.id };
      }
      case "create_endpoint": {
        if (this.endpoints.length === endpointsMax) return { code: "limit_exceeded" };
        const { url, types, secret } = command;
        const head = this.#officeHead();
        const endpoint = { id: head.seq, url, types, secret, previousSecret: null, rotatedAtMs: null, isEnabled: true };
        this.endpoints.push(endpoint);
        this.#events.push({ type: "endpoint_created", ...head, endpoint });
        return { code: "done", id: head.seq };
      }
      case "change_endpoint": {
        const index = this.endpoints.findIndex(({ id }) => id === command.endpointId);
        const before = this.endpoints[index];
        if (before === undefined) return { code: "not_found" };
        const endpoint = {
          ...before,
          url: command.url === undefined ? before.url : command.url,
          types: command.types === undefined ? before.types : command.types,
          isEnabled: command.isEnabled === undefined ? before.isEnabled : command.isEnabled,
          ...(command.secret === undefined
            ? {}
            : { secret: command.secret, previousSecret: before.secret, rotatedAtMs: this.clockMs }),
        };
        this.endpoints[index] = endpoint;
        this.#events.push({ type: "endpoint_changed", ...this.#officeHead(), endpoint });
        return { code: "done", id: before.id };
      }
      case "delete_endpoint": {
        const { endpointId } = command;
        if (!this.endpoints.some(({ id }) => id === endpointId)) return { code: "not_found" };
        this.endpoints = this.endpoints.filter(({ id }) => id !== endpointId);
        this.#events.push({ type: "endpoint_deleted", ...this.#officeHead(), endpointId });
        return { code: "done", id: endpointId };
      }
      case "set_controls": {
        const { rateLimits = {}, switches = [], riskMode } = command.change;
        const isKnown = (id: number | null) => id === null || this.campaigns.some((campaign) => campaign.id === id);
        if (!switches.every(({ campaignId }) => isKnown(campaignId))) return { code: "not_found" };
        const on = new Set(this.controls.switchesOn.map(switchText));
        for (const one of switches) {
          if (one.isOn) on.add(switchText(one));
          else on.delete(switchText(one));
        }
        if (on.size > switchesOnMax) return { code: "limit_exceeded" };
        this.controls = {
          rateLimits: { ...this.controls.rateLimits, ...rateLimits },
          switchesOn: switchNames.flatMap((name) =>
            [null, ...this.campaigns.map(({ id }) => id)].flatMap((campaignId) =>
              on.has(switchText({ name, campaignId })) ? [{ name, campaignId }] : [],
            ),
          ),
          riskMode: riskMode === undefined ? this.controls.riskMode : riskMode,
        };
        const head = this.#officeHead();
        this.#events.push({ type: "controls_changed", ...head, controls: this.controls });
        return { code: "done", id: head.seq };
      }
      case "add_access_entry": {
        const { effect, target, reason, expiresAtMs } = command;
        const isOfTarget = (entry: AccessEntry) => entry.kind === target.kind && entry.value === target.value;
        const others = this.access.filter((entry) => !isOfTarget(entry));
        const isOver = ({ expiresAtMs: endMs }: AccessEntry) => endMs !== null && endMs <= this.clockMs;
        const kept = others.length < accessEntriesMax ? others : others.filter((entry) => !isOver(entry));
        if (kept.length >= accessEntriesMax) return { code: "limit_exceeded" };
        const gone = [...this.access.filter(isOfTarget), ...others.filter((entry) => !kept.includes(entry))];
        for (const { entryId } of gone) {
          this.#events.push({ type: "access_entry_removed", ...this.#officeHead(), entryId });
        }
        const head = this.#officeHead();
        const entry = { entryId: head.seq, effect, ...target, reason, createdAtMs: head.atMs, expiresAtMs };
        this.access = [...kept, entry];
        this.#events.push({ type: "access_entry_added", ...head, entry });
        return { code: "done", id: head.seq };
      }
      case "remove_access_entry": {
        const { entryId } = command;
        if (!this.access.some((entry) => entry.entryId === entryId)) return { code: "not_found" };
        this.access = this.access.filter((entry) => entry.entryId !== entryId);
        this.#events.push({ type: "access_entry_removed", ...this.#officeHead(), entryId });
        return { code: "done", id: entryId };
      }
      case "publish_ledger_head": {
        const head = this.#officeHead();
        this.#events.push({ type: "ledger_head", ...head });
        return { code: "done", id: head.seq };
      }
      case "note_action":
        return { code: "done", id: this.#seq };
    }
  }

  /** The order of a command: of a settled campaign only when the command brings it along. */
  #orderOf({ orderId, campaignId, history }: OrderCommand): ModelOrder | undefined {
    const order = this.orders.find(({ id }) => id === orderId);
    if (order?.offer.campaign.id !== campaignId) return undefined;
    if (!this.isSettled(order.offer.campaign)) return order;
    return history?.some((record) => record.orderId === orderId) === true ? order : undefined;
  }

  #turn(campaign: ModelCampaign, to: CampaignState, type: "campaign_opened" | "campaign_paused" | "campaign_resumed") {
    campaign.state = to;
    this.#events.push({ type, ...this.#head(campaign.id) });
  }

  #end(campaign: ModelCampaign, hasWaitlist: boolean): void {
    campaign.state = "ended";
    campaign.hasWaitlist = hasWaitlist;
    this.#events.push({ type: "campaign_ended", ...this.#head(campaign.id), hasWaitlist });
    this.#serveAll(campaign);
  }

  #move(order: ModelOrder, to: OrderState, type: "order_cancelled" | "order_expired" | "order_rereserved"): void {
    this.#events.push({ type, ...this.#orderHead(order, to) });
  }

  #tellPayment(
    order: ModelOrder,
    to: OrderState | null,
    type: "order_paid" | "order_refund_due" | "payment_refund_due",
    payment: Payment,
  ): void {
    const head = this.#orderHead(order, to);
    order.payments.push({ id: head.seq, payment, state: to === "paid" ? "accepted" : "refund_due" });
    this.#events.push({ type, ...head, payment });
  }

  /** The next event of an order, which is then in the state `to`; `null`: in the one before. */
  #orderHead(order: ModelOrder, to: OrderState | null) {
    const { id: orderId, quantity, lastSeq: previousSeq, offer } = order;
    const head = this.#head(offer.campaign.id);
    order.state = to ?? order.state;
    order.lastSeq = head.seq;
    return { ...head, offerId: offer.id, orderId, quantity, previousSeq };
  }

  #head(campaignId: number): { seq: number; atMs: number; campaignId: number } {
    this.#seq += 1;
    return { seq: this.#seq, atMs: this.clockMs, campaignId };
  }

  #officeHead(): { seq: number; atMs: number; campaignId: null } {
    this.#seq += 1;
    return { seq: this.#seq, atMs: this.clockMs, campaignId: null };
  }
}

function invalid(fields: readonly string[]): Outcome {
  return { code: "invalid", violations: fields.map((field) => ({ field, detail: "" })) };
}

/** The fields of a draft that break a rule of the trade, in the order of the draft. */
function brokenFields({ kind, opensAtMs, closesAtMs, offers, admission }: CampaignDraft, nowMs: number): string[] {
  const fields: string[] = [];
  if (closesAtMs !== null && closesAtMs <= nowMs) fields.push("closes_at");
  if (closesAtMs !== null && opensAtMs !== null && closesAtMs <= opensAtMs) fields.push("closes_at");
  const { policy, sharePercent: percent } = admission.agents;
  const isShareRight = policy === "share" ? percent !== null && percent > 0 && percent < 100 : percent === null;
  if (!isShareRight) fields.push("agents.share_percent");
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
