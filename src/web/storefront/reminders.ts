/**
 * This buyer's reminders, and those of them that came and were not shown yet. The server decides what is due: it tells
 * where a stream is open anyway, and is asked when this page reckons that something is; none is kept open for it. Each is
 * shown once on this device, on whichever of its pages is seen first, and once by the system where that is allowed.
 */
import { effect, signal } from "@preact/signals";
import type { Refusal } from "../shared/api.ts";
import { spread } from "../shared/chance.ts";
import { serverNow } from "../shared/clock.ts";
import { moment } from "../shared/format.ts";
import { wordsOf } from "../shared/language.ts";
import { recall, remember } from "../shared/memory.ts";
import type { Reminder, ReminderList } from "../shared/wire.ts";
import { api, buyer, guestRefusal, isRefused, needBuyer } from "./session.ts";

const words = wordsOf({
  opens: [(when: string) => `It opens at ${when}.`, (when: string) => `${when} 开售。`],
  opened: [(when: string) => `It opened at ${when}.`, (when: string) => `已于 ${when} 开售。`],
});

/** `null` until it is known. */
export const reminders = signal<readonly Reminder[] | null>(null);
/** Those that came, as long as they are shown on this page. */
export const notices = signal<readonly Reminder[]>([]);

/** After the time that a reminder is due, so that a crowd that is reminded together does not ask together. */
const askAfterMs = 1_500;
const askAgainMs = 3_000;
/** Timers take no more, and a device that slept has its own idea of what passed. */
const timerMsMax = 600_000;
const idsKeptMax = 50;

let timer: ReturnType<typeof setTimeout> | undefined;
let askedAs: string | null = null;

/** Keeps them as long as the page lives. Whoever never set one here is not asked about. */
export function keepReminders(): void {
  effect(() => {
    const token = buyer.value?.token ?? null;
    if (token === askedAs) return;
    askedAs = token;
    reminders.value = null;
    notices.value = [];
    if (recall("reminders") !== null) void askReminders();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState !== "visible") return;
    void tellDue(); // what came while another page was seen, and was not shown there
    arm();
  });
}

/** Asks the server for them, where somebody is here. */
export async function askReminders(): Promise<void> {
  const token = buyer.peek()?.token ?? null;
  if (token === null || isRefused.peek()) return;
  const answer = await api<ReminderList>("/v1/reminders");
  if (buyer.peek()?.token !== token) return; // somebody else by now
  if (answer.isOk) take(answer.value.reminders);
  else if (reminders.peek() !== null) askLater(spread(askAgainMs));
}

/** One has come: told by a stream that is open for orders anyway. */
export function takeReminder(reminder: Reminder): void {
  const others = (reminders.peek() ?? []).filter(({ reminder_id: id }) => id !== reminder.reminder_id);
  take([...others, reminder]);
}

/** Sets one; `null`, or why not. */
export async function setReminder(campaignId: string, leadS: number): Promise<Refusal["code"] | null> {
  const allowed = askForPermission(); // while the press still counts as one
  const owner = await needBuyer();
  if (owner === null) return guestRefusal.peek()?.code ?? "unauthorized";
  const body = { lead_s: leadS };
  const answer = await api<Reminder>(`/v1/campaigns/${campaignId}/reminder`, { method: "POST", body });
  await allowed;
  if (!answer.isOk) return answer.code;
  remember("reminders", "yes");
  replace(campaignId, answer.value);
  return null;
}

/** Removes it; `null`, or why not. */
export async function removeReminder(campaignId: string): Promise<Refusal["code"] | null> {
  const answer = await api(`/v1/campaigns/${campaignId}/reminder/remove`, { method: "POST" });
  if (answer.isOk || answer.code === "not_reminded") {
    replace(campaignId, null);
    if (!answer.isOk) void askReminders(); // it has come, or another page has removed it
    return null;
  }
  return answer.code;
}

/** The buyer has seen it. */
export function dismiss({ reminder_id: id }: Reminder): void {
  notices.value = notices.peek().filter(({ reminder_id }) => reminder_id !== id);
}

/** When the sale opens, or that it has. */
export function openingOf({ opens_at: opensAt }: Reminder, nowMs: number): string {
  if (opensAt === null) return "";
  return Date.parse(opensAt) > nowMs ? words.opens(moment(opensAt, nowMs)) : words.opened(moment(opensAt, nowMs));
}

function replace(campaignId: string, reminder: Reminder | null): void {
  const others = (reminders.peek() ?? []).filter((one) => one.campaign_id !== campaignId || one.state === "due");
  take(reminder === null ? others : [...others, reminder]);
}

function take(list: readonly Reminder[]): void {
  reminders.value = list;
  if (list.length === 0) remember("reminders", null);
  void tellDue();
  arm();
}

/** Wakes when the next one is due by the server's clock. */
function arm(): void {
  clearTimeout(timer);
  const waiting = (reminders.peek() ?? []).filter(({ state }) => state === "waiting");
  if (waiting.length === 0) return;
  const nextMs = Math.min(...waiting.map(({ due_at: dueAt }) => Date.parse(dueAt))) - serverNow();
  if (nextMs > timerMsMax) timer = setTimeout(arm, timerMsMax);
  else askLater(nextMs > 0 ? nextMs + spread(askAfterMs) : spread(askAgainMs));
}

function askLater(ms: number): void {
  clearTimeout(timer);
  timer = setTimeout(() => void askReminders(), ms);
}

/** Several pages of this device may be told in the same instant: one after the other looks what is left to be shown. */
async function tellDue(): Promise<void> {
  const due = (reminders.peek() ?? []).filter(({ state }) => state === "due");
  if (due.length === 0) return;
  // Locks are not everywhere: where there are none, two pages may show the same.
  if (navigator.locks === undefined) return tellUnlessTold(due);
  await navigator.locks.request("rushbox.reminders", () => tellUnlessTold(due));
}

function tellUnlessTold(due: readonly Reminder[]): void {
  for (const reminder of due) {
    if (mayNotify() && claim("notified", reminder)) notify(reminder);
    if (document.visibilityState === "visible" && claim("shown", reminder)) {
      notices.value = [...notices.peek(), reminder];
    }
  }
}

/** Whether this page is the first on this device to do it. */
function claim(what: "shown" | "notified", { reminder_id: id }: Reminder): boolean {
  const name = `reminders.${what}`;
  const before = (recall(name) ?? "").split(" ").filter(Boolean);
  if (before.includes(id)) return false;
  remember(name, [...before, id].slice(-idsKeptMax).join(" "));
  return true;
}

async function askForPermission(): Promise<void> {
  if (!("Notification" in globalThis) || Notification.permission !== "default") return;
  await Notification.requestPermission().catch(() => "denied"); // a browser that does not ask has its reasons
}

function mayNotify(): boolean {
  return "Notification" in globalThis && Notification.permission === "granted";
}

function notify(reminder: Reminder): void {
  try {
    const { title, reminder_id: tag, campaign_id: id } = reminder;
    const shown = new Notification(title, { body: openingOf(reminder, serverNow()), tag });
    shown.onclick = () => {
      window.focus();
      location.assign(`/campaigns/${id}`);
      shown.close();
    };
  } catch {
    // Browsers of phones show none without a service worker: the page does.
  }
}
