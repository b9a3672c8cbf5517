/** What has happened to an order, step by step, from what is told of it and of its payments. Pure. */
import type { Order, Payment } from "../shared/wire.ts";

export type StepName =
  | "reserved"
  | "paid"
  | "paid_late"
  | "arrived"
  | "time_over"
  | "cancelled"
  | "came_too_late"
  | "came_extra"
  | "refund_asked"
  | "refunded";

export interface Step {
  readonly name: StepName;
  readonly at: string;
  /** Where it is about money that came or went. */
  readonly amount?: { readonly minor: number; readonly currency: string };
}

/**
 * The steps in the order in which they happened. A payment that could not be kept ends its order in the moment in which
 * it arrives; a refund that was asked for ends it later. Once the money has gone back the order no longer tells which of
 * them it was: then nothing is said of it.
 */
export function timelineOf(order: Order, payments: readonly Payment[]): Step[] {
  const { state, reserved_at, expires_at, paid_at, ended_at } = order;
  const steps: Step[] = [{ name: "reserved", at: reserved_at }];
  const wasLate = paid_at !== undefined && paid_at >= expires_at;
  if (state === "expired" || wasLate) steps.push({ name: "time_over", at: expires_at });
  if (state === "cancelled" && ended_at !== undefined) steps.push({ name: "cancelled", at: ended_at });
  if (paid_at !== undefined) {
    const amount = { minor: order.amount_minor, currency: order.currency };
    const isReturned = paid_at === ended_at;
    const name = state === "refunded" ? "arrived" : isReturned ? "came_too_late" : wasLate ? "paid_late" : "paid";
    steps.push({ name, at: paid_at, amount });
    if (state === "refund_due" && ended_at !== undefined && !isReturned)
      steps.push({ name: "refund_asked", at: ended_at });
  }
  for (const payment of payments) steps.push(...stepsOf(payment, order));
  return steps.toSorted((one, other) => Date.parse(one.at) - Date.parse(other.at));
}

/** The payment that the order itself tells of has its return here; every other one has its arrival, too. */
function stepsOf(payment: Payment, order: Order): Step[] {
  const amount = { minor: payment.amount_minor, currency: payment.currency };
  const arrived: Step[] =
    payment.received_at === order.paid_at ? [] : [{ name: "came_extra", at: payment.received_at, amount }];
  if (payment.refunded_at === undefined) return arrived;
  return [...arrived, { name: "refunded", at: payment.refunded_at, amount }];
}
