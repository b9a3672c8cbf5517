/**
 * One purchase, from the press to its outcome: sent with one key that is kept in this tab before anything is sent, and
 * sent again unchanged until the server has said how it ended. So a reload, a lost connection or a server that starts
 * anew never buys twice and never loses an order. What the server has decided is settled; what it did not decide (too
 * busy) or what nobody heard (no connection) is repeated, no sooner than it asked for.
 *
 * | the answer is                                             | then                                               |
 * |-----------------------------------------------------------|----------------------------------------------------|
 * | the order                                                 | settled                                            |
 * | no answer, outcome_unknown, internal                      | repeated: it may have happened                     |
 * | overloaded                                                | repeated: it has not happened                      |
 * | rate_limited, slowed, switched_off                        | repeated where it may have happened; else settled  |
 * | any other refusal                                         | settled: what is sold under a key is told before   |
 */
import type { Answer, Refusal } from "../shared/api.ts";
import { newKey, spread } from "../shared/chance.ts";
import { recall, remember } from "../shared/memory.ts";
import type { Order } from "../shared/wire.ts";

/** A purchase that is meant, as it is kept until it is settled. */
export interface Purchase {
  readonly key: string;
  readonly offerId: string;
  readonly quantity: number;
  /** What was shown for a pass. */
  readonly pass: string | null;
  readonly startedAtMs: number;
}

export interface Attempts {
  readonly send: (purchase: Purchase) => Promise<Answer<Order>>;
  /** Told before every further attempt. */
  readonly onRetry: (why: Refusal, afterMs: number, isUnknown: boolean) => void;
  /** Waits so long, or until there is a connection again; `false` when it is to end. */
  readonly wait: (ms: number, why: Refusal["code"]) => Promise<boolean>;
}

const firstWaitMs = 500;
const longestWaitMs = 10_000;
/** A tab that is opened again a day later must not buy what its owner has forgotten: the list of orders tells them. */
const keptMs = 10 * 60_000;

/** A purchase that is meant now, kept in this tab. */
export function startPurchase(
  buyerId: string,
  what: Pick<Purchase, "offerId" | "quantity" | "pass">,
  nowMs: number,
): Purchase {
  const purchase = { ...what, key: newKey(), startedAtMs: nowMs };
  remember(nameOf(buyerId, what.offerId), JSON.stringify(purchase), "tab");
  return purchase;
}

/** The purchase that was not settled when the page went away. */
export function unsettledPurchase(buyerId: string, offerId: string, nowMs: number): Purchase | null {
  const text = recall(nameOf(buyerId, offerId), "tab");
  if (text === null) return null;
  try {
    const purchase = JSON.parse(text) as Purchase;
    if (typeof purchase.key === "string" && nowMs - purchase.startedAtMs < keptMs) return purchase;
  } catch {
    // Not what this page wrote: it says nothing.
  }
  remember(nameOf(buyerId, offerId), null, "tab");
  return null;
}

/** Forgets a purchase whose outcome is known. */
export function settlePurchase(buyerId: string, offerId: string): void {
  remember(nameOf(buyerId, offerId), null, "tab");
}

/** Sends a purchase until it is settled: the order, or the refusal; `null` when the buyer wanted it to end. */
export async function carryOut(
  purchase: Purchase,
  isUnknownYet: boolean,
  attempts: Attempts,
): Promise<Answer<Order> | null> {
  let isUnknown = isUnknownYet;
  for (let tries = 0; ; tries += 1) {
    const answer = await attempts.send(purchase);
    if (answer.isOk) return answer;
    const next = afterRefusal(answer, isUnknown);
    if (next === "settled") return answer;
    isUnknown = next === "unknown";
    const afterMs = waitMsFor(answer, tries);
    attempts.onRetry(answer, afterMs, isUnknown);
    if (!(await attempts.wait(afterMs, answer.code))) return null;
  }
}

/** What a refusal means for a purchase that may have happened already, or not. */
export function afterRefusal({ code }: Pick<Refusal, "code">, isUnknown: boolean): "settled" | "undone" | "unknown" {
  switch (code) {
    case "offline":
    case "unreadable":
    case "outcome_unknown":
    case "internal":
      return "unknown";
    case "overloaded":
      return isUnknown ? "unknown" : "undone";
    case "rate_limited":
    case "slowed":
    case "switched_off":
      return isUnknown ? "unknown" : "settled";
    default:
      return "settled";
  }
}

function waitMsFor({ retryAfterS }: Refusal, tries: number): number {
  const growing = Math.min(longestWaitMs, firstWaitMs * 2 ** Math.min(tries, 5));
  // Spread upwards alone where the server said when: nobody comes sooner.
  return retryAfterS === null ? spread(growing) : retryAfterS * 1_000 + spread(firstWaitMs);
}

function nameOf(buyerId: string, offerId: string): string {
  return `purchase.${offerId}.${buyerId}`;
}
