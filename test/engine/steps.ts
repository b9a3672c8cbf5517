/**
 * Random steps for a trial, chosen so that the edges are hit: stocks of 0 to 5, limits of 1 to 3, keys that repeat with
 * the same and with another request, ids that do not exist, times exactly at and just before what is due, payments told
 * twice, of a wrong amount and one too many, lines of those who wait, restarts.
 */
import { accessEffects } from "../../src/domain/access.ts";
import { openAdmission } from "../../src/domain/admission.ts";
import type { Actor, AgentTerms } from "../../src/domain/agents.ts";
import type { CampaignAction, CampaignDraft, CampaignKind, OfferDraft } from "../../src/domain/campaign.ts";
import type { Command, EraseBuyers, OfficeCommand, OrderCommand, Reserve } from "../../src/domain/command.ts";
import { type ControlsChange, campaignSwitchNames, rateLimitNames, riskModes } from "../../src/domain/controls.ts";
import { operatorRoles } from "../../src/domain/operator.ts";
import { type Payment, paymentProviders } from "../../src/domain/payment.ts";
import type { ModelCampaign, ModelOffer, ModelOrder } from "./model.ts";
import type { Random } from "./random.ts";
import type { Step, Trial } from "./trial.ts";

/** The two first buyers and their keys are chosen so that "buyer, line break, key" is the same text for both. */
const buyers = ["ana", "ana\nx", "bo", "陈小明", "zoë🦊", "max", "ivy"];
const keysShared = ["x\nk", "k", "k2"];
const moves = ["pause", "resume", "pause", "resume"] as const;
const operatorNames = ["root", "Root ", "kim", " KIM", "lee", "Lee", "max", "ida\t", "bea", "jo", "uma", "vera"];
const idsMissing = [0, -1, 1_000_000, 2 ** 40];

export class Steps {
  readonly #random: Random;
  readonly #trial: Trial;
  /** The wall clock of the world; now and then it is told wrongly. */
  #clockMs = 1_700_000_000_000;
  #keysCount = 0;
  /** Half of the worlds have one long sale of little after the other, in which lines form and move. */
  readonly #isScarce: boolean;

  constructor(random: Random, trial: Trial) {
    this.#random = random;
    this.#trial = trial;
    this.#isScarce = random.percent(50);
  }

  next(): Step {
    const random = this.#random;
    this.#passTime();
    const chance = random.below(1_000);
    if (chance < 5) return { kind: "restart", by: random.pick(["rows", "recovery"] as const) };
    if (chance < 140) return { kind: "advance", nowMs: this.#clockMs };
    // A clock that goes back now and then, as wall clocks do.
    const nowMs = random.percent(3) ? this.#clockMs - random.between(1, 20_000) : this.#clockMs;
    return { kind: "execute", command: this.#command(), nowMs };
  }

  #passTime(): void {
    const random = this.#random;
    const chance = random.below(1_000);
    if (chance < 500) return;
    const { model } = this.#trial;
    const due = model.nextDueAtMs();
    // Past what somebody is to be reminded of, and sometimes past the opening, as when nothing ran.
    const isAwaited = model.campaigns.some((campaign) => model.remindersOf(campaign).length > 0);
    if (isAwaited && random.percent(2)) this.#clockMs += random.between(60_000, 400_000);
    if (chance < 900) this.#clockMs += random.between(1, 400);
    else if (chance < 960 && due !== Number.POSITIVE_INFINITY && due > 0) {
      this.#clockMs = Math.max(this.#clockMs, due - random.below(2));
    } else if (chance < 994) this.#clockMs += random.between(400, 8_000);
    else if (chance < 999) this.#clockMs += random.between(8_000, 60_000);
    else this.#clockMs += random.between(60_000, 7_500_000);
  }

  #command(): Command {
    const random = this.#random;
    const { campaigns, orders } = this.#trial.model;
    const living = campaigns.filter(({ state }) => state !== "ended").length;
    const creates = living === 0 ? 500 : this.#isScarce ? 1 : living < 4 ? 25 : 2;
    if (random.below(1_000) < creates) return { type: "create_campaign", draft: this.#draft() };
    const isAnnounced = campaigns.some(({ state }) => state === "scheduled");
    if (isAnnounced && random.percent(20)) return this.#reminder();
    const chance = random.below(1_000);
    if (chance < 350) return this.#reserve();
    if (chance < 500 && orders.length > 0) return this.#onOrder("pay");
    if (chance < 580 && orders.length > 0) return this.#onOrder("cancel");
    if (chance < 620 && orders.length > 0) return this.#onOrder("refund");
    if (chance < 660 && orders.length > 0) return this.#onOrder("confirm_refund");
    if (chance < 780) {
      const offerId = this.#offerId({ isSoldOut: true });
      return { type: "join_waitlist", offerId, buyerId: random.pick(buyers), actor: this.#actor() };
    }
    if (chance < 800) {
      return { type: "leave_waitlist", offerId: this.#offerId({ isSoldOut: true }), buyerId: random.pick(buyers) };
    }
    if (chance < 870) return this.#restock();
    if (chance < 880) return this.#erase();
    if (chance < 900) return this.#office();
    if (!this.#isScarce && chance < 910) return this.#reminder();
    return this.#change();
  }

  /** Mostly of what is announced. */
  #reminder(): Command {
    const random = this.#random;
    const { campaigns } = this.#trial.model;
    const announced = campaigns.filter(({ state }) => state === "scheduled");
    const from = announced.length > 0 && random.percent(80) ? announced : campaigns;
    const campaign = from.length === 0 ? undefined : random.pick(from);
    const [campaignId, buyerId] = [this.#orMissing(campaign?.id), random.pick(buyers.slice(0, 3))];
    if (random.percent(25)) return { type: "remove_reminder", campaignId, buyerId };
    return { type: "set_reminder", campaignId, buyerId, leadS: random.pick([60, 60, 120, 180, 600]) };
  }

  #change(): Command {
    const random = this.#random;
    const campaign = this.#campaign();
    // Mostly what moves a sale along; ending is rare, so that there is something to sell.
    const action: CampaignAction =
      campaign?.state === "draft" && random.percent(85)
        ? "publish"
        : campaign?.state === "paused" && random.percent(70)
          ? "resume"
          : random.pick(this.#isScarce && random.percent(80) ? moves : [...moves, "publish", "end"]);
    return { type: action, campaignId: this.#orMissing(campaign?.id) };
  }

  #campaign(): ModelCampaign | undefined {
    const { campaigns } = this.#trial.model;
    const living = campaigns.filter(({ state }) => state !== "ended");
    const from = living.length > 0 && this.#random.percent(90) ? living : campaigns;
    return from.length === 0 ? undefined : this.#random.pick(from);
  }

  #restock(): Command {
    const random = this.#random;
    const { model } = this.#trial;
    const inLine = model.offers.filter((offer) => offer.campaign.state === "paused" && model.lineOf(offer).length > 0);
    // So that units wait for those in line, and a late payment can come in between.
    if (inLine.length > 0 && random.percent(60)) {
      return { type: "restock", offerId: random.pick(inLine).id, quantity: random.between(1, 3) };
    }
    const quantities = this.#isScarce ? [-3, -2, -1, 1] : [-3, -2, -1, -1, 1, 1, 2, 3];
    const quantity = random.percent(2) ? 1_000_000_000 : random.pick(quantities);
    return { type: "restock", offerId: this.#offerId(), quantity };
  }

  #reserve(): Reserve {
    const random = this.#random;
    const keyed = this.#trial.model.orders.slice(-15).filter(({ key }) => key !== null);
    if (keyed.length > 0 && random.percent(25)) {
      const { offer, buyerId, quantity, key } = random.pick(keyed);
      const again: Reserve = { type: "reserve", offerId: offer.id, buyerId, quantity, key, actor: this.#actor() };
      const chance = random.below(100);
      if (chance < 60) return again;
      if (chance < 75) return { ...again, quantity: quantity + 1 };
      if (chance < 90) return { ...again, offerId: this.#offerId() };
      return { ...again, buyerId: random.pick(buyers) };
    }
    const key = random.percent(40) ? null : random.percent(80) ? `key-${this.#keysCount++}` : random.pick(keysShared);
    const quantity = random.pick([1, 1, 1, 1, 1, 2, 2, 3, 4]);
    const [offerId, buyerId] = [this.#offerId(), random.pick(buyers)];
    return { type: "reserve", offerId, buyerId, quantity, key, actor: this.#actor() };
  }

  #actor(): Actor | null {
    return this.#random.percent(30) ? "agent" : null;
  }

  #agents(): AgentTerms {
    const random = this.#random;
    const policy = random.pick(["allowed", "allowed", "humans_only", "share", "share", "share"] as const);
    const sharePercent = random.pick([20, 34, 50, 50, 67, 99]);
    if (random.percent(2)) return { policy, sharePercent: random.pick([null, 0, 100, sharePercent]) };
    return { policy, sharePercent: policy === "share" ? sharePercent : null };
  }

  #offerId({ isSoldOut = false }: { isSoldOut?: boolean } = {}): number {
    const { model } = this.#trial;
    const open = model.offers.filter(({ campaign }) => campaign.state === "open" || campaign.state === "paused");
    const gone = isSoldOut && this.#random.percent(80) ? open.filter((offer) => isGone(this.#trial, offer)) : [];
    const some = gone.length > 0 ? gone : open;
    const from = some.length > 0 && this.#random.percent(85) ? some : model.offers;
    return this.#orMissing(from.length === 0 ? undefined : this.#random.pick(from).id);
  }

  #onOrder(type: OrderCommand["type"]): OrderCommand {
    const random = this.#random;
    const order = this.#order(type);
    const orderId = random.percent(97) ? order.id : random.pick([...idsMissing, order.offer.id]);
    const campaign = random.percent(97) ? order.offer.campaign : random.pick(this.#trial.model.campaigns);
    const target = this.#target(order, orderId, this.#orMissing(campaign.id));
    switch (type) {
      case "cancel":
        return { type, ...target };
      case "pay":
        return { type, ...target, payment: this.#payment(order) };
      case "refund":
        return { type, ...target, returnsUnits: random.percent(70) };
      case "confirm_refund":
        return { type, ...target, paymentId: this.#paymentId(order) };
    }
  }

  /** Mostly one of the last, or one to which the command does something. */
  #order(type: OrderCommand["type"]): ModelOrder {
    const random = this.#random;
    const { model } = this.#trial;
    const recent = random.percent(70) ? model.orders.slice(-12) : model.orders;
    const wanted = random.percent(60) ? model.orders.filter((order) => this.#isWanted(type, order)) : [];
    return random.pick(wanted.length > 0 ? wanted : recent);
  }

  #isWanted(type: OrderCommand["type"], { state, offer, quantity, payments }: ModelOrder): boolean {
    const { model } = this.#trial;
    switch (type) {
      case "cancel":
        return state === "reserved";
      case "refund":
        return state === "paid" && offer.campaign.state !== "ended";
      case "confirm_refund":
        return payments.some((payment) => payment.state === "refund_due");
      case "pay": {
        // Whoever pays late during a pause, while there are units that belong to those in line.
        if (state !== "expired" || offer.campaign.state !== "paused") return false;
        return model.countsOf(offer).available >= quantity && model.lineOf(offer).length > 0;
      }
    }
  }

  /** Few providers and references, so that the same come again; now and then another amount or currency. */
  #payment(order: ModelOrder): Payment {
    const random = this.#random;
    const before = order.payments.at(-1)?.payment;
    if (before !== undefined && random.percent(25)) return before;
    const { priceMinor, currency } = order.offer.draft;
    const amountMinor = order.quantity * priceMinor;
    return {
      provider: random.pick(paymentProviders),
      reference: random.percent(30) ? null : `payment-${random.below(3)}`,
      amountMinor: random.percent(90) ? amountMinor : Math.max(0, amountMinor + random.pick([-1, 1, priceMinor])),
      currency: random.percent(95) ? currency : random.pick(["CNY", "USD", "JPY"]),
    };
  }

  #paymentId(order: ModelOrder): number {
    const random = this.#random;
    const others = this.#trial.model.orders.flatMap(({ payments }) => payments.slice(0, 1));
    const from = order.payments.length > 0 && random.percent(90) ? order.payments : others;
    return this.#orMissing(from.length === 0 ? undefined : random.pick(from).id);
  }

  /** An order as its caller names it, with the rows that the loop brings: sometimes too where they must not matter. */
  #target(
    { buyerId }: ModelOrder,
    orderId: number,
    campaignId: number,
  ): Omit<Extract<OrderCommand, { type: "cancel" }>, "type"> {
    const { model, projection } = this.#trial;
    const target = { orderId, campaignId, buyerId };
    const row = projection.order(orderId);
    const hasMoved = row !== null && row.lastSeq !== orderId;
    const payments = hasMoved || this.#random.percent(30) ? { payments: projection.paymentsOf(orderId) } : {};
    const campaign = model.campaigns.find(({ id }) => id === campaignId);
    const isSettled = campaign !== undefined && model.isSettled(campaign);
    if (!this.#random.percent(isSettled ? 90 : 5)) return { ...target, ...payments };
    const own = projection.historyOf(orderId).filter((order) => order.campaignId === campaignId);
    return { ...target, ...payments, history: own };
  }

  #erase(): EraseBuyers {
    const random = this.#random;
    const { model } = this.#trial;
    const settled = model.campaigns.filter((campaign) => model.isSettled(campaign));
    const campaign = settled.length > 0 && random.percent(80) ? random.pick(settled) : this.#campaign();
    const ordersOf = model.orders.filter(({ offer }) => offer.campaign === campaign && random.percent(30));
    const entriesOf = model.entries.filter(({ offer }) => offer.campaign === campaign && random.percent(30));
    const remindersOf = model.reminders.filter((one) => one.campaign === campaign && random.percent(30));
    const [orderIds, entryIds] = [ordersOf, [...entriesOf, ...remindersOf]].map((some) => some.map(({ id }) => id));
    return {
      type: "erase_buyers",
      campaignId: this.#orMissing(campaign?.id),
      orderIds: orderIds ?? [],
      entryIds: entryIds ?? [],
    };
  }

  #office(): OfficeCommand {
    const random = this.#random;
    const { operators, endpoints, access } = this.#trial.model;
    const operatorId = this.#orMissing(operators.length === 0 ? undefined : random.pick(operators).id);
    const endpointId = this.#orMissing(endpoints.length === 0 ? undefined : random.pick(endpoints).id);
    const entryId = this.#orMissing(access.length === 0 ? undefined : random.pick(access).entryId);
    const url = `https://shop.example/${random.below(3)}`;
    const types = random.percent(50) ? null : ["order_paid"];
    const secret = `whsec_${random.bits()}`;
    const [name, role] = [random.pick(operatorNames), random.pick(operatorRoles)];
    return random.pick<OfficeCommand>([
      { type: "create_operator", name, role, keyHash: `hash of ${random.bits()}` },
      { type: "revoke_operator", operatorId },
      { type: "create_endpoint", url, types, secret },
      { type: "change_endpoint", endpointId, ...random.pick([{ url }, { types }, { secret }, { isEnabled: false }]) },
      { type: "delete_endpoint", endpointId },
      { type: "set_controls", change: this.#controlsChange() },
      {
        type: "add_access_entry",
        effect: random.pick(accessEffects),
        target: random.pick([
          { kind: "buyer", value: random.pick(buyers) },
          { kind: "network", value: random.pick(["192.0.2.0/24", "2001:db8::/32"]) },
        ]),
        reason: "resold before",
        expiresAtMs: random.pick([null, 9_999]),
      },
      { type: "remove_access_entry", entryId },
      { type: "publish_ledger_head" },
      { type: "note_action", action: "export", subject: "" },
    ]);
  }

  #controlsChange(): ControlsChange {
    const random = this.#random;
    const rateLimit = random.pick([null, { quota: random.between(1, 9), windowS: 10 }]);
    const [name, isOn] = [random.pick(campaignSwitchNames), random.percent(30)];
    const campaignId = random.percent(60) ? null : this.#orMissing(this.#campaign()?.id);
    return random.pick<ControlsChange>([
      { rateLimits: { [random.pick(rateLimitNames)]: rateLimit } },
      { switches: [{ name, campaignId, isOn }] },
      {
        switches: [
          { name, campaignId, isOn: true },
          { name, campaignId: null, isOn: false },
        ],
      },
      { riskMode: random.pick(riskModes), switches: [] },
    ]);
  }

  #orMissing(id: number | undefined): number {
    return id === undefined || this.#random.percent(2) ? this.#random.pick(idsMissing) : id;
  }

  #draft(): CampaignDraft {
    const random = this.#random;
    if (this.#isScarce && random.percent(95)) return this.#scarceDraft();
    const kind: CampaignKind | null = random.pick([null, null, null, "one_yuan", "limited_time", "hot_item"]);
    const opensAtMs = random.percent(35)
      ? null
      : this.#clockMs + random.between(-2_000, random.percent(50) ? 15_000 : 300_000);
    const closesAtMs = random.percent(50) ? null : this.#clockMs + random.between(-1_000, 120_000);
    const offers = Array.from({ length: random.between(1, 3) }, (_, index) => this.#offerDraft(kind, index));
    const paymentWindowS = random.between(1, 30);
    return {
      title: "sale",
      description: random.percent(80) ? null : "What it is about.\nIts terms.",
      kind,
      opensAtMs,
      closesAtMs,
      paymentWindowS,
      hasWaitlist: random.percent(80),
      admission: { ...openAdmission, agents: this.#agents() },
      offers,
    };
  }

  #scarceDraft(): CampaignDraft {
    const random = this.#random;
    const closesAtMs = random.percent(30) ? null : this.#clockMs + random.between(3_000, 40_000);
    const offers = Array.from({ length: random.pick([1, 1, 2]) }, (_, index) => {
      const offer = this.#offerDraft(null, index);
      return { ...offer, stock: random.between(1, 3), limitPerBuyer: random.pick([1, 1, 2]) };
    });
    const what = {
      title: "scarce",
      description: null,
      kind: null,
      opensAtMs: null,
      closesAtMs,
      hasWaitlist: true,
      admission: { ...openAdmission, agents: this.#agents() },
    };
    return { ...what, paymentWindowS: random.between(1, 10), offers };
  }

  #offerDraft(kind: CampaignKind | null, index: number): OfferDraft {
    const random = this.#random;
    const currency = random.percent(3) ? random.pick(["YUAN", "cny", ""]) : random.pick(["CNY", "USD", "JPY"]);
    const priceMinor = kind === "one_yuan" && random.percent(95) ? random.between(0, 1) : random.between(0, 120);
    return {
      ...{ sku: random.percent(3) ? "sku-0" : `sku-${index}`, title: "thing", priceMinor, currency },
      listPriceMinor: random.percent(70) ? null : priceMinor + random.between(random.percent(10) ? -1 : 0, 50),
      stock: random.percent(2) ? random.pick([1_001, 10_001]) : random.between(0, 5),
      limitPerBuyer: kind === "one_yuan" && random.percent(95) ? 1 : random.between(1, kind === "hot_item" ? 2 : 3),
      ...{ brand: null, category: null, imageUrl: null, description: random.percent(80) ? null : "What it is." },
    };
  }
}

function isGone({ model }: Trial, offer: ModelOffer): boolean {
  return model.countsOf(offer).available === 0;
}
