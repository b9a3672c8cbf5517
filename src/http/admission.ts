/**
 * Whether somebody may try: asked by every route with which a buyer tries for something, once they are known and before
 * anything dear is done for them. Order: the access list (who is blocked is refused, who is allowed is let by all that
 * follows), rate limits (gate.ts), what the risk desk has decided. And what a request comes with as a solved challenge, where its
 * campaign asks for one.
 *
 * Whoever is refused is told why, in words that they can act on.
 */
import type { AccessList } from "../admission/access-list.ts";
import type { Captcha } from "../admission/captcha.ts";
import { type ChallengeFailure, type Challenges, challengeResults, type Difficulty } from "../admission/challenge.ts";
import type { RateTable } from "../admission/rate-limit.ts";
import type { RiskFeed } from "../admission/risk/feed.ts";
import type { Verdict } from "../admission/risk/mailbox.ts";
import type { RuleName } from "../admission/risk/rules.ts";
import type { Verdicts } from "../admission/risk/verdicts.ts";
import type { AccessEntry } from "../domain/access.ts";
import type { ChallengeKind } from "../domain/admission.ts";
import type { Clock } from "../host/clock.ts";
import type { Metrics } from "../host/metrics.ts";
import { type ClientAddresses, networkOf, nobodysAddress } from "./address.ts";
import type { Buyer } from "./auth.ts";
import type { Gate } from "./gate.ts";
import type { Office } from "./office.ts";
import { problem } from "./problem.ts";
import { wireTime, wireTimeOrNull } from "./respond.ts";

/** The header with which a solved challenge comes: base64 of ALTCHA's JSON, or the captcha's token. */
export const challengeHeader = "rushbox-challenge";

export interface AdmissionParts {
  readonly access: AccessList;
  readonly addresses: ClientAddresses;
  /** `null` where none is configured. */
  readonly captcha: Captcha | null;
  readonly challenges: Challenges;
  readonly clock: Clock;
  readonly feed: RiskFeed;
  readonly gate: Gate;
  readonly metrics: Metrics;
  readonly office: Pick<Office, "controls">;
  readonly rates: RateTable;
  readonly verdicts: Verdicts;
}

/** Why somebody may not try. */
export interface Refusal {
  readonly outcome: "blocked" | "slowed" | "rate_limited" | "client_gone";
  readonly response: Response;
}

/** What whoever is slowed down may do. */
const slowRate = { quota: 1, windowS: 3 } as const;

export class Admission {
  readonly #parts: AdmissionParts;
  readonly #refusals: Readonly<Record<"block" | "slow", number>>;
  readonly #challengeSeries: ReadonlyMap<string, number>;

  constructor(parts: AdmissionParts) {
    this.#parts = parts;
    const { metrics } = parts;
    const refused = (action: string) => metrics.series("rushbox_risk_refusals_total", { action, mode: "enforce" });
    this.#refusals = { block: refused("block"), slow: refused("slow") };
    this.#challengeSeries = new Map(
      challengeResults.map((result) => [result, metrics.series("rushbox_challenges_total", { result })]),
    );
  }

  /** Whether a captcha is configured: a campaign that asks for one can be made. */
  get hasCaptcha(): boolean {
    return this.#parts.captcha !== null;
  }

  /** Takes an attempt to buy, join or enter: the refusal, or `null`. Call it once for each attempt. */
  admit(request: Request, buyer: Buyer, campaignId: number): Refusal | null {
    const { access, feed, gate, clock, office } = this.#parts;
    const nowMs = clock.nowMs();
    if (access.isEmpty && !feed.isOn) return limitedBy(gate.admit(request, buyer.id, campaignId, nowMs));
    const addressOf = this.#addressOf(request);
    if (!access.isEmpty) {
      const entry = access.find(buyer.id, addressOf, nowMs);
      if (entry?.effect === "allow") return null;
      if (entry?.effect === "block") return { outcome: "blocked", response: blockedByList(entry) };
      if (access.needsAddress && addressOf() === nobodysAddress) return clientGone();
    }
    if (feed.wants("attempt")) {
      const address = networkOf(addressOf());
      feed.note("attempt", { buyerId: buyer.id, address, campaignId, atMs: nowMs, amount: 1 });
    }
    const refused = limitedBy(gate.admit(request, buyer.id, campaignId, nowMs));
    if (refused !== null || office.controls.riskMode !== "enforce") return refused;
    return this.#byRisk(buyer, addressOf, nowMs);
  }

  /** Whether a buyer is blocked, without counting an attempt: for what comes before one. */
  refuseBlocked(request: Request, buyer: Buyer): Response | null {
    const { access, clock } = this.#parts;
    const nowMs = clock.nowMs();
    const entry = access.isEmpty ? null : access.find(buyer.id, this.#addressOf(request), nowMs);
    if (entry !== null) return entry.effect === "block" ? blockedByList(entry) : null;
    const verdict = this.#verdict(request, buyer);
    return verdict?.action === "block" ? blockedByRisk(verdict) : null;
  }

  /** Where an attempt came from, for `noteOrder`. */
  whereFrom(request: Request): string {
    return networkOf(this.#parts.addresses.of(request));
  }

  /** Notes units that an attempt has got. Where from is asked for only when it is to be told: most of a rush is not. */
  noteOrder(from: () => string, buyer: Buyer, campaignId: number, units: number): void {
    const { feed, clock } = this.#parts;
    if (!feed.wants("order")) return;
    feed.note("order", { buyerId: buyer.id, address: from(), campaignId, atMs: clock.nowMs(), amount: units });
  }

  /** Counts how somebody was refused at the door of a campaign. How attempts to buy end is counted on its board. */
  noteRefusal(campaignId: number, outcome: string): void {
    this.#parts.feed.count(campaignId, outcome);
  }

  /** How difficult this buyer's next challenge is. */
  difficultyFor(request: Request, buyer: Buyer): Difficulty {
    return this.#verdict(request, buyer) === null ? "normal" : "harder";
  }

  /**
   * Whether the request comes with the solved challenge that its campaign asks for: `null`, and the solution is used up;
   * or the refusal. Call it last, when nothing but the challenge is missing: a solution counts once.
   */
  async checkChallenge(
    request: Request,
    buyer: Buyer,
    campaign: { readonly id: number; readonly admission: { readonly challenge: ChallengeKind } },
  ): Promise<Response | null> {
    const { challenges, captcha, feed, clock, access } = this.#parts;
    const { challenge } = campaign.admission;
    if (challenge === "none") return null;
    if (!access.isEmpty && access.find(buyer.id, this.#addressOf(request), clock.nowMs())?.effect === "allow") {
      return null;
    }
    const sent = request.headers.get(challengeHeader);
    if (challenge === "proof_of_work") {
      const outcome = await challenges.check(sent, buyer.id, campaign.id, this.difficultyFor(request, buyer));
      this.#countChallenge(outcome.code);
      if (outcome.code === "overloaded") return problem("overloaded");
      if (outcome.code !== "solved") return this.#refuseChallenge(campaign.id, outcome.code);
      if (outcome.difficulty === "normal" && feed.wants("solved")) {
        const address = networkOf(this.#parts.addresses.of(request));
        const what = { campaignId: campaign.id, atMs: clock.nowMs(), amount: outcome.takenMs };
        feed.note("solved", { buyerId: buyer.id, address, ...what });
      }
      return null;
    }
    const outcome = captcha === null ? unavailable : await captcha.check(sent, buyer.id, campaign.id);
    this.#countChallenge(outcome.code);
    if (outcome.code === "unavailable") return problem("challenge_unavailable");
    return outcome.code === "solved" ? null : this.#refuseChallenge(campaign.id, outcome.code);
  }

  #byRisk(buyer: Buyer, addressOf: () => string, nowMs: number): Refusal | null {
    const { verdicts, metrics, rates } = this.#parts;
    let isGone = false;
    const networkHere = () => {
      isGone = addressOf() === nobodysAddress;
      return networkOf(addressOf());
    };
    const verdict = verdicts.refusing(buyer.id, networkHere, nowMs);
    if (isGone) return clientGone();
    if (verdict === null) return null;
    const waitMs = verdict.action === "slow" ? rates.take("slowed", buyer.id, slowRate, nowMs) : 0;
    if (verdict.action === "slow" && waitMs === 0) return null;
    metrics.add(this.#refusals[verdict.action], 1);
    if (verdict.action === "block") return { outcome: "blocked", response: blockedByRisk(verdict) };
    return { outcome: "slowed", response: slowed(verdict, waitMs) };
  }

  #refuseChallenge(campaignId: number, reason: ChallengeFailure): Response {
    const isMissing = reason === "missing";
    this.noteRefusal(campaignId, isMissing ? "challenge_required" : "challenge_failed");
    return isMissing ? problem("challenge_required") : problem("challenge_failed", { members: { reason } });
  }

  /** In force and enforced. */
  #verdict(request: Request, buyer: Buyer): Verdict | null {
    const { verdicts, office, clock, addresses } = this.#parts;
    if (office.controls.riskMode !== "enforce") return null;
    return verdicts.of(buyer.id, () => networkOf(addresses.of(request)), clock.nowMs());
  }

  /** The address of a request, looked up once. */
  #addressOf(request: Request): () => string {
    let address: string | null = null;
    return () => {
      address ??= this.#parts.addresses.of(request);
      return address;
    };
  }

  #countChallenge(result: string): void {
    const series = this.#challengeSeries.get(result);
    if (series === undefined) throw new Error(`no result of a challenge: ${result}`);
    this.#parts.metrics.add(series, 1);
  }
}

const unavailable = { code: "unavailable" } as const;

/** Who hangs up before being asked where from must not get in by that; nobody reads what they are answered. */
function clientGone(): Refusal {
  return { outcome: "client_gone", response: problem("overloaded") };
}

function limitedBy(response: Response | null): Refusal | null {
  return response === null ? null : { outcome: "rate_limited", response };
}

function blockedByList({ reason, expiresAtMs }: AccessEntry): Response {
  const end = expiresAtMs === null ? "" : ` This ends at ${wireTime(expiresAtMs)}.`;
  return problem("blocked", {
    detail: `The operator of this sale has blocked you: ${reason}.${end} If that is a mistake, ask the shop.`,
    members: { blocked_by: "access_list", reason, expires_at: wireTimeOrNull(expiresAtMs) },
  });
}

function blockedByRisk({ fired, expiresAtMs }: Verdict): Response {
  const reason = fired[0]?.rule ?? "many_attempts";
  return problem("blocked", {
    detail: `${ruleWords[reason]} Until ${wireTime(expiresAtMs)} you are not let in; going on prolongs it. If that is a mistake, ask the shop.`,
    members: { blocked_by: "risk", reason, expires_at: wireTime(expiresAtMs) },
  });
}

function slowed({ fired }: Verdict, waitMs: number): Response {
  const reason = fired[0]?.rule ?? "many_attempts";
  return problem("slowed", {
    detail: `${ruleWords[reason]} You may try once every ${slowRate.windowS} seconds for a while.`,
    retryAfterS: Math.max(1, Math.ceil(waitMs / 1_000)),
    members: { reason },
  });
}

/** Each rule to whoever has met it: what was seen, and what to do. */
export const ruleWords: Readonly<Record<RuleName, string>> = {
  many_attempts: "You have tried far more often than a person clicks: close what clicks for you, and try once.",
  regular_clicks: "Your attempts come as regularly as a clock's: close what clicks for you, and try by hand.",
  quick_solutions: "Challenges are solved for you quicker than any browser does it: use the shop's own page.",
  many_addresses: "You come from many addresses at once: stay with one connection, without a rotating proxy.",
  crowded_address: "Very many accounts try from your address: use another connection, your mobile one for example.",
  crowded_subnet: "Very many accounts try from your network: use another connection, your mobile one for example.",
};
