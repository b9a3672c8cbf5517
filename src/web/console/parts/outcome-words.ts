/** How attempts to buy, to join or to enter ended, in an operator's words. A word that is new to this page stays a code. */
import { wordsOf } from "../../shared/language.ts";

const words = wordsOf({
  reserved: ["got a unit", "抢到"],
  replayed: ["asked again for what they had", "重复请求已有订单"],
  sold_out: ["sold out", "已售罄"],
  limit_reached: ["had their share already", "已达限购"],
  not_open: ["too early", "尚未开始"],
  paused: ["the sale was paused", "活动暂停中"],
  ended: ["too late: the sale was over", "活动已结束"],
  not_admitted: ["not their turn, or without a pass", "未轮到或没有通行证"],
  agents_not_allowed: ["an agent, where only people may buy", "智能体，而本场只面向真人"],
  agent_share_taken: ["an agent, when their share was taken", "智能体份额已满"],
  rate_limited: ["too many attempts: rate limit", "触发限流"],
  blocked: ["blocked", "被拦截"],
  slowed: ["slowed down by the risk desk", "被风控减速"],
  challenge_required: ["had to solve a challenge first", "需先完成验证"],
  challenge_failed: ["challenge not solved", "验证未通过"],
  challenge_unavailable: ["the captcha's provider was down", "验证码服务不可用"],
  switched_off: ["switched off by an operator", "被开关关闭"],
  overloaded: ["too much to do", "服务器繁忙"],
  client_gone: ["gone before the answer", "买家已离开"],
  key_reused: ["a key for two purchases", "幂等键重复使用"],
  invalid: ["not a valid request", "请求无效"],
  outcome_unknown: ["could not be told in time", "未能及时确认"],
  not_found: ["no such offer", "商品不存在"],
  unauthorized: ["not signed in", "未登录"],
  taken: ["joined the line, entered the draw, or got a pass", "已排队、报名或领到通行证"],
  joined: ["joined the queue", "加入排队"],
  waiting: ["in the queue already", "已在排队"],
  entered: ["entered the draw", "报名抽签"],
  entered_elsewhere: ["in another draw of the sale", "已报名本活动其他商品"],
  queue_full: ["the queue was full", "排队已满"],
  not_queued: ["was not in the queue", "未在排队"],
});

export function outcomeText(code: string): string {
  return code in words ? words[code as keyof typeof words] : code.replaceAll("_", " ");
}
