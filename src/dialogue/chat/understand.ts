/**
 * What a message means, by rules alone: its words and what is on the table in, an intent with its slots out. Pure. That
 * somebody agrees is said only where the whole message says so and nothing else: a number, another name, a doubt, a
 * question or a long text make it something else.
 */
import type { Intent, Language, Understood } from "./intents.ts";
import {
  commonEnglish,
  conditionChinese,
  conditionEnglish,
  noChinese,
  noEnglish,
  noStartChinese,
  noStartEnglish,
  notBuyChinese,
  notBuyEnglish,
  rules,
  vocabulary,
  yesChinese,
  yesEnglish,
} from "./lexicon.ts";
import { afterIn, leadIn, numbersIn } from "./numbers.ts";
import { isSlipOf, type Plain, plainText } from "./text.ts";
import { type Named, nameMark, type Titles } from "./titles.ts";

const abbreviations: ReadonlyMap<string, string> = new Map([
  ["r", "are"],
  ["u", "you"],
  ["ur", "your"],
  ["hw", "how"],
  ["wat", "what"],
  ["wut", "what"],
  ["wen", "when"],
  ["abt", "about"],
  ["ppl", "people"],
  ["tmrw", "tomorrow"],
]);

/** "OK, thanks" may end a talk as well as agree. */
const isThanksAlone =
  /^(?:(?:ok|okay|okey|alright|all right|sounds good) )+(?:thanks|thank you|thx|ty)$|^(?:嗯|啊|哦|那|好|好的|行|行吧|好吧|ok|可以|,)+(?:谢谢|谢谢你|多谢|感谢)/;
const asksWhatThereIs = / (?:what|whats|which|anything|show|see)(?: [^ ]+){0,3} available /;
/** "Buy it" and "I want it" agree where that was asked, and are a wish elsewhere. */
const isWish = /^(?:买吧|下单吧|我?要|冲+(?:了|啊|呀|鸭|吧)?)$/;
/** "What is the ...", of no sale that is known. */
const asksOfAnything = / (?:what (?:is|are)|whats) (?:the|a) (?!◆)/;
/** Nobody agrees or declines at greater length; and what repeats itself has many ways through a pattern. */
const englishAnswerMax = 60;
const chineseAnswerMax = 20;
/** Of a longer message the end is read as it stands: every word that is not known costs a look at all that are. */
const wordsCorrected = 60;
/** A long message that fits this many rules says more than the rules can tell apart. */
const rulesTooMany = 4;
const longFromWords = 14;

/** What is on the table while a message is read. */
export interface Table {
  readonly titles: Titles;
  /** Ids of what was shown last, as it is numbered. */
  readonly shown: readonly string[];
  /** The offer that is talked about. */
  readonly focus: string | null;
  /** The offer whose quote waits for a yes: another one than is talked about where another sale's page was opened since. */
  readonly quoted: string | null;
  readonly pending: "buy" | "cancel" | "leave" | "remind" | "which" | null;
}

export function understand(text: string, table: Table): Understood {
  const plain = plainText(text);
  const named = table.titles.find(plain);
  const english = ` ${named.words.map((word, at) => (at < wordsCorrected ? corrected(word) : word)).join(" ")} `;
  const chinese = named.chinese;
  const order = /(?:^|[^a-z0-9])(ord_[0-9a-z]{10})(?![0-9a-z])/.exec(plain.words.join(" "))?.[1] ?? null;
  const numbers = numbersIn(english.replaceAll(nameMark, nameMark).trim(), chinese);
  const read: Reading = { plain, named, english, chinese, numbers, order, table };
  const { intent, isSure } = intentOf(read);
  const startsWithNo = noStartEnglish.test(english.trimStart()) || noStartChinese.test(chinese);
  const isQuantity = numbers.isBare && intent === "buy";
  const leadS = leadIn(english, chinese);
  return {
    intent,
    // "Not the drone, the headphones": the one in question is not what is meant.
    offers: startsWithNo && named.ids.length > 1 ? named.ids.filter((id) => id !== table.focus) : named.ids,
    number: numberFor(read, intent, isQuantity),
    quantity: intent === "remind" || (numbers.isBare && !isQuantity) ? null : numbers.quantity,
    leadS,
    afterS: leadS === null ? afterIn(english, chinese) : null,
    order,
    language: languageOf(plain, named),
    isSure,
  };
}

function numberFor({ english, chinese, numbers }: Reading, intent: Intent, isQuantity: boolean): Understood["number"] {
  if (intent === "list_sales")
    return / (?:more|next|else|others|rest) |更多|下一页|别的|其他|还有/.test(`${english}${chinese}`) ? "other" : null;
  return isQuantity ? null : numbers.number;
}

interface Reading {
  readonly plain: Plain;
  readonly named: Named;
  readonly english: string;
  readonly chinese: string;
  readonly numbers: ReturnType<typeof numbersIn>;
  readonly order: string | null;
  readonly table: Table;
}

interface Meaning {
  readonly intent: Intent;
  readonly isSure: boolean;
}

const sure = (intent: Intent): Meaning => ({ intent, isSure: true });

function intentOf(read: Reading): Meaning {
  const { plain, table, numbers } = read;
  if (plain.isPuzzled) return sure("help");
  if (plain.isThumb) return sure(table.pending === null || table.pending === "which" ? "thanks" : "yes");
  if (plain.words.length === 0 && plain.chinese === "") return sure("unknown");
  if (saysYes(read)) return sure("yes");
  if (saysNo(read)) return sure("no");
  if (numbers.isBare) return sure(table.pending === "buy" ? "buy" : "choose");
  return meaningOf(read);
}

/** Whether the whole message agrees, and says nothing else. */
function saysYes({ plain, named, english, chinese, numbers, order, table }: Reading): boolean {
  if (plain.isQuestion || plain.isCut || order !== null) return false;
  if (numbers.number !== null || numbers.quantity !== null) return false;
  // Who names what they were asked about agrees to that.
  const isSame = named.ids.length === 0 || (named.ids.length === 1 && named.ids[0] === table.quoted);
  if (!isSame) return false;
  const words = english
    .replaceAll(/,|◆|\bthe ◆/g, " ")
    .replaceAll(/\s+/g, " ")
    .trim();
  const isEnglish = !/\p{Script=Han}/u.test(chinese);
  // What is said of buying on another sale's page is said of that one.
  const asked = table.pending === "buy" && table.quoted !== table.focus ? null : table.pending;
  if (!fitsQuestion(`${words} ${chinese}`, asked)) return false;
  const all = isEnglish ? words : chinese.replaceAll(nameMark, "");
  if (all.length > (isEnglish ? englishAnswerMax : chineseAnswerMax) || isThanksAlone.test(all)) return false;
  if (isEnglish) return yesEnglish.test(all.replace(/ the$/, ""));
  return isWish.test(all) ? asked === "buy" : yesChinese.test(all);
}

/** "OK, buy it" agrees to that question alone, and is a wish elsewhere; "yes, cancel it" agrees to no purchase. */
function fitsQuestion(text: string, pending: Table["pending"]): boolean {
  const isBuying = /\b(?:buy|purchase|take|place)\b|买|购|下单/.test(text);
  const isLeaving = /\b(?:cancel|leave)\b|取消|退/.test(text);
  if (isBuying && pending !== "buy") return false;
  if (isLeaving && pending !== "cancel" && pending !== "leave") return false;
  return !/\border\b/.test(text) || pending === "buy" || pending === "cancel";
}

function saysNo({ plain, named, english, chinese, numbers, order, table }: Reading): boolean {
  if (order !== null || plain.isCut) return false;
  const isCancelling = table.pending === "cancel";
  const words = english.replaceAll(",", " ").replaceAll(/\s+/g, " ").trim();
  const isEnglish = !/\p{Script=Han}/u.test(chinese);
  if (/^(?:cancel(?: it| that)?|取消(?:吧|掉)?)$/.test(isEnglish ? words : chinese)) {
    return table.pending !== null && !isCancelling;
  }
  if (named.ids.length > 0 || numbers.quantity !== null) return false;
  if (table.pending === null && /^没有了.*谢/.test(chinese)) return false;
  if (/ wait(?:ing)? (?:any ?more|any longer|in line|for)/.test(english)) return false;
  if (isEnglish) return words.length <= englishAnswerMax && noEnglish.test(words);
  return chinese.length <= chineseAnswerMax && noChinese.test(chinese);
}

/** By the rules, and by what is on the table where a message alone says too little. */
function meaningOf(read: Reading): Meaning {
  const { plain, named, english, chinese, numbers, order, table } = read;
  const fitting = [
    ...new Set(
      rules
        .filter(({ english: e, chinese: c }) => e?.test(english) === true || c?.test(chinese) === true)
        .map(({ intent }) => intent),
    ),
  ];
  const [first] = fitting;
  const isNamed = named.ids.length > 0;
  const picks = isNamed || numbers.number !== null || pointsAt(english, chinese);
  const startsWithNo = noStartEnglish.test(english.trimStart()) || noStartChinese.test(chinese);
  const isSure = !(plain.isCut || (fitting.length >= rulesTooMany && lengthOf(plain) > longFromWords));
  const meant = (intent: Intent): Meaning => ({ intent, isSure });

  if (first === undefined || first === "greet" || first === "thanks") {
    if (numbers.quantity !== null && (table.pending === "buy" || table.focus !== null) && !isNamed) return meant("buy");
    if (numbers.quantity !== null && isNamed) return meant("buy");
    if (isNamed && table.pending === null && asksPolitely(english)) return meant("buy");
    if (picks) return meant(isNamed && table.shown.length === 0 && !startsWithNo ? "sale_details" : "choose");
    if (numbers.quantity !== null) return meant("choose");
    if (order !== null) return meant("order_status");
    if (first !== undefined) return meant(first);
    if (leavesSomething(english, chinese)) return meant("leave_queue");
    if (startsWithNo && !plain.isQuestion && saysOnlyNo(english, chinese)) return meant("no");
    return { intent: "unknown", isSure: false };
  }
  const isNotBuying = notBuyEnglish.test(english) || notBuyChinese.test(chinese);
  if (first === "buy") {
    if (isNotBuying && !correctsTo(chinese, english, isNamed || numbers.number !== null)) return meant("no");
    if (startsWithNo && picks && numbers.quantity === null) return meant("choose");
    if (conditionEnglish.test(english) || conditionChinese.test(chinese)) {
      return isNamed || table.focus !== null ? meant("sale_details") : { intent: "unknown", isSure: false };
    }
    return meant("buy");
  }
  // "Not this one, the headphones": said of a choice, whatever else the words may mean.
  if (startsWithNo && picks && (first === "sale_details" || first === "list_sales")) return meant("choose");
  if (first === "sale_details" && !picks && table.focus === null && asksOfAnything.test(english)) {
    return { intent: "unknown", isSure: false };
  }
  if (first === "sale_details" && numbers.number !== null) return meant(startsWithNo ? "choose" : "sale_details");
  if (first === "list_sales" && (isNamed || numbers.number !== null))
    return meant(numbers.number !== null && !isNamed ? "choose" : "sale_details");
  if (first === "stock" && !picks && table.focus === null && asksWhatThereIs.test(english)) return meant("list_sales");
  if (first === "my_orders" && order !== null) return meant("order_status");
  return meant(first);
}

/** In words; a Chinese word is two characters. */
function lengthOf({ words, chinese }: Plain): number {
  return words.length + chinese.replaceAll(/[^\p{Script=Han}]/gu, "").length / 2;
}

/** "This one", "that". */
function pointsAt(english: string, chinese: string): boolean {
  return (
    / (?:this|that) one | (?:this|that) $|^ (?:it|this|that) $/.test(english) ||
    /(?:就|选|是|要)?(?:这|那)(?:一)?(?:个|件|款|台|双|张)(?!呢|是|怎)/.test(chinese)
  );
}

/** After a no: names another thing that is wanted. */
function correctsTo(chinese: string, english: string, isNamed: boolean): boolean {
  if (!isNamed) return false;
  const clauses = [/\p{Script=Han}/u.test(chinese) ? chinese : english.trim()]
    .flatMap((text) => text.split(/\s*,\s*/))
    .filter((clause) => clause.includes(nameMark) || /第|last|first|second|third|other/.test(clause));
  return clauses.some((clause) => {
    const spaced = ` ${clause} `;
    return !notBuyEnglish.test(spaced) && !notBuyChinese.test(clause) && !/^(?:不|别)/.test(clause);
  });
}

function leavesSomething(english: string, chinese: string): boolean {
  return (
    / (?:leave|quit|exit|withdraw|drop out|step out|get me out|take me out|unsubscribe) /.test(english) ||
    /退出|离开|放弃|不参加/.test(chinese)
  );
}

function saysOnlyNo(english: string, chinese: string): boolean {
  return english.trim().split(" ").length <= 6 && chinese.length <= 12 + english.length;
}

/** "One drone, please": a name with nothing but courtesy. */
function asksPolitely(english: string): boolean {
  return (
    / (?:pls|plz|please) /.test(english) &&
    /^(?: (?:,|◆|a|an|the|one|some|that|this|hi|hey|hello|ok|okay|pls|plz|please))+ $/.test(english)
  );
}

/** A word, or the one of the rules that it most likely is. */
function corrected(word: string): string {
  const meant = abbreviations.get(word);
  if (meant !== undefined) return meant;
  if (word.length < 3 || vocabulary.has(word) || commonEnglish.has(word) || !/^[a-z]+$/.test(word)) return word;
  // "Drawn" is "draw" in another form, not misspelt.
  if (vocabulary.has(word.replace(/(?:s|n|d|ed|ing|er|ly|y)$/, ""))) return word;
  const found = [...vocabulary].find((known) => known.length > 2 && isSlipOf(word, known));
  return found ?? word;
}

/** `null` where only names, numbers or a word that both languages use are said. */
function languageOf(plain: Plain, named: Named): Language | null {
  if (/\p{Script=Han}/u.test(named.chinese)) return "zh";
  if (/\p{Script=Han}/u.test(plain.chinese)) return "zh";
  const telling = named.words.filter(
    (word) => /^[a-z]{2,}$/.test(word) && !/^(?:ok|okay|hi|hello|yes|no|vip|pro|max|bye)$/.test(word),
  );
  return telling.length > 0 ? "en" : null;
}
