/** Numbers in a message: which one of those shown, how many, and how long before. Pure. */

export interface Numbers {
  readonly number: number | "last" | "other" | null;
  readonly quantity: number | null;
  /** Nothing but a number, which may be either. */
  readonly isBare: boolean;
}

const cardinals = [
  "zero",
  "one",
  "two",
  "three",
  "four",
  "five",
  "six",
  "seven",
  "eight",
  "nine",
  "ten",
  "eleven",
  "twelve",
];
const ordinals = ["", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"];
const valueMax = 1_000_000;
const digits = "[0-9]{1,6}|[零一二两俩三四五六七八九十]{1,3}";
const measures = "个|件|台|部|只|双|张|份|套|副|条|辆|瓶|盒|箱|支|把|块|单|对|枚|组|袋|罐";
const numberWord = `(?:[0-9]{1,6}|${cardinals.slice(1).join("|")})`;

/** `words` with a space between any two; `chinese` without. */
export function numbersIn(words: string, chinese: string): Numbers {
  const text = ` ${words} `;
  const bare = bareNumber(words, chinese);
  if (bare !== null) return { number: bare, quantity: bare, isBare: true };
  const number = numberOf(text, chinese);
  const quantity = quantityOf(text, chinese);
  // "Option 2" is no two of it, and "another one" is not one.
  const isSame = number === "other" || number === "last" || number === quantity;
  return { number, quantity: isSame ? null : quantity, isBare: false };
}

function bareNumber(words: string, chinese: string): number | null {
  const one = words.trim() !== "" ? words.replaceAll(",", "").trim() : "";
  const only = chinese.replaceAll(",", "");
  if (/^[0-9]{1,6}$/.test(one) && only === one) return bounded(Number(one));
  const at = cardinals.indexOf(one);
  if (at > 0 && only === one) return at;
  return new RegExp(`^(?:${digits})$`, "u").test(only) ? numeralOf(only) : null;
}

function numberOf(words: string, chinese: string): Numbers["number"] {
  if (
    / (?:other|another|different) (?:one|thing|item)? ?| the other |(?<!on) other ones? | something else | one else /.test(
      words,
    )
  )
    return "other";
  if (/另一|另外|换一个|换个|换成别|别的那|其他的|那另/.test(chinese)) return "other";
  if (
    / (?:the )?(?:very )?last (?:one|item|of|thing)| the last /.test(words) &&
    !/ (?:last order|the last (?:time|day|order|minute)) /.test(words)
  )
    return "last";
  if (/倒数第一|最后(?:一|那)?(?:个|件|款|项|场|双|台|部|张)|最后那|最下面|最末/.test(chinese)) return "last";
  if (/ at the (?:bottom|end) | bottom one /.test(words)) return "last";
  if (/ at the top | top one /.test(words)) return 1;
  const ordinal = / (first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|[0-9]{1,3}(?:st|nd|rd|th)) /.exec(
    words,
  )?.[1];
  if (ordinal !== undefined && !/ (?:a|one|just a|wait a) second /.test(words)) {
    const at = ordinals.indexOf(ordinal);
    return at > 0 ? at : bounded(Number.parseInt(ordinal, 10));
  }
  const named = new RegExp(
    ` (?:(?:number|nr|num|of|about|option|item|choice|choose|pick|select|take number) )(${numberWord}) (?!${englishUnit})| #([0-9]{1,6}) | # ([0-9]{1,6}) `,
  ).exec(words);
  const value = named?.[1] ?? named?.[2] ?? named?.[3];
  if (value !== undefined) return numeralOf(value);
  const chineseNumber =
    new RegExp(`第(${digits})(?!次|天|位|名)`, "u").exec(chinese)?.[1] ??
    new RegExp(`(?:选择?|看|就|要)(${digits})(?:号|$)`, "u").exec(chinese)?.[1] ??
    new RegExp(`(?:^|[^0-9])(${digits})号(?!线|店)`, "u").exec(chinese)?.[1];
  return chineseNumber === undefined ? null : numeralOf(chineseNumber);
}

function quantityOf(words: string, chinese: string): number | null {
  if (/ (?:a )?couple(?: of)? /.test(words)) return 2;
  if (/ (?:make (?:it|that)|make|only|just|but|instead|actually) (?:only |just )?one /.test(words)) return 1;
  const found =
    new RegExp(
      ` (?:buy|get|take|want|need|order|purchase|grab|have|like|make it|make that|only|just|but|rather|instead|actually|quantity|said|meant|mean|me|reserve|change (?:it )?to|quantity of|x) (?:me |to buy |to order |to get |to have |just |only |about |for )?(?:x ?)?(${numberWord})(?: |x )(?!(?:oclock|am|pm|minutes?|hours?|days?|st|nd|rd|th) )`,
    ).exec(words)?.[1] ??
    new RegExp(
      ` (${numberWord}) (?:pieces?|units?|pcs?|items?|copies|pairs?|of (?:them|those|these|it)|please|instead|◆|more|tickets?) `,
    ).exec(words)?.[1] ??
    / (?:x([0-9]{1,4})|([0-9]{1,4})x) /
      .exec(words)
      ?.slice(1)
      .find((part) => part !== undefined);
  const afterNo = new RegExp(
    ` (?:no|nope|wait|actually|sorry|oops) (?:, )?(?:(?:no|wait|just|only|i want|i said|make it) (?:, )?)?(${numberWord}) (?:, )?$`,
  ).exec(words)?.[1];
  if (afterNo !== undefined) return numeralOf(afterNo);
  if (
    / (?<! (?:the|this|that|which|last|other|another|first|second|third|wrong|◆) )one (?:pieces?|pairs?|units?|please) /.test(
      words,
    )
  ) {
    return 1;
  }
  if (found !== undefined && found !== "one") return numeralOf(found);
  if (found === "one" && / (?:buy|get|take|want|need|order|purchase|grab|have) (?:me |just |only )?one /.test(words))
    return 1;
  const chineseFound = new RegExp(
    `(?<![第下上哪每这那另后某前多0-9])(${digits})(?:${measures})(?!月|号|次|钱|元|价|人|小时|分钟)`,
    "u",
  ).exec(chinese)?.[1];
  if (chineseFound !== undefined) return numeralOf(chineseFound);
  const bareTail = new RegExp(`(?:买|要|来|抢|改成|换成|改为)(${digits})$`, "u").exec(chinese.replaceAll(",", ""))?.[1];
  return bareTail === undefined ? null : numeralOf(bareTail);
}

/** In seconds, by the first letter or character of a unit. */
const secondsPer: Readonly<Record<string, number>> = {
  ...{ w: 604_800, d: 86_400, h: 3_600, m: 60, s: 1 },
  ...{ 周: 604_800, 星: 604_800, 礼: 604_800, 天: 86_400, 日: 86_400, 小: 3_600, 钟: 3_600, 刻: 900, 分: 60, 秒: 1 },
};
const teens = ["thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"];
const tens = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
const amount = "[0-9]{1,6}(?:\\.[0-9]{1,2})?";
const amountWord = [
  ...["half(?: an?)?", "(?:a )?quarter of an?", "a couple of", "an?", ...teens],
  ...[`(?:${tens.join("|")})(?: (?:${cardinals.slice(1, 10).join("|")}))?`, ...cardinals.slice(1)],
].join("|");
const englishUnit = "(?:weeks?|days?|d|hours?|hrs?|h|minutes?|mins?|m|seconds?|secs?|s)(?![a-z])";
const englishPart = `(?:(${amount}) ?|(${amountWord}) )(and a half )?(${englishUnit})( and a half)?`;
const chinesePart = `(?:(${amount})|(半|[零一二两俩三四五六七八九十百]{1,5}))个?(半)?(周|星期|礼拜|天|日|小时|钟头|刻钟?|分钟?|秒钟?)(半)?`;
/** The same with nothing kept of what they find. */
const [englishTime, chineseTime] = [englishPart, chinesePart].map((part) => part.replaceAll(/(?<!\\)\((?!\?)/g, "(?:"));
const englishSpan = `(${englishTime}(?: (?:and )?${englishTime})?)`;
const chineseSpan = `((?:${chineseTime}){1,2})`;
const before = "(?:before|beforehand|b4|early|earlier|ahead|prior|in advance)";
const leadEnglish = new RegExp(` ${englishSpan} (?:[^ ,]+ ){0,2}?${before} `);
const leadChinese = new RegExp(
  `提前(?:大[概约]|约)?${chineseSpan}|[之以]?前(?:的)?${chineseSpan}|${chineseSpan}[之以]?前`,
  "u",
);
const afterEnglish = new RegExp(
  ` (?<!(?:opens?|opening|starts?|starting|begins?|beginning|live) )(?:in|after) (?:about |another |like )?${englishSpan} | ${englishSpan} (?:from now|later|from this moment) `,
);
const afterChinese = new RegExp(`${chineseSpan}[之以]?后(?!开|才开|就开)|再?过${chineseSpan}`, "u");

/** How long from now, in seconds: "in an hour and 10 minutes", "十分钟后"; `null` where nothing says so. */
export function afterIn(words: string, chinese: string): number | null {
  return secondsIn(afterEnglish.exec(` ${words.trim()} `)) ?? secondsIn(afterChinese.exec(chinese));
}

/** How long before something, in seconds: "an hour and a half before", "提前半小时"; `null` where nothing says so. */
export function leadIn(words: string, chinese: string): number | null {
  return secondsIn(leadEnglish.exec(` ${words.trim()} `)) ?? secondsIn(leadChinese.exec(chinese));
}

/** Of the span that a pattern has found, the sum of its parts. */
function secondsIn(found: RegExpExecArray | null): number | null {
  const span = found?.slice(1).find((part) => part !== undefined);
  if (span === undefined) return null;
  let seconds = 0;
  for (const [, digits, word, isAndHalf, unit = "", hasHalf] of [
    ...span.matchAll(new RegExp(englishPart, "g")),
    ...span.matchAll(new RegExp(chinesePart, "gu")),
  ]) {
    const per = secondsPer[unit.charAt(0)];
    if (per === undefined) throw new Error(`${unit} is no unit of time`);
    const count = digits === undefined ? amountOf(word ?? "") : Number(digits);
    seconds += (count + (isAndHalf === undefined && hasHalf === undefined ? 0 : 0.5)) * per;
  }
  return seconds;
}

/** Of a word, as "half an", "forty five" and 一百二十 are. */
function amountOf(word: string): number {
  if (word === "半" || word.startsWith("half")) return 0.5;
  if (word.includes("quarter")) return 0.25;
  if (word === "a couple of") return 2;
  if (word === "a" || word === "an") return 1;
  if (teens.includes(word)) return 13 + teens.indexOf(word);
  const [ten = "", one = ""] = word.split(" ");
  return tens.includes(ten) ? 20 + 10 * tens.indexOf(ten) + Math.max(0, cardinals.indexOf(one)) : numeralOf(word);
}

/** Of digits, of an English word, or of Chinese digits up to 999. */
function numeralOf(text: string): number {
  if (/^[0-9]+$/.test(text)) return bounded(Number(text));
  if (text.includes("百")) {
    const [hundreds = "", rest = ""] = text.split("百");
    return numeralOf(hundreds === "" ? "一" : hundreds) * 100 + (rest === "" ? 0 : numeralOf(rest));
  }
  const at = cardinals.indexOf(text);
  if (at >= 0) return at;
  const unit = (character: string) =>
    "零一二三四五六七八九".indexOf(character === "两" || character === "俩" ? "二" : character);
  const [tens, ones] = text.includes("十") ? text.split("十") : ["0", text];
  if (!text.includes("十")) return bounded(Number([...text].map(unit).join("")));
  return (tens === "" ? 1 : unit(tens ?? "")) * 10 + (ones === "" ? 0 : unit(ones ?? ""));
}

function bounded(value: number): number {
  return Math.min(value, valueMax);
}
