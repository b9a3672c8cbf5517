/**
 * Random steps for queues and draws on trial: few units and many who want them, time that stops just at and before what
 * is due.
 */
import { type AdmissionMode, openAdmission } from "../../src/domain/admission.ts";
import type { Actor, AgentTerms } from "../../src/domain/agents.ts";
import type { CampaignDraft } from "../../src/domain/campaign.ts";
import { sha256 } from "../../src/host/hash.ts";
import type { RoomCampaign, RoomOffer, RoomOrder } from "./admission-model.ts";
import type { AdmissionTrial, RoomStep } from "./admission-trial.ts";
import type { Random } from "./random.ts";
import { campaignDraft, offerDraft } from "./sale.ts";

const buyers = ["ana", "bo", "陈小明", "zoë🦊", "max", "ivy", "kim", "lee", "jo"];

export class AdmissionSteps {
  readonly #random: Random;
  readonly #trial: AdmissionTrial;
  /** Every world is mostly about one mode. */
  readonly #mode: AdmissionMode;
  #created = 0;

  constructor(random: Random, trial: AdmissionTrial) {
    this.#random = random;
    this.#trial = trial;
    this.#mode = random.pick(["queue", "queue", "draw", "draw", "open"] as const);
  }

  next(): RoomStep {
    const random = this.#random;
    const { model } = this.#trial;
    const living = model.campaigns.filter(({ state }) => state !== "ended");
    if (living.length === 0 || (this.#created < 2 && random.percent(1))) return this.#create();
    const draft = living.find(({ state }) => state === "draft");
    if (draft !== undefined && random.percent(60)) return this.#publish(draft);
    const chance = random.below(1_000);
    if (chance < 170) return this.#passTime();
    if (chance < 190) return { do: "restart" };
    if (chance < 210) return this.#switch();
    if (chance < 265) return this.#move();
    if (chance < 310) return this.#restock();
    if (chance < 430) return this.#onOrder() ?? this.#attempt();
    return this.#attempt();
  }

  /** What buyers do. */
  #attempt(): RoomStep {
    const random = this.#random;
    const [campaign, buyerId, chance] = [this.#campaign(), random.pick(buyers), random.below(100)];
    const offer = random.percent(90) ? random.pick(campaign.offers) : this.#offer();
    if (campaign.mode === "draw" && chance < 70) {
      const salt = sha256(`salt ${random.bits()}`).slice(0, 32);
      const left = offer.entered.find(({ id }) => offer.waiting.every((entry) => entry.id !== id));
      if (left !== undefined && chance < 4) return { do: "enter", offer, buyerId: left.buyerId, salt };
      if (chance < 58) return { do: "enter", offer, buyerId, salt, actor: this.#actor() };
      return { do: "leave_waitlist", offer, buyerId };
    }
    const isOpen = campaign.mode === "open" && !this.#trial.model.usesQueue(campaign);
    if (isOpen && chance < 20) return { do: "join_waitlist", offer, buyerId, actor: this.#actor() };
    if (chance < 40) return { do: "join", campaign, buyerId, actor: this.#actor(campaign) };
    if (chance < 48) return { do: "leave", campaign, buyerId };
    if (chance < 54) return { do: "ask", campaign, buyerId };
    if (chance < 60) return { do: "join_waitlist", offer, buyerId, actor: this.#actor() };
    if (chance < 62) return { do: "leave_waitlist", offer, buyerId };
    if (chance < 64) return { do: "enter", offer, buyerId, salt: "00" };
    if (chance < 67) return this.#makeDraws(campaign);
    // Mostly by those who have a pass; others try as well.
    const holder = campaign.passes.length > 0 && random.percent(50) ? random.pick(campaign.passes) : null;
    // Whoever joined mostly buys, too; a person may with their agent's pass, and an agent with its person's.
    const actor = holder !== null && random.percent(75) ? holder.actor : this.#actor(campaign);
    const quantity = random.pick([1, 1, 1, 2, 3]);
    return { do: "reserve", offer, buyerId: holder?.buyerId ?? buyerId, quantity, actor };
  }

  /** Where agents have a share, so many of them come that they wait for each other. */
  #actor({ agentPercent }: Pick<RoomCampaign, "agentPercent"> = { agentPercent: 100 }): Actor | null {
    return this.#random.percent(agentPercent > 0 && agentPercent < 100 ? 50 : 25) ? "agent" : null;
  }

  #agents(mode: AdmissionMode): AgentTerms {
    const others = mode === "queue" ? (["share", "share"] as const) : (["allowed", "humans_only"] as const);
    const policy = this.#random.pick(["allowed", "humans_only", "share", "share", ...others] as const);
    const sharePercent = this.#random.pick([25, 34, 50, 75]);
    if (policy === "share" && mode === "draw") return { policy: "allowed", sharePercent: null };
    return { policy, sharePercent: policy === "share" ? sharePercent : null };
  }

  #makeDraws(some: RoomCampaign): RoomStep {
    const random = this.#random;
    const waiting = this.#trial.model.campaigns.filter(({ offers }) => offers.some(({ draw }) => draw === "closed"));
    const campaign = waiting.length > 0 ? random.pick(waiting) : some;
    const round = random.percent(80) ? (campaign.beaconRound ?? 7) : 8;
    return { do: "make_draws", campaign, round, signature: sha256(`round ${random.bits()}`) };
  }

  #restock(): RoomStep {
    const random = this.#random;
    const isPromised = ({ passes, state }: RoomCampaign) =>
      state !== "ended" && passes.some(({ actor }) => actor !== null);
    const promised = this.#trial.model.campaigns.filter(isPromised);
    if (promised.length === 0 || random.percent(50)) {
      return { do: "restock", offer: this.#offer(), quantity: random.pick([-2, -1, 1, 1, 2, 3]) };
    }
    const offer = random.pick(random.pick(promised).offers);
    return { do: "restock", offer, quantity: -random.between(1, 4) };
  }

  #onOrder(): RoomStep | null {
    const random = this.#random;
    const { orders } = this.#trial.model;
    const what = random.pick(["pay", "pay", "cancel", "cancel", "refund"] as const);
    const from: Record<typeof what, readonly RoomOrder["state"][]> = {
      pay: ["reserved", "expired", "cancelled"],
      cancel: ["reserved", "cancelled", "paid"],
      refund: ["paid"],
    };
    const some = orders.filter(({ state }) => from[what].includes(state)).slice(-8);
    return some.length === 0 ? null : { do: what, order: random.pick(some) };
  }

  #passTime(): RoomStep {
    const random = this.#random;
    const { model, nowMs } = this.#trial;
    const due = model.nextDueAtMs();
    const chance = random.below(100);
    if (chance < 45 && due !== Number.POSITIVE_INFINITY && due > nowMs) {
      return { do: "pass_time", ms: due - nowMs - random.below(2) };
    }
    if (chance < 90) return { do: "pass_time", ms: random.between(1, 3_000) };
    return { do: "pass_time", ms: random.between(3_000, 60_000) };
  }

  #switch(): RoomStep {
    const random = this.#random;
    const campaign = random.percent(50) ? null : this.#campaign();
    const { switchesOn } = this.#trial.model;
    // So that what is on does not stay on for a whole world.
    const [on] = switchesOn;
    if (on !== undefined && random.percent(70)) {
      const [name, id] = on.split(" ");
      const of = this.#trial.model.campaigns.find((one) => `${one.id}` === id) ?? null;
      return { do: "switch", name: name as "pause_sales" | "queue_everybody", campaign: of, isOn: false };
    }
    return {
      do: "switch",
      name: random.pick(["pause_sales", "queue_everybody", "queue_everybody"]),
      campaign,
      isOn: true,
    };
  }

  #move(): RoomStep {
    const random = this.#random;
    const campaign = this.#campaign();
    if (campaign.state === "paused" && random.percent(80)) return { do: "resume", campaign };
    return { do: random.pick(["pause", "pause", "pause", "pause", "resume", "end"]), campaign };
  }

  #publish(campaign: RoomCampaign): RoomStep {
    const random = this.#random;
    const secret = campaign.mode === "open" ? null : sha256(`secret ${random.bits()}`);
    return { do: "publish", campaign, secret, beaconRound: campaign.mode === "draw" && random.percent(50) ? 7 : null };
  }

  #campaign(): RoomCampaign {
    const { campaigns } = this.#trial.model;
    const living = campaigns.filter(({ state }) => state !== "ended");
    return this.#random.pick(living.length > 0 && this.#random.percent(93) ? living : campaigns);
  }

  #offer(): RoomOffer {
    return this.#random.pick(this.#campaign().offers);
  }

  #create(): RoomStep {
    this.#created += 1;
    const random = this.#random;
    const { nowMs } = this.#trial;
    const mode = random.percent(85) ? this.#mode : random.pick(["open", "queue", "draw"] as const);
    const opensAtMs = random.percent(25) ? null : nowMs + random.between(0, 9_000);
    const from = opensAtMs ?? nowMs;
    const closesAtMs = mode === "draw" || random.percent(40) ? from + random.between(5_000, 60_000) : null;
    const agents = this.#agents(mode);
    const stockMax = agents.policy === "share" ? 6 : 4; // so that the share is more than a unit
    const offers = Array.from({ length: random.pick([1, 1, 2, 3]) }, (_, index) =>
      offerDraft({ sku: `sku-${index}`, stock: random.between(0, stockMax), limitPerBuyer: random.pick([1, 1, 2, 3]) }),
    );
    const hasWaitlist = mode === "draw" || (mode === "open" && random.percent(70));
    const admission = { ...openAdmission, mode, passWindowS: random.between(10, 14), agents };
    const what = { opensAtMs, closesAtMs, paymentWindowS: random.between(2, 20), hasWaitlist, admission, offers };
    const draft: CampaignDraft = campaignDraft(what);
    return { do: "create", draft };
  }
}
