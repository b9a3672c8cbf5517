/**
 * A conversation with the shop: what was said, what can be said next, the one message that is under way. It is kept for the
 * tab, bounded, and belongs to one buyer: whoever else comes begins anew. Nothing is shown as answered or done before the
 * server has said so; a message that was not answered goes back to whoever wrote it.
 */
import { effect, signal } from "@preact/signals";
import type { Answer, Refusal } from "../shared/api.ts";
import { type Language, language } from "../shared/language.ts";
import { recall, remember } from "../shared/memory.ts";
import type { ChatAnswer } from "../shared/wire.ts";
import { api, buyer, forgetGuest, guestRefusal, needBuyer } from "./session.ts";
import { doneBeside } from "./standing.ts";

export type Choice = ChatAnswer["choices"][number];
type Link = ChatAnswer["links"][number];

/** One thing that was said. */
export interface Line {
  /** Counts up in one conversation. */
  readonly id: number;
  readonly by: "buyer" | "shop";
  readonly text: string;
  /** Of an answer; what buyers write is in whatever they write in. */
  readonly language: Language | null;
  readonly links: readonly Link[];
  /** It tells of a unit that is the buyer's by now. */
  readonly isGood: boolean;
}

interface Conversation {
  /** `null`: nobody's, and whoever comes goes on with it. */
  readonly whose: string | null;
  readonly lines: readonly Line[];
  /** What can be said next, beneath the last line. */
  readonly choices: readonly Choice[];
  /** Where it stands, as the server has signed it. */
  readonly context: string | null;
}

export const textLengthMax = 500;
export const linesMax = 60;
const keptAs = "chat";
const newConversation: Conversation = { whose: null, lines: [], choices: [], context: null };

export const conversation = signal(newConversation);
/** What is being written. */
export const draft = signal("");

/** What was said and is not answered yet; without words it opens the conversation. */
export interface Saying {
  readonly is: "opening" | "text" | "choice";
  readonly words: string;
}

export const underWay = signal<Saying | null>(null);
/** What was not answered, and why. */
export const unanswered = signal<{ readonly saying: Saying; readonly refusal: Refusal } | null>(null);

effect(() => {
  const id = buyer.value?.id ?? null;
  conversation.value = keptOf(id);
});

/** Opens the conversation, unless it has begun. */
export async function open(): Promise<void> {
  if (conversation.peek().lines.length === 0) await say({ is: "opening", words: "" }, {});
}

/** Says what is written. */
export async function sayDraft(): Promise<void> {
  const text = draft.peek().trim();
  if (text === "" || underWay.peek() !== null) return;
  draft.value = "";
  await say({ is: "text", words: text }, { text });
}

/** Says one of the choices of the last answer. */
export async function choose({ label, value }: Choice): Promise<void> {
  await say({ is: "choice", words: label }, { choice: value });
}

/** Forgets what was said, and begins anew. */
export async function startAgain(): Promise<void> {
  if (underWay.peek() !== null) return;
  remember(keptAs, null, "tab");
  conversation.value = newConversation;
  unanswered.value = null;
  await open();
}

type Message = { readonly text?: string; readonly choice?: string };

async function say(saying: Saying, message: Message): Promise<void> {
  if (underWay.peek() !== null) return;
  underWay.value = saying;
  unanswered.value = null;
  const answer = await answerTo(message);
  underWay.value = null;
  if (answer === null) return;
  if (answer.isOk) return take(saying, answer.value);
  unanswered.value = { saying, refusal: answer };
  if (saying.is === "text") draft.value = [saying.words, draft.peek()].filter(Boolean).join(" ");
}

/** Intents that make a guest of whoever is nobody, where guests are welcome: the others ask for what nobody has yet. */
const guestsMayWant: readonly ChatAnswer["understood"]["intent"][] = [
  "buy",
  "choose",
  "join_queue",
  "enter_draw",
  "join_waitlist",
  "remind",
];

/** The answer; `null` where it is for somebody who is not here any more. */
async function answerTo(message: Message): Promise<Answer<ChatAnswer> | null> {
  const owner = buyer.peek();
  const answer = await send(message);
  if (answer === null) return null;
  if (!answer.isOk) {
    if (answer.code !== "unauthorized" || owner?.isGuest !== true) return answer;
    // A guest whom the server no longer knows has nothing to sign in with: they are nobody again.
    forgetGuest(owner);
    return buyer.peek() === null ? answerTo(message) : answer;
  }
  const { outcome, understood } = answer.value;
  if (owner !== null || outcome !== "unauthorized" || !guestsMayWant.includes(understood.intent)) return answer;
  if ((await needBuyer()) !== null) return send(message);
  const why = guestRefusal.peek();
  return why === null || why.code === "guests_off" ? answer : why;
}

async function send(message: Message): Promise<Answer<ChatAnswer> | null> {
  const asked = buyer.peek()?.id ?? null;
  const { context } = conversation.peek();
  const campaign_id = saleAt(location.pathname);
  const body = {
    ...message,
    language: language.peek(),
    ...(context === null ? {} : { context }),
    ...(campaign_id === undefined ? {} : { campaign_id }),
  };
  const answer = await api<ChatAnswer>("/v1/chat", { method: "POST", body });
  const isSomebodyElse = asked !== null && asked !== (buyer.peek()?.id ?? null);
  return answer.isOk && isSomebodyElse ? null : answer;
}

/** The sale whose page is at a path: what is said there is about it. */
export function saleAt(path: string): string | undefined {
  return /^\/campaigns\/(cmp_[0-9a-z]{10})(?:\/|$)/.exec(path)?.[1];
}

/** Outcomes that change how a buyer stands in a sale, of which no stream tells. */
const changing = ["queued", "admitted", "entered", "waiting", "left", "reminded", "forgotten"];

function take({ words }: Saying, { reply, choices, context, language: spoken, outcome, links }: ChatAnswer): void {
  const { lines } = conversation.peek();
  const id = (lines.at(-1)?.id ?? 0) + 1;
  const said: Line = { id, by: "buyer", text: words, language: null, links: [], isGood: false };
  const told: Line = { id: id + 1, by: "shop", text: reply, language: spoken, links, isGood: outcome === "reserved" };
  const next: Conversation = {
    whose: buyer.peek()?.id ?? null,
    lines: [...lines, ...(words === "" ? [] : [said]), told].slice(-linesMax),
    choices,
    context,
  };
  remember(keptAs, JSON.stringify(next), "tab");
  conversation.value = next;
  if (outcome !== null && changing.includes(outcome)) doneBeside.value += 1;
}

/** What this tab has kept for a buyer. */
function keptOf(buyerId: string | null): Conversation {
  const kept = conversationIn(recall(keptAs, "tab"));
  return kept !== null && (kept.whose === null || kept.whose === buyerId) ? kept : newConversation;
}

function conversationIn(text: string | null): Conversation | null {
  try {
    const kept = JSON.parse(text ?? "null") as Conversation | null;
    return Array.isArray(kept?.lines) && Array.isArray(kept.choices) ? kept : null;
  } catch {
    return null; // not ours
  }
}
