/** The examples: one sale, told through all operations. Their ids are those of the first campaign in a new data folder. */
import type { Static } from "@sinclair/typebox";
import type { ProblemExtras } from "../problem.ts";
import type { Rehearsal } from "../rehearsal-schemas.ts";
import type {
  AccessAnswer,
  CampaignAnswer,
  CampaignBody,
  ChatAnswer,
  ControlsAnswer,
  CountsAnswer,
  DrawAnswer,
  DrawEntriesAnswer,
  DrawEntryAnswer,
  DrawProofAnswer,
  OfferAnswer,
  OperatorAnswer,
  OrderAnswer,
  PaymentAnswer,
  QueueAnswer,
  ReceiptAnswer,
  ReminderAnswer,
  WaitlistPlaceAnswer,
  WebhookAnswer,
} from "../schemas.ts";
import type { Examples } from "./operation.ts";

export const one = (summary: string, value: unknown): Examples => ({ example: [summary, value] });

export const fieldError = (field: string, detail: string): ProblemExtras => ({ errors: [{ field, detail }] });

// ---------------------------------------------------------------------------------------------------------------------
// Examples: one sale, told through all operations. Their ids are those of the first campaign in a new data folder.
export const offer: Static<typeof OfferAnswer> = {
  id: "off_0000000002",
  campaign_id: "cmp_0000000001",
  sku: "MATE-80-BLK-512",
  title: "Mate 80 Pro 512 GB",
  description: "6.9 inch display, 512 GB.\nBlack, with charger.",
  price_minor: 100,
  list_price_minor: 699_900,
  currency: "CNY",
  limit_per_buyer: 1,
  brand: "Huawei",
  category: "phones",
  image_url: "/pictures/phone.svg",
  total: 100,
  available: 62,
  held: 8,
  sold: 30,
  waiting: 0,
};

export const chatAnswer: Static<typeof ChatAnswer> = {
  reply: "1 × Mate 80 Pro 512 GB for ¥1. Shall I buy? Say yes or no. This offer stands for 5 min.",
  choices: [
    { label: "Yes", value: `yes:q1.2.1.2s.mi2nkrf9.${"0f".repeat(12)}.${"2b".repeat(16)}.${"x".repeat(43)}` },
    { label: "No", value: "no" },
  ],
  context: `c1.${"e".repeat(40)}.${"x".repeat(43)}`,
  language: "en",
  understood: { intent: "buy", offer: offer.id, sale: offer.campaign_id, quantity: 1 },
  outcome: "quoted",
  links: [],
};

export const untouched = { available: 100, held: 0, sold: 0 } as const;

export const controls: Static<typeof ControlsAnswer> = {
  rate_limits: {
    buyer: { quota: 50, window_s: 10 },
    address: null,
    campaign: null,
    overall: null,
    failures: { quota: 1_000, window_s: 60 },
    guests: { quota: 100, window_s: 3_600 },
  },
  switches_on: [],
  risk_mode: "record",
};

export const campaign: Static<typeof CampaignAnswer> = {
  id: "cmp_0000000001",
  title: "Double Eleven, one yuan",
  description: "One yuan each, for half an hour.\nOne per buyer. Paid within 15 minutes.",
  kind: "one_yuan",
  state: "open",
  opens_at: "2026-11-11T12:00:00.000Z",
  closes_at: "2026-11-11T12:30:00.000Z",
  payment_window_s: 900,
  waitlist: true,
  admission: "open",
  pass: false,
  pass_window_s: 120,
  challenge: "none",
  agents: { policy: "allowed" },
  created_at: "2026-11-10T09:00:00.000Z",
  offers: [offer],
};

export const { id: campaignId, state, opens_at, closes_at } = campaign;

export const counts: Static<typeof CountsAnswer> = {
  id: campaignId,
  state,
  opens_at,
  closes_at,
  offers: [{ id: offer.id, total: 100, available: 62, held: 8, sold: 30, waiting: 0 }],
};

export const newCampaign: Static<typeof CampaignBody> = {
  title: "Double Eleven, one yuan",
  description: "One yuan each, for half an hour.\nOne per buyer. Paid within 15 minutes.",
  kind: "one_yuan",
  payment_window_s: 900,
  offers: [
    {
      sku: "MATE-80-BLK-512",
      title: "Mate 80 Pro 512 GB",
      description: "6.9 inch display, 512 GB.\nBlack, with charger.",
      price_minor: 100,
      list_price_minor: 699_900,
      currency: "CNY",
      stock: 100,
      limit_per_buyer: 1,
      brand: "Huawei",
      category: "phones",
      image_url: "/pictures/phone.svg",
    },
  ],
};

export const order: Static<typeof OrderAnswer> = {
  id: "ord_000000003a",
  offer_id: offer.id,
  campaign_id: campaignId,
  sku: offer.sku,
  currency: "CNY",
  buyer_id: "alice",
  by_agent: false,
  quantity: 1,
  amount_minor: 100,
  state: "reserved",
  seq: 118,
  reserved_at: "2026-11-11T12:00:00.137Z",
  expires_at: "2026-11-11T12:15:00.137Z",
};

export const paidOrder = { ...order, state: "paid", paid_at: "2026-11-11T12:03:12.004Z" } as const;

export const cancelledOrder = { ...order, state: "cancelled", ended_at: "2026-11-11T12:01:40.250Z" } as const;

export const payment: Static<typeof PaymentAnswer> = {
  id: "pay_000000003b",
  provider: "shop",
  reference: "pay_81723",
  amount_minor: 100,
  currency: "CNY",
  state: "accepted",
  received_at: "2026-11-11T12:03:12.004Z",
};

export const waitlistPlace: Static<typeof WaitlistPlaceAnswer> = {
  entry_id: "wte_000000003c",
  offer_id: offer.id,
  campaign_id: campaignId,
  state: "waiting",
  place: 3,
  waiting: 812,
};

export const reminder: Static<typeof ReminderAnswer> = {
  reminder_id: "rmd_000000003f",
  campaign_id: campaign.id,
  title: campaign.title,
  opens_at: campaign.opens_at,
  lead_s: 300,
  due_at: "2026-11-11T11:55:00.000Z",
  state: "waiting",
  came_at: null,
  late: false,
};

export const reminderCame: Static<typeof ReminderAnswer> = {
  ...reminder,
  state: "due",
  came_at: "2026-11-11T11:55:00.012Z",
};

export const queuePlace: Static<typeof QueueAnswer> = {
  entry_id: "que_000000003d",
  campaign_id: campaignId,
  state: "waiting",
  by_agent: false,
  place: 37,
  ahead: 36,
  waiting: 5_120,
  passes: 40,
  units_left: 40,
  units_held: 210,
  chance: 0.82,
  estimated_wait_s: 95,
  refusal: null,
  note: null,
  pass: null,
  expires_at: null,
  poll_after_s: 11,
};

export const passExample =
  "p1.1.3d.mi2nkrf9.2bd806c97f0e00af1a1fc3328fa763a9.hVJ2Yq3XoYBuO6rJ0b3C1qzv8mPjS6r0w0sJkXo5c1A";

export const queueAdmitted: Static<typeof QueueAnswer> = {
  ...queuePlace,
  state: "admitted",
  ...{ place: null, ahead: null, chance: 1, estimated_wait_s: 0 },
  pass: passExample,
  expires_at: "2026-11-11T12:02:00.250Z",
  poll_after_s: 30,
};

export const queueEarly: Static<typeof QueueAnswer> = {
  ...queuePlace,
  ...{ place: null, ahead: null, passes: 0, units_left: 100, units_held: 0, chance: null, estimated_wait_s: null },
  poll_after_s: 30,
};

export const drawEntry: Static<typeof DrawEntryAnswer> = {
  entry_id: "wte_000000003e",
  offer_id: offer.id,
  campaign_id: campaignId,
  state: "entered",
  entries: 8_312,
  place: null,
  order_id: null,
};

export const operator: Static<typeof OperatorAnswer> = {
  id: "opr_0000000007",
  name: "Li Na",
  role: "operator",
  created_at: "2026-11-10T09:00:00.000Z",
};

export const webhook: Static<typeof WebhookAnswer> = {
  id: "end_0000000009",
  url: "https://shop.example/hooks/rushbox",
  types: ["order_paid", "order_refunded"],
  enabled: true,
  rotated_at: null,
  delivered_up_to_seq: 118,
  delivered_up_to_at: "2026-11-11T12:00:00.137Z",
  pending: 0,
  dead: 0,
};

export const exportExample = [
  "id,offer_id,campaign_id,sku,currency,buyer_id,quantity,amount_minor,state,seq,reserved_at,expires_at,paid_at,ended_at,payment_reference",
  "ord_000000003a,off_0000000002,cmp_0000000001,MATE-80-BLK-512,CNY,alice,1,100,paid,118,2026-11-11T12:00:00.137Z,2026-11-11T12:15:00.137Z,2026-11-11T12:03:12.004Z,,pay_81723",
  "",
].join("\r\n");

export const refundedOrder = { ...paidOrder, state: "refunded", ended_at: "2026-11-12T09:30:00.512Z" } as const;

export const attempt = "/v1/attempts/4f1c7c9e-1111-4a52-9a0e-0f5d3c1b2a10";

export const ledgerRow = {
  seq: 118,
  at: "2026-11-11T12:00:00.137Z",
  type: "order_reserved",
  campaign_id: campaign.id,
  offer_id: offer.id,
  order_id: order.id,
  previous_seq: null,
  available: -1,
  held: 1,
  sold: 0,
  details: "5662f896e29ca4eada3d61c952f8b400cb030d463a4f8fe2c73633919c45618a",
  hash: "31bca9999ab4c4df2a4ddc577bd7765cd4fd7c6dafcf8cd2f9ecfaaf0289d80c",
} as const;

export const previousHash = "1b2fbdab8c49873af7d365186da2e0613c1d37435d9918674098a3a27a803e92";

export const receipt: Static<typeof ReceiptAnswer> = {
  ...ledgerRow,
  buyer_id: "alice",
  quantity: 1,
  amount_minor: 100,
  expires_at: "2026-11-11T12:15:00.137Z",
  idempotency_key: "4f1c7c9e-1111-4a52-9a0e-0f5d3c1b2a10",
  salt: "8f14e45fceea167a5a36dedd4bea2543",
  previous_hash: previousHash,
  receipt: "eyJhbGciOiJFZERTQSJ9.eyJvcmRlcl9pZCI6Im9yZF8wMDAwMDAwMDNhIn0.eWP51HCXAt72MA42ww9svg",
};

/** The draw that docs/draw.md calculates: one unit for three entries, of which the third is drawn first. */
export const drawTerms: Omit<Static<typeof DrawAnswer>, "offers"> = {
  campaign_id: campaign.id,
  commitment: "630dcd2966c4336691125448bbb25b4ff412a49c732db2c8abc1b8581bd710dd",
  closes_at: "2026-11-11T12:30:00.000Z",
  beacon: null,
};

export const offerDraw: Static<typeof DrawAnswer>["offers"][number] = {
  offer_id: offer.id,
  state: "made",
  closed_at: "2026-11-11T12:30:00.000Z",
  closed_seq: 8,
  root: "a6a18113c191e02265ee57deb8cb2510c73f2b9cfc8eca619b4a5152ca1bed1e",
  count: 3,
  secret: "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
  beacon: null,
  seed: "7e49c04fe53d3ca92b9bce9b9821ced5f0142161a98643f3b7f6a862eede410d",
};

export const drawEntries: Static<typeof DrawEntriesAnswer>["entries"] = [
  ["62071e218a1ebfd7530faa1a42541ad9c98eb0d0658bac2e36189fc6d76c8961", 2] as const,
  ["a63a80dac1e4e5f2ed7c2119312671b6ba8ed995cd29df098b21a98fe10ed9a4", 3] as const,
  ["65ff6bef77fd58577977c0ad38a64d48181eb9991d9062a9fb538b8fcab91d91", 1] as const,
].map(([leaf, rank], index) => ({
  ...{ offer_id: offer.id, index, entry_id: `wte_000000000${index + 5}`, leaf, rank },
  ...(rank === 1 ? { state: "offered", order_id: "ord_000000000a" } : { state: "waiting", order_id: null }),
}));

export const drawProof: Static<typeof DrawProofAnswer> = {
  ...drawTerms,
  draw: offerDraw,
  entry_id: "wte_0000000005",
  entered_at: "2026-11-11T12:00:04.211Z",
  state: "waiting",
  order_id: null,
  buyer_id: "alice",
  salt: "8f14e45fceea167a5a36dedd4bea2543",
  leaf: "62071e218a1ebfd7530faa1a42541ad9c98eb0d0658bac2e36189fc6d76c8961",
  index: 0,
  path: [
    "24fdb2b1d468bb6b6dfab433ef1d73492cc0b22d98c3db8e9379fbde82fdb02b",
    "d5a04e4f1ca88e0bc6edf89fc915508a8a3b0daf4f09ec87631e68efa868b41c",
  ],
  rank: 2,
};

export const drawOpen = {
  ...offerDraw,
  ...{ state: "open", closed_at: null, closed_seq: null, root: null, count: null, secret: null, seed: null },
} as const;

/** How a row's hash is made, for whoever reads the ledger. */
export const hashWords = [
  "A row's `hash` is the SHA-256 of the hash before it and of the row, joined by line feeds: `seq`, `at` in milliseconds",
  "since 1970, `type`, the numbers of campaign, offer and order (their ids' digits in base 36; nothing for null),",
  "`previous_seq`, `available`, `held`, `sold`, `details`.",
];

export const begun: Rehearsal = {
  id: "rhs_0000000001",
  campaign_id: campaign.id,
  state: "running",
  started_at: "2026-11-10T15:00:00.000Z",
  ended_at: null,
  settings: { buyers: 5_000, scalpers_percent: 10, payment_failures_percent: 5, rush_s: 30, seed: 7 },
  report: null,
  failure: null,
  progress: [],
};

export const rehearsed: Rehearsal = {
  ...begun,
  state: "done",
  ended_at: "2026-11-10T15:01:12.000Z",
  report: {
    copy: {
      title: campaign.title,
      admission: "open",
      pass: false,
      challenge: "none",
      payment_window_s: 20,
      differences: ["Buyers had 20 s to pay, not 900 s."],
    },
    duration_s: 61.02,
    humans: 4_500,
    scalpers: 500,
    offers: [
      {
        sku: offer.sku,
        title: offer.title,
        units: 100,
        sold_out_after_s: 0.412,
        paid: 100,
        unpaid: 0,
        left: 0,
        units_of_scalpers: 61,
      },
    ],
    peak: { requests_per_s: 2_611, orders_per_s: 100 },
    buy_call: { count: 6_079, p50_ms: 2.1, p90_ms: 20.4, p99_ms: 41.52, max_ms: 58.03 },
    outcomes: [
      { outcome: "sold_out", humans: 4_410, scalpers: 440 },
      { outcome: "paid", humans: 42, scalpers: 58 },
      { outcome: "waiting", humans: 43, scalpers: 0 },
      { outcome: "not_paid", humans: 5, scalpers: 2 },
    ],
    answers: [
      { outcome: "sold_out", humans: 4_457, scalpers: 1_320 },
      { outcome: "reserved", humans: 39, scalpers: 61 },
      { outcome: "taken", humans: 1_482, scalpers: 0 },
    ],
    scalpers_share: 0.61,
    queue: { longest: 1_475, longest_wait_s: null },
    payments: { paid: 100, failed: 7, expired: 7, refunded: 0, units_returned: 7 },
    bottleneck: {
      limit: "stock",
      why: "Everything was sold out 412 ms after the opening, sooner than anything else was a limit: one buy call in a hundred took 42 ms or longer.",
      advice: "Nothing has to be done for this crowd. Rehearse with a larger one to find the next limit.",
      facts: {
        engine_busy: 0.21,
        commit: 0.12,
        http_lag_ms: 12.4,
        queue_delay_ms: 14,
        client_lag_ms: 9.8,
        server_p99_ms: 25,
        challenge_p99_ms: null,
        rate_limited: 0,
        shed: 0,
      },
    },
    verification: { exact: true, checks: 17, rows: 4_211, failures: [] },
  },
  progress: [
    {
      second: 1,
      phase: "rush",
      requests_per_s: 2_611,
      orders_per_s: 100,
      reserved: 100,
      paid: 4,
      refused: 1_890,
      waiting: 520,
      available: 0,
      held: 96,
      sold: 4,
      p50_ms: 2.1,
      p99_ms: 41.52,
      engine_busy: 0.21,
      http_lag_ms: 12.4,
      client_lag_ms: 9.8,
    },
  ],
};

export const { progress: _, ...rehearsedInList } = rehearsed;

export const accessEntry: Static<typeof AccessAnswer> = {
  id: "acc_000000000c",
  effect: "block",
  buyer_id: "mallory",
  reason: "resold what they bought here",
  created_at: "2026-11-11T11:00:00.000Z",
  expires_at: null,
};

export const regularClicks = {
  rule: "regular_clicks",
  points: 40,
  value: 100,
  detail: "Your attempts come as regularly as a clock's: close what clicks for you, and try by hand.",
};
