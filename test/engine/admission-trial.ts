/**
 * Queues and draws on trial: every step is done by the engine and by the model, and outcomes, events and all that can be
 * seen must be the same. After each step the promises of queues and draws are checked on the engine alone, without the
 * model. A failure throws with the last steps.
 */
import type { Actor } from "../../src/domain/agents.ts";
import type { CampaignDraft } from "../../src/domain/campaign.ts";
import type { Event } from "../../src/domain/event.ts";
import { detailsText } from "../../src/domain/ledger.ts";
import type { Outcome } from "../../src/domain/outcome.ts";
import { agentUnitsIn, type Campaign, freeIn } from "../../src/engine/state.ts";
import { sha256 } from "../../src/host/hash.ts";
import { AdmissionModel, type RoomCampaign, type RoomOffer, type RoomOrder } from "./admission-model.ts";
import { rowOf } from "./projection.ts";
import { Sale } from "./sale.ts";

export type RoomStep =
  | { readonly do: "create"; readonly draft: CampaignDraft }
  | {
      readonly do: "publish";
      readonly campaign: RoomCampaign;
      readonly secret: string | null;
      readonly beaconRound: number | null;
    }
  | { readonly do: "pause" | "resume" | "end"; readonly campaign: RoomCampaign }
  | {
      readonly do: "switch";
      readonly name: "pause_sales" | "queue_everybody";
      readonly campaign: RoomCampaign | null;
      readonly isOn: boolean;
    }
  | { readonly do: "restock"; readonly offer: RoomOffer; readonly quantity: number }
  | (ByActor & { readonly do: "join"; readonly campaign: RoomCampaign })
  | { readonly do: "leave" | "ask"; readonly campaign: RoomCampaign; readonly buyerId: string }
  | (ByActor & { readonly do: "reserve"; readonly offer: RoomOffer; readonly quantity: number })
  | (ByActor & { readonly do: "join_waitlist"; readonly offer: RoomOffer })
  | { readonly do: "leave_waitlist"; readonly offer: RoomOffer; readonly buyerId: string }
  | (ByActor & { readonly do: "enter"; readonly offer: RoomOffer; readonly salt: string })
  | { readonly do: "make_draws"; readonly campaign: RoomCampaign; readonly round: number; readonly signature: string }
  | { readonly do: "cancel" | "pay" | "refund"; readonly order: RoomOrder }
  | { readonly do: "pass_time"; readonly ms: number }
  | { readonly do: "restart" };

interface ByActor {
  readonly buyerId: string;
  readonly actor?: Actor | null;
}

const stepsShownMax = 30;

export class AdmissionTrial {
  readonly sale = new Sale();
  readonly model = new AdmissionModel();
  eventsOfStep: readonly Event[] = [];
  readonly #steps: RoomStep[] = [];

  get nowMs(): number {
    return this.sale.clockMs;
  }

  /** Does one step and checks everything; answers how it ended. */
  step(step: RoomStep): string {
    this.#steps.push(step);
    try {
      const passesBefore = this.#passesOut();
      const eventsBefore = this.sale.events.length;
      const code = this.#do(step);
      this.eventsOfStep = this.sale.events.slice(eventsBefore);
      const [said, expected] = [this.eventsOfStep.map(toldOf), this.model.takeTold()];
      if (!Bun.deepEquals(said, expected, true)) differs("the events", said, expected);
      this.#checkPassesUsed(this.eventsOfStep, passesBefore);
      this.#checkAgentPasses(this.eventsOfStep);
      this.checkPromises();
      this.#checkState();
      return code;
    } catch (cause) {
      const message = cause instanceof Error ? cause.message : String(cause);
      const shown = this.#steps.slice(-stepsShownMax).map((one) => `  ${describe(one)}`);
      throw new Error(`${message}\nThe last of ${this.#steps.length} steps:\n${shown.join("\n")}`, { cause });
    }
  }

  #do(step: RoomStep): string {
    const { sale, model, nowMs } = this;
    switch (step.do) {
      case "create":
        return same(sale.execute({ type: "create_campaign", draft: step.draft }), model.create(step.draft, nowMs));
      case "publish": {
        const { campaign, secret, beaconRound } = step;
        const beacon = beaconRound === null ? null : { chain: "chain", round: beaconRound };
        const draw = secret === null ? {} : { secret, beacon };
        const said = sale.execute({ type: "publish", campaignId: campaign.id, ...draw });
        return same(said, model.publish(campaign, secret, beaconRound, nowMs));
      }
      case "pause":
      case "resume":
      case "end":
        return same(sale.change(step.do, step.campaign.id), model[step.do](step.campaign, nowMs));
      case "switch": {
        const { name, campaign, isOn } = step;
        const change = { switches: [{ name, campaignId: campaign?.id ?? null, isOn }] };
        const said = sale.execute({ type: "set_controls", change });
        return same(said, model.throwSwitch(name, campaign, isOn, nowMs));
      }
      case "restock":
        return same(sale.restock(step.offer.id, step.quantity), model.restock(step.offer, step.quantity, nowMs));
      case "join": {
        const { campaign, buyerId, actor = null } = step;
        const said = sale.execute({ type: "join_queue", campaignId: campaign.id, buyerId, actor });
        return same(said, model.join(campaign, buyerId, actor, nowMs));
      }
      case "leave": {
        const { campaign, buyerId } = step;
        const said = sale.execute({ type: "leave_queue", campaignId: campaign.id, buyerId });
        return same(said, model.leave(campaign, buyerId, nowMs));
      }
      case "ask":
        return sale.engine.askQueue(step.campaign.id, step.buyerId).code;
      case "reserve": {
        const { offer, buyerId, quantity, actor = null } = step;
        const said = sale.reserve(offer.id, buyerId, { quantity, actor });
        return same(said, model.reserve(offer, buyerId, quantity, actor, nowMs));
      }
      case "join_waitlist": {
        const { offer, buyerId, actor = null } = step;
        return same(sale.join(offer.id, buyerId, actor), model.joinWaitlist(offer, buyerId, actor, nowMs));
      }
      case "leave_waitlist":
        return same(sale.leave(step.offer.id, step.buyerId), model.leaveWaitlist(step.offer, step.buyerId, nowMs));
      case "enter": {
        const { offer, buyerId, salt, actor = null } = step;
        const said = sale.execute({ type: "enter_draw", offerId: offer.id, buyerId, salt, actor });
        const leaf = sha256(detailsText(salt, actor === null ? [buyerId] : [buyerId, actor]));
        return same(said, model.enter(offer, buyerId, leaf, actor, nowMs));
      }
      case "make_draws": {
        const { campaign, round, signature } = step;
        const randomness = new Bun.CryptoHasher("sha256").update(Uint8Array.fromHex(signature)).digest("hex");
        const beacon = { round, randomness, signature };
        const said = sale.execute({ type: "make_draws", campaignId: campaign.id, beacon });
        return same(said, model.makeDraws(campaign, round, randomness, nowMs));
      }
      case "cancel":
        return same(sale.cancel(step.order.id), model.cancel(step.order, nowMs));
      case "pay":
        return same(sale.pay(step.order.id, `payment ${step.order.id}`), model.pay(step.order, nowMs));
      case "refund":
        return same(sale.refund(step.order.id), model.refund(step.order, nowMs));
      case "pass_time":
        sale.advance(step.ms);
        model.advance(this.nowMs);
        if (sale.engine.nextDueAtMs <= this.nowMs) throw new Error("after time has passed, something is still due");
        return "";
      case "restart":
        model.clockMs = sale.rows.last().atMs;
        sale.restart();
        model.start(this.nowMs);
        return "";
    }
  }

  /** What holds for queues whatever has happened: read from the engine and its events, not from the model. */
  checkPromises(): void {
    const { campaigns } = this.sale.engine.state;
    for (const campaign of campaigns.values()) {
      const { id, queue } = campaign;
      if (queue === null) continue;
      const { line } = queue;
      const free = freeIn(campaign);
      if (queue.passes > free) throw new Error(`campaign ${id}: ${queue.passes} passes are out for ${free} units`);
      const { usesQueue, isSelling } = this.#rules(id);
      // Agents wait for their share alone, and keep nobody waiting.
      const agentFree = agentUnitsIn(campaign)?.free ?? Number.POSITIVE_INFINITY;
      const waiting = line.count - (agentFree > queue.agentPasses ? 0 : line.agentCount);
      const isStalled = usesQueue && isSelling && queue.isOrdered && waiting > 0 && free > queue.passes;
      if (isStalled) throw new Error(`campaign ${id}: ${waiting} wait, and ${free - queue.passes} units for nobody`);
      if (!usesQueue && queue.passes + line.count > 0)
        throw new Error(`campaign ${id}: a queue that is off has buyers`);
      for (const { buyerId } of queue.allPasses()) {
        if (line.entryOf(buyerId) !== null)
          throw new Error(`${buyerId} has a pass of campaign ${id} and waits for one`);
      }
    }
  }

  /** Each who has a pass in time buys one unit, one after the other, wherever it may: none is told that all is gone. */
  redeemAll(): number {
    let redeemed = 0;
    for (const campaign of this.model.campaigns) {
      if (!this.model.isSelling(campaign) || !this.model.usesQueue(campaign)) continue;
      for (const { buyerId, expiresAtMs } of [...campaign.passes]) {
        if (expiresAtMs <= this.nowMs) continue;
        const { book } = this.#engineCampaign(campaign.id);
        const offer = campaign.offers.find(
          ({ limitPerBuyer }, index) =>
            this.model.freeOf(campaign.offers[index] as RoomOffer) > 0 &&
            (book?.unitsOf(buyerId, index) ?? 0) < limitPerBuyer,
        );
        if (this.model.freeIn(campaign) === 0) throw new Error(`${buyerId} has a pass, and no unit is there`);
        if (offer === undefined) continue; // what is left is not for this buyer: the limit
        const code = this.step({ do: "reserve", offer, buyerId, quantity: 1 });
        if (code !== "reserved") throw new Error(`${buyerId} has a pass, a unit is there, and the answer is ${code}`);
        redeemed += 1;
      }
    }
    return redeemed;
  }

  #rules(campaignId: number): { usesQueue: boolean; isSelling: boolean } {
    const campaign = this.model.campaigns.find(({ id }) => id === campaignId);
    if (campaign === undefined) throw new Error(`the model has no campaign ${campaignId}`);
    return { usesQueue: this.model.usesQueue(campaign), isSelling: this.model.isSelling(campaign) };
  }

  #passesOut(): Map<number, string> {
    const passes = new Map<number, string>();
    for (const { queue } of this.sale.engine.state.campaigns.values()) {
      for (const { entryId, buyerId } of queue?.allPasses() ?? []) passes.set(entryId, buyerId);
    }
    return passes;
  }

  /** Where a queue lets in, an order is reserved with a pass that its buyer had, and the pass is gone with it. */
  #checkPassesUsed(events: readonly Event[], before: ReadonlyMap<number, string>): void {
    const given = new Map(before);
    const used = new Set<number>();
    for (const event of events) {
      if (event.type === "queue_admitted") given.set(event.entryId, event.buyerId);
      if (event.type !== "order_reserved") continue;
      const { entryId, buyerId, campaignId } = event;
      if (entryId === null) {
        if (this.#rules(campaignId).usesQueue) throw new Error(`${buyerId} has bought without a pass`);
        continue;
      }
      if (given.get(entryId) !== buyerId) throw new Error(`${buyerId} has bought with the pass of entry ${entryId}`);
      if (used.has(entryId)) throw new Error(`the pass of entry ${entryId} was good twice`);
      used.add(entryId);
    }
    for (const entryId of this.#passesOut().keys()) {
      if (used.has(entryId)) throw new Error(`the pass of entry ${entryId} is still out`);
    }
  }

  /** No agent is let in past what agents may have. */
  #checkAgentPasses(events: readonly Event[]): void {
    for (const event of events) {
      if (event.type !== "queue_admitted" || event.actor === null) continue;
      const campaign = this.#engineCampaign(event.campaignId);
      const free = agentUnitsIn(campaign)?.free ?? Number.POSITIVE_INFINITY;
      const passes = campaign.queue?.agentPasses ?? 0;
      if (passes > free) throw new Error(`campaign ${campaign.id}: ${passes} passes of agents for ${free} units`);
    }
  }

  /** Everybody's place, every pass, every count, as the model has them. */
  #checkState(): void {
    const { state } = this.sale.engine;
    for (const expected of this.model.campaigns) {
      const campaign = rowOf(state.campaigns, expected.id);
      if (campaign.state !== expected.state) differs(`campaign ${expected.id}`, campaign.state, expected.state);
      if ((campaign.book === null) !== this.model.isSettled(expected)) {
        throw new Error(`campaign ${expected.id}: the engine forgets exactly when it is settled`);
      }
      this.#checkQueue(campaign, expected);
      for (const offer of expected.offers) this.#checkOffer(offer);
    }
    for (const order of this.model.orders) {
      const said = this.sale.orderState(order.id);
      if (said !== order.state) differs(`order ${order.id}`, said, order.state);
    }
    const expected = this.model.nextDueAtMs();
    const { nextDueAtMs } = this.sale.engine;
    // It may wake too early, for a pass or an order that is over, never too late.
    if (nextDueAtMs > expected) differs("nextDueAtMs", nextDueAtMs, expected);
  }

  #checkQueue({ queue, id }: Campaign, expected: RoomCampaign): void {
    const { line, passes, figures } = expected;
    if ((queue?.line.count ?? 0) !== line.length) differs(`the queue of ${id}`, queue?.line.count, line.length);
    if ((queue?.passes ?? 0) !== passes.length) differs(`the passes of ${id}`, queue?.passes, passes.length);
    if (queue === null) return;
    const { completed, unitsTaken, unused, isOrdered } = queue;
    if (!Bun.deepEquals({ completed, unitsTaken, unused }, figures)) {
      differs(`the figures of ${id}`, { completed, unitsTaken, unused }, figures);
    }
    if (isOrdered !== expected.hasPlaces) differs(`whether ${id} has places`, isOrdered, expected.hasPlaces);
    const said = line.map(({ buyerId }) => queue.line.entryOf(buyerId));
    const places = line.map(({ id: entryId }, index) => ({ entryId, place: index + 1 }));
    if (!Bun.deepEquals(said, places)) differs(`the places of ${id}`, said, places);
    for (const { buyerId, id: entryId, expiresAtMs } of passes) {
      const pass = queue.passOf(buyerId);
      const isSame = pass?.entryId === entryId && pass.expiresAtMs === expiresAtMs;
      if (!isSame || queue.passById(entryId) !== pass)
        differs(`the pass of ${buyerId}`, pass, { entryId, expiresAtMs });
    }
    if (expected.state === "ended" || !this.model.usesQueue(expected)) return;
    for (const { buyerId } of [...line, ...passes, { buyerId: "nobody" }]) {
      same(this.sale.engine.askQueue(id, buyerId), this.model.ask(expected, buyerId));
    }
  }

  #checkOffer(offer: RoomOffer): void {
    const said = rowOf(this.sale.engine.state.offers, offer.id);
    const available = this.model.availableOf(offer);
    if (said.available !== available || said.total !== offer.total) {
      differs(`offer ${offer.id}`, [said.available, said.total], [available, offer.total]);
    }
    const { waiting } = offer;
    if ((said.waiting?.count ?? 0) !== waiting.length) {
      differs(`the line of ${offer.id}`, said.waiting?.count, waiting.length);
    }
    const places = waiting.map(({ buyerId }) => said.waiting?.entryOf(buyerId));
    const expected = waiting.map(({ id: entryId }, index) => ({ entryId, place: index + 1 }));
    // Before the draw nobody has a place: whoever left has kept the others' positions, not their order.
    if (!Bun.deepEquals(places, expected)) differs(`the places in the line of ${offer.id}`, places, expected);
  }

  #engineCampaign(id: number): Campaign {
    return rowOf(this.sale.engine.state.campaigns, id);
  }
}

function same(outcome: Outcome, expected: { readonly code: string }): string {
  const { code, ...more } = outcome;
  const said = { code, ...more } as Record<string, unknown>;
  delete said["figures"];
  if (code === "invalid") delete said["violations"];
  if (!Bun.deepEquals(said, expected, true)) differs("the outcome", said, expected);
  return code === "sold_out" && outcome.code === "sold_out" && outcome.available > 0 ? "sold_out with some left" : code;
}

/** An event in the words of the model. */
function toldOf(event: Event): string {
  switch (event.type) {
    case "campaign_created":
    case "offer_created":
    case "controls_changed":
      return event.type;
    case "offer_restocked":
      return `${event.type} ${event.offerId}`;
    case "order_reserved":
    case "order_offered":
    case "waitlist_joined":
    case "draw_entered": {
      const mark = event.actor === null ? "" : ` by ${event.actor}`;
      return `${event.type} ${event.offerId} ${event.buyerId}${mark}`;
    }
    case "queue_joined":
      return `${event.type} ${event.campaignId} ${event.buyerId}${event.actor === null ? "" : ` by ${event.actor}`}`;
    case "waitlist_left":
      return `${event.type} ${event.offerId} ${event.buyerId}`;
    case "draw_closed":
      return `${event.type} ${event.offerId} ${event.root} ${event.count}`;
    case "draw_made":
      return `${event.type} ${event.offerId} ${event.beacon?.randomness ?? ""}`;
    case "queue_drawn":
      return `${event.type} ${event.campaignId} ${event.count}`;
    case "queue_admitted":
    case "queue_left":
    case "queue_expired":
      return `${event.type} ${event.campaignId} ${event.buyerId}`;
    default:
      return `${event.type} ${"orderId" in event ? event.orderId : event.campaignId}`;
  }
}

function describe(step: RoomStep): string {
  return JSON.stringify(step, (name, value: unknown) => {
    const isThing = name === "campaign" || name === "offer" || name === "order";
    return isThing && value !== null ? (value as { id: number }).id : value;
  });
}

function differs(what: string, said: unknown, expected: unknown): never {
  throw new Error(`${what}: the engine says ${JSON.stringify(said)}, the model ${JSON.stringify(expected)}`);
}
