/**
 * A sale in a few words, for tests that tell a story: an engine, a clock that only the test moves, and all events so
 * far. Knows no rule: it asks the engine and hands back what it says.
 */
import { openAdmission } from "../../src/domain/admission.ts";
import type { Actor } from "../../src/domain/agents.ts";
import type { CampaignAction, CampaignDraft, CampaignState, OfferDraft } from "../../src/domain/campaign.ts";
import type { Command, OrderCommand } from "../../src/domain/command.ts";
import type { Event } from "../../src/domain/event.ts";
import type { Counts } from "../../src/domain/offer.ts";
import type { OrderRecord, OrderState } from "../../src/domain/order.ts";
import type { Outcome } from "../../src/domain/outcome.ts";
import type { Payment, PaymentRecord } from "../../src/domain/payment.ts";
import { Engine } from "../../src/engine/engine.ts";
import { recover } from "../../src/engine/recovery.ts";
import { Projection, rowOf } from "./projection.ts";

export const startMs = 1_700_000_000_000;
export const paymentWindowS = 900;
export const paymentWindowMs = paymentWindowS * 1_000;

export interface Opened {
  readonly campaignId: number;
  readonly offerIds: readonly number[];
  /** The first offer. */
  readonly offerId: number;
}

export class Sale {
  engine = new Engine();
  readonly rows = new Projection();
  readonly events: Event[] = [];
  clockMs = startMs;

  execute(command: Command): Outcome {
    const outcome = this.engine.execute(command, this.clockMs);
    this.#takeEvents();
    return outcome;
  }

  /** Lets time pass, and the engine notice. */
  advance(ms = 0): void {
    this.clockMs += ms;
    this.engine.advance(this.clockMs);
    this.#takeEvents();
  }

  /** The process ends and starts again from the rows. */
  restart(): void {
    this.engine = new Engine(recover(this.rows, { add: () => undefined }));
    this.engine.goOn(this.clockMs);
    this.#takeEvents();
  }

  create(draft: Partial<CampaignDraft> = {}): Opened {
    const outcome = this.execute({ type: "create_campaign", draft: campaignDraft(draft) });
    if (outcome.code !== "created") throw new Error(`not created: ${JSON.stringify(outcome)}`);
    const { campaignId } = outcome;
    const offerIds = this.rows
      .offers()
      .filter((offer) => offer.campaignId === campaignId)
      .map(({ id }) => id);
    const [offerId] = offerIds;
    if (offerId === undefined) throw new Error("a campaign has an offer");
    return { campaignId, offerIds, offerId };
  }

  /** A campaign that is created and published: open when its time has come. */
  open(draft: Partial<CampaignDraft> = {}): Opened {
    const opened = this.create(draft);
    this.change("publish", opened.campaignId);
    return opened;
  }

  change(type: CampaignAction, campaignId: number): Outcome {
    return this.execute({ type, campaignId });
  }

  restock(offerId: number, quantity: number): Outcome {
    return this.execute({ type: "restock", offerId, quantity });
  }

  reserve(
    offerId: number,
    buyerId = "ana",
    { quantity = 1, key = null, actor = null }: { quantity?: number; key?: string | null; actor?: Actor | null } = {},
  ): Outcome {
    return this.execute({ type: "reserve", offerId, buyerId, quantity, key, actor });
  }

  /** Reserves and answers the order's id; throws when it is refused. */
  order(offerId: number, buyerId = "ana", what: Parameters<Sale["reserve"]>[2] = {}): number {
    const outcome = this.reserve(offerId, buyerId, what);
    if (outcome.code !== "reserved") throw new Error(`not reserved: ${JSON.stringify(outcome)}`);
    return outcome.orderId;
  }

  cancel(orderId: number): Outcome {
    return this.execute({ type: "cancel", ...this.#target(orderId) });
  }

  /** The shop's back end tells of a payment of the order's amount, unless told otherwise. */
  pay(orderId: number, reference: string | null = null, what: Partial<Payment> = {}): Outcome {
    const { amountMinor, offerId } = this.orderRow(orderId);
    const { currency } = rowOf(this.rows.offerRows, offerId);
    const payment: Payment = { provider: "shop", reference, amountMinor, currency, ...what };
    return this.execute({ type: "pay", ...this.#target(orderId), payment });
  }

  refund(orderId: number, { returnsUnits = true }: { returnsUnits?: boolean } = {}): Outcome {
    return this.execute({ type: "refund", ...this.#target(orderId), returnsUnits });
  }

  confirmRefund(orderId: number, paymentId: number): Outcome {
    return this.execute({ type: "confirm_refund", ...this.#target(orderId), paymentId });
  }

  join(offerId: number, buyerId = "ana", actor: Actor | null = null): Outcome {
    return this.execute({ type: "join_waitlist", offerId, buyerId, actor });
  }

  leave(offerId: number, buyerId = "ana"): Outcome {
    return this.execute({ type: "leave_waitlist", offerId, buyerId });
  }

  /** Who waits for the offer, in line. */
  line(offerId: number): string[] {
    const { waiting } = rowOf(this.engine.state.offers, offerId);
    const rows = [...this.rows.entryRows.values()].filter((row) => row.offerId === offerId && row.state === "waiting");
    return rows
      .flatMap(({ buyerId }) => {
        const place = waiting?.entryOf(buyerId)?.place;
        return place === undefined ? [] : [{ buyerId, place }];
      })
      .toSorted((a, b) => a.place - b.place)
      .map(({ buyerId }) => buyerId);
  }

  /** The orders of a buyer of an offer, oldest first. */
  ordersOf(offerId: number, buyerId: string): OrderRecord[] {
    return [...this.rows.orderRows.values()].filter((row) => row.offerId === offerId && row.buyerId === buyerId);
  }

  payments(orderId: number): PaymentRecord[] {
    return this.rows.paymentsOf(orderId);
  }

  counts(offerId: number): Counts {
    const { total, available, held, sold } = rowOf(this.engine.state.offers, offerId);
    return { total, available, held, sold };
  }

  campaignState(campaignId: number): CampaignState {
    return rowOf(this.engine.state.campaigns, campaignId).state;
  }

  orderState(orderId: number): OrderState {
    return this.orderRow(orderId).state;
  }

  orderRow(orderId: number): OrderRecord {
    return rowOf(this.rows.orderRows, orderId);
  }

  /** The types of the events since there were `from` of them. */
  typesSince(from: number): string[] {
    return this.events.slice(from).map(({ type }) => type);
  }

  /** An order as its caller names it, with the rows that the loop brings: those that the engine does not keep. */
  #target(orderId: number): Omit<Extract<OrderCommand, { type: "cancel" }>, "type"> {
    const { campaignId, buyerId, lastSeq } = this.orderRow(orderId);
    const isSettled = this.engine.state.isSettled(campaignId);
    const target = { orderId, campaignId, buyerId };
    if (!isSettled) return lastSeq === orderId ? target : { ...target, payments: this.rows.paymentsOf(orderId) };
    return { ...target, payments: this.rows.paymentsOf(orderId), history: this.rows.historyOf(orderId) };
  }

  #takeEvents(): void {
    for (const event of this.engine.takeEvents()) {
      this.rows.apply(event);
      this.events.push(event);
    }
  }
}

export function campaignDraft(draft: Partial<CampaignDraft> = {}): CampaignDraft {
  return {
    ...{
      title: "sale",
      description: null,
      kind: null,
      opensAtMs: null,
      closesAtMs: null,
      paymentWindowS,
      offers: [offerDraft()],
    },
    hasWaitlist: true,
    admission: openAdmission,
    ...draft,
  };
}

export function offerDraft(offer: Partial<OfferDraft> = {}): OfferDraft {
  return {
    ...{ sku: "sku", title: "thing", priceMinor: 100, listPriceMinor: null, currency: "CNY" },
    ...{ stock: 10, limitPerBuyer: 5, brand: null, category: null, imageUrl: null, description: null },
    ...offer,
  };
}
