/** The rules of a sale in plain sentences, made from its settings: what a buyer should know before the opening. */
import { count, duration, fullMoment } from "../shared/format.ts";
import { wordsOf } from "../shared/language.ts";
import type { Campaign, Offer } from "../shared/wire.ts";

const words = wordsOf({
  limit: [(limit: string) => `One buyer may have ${limit}.`, (limit: string) => `每人限购 ${limit} 件。`],
  oneEntry: ["Each buyer has one entry, for one unit.", "每人一次机会，抽中可购一件。"],
  window: [
    (from: string, until: string) => `Open from ${from} to ${until}.`,
    (from: string, until: string) => `${from} 开售，${until} 结束。`,
  ],
  opens: [(from: string) => `Opens ${from}, until it is closed.`, (from: string) => `${from} 开售，结束时间另行通知。`],
  closes: [(until: string) => `Open until ${until}.`, (until: string) => `${until} 结束。`],
  whileOpen: ["Open until it is closed.", "结束时间另行通知。"],
  payment: [
    (time: string) => `What you get is kept for you for ${time}. Not paid by then, it goes back.`,
    (time: string) => `抢到后为您保留${time}，逾期未付款将释放。`,
  ],
  open: ["Whoever asks first gets one.", "先到先得。"],
  pass: [
    "Whoever asks first gets one. Your browser fetches a pass at the opening by itself; nobody has one before.",
    "先到先得。开售时浏览器会自动领取通行证，此前任何人都拿不到。",
  ],
  queue: [
    (time: string) =>
      `You get in line. Who is there before the opening gets a place by lot, later ones stand behind. When it is your turn you have ${time} to buy.`,
    (time: string) => `排队购买。开售前到的人随机排位，之后按先后排队。轮到您时有${time}购买。`,
  ],
  draw: [
    "You enter a draw. Coming early gains nothing: all entries have the same chance at the closing.",
    "抽签购买。早来晚来一样，结束时所有人机会均等。",
  ],
  waitlist: [
    "Sold out? Join the waitlist: what comes back goes to the first on it.",
    "抢光后可以候补，放出的商品按候补顺序分配。",
  ],
  noWaitlist: ["What comes back is on sale for everybody again.", "放出的商品所有人都可以再抢。"],
  humansOnly: [
    "For people only: assistants and other programs cannot buy here for you.",
    "本场仅限真人：智能助手等程序不能代您购买。",
  ],
  agentShare: [
    (percent: number) => `Assistants and other programs together get ${percent}% of each item at most.`,
    (percent: number) => `智能助手等程序合计最多买走每款商品的 ${percent}%。`,
  ],
  work: [
    "Against programs your browser solves a small puzzle in the background.",
    "为防机器抢购，浏览器会在后台自动完成一道小计算。",
  ],
  captcha: ["Against programs the shop's page asks for a check.", "为防机器抢购，需在商城页面完成人机验证。"],
});

/** The sentences, in the order in which they matter. */
export function rulesOf(campaign: Campaign, offer: Offer): string[] {
  const { admission, pass, pass_window_s, payment_window_s, waitlist, challenge, agents } = campaign;
  const ways = {
    open: pass ? words.pass : words.open,
    queue: words.queue(duration(pass_window_s)),
    draw: words.draw,
  } as const;
  return [
    ways[admission],
    admission === "draw" ? words.oneEntry : words.limit(count(offer.limit_per_buyer)),
    windowOf(campaign),
    words.payment(duration(payment_window_s)),
    ...(admission === "open" ? [waitlist ? words.waitlist : words.noWaitlist] : []),
    ...(challenge === "none" ? [] : [challenge === "captcha" ? words.captcha : words.work]),
    ...(agents.policy === "humans_only" ? [words.humansOnly] : []),
    ...(agents.share_percent === undefined ? [] : [words.agentShare(agents.share_percent)]),
  ];
}

function windowOf({ opens_at, closes_at }: Campaign): string {
  if (opens_at !== null && closes_at !== null) return words.window(fullMoment(opens_at), fullMoment(closes_at));
  if (opens_at !== null) return words.opens(fullMoment(opens_at));
  return closes_at !== null ? words.closes(fullMoment(closes_at)) : words.whileOpen;
}
