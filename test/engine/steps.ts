/**
 * Random steps for a trial, chosen so that the edges are hit: stocks of 0 to 5, limits of 1 to 3, keys that repeat with
 * the same and with another request, ids that do not exist, times exactly at and just before what is due, restarts.
 */
import type { CampaignAction, CampaignDraft, CampaignKind, OfferDraft } from "../../src/domain/campaign.ts";
import type { Cancel, Command, Pay, Reserve } from "../../src/domain/command.ts";
import type { ModelCampaign } from "./model.ts";
import type { Random } from "./random.ts";
import type { Step, Trial } from "./trial.ts";

/** The two first buyers and their keys are chosen so that "buyer, line break, key" is the same text for both. */
const buyers = ["ana", "ana\nx", "bo", "陈小明", "zoë🦊"];
const keysShared = ["x\nk", "k", "k2"];
const idsMissing = [0, -1, 1_000_000, 2 ** 40];

export class Steps {
  readonly #random: Random;
  readonly #trial: Trial;
  /** The wall clock of the world; now and then it is told wrongly. */
  #clockMs = 1_700_000_000_000;
  #keysCount = 0;

  constructor(random: Random, trial: Trial) {
    this.#random = random;
    this.#trial = trial;
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
    const due = this.#trial.model.nextDueAtMs();
    if (chance < 900) this.#clockMs += random.between(1, 400);
    else if (chance < 960 && due !== Number.POSITIVE_INFINITY && due > 0) {
      this.#clockMs = Math.max(this.#clockMs, due - random.below(2));
    } else if (chance < 990) this.#clockMs += random.between(400, 8_000);
    else if (chance < 998) this.#clockMs += random.between(8_000, 60_000);
    else this.#clockMs += random.between(60_000, 7_500_000);
  }

  #command(): Command {
    const random = this.#random;
    const { campaigns, orders } = this.#trial.model;
    const living = campaigns.filter(({ state }) => state !== "ended").length;
    const creates = living === 0 ? 500 : living < 4 ? 25 : 2;
    if (random.below(1_000) < creates) return { type: "create_campaign", draft: this.#draft() };
    const chance = random.below(1_000);
    if (chance < 480) return this.#reserve();
    if (chance < 680 && orders.length > 0) return this.#onOrder("pay");
    if (chance < 790 && orders.length > 0) return this.#onOrder("cancel");
    if (chance < 880) return this.#restock();
    return this.#change();
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
          : random.pick(["publish", "pause", "resume", "pause", "resume", "end"] as const);
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
    const quantity = random.percent(2) ? 1_000_000_000 : random.pick([-3, -2, -1, -1, 1, 1, 2, 3]);
    return { type: "restock", offerId: this.#offerId(), quantity };
  }

  #reserve(): Reserve {
    const random = this.#random;
    const keyed = this.#trial.model.orders.slice(-15).filter(({ key }) => key !== null);
    if (keyed.length > 0 && random.percent(25)) {
      const { offer, buyerId, quantity, key } = random.pick(keyed);
      const again: Reserve = { type: "reserve", offerId: offer.id, buyerId, quantity, key };
      const chance = random.below(100);
      if (chance < 60) return again;
      if (chance < 75) return { ...again, quantity: quantity + 1 };
      if (chance < 90) return { ...again, offerId: this.#offerId() };
      return { ...again, buyerId: random.pick(buyers) };
    }
    const key = random.percent(40) ? null : random.percent(80) ? `key-${this.#keysCount++}` : random.pick(keysShared);
    const quantity = random.pick([1, 1, 1, 1, 1, 2, 2, 3, 4]);
    return { type: "reserve", offerId: this.#offerId(), buyerId: random.pick(buyers), quantity, key };
  }

  #offerId(): number {
    const { offers } = this.#trial.model;
    const open = offers.filter(({ campaign }) => campaign.state === "open" || campaign.state === "paused");
    const from = open.length > 0 && this.#random.percent(85) ? open : offers;
    return this.#orMissing(from.length === 0 ? undefined : this.#random.pick(from).id);
  }

  #onOrder(type: "pay" | "cancel"): Pay | Cancel {
    const random = this.#random;
    const { orders, campaigns } = this.#trial.model;
    const order = random.pick(random.percent(70) ? orders.slice(-10) : orders);
    const orderId = random.percent(97) ? order.id : random.pick([...idsMissing, order.offer.id]);
    const campaign = random.percent(97) ? order.offer.campaign : random.pick(campaigns);
    const campaignId = this.#orMissing(campaign.id);
    const target = { orderId, campaignId, buyerId: order.buyerId, ...this.#history(order.buyerId, campaignId) };
    if (type === "cancel") return { type, ...target };
    return { type, ...target, reference: random.percent(50) ? null : `payment-${random.below(1_000)}` };
  }

  /** With a settled campaign the rows as promised; with a living one sometimes too, where they must not matter. */
  #history(buyerId: string, campaignId: number): Pick<Pay, "history"> {
    const { model, projection } = this.#trial;
    const campaign = model.campaigns.find(({ id }) => id === campaignId);
    const isSettled = campaign !== undefined && model.isSettled(campaign);
    if (!this.#random.percent(isSettled ? 90 : 5)) return {};
    return { history: projection.ordersOfBuyerIn(campaignId, buyerId) };
  }

  #orMissing(id: number | undefined): number {
    return id === undefined || this.#random.percent(2) ? this.#random.pick(idsMissing) : id;
  }

  #draft(): CampaignDraft {
    const random = this.#random;
    const kind: CampaignKind | null = random.pick([null, null, null, "one_yuan", "limited_time", "hot_item"]);
    const opensAtMs = random.percent(35) ? null : this.#clockMs + random.between(-2_000, 15_000);
    const closesAtMs = random.percent(35) ? null : this.#clockMs + random.between(-1_000, 120_000);
    const offers = Array.from({ length: random.between(1, 3) }, (_, index) => this.#offerDraft(kind, index));
    return { title: "sale", kind, opensAtMs, closesAtMs, paymentWindowS: random.between(1, 30), offers };
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
      ...{ brand: null, category: null, imageUrl: null },
    };
  }
}
