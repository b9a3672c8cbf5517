/** What each problem means, in Chinese: for its page. The English stands in problem.ts, since it is on the wire. */
import type { ProblemCode } from "../problem.ts";

interface Words {
  readonly title: string;
  readonly detail: string;
}

export const problemWordsZh: Readonly<Record<ProblemCode, Words>> = {
  invalid: { title: "请求无效", detail: "请改正所列字段后重新发送。" },
  unauthorized: {
    title: "缺少有效凭据",
    detail: "请发送 'Authorization: Bearer <token>'，令牌须有效且未过期。",
  },
  forbidden: { title: "没有权限", detail: "当前凭据不允许此操作：需要运营密钥。" },
  not_found: { title: "这里什么都没有", detail: "请检查地址和 id。" },
  method_not_allowed: { title: "该地址不支持此方法", detail: "请使用 Allow 响应头中列出的方法。" },
  payload_too_large: { title: "请求体过大", detail: "最多 16 KiB。" },
  unsupported_media_type: {
    title: "请求体不是 JSON",
    detail: "请以 UTF-8 编码发送，并带上 'Content-Type: application/json'。",
  },
  sold_out: { title: "已售罄", detail: "暂时没有剩余。订单取消或超时未支付后，商品会重新可售。" },
  limit_reached: { title: "已达限购数量", detail: "您已达到每位买家的限购数量。取消订单后可以再次购买。" },
  not_open: { title: "秒杀尚未开始", detail: "请在开始后再来：提前请求没有任何作用。" },
  paused: { title: "秒杀已暂停", detail: "运营恢复后会继续。" },
  ended: { title: "秒杀已结束", detail: "这里已不能再购买。" },
  key_reused: {
    title: "该 Idempotency-Key 属于另一个请求",
    detail: "新的购买请使用新的键；想知道上次的结果，请原样重复请求。",
  },
  not_sold_out: { title: "还有库存", detail: "现在就可以购买，无需候补。" },
  waitlist_off: { title: "本场没有候补", detail: "退回的商品会直接重新可售：请再来看看。" },
  waitlist_full: { title: "候补已满", detail: "请稍后再来：会有人离开。" },
  not_waiting: { title: "您不在候补队列中", detail: "请先加入候补。" },
  name_taken: {
    title: "名称已被占用",
    detail: "另一位运营正在使用或曾经使用过它。请换一个能在审计日志中区分两者的名称。",
  },
  limit_exceeded: { title: "数量已达上限", detail: "请先移除不再需要的。" },
  transition_not_allowed: { title: "当前状态不允许此操作", detail: "请查看当前状态：从该状态不能走到这一步。" },
  refund_due: { title: "这笔付款不能保留：请退款", detail: "它到得太晚、金额不符，或订单已经付过款。请把钱退还买家。" },
  payments_off: { title: "这里不收款", detail: "由商家自行收款：请在商家处支付。" },
  signature_invalid: {
    title: "Webhook 签名无效",
    detail: "签名缺失、错误或已过期。请检查发送方的签名密钥和时钟。",
  },
  provider_unavailable: {
    title: "支付平台没有正常应答",
    detail: "订单在截止时间前仍为您预占。请稍后再试：支付页面不会变。",
  },
  attempt_unknown: {
    title: "没有这次尝试的记录",
    detail: "它从未被接受，或服务器在作出决定前重启了：请用同一个 Idempotency-Key 重复请求。",
  },
  internal: {
    title: "服务器出了问题",
    detail: "不是您的请求有误。请重试；购买请求请用同一个 Idempotency-Key 重复。",
  },
  overloaded: { title: "排队的请求太多", detail: "没有任何改动。请稍后再试。" },
  outcome_unknown: {
    title: "结果未知",
    detail: "可能已经成功，也可能没有。请用同一个 Idempotency-Key 重复请求：只会有一个订单，不会有两个。",
  },
};
