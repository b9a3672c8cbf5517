/** What is wrong with a field, and what to do about it. */
import { count, money } from "../../shared/format.ts";
import { wordsOf } from "../../shared/language.ts";
import type { FieldRule } from "./field-rules.ts";

const words = wordsOf({
  required: ["Fill this in.", "请填写。"],
  no_number: ["Write a number.", "请填写数字。"],
  not_whole: ["Write a whole number.", "请填写整数。"],
  no_time: ["Choose a day and a time.", "请选择日期和时间。"],
  past: ["This is in the past: choose a later time.", "该时间已过，请选择更晚的时间。"],
  before_opening: ["Must be later than the opening.", "必须晚于开始时间。"],
  twice: ["Another offer of this campaign has this SKU.", "本活动已有相同的 SKU。"],
  no_currency: ["No currency has this code. Write for example CNY.", "没有这种货币代码，例如应写 CNY。"],
  no_picture: [
    "Write an address that begins with https:// or http://, or a path of this server that begins with /.",
    "请填写以 https:// 或 http:// 开头的地址，或以 / 开头的本站路径。",
  ],
  below_price: ["The usual price must not be below the sale price.", "原价不能低于秒杀价。"],
  draw_closing: ["The draw is made at the closing: choose a time for it.", "抽签在活动结束时进行，请选择结束时间。"],
  draw_share: [
    "A draw has no shares: every entry has the same chance. Let agents enter, or not.",
    "抽签没有份额：每次报名机会均等。请选择允许或仅限真人。",
  ],
  no_line: ["It contains characters that nobody can see. Type it anew.", "含有不可见字符，请重新输入。"],
  too_long: [
    (bound: number) => `${count(bound)} characters at most.`,
    (bound: number) => `最多 ${count(bound)} 个字符。`,
  ],
  too_small: [(bound: number) => `${count(bound)} at least.`, (bound: number) => `不能小于 ${count(bound)}。`],
  too_large: [(bound: number) => `${count(bound)} at most.`, (bound: number) => `不能大于 ${count(bound)}。`],
  noDecimals: ["This currency has no decimals.", "这种货币没有小数。"],
  decimals: [
    (bound: number) => `${bound} decimals at most in this currency.`,
    (bound: number) => `这种货币最多 ${bound} 位小数。`,
  ],
  kind_price: [
    (price: string) => `A one-yuan sale costs ${price} at most. Lower the price, or choose another kind.`,
    (price: string) => `一元秒杀的价格不能超过 ${price}。请降价或改选类型。`,
  ],
  kind_stock: [
    (bound: number) => `This kind has ${count(bound)} units of an offer at most.`,
    (bound: number) => `此类型每款最多 ${count(bound)} 件。`,
  ],
  kind_limit: [
    (bound: number) => `This kind sells ${count(bound)} to one buyer at most.`,
    (bound: number) => `此类型每人最多 ${count(bound)} 件。`,
  ],
});

/** The rule that is broken, in the reader's language. */
export function ruleText(problem: FieldRule): string {
  switch (problem.rule) {
    case "too_long":
    case "too_small":
    case "too_large":
    case "kind_stock":
    case "kind_limit":
      return words[problem.rule](problem.bound);
    case "decimals":
      return problem.bound === 0 ? words.noDecimals : words.decimals(problem.bound);
    case "kind_price":
      return words.kind_price(money(problem.minor, problem.currency));
    default:
      return words[problem.rule];
  }
}
