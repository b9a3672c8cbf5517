/**
 * How fair a sale was: how soon after the opening its orders came and what agents got, from what is stored; whose
 * subnets got how many units, how much suspects tried and got, and why attempts were refused, from what the risk desk
 * remembers. The work is bounded and takes turns with those who buy; one report at a time on a thread.
 */
import type { SaleMemory } from "../../admission/risk/mailbox.ts";
import { parseId } from "../../domain/ids.ts";
import { limits } from "../../domain/limits.ts";
import { countsAgainstLimit } from "../../domain/order.ts";
import type { IdRange } from "../../domain/order-filter.ts";
import type { CampaignEntry } from "../catalogue.ts";
import { requireOperator } from "../guard.ts";
import type { HttpParts, OrderFinder } from "../parts.ts";
import { problem } from "../problem.ts";
import { json, wireTime } from "../respond.ts";
import type { Route } from "../route.ts";

type Parts = Pick<HttpParts, "auth" | "board" | "catalogue" | "desk" | "orderFinder">;

export function fairnessRoute(parts: Parts): Route {
  let isBusy = false;
  return {
    name: "get_fairness",
    method: "GET",
    path: "/v1/campaigns/:id/fairness",
    async handle(request, { id = "" }) {
      const operator = await requireOperator(parts.auth, request, "viewer");
      if (operator instanceof Response) return operator;
      const campaignId = parseId("cmp", id);
      const campaign = campaignId === null ? undefined : parts.catalogue.campaign(campaignId);
      if (campaign === undefined) return problem("not_found");
      if (isBusy) return problem("overloaded", { detail: "Another report is being made: ask again shortly." });
      isBusy = true;
      try {
        return await report(parts, campaign);
      } finally {
        isBusy = false;
      }
    },
  };
}

async function report({ board, desk, orderFinder }: Parts, campaign: CampaignEntry): Promise<Response> {
  const { id: campaignId } = campaign.view;
  const answer = await desk.ask({ about: "campaign", campaignId });
  if (answer === null) return problem("overloaded");
  if (!("memory" in answer)) throw new Error("the desk answers what it was not asked");
  const found = await readOrders(orderFinder, campaignId);
  const { memory } = answer;
  return json(
    JSON.stringify({
      campaign_id: campaign.id,
      orders: ordersShown(campaign, found),
      remembered: memory === null ? null : memoryShown(memory, board.outcomes(campaign.line)),
    }),
  );
}

/** Rows of one turn of the event loop: a millisecond or two. */
const pageSize = 500;

/** The orders of a campaign: the first of them, where there are very many. */
interface FoundOrders {
  /** When they were reserved, ascending. */
  readonly times: number[];
  byAgents: number;
  /** Units in orders that are reserved or paid. */
  units: number;
  unitsOfAgents: number;
  isComplete: boolean;
}

async function readOrders(finder: OrderFinder, campaignId: number): Promise<FoundOrders> {
  const found: FoundOrders = { times: [], byAgents: 0, units: 0, unitsOfAgents: 0, isComplete: false };
  let range: IdRange = finder.range({ campaignId });
  while (found.times.length < limits.fairnessOrdersMax) {
    const { orders, next } = finder.oldestFirst({ campaignId }, range, pageSize);
    for (const { reservedAtMs, actor, state, quantity } of orders) {
      const units = countsAgainstLimit(state) ? quantity : 0;
      found.times.push(reservedAtMs);
      found.units += units;
      if (actor === null) continue;
      found.byAgents += 1;
      found.unitsOfAgents += units;
    }
    if (next === null) return { ...found, isComplete: true };
    range = { ...range, first: next };
    await new Promise((resolve) => setImmediate(resolve));
  }
  return found;
}

/** Upper bounds of the histogram, in milliseconds. */
const boundsMs = [10, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 300_000, 900_000, 3_600_000];
const percentiles = [1, 5, 10, 25, 50, 75, 90, 95, 99, 100];

/** A campaign that was published after its opens_at, or has none, was opened then: at the latest by its first order. */
function ordersShown({ view }: CampaignEntry, found: FoundOrders) {
  const { times, isComplete, byAgents, units, unitsOfAgents } = found;
  const hasOpening = view.opensAtMs !== null && view.opensAtMs >= view.createdAtMs;
  const fromMs = hasOpening ? (view.opensAtMs ?? 0) : (times[0] ?? null);
  const after = times.map((atMs) => Math.max(0, atMs - (fromMs ?? atMs)));
  const at = (percent: number) => after[Math.max(0, Math.ceil((percent / 100) * after.length) - 1)] ?? 0;
  let counted = 0;
  const histogram = [...boundsMs, null].map((bound) => {
    const below = bound === null ? after.length : after.findIndex((ms) => ms > bound);
    const until = below < 0 ? after.length : below;
    const count = until - counted;
    counted = until;
    return { up_to_ms: bound, orders: count };
  });
  return {
    count: times.length,
    is_complete: isComplete,
    counted_from: hasOpening ? "opens_at" : "first_order",
    from: fromMs === null ? null : wireTime(fromMs),
    percentiles: after.length === 0 ? [] : percentiles.map((percent) => ({ percent, ms: at(percent) })),
    histogram,
    by_agents: { orders: byAgents, units: unitsOfAgents, share_of_units: shareOf(unitsOfAgents, units) },
  };
}

function shareOf(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.round((part / whole) * 10_000) / 10_000;
}

function memoryShown(memory: SaleMemory, purchases: readonly (readonly [outcome: string, attempts: number])[]) {
  const { attempts, units, subnets, unitsElsewhere } = memory;
  return {
    since: wireTime(memory.sinceMs),
    attempts: Math.round(attempts),
    units: Math.round(units),
    subnets: {
      count: memory.subnetsCount,
      largest: subnets.map(([subnet, count]) => ({ subnet, units: Math.round(count), share: shareOf(count, units) })),
      units_elsewhere: Math.round(unitsElsewhere),
    },
    suspects: {
      buyers: memory.suspects,
      share_of_attempts: shareOf(memory.attemptsOfSuspects, attempts),
      share_of_units: shareOf(memory.unitsOfSuspects, units),
      by_rule: Object.entries(memory.suspectedBy).map(([rule, buyers]) => ({ rule, buyers })),
    },
    outcomes: outcomesShown([...purchases, ...Object.entries(memory.refusals)]),
  };
}

/** How attempts to buy ended, and how many were refused at the doors before: what is told by both is added up. */
function outcomesShown(counts: readonly (readonly [outcome: string, attempts: number])[]) {
  const attemptsOf = new Map<string, number>();
  for (const [outcome, attempts] of counts) {
    if (attempts > 0) attemptsOf.set(outcome, (attemptsOf.get(outcome) ?? 0) + attempts);
  }
  return [...attemptsOf].map(([outcome, attempts]) => ({ outcome, attempts }));
}
