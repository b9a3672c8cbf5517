/**
 * An event as it goes out, to webhooks and to operators' streams: what happened, and to what. An order is shown as the
 * event left it, and so is a payment: whoever reads the events in order sees each state once, however late they read, and
 * the same event reads the same every time. Only a buyer who was erased meanwhile is missing.
 */

import { formatId } from "../domain/ids.ts";
import { isNoticeType, type NoticeType } from "../domain/notice.ts";
import type { OrderRecord } from "../domain/order.ts";
import type { PaymentRecord } from "../domain/payment.ts";
import type { ReminderRecord } from "../domain/reminder.ts";
import type { WaitlistRecord } from "../domain/waitlist.ts";
import { stateAfterMove } from "../engine/state.ts";
import type { Catalogue } from "./catalogue.ts";
import { buyerJsonOf, orderJson } from "./order-json.ts";
import { reminderJson } from "./reminder-json.ts";
import { wireTime } from "./respond.ts";

/** A row of the journal with the rows that it is about. */
export interface JournalRow {
  readonly seq: number;
  readonly atMs: number;
  readonly type: string;
  readonly campaignId: number | null;
  readonly offerId: number | null;
  readonly available: number;
  readonly hash: string;
  readonly order: OrderRecord | null;
  /** The last event before this one that moved the order, when this one leaves it as it is. */
  readonly movedBy?: { readonly type: string; readonly atMs: number };
  readonly payment: PaymentRecord | null;
  readonly entry: WaitlistRecord | null;
  readonly reminder?: ReminderRecord;
}

export interface Notice {
  readonly type: NoticeType;
  /** What it is about: notices of one lane are delivered in their order. */
  readonly lane: string;
  /** `{"seq":...,"at":...,...}` */
  readonly json: string;
}

/** `null`: it does not go out. `"unknown"`: this thread has not been told of its campaign yet. */
export function noticeOf(row: JournalRow, catalogue: Catalogue): Notice | null | "unknown" {
  const { type, campaignId, offerId, order } = row;
  if (!isNoticeType(type)) return null;
  const head = `{"seq":${row.seq},"at":"${wireTime(row.atMs)}","hash":"${row.hash}"`;
  if (campaignId === null) return { type, lane: "", json: `${head}}` };
  const campaign = catalogue.campaign(campaignId);
  const offer = offerId === null ? undefined : catalogue.knownOffer(offerId);
  if (campaign === undefined || (offerId !== null && offer === undefined)) return "unknown";
  const where = `${head},"campaign_id":"${campaign.id}"`;
  if (row.reminder !== undefined) {
    const buyer = buyerJsonOf(row.reminder.buyerId);
    const json = `${where},"buyer_id":${buyer},"reminder":${reminderJson(row.reminder, campaign)}}`;
    return { type, lane: formatId("rmd", row.reminder.reminderId), json };
  }
  if (offer === undefined)
    return { type, lane: campaign.id, json: `${where},"title":${JSON.stringify(campaign.view.title)}}` };
  if (order !== null) {
    const json = orderJson(orderAfter(order, row), buyerJsonOf(order.buyerId), offer);
    const payment = row.payment === null ? "" : `,"payment":${paymentJson(paymentAfter(row.payment, type))}`;
    const entry = row.entry === null ? "" : `,"entry_id":"${formatId("wte", row.entry.entryId)}"`;
    return { type, lane: formatId("ord", order.orderId), json: `${where},"order":${json}${payment}${entry}}` };
  }
  if (row.entry !== null) {
    const entryId = formatId("wte", row.entry.entryId);
    const buyer = buyerJsonOf(row.entry.buyerId);
    return {
      type,
      lane: entryId,
      json: `${where},"offer_id":"${offer.id}","entry_id":"${entryId}","buyer_id":${buyer}}`,
    };
  }
  if (type === "draw_closed" || type === "draw_made") {
    return { type, lane: offer.id, json: `${where},"offer_id":"${offer.id}"}` };
  }
  return {
    type,
    lane: offer.id,
    json: `${where},"offer_id":"${offer.id}","sku":${JSON.stringify(offer.view.sku)},"quantity":${row.available}}`,
  };
}

/** A payment as the wire has it. */
export function paymentJson(payment: PaymentRecord): string {
  return JSON.stringify({
    id: formatId("pay", payment.paymentId),
    provider: payment.provider,
    reference: payment.reference,
    amount_minor: payment.amountMinor,
    currency: payment.currency,
    state: payment.state,
    received_at: wireTime(payment.receivedAtMs),
    ...(payment.refundedAtMs === null ? {} : { refunded_at: wireTime(payment.refundedAtMs) }),
  });
}

/** The payment as the event that it came with left it. */
function paymentAfter(payment: PaymentRecord, type: NoticeType): PaymentRecord {
  return { ...payment, state: type === "order_paid" ? "accepted" : "refund_due", refundedAtMs: null };
}

/** The order as the event left it. */
function orderAfter(order: OrderRecord, row: JournalRow): OrderRecord {
  if (order.lastSeq === row.seq) return order;
  const { type, atMs } = row.movedBy ?? row;
  if (type === "order_reserved" || type === "order_offered") {
    return { ...order, state: "reserved", paidAtMs: null, endedAtMs: null };
  }
  const state = stateAfterMove[type as keyof typeof stateAfterMove];
  switch (state) {
    case null:
      throw new Error(`event ${row.seq} does not say what moved its order`);
    case "reserved":
      return { ...order, state, paidAtMs: null, endedAtMs: null };
    case "paid":
      return { ...order, state, paidAtMs: atMs, endedAtMs: null };
    case "cancelled":
    case "expired":
      return { ...order, state, paidAtMs: null, endedAtMs: atMs };
    case "refund_due":
    case "refunded":
      return { ...order, state, endedAtMs: atMs };
  }
}
