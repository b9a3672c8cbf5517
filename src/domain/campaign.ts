/**
 * A campaign: offers that are sold in one window. What may be changed when, and the presets of the three kinds.
 *
 * | state     | entered when                                        | left when                                   |
 * |-----------|-----------------------------------------------------|---------------------------------------------|
 * | draft     | created                                             | published, or ended                         |
 * | scheduled | published                                           | opens_at is reached (at once when it is past or absent), or ended |
 * | open      | opened by the clock, or resumed                     | paused, closes_at is reached, or ended      |
 * | paused    | paused                                              | resumed, closes_at is reached, or ended     |
 * | ended     | closes_at is reached, or ended by an operator       | never                                       |
 *
 * Sold out is a fact about an offer, not a state: a returned or added unit reverses it.
 */
import type { AdmissionTerms, BeaconRound } from "./admission.ts";
import { limits } from "./limits.ts";
import { isCurrency, minorPerMajor } from "./money.ts";

export const campaignStates = ["draft", "scheduled", "open", "paused", "ended"] as const;
export type CampaignState = (typeof campaignStates)[number];

export const campaignKinds = ["one_yuan", "limited_time", "hot_item"] as const;
export type CampaignKind = (typeof campaignKinds)[number];

export const campaignActions = ["publish", "pause", "resume", "end"] as const;
export type CampaignAction = (typeof campaignActions)[number];

/** The states in which an operator's action is allowed; in any other it is refused as `transition_not_allowed`. */
export const actionAllowedIn: Record<CampaignAction, readonly CampaignState[]> = {
  publish: ["draft"],
  pause: ["open"],
  resume: ["paused"],
  end: ["draft", "scheduled", "open", "paused"],
};

/** What an operator asks for: the body of `POST /v1/campaigns`, times in milliseconds since 1970. */
export interface CampaignDraft {
  readonly title: string;
  /** What buyers read: what it is about, its own terms. Plain text with line breaks. */
  readonly description: string | null;
  readonly kind: CampaignKind | null;
  readonly opensAtMs: number | null;
  readonly closesAtMs: number | null;
  readonly paymentWindowS: number;
  /** Whether buyers may wait for units that return: waitlist.ts. */
  readonly hasWaitlist: boolean;
  readonly admission: AdmissionTerms;
  readonly offers: readonly OfferDraft[];
}

/** What an offer promises, unchanged for its life. */
export interface OfferTerms {
  readonly sku: string;
  readonly title: string;
  /** What buyers read: what it is. Plain text with line breaks. */
  readonly description: string | null;
  readonly priceMinor: number;
  readonly listPriceMinor: number | null;
  readonly currency: string;
  readonly limitPerBuyer: number;
  readonly brand: string | null;
  readonly category: string | null;
  readonly imageUrl: string | null;
}

export interface OfferDraft extends OfferTerms {
  /** Units at the beginning. */
  readonly stock: number;
}

/** A campaign as it stands in storage. Times in milliseconds since 1970; `id` is the `seq` of its creation. */
export interface CampaignRecord {
  readonly id: number;
  readonly title: string;
  readonly description: string | null;
  readonly kind: CampaignKind | null;
  readonly state: CampaignState;
  readonly opensAtMs: number | null;
  readonly closesAtMs: number | null;
  readonly paymentWindowS: number;
  readonly hasWaitlist: boolean;
  readonly admission: AdmissionTerms;
  /** Of the secret that the order of its queue or draw is made of; `null` before it is published, and without either. */
  readonly commitment: string | null;
  readonly beacon: BeaconRound | null;
  readonly createdAtMs: number;
}

/** A rule that a draft breaks: the field as it is named on the wire, and what to do about it. */
export interface Violation {
  readonly field: string;
  readonly detail: string;
}

interface KindPreset {
  /** The window when the draft names no closing: a sale of a kind always ends. */
  readonly windowMs: number;
  readonly stockMax: number;
  readonly limitPerBuyerMax: number;
  /** Whether the price must be one unit of the currency or less. */
  readonly floorPrice: boolean;
}

const minute = 60_000;

/** One-yuan: floor price, very few. Limited-time: a special price, few or many. Hot item: few, hot, short. */
export const kindPresets: Record<CampaignKind, KindPreset> = {
  one_yuan: { windowMs: 30 * minute, stockMax: 1_000, limitPerBuyerMax: 1, floorPrice: true },
  limited_time: {
    windowMs: 120 * minute,
    stockMax: limits.stockMax,
    limitPerBuyerMax: limits.quantityMax,
    floorPrice: false,
  },
  hot_item: { windowMs: 10 * minute, stockMax: 10_000, limitPerBuyerMax: 2, floorPrice: false },
};

/** All rules of the trade that a draft breaks, in the order of its fields; empty when it may be created. */
export function violationsOf(draft: CampaignDraft, nowMs: number): Violation[] {
  const found: Violation[] = [];
  const { opensAtMs, closesAtMs, kind } = draft;
  if (closesAtMs !== null && closesAtMs <= nowMs) {
    found.push({ field: "closes_at", detail: "is in the past: choose a later time" });
  }
  if (closesAtMs !== null && opensAtMs !== null && closesAtMs <= opensAtMs) {
    found.push({ field: "closes_at", detail: "must be later than opens_at" });
  }
  found.push(...admissionViolations(draft));
  const skus = new Set<string>();
  draft.offers.forEach((offer, index) => {
    const at = `offers[${index}]`;
    if (skus.has(offer.sku)) found.push({ field: `${at}.sku`, detail: "stands twice in this campaign" });
    skus.add(offer.sku);
    if (!isCurrency(offer.currency)) {
      found.push({ field: `${at}.currency`, detail: "is no ISO 4217 code: write for example CNY" });
    } else if (kind !== null && kindPresets[kind].floorPrice && offer.priceMinor > minorPerMajor(offer.currency)) {
      found.push({
        field: `${at}.price_minor`,
        detail: `a ${kind} sale costs one unit of the currency at most: ${minorPerMajor(offer.currency)} for ${offer.currency}`,
      });
    }
    if (offer.listPriceMinor !== null && offer.listPriceMinor < offer.priceMinor) {
      found.push({ field: `${at}.list_price_minor`, detail: "must not be below price_minor" });
    }
    if (kind === null) return;
    const preset = kindPresets[kind];
    if (offer.stock > preset.stockMax) {
      found.push({ field: `${at}.stock`, detail: `a ${kind} sale has ${preset.stockMax} units of an offer at most` });
    }
    if (offer.limitPerBuyer > preset.limitPerBuyerMax) {
      found.push({
        field: `${at}.limit_per_buyer`,
        detail: `a ${kind} sale sells ${preset.limitPerBuyerMax} to one buyer at most`,
      });
    }
  });
  return found;
}

/** The rules of admission that a draft breaks. */
function admissionViolations(draft: CampaignDraft): Violation[] {
  const { mode, needsPass, passWindowS, challenge } = draft.admission;
  const found: Violation[] = [];
  if (passWindowS < limits.passWindowSMin || passWindowS > limits.passWindowSMax) {
    const detail = `must be ${limits.passWindowSMin} to ${limits.passWindowSMax}`;
    found.push({ field: "pass_window_s", detail });
  }
  if (needsPass && mode !== "open") {
    const detail = mode === "queue" ? "a queue gives passes anyway: leave it away" : "a draw gives orders, no passes";
    found.push({ field: "pass", detail });
  }
  if (mode === "open" && challenge !== "none" && !needsPass) {
    found.push({ field: "challenge", detail: "is solved for a pass: set pass to true" });
  }
  if (mode === "queue" && draft.hasWaitlist) {
    found.push({ field: "waitlist", detail: "a queue is the line itself: leave it away" });
  }
  if (mode === "draw" && !draft.hasWaitlist) {
    found.push({ field: "waitlist", detail: "what is not paid goes down the draw's list: leave it away" });
  }
  if (mode === "draw" && draft.closesAtMs === null && draft.kind === null) {
    found.push({ field: "closes_at", detail: "a draw happens at the closing: say when" });
  }
  found.push(...agentViolations(draft.admission));
  return found;
}

function agentViolations({ mode, agents: { policy, sharePercent } }: AdmissionTerms): Violation[] {
  const { agentSharePercentMin: min, agentSharePercentMax: max } = limits;
  if (policy !== "share") {
    const detail = "is for the policy share alone: leave it away";
    return sharePercent === null ? [] : [{ field: "agents.share_percent", detail }];
  }
  const found: Violation[] = [];
  if (mode === "draw") {
    const detail = "a draw gives every entry the same chance: let agents enter (allowed) or not (humans_only)";
    found.push({ field: "agents.policy", detail });
  }
  if (sharePercent === null || sharePercent < min || sharePercent > max) {
    const detail = `say how much of each offer agents may have: ${min} to ${max}`;
    found.push({ field: "agents.share_percent", detail });
  }
  return found;
}

/** The closing of a campaign that is published now: its own, else by its kind, else none. */
export function closingWhenPublished(
  campaign: { kind: CampaignKind | null; opensAtMs: number | null; closesAtMs: number | null },
  nowMs: number,
): number | null {
  if (campaign.closesAtMs !== null || campaign.kind === null) return campaign.closesAtMs;
  return Math.max(nowMs, campaign.opensAtMs ?? nowMs) + kindPresets[campaign.kind].windowMs;
}
