/** What is said about rehearsals: states, phases, what was the limit, how it ended for a simulated buyer. */
import type { RehearsalState, rehearsalLimits, rehearsalPhases } from "../../../domain/rehearsal.ts";
import type { Tone } from "../../shared/elements.tsx";
import { wordsOf } from "../../shared/language.ts";
import { outcomeText } from "../parts/outcome-words.ts";

type Limit = (typeof rehearsalLimits)[number];
type Phase = (typeof rehearsalPhases)[number];

export const rehearsalStateWords = wordsOf({
  running: ["Running", "进行中"],
  done: ["Done", "已完成"],
  failed: ["Failed", "失败"],
  stopped: ["Stopped", "已停止"],
} satisfies Record<RehearsalState, readonly [string, string]>);

export const rehearsalStateTones: Readonly<Record<RehearsalState, Tone>> = {
  running: "warn",
  done: "good",
  failed: "bad",
  stopped: "plain",
};

export const phaseWords = wordsOf({
  arriving: ["Buyers arrive before the opening", "买家陆续到场，等待开售"],
  rush: ["The rush", "抢购中"],
  paying: ["Buyers pay", "付款中"],
} satisfies Record<Phase, readonly [string, string]>);

/** What kept more from being done, and what to do about it. */
export const limitWords = wordsOf({
  stock: ["Stock", "库存"],
  demand: ["Demand", "需求"],
  queue: ["The queue's pace", "排队放行速度"],
  rate_limits: ["Rate limits", "限流"],
  engine: ["The engine", "引擎"],
  disk: ["The disk", "磁盘"],
  http_threads: ["HTTP threads", "HTTP 线程"],
  simulator: ["The simulation itself", "模拟程序本身"],
} satisfies Record<Limit, readonly [string, string]>);

export const limitAdvice = wordsOf({
  stock: [
    "Some or all offers sold out before anything else became a limit. Nothing has to be done for this crowd; rehearse with a larger one to find the next limit.",
    "有商品先卖完，其他环节都有余力。这样的人数无需调整，可用更多买家再演练以找到下一个瓶颈。",
  ],
  demand: [
    "Units were left, and whoever wanted one got it. Rehearse with as many buyers as you expect.",
    "还有剩余，想买的人都买到了。请按预期人数再演练。",
  ],
  queue: [
    "Units were left while people still waited for their turn. Shorten the time for which a pass is good, or give the sale more time.",
    "还有库存，但仍有人在等待放行。可缩短通行证有效期，或延长活动时间。",
  ],
  rate_limits: [
    "People were refused by a rate limit while nobody waited long. Raise the limits, or leave them if that is what they are for.",
    "响应很快，但真实买家被限流拒绝。可调高限额，若本意如此则无需改动。",
  ],
  engine: [
    "Buyers waited because the engine was busy. Use a queue, or a machine with quicker cores.",
    "引擎繁忙导致买家等待。可改用排队，或换更快的处理器。",
  ],
  disk: [
    "Buyers waited because storing orders took its time. Use a quicker local disk, or a queue.",
    "订单落盘较慢导致买家等待。可换更快的本地磁盘，或改用排队。",
  ],
  http_threads: [
    "Buyers waited while the engine had time to spare. More cores and HTTP threads help, and so does a queue.",
    "引擎有余力，但买家仍在等待。可增加处理器核心和 HTTP 线程，或改用排队。",
  ],
  simulator: [
    "The simulated buyers were late themselves: they share this machine. Rehearse with fewer buyers, a longer rush, or on a machine with more cores.",
    "模拟买家自身来不及：它们与服务器共用本机。请减少买家、延长进场时长，或换核心更多的机器。",
  ],
} satisfies Record<Limit, readonly [string, string]>);

const fates = wordsOf({
  paid: ["Paid", "已付款"],
  not_paid: ["Got a unit, did not pay", "抢到但未付款"],
  waiting: ["Waited to the end", "一直在等候"],
  not_drawn: ["Not drawn", "未中签"],
  sold_out: ["Sold out", "已售罄"],
  lost: ["Connection lost", "连接中断"],
});

/** How it ended for a buyer. */
export function fateText(code: string): string {
  return code in fates ? fates[code as keyof typeof fates] : outcomeText(code);
}

/** An answer to a try. */
export function answerText(code: string): string {
  return code === "lost" ? fates.lost : outcomeText(code);
}
