/** Switches and limits in an operator's words: what each is, and what buyers will see. */
import type { RateLimitName, RiskMode, SwitchName } from "../../../domain/controls.ts";
import { wordsOf } from "../../shared/language.ts";

const titles = wordsOf({
  pause_sales: ["Pause sales", "暂停销售"],
  queue_everybody: ["Everybody queues", "全部排队"],
  refuse_joins: ["No new queueing", "暂停排队报名"],
  streams_off: ["No live updates", "关闭实时推送"],
  search_off: ["No lists", "关闭查询"],
  exports_off: ["No downloads", "关闭下载"],
  chat_off: ["No conversations", "关闭对话"],
  read_only: ["Look only", "只读"],
});

const meanings = wordsOf({
  pause_sales: [
    "Nobody buys, joins a waitlist or enters a draw: buyers read that the sale is paused. Orders that stand can be paid. Queues may be joined, and stand still.",
    "谁也不能购买、候补或参与抽签，买家会看到“活动已暂停”。已有订单可以付款；可以排队，但不放行。",
  ],
  queue_everybody: [
    "Open campaigns let in by their queue alone: buyers get a place in line and buy when it is their turn.",
    "进行中的活动一律排队进入：买家先领号，轮到才能购买。",
  ],
  refuse_joins: [
    "Nobody new joins a waitlist or a queue, enters a draw, or sets a reminder; who is in stays in, and buying goes on.",
    "不再接受新的候补、排队、抽签报名和开售提醒；已有的保留，购买照常。",
  ],
  streams_off: [
    "Pages ask once a second instead of being told at once: buyers hardly notice, the server has fewer connections.",
    "页面改为每秒查询，不再实时推送：买家几乎无感，服务器连接数减少。",
  ],
  search_off: [
    "No lists of orders, waitlists and ledger rows, for operators neither; single orders can be looked at.",
    "关闭订单、候补、台账的列表查询（运营也不能查）；单个订单仍可查看。",
  ],
  exports_off: [
    "No downloads of orders, for operators neither. Buyers notice nothing.",
    "关闭订单下载（运营也不能下载）。买家无感。",
  ],
  chat_off: [
    "Nobody can talk to the shop's assistant, on the page or by a chat platform: pages work as ever.",
    "关闭对话助手（页面与聊天平台均不可用）；页面功能照常。",
  ],
  read_only: [
    "Buyers look and change nothing: no buying, joining, cancelling. What is reserved can be paid, and runs out.",
    "买家只能看，不能购买、报名或取消。已抢到的可以付款，超时照常释放。",
  ],
});

const limitTitles = wordsOf({
  buyer: ["Each buyer", "每个买家"],
  address: ["Each address", "每个地址"],
  campaign: ["Each campaign", "每个活动"],
  overall: ["All together", "全站"],
  failures: ["Wrong tokens of an address", "每个地址的无效令牌"],
  guests: ["New guests of an address", "每个地址的新访客"],
});

const limitMeanings = wordsOf({
  buyer: [
    "Attempts of one buyer. Who is over it is told when to try again.",
    "单个买家的请求次数。超出的买家会看到何时再试。",
  ],
  address: [
    "Attempts from one address. Offices and mobile networks bring thousands of people by one: set it far above what they need.",
    "单个地址的请求次数。公司和移动网络可能共用一个地址，请设得足够宽松。",
  ],
  campaign: ["Attempts in one campaign, all buyers together.", "单个活动的请求次数，全部买家合计。"],
  overall: ["All attempts in all campaigns.", "所有活动的请求总数。"],
  failures: [
    "Wrong tokens from one address: beyond that they are not even looked at. Buyers who are known notice nothing.",
    "同一地址的无效令牌，超出后直接拒绝。正常买家无感。",
  ],
  guests: [
    "Visitors who get a name of their own from one address, where the page sells without the shop's accounts.",
    "无需店铺账号即可购买时，同一地址可领取的访客身份数。",
  ],
});

const modeTitles = wordsOf({
  off: ["Off", "关闭"],
  record: ["Record", "仅记录"],
  enforce: ["Enforce", "执行"],
});

const modeMeanings = wordsOf({
  off: ["Nothing is watched, nobody is refused.", "不观察，不拦截。"],
  record: ["It judges, and nobody feels it: see under Risk what it would do.", "只判断不拦截，可在“风控”中查看结果。"],
  enforce: ["Whom it suspects is slowed down or refused, and told why.", "可疑买家会被减速或拒绝，并看到原因。"],
});

export const switchTitle = (name: SwitchName): string => titles[name];
export const switchMeaning = (name: SwitchName): string => meanings[name];
export const limitTitle = (name: RateLimitName): string => limitTitles[name];
export const limitMeaning = (name: RateLimitName): string => limitMeanings[name];
export const modeTitle = (mode: RiskMode): string => modeTitles[mode];
export const modeMeaning = (mode: RiskMode): string => modeMeanings[mode];
