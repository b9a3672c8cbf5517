/**
 * Follows every payment side by side with the events: each came with one, pays for its order or is to be returned, and
 * is returned as often as the events say. Which of an order's payments was returned the events do not tell.
 */
import type { Database } from "bun:sqlite";
import { formatId } from "../../../domain/ids.ts";
import { detailsText, paymentDetails } from "../../../domain/ledger.ts";
import { sha256 } from "../../../host/hash.ts";
import { Check } from "./check.ts";
import { nameOfOrder, type Orders } from "./orders.ts";
import { RowCursor } from "./row-cursor.ts";
import { type EventRow, type EventRule, kinds, nameOf, orderState } from "./rules.ts";
import type { Sale } from "./sale.ts";

interface PaymentRow {
  readonly id: number;
  readonly orderId: number;
  readonly provider: string;
  readonly reference: string | null;
  readonly amountMinor: number;
  readonly currency: string;
  readonly state: "accepted" | "refund_due" | "refunded";
  readonly receivedAtMs: number;
  readonly refundedAtMs: number | null;
  readonly salt: string;
  readonly orderReference: string | null;
}

const select =
  "SELECT payments.id AS id, order_id AS orderId, provider, reference, payments.amount_minor AS amountMinor, currency, payments.state AS state, received_at_ms AS receivedAtMs, refunded_at_ms AS refundedAtMs, payments.salt AS salt, orders.payment_reference AS orderReference FROM payments LEFT JOIN orders ON orders.id = payments.order_id";

/** An order some of whose payments are to be returned, or were: few of many. */
interface Returns {
  readonly place: number;
  /** To be returned now, as the events say; the rows that say so at the end. */
  due: number;
  rowsDue: number;
  /** How often and when payments were returned: the events' less the rows'. */
  count: number;
  atMs: number;
}

export class Payments {
  readonly check = new Check("payments", "payment", "every payment pays for its order, or is returned once");
  readonly #rows: RowCursor<PaymentRow>;
  readonly #sale: Sale;
  readonly #orders: Orders;
  readonly #returns = new Map<number, Returns>();
  constructor(db: Database, sale: Sale, orders: Orders) {
    this.#rows = new RowCursor<PaymentRow>(db, select, "payments");
    this.#sale = sale;
    this.#orders = orders;
  }

  /** Takes an event about the order at a place, after the order did. */
  see(event: EventRow, rule: EventRule, place: number): void {
    if (rule.isPayment === true) this.#receive(event, place);
    if (place < 0) return;
    switch (event.kind) {
      case kinds.order_refund_due:
      case kinds.payment_refund_due:
      case kinds.order_refund_requested:
        this.#returnsOf(place).due += 1;
        return;
      case kinds.order_refunded:
      case kinds.payment_refunded:
        this.#return(event, place);
        return;
    }
  }

  finish(): void {
    this.#rows.skipRest((row) => this.#failUnbegun(row));
    for (const { place, due, rowsDue, count, atMs } of this.#returns.values()) {
      const name = `order ${nameOfOrder(this.#orders.id(place))}`;
      if (rowsDue !== due) this.check.fail(`${name} has ${rowsDue} payments to return, its events make it ${due}`);
      else if (count !== 0) this.check.fail(`${name} has payments returned ${-count} times more than its events say`);
      else if (atMs !== 0) this.check.fail(`${name} has payments returned at other times than its events say`);
    }
  }

  #receive(event: EventRow, place: number): void {
    const row = this.#rows.take(event.id, (skipped) => this.#failUnbegun(skipped));
    if (row === null) {
      this.check.fail(`${nameOf(event)} came with a payment, ${formatId("pay", event.id)}, which does not exist`);
      return;
    }
    this.check.count += 1;
    const problem = this.#problemOf(row, event, place);
    if (problem !== null) this.check.fail(`payment ${formatId("pay", row.id)} ${problem}`);
    if (place < 0) return;
    if (row.state === "accepted") this.#orders.accept(place);
    if (row.state === "refund_due") this.#returnsOf(place).rowsDue += 1;
    if (row.state === "refunded") {
      const returns = this.#returnsOf(place);
      returns.count -= 1;
      returns.atMs -= row.refundedAtMs ?? 0;
    }
    if (event.kind !== kinds.payment_refund_due) {
      this.#orders.compareReference(place, row.orderReference === row.reference);
    }
  }

  #problemOf(row: PaymentRow, event: EventRow, place: number): string | null {
    if (row.orderId !== event.orderId) return `is of another order than ${nameOf(event)}`;
    if (row.receivedAtMs !== event.atMs) return `was received at another time than ${nameOf(event)}`;
    if (event.details !== sha256(detailsText(row.salt, paymentDetails(row)))) {
      return `has another provider, reference, amount, currency or salt than ${nameOf(event)} was hashed with`;
    }
    if (event.kind !== kinds.order_paid)
      return row.state === "accepted" ? `is accepted, though ${nameOf(event)} brought it` : null;
    const offer = event.offerId === null ? undefined : this.#sale.offers.get(event.offerId);
    if (offer === undefined || place < 0) return "is of an order or offer that does not exist";
    const amountMinor = offer.priceMinor * this.#orders.quantity(place);
    if (row.amountMinor === amountMinor && row.currency === offer.currency) return null;
    return `is ${row.amountMinor} ${row.currency}, its order costs ${amountMinor} ${offer.currency}`;
  }

  /** An order is refunded with the last of what was to be returned for it. */
  #return(event: EventRow, place: number): void {
    const returns = this.#returnsOf(place);
    returns.due -= 1;
    returns.count += 1;
    returns.atMs += event.atMs;
    const name = () => `order ${nameOfOrder(this.#orders.id(place))}`;
    if (returns.due < 0) this.check.fail(`${nameOf(event)} returns a payment of ${name()}, which has none to return`);
    const isDue = this.#orders.state(place) === orderState.refundDue; // an order that is refunded has left that state
    if (event.kind === kinds.order_refunded ? returns.due > 0 : isDue && returns.due === 0) {
      this.check.fail(`${nameOf(event)} leaves ${name()} with ${returns.due} payments to return`);
    }
  }

  #returnsOf(place: number): Returns {
    let returns = this.#returns.get(place);
    if (returns === undefined) {
      returns = { place, due: 0, rowsDue: 0, count: 0, atMs: 0 };
      this.#returns.set(place, returns);
    }
    return returns;
  }

  #failUnbegun({ id }: PaymentRow): void {
    this.check.count += 1;
    this.check.fail(`payment ${formatId("pay", id)} has no event that it came with`);
  }
}
