/**
 * The rows that a storage would hold, added up from events alone: what a restart is fed with, and the second opinion
 * on every count. Throws as a database would: on a gap in `seq`, a broken chain of an order, a move that its state does
 * not allow, a negative count. Owns no rule of the sale beyond the tables in the heads of src/domain.
 */
import type { AccessEntry } from "../../src/domain/access.ts";
import type { DrawRecord } from "../../src/domain/admission.ts";
import type { CampaignRecord } from "../../src/domain/campaign.ts";
import { type Controls, controlsDefault } from "../../src/domain/controls.ts";
import type { EndpointRecord } from "../../src/domain/endpoint.ts";
import {
  type BuyersErased,
  type DrawEntered,
  type Event,
  movementOf,
  type OrderMoved,
  type OrderOffered,
  type OrderPayment,
  type OrderReserved,
  type PaymentRefunded,
  type RefundRequested,
  type WaitlistJoined,
} from "../../src/domain/event.ts";
import { detailsText } from "../../src/domain/ledger.ts";
import type { OfferRecord } from "../../src/domain/offer.ts";
import type { OperatorRecord } from "../../src/domain/operator.ts";
import { type OrderRecord, type OrderState, orderStates } from "../../src/domain/order.ts";
import type { PaymentRecord, PaymentState } from "../../src/domain/payment.ts";
import type { QueueRecord, QueueSums } from "../../src/domain/queue.ts";
import type { ReminderRecord } from "../../src/domain/reminder.ts";
import type { WaitlistRecord, WaitlistState } from "../../src/domain/waitlist.ts";
import type { DrawEntry, DrawSecret, RecoverySource } from "../../src/engine/ports.ts";
import { sha256 } from "../../src/host/hash.ts";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type OrderEvent = OrderMoved | OrderPayment | RefundRequested | PaymentRefunded;

/** Where an order may stand before an event, and where it stands after it; `null`: where it stood. */
const leads: Record<OrderEvent["type"], { from: readonly OrderState[]; to: OrderState | null }> = {
  order_paid: { from: ["reserved"], to: "paid" },
  order_cancelled: { from: ["reserved"], to: "cancelled" },
  order_expired: { from: ["reserved"], to: "expired" },
  order_rereserved: { from: ["expired"], to: "reserved" },
  order_refund_due: { from: ["cancelled", "expired"], to: "refund_due" },
  order_refund_requested: { from: ["paid"], to: "refund_due" },
  order_refunded: { from: ["refund_due"], to: "refunded" },
  payment_refund_due: { from: orderStates, to: null },
  payment_refunded: { from: orderStates, to: null },
};

export class Projection implements RecoverySource {
  readonly campaignRows = new Map<number, Mutable<CampaignRecord>>();
  readonly offerRows = new Map<number, Mutable<OfferRecord>>();
  readonly orderRows = new Map<number, Mutable<OrderRecord>>();
  readonly paymentRows = new Map<number, Mutable<PaymentRecord>>();
  readonly entryRows = new Map<number, Mutable<WaitlistRecord>>();
  readonly queueRows = new Map<number, Mutable<QueueRecord>>();
  readonly reminderRows = new Map<number, Mutable<ReminderRecord>>();
  readonly drawRows = new Map<number, Mutable<DrawRecord>>();
  readonly leaves = new Map<number, string>();
  readonly secretRows = new Map<number, Mutable<DrawSecret>>();
  readonly operatorRows = new Map<number, Mutable<OperatorRecord>>();
  readonly endpointRows = new Map<number, EndpointRecord>();
  readonly accessRows = new Map<number, AccessEntry>();
  controlsRow: Controls = controlsDefault;
  readonly #last = { seq: 0, atMs: 0 };

  apply(event: Event): void {
    if (event.seq !== this.#last.seq + 1) throw new Error(`seq has a gap: ${event.seq} after ${this.#last.seq}`);
    if (event.atMs < this.#last.atMs) throw new Error(`event ${event.seq} lies before the one before it`);
    this.#last.seq = event.seq;
    this.#last.atMs = event.atMs;
    switch (event.type) {
      case "campaign_created": {
        const { seq: id, atMs: createdAtMs, title, kind, opensAtMs, closesAtMs, paymentWindowS, hasWaitlist } = event;
        const { description, admission } = event;
        const what = { title, description, kind, opensAtMs, closesAtMs, paymentWindowS, hasWaitlist, admission };
        this.campaignRows.set(id, { id, state: "draft", createdAtMs, ...what, commitment: null, beacon: null });
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
        if (event.draw === null) return;
        const { secret, commitment, beacon } = event.draw;
        Object.assign(row, { commitment, beacon });
        const { campaignId } = event;
        this.secretRows.set(campaignId, { campaignId, secret, queueDrawnSeq: null, queueDrawnCount: null });
        return;
      }
      case "campaign_opened":
      case "campaign_resumed":
        rowOf(this.campaignRows, event.campaignId).state = "open";
        return;
      case "campaign_paused":
        rowOf(this.campaignRows, event.campaignId).state = "paused";
        return;
      case "campaign_ended": {
        const row = rowOf(this.campaignRows, event.campaignId);
        row.state = "ended";
        row.hasWaitlist = event.hasWaitlist;
        return;
      }
      case "offer_restocked":
        this.#count(event.offerId, event);
        return;
      case "order_reserved":
        this.#insert(event);
        this.#count(event.offerId, event);
        if (event.entryId !== null) this.#endQueueEntry(event.entryId, "completed", event, event.seq);
        return;
      case "order_offered":
        this.#insert(event);
        this.#count(event.offerId, event);
        this.#endEntry(event.entryId, { state: "offered", endedAtMs: event.atMs, orderId: event.seq });
        return;
      case "order_paid":
      case "order_refund_due":
      case "payment_refund_due":
        this.#insertPayment(event);
        this.#move(event);
        this.#count(event.offerId, event);
        return;
      case "order_cancelled":
      case "order_expired":
      case "order_rereserved":
        this.#move(event);
        this.#count(event.offerId, event);
        return;
      case "order_refund_requested": {
        const accepted = this.paymentsOf(event.orderId).filter(({ state }) => state === "accepted");
        if (accepted.length !== 1) throw new Error(`order ${event.orderId} has ${accepted.length} accepted payments`);
        this.#movePayment(accepted[0]?.paymentId ?? 0, "accepted", { state: "refund_due", refundedAtMs: null });
        this.#move(event);
        this.#count(event.offerId, event);
        return;
      }
      case "order_refunded":
      case "payment_refunded":
        this.#movePayment(event.paymentId, "refund_due", { state: "refunded", refundedAtMs: event.atMs });
        this.#move(event);
        return;
      case "draw_closed":
        this.drawRows.set(event.offerId, {
          ...{ offerId: event.offerId, closedSeq: event.seq, root: event.root, count: event.count },
          ...{ secret: null, beacon: null },
        });
        return;
      case "draw_made":
        Object.assign(rowOf(this.drawRows, event.offerId), { secret: event.secret, beacon: event.beacon });
        return;
      case "queue_joined": {
        const { seq: entryId, campaignId, buyerId, atMs: joinedAtMs, actor } = event;
        this.queueRows.set(entryId, {
          ...{ entryId, campaignId, buyerId, state: "waiting", joinedAtMs, admittedAtMs: null },
          ...{ expiresAtMs: null, endedAtMs: null, endedSeq: null, orderId: null, actor },
        });
        return;
      }
      case "queue_drawn":
        Object.assign(rowOf(this.secretRows, event.campaignId), {
          queueDrawnSeq: event.seq,
          queueDrawnCount: event.count,
        });
        return;
      case "queue_admitted": {
        const row = rowOf(this.queueRows, event.entryId);
        if (row.state !== "waiting") throw new Error(`entry ${event.entryId} is ${row.state}, not waiting`);
        Object.assign(row, { state: "admitted", admittedAtMs: event.atMs, expiresAtMs: event.expiresAtMs });
        return;
      }
      case "queue_left":
        this.#endQueueEntry(event.entryId, "left", event, null);
        return;
      case "queue_expired":
        this.#endQueueEntry(event.entryId, "expired", event, null);
        return;
      case "passes_renewed": {
        const { admission } = rowOf(this.campaignRows, event.campaignId);
        for (const row of this.queueRows.values()) {
          if (row.campaignId !== event.campaignId || row.state !== "admitted") continue;
          row.expiresAtMs = event.atMs + admission.passWindowS * 1_000;
        }
        return;
      }
      case "queue_closed":
        for (const row of this.queueRows.values()) {
          if (row.campaignId !== event.campaignId || row.endedSeq !== null) continue;
          this.#endQueueEntry(row.entryId, "left", event, null);
        }
        return;
      case "draw_entered":
        this.leaves.set(
          event.seq,
          sha256(detailsText(event.salt, [event.buyerId, ...(event.actor === null ? [] : [event.actor])])),
        );
        this.#insertEntry(event);
        return;
      case "waitlist_joined":
        this.#insertEntry(event);
        return;
      case "waitlist_left":
        this.#endEntry(event.entryId, { state: "left", endedAtMs: event.atMs, orderId: null });
        return;
      case "reminder_set": {
        const { seq: reminderId, campaignId, buyerId, leadS, dueAtMs, atMs: setAtMs } = event;
        this.reminderRows.set(reminderId, {
          ...{ reminderId, campaignId, buyerId, leadS, dueAtMs, setAtMs },
          ...{ state: "waiting", endedAtMs: null, endedSeq: null },
        });
        return;
      }
      case "reminder_due":
      case "reminder_removed": {
        const row = rowOf(this.reminderRows, event.reminderId);
        if (row.state !== "waiting") throw new Error(`reminder ${event.reminderId} is ${row.state}, not waiting`);
        if (row.buyerId !== event.buyerId) throw new Error(`reminder ${event.reminderId} is somebody else's`);
        const state = event.type === "reminder_due" ? "due" : "removed";
        Object.assign(row, { state, endedAtMs: event.atMs, endedSeq: event.seq });
        return;
      }
      case "buyers_erased":
        this.#erase(event);
        return;
      case "operator_created": {
        const { seq: operatorId, name, role, keyHash, atMs: createdAtMs } = event;
        this.operatorRows.set(operatorId, { operatorId, name, role, keyHash, createdAtMs, revokedAtMs: null });
        return;
      }
      case "operator_revoked":
        rowOf(this.operatorRows, event.operatorId).revokedAtMs = event.atMs;
        return;
      case "endpoint_created":
      case "endpoint_changed":
        this.endpointRows.set(event.endpoint.id, event.endpoint);
        return;
      case "endpoint_deleted":
        if (!this.endpointRows.delete(event.endpointId)) throw new Error(`there is no endpoint ${event.endpointId}`);
        return;
      case "controls_changed":
        this.controlsRow = event.controls;
        return;
      case "access_entry_added":
        if (event.entry.entryId !== event.seq) throw new Error("an entry has the number of its event");
        this.accessRows.set(event.entry.entryId, event.entry);
        return;
      case "access_entry_removed":
        if (!this.accessRows.delete(event.entryId)) throw new Error(`there is no access entry ${event.entryId}`);
        return;
      case "ledger_head":
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

  waitingIn(campaignId: number): WaitlistRecord[] {
    return copiesOf(this.entryRows, (row) => row.campaignId === campaignId && row.state === "waiting");
  }

  remindersWaitingIn(campaignId: number): ReminderRecord[] {
    return copiesOf(this.reminderRows, (row) => row.campaignId === campaignId && row.state === "waiting");
  }

  drawSecrets(): DrawSecret[] {
    return copiesOf(this.secretRows, () => true);
  }

  queueOf(campaignId: number, drawnSeq: number | null): QueueRecord[] {
    return copiesOf(this.queueRows, ({ campaignId: id, entryId, endedSeq }) => {
      const wasDrawn = drawnSeq !== null && entryId < drawnSeq && (endedSeq ?? drawnSeq + 1) > drawnSeq;
      return id === campaignId && (endedSeq === null || wasDrawn);
    });
  }

  queueSums(campaignId: number): QueueSums | null {
    const rows = copiesOf(this.queueRows, (row) => row.campaignId === campaignId);
    const [first] = rows;
    if (first === undefined) return null;
    const orders = rows.flatMap(({ orderId }) => (orderId === null ? [] : [rowOf(this.orderRows, orderId)]));
    const unitsOf = (some: readonly OrderRecord[]) => some.reduce((sum, { quantity }) => sum + quantity, 0);
    const passes = rows.filter(({ admittedAtMs }) => admittedAtMs !== null);
    return {
      firstEntryId: first.entryId,
      completed: orders.length,
      unitsTaken: unitsOf(orders),
      unused: passes.filter(({ state }) => state === "expired" || state === "left").length,
      returned: unitsOf(orders.filter(({ state }) => state === "cancelled" || state === "expired")),
    };
  }

  drawEntriesIn(campaignId: number): DrawEntry[] {
    const entries = copiesOf(this.entryRows, (row) => row.campaignId === campaignId);
    return entries
      .toSorted((a, b) => a.offerId - b.offerId || a.entryId - b.entryId)
      .map((row) => ({ ...row, leaf: rowOf(this.leaves, row.entryId) }));
  }

  drawsOf(campaignId: number): DrawRecord[] {
    return copiesOf(this.drawRows, ({ offerId }) => rowOf(this.offerRows, offerId).campaignId === campaignId);
  }

  operators(): OperatorRecord[] {
    return copiesOf(this.operatorRows, () => true);
  }

  endpoints(): EndpointRecord[] {
    return copiesOf(this.endpointRows, () => true);
  }

  controls(): Controls {
    return this.controlsRow;
  }

  accessEntries(): AccessEntry[] {
    return copiesOf(this.accessRows, () => true);
  }

  order(orderId: number): OrderRecord | null {
    const order = this.orderRows.get(orderId);
    return order === undefined ? null : { ...order };
  }

  paymentsOf(orderId: number): PaymentRecord[] {
    return copiesOf(this.paymentRows, (row) => row.orderId === orderId);
  }

  knownAmong(
    campaignId: number,
    { orderIds, entryIds }: { readonly orderIds: readonly number[]; readonly entryIds: readonly number[] },
  ): { orderIds: number[]; entryIds: number[] } {
    const isKnown = (row: { campaignId: number; buyerId: string } | undefined) =>
      row?.campaignId === campaignId && row.buyerId !== "";
    return {
      orderIds: orderIds.filter((id) => isKnown(this.orderRows.get(id))),
      entryIds: entryIds.filter((id) =>
        [this.entryRows, this.queueRows, this.reminderRows].some((rows) => isKnown(rows.get(id))),
      ),
    };
  }

  paidOrdersOfBuyer(_: number, offerId: number, buyerId: string): OrderRecord[] {
    return copiesOf(
      this.orderRows,
      (row) => row.offerId === offerId && row.buyerId === buyerId && row.state === "paid",
    );
  }

  /** What comes with a command about an order of a settled campaign, as the loop brings it. */
  historyOf(orderId: number): OrderRecord[] {
    const order = this.order(orderId);
    if (order === null) return [];
    const { state, campaignId, offerId, buyerId } = order;
    const isAlone = state !== "expired" || buyerId === "";
    const others = isAlone ? [] : this.paidOrdersOfBuyer(campaignId, offerId, buyerId);
    return [...others, order].sort((a, b) => a.orderId - b.orderId);
  }

  #insert(event: OrderReserved | OrderOffered): void {
    const { seq: orderId, campaignId, offerId, buyerId, quantity, amountMinor, atMs, expiresAtMs, key } = event;
    const { actor } = event;
    this.orderRows.set(orderId, {
      ...{ orderId, campaignId, offerId, buyerId, quantity, amountMinor, expiresAtMs },
      ...{ state: "reserved", lastSeq: orderId, reservedAtMs: atMs, paidAtMs: null, endedAtMs: null },
      ...{ idempotencyKey: key, paymentReference: null, actor },
    });
  }

  #insertEntry(event: WaitlistJoined | DrawEntered): void {
    const { seq: entryId, campaignId, offerId, buyerId, atMs: joinedAtMs, actor } = event;
    const what = { entryId, campaignId, offerId, buyerId, joinedAtMs, actor };
    this.entryRows.set(entryId, { ...what, state: "waiting", endedAtMs: null, orderId: null });
  }

  #endQueueEntry(
    entryId: number,
    state: "completed" | "expired" | "left",
    { seq: endedSeq, atMs: endedAtMs }: Pick<Event, "seq" | "atMs">,
    orderId: number | null,
  ): void {
    const row = rowOf(this.queueRows, entryId);
    const from = state === "left" ? ["waiting", "admitted"] : ["admitted"];
    if (!from.includes(row.state)) throw new Error(`entry ${entryId} is ${row.state}, it cannot be ${state}`);
    Object.assign(row, { state, endedSeq, endedAtMs, orderId });
  }

  #insertPayment({ type, seq: paymentId, atMs: receivedAtMs, orderId, payment }: OrderPayment): void {
    const state = type === "order_paid" ? "accepted" : "refund_due";
    this.paymentRows.set(paymentId, { ...payment, paymentId, orderId, state, receivedAtMs, refundedAtMs: null });
  }

  #movePayment(
    paymentId: number,
    from: PaymentState,
    to: { readonly state: PaymentState; readonly refundedAtMs: number | null },
  ): void {
    const row = rowOf(this.paymentRows, paymentId);
    if (row.state !== from) throw new Error(`payment ${paymentId} is ${row.state}, not ${from}`);
    Object.assign(row, to);
  }

  #endEntry(
    entryId: number,
    to: { readonly state: WaitlistState; readonly endedAtMs: number; readonly orderId: number | null },
  ): void {
    const row = rowOf(this.entryRows, entryId);
    if (row.state !== "waiting") throw new Error(`entry ${entryId} is ${row.state}, not waiting`);
    Object.assign(row, to);
  }

  #move(event: OrderEvent): void {
    const { type, seq, atMs, orderId, offerId, campaignId, quantity, previousSeq } = event;
    const row = rowOf(this.orderRows, orderId);
    const { from, to } = leads[type];
    if (!from.some((state) => state === row.state)) throw new Error(`${type} cannot follow ${row.state}`);
    if (row.lastSeq !== previousSeq) throw new Error(`the chain of order ${orderId} is broken at ${seq}`);
    if (row.offerId !== offerId || row.campaignId !== campaignId || row.quantity !== quantity) {
      throw new Error(`event ${seq} is not about order ${orderId} as it was reserved`);
    }
    row.lastSeq = seq;
    if (to === null) return;
    row.state = to;
    row.endedAtMs = to === "paid" || to === "reserved" ? null : atMs;
    if (type !== "order_paid" && type !== "order_refund_due") return;
    row.paidAtMs = atMs;
    row.paymentReference = event.payment.reference ?? row.paymentReference;
  }

  #erase({ campaignId, orderIds, entryIds }: BuyersErased): void {
    for (const id of orderIds) {
      const row = rowOf(this.orderRows, id);
      if (row.campaignId !== campaignId) throw new Error(`order ${id} is not of campaign ${campaignId}`);
      row.buyerId = "";
      row.idempotencyKey = null;
    }
    for (const id of entryIds) {
      const row = this.queueRows.get(id) ?? this.reminderRows.get(id) ?? rowOf(this.entryRows, id);
      if (row.campaignId !== campaignId) throw new Error(`entry ${id} is not of campaign ${campaignId}`);
      row.buyerId = "";
    }
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

function copiesOf<T>(rows: ReadonlyMap<number, T>, isWanted: (row: T) => boolean): T[] {
  const copies: T[] = [];
  for (const row of rows.values()) if (isWanted(row)) copies.push({ ...row });
  return copies;
}
