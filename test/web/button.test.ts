/**
 * The one button of a sale, as a table: every situation, what the button is then, what pressing does, and what is told
 * beside it. What must not be pressed is not.
 */
import { describe, expect, test } from "bun:test";
import type { Campaign, DrawEntry, Offer, Order, Queue, WaitlistPlace } from "../../src/web/shared/wire.ts";
import {
  type ButtonState,
  buttonOf,
  type Is,
  type Press,
  type Refused,
  type Situation,
  type Tell,
} from "../../src/web/storefront/button.ts";

const nowMs = Date.parse("2026-11-11T12:00:00.000Z");
const at = (s: number) => new Date(nowMs + s * 1_000).toISOString();

const offer: Offer = {
  id: "off_0000000002",
  campaign_id: "cmp_0000000001",
  sku: "a",
  title: "Goods",
  description: null,
  price_minor: 100,
  list_price_minor: null,
  currency: "CNY",
  limit_per_buyer: 1,
  brand: null,
  category: null,
  image_url: null,
  total: 10,
  available: 5,
  held: 0,
  sold: 5,
  waiting: 0,
};
const campaign: Campaign = {
  id: "cmp_0000000001",
  title: "Sale",
  description: null,
  kind: null,
  state: "open",
  opens_at: at(-60),
  closes_at: at(600),
  payment_window_s: 900,
  waitlist: true,
  admission: "open",
  pass: false,
  pass_window_s: 120,
  challenge: "none",
  agents: { policy: "allowed" },
  created_at: at(-3_600),
  offers: [offer],
};
const order: Order = {
  id: "ord_0000000009",
  offer_id: offer.id,
  campaign_id: campaign.id,
  sku: "a",
  currency: "CNY",
  buyer_id: "alice",
  by_agent: false,
  quantity: 1,
  amount_minor: 100,
  state: "reserved",
  seq: 9,
  reserved_at: at(-10),
  expires_at: at(890),
};
const place: Queue = {
  entry_id: "que_0000000005",
  campaign_id: campaign.id,
  state: "waiting",
  by_agent: false,
  place: 4,
  ahead: 3,
  waiting: 7,
  passes: 2,
  units_left: 2,
  units_held: 1,
  chance: 0.4,
  estimated_wait_s: 30,
  refusal: null,
  note: null,
  pass: null,
  expires_at: null,
  poll_after_s: 5,
};
const admitted: Queue = {
  ...place,
  state: "admitted",
  place: null,
  ahead: null,
  chance: 1,
  pass: "p1.x",
  expires_at: at(100),
};
const entry: DrawEntry = {
  entry_id: "wte_0000000004",
  offer_id: offer.id,
  campaign_id: campaign.id,
  state: "entered",
  entries: 40,
  place: null,
  order_id: null,
};
const listed: WaitlistPlace = {
  entry_id: "wte_0000000004",
  offer_id: offer.id,
  campaign_id: campaign.id,
  state: "waiting",
  place: 2,
  waiting: 6,
};
const gone = { available: 0, held: 3, sold: 7 } as const;
const nothing = { available: 0, held: 0, sold: 10 } as const;
const refusedWith = (
  code: Refused["refusal"]["code"],
  untilS: number | null,
  press: Press = "buy",
  agoS = 1,
): Refused => ({
  press,
  offerId: offer.id,
  refusal: { code, reason: null, members: {} },
  atMs: nowMs - agoS * 1_000,
  untilMs: untilS === null ? null : nowMs + untilS * 1_000,
});

interface Given extends Partial<Omit<Situation, "campaign" | "offer">> {
  readonly campaign?: Partial<Campaign>;
  readonly offer?: Partial<Offer>;
}

function situation({ campaign: inCampaign, offer: ofOffer, ...rest }: Given): Situation {
  const here = { ...offer, ...ofOffer };
  return {
    campaign: { ...campaign, offers: [here], ...inCampaign },
    offer: here,
    way: "free",
    who: "known",
    quantity: 1,
    orders: [],
    queue: "none",
    entries: [],
    waitlist: null,
    doing: null,
    refused: null,
    isPaidHere: true,
    nowMs,
    ...rest,
  };
}

type Row = readonly [
  what: string,
  given: Given,
  is: Is,
  press: Press | null,
  tells: readonly Tell["tell"][],
  beside?: readonly Press[],
];

const scheduled = { state: "scheduled", opens_at: at(90) } as const;
const ended = { state: "ended" } as const;
const paused = { state: "paused" } as const;
const draw = { way: "draw", campaign: { admission: "draw" } } as const;
const drawIn = (change: Partial<Campaign>) => ({ way: "draw", campaign: { admission: "draw", ...change } }) as const;
const queueIn = (change: Partial<Campaign>) => ({ way: "queue", campaign: { admission: "queue", ...change } }) as const;
const two = { limit_per_buyer: 2 } as const;

const table: readonly Row[] = [
  // Before, during, after.
  ["nothing is known but the sale", {}, "buy", "buy", []],
  ["the opening is to come", { campaign: scheduled }, "not_yet", null, ["opens"]],
  ["the opening has come, and was not heard of yet", { campaign: { ...scheduled, opens_at: at(0) } }, "buy", "buy", []],
  [
    "the opening is a tenth of a second away",
    { campaign: { ...scheduled, opens_at: at(0.1) } },
    "not_yet",
    null,
    ["opens"],
  ],
  ["without an opening", { campaign: { opens_at: null } }, "buy", "buy", []],
  ["paused", { campaign: paused }, "paused", null, []],
  ["ended", { campaign: ended }, "over", null, []],
  ["the closing has come, and was not heard of yet", { campaign: { closes_at: at(0) } }, "over", null, []],
  ["over while units are being paid for", { campaign: { closes_at: at(-1) }, offer: gone }, "over", null, ["held"]],
  ["sold out", { offer: nothing }, "sold_out", "join_waitlist", []],
  ["sold out, some being paid for", { offer: gone }, "sold_out", "join_waitlist", ["held"]],
  [
    "sold out without a waitlist",
    { offer: gone, campaign: { waitlist: false } },
    "sold_out",
    null,
    ["held", "no_waitlist"],
  ],
  ["sold out and paused", { offer: gone, campaign: paused }, "paused", null, []],

  // Names.
  ["a guest may come", { who: "guest" }, "buy", "buy", []],
  ["a stranger signs in to buy", { who: "stranger" }, "buy", "sign_in", []],
  ["a stranger signs in to wait", { who: "stranger", offer: gone }, "sold_out", "sign_in", ["held"]],
  ["a stranger signs in to get in line", { ...queueIn({}), who: "stranger" }, "line", "sign_in", []],
  ["a stranger signs in to enter", { ...draw, who: "stranger" }, "enter", "sign_in", []],
  ["a stranger sees the countdown", { campaign: scheduled, who: "stranger" }, "not_yet", null, ["opens"]],
  ["a stranger sees that it is over", { campaign: ended, who: "stranger" }, "over", null, []],

  // What is the buyer's.
  ["an order waits for its payment", { orders: [order] }, "to_pay", "pay", ["pay_until"], ["see_order"]],
  [
    "an order of a shop that takes the money itself",
    { orders: [order], isPaidHere: false },
    "to_pay",
    "see_order",
    ["pay_until", "pay_at_shop"],
    [],
  ],
  [
    "an order waits, another may be had",
    { orders: [order], offer: two },
    "to_pay",
    "pay",
    ["pay_until"],
    ["buy", "see_order"],
  ],
  [
    "an order waits, another may be had, and none is there",
    { orders: [order], offer: { ...two, ...gone } },
    "to_pay",
    "pay",
    ["pay_until"],
    ["see_order"],
  ],
  [
    "an order waits in a queue's sale, another needs another turn",
    { ...queueIn({}), orders: [order], offer: two },
    "to_pay",
    "pay",
    ["pay_until"],
    ["see_order"],
  ],
  [
    "an order waits and the sale is over",
    { orders: [order], campaign: ended },
    "to_pay",
    "pay",
    ["pay_until"],
    ["see_order"],
  ],
  [
    "an order waits and the sale is paused",
    { orders: [order], campaign: paused, offer: two },
    "to_pay",
    "pay",
    ["pay_until"],
    ["see_order"],
  ],
  [
    "an order waits, whatever was refused",
    { orders: [order], refused: refusedWith("blocked", null) },
    "to_pay",
    "pay",
    ["pay_until"],
    ["see_order"],
  ],
  [
    "an order's time is over, and was not heard of yet",
    { orders: [{ ...order, expires_at: at(0) }] },
    "buy",
    "buy",
    ["was_kept"],
  ],
  [
    "an order has expired",
    { orders: [{ ...order, state: "expired", expires_at: at(-5) }] },
    "buy",
    "buy",
    ["was_kept"],
  ],
  [
    "an order has expired, and all is gone",
    { orders: [{ ...order, state: "expired", expires_at: at(-5) }], offer: gone },
    "sold_out",
    "join_waitlist",
    ["was_kept", "held"],
  ],
  [
    "an order has expired, long ago",
    { orders: [{ ...order, state: "expired", expires_at: at(-3_600) }] },
    "buy",
    "buy",
    [],
  ],
  ["an order was cancelled", { orders: [{ ...order, state: "cancelled" }] }, "buy", "buy", []],
  ["an order is paid", { orders: [{ ...order, state: "paid" }] }, "yours", "see_order", ["have"]],
  [
    "an order is paid and all is sold",
    { orders: [{ ...order, state: "paid" }], offer: nothing },
    "yours",
    "see_order",
    ["have"],
  ],
  [
    "an order is paid, another may be had",
    { orders: [{ ...order, state: "paid" }], offer: two },
    "buy",
    "buy",
    ["have"],
  ],
  [
    "an order is paid, and the sale is over",
    { orders: [{ ...order, state: "paid" }], offer: two, campaign: ended },
    "yours",
    "see_order",
    ["have"],
  ],
  ["an order was refunded", { orders: [{ ...order, state: "refunded" }] }, "buy", "buy", []],
  ["an order of another offer of the sale", { orders: [{ ...order, offer_id: "off_0000000003" }] }, "buy", "buy", []],

  // Steps under way.
  ["ordering", { doing: { press: "buy", offerId: offer.id, isUnknown: false, retry: null } }, "working", null, []],
  [
    "ordering another one",
    { doing: { press: "buy", offerId: offer.id, isUnknown: false, retry: null }, orders: [order], offer: two },
    "working",
    null,
    [],
  ],
  [
    "nobody knows how it ended",
    { doing: { press: "buy", offerId: offer.id, isUnknown: true, retry: null } },
    "unknown",
    null,
    ["never_twice"],
  ],
  [
    "nobody knows, and there is no connection",
    { doing: { press: "buy", offerId: offer.id, isUnknown: true, retry: { code: "offline", atMs: nowMs + 500 } } },
    "unknown",
    null,
    ["never_twice", "why", "again"],
  ],
  [
    "too busy: asked again",
    { doing: { press: "buy", offerId: offer.id, isUnknown: false, retry: { code: "overloaded", atMs: nowMs + 500 } } },
    "retrying",
    null,
    ["why", "again"],
    ["stop"],
  ],
  [
    "under way although it is sold out meanwhile",
    { doing: { press: "buy", offerId: offer.id, isUnknown: false, retry: null }, offer: nothing },
    "working",
    null,
    [],
  ],
  [
    "under way although it is over meanwhile",
    { doing: { press: "buy", offerId: offer.id, isUnknown: true, retry: null }, campaign: ended },
    "unknown",
    null,
    ["never_twice"],
  ],

  [
    "ordering another offer",
    { doing: { press: "buy", offerId: "off_0000000003", isUnknown: true, retry: null } },
    "unknown",
    null,
    ["under_way", "never_twice"],
  ],
  [
    "getting in line, which is for all offers",
    { doing: { press: "join_queue", offerId: "off_0000000003", isUnknown: false, retry: null } },
    "working",
    null,
    [],
  ],

  // Refusals.
  ["refused another offer", { refused: { ...refusedWith("slowed", 3), offerId: "off_0000000003" } }, "buy", "buy", []],
  ["slowed down", { refused: refusedWith("slowed", 3) }, "held_back", null, ["refused", "again"]],
  ["slowed down, long ago", { refused: refusedWith("slowed", -1, "buy", 30) }, "buy", "buy", []],
  ["slowed down, a moment ago", { refused: refusedWith("slowed", 0) }, "buy", "buy", ["refused"]],
  ["too many attempts", { refused: refusedWith("rate_limited", 3) }, "held_back", null, ["refused", "again"]],
  ["switched off", { refused: refusedWith("switched_off", 10) }, "held_back", null, ["refused", "again"]],
  ["paused by a switch", { refused: refusedWith("paused", 5) }, "held_back", null, ["refused", "again"]],
  [
    "the queue is full",
    { ...queueIn({}), refused: refusedWith("queue_full", 30, "join_queue") },
    "held_back",
    null,
    ["refused", "again"],
  ],
  [
    "the captcha's checker is down",
    { ...queueIn({}), refused: refusedWith("challenge_unavailable", 5, "join_queue") },
    "held_back",
    null,
    ["refused", "again"],
  ],
  ["blocked for good", { refused: refusedWith("blocked", null, "buy", 3_600) }, "held_back", null, ["refused"]],
  ["blocked for a while", { refused: refusedWith("blocked", 60) }, "held_back", null, ["refused", "again"]],
  ["not open, says the server", { refused: refusedWith("not_open", 1) }, "held_back", null, ["refused", "again"]],
  [
    "somebody was quicker",
    { refused: refusedWith("sold_out", null), offer: gone },
    "sold_out",
    "join_waitlist",
    ["held"],
  ],
  ["somebody was quicker, and one came back", { refused: refusedWith("sold_out", null) }, "buy", "buy", ["refused"]],
  [
    "the limit is reached by what is not known here",
    { refused: refusedWith("limit_reached", null), orders: null },
    "buy",
    "buy",
    ["refused"],
  ],

  // Waitlist.
  ["on the waitlist", { waitlist: listed, offer: gone }, "on_waitlist", null, ["listed", "keeps"], ["leave_waitlist"]],
  [
    "on the waitlist while a unit is there, for those before",
    { waitlist: listed },
    "on_waitlist",
    null,
    ["listed", "keeps"],
    ["leave_waitlist"],
  ],
  [
    "on the waitlist when it has closed by the clock",
    { waitlist: listed, campaign: ended, offer: gone },
    "on_waitlist",
    null,
    ["listed", "keeps"],
    ["leave_waitlist"],
  ],
  [
    "the waitlist of another offer",
    { waitlist: { ...listed, offer_id: "off_0000000003" }, offer: gone },
    "sold_out",
    "join_waitlist",
    ["held"],
  ],
  [
    "an order came by the waitlist",
    { waitlist: listed, orders: [order], offer: gone },
    "to_pay",
    "pay",
    ["pay_until"],
    ["see_order"],
  ],

  // Pass.
  ["a pass is needed", { way: "pass", campaign: { pass: true } }, "buy", "buy", []],
  [
    "a puzzle before the opening, and a guest has no name yet",
    { way: "pass", who: "guest", campaign: { ...scheduled, pass: true, challenge: "proof_of_work" } },
    "not_yet",
    "get_ready",
    ["opens"],
  ],
  [
    "a puzzle before the opening, for who has a name",
    { way: "pass", campaign: { ...scheduled, pass: true, challenge: "proof_of_work" } },
    "not_yet",
    null,
    ["opens"],
  ],
  [
    "a puzzle before the opening, for a stranger",
    { way: "pass", who: "stranger", campaign: { ...scheduled, pass: true, challenge: "proof_of_work" } },
    "not_yet",
    null,
    ["opens"],
  ],
  ["a captcha", { way: "pass", campaign: { pass: true, challenge: "captcha" } }, "captcha", "go_to_shop", []],

  // Queue.
  ["a line", queueIn({}), "line", "join_queue", []],
  ["a line before the opening", queueIn(scheduled), "line", "join_queue", ["opens", "by_lot"]],
  [
    "in line before the opening",
    { ...queueIn(scheduled), queue: { ...place, place: null, ahead: null, chance: null } },
    "in_line",
    null,
    ["no_place_yet", "opens"],
    ["leave_queue"],
  ],
  ["in line", { ...queueIn({}), queue: place }, "in_line", null, ["place", "units", "chance"], ["leave_queue"]],
  [
    "in line while all is held",
    { ...queueIn({}), queue: place, offer: gone },
    "in_line",
    null,
    ["place", "units", "chance"],
    ["leave_queue"],
  ],
  [
    "in line without hope",
    { ...queueIn({}), queue: { ...place, chance: 0 }, offer: nothing },
    "in_line",
    null,
    ["place", "units", "hopeless"],
    ["leave_queue"],
  ],
  [
    "in line while it is paused",
    { ...queueIn(paused), queue: place },
    "in_line",
    null,
    ["place", "units", "chance"],
    ["leave_queue"],
  ],
  ["the turn has come", { ...queueIn({}), queue: admitted }, "turn", "buy", ["pass_until"], ["leave_queue"]],
  [
    "the turn has come and it is paused",
    { ...queueIn(paused), queue: admitted },
    "paused",
    null,
    ["keeps"],
    ["leave_queue"],
  ],
  [
    "the turn has come, this offer is gone",
    { ...queueIn({}), queue: admitted, offer: gone },
    "sold_out",
    null,
    ["pass_until", "held"],
    ["leave_queue"],
  ],
  ["the turn was missed", { ...queueIn({}), queue: "over" }, "line", "join_queue", ["turn_over"]],
  ["the line was left", { ...queueIn({}), queue: "left" }, "line", "join_queue", ["left_line"]],
  ["nothing can come back, nobody need get in line", { ...queueIn({}), offer: nothing }, "sold_out", null, []],
  ["all is held, some may come back", { ...queueIn({}), offer: gone }, "line", "join_queue", []],
  ["over, in line", { ...queueIn(ended), queue: place }, "over", null, []],
  ["a line with a captcha", queueIn({ challenge: "captcha" }), "captcha", "go_to_shop", []],
  [
    "in line, the captcha is solved",
    { ...queueIn({ challenge: "captcha" }), queue: place },
    "in_line",
    null,
    ["place", "units", "chance"],
    ["leave_queue"],
  ],
  ["everybody goes through the queue by a switch", { way: "queue" }, "line", "join_queue", []],

  // Draw.
  ["a draw", draw, "enter", "enter_draw", []],
  ["a draw before the opening", drawIn(scheduled), "not_yet", null, ["opens"]],
  ["a draw that is paused", drawIn(paused), "paused", null, []],
  ["entered", { ...draw, entries: [entry] }, "entered", null, ["entries", "keeps"], ["leave_draw"]],
  [
    "entered for another offer",
    { ...draw, entries: [{ ...entry, offer_id: "off_0000000003" }] },
    "entered",
    null,
    ["elsewhere"],
  ],
  ["closed, being drawn", { ...drawIn(ended), entries: [entry] }, "drawing", null, ["entries"]],
  [
    "closed by the clock, being drawn",
    { ...drawIn({ closes_at: at(0) }), entries: [entry] },
    "drawing",
    null,
    ["entries"],
  ],
  [
    "drawn, won: the order is here",
    { ...drawIn(ended), entries: [{ ...entry, state: "won", order_id: order.id }], orders: [order] },
    "to_pay",
    "pay",
    ["pay_until"],
    ["see_order"],
  ],
  [
    "drawn, won: the order is not here yet",
    { ...drawIn(ended), entries: [{ ...entry, state: "won", order_id: order.id }], orders: null },
    "drawing",
    null,
    [],
  ],
  [
    "drawn, won and paid",
    {
      ...drawIn(ended),
      entries: [{ ...entry, state: "won", order_id: order.id }],
      orders: [{ ...order, state: "paid" }],
    },
    "yours",
    "see_order",
    ["have"],
  ],
  [
    "drawn, won and not paid in time",
    {
      ...drawIn(ended),
      entries: [{ ...entry, state: "won", order_id: order.id }],
      orders: [{ ...order, state: "expired" }],
    },
    "over",
    null,
    [],
  ],
  [
    "drawn, next in line",
    { ...drawIn(ended), entries: [{ ...entry, state: "waiting", place: 3 }] },
    "drawn_next",
    null,
    ["next", "keeps"],
    ["leave_draw"],
  ],
  ["not drawn", { ...drawIn(ended), entries: [{ ...entry, state: "over" }] }, "lost", null, []],
  ["left the draw", { ...draw, entries: [{ ...entry, state: "left" }] }, "over", null, ["left_draw"]],
  ["not entered, over", drawIn(ended), "over", null, []],
  ["a draw with a captcha", drawIn({ challenge: "captcha" }), "captcha", "go_to_shop", []],
];

describe("the button", () => {
  for (const [what, given, is, press, tells, beside = []] of table) {
    test(`${what}: ${is}`, () => {
      const button = buttonOf(situation(given));
      expect({
        is: button.is,
        press: button.press,
        tells: button.tells.map(({ tell }) => tell),
        beside: button.beside,
      }).toEqual({
        is,
        press,
        tells: [...tells],
        beside: [...beside],
      });
    });
  }

  test("has a row for everything that it can be", () => {
    const told = new Set(table.map(([, , is]) => is));
    const known: Record<Is, true> = {
      unknown: true,
      retrying: true,
      working: true,
      to_pay: true,
      yours: true,
      held_back: true,
      over: true,
      entered: true,
      drawing: true,
      drawn_next: true,
      lost: true,
      on_waitlist: true,
      turn: true,
      in_line: true,
      paused: true,
      captcha: true,
      line: true,
      enter: true,
      not_yet: true,
      sold_out: true,
      buy: true,
    };
    expect(told).toEqual(new Set(Object.keys(known) as Is[]));
  });
});

/** Whatever comes together: orders, a queue, a draw, a waitlist, what is under way, what was refused. */
function* everything(): Generator<Situation> {
  const campaigns: Partial<Campaign>[] = [{}, scheduled, paused, ended, { closes_at: at(0) }, { waitlist: false }];
  const orders: (readonly Order[] | null)[] = [
    null,
    [],
    [order],
    [{ ...order, state: "paid" }],
    [{ ...order, state: "expired" }],
  ];
  const queues = ["none", "over", place, admitted] as const;
  const entries: (readonly DrawEntry[])[] = [
    [],
    [entry],
    [{ ...entry, state: "waiting", place: 1 }],
    [{ ...entry, state: "left" }],
  ];
  for (const inCampaign of campaigns)
    for (const way of ["free", "pass", "queue", "draw"] as const)
      for (const ofOffer of [{}, gone, nothing, two])
        for (const theirs of orders)
          for (const queue of way === "queue"
            ? queues.filter((one) => one !== admitted || inCampaign !== scheduled)
            : (["none"] as const))
            for (const drawn of way === "draw" ? entries : [[]])
              for (const waitlist of way === "free" ? [null, listed] : [null])
                for (const who of ["known", "guest", "stranger"] as const)
                  for (const doing of [
                    null,
                    { press: "buy", offerId: offer.id, isUnknown: true, retry: null } as const,
                  ])
                    for (const refused of [null, refusedWith("slowed", 3)])
                      yield situation({
                        campaign: { ...inCampaign, admission: way === "draw" || way === "queue" ? way : "open" },
                        offer: ofOffer,
                        way,
                        orders: theirs,
                        queue,
                        entries: drawn,
                        waitlist,
                        who,
                        doing,
                        refused,
                      });
}

describe("in every situation that there is", () => {
  const all = [...everything()].map((here) => ({ here, button: buttonOf(here) }));
  const none = (wrong: (one: { here: Situation; button: ButtonState }) => boolean) =>
    expect(all.filter(wrong).length).toBe(0);

  test("there are thousands, and each has a button", () => {
    expect(all.length).toBeGreaterThan(5_000);
    none(({ button }) => button.isBusy && button.press !== null);
  });

  test("nobody presses anything while a step is under way", () => {
    none(({ here, button }) => here.doing !== null && (button.press !== null || !button.isBusy));
  });

  test("nobody buys what is not on sale", () => {
    const buys = ({ button }: { button: ButtonState }) => button.press === "buy" || button.beside.includes("buy");
    none((one) => buys(one) && one.here.offer.available === 0);
    none((one) => buys(one) && ["ended", "paused"].includes(one.here.campaign.state));
    none((one) => buys(one) && one.here.campaign.state === "scheduled");
    none((one) => buys(one) && one.here.way === "draw");
    none((one) => buys(one) && one.here.way === "queue" && one.here.queue !== admitted);
  });

  test("nobody is asked for more than they may have", () => {
    none(({ here, button }) => button.mayBuy > here.offer.limit_per_buyer);
    none(({ here, button }) => button.press === "buy" && button.mayBuy > here.offer.available);
    none(({ button }) => (button.press === "buy" || button.beside.includes("buy")) && button.mayBuy < 1);
  });

  test("nothing is said to be theirs without an order that the server told of", () => {
    none(({ here, button }) => ["to_pay", "yours"].includes(button.is) && (here.orders ?? []).length === 0);
    none(({ button }) => ["to_pay", "yours"].includes(button.is) && button.order === null);
  });

  test("a stranger is never let into anything that needs a name", () => {
    const needsName: readonly (Press | null)[] = ["buy", "join_queue", "enter_draw", "join_waitlist", "get_ready"];
    none(({ here, button }) => here.who === "stranger" && needsName.includes(button.press));
  });

  test("an order that waits for its payment is told of first", () => {
    none(({ here, button }) => here.doing === null && here.orders?.[0]?.state === "reserved" && button.is !== "to_pay");
  });
});
