/** What campaigns are called in the console: states, kinds, ways of admission, and what each of them means. */
import type { AdmissionMode, ChallengeKind } from "../../../domain/admission.ts";
import type { AgentPolicy } from "../../../domain/agents.ts";
import { type CampaignKind, type CampaignState, kindPresets } from "../../../domain/campaign.ts";
import { limits } from "../../../domain/limits.ts";
import type { Tone } from "../../shared/elements.tsx";
import { count } from "../../shared/format.ts";
import { language, wordsOf } from "../../shared/language.ts";
import type { Campaign } from "../../shared/wire.ts";

export const stateWords = wordsOf({
  draft: ["Draft", "草稿"],
  scheduled: ["Scheduled", "待开始"],
  open: ["Open", "进行中"],
  paused: ["Paused", "已暂停"],
  ended: ["Ended", "已结束"],
} satisfies Record<CampaignState, readonly [string, string]>);

export const stateTones: Readonly<Record<CampaignState, Tone>> = {
  draft: "plain",
  scheduled: "warn",
  open: "good",
  paused: "warn",
  ended: "plain",
};

export const kindWords = wordsOf({
  one_yuan: ["One yuan", "一元秒杀"],
  limited_time: ["Limited time", "限时特价"],
  hot_item: ["Hot item", "爆款抢购"],
  none: ["No preset", "自定规则"],
} satisfies Record<CampaignKind | "none", readonly [string, string]>);

/** What a kind allows, told from the preset itself. */
export function kindRules(kind: CampaignKind | "none"): string {
  const isChinese = language.value === "zh";
  if (kind === "none") {
    return isChinese
      ? "没有额外规则：价格、库存、时间由你决定，不设结束时间就一直卖到你手动结束。"
      : "No rules of its own: price, stock and time are yours. Without a closing time it runs until you end it.";
  }
  const { windowMs, stockMax, limitPerBuyerMax, floorPrice } = kindPresets[kind];
  const minutes = windowMs / 60_000;
  const rules = [
    floorPrice ? ["one unit of the currency at most", "售价不超过一个货币单位"] : null,
    stockMax < limits.stockMax ? [`${count(stockMax)} units at most`, `每款最多 ${count(stockMax)} 件`] : null,
    limitPerBuyerMax < limits.quantityMax
      ? [`${limitPerBuyerMax} per buyer at most`, `每人最多 ${limitPerBuyerMax} 件`]
      : null,
    [`${minutes} minutes unless you say otherwise`, `默认 ${minutes} 分钟，可另定`],
  ].filter((rule) => rule !== null);
  const told = rules.map(([english, chinese]) => (isChinese ? chinese : english));
  return isChinese ? `${kindLeads[kind]}：${told.join("；")}。` : `${kindLeads[kind]}: ${told.join("; ")}.`;
}

const kindLeads = wordsOf({
  one_yuan: ["Very few units at a symbolic price", "象征性低价，数量极少"],
  limited_time: ["A special price for a while, few units or many", "限时优惠价，数量可多可少"],
  hot_item: ["Few units of what everybody wants", "人人想要、数量有限的热门商品"],
});

const windowWords = wordsOf({
  whenPublished: ["when it is published", "发布后"],
  sincePublished: ["when it was published", "发布时"],
  byKind: [(minutes: number) => `${minutes} minutes after the opening`, (minutes: number) => `开始 ${minutes} 分钟后`],
  byHand: ["when an operator ends it", "由运营手动结束"],
  ended: ["when an operator ended it", "已由运营手动结束"],
});

type Window = Pick<Campaign, "state" | "kind" | "opens_at" | "closes_at">;

/** When a campaign opens, its time told by `timeText`. */
export function opensText({ state, opens_at }: Window, timeText: (time: string) => string): string {
  if (opens_at !== null) return timeText(opens_at);
  return state === "draft" ? windowWords.whenPublished : windowWords.sincePublished;
}

/** When it closes: by its own time, by its kind once it is published, or by hand. */
export function closesText({ state, kind, closes_at }: Window, timeText: (time: string) => string): string {
  if (closes_at !== null) return timeText(closes_at);
  if (state === "ended") return windowWords.ended;
  return kind === null ? windowWords.byHand : windowWords.byKind(kindPresets[kind].windowMs / 60_000);
}

export const admissionWords = wordsOf({
  open: ["First come, first served", "先到先得"],
  queue: ["Queue", "排队购买"],
  draw: ["Draw", "抽签"],
} satisfies Record<AdmissionMode, readonly [string, string]>);

/** Who gets a unit, and what that means for the sale. */
export const admissionRules = wordsOf({
  open: [
    "Whoever asks first gets a unit. The quickest win, and programs are quicker than people. Right when there is enough for everybody, or a few seconds of rush do no harm.",
    "谁先点到谁得。手快的赢，而程序总比人快。适合数量充足，或瞬间抢购无伤大雅的活动。",
  ],
  queue: [
    "Everybody waits in a line that knows the stock. Who came before the opening gets a place by lot, later ones stand behind. Being early or quick gains nothing. Whose turn it is chooses and pays in peace.",
    "所有人排队，队伍按库存放行。开售前到的人抽签定位置，之后到的排在后面，早到手快都没有优势。轮到的人可以从容挑选付款。",
  ],
  draw: [
    "People enter until the closing; then winners are drawn by lot, in a way that anyone can check. Each winner gets an order to pay; what is not paid goes to the next. Right when a few units are worth far more than their price.",
    "结束前都可报名，结束后公开抽签，任何人都能验证结果。中签者获得待付款订单，不付款则顺延下一位。适合价值远超售价的少量商品。",
  ],
} satisfies Record<AdmissionMode, readonly [string, string]>);

export const agentPolicyWords = wordsOf({
  allowed: ["Allowed", "允许"],
  humans_only: ["People only", "仅限真人"],
  share: ["A share of the stock", "限定份额"],
} satisfies Record<AgentPolicy, readonly [string, string]>);

export const agentRules = wordsOf({
  allowed: [
    "They buy like anyone: same line, same limits. Their orders are marked.",
    "与所有人一样购买：同样排队，同样限购。订单会有标记。",
  ],
  humans_only: [
    "They are turned away at every door; buyers come themselves.",
    "所有入口都拒绝智能体，买家需亲自购买。",
  ],
  share: [
    "Together they get a part of each item at most, and do not wait for what comes back. Not for a draw.",
    "每款商品最多买走一部分，且不能候补。不适用于抽签。",
  ],
} satisfies Record<AgentPolicy, readonly [string, string]>);

const agentFacts = wordsOf({
  upTo: [(percent: number) => `Up to ${percent}% of each item`, (percent: number) => `每款最多 ${percent}%`],
});

/** What a campaign says of agents, in a line. */
export function agentsText({ policy, share_percent: percent }: Campaign["agents"]): string {
  return percent === undefined ? agentPolicyWords[policy] : agentFacts.upTo(percent);
}

export const challengeWords = wordsOf({
  none: ["Nothing", "无"],
  proof_of_work: ["A calculation by the buyer's device", "由买家设备完成的计算"],
  captcha: ["A captcha", "验证码"],
} satisfies Record<ChallengeKind, readonly [string, string]>);

export const challengeRules = wordsOf({
  none: ["Nobody has to prove anything.", "买家无需任何验证。"],
  proof_of_work: [
    "Half a second on a computer, some seconds on an old phone, in the background. Makes many attempts expensive; suspects get a harder one.",
    "电脑约半秒，旧手机几秒，在后台完成。大量尝试会变得昂贵，可疑者的题更难。",
  ],
  captcha: [
    "Whatever captcha this server is set up with. While its provider is down, nobody gets in.",
    "使用本服务器配置的验证码服务。该服务中断期间，没有人能进入。",
  ],
} satisfies Record<ChallengeKind, readonly [string, string]>);

/** The state by a name that is only known when it runs. */
export const stateWord = (state: string): string => (stateWords as Readonly<Record<string, string>>)[state] ?? state;
