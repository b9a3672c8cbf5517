/**
 * The engine: `(state, command, now) -> outcome + events`, alone, in one order. Deterministic: no input or output, no
 * clock, no randomness, no `await`; the same commands with the same times give the same events, so every bug replays.
 * Decides first (`decide*` only read), then lets its events happen one by one (`State.evolve`).
 *
 * The order of checks of a reserve stands in domain/outcome.ts.
 */

import { isExpired } from "../domain/access.ts";
import { wayInto } from "../domain/admission.ts";
import { admitsAgents, agentUnitsMax, totalForAgents } from "../domain/agents.ts";
import { actionAllowedIn, closingWhenPublished, violationsOf } from "../domain/campaign.ts";
import type {
  ChangeCampaign,
  Command,
  CreateCampaign,
  EnterDraw,
  EraseBuyers,
  JoinQueue,
  JoinWaitlist,
  LeaveQueue,
  LeaveWaitlist,
  MakeDraws,
  OfficeCommand,
  OrderCommand,
  RemoveReminder,
  Reserve,
  Restock,
  SetReminder,
} from "../domain/command.ts";
import { changedControls, isOn } from "../domain/controls.ts";
import type { EndpointRecord } from "../domain/endpoint.ts";
import type { CampaignMoved, Event, OrderMoved, OrderPayment } from "../domain/event.ts";
import { limits } from "../domain/limits.ts";
import { nameIdentity, retentionName, rootOperatorName } from "../domain/operator.ts";
import type {
  DrawOutcome,
  OfficeOutcome,
  OperatorOutcome,
  OrderOutcome,
  Outcome,
  QueueOutcome,
  ReminderOutcome,
  ReserveOutcome,
  WaitlistOutcome,
} from "../domain/outcome.ts";
import { isSamePayment, type Payment, type PaymentRecord } from "../domain/payment.ts";
import { commitmentOf } from "../draw/proof.ts";
import { Queue } from "./queue.ts";
import {
  agentRoomOf,
  agentUnitsIn,
  type Campaign,
  dueAtMs,
  freeIn,
  freeOf,
  type Offer,
  reminderDueAtMs,
  State,
} from "./state.ts";
import type { InLine } from "./waiting-line.ts";

const notFound = { code: "not_found" } as const;
const agentsNotAllowed = { code: "agents_not_allowed" } as const;
const paused = { code: "paused" } as const;
const ended = { code: "ended" } as const;
const keyReused = { code: "key_reused" } as const;
const refundDue = { code: "refund_due" } as const;
const done = (id: number) => ({ code: "done", id }) as const;

export class Engine {
  readonly state: State;
  #events: Event[] = [];
  /** Offers of which more came back than one batch takes, and those who wait are not all served. */
  readonly #unserved = new Set<Offer>();
  /** Campaigns with more units to be had than passes one batch gives. */
  readonly #unadmitted = new Set<Campaign>();

  constructor(state = new State()) {
    this.state = state;
    for (const offer of state.offers.values()) if (owes(offer)) this.#unserved.add(offer);
    for (const campaign of state.campaigns.values())
      if (this.#nextOf(campaign) !== null) this.#unadmitted.add(campaign);
  }

  /** The events since the last call, in order. */
  takeEvents(): Event[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  /** What has happened and nobody has taken yet. */
  get pendingEvents(): readonly Event[] {
    return this.#events;
  }

  /** When time alone next changes something, or `Infinity`. */
  get nextDueAtMs(): number {
    if (this.#unserved.size + this.#unadmitted.size > 0) return this.state.nowMs;
    const { nextChangeAtMs, expiries, passExpiries, nextReminderAtMs } = this.state;
    return Math.min(nextChangeAtMs, expiries.nextAtMs, passExpiries.nextAtMs, nextReminderAtMs);
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
        return this.#onOrder(command, (order, payments) => this.#pay(order, command.payment, payments));
      case "refund":
        return this.#onOrder(command, (order, payments) => this.#refund(order, command.returnsUnits, payments));
      case "confirm_refund":
        return this.#onOrder(command, (order, payments) => this.#confirmRefund(order, command.paymentId, payments));
      case "join_waitlist":
        return this.#joinWaitlist(command);
      case "leave_waitlist":
        return this.#leaveWaitlist(command);
      case "enter_draw":
        return this.#enterDraw(command);
      case "make_draws":
        return this.#makeDraws(command);
      case "join_queue":
        return this.#joinQueue(command);
      case "leave_queue":
        return this.#leaveQueue(command);
      case "set_reminder":
        return this.#setReminder(command);
      case "remove_reminder":
        return this.#removeReminder(command);
      case "create_campaign":
        return this.#createCampaign(command);
      case "restock":
        return this.#restock(command);
      case "publish":
      case "pause":
      case "resume":
      case "end":
        return this.#changeCampaign(command);
      case "erase_buyers":
        return this.#eraseBuyers(command);
      default:
        return this.#executeOffice(command);
    }
  }

  /** Before the first `advance` after a start: while nothing ran, nobody could use a pass. */
  goOn(nowMs: number): void {
    const selling = [...this.state.campaigns.values()].filter((campaign) => this.#isSelling(campaign));
    this.#setTime(nowMs);
    for (const campaign of selling) if (this.#isSelling(campaign)) this.#renewPasses(campaign);
  }

  /**
   * Lets time pass: campaigns open and close, unpaid orders expire and their units return, passes run out and the next
   * in line get theirs, reminders come. At most `expiriesPerBatchMax` of either expire in one call, `offersPerReturnMax`
   * of an offer are offered, `admissionsPerBatchMax` of a campaign admitted and `remindersPerBatchMax` reminded;
   * `nextDueAtMs` stays in the past while more are due.
   */
  advance(nowMs: number): void {
    this.#setTime(nowMs);
    const { expiries } = this.state;
    for (const offer of [...this.#unserved]) {
      this.#unserved.delete(offer);
      this.#serve(offer);
    }
    for (const campaign of [...this.#unadmitted]) {
      this.#unadmitted.delete(campaign);
      this.#admit(campaign);
    }
    const ended = new Set<Campaign>();
    for (let n = 0; n < limits.expiriesPerBatchMax && expiries.nextAtMs <= this.state.nowMs; n++) {
      const { book: number, orderId } = expiries.pop();
      const campaign = this.state.campaignByNumber(number);
      const slot = campaign.book?.find(orderId) ?? -1;
      if (campaign.book === null || slot < 0 || campaign.book.state(slot) !== "reserved") continue;
      this.#moveOrder({ campaign, orderId, slot }, "order_expired");
      if (campaign.state === "ended") ended.add(campaign);
    }
    for (const campaign of ended) this.state.forgetSettled(campaign);
    this.#expirePasses();
    this.#remind();
  }

  /** Where nothing ran at their time, the sale may be open by now: better late than not at all. */
  #remind(): void {
    const { state } = this;
    if (state.nextReminderAtMs > state.nowMs) return;
    let left: number = limits.remindersPerBatchMax;
    for (const campaign of state.campaigns.values()) {
      for (; left > 0 && reminderDueAtMs(campaign) <= state.nowMs; left -= 1) {
        const next = campaign.reminders?.next() ?? null;
        if (next === null) throw new Error(`nobody waits for a reminder of campaign ${campaign.id}`);
        const { reminderId, buyerId } = next;
        this.#emit({ ...this.#head(campaign), type: "reminder_due", reminderId, buyerId });
      }
    }
  }

  #expirePasses(): void {
    const { passExpiries, nowMs } = this.state;
    const freed = new Set<Campaign>();
    for (let n = 0; n < limits.expiriesPerBatchMax && passExpiries.nextAtMs <= nowMs; n++) {
      const { atMs, book: number, orderId: entryId } = passExpiries.pop();
      const campaign = this.state.campaignByNumber(number);
      const pass = campaign.queue?.passById(entryId) ?? null;
      if (pass === null || pass.expiresAtMs !== atMs || !this.#isSelling(campaign)) continue; // renewed, or to be
      const { buyerId } = pass;
      this.#emit({ ...this.#head(campaign), type: "queue_expired", entryId, buyerId });
      freed.add(campaign);
    }
    for (const campaign of freed) this.#admit(campaign);
  }

  #setTime(nowMs: number): void {
    if (nowMs > this.state.nowMs) this.state.nowMs = nowMs;
    if (this.state.nextChangeAtMs <= this.state.nowMs) this.#openAndClose();
  }

  #reserve(command: Reserve): ReserveOutcome {
    const { offerId, buyerId, quantity, key, actor = null } = command;
    const { state } = this;
    const offer = state.offers.get(offerId);
    if (offer === undefined || offer.campaign.state === "draft") return notFound;
    if (key !== null) {
      const before = this.#decideReplay(command, key);
      if (before !== null) return before;
    }
    const { campaign } = offer;
    if (actor !== null && !admitsAgents(campaign.admission.agents, "buy")) return agentsNotAllowed;
    const refused =
      this.#decideReserve(offer, buyerId, quantity) ??
      (actor === null ? null : this.#decideShare(offer, buyerId, quantity));
    if (refused !== null) return refused;
    const orderId = state.lastSeq + 1;
    const expiresAtMs = state.nowMs + campaign.paymentWindowS * 1_000;
    const pass = campaign.queue?.passOf(buyerId) ?? null;
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
      actor,
      entryId: pass?.entryId ?? null,
    });
    // A person who buys with their agent's pass takes nothing of the agents' share: another agent may have it.
    if (actor === null && pass !== null && pass.actor !== null) this.#admit(campaign);
    return { code: "reserved", orderId, reservedAtMs: state.nowMs, expiresAtMs };
  }

  /**
   * Whatever has come back goes to those who wait, one unit each, before anybody else can ask for it. Nobody in line has
   * reached the limit: who joined was below it, and as long as somebody waits no unit can be had past the line.
   */
  #serveWaitlist(offer: Offer): void {
    const { campaign } = offer;
    const { state } = this;
    for (let n = 0; owes(offer) && !this.#unserved.has(offer); n++) {
      const first = offer.waiting?.first() ?? null;
      if (first === null) throw new Error(`nobody is in the line of offer ${offer.id}`);
      if (n === limits.offersPerReturnMax) {
        this.#unserved.add(offer);
        return;
      }
      const { entryId, buyerId, actor } = first;
      const head = { seq: state.lastSeq + 1, atMs: state.nowMs, campaignId: campaign.id, offerId: offer.id };
      const expiresAtMs = state.nowMs + campaign.paymentWindowS * 1_000;
      const what = { quantity: 1, amountMinor: offer.priceMinor, expiresAtMs, key: null, actor };
      this.#emit({ ...head, type: "order_offered", entryId, buyerId, ...what });
    }
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
  #onOrder(
    command: OrderCommand,
    decide: (order: OrderInMemory, payments: readonly PaymentRecord[]) => OrderOutcome,
  ): OrderOutcome {
    const { state } = this;
    const campaign = state.campaigns.get(command.campaignId);
    if (campaign === undefined) return notFound;
    if (command.history !== undefined) state.restoreHistory(campaign.id, command.history);
    const { orderId, payments } = command;
    const slot = campaign.book?.find(orderId) ?? -1;
    if (slot >= 0 && command.type !== "cancel" && payments === undefined && state.hasMoved(campaign.id, orderId)) {
      throw new Error(`the payments of order ${orderId} do not come with the command`);
    }
    const outcome = slot < 0 ? notFound : decide({ campaign, orderId, slot }, payments ?? []);
    state.forgetSettled(campaign);
    return outcome;
  }

  #cancel(order: OrderInMemory): OrderOutcome {
    const { book, slot } = this.state.order(order.campaign.id, order.orderId);
    const from = book.state(slot);
    if (from === "cancelled") return { code: "moved", orderId: order.orderId };
    if (from !== "reserved") return { code: "transition_not_allowed", state: from };
    this.#moveOrder(order, "order_cancelled");
    return { code: "moved", orderId: order.orderId };
  }

  /** A payment always ends in a unit for its order or in its refund; never in both, never in neither. */
  #pay(order: OrderInMemory, payment: Payment, payments: readonly PaymentRecord[]): OrderOutcome {
    const { book, slot } = this.state.order(order.campaign.id, order.orderId);
    const moved = { code: "moved", orderId: order.orderId } as const;
    const before = payments.find((known) => isSamePayment(known, payment));
    if (before !== undefined) return before.state === "accepted" ? moved : refundDue;
    const offer = offerOf(order);
    const quantity = book.quantity(slot);
    if (payment.amountMinor !== offer.priceMinor * quantity || payment.currency !== offer.currency) {
      this.#recordPayment(order, "payment_refund_due", payment);
      return refundDue;
    }
    switch (book.state(slot)) {
      case "reserved":
        this.#recordPayment(order, "order_paid", payment);
        return moved;
      case "expired": {
        const isErased = book.isOwner(slot, ""); // nobody is left to send it to
        const isWithinLimit = book.unitsOfOwner(slot) + quantity <= offer.limitPerBuyer;
        const free = Math.min(freeOf(offer), this.#spareIn(offer.campaign));
        if (isErased || free < quantity || !isWithinLimit) {
          this.#recordPayment(order, "order_refund_due", payment);
          return refundDue;
        }
        this.#moveOrder(order, "order_rereserved");
        this.#recordPayment(order, "order_paid", payment);
        return moved;
      }
      case "cancelled":
        this.#recordPayment(order, "order_refund_due", payment);
        return refundDue;
      case "paid":
      case "refund_due":
      case "refunded":
        this.#recordPayment(order, "payment_refund_due", payment);
        return refundDue;
    }
  }

  /** The shop returns its own payments itself, so they count as returned; a provider is asked, and confirms later. */
  #refund(order: OrderInMemory, returnsUnits: boolean, payments: readonly PaymentRecord[]): OrderOutcome {
    const { book, slot } = this.state.order(order.campaign.id, order.orderId);
    const from = book.state(slot);
    const moved = { code: "moved", orderId: order.orderId } as const;
    let due = payments.filter(({ state }) => state === "refund_due" || (from === "paid" && state === "accepted"));
    const ofShop = due.filter(({ provider }) => provider === "shop");
    const isOfMoney = from === "paid" || from === "refund_due" || from === "refunded";
    // An order of any state may have had a payment of a wrong amount.
    if (!isOfMoney && ofShop.length === 0) return { code: "transition_not_allowed", state: from };
    if (from === "paid") this.#emit({ ...this.#headOf(order), type: "order_refund_requested", returnsUnits });
    for (const { paymentId } of ofShop) due = this.#returnPayment(order, paymentId, due);
    if (from === "paid") this.#serve(offerOf(order)); // what is written off may leave agents room, too
    return moved;
  }

  #confirmRefund(order: OrderInMemory, paymentId: number, payments: readonly PaymentRecord[]): OrderOutcome {
    const payment = payments.find((known) => known.paymentId === paymentId);
    if (payment === undefined) return notFound;
    if (payment.state === "accepted") return { code: "transition_not_allowed", state: "paid" };
    const due = payments.filter(({ state }) => state === "refund_due");
    if (payment.state === "refund_due") this.#returnPayment(order, paymentId, due);
    return { code: "moved", orderId: order.orderId };
  }

  /** Answers the payments of the order that are still to be returned. */
  #returnPayment(order: OrderInMemory, paymentId: number, due: readonly PaymentRecord[]): PaymentRecord[] {
    const others = due.filter((payment) => payment.paymentId !== paymentId);
    const { book, slot } = this.state.order(order.campaign.id, order.orderId);
    const isLast = book.state(slot) === "refund_due" && others.length === 0;
    this.#emit({ ...this.#headOf(order), type: isLast ? "order_refunded" : "payment_refunded", paymentId });
    return others;
  }

  #joinWaitlist({ offerId, buyerId, actor = null }: JoinWaitlist): WaitlistOutcome {
    const { state } = this;
    const offer = state.offers.get(offerId);
    if (offer === undefined || offer.campaign.state === "draft") return notFound;
    const { campaign } = offer;
    if (actor !== null && !admitsAgents(campaign.admission.agents, "waitlist")) return agentsNotAllowed;
    if (campaign.state === "scheduled") return { code: "not_open", opensAtMs: campaign.opensAtMs };
    if (campaign.state === "ended") return ended;
    if (!this.#isSelling(campaign)) return paused;
    if (!campaign.hasWaitlist || this.#usesQueue(campaign) || campaign.admission.mode === "draw")
      return { code: "waitlist_off" };
    const entry = offer.waiting?.entryOf(buyerId) ?? null;
    if (entry !== null) return { code: "waiting", ...entry };
    const units = campaign.book?.unitsOf(buyerId, offer.index) ?? 0;
    if (units + 1 > offer.limitPerBuyer) return { code: "limit_reached", limitPerBuyer: offer.limitPerBuyer };
    const available = freeOf(offer);
    if (available > 0) return { code: "not_sold_out", available };
    const ahead = offer.waiting?.count ?? 0;
    if (ahead >= limits.waitlistMax) return { code: "waitlist_full" };
    const entryId = state.lastSeq + 1;
    const head = { seq: entryId, atMs: state.nowMs, campaignId: campaign.id };
    this.#emit({ ...head, type: "waitlist_joined", offerId, buyerId, actor });
    return { code: "joined", entryId, place: ahead + 1 };
  }

  #leaveWaitlist({ offerId, buyerId }: LeaveWaitlist): WaitlistOutcome {
    const { state } = this;
    const offer = state.offers.get(offerId);
    if (offer === undefined || offer.campaign.state === "draft") return notFound;
    const entry = offer.waiting?.entryOf(buyerId) ?? null;
    if (entry === null) return { code: "not_waiting" };
    const head = { seq: state.lastSeq + 1, atMs: state.nowMs, campaignId: offer.campaign.id };
    this.#emit({ ...head, type: "waitlist_left", offerId, entryId: entry.entryId, buyerId });
    return { code: "left" };
  }

  #enterDraw({ offerId, buyerId, salt, actor = null }: EnterDraw): DrawOutcome {
    const offer = this.state.offers.get(offerId);
    if (offer === undefined || offer.campaign.state === "draft") return notFound;
    const { campaign, waiting } = offer;
    if (actor !== null && !admitsAgents(campaign.admission.agents, "draw")) return agentsNotAllowed;
    if (campaign.admission.mode !== "draw") return { code: "draw_off" };
    if (campaign.state === "scheduled") return { code: "not_open", opensAtMs: campaign.opensAtMs };
    if (campaign.state === "ended") return ended;
    if (!this.#isSelling(campaign)) return paused;
    const entry = waiting?.entryOf(buyerId) ?? null;
    if (entry !== null) return { code: "entered", entryId: entry.entryId, isNew: false, entries: waiting?.count ?? 0 };
    const elsewhere = campaign.offers.find((other) => (other.waiting?.entryOf(buyerId) ?? null) !== null);
    if (elsewhere !== undefined) return { code: "entered_elsewhere", offerId: elsewhere.id };
    if (waiting?.hasSeen(buyerId) === true) return { code: "entry_withdrawn" };
    if ((waiting?.size ?? 0) >= limits.waitlistMax) return { code: "waitlist_full" };
    const head = this.#head(campaign);
    this.#emit({ ...head, type: "draw_entered", offerId, buyerId, salt, actor });
    return { code: "entered", entryId: head.seq, isNew: true, entries: offer.waiting?.count ?? 0 };
  }

  /** The entries of a campaign that has closed are fixed; without a beacon their order is, too. */
  #closeDraws(campaign: Campaign): void {
    for (const offer of campaign.offers) {
      if (offer.draw === null) continue;
      const { log } = offer.draw;
      const closed = { type: "draw_closed", offerId: offer.id, root: log.root(), count: log.count } as const;
      this.#emit({ ...this.#head(campaign), ...closed });
      if (campaign.beacon === null) this.#makeDraw(offer, null);
    }
  }

  #makeDraws({ campaignId, beacon }: MakeDraws): OperatorOutcome {
    const campaign = this.state.campaigns.get(campaignId);
    if (campaign === undefined) return notFound;
    const isExpected = campaign.beacon?.round === beacon.round && campaign.state === "ended";
    if (!isExpected) return { code: "transition_not_allowed", state: campaign.state };
    for (const offer of campaign.offers) {
      if (offer.draw === null || offer.draw.isMade) continue;
      this.#makeDraw(offer, beacon);
      this.#serveWaitlist(offer);
    }
    this.state.forgetSettled(campaign);
    return { code: "changed", campaignId };
  }

  #makeDraw({ id: offerId, campaign }: Offer, beacon: MakeDraws["beacon"] | null): void {
    const { secret } = campaign;
    if (secret === null) throw new Error(`campaign ${campaign.id} has no secret to draw with`);
    this.#emit({ ...this.#head(campaign), type: "draw_made", offerId, secret, beacon });
  }

  #joinQueue({ campaignId, buyerId, actor = null }: JoinQueue): QueueOutcome {
    const campaign = this.state.campaigns.get(campaignId);
    if (campaign === undefined || campaign.state === "draft") return notFound;
    if (actor !== null && !admitsAgents(campaign.admission.agents, "queue")) return agentsNotAllowed;
    if (!this.#usesQueue(campaign)) return { code: "queue_off" };
    if (campaign.state === "ended") return ended;
    const standing = this.askQueue(campaignId, buyerId);
    if (standing.code !== "not_queued") return standing;
    const { free, held, agents } = standing.figures;
    if (free + held === 0) return { code: "sold_out", available: 0 };
    if (actor !== null && agents?.free === 0 && agents.held === 0) return { code: "agent_share_taken", available: 0 };
    const { book } = campaign;
    const limit = campaign.offers.reduce((max, { limitPerBuyer }) => Math.max(max, limitPerBuyer), 0);
    const mayBuy = campaign.offers.some((offer) => (book?.unitsOf(buyerId, offer.index) ?? 0) < offer.limitPerBuyer);
    if (!mayBuy) return { code: "limit_reached", limitPerBuyer: limit };
    const inside = standing.figures.waiting + standing.figures.passes;
    if (inside >= limits.queueMax) return { code: "queue_full" };
    this.#emit({ ...this.#head(campaign), type: "queue_joined", buyerId, actor });
    this.#admit(campaign);
    const joined = this.askQueue(campaignId, buyerId);
    return "isNew" in joined ? { ...joined, isNew: true } : joined;
  }

  /** How a buyer stands in the queue of a campaign. Changes nothing. */
  askQueue(campaignId: number, buyerId: string): QueueOutcome {
    const campaign = this.state.campaigns.get(campaignId);
    if (campaign === undefined || campaign.state === "draft") return notFound;
    if (!this.#usesQueue(campaign)) return { code: "queue_off" };
    if (campaign.state === "ended") return ended;
    const { queue } = campaign;
    const held = campaign.offers.reduce((sum, offer) => sum + offer.held, 0);
    const units = { free: freeIn(campaign), held, agents: agentUnitsIn(campaign) };
    const figures = (queue ?? nobody).figures(units, this.state.nowMs);
    const pass = queue?.passOf(buyerId) ?? null;
    if (pass !== null) {
      const { entryId, actor, expiresAtMs } = pass;
      return { code: "admitted", entryId, isNew: false, actor, expiresAtMs, figures };
    }
    const standing = queue?.line.standingOf(buyerId) ?? null;
    if (queue === null || standing === null) return { code: "not_queued", figures };
    const { entryId, actor } = standing;
    const { place, agentsAhead } = queue.isOrdered ? standing : noPlace;
    return { code: "queued", entryId, isNew: false, place, agentsAhead, actor, figures };
  }

  #leaveQueue({ campaignId, buyerId }: LeaveQueue): QueueOutcome {
    const campaign = this.state.campaigns.get(campaignId);
    const standing = this.askQueue(campaignId, buyerId);
    if (campaign === undefined || !(standing.code === "queued" || standing.code === "admitted")) return standing;
    this.#emit({ ...this.#head(campaign), type: "queue_left", entryId: standing.entryId, buyerId });
    this.#admit(campaign);
    return { code: "left" };
  }

  #setReminder({ campaignId, buyerId, leadS }: SetReminder): ReminderOutcome {
    const campaign = this.state.campaigns.get(campaignId);
    if (campaign === undefined || campaign.state === "draft") return notFound;
    if (campaign.state === "ended") return ended;
    const { opensAtMs, reminders } = campaign;
    if (campaign.state !== "scheduled" || opensAtMs === null) return { code: "already_open" };
    const dueAtMs = opensAtMs - leadS * 1_000;
    const before = reminders?.of(buyerId) ?? null;
    if (before?.leadS === leadS) {
      return { code: "reminder_set", reminderId: before.reminderId, isNew: false, leadS, dueAtMs };
    }
    if (dueAtMs <= this.state.nowMs) {
      const minutesLeft = Math.ceil((opensAtMs - this.state.nowMs) / 60_000) - 1;
      return { code: "reminder_too_late", leadSMax: Math.min(minutesLeft * 60, limits.reminderLeadSMax) };
    }
    if (before !== null) {
      const { reminderId } = before;
      this.#emit({ ...this.#head(campaign), type: "reminder_removed", reminderId, buyerId });
    } else if ((reminders?.count ?? 0) >= limits.remindersMax) return { code: "reminders_full" };
    const head = this.#head(campaign);
    this.#emit({ ...head, type: "reminder_set", buyerId, leadS, dueAtMs });
    return { code: "reminder_set", reminderId: head.seq, isNew: true, leadS, dueAtMs };
  }

  #removeReminder({ campaignId, buyerId }: RemoveReminder): ReminderOutcome {
    const campaign = this.state.campaigns.get(campaignId);
    if (campaign === undefined || campaign.state === "draft") return notFound;
    const before = campaign.reminders?.of(buyerId) ?? null;
    if (before === null) return { code: "not_reminded" };
    const { reminderId } = before;
    this.#emit({ ...this.#head(campaign), type: "reminder_removed", reminderId, buyerId });
    return { code: "reminder_removed" };
  }

  /** As many passes as there are units to be had, to those whose turn it is. */
  #admit(campaign: Campaign): void {
    if (this.#unadmitted.has(campaign)) return;
    let next = this.#nextOf(campaign);
    for (let n = 0; next !== null; n++) {
      if (n === limits.admissionsPerBatchMax) {
        this.#unadmitted.add(campaign);
        return;
      }
      const expiresAtMs = this.state.nowMs + campaign.admission.passWindowS * 1_000;
      this.#emit({ ...this.#head(campaign), type: "queue_admitted", ...next, expiresAtMs });
      next = this.#nextOf(campaign);
    }
  }

  /** The order of those who were there before the opening is drawn. */
  #drawQueue(campaign: Campaign): void {
    const { queue, secret } = campaign;
    if (queue === null || queue.isOrdered) return;
    if (secret === null) throw new Error(`campaign ${campaign.id} has no secret to draw with`);
    this.#emit({ ...this.#head(campaign), type: "queue_drawn", secret, count: queue.line.count });
  }

  /** After a time in which nobody could use it, a pass has its whole time again. */
  #renewPasses(campaign: Campaign): void {
    if ((campaign.queue?.passes ?? 0) > 0) this.#emit({ ...this.#head(campaign), type: "passes_renewed" });
  }

  /** Units that came back go to those who wait for this offer, else to those who are next in the queue. */
  #serve(offer: Offer): void {
    this.#serveWaitlist(offer);
    this.#admit(offer.campaign);
  }

  /** A sale that still runs needs its buyers: for their limit, and for whoever asks about their order. */
  #eraseBuyers({ campaignId, orderIds, entryIds }: EraseBuyers): OfficeOutcome {
    const { state } = this;
    if (!state.campaigns.has(campaignId)) return notFound;
    if (!state.isSettled(campaignId)) return { code: "not_settled" };
    if (orderIds.length + entryIds.length > limits.erasuresPerCommandMax) return { code: "limit_exceeded" };
    if (orderIds.length + entryIds.length > 0) {
      const head = { seq: state.lastSeq + 1, atMs: state.nowMs, campaignId };
      this.#emit({ ...head, type: "buyers_erased", orderIds, entryIds });
    }
    return { code: "erased", orders: orderIds.length, entries: entryIds.length };
  }

  #executeOffice(command: OfficeCommand): OfficeOutcome {
    const { state } = this;
    const head = { seq: state.lastSeq + 1, atMs: state.nowMs, campaignId: null };
    switch (command.type) {
      case "create_operator": {
        const operators = [...state.operators.values()];
        const names = [rootOperatorName, retentionName, ...operators.map(({ name }) => name)];
        const { role, keyHash } = command;
        const name = command.name.trim();
        if (names.some((taken) => nameIdentity(taken) === nameIdentity(name))) return { code: "name_taken" };
        const active = operators.filter(({ revokedAtMs }) => revokedAtMs === null);
        if (active.length >= limits.operatorsMax) return { code: "limit_exceeded" };
        this.#emit({ ...head, type: "operator_created", name, role, keyHash });
        return done(head.seq);
      }
      case "revoke_operator": {
        const operator = state.operators.get(command.operatorId);
        if (operator === undefined) return notFound;
        const { operatorId } = operator;
        if (operator.revokedAtMs === null) this.#emit({ ...head, type: "operator_revoked", operatorId });
        return done(operatorId);
      }
      case "create_endpoint": {
        if (state.endpoints.size >= limits.endpointsMax) return { code: "limit_exceeded" };
        const { url, types, secret } = command;
        const fresh = { id: head.seq, url, types, secret, previousSecret: null, rotatedAtMs: null, isEnabled: true };
        this.#emit({ ...head, type: "endpoint_created", endpoint: fresh });
        return done(head.seq);
      }
      case "change_endpoint": {
        const before = state.endpoints.get(command.endpointId);
        if (before === undefined) return notFound;
        const { url = before.url, types = before.types, isEnabled = before.isEnabled, secret } = command;
        const rotated = secret === undefined ? {} : { secret, previousSecret: before.secret, rotatedAtMs: state.nowMs };
        const endpoint: EndpointRecord = { ...before, url, types, isEnabled, ...rotated };
        this.#emit({ ...head, type: "endpoint_changed", endpoint });
        return done(before.id);
      }
      case "delete_endpoint": {
        if (!state.endpoints.has(command.endpointId)) return notFound;
        this.#emit({ ...head, type: "endpoint_deleted", endpointId: command.endpointId });
        return done(command.endpointId);
      }
      case "set_controls": {
        const { change } = command;
        const names = (change.switches ?? []).map(({ campaignId }) => campaignId);
        if (names.some((campaignId) => campaignId !== null && !state.campaigns.has(campaignId))) return notFound;
        const controls = changedControls(state.controls, change);
        if (controls.switchesOn.length > limits.switchesOnMax) return { code: "limit_exceeded" };
        const queues = [...state.campaigns.values()].filter(({ queue }) => queue !== null);
        const stood = queues.map((campaign) => [this.#usesQueue(campaign), this.#isSelling(campaign)] as const);
        this.#emit({ ...head, type: "controls_changed", controls });
        queues.forEach((campaign, index) => {
          const [usedQueue, wasSelling] = stood[index] ?? [];
          const inside = (campaign.queue?.line.count ?? 0) + (campaign.queue?.passes ?? 0);
          const isClosed = usedQueue && !this.#usesQueue(campaign) && inside > 0;
          if (isClosed) this.#emit({ ...this.#head(campaign), type: "queue_closed" });
          if (!wasSelling && this.#isSelling(campaign)) this.#renewPasses(campaign);
          this.#admit(campaign);
        });
        return done(head.seq);
      }
      case "add_access_entry":
        return this.#addAccessEntry(command);
      case "remove_access_entry": {
        if (!state.access.has(command.entryId)) return notFound;
        this.#emit({ ...head, type: "access_entry_removed", entryId: command.entryId });
        return done(command.entryId);
      }
      case "publish_ledger_head":
        this.#emit({ ...head, type: "ledger_head" });
        return done(head.seq);
      case "note_action":
        return done(state.lastSeq);
    }
  }

  /** Replaces the entry for the same target; those that have expired make room when the list is full. */
  #addAccessEntry({ effect, target, reason, expiresAtMs }: Extract<OfficeCommand, { type: "add_access_entry" }>) {
    const { state } = this;
    const { kind, value } = target;
    const entries = [...state.access.values()];
    const before = entries.filter((entry) => entry.kind === kind && entry.value === value);
    const isFull = entries.length - before.length >= limits.accessEntriesMax;
    const others = isFull ? entries.filter((entry) => !before.includes(entry) && isExpired(entry, state.nowMs)) : [];
    if (isFull && others.length === 0) return { code: "limit_exceeded" } as const;
    for (const { entryId } of [...before, ...others]) {
      const head = { seq: state.lastSeq + 1, atMs: state.nowMs, campaignId: null };
      this.#emit({ ...head, type: "access_entry_removed", entryId });
    }
    const head = { seq: state.lastSeq + 1, atMs: state.nowMs, campaignId: null };
    const entry = { entryId: head.seq, effect, kind, value, reason, createdAtMs: state.nowMs, expiresAtMs };
    this.#emit({ ...head, type: "access_entry_added", entry });
    return done(head.seq);
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

  #changeCampaign({ type, campaignId, secret, beacon = null, askedAtMs }: ChangeCampaign): OperatorOutcome {
    const { state } = this;
    const campaign = state.campaigns.get(campaignId);
    if (campaign === undefined) return notFound;
    if (!actionAllowedIn[type].includes(campaign.state)) {
      return { code: "transition_not_allowed", state: campaign.state };
    }
    if (type === "publish") {
      const closesAtMs = closingWhenPublished(campaign, askedAtMs ?? state.nowMs);
      if (closesAtMs !== null && closesAtMs <= state.nowMs) {
        return {
          code: "invalid",
          violations: [{ field: "closes_at", detail: "has passed: create the campaign anew" }],
        };
      }
      if ((secret === undefined) !== (campaign.admission.mode === "open")) {
        throw new Error(`a queue and a draw are published with a secret, and nothing else: campaign ${campaignId}`);
      }
      const draw = secret === undefined ? null : { secret, commitment: commitmentOf(secret), beacon };
      this.#emit({ ...this.#head(campaign), type: "campaign_published", closesAtMs, draw });
      this.#setTime(state.nowMs); // it may be time to open already
    } else if (type === "end") {
      this.#endCampaign(campaign, { hasWaitlist: false });
    } else {
      this.#moveCampaign(campaign, type === "pause" ? "campaign_paused" : "campaign_resumed");
    }
    return { code: "changed", campaignId };
  }

  #restock({ offerId, quantity, expectedTotal }: Restock): OperatorOutcome {
    const { state } = this;
    const offer = state.offers.get(offerId);
    if (offer === undefined) return notFound;
    const { campaign } = offer;
    if (campaign.state === "ended") return { code: "transition_not_allowed", state: campaign.state };
    if (expectedTotal !== undefined && expectedTotal !== offer.total)
      return { code: "total_changed", total: offer.total };
    const violations = [];
    // Units owed to a waitlist are promised to no pass.
    const available =
      freeOf(offer) === 0
        ? offer.available
        : Math.min(offer.available, this.#spareIn(campaign), this.#sparedByAgents(offer));
    if (available + quantity < 0) {
      const why = available < offer.available ? ": the others are promised to those who have a pass" : "";
      violations.push({ field: "quantity", detail: `only ${available} are available to take back${why}` });
    }
    if (offer.total + quantity > limits.stockMax) {
      violations.push({ field: "quantity", detail: `an offer has ${limits.stockMax} units at most` });
    }
    if (violations.length > 0) return { code: "invalid", violations };
    const seq = state.lastSeq + 1;
    this.#emit({ type: "offer_restocked", seq, atMs: state.nowMs, campaignId: campaign.id, offerId, quantity });
    this.#serve(offer);
    return { code: "changed", campaignId: campaign.id };
  }

  #openAndClose(): void {
    for (const campaign of this.state.campaigns.values()) {
      if (campaign.state === "scheduled" && dueAtMs(campaign) <= this.state.nowMs) {
        this.#moveCampaign(campaign, "campaign_opened");
      }
      if (campaign.state !== "scheduled" && dueAtMs(campaign) <= this.state.nowMs) {
        this.#endCampaign(campaign, { hasWaitlist: campaign.hasWaitlist });
      }
    }
  }

  #moveCampaign(campaign: Campaign, type: CampaignMoved["type"]): void {
    this.#emit({ type, seq: this.state.lastSeq + 1, atMs: this.state.nowMs, campaignId: campaign.id });
    if (type === "campaign_opened") this.#drawQueue(campaign);
    if (type === "campaign_resumed") this.#renewPasses(campaign);
    for (const offer of campaign.offers) this.#serveWaitlist(offer); // what came back during a pause
    this.#admit(campaign);
  }

  #endCampaign(campaign: Campaign, { hasWaitlist }: { hasWaitlist: boolean }): void {
    const { lastSeq, nowMs: atMs } = this.state;
    this.#emit({ type: "campaign_ended", seq: lastSeq + 1, atMs, campaignId: campaign.id, hasWaitlist });
    if (campaign.admission.mode === "draw") this.#closeDraws(campaign);
    for (const offer of campaign.offers) this.#serveWaitlist(offer);
    this.state.forgetSettled(campaign);
  }

  /** Whether the campaign sells to those whose turn it is in its queue. */
  #usesQueue(campaign: Campaign): boolean {
    return wayInto(campaign, this.state.controls) === "queue";
  }

  /** Whether anything can be bought now, as far as time and operators go. */
  #isSelling({ id, state }: Campaign): boolean {
    return state === "open" && !isOn(this.state.controls, "pause_sales", id);
  }

  /** Units that are promised to nobody by a pass. */
  #spareIn(campaign: Campaign): number {
    return this.#usesQueue(campaign) ? freeIn(campaign) - (campaign.queue?.passes ?? 0) : Number.POSITIVE_INFINITY;
  }

  /** Units that agents may have and none of their passes promises. */
  #agentSpareIn(campaign: Campaign): number {
    const units = agentUnitsIn(campaign);
    return units === null ? Number.POSITIVE_INFINITY : units.free - (campaign.queue?.agentPasses ?? 0);
  }

  /** Units of an offer that can be taken back while the share of those that stay has room for the agents' passes. */
  #sparedByAgents(offer: Offer): number {
    const { campaign, index, total } = offer;
    const { sharePercent } = campaign.admission.agents;
    const room = agentRoomOf(offer) ?? 0;
    const promised = Math.min(room, room - this.#agentSpareIn(campaign)); // the other offers have room for the rest
    if (sharePercent === null || promised <= 0) return Number.POSITIVE_INFINITY;
    const taken = campaign.book?.agentUnits(index) ?? 0;
    return Math.min(freeOf(offer) - promised, total - totalForAgents(taken + promised, sharePercent));
  }

  /**
   * Whose turn it is in the queue: nobody's unless a unit is there that is promised to nobody; the first in line, or the
   * first person where agents have as many passes as they may have units.
   */
  #nextOf(campaign: Campaign): InLine | null {
    const { queue } = campaign;
    if (queue === null || !queue.isOrdered || queue.line.count === 0 || !this.#isSelling(campaign)) return null;
    if (!this.#usesQueue(campaign) || this.#spareIn(campaign) <= 0) return null;
    const first = queue.line.first();
    return first?.actor === "agent" && this.#agentSpareIn(campaign) <= 0 ? queue.line.firstPerson() : first;
  }

  /** Why agents cannot have so many units of an offer more; `null` when they can. */
  #decideShare(offer: Offer, buyerId: string, quantity: number): ReserveOutcome | null {
    const { campaign, index, total } = offer;
    const { sharePercent } = campaign.admission.agents;
    if (sharePercent === null) return null;
    const room = agentUnitsMax(total, sharePercent) - (campaign.book?.agentUnits(index) ?? 0);
    // One unit of the share is promised to each pass of an agent: perhaps to this buyer's, and to the others.
    const own = campaign.queue?.passOf(buyerId)?.actor === "agent" ? 1 : 0;
    const most = quantity > own ? Math.min(room, this.#agentSpareIn(campaign) + own) : room;
    return quantity <= most ? null : { code: "agent_share_taken", available: Math.max(0, most) };
  }

  /** Why an offer cannot be had by this buyer now, or `null` when it can. The order of checks is part of the contract. */
  #decideReserve(offer: Offer, buyerId: string, quantity: number): ReserveOutcome | null {
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
        if (!this.#isSelling(campaign)) return paused;
    }
    if (campaign.admission.mode === "draw") return { code: "not_admitted", mode: "draw" };
    const free = freeOf(offer);
    if (free === 0) return { code: "sold_out", available: 0 };
    const pass = campaign.queue?.passOf(buyerId) ?? null;
    const hasPass = pass !== null && pass.expiresAtMs > this.state.nowMs; // many may run out at once, in several batches
    if (this.#usesQueue(campaign) && !hasPass) return { code: "not_admitted", mode: "queue" };
    // One unit is promised to this buyer's pass, and one to each of the others.
    const available = this.#usesQueue(campaign) && quantity > 1 ? Math.min(free, this.#spareIn(campaign) + 1) : free;
    const units = campaign.book?.unitsOf(buyerId, offer.index) ?? 0;
    if (units + quantity > offer.limitPerBuyer) return { code: "limit_reached", limitPerBuyer: offer.limitPerBuyer };
    if (available < quantity) return { code: "sold_out", available };
    return null;
  }

  /** Units that return with it go to whoever waits. */
  #moveOrder(order: OrderInMemory, type: OrderMoved["type"]): void {
    this.#emit({ ...this.#headOf(order), type });
    if (type !== "order_rereserved") this.#serve(offerOf(order));
  }

  #recordPayment(order: OrderInMemory, type: OrderPayment["type"], payment: Payment): void {
    this.#emit({ ...this.#headOf(order), type, payment });
  }

  #head({ id: campaignId }: Campaign) {
    return { seq: this.state.lastSeq + 1, atMs: this.state.nowMs, campaignId };
  }

  #headOf({ campaign, orderId, slot }: OrderInMemory) {
    const { book } = this.state.order(campaign.id, orderId);
    return {
      seq: this.state.lastSeq + 1,
      atMs: this.state.nowMs,
      campaignId: campaign.id,
      offerId: offerOf({ campaign, orderId, slot }).id,
      orderId,
      quantity: book.quantity(slot),
      previousSeq: book.lastSeq(slot),
    };
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

/** Whether there are units for those who wait, and they may have them now. */
function owes({ campaign, waiting, available, draw }: Offer): boolean {
  const isServing = campaign.hasWaitlist && (campaign.state === "open" || campaign.state === "ended");
  return isServing && (draw === null || draw.isMade) && available > 0 && waiting !== null && waiting.count > 0;
}

/** Before the opening. */
const noPlace = { place: null, agentsAhead: 0 } as const;

/** What an empty queue says. */
const nobody = new Queue(0);
