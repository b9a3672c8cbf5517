/**
 * The way of all who tried in one campaign, from the attempt to the payment, and why the others fell away on each step.
 * Counted since the server started, as the metrics are; every attempt is in exactly one place. Pure.
 */
import type { AttemptOutcome } from "../../../domain/outcome.ts";
import type { CampaignReading } from "./readings.ts";

export type FunnelStep = "joined" | "passed" | "entered" | "attempts" | "admitted" | "reserved" | "paid";

/** What became of those who did not come to the next step. */
export type Loss =
  | "not_now"
  | "limited"
  | "blocked"
  | "not_admitted"
  | "agents"
  | "invalid"
  | "overloaded"
  | "sold_out"
  | "limit_reached"
  | "agent_share_taken"
  | "replayed"
  | "outcome_unknown"
  | "cancelled"
  | "expired"
  | "unpaid";

export interface Step {
  readonly step: FunnelStep;
  readonly count: number;
  readonly losses: readonly { readonly loss: Loss; readonly count: number }[];
}

/** Where an attempt ends that does not reach the stock. `null`: it does. */
const lossBefore: Readonly<Record<AttemptOutcome, Loss | null>> = {
  reserved: null,
  replayed: null,
  sold_out: null,
  limit_reached: null,
  outcome_unknown: null,
  not_open: "not_now",
  ended: "not_now",
  paused: "not_now",
  switched_off: "not_now",
  rate_limited: "limited",
  blocked: "blocked",
  slowed: "blocked",
  client_gone: "invalid",
  not_admitted: "not_admitted",
  agents_not_allowed: "agents",
  agent_share_taken: null,
  key_reused: "invalid",
  not_found: "invalid",
  invalid: "invalid",
  unauthorized: "invalid",
  overloaded: "overloaded",
};

/** The steps of a campaign. Nothing has happened: all of them are there, with zeros. */
export function funnelOf(reading: CampaignReading | null, admission: "open" | "queue" | "draw"): Step[] {
  const outcome = (name: AttemptOutcome) => reading?.outcomes.get(name) ?? 0;
  const event = (name: string) => reading?.events.get(name) ?? 0;
  const names = Object.keys(lossBefore) as AttemptOutcome[];
  const attempts = names.reduce((sum, name) => sum + outcome(name), 0);
  const before = new Map<Loss, number>();
  for (const name of names) {
    const loss = lossBefore[name];
    if (loss !== null) before.set(loss, (before.get(loss) ?? 0) + outcome(name));
  }
  const refused = [...before.values()].reduce((sum, count) => sum + count, 0);
  const reserved = event("order_reserved") + event("order_offered");
  const [paid, cancelled, expired] = [event("order_paid"), event("order_cancelled"), event("order_expired")];
  // What was reserved before this start may be paid or gone since: then there are fewer than none.
  const unpaid = Math.max(0, reserved - paid - cancelled - expired);
  const steps: Step[] = [
    { step: "attempts", count: attempts, losses: lossesOf([...before]) },
    {
      step: "admitted",
      count: attempts - refused,
      losses: lossesOf([
        ["sold_out", outcome("sold_out")],
        ["limit_reached", outcome("limit_reached")],
        ["agent_share_taken", outcome("agent_share_taken")],
        ["replayed", outcome("replayed")],
        ["outcome_unknown", outcome("outcome_unknown")],
      ]),
    },
    {
      step: "reserved",
      count: reserved,
      losses: lossesOf([
        ["unpaid", unpaid],
        ["expired", expired],
        ["cancelled", cancelled],
      ]),
    },
    { step: "paid", count: paid, losses: [] },
  ];
  return [...stepsBefore(admission, event), ...steps];
}

function stepsBefore(admission: "open" | "queue" | "draw", event: (name: string) => number): Step[] {
  if (admission === "queue") {
    return [
      { step: "joined", count: event("queue_joined"), losses: [] },
      { step: "passed", count: event("queue_admitted"), losses: [] },
    ];
  }
  return admission === "draw" ? [{ step: "entered", count: event("draw_entered"), losses: [] }] : [];
}

function lossesOf(losses: readonly (readonly [Loss, number])[]): Step["losses"] {
  return losses
    .filter(([, count]) => count > 0)
    .map(([loss, count]) => ({ loss, count }))
    .sort((a, b) => b.count - a.count);
}
