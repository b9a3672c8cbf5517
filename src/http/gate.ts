/**
 * Whether a request may go on at all, before anything dear is done for it: rate limits, what operators have switched
 * off, what is given up under load. Every refusal is a named problem that says when to come back, and is made once and
 * copied: it costs less than what it refuses.
 */
import type { LoadBoard } from "../admission/load-board.ts";
import type { LoadLevel } from "../admission/load-level.ts";
import type { RateTable } from "../admission/rate-limit.ts";
import {
  isOn,
  type RateLimit,
  type RateLimitName,
  type RateLimits,
  rateLimitNames,
  type SwitchName,
} from "../domain/controls.ts";
import type { Clock } from "../host/clock.ts";
import type { Metrics } from "../host/metrics.ts";
import { type ClientAddresses, networkOf, nobodysAddress } from "./address.ts";
import type { Office } from "./office.ts";
import { type PreparedProblem, prepareProblem, respondPrepared } from "./problem.ts";

/** What a route is for, where it is given up before others. */
export const works = ["exports", "search", "chat", "streams", "joins", "orders", "changes"] as const;
export type Work = (typeof works)[number];

interface WorkRule {
  readonly switches: readonly SwitchName[];
  /** The level of load at which it is given up; of purchases a share alone. */
  readonly level: LoadLevel | null;
}

const rules: Readonly<Record<Work, WorkRule>> = {
  exports: { switches: ["exports_off"], level: "exports" },
  search: { switches: ["search_off"], level: "search" },
  chat: { switches: ["chat_off"], level: "search" },
  streams: { switches: ["streams_off"], level: "streams" },
  joins: { switches: ["refuse_joins", "read_only"], level: "joins" },
  orders: { switches: ["read_only"], level: "all" },
  changes: { switches: ["read_only"], level: null },
};

/** What one buyer may ask about what is theirs: five a second, more often than anything changes for them. */
const questionRate: RateLimit = { quota: 50, windowS: 10 };
/** What those who are nobody may say by one address: as much as a small office says. */
const talkRate: RateLimit = { quota: 200, windowS: 10 };
/** How long a signed message of a chat platform is remembered: longer than its signature is taken for new. */
const messageRate: RateLimit = { quota: 1, windowS: 900 };
const noLimits: RateLimits = {
  ...{ buyer: null, address: null, campaign: null, overall: null, failures: null, guests: null },
};
/** What is refused for a while under load: longer than a level lasts at least. */
const shedRetryAfterS = 5;
/** Refusals by limit and wait, which are some dozens; a limit of a day has more. */
const preparedMax = 2_000;

export interface GateParts {
  readonly addresses: ClientAddresses;
  readonly areRatesLimited: boolean;
  readonly clock: Clock;
  readonly load: LoadBoard;
  readonly metrics: Metrics;
  readonly office: Pick<Office, "controls">;
  readonly rates: RateTable;
}

export class Gate {
  readonly #parts: GateParts;
  readonly #prepared = new Map<string, PreparedProblem>();
  readonly #limited: Readonly<Record<RateLimitName, number>>;
  readonly #shed: Readonly<Record<Work, number>>;

  constructor(parts: GateParts) {
    this.#parts = parts;
    const { metrics } = parts;
    const seriesOf = <T extends string>(names: readonly T[], name: string, label: string) =>
      Object.fromEntries(names.map((value) => [value, metrics.series(name, { [label]: value })])) as Record<T, number>;
    this.#limited = seriesOf(rateLimitNames, "rushbox_rate_limited_total", "limit");
    this.#shed = seriesOf(works, "rushbox_shed_total", "work");
  }

  /**
   * Counts an attempt of a buyer, against every limit that is on: the refusal, or `null`. Call it once for each attempt,
   * when the buyer is known and before anything dear. An attempt that a later limit refuses has counted for those before
   * it; the buyer's own is asked first, so nobody uses up what is there for all by asking too often.
   */
  admit(request: Request, buyerId: string, campaignId: number, nowMs: number): Response | null {
    const { rates, addresses } = this.#parts;
    const { buyer, address, campaign, overall } = this.#limits;
    if (buyer !== null) {
      const waitMs = rates.take("buyer", buyerId, buyer, nowMs);
      if (waitMs > 0) return this.#limitedBy("buyer", buyer, waitMs);
    }
    if (address !== null) {
      const from = addresses.of(request);
      if (from === nobodysAddress) return this.#limitedBy("address", address, address.windowS * 1_000);
      const waitMs = rates.take("address", networkOf(from), address, nowMs);
      if (waitMs > 0) return this.#limitedBy("address", address, waitMs);
    }
    if (campaign !== null) {
      const waitMs = rates.take("campaign", String(campaignId), campaign, nowMs);
      if (waitMs > 0) return this.#limitedBy("campaign", campaign, waitMs);
    }
    if (overall !== null) {
      const waitMs = rates.take("overall", "", overall, nowMs);
      if (waitMs > 0) return this.#limitedBy("overall", overall, waitMs);
    }
    return null;
  }

  /**
   * Whether a buyer may ask once more for what they have: as often as they may try, counted apart, so that whoever has
   * used up their attempts, or comes when all are used up, still learns that they have an order.
   */
  admitsRepetition(buyerId: string): boolean {
    const { rates, clock } = this.#parts;
    const { buyer } = this.#limits;
    return buyer === null || rates.take("repetition", buyerId, buyer, clock.nowMs()) === 0;
  }

  /**
   * Counts a question of a buyer about what is theirs already, or that they leave it: counted apart from attempts and by
   * a quota of its own, so that whoever follows their place uses up nothing, however few attempts there are. The
   * refusal, or `null`; nobody is refused while buyers are not limited.
   */
  refuseQuestion(buyerId: string): Response | null {
    const { rates, clock } = this.#parts;
    if (this.#limits.buyer === null) return null;
    const waitMs = rates.take("question", buyerId, questionRate, clock.nowMs());
    return waitMs === 0 ? null : this.#limitedBy("buyer", questionRate, waitMs);
  }

  /** Counts what is said by somebody who is nobody, by where they come from: the refusal, or `null`. */
  refuseTalk(request: Request): Response | null {
    const { rates, clock, addresses } = this.#parts;
    if (this.#limits.buyer === null) return null;
    const waitMs = rates.take("talk", networkOf(addresses.of(request)), talkRate, clock.nowMs());
    return waitMs === 0 ? null : this.#limitedBy("address", talkRate, waitMs);
  }

  /** Whether a signed message comes for the first time, on whatever thread. */
  isNewMessage(id: string): boolean {
    const { rates, clock } = this.#parts;
    return rates.take("message", id, messageRate, clock.nowMs()) === 0;
  }

  /** Whether a token that is not known may be checked: the refusal where too many from there were wrong, or `null`. */
  refuseToken(request: Request): Response | null {
    const { rates, clock, addresses } = this.#parts;
    const { failures } = this.#limits;
    if (failures === null) return null;
    const waitMs = rates.look("failures", networkOf(addresses.of(request)), failures, clock.nowMs());
    return waitMs > 0 ? this.#limitedBy("failures", failures, waitMs) : null;
  }

  /** Counts a token that was wrong. */
  countFailure(request: Request): void {
    const { rates, clock, addresses } = this.#parts;
    const { failures } = this.#limits;
    if (failures !== null) rates.take("failures", networkOf(addresses.of(request)), failures, clock.nowMs());
  }

  /** Counts somebody who wants to be a guest, by where they come from: the refusal, or `null`. */
  refuseGuest(request: Request): Response | null {
    const { rates, clock, addresses } = this.#parts;
    const { guests } = this.#limits;
    if (guests === null) return null;
    const waitMs = rates.take("guests", networkOf(addresses.of(request)), guests, clock.nowMs());
    return waitMs > 0 ? this.#limitedBy("guests", guests, waitMs) : null;
  }

  /** Why work of this kind is not done now, for a campaign or for none: the refusal, or `null`. */
  refuse(work: Work, campaignId: number | null = null): Response | null {
    return this.refuseSwitchedOff(work, campaignId) ?? this.shed(work);
  }

  refuseSwitchedOff(work: Work, campaignId: number | null): Response | null {
    const { controls } = this.#parts.office;
    if (controls.switchesOn.length === 0) return null;
    const name = rules[work].switches.find((one) => isOn(controls, one, campaignId));
    if (name === undefined) return null;
    return this.#answer(`off ${name}`, () => prepareProblem("switched_off", { members: { switch: name } }));
  }

  /** The refusal of work that is given up under the load of this moment, or `null`. */
  shed(work: Work): Response | null {
    const { level } = rules[work];
    if (level === null || !this.#parts.load.refuses(level)) return null;
    if (work === "orders" && !this.#parts.load.refusesPurchase()) return null;
    this.#parts.metrics.add(this.#shed[work], 1);
    return this.#answer(`shed ${work}`, () =>
      prepareProblem("overloaded", {
        detail: "There is more to do than can be done: this has to wait. Nothing was changed.",
        retryAfterS: shedRetryAfterS,
        members: { refused: work },
      }),
    );
  }

  /** Whether nothing is sold for now in this campaign. */
  isPaused(campaignId: number): boolean {
    const { controls } = this.#parts.office;
    return controls.switchesOn.length > 0 && isOn(controls, "pause_sales", campaignId);
  }

  get #limits(): RateLimits {
    return this.#parts.areRatesLimited ? this.#parts.office.controls.rateLimits : noLimits;
  }

  /** The fields are those of draft-ietf-httpapi-ratelimit-headers-10. */
  #limitedBy(name: RateLimitName, { quota, windowS }: RateLimit, waitMs: number): Response {
    this.#parts.metrics.add(this.#limited[name], 1);
    const retryAfterS = Math.max(1, Math.ceil(waitMs / 1_000));
    return this.#answer(`${name} ${quota} ${windowS} ${retryAfterS}`, () =>
      prepareProblem("rate_limited", {
        retryAfterS,
        headers: {
          "ratelimit-policy": `"${name}";q=${quota};w=${windowS}`,
          ratelimit: `"${name}";r=0;t=${retryAfterS}`,
        },
        members: { limit: name },
      }),
    );
  }

  #answer(key: string, prepare: () => PreparedProblem): Response {
    let prepared = this.#prepared.get(key);
    if (prepared === undefined) {
      if (this.#prepared.size === preparedMax) this.#prepared.clear();
      prepared = prepare();
      this.#prepared.set(key, prepared);
    }
    return respondPrepared(prepared);
  }
}
