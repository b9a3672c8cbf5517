/**
 * What the server says of a rehearsal in English alone: in what its copy differed, and why it was stopped. Whatever is
 * not known here is shown as it was said. Pure.
 */
import { language } from "../../shared/language.ts";

/** Sentences of the server that are always the same, in Chinese; a number in one is told as it is. */
const sentences: readonly (readonly [english: RegExp, chinese: string])[] = [
  [/^It opened a few seconds after it was made, with all its units on sale\.$/, "副本创建几秒后即开售，全部库存可售。"],
  [/^Buyers had (\d+) s to pay, not (\d+) s\.$/, "买家有 $1 秒付款，而不是 $2 秒。"],
  [
    /^It closed when all had come, and was drawn by its secret, without a beacon\.$/,
    "全部买家到齐后即截止，仅由密钥抽签，没有公共随机源。",
  ],
  [/^It did not close by itself\.$/, "副本没有按时自动结束。"],
  [/^A proof of work stood in for the captcha\.$/, "验证码由工作量证明代替。"],
  [
    /^Solving took its time, but no processor: on the day the buyers' devices do that\.$/,
    "做验证只耗时间，不占处理器：正式开售时由买家的设备完成。",
  ],
  [/^The server was killed\.$/, "服务器被强制终止。"],
  [/^The server was stopped\.$/, "服务器已停止。"],
  [/^An operator stopped it\.$/, "由运营人员停止。"],
];

/** A sentence of the server in the reader's language where that is known, and the language that it is in then. */
export function sentenceText(english: string): { readonly text: string; readonly lang: "en" | "zh-Hans" } {
  const known = language.value === "zh" ? sentences.find(([pattern]) => pattern.test(english)) : undefined;
  return known === undefined ? { text: english, lang: "en" } : { text: english.replace(...known), lang: "zh-Hans" };
}
