/**
 * The language of the pages: the browser's at first, then whatever was chosen, kept on this device. Words stand in
 * tables of the rooms that use them, each with its English and its Chinese side by side, so that none is forgotten.
 */
import { effect, signal } from "@preact/signals";
import { recall, remember } from "./memory.ts";

export const languages = ["en", "zh"] as const;
export type Language = (typeof languages)[number];

const kept = recall("language");

export const language = signal<Language>(
  languages.find((known) => known === kept) ?? (navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en"),
);

/** Changes the language, for good. */
export function chooseLanguage(chosen: Language): void {
  language.value = chosen;
  remember("language", chosen);
}

/** The language as browsers and `Intl` name it. */
export function locale(): "en" | "zh-Hans" {
  return language.value === "zh" ? "zh-Hans" : "en";
}

effect(() => {
  document.documentElement.lang = locale();
});

/** A text, or what makes one of something. */
// biome-ignore lint/suspicious/noExplicitAny: what a text is made of differs from word to word; the table keeps its types
type Word = string | ((...of: any[]) => string);
type Words<Table> = {
  readonly [Name in keyof Table]: Table[Name] extends readonly [infer English, unknown] ? English : never;
};

/** Words by name, each as `[English, Chinese]`; read in the language that is on, and anew when it changes. */
export function wordsOf<const Table extends Readonly<Record<string, readonly [Word, Word]>>>(
  table: Table,
): { readonly [Name in keyof Table]: Words<Table>[Name] extends string ? string : Words<Table>[Name] } {
  const words = {};
  for (const [name, [english, chinese]] of Object.entries(table)) {
    Object.defineProperty(words, name, {
      enumerable: true,
      get: () => (language.value === "zh" ? chinese : english),
    });
  }
  return words as never;
}
