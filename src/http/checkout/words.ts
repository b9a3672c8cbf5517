/** What the pages around a payment say, in English and Chinese. */

export type Language = "en" | "zh";

export interface CheckoutWords {
  readonly code: Language;
  readonly lang: "en" | "zh-Hans";
  /** For Intl: how amounts and times are written. */
  readonly locale: string;
  /** The other language, in its own words. */
  readonly other: { readonly lang: Language; readonly name: string };
  readonly banner: string;
  readonly title: string;
  readonly goods: string;
  readonly quantity: string;
  readonly amount: string;
  readonly order: string;
  readonly payUntil: string;
  readonly payUntilIsOver: string;
  readonly choose: string;
  readonly pay: (amount: string) => string;
  readonly payHint: string;
  readonly fail: string;
  readonly failHint: string;
  readonly payLate: string;
  readonly payLateHint: string;
  readonly payLateNowHint: string;
  readonly again: string;
  readonly back: string;
  readonly toOrder: string;
  readonly toOrders: string;
  /** Where the buyer comes back to after the provider's page. */
  readonly returned: Readonly<Record<"paid" | "unpaid", Result>>;
  readonly results: Readonly<Record<"paid" | "unconfirmed" | "failed" | "late" | "busy", Result>>;
}

interface Result {
  readonly title: string;
  readonly detail: string;
}

export const checkoutWords: Readonly<Record<Language, CheckoutWords>> = {
  en: {
    code: "en",
    lang: "en",
    locale: "en",
    other: { lang: "zh", name: "中文" },
    banner: "Sandbox: no money moves here.",
    title: "Pay for your order",
    goods: "Goods",
    quantity: "Quantity",
    amount: "Amount",
    order: "Order",
    payUntil: "Pay until",
    payUntilIsOver: "The time to pay is over.",
    choose: "How shall this payment go?",
    pay: (amount) => `Pay ${amount}`,
    payHint: "The shop learns of it at once.",
    fail: "Payment fails",
    failHint: "Nothing is paid. The order stays reserved until its time is over.",
    payLate: "Pay too late",
    payLateHint: "The payment arrives just after the time to pay is over.",
    payLateNowHint: "The payment arrives now, after its time.",
    again: "Back to the payment",
    back: "Back to the shop",
    toOrder: "See your order",
    toOrders: "My orders",
    returned: {
      paid: {
        title: "Thank you",
        detail:
          "The shop learns of your payment from the payment provider, mostly within seconds. Your order shows when it has.",
      },
      unpaid: {
        title: "Nothing was paid",
        detail: "Your order stays reserved until its time is over: until then you can still pay it.",
      },
    },
    results: {
      paid: {
        title: "Paid",
        detail: "The shop has been told. Your order shows whether it could keep the goods for you.",
      },
      unconfirmed: {
        title: "Paid, not yet confirmed",
        detail: "The shop has not answered so far. It is told again for half a minute: look at your order.",
      },
      failed: {
        title: "The payment failed",
        detail: "Nothing was paid. The order stays reserved until its time is over: you can try again.",
      },
      late: {
        title: "The payment will come too late",
        detail:
          "It arrives just after the time to pay is over, if this server still runs then. Look at your order afterwards.",
      },
      busy: {
        title: "Too many payments are under way",
        detail: "Nothing was paid. Try again in a moment.",
      },
    },
  },
  zh: {
    code: "zh",
    lang: "zh-Hans",
    locale: "zh-CN",
    other: { lang: "en", name: "English" },
    banner: "沙箱环境：不会产生真实扣款。",
    title: "支付订单",
    goods: "商品",
    quantity: "数量",
    amount: "金额",
    order: "订单号",
    payUntil: "支付截止",
    payUntilIsOver: "支付时间已过。",
    choose: "请选择这次支付的结果",
    pay: (amount) => `支付 ${amount}`,
    payHint: "商家会立即收到通知。",
    fail: "支付失败",
    failHint: "不会付款。订单在截止时间前仍为您预占。",
    payLate: "逾期支付",
    payLateHint: "款项会在支付时间结束后片刻到达。",
    payLateNowHint: "款项现在到达，已超过支付时间。",
    again: "返回支付页面",
    back: "返回商家",
    toOrder: "查看订单",
    toOrders: "我的订单",
    returned: {
      paid: { title: "感谢您的付款", detail: "支付平台通常会在几秒内通知商家，届时订单会显示已付款。" },
      unpaid: { title: "没有付款", detail: "订单在截止时间前仍为您预占，在此之前您可以重新支付。" },
    },
    results: {
      paid: { title: "支付成功", detail: "已通知商家。能否为您保留商品，请查看订单。" },
      unconfirmed: {
        title: "已支付，等待确认",
        detail: "商家暂未应答。半分钟内会继续通知，请稍后查看订单。",
      },
      failed: { title: "支付失败", detail: "没有付款。订单在截止时间前仍为您预占，可以重新支付。" },
      late: {
        title: "款项将逾期到达",
        detail: "只要服务器仍在运行，款项会在支付时间结束后片刻到达。之后请查看订单。",
      },
      busy: { title: "正在处理的支付太多", detail: "没有付款。请稍后再试。" },
    },
  },
};
