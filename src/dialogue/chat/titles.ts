/**
 * Which of the offers a message names: by words of their titles, misspelt or not, in either language. A title is data: what
 * it says is never read as anything but a name, and words that mean something to the rules name nothing. Pure.
 */
import { commonEnglish, wordsTaken } from "./lexicon.ts";
import { isSlipOf, type Plain, simplified } from "./text.ts";

/** An offer, by the words that people may call it. */
export interface Thing {
  readonly id: string;
  /** Its own title first. */
  readonly names: readonly string[];
}

export interface Named {
  /** Those that fit best, alike. */
  readonly ids: readonly string[];
  /** The message without the words that named them; `◆` stands where they were. */
  readonly words: readonly string[];
  readonly chinese: string;
}

/** Stands for a name. */
export const nameMark = "◆";

/** What is called differently in the two languages, and in one. */
const goods: readonly (readonly string[])[] = [
  ["phone", "phones", "smartphone", "mobile", "cellphone", "手机"],
  ["headphones", "headphone", "earphones", "earbuds", "headset", "耳机"],
  ["drone", "drones", "quadcopter", "无人机"],
  ["car", "cars", "汽车", "小车", "玩具车", "车"],
  ["toy", "toys", "玩具"],
  ["ticket", "tickets", "门票", "票"],
  ["concert", "gig", "演唱会", "音乐会"],
  ["sneaker", "sneakers", "shoe", "shoes", "trainers", "球鞋", "运动鞋", "鞋子", "鞋"],
  ["watch", "watches", "手表"],
  ["laptop", "notebook", "笔记本", "电脑"],
  ["tablet", "平板"],
  ["camera", "相机"],
  ["speaker", "speakers", "音箱"],
  ["console", "游戏机"],
  ["keyboard", "键盘"],
  ["bag", "bags", "handbag", "包包"],
  ["cooker", "电饭煲"],
  ["shaver", "razor", "剃须刀"],
  ["bottle", "杯子", "水杯"],
  ["milk", "牛奶"],
  ["flagship", "旗舰"],
  ["limited", "限量"],
  ["vintage", "retro", "复古"],
  ["tv", "television", "电视"],
];

interface Names {
  readonly id: string;
  /** By word, how much it says. */
  readonly words: ReadonlyMap<string, number>;
  readonly chinese: ReadonlyMap<string, number>;
}

/** A message's words and characters beyond these name nothing: nobody names a thing at such length. */
const wordsAsked = 40;
const slipsAsked = 20;
const chineseAsked = 200;
/** A misspelt word says a little less. */
const slipWorth = 0.8;

interface Fit {
  score: number;
  readonly words: Set<string>;
  chinese: string;
}

/** Names of these things, made once for a list of them. */
export class Titles {
  readonly #all: readonly Names[];
  /** Every word of a name, and the things that have it by their places, with what it says of each. */
  readonly #places = new Map<string, [place: number, weight: number][]>();
  /** The words by their length: a misspelt one is about as long as the one that is meant. */
  readonly #byLength = new Map<number, string[]>();

  constructor(things: readonly Thing[]) {
    this.#all = things.map(namesOf);
    this.#all.forEach(({ words }, place) => {
      for (const [word, weight] of words) {
        const known = this.#places.get(word);
        if (known !== undefined) {
          known.push([place, weight]);
          continue;
        }
        this.#places.set(word, [[place, weight]]);
        this.#byLength.set(word.length, [...(this.#byLength.get(word.length) ?? []), word]);
      }
    });
  }

  find({ words, chinese }: Pick<Plain, "words" | "chinese">): Named {
    const fits = new Map<number, Fit>();
    this.#addWords(fits, words);
    this.#addChinese(fits, chinese.slice(0, chineseAsked));
    const best = Math.max(...[...fits.values()].map(({ score }) => score), 0);
    const found = [...fits].filter(([, { score }]) => score >= 0.3 && score > best - 0.001);
    const used = new Set(found.flatMap(([, fit]) => [...fit.words]));
    const longest = found.map(([, fit]) => fit.chinese).sort((a, b) => b.length - a.length)[0] ?? "";
    return {
      ids: found.sort(([a], [b]) => a - b).flatMap(([place]) => this.#all[place]?.id ?? []),
      words: words.map((word) => (used.has(word) ? nameMark : word)),
      chinese: [...used, longest]
        .filter((part) => part !== "")
        .reduce((text, part) => text.replaceAll(part, nameMark), chinese)
        .replaceAll(/◆+/gu, nameMark),
    };
  }

  #addWords(fits: Map<number, Fit>, words: readonly string[]): void {
    const isName = (word: string) => /^[a-z0-9]*[a-z]/.test(word) && !wordsTaken.has(word);
    const asked = [...new Set(words)].filter(isName).slice(0, wordsAsked);
    let slips = 0;
    for (const word of asked) {
      const isExact = this.#places.has(word);
      if (!isExact) slips += 1;
      if (slips > slipsAsked) continue;
      for (const meant of isExact ? [word] : this.#meantBy(word)) {
        const places = this.#places.get(meant) ?? [];
        // A word that many have in common says little of which is meant.
        const worth = (isExact ? 1 : slipWorth) / places.length ** 0.5;
        for (const [place, weight] of places) {
          const fit = fitAt(fits, place);
          fit.score += weight * worth;
          fit.words.add(word);
        }
      }
    }
  }

  /** The names that a misspelt word may be. */
  #meantBy(word: string): readonly string[] {
    if (word.length < 4 || commonEnglish.has(word)) return [];
    const near = [-2, -1, 0, 1, 2].flatMap((more) => this.#byLength.get(word.length + more) ?? []);
    return near.filter((name) => name.length > 3 && mayBeSlip(word, name) && isSlipOf(word, name));
  }

  #addChinese(fits: Map<number, Fit>, text: string): void {
    if (!isChinese(text)) return;
    this.#all.forEach(({ chinese }, place) => {
      let [most, longest] = [0, ""];
      for (const [name, weight] of chinese) {
        const part = longestIn(name, text);
        const worth = part.length < 2 && part.length < name.length ? 0 : part.length * weight;
        if (worth > most) [most, longest] = [worth, part];
      }
      if (most === 0) return;
      const fit = fitAt(fits, place);
      fit.score += most / 2;
      fit.chinese = longest;
    });
  }
}

function fitAt(fits: Map<number, Fit>, place: number): Fit {
  const known = fits.get(place) ?? { score: 0, words: new Set<string>(), chinese: "" };
  fits.set(place, known);
  return known;
}

/** Of its first two letters one is right, or they have changed places: looked at before what costs more. */
function mayBeSlip(word: string, name: string): boolean {
  return word[0] === name[0] || word[1] === name[1] || word[0] === name[1] || word[1] === name[0];
}

/** The longest part of a name that stands in the text. */
function longestIn(name: string, text: string): string {
  let longest = "";
  for (let [from, to] = [0, 1]; to <= name.length; ) {
    const part = name.slice(from, to);
    if (part !== "" && text.includes(part)) {
      if (part.length > longest.length && !commonChinese.has(part)) longest = part;
      to += 1;
    } else {
      from += 1;
      to = Math.max(to, from + 1);
    }
  }
  return longest;
}

const commonWords = new Set([
  "the",
  "a",
  "an",
  "of",
  "and",
  "for",
  "with",
  "in",
  "on",
  "to",
  "my",
  "your",
  "new",
  "sale",
]);
/** Parts of titles that are words of the rules. */
const commonChinese = new Set(
  "抽签 排队 候补 提醒 订单 活动 秒杀 抢购 购买 限购 规则 付款 支付 取消 客服 帮助 价格 库存 现在 今天 明天 什么 特价 优惠 新款 一个 可以 开售 第一 第二".split(
    " ",
  ),
);

function namesOf({ id, names }: Thing): Names {
  const words = new Map<string, number>();
  const chinese = new Map<string, number>();
  const put = (into: Map<string, number>, name: string, weight: number) =>
    into.set(name, Math.max(into.get(name) ?? 0, weight));
  names.forEach((name, at) => {
    const weight = at === 0 ? 1 : 0.6; // the offer's own title says more than its campaign's
    const plain = simplified(name.normalize("NFKC").toLowerCase());
    for (const word of plain.match(/[a-z0-9]*[a-z][a-z0-9]*/g) ?? []) {
      if (word.length > 1 && !commonWords.has(word) && !wordsTaken.has(word)) put(words, word, weight);
    }
    for (const part of plain.match(/[\p{Script=Han}]{2,}/gu) ?? []) put(chinese, part, weight);
  });
  const [all, text] = [new Set(words.keys()), [...chinese.keys()].join(" ")];
  for (const group of goods) {
    if (!group.some((name) => all.has(name) || (isChinese(name) && name.length > 1 && text.includes(name)))) continue;
    for (const name of group) {
      if (isChinese(name)) put(chinese, name, 0.55);
      else if (!words.has(name)) put(words, name, 0.7);
    }
  }
  return { id, words, chinese };
}

function isChinese(name: string): boolean {
  return /\p{Script=Han}/u.test(name);
}
