/**
 * Refusals as operators read them: what happened and what to do next, by the code. A code that no table has is told by
 * the server's own words, which are English.
 */
import type { Refusal } from "../../shared/api.ts";
import { language, wordsOf } from "../../shared/language.ts";

const words = wordsOf({
  offline: [
    "The server does not answer. Check the connection and try again; nothing is known to have changed.",
    "服务器没有响应。请检查网络后重试；目前不能确认操作是否生效。",
  ],
  unreadable: [
    "Something other than this server answered. Check the proxy between.",
    "收到的不是本服务的响应，请检查中间的代理。",
  ],
  invalid: ["The server does not take this as it stands.", "服务器不接受这样的内容。"],
  unauthorized: ["Your key is not taken any more. Sign in again.", "密钥已失效，请重新登录。"],
  forbidden: ["Your role may look at this, not do it. Ask an admin.", "你的角色只能查看，不能操作。请联系管理员。"],
  not_found: ["There is nothing under this number.", "找不到该内容，可能已被删除。"],
  transition_not_allowed: [
    "It has moved on meanwhile, and this step is not possible any more. Look at how it stands now.",
    "状态已发生变化，不能再执行这一步。请查看最新状态。",
  ],
  refund_due: [
    "The payment is recorded but cannot be kept: return the money to the buyer, then mark it as returned.",
    "款项已登记，但不能入账：请把钱退给买家，然后标记为已退回。",
  ],
  payments_off: [
    "This server takes no payments: the shop takes the money itself.",
    "本服务没有接入支付，由商城自行收款。",
  ],
  provider_unavailable: [
    "The payment provider does not answer. The order stays as it is. Try again shortly.",
    "支付渠道没有响应，订单保持原样，请稍后再试。",
  ],
  name_taken: [
    "This name is taken, or was once. Choose another, so that the audit log can tell the two apart.",
    "这个名字已被使用过。请换一个，以便审计日志区分。",
  ],
  limit_exceeded: ["There are as many as there may be. Remove one first.", "数量已达上限，请先删除不需要的。"],
  rate_limited: ["Too many attempts. Wait a moment.", "操作太频繁，请稍等。"],
  switched_off: ["Switched off at the moment. See Switches.", "此功能当前已被关闭，请到“开关”页面查看。"],
  overloaded: [
    "The server has too much to do right now and has changed nothing. Try again shortly.",
    "服务器正忙，没有做任何更改，请稍后再试。",
  ],
  outcome_unknown: [
    "It is not known whether this happened. Look first, before you try again.",
    "不确定操作是否已生效。请先查看结果，再决定是否重试。",
  ],
  internal: ["Something went wrong on the server. Its log says what.", "服务器内部出错，详情见服务器日志。"],
  other: [
    (detail: string, code: string) => (detail === "" ? `Refused: ${code}` : detail),
    (detail: string, code: string) => `操作被拒绝（${code}）：${detail}`,
  ],
});
type Known = Exclude<keyof typeof words, "other">;

/** What an operator reads of a refusal. */
export function wordsOfRefusal({ code, detail }: Pick<Refusal, "code" | "detail">): string {
  return code in words && code !== ("other" as string) ? words[code as Known] : words.other(detail, code);
}

/** What is wrong with a field: the server's words in English, else the page's own; `undefined` when nothing is. */
export function wrongWith(refusal: Refusal | null, field: string, own: string): string | undefined {
  const error = refusal?.errors.find((candidate) => candidate.field === field);
  if (error === undefined) return undefined;
  return language.value === "en" ? `${error.detail.charAt(0).toUpperCase()}${error.detail.slice(1)}.` : own;
}
