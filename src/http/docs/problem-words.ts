/** What each problem means, in Chinese: for its page. The English stands in problem.ts, since it is on the wire. */
import type { ProblemCode } from "../problem.ts";

interface Words {
  readonly title: string;
  readonly detail: string;
}

export const problemWordsZh: Readonly<Record<ProblemCode, Words>> = {
  rate_limited: { title: "请求过于频繁", detail: "请等待 Retry-After 所示的时间：在此之前，再次尝试同样会被拒绝。" },
  switched_off: { title: "暂时关闭", detail: "运营暂时关闭了此功能，未作任何更改。请稍后再试。" },
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
  rehearsal_running: {
    title: "另一场演练正在进行",
    detail: "同一台机器一次只能进行一场演练。请等它结束，或先停止 rehearsal_id 所指的演练。",
  },
  sale_running: {
    title: "有活动正在进行，或几分钟内就要开始",
    detail: "演练会占用正在抢购的买家的资源。请稍后再演练，或用 beside_sale 表明确有此意。",
  },
  total_changed: {
    title: "总量已变",
    detail: "期间已经补过货，也可能正是这个请求先前已生效。请先查看，再作决定。",
  },
  sold_out: { title: "已售罄", detail: "暂时没有剩余。订单取消或超时未支付后，商品会重新可售。" },
  limit_reached: { title: "已达限购数量", detail: "您已达到每位买家的限购数量。取消订单后可以再次购买。" },
  not_open: { title: "秒杀尚未开始", detail: "请在开始后再来：提前请求没有任何作用。" },
  paused: { title: "秒杀已暂停", detail: "运营恢复后会继续。" },
  not_admitted: {
    title: "还没轮到您",
    detail: "本场按自己的次序放行买家。请看活动的 admission：加入排队，或参加抽签。",
  },
  agents_not_allowed: {
    title: "本场只面向真人买家",
    detail: "智能体不能在此购买或排队。买家可以在商家页面上亲自参加。",
  },
  agent_share_taken: {
    title: "智能体的份额已满",
    detail: "智能体可买的数量已经用完。智能体的订单取消或超时未支付后，份额会重新空出。",
  },
  entered_elsewhere: {
    title: "您已参加另一件商品的抽签",
    detail: "每位买家在一场活动中只有一个签。请先退出另一个抽签。",
  },
  entry_withdrawn: { title: "您已退出这次抽签", detail: "一个签只有一次：退出之后不能再参加。" },
  draw_off: { title: "本场不抽签", detail: "请看活动的 admission：直接购买，或加入排队。" },
  pass_off: { title: "这里不能申领通行证", detail: "请看活动的 admission：直接购买、加入排队或参加抽签。" },
  queue_off: { title: "本场不排队", detail: "无需等候：开始后直接购买。" },
  queue_full: { title: "排队人数已满", detail: "人数超过了本服务器的上限。请稍后再试。" },
  not_queued: { title: "您不在队列中", detail: "请先加入排队。通行证过期后即失效：请重新加入。" },
  blocked: { title: "您被拒绝参加", detail: "本场运营已将您列入拒绝名单。如有误会，请联系商家。" },
  slowed: { title: "请放慢速度", detail: "您的请求像是程序发出的。请按 Retry-After 等待，然后手动重试。" },
  challenge_required: {
    title: "需要先完成验证",
    detail: "请从 /v1/campaigns/{id}/challenge 获取验证，在后台完成，并把结果放在 Rushbox-Challenge 请求头中发送。",
  },
  challenge_failed: { title: "验证未通过", detail: "所发送的结果无效，reason 说明了原因。请重新获取并完成验证。" },
  challenge_unavailable: { title: "暂时无法核对验证码", detail: "验证服务没有响应，期间不放行任何人。请稍后再试。" },
  not_reminded: { title: "您没有设置本场的提醒", detail: "活动已公布且尚未开始时可以设置。" },
  already_open: { title: "秒杀已经开始", detail: "无需提醒：现在就可以购买。" },
  reminder_too_late: {
    title: "距开始已不足这个时间",
    detail: "活动很快就要开始：请选择更短的提前时间，最多 lead_s_max 秒；为 0 时，请直接留在这里。",
  },
  reminders_full: { title: "本场提醒名额已满", detail: "设置提醒的人已达上限。请在开始时再来。" },
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
  guests_off: { title: "本店不接受游客", detail: "本店只向有账户的买家出售：请在商家处登录，并携带其提供的令牌。" },
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
