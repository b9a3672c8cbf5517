/**
 * What the document of the API says about every route: for people who read it and for programs made from it. Nothing
 * here runs while serving; `.ci/openapi.ts` makes schema/openapi.json of it, and tests hold that against the routes,
 * the handlers' answers and the problems. A route that is not described does not compile.
 */
import type { Static, TSchema } from "@sinclair/typebox";
import { Type } from "@sinclair/typebox";
import { admissionModes } from "../domain/admission.ts";
import { type CampaignAction, campaignActions, campaignKinds, campaignStates } from "../domain/campaign.ts";
import type { RateLimitName, SwitchName } from "../domain/controls.ts";
import { deliveryStates } from "../domain/endpoint.ts";
import { limits } from "../domain/limits.ts";
import { operatorRoles } from "../domain/operator.ts";
import { orderStates } from "../domain/order.ts";
import { rowFormats } from "./order-rows.ts";
import { pictureNames } from "./pictures.ts";
import type { ProblemCode, ProblemExtras } from "./problem.ts";
import { type Rehearsal, RehearsalAnswer, RehearsalBody, RehearsalListAnswer } from "./rehearsal-schemas.ts";
import type { Route } from "./route.ts";
import type { RouteName } from "./routes.ts";
import {
  AccessAnswer,
  AccessBody,
  AccessListAnswer,
  AttemptAnswer,
  AuditAnswer,
  CampaignAnswer,
  CampaignBody,
  CampaignListAnswer,
  ChallengeAnswer,
  CheckoutAnswer,
  ControlsAnswer,
  ControlsBody,
  type CountsAnswer,
  DeliveryListAnswer,
  DrawAnswer,
  DrawEntriesAnswer,
  DrawEntryAnswer,
  DrawProofAnswer,
  EraseBody,
  ErasureAnswer,
  FairnessAnswer,
  GuestAnswer,
  HealthAnswer,
  LedgerAnswer,
  NewOperatorAnswer,
  OfferAnswer,
  OfferBody,
  OperatorAnswer,
  OperatorBody,
  OperatorListAnswer,
  OrderAnswer,
  OrderHistoryAnswer,
  OrderListAnswer,
  OwnOperatorAnswer,
  PassAnswer,
  PayBody,
  PaymentAnswer,
  PaymentListAnswer,
  ProblemAnswer,
  ProviderEventAnswer,
  ProviderEventBody,
  PublicLedgerAnswer,
  QueueAnswer,
  QueueLeftAnswer,
  ReadyAnswer,
  ReceiptAnswer,
  ReceiptKeysAnswer,
  RefundBody,
  ReminderAnswer,
  ReminderBody,
  ReminderListAnswer,
  ReminderRemovedAnswer,
  ReplayAnswer,
  ReplayBody,
  ReserveBody,
  RestockBody,
  RiskAnswer,
  ShopAnswer,
  TimeAnswer,
  WaitlistAnswer,
  WaitlistLeftAnswer,
  WaitlistPlaceAnswer,
  WebhookAnswer,
  WebhookBody,
  WebhookChangeBody,
  WebhookListAnswer,
  WebhookSecretAnswer,
} from "./schemas.ts";

export interface Operation {
  /** The same word as the route's name in the metrics, and told apart where one name has several paths. */
  readonly id: string;
  readonly tag: keyof typeof tags;
  readonly summary: string;
  readonly description: string;
  readonly callers: keyof typeof securityOf;
  readonly parameters?: readonly Parameter[];
  readonly body?: { readonly schema: TSchema; readonly isRequired: boolean; readonly examples: Examples };
  /** By status. */
  readonly answers: Readonly<Record<number, Answer>>;
  /** Every code that the operation may answer with; with the extras that it then has, for its example. */
  readonly problems: readonly (ProblemCode | readonly [ProblemCode, ProblemExtras])[];
}

export interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly required?: true;
  readonly description: string;
  readonly schema: TSchema;
  /** Stands in Swagger UI's field from the beginning: only where that helps to try it. */
  readonly example?: string;
}

export interface Answer {
  readonly description: string;
  /** `application/json` when absent. */
  readonly type?: string;
  /** An answer without a schema has no body. */
  readonly schema?: TSchema;
  readonly examples?: Examples;
  readonly headers?: Readonly<Record<string, string>>;
}

/** By name: a line about it, and the value. */
type Examples = Readonly<Record<string, readonly [summary: string, value: unknown]>>;

export const tags = {
  Buying: "What a shop's page calls for its buyers: see the sale, buy, look after the order.",
  Operating: "What a shop's back end calls: make a campaign, run it, tell of payments.",
  Administering: "For admins: operators' keys, webhooks, the audit log, erasure.",
  Proof: "The ledger, receipts, and how anybody checks them.",
  "Live streams": "Server-Sent Events: changes as they happen. Made for `EventSource` and `curl -N`.",
  Running: "For whoever runs this server, and the pages about the API itself.",
} as const;

/** Who may call: an empty requirement means that credentials are not needed. */
export const securityOf = {
  everybody: [],
  "everybody, operators see more": [{}, { operator: [] }],
  buyers: [{ buyer: [] }],
  operators: [{ operator: [] }],
  "buyers and operators": [{ buyer: [] }, { operator: [] }],
} as const;

/** The schemas that stand under a name of their own and are referred to. */
export const namedSchemas: Readonly<Record<string, TSchema>> = {
  Campaign: CampaignAnswer,
  CampaignList: CampaignListAnswer,
  Offer: OfferAnswer,
  Checkout: CheckoutAnswer,
  Order: OrderAnswer,
  OrderList: OrderListAnswer,
  OrderHistory: OrderHistoryAnswer,
  PendingAttempt: AttemptAnswer,
  Ledger: LedgerAnswer,
  PublicLedger: PublicLedgerAnswer,
  Receipt: ReceiptAnswer,
  ReceiptKeys: ReceiptKeysAnswer,
  NewCampaign: CampaignBody,
  NewOffer: OfferBody,
  NewOrder: ReserveBody,
  Restock: RestockBody,
  Payment: PayBody,
  PaymentRecord: PaymentAnswer,
  PaymentList: PaymentListAnswer,
  WaitlistPlace: WaitlistPlaceAnswer,
  WaitlistLeft: WaitlistLeftAnswer,
  Waitlist: WaitlistAnswer,
  QueuePlace: QueueAnswer,
  QueueLeft: QueueLeftAnswer,
  Reminder: ReminderAnswer,
  ReminderList: ReminderListAnswer,
  ReminderRemoved: ReminderRemovedAnswer,
  NewReminder: ReminderBody,
  Pass: PassAnswer,
  DrawEntry: DrawEntryAnswer,
  NewOperator: OperatorBody,
  Operator: OperatorAnswer,
  OperatorWithKey: NewOperatorAnswer,
  OperatorList: OperatorListAnswer,
  OwnOperator: OwnOperatorAnswer,
  Challenge: ChallengeAnswer,
  NewAccessEntry: AccessBody,
  AccessEntry: AccessAnswer,
  AccessList: AccessListAnswer,
  Risk: RiskAnswer,
  Fairness: FairnessAnswer,
  NewRehearsal: RehearsalBody,
  Rehearsal: RehearsalAnswer,
  RehearsalList: RehearsalListAnswer,
  Audit: AuditAnswer,
  NewErasure: EraseBody,
  Erasure: ErasureAnswer,
  NewWebhook: WebhookBody,
  WebhookChange: WebhookChangeBody,
  Webhook: WebhookAnswer,
  WebhookWithSecret: WebhookSecretAnswer,
  WebhookList: WebhookListAnswer,
  DeliveryList: DeliveryListAnswer,
  NewReplay: ReplayBody,
  Replay: ReplayAnswer,
  Refund: RefundBody,
  ProviderEvent: ProviderEventBody,
  ProviderEventOutcome: ProviderEventAnswer,
  Shop: ShopAnswer,
  Guest: GuestAnswer,
  Time: TimeAnswer,
  Health: HealthAnswer,
  Readiness: ReadyAnswer,
  Problem: ProblemAnswer,
};

/** Pages for buyers and operators, and their files; and where agents come, by a protocol of their own: no part of the API. */
const pageNames = ["storefront", "console", "embed", "embed_script", "asset", "mcp", "mcp_metadata"] as const;
type PageName = (typeof pageNames)[number];

/** What the document says about a route; `null` for a page, and for a file that one is made of. */
export function operationOf(route: Pick<Route, "name" | "path">): Operation | null {
  if (route.name === "change_campaign") {
    const action = campaignActions.find((known) => route.path.endsWith(`/${known}`));
    if (action === undefined) throw new Error(`no action of a campaign: ${route.path}`);
    return campaignChanges[action];
  }
  const { name } = route;
  if (name === "unmatched") throw new Error("what no route takes is no operation");
  if (isPage(name)) return null;
  const isFile = name === "docs" && route.path.lastIndexOf("/") > 0;
  return isFile ? null : operations[name];
}

function isPage(name: RouteName): name is PageName {
  return pageNames.some((known) => known === name);
}

// ---------------------------------------------------------------------------------------------------------------------
// Examples: one sale, told through all operations. Their ids are those of the first campaign in a new data folder.

const offer: Static<typeof OfferAnswer> = {
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
const untouched = { available: 100, held: 0, sold: 0 } as const;
const controls: Static<typeof ControlsAnswer> = {
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

const campaign: Static<typeof CampaignAnswer> = {
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
  created_at: "2026-11-10T09:00:00.000Z",
  offers: [offer],
};
const { id: campaignId, state, opens_at, closes_at } = campaign;
const counts: Static<typeof CountsAnswer> = {
  id: campaignId,
  state,
  opens_at,
  closes_at,
  offers: [{ id: offer.id, total: 100, available: 62, held: 8, sold: 30, waiting: 0 }],
};
const newCampaign: Static<typeof CampaignBody> = {
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
const order: Static<typeof OrderAnswer> = {
  id: "ord_000000003a",
  offer_id: offer.id,
  campaign_id: campaignId,
  sku: offer.sku,
  currency: "CNY",
  buyer_id: "alice",
  quantity: 1,
  amount_minor: 100,
  state: "reserved",
  seq: 118,
  reserved_at: "2026-11-11T12:00:00.137Z",
  expires_at: "2026-11-11T12:15:00.137Z",
};
const paidOrder = { ...order, state: "paid", paid_at: "2026-11-11T12:03:12.004Z" } as const;
const cancelledOrder = { ...order, state: "cancelled", ended_at: "2026-11-11T12:01:40.250Z" } as const;
const payment: Static<typeof PaymentAnswer> = {
  id: "pay_000000003b",
  provider: "shop",
  reference: "pay_81723",
  amount_minor: 100,
  currency: "CNY",
  state: "accepted",
  received_at: "2026-11-11T12:03:12.004Z",
};
const waitlistPlace: Static<typeof WaitlistPlaceAnswer> = {
  entry_id: "wte_000000003c",
  offer_id: offer.id,
  campaign_id: campaignId,
  state: "waiting",
  place: 3,
  waiting: 812,
};
const reminder: Static<typeof ReminderAnswer> = {
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
const reminderCame: Static<typeof ReminderAnswer> = { ...reminder, state: "due", came_at: "2026-11-11T11:55:00.012Z" };
const queuePlace: Static<typeof QueueAnswer> = {
  entry_id: "que_000000003d",
  campaign_id: campaignId,
  state: "waiting",
  place: 37,
  ahead: 36,
  waiting: 5_120,
  passes: 40,
  units_left: 40,
  units_held: 210,
  chance: 0.82,
  estimated_wait_s: 95,
  note: null,
  pass: null,
  expires_at: null,
  poll_after_s: 11,
};
const passExample = "p1.1.3d.mi2nkrf9.2bd806c97f0e00af1a1fc3328fa763a9.hVJ2Yq3XoYBuO6rJ0b3C1qzv8mPjS6r0w0sJkXo5c1A";
const queueAdmitted: Static<typeof QueueAnswer> = {
  ...queuePlace,
  state: "admitted",
  ...{ place: null, ahead: null, chance: 1, estimated_wait_s: 0 },
  pass: passExample,
  expires_at: "2026-11-11T12:02:00.250Z",
  poll_after_s: 30,
};
const queueEarly: Static<typeof QueueAnswer> = {
  ...queuePlace,
  ...{ place: null, ahead: null, passes: 0, units_left: 100, units_held: 0, chance: null, estimated_wait_s: null },
  poll_after_s: 30,
};
const drawEntry: Static<typeof DrawEntryAnswer> = {
  entry_id: "wte_000000003e",
  offer_id: offer.id,
  campaign_id: campaignId,
  state: "entered",
  entries: 8_312,
  place: null,
  order_id: null,
};
const operator: Static<typeof OperatorAnswer> = {
  id: "opr_0000000007",
  name: "Li Na",
  role: "operator",
  created_at: "2026-11-10T09:00:00.000Z",
};
const webhook: Static<typeof WebhookAnswer> = {
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
const exportExample = [
  "id,offer_id,campaign_id,sku,currency,buyer_id,quantity,amount_minor,state,seq,reserved_at,expires_at,paid_at,ended_at,payment_reference",
  "ord_000000003a,off_0000000002,cmp_0000000001,MATE-80-BLK-512,CNY,alice,1,100,paid,118,2026-11-11T12:00:00.137Z,2026-11-11T12:15:00.137Z,2026-11-11T12:03:12.004Z,,pay_81723",
  "",
].join("\r\n");
const refundedOrder = { ...paidOrder, state: "refunded", ended_at: "2026-11-12T09:30:00.512Z" } as const;
const attempt = "/v1/attempts/4f1c7c9e-1111-4a52-9a0e-0f5d3c1b2a10";

const ledgerRow = {
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
const previousHash = "1b2fbdab8c49873af7d365186da2e0613c1d37435d9918674098a3a27a803e92";
const receipt: Static<typeof ReceiptAnswer> = {
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
const drawTerms: Omit<Static<typeof DrawAnswer>, "offers"> = {
  campaign_id: campaign.id,
  commitment: "630dcd2966c4336691125448bbb25b4ff412a49c732db2c8abc1b8581bd710dd",
  closes_at: "2026-11-11T12:30:00.000Z",
  beacon: null,
};
const offerDraw: Static<typeof DrawAnswer>["offers"][number] = {
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
const drawEntries: Static<typeof DrawEntriesAnswer>["entries"] = [
  ["62071e218a1ebfd7530faa1a42541ad9c98eb0d0658bac2e36189fc6d76c8961", 2] as const,
  ["a63a80dac1e4e5f2ed7c2119312671b6ba8ed995cd29df098b21a98fe10ed9a4", 3] as const,
  ["65ff6bef77fd58577977c0ad38a64d48181eb9991d9062a9fb538b8fcab91d91", 1] as const,
].map(([leaf, rank], index) => ({
  ...{ offer_id: offer.id, index, entry_id: `wte_000000000${index + 5}`, leaf, rank },
  ...(rank === 1 ? { state: "offered", order_id: "ord_000000000a" } : { state: "waiting", order_id: null }),
}));
const drawProof: Static<typeof DrawProofAnswer> = {
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
const drawOpen = {
  ...offerDraw,
  ...{ state: "open", closed_at: null, closed_seq: null, root: null, count: null, secret: null, seed: null },
} as const;

/** How a row's hash is made, for whoever reads the ledger. */
const hashWords = [
  "A row's `hash` is the SHA-256 of the hash before it and of the row, joined by line feeds: `seq`, `at` in milliseconds",
  "since 1970, `type`, the numbers of campaign, offer and order (their ids' digits in base 36; nothing for null),",
  "`previous_seq`, `available`, `held`, `sold`, `details`.",
];

const one = (summary: string, value: unknown): Examples => ({ example: [summary, value] });
const fieldError = (field: string, detail: string): ProblemExtras => ({ errors: [{ field, detail }] });

const begun: Rehearsal = {
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
const rehearsed: Rehearsal = {
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
const { progress: _, ...rehearsedInList } = rehearsed;

const accessEntry: Static<typeof AccessAnswer> = {
  id: "acc_000000000c",
  effect: "block",
  buyer_id: "mallory",
  reason: "resold what they bought here",
  created_at: "2026-11-11T11:00:00.000Z",
  expires_at: null,
};
const regularClicks = {
  rule: "regular_clicks",
  points: 40,
  value: 100,
  detail: "Your attempts come as regularly as a clock's: close what clicks for you, and try by hand.",
};

// ---------------------------------------------------------------------------------------------------------------------
// What several operations share.

const campaignIdParameter: Parameter = {
  name: "id",
  in: "path",
  required: true,
  description: "The campaign.",
  schema: CampaignAnswer.properties.id,
  example: campaign.id,
};
const rehearsalIdParameter: Parameter = {
  name: "id",
  in: "path",
  required: true,
  description: "The rehearsal.",
  schema: RehearsalAnswer.properties.id,
};
const challengeParameter: Parameter = {
  name: "Rushbox-Challenge",
  in: "header",
  description: "The solved challenge, where the campaign asks for one. Whoever is in already needs none.",
  schema: Type.String(),
};
const offerIdParameter: Parameter = {
  name: "id",
  in: "path",
  required: true,
  description: "The offer: one of `offers` in a campaign.",
  schema: OfferAnswer.properties.id,
  example: offer.id,
};
const orderIdParameter: Parameter = {
  name: "id",
  in: "path",
  required: true,
  description: "The order.",
  schema: OrderAnswer.properties.id,
  example: order.id,
};
const paymentIdParameter: Parameter = {
  name: "payment",
  in: "path",
  required: true,
  description: "The payment.",
  schema: PaymentAnswer.properties.id,
  example: payment.id,
};
const accessIdParameter: Parameter = {
  name: "id",
  in: "path",
  required: true,
  description: "The entry.",
  schema: AccessAnswer.properties.id,
  example: "acc_000000000c",
};
const operatorIdParameter: Parameter = {
  name: "id",
  in: "path",
  required: true,
  description: "The operator.",
  schema: OperatorAnswer.properties.id,
  example: operator.id,
};
const webhookIdParameter: Parameter = {
  name: "id",
  in: "path",
  required: true,
  description: "The webhook.",
  schema: WebhookAnswer.properties.id,
  example: webhook.id,
};
const keySchema = Type.String({ minLength: 1, maxLength: limits.keyLengthMax, pattern: "^[\\x21-\\x7e]+$" });
const limitParameter: Parameter = {
  name: "limit",
  in: "query",
  description: "How many at most on this page.",
  schema: Type.Integer({ minimum: 1, maximum: limits.pageSizeMax, default: 50 }),
};
const cursorParameter: Parameter = {
  name: "cursor",
  in: "query",
  description: "Where the page begins: the `next_cursor` of the page before.",
  schema: Type.String(),
};
const orderFilterParameters: readonly Parameter[] = [
  {
    name: "campaign_id",
    in: "query",
    description: "Only orders in this campaign.",
    schema: CampaignAnswer.properties.id,
  },
  { name: "offer_id", in: "query", description: "Only orders of this offer.", schema: OfferAnswer.properties.id },
  {
    name: "buyer_id",
    in: "query",
    description: "Only orders of this buyer: for operators, since a buyer sees no others.",
    schema: Type.String({ minLength: 1, maxLength: limits.buyerIdLengthMax }),
  },
  {
    name: "state",
    in: "query",
    description: "Only orders in this state now.",
    schema: Type.Unsafe<string>({ type: "string", enum: [...orderStates] }),
  },
  {
    name: "from",
    in: "query",
    description: "Only orders reserved at this time or later: RFC 3339 with a zone; its `+` is written `%2B`.",
    schema: Type.String({ format: "date-time" }),
  },
  {
    name: "to",
    in: "query",
    description: "Only orders reserved before this time.",
    schema: Type.String({ format: "date-time" }),
  },
];
const afterParameter: Parameter = {
  name: "after",
  in: "query",
  description: "The `seq` of the row after which the page begins: the `next_after` of the page before.",
  schema: Type.Integer({ minimum: 0, default: 0 }),
};
const ledgerLimitParameter: Parameter = {
  name: "limit",
  in: "query",
  description: "How many rows at most on this page.",
  schema: Type.Integer({ minimum: 1, maximum: limits.ledgerPageSizeMax, default: 50 }),
};
const ifNoneMatch: Parameter = {
  name: "If-None-Match",
  in: "header",
  description: "The `ETag` of what is known already: 304 without a body when nothing has changed since.",
  schema: Type.String(),
};
const lastEventId: Parameter = {
  name: "Last-Event-ID",
  in: "header",
  description: "The `id` of the last event that was received; a browser sends it by itself when it reconnects.",
  schema: Type.String({ pattern: "^\\d{1,16}$" }),
};

const checkoutTokenParameter: Parameter = {
  name: "token",
  in: "path",
  required: true,
  description: "The order, signed: from a checkout's `url`.",
  schema: Type.String({ maxLength: limits.checkoutTokenLengthMax }),
};
const languageParameter: Parameter = {
  name: "lang",
  in: "query",
  description: "The language, whatever the browser prefers.",
  schema: Type.Unsafe<string>({ type: "string", enum: ["en", "zh"] }),
};

const etagHeader = { ETag: "Changes whenever the body does; for If-None-Match." };
const cacheHeaders = {
  ...etagHeader,
  "Cache-Control": "For everybody one second in shared caches; for operators none.",
};
const notModified: Answer = { description: "Nothing has changed since that ETag.", headers: etagHeader };

const limited = (limit: RateLimitName, quota: number, windowS: number) =>
  [
    "rate_limited",
    {
      retryAfterS: 1,
      headers: { "ratelimit-policy": `"${limit}";q=${quota};w=${windowS}`, ratelimit: `"${limit}";r=0;t=1` },
      members: { limit },
    },
  ] as const;
const tokensLimited = limited("failures", 1_000, 60);
const attemptsLimited = limited("buyer", 50, 10);
const switchedOff = (name: SwitchName) => ["switched_off", { members: { switch: name } }] as const;

/** What a body may be refused for, before anything else is looked at. */
const bodyProblems = ["payload_too_large", "unsupported_media_type"] as const;
/** The limit is the one for tokens that are wrong, of which an address has too many. */
const buyerProblems = ["unauthorized", tokensLimited, "overloaded", "internal"] as const;
const operatorProblems = ["unauthorized", tokensLimited, "forbidden", "overloaded", "internal"] as const;
const blocked = [
  "blocked",
  {
    detail:
      "The operator of this sale has blocked you: resold what they bought here. If that is a mistake, ask the shop.",
    members: { blocked_by: "access_list", reason: "resold what they bought here", expires_at: null },
  },
] as const;
const admissionProblems = [
  blocked,
  ["slowed", { retryAfterS: 3, members: { reason: "regular_clicks" } }],
] as const satisfies Operation["problems"];
/** Of what begins with a challenge, in campaigns that ask for one. */
const entryProblems = [
  ...admissionProblems,
  "challenge_required",
  ["challenge_failed", { members: { reason: "expired" } }],
  "challenge_unavailable",
] as const satisfies Operation["problems"];
const transitionNotAllowed = (stateNow: string) =>
  ["transition_not_allowed", { members: { state: stateNow } }] as const;
const limitWrong = ["invalid", fieldError("limit", `must be a whole number from 1 to ${limits.pageSizeMax}`)] as const;
const ledgerLimitWrong = [
  "invalid",
  fieldError("limit", `must be a whole number from 1 to ${limits.ledgerPageSizeMax}`),
] as const;
const lastEventIdWrong = ["invalid", fieldError("Last-Event-ID", "must be an id of this stream")] as const;
const limitReached = [
  "limit_reached",
  {
    detail: "One buyer may have 1 of this. Cancelling an order frees its units.",
    members: { limit_per_buyer: 1 },
  },
] as const;
const retryAfter = { "Retry-After": "Seconds after which to ask again: more for who stands further behind." };
const notAdmitted = [
  "not_admitted",
  {
    detail: "This pass has run out. Join the queue, and buy with the pass that you get when it is your turn.",
    members: { admission: "queue", reason: "expired" },
  },
] as const;
const soldOutForGood = ["sold_out", { detail: "Nothing is left, and nothing can come back." }] as const;
const notOpen = ["not_open", { retryAfterS: 42, members: { opens_at: "2026-11-11T12:00:00.000Z" } }] as const;

// ---------------------------------------------------------------------------------------------------------------------

const operations: Readonly<Record<Exclude<RouteName, "change_campaign" | "unmatched" | PageName>, Operation>> = {
  reserve: {
    id: "reserve",
    tag: "Buying",
    summary: "Buy: reserve units of an offer",
    description: [
      "Takes the units from sale and holds them for the buyer until `expires_at`. A 201 is sent after the order is on",
      "disk: nothing that was answered is lost, and never is more sold than there is. Whatever happens, every attempt",
      "ends in a named outcome.",
      "",
      "Send an `Idempotency-Key` and repeat the request unchanged when its answer was lost: there will be one order,",
      "not two, and the second answer is 200 with the order as it then stands.",
      "",
      "Where the campaign needs a pass (`pass`), it goes into the header `Rushbox-Pass`; `not_admitted` tells by `reason`",
      "what is wrong with it. Where it is drawn, nobody buys: who is drawn gets an order.",
      "",
      "The checks, in their order: the offer, how often the buyer asks, the request's form, the key, *not open*,",
      "*ended*, *paused*, *sold out*, the pass, the limit per buyer, fewer left than asked for.",
    ].join("\n"),
    callers: "buyers",
    parameters: [
      offerIdParameter,
      {
        name: "Idempotency-Key",
        in: "header",
        description:
          "A name for this purchase, made by the buyer's page before the first try: a UUID for example. Quoted or bare. With the same key and the same request there is one order; with the same key and another request, 422.",
        schema: keySchema,
      },
      {
        name: "Rushbox-Pass",
        in: "header",
        description: "The pass, where one is needed: from the queue, or asked for when the sale is open.",
        schema: Type.String(),
      },
      {
        name: "Prefer",
        in: "header",
        description: "`respond-async`: answer 202 at once, and tell the result at the `Location`.",
        schema: Type.Unsafe<string>({ type: "string", enum: ["respond-async"] }),
      },
    ],
    body: {
      schema: ReserveBody,
      isRequired: false,
      examples: one("One unit; the body may also be absent", { quantity: 1 }),
    },
    answers: {
      201: {
        description: "Reserved, and on disk: pay until `expires_at`.",
        schema: OrderAnswer,
        examples: one("Reserved", order),
      },
      200: {
        description: "This key already has its order: here it is, as it stands now.",
        schema: OrderAnswer,
        examples: one("The same order, paid in the meantime", paidOrder),
      },
      202: {
        description: "Taken (`Prefer: respond-async`). It is not decided yet: ask at the `Location`.",
        schema: AttemptAnswer,
        examples: one("Pending", { status: "pending", attempt }),
        headers: {
          Location: "Where the result will be.",
          "Retry-After": "Seconds after which to ask.",
          "Preference-Applied": "`respond-async`.",
        },
      },
    },
    problems: [
      [
        "invalid",
        fieldError("quantity", `must be a whole number from 1 to ${limits.quantityMax} (units to buy), for example 1`),
      ],
      "unauthorized",
      notOpen,
      "paused",
      ...admissionProblems,
      notAdmitted,
      "not_found",
      "sold_out",
      limitReached,
      "ended",
      ...bodyProblems,
      "key_reused",
      attemptsLimited,
      switchedOff("read_only"),
      "internal",
      "overloaded",
      "outcome_unknown",
    ],
  },
  get_attempt: {
    id: "get_attempt",
    tag: "Buying",
    summary: "The result of an attempt",
    description: [
      "What became of an attempt that was taken with `Prefer: respond-async`: 303 to its order, or the reason why there",
      "is none. An order is found here until its sale is settled (ended, and nothing reserved any more), a reason for",
      "a while: after that, repeat the purchase with the same key.",
    ].join("\n"),
    callers: "buyers",
    parameters: [
      {
        name: "key",
        in: "path",
        required: true,
        description: "The attempt's `Idempotency-Key`, or the name that the 202 gave it.",
        schema: Type.String({ minLength: 1, maxLength: limits.keyLengthMax }),
      },
    ],
    answers: {
      303: {
        description: "There is an order: it stands at the `Location`.",
        headers: { Location: "The order, as `/v1/orders/ord_000000003a`." },
      },
      200: {
        description: "The order, for a client that follows the 303 by itself, as browsers do.",
        schema: OrderAnswer,
        examples: one("Reserved", order),
      },
    },
    problems: [
      "unauthorized",
      notOpen,
      "paused",
      notAdmitted,
      "not_found",
      "attempt_unknown",
      "sold_out",
      limitReached,
      "ended",
      "key_reused",
      "internal",
      "overloaded",
      "outcome_unknown",
    ],
  },
  list_campaigns: {
    id: "list_campaigns",
    tag: "Buying",
    summary: "All campaigns, the newest first",
    description:
      "With their offers and the counts of now. Drafts are seen by operators only. A filter that is not known is refused, so that a misspelt one does not show everything.",
    callers: "everybody, operators see more",
    parameters: [
      {
        name: "state",
        in: "query",
        description: "Only campaigns in this state.",
        schema: Type.Unsafe<string>({ type: "string", enum: [...campaignStates] }),
      },
      {
        name: "kind",
        in: "query",
        description: "Only campaigns of this kind.",
        schema: Type.Unsafe<string>({ type: "string", enum: [...campaignKinds] }),
      },
      {
        name: "admission",
        in: "query",
        description: "Only campaigns that let in this way.",
        schema: Type.Unsafe<string>({ type: "string", enum: [...admissionModes] }),
      },
      {
        name: "brand",
        in: "query",
        description: "Only campaigns with an offer of exactly this brand.",
        schema: Type.String(),
      },
      {
        name: "category",
        in: "query",
        description: "Only campaigns with an offer of exactly this category.",
        schema: Type.String(),
      },
      limitParameter,
      cursorParameter,
      ifNoneMatch,
    ],
    answers: {
      200: {
        description: "A page of campaigns.",
        schema: CampaignListAnswer,
        examples: one("The only page", { campaigns: [campaign], next_cursor: null }),
        headers: cacheHeaders,
      },
      304: notModified,
    },
    problems: [["invalid", fieldError("state", `must be one of ${campaignStates.join(", ")}`)], "internal"],
  },
  get_campaign: {
    id: "get_campaign",
    tag: "Buying",
    summary: "One campaign",
    description: [
      "With its offers and the counts of now: `available + held + sold = total`, at every moment. A draft is seen by",
      "operators only.",
      "",
      "`admission` says how to buy:",
      "- `open`: reserve when it is open. With `pass`, ask for a pass then (`POST .../pass`) and send it along.",
      "- `queue`: join the queue (`POST .../queue`), before the opening too: places are drawn then, so being early gains",
      "  nothing. Ask for your place or take its stream; when it is your turn there is a pass: reserve with it.",
      "- `draw`: enter the draw of an offer while it is open (`POST /v1/offers/{id}/draw`). At the closing the order of the",
      "  entries is drawn; who is drawn finds a reserved order among their orders, and pays for it.",
      "",
      "Operators can send everybody through a queue for a while: a purchase then answers `not_admitted` with `queue`.",
    ].join("\n"),
    callers: "everybody, operators see more",
    parameters: [campaignIdParameter, ifNoneMatch],
    answers: {
      200: {
        description: "The campaign.",
        schema: CampaignAnswer,
        examples: one("Open", campaign),
        headers: cacheHeaders,
      },
      304: notModified,
    },
    problems: ["not_found", "internal"],
  },
  list_orders: {
    id: "list_orders",
    tag: "Buying",
    summary: "Orders, the newest first",
    description: [
      "A buyer sees their own, an operator those of all buyers. What is given must hold all together. One request looks",
      "through a bounded number of orders: a page may be short, even empty, and there is more while `next_cursor` is not",
      "null. A filter that is not known is refused, so that a misspelt one does not show everything.",
    ].join("\n"),
    callers: "buyers and operators",
    parameters: [...orderFilterParameters, limitParameter, cursorParameter],
    answers: {
      200: {
        description: "A page of orders.",
        schema: OrderListAnswer,
        examples: one("The only page", { orders: [paidOrder], next_cursor: null }),
      },
    },
    problems: [limitWrong, ...buyerProblems, switchedOff("search_off")],
  },
  export_orders: {
    id: "export_orders",
    tag: "Operating",
    summary: "Orders as a file",
    description: [
      "All orders that there are when it begins, or some, oldest first, each as it stands when it is written. It comes as",
      "quickly as it is taken; a client that takes nothing for ten seconds is disconnected. A download that breaks off",
      "ends without its last chunk, which clients report: it is not whole.",
      "",
      "CSV is RFC 4180 in UTF-8; a text that a spreadsheet would run as a formula has an apostrophe before it. JSON lines",
      "(`jsonl`) are orders as the API shows them. Both have the payment's reference besides.",
    ].join("\n"),
    callers: "operators",
    parameters: [
      {
        name: "format",
        in: "query",
        description: "CSV, or one JSON object on each line.",
        schema: Type.Unsafe<string>({ type: "string", enum: [...rowFormats], default: "csv" }),
      },
      ...orderFilterParameters,
    ],
    answers: {
      200: {
        description: "The file. As CSV; as JSON lines its type is `application/x-ndjson`.",
        type: "text/csv",
        schema: Type.String(),
        examples: one("One order", exportExample),
        headers: { "Content-Disposition": "`attachment`, with a name for the file." },
      },
    },
    problems: [
      ["invalid", fieldError("state", `must be one of ${orderStates.join(", ")}`)],
      "unauthorized",
      "forbidden",
      "internal",
      ["overloaded", { detail: "Too many exports are under way: wait for one to end." }],
      switchedOff("exports_off"),
    ],
  },
  get_order: {
    id: "get_order",
    tag: "Buying",
    summary: "One order",
    description: "For its buyer and for operators; for anybody else it does not exist.",
    callers: "buyers and operators",
    parameters: [orderIdParameter],
    answers: { 200: { description: "The order.", schema: OrderAnswer, examples: one("Reserved", order) } },
    problems: [...buyerProblems, "not_found"],
  },
  cancel_order: {
    id: "cancel_order",
    tag: "Buying",
    summary: "Give a reserved order back",
    description:
      "Its units return to sale at once, and only once: repeated, the answer is 200 again and nothing moves. A paid or expired order cannot be cancelled.",
    callers: "buyers and operators",
    parameters: [orderIdParameter],
    answers: {
      200: { description: "Cancelled.", schema: OrderAnswer, examples: one("Cancelled", cancelledOrder) },
    },
    problems: [
      ...buyerProblems,
      "forbidden",
      "not_found",
      transitionNotAllowed("paid"),
      switchedOff("read_only"),
      "outcome_unknown",
    ],
  },
  create_checkout: {
    id: "create_checkout",
    tag: "Buying",
    summary: "Where to pay an order",
    description: [
      "Opens a page of the payment provider (`RUSHBOX_PAYMENTS`) for a reserved order: lead the buyer there. Asked for",
      "again, it is the same page. The order becomes `paid` when the provider's webhook has arrived, as a rule before",
      "the buyer is back; a payment that comes too late takes the units once more if they are still there, and is",
      "returned if not.",
    ].join("\n"),
    callers: "buyers and operators",
    parameters: [orderIdParameter],
    answers: {
      201: {
        description: "The page.",
        schema: CheckoutAnswer,
        examples: one("At Stripe", {
          url: "https://pay.example/c/cs_live_a1b2c3",
          expires_at: order.expires_at,
        }),
        headers: { Location: "The page's address, the same as `url`." },
      },
    },
    problems: [
      ...buyerProblems,
      ["forbidden", { detail: "This needs the role operator; the key auditor has viewer." }],
      "not_found",
      "payments_off",
      transitionNotAllowed("expired"),
      "provider_unavailable",
    ],
  },
  get_shop: {
    id: "get_shop",
    tag: "Buying",
    summary: "The shop, as its pages show it",
    description: "What it is called, whether guests may buy, who takes the money, where buyers sign in.",
    callers: "everybody",
    parameters: [ifNoneMatch],
    answers: {
      200: {
        description: "The shop. Caches keep it for a minute.",
        schema: ShopAnswer,
        examples: one("A shop to try out", {
          name: "Rushbox",
          guests: true,
          payments: "sandbox",
          sign_in_url: null,
          now: "2026-11-11T12:00:00.000Z",
        }),
        headers: { ETag: "Changes when the shop does, not with the time; for If-None-Match." },
      },
      304: notModified,
    },
    problems: ["method_not_allowed"],
  },
  create_guest: {
    id: "create_guest",
    tag: "Buying",
    summary: "Become a guest",
    description:
      "For those who have no account, where `guests` of `GET /v1/shop` says so: a buyer's token for a week, of somebody new. Nothing is stored of guests before they buy. From one address there are as many as the limit `guests` says.",
    callers: "everybody",
    answers: {
      201: {
        description: "A guest, as good as any buyer.",
        schema: GuestAnswer,
        examples: one("A guest", {
          buyer_id: "guest-3f9a1c2b7d4e8f01",
          token: "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJndWVzdC0zZjlhMWMyYjdkNGU4ZjAxIn0.c2lnbmF0dXJl",
          expires_at: "2026-11-18T12:00:00.000Z",
        }),
      },
    },
    problems: [
      ["guests_off", { members: { sign_in_url: "https://shop.example/login" } }],
      limited("guests", 100, 3_600),
      "internal",
    ],
  },
  time: {
    id: "time",
    tag: "Buying",
    summary: "The server's time",
    description: "For countdowns: the sale opens by this clock, not by the buyer's.",
    callers: "everybody",
    answers: {
      200: {
        description: "Now.",
        schema: TimeAnswer,
        examples: one("Noon", { now: "2026-11-11T12:00:00.000Z", now_ms: 1_794_398_400_000 }),
      },
    },
    problems: ["method_not_allowed"],
  },
  create_campaign: {
    id: "create_campaign",
    tag: "Operating",
    summary: "Make a campaign, as a draft",
    description:
      "Nobody but operators sees it before it is published. What it says does not change any more; units can be added and taken back.",
    callers: "operators",
    body: {
      schema: CampaignBody,
      isRequired: true,
      examples: {
        now: ["Opens as soon as it is published", newCampaign],
        scheduled: [
          "Opens and closes at given times",
          {
            title: "New Year, phones",
            opens_at: "2027-01-01T00:00:00.000+08:00",
            closes_at: "2027-01-01T02:00:00.000+08:00",
            offers: [
              {
                sku: "MATE-80-BLK-512",
                title: "Mate 80 Pro 512 GB",
                price_minor: 499_900,
                currency: "CNY",
                stock: 5_000,
                limit_per_buyer: 2,
              },
            ],
          },
        ],
      },
    },
    answers: {
      201: {
        description: "Made.",
        schema: CampaignAnswer,
        examples: one("A draft", {
          ...campaign,
          state: "draft",
          opens_at: null,
          closes_at: null,
          offers: [{ ...offer, ...untouched }],
        }),
        headers: { Location: "The campaign, as `/v1/campaigns/cmp_0000000001`." },
      },
    },
    problems: [
      [
        "invalid",
        fieldError("offers[0].price_minor", "a one_yuan sale costs one unit of the currency at most: 100 for CNY"),
      ],
      ["payload_too_large", { detail: `Send ${limits.campaignBytesMax / 1_024} KiB at most.` }],
      "unsupported_media_type",
      ...operatorProblems,
      "outcome_unknown",
    ],
  },
  restock_offer: {
    id: "restock_offer",
    tag: "Operating",
    summary: "Add units to an offer, or take some back",
    description:
      "A negative quantity takes back what is still available, never more. A sold-out offer can be had again at once. Repeated, it happens again: send the total that you have seen as `expected_total`, and it happens once.",
    callers: "operators",
    parameters: [offerIdParameter],
    body: { schema: RestockBody, isRequired: true, examples: one("Fifty more", { quantity: 50 }) },
    answers: {
      200: {
        description: "The offer with its new counts.",
        schema: OfferAnswer,
        examples: one("Fifty more", { ...offer, total: 150, available: 112 }),
      },
    },
    problems: [
      ["invalid", fieldError("quantity", "only 62 are available to take back")],
      ...bodyProblems,
      ...operatorProblems,
      "not_found",
      transitionNotAllowed("ended"),
      ["total_changed", { members: { total: 150 } }],
      "outcome_unknown",
    ],
  },
  pay_order: {
    id: "pay_order",
    tag: "Operating",
    summary: "Tell that an order was paid",
    description: [
      "For the shop's back end, after the money arrived. Repeated: 200 again. A payment that comes too late takes the",
      "units once more if they are still there; if not, the order becomes `refund_due`, and the answer is 409: return",
      "the money. A payment never ends in both, never in neither. Name every payment by its `reference`: another one for",
      "the same order is then found and answered `refund_due`; payments without a reference count as one. An",
      "`amount_minor` or `currency` that is not the order's is answered `refund_due` too, and the order stays as it is.",
    ].join("\n"),
    callers: "operators",
    parameters: [orderIdParameter],
    body: {
      schema: PayBody,
      isRequired: false,
      examples: one("With the payment's own number; the body may also be absent", { reference: "pay_81723" }),
    },
    answers: { 200: { description: "Paid.", schema: OrderAnswer, examples: one("Paid", paidOrder) } },
    problems: [
      [
        "invalid",
        fieldError(
          "reference",
          `must be text of 1 to ${limits.referenceLengthMax} characters, not only spaces (the payment's own number), for example "pay_81723"`,
        ),
      ],
      ...bodyProblems,
      ...operatorProblems,
      "not_found",
      "refund_due",
      "outcome_unknown",
    ],
  },
  refund_order: {
    id: "refund_order",
    tag: "Operating",
    summary: "Return an order's money",
    description: [
      "For a paid order, and for one whose money has to go back. What the shop took itself counts as returned with this",
      "call: the order becomes `refunded`. What a payment provider took is returned there: the order is `refund_due`",
      "until the provider has taken the refund, which is asked for until it has, once, over restarts too. With",
      "`return_units: false` the units do not go back on sale: they were delivered, say. Repeated: 200, and nothing",
      "is returned twice.",
    ].join("\n"),
    callers: "operators",
    parameters: [orderIdParameter],
    body: {
      schema: RefundBody,
      isRequired: false,
      examples: one("Nothing goes back on sale; the body may also be absent", { return_units: false }),
    },
    answers: {
      200: { description: "Returned, or to be.", schema: OrderAnswer, examples: one("Returned", refundedOrder) },
    },
    problems: [
      [
        "invalid",
        fieldError(
          "return_units",
          "must be true or false (whether the units go back on sale; else they are written off)",
        ),
      ],
      ...bodyProblems,
      ...operatorProblems,
      "not_found",
      transitionNotAllowed("reserved"),
      "outcome_unknown",
    ],
  },
  payment_webhook: {
    id: "payment_webhook",
    tag: "Operating",
    summary: "What the payment provider tells",
    description: [
      "For the payment provider: give it this address. At Stripe, an endpoint for the events",
      "`checkout.session.completed` and `checkout.session.async_payment_succeeded`, whose signing secret is",
      "`RUSHBOX_STRIPE_WEBHOOK_SECRET`. What is not signed by the provider, or was long ago, is refused.",
      "",
      "200 means that what it says is on disk: twice, late, in whatever order, a payment ends in one paid order or in",
      "one refund. Everything else means that it has to come again.",
    ].join("\n"),
    callers: "everybody",
    parameters: [
      {
        name: "provider",
        in: "path",
        required: true,
        description: "The provider that the settings name.",
        schema: Type.Unsafe<string>({ type: "string", enum: ["sandbox", "stripe"] }),
      },
    ],
    body: {
      schema: ProviderEventBody,
      isRequired: true,
      examples: one("The sandbox's, signed by its headers", {
        type: "payment.paid",
        timestamp: "2026-11-11T12:03:11.870Z",
        data: {
          order_id: order.id,
          reference: `sandbox_${order.id}`,
          amount_minor: 100,
          currency: "CNY",
          order_expires_at_ms: 1_794_399_300_137,
        },
      }),
    },
    answers: {
      200: { description: "Taken.", schema: ProviderEventAnswer, examples: one("A payment", { outcome: "paid" }) },
    },
    problems: [
      ["invalid", { detail: "The body ended before its end." }],
      "signature_invalid",
      "not_found",
      ["payload_too_large", { detail: `Send ${limits.webhookBytesMax / 1_024} KiB at most.` }],
      "internal",
      "overloaded",
      "outcome_unknown",
    ],
  },
  stream_campaign: {
    id: "stream_campaign",
    tag: "Live streams",
    summary: "A campaign's state and counts, live",
    description: [
      "At the beginning and whenever something changes, at most five times a second: an event `campaign` with the state",
      "and the counts of every offer. Each is a whole picture, so nothing is lost by reconnecting. A comment every few",
      "seconds keeps the connection open.",
      "",
      "A stream does not end: *Execute* on this page shows nothing until it does. Use `EventSource` or `curl -N`.",
    ].join("\n"),
    callers: "everybody, operators see more",
    parameters: [
      campaignIdParameter,
      {
        ...lastEventId,
        description:
          "What a browser sends by itself when it reconnects. Taken and not needed: the first event is the whole picture.",
      },
    ],
    answers: {
      200: {
        description:
          "The stream. The `data` of each event is JSON: `{id, state, opens_at, closes_at, offers: [{id, total, available, held, sold}]}`, each as in the campaign.",
        type: "text/event-stream",
        schema: Type.String(),
        examples: one("One event", `retry: 2000\n\nid: 121\nevent: campaign\ndata: ${JSON.stringify(counts)}\n\n`),
      },
    },
    problems: [
      lastEventIdWrong,
      "not_found",
      "internal",
      ["overloaded", { detail: "Too many streams are open: close one, or ask again later." }],
      switchedOff("streams_off"),
    ],
  },
  stream_orders: {
    id: "stream_orders",
    tag: "Live streams",
    summary: "A buyer's orders, live",
    description: [
      "An event for everything that happens to one of the buyer's orders: `order_reserved`, `order_paid`,",
      "`order_cancelled`, `order_expired`, `order_rereserved`, `order_refund_due`, with the order as it stands. And",
      "`reminder_due` when one of their reminders has come, with the reminder. After",
      "`Last-Event-ID` the missed ones come first: none is lost and none doubled, over reconnects and restarts. When",
      "many were missed, the stream ends after some of them: come back for the rest. A comment every few seconds keeps",
      "the connection open.",
      "",
      "A stream does not end: *Execute* on this page shows nothing until it does. Use `curl -N`, or `fetch` and read",
      "as it comes: `EventSource` cannot send the token.",
    ].join("\n"),
    callers: "buyers",
    parameters: [lastEventId],
    answers: {
      200: {
        description: "The stream. The `data` of each event is an *Order* as JSON; of `reminder_due` a *Reminder*.",
        type: "text/event-stream",
        schema: Type.String(),
        examples: one("One event", `retry: 2000\n\nid: 118\nevent: order_reserved\ndata: ${JSON.stringify(order)}\n\n`),
      },
    },
    problems: [
      lastEventIdWrong,
      "unauthorized",
      "internal",
      ["overloaded", { detail: "Too many streams are open: close one, or ask again later." }],
      switchedOff("streams_off"),
    ],
  },
  list_payments: {
    id: "list_payments",
    tag: "Buying",
    summary: "The payments of an order",
    description:
      "Every payment that was ever told of, and what has become of it: one pays for the order, any other goes back. For its buyer and for operators.",
    callers: "buyers and operators",
    parameters: [orderIdParameter],
    answers: {
      200: {
        description: "The payments, in the order in which they came.",
        schema: PaymentListAnswer,
        examples: one("One that pays for it", { payments: [payment] }),
      },
    },
    problems: [...buyerProblems, "not_found"],
  },
  return_payment: {
    id: "return_payment",
    tag: "Operating",
    summary: "Tell that the shop has returned a payment",
    description:
      "For a payment that the shop took itself and that is `refund_due`: one too many, too late, or of another amount. Repeated: 200 again. What a provider took Rushbox has returned by itself.",
    callers: "operators",
    parameters: [orderIdParameter, paymentIdParameter],
    answers: {
      200: { description: "The order as it stands.", schema: OrderAnswer, examples: one("Still paid", paidOrder) },
    },
    problems: [...operatorProblems, "not_found", transitionNotAllowed("paid"), "outcome_unknown"],
  },
  join_waitlist: {
    id: "join_waitlist",
    tag: "Buying",
    summary: "Wait for a unit that returns",
    description: [
      "When an offer is sold out: whoever joins first gets the next unit that is cancelled, not paid in time, refunded or",
      "added, as a `reserved` order of their own with its own payment window, before anybody else can have it. Not paid in",
      "time, it goes to the next. One unit each; joining again shows the same place. Units are still offered after the sale",
      "has closed by the clock, as long as orders are unpaid.",
    ].join("\n"),
    callers: "buyers",
    parameters: [offerIdParameter],
    answers: {
      201: {
        description: "In line.",
        schema: WaitlistPlaceAnswer,
        examples: one("The third in line", waitlistPlace),
      },
      200: { description: "In line already.", schema: WaitlistPlaceAnswer, examples: one("As before", waitlistPlace) },
    },
    problems: [
      "unauthorized",
      attemptsLimited,
      ...admissionProblems,
      "overloaded",
      "internal",
      "not_found",
      notOpen,
      "ended",
      "paused",
      "waitlist_off",
      limitReached,
      ["not_sold_out", { members: { available: 2 } }],
      "waitlist_full",
      switchedOff("refuse_joins"),
      "outcome_unknown",
    ],
  },
  get_waitlist_place: {
    id: "get_waitlist_place",
    tag: "Buying",
    summary: "The buyer's place in the waitlist",
    description: "404 `not_waiting` when they are not in line, or not any more: look at the orders then.",
    callers: "buyers",
    parameters: [offerIdParameter],
    answers: {
      200: { description: "In line.", schema: WaitlistPlaceAnswer, examples: one("The third in line", waitlistPlace) },
    },
    problems: [
      "unauthorized",
      attemptsLimited,
      "overloaded",
      "internal",
      "not_found",
      "waitlist_off",
      "not_waiting",
      "outcome_unknown",
    ],
  },
  leave_waitlist: {
    id: "leave_waitlist",
    tag: "Buying",
    summary: "Leave the waitlist",
    description: "Whoever stands behind moves up. Joining again later means the end of the line.",
    callers: "buyers",
    parameters: [offerIdParameter],
    answers: {
      200: {
        description: "Left.",
        schema: WaitlistLeftAnswer,
        examples: one("Left", { offer_id: offer.id, campaign_id: campaign.id, state: "left" }),
      },
    },
    problems: [
      ...buyerProblems,
      "not_found",
      "waitlist_off",
      "not_waiting",
      switchedOff("read_only"),
      "outcome_unknown",
    ],
  },
  list_waitlist: {
    id: "list_waitlist",
    tag: "Operating",
    summary: "Who waits for an offer",
    description: "The next first.",
    callers: "operators",
    parameters: [offerIdParameter, limitParameter, cursorParameter],
    answers: {
      200: {
        description: "A page of entries.",
        schema: WaitlistAnswer,
        examples: one("The only page", {
          entries: [{ entry_id: waitlistPlace.entry_id, buyer_id: "alice", joined_at: "2026-11-11T12:00:03.500Z" }],
          next_cursor: null,
        }),
      },
    },
    problems: [limitWrong, ...operatorProblems, "not_found", switchedOff("search_off")],
  },
  join_queue: {
    id: "join_queue",
    tag: "Buying",
    summary: "Join the queue of a campaign",
    description: [
      "From its publishing on. Whoever is there before the opening gets a place by lot, so that being early gains nothing;",
      "who comes later stands behind, in the order of coming. There are never more passes out than units left: whoever",
      "buys, leaves, or lets the pass run out makes room for the next at once. Joining again shows the same place. The",
      "place outlives every restart.",
      "",
      "Ask for the place by `GET` when `Retry-After` says, or take the stream.",
    ].join("\n"),
    callers: "buyers",
    parameters: [campaignIdParameter, challengeParameter],
    answers: {
      201: {
        description: "In the queue; admitted at once where units are left and nobody waits.",
        schema: QueueAnswer,
        examples: {
          early: ["Before the opening", queueEarly],
          waiting: ["In line", queuePlace],
          admitted: ["Admitted at once", queueAdmitted],
        },
        headers: retryAfter,
      },
      200: {
        description: "There already.",
        schema: QueueAnswer,
        examples: one("In line", queuePlace),
        headers: retryAfter,
      },
    },
    problems: [
      "unauthorized",
      attemptsLimited,
      ...entryProblems,
      "overloaded",
      "internal",
      switchedOff("refuse_joins"),
      "not_found",
      "queue_off",
      "ended",
      soldOutForGood,
      limitReached,
      "queue_full",
      "outcome_unknown",
    ],
  },
  get_queue_place: {
    id: "get_queue_place",
    tag: "Buying",
    summary: "The buyer's place in the queue, or their pass",
    description:
      "Cheap: nothing is read from disk. Ask again after `Retry-After` seconds, which are few near the front and some thirty far behind. 404 `not_queued` when they are not in it, or not any more: after an order, after leaving, after a pass has run out.",
    callers: "buyers",
    parameters: [campaignIdParameter],
    answers: {
      200: {
        description: "How they stand.",
        schema: QueueAnswer,
        examples: {
          waiting: ["In line", queuePlace],
          admitted: ["Admitted: buy with the pass", queueAdmitted],
        },
        headers: retryAfter,
      },
    },
    problems: [
      "unauthorized",
      attemptsLimited,
      "overloaded",
      "internal",
      "not_found",
      "queue_off",
      "not_queued",
      "ended",
      "outcome_unknown",
    ],
  },
  leave_queue: {
    id: "leave_queue",
    tag: "Buying",
    summary: "Leave the queue",
    description:
      "Also with a pass, which is then void. Whoever stands behind moves up at once. Joining again later means the end of the line.",
    callers: "buyers",
    parameters: [campaignIdParameter],
    answers: {
      200: {
        description: "Left.",
        schema: QueueLeftAnswer,
        examples: one("Left", { campaign_id: campaign.id, state: "left" }),
      },
    },
    problems: [
      ...buyerProblems,
      switchedOff("read_only"),
      "not_found",
      "queue_off",
      "not_queued",
      "ended",
      "outcome_unknown",
    ],
  },
  set_reminder: {
    id: "set_reminder",
    tag: "Buying",
    summary: "Be reminded before a sale opens",
    description: [
      "Once, `lead_s` seconds before the opening: as an event `reminder_due` on the stream of the buyer's orders, in the list",
      "of their reminders, and to the shop's webhooks, so that it can push it. For as long as the sale is announced and not",
      "open. The same again changes nothing; another lead replaces the one before. It outlives every restart: what came due",
      "while nothing ran comes with the start, `late` where the sale has opened meanwhile. Nobody is reminded of a sale that",
      "has ended.",
    ].join("\n"),
    callers: "buyers",
    parameters: [campaignIdParameter],
    body: {
      schema: ReminderBody,
      isRequired: false,
      examples: {
        usual: ["Five minutes before; the body may also be absent", {}],
        hour: ["An hour before", { lead_s: 3_600 }],
      },
    },
    answers: {
      201: { description: "Set.", schema: ReminderAnswer, examples: one("Five minutes before", reminder) },
      200: { description: "Set before, as it is.", schema: ReminderAnswer, examples: one("As before", reminder) },
    },
    problems: [
      [
        "invalid",
        fieldError(
          "lead_s",
          `must be a whole number from ${limits.reminderLeadSMin} to ${limits.reminderLeadSMax} (seconds before the opening: whole minutes, of 60 seconds each), for example 300`,
        ),
      ],
      ...bodyProblems,
      "unauthorized",
      attemptsLimited,
      ...admissionProblems,
      "overloaded",
      "internal",
      "not_found",
      "ended",
      "already_open",
      ["reminder_too_late", { members: { opens_at: campaign.opens_at, lead_s_max: 120 } }],
      "reminders_full",
      switchedOff("refuse_joins"),
      "outcome_unknown",
    ],
  },
  get_reminder: {
    id: "get_reminder",
    tag: "Buying",
    summary: "The buyer's reminder of a sale",
    description:
      "The one that waits, else the last one that came within a day. 404 `not_reminded` when there is none, and when the sale has ended before it came.",
    callers: "buyers",
    parameters: [campaignIdParameter],
    answers: {
      200: {
        description: "It waits, or has come.",
        schema: ReminderAnswer,
        examples: { waiting: ["It waits", reminder], due: ["It has come", reminderCame] },
      },
    },
    problems: ["unauthorized", attemptsLimited, "internal", "not_found", "not_reminded"],
  },
  remove_reminder: {
    id: "remove_reminder",
    tag: "Buying",
    summary: "Do not be reminded",
    description: "404 `not_reminded` when none waits: there is none, or it has come.",
    callers: "buyers",
    parameters: [campaignIdParameter],
    answers: {
      200: {
        description: "Removed.",
        schema: ReminderRemovedAnswer,
        examples: one("Removed", { campaign_id: campaign.id, state: "removed" }),
      },
    },
    problems: [...buyerProblems, "not_found", "not_reminded", switchedOff("read_only"), "outcome_unknown"],
  },
  list_reminders: {
    id: "list_reminders",
    tag: "Buying",
    summary: "The buyer's reminders",
    description: [
      `All that wait, the next first; then those that came within a day, the newest first, ${limits.remindersShownMax} at most: for a page that was`,
      "closed, and a chat that was away. Cheap enough to be asked for at `due_at`.",
    ].join("\n"),
    callers: "buyers",
    answers: {
      200: {
        description: "Their reminders.",
        schema: ReminderListAnswer,
        examples: one("One that waits", { reminders: [reminder] }),
      },
    },
    problems: ["unauthorized", attemptsLimited, "internal"],
  },
  stream_queue: {
    id: "stream_queue",
    tag: "Live streams",
    summary: "The buyer's place in the queue, live",
    description: [
      "An event `queue` at the beginning and whenever something changed, about once a second at most: how the buyer stands,",
      "the whole of it, with the pass when it is there. An event `over` with a `code` ends the stream when the buyer is not in",
      "the queue any more: `not_queued` after an order, after leaving or when the pass has run out, `ended` with the sale. A",
      "comment every few seconds keeps the connection open.",
      "",
      "A stream does not end by itself: *Execute* on this page shows nothing until it does. Use `curl -N`, or `fetch` and",
      "read as it comes: `EventSource` cannot send the token.",
    ].join("\n"),
    callers: "buyers",
    parameters: [campaignIdParameter],
    answers: {
      200: {
        description: "The stream. The `data` of each event `queue` is a *QueuePlace* as JSON.",
        type: "text/event-stream",
        schema: Type.String(),
        examples: one("One event", `retry: 2000\n\nid: 121\nevent: queue\ndata: ${JSON.stringify(queuePlace)}\n\n`),
      },
    },
    problems: [
      "unauthorized",
      attemptsLimited,
      switchedOff("streams_off"),
      "not_found",
      "queue_off",
      "not_queued",
      "ended",
      "internal",
      ["overloaded", { detail: "Too many streams are open: close one, or ask again later." }],
      "outcome_unknown",
    ],
  },
  get_pass: {
    id: "get_pass",
    tag: "Buying",
    summary: "Ask for a pass",
    description: [
      "For an open campaign with `pass`: without one nothing can be bought there. It is this buyer's, for this campaign, and",
      "good for `pass_window_s` seconds. Before the opening there is none, so that nobody knows theirs: `not_open` says when",
      "to come. Asking again gives a new one.",
    ].join("\n"),
    callers: "buyers",
    parameters: [campaignIdParameter, challengeParameter],
    answers: {
      201: {
        description: "A pass.",
        schema: PassAnswer,
        examples: one("A pass", { campaign_id: campaignId, pass: passExample, expires_at: "2026-11-11T12:02:00.250Z" }),
      },
    },
    problems: [
      "unauthorized",
      attemptsLimited,
      ...entryProblems,
      "overloaded",
      "internal",
      switchedOff("read_only"),
      "not_found",
      "pass_off",
      notOpen,
      "paused",
      "ended",
      "sold_out",
    ],
  },
  enter_draw: {
    id: "enter_draw",
    tag: "Buying",
    summary: "Enter the draw of an offer",
    description: [
      "While the campaign is open; when within that time makes no difference. One entry a buyer and campaign. At the closing",
      "the order of all entries is drawn, by a secret that was fixed before the first came in: see `commitment` in the",
      "campaign. Who is drawn gets a `reserved` order with its payment window; what is not paid goes down the list. Entering",
      "again shows the same entry.",
    ].join("\n"),
    callers: "buyers",
    parameters: [offerIdParameter, challengeParameter],
    answers: {
      201: { description: "Entered.", schema: DrawEntryAnswer, examples: one("Entered", drawEntry) },
      200: { description: "Entered before.", schema: DrawEntryAnswer, examples: one("As before", drawEntry) },
    },
    problems: [
      "unauthorized",
      attemptsLimited,
      ...entryProblems,
      "overloaded",
      "internal",
      switchedOff("refuse_joins"),
      "not_found",
      "draw_off",
      notOpen,
      "ended",
      "paused",
      ["entered_elsewhere", { members: { offer_id: "off_0000000003" } }],
      "entry_withdrawn",
      "waitlist_full",
      "outcome_unknown",
    ],
  },
  get_draw_entry: {
    id: "get_draw_entry",
    tag: "Buying",
    summary: "The buyer's entry in the draw of an offer",
    description:
      "Before the draw `entered`; after it `won` with the order, or `waiting` with the place in the list; `over` when no order came and none will. 404 `not_waiting` when they never entered.",
    callers: "buyers",
    parameters: [offerIdParameter],
    answers: {
      200: {
        description: "The entry.",
        schema: DrawEntryAnswer,
        examples: {
          entered: ["Before the draw", drawEntry],
          won: ["Drawn", { ...drawEntry, state: "won", entries: 8_212, order_id: order.id }],
          waiting: ["Next but eleven", { ...drawEntry, state: "waiting", entries: 8_212, place: 12 }],
        },
      },
    },
    problems: [
      "unauthorized",
      attemptsLimited,
      "overloaded",
      "internal",
      "not_found",
      "draw_off",
      "not_waiting",
      "outcome_unknown",
    ],
  },
  leave_draw: {
    id: "leave_draw",
    tag: "Buying",
    summary: "Leave the draw of an offer, for good",
    description:
      "An entry is one ticket: who leaves cannot enter this draw again. After the draw it means leaving the list. An order that it has become is cancelled as any other.",
    callers: "buyers",
    parameters: [offerIdParameter],
    answers: {
      200: {
        description: "Left.",
        schema: DrawEntryAnswer,
        examples: one("Left", { ...drawEntry, state: "left", entries: 8_311 }),
      },
    },
    problems: [...buyerProblems, switchedOff("read_only"), "not_found", "draw_off", "not_waiting", "outcome_unknown"],
  },
  get_challenge: {
    id: "get_challenge",
    tag: "Buying",
    summary: "What has to be solved first",
    description:
      'For a campaign whose `challenge` is not `none`: what this buyer has to solve before they join its queue, enter its draw or get its pass. Ask some minutes before the opening, solve it in the background with the worker of `/challenge/worker.js` (give it `{type: "work", challenge: {parameters, signature}}`; it needs a page served by HTTPS), and send base64 of `{challenge: {parameters, signature}, solution}` in the header `Rushbox-Challenge`. Bound to buyer and campaign; a solution counts once. A captcha\'s token goes into the same header.',
    callers: "buyers",
    parameters: [campaignIdParameter],
    answers: {
      200: {
        description: "What to solve.",
        schema: ChallengeAnswer,
        examples: {
          nothing: ["Nothing", { challenge: "none" }],
          work: [
            "A proof of work",
            {
              challenge: "proof_of_work",
              difficulty: "normal",
              expires_at: "2026-11-11T12:00:00.000Z",
              parameters: {
                algorithm: "PBKDF2/SHA-256",
                cost: 200,
                data: {
                  buyer: "2bd806c97f0e00af1a1fc3328fa763a9",
                  campaign: campaign.id,
                  difficulty: "normal",
                  expires_at_ms: 1_794_398_400_000,
                  made_at_ms: 1_794_398_100_000,
                  run: "2f6c4e0f8d1b4c7aa3a9e1d25b7c0f64",
                },
                keyLength: 32,
                keyPrefix: "000",
                nonce: "5f3d8f0f5e3a4c0b8a7d6e5f4c3b2a19",
                salt: "0a1b2c3d4e5f60718293a4b5c6d7e8f9",
              },
              signature: "8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4",
            },
          ],
          captcha: [
            "A captcha",
            {
              challenge: "captcha",
              site_key: "1x00000000000000000000AA",
              action: campaign.id,
              cdata: "2bd806c97f0e00af1a1fc3328fa763a9",
            },
          ],
        },
      },
    },
    problems: [...buyerProblems, blocked, "not_found", "ended", "challenge_unavailable"],
  },
  challenge_worker: {
    id: "challenge_worker",
    tag: "Buying",
    summary: "What solves a proof of work",
    description: 'ALTCHA\'s worker for browsers, from this server: `new Worker("/challenge/worker.js")`.',
    callers: "everybody",
    parameters: [ifNoneMatch],
    answers: {
      200: {
        description: "The script.",
        type: "text/javascript",
        schema: Type.String(),
        examples: one("The script", '(function() {\n  "use strict";\n})();'),
        headers: etagHeader,
      },
      304: notModified,
    },
    problems: ["method_not_allowed"],
  },
  add_access_entry: {
    id: "add_access_entry",
    tag: "Operating",
    summary: "Put somebody on the access list",
    description:
      "A buyer or a network: blocked, and refused as `blocked` with the reason; or allowed, and let by the risk desk, rate limits and challenges. One entry for a target: a later one replaces it. The buyer's own entry counts before any network's, a smaller network's before a larger one's. Holds on every connection once this is answered.",
    callers: "operators",
    body: {
      schema: AccessBody,
      isRequired: true,
      examples: {
        buyer: ["A buyer", { effect: "block", buyer_id: "mallory", reason: "resold what they bought here" }],
        network: ["The shop's own office", { effect: "allow", network: "192.0.2.0/24", reason: "our office" }],
      },
    },
    answers: {
      201: { description: "It holds.", schema: AccessAnswer, examples: one("Blocked", accessEntry) },
    },
    problems: [
      ["invalid", fieldError("network", "must be an address or a network, for example 192.0.2.0/24")],
      ...bodyProblems,
      ...operatorProblems,
      "limit_exceeded",
      "outcome_unknown",
    ],
  },
  list_access: {
    id: "list_access",
    tag: "Operating",
    summary: "The access list",
    description: "The newest entries first, those that have expired too.",
    callers: "operators",
    parameters: [
      {
        name: "search",
        in: "query",
        description: "Only those with this text in buyer, network or reason, in capitals or not.",
        schema: Type.String(),
      },
      { name: "effect", in: "query", description: "Only of this effect.", schema: AccessAnswer.properties.effect },
      limitParameter,
      cursorParameter,
    ],
    answers: {
      200: {
        description: "A page of entries.",
        schema: AccessListAnswer,
        examples: one("One", { entries: [accessEntry], next_cursor: null }),
      },
    },
    problems: [limitWrong, ...operatorProblems],
  },
  remove_access_entry: {
    id: "remove_access_entry",
    tag: "Operating",
    summary: "Take somebody off the access list",
    description: "From now on, on every connection. What the entry was about is kept nowhere.",
    callers: "operators",
    parameters: [accessIdParameter],
    answers: {
      200: { description: "The entry as it was.", schema: AccessAnswer, examples: one("Removed", accessEntry) },
    },
    problems: [...operatorProblems, "not_found", "outcome_unknown"],
  },
  get_risk: {
    id: "get_risk",
    tag: "Operating",
    summary: "Why somebody is suspected",
    description: `What the risk desk sees in a buyer or an address and in where they come from: signals, the rules that give points, the score, and the verdict with its reasons, since when and until when. Of the last minutes, from memory. Without either: all with a verdict in force, the highest score first, ${limits.riskSuspectsShownMax} at most.`,
    callers: "operators",
    parameters: [
      { name: "buyer", in: "query", description: "A buyer's id.", schema: Type.String() },
      { name: "address", in: "query", description: "Or an IP address.", schema: Type.String() },
    ],
    answers: {
      200: {
        description: "As it is at this moment.",
        schema: RiskAnswer,
        examples: one("A buyer who clicks like a clock", {
          mode: "record",
          subjects: [
            {
              kind: "buyer",
              id: "mallory",
              signals: {
                attempts: 10,
                intervals: 42,
                interval_mean_ms: 1_000,
                interval_variation_percent: 1,
                solved: 0,
                solved_quickly: 0,
                addresses: 1,
                accounts_of_address: 3,
                accounts_of_subnet: 5,
              },
              score: 40,
              rules: [regularClicks],
              verdict: {
                action: "harder",
                score: 40,
                rules: [regularClicks],
                since: "2026-11-11T12:00:11.000Z",
                expires_at: "2026-11-11T12:05:11.000Z",
              },
            },
          ],
        }),
      },
    },
    problems: [["invalid", fieldError("buyer", "give either a buyer or an address")], ...operatorProblems],
  },
  get_fairness: {
    id: "get_fairness",
    tag: "Operating",
    summary: "How fair a sale was",
    description:
      "How soon after the opening orders came, from what is stored; which subnets got how much, what suspects tried and got, and why attempts were refused, from what this process remembers since its start.",
    callers: "operators",
    parameters: [campaignIdParameter],
    answers: {
      200: {
        description: "The report.",
        schema: FairnessAnswer,
        examples: one("Of a sale of three orders", {
          campaign_id: campaign.id,
          orders: {
            count: 3,
            is_complete: true,
            counted_from: "opens_at",
            from: "2026-11-11T12:00:00.000Z",
            percentiles: [
              { percent: 50, ms: 812 },
              { percent: 100, ms: 2_401 },
            ],
            histogram: [
              { up_to_ms: 1_000, orders: 2 },
              { up_to_ms: null, orders: 1 },
            ],
          },
          remembered: {
            since: "2026-11-11T11:40:00.000Z",
            attempts: 40,
            units: 3,
            subnets: {
              count: 2,
              largest: [
                { subnet: "192.0.2.0/24", units: 2, share: 0.6667 },
                { subnet: "2001:db8:1::/48", units: 1, share: 0.3333 },
              ],
              units_elsewhere: 0,
            },
            suspects: {
              buyers: 1,
              share_of_attempts: 0.5,
              share_of_units: 0,
              by_rule: [{ rule: "regular_clicks", buyers: 1 }],
            },
            outcomes: [
              { outcome: "reserved", attempts: 3 },
              { outcome: "sold_out", attempts: 36 },
              { outcome: "blocked", attempts: 1 },
            ],
          },
        }),
      },
    },
    problems: [...operatorProblems, "not_found"],
  },
  start_rehearsal: {
    id: "start_rehearsal",
    tag: "Operating",
    summary: "Rehearse a campaign",
    description:
      "Before its day: a copy of it opens in a sandbox of its own, a process beside this server that knows nothing of the real sale, and simulated buyers come. One at a time; none is begun while work is given up under load, and one that runs is stopped when that begins.",
    callers: "operators",
    parameters: [campaignIdParameter],
    body: {
      schema: RehearsalBody,
      isRequired: false,
      examples: one("A large crowd, a third of it scalpers", { buyers: 20_000, scalpers_percent: 33, rush_s: 60 }),
    },
    answers: {
      202: {
        description: "It begins: ask at the `Location` how it goes.",
        schema: RehearsalAnswer,
        examples: one("Just begun", begun),
        headers: { Location: "The rehearsal, as `/v1/rehearsals/rhs_0000000001`." },
      },
    },
    problems: [
      [
        "invalid",
        fieldError(
          "rush_s",
          `must be a whole number from 1 to ${limits.rehearsalRushSMax} (seconds over which people arrive around the opening)`,
        ),
      ],
      ...bodyProblems,
      ...operatorProblems,
      "not_found",
      ["rehearsal_running", { members: { rehearsal_id: begun.id } }],
      ["sale_running", { members: { campaign_id: campaign.id } }],
      "outcome_unknown",
    ],
  },
  list_rehearsals: {
    id: "list_rehearsals",
    tag: "Operating",
    summary: "The last rehearsals",
    description: "The newest first, with their reports, without the progress of each second.",
    callers: "operators",
    answers: {
      200: {
        description: "The rehearsals.",
        schema: RehearsalListAnswer,
        examples: one("One", { rehearsals: [rehearsedInList] }),
      },
    },
    problems: [...operatorProblems],
  },
  get_rehearsal: {
    id: "get_rehearsal",
    tag: "Operating",
    summary: "How a rehearsal goes, and its report",
    description: "While it runs there is one more entry of `progress` every second; when it is done, the report.",
    callers: "operators",
    parameters: [rehearsalIdParameter],
    answers: {
      200: {
        description: "The rehearsal.",
        schema: RehearsalAnswer,
        examples: { running: ["Just begun", begun], done: ["Done", rehearsed] },
      },
    },
    problems: [...operatorProblems, "not_found"],
  },
  stop_rehearsal: {
    id: "stop_rehearsal",
    tag: "Operating",
    summary: "Stop a rehearsal",
    description: "Answers when its processes have ended and its folder is gone.",
    callers: "operators",
    parameters: [rehearsalIdParameter],
    answers: {
      200: {
        description: "It has stopped.",
        schema: RehearsalAnswer,
        examples: one("Stopped", {
          ...begun,
          state: "stopped",
          ended_at: "2026-11-10T15:00:09.000Z",
          failure: "An operator stopped it.",
        }),
      },
    },
    problems: [...operatorProblems, "not_found", transitionNotAllowed("done"), "outcome_unknown"],
  },
  create_operator: {
    id: "create_operator",
    tag: "Administering",
    summary: "Make an operator's key",
    description:
      "For a person or a program, with a role: `viewer` sees everything, `operator` runs sales and looks after orders, `admin` makes keys and webhooks and erases buyers. The key is shown this once; only its hash is kept. The key of the settings is the admin `root`. A name is given once, also when its operator was revoked; neither case nor white space at its ends tells it from another.",
    callers: "operators",
    body: {
      schema: OperatorBody,
      isRequired: true,
      examples: one("For a person", { name: "Li Na", role: "operator" }),
    },
    answers: {
      201: {
        description: "Made. The key is not shown again.",
        schema: NewOperatorAnswer,
        examples: one("With the key", { ...operator, key: "pJ9b2lJrN0y4jvHwq6S1nXr3m8Qe5tUz7cKd0fGaB1s" }),
      },
    },
    problems: [
      ["invalid", fieldError("role", `must be one of ${operatorRoles.join(", ")}`)],
      ...bodyProblems,
      ...operatorProblems,
      "name_taken",
      "limit_exceeded",
      "outcome_unknown",
    ],
  },
  list_operators: {
    id: "list_operators",
    tag: "Administering",
    summary: "All operators",
    description: "Those who are revoked too. Needs an admin's key.",
    callers: "operators",
    answers: {
      200: {
        description: "The operators; `root` is not among them.",
        schema: OperatorListAnswer,
        examples: one("One", { operators: [operator] }),
      },
    },
    problems: [...operatorProblems],
  },
  get_own_operator: {
    id: "get_own_operator",
    tag: "Operating",
    summary: "Whose key this is",
    description: "The name and role of the key that asks.",
    callers: "operators",
    answers: {
      200: {
        description: "The operator.",
        schema: OwnOperatorAnswer,
        examples: one("The key of the settings", { name: "root", role: "admin" }),
      },
    },
    problems: [...operatorProblems],
  },
  revoke_operator: {
    id: "revoke_operator",
    tag: "Administering",
    summary: "Revoke an operator's key",
    description: "From now on, on every connection. Repeated: 200 again. Needs an admin's key.",
    callers: "operators",
    parameters: [operatorIdParameter],
    answers: {
      200: {
        description: "Revoked.",
        schema: OperatorAnswer,
        examples: one("Revoked", { ...operator, revoked_at: "2026-11-12T09:00:00.000Z" }),
      },
    },
    problems: [...operatorProblems, "not_found", "outcome_unknown"],
  },
  list_audit: {
    id: "list_audit",
    tag: "Administering",
    summary: "What operators did",
    description:
      "Every command of an operator, refused ones too: who, what, when, how it ended, and the subject before and after. Kept in the same transaction as the change itself. Needs an admin's key.",
    callers: "operators",
    parameters: [
      { name: "operator", in: "query", description: "Only of this name.", schema: Type.String() },
      { name: "action", in: "query", description: "Only of this kind, as `pause`.", schema: Type.String() },
      { name: "subject", in: "query", description: "Only about this id.", schema: Type.String() },
      limitParameter,
      cursorParameter,
    ],
    answers: {
      200: {
        description: "A page of entries; with a filter it may be short, even empty, and have a `next_cursor`.",
        schema: AuditAnswer,
        examples: one("A pause", {
          entries: [
            {
              id: 12,
              at: "2026-11-11T12:05:00.000Z",
              operator: "Li Na",
              action: "pause",
              subject: campaign.id,
              outcome: "changed",
              before: { title: campaign.title, state: "open" },
              after: { title: campaign.title, state: "paused" },
            },
          ],
          next_cursor: null,
        }),
      },
    },
    problems: [limitWrong, ...operatorProblems],
  },
  get_controls: {
    id: "get_controls",
    tag: "Running",
    summary: "What is limited and switched off",
    description: "The controls as they hold now, on every thread.",
    callers: "operators",
    answers: {
      200: { description: "They are these.", schema: ControlsAnswer, examples: one("As they come", controls) },
    },
    problems: [...operatorProblems],
  },
  set_controls: {
    id: "set_controls",
    tag: "Running",
    summary: "Set limits, throw switches",
    description: [
      "Changes what is named and leaves the rest as it is; it holds on every thread when this is answered, is kept over a",
      "restart, and stands in the audit log.",
      "",
      "Limits: `buyer` and `address` (IPv6: the /64) for each of them, `campaign` for each campaign, `overall` for all",
      "attempts together, `failures` for wrong tokens of an address, `guests` for new guests from one. `null` takes a limit off.",
      "",
      "Switches, for all campaigns or for one: `pause_sales` (nobody buys, joins a waitlist or enters a draw; queues may be",
      "joined, and stand still), `queue_everybody` (open campaigns let in by their queue), `refuse_joins` (no waitlist,",
      "queue or draw is joined, no reminder set), `streams_off` (no event streams), `read_only` (buyers look and change nothing; what is",
      "reserved can be paid). For everything alone: `search_off` (no lists of orders and rows), `exports_off` (no",
      "downloads).",
    ].join("\n"),
    callers: "operators",
    body: {
      schema: ControlsBody,
      isRequired: true,
      examples: {
        pause: ["Nothing is sold in any campaign", { switches: [{ name: "pause_sales", on: true }] }],
        limit: ["Stricter for everybody", { rate_limits: { buyer: { quota: 5, window_s: 10 }, failures: null } }],
      },
    },
    answers: {
      200: {
        description: "Changed. This is what holds now.",
        schema: ControlsAnswer,
        examples: one("Sales are paused", {
          ...controls,
          switches_on: [{ name: "pause_sales", campaign_id: null }],
        }),
      },
    },
    problems: [
      ["invalid", fieldError("switches[0].campaign_id", "exports_off is for everything: leave campaign_id away")],
      ...bodyProblems,
      ...operatorProblems,
      "limit_exceeded",
      "outcome_unknown",
    ],
  },
  erase_buyer: {
    id: "erase_buyer",
    tag: "Administering",
    summary: "Erase a buyer's identity",
    description:
      "From every order and waitlist entry of campaigns that are settled (ended, nothing unpaid). Counts, amounts and the ledger's proof stay. What belongs to a campaign that still runs is counted as `remaining`: ask again later. Needs an admin's key.",
    callers: "operators",
    body: { schema: EraseBody, isRequired: true, examples: one("One buyer", { buyer_id: "alice" }) },
    answers: {
      200: {
        description: "Erased.",
        schema: ErasureAnswer,
        examples: one("All of it", { orders: 2, entries: 1, remaining: 0 }),
      },
    },
    problems: [
      ["invalid", fieldError("buyer_id", "is required")],
      ...bodyProblems,
      ...operatorProblems,
      "not_found",
      "outcome_unknown",
    ],
  },
  create_webhook: {
    id: "create_webhook",
    tag: "Administering",
    summary: "Have events sent to an address",
    description: [
      "From now on every event, or those of the given types, is posted there as the Standard Webhooks specification says:",
      "`webhook-id`, `webhook-timestamp`, `webhook-signature`; body `{type, timestamp, data}`. At least once, in order for",
      "each order, tried again with growing pauses for days, then kept as a dead letter. Know a repetition by its",
      "`webhook-id`. Addresses that are not public are refused at delivery unless the setting allows them. The secret is",
      "shown this once. Needs an admin's key.",
    ].join("\n"),
    callers: "operators",
    body: {
      schema: WebhookBody,
      isRequired: true,
      examples: one("Payments and refunds", {
        url: "https://shop.example/hooks/rushbox",
        types: ["order_paid", "order_refunded"],
      }),
    },
    answers: {
      201: {
        description: "Made. The secret is not shown again.",
        schema: WebhookSecretAnswer,
        examples: one("With the secret", { ...webhook, secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" }),
      },
    },
    problems: [
      [
        "invalid",
        fieldError(
          "url",
          'must be an address of 2000 characters at most (http or https address that takes a POST), for example "https://shop.example/hooks/rushbox"',
        ),
      ],
      ...bodyProblems,
      ...operatorProblems,
      "limit_exceeded",
      "outcome_unknown",
    ],
  },
  list_webhooks: {
    id: "list_webhooks",
    tag: "Administering",
    summary: "All webhooks and how they stand",
    description: "Needs an admin's key.",
    callers: "operators",
    answers: {
      200: {
        description: "The webhooks.",
        schema: WebhookListAnswer,
        examples: one("One", { webhooks: [webhook] }),
      },
    },
    problems: [...operatorProblems],
  },
  get_webhook: {
    id: "get_webhook",
    tag: "Administering",
    summary: "One webhook and how it stands",
    description: "Needs an admin's key.",
    callers: "operators",
    parameters: [webhookIdParameter],
    answers: { 200: { description: "The webhook.", schema: WebhookAnswer, examples: one("All delivered", webhook) } },
    problems: [...operatorProblems, "not_found"],
  },
  change_webhook: {
    id: "change_webhook",
    tag: "Administering",
    summary: "Change a webhook",
    description:
      "Its address, its types, or whether anything is sent: what happens while it is disabled waits, and goes out when it is enabled again. Needs an admin's key.",
    callers: "operators",
    parameters: [webhookIdParameter],
    body: { schema: WebhookChangeBody, isRequired: true, examples: one("Hold", { enabled: false }) },
    answers: {
      200: {
        description: "Changed.",
        schema: WebhookAnswer,
        examples: one("On hold", { ...webhook, enabled: false }),
      },
    },
    problems: [
      ["invalid", fieldError("enabled", "must be true or false (false: events wait until it is true again)")],
      ...bodyProblems,
      ...operatorProblems,
      "not_found",
      "outcome_unknown",
    ],
  },
  rotate_webhook_secret: {
    id: "rotate_webhook_secret",
    tag: "Administering",
    summary: "Give a webhook a new secret",
    description:
      "The one before signs too for another day, so that a receiver can change over without losing an event. Shown this once. Needs an admin's key.",
    callers: "operators",
    parameters: [webhookIdParameter],
    answers: {
      200: {
        description: "Changed. The secret is not shown again.",
        schema: WebhookSecretAnswer,
        examples: one("With the new secret", {
          ...webhook,
          rotated_at: "2026-11-12T09:00:00.000Z",
          secret: "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
        }),
      },
    },
    problems: [...operatorProblems, "not_found", "outcome_unknown"],
  },
  delete_webhook: {
    id: "delete_webhook",
    tag: "Administering",
    summary: "Delete a webhook",
    description: "Nothing is sent there any more, and what was not delivered is forgotten. Needs an admin's key.",
    callers: "operators",
    parameters: [webhookIdParameter],
    answers: { 200: { description: "As it was.", schema: WebhookAnswer, examples: one("Deleted", webhook) } },
    problems: [...operatorProblems, "not_found", "outcome_unknown"],
  },
  list_deliveries: {
    id: "list_deliveries",
    tag: "Administering",
    summary: "Deliveries of a webhook that have not succeeded",
    description: "Dead letters, or with `state=pending` those that will be tried again. Needs an admin's key.",
    callers: "operators",
    parameters: [
      webhookIdParameter,
      {
        name: "state",
        in: "query",
        description: "`dead` when absent.",
        schema: Type.Unsafe<string>({ type: "string", enum: [...deliveryStates] }),
      },
      limitParameter,
      cursorParameter,
    ],
    answers: {
      200: {
        description: "A page of deliveries.",
        schema: DeliveryListAnswer,
        examples: one("A dead letter", {
          deliveries: [
            {
              id: "evt_000000003a",
              seq: 118,
              type: "order_reserved",
              subject: order.id,
              state: "dead",
              attempts: 14,
              last_attempt_at: "2026-11-14T12:00:00.000Z",
              last_status: 500,
              last_error: null,
            },
          ],
          next_cursor: null,
        }),
      },
    },
    problems: [limitWrong, ...operatorProblems, "not_found"],
  },
  replay_deliveries: {
    id: "replay_deliveries",
    tag: "Administering",
    summary: "Try dead letters again",
    description: "One of them, or all when the body is absent. Needs an admin's key.",
    callers: "operators",
    parameters: [webhookIdParameter],
    body: { schema: ReplayBody, isRequired: false, examples: one("One of them", { id: "evt_000000003a" }) },
    answers: { 200: { description: "Tried again soon.", schema: ReplayAnswer, examples: one("One", { replayed: 1 }) } },
    problems: [
      ["invalid", fieldError("id", 'must be an id (one delivery; absent: all), for example "evt_000000003a"')],
      ...bodyProblems,
      ...operatorProblems,
      "not_found",
      "outcome_unknown",
    ],
  },
  stream_events: {
    id: "stream_events",
    tag: "Live streams",
    summary: "Everything that happens, live",
    description: [
      "Every event of every campaign, as webhooks get them: the `data` of each is what stands in a webhook's `data`. After",
      "`Last-Event-ID` the missed ones come first, however many: none is lost and none doubled, over reconnects and",
      "restarts. `Last-Event-ID: 0` begins with the first event of all. An id that is not reached yet, as after a restore",
      "from a backup, is refused.",
      "",
      "A stream does not end: *Execute* on this page shows nothing until it does. Use `curl -N`.",
    ].join("\n"),
    callers: "operators",
    parameters: [lastEventId],
    answers: {
      200: {
        description: "The stream.",
        type: "text/event-stream",
        schema: Type.String(),
        examples: one(
          "One event",
          `retry: 2000\n\nid: 118\nevent: order_reserved\ndata: {"seq":118,"at":"${order.reserved_at}","hash":"3dcb1b34...","campaign_id":"${campaign.id}","order":${JSON.stringify(order)}}\n\n`,
        ),
      },
    },
    problems: [
      lastEventIdWrong,
      ...operatorProblems,
      ["overloaded", { detail: "Too many streams are open: close one, or ask again later." }],
    ],
  },
  list_campaign_ledger: {
    id: "list_campaign_ledger",
    tag: "Proof",
    summary: "The public ledger, from a campaign's creation on",
    description: [
      "For anybody who wants to check a sale: all rows of the ledger from that of the campaign's creation on, since the",
      "chain of hashes goes through all of them. No row tells who bought: what a row says of persons and terms stands in",
      "it as a hash, `details`. The page at `/verify` does the whole check in a browser.",
      "",
      ...hashWords,
      "",
      "Full pages never change and may be kept for ever.",
    ].join("\n"),
    callers: "everybody",
    parameters: [campaignIdParameter, afterParameter, ledgerLimitParameter],
    answers: {
      200: {
        description: "A page of rows.",
        schema: PublicLedgerAnswer,
        examples: one("One row, and one of a sale that is not published yet", {
          previous_hash: previousHash,
          rows: [ledgerRow, { seq: 119, hash: previousHash }],
          next_after: null,
        }),
        headers: { "Cache-Control": "A full page for ever, the last one a second." },
      },
    },
    problems: [ledgerLimitWrong, "not_found", switchedOff("search_off"), "overloaded", "internal"],
  },
  get_draw: {
    id: "get_draw",
    tag: "Proof",
    summary: "The draws of a campaign",
    description: [
      "What was settled before anybody could enter, `commitment` and the beacon's round, and of each offer what is known by",
      "now: at the closing `root` and `count` fix who has entered; when the draw is made `secret` is revealed, and with what",
      "the beacon said it gives the `seed` from which the order of all entries follows. The page at `/verify` checks all of",
      "it in a browser, `rushbox verify-draw` offline.",
    ].join("\n"),
    callers: "everybody",
    parameters: [campaignIdParameter],
    answers: {
      200: {
        description: "The draws.",
        schema: DrawAnswer,
        examples: {
          made: ["Drawn", { ...drawTerms, offers: [offerDraw] }],
          open: ["Entries are still taken", { ...drawTerms, offers: [drawOpen] }],
        },
        headers: { "Cache-Control": "One second." },
      },
    },
    problems: ["not_found", "draw_off", "internal"],
  },
  list_draw_entries: {
    id: "list_draw_entries",
    tag: "Proof",
    summary: "The entries of a draw",
    description: [
      "All entries in the order of entering, from the closing on, without who they are: each `leaf` is `details` of the",
      "entry's row in the ledger. They give the draw's `root`; `rank` follows from its `seed`; orders went down the list,",
      "passing over those who left. A page may be shorter than asked for; `next_after` is null after the last.",
    ].join("\n"),
    callers: "everybody",
    parameters: [
      offerIdParameter,
      {
        name: "after",
        in: "query",
        description: "How many entries stand before the page: the `next_after` of the page before.",
        schema: Type.Integer({ minimum: 0, default: 0 }),
      },
      ledgerLimitParameter,
    ],
    answers: {
      200: {
        description: "A page of entries.",
        schema: DrawEntriesAnswer,
        examples: one("Three entries, the third drawn first", { entries: drawEntries, next_after: null }),
        headers: { "Cache-Control": "One second." },
      },
    },
    problems: [ledgerLimitWrong, "not_found", "draw_off", switchedOff("search_off"), "overloaded", "internal"],
  },
  get_draw_proof: {
    id: "get_draw_proof",
    tag: "Proof",
    summary: "The proof of the buyer's own entry",
    description: [
      "All that a buyer needs to check what concerns them, without believing anybody: that their entry is among those that",
      "were drawn (`leaf`, `index`, `path`, `root`), that the secret is the one of the `commitment`, and that their `rank` is",
      "the one that follows from it. `leaf` is the SHA-256 of `salt`, a line feed and the JSON array `[buyer_id]`. Keep one",
      "from before the closing: both together show that nothing was changed between. When the buyer's identity was erased",
      "there is none any more.",
    ].join("\n"),
    callers: "buyers",
    parameters: [offerIdParameter],
    answers: {
      200: { description: "The proof.", schema: DrawProofAnswer, examples: one("Second of three", drawProof) },
    },
    problems: [
      ...buyerProblems,
      "not_found",
      "draw_off",
      ["not_waiting", { detail: "You have no entry in this draw." }],
    ],
  },
  get_order_history: {
    id: "get_order_history",
    tag: "Proof",
    summary: "What happened to an order",
    description: [
      "The rows of the ledger about this order: reserved, paid, cancelled, expired, refunded, and every payment that came",
      "and could not be kept. `previous_seq` links each to the one before.",
      "",
      ...hashWords,
    ].join("\n"),
    callers: "buyers and operators",
    parameters: [orderIdParameter],
    answers: {
      200: {
        description: "The rows, in their order.",
        schema: OrderHistoryAnswer,
        examples: one("Reserved, nothing else yet", { rows: [ledgerRow], is_complete: true }),
      },
    },
    problems: [...buyerProblems, "not_found"],
  },
  get_receipt: {
    id: "get_receipt",
    tag: "Proof",
    summary: "The receipt of an order",
    description: [
      "What the ledger says of the order's beginning, signed: with it a buyer can prove later that their row stood in the",
      "ledger, and where. `receipt` is all of it as a JWS; the keys are at `/.well-known/jwks.json`. `details` is the",
      "SHA-256 of the salt, a line feed and the JSON array `[buyer_id, quantity, amount_minor, expires_at in",
      "milliseconds since 1970, idempotency_key]`.",
      "",
      ...hashWords,
      "",
      "When the buyer's identity was erased there is none any more.",
    ].join("\n"),
    callers: "buyers and operators",
    parameters: [orderIdParameter],
    answers: { 200: { description: "The receipt.", schema: ReceiptAnswer, examples: one("A receipt", receipt) } },
    problems: [...buyerProblems, "not_found"],
  },
  receipt_keys: {
    id: "receipt_keys",
    tag: "Proof",
    summary: "The keys to check receipts with",
    description: "A JSON Web Key Set (RFC 7517): the public half of the key in the data folder.",
    callers: "everybody",
    answers: {
      200: {
        description: "The keys.",
        schema: ReceiptKeysAnswer,
        examples: one("One key", {
          keys: [
            {
              crv: "Ed25519",
              x: "EXyr3TUkIxbjFIOGLgHlOimowT8Zjv6WjPg8mntgQBE",
              kty: "OKP",
              alg: "EdDSA",
              use: "sig",
              kid: "IYavu2-Kvxraw_7gQ-FYUXYIl_wxWgOICu_PBPjQds0",
            },
          ],
        }),
        headers: { "Cache-Control": "An hour." },
      },
    },
    problems: ["method_not_allowed", "internal"],
  },
  list_ledger: {
    id: "list_ledger",
    tag: "Proof",
    summary: "The ledger with its buyers",
    description: [
      "Every row from the first on, or those of one campaign. A page of one campaign may be short, even empty, with a",
      "`next_after`, where its rows lie far apart.",
      "",
      ...hashWords,
    ].join("\n"),
    callers: "operators",
    parameters: [
      afterParameter,
      ledgerLimitParameter,
      {
        name: "campaign_id",
        in: "query",
        description: "Only rows of this campaign.",
        schema: CampaignAnswer.properties.id,
      },
    ],
    answers: {
      200: {
        description: "A page of rows.",
        schema: LedgerAnswer,
        examples: one("One row", { rows: [{ ...ledgerRow, buyer_id: "alice" }], next_after: null }),
      },
    },
    problems: [ledgerLimitWrong, ...operatorProblems, switchedOff("search_off")],
  },
  verify_page: {
    id: "verify_page",
    tag: "Proof",
    summary: "Check a sale in the browser",
    description:
      "A page in English and Chinese that reads the public ledger, makes every hash anew and adds up the counts; it checks receipts too. `?campaign=` begins with that one, `?lang=zh` or `en` chooses the language.",
    callers: "everybody",
    parameters: [ifNoneMatch],
    answers: {
      200: {
        description: "The page.",
        type: "text/html",
        schema: Type.String(),
        examples: one("The page", "<!doctype html>\n<title>Check a sale</title>"),
        headers: etagHeader,
      },
      304: notModified,
    },
    problems: ["method_not_allowed"],
  },
  picture: {
    id: "picture",
    tag: "Buying",
    summary: "A picture of sample goods",
    description: "Drawings for trying out, for the `image_url` of an offer. Browsers keep them for a day.",
    callers: "everybody",
    parameters: [
      {
        name: "file",
        in: "path",
        required: true,
        description: "Which one.",
        schema: Type.Unsafe<string>({ type: "string", enum: pictureNames.map((name) => `${name}.svg`) }),
        example: "phone.svg",
      },
      ifNoneMatch,
    ],
    answers: {
      200: {
        description: "The picture.",
        type: "image/svg+xml",
        schema: Type.String(),
        examples: one("A picture", '<svg viewBox="0 0 400 400"></svg>'),
        headers: etagHeader,
      },
      304: notModified,
    },
    problems: ["not_found", "method_not_allowed"],
  },
  healthz: {
    id: "healthz",
    tag: "Running",
    summary: "Is it alive?",
    description: "Answers as long as the process does.",
    callers: "everybody",
    answers: { 200: { description: "It is.", schema: HealthAnswer, examples: one("Alive", { status: "ok" }) } },
    problems: ["method_not_allowed"],
  },
  readyz: {
    id: "readyz",
    tag: "Running",
    summary: "Does it take requests?",
    description:
      "For a load balancer: 503 from the moment when it begins to stop. Tells besides what is given up under load and what an operator has switched on.",
    callers: "everybody",
    answers: {
      200: {
        description: "It does.",
        schema: ReadyAnswer,
        examples: one("Ready", { status: "ready", load: "normal", switches_on: [] }),
      },
    },
    problems: ["method_not_allowed", ["overloaded", { detail: "The server is stopping." }]],
  },
  metrics: {
    id: "metrics",
    tag: "Running",
    summary: "Metrics for Prometheus",
    description:
      "Attempts by outcome, requests by route and status, their durations, the engine's batches, units by offer, attempts, events and queues by campaign. A series of a route appears when it is first counted.",
    callers: "everybody",
    parameters: [
      {
        name: "name[]",
        in: "query",
        description: "only metrics of this name; may stand several times, and other exporters take it, too",
        schema: Type.String(),
      },
    ],
    answers: {
      200: {
        description: "The metrics in Prometheus' text format.",
        type: "text/plain",
        schema: Type.String(),
        examples: one(
          "Two of them",
          "# HELP rushbox_queue_commands Commands sent to the engine and not yet answered.\n# TYPE rushbox_queue_commands gauge\nrushbox_queue_commands 0\n",
        ),
      },
    },
    problems: ["method_not_allowed", "internal"],
  },
  docs: {
    id: "docs",
    tag: "Running",
    summary: "This API to read and try",
    description: "Swagger UI, from this server alone: it works with the network cut off.",
    callers: "everybody",
    parameters: [ifNoneMatch],
    answers: {
      200: {
        description: "The page.",
        type: "text/html",
        schema: Type.String(),
        examples: one("The page", "<!doctype html>\n<title>Rushbox API</title>"),
        headers: etagHeader,
      },
      304: notModified,
    },
    problems: ["method_not_allowed"],
  },
  openapi: {
    id: "openapi",
    tag: "Running",
    summary: "This document",
    description: "OpenAPI 3.1, the same file as `schema/openapi.json` in the sources.",
    callers: "everybody",
    parameters: [ifNoneMatch],
    answers: {
      200: {
        description: "The document.",
        schema: Type.Object({ openapi: Type.String({ description: "the version of the format" }) }),
        examples: one("Its beginning", { openapi: "3.1.0" }),
        headers: etagHeader,
      },
      304: notModified,
    },
    problems: ["method_not_allowed"],
  },
  sandbox_page: {
    id: "sandbox_page",
    tag: "Running",
    summary: "The sandbox's payment page",
    description:
      "Where a checkout leads with `RUSHBOX_PAYMENTS=sandbox`: a page with buttons instead of a bank. No money moves. In English or Chinese, as the browser prefers.",
    callers: "everybody",
    parameters: [checkoutTokenParameter, languageParameter],
    answers: {
      200: {
        description: "The page.",
        type: "text/html",
        schema: Type.String(),
        examples: one("The page", "<!doctype html>\n<title>Pay for your order</title>"),
      },
    },
    problems: ["not_found"],
  },
  press_sandbox_button: {
    id: "press_sandbox_button",
    tag: "Running",
    summary: "A button of the sandbox's page",
    description:
      "Plays the payment: the sandbox's webhook is sent as any provider's, signed, and again until it is taken. A button pressed twice is one payment.",
    callers: "everybody",
    parameters: [
      checkoutTokenParameter,
      {
        name: "button",
        in: "path",
        required: true,
        description: "Which one: it is paid, the payment fails, or it arrives after the order's time.",
        schema: Type.Unsafe<string>({ type: "string", enum: ["pay", "fail", "pay-late"] }),
      },
      languageParameter,
    ],
    answers: {
      303: { description: "Played: the page at the `Location` tells how it went.", headers: { Location: "The page." } },
      200: {
        description: "That page, for a client that follows the 303 by itself, as browsers do.",
        type: "text/html",
        schema: Type.String(),
        examples: one("The page", "<!doctype html>\n<title>Paid</title>"),
      },
    },
    problems: ["not_found"],
  },
  checkout_returned: {
    id: "checkout_returned",
    tag: "Running",
    summary: "Where buyers come back to",
    description: "After a payment page, when the shop has no page of its own for that (`RUSHBOX_RETURN_URL`).",
    callers: "everybody",
    parameters: [
      { name: "order", in: "query", description: "The order's id.", schema: Type.String() },
      {
        name: "checkout",
        in: "query",
        description: "How it went on the payment page.",
        schema: Type.Unsafe<string>({ type: "string", enum: ["paid", "unpaid"] }),
      },
      languageParameter,
    ],
    answers: {
      200: {
        description: "The page.",
        type: "text/html",
        schema: Type.String(),
        examples: one("The page", "<!doctype html>\n<title>Thank you</title>"),
      },
    },
    problems: ["method_not_allowed"],
  },
  problem_page: {
    id: "problem_page",
    tag: "Running",
    summary: "What a problem means",
    description: "Where the `type` of every problem leads: a page in English and Chinese.",
    callers: "everybody",
    parameters: [
      {
        name: "code",
        in: "path",
        required: true,
        description: "The problem's code.",
        schema: ProblemAnswer.properties.code,
      },
      ifNoneMatch,
    ],
    answers: {
      200: {
        description: "The page.",
        type: "text/html",
        schema: Type.String(),
        examples: one("The page", "<!doctype html>\n<title>Sold out</title>"),
        headers: etagHeader,
      },
      304: notModified,
    },
    problems: ["not_found"],
  },
};

const campaignChanges: Readonly<Record<CampaignAction, Operation>> = {
  publish: campaignChange({
    action: "publish",
    summary: "Publish a draft",
    description:
      "From now on everybody sees it. It opens at `opens_at`, or at once when there is none. A sale of a kind without `closes_at` gets its closing now.",
    after: "open",
    refusedIn: "open",
    problems: [["invalid", fieldError("closes_at", "has passed: create the campaign anew")]],
  }),
  pause: campaignChange({
    action: "pause",
    summary: "Pause an open campaign",
    description:
      "Nothing can be bought until it is resumed; orders that exist can be paid and cancelled. `closes_at` stays.",
    after: "paused",
    refusedIn: "ended",
  }),
  resume: campaignChange({
    action: "resume",
    summary: "Resume a paused campaign",
    description: "It is open again, with the units that it has.",
    after: "open",
    refusedIn: "open",
  }),
  end: campaignChange({
    action: "end",
    summary: "End a campaign for good",
    description: "Nothing can be bought any more; reserved orders can still be paid until they expire.",
    after: "ended",
    refusedIn: "ended",
  }),
};

function campaignChange(change: {
  action: CampaignAction;
  summary: string;
  description: string;
  after: Static<typeof CampaignAnswer>["state"];
  refusedIn: string;
  problems?: Operation["problems"];
}): Operation {
  const { action, summary, description, after, refusedIn, problems = [] } = change;
  return {
    id: `${action}_campaign`,
    tag: "Operating",
    summary,
    description,
    callers: "operators",
    parameters: [campaignIdParameter],
    answers: {
      200: {
        description: "The campaign in its new state.",
        schema: CampaignAnswer,
        examples: one("Done", { ...campaign, state: after }),
      },
    },
    problems: [...problems, ...operatorProblems, "not_found", transitionNotAllowed(refusedIn), "outcome_unknown"],
  };
}
