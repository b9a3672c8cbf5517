/**
 * What the document of the API says about every route: for people who read it and for programs made from it. Nothing
 * here runs while serving; `.ci/openapi.ts` makes schema/openapi.json of it, and tests hold that against the routes,
 * the handlers' answers and the problems. A route that is not described does not compile.
 */
import type { Static, TSchema } from "@sinclair/typebox";
import { Type } from "@sinclair/typebox";
import { type CampaignAction, campaignActions, campaignKinds, campaignStates } from "../domain/campaign.ts";
import { limits } from "../domain/limits.ts";
import type { ProblemCode, ProblemExtras } from "./problem.ts";
import type { Route } from "./route.ts";
import type { RouteName } from "./routes.ts";
import {
  AttemptAnswer,
  CampaignAnswer,
  CampaignBody,
  CampaignListAnswer,
  type CountsAnswer,
  HealthAnswer,
  LedgerAnswer,
  OfferAnswer,
  OfferBody,
  OrderAnswer,
  OrderListAnswer,
  PayBody,
  ProblemAnswer,
  PublicLedgerAnswer,
  ReadyAnswer,
  ReceiptAnswer,
  ReceiptKeysAnswer,
  ReserveBody,
  RestockBody,
  TimeAnswer,
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
  Order: OrderAnswer,
  OrderList: OrderListAnswer,
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
  Time: TimeAnswer,
  Health: HealthAnswer,
  Readiness: ReadyAnswer,
  Problem: ProblemAnswer,
};

/** What the document says about a route; `null` for a file that a page is made of. */
export function operationOf(route: Pick<Route, "name" | "path">): Operation | null {
  if (route.name === "change_campaign") {
    const action = campaignActions.find((known) => route.path.endsWith(`/${known}`));
    if (action === undefined) throw new Error(`no action of a campaign: ${route.path}`);
    return campaignChanges[action];
  }
  if (route.name === "unmatched") throw new Error("what no route takes is no operation");
  const isFile = (route.name === "docs" || route.name === "verify_page") && route.path.lastIndexOf("/") > 0;
  return isFile ? null : operations[route.name];
}

// ---------------------------------------------------------------------------------------------------------------------
// Examples: one sale, told through all operations. Their ids are those of the first campaign in a new data folder.

const offer: Static<typeof OfferAnswer> = {
  id: "off_0000000002",
  campaign_id: "cmp_0000000001",
  sku: "MATE-80-BLK-512",
  title: "Mate 80 Pro 512 GB",
  price_minor: 100,
  list_price_minor: 699_900,
  currency: "CNY",
  limit_per_buyer: 1,
  brand: "Huawei",
  category: "phones",
  image_url: null,
  total: 100,
  available: 62,
  held: 8,
  sold: 30,
  waiting: 0,
};
const untouched = { available: 100, held: 0, sold: 0 } as const;
const campaign: Static<typeof CampaignAnswer> = {
  id: "cmp_0000000001",
  title: "Double Eleven, one yuan",
  kind: "one_yuan",
  state: "open",
  opens_at: "2026-11-11T12:00:00.000Z",
  closes_at: "2026-11-11T12:30:00.000Z",
  payment_window_s: 900,
  waitlist: true,
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
  kind: "one_yuan",
  payment_window_s: 900,
  offers: [
    {
      sku: "MATE-80-BLK-512",
      title: "Mate 80 Pro 512 GB",
      price_minor: 100,
      list_price_minor: 699_900,
      currency: "CNY",
      stock: 100,
      limit_per_buyer: 1,
      brand: "Huawei",
      category: "phones",
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
/** How a row's hash is made, for whoever reads the ledger. */
const hashWords = [
  "A row's `hash` is the SHA-256 of the hash before it and of the row, joined by line feeds: `seq`, `at` in milliseconds",
  "since 1970, `type`, the numbers of campaign, offer and order (their ids' digits in base 36; nothing for null),",
  "`previous_seq`, `available`, `held`, `sold`, `details`.",
];

const one = (summary: string, value: unknown): Examples => ({ example: [summary, value] });
const fieldError = (field: string, detail: string): ProblemExtras => ({ errors: [{ field, detail }] });

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

const etagHeader = { ETag: "Changes whenever the body does; for If-None-Match." };
const cacheHeaders = {
  ...etagHeader,
  "Cache-Control": "For everybody one second in shared caches; for operators none.",
};
const notModified: Answer = { description: "Nothing has changed since that ETag.", headers: etagHeader };

/** What a body may be refused for, before anything else is looked at. */
const bodyProblems = ["payload_too_large", "unsupported_media_type"] as const;
const buyerProblems = ["unauthorized", "overloaded", "internal"] as const;
const operatorProblems = ["unauthorized", "forbidden", "overloaded", "internal"] as const;
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
const notOpen = ["not_open", { retryAfterS: 42, members: { opens_at: "2026-11-11T12:00:00.000Z" } }] as const;

// ---------------------------------------------------------------------------------------------------------------------

const operations: Readonly<Record<Exclude<RouteName, "change_campaign" | "unmatched">, Operation>> = {
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
      "The checks, in their order: the request's form, the offer, the key, *not open*, *ended*, *paused*, *sold out*,",
      "the limit per buyer, fewer left than asked for.",
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
      "not_found",
      "sold_out",
      limitReached,
      "ended",
      ...bodyProblems,
      "key_reused",
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
    description:
      "With its offers and the counts of now: `available + held + sold = total`, at every moment. A draft is seen by operators only.",
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
    description: "A buyer sees their own, an operator those of all buyers.",
    callers: "buyers and operators",
    parameters: [limitParameter, cursorParameter],
    answers: {
      200: {
        description: "A page of orders.",
        schema: OrderListAnswer,
        examples: one("The only page", { orders: [paidOrder], next_cursor: null }),
      },
    },
    problems: [limitWrong, ...buyerProblems],
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
    problems: [...buyerProblems, "not_found", transitionNotAllowed("paid"), "outcome_unknown"],
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
      ...bodyProblems,
      ...operatorProblems,
      "outcome_unknown",
    ],
  },
  restock_offer: {
    id: "restock_offer",
    tag: "Operating",
    summary: "Add units to an offer, or take some back",
    description:
      "A negative quantity takes back what is still available, never more. A sold-out offer can be had again at once. Not idempotent: look at `total` before repeating one whose answer was lost.",
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
      "the same order is then found and answered `refund_due`; payments without a reference cannot be told apart.",
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
    ],
  },
  stream_orders: {
    id: "stream_orders",
    tag: "Live streams",
    summary: "A buyer's orders, live",
    description: [
      "An event for everything that happens to one of the buyer's orders: `order_reserved`, `order_paid`,",
      "`order_cancelled`, `order_expired`, `order_rereserved`, `order_refund_due`, with the order as it stands. After",
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
        description: "The stream. The `data` of each event is an *Order* as JSON.",
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
    problems: [ledgerLimitWrong, "not_found", "internal"],
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
    problems: [ledgerLimitWrong, ...operatorProblems],
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
    description: "For a load balancer: 503 from the moment when it begins to stop.",
    callers: "everybody",
    answers: { 200: { description: "It does.", schema: ReadyAnswer, examples: one("Ready", { status: "ready" }) } },
    problems: ["method_not_allowed", ["overloaded", { detail: "The server is stopping." }]],
  },
  metrics: {
    id: "metrics",
    tag: "Running",
    summary: "Metrics for Prometheus",
    description:
      "Attempts by outcome, requests by route and status, their durations, the engine's batches, units by offer.",
    callers: "everybody",
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
