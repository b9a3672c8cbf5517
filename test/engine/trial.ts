/**
 * The engine on trial: every step is done by the engine and by the model, and what they say must be the same, as must
 * the rows that a storage would hold. After each step the invariants of the sale are checked on all that can be seen.
 * A failure throws with the last steps, ready to be read or replayed.
 */
import type { CampaignState } from "../../src/domain/campaign.ts";
import type { Command, Reserve } from "../../src/domain/command.ts";
import type { Event } from "../../src/domain/event.ts";
import type { Counts } from "../../src/domain/offer.ts";
import type { Outcome } from "../../src/domain/outcome.ts";
import { Engine } from "../../src/engine/engine.ts";
import { hashKey } from "../../src/engine/hash.ts";
import { KeyBackfill } from "../../src/engine/key-backfill.ts";
import { recover } from "../../src/engine/recovery.ts";
import { State } from "../../src/engine/state.ts";
import { Model } from "./model.ts";
import { Projection, rowOf } from "./projection.ts";

export type Step =
  | { readonly kind: "execute"; readonly command: Command; readonly nowMs: number }
  | { readonly kind: "advance"; readonly nowMs: number }
  /** The process starts anew: by hand from all rows, or as src/engine/recovery.ts does. */
  | { readonly kind: "restart"; readonly by: "rows" | "recovery" };

const stepsShownMax = 20;

export class Trial {
  engine = new Engine();
  readonly model = new Model();
  readonly projection = new Projection();
  eventsOfStep: Event[] = [];
  /** What storage and shared memory are told of campaigns and offers: from `takeChanges`, not from events. */
  readonly #storedCampaigns = new Map<number, CampaignNow>();
  readonly #storedOffers = new Map<number, Counts & { campaignState: CampaignState }>();
  readonly #steps: Step[] = [];
  #stepsCount = 0;

  /** Does one step and checks everything; answers the outcome of a command. */
  step(step: Step): Outcome | null {
    return this.#guarded(step, () => {
      const outcome = this.#do(step, { isChecked: true });
      this.#checkInvariants();
      return outcome;
    });
  }

  /** Does one step and checks nothing: for the beginning of a sequence that has been checked before. */
  stepAgain(step: Step): void {
    this.#guarded(step, () => this.#do(step, { isChecked: false }));
  }

  /** The last steps, oldest first, one line each. */
  transcript(): string {
    const shown = this.#steps.slice(-stepsShownMax);
    const first = this.#stepsCount - shown.length;
    return shown.map((step, index) => `  ${first + index + 1}. ${JSON.stringify(step)}`).join("\n");
  }

  #guarded<T>(step: Step, work: () => T): T {
    this.#steps.push(step);
    this.#stepsCount += 1;
    if (this.#steps.length > 2 * stepsShownMax) this.#steps.splice(0, stepsShownMax);
    try {
      return work();
    } catch (cause) {
      const message = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`${message}\nThe last of ${this.#stepsCount} steps:\n${this.transcript()}`, { cause });
    }
  }

  #do(step: Step, { isChecked }: { isChecked: boolean }): Outcome | null {
    this.eventsOfStep = [];
    switch (step.kind) {
      case "execute": {
        const said = this.engine.execute(step.command, step.nowMs);
        const expected = this.model.execute(step.command, step.nowMs);
        if (isChecked && !Bun.deepEquals(withoutDetails(said), expected, true)) differs("outcome", said, expected);
        if (step.command.type === "reserve" && said.code === "agent_share_taken") this.#checkHasNoRoom(step.command);
        this.#takeEvents(isChecked);
        return said;
      }
      case "advance":
        this.engine.advance(step.nowMs);
        this.model.advance(step.nowMs);
        this.#takeEvents(isChecked);
        if (this.engine.nextDueAtMs <= step.nowMs) throw new Error("after time has passed, something is still due");
        return null;
      case "restart":
        this.engine = new Engine(step.by === "recovery" ? this.#recoverChecked() : restoreFromAllRows(this.projection));
        this.model.clockMs = this.projection.last().atMs;
        if (this.engine.nextDueAtMs !== this.model.nextDueAtMs()) throw new Error("a start wakes for nothing, or late");
        return null;
    }
  }

  /** A start must tell the filter of every key that can still be replayed, or a buyer would not reach the engine. */
  #recoverChecked(): State {
    const told = new Set<string>();
    const state = recover(this.projection, { add: (hash) => told.add(hash.join()) });
    for (const { buyerId, key, offer } of this.model.orders) {
      if (key === null || this.model.isSettled(offer.campaign)) continue;
      if (!told.has(hashKey(buyerId, key).join())) throw new Error(`a start does not tell the filter of key ${key}`);
    }
    const backfill = new KeyBackfill({ state, source: this.projection, keyFilter: { add: (h) => told.add(h.join()) } });
    while (!backfill.isDone) backfill.step();
    for (const { buyerId, key } of this.model.orders) {
      if (key !== null && !told.has(hashKey(buyerId, key).join())) throw new Error(`key ${key} is never filtered`);
    }
    for (const { id, areKeysFiltered } of state.campaigns.values()) {
      if (!areKeysFiltered) throw new Error(`the keys of campaign ${id} are never filtered`);
    }
    return state;
  }

  #takeEvents(isChecked: boolean): void {
    const events: Event[] = this.engine.takeEvents();
    const expected = this.model.takeEvents();
    if (isChecked && !Bun.deepEquals(events, expected, true)) differs("events", events, expected);
    for (const event of events) {
      this.projection.apply(event);
      if (event.type === "order_offered") this.#checkIsFirstInLine(event.entryId);
      if (event.type === "order_reserved" && event.actor === "agent") this.#checkIsWithinShare(event.offerId);
    }
    this.eventsOfStep = events;
    const { campaigns, offers } = this.engine.state.takeChanges();
    if (events.length === 0 && campaigns.length + offers.length > 0) throw new Error("a change without an event");
    for (const { id, state, closesAtMs } of campaigns) this.#storedCampaigns.set(id, { state, closesAtMs });
    for (const { id, total, available, held, sold, campaign } of offers) {
      this.#storedOffers.set(id, { total, available, held, sold, campaignState: campaign.state });
    }
  }

  #checkInvariants(): void {
    this.#checkCampaigns();
    this.#checkOffers();
    this.#checkLimits();
    this.#checkPayments();
    this.#checkLines();
    this.#checkReminders();
    this.#checkOffice();
    this.#checkNextDue();
    if (this.engine.state.lastSeq !== this.projection.last().seq) throw new Error("an event has not been told");
  }

  #checkCampaigns(): void {
    const { campaigns } = this.engine.state;
    if (campaigns.size !== this.model.campaigns.length) throw new Error("the engine knows other campaigns");
    for (const expected of this.model.campaigns) {
      const { id } = expected;
      const said = rowOf(campaigns, id);
      if (!isSameNow(said, expected)) differs(`campaign ${id}`, said.state, expected);
      const row = rowOf(this.projection.campaignRows, id);
      if (!isSameNow(row, expected)) differs(`the sum of the events of campaign ${id}`, row, expected);
      const stored = rowOf(this.#storedCampaigns, id);
      if (!isSameNow(stored, expected)) differs(`what is stored of campaign ${id}`, stored, expected);
      if ((said.book === null) !== this.model.isSettled(expected)) {
        throw new Error(`campaign ${id}: the engine must forget orders exactly when it is settled`);
      }
    }
  }

  #checkOffers(): void {
    const { offers } = this.engine.state;
    if (offers.size !== this.model.offers.length) throw new Error("the engine knows other offers");
    for (const offer of this.model.offers) {
      const { id } = offer;
      const expected = this.model.countsOf(offer);
      const said = rowOf(offers, id);
      if (said.available + said.held + said.sold !== said.total) throw new Error(`offer ${id} breaks promise 1`);
      if (said.available < 0 || said.held < 0 || said.sold < 0) throw new Error(`offer ${id} has a negative count`);
      if (!isSameCounts(said, expected)) differs(`offer ${id}`, textOf(said), textOf(expected));
      const row = rowOf(this.projection.offerRows, id);
      if (!isSameCounts(row, expected)) differs(`the sum of the events of offer ${id}`, textOf(row), textOf(expected));
      const stored = rowOf(this.#storedOffers, id);
      if (stored.campaignState !== offer.campaign.state) {
        differs(`the state shown of offer ${id}`, stored.campaignState, offer.campaign.state);
      }
      if (!isSameCounts(stored, expected)) differs(`what is stored of offer ${id}`, textOf(stored), textOf(expected));
    }
  }

  /** The limit and the sums are recomputed from the rows of orders, not from the model. */
  #checkLimits(): void {
    const units = new Map<string, number>();
    const held = new Map<number, number>();
    const sold = new Map<number, number>();
    for (const { state, offerId, buyerId, quantity } of this.projection.orderRows.values()) {
      if (state !== "reserved" && state !== "paid") continue;
      const places = state === "reserved" ? held : sold;
      places.set(offerId, (places.get(offerId) ?? 0) + quantity);
      if (buyerId === "") continue; // erased: whose it was is not known any more
      const whose = `${offerId} ${buyerId}`;
      const sum = (units.get(whose) ?? 0) + quantity;
      units.set(whose, sum);
      if (sum > rowOf(this.projection.offerRows, offerId).limitPerBuyer) throw new Error(`over the limit: ${whose}`);
    }
    for (const offer of this.engine.state.offers.values()) {
      if (offer.held !== (held.get(offer.id) ?? 0)) throw new Error(`held of ${offer.id} is not its reserved orders`);
      if (offer.sold !== (sold.get(offer.id) ?? 0)) throw new Error(`sold of ${offer.id} is not its paid orders`);
    }
  }

  /** What agents may still have of an offer, told from the rows alone; below nothing when they have more. */
  #roomOfAgents(offerId: number): number {
    const { offerRows, orderRows, campaignRows } = this.projection;
    const { campaignId, total } = rowOf(offerRows, offerId);
    const { policy, sharePercent } = rowOf(campaignRows, campaignId).admission.agents;
    const orders = [...orderRows.values()].filter((order) => order.offerId === offerId && order.actor === "agent");
    const held = orders.filter(({ state }) => state === "reserved" || state === "paid");
    const units = held.reduce((sum, { quantity }) => sum + quantity, 0);
    if (policy === "allowed") return Number.POSITIVE_INFINITY;
    return Math.floor((total * (sharePercent ?? 0)) / 100) - units;
  }

  #checkIsWithinShare(offerId: number): void {
    const room = this.#roomOfAgents(offerId);
    if (room < 0) throw new Error(`agents have ${-room} of offer ${offerId} past their share`);
  }

  #checkHasNoRoom({ offerId, quantity }: Reserve): void {
    const room = this.#roomOfAgents(offerId);
    if (room >= quantity)
      throw new Error(`an agent was refused ${quantity} of offer ${offerId}, with room for ${room}`);
  }

  /**
   * Money, told from the rows alone: a paid order has one payment that pays for it, of its amount, and no other order
   * has any; where a refund is due there is something to return. Then, that every payment that was told of is kept.
   */
  #checkPayments(): void {
    const { orderRows, paymentRows } = this.projection;
    const accepted = new Map<number, number>();
    const due = new Set<number>();
    const returned = new Set<number>();
    let received = 0;
    for (const { paymentId, orderId, state, amountMinor, refundedAtMs } of paymentRows.values()) {
      if ((state === "refunded") !== (refundedAtMs !== null)) throw new Error(`payment ${paymentId}: returned when?`);
      if (state === "refund_due") due.add(orderId);
      if (state === "refunded") returned.add(orderId);
      if (state !== "accepted") continue;
      if (accepted.has(orderId)) throw new Error(`order ${orderId} is paid twice`);
      accepted.set(orderId, amountMinor);
      received += amountMinor;
    }
    let price = 0;
    for (const { orderId, state, amountMinor } of orderRows.values()) {
      if ((state === "paid") !== accepted.has(orderId)) throw new Error(`order ${orderId} is ${state}: who paid?`);
      if (state === "paid") price += amountMinor;
      if (state === "refund_due" && !due.has(orderId)) throw new Error(`nothing of order ${orderId} is to be returned`);
      if (state === "refunded" && !returned.has(orderId)) throw new Error(`nothing of order ${orderId} was returned`);
    }
    if (price !== received) throw new Error(`${received} was accepted for orders of ${price}`);
    let toldCount = 0;
    for (const { id, payments } of this.model.orders) {
      toldCount += payments.length;
      for (const { id: paymentId, payment, state } of payments) {
        const row = rowOf(paymentRows, paymentId);
        const isSame = row.orderId === id && row.state === state && row.amountMinor === payment.amountMinor;
        const isTold = row.provider === payment.provider && row.reference === payment.reference;
        if (!isSame || !isTold || row.currency !== payment.currency) differs(`payment ${paymentId}`, row, payment);
      }
    }
    if (toldCount !== paymentRows.size) throw new Error(`${paymentRows.size} payments are kept of ${toldCount} told`);
  }

  /** Whoever is offered a unit joined before everyone who still waits for one. */
  #checkIsFirstInLine(entryId: number): void {
    const { offerId } = rowOf(this.projection.entryRows, entryId);
    for (const row of this.projection.entryRows.values()) {
      if (row.offerId !== offerId || row.state !== "waiting" || row.entryId > entryId) continue;
      throw new Error(`entry ${entryId} was served before ${row.entryId}, who joined earlier`);
    }
  }

  #checkLines(): void {
    const { entryRows, campaignRows, offerRows } = this.projection;
    const standing = new Set<string>();
    for (const { offerId, campaignId, buyerId, state } of entryRows.values()) {
      if (state !== "waiting") continue;
      const { state: now, hasWaitlist } = rowOf(campaignRows, campaignId);
      if (now === "open" && rowOf(offerRows, offerId).available > 0) {
        throw new Error(`${buyerId} waits for ${offerId} though units are available`);
      }
      if (now !== "ended" && !hasWaitlist) throw new Error(`${buyerId} waits where there is no waitlist`);
      const who = `${offerId} ${buyerId}`;
      if (buyerId !== "" && standing.has(who)) throw new Error(`${buyerId} stands twice in the line of ${offerId}`);
      standing.add(who);
    }
    for (const offer of this.model.offers) {
      const said = rowOf(this.engine.state.offers, offer.id).waiting;
      const line = this.model.lineOf(offer);
      if ((said?.count ?? 0) !== line.length) differs(`the line of ${offer.id}`, said?.count, line.length);
      line.forEach(({ id, buyerId }, index) => {
        const entry = said?.entryOf(buyerId);
        if (entry?.entryId === id && entry.place === index + 1) return;
        differs(`the place of ${buyerId} in the line of ${offer.id}`, entry, { entryId: id, place: index + 1 });
      });
    }
    for (const { id, state, buyerId } of this.model.entries) {
      const row = rowOf(entryRows, id);
      if (row.state !== state || row.buyerId !== buyerId) differs(`entry ${id}`, row, { state, buyerId });
    }
    if (entryRows.size !== this.model.entries.length) throw new Error("there are other entries than the model's");
  }

  /** Told from the rows alone: one of a buyer in a campaign waits, and what came did so in time and before the end. */
  #checkReminders(): void {
    const { reminderRows, campaignRows } = this.projection;
    const waiting = new Set<string>();
    for (const { reminderId, campaignId, buyerId, state, dueAtMs, endedAtMs } of reminderRows.values()) {
      const { state: now, opensAtMs } = rowOf(campaignRows, campaignId);
      if (state === "due" && (endedAtMs ?? 0) < dueAtMs) throw new Error(`reminder ${reminderId} came before its time`);
      if (dueAtMs >= (opensAtMs ?? 0)) throw new Error(`reminder ${reminderId} is due when the sale is open`);
      if (state !== "waiting" || now === "ended" || buyerId === "") continue;
      const whose = `${campaignId} ${buyerId}`;
      if (waiting.has(whose)) throw new Error(`${buyerId} waits twice for a reminder of ${campaignId}`);
      waiting.add(whose);
    }
    for (const event of this.eventsOfStep) {
      if (event.type !== "reminder_due") continue;
      // The events of one step are few: none of a sale may follow its end.
      const end = this.eventsOfStep.find(
        ({ type, campaignId }) => type === "campaign_ended" && campaignId === event.campaignId,
      );
      if (end !== undefined && end.seq < event.seq) throw new Error(`reminder ${event.reminderId} came after the end`);
    }
    let count = 0;
    for (const campaign of this.model.campaigns) {
      const expected = this.model.remindersOf(campaign);
      const said = rowOf(this.engine.state.campaigns, campaign.id).reminders;
      if ((said?.count ?? 0) !== expected.length) differs(`reminders of ${campaign.id}`, said?.count, expected.length);
      count += expected.length;
      for (const { id, buyerId, leadS } of expected) {
        const found = said?.of(buyerId);
        if (found?.reminderId !== id || found.leadS !== leadS)
          differs(`the reminder of ${buyerId}`, found, { id, leadS });
      }
    }
    if (this.engine.state.remindersWaiting !== count) throw new Error("the engine counts other reminders");
    for (const { id, state, buyerId } of this.model.reminders) {
      const row = rowOf(reminderRows, id);
      if (row.state !== state || row.buyerId !== buyerId) differs(`reminder ${id}`, row, { state, buyerId });
    }
    if (reminderRows.size !== this.model.reminders.length)
      throw new Error("there are other reminders than the model's");
  }

  #checkOffice(): void {
    const { operators, endpoints, controls } = this.engine.state;
    if (!Bun.deepEquals(controls, this.model.controls, true)) differs("controls", controls, this.model.controls);
    const access = [...this.engine.state.access.values()];
    if (!Bun.deepEquals(access, this.model.access, true)) differs("access list", access, this.model.access);
    for (const { id, name, role, isRevoked } of this.model.operators) {
      const said = rowOf(operators, id);
      const isSame = said.name === name && said.role === role && (said.revokedAtMs !== null) === isRevoked;
      if (!isSame) differs(`operator ${id}`, said, { name, role, isRevoked });
    }
    if (operators.size !== this.model.operators.length) throw new Error("the engine knows other operators");
    for (const expected of this.model.endpoints) {
      const said = rowOf(endpoints, expected.id);
      if (!Bun.deepEquals(said, expected, true)) differs(`endpoint ${expected.id}`, said, expected);
    }
    if (endpoints.size !== this.model.endpoints.length) throw new Error("the engine knows other endpoints");
  }

  /** The engine may wake too early for an order that is no longer reserved, never too late. */
  #checkNextDue(): void {
    const { nextDueAtMs } = this.engine;
    const expected = this.model.nextDueAtMs();
    if (nextDueAtMs === expected) return;
    const isOfOldOrder = this.model.orders.some(({ expiresAtMs }) => expiresAtMs === nextDueAtMs);
    if (nextDueAtMs > expected || !isOfOldOrder) differs("nextDueAtMs", nextDueAtMs, expected);
  }
}

function restoreFromAllRows(rows: Projection): State {
  const state = new State();
  const { seq, atMs } = rows.last();
  state.lastSeq = seq;
  state.nowMs = atMs;
  for (const campaign of rows.campaigns()) state.restoreCampaign(campaign);
  for (const offer of rows.offers()) state.restoreOffer(offer);
  rows.eachOrderAfter(0, (order) => state.restoreOrder(order));
  for (const operator of rows.operators()) state.operators.set(operator.operatorId, operator);
  for (const endpoint of rows.endpoints()) state.endpoints.set(endpoint.id, endpoint);
  state.controls = rows.controls();
  for (const entry of rows.accessEntries()) state.access.set(entry.entryId, entry);
  for (const campaign of state.campaigns.values()) state.forgetSettled(campaign);
  for (const { id, state: now, hasWaitlist, book } of state.campaigns.values()) {
    if (now !== "ended") for (const reminder of rows.remindersWaitingIn(id)) state.restoreReminder(reminder);
    if (hasWaitlist && book !== null) for (const entry of rows.waitingIn(id)) state.restoreWaiting(entry);
  }
  return state;
}

interface CampaignNow {
  readonly state: CampaignState;
  readonly closesAtMs: number | null;
}

function isSameNow(a: CampaignNow, b: CampaignNow): boolean {
  return a.state === b.state && a.closesAtMs === b.closesAtMs;
}

function isSameCounts(a: Counts, b: Counts): boolean {
  return a.total === b.total && a.available === b.available && a.held === b.held && a.sold === b.sold;
}

function textOf({ total, available, held, sold }: Counts): string {
  return `total ${total}, available ${available}, held ${held}, sold ${sold}`;
}

/** The field of a violation is the rule; its wording is not. */
function withoutDetails(outcome: Outcome): Outcome {
  if (outcome.code !== "invalid") return outcome;
  return { code: "invalid", violations: outcome.violations.map(({ field }) => ({ field, detail: "" })) };
}

function differs(what: string, said: unknown, expected: unknown): never {
  throw new Error(`${what}: the engine says ${JSON.stringify(said)}, the model ${JSON.stringify(expected)}`);
}
