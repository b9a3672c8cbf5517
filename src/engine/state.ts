/**
 * What the engine knows: campaigns, their offers' counts, the orders and waitlists of live campaigns, keys, expiries,
 * operators and endpoints.
 * Changed by `evolve` alone, one event at a time, and filled by `restore*` at start: recovery and selling share it.
 * Keeps promise 1 after every event; forgets the orders of a campaign that is settled (ended, nothing held).
 */
import type { CampaignKind, CampaignRecord, CampaignState, OfferTerms } from "../domain/campaign.ts";
import type { EndpointRecord } from "../domain/endpoint.ts";
import { type Event, movementOf, type OfficeEvent } from "../domain/event.ts";
import { assertConserved, type OfferRecord } from "../domain/offer.ts";
import type { OperatorRecord } from "../domain/operator.ts";
import type { LiveOrder, OrderRecord, OrderState } from "../domain/order.ts";
import type { WaitlistRecord } from "../domain/waitlist.ts";
import { ExpiryQueue } from "./expiry-queue.ts";
import { hashKey, type KeyHash } from "./hash.ts";
import { KeyTable, type OrderPlace } from "./key-table.ts";
import { OrderBook } from "./order-book.ts";
import { WaitingLine } from "./waiting-line.ts";

export interface Campaign {
  readonly id: number;
  readonly title: string;
  readonly kind: CampaignKind | null;
  readonly opensAtMs: number | null;
  closesAtMs: number | null;
  readonly paymentWindowS: number;
  hasWaitlist: boolean;
  readonly createdAtMs: number;
  state: CampaignState;
  readonly offers: Offer[];
  /** The campaign's number in this process. */
  readonly number: number;
  /** Whether the filter that HTTP threads ask holds this campaign's keys: not when it was settled before this start. */
  areKeysFiltered: boolean;
  /** The campaign's orders, or `null` once it is settled. */
  book: OrderBook | null;
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
  readonly campaigns = new Map<number, Campaign>();
  readonly offers = new Map<number, Offer>();
  readonly expiries = new ExpiryQueue();
  readonly operators = new Map<number, OperatorRecord>();
  readonly endpoints = new Map<number, EndpointRecord>();
  /** What changed since `takeChanges` was last called. */
  readonly #changedCampaigns = new Set<Campaign>();
  readonly #changedOffers = new Set<Offer>();
  #isOfficeChanged = false;
  readonly #keys = new KeyTable();
  readonly #byNumber: Campaign[] = [];
  /** `null` when the campaign that was next has changed: looked for when it is asked for, once for all that changed. */
  #nextChangeAtMs: number | null = Number.POSITIVE_INFINITY;

  /** When a campaign next opens or closes by the clock, or `Infinity`. */
  get nextChangeAtMs(): number {
    if (this.#nextChangeAtMs === null) {
      let next = Number.POSITIVE_INFINITY;
      for (const campaign of this.campaigns.values()) next = Math.min(next, dueAtMs(campaign));
      this.#nextChangeAtMs = next;
    }
    return this.#nextChangeAtMs;
  }

  /** What changed since the last call: campaigns and offers to be stored and published, whether operators or endpoints did. */
  takeChanges(): { campaigns: Campaign[]; offers: Offer[]; isOfficeChanged: boolean } {
    const [campaigns, offers] = [[...this.#changedCampaigns], [...this.#changedOffers]];
    const changes = { campaigns, offers, isOfficeChanged: this.#isOfficeChanged };
    this.#changedCampaigns.clear();
    this.#changedOffers.clear();
    this.#isOfficeChanged = false;
    return changes;
  }

  /** Lets an event have happened. */
  evolve(event: Event): void {
    if (event.seq !== this.lastSeq + 1) throw new Error(`event ${event.seq} does not follow ${this.lastSeq}`);
    this.lastSeq = event.seq;
    switch (event.type) {
      case "campaign_created":
        this.#changedCampaigns.add(
          this.#addCampaign({ ...event, id: event.seq, state: "draft", createdAtMs: event.atMs }),
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
        if (!event.hasWaitlist) for (const offer of campaign.offers) offer.waiting = null;
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
        const { seq, buyerId, quantity, expiresAtMs, key } = event;
        const keyHash = key === null ? null : hashKey(buyerId, key);
        this.#addOrder(
          offer,
          { orderId: seq, lastSeq: seq, buyerId, quantity, state: "reserved", expiresAtMs },
          keyHash,
        );
        if (event.type === "order_offered") offer.waiting?.leave(event.entryId);
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
        this.#count(this.offer(event.offerId), event);
        return;
      }
      case "waitlist_joined": {
        const offer = this.offer(event.offerId);
        offer.waiting ??= new WaitingLine();
        offer.waiting.join(event.seq, event.buyerId);
        this.#changedOffers.add(offer);
        return;
      }
      case "waitlist_left": {
        const offer = this.offer(event.offerId);
        offer.waiting?.leave(event.entryId);
        this.#changedOffers.add(offer);
        return;
      }
      case "buyers_erased":
        return;
      default:
        this.#evolveOffice(event);
    }
  }

  #evolveOffice(event: OfficeEvent): void {
    this.#isOfficeChanged = true;
    switch (event.type) {
      case "operator_created": {
        const { seq: operatorId, name, role, keyHash, atMs: createdAtMs } = event;
        this.operators.set(operatorId, { operatorId, name, role, keyHash, createdAtMs, revokedAtMs: null });
        return;
      }
      case "operator_revoked": {
        const operator = this.operators.get(event.operatorId);
        if (operator === undefined) throw new Error(`no operator ${event.operatorId}`);
        this.operators.set(event.operatorId, { ...operator, revokedAtMs: event.atMs });
        return;
      }
      case "endpoint_created":
      case "endpoint_changed":
        this.endpoints.set(event.endpoint.id, event.endpoint);
        return;
      case "endpoint_deleted":
        this.endpoints.delete(event.endpointId);
        return;
      case "ledger_head":
        this.#isOfficeChanged = false;
        return;
    }
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
  restoreWaiting({ offerId, entryId, buyerId }: WaitlistRecord): void {
    const offer = this.offer(offerId);
    offer.waiting ??= new WaitingLine();
    offer.waiting.join(entryId, buyerId);
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

  /** Forgets the orders and waitlists of a campaign that can never sell again and holds nothing. */
  forgetSettled(campaign: Campaign): void {
    if (campaign.state !== "ended" || !campaign.offers.every((offer) => offer.held === 0)) return;
    campaign.book = null;
    for (const offer of campaign.offers) {
      if (offer.waiting === null) continue;
      offer.waiting = null;
      this.#changedOffers.add(offer);
    }
  }

  #addCampaign(record: CampaignRecord): Campaign {
    const { id, title, kind, state, opensAtMs, closesAtMs, paymentWindowS, hasWaitlist, createdAtMs } = record;
    const number = this.#byNumber.length;
    const what = { id, title, kind, state, opensAtMs, closesAtMs, paymentWindowS, hasWaitlist, createdAtMs };
    const campaign: Campaign = { ...what, offers: [], number, areKeysFiltered: true, book: new OrderBook() };
    this.#byNumber.push(campaign);
    this.campaigns.set(id, campaign);
    return campaign;
  }

  #addOffer(record: OfferRecord): Offer {
    const campaign = this.campaign(record.campaignId);
    const { campaignId: _, ...what } = record;
    const offer: Offer = { ...what, campaign, index: campaign.offers.length, line: this.offers.size, waiting: null };
    campaign.offers.push(offer);
    this.offers.set(offer.id, offer);
    return offer;
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
    },
    keyHash: KeyHash | null,
  ): void {
    const { campaign } = offer;
    const book = campaign.book;
    if (book === null) throw new Error(`campaign ${campaign.id} is settled: it takes no order`);
    const { orderId, lastSeq, buyerId, quantity, state } = order;
    const slot = book.append({ orderId, lastSeq, buyerId, offerIndex: offer.index, quantity, state });
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

/** When the clock next changes the campaign's state, or `Infinity`. */
export function dueAtMs(campaign: Campaign): number {
  if (campaign.state === "scheduled") return campaign.opensAtMs ?? 0;
  if (campaign.state === "open" || campaign.state === "paused") return campaign.closesAtMs ?? Number.POSITIVE_INFINITY;
  return Number.POSITIVE_INFINITY;
}
