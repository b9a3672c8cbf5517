/** The words of the button, of what is told beside it and of what else can be done: button.ts has decided all of it. */
import { count, countdown, duration, moment, money, percent } from "../shared/format.ts";
import { wordsOf } from "../shared/language.ts";
import { explain } from "../shared/refusals.ts";
import type { Offer } from "../shared/wire.ts";
import type { ButtonState, Press, Tell } from "./button.ts";

const labels = wordsOf({
  unknown: ["Finding out how it ended…", "正在确认结果…"],
  retrying: ["Busy: trying again…", "人太多，正在重试…"],
  payNow: ["Pay now", "立即付款"],
  seeOrder: ["Yours: see your order", "已抢到，查看订单"],
  over: ["The sale is over", "活动已结束"],
  entered: ["You are in the draw", "已参加抽签"],
  elsewhere: ["One draw per buyer", "每人限抽一件"],
  leftDraw: ["You have left this draw", "您已退出抽签"],
  drawing: ["The draw is being made…", "正在抽签…"],
  lost: ["Not drawn this time", "这次没有抽中"],
  listed: [(place: string) => `Waitlist: place ${place}`, (place: string) => `候补第 ${place} 位`],
  turn: [(price: string) => `Your turn: buy for ${price}`, (price: string) => `轮到您了：${price} 购买`],
  inLine: ["You are in line", "排队中"],
  next: ["You are next", "下一个就是您"],
  ahead: [(ahead: string) => `In line: ${ahead} ahead`, (ahead: string) => `排队中，前面还有 ${ahead} 人`],
  paused: ["Paused for a moment", "活动暂停中"],
  captcha: ["Go on at the shop", "去商城继续"],
  line: ["Get in line", "去排队"],
  enter: ["Enter the draw", "参加抽签"],
  getReady: ["Get ready", "提前准备"],
  opensIn: [(left: string) => `Opens in ${left}`, (left: string) => `${left} 后开售`],
  soldOut: ["Sold out", "已抢光"],
  joinList: ["Sold out: join the waitlist", "已抢光，加入候补"],
  buy: [(price: string) => `Buy for ${price}`, (price: string) => `${price} 立即购买`],
  free: ["Get it for free", "免费领取"],
  turnFree: ["Your turn: get it for free", "轮到您了：免费领取"],
  signIn: ["Sign in to take part", "登录后参加"],
});

const workingLabels = wordsOf({
  buy: ["Ordering…", "正在下单…"],
  join_queue: ["Getting in line…", "正在排队…"],
  leave_queue: ["Leaving the line…", "正在退出排队…"],
  enter_draw: ["Entering the draw…", "正在参加抽签…"],
  leave_draw: ["Leaving the draw…", "正在退出抽签…"],
  join_waitlist: ["Joining the waitlist…", "正在加入候补…"],
  leave_waitlist: ["Leaving the waitlist…", "正在退出候补…"],
  get_ready: ["Getting ready…", "正在准备…"],
  pay: ["Opening the payment page…", "正在打开支付页面…"],
  see_order: ["Opening your order…", "正在打开订单…"],
  sign_in: ["Opening the shop…", "正在打开商城…"],
  go_to_shop: ["Opening the shop…", "正在打开商城…"],
  stop: ["Stopping…", "正在停止…"],
});

const pressLabels = wordsOf({
  buy: ["Buy another", "再买一件"],
  leave_queue: ["Leave the line", "退出排队"],
  leave_draw: ["Leave the draw", "退出抽签"],
  leave_waitlist: ["Leave the waitlist", "退出候补"],
  see_order: ["See your order", "查看订单"],
  stop: ["Stop trying", "停止重试"],
});

const told = wordsOf({
  opens: [(at: string) => `Opens ${at}.`, (at: string) => `${at} 开售。`],
  payUntil: [
    (left: string) => `Kept for you: ${left} left to pay.`,
    (left: string) => `已为您保留，付款剩余时间 ${left}。`,
  ],
  wasKept: ["The time to pay was over: your order went back on sale.", "付款超时，您的订单已释放。"],
  payAtShop: ["You pay at the shop.", "请在商城付款。"],
  passUntil: [(left: string) => `Your turn ends in ${left}.`, (left: string) => `购买剩余时间 ${left}。`],
  again: [(left: string) => `Again in ${left}.`, (left: string) => `${left}后再试。`],
  held: [
    (units: string) => `${units} being paid for: some may come back.`,
    (units: string) => `${units} 件正在付款，可能会放出。`,
  ],
  have: [
    (units: string, limit: string) => `You have ${units} of the ${limit} that one buyer may have.`,
    (units: string, limit: string) => `每人限购 ${limit} 件，您已有 ${units} 件。`,
  ],
  inLine: [(waiting: string) => `${waiting} in line.`, (waiting: string) => `共 ${waiting} 人在排队。`],
  noPlace: [
    (waiting: string) => `${waiting} waiting. Places are drawn by lot at the opening: you are in, whenever you came.`,
    (waiting: string) => `已有 ${waiting} 人等候。开售时随机排位，先来后到没有区别。`,
  ],
  units: [
    (left: string, held: string) => `${left} left, ${held} being paid for.`,
    (left: string, held: string) => `剩余 ${left} 件，另有 ${held} 件待付款。`,
  ],
  chance: [(chance: string) => `Your chance: about ${chance}.`, (chance: string) => `抢到的机会约 ${chance}。`],
  sure: ["There is one for you.", "有您的一份。"],
  wait: [(wait: string) => `Your turn in about ${wait}.`, (wait: string) => `预计等待${wait}。`],
  hopeless: [
    "Honestly: everything is sold. Your turn comes only if units are added.",
    "实话实说：已全部售出，除非补货，否则轮不到您。",
  ],
  shareTaken: [
    "Your assistant holds this place, and assistants have all that they may buy. Leave the line and join it yourself.",
    "这个位置是您的智能助手排的，而智能助手可买的数量已满。请退出排队，再亲自排队。",
  ],
  turnOver: ["Your turn is over. You can get in line again.", "您的购买机会已过，可以重新排队。"],
  leftLine: ["You have left the line. You can get in line again.", "您已退出排队，可以重新排队。"],
  byLot: ["Places are drawn by lot at the opening: no need to be first.", "开售时随机排位，不必抢先。"],
  entries: [(entries: string) => `${entries} in this draw.`, (entries: string) => `已有 ${entries} 人参加。`],
  nextOf: [
    (place: string, of: string) => `Place ${place} of ${of}: you get what others do not pay for.`,
    (place: string, of: string) => `候补第 ${place} 位（共 ${of} 人），有人未付款就轮到您。`,
  ],
  elsewhere: [
    (title: string) => `You are in the draw of “${title}”. Leave that one first.`,
    (title: string) => `您已参加“${title}”的抽签，请先退出。`,
  ],
  underWay: [
    (title: string) => `This is for “${title}”. Wait a moment for how it ends.`,
    (title: string) => `正在处理“${title}”，请稍候。`,
  ],
  leftDraw: ["Whoever leaves a draw cannot enter it again.", "退出后不能再次参加。"],
  listed: [
    (place: string, of: string) => `Place ${place} of ${of}.`,
    (place: string, of: string) => `共 ${of} 人候补，您在第 ${place} 位。`,
  ],
  keeps: ["You keep your place when you close this page.", "关闭页面也会保留您的位置。"],
  noWaitlist: ["Stay here: what comes back is on sale at once.", "请留在本页，有货会立即放出。"],
  neverTwice: ["It repeats by itself. You never buy twice.", "正在自动确认，不会重复购买。"],
  signInHow: ["Open this sale from the shop, where you are signed in.", "请在商城登录后，从商城打开本活动。"],
  captchaHow: ["This sale asks for a check that only the shop's own page shows.", "本场需要在商城页面完成人机验证。"],
});

/** What the button says. */
export function labelOf(button: ButtonState, offer: Offer, quantity: number, nowMs: number): string {
  if (button.press === "sign_in") return labels.signIn;
  const price = money(offer.price_minor * quantity, offer.currency);
  switch (button.is) {
    case "working":
      return workingLabels[button.of ?? "buy"];
    case "to_pay":
      return button.press === "pay" ? labels.payNow : labels.seeOrder;
    case "yours":
      return labels.seeOrder;
    case "held_back": {
      const [first] = button.tells;
      return first?.tell === "refused" ? explain(first.refusal).title : labels.paused;
    }
    case "over":
      return button.tells.some(({ tell }) => tell === "left_draw") ? labels.leftDraw : labels.over;
    case "entered":
      return button.tells.some(({ tell }) => tell === "elsewhere") ? labels.elsewhere : labels.entered;
    case "drawn_next":
    case "on_waitlist": {
      const place = button.tells.find((one) => one.tell === "next" || one.tell === "listed");
      return labels.listed(count(place !== undefined && "place" in place ? place.place : 1));
    }
    case "turn":
      return offer.price_minor === 0 ? labels.turnFree : labels.turn(price);
    case "in_line": {
      const place = button.tells.find(({ tell }) => tell === "place");
      if (place?.tell !== "place") return labels.inLine;
      return place.ahead === 0 ? labels.next : labels.ahead(count(place.ahead));
    }
    case "not_yet": {
      const opens = button.tells.find(({ tell }) => tell === "opens");
      if (button.press === "get_ready") return labels.getReady;
      return labels.opensIn(countdown(opens?.tell === "opens" ? opens.atMs - nowMs : 0));
    }
    case "sold_out":
      return button.press === "join_waitlist" ? labels.joinList : labels.soldOut;
    case "buy":
      return offer.price_minor === 0 ? labels.free : labels.buy(price);
    default:
      return labels[button.is];
  }
}

/** What else can be done, in words. */
export function pressLabel(press: Press): string {
  return Object.hasOwn(pressLabels, press) ? pressLabels[press as keyof typeof pressLabels] : workingLabels[press];
}

/** A fact in a sentence or two; of a refusal that the button names itself, only what is more. */
export function sentenceOf(
  tell: Tell,
  nowMs: number,
  { titleOf, isNamed }: { readonly titleOf: (offerId: string) => string; readonly isNamed: boolean },
): string {
  const left = (atMs: number) => countdown(atMs - nowMs);
  switch (tell.tell) {
    case "opens":
      return told.opens(moment(tell.atMs, nowMs));
    case "pay_until":
      return told.payUntil(left(tell.atMs));
    case "pass_until":
      return told.passUntil(left(tell.atMs));
    case "again":
      return told.again(duration(Math.max(1, Math.ceil((tell.atMs - nowMs) / 1_000))));
    case "why":
      return explain({ code: tell.code, reason: null, members: {} }).title;
    case "refused": {
      const { title, next, reason } = explain(tell.refusal);
      return [isNamed ? null : title, reason, next].filter((text) => text !== null).join(" · ");
    }
    case "held":
      return told.held(count(tell.units));
    case "have":
      return told.have(count(tell.units), count(tell.limit));
    case "place":
      return told.inLine(count(tell.waiting));
    case "no_place_yet":
      return told.noPlace(count(tell.waiting));
    case "units":
      return told.units(count(tell.left), count(tell.held));
    case "chance":
      return [
        tell.chance === 1 ? told.sure : told.chance(percent(tell.chance)),
        ...(tell.waitS === null ? [] : [told.wait(duration(tell.waitS))]),
      ].join(" ");
    case "hopeless":
      return tell.refusal === "agent_share_taken" ? told.shareTaken : told.hopeless;
    case "turn_over":
      return told.turnOver;
    case "left_line":
      return told.leftLine;
    case "by_lot":
      return told.byLot;
    case "entries":
      return told.entries(count(tell.entries));
    case "next":
      return told.nextOf(count(tell.place), count(tell.entries));
    case "elsewhere":
      return told.elsewhere(titleOf(tell.offerId));
    case "under_way":
      return told.underWay(titleOf(tell.offerId));
    case "left_draw":
      return told.leftDraw;
    case "listed":
      return told.listed(count(tell.place), count(tell.waiting));
    case "keeps":
      return told.keeps;
    case "no_waitlist":
      return told.noWaitlist;
    case "was_kept":
      return told.wasKept;
    case "pay_at_shop":
      return told.payAtShop;
    case "never_twice":
      return told.neverTwice;
  }
}

/** How somebody goes on whose shop has not said where they sign in. */
export function signInHow(): string {
  return told.signInHow;
}

export function captchaHow(): string {
  return told.captchaHow;
}
