/**
 * A refusal in the language that is on, for whoever meets it on a page. The words stand where conversations have them,
 * too; that none is missing the compiler sees here, where the codes are known.
 */
import { nextOf, type RefusalText, reasonOf, refusalTexts, type Text } from "../../dialogue/refusal-words.ts";
import type { Refusal } from "./api.ts";
import { type Language, language } from "./language.ts";

export interface Explanation {
  readonly title: string;
  /** What to do next. */
  readonly next: string;
  /** Why, more closely, where that is known. */
  readonly reason: string | null;
}

const texts: Readonly<Record<Refusal["code"], RefusalText>> = refusalTexts;

/** A refusal in the language that is on. */
export function explain(refusal: Pick<Refusal, "code" | "reason" | "members">): Explanation {
  const { title, next } = texts[refusal.code];
  const reason = reasonOf(refusal);
  return {
    title: inLanguage(title),
    next: inLanguage(nextOf(refusal) ?? next),
    reason: reason === null ? null : inLanguage(reason),
  };
}

function inLanguage(text: Text): string {
  return text[({ en: 0, zh: 1 } as const satisfies Record<Language, 0 | 1>)[language.value]];
}
