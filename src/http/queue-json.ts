/**
 * How a buyer stands in a queue, on the wire: for whoever asks and for the streams. A pass is signed here, from what the
 * engine has said; nothing is read from the database.
 */
import type { Passes } from "../admission/pass.ts";
import type { QueueNews } from "../delivery/queue-streams.ts";
import { formatId } from "../domain/ids.ts";
import type { QueueOutcome } from "../domain/outcome.ts";
import { outlookOf, turnOf } from "../domain/queue.ts";
import type { CampaignEntry } from "./catalogue.ts";
import type { HttpParts } from "./parts.ts";
import { wireTime } from "./respond.ts";

export type Standing = Extract<QueueOutcome, { code: "queued" | "admitted" }>;

export interface StandingJson {
  readonly text: string;
  /** Seconds after which asking again may show something new. */
  readonly pollAfterS: number;
}

/** Nobody is told to wait longer than this between two questions, nor than this share of the time that a pass is good. */
const pollAfterSMax = 30;
const pollsPerPass = 4;
/** Seconds that are added whenever twice as many are ahead. */
const pollStepS = 2;
/** Of those who wait for the opening so many come in one second after it, to learn their places. */
const openingPollsPerS = 2_000;
/** Why no turn comes any more, as whoever would join now is refused. */
const hopeless = {
  sold_out: "Nothing is left and nothing can come back: unless units are added, this turn does not come.",
  agent_share_taken:
    "Agents have all that they may have, and nothing of it can come back: this turn, of an agent, does not come. The person leaves and joins without the agent, as long as units are left.",
} as const;

/** What a buyer who waits or is admitted is told. */
export function standingJson(
  { id, view }: Pick<CampaignEntry, "id" | "view">,
  buyerId: string,
  standing: Standing,
  { passes, nowMs }: { readonly passes: Passes; readonly nowMs: number },
): StandingJson {
  const { entryId, figures } = standing;
  const pollAfterS = pollAfterSOf(view, standing, nowMs);
  const isAdmitted = standing.code === "admitted";
  const { actor } = standing;
  const line = isAdmitted || standing.place === null ? null : { ...standing, place: standing.place };
  const outlook = line === null ? null : outlookOf(figures, line);
  const hopelessIn = figures.free + figures.held === 0 ? "sold_out" : "agent_share_taken";
  const refusal = outlook?.chance === 0 ? hopelessIn : null;
  const expiresAtMs = isAdmitted ? standing.expiresAtMs : null;
  const text = JSON.stringify({
    entry_id: formatId("que", entryId),
    campaign_id: id,
    state: isAdmitted ? "admitted" : "waiting",
    by_agent: actor !== null,
    place: line?.place ?? null,
    ahead: line === null ? null : turnOf(figures, line) - 1,
    waiting: figures.waiting,
    passes: figures.passes,
    units_left: figures.free,
    units_held: figures.held,
    chance: isAdmitted ? 1 : (outlook?.chance ?? null),
    estimated_wait_s: isAdmitted ? 0 : (outlook?.waitS ?? null),
    refusal,
    note: refusal === null ? null : hopeless[refusal],
    pass: expiresAtMs === null ? null : passes.sign({ campaignId: view.id, buyerId, entryId, expiresAtMs }),
    expires_at: expiresAtMs === null ? null : wireTime(expiresAtMs),
    poll_after_s: pollAfterS,
  });
  return { text, pollAfterS };
}

/**
 * Grows with the place: a second for the first in line, seven for the hundredth, half a minute far behind. Before the
 * opening all come back when it has opened, spread out by their entries: the same entry always hears the same.
 */
export function pollAfterSOf(
  { opensAtMs, admission }: Pick<CampaignEntry["view"], "opensAtMs" | "admission">,
  standing: Standing,
  nowMs: number,
): number {
  const most = Math.max(1, Math.min(pollAfterSMax, Math.floor(admission.passWindowS / pollsPerPass)));
  if (standing.code === "admitted") return most;
  const { place } = standing;
  if (place !== null) {
    const turn = turnOf(standing.figures, { ...standing, place });
    return Math.min(most, 1 + pollStepS * Math.floor(Math.log2(turn)));
  }
  const untilOpeningS = Math.max(1, Math.ceil(((opensAtMs ?? nowMs) - nowMs) / 1_000));
  if (untilOpeningS > most) return most;
  const spreadS = Math.min(most, Math.ceil(standing.figures.waiting / openingPollsPerS));
  return untilOpeningS + (standing.entryId % spreadS);
}

/** What a stream tells of a buyer; `null` when it cannot be said at the moment. */
export async function askForNews(
  { catalogue, client, clock, passes }: Pick<HttpParts, "catalogue" | "client" | "clock" | "passes">,
  { campaignId, buyerId }: { readonly campaignId: number; readonly buyerId: string },
): Promise<QueueNews | null> {
  const campaign = catalogue.campaign(campaignId);
  const answer = await client.send({ type: "ask_queue", campaignId, buyerId });
  if (campaign === undefined || answer === null || answer.code === "outcome_unknown") return null;
  if (answer.code === "queued" || answer.code === "admitted") {
    return { json: standingJson(campaign, buyerId, answer, { passes, nowMs: clock.nowMs() }).text, isOver: false };
  }
  return { json: JSON.stringify({ campaign_id: campaign.id, state: "over", code: answer.code }), isOver: true };
}
