/** What the audit log says in its own words, as operators read it: actions, outcomes, the names of facts. */
import type { Command } from "../../../domain/command.ts";
import { fullMoment } from "../../shared/format.ts";
import { wordsOf } from "../../shared/language.ts";

/** What an operator can ask for: commands, and what is noted without one. */
type Noted = "export_orders" | "create_checkout" | "replay_deliveries" | "start_rehearsal" | "stop_rehearsal";
type AuditedAction = Exclude<
  Command["type"],
  | "reserve"
  | "join_waitlist"
  | "leave_waitlist"
  | "enter_draw"
  | "make_draws"
  | "join_queue"
  | "leave_queue"
  | "set_reminder"
  | "remove_reminder"
  | "publish_ledger_head"
  | "note_action"
>;

export const actionNames = wordsOf({
  create_campaign: ["Made a campaign", "创建活动"],
  publish: ["Published a campaign", "发布活动"],
  pause: ["Paused a campaign", "暂停活动"],
  resume: ["Resumed a campaign", "恢复活动"],
  end: ["Ended a campaign", "结束活动"],
  restock: ["Changed a stock", "调整库存"],
  cancel: ["Cancelled an order", "取消订单"],
  pay: ["Recorded a payment", "登记付款"],
  refund: ["Refunded an order", "订单退款"],
  confirm_refund: ["Marked a payment as returned", "标记款项已退回"],
  create_checkout: ["Made a payment link", "生成支付链接"],
  export_orders: ["Exported orders", "导出订单"],
  erase_buyers: ["Erased buyers", "删除买家身份"],
  start_rehearsal: ["Started a rehearsal", "开始演练"],
  stop_rehearsal: ["Stopped a rehearsal", "停止演练"],
  set_controls: ["Changed switches or limits", "更改开关或限流"],
  add_access_entry: ["Added to the access list", "添加名单记录"],
  remove_access_entry: ["Took off the access list", "移除名单记录"],
  create_endpoint: ["Added a webhook", "添加 Webhook"],
  change_endpoint: ["Changed a webhook", "修改 Webhook"],
  delete_endpoint: ["Deleted a webhook", "删除 Webhook"],
  replay_deliveries: ["Had deliveries tried again", "重新投递"],
  create_operator: ["Made a key", "新建密钥"],
  revoke_operator: ["Revoked a key", "吊销密钥"],
}) satisfies Readonly<Record<AuditedAction | Noted, string>>;

/** An action in words; one that no table has by its own name. */
export function actionWords(action: string): string {
  return action in actionNames ? actionNames[action as keyof typeof actionNames] : action;
}

const outcomes = wordsOf({
  created: ["done", "成功"],
  changed: ["done", "成功"],
  moved: ["done", "成功"],
  done: ["done", "成功"],
  erased: ["done", "成功"],
  not_found: ["refused: nothing there", "被拒绝：不存在"],
  transition_not_allowed: ["refused: not in this state", "被拒绝：当前状态不允许"],
  invalid: ["refused: not valid", "被拒绝：内容无效"],
  refund_due: ["recorded, but to be returned", "已登记，但需退回"],
  name_taken: ["refused: the name is taken", "被拒绝：名字已被使用"],
  limit_exceeded: ["refused: too many", "被拒绝：数量已达上限"],
  not_settled: ["refused: the sale still runs", "被拒绝：活动尚未结束"],
});

const successes: readonly string[] = ["created", "changed", "moved", "done", "erased"];

export function outcomeWords(outcome: string): string {
  return outcome in outcomes ? outcomes[outcome as keyof typeof outcomes] : outcome;
}

export function isSuccess(outcome: string): boolean {
  return successes.includes(outcome);
}

const facts = wordsOf({
  title: ["Title", "标题"],
  state: ["State", "状态"],
  total: ["Total", "总量"],
  available: ["On sale", "可售"],
  held: ["Held", "占用"],
  sold: ["Sold", "已售"],
  name: ["Name", "名字"],
  role: ["Role", "角色"],
  is_revoked: ["Revoked", "已吊销"],
  url: ["Address", "地址"],
  types: ["Events", "事件"],
  is_enabled: ["Enabled", "启用"],
  rotated_at_ms: ["Secret changed", "密钥更换于"],
  effect: ["Effect", "处理方式"],
  kind: ["About", "对象类型"],
  network: ["Network", "网段"],
  reason: ["Reason", "原因"],
  expires_at_ms: ["Until", "有效期至"],
  orders: ["Orders", "订单"],
  entries: ["Entries", "候补记录"],
  switches_on: ["Switched on", "已打开的开关"],
  risk_mode: ["Risk mode", "风控模式"],
  buyer_limit: ["Limit per buyer", "买家限流"],
  address_limit: ["Limit per address", "地址限流"],
  campaign_limit: ["Limit per campaign", "活动限流"],
  overall_limit: ["Limit overall", "总限流"],
  failures_limit: ["Limit of wrong tokens", "错误令牌限流"],
});

const values = wordsOf({
  true: ["yes", "是"],
  false: ["no", "否"],
  draft: ["draft", "草稿"],
  scheduled: ["scheduled", "待开始"],
  open: ["open", "进行中"],
  paused: ["paused", "已暂停"],
  ended: ["ended", "已结束"],
  reserved: ["to be paid", "待支付"],
  paid: ["paid", "已支付"],
  cancelled: ["cancelled", "已取消"],
  expired: ["expired", "超时关闭"],
  refund_due: ["refund due", "待退款"],
  refunded: ["refunded", "已退款"],
  viewer: ["viewer", "观察员"],
  operator: ["operator", "运营"],
  admin: ["admin", "管理员"],
  block: ["block", "拦截"],
  allow: ["let by", "放行"],
  buyer: ["a buyer", "买家"],
  network: ["a network", "网段"],
  off: ["off", "关闭"],
  record: ["record", "仅记录"],
  enforce: ["enforce", "启用"],
});
/** Facts whose values are words of ours; others are texts of people, or names that the API has. */
const worded: readonly string[] = ["state", "role", "is_revoked", "is_enabled", "effect", "kind", "risk_mode"];

const empties = wordsOf({
  types: ["all", "全部"],
  limit: ["no limit", "不限"],
  expires_at_ms: ["never", "长期"],
  other: ["nothing", "无"],
});

/** The value of a fact in words; what is not set means something else for each. */
export function valueWords(name: string, value: string | null): string {
  if (value === null) {
    if (name.endsWith("_limit")) return empties.limit;
    return name === "types" || name === "expires_at_ms" ? empties[name] : empties.other;
  }
  if (name.endsWith("_at_ms")) return fullMoment(value);
  return worded.includes(name) && value in values ? values[value as keyof typeof values] : value;
}

/** The name of a fact in words. */
export function factWords(name: string): string {
  return name in facts ? facts[name as keyof typeof facts] : name;
}
