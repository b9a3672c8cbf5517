/**
 * Every refusal in the words of whoever meets it: what happened, and what to do next, on a page and in a conversation. By
 * the code, which never changes its meaning; the server's own texts are for developers. Only what an operator wrote as the
 * reason is shown as it is. Words alone: pages and conversations both take them from here.
 */

export type Text = readonly [english: string, chinese: string];

export interface RefusalText {
  readonly title: Text;
  /** What to do next. */
  readonly next: Text;
  /** The same in a conversation, where a page's advice makes no sense. */
  readonly inChat?: Text;
}

/** A refusal, as far as its words depend on it. */
export interface RefusedBy {
  readonly code: string;
  readonly reason: string | null;
  /** The whole problem, for the members that its code alone has. */
  readonly members: Readonly<Record<string, unknown>>;
}

export const refusalTexts = {
  offline: {
    title: ["No connection", "网络断开了"],
    next: ["Check your network. This page goes on by itself.", "请检查网络，恢复后页面会自动继续。"],
  },
  unreadable: {
    title: ["The answer could not be read", "没有收到有效回复"],
    next: ["Something between you and the shop answered instead. Try again.", "可能被网络中间设备拦截，请重试。"],
  },
  invalid: {
    title: ["Something in this is not right", "填写的内容有误"],
    next: ["Check what you entered and try again.", "请检查后重新提交。"],
    inChat: ["I cannot do that with what I was given. Say it another way.", "按现在的内容无法办理，请换个说法。"],
  },
  unauthorized: {
    title: ["Please sign in", "请先登录"],
    next: [
      "Your sign-in is missing or has expired. Sign in at the shop again.",
      "尚未登录或登录已过期，请在商城重新登录。",
    ],
  },
  forbidden: {
    title: ["Not allowed", "没有权限"],
    next: ["This account may not do that.", "当前账号不能进行此操作。"],
  },
  not_found: {
    title: ["There is nothing here", "没有找到"],
    next: ["It may not be on sale yet, or the link is wrong.", "可能尚未上架，或链接有误。"],
    inChat: ["It may be over, or not on sale yet. Ask what is on.", "可能已结束或尚未上架，可以问我“有什么活动”。"],
  },
  method_not_allowed: {
    title: ["This does not work here", "暂不支持此操作"],
    next: ["Reload the page and try again.", "请刷新页面后重试。"],
    inChat: ["Say it another way.", "请换个说法。"],
  },
  payload_too_large: {
    title: ["That is too much at once", "内容过大"],
    next: ["Enter less and try again.", "请减少内容后重试。"],
  },
  unsupported_media_type: {
    title: ["This does not work here", "暂不支持此操作"],
    next: ["Reload the page and try again.", "请刷新页面后重试。"],
    inChat: ["Say it another way.", "请换个说法。"],
  },
  sold_out: {
    title: ["Sold out", "已抢光"],
    next: ["Units come back when orders are not paid in time.", "有人未按时付款时，商品会重新放出。"],
  },
  limit_reached: {
    title: ["You have as many as one buyer may have", "已达到限购数量"],
    next: ["See your orders. Cancelling one makes room for another.", "可在“我的订单”中查看；取消后可重新购买。"],
    inChat: ["Ask for your orders. Cancelling one makes room for another.", "可以问我“我的订单”，取消后可重新购买。"],
  },
  not_open: {
    title: ["Not open yet", "还没开始"],
    next: ["Come back when it opens. Being early changes nothing.", "请在开售后再来，提前点击没有用。"],
    inChat: [
      "Come back when it opens, or let yourself be reminded. Being early changes nothing.",
      "请在开售后再来，也可以设个提醒，提前点击没有用。",
    ],
  },
  paused: {
    title: ["Paused for a moment", "活动暂停中"],
    next: ["Stay here: the page goes on as soon as the sale does.", "请留在本页，恢复后会自动继续。"],
    inChat: ["Ask again in a moment: it goes on when the shop resumes it.", "请稍后再问，恢复后即可继续。"],
  },
  not_admitted: {
    title: ["It is not your turn yet", "还没轮到您"],
    next: ["Get in line and buy when it is your turn.", "请先排队，轮到您时再购买。"],
    inChat: ["Get in line, and buy when it is your turn.", "请先排队，轮到您时再购买。"],
  },
  agents_not_allowed: {
    title: ["This sale is for people", "本场只面向真人买家"],
    next: ["An assistant cannot do this here. Do it yourself on this page.", "智能助手不能代办，请您本人在本页操作。"],
  },
  agent_share_taken: {
    title: ["Assistants have their share already", "智能助手的份额已满"],
    next: ["You can still buy here yourself, if any are left.", "如有剩余，您可以在本页亲自购买。"],
  },
  entered_elsewhere: {
    title: ["You are in the draw of another item", "您已参加另一件商品的抽签"],
    next: [
      "Each buyer has one entry in a sale. Leave the other draw first.",
      "每人每场只能抽一件，请先退出另一件的抽签。",
    ],
  },
  entry_withdrawn: {
    title: ["You have left this draw", "您已退出本次抽签"],
    next: ["Whoever leaves a draw cannot enter it again.", "退出后不能再次参加。"],
  },
  draw_off: {
    title: ["This sale is not drawn", "本场不抽签"],
    next: ["Reload the page to see how to buy.", "请刷新页面查看购买方式。"],
    inChat: ["Ask for its rules to learn how to buy.", "可以问我“规则”了解购买方式。"],
  },
  pass_off: {
    title: ["The way in has changed", "购买方式有变"],
    next: ["Follow what the page shows now.", "请按页面提示操作。"],
    inChat: ["Ask for its rules to learn how to buy.", "可以问我“规则”了解购买方式。"],
  },
  queue_off: {
    title: ["There is no line any more", "现在不用排队"],
    next: ["Buy directly.", "可以直接购买。"],
  },
  queue_full: {
    title: ["The line is full", "排队人数已满"],
    next: ["Try again in a moment.", "请稍后再试。"],
  },
  not_queued: {
    title: ["You are not in line", "您不在队伍中"],
    next: ["Get in line again. A turn that was not used is over.", "请重新排队；未使用的机会已过期。"],
    inChat: ["Say “get in line” to be. A turn that was not used is over.", "想排队请说“排队”；未使用的机会已过期。"],
  },
  not_reminded: {
    title: ["You have no reminder here", "您没有设置提醒"],
    next: ["Set one as long as the sale has not opened.", "开售前可以重新设置。"],
  },
  already_open: {
    title: ["It is open already", "活动已经开始"],
    next: ["No need to be reminded: have a look now.", "不用提醒了，现在就去看看吧。"],
  },
  reminder_too_late: {
    title: ["It opens sooner than that", "离开售已经不足这个时间"],
    next: ["Choose a shorter time, or simply stay here.", "请选择更短的时间，或直接留在本页。"],
  },
  reminders_full: {
    title: ["No more reminders can be set", "提醒名额已满"],
    next: ["Very many want to be reminded. Come back when it opens.", "设置提醒的人太多，请在开售时再来。"],
  },
  ended: {
    title: ["The sale is over", "活动已结束"],
    next: ["Have a look at the other sales.", "看看其他活动吧。"],
  },
  key_reused: {
    title: ["This purchase was changed on the way", "这次购买的内容被改动过"],
    next: ["See your orders before you buy again.", "再次购买前请先查看“我的订单”。"],
    inChat: ["Ask for your orders before you buy again.", "再次购买前请先问我“我的订单”。"],
  },
  not_sold_out: {
    title: ["There are units to be had", "还有货"],
    next: ["Buy now, nobody has to wait.", "不用候补，现在就可以买。"],
  },
  waitlist_off: {
    title: ["This sale has no waitlist", "本场没有候补"],
    next: ["Stay here: what comes back is on sale for everybody.", "请留在本页，放出的商品所有人都能买。"],
    inChat: ["Ask again later: what comes back is on sale for everybody.", "请稍后再问，放出的商品所有人都能买。"],
  },
  waitlist_full: {
    title: ["The waitlist is full", "候补人数已满"],
    next: ["Look again later.", "请稍后再来看看。"],
  },
  not_waiting: {
    title: ["You are not on the list", "您不在名单中"],
    next: ["Join again if you still want one.", "仍想要的话请重新加入。"],
  },
  name_taken: {
    title: ["This name is taken", "名称已被使用"],
    next: ["Choose another one.", "请换一个名称。"],
  },
  limit_exceeded: {
    title: ["There are as many as there may be", "数量已达上限"],
    next: ["Remove one that is not needed.", "请先删除不需要的。"],
  },
  transition_not_allowed: {
    title: ["Not possible any more", "当前状态不能这样做"],
    next: ["Something has changed meanwhile. Look at how it stands now.", "状态已发生变化，请查看最新情况。"],
  },
  sale_running: {
    title: ["A sale is open, or will be within minutes", "有活动正在进行，或即将开始"],
    next: ["Rehearse later, or say that it is meant.", "请稍后再演练，或确认仍要演练。"],
  },
  total_changed: {
    title: ["The total has changed meanwhile", "总量已变"],
    next: ["Somebody has restocked. Look at it, and decide anew.", "期间已经补过货。请先查看，再作决定。"],
  },
  rehearsal_running: {
    title: ["A rehearsal is running", "演练正在进行"],
    next: ["Wait until it is over, or stop it first.", "请等待结束，或先停止演练。"],
  },
  refund_due: {
    title: ["This payment will be returned", "这笔款项将退回"],
    next: ["It came too late, or does not fit the order.", "付款过晚，或金额与订单不符。"],
  },
  payments_off: {
    title: ["Pay at the shop", "请在商城付款"],
    next: ["This page takes no money: the shop does.", "本页不收款，请到商城支付。"],
    inChat: ["I take no money here: the shop does.", "这里不收款，请到商城支付。"],
  },
  guests_off: {
    title: ["Please sign in", "请先登录"],
    next: ["Only who has an account at the shop can buy here.", "需要商城账号才能购买。"],
  },
  signature_invalid: {
    title: ["This message is not genuine", "签名无效"],
    next: ["Nothing was changed.", "没有任何改动。"],
  },
  provider_unavailable: {
    title: ["The payment page does not answer", "支付页面暂时打不开"],
    next: ["Your order is kept. Try again in a moment.", "订单已为您保留，请稍后再试。"],
  },
  attempt_unknown: {
    title: ["This attempt is not known", "查不到这次操作"],
    next: ["Try again: you will not buy twice.", "请重试，不会重复购买。"],
  },
  blocked: {
    title: ["You are not let in", "您暂时无法参加"],
    next: ["If that is a mistake, ask the shop.", "如有疑问，请联系商城客服。"],
  },
  slowed: {
    title: ["Not so fast", "操作太频繁"],
    next: ["Wait a moment, then try once, by hand.", "请稍等，然后手动再试一次。"],
    inChat: ["Wait a moment, then try once.", "请稍等，然后再试一次。"],
  },
  challenge_required: {
    title: ["A check has to be passed first", "需要先完成验证"],
    next: ["Your browser does it by itself. Try again.", "浏览器会自动完成，请重试。"],
    inChat: [
      "Go on at the sale's page: your browser passes the check there by itself.",
      "请到活动页面继续，浏览器会自动完成验证。",
    ],
  },
  challenge_failed: {
    title: ["The check was not passed", "验证未通过"],
    next: ["Try again: your browser gets a new one.", "请重试，浏览器会重新验证。"],
    inChat: ["Go on at the sale's page: your browser gets a new one there.", "请到活动页面继续，浏览器会重新验证。"],
  },
  challenge_unavailable: {
    title: ["The check does not work at the moment", "验证服务暂时不可用"],
    next: ["Nobody is let in meanwhile. Try again shortly.", "此时谁都无法进入，请稍后再试。"],
  },
  rate_limited: {
    title: ["Too many attempts", "尝试次数过多"],
    next: ["Wait a moment. Trying more often does not help.", "请稍等，多点没有用。"],
  },
  switched_off: {
    title: ["Switched off for a while", "暂时停用"],
    next: ["The shop has switched this off. Nothing of yours is lost.", "商城暂时关闭了此功能，您已有的不受影响。"],
  },
  internal: {
    title: ["Something went wrong at the shop", "商城出了点问题"],
    next: ["It was not your doing. Try again.", "不是您的问题，请重试。"],
  },
  overloaded: {
    title: ["Very busy right now", "现在人太多了"],
    next: ["Nothing was changed. Try again in a moment.", "没有任何改动，请稍后再试。"],
  },
  outcome_unknown: {
    title: ["Not yet known how it ended", "结果还不确定"],
    next: ["Asking again never buys twice.", "再次确认不会重复购买。"],
    inChat: ["Say yes again in a moment: that never buys twice.", "请稍后再确认一次，不会重复购买。"],
  },
} as const satisfies Readonly<Record<string, RefusalText>>;

/** Where the general advice would be wrong. */
export function nextOf({ code, members }: Pick<RefusedBy, "code" | "members">): Text | null {
  const available = members["available"];
  if (code === "sold_out" && typeof available === "number") {
    return [`Only ${available} left: choose fewer.`, `只剩 ${available} 件，请减少数量。`];
  }
  return null;
}

/** What the risk desk has seen, by its rule. */
const rules: Readonly<Record<string, Text>> = {
  many_attempts: ["Far more attempts than a person clicks.", "尝试次数远超正常点击。"],
  regular_clicks: ["Your clicks come as regularly as a clock's.", "点击节奏过于规律，像是程序。"],
  quick_solutions: ["Checks were solved quicker than a browser does it.", "验证完成得比浏览器还快。"],
  many_addresses: [
    "You come from many addresses at once: stay with one connection.",
    "同时来自多个网络，请固定一个网络。",
  ],
  crowded_address: [
    "Very many accounts try from your address: use another connection, your mobile one for example.",
    "您的网络下账号过多，请换个网络，例如手机流量。",
  ],
  crowded_subnet: [
    "Very many accounts try from your network: use another connection, your mobile one for example.",
    "您所在网段账号过多，请换个网络，例如手机流量。",
  ],
};

/** What is wrong with a pass, or with a solved check, as far as a buyer can do something about it. */
const details: Readonly<Record<string, Text>> = {
  expired: ["Its time was over.", "已过期。"],
  used: ["It was used already, or its time is over.", "已使用或已过期。"],
  not_from_queue: ["Everybody goes through the line now.", "现在所有人都需要排队。"],
  drawn: ["This sale is drawn.", "本场为抽签购买。"],
};

/** Why, more closely, where that is known. */
export function reasonOf({ code, reason, members }: RefusedBy): Text | null {
  if (reason === null) return null;
  if (code === "blocked" && members["blocked_by"] === "access_list") return [reason, reason];
  if (code === "blocked" || code === "slowed") return of(rules, reason);
  return of(details, reason);
}

function of(table: Readonly<Record<string, Text>>, name: string): Text | null {
  return Object.hasOwn(table, name) ? (table[name] ?? null) : null;
}
