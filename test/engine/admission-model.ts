/**
 * Queues and draws as the documents describe them, told a second time as plainly as possible: lists, searched from
 * their beginning. Shares no code with src/engine or src/draw, so that the same mistake would have to be made twice to
 * go unseen. What a sale does besides is told as shortly as it can be: model.ts knows it whole. It predicts outcomes,
 * and every event as a line of text; it is slow and that is fine.
 */
import { createHash } from "node:crypto";
import type { AdmissionMode } from "../../src/domain/admission.ts";
import type { Actor } from "../../src/domain/agents.ts";
import type { CampaignDraft, CampaignState } from "../../src/domain/campaign.ts";
import { formatId } from "../../src/domain/ids.ts";

export interface RoomCampaign {
  readonly id: number;
  readonly mode: AdmissionMode;
  readonly opensAtMs: number | null;
  readonly closesAtMs: number | null;
  readonly paymentWindowMs: number;
  readonly passWindowMs: number;
  /** Of each offer, for agents: everything where they are allowed, nothing where they are not. */
  readonly agentPercent: number;
  readonly offers: RoomOffer[];
  state: CampaignState;
  hasWaitlist: boolean;
  secret: string | null;
  beaconRound: number | null;
  /** Who waits for a pass, first come first; before the opening in no order that anybody is told. */
  line: Entry[];
  /** In the order of giving. */
  passes: Pass[];
  hasPlaces: boolean;
  /** Whether anybody has ever joined. */
  wasJoined: boolean;
  readonly figures: { completed: number; unitsTaken: number; unused: number };
}

export interface RoomOffer {
  readonly id: number;
  readonly campaign: RoomCampaign;
  readonly limitPerBuyer: number;
  total: number;
  /** Who waits for units that return, first come first, or in the order of the draw. */
  waiting: Entry[];
  /** All who ever entered the draw, with the hash of what is known of them. */
  entered: (Entry & { readonly leaf: string })[];
  draw: "open" | "closed" | "made";
}

export interface Entry {
  readonly id: number;
  readonly buyerId: string;
  /** Who made it. */
  readonly actor: Actor | null;
}

export interface Pass extends Entry {
  expiresAtMs: number;
}

export interface RoomOrder {
  readonly id: number;
  readonly offer: RoomOffer;
  readonly buyerId: string;
  readonly quantity: number;
  readonly expiresAtMs: number;
  readonly actor: Actor | null;
  state: "reserved" | "paid" | "cancelled" | "expired" | "refund_due" | "refunded";
}

type RoomSwitch = "pause_sales" | "queue_everybody";
type Said = { readonly code: string } & Readonly<Record<string, unknown>>;

const said = (code: string, more: Readonly<Record<string, unknown>> = {}): Said => ({ code, ...more });

export class AdmissionModel {
  readonly campaigns: RoomCampaign[] = [];
  readonly orders: RoomOrder[] = [];
  readonly switchesOn = new Set<string>();
  clockMs = 0;
  #seq = 0;
  #told: string[] = [];

  takeTold(): string[] {
    const told = this.#told;
    this.#told = [];
    return told;
  }

  get offers(): RoomOffer[] {
    return this.campaigns.flatMap(({ offers }) => offers);
  }

  create(draft: CampaignDraft, nowMs: number): Said {
    this.#setTime(nowMs);
    const { opensAtMs, closesAtMs, paymentWindowS, hasWaitlist, offers, admission } = draft;
    const id = this.#tell("campaign_created");
    const campaign: RoomCampaign = {
      ...{ id, mode: admission.mode, opensAtMs, closesAtMs, hasWaitlist, state: "draft", offers: [] },
      agentPercent: { allowed: 100, share: admission.agents.sharePercent ?? 0, humans_only: 0 }[
        admission.agents.policy
      ],
      ...{ paymentWindowMs: paymentWindowS * 1_000, passWindowMs: admission.passWindowS * 1_000 },
      ...{ secret: null, beaconRound: null, line: [], passes: [], hasPlaces: false, wasJoined: false },
      figures: { completed: 0, unitsTaken: 0, unused: 0 },
    };
    this.campaigns.push(campaign);
    for (const { stock: total, limitPerBuyer } of offers) {
      const offerId = this.#tell("offer_created");
      campaign.offers.push({ id: offerId, campaign, limitPerBuyer, total, waiting: [], entered: [], draw: "open" });
    }
    return said("created", { campaignId: id });
  }

  publish(campaign: RoomCampaign, secret: string | null, beaconRound: number | null, nowMs: number): Said {
    this.#setTime(nowMs);
    if (campaign.state !== "draft") return said("transition_not_allowed", { state: campaign.state });
    if (campaign.closesAtMs !== null && campaign.closesAtMs <= this.clockMs) return said("invalid");
    campaign.state = "scheduled";
    campaign.secret = secret;
    campaign.beaconRound = beaconRound;
    this.#tell("campaign_published", campaign.id);
    this.#setTime(nowMs);
    return said("changed", { campaignId: campaign.id });
  }

  pause(campaign: RoomCampaign, nowMs: number): Said {
    this.#setTime(nowMs);
    if (campaign.state !== "open") return said("transition_not_allowed", { state: campaign.state });
    campaign.state = "paused";
    this.#tell("campaign_paused", campaign.id);
    return said("changed", { campaignId: campaign.id });
  }

  resume(campaign: RoomCampaign, nowMs: number): Said {
    this.#setTime(nowMs);
    if (campaign.state !== "paused") return said("transition_not_allowed", { state: campaign.state });
    campaign.state = "open";
    this.#tell("campaign_resumed", campaign.id);
    this.#renew(campaign);
    this.#moveOn(campaign);
    return said("changed", { campaignId: campaign.id });
  }

  end(campaign: RoomCampaign, nowMs: number): Said {
    this.#setTime(nowMs);
    if (campaign.state === "ended") return said("transition_not_allowed", { state: "ended" });
    this.#end(campaign, { byClock: false });
    return said("changed", { campaignId: campaign.id });
  }

  throwSwitch(name: RoomSwitch, campaign: RoomCampaign | null, willBeOn: boolean, nowMs: number): Said {
    this.#setTime(nowMs);
    const before = this.campaigns.map((one) => [this.usesQueue(one), this.isSelling(one)] as const);
    const key = `${name} ${campaign?.id ?? "all"}`;
    if (willBeOn) this.switchesOn.add(key);
    else this.switchesOn.delete(key);
    const id = this.#tell("controls_changed");
    this.campaigns.forEach((one, index) => {
      const [usedQueue, wasSelling] = before[index] ?? [];
      if (usedQueue && !this.usesQueue(one) && one.line.length + one.passes.length > 0) {
        this.#tell("queue_closed", one.id);
        one.figures.unused += one.passes.length;
        one.line = [];
        one.passes = [];
      }
      if (!wasSelling && this.isSelling(one)) this.#renew(one);
      this.#admit(one);
    });
    return said("done", { id });
  }

  restock(offer: RoomOffer, quantity: number, nowMs: number): Said {
    this.#setTime(nowMs);
    const { campaign } = offer;
    if (campaign.state === "ended") return said("transition_not_allowed", { state: "ended" });
    // What those in a line wait for is promised to no pass.
    const isOwed = this.freeOf(offer) === 0;
    const available = isOwed ? this.availableOf(offer) : Math.min(this.availableOf(offer), this.spareIn(campaign));
    if (available + quantity < 0) return said("invalid");
    // Nor may it be taken from what agents' passes promise, as far as that is still there.
    const promised = Math.min(this.agentFreeIn(campaign), this.#agentPasses(campaign));
    offer.total += quantity;
    const isPromised = quantity < 0 && !isOwed && this.agentFreeIn(campaign) < promised;
    offer.total -= quantity;
    if (isPromised) return said("invalid");
    offer.total += quantity;
    this.#tell("offer_restocked", offer.id);
    this.#serve(offer);
    this.#admit(campaign);
    return said("changed", { campaignId: campaign.id });
  }

  join(campaign: RoomCampaign, buyerId: string, actor: Actor | null, nowMs: number): Said {
    this.#setTime(nowMs);
    if (campaign.state === "draft") return said("not_found");
    if (actor !== null && campaign.agentPercent === 0) return said("agents_not_allowed");
    if (!this.usesQueue(campaign)) return said("queue_off");
    if (campaign.state === "ended") return said("ended");
    const standing = this.ask(campaign, buyerId);
    if (standing.code !== "not_queued") return standing;
    if (this.freeIn(campaign) + this.heldIn(campaign) === 0) return said("sold_out", { available: 0 });
    if (actor !== null && this.agentEverIn(campaign) === 0) return said("agent_share_taken", { available: 0 });
    const limits = campaign.offers.map(({ limitPerBuyer }) => limitPerBuyer);
    if (campaign.offers.every((offer) => this.unitsOf(buyerId, offer) >= offer.limitPerBuyer)) {
      return said("limit_reached", { limitPerBuyer: Math.max(...limits) });
    }
    const id = this.#tell("queue_joined", campaign.id, buyerId, ...markOf(actor));
    if (!campaign.wasJoined) campaign.hasPlaces = campaign.state !== "scheduled" || campaign.secret === null;
    campaign.wasJoined = true;
    campaign.line.push({ id, buyerId, actor });
    this.#admit(campaign);
    return { ...this.ask(campaign, buyerId), isNew: true };
  }

  /** How a buyer stands, without the figures. */
  ask(campaign: RoomCampaign, buyerId: string): Said {
    const pass = campaign.passes.find((one) => one.buyerId === buyerId);
    if (pass !== undefined) {
      const { id: entryId, expiresAtMs, actor } = pass;
      return said("admitted", { entryId, isNew: false, actor, expiresAtMs });
    }
    const index = campaign.line.findIndex((one) => one.buyerId === buyerId);
    if (index < 0) return said("not_queued");
    const { id: entryId, actor } = campaign.line[index] as Entry;
    const ahead = campaign.line.slice(0, index).filter((one) => one.actor !== null);
    const where = campaign.hasPlaces
      ? { place: index + 1, agentsAhead: ahead.length }
      : { place: null, agentsAhead: 0 };
    return said("queued", { entryId, isNew: false, actor, ...where });
  }

  leave(campaign: RoomCampaign, buyerId: string, nowMs: number): Said {
    this.#setTime(nowMs);
    if (campaign.state === "draft") return said("not_found");
    if (!this.usesQueue(campaign)) return said("queue_off");
    if (campaign.state === "ended") return said("ended");
    const isInside = (one: Entry) => one.buyerId === buyerId;
    if (![...campaign.line, ...campaign.passes].some(isInside)) return said("not_queued");
    this.#tell("queue_left", campaign.id, buyerId);
    if (campaign.passes.some(isInside)) campaign.figures.unused += 1;
    campaign.line = campaign.line.filter((one) => !isInside(one));
    campaign.passes = campaign.passes.filter((one) => !isInside(one));
    this.#admit(campaign);
    return said("left");
  }

  reserve(offer: RoomOffer, buyerId: string, quantity: number, actor: Actor | null, nowMs: number): Said {
    this.#setTime(nowMs);
    const { campaign, limitPerBuyer } = offer;
    if (campaign.state === "draft") return said("not_found");
    if (actor !== null && campaign.agentPercent === 0) return said("agents_not_allowed");
    if (campaign.state === "scheduled") return said("not_open", { opensAtMs: campaign.opensAtMs });
    if (campaign.state === "ended") return said("ended");
    if (!this.isSelling(campaign)) return said("paused");
    if (campaign.mode === "draw") return said("not_admitted", { mode: "draw" });
    const free = this.freeOf(offer);
    if (free === 0) return said("sold_out", { available: 0 });
    const pass = campaign.passes.find((one) => one.buyerId === buyerId);
    const hasPass = pass !== undefined && pass.expiresAtMs > this.clockMs;
    if (this.usesQueue(campaign) && !hasPass) return said("not_admitted", { mode: "queue" });
    if (this.unitsOf(buyerId, offer) + quantity > limitPerBuyer) return said("limit_reached", { limitPerBuyer });
    const others = campaign.passes.filter((one) => one !== pass).length;
    const most = pass === undefined || quantity === 1 ? free : Math.min(free, this.freeIn(campaign) - others);
    if (most < quantity) return said("sold_out", { available: most });
    if (actor !== null && campaign.agentPercent < 100) {
      const room = this.#shareOf(offer) - this.#agentUnits(offer, isTaken);
      // The passes of other agents promise theirs; one's own promises one.
      const others = campaign.passes.filter((one) => one !== pass && one.actor !== null).length;
      const isPromised = pass !== undefined && pass.actor !== null && quantity === 1;
      const most = Math.max(0, isPromised ? room : Math.min(room, this.agentFreeIn(campaign) - others));
      if (most < quantity) return said("agent_share_taken", { available: most });
    }
    campaign.passes = campaign.passes.filter((one) => one !== pass);
    if (pass !== undefined) {
      campaign.figures.completed += 1;
      campaign.figures.unitsTaken += quantity;
    }
    const order = this.#begin("order_reserved", offer, { buyerId, quantity, actor });
    this.#admit(campaign);
    return said("reserved", { orderId: order.id, reservedAtMs: this.clockMs, expiresAtMs: order.expiresAtMs });
  }

  joinWaitlist(offer: RoomOffer, buyerId: string, actor: Actor | null, nowMs: number): Said {
    this.#setTime(nowMs);
    const { campaign, limitPerBuyer } = offer;
    if (campaign.state === "draft") return said("not_found");
    if (actor !== null && campaign.agentPercent < 100) return said("agents_not_allowed");
    if (campaign.state === "scheduled") return said("not_open", { opensAtMs: campaign.opensAtMs });
    if (campaign.state === "ended") return said("ended");
    if (!this.isSelling(campaign)) return said("paused");
    if (!campaign.hasWaitlist || campaign.mode !== "open" || this.usesQueue(campaign)) return said("waitlist_off");
    const index = offer.waiting.findIndex((one) => one.buyerId === buyerId);
    if (index >= 0) return said("waiting", { entryId: offer.waiting[index]?.id, place: index + 1 });
    if (this.unitsOf(buyerId, offer) >= limitPerBuyer) return said("limit_reached", { limitPerBuyer });
    const available = this.freeOf(offer);
    if (available > 0) return said("not_sold_out", { available });
    const id = this.#tell("waitlist_joined", offer.id, buyerId, ...markOf(actor));
    offer.waiting.push({ id, buyerId, actor });
    return said("joined", { entryId: id, place: offer.waiting.length });
  }

  leaveWaitlist(offer: RoomOffer, buyerId: string, nowMs: number): Said {
    this.#setTime(nowMs);
    if (offer.campaign.state === "draft") return said("not_found");
    if (!offer.waiting.some((one) => one.buyerId === buyerId)) return said("not_waiting");
    this.#tell("waitlist_left", offer.id, buyerId);
    offer.waiting = offer.waiting.filter((one) => one.buyerId !== buyerId);
    return said("left");
  }

  enter(offer: RoomOffer, buyerId: string, leaf: string, actor: Actor | null, nowMs: number): Said {
    this.#setTime(nowMs);
    const { campaign } = offer;
    if (campaign.state === "draft") return said("not_found");
    if (actor !== null && campaign.agentPercent === 0) return said("agents_not_allowed");
    if (campaign.mode !== "draw") return said("draw_off");
    if (campaign.state === "scheduled") return said("not_open", { opensAtMs: campaign.opensAtMs });
    if (campaign.state === "ended") return said("ended");
    if (!this.isSelling(campaign)) return said("paused");
    const isTheirs = (one: Entry) => one.buyerId === buyerId;
    const entry = offer.waiting.find(isTheirs);
    if (entry !== undefined) return said("entered", { entryId: entry.id, isNew: false, entries: offer.waiting.length });
    const elsewhere = campaign.offers.find(({ waiting }) => waiting.some(isTheirs));
    if (elsewhere !== undefined) return said("entered_elsewhere", { offerId: elsewhere.id });
    if (offer.entered.some(isTheirs)) return said("entry_withdrawn");
    const id = this.#tell("draw_entered", offer.id, buyerId, ...markOf(actor));
    offer.waiting.push({ id, buyerId, actor });
    offer.entered.push({ id, buyerId, actor, leaf });
    return said("entered", { entryId: id, isNew: true, entries: offer.waiting.length });
  }

  makeDraws(campaign: RoomCampaign, round: number, randomness: string, nowMs: number): Said {
    this.#setTime(nowMs);
    if (campaign.state !== "ended" || campaign.beaconRound !== round) {
      return said("transition_not_allowed", { state: campaign.state });
    }
    for (const offer of campaign.offers) {
      if (offer.draw !== "closed") continue;
      this.#draw(offer, randomness);
      this.#serve(offer);
    }
    this.#forget(campaign);
    return said("changed", { campaignId: campaign.id });
  }

  cancel(order: RoomOrder, nowMs: number): Said {
    this.#setTime(nowMs);
    const moved = said("moved", { orderId: order.id });
    if (order.state === "cancelled") return moved;
    if (order.state !== "reserved") return said("transition_not_allowed", { state: order.state });
    this.#return(order, "cancelled");
    this.#forget(order.offer.campaign);
    return moved;
  }

  /** The whole amount, once; the order is reserved, expired or cancelled. */
  pay(order: RoomOrder, nowMs: number): Said {
    this.#setTime(nowMs);
    const { offer, quantity, buyerId } = order;
    if (order.state === "expired") {
      const free = Math.min(this.freeOf(offer), this.spareIn(offer.campaign));
      if (free >= quantity && this.unitsOf(buyerId, offer) + quantity <= offer.limitPerBuyer) {
        this.#tell("order_rereserved", order.id);
        order.state = "reserved";
      }
    }
    const isHeld = order.state === "reserved";
    this.#tell(isHeld ? "order_paid" : "order_refund_due", order.id);
    order.state = isHeld ? "paid" : "refund_due";
    this.#forget(offer.campaign);
    return isHeld ? said("moved", { orderId: order.id }) : said("refund_due");
  }

  /** Of an order that is paid; its units go back on sale. */
  refund(order: RoomOrder, nowMs: number): Said {
    this.#setTime(nowMs);
    this.#tell("order_refund_requested", order.id);
    this.#tell("order_refunded", order.id);
    order.state = "refunded";
    this.#serve(order.offer);
    this.#admit(order.offer.campaign);
    this.#forget(order.offer.campaign);
    return said("moved", { orderId: order.id });
  }

  advance(nowMs: number): void {
    this.#setTime(nowMs);
    const late = this.orders.filter((order) => order.state === "reserved" && order.expiresAtMs <= this.clockMs);
    for (const order of late.sort((a, b) => a.expiresAtMs - b.expiresAtMs || a.id - b.id)) {
      this.#return(order, "expired");
    }
    for (const campaign of this.campaigns) this.#forget(campaign);
    const isOver = ({ expiresAtMs }: Pass) => expiresAtMs <= this.clockMs;
    const lapsed = this.campaigns
      .filter((campaign) => this.isSelling(campaign))
      .flatMap((campaign) => campaign.passes.filter(isOver).map((pass) => ({ campaign, pass })))
      .sort((a, b) => a.pass.expiresAtMs - b.pass.expiresAtMs || a.pass.id - b.pass.id);
    for (const { campaign, pass } of lapsed) {
      this.#tell("queue_expired", campaign.id, pass.buyerId);
      campaign.passes = campaign.passes.filter((one) => one !== pass);
      campaign.figures.unused += 1;
    }
    for (const campaign of new Set(lapsed.map((one) => one.campaign))) this.#admit(campaign);
  }

  /** The process has started again: whoever had a pass could not use it meanwhile. */
  start(nowMs: number): void {
    const wereSelling = this.campaigns.filter((campaign) => this.isSelling(campaign));
    this.#setTime(nowMs);
    for (const campaign of wereSelling) if (this.isSelling(campaign)) this.#renew(campaign);
  }

  /** When time alone next changes something. */
  nextDueAtMs(): number {
    const due = this.orders.flatMap(({ state, expiresAtMs }) => (state === "reserved" ? [expiresAtMs] : []));
    for (const campaign of this.campaigns) {
      const { state, opensAtMs, closesAtMs, passes } = campaign;
      if (state === "scheduled") due.push(opensAtMs ?? 0);
      if ((state === "open" || state === "paused") && closesAtMs !== null) due.push(closesAtMs);
      if (this.isSelling(campaign)) due.push(...passes.map(({ expiresAtMs }) => expiresAtMs));
    }
    return Math.min(...due, Number.POSITIVE_INFINITY);
  }

  usesQueue(campaign: RoomCampaign): boolean {
    return campaign.mode === "queue" || (campaign.mode === "open" && this.#isOn("queue_everybody", campaign));
  }

  isSelling(campaign: RoomCampaign): boolean {
    return campaign.state === "open" && !this.#isOn("pause_sales", campaign);
  }

  #isOn(name: RoomSwitch, { id }: RoomCampaign): boolean {
    return this.switchesOn.has(`${name} all`) || this.switchesOn.has(`${name} ${id}`);
  }

  availableOf(offer: RoomOffer): number {
    const taken = this.orders.filter((order) => order.offer === offer && isTaken(order));
    return taken.reduce((left, { quantity }) => left - quantity, offer.total);
  }

  heldIn(campaign: RoomCampaign): number {
    const held = this.orders.filter(({ offer, state }) => offer.campaign === campaign && state === "reserved");
    return held.reduce((sum, { quantity }) => sum + quantity, 0);
  }

  unitsOf(buyerId: string, offer: RoomOffer): number {
    const theirs = this.orders.filter((order) => order.offer === offer && order.buyerId === buyerId && isTaken(order));
    return theirs.reduce((sum, { quantity }) => sum + quantity, 0);
  }

  /** Units that nobody in a waitlist waits for. */
  freeOf(offer: RoomOffer): number {
    return offer.waiting.length > 0 ? 0 : this.availableOf(offer);
  }

  freeIn({ offers }: RoomCampaign): number {
    return offers.reduce((sum, offer) => sum + this.freeOf(offer), 0);
  }

  /** Units that agents may have now. */
  agentFreeIn({ offers }: RoomCampaign): number {
    const rooms = offers.map((offer) =>
      Math.min(this.freeOf(offer), this.#shareOf(offer) - this.#agentUnits(offer, isTaken)),
    );
    return rooms.reduce((sum, room) => sum + Math.max(0, room), 0);
  }

  /** And when everything comes back that is not paid. */
  agentEverIn({ offers }: RoomCampaign): number {
    const rooms = offers.map((offer) => {
      const held = this.orders.filter((order) => order.offer === offer && order.state === "reserved");
      const most = held.reduce((sum, { quantity }) => sum + quantity, this.freeOf(offer));
      return Math.min(most, this.#shareOf(offer) - this.#agentUnits(offer, ({ state }) => state === "paid"));
    });
    return rooms.reduce((sum, room) => sum + Math.max(0, room), 0);
  }

  #shareOf({ total, campaign }: RoomOffer): number {
    return Math.floor((total * campaign.agentPercent) / 100);
  }

  #agentUnits(offer: RoomOffer, isMeant: (order: RoomOrder) => boolean): number {
    const theirs = this.orders.filter((order) => order.offer === offer && order.actor !== null && isMeant(order));
    return theirs.reduce((sum, { quantity }) => sum + quantity, 0);
  }

  #agentPasses({ passes }: RoomCampaign): number {
    return passes.filter(({ actor }) => actor !== null).length;
  }

  /** Units that are promised to no pass. */
  spareIn(campaign: RoomCampaign): number {
    return this.usesQueue(campaign) ? this.freeIn(campaign) - campaign.passes.length : Number.POSITIVE_INFINITY;
  }

  /** Ended, nothing held, no draw to come: nobody waits any more. */
  isSettled(campaign: RoomCampaign): boolean {
    const isDrawDue = campaign.offers.some(({ draw }) => draw === "closed");
    return campaign.state === "ended" && this.heldIn(campaign) === 0 && !isDrawDue;
  }

  #setTime(nowMs: number): void {
    this.clockMs = Math.max(this.clockMs, nowMs);
    for (const campaign of this.campaigns) {
      const { opensAtMs, closesAtMs } = campaign;
      if (campaign.state === "scheduled" && (opensAtMs ?? 0) <= this.clockMs) {
        campaign.state = "open";
        this.#tell("campaign_opened", campaign.id);
        if (campaign.wasJoined && !campaign.hasPlaces) {
          this.#tell("queue_drawn", campaign.id, `${campaign.line.length}`);
          const { secret, line } = campaign;
          const seed = hashOf(`rushbox queue\n${formatId("cmp", campaign.id)}\n${secret}\n${line.length}`);
          campaign.line = rankingBy(seed, line.length).map((index) => line[index] as Entry);
          campaign.hasPlaces = true;
        }
        this.#moveOn(campaign);
      }
      const isLive = campaign.state === "open" || campaign.state === "paused";
      if (isLive && closesAtMs !== null && closesAtMs <= this.clockMs) this.#end(campaign, { byClock: true });
    }
  }

  #end(campaign: RoomCampaign, { byClock }: { byClock: boolean }): void {
    campaign.state = "ended";
    campaign.hasWaitlist = byClock && campaign.hasWaitlist;
    campaign.line = [];
    campaign.passes = [];
    this.#tell("campaign_ended", campaign.id);
    for (const offer of campaign.offers) {
      if (!campaign.hasWaitlist) offer.waiting = [];
      else if (campaign.mode === "draw" && offer.entered.length > 0) {
        offer.draw = "closed";
        const root = treeHash(offer.entered.map(({ leaf }) => Buffer.from(leaf, "hex"))).toString("hex");
        this.#tell("draw_closed", offer.id, `${root} ${offer.entered.length}`);
        if (campaign.beaconRound === null) this.#draw(offer, "");
      }
    }
    for (const offer of campaign.offers) this.#serve(offer);
    this.#forget(campaign);
  }

  #draw(offer: RoomOffer, randomness: string): void {
    const { entered, campaign } = offer;
    const root = treeHash(entered.map(({ leaf }) => Buffer.from(leaf, "hex"))).toString("hex");
    const parts = [formatId("off", offer.id), campaign.secret, root, entered.length, randomness];
    const ranking = rankingBy(hashOf(`rushbox draw\n${parts.join("\n")}`), entered.length);
    const stillIn = new Set(offer.waiting.map(({ id }) => id));
    offer.waiting = ranking.map((index) => entered[index] as Entry).filter(({ id }) => stillIn.has(id));
    offer.draw = "made";
    this.#tell("draw_made", offer.id, randomness);
  }

  #moveOn(campaign: RoomCampaign): void {
    for (const offer of campaign.offers) this.#serve(offer);
    this.#admit(campaign);
  }

  /** Units that came back go to those who wait for this offer. */
  #serve(offer: RoomOffer): void {
    const { state, hasWaitlist, mode } = offer.campaign;
    if (!hasWaitlist || !(state === "open" || state === "ended") || (mode === "draw" && offer.draw !== "made")) return;
    while (offer.waiting.length > 0 && this.availableOf(offer) > 0) {
      const { buyerId, actor } = offer.waiting.shift() as Entry;
      this.#begin("order_offered", offer, { buyerId, quantity: 1, actor });
    }
  }

  #admit(campaign: RoomCampaign): void {
    while (campaign.hasPlaces && this.usesQueue(campaign) && this.isSelling(campaign) && this.spareIn(campaign) > 0) {
      const mayAgents = campaign.agentPercent === 100 || this.agentFreeIn(campaign) > this.#agentPasses(campaign);
      const first = campaign.line.find(({ actor }) => actor === null || mayAgents);
      if (first === undefined) return;
      campaign.line = campaign.line.filter((one) => one !== first);
      campaign.passes.push({ ...first, expiresAtMs: this.clockMs + campaign.passWindowMs });
      this.#tell("queue_admitted", campaign.id, first.buyerId);
    }
  }

  #renew(campaign: RoomCampaign): void {
    if (campaign.passes.length === 0) return;
    this.#tell("passes_renewed", campaign.id);
    for (const pass of campaign.passes) pass.expiresAtMs = this.clockMs + campaign.passWindowMs;
  }

  #begin(type: string, offer: RoomOffer, what: Pick<RoomOrder, "buyerId" | "quantity" | "actor">): RoomOrder {
    const id = this.#tell(type, offer.id, what.buyerId, ...markOf(what.actor));
    const expiresAtMs = this.clockMs + offer.campaign.paymentWindowMs;
    const order: RoomOrder = { id, offer, ...what, expiresAtMs, state: "reserved" };
    this.orders.push(order);
    return order;
  }

  #return(order: RoomOrder, to: "cancelled" | "expired"): void {
    this.#tell(`order_${to}`, order.id);
    order.state = to;
    this.#serve(order.offer);
    this.#admit(order.offer.campaign);
  }

  #forget(campaign: RoomCampaign): void {
    if (this.isSettled(campaign)) for (const offer of campaign.offers) offer.waiting = [];
  }

  #tell(type: string, ...what: readonly (number | string)[]): number {
    this.#told.push([type, ...what].join(" "));
    this.#seq += 1;
    return this.#seq;
  }
}

function markOf(actor: Actor | null): string[] {
  return actor === null ? [] : [`by ${actor}`];
}

function isTaken({ state }: RoomOrder): boolean {
  return state === "reserved" || state === "paid";
}

function hashOf(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

/** RFC 9162, section 2.1.1, word for word. */
function treeHash(leaves: readonly Buffer[]): Buffer {
  const [first] = leaves;
  if (first === undefined) return hashOf("");
  if (leaves.length === 1) return createHash("sha256").update(Buffer.of(0)).update(first).digest();
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  const [left, right] = [treeHash(leaves.slice(0, split)), treeHash(leaves.slice(split))];
  return createHash("sha256").update(Buffer.of(1)).update(left).update(right).digest();
}

/** Fisher-Yates as the documents have it, with integers of any size. */
function rankingBy(seed: Buffer, count: number): number[] {
  let counter = 0n;
  let words: bigint[] = [];
  const nextWord = (): bigint => {
    if (words.length === 0) {
      const block = Buffer.concat([seed, Buffer.from(counter.toString(16).padStart(16, "0"), "hex")]);
      const digits = createHash("sha256").update(block).digest("hex");
      words = Array.from({ length: 8 }, (_, n) => BigInt(`0x${digits.slice(n * 8, n * 8 + 8)}`));
      counter += 1n;
    }
    return words.shift() as bigint;
  };
  const order = Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last >= 1; last--) {
    const places = BigInt(last + 1);
    let word = nextWord();
    while (word >= (2n ** 32n / places) * places) word = nextWord();
    const other = Number(word % places);
    const moved = order[last] as number;
    order[last] = order[other] as number;
    order[other] = moved;
  }
  return order;
}
