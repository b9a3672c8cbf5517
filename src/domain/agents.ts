/**
 * Software that buys in a buyer's name: whether a campaign lets it, and how much of an offer it may take. Who acts is
 * known at the door (http/auth.ts); an order, and an entry that may become one, keep the mark for good.
 *
 * | policy      | agents buy                                             | agents join a queue | enter a draw | wait for units |
 * |-------------|--------------------------------------------------------|---------------------|--------------|----------------|
 * | allowed     | like anyone                                            | yes                 | yes          | yes            |
 * | share       | as long as they have less than their share of an offer | unless it is gone   | there is none | no            |
 * | humans_only | never                                                  | no                  | no           | no             |
 *
 * The share is looked at when an order is reserved and when a queue gives an agent a pass: no more of them are given than
 * agents can have units then, and those who stand behind are let in past agents who have to wait for theirs. Otherwise it
 * moves nothing: a payment that comes late gets its unit again if one is there, since money that was paid wins; and units
 * that an operator writes off or takes back leave the orders that were made.
 */

/** Who acts in the buyer's name; `null` where it is the buyer. */
export type Actor = "agent";

export const agentPolicies = ["allowed", "humans_only", "share"] as const;
export type AgentPolicy = (typeof agentPolicies)[number];

export interface AgentTerms {
  readonly policy: AgentPolicy;
  /** Of the units of each offer, 1 to 99; `null` unless the policy is `share`. */
  readonly sharePercent: number | null;
}

/** What a campaign that says nothing of it has. */
export const agentsAllowed: AgentTerms = { policy: "allowed", sharePercent: null };

/** Units of an offer that agents' orders may hold and have bought together. */
export function agentUnitsMax(total: number, sharePercent: number): number {
  return Math.floor((total * sharePercent) / 100);
}

/** The smallest number of units of an offer of which agents may have so many. */
export function totalForAgents(units: number, sharePercent: number): number {
  return Math.ceil((units * 100) / sharePercent);
}

/** Whether agents are let in at all; `waitlist`: to wait for units that return. */
export function admitsAgents({ policy }: AgentTerms, to: "queue" | "draw" | "waitlist" | "buy"): boolean {
  return policy === "allowed" || (policy === "share" && to !== "waitlist");
}
