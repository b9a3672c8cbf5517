/** What a sale that has not opened offers beside its button: to be reminded, so long before as is chosen; or not any more. */
import { useComputed, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { Refusal } from "../shared/api.ts";
import { now } from "../shared/clock.ts";
import { Button } from "../shared/elements.tsx";
import { moment } from "../shared/format.ts";
import { wordsOf } from "../shared/language.ts";
import { explain } from "../shared/refusals.ts";
import type { Campaign, Reminder } from "../shared/wire.ts";
import { askReminders, reminders, removeReminder, setReminder } from "./reminders.ts";
import { buyer, isSignInOver, shop } from "./session.ts";

const words = wordsOf({
  remind: ["Remind me", "提醒我"],
  when: ["How long before", "提前多久"],
  minutes: [
    (minutes: number) => (minutes === 1 ? "1 minute before" : `${minutes} minutes before`),
    (minutes: number) => `提前 ${minutes} 分钟`,
  ],
  hour: ["1 hour before", "提前 1 小时"],
  day: ["1 day before", "提前 1 天"],
  set: [(when: string) => `You will be reminded at ${when}.`, (when: string) => `将在 ${when} 提醒您。`],
  came: [(when: string) => `You were reminded at ${when}.`, (when: string) => `已在 ${when} 提醒过您。`],
  open: ["Keep a page of this shop open: it comes there.", "请保持本店任一页面打开，届时会在页面上提醒。"],
  remove: ["Remove the reminder", "取消提醒"],
});

const leads = [60, 300, 900, 3_600, 86_400] as const;
const leadUsualS = 300;
/** So that what is offered is still to be had when it is pressed. */
const marginMs = 5_000;

export function ReminderPart({ campaign }: { readonly campaign: Campaign }): JSX.Element | null {
  const { id, state, opens_at: opensAt } = campaign;
  const isAnnounced = state === "scheduled" && opensAt !== null;
  const token = buyer.value?.token;
  useEffect(() => {
    if (isAnnounced) void askReminders();
  }, [isAnnounced, token]);
  // Told apart by what can be chosen, which changes by the minute: not by every tick of the clock.
  const choices = useComputed(() => {
    const leftMs = Date.parse(opensAt ?? "") - now.value - marginMs;
    return leads.filter((leadS) => leadS * 1_000 < leftMs).join();
  }).value;
  const mine = reminders.value?.filter(({ campaign_id }) => campaign_id === id) ?? [];
  const waiting = mine.find((one) => one.state === "waiting") ?? null;
  const came = mine.find((one) => one.state === "due") ?? null;
  const mayBeSet = buyer.value !== null || (!isSignInOver.value && shop.value?.guests === true);
  if (!isAnnounced) return null;
  if (waiting === null && came !== null)
    return <p class="told">{words.came(moment(came.came_at ?? "", now.peek()))}</p>;
  if (waiting === null && (choices === "" || !mayBeSet)) return null;
  return <Choice key={id} campaignId={id} waiting={waiting} choices={choices.split(",").map(Number)} />;
}

interface ChoiceProps {
  readonly campaignId: string;
  readonly waiting: Reminder | null;
  readonly choices: readonly number[];
}

/** One button for setting and removing, so that the focus stays on it. */
function Choice({ campaignId, waiting, choices }: ChoiceProps): JSX.Element {
  const chosen = useSignal(leadUsualS);
  const isBusy = useSignal(false);
  const refused = useSignal<Refusal["code"] | null>(null);
  const leadS = choices.includes(chosen.value) ? chosen.value : (choices.at(-1) ?? leadUsualS);
  const press = async () => {
    isBusy.value = true;
    refused.value = null;
    refused.value = waiting === null ? await setReminder(campaignId, leadS) : await removeReminder(campaignId);
    isBusy.value = false;
  };
  return (
    <div class="reminder">
      <div role="status">
        {waiting !== null && <Waiting dueAt={waiting.due_at} />}
        {refused.value !== null && <Refused code={refused.value} />}
      </div>
      <div class="row">
        <Button isBusy={isBusy.value} onPress={() => void press()}>
          {waiting === null ? words.remind : words.remove}
        </Button>
        {waiting === null && (
          <select
            aria-label={words.when}
            value={leadS}
            onChange={(event) => {
              chosen.value = Number(event.currentTarget.value);
            }}
          >
            {choices.map((one) => (
              <option key={one} value={one}>
                {leadText(one)}
              </option>
            ))}
          </select>
        )}
      </div>
    </div>
  );
}

function Waiting({ dueAt }: { readonly dueAt: string }): JSX.Element {
  return (
    <>
      <p>
        <strong>{words.set(moment(dueAt, now.peek()))}</strong>
      </p>
      <p class="muted small">{words.open}</p>
    </>
  );
}

function Refused({ code }: { readonly code: Refusal["code"] }): JSX.Element {
  const { title, next } = explain({ code, reason: null, members: {} });
  return (
    <p class="told refused">
      <strong>{title}</strong> {code !== "offline" && next}
    </p>
  );
}

function leadText(leadS: number): string {
  if (leadS >= 86_400) return words.day;
  return leadS >= 3_600 ? words.hour : words.minutes(leadS / 60);
}
