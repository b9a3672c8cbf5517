/**
 * The rows that a storage would hold, added up from events alone: what a restart is fed with, and the second opinion
 * on every count. Throws as a database would: on a gap in `seq`, a broken chain of an order, a move that its state does
 * not allow, a negative count. Owns no rule of the sale beyond the tables in the heads of src/domain.
 */
import type { CampaignRecord } from "../../src/domain/campaign.ts";
import type { Event, OrderMoved, OrderReserved } from "../../src/domain/event.ts";
import { movementOf } from "../../src/domain/event.ts";
import type { OfferRecord } from "../../src/domain/offer.ts";
import type { OrderRecord, OrderState } from "../../src/domain/order.ts";
import type { RecoverySource } from "../../src/engine/ports.ts";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const leads = {
  order_paid: { from: ["reserved"], to: "paid" },
  order_cancelled: { from: ["reserved"], to: "cancelled" },
  order_expired: { from: ["reserved"], to: "expired" },
  order_rereserved: { from: ["expired"], to: "reserved" },
  order_refund_due: { from: ["cancelled", "expired"], to: "refund_due" },
} as const satisfies Record<OrderMoved["type"], { from: readonly OrderState[]; to: OrderState }>;

export class Projection implements RecoverySource {
  readonly campaignRows = new Map<number, Mutable<CampaignRecord>>();
  readonly offerRows = new Map<number, Mutable<OfferRecord>>();
  readonly orderRows = new Map<number, Mutable<OrderRecord>>();
  readonly #last = { seq: 0, atMs: 0 };

  apply(event: Event): void {
    if (event.seq !== this.#last.seq + 1) throw new Error(`seq has a gap: ${event.seq} after ${this.#last.seq}`);
    if (event.atMs < this.#last.atMs) throw new Error(`event ${event.seq} lies before the one before it`);
    this.#last.seq = event.seq;
    this.#last.atMs = event.atMs;
    switch (event.type) {
      case "campaign_created": {
        const { seq: id, atMs: createdAtMs, title, kind, opensAtMs, closesAtMs, paymentWindowS } = event;
        const what = { title, kind, opensAtMs, closesAtMs, paymentWindowS };
        this.campaignRows.set(id, { id, state: "draft", createdAtMs, ...what });
        return;
      }
      case "offer_created": {
        const counts = { total: 0, available: 0, held: 0, sold: 0 };
        this.offerRows.set(event.seq, { id: event.seq, campaignId: event.campaignId, ...event.offer, ...counts });
        this.#count(event.seq, event);
        return;
      }
      case "campaign_published": {
        const row = rowOf(this.campaignRows, event.campaignId);
        row.state = "scheduled";
        row.closesAtMs = event.closesAtMs;
        return;
      }
      case "campaign_opened":
      case "campaign_resumed":
        rowOf(this.campaignRows, event.campaignId).state = "open";
        return;
      case "campaign_paused":
        rowOf(this.campaignRows, event.campaignId).state = "paused";
        return;
      case "campaign_ended":
        rowOf(this.campaignRows, event.campaignId).state = "ended";
        return;
      case "offer_restocked":
        this.#count(event.offerId, event);
        return;
      case "order_reserved":
        this.#insert(event);
        this.#count(event.offerId, event);
        return;
      case "order_paid":
      case "order_cancelled":
      case "order_expired":
      case "order_rereserved":
      case "order_refund_due":
        this.#move(event);
        this.#count(event.offerId, event);
        return;
    }
  }

  last(): { seq: number; atMs: number } {
    return { ...this.#last };
  }

  campaigns(): CampaignRecord[] {
    return [...this.campaignRows.values()];
  }

  offers(): OfferRecord[] {
    return [...this.offerRows.values()];
  }

  eachOrderAfter(orderId: number, callback: (order: OrderRecord) => void): void {
    for (const order of this.orderRows.values()) {
      if (order.orderId > orderId) callback({ ...order });
    }
  }

  keysBetween(from: number, before: number): { buyerId: string; key: string }[] {
    return [...this.orderRows.values()].flatMap(({ orderId, buyerId, idempotencyKey: key }) =>
      orderId >= from && orderId < before && key !== null ? [{ buyerId, key }] : [],
    );
  }

  order(orderId: number): OrderRecord | null {
    const order = this.orderRows.get(orderId);
    return order === undefined ? null : { ...order };
  }

  ordersOfBuyerIn(campaignId: number, buyerId: string): OrderRecord[] {
    const rows = [...this.orderRows.values()];
    return rows
      .filter((order) => order.campaignId === campaignId && order.buyerId === buyerId)
      .map((order) => ({ ...order }));
  }

  #insert(event: OrderReserved): void {
    const { seq: orderId, campaignId, offerId, buyerId, quantity, amountMinor, atMs, expiresAtMs, key } = event;
    this.orderRows.set(orderId, {
      ...{ orderId, campaignId, offerId, buyerId, quantity, amountMinor, expiresAtMs },
      ...{ state: "reserved", lastSeq: orderId, reservedAtMs: atMs, paidAtMs: null, endedAtMs: null },
      ...{ idempotencyKey: key, paymentReference: null },
    });
  }

  #move(event: OrderMoved): void {
    const { type, seq, atMs, orderId, offerId, campaignId, quantity, previousSeq, reference } = event;
    const row = rowOf(this.orderRows, orderId);
    const { from, to } = leads[type];
    if (!from.some((state) => state === row.state)) throw new Error(`${type} cannot follow ${row.state}`);
    if (row.lastSeq !== previousSeq) throw new Error(`the chain of order ${orderId} is broken at ${seq}`);
    if (row.offerId !== offerId || row.campaignId !== campaignId || row.quantity !== quantity) {
      throw new Error(`event ${seq} is not about order ${orderId} as it was reserved`);
    }
    row.state = to;
    row.lastSeq = seq;
    row.paidAtMs = to === "paid" || to === "refund_due" ? atMs : null;
    row.endedAtMs = to === "paid" || to === "reserved" ? null : atMs;
    row.paymentReference = reference ?? row.paymentReference;
  }

  #count(offerId: number, event: Event): void {
    const row = rowOf(this.offerRows, offerId);
    const { available, held, sold } = movementOf(event);
    row.available += available;
    row.held += held;
    row.sold += sold;
    row.total += available + held + sold;
    if (row.available < 0 || row.held < 0 || row.sold < 0) throw new Error(`offer ${offerId} has a negative count`);
  }
}

export function rowOf<T>(rows: ReadonlyMap<number, T>, id: number): T {
  const row = rows.get(id);
  if (row === undefined) throw new Error(`there is no row ${id}`);
  return row;
}
