/**
 * Which events go out, to webhooks and to operators' streams: all but those of the office itself, and but the comings and
 * goings of those who only want to buy, who may be millions.
 */
import type { Event } from "./event.ts";

/** Every type that an endpoint may ask for. */
export const noticeTypes = [
  "campaign_created",
  "campaign_published",
  "campaign_opened",
  "campaign_paused",
  "campaign_resumed",
  "campaign_ended",
  "offer_created",
  "offer_restocked",
  "order_reserved",
  "order_offered",
  "order_paid",
  "order_cancelled",
  "order_expired",
  "order_rereserved",
  "order_refund_due",
  "order_refund_requested",
  "order_refunded",
  "payment_refund_due",
  "payment_refunded",
  "waitlist_joined",
  "waitlist_left",
  "draw_closed",
  "draw_made",
  "queue_drawn",
  "reminder_due",
  "buyers_erased",
  "ledger_head",
] as const satisfies readonly Event["type"][];
export type NoticeType = (typeof noticeTypes)[number];

export function isNoticeType(type: string): type is NoticeType {
  return (noticeTypes as readonly string[]).includes(type);
}
