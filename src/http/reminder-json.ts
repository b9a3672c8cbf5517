/** A reminder as the wire has it: the same in answers, on streams and in webhooks. It says nothing of whose it is. */
import { formatId } from "../domain/ids.ts";
import type { ReminderRecord } from "../domain/reminder.ts";
import type { CampaignEntry } from "./catalogue.ts";
import { wireTime, wireTimeOrNull } from "./respond.ts";

type Shown = Pick<ReminderRecord, "reminderId" | "leadS" | "dueAtMs" | "state" | "endedAtMs">;

export function reminderJson(
  { reminderId, leadS, dueAtMs, state, endedAtMs }: Shown,
  { id, view }: CampaignEntry,
): string {
  const { title, opensAtMs } = view;
  const cameAtMs = state === "due" ? endedAtMs : null;
  return JSON.stringify({
    reminder_id: formatId("rmd", reminderId),
    campaign_id: id,
    title,
    opens_at: wireTimeOrNull(opensAtMs),
    lead_s: leadS,
    due_at: wireTime(dueAtMs),
    state,
    came_at: wireTimeOrNull(cameAtMs),
    late: cameAtMs !== null && opensAtMs !== null && cameAtMs >= opensAtMs,
  });
}
