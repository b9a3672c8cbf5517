/** What a conversation says, in English and Chinese side by side: brief, and with what can be done next. */
import { nextOf, type RefusalText, reasonOf, refusalTexts } from "../refusal-words.ts";
import { duration } from "./format.ts";
import type { Language } from "./intents.ts";
import type { Refused } from "./wire.ts";

/** A text, or what makes one of texts. */
type Word = string | ((...of: string[]) => string);

const table = {
  hello: [
    (shop: string) =>
      `Hello! This is ${shop}. I can tell you what is on sale, get you in line, buy for you and look after your orders.`,
    (shop: string) => `您好，这里是 ${shop}。我可以告诉您有什么活动、帮您排队、下单、查看订单。`,
  ],
  help: [
    "You can say: what is on · when does it open · how many are left · buy two of the first · get in line · enter the draw · remind me · my orders · pay · cancel. I never buy without your yes.",
    "您可以说：有什么活动、什么时候开抢、还剩多少、买两个第一个、排队、参加抽签、提醒我、我的订单、付款、取消订单。没有您的确认，我不会下单。",
  ],
  unknown: [
    "I did not understand that. I can tell you what is on sale, buy, get you in line, and look after your orders.",
    "抱歉，我没听懂。我可以介绍活动、帮您下单、排队、查看订单。",
  ],
  thanks: ["You are welcome!", "不客气！"],
  human: [
    "I am a program and cannot hand you over. For a person, please turn to the shop's customer service.",
    "我是自动助手，无法转接。需要人工请联系商城客服。",
  ],
  fine: ["All right.", "好的。"],
  notBought: ["All right, nothing was bought.", "好的，没有下单。"],
  notCancelled: ["All right, your order stays.", "好的，订单保留。"],
  notLeft: ["All right, you stay in.", "好的，继续保留。"],
  nothingToConfirm: [
    "There is nothing to confirm. Say “buy” and what you want.",
    "没有需要确认的内容。想买的话，请说“买”和商品名。",
  ],
  signIn: ["For this I have to know who you are: please sign in to the shop first.", "请先登录商城，我才能为您办理。"],
  nothingBought: ["Nothing was bought here yet.", "您在这里还没有买过东西。"],
  signInLink: ["Sign in", "去登录"],
  guests: ["You can also go on as a guest on the sale's page.", "也可以在活动页面以游客身份继续。"],
  salePage: ["Sale page", "活动页面"],
  orderPage: ["Order page", "订单页面"],
  payLink: ["Pay now", "立即付款"],
  which: ["Which one do you mean?", "您指的是哪一个？"],
  noSuchNumber: [
    (count: string) => `There are ${count} in the list. Which one?`,
    (count: string) => `列表里有 ${count} 个，请问是哪一个？`,
  ],
  nothingOn: ["Nothing is on sale at the moment.", "目前没有活动。"],
  onSale: ["On sale:", "正在进行和即将开始的活动："],
  more: [(count: string) => `And ${count} more.`, (count: string) => `还有 ${count} 个。`],
  listLine: [
    (number: string, title: string, price: string, state: string) => `${number}. ${title}: ${price}, ${state}`,
    (number: string, title: string, price: string, state: string) => `${number}. ${title}：${price}，${state}`,
  ],
  left: [(count: string) => `${count} left`, (count: string) => `剩 ${count} 件`],
  soldOut: ["sold out", "已抢光"],
  paused: ["paused", "暂停中"],
  ended: ["over", "已结束"],
  opensIn: [(time: string) => `opens in ${time}`, (time: string) => `${time}后开售`],
  inQueue: ["by queue", "排队购买"],
  inDraw: ["by draw", "抽签购买"],
  details: [
    (title: string, price: string, state: string, limit: string) => `${title}: ${price}, ${state}. ${limit} per buyer.`,
    (title: string, price: string, state: string, limit: string) =>
      `${title}：${price}，${state}。每人限购 ${limit} 件。`,
  ],
  usually: [(price: string) => ` (usually ${price})`, (price: string) => `（原价 ${price}）`],
  priceOf: [
    (title: string, price: string) => `${title} costs ${price}.`,
    (title: string, price: string) => `${title} 售价 ${price}。`,
  ],
  opensAt: [
    (title: string, at: string, left: string) => `${title} opens at ${at}, in ${left}.`,
    (title: string, at: string, left: string) => `${title} 将于 ${at} 开售，还有 ${left}。`,
  ],
  openUntil: [
    (title: string, at: string, left: string) => `${title} is open until ${at}, for another ${left}.`,
    (title: string, at: string, left: string) => `${title} 正在进行，${at} 结束，还有 ${left}。`,
  ],
  openNow: [(title: string) => `${title} is open now.`, (title: string) => `${title} 正在进行中。`],
  isPaused: [(title: string) => `${title} is paused for the moment.`, (title: string) => `${title} 暂停中。`],
  isOver: [(title: string) => `${title} is over.`, (title: string) => `${title} 已结束。`],
  drawnAt: [(at: string) => `The draw is made when it closes, at ${at}.`, (at: string) => `${at} 结束后抽签。`],
  stockOf: [
    (title: string, count: string) => `${title}: ${count} left.`,
    (title: string, count: string) => `${title} 还剩 ${count} 件。`,
  ],
  heldOf: [
    (count: string) => ` ${count} more are reserved and may come back.`,
    (count: string) => `另有 ${count} 件待付款，可能会放出。`,
  ],
  soldOutOf: [(title: string) => `${title} is sold out.`, (title: string) => `${title} 已抢光。`],
  rulesInGeneral: [
    "Everybody has the same chance: nobody can skip the line or buy in another's name. Each sale says how many one buyer may have, and what you get is kept for you for a while to pay. Which sale do you want to know more about?",
    "人人机会均等：不能插队，也不能替他人购买。每场活动有限购数量，抢到后会为您保留一段时间付款。想了解哪一场？",
  ],
  ruleOpen: ["Whoever asks first gets one.", "先到先得。"],
  ruleQueue: [
    (time: string) =>
      `You get in line; whoever is there before the opening gets a place by lot. When it is your turn you have ${time} to buy. Nobody can skip the line.`,
    (time: string) => `排队购买：开售前到的人随机排位，之后按先后。轮到您时有${time}购买，不能插队。`,
  ],
  ruleDraw: ["You enter a draw; when it closes, all entries have the same chance.", "抽签购买：结束时所有人机会均等。"],
  ruleLimit: [(count: string) => `One buyer may have ${count}.`, (count: string) => `每人限购 ${count} 件。`],
  rulePay: [
    (time: string) => `What you get is kept for you for ${time}; not paid by then, it goes back.`,
    (time: string) => `抢到后保留${time}，逾期未付款将释放。`,
  ],
  ruleWaitlist: [
    "Sold out? On the waitlist, what comes back goes to the first.",
    "抢光后可候补，放出的商品按顺序分配。",
  ],
  ask: [
    (count: string, title: string, amount: string, time: string) =>
      `${count} × ${title} for ${amount}. Shall I buy? Say yes or no. This offer stands for ${time}.`,
    (count: string, title: string, amount: string, time: string) =>
      `${title} ×\u00a0${count}，共 ${amount}。确认购买吗？请回复“确认”或“不要”，${time}内有效。`,
  ],
  askAgain: ["The time for that yes was over; here it is anew.", "刚才的确认已过期，请重新确认。"],
  notYours: [
    "I cannot use that: it is not, or no longer, what I asked you. Nothing was bought.",
    "这个确认无效，没有下单。",
  ],
  reserved: [
    (count: string, title: string, amount: string, time: string) =>
      `Done: ${count} × ${title} for ${amount} is reserved for you. Pay within ${time}, or it goes back.`,
    (count: string, title: string, amount: string, time: string) =>
      `抢到了：${title} ×\u00a0${count}，共 ${amount}，已为您保留，请在 ${time}内付款。`,
  ],
  tooMany: [
    (title: string, limit: string) => `One buyer may have ${limit} of ${title}.`,
    (title: string, limit: string) => `${title} 每人限购 ${limit} 件。`,
  ],
  needsQueue: [
    (title: string) => `${title} is sold by queue, and it is not your turn yet. Shall I get you in line?`,
    (title: string) => `${title} 需要排队购买，还没轮到您。要帮您排队吗？`,
  ],
  needsDraw: [
    (title: string) => `${title} is sold by draw: whoever is drawn gets it. Do you want to enter?`,
    (title: string) => `${title} 通过抽签购买，中签者可得。要参加抽签吗？`,
  ],
  browserCheck: [
    "This sale asks for a check that only a browser can pass: please go on at the sale's page.",
    "本场需要浏览器完成验证，请到活动页面继续。",
  ],
  queuedNoPlace: [
    (title: string, waiting: string) =>
      `You are in the queue for ${title}, with ${waiting} waiting. Places are drawn by lot at the opening.`,
    (title: string, waiting: string) => `您已在 ${title} 的队伍中，共 ${waiting} 人，开售时随机排位。`,
  ],
  queued: [
    (title: string, ahead: string, waiting: string) =>
      `You are in the queue for ${title}: ${ahead} ahead of you, ${waiting} in line.`,
    (title: string, ahead: string, waiting: string) => `您正在排队 ${title}：前面还有 ${ahead} 人，共 ${waiting} 人。`,
  ],
  turnSoldOut: [
    " Honestly: everything is sold. Your turn comes only if units are added.",
    "实话实说：已全部售出，除非补货，否则轮不到您。",
  ],
  turnShareTaken: [
    " Honestly: an assistant holds this place, and assistants have all that they may buy. Leave the line and join it yourself.",
    "实话实说：这个位置是智能助手排的，而智能助手可买的数量已满。请退出排队，再亲自排队。",
  ],
  wait: [(time: string) => ` Your turn comes in about ${time}.`, (time: string) => `预计等待${time}。`],
  admitted: [
    (title: string, time: string) => `It is your turn for ${title}: buy within ${time}.`,
    (title: string, time: string) => `轮到您购买 ${title} 了，请在${time}内下单。`,
  ],
  entered: [
    (title: string, count: string) =>
      `You are in the draw for ${title}, with ${count} in all. All have the same chance.`,
    (title: string, count: string) => `您已参加 ${title} 的抽签，共 ${count} 人，机会均等。`,
  ],
  drawnNext: [
    (title: string, place: string) =>
      `You were not drawn for ${title}, but are number ${place} for what others do not pay.`,
    (title: string, place: string) => `${title} 没有直接中签，您是候补第 ${place} 位。`,
  ],
  won: [
    (title: string) => `You were drawn for ${title}! There is an order for you.`,
    (title: string) => `恭喜，${title} 中签了！已为您生成订单。`,
  ],
  leftDraw: [
    (title: string) => `You have left the draw for ${title}.`,
    (title: string) => `您已退出 ${title} 的抽签。`,
  ],
  lost: [(title: string) => `You were not drawn for ${title} this time.`, (title: string) => `${title} 这次没有抽中。`],
  waiting: [
    (title: string, place: string, of: string) => `You are on the waitlist for ${title}: place ${place} of ${of}.`,
    (title: string, place: string, of: string) => `您已候补 ${title}：第 ${place} 位，共 ${of} 人。`,
  ],
  nowhere: ["You are in no queue, draw or waitlist.", "您没有在排队、抽签或候补中。"],
  noQueue: ["No sale has a queue at the moment.", "目前没有需要排队的活动。"],
  noDraw: ["No sale is drawn at the moment.", "目前没有抽签的活动。"],
  noWaitlist: ["Nothing with a waitlist is sold out at the moment.", "目前没有可以候补的商品。"],
  sureToLeave: [
    (title: string) => `Leave ${title}? You lose your place. Say yes or no.`,
    (title: string) => `确定退出 ${title} 吗？退出后将失去位置。请回复“确认”或“不要”。`,
  ],
  sureToLeaveDraw: [
    (title: string) => `Leave the draw for ${title}? You cannot enter it again. Say yes or no.`,
    (title: string) => `确定退出 ${title} 的抽签吗？退出后不能再参加。请回复“确认”或“不要”。`,
  ],
  hasLeft: [(title: string) => `Done: you have left ${title}.`, (title: string) => `好的，已退出 ${title}。`],
  reminded: [
    (title: string, lead: string, at: string) => `You are reminded of ${title} ${lead} before it opens, at ${at}.`,
    (title: string, lead: string, at: string) => `${title} 开售前${lead}（${at}）会提醒您。`,
  ],
  remindedIn: [
    (title: string, time: string, lead: string) => `You are reminded of ${title} in ${time}, ${lead} before it opens.`,
    (title: string, time: string, lead: string) => `${time}后会提醒您 ${title}，即开售前${lead}。`,
  ],
  remindAtMost: [
    (title: string, lead: string) =>
      `I can remind you of ${title} ${lead} before it opens at the earliest. Shall I? Say yes or no.`,
    (title: string, lead: string) => `${title} 最早只能在开售前${lead}提醒。这样提醒您可以吗？请回复“确认”或“不要”。`,
  ],
  opensBefore: [
    (title: string, time: string, lead: string) =>
      `${title} opens before that, in ${time}. Shall I remind you ${lead} before it opens? Say yes or no.`,
    (title: string, time: string, lead: string) =>
      `${title} 在那之前（${time}后）就开售了。开售前${lead}提醒您可以吗？请回复“确认”或“不要”。`,
  ],
  remindShorter: [
    (title: string, lead: string) =>
      `${title} opens sooner than that. Shall I remind you ${lead} before? Say yes or no.`,
    (title: string, lead: string) =>
      `${title} 很快开售，来不及提前那么久。提前${lead}提醒您可以吗？请回复“确认”或“不要”。`,
  ],
  opensAtOnce: [
    (title: string) => `${title} opens within a minute or so: simply stay here.`,
    (title: string) => `${title} 马上就要开售了，请直接留在这里。`,
  ],
  notReminded: ["All right, no reminder.", "好的，不提醒。"],
  forgotten: [
    (title: string) => `Done: you are not reminded of ${title}.`,
    (title: string) => `好的，已取消 ${title} 的提醒。`,
  ],
  noReminders: ["You have no reminders.", "您没有设置提醒。"],
  opensSoon: [
    (title: string, time: string) => `By the way: ${title} opens in ${time}.`,
    (title: string, time: string) => `提醒您：${title} 还有${time}开售。`,
  ],
  hasOpened: [(title: string) => `By the way: ${title} has opened.`, (title: string) => `提醒您：${title} 已经开售。`],
  alreadyOpen: [
    (title: string) => `${title} is open already: no need to wait.`,
    (title: string) => `${title} 已经开始了，不用等。`,
  ],
  noOrders: ["You have no orders.", "您还没有订单。"],
  noSuchOrder: ["You have no such order.", "您没有这个订单。"],
  noFittingOrders: ["You have no order for that.", "没有可以这样处理的订单。"],
  orders: ["Your orders:", "您的订单："],
  orderLine: [
    (number: string, count: string, title: string, amount: string, state: string) =>
      `${number}. ${count} × ${title}, ${amount}: ${state}`,
    (number: string, count: string, title: string, amount: string, state: string) =>
      `${number}. ${title} ×\u00a0${count}，${amount}：${state}`,
  ],
  order: [
    (count: string, title: string, amount: string, state: string) =>
      `Your order of ${count} × ${title}, ${amount}: ${state}.`,
    (count: string, title: string, amount: string, state: string) =>
      `您的订单 ${title} ×\u00a0${count}，${amount}：${state}。`,
  ],
  toPay: [(time: string) => `to be paid within ${time}`, (time: string) => `待付款，剩余 ${time}`],
  paid: ["paid", "已付款"],
  cancelled: ["cancelled", "已取消"],
  expired: ["not paid in time", "超时未付款，已释放"],
  refundDue: ["to be refunded", "待退款"],
  refunded: ["refunded", "已退款"],
  payHere: [
    (title: string, amount: string, time: string) => `Pay ${amount} for ${title} here within ${time}.`,
    (title: string, amount: string, time: string) => `请在 ${time}内为 ${title} 付款 ${amount}。`,
  ],
  sureToCancel: [
    (count: string, title: string) =>
      `Cancel your order of ${count} × ${title}? The units go back on sale. Say yes or no.`,
    (count: string, title: string) =>
      `确定取消 ${title} ×\u00a0${count} 的订单吗？商品会重新放出。请回复“确认”或“不要”。`,
  ],
  hasCancelled: [
    (title: string) => `Done: your order of ${title} is cancelled.`,
    (title: string) => `已取消 ${title} 的订单。`,
  ],
  paidOrder: [
    (title: string) => `Your order of ${title} is paid: for a refund, please turn to the shop.`,
    (title: string) => `${title} 的订单已付款，退款请联系商城。`,
  ],
  receipt: [
    (title: string, seq: string) =>
      `Your order of ${title} is row ${seq} of the ledger. Its page has the signed receipt.`,
    (title: string, seq: string) => `${title} 的订单是台账第 ${seq} 行，订单页面可下载签名收据。`,
  ],
  refused: [
    (title: string, reason: string, next: string) => `${title}. ${reason}${next}`,
    (title: string, reason: string, next: string) => `${title}。${reason}${next}`,
  ],
  again: [(time: string) => ` Again in ${time}.`, (time: string) => `${time}后再试。`],
  labelList: ["What is on", "有什么活动"],
  labelMore: ["More", "更多"],
  labelOrders: ["My orders", "我的订单"],
  labelHelp: ["Help", "帮助"],
  labelYes: ["Yes", "确认"],
  labelNo: ["No", "不要"],
  labelBuy: ["Buy", "购买"],
  labelBuyCount: [(count: string) => `Buy ${count}`, (count: string) => `买 ${count} 件`],
  labelRemind: ["Remind me", "提醒我"],
  labelForget: ["Do not remind me", "不用提醒"],
  labelForgetOf: [(title: string) => `Not of ${title}`, (title: string) => `不用提醒 ${title}`],
  labelQueue: ["Get in line", "去排队"],
  labelPlace: ["My place", "我的位置"],
  labelLeave: ["Leave", "退出"],
  labelDraw: ["Enter the draw", "参加抽签"],
  labelWaitlist: ["Join the waitlist", "加入候补"],
  labelRules: ["Rules", "规则"],
  labelPay: ["Pay", "付款"],
  labelCancel: ["Cancel", "取消订单"],
  labelReceipt: ["Receipt", "收据"],
  labelStatus: ["My order", "我的订单"],
} as const satisfies Readonly<Record<string, readonly [Word, Word]>>;

export type Words = { readonly [Name in keyof typeof table]: (typeof table)[Name][0] };

function wordsIn(language: Language): Words {
  const at = language === "en" ? 0 : 1;
  return Object.fromEntries(Object.entries(table).map(([name, pair]) => [name, pair[at]])) as unknown as Words;
}

export const words: Readonly<Record<Language, Words>> = { en: wordsIn("en"), zh: wordsIn("zh") };

const texts: Readonly<Record<string, RefusalText>> = refusalTexts;

/** A refusal in a buyer's words, with what to do next; one that has no words is told as a failure of ours. */
export function explained(refused: Refused, language: Language): string {
  const at = language === "en" ? 0 : 1;
  const known = Object.hasOwn(texts, refused.code) ? texts[refused.code] : undefined;
  const { title, next, inChat }: RefusalText = known ?? refusalTexts.internal;
  const reason = reasonOf(refused)?.[at] ?? "";
  const advice = (nextOf(refused) ?? inChat ?? next)[at];
  const again =
    refused.retryAfterS === null ? "" : words[language].again(duration(refused.retryAfterS * 1_000, language));
  const glue = reason === "" || language === "zh" ? reason : `${reason} `;
  return words[language].refused(title[at], glue, advice) + (again === "" || refused.code === "not_open" ? "" : again);
}
