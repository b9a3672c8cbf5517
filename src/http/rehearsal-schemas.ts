/**
 * The shapes of a rehearsal: what an operator asks for, what is seen every second, what is reported. The process that
 * rehearses writes them, the server passes them on as they are, so the types of both come from here.
 */
import { type Static, Type } from "@sinclair/typebox";
import { admissionModes, challengeKinds } from "../domain/admission.ts";
import { limits } from "../domain/limits.ts";
import { rehearsalDefaults, rehearsalLimits, rehearsalPhases, rehearsalStates } from "../domain/rehearsal.ts";
import { closed, figure, fraction, idOf, nullable, oneOf, time } from "./schemas.ts";

const settings = {
  buyers: Type.Integer({
    minimum: 1,
    maximum: limits.rehearsalBuyersMax,
    default: rehearsalDefaults.buyers,
    description: "simulated buyers, scalpers' accounts among them",
    examples: [5_000],
  }),
  scalpers_percent: Type.Integer({
    minimum: 0,
    maximum: limits.rehearsalScalpersPercentMax,
    default: rehearsalDefaults.scalpers_percent,
    description: "how many of them are accounts of scalpers, in percent",
  }),
  payment_failures_percent: Type.Integer({
    minimum: 0,
    maximum: 100,
    default: rehearsalDefaults.payment_failures_percent,
    description: "how many orders are not paid, in percent",
  }),
  rush_s: Type.Integer({
    minimum: 1,
    maximum: limits.rehearsalRushSMax,
    default: rehearsalDefaults.rush_s,
    description: "seconds over which people arrive around the opening",
  }),
  seed: Type.Integer({
    minimum: 0,
    maximum: limits.rehearsalSeedMax,
    description: "who does what: the same seed brings the same crowd; one is chosen when absent",
  }),
} as const;

export const RehearsalSettings = Type.Object(settings);
export type RehearsalSettings = Static<typeof RehearsalSettings>;

export const RehearsalBody = Type.Object(
  {
    buyers: Type.Optional(settings.buyers),
    scalpers_percent: Type.Optional(settings.scalpers_percent),
    payment_failures_percent: Type.Optional(settings.payment_failures_percent),
    rush_s: Type.Optional(settings.rush_s),
    seed: Type.Optional(settings.seed),
    beside_sale: Type.Optional(
      Type.Boolean({
        default: false,
        description: "rehearse although a sale is open, or opens within ten minutes: its buyers wait longer",
      }),
    ),
  },
  closed,
);

const ms = (description: string) => Type.Number({ minimum: 0, description: `milliseconds: ${description}` });

export const RehearsalProgress = Type.Object({
  second: Type.Integer({ description: "seconds since the opening of the copy; negative before it" }),
  phase: oneOf(rehearsalPhases, "arriving: before the opening; rush: people come; paying: the last of them pay"),
  requests_per_s: figure("requests answered"),
  orders_per_s: figure("orders reserved"),
  reserved: figure("orders reserved so far, as buyers were told"),
  paid: figure("payments made so far"),
  refused: figure("tries to buy, join or enter that were refused so far"),
  waiting: figure("in the queue, the waitlists or the draws"),
  available: figure("units on sale"),
  held: figure("units reserved"),
  sold: figure("units paid"),
  p50_ms: nullable(ms("half of this second's buy calls took so long; null when there was none")),
  p99_ms: nullable(ms("99 of 100 did")),
  engine_busy: fraction("of this second, the engine's"),
  http_lag_ms: ms("how late an HTTP thread was with its work"),
  client_lag_ms: ms("how late the simulation itself was"),
});
export type RehearsalProgress = Static<typeof RehearsalProgress>;

const byKind = (noun: string) => ({
  outcome: Type.String({ description: "its name" }),
  humans: figure(`${noun} of people`),
  scalpers: figure(`${noun} of scalpers' accounts`),
});

export const RehearsalReport = Type.Object({
  copy: Type.Object({
    title: Type.String({ description: "of the campaign" }),
    admission: oneOf(admissionModes, "as in the campaign, or queue where operators send everybody there"),
    pass: Type.Boolean({ description: "whether a pass was asked for" }),
    challenge: oneOf(challengeKinds, "what had to be solved"),
    payment_window_s: figure("seconds for paying in the copy"),
    differences: Type.Array(Type.String(), { description: "in what the copy is not the campaign" }),
  }),
  duration_s: Type.Number({ minimum: 0, description: "from the first arrival to the last payment" }),
  humans: figure("people"),
  scalpers: figure("scalpers' accounts"),
  offers: Type.Array(
    Type.Object({
      sku: Type.String({ description: "the shop's own number of the goods" }),
      title: Type.String({ description: "what buyers read" }),
      units: figure("to sell"),
      sold_out_after_s: nullable(
        Type.Number({
          description:
            "from the opening (of a draw: from its closing) until no unit was left for the first time; null when some always were",
        }),
      ),
      paid: figure("units paid"),
      unpaid: figure("units still reserved at the end"),
      left: figure("units left at the end"),
      units_of_scalpers: figure("of those that are paid or reserved"),
    }),
  ),
  peak: Type.Object({
    requests_per_s: figure("requests answered in the busiest second"),
    orders_per_s: figure("orders reserved in the busiest second"),
  }),
  buy_call: Type.Object(
    {
      count: figure("calls"),
      p50_ms: ms("half of them"),
      p90_ms: ms("90 of 100"),
      p99_ms: ms("99 of 100"),
      max_ms: ms("the slowest"),
    },
    { description: "the call that decides (buy, or enter the draw): from the click to the answer" },
  ),
  outcomes: Type.Array(Type.Object(byKind("buyers")), {
    description: "how it ended for each buyer; the sums are humans and scalpers",
  }),
  answers: Type.Array(Type.Object(byKind("answers")), {
    description: "all answers to tries to buy, to get a pass, to join or to enter",
  }),
  scalpers_share: fraction("of the units that went to buyers"),
  queue: Type.Object({
    longest: figure("most who waited at a moment, in the queue, the waitlists or the draws"),
    longest_wait_s: nullable(
      Type.Number({ minimum: 0, description: "seconds in the queue until the turn came; null without one" }),
    ),
  }),
  payments: Type.Object({
    paid: figure("orders paid"),
    failed: figure("orders whose buyer failed to pay, or did not try"),
    expired: figure("orders whose time was over"),
    refunded: figure("orders whose payment came too late, and was returned"),
    units_returned: figure("units that went back by both"),
  }),
  bottleneck: Type.Object({
    limit: oneOf(rehearsalLimits, "what kept more from being done, or more quickly"),
    why: Type.String({ description: "from which measurement that follows" }),
    advice: Type.String({ description: "what to do about it" }),
    facts: Type.Object({
      engine_busy: fraction("of the busiest second, the engine's"),
      commit: fraction("of that second, spent on storing durably"),
      http_lag_ms: ms("the latest that an HTTP thread was with its work"),
      queue_delay_ms: ms("the longest wait for the engine or a turn of an HTTP thread"),
      client_lag_ms: ms("the latest that the simulation was with its own work"),
      server_p99_ms: ms("the buy call within the server"),
      challenge_p99_ms: nullable(ms("giving a challenge, within the server; null when none was given")),
      rate_limited: fraction("of people's tries, refused by a rate limit"),
      shed: figure("requests refused because there was too much to do"),
    }),
  }),
  verification: Type.Object({
    exact: Type.Boolean({ description: "whether everything held" }),
    checks: figure("what was looked at in the copy's data folder, as 'rushbox verify' does"),
    rows: figure("rows that it went through"),
    failures: Type.Array(Type.String(), { description: "what did not hold, and where buyers were told otherwise" }),
  }),
});
export type RehearsalReport = Static<typeof RehearsalReport>;

const members = {
  id: idOf("rhs", "the rehearsal", 1),
  campaign_id: idOf("cmp", "the campaign that is rehearsed", 1),
  state: oneOf(rehearsalStates, "running, or how it ended"),
  started_at: time("when it began"),
  ended_at: nullable(time("when it ended")),
  settings: RehearsalSettings,
  report: nullable(RehearsalReport),
  failure: nullable(Type.String({ description: "why there is no report" })),
};

export const RehearsalAnswer = Type.Object({
  ...members,
  progress: Type.Array(RehearsalProgress, {
    description: `one for each second, the last ${limits.rehearsalProgressMax} of them`,
  }),
});
export type Rehearsal = Static<typeof RehearsalAnswer>;

export const RehearsalListAnswer = Type.Object({
  rehearsals: Type.Array(Type.Object(members), {
    description: `the last ${limits.rehearsalsKeptMax}, the newest first, without their progress`,
  }),
});

/** What a server tells the process that rehearses, on its first line of standard input. */
export interface RehearsalOrder {
  /** The campaign as `GET /v1/campaigns/{id}` shows it. */
  readonly campaign: RehearsedCampaign;
  readonly controls: RehearsedControls;
  readonly settings: RehearsalSettings;
}

/** Of a campaign, what its copy is made of. */
export interface RehearsedCampaign {
  readonly id: string;
  readonly title: string;
  readonly closes_at: string | null;
  readonly payment_window_s: number;
  readonly waitlist: boolean;
  readonly admission: (typeof admissionModes)[number];
  readonly pass: boolean;
  readonly pass_window_s: number;
  readonly challenge: (typeof challengeKinds)[number];
  readonly offers: readonly RehearsedOffer[];
}

export interface RehearsedOffer {
  readonly sku: string;
  readonly title: string;
  readonly price_minor: number;
  readonly currency: string;
  readonly limit_per_buyer: number;
  readonly total: number;
}

/** The controls as `GET /v1/controls` shows them. */
export interface RehearsedControls {
  readonly rate_limits: Readonly<Record<string, { readonly quota: number; readonly window_s: number } | null>>;
  readonly switches_on: readonly { readonly name: string; readonly campaign_id: string | null }[];
  readonly risk_mode: string;
}

/** A line of the process that rehearses: a second, or the report. */
export type RehearsalLine = { readonly progress: RehearsalProgress } | { readonly report: RehearsalReport };
