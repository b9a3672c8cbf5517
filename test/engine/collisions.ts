/**
 * Texts that a 64-bit hash takes for one, found on purpose: chance would never show what a table does with them.
 * The hash reads a text from the left with two states of 32 bits; so pairs that meet in the first state are chained
 * until there are so many texts with the same first state that two of them meet in the second one too (Joux, 2004).
 */
import { Random } from "./random.ts";

/** Twice as many texts as it takes for two of them to meet in 32 bits. */
const pairsCountMax = 18;

/** Two different texts with the same hash; throws when the hash has become too good for this search. */
export function findCollidingTexts(hash: (text: string) => readonly [number, number]): readonly [string, string] {
  const random = new Random(17);
  let texts = [""];
  for (let pairsCount = 0; pairsCount < pairsCountMax; pairsCount++) {
    const beginning = texts[0] ?? "";
    const [left, right] = findEndingsThatMeet((ending) => hash(beginning + ending)[0], random);
    texts = texts.flatMap((text) => [text + left, text + right]);
  }
  const seen = new Map<number, string>();
  for (const text of texts) {
    const [, second] = hash(text);
    const other = seen.get(second);
    if (other !== undefined && hash(other)[0] === hash(text)[0]) return [other, text];
    seen.set(second, text);
  }
  throw new Error("no two texts collide");
}

function findEndingsThatMeet(hash: (ending: string) => number, random: Random): readonly [string, string] {
  const seen = new Map<number, string>();
  for (let tries = 0; tries < 1_000_000; tries++) {
    // Two letters below the surrogates.
    const ending = String.fromCharCode(random.between(0x100, 0xd7ff), random.between(0x100, 0xd7ff));
    const value = hash(ending);
    const other = seen.get(value);
    if (other !== undefined && other !== ending) return [other, ending];
    seen.set(value, ending);
  }
  throw new Error("no two endings meet");
}
