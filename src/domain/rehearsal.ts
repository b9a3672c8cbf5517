/**
 * A rehearsal: a campaign tried out with simulated buyers on a copy of it. It is no part of the sale: no event tells of
 * it, and what it sells was never there.
 *
 * | state   | entered when                                                                       | left when                 |
 * |---------|------------------------------------------------------------------------------------|---------------------------|
 * | running | an operator starts it                                                              | it ends in one of the others |
 * | done    | there is a report                                                                  | never                     |
 * | failed  | it could not be done                                                               | never                     |
 * | stopped | an operator or the server stops it, or there is more to do than can be done        | never                     |
 */
export const rehearsalStates = ["running", "done", "failed", "stopped"] as const;
export type RehearsalState = (typeof rehearsalStates)[number];

export const rehearsalPhases = ["arriving", "rush", "paying"] as const;

/** What can be the limit of a sale: decided by cli/rehearsal-bottleneck.ts. */
export const rehearsalLimits = [
  "stock",
  "demand",
  "queue",
  "rate_limits",
  "engine",
  "disk",
  "http_threads",
  "simulator",
] as const;

/** An opening that is as near as this would come into a rehearsal that begins now. */
export const soonMs = 600_000;

/** What is rehearsed when nothing is said. */
export const rehearsalDefaults = {
  buyers: 5_000,
  scalpers_percent: 10,
  payment_failures_percent: 5,
  rush_s: 30,
} as const;
