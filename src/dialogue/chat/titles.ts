/**
 * Which of the offers a message names: by words of their titles, misspelt or not, in either language. A title is data: what
 * it says is never read as anything but a name, and words that mean something to the rules name nothing. Pure.
 */
import { wordsTaken } from "./lexicon.ts";
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

/** Names of these things, made once for a list of them. */
export class Titles {
  readonly #all: readonly Names[];

  constructor(things: readonly Thing[]) {
    const raw = things.map(namesOf);
    const counts = new Map<string, number>();
    for (const { words } of raw) for (const word of words.keys()) counts.set(word, (counts.get(word) ?? 0) + 1);
    // A word that many have in common says little of which is meant.
    this.#all = raw.map(({ id, words, chinese }) => ({
      id,
      words: new Map([...words].map(([word, weight]) => [word, weight / (counts.get(word) ?? 1) ** 0.5])),
      chinese,
    }));
  }

  find({ words, chinese }: Pick<Plain, "words" | "chinese">): Named {
    const asked = [...new Set(words)].filter((word) => /^[a-z0-9]*[a-z]/.test(word) && !wordsTaken.has(word));
    const exact = new Set(asked.filter((word) => this.#all.some((names) => names.words.has(word))));
    let best = 0;
    let found: { id: string; words: ReadonlySet<string>; chinese: string }[] = [];
    for (const names of this.#all) {
      const one = fit(names, asked, exact, chinese);
      if (one.score < 0.3 || one.score < best - 0.001) continue;
      if (one.score > best + 0.001) found = [];
      best = one.score;
      found.push({ id: names.id, words: one.words, chinese: one.chinese });
    }
    const used = new Set(found.flatMap((one) => [...one.words]));
    const longest = found.map((one) => one.chinese).sort((a, b) => b.length - a.length)[0] ?? "";
    return {
      ids: found.map(({ id }) => id),
      words: words.map((word) => (used.has(word) ? nameMark : word)),
      chinese: [...used, longest]
        .filter((part) => part !== "")
        .reduce((text, part) => text.replaceAll(part, nameMark), chinese)
        .replaceAll(/◆+/gu, nameMark),
    };
  }
}

function fit(names: Names, asked: readonly string[], exact: ReadonlySet<string>, chinese: string) {
  let score = 0;
  const words = new Set<string>();
  for (const word of asked) {
    const weight = names.words.get(word);
    if (weight !== undefined) {
      score += weight;
      words.add(word);
    } else if (!exact.has(word)) {
      const meant = [...names.words].find(([name]) => name.length > 3 && isSlipOf(word, name));
      if (meant === undefined) continue;
      score += meant[1] * 0.8;
      words.add(word);
    }
  }
  let longest = "";
  let most = 0;
  for (const [name, weight] of names.chinese) {
    const part = longestIn(name, chinese);
    const worth = part.length < 2 && part.length < name.length ? 0 : part.length * weight;
    if (worth > most) [most, longest] = [worth, part];
  }
  return { score: score + most / 2, words, chinese: longest };
}

/** The longest part of a name that stands in the text. */
function longestIn(name: string, text: string): string {
  for (let length = name.length; length > 0; length--) {
    for (let at = 0; at + length <= name.length; at++) {
      const part = name.slice(at, at + length);
      if (text.includes(part) && !commonChinese.has(part)) return part;
    }
  }
  return "";
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
