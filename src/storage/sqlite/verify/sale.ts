/** Campaigns and offers as their rows stand, and as the events make them: few enough to be objects in memory. */
import type { Database } from "bun:sqlite";
import type { AdmissionTerms, BeaconRound } from "../../../domain/admission.ts";
import type { AgentPolicy } from "../../../domain/agents.ts";
import type { CampaignState } from "../../../domain/campaign.ts";
import { formatId } from "../../../domain/ids.ts";
import { campaignDetails, detailsText, offerDetails, publishingDetails } from "../../../domain/ledger.ts";
import { commitmentOf } from "../../../draw/proof.ts";
import { sha256 } from "../../../host/hash.ts";
import type { Check } from "./check.ts";
import { type EventRow, type EventRule, kinds, nameOf } from "./rules.ts";

/** 32 bytes in hexadecimal digits. */
export const hashForm = /^[0-9a-f]{64}$/;

export interface CampaignRow {
  readonly id: number;
  readonly title: string;
  readonly description: string | null;
  readonly kind: string | null;
  readonly state: CampaignState;
  readonly opensAtMs: number | null;
  readonly closesAtMs: number | null;
  readonly paymentWindowS: number;
  readonly hasWaitlist: number;
  readonly admission: AdmissionTerms;
  readonly draw: { readonly commitment: string; readonly beacon: BeaconRound | null } | null;
  readonly secret: string | null;
  readonly queueDrawnSeq: number | null;
  readonly queueDrawnCount: number | null;
  readonly createdAtMs: number;
  readonly endedSeq: number | null;
  readonly offers: OfferRow[];
  /** What the events make of it. */
  replayed: CampaignState | null;
  replayedEndedSeq: number | null;
  endedAtMs: number | null;
}

export interface Units {
  available: number;
  held: number;
  sold: number;
}

export interface OfferRow extends Readonly<Units> {
  readonly id: number;
  readonly campaignId: number;
  readonly sku: string;
  readonly title: string;
  readonly description: string | null;
  readonly priceMinor: number;
  readonly listPriceMinor: number | null;
  readonly currency: string;
  readonly limitPerBuyer: number;
  readonly brand: string | null;
  readonly category: string | null;
  readonly imageUrl: string | null;
  readonly total: number;
  /** Its place in the order of ids. */
  readonly index: number;
  /** What the events add up to. */
  readonly moved: Units;
  isCreated: boolean;
}

export interface Sale {
  readonly campaigns: ReadonlyMap<number, CampaignRow>;
  readonly offers: ReadonlyMap<number, OfferRow>;
}

interface FlatCampaign extends Omit<CampaignRow, "admission" | "draw" | "offers">, Omit<AdmissionTerms, "agents"> {
  readonly policy: AgentPolicy;
  readonly sharePercent: number | null;
  readonly commitment: string | null;
  readonly beaconChain: string | null;
  readonly beaconRound: number | null;
}

export function readSale(db: Database): Sale {
  const rows = db
    .query(
      "SELECT id, title, description, kind, state, opens_at_ms AS opensAtMs, closes_at_ms AS closesAtMs, payment_window_s AS paymentWindowS, has_waitlist AS hasWaitlist, admission AS mode, needs_pass AS needsPass, pass_window_s AS passWindowS, challenge, agent_policy AS policy, agent_share_percent AS sharePercent, secret, commitment, beacon_chain AS beaconChain, beacon_round AS beaconRound, queue_drawn_seq AS queueDrawnSeq, queue_drawn_count AS queueDrawnCount, created_at_ms AS createdAtMs, ended_seq AS endedSeq FROM campaigns ORDER BY id",
    )
    .all() as FlatCampaign[];
  const offers = db
    .query(
      "SELECT id, campaign_id AS campaignId, sku, title, description, price_minor AS priceMinor, list_price_minor AS listPriceMinor, currency, limit_per_buyer AS limitPerBuyer, brand, category, image_url AS imageUrl, total, available, held, sold FROM offers ORDER BY id",
    )
    .all() as OfferRow[];
  const nothing = { replayed: null, replayedEndedSeq: null, endedAtMs: null };
  const campaignById = new Map<number, CampaignRow>(
    rows.map(({ mode, needsPass, passWindowS, challenge, policy, sharePercent, commitment, ...others }) => {
      const { beaconChain, beaconRound, ...row } = others;
      const agents = { policy, sharePercent };
      const admission = { mode, needsPass: Boolean(needsPass), passWindowS, challenge, agents };
      const beacon = beaconChain === null || beaconRound === null ? null : { chain: beaconChain, round: beaconRound };
      const draw = commitment === null ? null : { commitment, beacon };
      return [row.id, { ...row, ...nothing, admission, draw, offers: [] }];
    }),
  );
  const offerById = new Map<number, OfferRow>();
  offers.forEach((row, index) => {
    const offer = { ...row, index, moved: { available: 0, held: 0, sold: 0 }, isCreated: false };
    offerById.set(row.id, offer);
    campaignById.get(row.campaignId)?.offers.push(offer);
  });
  return { campaigns: campaignById, offers: offerById };
}

/** What is wrong with what an event moves; counts it into its offer where it can. */
export function problemOfMovement(sale: Sale, event: EventRow, rule: EventRule): string | null {
  const { about } = rule;
  const { campaignId, offerId, orderId, previousSeq, available, held, sold } = event;
  const isSubject =
    (campaignId === null) === (about === "office") &&
    (offerId !== null) === (about === "offer" || about === "order") &&
    (orderId !== null) === (about === "order");
  const follows = rule.entry === "always" || (rule.order !== undefined && rule.order.from[0] !== 0);
  const isSeq = rule.entry === "sometimes" || (previousSeq !== null) === follows;
  if (!isSubject || !isSeq) return `does not name its ${about} alone`;
  if ((event.details !== null) !== (rule.hasDetails === true)) {
    return rule.hasDetails === true ? "lacks its details" : "has details, as its kind does not";
  }
  if (!movesAsItsKind(event, rule)) return `moves available ${available}, held ${held}, sold ${sold}`;
  if (offerId === null) return null;
  const offer = sale.offers.get(offerId);
  if (offer?.campaignId !== campaignId) {
    return `is about ${formatId("off", offerId)}, which its campaign does not have`;
  }
  if (event.kind === kinds.offer_created) {
    if (event.id !== offerId) return `is not the creation of ${formatId("off", offerId)}`;
    offer.isCreated = true;
  } else if (!offer.isCreated) return `is about ${formatId("off", offerId)}, which is not created yet`;
  const { moved } = offer;
  moved.available += available;
  moved.held += held;
  moved.sold += sold;
  if (moved.available >= 0 && moved.held >= 0 && moved.sold >= 0) return null;
  const [place, count] = Object.entries(moved).find(([, units]) => units < 0) ?? [];
  return `takes ${place} of ${formatId("off", offerId)} to ${count}`;
}

function movesAsItsKind({ kind, available, held, sold }: EventRow, { about, unit }: EventRule): boolean {
  if (about === "offer") return held === 0 && sold === 0 && (unit[0] !== 0 || available === 0);
  const quantity = Math.max(Math.abs(held), Math.abs(sold));
  const [toAvailable, toHeld, toSold] = unit;
  if (held !== quantity * toHeld || sold !== quantity * toSold) return false;
  if (kind === kinds.order_refund_requested) return quantity > 0 && (available === 0 || available === quantity);
  const isStill = toHeld === 0 && toSold === 0;
  return available === quantity * toAvailable && (isStill || quantity > 0);
}

/** What is wrong with an event as one of its campaign. */
export function problemOfCampaignEvent(sale: Sale, event: EventRow, rule: EventRule): string | null {
  const { kind, campaignId, atMs } = event;
  if (campaignId === null) return null;
  const campaign = sale.campaigns.get(campaignId);
  const id = () => formatId("cmp", campaignId);
  if (campaign === undefined) return `is about campaign ${id()}, which does not exist`;
  if (rule.campaign !== undefined) return problemOfCampaignMove(campaign, event, rule.campaign);
  if (campaign.replayed === null) return `is about campaign ${id()}, which is not created yet`;
  switch (kind) {
    case kinds.order_reserved:
      if (campaign.admission.mode === "draw") return `reserves in campaign ${id()}, which sells by a draw`;
      if (campaign.replayed !== "open") return `reserves while campaign ${id()} is ${campaign.replayed}`;
      return atMs >= (campaign.opensAtMs ?? 0) && atMs < (campaign.closesAtMs ?? Number.POSITIVE_INFINITY)
        ? null
        : `reserves outside the window of campaign ${id()}`;
    case kinds.order_offered:
      return problemOfOffering(campaign, event);
    case kinds.waitlist_joined:
      if (campaign.admission.mode !== "open") return `joins a waitlist in campaign ${id()}, which has none`;
      return campaign.replayed === "open" ? null : `joins while campaign ${id()} is ${campaign.replayed}`;
    case kinds.draw_entered:
      if (campaign.admission.mode !== "draw") return `enters a draw in campaign ${id()}, which has none`;
      return campaign.replayed === "open" ? null : `enters a draw while campaign ${id()} is ${campaign.replayed}`;
    case kinds.offer_restocked:
      return campaign.replayed === "ended" ? `restocks after the end of campaign ${id()}` : null;
    case kinds.buyers_erased: {
      const isSettled = campaign.replayed === "ended" && campaign.offers.every(({ moved }) => moved.held === 0);
      return isSettled ? null : `erases buyers before campaign ${id()} is settled`;
    }
    default:
      return null;
  }
}

function problemOfCampaignMove(
  campaign: CampaignRow,
  event: EventRow,
  { from, to }: NonNullable<EventRule["campaign"]>,
): string | null {
  const before = campaign.replayed;
  const id = formatId("cmp", campaign.id);
  campaign.replayed = to;
  if (to === "ended") {
    campaign.replayedEndedSeq = event.id;
    campaign.endedAtMs = event.atMs;
  }
  if (!from.includes(before)) return `finds campaign ${id} ${before ?? "not created"}`;
  if (to === "draft") {
    if (event.id !== campaign.id || event.atMs !== campaign.createdAtMs) return `is not the creation of campaign ${id}`;
    if (event.details === sha256(detailsText("", campaignDetails(campaign)))) return null;
    return `was hashed with another title, description, kind, opening, payment window or admission than campaign ${id} has`;
  }
  return event.kind === kinds.campaign_published ? problemOfPublishing(campaign, event) : null;
}

/** A queue and a draw are published with a secret that fits what is told of it, a draw with a beacon at most besides. */
function problemOfPublishing(campaign: CampaignRow, event: EventRow): string | null {
  const id = formatId("cmp", campaign.id);
  if (!isPublishing(campaign, event)) {
    return `was hashed with another closing, commitment or beacon than campaign ${id} has`;
  }
  const { admission, draw, secret } = campaign;
  const isOfMode = (draw !== null) === (admission.mode !== "open") && (secret !== null) === (draw !== null);
  const hasBeacon = draw !== null && draw.beacon !== null;
  if (!isOfMode || (hasBeacon && admission.mode !== "draw")) {
    return `does not settle what the ${admission.mode} campaign ${id} is drawn by`;
  }
  if (draw === null || secret === null || isSecretOf(secret, draw.commitment)) return null;
  return `commits to another secret than campaign ${id} has`;
}

/** Whether it is what was committed to: SHA-256 of its bytes. */
export function isSecretOf(secret: string, commitment: string): boolean {
  return hashForm.test(secret) && commitmentOf(secret) === commitment;
}

function isPublishing({ closesAtMs, draw }: CampaignRow, event: EventRow): boolean {
  return event.details === sha256(detailsText("", publishingDetails(closesAtMs, draw)));
}

/** To the waitlist while open, or after the closing time; not when an operator has ended it. */
function problemOfOffering(campaign: CampaignRow, event: EventRow): string | null {
  const id = formatId("cmp", campaign.id);
  const { replayed, closesAtMs, endedAtMs } = campaign;
  if (replayed === "ended") {
    campaign.replayedEndedSeq = event.id;
    const isByClock = closesAtMs !== null && endedAtMs !== null && endedAtMs >= closesAtMs;
    return isByClock && campaign.hasWaitlist === 1 ? null : `offers a unit after an operator has ended campaign ${id}`;
  }
  if (replayed !== "open") return `offers a unit while campaign ${id} is ${replayed}`;
  return campaign.hasWaitlist === 1 || campaign.state === "ended"
    ? null
    : `offers a unit in campaign ${id}, which has no waitlist`;
}

/** What an offer was created with is what its row says. */
export function problemOfOfferTerms(sale: Sale, event: EventRow): string | null {
  const offer = event.offerId === null ? undefined : sale.offers.get(event.offerId);
  if (event.kind !== kinds.offer_created || offer === undefined) return null;
  if (event.details === sha256(detailsText("", offerDetails(offer)))) return null;
  return `was hashed with other terms (SKU, texts, prices, limit) than offer ${formatId("off", offer.id)} has`;
}

export function finishCampaigns(check: Check, sale: Sale): void {
  for (const campaign of sale.campaigns.values()) {
    const { id, state, replayed, endedSeq, replayedEndedSeq, closesAtMs, endedAtMs, hasWaitlist } = campaign;
    check.count += 1;
    const name = formatId("cmp", id);
    if (state !== replayed) check.fail(`campaign ${name} is ${state}, its events make it ${replayed ?? "nothing"}`);
    if (endedSeq !== replayedEndedSeq) {
      check.fail(
        `campaign ${name} was ended by event ${endedSeq ?? "none"}, its events say ${replayedEndedSeq ?? "none"}`,
      );
    }
    const isByOperator = endedAtMs !== null && (closesAtMs === null || endedAtMs < closesAtMs);
    if (isByOperator && hasWaitlist === 1) check.fail(`campaign ${name} has a waitlist after an operator has ended it`);
  }
}

export function finishOffers(check: Check, sale: Sale): void {
  for (const offer of sale.offers.values()) {
    check.count += 1;
    const id = formatId("off", offer.id);
    const { available, held, sold, total, moved } = offer;
    if (!offer.isCreated) check.fail(`offer ${id} was never created by an event`);
    if (available + held + sold !== total) {
      check.fail(`offer ${id}: available ${available} + held ${held} + sold ${sold} is not total ${total}`);
    }
    for (const place of ["available", "held", "sold"] as const) {
      if (offer[place] < 0) check.fail(`offer ${id}: ${place} is ${offer[place]}`);
      if (offer[place] !== moved[place]) {
        check.fail(`offer ${id}: ${place} is ${offer[place]}, its events add up to ${moved[place]}`);
      }
    }
  }
}

/** Names the event with what is wrong, if anything is. */
export function failEvent(check: Check, event: EventRow, problem: string | null): void {
  if (problem !== null) check.fail(`${nameOf(event)} ${problem}`);
}
