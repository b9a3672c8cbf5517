/**
 * A message as the rules read it: bounded, in lower case, full-width forms and traditional characters made plain, without
 * emoji, controls and what nobody sees. Latin words stand apart from Chinese, so that each is read by its own rules.
 * Pure.
 */

export interface Plain {
  /** Words and numbers, with "," where a clause ends; Chinese is left out. */
  readonly words: readonly string[];
  /** Chinese without spaces, with the Latin words and numbers in between and "," where a clause ends. */
  readonly chinese: string;
  readonly isQuestion: boolean;
  /** Nothing but a thumb up, a tick or the like. */
  readonly isThumb: boolean;
  /** Nothing but question marks. */
  readonly isPuzzled: boolean;
  /** Longer than is read. */
  readonly isCut: boolean;
}

/** Nobody says more than this to buy something; what comes behind is not read. */
const charactersRead = 1_000;

const thumbs = /^(?:\s|!|\u{1F44D}|\u{1F44C}|\u2705|\u2714|[\u{1F3FB}-\u{1F3FF}]|\uFE0F)+$/u;

/** The point in "1.5 hours" ends no clause. */
const clauseEnd =
  /(?:[,;:!?，。、；：！？\n…~～]|(?<![0-9])\.|\.(?![0-9]{1,2} ?(?:days?|hours?|hrs?|h|minutes?|mins?|天|个?小时|个?钟头|分钟)(?![a-z])))+/gu;

export function plainText(text: string): Plain {
  const isCut = text.length > charactersRead;
  const read = text.slice(0, charactersRead).toWellFormed();
  const plain = simplified(
    read
      .normalize("NFKC")
      .toLowerCase()
      .replaceAll(/['’‘`´]/g, "")
      .replaceAll(/[\p{Cf}\p{Mn}]/gu, "")
      .replaceAll(clauseEnd, " , ")
      .replaceAll(/[^\p{L}\p{N}_#,.]+/gu, " "),
  );
  const spaced = plain.replaceAll(/([\p{Script=Han}])/gu, " $1 ");
  const words = spaced.split(" ").filter((word) => word !== "" && !/\p{Script=Han}/u.test(word));
  return {
    words: words.map(shortened),
    chinese: plain.replaceAll(/\s+/g, "").replaceAll(/,+/g, ",").replaceAll(/^,|,$/g, ""),
    isQuestion: /[?？]|[吗呢么]\s*[。.!！?？]*\s*$/u.test(read),
    isThumb: thumbs.test(read) && /[^\s!]/.test(read),
    isPuzzled: /^[\s?？]+$/.test(read) && /[?？]/.test(read),
    isCut,
  };
}

/** `yesssss` is `yes`. */
function shortened(word: string): string {
  return word.replaceAll(/([a-z])\1{2,}/g, "$1");
}

/** Traditional characters of the words that the rules know and of goods, each before its simplified one. */
const characters =
  "買买賣卖錢钱單单訂订購购隊队籤签簽签獎奖號号價价個个兩两這这還还麼么時时間间開开後后來来現现謝谢請请幫帮說说誰谁貨货補补從从機机鐘钟點点幾几們们對对過过結结賬账帳账憑凭證证據据發发規规則则優优標标詳详紹绍無无門门場场聽听應应該该嗎吗確确認认員员轉转務务電电話话參参與与動动進进離离隻只雙双張张臺台帶带給给見见樣样種种東东類类並并會会為为歡欢沒没甚什裡里訴诉鞋鞋極极艦舰車车藝艺總总達达餘余滿满實实關关閉闭換换讓让顯显將将選选擇择約约繼继續续預预搶抢輪轮貴贵塊块條条龍龙鳳凤馬马書书筆笔記记腦脑遊游戲戏錶表燈灯鏡镜飛飞罩罩衝冲決决準准備备夠够處处數数組组錄录歲岁長长圖图陰阴陽阳緊紧氣气讚赞棄弃銷销訊讯產产頭头傳传試试區区難难願愿卻却簡简麗丽體体題题隨随啟启喚唤鬧闹領领賺赚維维狀状態态詢询問问聯联絡络";
const toSimplified = new Map<string, string>();
for (let at = 0; at < characters.length; at += 2) toSimplified.set(characters.charAt(at), characters.charAt(at + 1));

/** Misspelt words that sound alike. */
const slips: readonly (readonly [string, string])[] = [
  ["定单", "订单"],
  ["排对", "排队"],
  ["付宽", "付款"],
  ["抽千", "抽签"],
  ["侯补", "候补"],
  ["题醒", "提醒"],
  ["提星", "提醒"],
  ["库村", "库存"],
  ["多少前", "多少钱"],
  ["帐单", "账单"],
  ["取销", "取消"],
  ["再吗", "在吗"],
  ["耳几", "耳机"],
  ["退狂", "退款"],
  ["确任", "确认"],
  ["规责", "规则"],
  ["客户服务", "客服"],
];

export function simplified(text: string): string {
  let plain = text.replaceAll(/\p{Script=Han}/gu, (character) => toSimplified.get(character) ?? character);
  for (const [wrong, right] of slips) plain = plain.replaceAll(wrong, right);
  return plain;
}

/** How many letters are wrong, missing, too many or changed with their neighbour; `max + 1` for more than `max`. */
export function lettersApart(a: string, b: string, max: number): number {
  if (Math.abs(a.length - b.length) > max) return max + 1;
  let [before, last] = [[] as number[], Array.from({ length: b.length + 1 }, (_, at) => at)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      let least = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (isSame ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, (before[j - 2] ?? 0) + 1);
      row.push(least);
    }
    [before, last] = [last, row];
  }
  return Math.min(last[b.length] ?? 0, max + 1);
}

/** Whether a word is most likely the other one, misspelt: the shorter, the less may be wrong. */
export function isSlipOf(word: string, meant: string): boolean {
  if (word === meant) return true;
  if (meant.length < 3 || word.length < 3 || !/^[a-z]+$/.test(word)) return false;
  if (meant.length === 3) return isSwapped(word, meant);
  if (meant.length === 4) return (word.length !== 4 && lettersApart(word, meant, 1) === 1) || isSwapped(word, meant);
  return lettersApart(word, meant, meant.length < 8 ? 1 : 2) <= (meant.length < 8 ? 1 : 2);
}

function isSwapped(word: string, meant: string): boolean {
  return (
    word.length === meant.length &&
    word !== meant &&
    [...word].every((letter) => meant.includes(letter)) &&
    [...meant].every((letter) => word.includes(letter)) &&
    lettersApart(word, meant, 1) === 1
  );
}
