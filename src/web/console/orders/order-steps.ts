/** Which steps lead on from an order's state, as domain/order.ts has them. Pure. */
import type { OrderState } from "../../../domain/order.ts";

export type OrderStep = "pay" | "link" | "cancel" | "refund";

/** What an order in this state allows; a payment link needs somebody who takes payments. */
export function stepsFrom(state: OrderState, takesPayments: boolean): readonly OrderStep[] {
  switch (state) {
    case "reserved":
      return takesPayments ? ["pay", "link", "cancel"] : ["pay", "cancel"];
    case "paid":
      return ["refund"];
    case "cancelled":
    case "expired":
      return ["pay"];
    case "refund_due":
    case "refunded":
      return [];
  }
}
