/**
 * What the engine knows: campaigns, their offers' counts, the orders and waitlists of live campaigns, keys, expiries,
 * operators, endpoints, the controls, the access list.
 * Changed by `evolve` alone, one event at a time, and filled by `restore*` at start: recovery and selling share it.
 * Keeps promise 1 after every event; forgets the orders of a campaign that is settled (ended, nothing held).
 */
import type { AccessChange, AccessEntry } from "../domain/access.ts";
import type { AdmissionTerms, BeaconRound, DrawRecord } from "../domain/admission.ts";
import { type Actor, agentUnitsMax } from "../domain/agents.ts";
import type { CampaignKind, CampaignRecord, CampaignState, OfferTerms } from "../domain/campaign.ts";
import { type Controls, controlsDefault } from "../domain/controls.ts";
import type { EndpointRecord } from "../domain/endpoint.ts";
import { type DrawEntered, type Event, movementOf, type OfficeEvent } from "../domain/event.ts";
import { formatId } from "../domain/ids.ts";
import { detailsOf, detailsText } from "../domain/ledger.ts";
import { assertConserved, type OfferRecord } from "../domain/offer.ts";
import type { OperatorRecord } from "../domain/operator.ts";
import type { LiveOrder, OrderRecord, OrderState } from "../domain/order.ts";
import type { AgentUnits, QueueEntry, QueueSums } from "../domain/queue.ts";
import type { ReminderRecord } from "../domain/reminder.ts";
import type { WaitlistRecord } from "../domain/waitlist.ts";
import { drawSeed, MerkleLog, queueSeed, rankingOf } from "../draw/proof.ts";
import { sha256 } from "../host/hash.ts";
import { ExpiryQueue } from "./expiry-queue.ts";
import { hashKey, type KeyHash } from "./hash.ts";
import { KeyTable, type OrderPlace } from "./key-table.ts";
import { OrderBook } from "./order-book.ts";
import type { DrawEntry } from "./ports.ts";
import { Queue } from "./queue.ts";
import { Reminders } from "./reminders.ts";
import { type InLine, WaitingLine } from "./waiting-line.ts";

export interface Campaign {
  readonly id: number;
  readonly title: string;
  readonly description: string | null;
  readonly kind: CampaignKind | null;
  readonly opensAtMs: number | null;
  closesAtMs: number | null;
  readonly paymentWindowS: number;
  hasWaitlist: boolean;
  readonly admission: AdmissionTerms;
  /** What the order of its queue or draw is made of, and what is known of it before; `null` without either. */
  secret: string | null;
  commitment: string | null;
  beacon: BeaconRound | null;
  /** Among how many the order of its queue was drawn, or `null` as long as it is not: from then on all may know the secret. */
  drawnCount: number | null;
  readonly createdAtMs: number;
  state: CampaignState;
  readonly offers: Offer[];
  /** The campaign's number in this process. */
  readonly number: number;
  /** Whether the filter that HTTP threads ask holds this campaign's keys: not when it was settled before this start. */
  areKeysFiltered: boolean;
  /** The campaign's orders, or `null` once it is settled. */
  book: OrderBook | null;
  /** The waiting room, or `null` when nobody is or was in it, or the campaign is over. */
  queue: Queue | null;
  /** Who wants to be told before it opens, or `null` when nobody does. */
  reminders: Reminders | null;
}

export interface Offer extends OfferTerms {
  readonly id: number;
  readonly campaign: Campaign;
  /** The offer's place in its campaign. */
  readonly index: number;
  /** The offer's line in shared memory. */
  readonly line: number;
  total: number;
  available: number;
  held: number;
  sold: number;
  /** Who waits for units that return, or `null` when nobody ever did. */
  waiting: WaitingLine | null;
  /** The draw that decides their order, or `null` when none does. */
  draw: Draw | null;
}

export interface Draw {
  /** The Merkle tree over the entries so far. */
  readonly log: MerkleLog;
  root: string | null;
  isMade: boolean;
}

/** The state that an event puts its order into; `null` when it leaves it where it is. */
export const stateAfterMove = {
  order_paid: "paid",
  order_cancelled: "cancelled",
  order_expired: "expired",
  order_rereserved: "reserved",
  order_refund_due: "refund_due",
  order_refund_requested: "refund_due",
  order_refunded: "refunded",
  payment_refund_due: null,
  payment_refunded: null,
} as const satisfies Record<string, OrderState | null>;

const stateAfterChange = {
  campaign_published: "scheduled",
  campaign_opened: "open",
  campaign_paused: "paused",
  campaign_resumed: "open",
} as const satisfies Record<string, CampaignState>;

export class State {
  lastSeq = 0;
  /** The engine's clock: the latest time that any decision was made at. Never moves back. */
  nowMs = 0;
  /** Over all campaigns. */
  remindersWaiting = 0;
  readonly campaigns = new Map<number, Campaign>();
  readonly offers = new Map<number, Offer>();
  readonly expiries = new ExpiryQueue();
  /** When passes run out, by the entry in place of the order. */
  readonly passExpiries = new ExpiryQueue();
  readonly operators = new Map<number, OperatorRecord>();
  readonly endpoints = new Map<number, EndpointRecord>();
  controls: Controls = controlsDefault;
  readonly access = new Map<number, AccessEntry>();
  /** What changed since `takeChanges` was last called. */
  readonly #changedCampaigns = new Set<Campaign>();
  readonly #changedOffers = new Set<Offer>();
  #isOfficeChanged = false;
  #accessChanges: AccessChange[] = [];
  readonly #keys = new KeyTable();
  readonly #byNumber: Campaign[] = [];
  /** `null` when the campaign that was next has changed: looked for when it is asked for, once for all that changed. */
  #nextChangeAtMs: number | null = Number.POSITIVE_INFINITY;
  /** `null` when the reminder that was next is gone: looked for in the same way. */
  #nextReminderAtMs: number | null = Number.POSITIVE_INFINITY;

  /** When a campaign next opens or closes by the clock, or `Infinity`. */
  get nextChangeAtMs(): number {
    if (this.#nextChangeAtMs === null) {
      let next = Number.POSITIVE_INFINITY;
      for (const campaign of this.campaigns.values()) next = Math.min(next, dueAtMs(campaign));
      this.#nextChangeAtMs = next;
    }
    return this.#nextChangeAtMs;
  }

  /** When a reminder is next due, or `Infinity`. */
  get nextReminderAtMs(): number {
    if (this.#nextReminderAtMs === null) {
      let next = Number.POSITIVE_INFINITY;
      for (const campaign of this.campaigns.values()) next = Math.min(next, reminderDueAtMs(campaign));
      this.#nextReminderAtMs = next;
    }
    return this.#nextReminderAtMs;
  }

  /** What changed since the last call: campaigns and offers to be stored and published, whether the office did. */
  takeChanges(): {
    campaigns: Campaign[];
    offers: Offer[];
    isOfficeChanged: boolean;
    accessChanges: readonly AccessChange[];
  } {
    const [campaigns, offers] = [[...this.#changedCampaigns], [...this.#changedOffers]];
    const [isOfficeChanged, accessChanges] = [this.#isOfficeChanged, this.#accessChanges];
    this.#changedCampaigns.clear();
    this.#changedOffers.clear();
    this.#isOfficeChanged = false;
    this.#accessChanges = [];
    return { campaigns, offers, isOfficeChanged, accessChanges };
  }

  /** Lets an event have happened. */
  evolve(event: Event): void {
    if (event.seq !== this.lastSeq + 1) throw new Error(`event ${event.seq} does not follow ${this.lastSeq}`);
    this.lastSeq = event.seq;
    switch (event.type) {
      case "campaign_created":
        this.#changedCampaigns.add(
          this.#addCampaign({
            ...{ ...event, id: event.seq, state: "draft", createdAtMs: event.atMs },
            ...{ commitment: null, beacon: null },
          }),
        );
        return;
      case "offer_created": {
        const { stock: _, ...terms } = event.offer;
        const nothing = { total: 0, available: 0, held: 0, sold: 0 };
        this.#count(this.#addOffer({ ...terms, ...nothing, id: event.seq, campaignId: event.campaignId }), event);
        return;
      }
      case "campaign_published":
        this.campaign(event.campaignId).closesAtMs = event.closesAtMs;
        if (event.draw !== null) Object.assign(this.campaign(event.campaignId), event.draw);
        this.#changeCampaign(event.campaignId, "scheduled");
        return;
      case "campaign_opened":
      case "campaign_paused":
      case "campaign_resumed":
        this.#changeCampaign(event.campaignId, stateAfterChange[event.type]);
        return;
      case "campaign_ended": {
        const campaign = this.campaign(event.campaignId);
        campaign.hasWaitlist = event.hasWaitlist;
        campaign.queue = null;
        this.#dropReminders(campaign);
        if (!event.hasWaitlist) {
          for (const offer of campaign.offers) {
            offer.waiting = null;
            offer.draw = null;
          }
        }
        this.#changeCampaign(event.campaignId, "ended");
        return;
      }
      case "offer_restocked":
        this.#count(this.offer(event.offerId), event);
        return;
      case "order_reserved":
      case "order_offered": {
        const offer = this.offer(event.offerId);
        this.#count(offer, event);
        const { seq, buyerId, quantity, expiresAtMs, key, actor } = event;
        const keyHash = key === null ? null : hashKey(buyerId, key);
        this.#addOrder(
          offer,
          { orderId: seq, lastSeq: seq, buyerId, quantity, state: "reserved", expiresAtMs, actor },
          keyHash,
        );
        if (event.type === "order_offered") offer.waiting?.leave(event.entryId, buyerId);
        else if (event.entryId !== null) this.#usePass(offer.campaign, event.entryId, quantity);
        return;
      }
      case "order_paid":
      case "order_cancelled":
      case "order_expired":
      case "order_rereserved":
      case "order_refund_due":
      case "order_refund_requested":
      case "order_refunded":
      case "payment_refund_due":
      case "payment_refunded": {
        const { book, slot } = this.order(event.campaignId, event.orderId);
        book.move(slot, stateAfterMove[event.type] ?? book.state(slot), event.seq);
        const { queue } = this.campaign(event.campaignId);
        if (queue !== null && event.orderId > queue.firstEntryId) {
          queue.returned += Math.max(0, movementOf(event).available);
        }
        this.#count(this.offer(event.offerId), event);
        return;
      }
      case "waitlist_joined": {
        const offer = this.offer(event.offerId);
        offer.waiting ??= new WaitingLine();
        offer.waiting.join(event.seq, event.buyerId, event.actor);
        this.#changedOffers.add(offer);
        return;
      }
      case "waitlist_left": {
        const offer = this.offer(event.offerId);
        offer.waiting?.leave(event.entryId, event.buyerId);
        this.#changedOffers.add(offer);
        return;
      }
      case "draw_entered": {
        const offer = this.offer(event.offerId);
        this.#enterDraw(offer, { ...event, entryId: event.seq }, leafOf(event));
        this.#changedOffers.add(offer);
        return;
      }
      case "draw_closed": {
        const { draw } = this.offer(event.offerId);
        if (draw === null) throw new Error(`offer ${event.offerId} has no draw`);
        draw.root = event.root;
        return;
      }
      case "draw_made": {
        const offer = this.offer(event.offerId);
        this.#orderDraw(offer, event.secret, event.beacon?.randomness ?? null);
        this.#changedOffers.add(offer);
        return;
      }
      case "queue_joined": {
        const campaign = this.campaign(event.campaignId);
        campaign.queue ??= newQueue(campaign, event.seq);
        campaign.queue.line.join(event.seq, event.buyerId, event.actor);
        return;
      }
      case "queue_drawn": {
        const campaign = this.campaign(event.campaignId);
        this.#orderQueue(campaign, event.secret);
        campaign.drawnCount = event.count;
        this.#changedCampaigns.add(campaign);
        return;
      }
      case "queue_admitted": {
        const { queue, number } = this.campaign(event.campaignId);
        if (queue === null) throw new Error(`campaign ${event.campaignId} has no queue`);
        const { entryId, buyerId, actor, expiresAtMs } = event;
        queue.line.leave(entryId, buyerId);
        queue.givePass({ entryId, buyerId, actor, expiresAtMs });
        this.passExpiries.push(expiresAtMs, number, entryId);
        if (queue.unused + queue.returned > 0) queue.notePace(event.atMs);
        return;
      }
      case "passes_renewed":
        this.#renewPasses(this.campaign(event.campaignId));
        return;
      case "queue_closed":
        this.campaign(event.campaignId).queue?.close();
        return;
      case "queue_left":
      case "queue_expired": {
        const { queue } = this.campaign(event.campaignId);
        if (queue === null) throw new Error(`campaign ${event.campaignId} has no queue`);
        if (queue.passById(event.entryId) === null) {
          queue.line.leave(event.entryId, event.buyerId);
          return;
        }
        queue.takePass(event.entryId);
        queue.unused += 1;
        return;
      }
      case "reminder_set":
        this.#addReminder(event.campaignId, { ...event, reminderId: event.seq });
        return;
      case "reminder_due":
      case "reminder_removed":
        this.#endReminder(this.campaign(event.campaignId), event.reminderId, event.buyerId);
        return;
      case "buyers_erased":
        return;
      default:
        this.#evolveOffice(event);
    }
  }

  #evolveOffice(event: OfficeEvent): void {
    switch (event.type) {
      case "operator_created": {
        const { seq: operatorId, name, role, keyHash, atMs: createdAtMs } = event;
        this.operators.set(operatorId, { operatorId, name, role, keyHash, createdAtMs, revokedAtMs: null });
        break;
      }
      case "operator_revoked": {
        const operator = this.operators.get(event.operatorId);
        if (operator === undefined) throw new Error(`no operator ${event.operatorId}`);
        this.operators.set(event.operatorId, { ...operator, revokedAtMs: event.atMs });
        break;
      }
      case "endpoint_created":
      case "endpoint_changed":
        this.endpoints.set(event.endpoint.id, event.endpoint);
        break;
      case "endpoint_deleted":
        this.endpoints.delete(event.endpointId);
        break;
      case "controls_changed":
        this.controls = event.controls;
        break;
      case "access_entry_added":
        this.access.set(event.entry.entryId, event.entry);
        this.#accessChanges.push({ added: event.entry });
        return;
      case "access_entry_removed":
        if (!this.access.delete(event.entryId)) throw new Error(`no access entry ${event.entryId}`);
        this.#accessChanges.push({ removedId: event.entryId });
        return;
      case "ledger_head":
        return;
    }
    this.#isOfficeChanged = true;
  }

  /** The campaign; throws when there is none: whoever calls has made sure. */
  campaign(id: number): Campaign {
    const campaign = this.campaigns.get(id);
    if (campaign === undefined) throw new Error(`no campaign ${id}`);
    return campaign;
  }

  offer(id: number): Offer {
    const offer = this.offers.get(id);
    if (offer === undefined) throw new Error(`no offer ${id}`);
    return offer;
  }

  /** Where an order of a live campaign is; throws when it is not in memory. */
  order(campaignId: number, orderId: number): { book: OrderBook; slot: number } {
    const book = this.campaign(campaignId).book;
    const slot = book === null ? -1 : book.find(orderId);
    if (book === null || slot < 0) throw new Error(`order ${orderId} is not in memory`);
    return { book, slot };
  }

  /** Whether more has happened to an order in memory than being reserved. */
  hasMoved(campaignId: number, orderId: number): boolean {
    return this.lastSeqOf(campaignId, orderId) > orderId;
  }

  /** The last event about an order in memory, or 0. */
  lastSeqOf(campaignId: number, orderId: number): number {
    const book = this.campaigns.get(campaignId)?.book ?? null;
    const slot = book === null ? -1 : book.find(orderId);
    return book === null || slot < 0 ? 0 : book.lastSeq(slot);
  }

  /** Whether the campaign's orders have left memory: it has ended and holds nothing. */
  isSettled(campaignId: number): boolean {
    return this.campaigns.get(campaignId)?.book === null;
  }

  /** The buyer's order under this key, or `null`. */
  orderOfKey(buyerId: string, key: string): { campaign: Campaign; book: OrderBook; slot: number } | null {
    const [high, low] = hashKey(buyerId, key);
    const place = this.#keys.find(high, low, ({ book, slot }) => this.#bookOf(book)?.isOwner(slot, buyerId) === true);
    if (place === null) return null;
    const campaign = this.campaignByNumber(place.book);
    return { campaign, book: campaign.book as OrderBook, slot: place.slot };
  }

  campaignByNumber(number: number): Campaign {
    return this.#byNumber[number] as Campaign;
  }

  /** At start: a campaign, then its offers in the order of their ids, then its orders likewise. */
  restoreCampaign(record: CampaignRecord): void {
    this.#addCampaign(record);
    this.#nextChangeAtMs = null;
  }

  restoreOffer(record: OfferRecord): void {
    assertConserved(record.id, this.#addOffer(record));
  }

  /** In the order of joining. */
  restoreWaiting({ offerId, entryId, buyerId, actor }: WaitlistRecord): void {
    const offer = this.offer(offerId);
    offer.waiting ??= new WaitingLine();
    offer.waiting.join(entryId, buyerId, actor);
  }

  /** In the order of joining, those who left included: a draw is over all who ever entered. */
  restoreDraws(entries: readonly DrawEntry[], draws: ReadonlyMap<number, DrawRecord>): void {
    for (const entry of entries) this.#enterDraw(this.offer(entry.offerId), entry, entry.leaf);
    for (const { offerId, entryId, buyerId, state } of entries) {
      if (state !== "waiting") this.offer(offerId).waiting?.leave(entryId, buyerId);
    }
    for (const offerId of new Set(entries.map((entry) => entry.offerId))) {
      const offer = this.offer(offerId);
      const record = draws.get(offerId);
      if (record === undefined || offer.draw === null) continue;
      if (offer.draw.log.root() !== record.root)
        throw new Error(`the entries of offer ${offerId} do not give the root of its draw`);
      offer.draw.root = record.root;
      if (record.secret !== null) this.#orderDraw(offer, record.secret, record.beacon?.randomness ?? null);
    }
  }

  /** In the order of joining: those who wait or have a pass, and all who were drawn among. */
  restoreQueue(
    campaign: Campaign,
    queueDrawnSeq: number | null,
    { firstEntryId, ...sums }: QueueSums,
    entries: Iterable<QueueEntry>,
  ): void {
    const queue = Object.assign(newQueue(campaign, firstEntryId), sums);
    campaign.queue = queue;
    const drawnSeq = queueDrawnSeq ?? 0;
    const gone: QueueEntry[] = []; // they were drawn among, and do not stand in line any more
    let isToDraw = queueDrawnSeq !== null;
    const draw = () => {
      this.#orderQueue(campaign, campaign.secret ?? "");
      for (const { entryId, buyerId } of gone) queue.line.leave(entryId, buyerId);
      isToDraw = false;
    };
    for (const entry of entries) {
      const { entryId, buyerId, state, expiresAtMs, actor } = entry;
      const wasDrawn = entryId < drawnSeq;
      if (isToDraw && !wasDrawn) draw(); // this one came later
      if (wasDrawn || state === "waiting") queue.line.join(entryId, buyerId, actor);
      if (wasDrawn && state !== "waiting") gone.push(entry);
      if (state === "admitted" && expiresAtMs !== null) {
        queue.givePass({ entryId, buyerId, actor, expiresAtMs });
        this.passExpiries.push(expiresAtMs, campaign.number, entryId);
      }
    }
    if (isToDraw) draw();
  }

  /** In the order of setting them. */
  restoreReminder(reminder: ReminderRecord): void {
    this.#addReminder(reminder.campaignId, reminder);
  }

  /** Answers the hash of the order's key, if it has one: for the filter that HTTP threads ask. */
  restoreOrder(order: LiveOrder): KeyHash | null {
    const keyHash = order.idempotencyKey === null ? null : hashKey(order.buyerId, order.idempotencyKey);
    this.#addOrder(this.offer(order.offerId), order, keyHash);
    return keyHash;
  }

  /** A settled campaign's orders of one buyer come back for one decision. */
  restoreHistory(campaignId: number, records: readonly OrderRecord[]): void {
    const campaign = this.campaign(campaignId);
    if (campaign.book !== null) return;
    campaign.book = new OrderBook();
    for (const record of records) this.#addOrder(this.offer(record.offerId), record, null);
  }

  /** Forgets the orders, waitlists and draws of a campaign that can never sell again and holds nothing. */
  forgetSettled(campaign: Campaign): void {
    const isOver = ({ held, draw }: Offer) => held === 0 && (draw === null || draw.root === null || draw.isMade);
    if (campaign.state !== "ended" || !campaign.offers.every(isOver)) return;
    campaign.book = null;
    for (const offer of campaign.offers) {
      if (offer.waiting === null) continue;
      offer.waiting = null;
      offer.draw = null;
      this.#changedOffers.add(offer);
    }
  }

  #addCampaign(record: CampaignRecord): Campaign {
    const { id, title, kind, state, opensAtMs, closesAtMs, paymentWindowS, hasWaitlist, createdAtMs } = record;
    const { description, admission, commitment, beacon } = record;
    const number = this.#byNumber.length;
    const what = { id, title, kind, state, opensAtMs, closesAtMs, paymentWindowS, hasWaitlist, createdAtMs };
    const terms = { description, admission, commitment, beacon, secret: null, drawnCount: null };
    const campaign: Campaign = {
      ...{ ...what, ...terms, offers: [], number, areKeysFiltered: true },
      ...{ book: new OrderBook(), queue: null, reminders: null },
    };
    this.#byNumber.push(campaign);
    this.campaigns.set(id, campaign);
    return campaign;
  }

  #addOffer(record: OfferRecord): Offer {
    const campaign = this.campaign(record.campaignId);
    const { campaignId: _, ...what } = record;
    const offer: Offer = {
      ...what,
      campaign,
      index: campaign.offers.length,
      line: this.offers.size,
      waiting: null,
      draw: null,
    };
    campaign.offers.push(offer);
    this.offers.set(offer.id, offer);
    return offer;
  }

  #addReminder(campaignId: number, reminder: Pick<ReminderRecord, "reminderId" | "buyerId" | "leadS">): void {
    const campaign = this.campaign(campaignId);
    campaign.reminders ??= new Reminders();
    campaign.reminders.set(reminder);
    this.remindersWaiting += 1;
    if (this.#nextReminderAtMs === null) return;
    this.#nextReminderAtMs = Math.min(this.#nextReminderAtMs, reminderDueAtMs(campaign));
  }

  #endReminder(campaign: Campaign, reminderId: number, buyerId: string): void {
    const { reminders } = campaign;
    if (reminders === null) throw new Error(`no reminder of campaign ${campaign.id} waits`);
    if (reminderDueAtMs(campaign) === this.#nextReminderAtMs) this.#nextReminderAtMs = null;
    reminders.end(reminderId, buyerId);
    this.remindersWaiting -= 1;
    if (reminders.count === 0) campaign.reminders = null;
  }

  /** Nobody is reminded of a sale that has ended. */
  #dropReminders(campaign: Campaign): void {
    if (campaign.reminders === null) return;
    this.remindersWaiting -= campaign.reminders.count;
    campaign.reminders = null;
    this.#nextReminderAtMs = null;
  }

  #enterDraw(offer: Offer, { entryId, buyerId, actor }: InLine, leaf: string): void {
    offer.waiting ??= new WaitingLine({ keepsPositions: true });
    offer.draw ??= { log: new MerkleLog(), root: null, isMade: false };
    offer.waiting.join(entryId, buyerId, actor);
    offer.draw.log.append(leaf);
  }

  #orderDraw(offer: Offer, secret: string, randomness: string | null): void {
    const { draw, waiting } = offer;
    if (draw === null || draw.root === null || waiting === null)
      throw new Error(`the draw of offer ${offer.id} is not closed`);
    const { root, log } = draw;
    const seed = drawSeed({ offerId: formatId("off", offer.id), secret, root, count: log.count, randomness });
    waiting.reorder(rankingOf(seed, log.count));
    draw.isMade = true;
  }

  #orderQueue(campaign: Campaign, secret: string): void {
    const { queue } = campaign;
    if (queue === null) throw new Error(`campaign ${campaign.id} has no queue`);
    const { line } = queue;
    line.compact();
    line.reorder(
      rankingOf(queueSeed({ campaignId: formatId("cmp", campaign.id), secret, count: line.count }), line.count),
    );
    queue.isOrdered = true;
  }

  #usePass({ queue }: Campaign, entryId: number, quantity: number): void {
    if (queue === null) throw new Error(`no queue has the pass of entry ${entryId}`);
    queue.takePass(entryId);
    queue.completed += 1;
    queue.unitsTaken += quantity;
  }

  #renewPasses({ queue, number, admission }: Campaign): void {
    if (queue === null) return;
    for (const pass of queue.allPasses()) {
      pass.expiresAtMs = this.nowMs + admission.passWindowS * 1_000;
      this.passExpiries.push(pass.expiresAtMs, number, pass.entryId);
    }
  }

  #addOrder(
    offer: Offer,
    order: {
      orderId: number;
      lastSeq: number;
      buyerId: string;
      quantity: number;
      state: OrderState;
      expiresAtMs: number;
      actor: Actor | null;
    },
    keyHash: KeyHash | null,
  ): void {
    const { campaign } = offer;
    const book = campaign.book;
    if (book === null) throw new Error(`campaign ${campaign.id} is settled: it takes no order`);
    const { orderId, lastSeq, buyerId, quantity, state, actor } = order;
    const slot = book.append({ orderId, lastSeq, buyerId, offerIndex: offer.index, quantity, state, actor });
    if (state === "reserved") this.expiries.push(order.expiresAtMs, campaign.number, orderId);
    if (keyHash === null) return;
    const [high, low] = keyHash;
    this.#keys.add(high, low, { book: campaign.number, slot }, (number) => this.#bookOf(number) !== null);
  }

  #bookOf(number: OrderPlace["book"]): OrderBook | null {
    return this.campaignByNumber(number).book;
  }

  #count(offer: Offer, event: Event): void {
    const { available, held, sold } = movementOf(event);
    offer.available += available;
    offer.held += held;
    offer.sold += sold;
    offer.total += available + held + sold;
    assertConserved(offer.id, offer);
    this.#changedOffers.add(offer);
  }

  #changeCampaign(id: number, to: CampaignState): void {
    const campaign = this.campaign(id);
    const wasDueAtMs = dueAtMs(campaign);
    campaign.state = to;
    this.#changedCampaigns.add(campaign);
    for (const offer of campaign.offers) this.#changedOffers.add(offer);
    const wasNext = wasDueAtMs === this.#nextChangeAtMs && wasDueAtMs !== Number.POSITIVE_INFINITY;
    if (wasNext) this.#nextChangeAtMs = null;
    else if (this.#nextChangeAtMs !== null) this.#nextChangeAtMs = Math.min(this.#nextChangeAtMs, dueAtMs(campaign));
  }
}

/** Units that may be had by whoever asks: those that came back belong to those who wait. */
export function freeOf(offer: Offer): number {
  return offer.waiting !== null && offer.waiting.count > 0 ? 0 : offer.available;
}

/** Units that may be had by somebody who is admitted, over all offers. */
export function freeIn(campaign: Campaign): number {
  let free = 0;
  for (const offer of campaign.offers) free += freeOf(offer);
  return free;
}

/** Units of an offer that agents may have now; `null` where they have no share of their own. */
export function agentRoomOf(offer: Offer): number | null {
  const { sharePercent } = offer.campaign.admission.agents;
  if (sharePercent === null) return null;
  const taken = offer.campaign.book?.agentUnits(offer.index) ?? 0;
  return Math.max(0, Math.min(freeOf(offer), agentUnitsMax(offer.total, sharePercent) - taken));
}

/** Units of a campaign that agents may have now, and those that may come back to them; `null` likewise. */
export function agentUnitsIn({ admission, offers, book }: Campaign): AgentUnits | null {
  const { sharePercent } = admission.agents;
  if (sharePercent === null) return null;
  const units = { free: 0, held: 0 };
  for (const offer of offers) {
    const room = agentRoomOf(offer) ?? 0;
    const unpaid = agentUnitsMax(offer.total, sharePercent) - (book?.agentUnitsPaid(offer.index) ?? 0);
    units.free += room;
    units.held += Math.max(0, Math.min(freeOf(offer) + offer.held, unpaid)) - room;
  }
  return units;
}

/** Before the opening nobody has a place, unless nothing is there to draw them by. */
function newQueue({ state, secret }: Campaign, firstEntryId: number): Queue {
  const queue = new Queue(firstEntryId);
  queue.isOrdered = state !== "scheduled" || secret === null;
  return queue;
}

/** The leaf of an entry: what its row in the ledger says of it. */
function leafOf(event: DrawEntered): string {
  const said = detailsOf(event);
  if (said === null) throw new Error("an entry has details");
  return sha256(detailsText(event.salt, said.details));
}

/** When the clock next changes the campaign's state, or `Infinity`. */
export function dueAtMs(campaign: Campaign): number {
  if (campaign.state === "scheduled") return campaign.opensAtMs ?? 0;
  if (campaign.state === "open" || campaign.state === "paused") return campaign.closesAtMs ?? Number.POSITIVE_INFINITY;
  return Number.POSITIVE_INFINITY;
}

/** When the first of a campaign's reminders is due, or `Infinity`. */
export function reminderDueAtMs({ reminders, opensAtMs }: Campaign): number {
  return reminders === null ? Number.POSITIVE_INFINITY : (opensAtMs ?? 0) - reminders.leadSMax * 1_000;
}
