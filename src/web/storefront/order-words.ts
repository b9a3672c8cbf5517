/** What the states of an order are called where its buyer reads them, and what each means for them. */
import type { Tone } from "../shared/elements.tsx";
import { wordsOf } from "../shared/language.ts";
import type { Order } from "../shared/wire.ts";

export type OrderState = Order["state"];

/** The groups of the list, in this order. */
export const groups = ["toPay", "paid", "over"] as const;
export type Group = (typeof groups)[number];

export const stateNames = wordsOf({
  reserved: ["To pay", "待付款"],
  paid: ["Paid", "已付款"],
  cancelled: ["Cancelled", "已取消"],
  expired: ["Not paid in time", "超时未付款"],
  refund_due: ["Refund on its way", "退款中"],
  refunded: ["Refunded", "已退款"],
});

export const stateTones: Readonly<Record<OrderState, Tone>> = {
  reserved: "warn",
  paid: "good",
  cancelled: "plain",
  expired: "plain",
  refund_due: "warn",
  refunded: "plain",
};

export function groupOf(state: OrderState): Group {
  if (state === "reserved") return "toPay";
  return state === "paid" ? "paid" : "over";
}
