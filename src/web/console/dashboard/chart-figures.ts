/** Figures of the dashboard's charts: short where they change every second, and on an axis with all the digits of its steps. */
import { count } from "../../shared/format.ts";
import { wordsOf } from "../../shared/language.ts";

const words = wordsOf({
  perSecond: [(value: string) => `${value}/s`, (value: string) => `${value}/秒`],
  ms: [(value: string) => `${value} ms`, (value: string) => `${value} 毫秒`],
  s: [(value: string) => `${value} s`, (value: string) => `${value} 秒`],
});

export const whole = (value: number) => count(Math.round(value));
/** Small figures with a digit more: 0.4 a second is not none. */
export const oneDigit = (value: number) => count(value < 10 ? Math.round(value * 10) / 10 : Math.round(value));
export const rate = (value: number) => words.perSecond(oneDigit(value));
export const milliseconds = (seconds: number) => timeText(seconds, oneDigit);

/** Ticks are round numbers, which must not become others: 0.25 is not 0.3. */
export const rateTick = (value: number) => words.perSecond(count(value));
export const millisecondsTick = (seconds: number) => timeText(seconds, count);

/** The steps between ticks of what is counted: nobody is half in a queue. */
export const wholeSteps: readonly number[] = Array.from({ length: 13 }, (_, power) =>
  [1, 2, 5].map((factor) => factor * 10 ** power),
).flat();

function timeText(seconds: number, digits: (value: number) => string): string {
  return seconds < 1 ? words.ms(digits(seconds * 1_000)) : words.s(digits(seconds));
}
