/**
 * Being told before a sale opens: set, removed, listed; and what has come since the conversation last spoke is told with
 * its next answer, once. A sale has one reminder of a buyer, whatever it sells. The list of `/v1` is what there is, and
 * `heardMs` in the context how far of it was told.
 */
import { limits } from "../../domain/limits.ts";
import { type Api, pathOf } from "../api.ts";
import type { When } from "./context.ts";
import { duration, moment } from "./format.ts";
import { nextSteps } from "./sale-talk.ts";
import type { Offering, Shelved } from "./shelf.ts";
import { askToSignIn, askWhich, refused, type Said, type Talk, until } from "./talk.ts";
import { type Refused, type ReminderWire, read } from "./wire.ts";

const tooLate = "reminder_too_late";
/** More is no conversation. */
const toldMax = 5;

/**
 * As long before the opening as was said, five minutes where nothing was; or as near as whole minutes come to a time from
 * now. What is nowhere near, or comes after the opening, is said and something else offered, never set.
 */
export async function setReminder(talk: Talk, offering: Offering, { leadS, afterS }: When): Promise<Said> {
  if (talk.buyerId === null) return askToSignIn(talk, offering);
  const { opens_at, state } = offering.sale;
  const { reminderLeadSDefault, reminderLeadSMin, reminderLeadSMax } = limits;
  // Nothing is before the opening of what does not open any more: refused, and told why.
  if (state !== "scheduled" || opens_at === null)
    return put(talk, offering, { leadS: reminderLeadSDefault, isAfter: false });
  const opensInS = (Date.parse(opens_at) - talk.nowMs) / 1_000;
  const wanted = leadS ?? (afterS === null ? reminderLeadSDefault : opensInS - afterS);
  if (afterS !== null && wanted < reminderLeadSMin) return opensBefore(talk, offering, opensInS);
  if (wanted > reminderLeadSMax && opensInS > reminderLeadSMax) {
    const most = duration(reminderLeadSMax * 1_000, talk.language);
    return offerLead(talk, offering, reminderLeadSMax, talk.words.remindAtMost(nameOf(talk, offering), most));
  }
  const wholeMinutes = afterS === null ? Math.ceil(wanted / 60) : minutesNear(wanted, opensInS);
  const lead = Math.min(Math.max(wholeMinutes * 60, reminderLeadSMin), reminderLeadSMax);
  return put(talk, offering, { leadS: lead, isAfter: afterS !== null });
}

/** `isAfter`: it was asked for as a time from now, and is told as one. */
async function put(
  talk: Talk,
  offering: Offering,
  { leadS, isAfter }: { readonly leadS: number; readonly isAfter: boolean },
): Promise<Said> {
  const { words, language } = talk;
  const { offer, sale } = offering;
  const path = pathOf("/v1/campaigns/{}/reminder", sale.id);
  const answer = read<ReminderWire>(await talk.api({ method: "POST", path, body: { lead_s: leadS } }));
  if ("refused" in answer) return notSet(talk, offering, answer.refused);
  const { due_at, lead_s } = answer.value;
  const before = duration(lead_s * 1_000, language);
  const name = nameOf(talk, offering);
  return {
    reply: isAfter ? words.remindedIn(name, until(talk, due_at), before) : words.reminded(name, before, moment(due_at)),
    outcome: "reminded",
    choices: [{ label: words.labelForget, value: `forget:${offer.id}` }],
    state: { focus: offer.id },
  };
}

/** The nearest that does not lie in the past. */
function minutesNear(leadS: number, opensInS: number): number {
  const minutes = Math.round(leadS / 60);
  return minutes * 60 < opensInS ? minutes : Math.floor(leadS / 60);
}

/** The sale opens sooner than somebody wants to be told. */
function opensBefore(talk: Talk, offering: Offering, opensInS: number): Said {
  const { words, language } = talk;
  const most = Math.ceil(opensInS / 60) - 1;
  const name = nameOf(talk, offering);
  const leadS = Math.min(most * 60, limits.reminderLeadSDefault);
  if (leadS < limits.reminderLeadSMin) {
    const state = { focus: offering.offer.id };
    return { reply: words.opensAtOnce(name), outcome: tooLate, choices: nextSteps(talk, offering), state };
  }
  const opens = until(talk, offering.sale.opens_at ?? "");
  return offerLead(talk, offering, leadS, words.opensBefore(name, opens, duration(leadS * 1_000, language)));
}

/** What was asked for cannot be: a lead that can. */
function offerLead(talk: Talk, { offer }: Offering, leadS: number, reply: string): Said {
  const { words } = talk;
  return {
    reply,
    outcome: tooLate,
    choices: [
      { label: words.labelYes, value: `remind:${offer.id}:${leadS}` },
      { label: words.labelNo, value: "no" },
    ],
    state: { focus: offer.id, pending: { ask: "remind", offer: offer.id, leadS } },
  };
}

function notSet(talk: Talk, offering: Offering, why: Refused): Said {
  const { words, language } = talk;
  const { offer } = offering;
  const state = { focus: offer.id };
  if (why.code === "already_open") return alreadyOpen(talk, offering);
  const leadSMax = why.members["lead_s_max"];
  if (why.code !== tooLate || typeof leadSMax !== "number") return refused(talk, why, { state });
  const outcome = why.code;
  if (leadSMax < limits.reminderLeadSMin) {
    return { reply: words.opensAtOnce(nameOf(talk, offering)), outcome, choices: nextSteps(talk, offering), state };
  }
  const shorter = words.remindShorter(nameOf(talk, offering), duration(leadSMax * 1_000, language));
  return offerLead(talk, offering, leadSMax, shorter);
}

/** Of a sale that is open nobody has to be told. */
export function alreadyOpen(talk: Talk, offering: Offering): Said {
  return {
    reply: talk.words.alreadyOpen(nameOf(talk, offering)),
    outcome: "already_open",
    choices: nextSteps(talk, offering),
    state: { focus: offering.offer.id },
  };
}

export async function forgetReminder(talk: Talk, offering: Offering): Promise<Said> {
  if (talk.buyerId === null) return askToSignIn(talk, offering);
  const { offer, sale } = offering;
  const answer = read(await talk.api({ method: "POST", path: pathOf("/v1/campaigns/{}/reminder/remove", sale.id) }));
  const state = { focus: offer.id };
  if ("refused" in answer) return refused(talk, answer.refused, { choices: nextSteps(talk, offering), state });
  return { reply: talk.words.forgotten(nameOf(talk, offering)), outcome: "forgotten", state };
}

/** "Do not remind me", of nothing by name: the one that waits; asks which where there are more. */
export async function forgetAny(talk: Talk): Promise<Said> {
  if (talk.buyerId === null) return askToSignIn(talk);
  const reminders = await remindersOf(talk.api);
  if ("code" in reminders) return refused(talk, reminders);
  const waiting = reminders.filter(({ state }) => state === "waiting").flatMap((one) => offeringOf(talk.shelved, one));
  const [only] = waiting;
  if (only === undefined) return { reply: talk.words.noReminders, outcome: "not_reminded" };
  return waiting.length === 1 ? forgetReminder(talk, only) : askWhich(talk, waiting, "forget_reminder");
}

export async function listReminders(talk: Talk): Promise<Said> {
  if (talk.buyerId === null) return askToSignIn(talk);
  const { words, language } = talk;
  const reminders = await remindersOf(talk.api);
  if ("code" in reminders) return refused(talk, reminders);
  const waiting = reminders.filter(({ state }) => state === "waiting").slice(0, toldMax);
  if (waiting.length === 0) return { reply: words.noReminders };
  const lines = waiting.map(({ title, lead_s, due_at }) =>
    words.reminded(title, duration(lead_s * 1_000, language), moment(due_at)),
  );
  return {
    reply: lines.join("\n"),
    choices: waiting.flatMap((one) =>
      offeringOf(talk.shelved, one).map(({ offer }) => ({
        label: waiting.length === 1 ? words.labelForget : words.labelForgetOf(one.title),
        value: `forget:${offer.id}`,
      })),
    ),
  };
}

/** What came after `heardMs`, in words before the answer, and up to when it is told then. */
export async function heardOf(
  talk: Talk,
  heardMs: number,
): Promise<{ readonly text: string; readonly heardMs: number }> {
  if (talk.buyerId === null) return { text: "", heardMs };
  const reminders = await remindersOf(talk.api);
  if ("code" in reminders) return { text: "", heardMs }; // told with the next answer
  const came = reminders.filter(({ came_at }) => came_at !== null && Date.parse(came_at) > heardMs);
  const lines = came
    .filter((one) => offeringOf(talk.shelved, one).some(({ sale }) => sale.state !== "ended"))
    .slice(0, toldMax)
    .map(({ title, opens_at }) =>
      opens_at !== null && Date.parse(opens_at) > talk.nowMs
        ? talk.words.opensSoon(title, until(talk, opens_at))
        : talk.words.hasOpened(title),
    );
  return {
    text: lines.map((line) => `${line}\n`).join(""),
    heardMs: Math.max(heardMs, ...came.map(({ came_at }) => Date.parse(came_at ?? ""))),
  };
}

async function remindersOf(api: Api): Promise<readonly ReminderWire[] | Refused> {
  const answer = read<{ reminders: readonly ReminderWire[] }>(await api({ method: "GET", path: "/v1/reminders" }));
  return "refused" in answer ? answer.refused : answer.value.reminders;
}

/** The first that its sale sells; none where that is not on the shelf. */
function offeringOf({ byId }: Shelved, { campaign_id }: ReminderWire): readonly Offering[] {
  return [...byId.values()].filter(({ sale }) => sale.id === campaign_id).slice(0, 1);
}

/** A reminder is of a sale: what sells more than one thing is called by its own title. */
function nameOf({ shelved }: Talk, { offer, sale }: Offering): string {
  const isOnly = [...shelved.byId.values()].filter((other) => other.sale.id === sale.id).length === 1;
  return isOnly ? offer.title : sale.title;
}
