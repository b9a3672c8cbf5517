/**
 * The shapes of the wire, for checking what comes in and describing what goes out. Plain JSON Schema: an integer is an
 * integer. Descriptions are written for the reader of the API's document and of an error alike.
 */
import { FormatRegistry, Kind, type TSchema, Type, TypeRegistry } from "@sinclair/typebox";
import { difficulties } from "../admission/challenge.ts";
import { loadLevels } from "../admission/load-level.ts";
import { riskActions, ruleNames, subjectKinds } from "../admission/risk/rules.ts";
import { intents, languages } from "../dialogue/chat/intents.ts";
import { accessEffects } from "../domain/access.ts";
import { admissionModes, challengeKinds, drawEntryStates, openAdmission } from "../domain/admission.ts";
import { agentPolicies } from "../domain/agents.ts";
import { campaignKinds, campaignStates, kindPresets } from "../domain/campaign.ts";
import { rateLimitNames, riskModes, switchNames } from "../domain/controls.ts";
import { deliveryStates } from "../domain/endpoint.ts";
import { formatId, type IdPrefix } from "../domain/ids.ts";
import { limits } from "../domain/limits.ts";
import { noticeTypes } from "../domain/notice.ts";
import { operatorRoles } from "../domain/operator.ts";
import { orderStates } from "../domain/order.ts";
import { paymentProviders, paymentStates } from "../domain/payment.ts";
import { rehearsalStates } from "../domain/rehearsal.ts";
import type { ReminderState } from "../domain/reminder.ts";
import { waitlistStates } from "../domain/waitlist.ts";
import { quicknetHash } from "../draw/chain.ts";
import { drawStates } from "../draw/document.ts";
import { works } from "./gate.ts";
import { problemKinds } from "./problem.ts";

/** RFC 3339 with a zone and up to milliseconds, of a day that exists. */
const rfc3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,3})?(Z|[+-]\d{2}:\d{2})$/;
FormatRegistry.Set("date-time", (text) => parseTime(text) !== null);
const isHttpUrl = (text: string) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
FormatRegistry.Set("uri", isHttpUrl);
FormatRegistry.Set("uri-reference", (text) => text.startsWith("/") || isHttpUrl(text));

TypeRegistry.Set<{ enum: string[] }>(
  "StringEnum",
  (schema, value) => typeof value === "string" && schema.enum.includes(value),
);

export const closed = { additionalProperties: false } as const;
export const nullable = <S extends TSchema>(schema: S) => Type.Union([schema, Type.Null()]);
export const idOf = (prefix: IdPrefix, description: string, seq: number) =>
  Type.String({ pattern: `^${prefix}_[0-9a-z]{10}$`, description, examples: [formatId(prefix, seq)] });
export const time = (description: string, example = "2026-11-11T12:00:00.000Z") =>
  Type.String({ format: "date-time", description, examples: [example] });
/** Text that a person will read: at least one character of it is not a space. */
const text = (lengthMax: number, description: string, example: string) =>
  Type.String({ minLength: 1, maxLength: lengthMax, pattern: "\\S", description, examples: [example] });
/** What is shown as a heading: one line, without what nobody sees. */
const line = (lengthMax: number, description: string, example: string) =>
  Type.String({
    minLength: 1,
    maxLength: lengthMax,
    pattern: "^(?=.*\\S)[^\\u0000-\\u001f\\u007f-\\u009f]*$",
    description,
    examples: [example],
  });
/** Plain text: of the control characters line feeds alone. */
const lines = (lengthMax: number, description: string, example: string) =>
  Type.String({
    minLength: 1,
    maxLength: lengthMax,
    pattern: "^(?=[^]*\\S)[^\\u0000-\\u0009\\u000b-\\u001f\\u007f-\\u009f]*$",
    description,
    examples: [example],
  });
const label = (description: string, example: string) => text(limits.labelLengthMax, description, example);
export const oneOf = <T extends string>(values: readonly T[], description: string) =>
  Type.Unsafe<T>({ [Kind]: "StringEnum", type: "string", enum: [...values], description });
/** Of a path: one that stays on this server in every browser. Two slashes begin a host, and a backslash is one of them. */
const pictureForm = "^(https?:|/(?![/\\\\])[^\\s\\\\]*$)";
const pictureMeaning = "a picture: its http or https address, or a path of this server that begins with one slash";
const price = (description: string, example: number) =>
  Type.Integer({ minimum: 0, maximum: limits.priceMinorMax, description, examples: [example] });

/** A provider, or the shop itself. */
const paymentsTaken = ["none", "sandbox", "stripe"] as const;

/** What a preset means, from the preset itself: `hot_item (10 minutes, 10000 units at most, 2 per buyer at most)`. */
const kindRules = campaignKinds.map((name) => {
  const { windowMs, stockMax, limitPerBuyerMax, floorPrice } = kindPresets[name];
  const rules = [`${windowMs / 60_000} minutes unless closes_at says otherwise`];
  if (floorPrice) rules.push("one unit of the currency at most");
  if (stockMax < limits.stockMax) rules.push(`${stockMax} units at most`);
  if (limitPerBuyerMax < limits.quantityMax) rules.push(`${limitPerBuyerMax} per buyer at most`);
  return `${name} (${rules.join(", ")})`;
});
const kind = oneOf(campaignKinds, `preset with rules of its own: ${kindRules.join("; ")}`);
const currency = Type.String({
  minLength: 3,
  maxLength: 3,
  pattern: "^[A-Z]{3}$",
  description: "ISO 4217 code in capital letters",
  examples: ["CNY"],
});

export const OfferBody = Type.Object(
  {
    sku: label("the shop's own number of the goods", "MATE-80-BLK-512"),
    title: line(limits.titleLengthMax, "what buyers read: one line", "Mate 80 Pro 512 GB"),
    description: Type.Optional(
      lines(
        limits.offerDescriptionLengthMax,
        "what it is, for buyers: plain text with line breaks",
        "6.9 inch display, 512 GB.\nBlack, with charger.",
      ),
    ),
    price_minor: price("price in minor units: 100 is one yuan", 100),
    list_price_minor: Type.Optional(price("usual price in minor units, not below price_minor", 699_900)),
    currency,
    stock: Type.Integer({ minimum: 0, maximum: limits.stockMax, description: "units to sell", examples: [100] }),
    limit_per_buyer: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: limits.quantityMax,
        default: 1,
        description: "units that one buyer may have",
        examples: [1],
      }),
    ),
    brand: Type.Optional(label("brand, for filtering", "Huawei")),
    category: Type.Optional(label("category, for filtering", "phones")),
    image_url: Type.Optional(
      Type.String({
        format: "uri-reference",
        pattern: pictureForm,
        maxLength: limits.urlLengthMax,
        description: pictureMeaning,
        examples: ["https://shop.example/mate-80.jpg", "/pictures/phone.svg"],
      }),
    ),
  },
  closed,
);

const agentPolicy = oneOf(
  agentPolicies,
  "whether software may buy in a buyer's name: allowed; humans_only, not at all; share, up to share_percent of each offer",
);
const sharePercent = Type.Optional(
  Type.Integer({
    minimum: limits.agentSharePercentMin,
    maximum: limits.agentSharePercentMax,
    description: "with the policy share, and only then: percent of an offer's units that agents' orders may have",
    examples: [20],
  }),
);

export const CampaignBody = Type.Object(
  {
    title: line(limits.titleLengthMax, "what buyers read: one line", "Double Eleven, one yuan"),
    description: Type.Optional(
      lines(
        limits.campaignDescriptionLengthMax,
        "what it is about and its own terms, for buyers: plain text with line breaks",
        "One yuan each, for half an hour.\nOne per buyer. Paid within 15 minutes.",
      ),
    ),
    kind: Type.Optional(kind),
    opens_at: Type.Optional(time("when the sale opens: RFC 3339 with a zone; when absent, as soon as it is published")),
    closes_at: Type.Optional(
      time(
        "when the sale closes: RFC 3339 with a zone; when absent, as its kind says, else when it is ended",
        "2026-11-11T12:30:00.000Z",
      ),
    ),
    payment_window_s: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: limits.paymentWindowSMax,
        default: 900,
        description: "seconds for paying, before the units return to sale",
        examples: [900],
      }),
    ),
    waitlist: Type.Optional(
      Type.Boolean({
        default: true,
        description: "whether buyers may wait for units that return; a queue has no other line, a draw always has",
      }),
    ),
    admission: Type.Optional(
      oneOf(
        admissionModes,
        "who may buy: open, whoever asks first; queue, whoever's turn it is in the waiting room; draw, who is drawn at the closing. Default: open",
      ),
    ),
    pass: Type.Optional(
      Type.Boolean({
        default: false,
        description:
          "whether an open campaign sells to holders of a pass alone, which nobody can have before the opening",
      }),
    ),
    pass_window_s: Type.Optional(
      Type.Integer({
        minimum: limits.passWindowSMin,
        maximum: limits.passWindowSMax,
        default: openAdmission.passWindowS,
        description: "seconds for which a pass is good",
      }),
    ),
    challenge: Type.Optional(
      oneOf(
        challengeKinds,
        "what is asked of whoever wants a pass, a place in the queue, an entry in the draw. Default: none",
      ),
    ),
    agents: Type.Optional(
      Type.Object(
        { policy: agentPolicy, share_percent: sharePercent },
        {
          ...closed,
          description: "agents, as far as they can be told from their buyers. Default: allowed",
          examples: [{ policy: "share", share_percent: 20 }],
        },
      ),
    ),
    offers: Type.Array(OfferBody, {
      minItems: 1,
      maxItems: limits.offersPerCampaignMax,
      description: "what is sold, each SKU once",
    }),
  },
  closed,
);

export const RestockBody = Type.Object(
  {
    quantity: Type.Integer({
      minimum: -limits.stockMax,
      maximum: limits.stockMax,
      description: "units to add; negative takes back what is still available, never more",
      examples: [50],
    }),
    expected_total: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: limits.stockMax,
        description: "what the total must be at that moment, as it was last seen; a repeated request is then refused",
        examples: [100],
      }),
    ),
  },
  closed,
);

export const ReserveBody = Type.Object(
  {
    quantity: Type.Optional(
      Type.Integer({ minimum: 1, maximum: limits.quantityMax, default: 1, description: "units to buy", examples: [1] }),
    ),
  },
  closed,
);

export const RefundBody = Type.Object(
  {
    return_units: Type.Optional(
      Type.Boolean({ default: true, description: "whether the units go back on sale; else they are written off" }),
    ),
  },
  closed,
);

export const PayBody = Type.Object(
  {
    reference: Type.Optional(text(limits.referenceLengthMax, "the payment's own number", "pay_81723")),
    amount_minor: Type.Optional(price("what was paid, in minor units: the order's amount when absent", 100)),
    currency: Type.Optional(currency),
  },
  closed,
);

export const AccessBody = Type.Object(
  {
    effect: oneOf(accessEffects, "block: not let in; allow: let by the risk desk, rate limits and challenges"),
    buyer_id: Type.Optional(text(limits.buyerIdLengthMax, "whom it is about: a buyer", "alice")),
    network: Type.Optional(text(50, "or from where: an address, or a network with its length", "192.0.2.0/24")),
    reason: text(limits.reasonLengthMax, "told to whoever is refused by it", "resold what they bought here"),
    expires_at: Type.Optional(time("when it ends by itself; never when absent", "2026-12-11T12:00:00.000Z")),
  },
  closed,
);

export const OperatorBody = Type.Object(
  {
    name: text(limits.operatorNameLengthMax, "who it is: stands in the audit log", "Li Na"),
    role: oneOf(operatorRoles, "viewer: sees; operator: runs sales; admin: keys, webhooks and erasure too"),
  },
  closed,
);

export const ReminderBody = Type.Object(
  {
    lead_s: Type.Optional(
      Type.Integer({
        minimum: limits.reminderLeadSMin,
        maximum: limits.reminderLeadSMax,
        multipleOf: 60,
        default: limits.reminderLeadSDefault,
        description: "seconds before the opening: whole minutes, of 60 seconds each",
        examples: [300],
      }),
    ),
  },
  closed,
);

export const EraseBody = Type.Object(
  { buyer_id: text(limits.buyerIdLengthMax, "the `sub` of the buyer's token", "alice") },
  closed,
);

const webhookUrl = Type.String({
  format: "uri",
  pattern: "^https?:",
  maxLength: limits.urlLengthMax,
  description: "http or https address that takes a POST",
  examples: ["https://shop.example/hooks/rushbox"],
});
const webhookTypes = Type.Array(oneOf(noticeTypes, "a type of event"), {
  minItems: 1,
  maxItems: noticeTypes.length,
  uniqueItems: true,
  description: "the types of events that it wants",
  examples: [["order_paid", "order_refunded"]],
});

export const WebhookBody = Type.Object({ url: webhookUrl, types: Type.Optional(nullable(webhookTypes)) }, closed);

export const WebhookChangeBody = Type.Object(
  {
    url: Type.Optional(webhookUrl),
    types: Type.Optional(nullable(webhookTypes)),
    enabled: Type.Optional(Type.Boolean({ description: "false: events wait until it is true again" })),
  },
  closed,
);

const rateLimit = Type.Object(
  {
    quota: Type.Integer({
      minimum: 1,
      maximum: limits.rateLimitQuotaMax,
      description: "attempts within the window",
      examples: [50],
    }),
    window_s: Type.Integer({
      minimum: 1,
      maximum: limits.rateLimitWindowSMax,
      description: "the window in seconds",
      examples: [10],
    }),
  },
  { ...closed, description: "how many attempts within how many seconds" },
);
const switchName = oneOf(switchNames, "the switch");
const riskMode = oneOf(
  riskModes,
  "off: no signals are kept; record: it judges and nobody feels it; enforce: it refuses",
);

export const ControlsBody = Type.Object(
  {
    rate_limits: Type.Optional(
      Type.Partial(Type.Object(Object.fromEntries(rateLimitNames.map((name) => [name, nullable(rateLimit)])), closed), {
        description: "limits to be set, or with null taken off",
      }),
    ),
    switches: Type.Optional(
      Type.Array(
        Type.Object(
          {
            name: switchName,
            on: Type.Boolean({ description: "whether it is to be on" }),
            campaign_id: Type.Optional(nullable(idOf("cmp", "for this campaign alone; absent: for all", 1))),
          },
          closed,
        ),
        { minItems: 1, maxItems: 100, description: "switches to be thrown" },
      ),
    ),
    risk_mode: Type.Optional(riskMode),
  },
  closed,
);

const chatMembers = {
  text: Type.Optional(
    Type.String({
      maxLength: limits.chatTextLengthMax,
      description: "what was said; with neither text nor choice a conversation is opened with a greeting",
      examples: ["buy two of the first"],
    }),
  ),
  choice: Type.Optional(
    Type.String({
      maxLength: 300,
      description: "in place of a text: the value of a choice that an answer came with",
      examples: ["offer:off_0000000002"],
    }),
  ),
  context: Type.Optional(
    Type.String({
      maxLength: 4_000,
      description: "as the last answer of this conversation had it; what is none, or is old, begins anew",
    }),
  ),
  campaign_id: Type.Optional(
    idOf("cmp", "the sale on whose page it was said: what is meant from then on where nothing else is named", 1),
  ),
  language: Type.Optional(oneOf(languages, "what to answer in; when absent, in the language of the message")),
};
export const ChatBody = Type.Object(chatMembers, closed);
export const ChatPlatformBody = Type.Object(
  {
    sender: text(limits.buyerIdLengthMax, "who says it, as a buyer's id: the platform vouches for it", "wechat:oAb12"),
    ...chatMembers,
  },
  closed,
);

export const ReplayBody = Type.Object({ id: Type.Optional(idOf("evt", "one delivery; absent: all", 118)) }, closed);

// Answers are open: a later version may add members, and whoever reads them ignores what they do not know.

const count = (description: string, example: number) => Type.Integer({ minimum: 0, description, examples: [example] });

export const OfferAnswer = Type.Object({
  id: idOf("off", "the offer", 2),
  campaign_id: idOf("cmp", "the campaign that it belongs to", 1),
  sku: Type.String({ description: "the shop's own number of the goods", examples: ["MATE-80-BLK-512"] }),
  title: Type.String({ description: "what buyers read", examples: ["Mate 80 Pro 512 GB"] }),
  description: nullable(
    Type.String({
      description: "what it is, for buyers: plain text with line breaks",
      examples: ["6.9 inch display, 512 GB.\nBlack, with charger."],
    }),
  ),
  price_minor: count("price in minor units: 100 is one yuan", 100),
  list_price_minor: nullable(count("usual price in minor units", 699_900)),
  currency,
  limit_per_buyer: count("units that one buyer may have", 1),
  brand: nullable(Type.String({ description: "brand, for filtering", examples: ["Huawei"] })),
  category: nullable(Type.String({ description: "category, for filtering", examples: ["phones"] })),
  image_url: nullable(
    Type.String({ format: "uri-reference", description: pictureMeaning, examples: ["/pictures/phone.svg"] }),
  ),
  total: count("units: available + held + sold, at every moment", 100),
  available: count("units that can be had now", 62),
  held: count("units in orders that are not yet paid", 8),
  sold: count("units in paid orders", 30),
  waiting: count("buyers who wait for units that return", 0),
});

export const CampaignAnswer = Type.Object({
  id: idOf("cmp", "the campaign", 1),
  title: Type.String({ description: "what buyers read", examples: ["Double Eleven, one yuan"] }),
  description: nullable(
    Type.String({
      description: "what it is about and its own terms, for buyers: plain text with line breaks",
      examples: ["One yuan each, for half an hour.\nOne per buyer. Paid within 15 minutes."],
    }),
  ),
  kind: nullable(kind),
  state: oneOf(
    campaignStates,
    "draft until published, scheduled until opens_at, then open; paused and resumed by an operator; ended for good",
  ),
  opens_at: nullable(time("when the sale opens; null: as soon as it is published")),
  closes_at: nullable(time("when the sale closes; null: when an operator ends it", "2026-11-11T12:30:00.000Z")),
  payment_window_s: count("seconds for paying, before the units return to sale", 900),
  waitlist: Type.Boolean({ description: "whether units that return go to those who wait, if anybody does" }),
  admission: oneOf(admissionModes, "who may buy: whoever asks first, whose turn it is in the queue, who is drawn"),
  pass: Type.Boolean({ description: "whether a purchase needs a pass: from the queue, or asked for when it is open" }),
  pass_window_s: count("seconds for which a pass is good", 120),
  challenge: oneOf(challengeKinds, "what is asked of whoever wants a pass, a place in the queue, an entry in the draw"),
  agents: Type.Object({ policy: agentPolicy, share_percent: sharePercent }, { description: "what agents may do here" }),
  commitment: Type.Optional(
    Type.String({
      description:
        "SHA-256 of the bytes of the secret that the order of the queue or draw is made of; of a queue the secret is told here when the order is drawn, of a draw by GET /v1/campaigns/{id}/draw",
      examples: ["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"],
    }),
  ),
  secret: Type.Optional(
    nullable(
      Type.String({
        description:
          "of a queue: what its order was drawn by, in hexadecimal digits; null until then, and for good when nobody was there at the opening",
        examples: ["5e".repeat(32)],
      }),
    ),
  ),
  drawn_count: Type.Optional(nullable(count("of a queue: how many were there at the opening, and drawn among", 6))),
  beacon: Type.Optional(
    Type.Object(
      {
        chain: Type.String({
          description: "the hash of the chain",
          examples: ["52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971"],
        }),
        round: count("the round that decides with the secret", 4_211_000),
      },
      { description: "the public beacon's round that goes into the draw" },
    ),
  ),
  created_at: time("when it was created", "2026-11-10T09:00:00.000Z"),
  offers: Type.Array(OfferAnswer, { description: "what is sold, in the order in which it was created" }),
});

const cursor = (prefix: IdPrefix) =>
  nullable(
    Type.String({
      description: "pass it as `cursor` for the next page; null at the end",
      examples: [formatId(prefix, 1)],
    }),
  );

export const CampaignListAnswer = Type.Object({
  campaigns: Type.Array(CampaignAnswer, { description: "the newest first" }),
  next_cursor: cursor("cmp"),
});

export const OrderAnswer = Type.Object({
  id: idOf("ord", "the order", 118),
  offer_id: idOf("off", "the offer that was bought", 2),
  campaign_id: idOf("cmp", "the offer's campaign", 1),
  sku: Type.String({ description: "the shop's own number of the goods", examples: ["MATE-80-BLK-512"] }),
  currency,
  buyer_id: nullable(
    Type.String({ description: "the `sub` of the buyer's token; null when it was erased", examples: ["alice"] }),
  ),
  by_agent: Type.Boolean({
    description: "whether an agent made it in the buyer's name, or the entry that it came from",
    examples: [false],
  }),
  quantity: Type.Integer({ minimum: 1, description: "units", examples: [1] }),
  amount_minor: count("to pay, in minor units", 100),
  state: oneOf(
    orderStates,
    "reserved until paid, cancelled, or expired at expires_at; refund_due when money has to go back (a payment too late, or a refund asked for), refunded when it has gone",
  ),
  seq: Type.Integer({
    minimum: 1,
    description: "the order's place in the one sequence of all events",
    examples: [118],
  }),
  reserved_at: time("when it was reserved", "2026-11-11T12:00:00.137Z"),
  expires_at: time("until when it can be paid", "2026-11-11T12:15:00.137Z"),
  paid_at: Type.Optional(time("when the payment arrived; absent before", "2026-11-11T12:03:12.004Z")),
  ended_at: Type.Optional(
    time("when it was cancelled or expired, or its refund became due; absent before", "2026-11-11T12:15:00.140Z"),
  ),
});

export const CheckoutAnswer = Type.Object({
  url: Type.String({
    description: "the payment provider's page: lead the buyer there",
    examples: ["https://pay.example/c/cs_live_a1b2c3"],
  }),
  expires_at: time("until when paying there keeps the order", "2026-11-11T12:15:00.137Z"),
});

/** The sandbox's event. What a provider sends is its own affair: checked by its signature, not by this. */
export const ProviderEventBody = Type.Object({
  type: Type.String({ description: "what happened", examples: ["payment.paid"] }),
  timestamp: time("when", "2026-11-11T12:03:11.870Z"),
  data: Type.Object({
    order_id: idOf("ord", "the order", 118),
    reference: Type.String({ description: "the payment's own number" }),
    amount_minor: count("what was paid, in minor units", 100),
    currency,
    order_expires_at_ms: Type.Integer({ description: "the order's, as it was when its page was opened" }),
  }),
});

export const ProviderEventAnswer = Type.Object({
  outcome: oneOf(
    ["paid", "refund_due", "ignored", "order_unknown"],
    "paid: it pays for its order; refund_due: it is returned, being too late, one too many or of a wrong amount; ignored: it is no payment; order_unknown: its order is not here, and the log says so",
  ),
});

export const OrderListAnswer = Type.Object({
  orders: Type.Array(OrderAnswer, { description: "the newest first" }),
  next_cursor: cursor("ord"),
});

export const PaymentAnswer = Type.Object({
  id: idOf("pay", "the payment", 119),
  provider: oneOf(paymentProviders, "who took the money: the shop itself, or a provider that Rushbox asked"),
  reference: nullable(Type.String({ description: "the provider's own number", examples: ["pay_81723"] })),
  amount_minor: count("in minor units", 100),
  currency,
  state: oneOf(paymentStates, "accepted: pays for its order; refund_due: to be returned; refunded: returned"),
  received_at: time("when it was told of", "2026-11-11T12:03:12.004Z"),
  refunded_at: Type.Optional(time("when it was returned; absent before", "2026-11-12T08:00:00.000Z")),
});
export const PaymentListAnswer = Type.Object({
  payments: Type.Array(PaymentAnswer, { description: "in the order in which they came" }),
});

export const WaitlistPlaceAnswer = Type.Object({
  entry_id: idOf("wte", "the entry", 120),
  offer_id: idOf("off", "the offer", 2),
  campaign_id: idOf("cmp", "its campaign", 1),
  state: oneOf(["waiting"], "in line"),
  place: Type.Integer({ minimum: 1, description: "1 is the next", examples: [3] }),
  waiting: Type.Integer({ minimum: 1, description: "how many are in line", examples: [812] }),
});
export const WaitlistLeftAnswer = Type.Object({
  offer_id: idOf("off", "the offer", 2),
  campaign_id: idOf("cmp", "its campaign", 1),
  state: oneOf(["left"], "not in line any more"),
});
export const ReminderAnswer = Type.Object({
  reminder_id: idOf("rmd", "the reminder", 123),
  campaign_id: idOf("cmp", "the campaign", 1),
  title: Type.String({ description: "what the campaign is called", examples: ["Double Eleven"] }),
  opens_at: nullable(time("when the sale opens")),
  lead_s: Type.Integer({ description: "seconds before the opening", examples: [300] }),
  due_at: time("when it comes", "2026-11-11T11:55:00.000Z"),
  state: oneOf(["waiting", "due"] satisfies ReminderState[], "waiting: comes at due_at; due: has come"),
  came_at: nullable(time("when it came", "2026-11-11T11:55:00.012Z")),
  late: Type.Boolean({ description: "it came when the sale had opened: nothing ran before" }),
});
export const ReminderRemovedAnswer = Type.Object({
  campaign_id: idOf("cmp", "the campaign", 1),
  state: oneOf(["removed"] satisfies ReminderState[], "nothing will come"),
});
export const ReminderListAnswer = Type.Object({ reminders: Type.Array(ReminderAnswer) });
const pass = Type.String({
  description: "send it unchanged in the header Rushbox-Pass when buying",
  examples: ["p1.1.3d.mi2nkrf9.2bd806c97f0e00af1a1fc3328fa763a9.hVJ2Yq3XoYBuO6rJ0b3C1qzv8mPjS6r0w0sJkXo5c1A"],
});
export const QueueAnswer = Type.Object({
  entry_id: idOf("que", "the entry", 121),
  campaign_id: idOf("cmp", "its campaign", 1),
  state: oneOf(["waiting", "admitted"], "waiting: in line; admitted: has a pass, and may buy until expires_at"),
  by_agent: Type.Boolean({ description: "an agent joined in the buyer's name: the agents' share counts for its turn" }),
  place: nullable(
    Type.Integer({
      minimum: 1,
      description:
        "1 is the first in line; null before the opening, when nobody has a place yet, and for who is admitted",
      examples: [37],
    }),
  ),
  ahead: nullable(
    count(
      "how many are before this buyer in line and can have their turn: agents past their share keep no person waiting, while an agent waits for all of them; null where place is",
      36,
    ),
  ),
  waiting: count("how many are in line", 5_120),
  passes: count("how many have a pass now: never more than there are units left", 40),
  units_left: count("units that can be had now, over all offers, those for the passes that are out included", 40),
  units_held: count("units in orders that are not paid yet: some of them come back", 210),
  chance: nullable(
    Type.Number({
      minimum: 0,
      maximum: 1,
      description:
        "of getting a unit, by what others did so far; 0 when no unit can be had any more; null before the opening",
      examples: [0.82],
    }),
  ),
  estimated_wait_s: nullable(
    count("seconds until the turn comes, by how quickly it went lately; null where too little has happened to say", 95),
  ),
  refusal: nullable(
    oneOf(
      ["sold_out", "agent_share_taken"],
      "with chance 0: as whoever would join now is refused; agents have their own",
    ),
  ),
  note: nullable(Type.String({ description: "the same in a clear word" })),
  pass: nullable(pass),
  expires_at: nullable(time("until when the pass is good", "2026-11-11T12:02:00.250Z")),
  poll_after_s: Type.Integer({ minimum: 1, description: "as Retry-After: when to ask again", examples: [11] }),
});
export const QueueLeftAnswer = Type.Object({
  campaign_id: idOf("cmp", "the campaign", 1),
  state: oneOf(["left"], "not in the queue any more"),
});
export const PassAnswer = Type.Object({
  campaign_id: idOf("cmp", "the campaign", 1),
  pass,
  expires_at: time("until when the pass is good", "2026-11-11T12:02:00.250Z"),
});
export const DrawEntryAnswer = Type.Object({
  entry_id: idOf("wte", "the entry", 122),
  offer_id: idOf("off", "the offer", 2),
  campaign_id: idOf("cmp", "its campaign", 1),
  state: oneOf(
    drawEntryStates,
    "entered: will be drawn; waiting: the draw is made, and others come first; won: became an order; left: given up; over: no order came, and none will",
  ),
  entries: count("how many are in this draw, and after it in its list", 8_312),
  place: nullable(Type.Integer({ minimum: 1, description: "with waiting: 1 is the next", examples: [12] })),
  order_id: nullable(idOf("ord", "with won: the order", 130)),
});
export const WaitlistAnswer = Type.Object({
  entries: Type.Array(
    Type.Object({
      entry_id: idOf("wte", "the entry", 120),
      buyer_id: nullable(Type.String({ description: "the `sub` of the buyer's token", examples: ["alice"] })),
      joined_at: time("since when they wait", "2026-11-11T12:00:03.500Z"),
    }),
    { description: "the next first" },
  ),
  next_cursor: cursor("wte"),
});

const operatorMembers = {
  id: idOf("opr", "the operator", 7),
  name: Type.String({ description: "who it is", examples: ["Li Na"] }),
  role: oneOf(operatorRoles, "what they may do"),
  created_at: time("when the key was made", "2026-11-10T09:00:00.000Z"),
  revoked_at: Type.Optional(time("when it was revoked; absent before", "2026-11-12T09:00:00.000Z")),
};
export const ChallengeAnswer = Type.Object({
  challenge: oneOf(challengeKinds, "what has to be solved: nothing, a proof of work, or a captcha"),
  difficulty: Type.Optional(oneOf(difficulties, "of a proof of work: harder for those whom the risk desk suspects")),
  expires_at: Type.Optional(time("until when its solution is taken")),
  parameters: Type.Optional(
    Type.Object(
      {
        algorithm: Type.String({ description: "how a key is derived" }),
        cost: Type.Integer({ minimum: 1, description: "iterations of one derivation" }),
        data: Type.Object(
          {
            buyer: Type.String({ description: "a mark of the buyer" }),
            campaign: Type.String(),
            difficulty: oneOf(difficulties, "how difficult it is"),
            expires_at_ms: Type.Integer({ minimum: 0, description: "until when, in milliseconds since 1970" }),
            made_at_ms: Type.Integer({ minimum: 0, description: "when it was made" }),
            run: Type.String({ description: "the start of the server that it is good for" }),
          },
          { description: "what it is bound to" },
        ),
        keyLength: Type.Integer({ minimum: 1, description: "bytes of a derived key" }),
        keyPrefix: Type.String({ description: "how the key of the solution begins" }),
        nonce: Type.String({ description: "goes into the derivation with the counter that is looked for" }),
        salt: Type.String({ description: "goes into it, too" }),
      },
      { description: "ALTCHA's, for its solvers as they are" },
    ),
  ),
  signature: Type.Optional(Type.String({ description: "over the parameters" })),
  site_key: Type.Optional(Type.String({ description: "of a captcha: for its widget" })),
  action: Type.Optional(
    Type.String({ description: "for the widget, where it has such a field: binds its token to the campaign" }),
  ),
  cdata: Type.Optional(Type.String({ description: "likewise: binds it to the buyer" })),
});

export const AccessAnswer = Type.Object({
  id: idOf("acc", "the entry", 12),
  effect: oneOf(accessEffects, "block or allow"),
  buyer_id: Type.Optional(Type.String({ description: "the buyer, where it is about one" })),
  network: Type.Optional(Type.String({ description: "the network in its usual form, where it is about one" })),
  reason: Type.String(),
  created_at: time("when it was made"),
  expires_at: nullable(time("when it ends by itself")),
});
export const AccessListAnswer = Type.Object({
  entries: Type.Array(AccessAnswer, { description: "the newest first, those that have expired too" }),
  next_cursor: nullable(Type.String({ description: "for the next page" })),
});

export const figure = (description: string) => Type.Integer({ minimum: 0, description });
export const fraction = (description: string) => Type.Number({ minimum: 0, maximum: 1, description });
const firedRules = Type.Array(
  Type.Object({
    rule: oneOf(ruleNames, "which rule"),
    points: figure("what it adds to the score"),
    value: figure("what it has seen"),
    detail: Type.String({ description: "in the words that a refused buyer reads" }),
  }),
  { description: "the rules that have given points, the heaviest first" },
);
export const RiskAnswer = Type.Object({
  mode: oneOf(riskModes, "off: nothing is remembered; record: nobody feels it; enforce: verdicts hold"),
  subjects: Type.Array(
    Type.Object({
      kind: oneOf(subjectKinds, "what this is about"),
      id: Type.String({ description: "the buyer; the address (IPv6: its /64); the subnet (/24, IPv6: /48)" }),
      signals: Type.Object({
        attempts: figure("within ten seconds"),
        intervals: figure("attempts that came one after the other"),
        interval_mean_ms: figure("the time between them"),
        interval_variation_percent: figure("standard deviation over mean: 0 is a clock's tick"),
        solved: figure("challenges solved"),
        solved_quickly: figure("of them quicker than a browser does it"),
        addresses: figure("that the buyer comes from, within ten minutes"),
        accounts_of_address: figure("that come from the address, within ten minutes"),
        accounts_of_subnet: figure("that come from the subnet, within ten minutes"),
      }),
      score: figure("the points of all rules at this moment"),
      rules: firedRules,
      verdict: nullable(
        Type.Object({
          action: oneOf(riskActions, "what holds"),
          score: figure("the score that led to it"),
          rules: firedRules,
          since: time("since when"),
          expires_at: time("until when, unless its reason goes on"),
        }),
      ),
    }),
    { description: "itself, and where it comes from; empty when nothing is remembered" },
  ),
});

export const FairnessAnswer = Type.Object({
  campaign_id: idOf("cmp", "the campaign", 1),
  orders: Type.Object({
    count: figure("orders looked at"),
    is_complete: Type.Boolean({ description: `false: only the first ${limits.fairnessOrdersMax} were looked at` }),
    counted_from: oneOf(["opens_at", "first_order"], "what the times are counted from"),
    from: nullable(time("that moment")),
    percentiles: Type.Array(
      Type.Object({ percent: figure("of the orders"), ms: figure("from the opening to the last of them") }),
    ),
    histogram: Type.Array(
      Type.Object({ up_to_ms: nullable(figure("upper bound; null for all beyond")), orders: figure("in it") }),
    ),
    by_agents: Type.Object(
      {
        orders: figure("of them, made by agents"),
        units: figure("in those that are reserved or paid"),
        share_of_units: fraction("in orders that are reserved or paid"),
      },
      { description: "what agents got" },
    ),
  }),
  remembered: nullable(
    Type.Object(
      {
        since: time("since when: the start of this process, or of the risk desk"),
        attempts: figure("to buy, join or enter"),
        units: figure("that went to buyers"),
        subnets: Type.Object({
          count: figure("subnets that got units"),
          largest: Type.Array(
            Type.Object({ subnet: Type.String(), units: figure("that went there"), share: fraction("of all units") }),
          ),
          units_elsewhere: figure("that went to the others"),
        }),
        suspects: Type.Object({
          buyers: figure("of whom the risk desk has thought something"),
          share_of_attempts: fraction("that were theirs"),
          share_of_units: fraction("that they got"),
          by_rule: Type.Array(
            Type.Object({ rule: oneOf(ruleNames, "what gave them away first"), buyers: figure("by it") }),
          ),
        }),
        outcomes: Type.Array(
          Type.Object({ outcome: Type.String({ description: "how attempts ended" }), attempts: figure("that did") }),
        ),
      },
      { description: "what the risk desk remembers, of this process alone; null when it is off" },
    ),
  ),
});

export const OperatorAnswer = Type.Object(operatorMembers);
export const NewOperatorAnswer = Type.Object({
  ...operatorMembers,
  key: Type.String({ description: "the key: shown this once, kept nowhere" }),
});
export const OperatorListAnswer = Type.Object({
  operators: Type.Array(OperatorAnswer, { description: "in the order in which they were made" }),
});
export const OwnOperatorAnswer = Type.Object({
  name: Type.String({ description: "whose key it is", examples: ["root"] }),
  role: oneOf(operatorRoles, "what it may do"),
});

const facts = (description: string) =>
  nullable(Type.Record(Type.String(), Type.Unknown(), { description, examples: [{ state: "open" }] }));
export const AuditAnswer = Type.Object({
  entries: Type.Array(
    Type.Object({
      id: Type.Integer({ minimum: 1, description: "ascends", examples: [12] }),
      at: time("when", "2026-11-11T12:05:00.000Z"),
      operator: Type.String({ description: "who", examples: ["Li Na"] }),
      action: Type.String({ description: "what", examples: ["pause"] }),
      subject: Type.String({ description: "the id of what it was about", examples: ["cmp_0000000001"] }),
      outcome: Type.String({ description: "how it ended: a code", examples: ["changed"] }),
      before: facts("the subject before"),
      after: facts("the subject after"),
    }),
    { description: "the newest first" },
  ),
  next_cursor: nullable(Type.String({ description: "pass it as `cursor` for the next page; null at the end" })),
});

export const ErasureAnswer = Type.Object({
  orders: count("orders whose buyer was erased", 2),
  entries: count("entries of waitlists, draws and queues, and reminders, whose buyer was erased", 1),
  remaining: count("orders and entries of campaigns that still run: ask again when they are settled", 0),
});

const webhookMembers = {
  id: idOf("end", "the webhook", 9),
  url: Type.String({ description: "where events go", examples: ["https://shop.example/hooks/rushbox"] }),
  types: nullable(Type.Array(Type.String(), { description: "the types that it wants; null: all" })),
  enabled: Type.Boolean({ description: "whether events are sent; while they are not, they wait" }),
  rotated_at: nullable(time("when its secret was last changed; the one before signs for another day")),
  delivered_up_to_seq: count("every event up to this one is delivered, not wanted, or counted below", 118),
  delivered_up_to_at: nullable(time("when that event happened: how far behind it is", "2026-11-11T12:00:00.137Z")),
  pending: count("deliveries that will be tried again", 0),
  dead: count("deliveries that were given up", 0),
};
export const WebhookAnswer = Type.Object(webhookMembers);
export const WebhookSecretAnswer = Type.Object({
  ...webhookMembers,
  secret: Type.String({ description: "for verifying signatures: shown this once", examples: ["whsec_bWFkZSB1cA=="] }),
});
export const WebhookListAnswer = Type.Object({
  webhooks: Type.Array(WebhookAnswer, { description: "in the order in which they were made" }),
});
export const DeliveryListAnswer = Type.Object({
  deliveries: Type.Array(
    Type.Object({
      id: idOf("evt", "the event: its webhook-id begins with it", 118),
      seq: Type.Integer({ minimum: 1, description: "the event's number", examples: [118] }),
      type: Type.String({ description: "its type", examples: ["order_paid"] }),
      subject: nullable(Type.String({ description: "what it is about", examples: ["ord_000000003a"] })),
      state: oneOf(deliveryStates, "pending: will be tried again; dead: given up"),
      attempts: count("how often it was tried", 3),
      next_at: Type.Optional(time("when it is tried next")),
      last_attempt_at: nullable(time("when it was last tried")),
      last_status: nullable(Type.Integer({ description: "the HTTP status of the last answer", examples: [500] })),
      last_error: nullable(Type.String({ description: "what went wrong last" })),
    }),
    { description: "the newest first" },
  ),
  next_cursor: cursor("evt"),
});
export const ReplayAnswer = Type.Object({ replayed: count("deliveries that are tried again", 1) });

export const AttemptAnswer = Type.Object({
  status: oneOf(["pending"], "taken, not yet decided"),
  attempt: Type.String({
    description: "where to ask for the result; the same as the Location header",
    examples: ["/v1/attempts/4f1c7c9e-1111-4a52-9a0e-0f5d3c1b2a10"],
  }),
});

export const CountsAnswer = Type.Object({
  id: idOf("cmp", "the campaign", 1),
  state: oneOf(campaignStates, "as in the campaign"),
  opens_at: nullable(time("as in the campaign")),
  closes_at: nullable(time("as in the campaign", "2026-11-11T12:30:00.000Z")),
  offers: Type.Array(
    Type.Object({
      id: idOf("off", "the offer", 2),
      total: count("units: available + held + sold, at every moment", 100),
      available: count("units that can be had now", 62),
      held: count("units in orders that are not yet paid", 8),
      sold: count("units in paid orders", 30),
      waiting: count("buyers who wait for units that return", 0),
    }),
    { description: "every offer of the campaign" },
  ),
});

const hash = (description: string, example: string) =>
  Type.String({ pattern: "^[0-9a-f]{64}$", description, examples: [example] });
const seq = (description: string) => Type.Integer({ minimum: 1, description, examples: [118] });
const units = (description: string, example: number) => Type.Integer({ description, examples: [example] });

const exampleHashes = {
  previous: "1b2fbdab8c49873af7d365186da2e0613c1d37435d9918674098a3a27a803e92",
  details: "5662f896e29ca4eada3d61c952f8b400cb030d463a4f8fe2c73633919c45618a",
  row: "31bca9999ab4c4df2a4ddc577bd7765cd4fd7c6dafcf8cd2f9ecfaaf0289d80c",
} as const;
const rowSeq = seq("1, 2, 3 ... without a gap, over everything that happened");
const rowHash = hash(
  "SHA-256 of the row before's hash and of this row: see the description of the operation",
  exampleHashes.row,
);
const rowMembers = {
  at: time("when it happened", "2026-11-11T12:00:00.137Z"),
  type: Type.String({ description: "what happened", examples: ["order_reserved"] }),
  campaign_id: nullable(idOf("cmp", "the campaign, where it is about one", 1)),
  offer_id: nullable(idOf("off", "the offer, where it is about one", 2)),
  order_id: nullable(idOf("ord", "the order, where it is about one", 118)),
  previous_seq: nullable(seq("the row before about the same order; null where it is the first")),
  available: units("units that came to be available; negative: that went", -1),
  held: units("units that came to be held; negative: that went", 1),
  sold: units("units that were sold; negative: that were given back", 0),
  details: nullable(
    hash("SHA-256 of what the row says of persons and terms; null when it says all", exampleHashes.details),
  ),
};

export const LedgerAnswer = Type.Object({
  rows: Type.Array(
    Type.Object({
      seq: rowSeq,
      ...rowMembers,
      hash: rowHash,
      buyer_id: nullable(Type.String({ description: "the buyer, where they are known", examples: ["alice"] })),
    }),
    { description: "in their order" },
  ),
  next_after: nullable(seq("pass it as `after` for the next page; null at the end")),
});

export const PublicLedgerAnswer = Type.Object({
  previous_hash: nullable(
    hash(
      "the hash of the row before the first of these: 64 zeros before row 1; null beyond the end",
      exampleHashes.previous,
    ),
  ),
  rows: Type.Array(
    Type.Composite([
      Type.Object({ seq: rowSeq, hash: rowHash }),
      Type.Partial(Type.Object(rowMembers)), // a sale that is not published yet shows its hashes alone
    ]),
    {
      description: "in their order; of a sale that is not published yet the hash alone",
    },
  ),
  next_after: nullable(seq("pass it as `after` for the next page; null at the end")),
});

export const OrderHistoryAnswer = Type.Object({
  rows: Type.Array(Type.Object({ seq: rowSeq, ...rowMembers, hash: rowHash }), {
    description: "the rows about this order, in their order",
  }),
  is_complete: Type.Boolean({
    description: `false: only the last ${limits.orderHistoryRowsMax} are shown`,
  }),
});

export const ReceiptAnswer = Type.Object({
  order_id: idOf("ord", "the order", 118),
  seq: seq("the row of the ledger that reserved it"),
  at: time("when that was", "2026-11-11T12:00:00.137Z"),
  type: Type.String({ description: "order_reserved, or order_offered to the waitlist", examples: ["order_reserved"] }),
  campaign_id: idOf("cmp", "the offer's campaign", 1),
  offer_id: idOf("off", "the offer that was bought", 2),
  previous_seq: nullable(
    seq("the row by which the entry came in that the order was made from; null where there is none"),
  ),
  available: units("units that went from available", -1),
  held: units("units that came to be held", 1),
  sold: units("none", 0),
  buyer_id: Type.String({ description: "the `sub` of the buyer's token", examples: ["alice"] }),
  quantity: Type.Integer({ minimum: 1, description: "units", examples: [1] }),
  amount_minor: count("to pay, in minor units", 100),
  expires_at: time("until when it could be paid", "2026-11-11T12:15:00.137Z"),
  idempotency_key: nullable(Type.String({ description: "the purchase's key", examples: ["4f1c7c9e-1111"] })),
  by_agent: Type.Optional(
    Type.Boolean({ description: "true where an agent made the order, which is hashed then; absent elsewhere" }),
  ),
  salt: Type.String({
    description: "keeps `details` from being guessed",
    examples: ["8f14e45fceea167a5a36dedd4bea2543"],
  }),
  details: hash("SHA-256 of the salt and of what the receipt says of buyer, units and price", exampleHashes.details),
  previous_hash: hash("the hash of the row before", exampleHashes.previous),
  hash: hash("the hash of the row", exampleHashes.row),
  receipt: Type.String({
    pattern: "^[\\w-]+\\.[\\w-]+\\.[\\w-]+$",
    description: "all of this as a compact JWS (RFC 7515), signed with EdDSA by a key of `/.well-known/jwks.json`",
  }),
});

/** Of the draw that docs/draw.md calculates. */
const exampleDraw = {
  secret: "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
  commitment: "630dcd2966c4336691125448bbb25b4ff412a49c732db2c8abc1b8581bd710dd",
  leaf: "62071e218a1ebfd7530faa1a42541ad9c98eb0d0658bac2e36189fc6d76c8961",
  root: "a6a18113c191e02265ee57deb8cb2510c73f2b9cfc8eca619b4a5152ca1bed1e",
  seed: "7e49c04fe53d3ca92b9bce9b9821ced5f0142161a98643f3b7f6a862eede410d",
  step: "24fdb2b1d468bb6b6dfab433ef1d73492cc0b22d98c3db8e9379fbde82fdb02b",
} as const;
const digits = (count: number, description: string) => Type.String({ pattern: `^[0-9a-f]{${count}}$`, description });
const drawTermsMembers = {
  campaign_id: idOf("cmp", "the campaign", 1),
  commitment: hash("SHA-256 of the secret's bytes, public since the campaign was published", exampleDraw.commitment),
  closes_at: nullable(time("when entries close")),
  beacon: nullable(
    Type.Object(
      {
        chain: hash("the hash of the drand chain", quicknetHash),
        round: count("the round that decides with the secret", 4_211_000),
        round_at: nullable(time("when the round is signed", "2026-11-11T12:30:30.000Z")),
        info: nullable(
          Type.Object(
            {
              hash: hash("the chain's hash, which covers all that follows", quicknetHash),
              public_key: digits(192, "the key that signs its rounds"),
              period: count("seconds between two rounds", 3),
              genesis_time: count("of round 1, in seconds since 1970", 1_692_803_367),
              groupHash: Type.String({ description: "the hash of the group that holds the key's shares" }),
              schemeID: Type.String({ description: "how rounds are signed", examples: ["bls-unchained-g1-rfc9380"] }),
              metadata: Type.Object({ beaconID: Type.String({ description: "its name", examples: ["quicknet"] }) }),
            },
            { description: "what the chain says of itself, in drand's words" },
          ),
        ),
      },
      { description: "the public beacon that decides with the secret; null where the secret decides alone" },
    ),
  ),
};
const OfferDrawAnswer = Type.Object({
  offer_id: idOf("off", "the offer that is drawn", 2),
  state: oneOf(
    drawStates,
    "open: entries are taken, or will be; waiting_for_beacon: closed, until the beacon's round comes; made; void: an operator ended the sale, or nobody entered",
  ),
  closed_at: nullable(time("when its entries were fixed")),
  closed_seq: nullable(seq("the row of the ledger that fixed them")),
  root: nullable(hash("the Merkle tree hash (RFC 9162) over all entries", exampleDraw.root)),
  count: nullable(count("how many entries there are, those that were left included", 3)),
  secret: nullable(hash("what was committed to; null until the draw is made", exampleDraw.secret)),
  beacon: nullable(
    Type.Object(
      {
        round: count("the round", 4_211_000),
        randomness: digits(64, "SHA-256 of the signature: what goes into the seed"),
        signature: digits(96, "the chain's BLS signature of the round"),
      },
      { description: "what the beacon said in its round" },
    ),
  ),
  seed: nullable(hash("what the order follows from", exampleDraw.seed)),
});
const drawEntryMembers = {
  entry_id: idOf("wte", "the entry, which is also its row in the ledger", 5),
  leaf: hash("the entry's leaf: `details` of its row in the ledger", exampleDraw.leaf),
  state: oneOf(waitlistStates, "waiting, offered an order, or left by its buyer"),
  order_id: nullable(idOf("ord", "the order that it was offered", 10)),
};
const rank = nullable(
  Type.Integer({ minimum: 1, description: "its place in the order, 1 for the first; null before", examples: [2] }),
);

export const DrawAnswer = Type.Object({
  ...drawTermsMembers,
  offers: Type.Array(OfferDrawAnswer, { description: "the draw of each offer" }),
});

export const DrawEntriesAnswer = Type.Object({
  entries: Type.Array(
    Type.Object({
      offer_id: idOf("off", "the offer that is drawn", 2),
      index: count("its place in the order of entering, from 0", 0),
      ...drawEntryMembers,
      rank,
    }),
    { description: "in the order of entering; nobody's name" },
  ),
  next_after: nullable(
    Type.Integer({ minimum: 1, description: "pass it as `after` for the next page", examples: [3] }),
  ),
});

export const DrawProofAnswer = Type.Object({
  ...drawTermsMembers,
  draw: OfferDrawAnswer,
  ...drawEntryMembers,
  entered_at: time("when it was entered"),
  buyer_id: Type.String({ description: "the `sub` of the buyer's token", examples: ["alice"] }),
  by_agent: Type.Optional(
    Type.Boolean({
      description: "true where an agent entered in the buyer's name, which is hashed then; absent elsewhere",
    }),
  ),
  salt: Type.String({
    description: "keeps the leaf from being guessed",
    examples: ["8f14e45fceea167a5a36dedd4bea2543"],
  }),
  index: nullable(count("the place in the order of entering, from 0; null before the closing", 0)),
  path: nullable(
    Type.Array(hash("a step", exampleDraw.step), {
      description: "what the leaf is hashed with to come to the root (RFC 9162, 2.1.3); null before the closing",
    }),
  ),
  rank,
});

export const ReceiptKeysAnswer = Type.Object({
  keys: Type.Array(
    Type.Object({
      kty: oneOf(["OKP"], "as in RFC 8037"),
      crv: oneOf(["Ed25519"], "the curve"),
      x: Type.String({ description: "the public key", examples: ["EXyr3TUkIxbjFIOGLgHlOimowT8Zjv6WjPg8mntgQBE"] }),
      alg: oneOf(["EdDSA"], "the algorithm"),
      use: oneOf(["sig"], "what it is for"),
      kid: Type.String({
        description: "its name: the thumbprint of RFC 7638",
        examples: ["IYavu2-Kvxraw_7gQ-FYUXYIl_wxWgOICu_PBPjQds0"],
      }),
    }),
    { description: "a JSON Web Key Set" },
  ),
});

export const ShopAnswer = Type.Object({
  name: Type.String({ description: "what the shop is called", examples: ["Rushbox"] }),
  guests: Type.Boolean({ description: "whether whoever has no account may buy as a guest: POST /v1/guests" }),
  payments: oneOf(paymentsTaken, "who takes the money: the shop itself (none), the built-in sandbox, Stripe"),
  sign_in_url: nullable(
    Type.String({
      format: "uri",
      description: "where a buyer signs in to the shop; null: nowhere that is known here",
      examples: ["https://shop.example/login"],
    }),
  ),
  now: time("when this was answered: a cache may be a minute behind, so ask GET /v1/time for a countdown"),
});

export const GuestAnswer = Type.Object({
  buyer_id: Type.String({ description: "the guest, as a buyer", examples: ["guest-3f9a1c2b7d4e8f01"] }),
  token: Type.String({
    description: "their token: who has it is this guest",
    examples: ["eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJndWVzdC0zZjlhMWMyYjdkNGU4ZjAxIn0.c2lnbmF0dXJl"],
  }),
  expires_at: time("when the token ends, and nobody is this guest any more", "2026-11-18T12:00:00.000Z"),
});

export const ChatAnswer = Type.Object({
  reply: Type.String({ description: "plain text, with line breaks", examples: ["Falcon X2 Drone: 30 left."] }),
  choices: Type.Array(
    Type.Object({
      label: Type.String({ description: "for a button", examples: ["Buy"] }),
      value: Type.String({ description: "sent back as `choice`", examples: ["buy:off_0000000002:1"] }),
    }),
    { description: "what can be said next, as buttons" },
  ),
  context: Type.String({ description: "send it with the next message of this conversation" }),
  language: oneOf(languages, "what it is answered in"),
  understood: Type.Object(
    {
      intent: oneOf(intents, "what the message asks for"),
      offer: Type.Optional(idOf("off", "the offer that it names", 2)),
      sale: Type.Optional(idOf("cmp", "its campaign", 1)),
      order: Type.Optional(idOf("ord", "the order that it names", 118)),
      number: Type.Optional(Type.Integer({ minimum: 0, description: "which of those shown, from 1", examples: [2] })),
      which: Type.Optional(oneOf(["last", "other"], "the last of those shown, or another one or more of them")),
      quantity: Type.Optional(Type.Integer({ minimum: 0, description: "how many", examples: [2] })),
    },
    { description: "how the message was understood" },
  ),
  outcome: nullable(
    Type.String({
      description:
        "how what was asked for ended: quoted, reserved, asked, cancelled, checkout, receipt, queued, admitted, entered, waiting, won, over, left, reminded, forgotten, or a problem's code; null where nothing was to be done",
      examples: ["quoted"],
    }),
  ),
  links: Type.Array(
    Type.Object({
      label: Type.String({ description: "for a link", examples: ["Sale page"] }),
      url: Type.String({
        description: "an address, or a path of this server",
        examples: ["/campaigns/cmp_0000000001"],
      }),
    }),
    { description: "where to go on" },
  ),
});

export const TimeAnswer = Type.Object({
  now: time("the server's time"),
  now_ms: Type.Integer({ description: "the same in milliseconds since 1970", examples: [1_794_398_400_000] }),
});

const switchOn = Type.Object({
  name: switchName,
  campaign_id: nullable(idOf("cmp", "the campaign that it is on for; null: all", 1)),
});
export const ControlsAnswer = Type.Object({
  rate_limits: Type.Object(Object.fromEntries(rateLimitNames.map((name) => [name, nullable(rateLimit)])), {
    description: "what holds now; null: no limit",
  }),
  switches_on: Type.Array(switchOn, { description: "what is switched on" }),
  risk_mode: riskMode,
});

export const HealthAnswer = Type.Object({ status: oneOf(["ok"], "the process answers") });
export const ReadyAnswer = Type.Object({
  status: oneOf(["ready"], "requests are taken"),
  load: oneOf(loadLevels, "what is given up under load, and all that stands before it; normal: nothing"),
  switches_on: Type.Array(switchOn, { description: "what an operator has switched on" }),
});

/** RFC 9457. The members after `code` come with the codes that they help to act on. */
export const ProblemAnswer = Type.Object({
  type: Type.String({ description: "a page of this server that explains the code", examples: ["/problems/sold_out"] }),
  title: Type.String({ description: "what happened, in one line", examples: ["Sold out"] }),
  status: Type.Integer({ minimum: 400, maximum: 599, description: "the HTTP status", examples: [409] }),
  detail: Type.String({ description: "what it means here and what to do" }),
  code: oneOf(Object.keys(problemKinds), "what a program decides by: it never changes its meaning"),
  errors: Type.Optional(
    Type.Array(
      Type.Object({
        field: Type.String({
          description: "the field, parameter or header that is wrong",
          examples: ["offers[0].stock"],
        }),
        detail: Type.String({ description: "what to do about it" }),
      }),
      { description: "with invalid: everything that is wrong" },
    ),
  ),
  available: Type.Optional(
    count(
      "with sold_out and agent_share_taken, when fewer are left than were asked for, and with not_sold_out: how many",
      1,
    ),
  ),
  limit_per_buyer: Type.Optional(count("with limit_reached: units that one buyer may have", 1)),
  opens_at: Type.Optional(nullable(time("with not_open and reminder_too_late: when the sale opens"))),
  lead_s_max: Type.Optional(count("with reminder_too_late: the longest lead that there is time for; 0: none", 120)),
  admission: Type.Optional(oneOf(admissionModes, "with not_admitted: how this sale lets in now")),
  offer_id: Type.Optional(idOf("off", "with entered_elsewhere: the offer in whose draw the buyer is", 3)),
  blocked_by: Type.Optional(
    oneOf(["access_list", "risk"], "with blocked: by an operator's entry, or by the risk desk"),
  ),
  reason: Type.Optional(
    Type.String({
      description:
        "with not_admitted: what is wrong with the pass; with blocked and slowed: the entry's reason, or the rule; with challenge_failed: why",
    }),
  ),
  expires_at: Type.Optional(nullable(time("with blocked: until when; null for no end"))),
  state: Type.Optional(
    oneOf(
      [...new Set<string>([...campaignStates, ...orderStates, ...rehearsalStates])],
      "with transition_not_allowed: the state it is in",
    ),
  ),
  total: Type.Optional(Type.Integer({ minimum: 0, description: "with total_changed: what it is now" })),
  campaign_id: Type.Optional(idOf("cmp", "with sale_running: one that sells, or will within ten minutes", 1)),
  limit: Type.Optional(oneOf(rateLimitNames, "with rate_limited: which limit was met")),
  switch: Type.Optional(oneOf(switchNames, "with switched_off: what is on")),
  rehearsal_id: Type.Optional(idOf("rhs", "with rehearsal_running: the one that runs", 1)),
  sign_in_url: Type.Optional(
    nullable(
      Type.String({
        format: "uri",
        description: "with guests_off: where a buyer signs in; null where nobody has said so",
      }),
    ),
  ),
  refused: Type.Optional(oneOf(works, "with overloaded, where work is given up under load: which")),
});

/** The time that a text says, in milliseconds since 1970; `null` for one that is not of that form. */
export function parseTime(text: string): number | null {
  return rfc3339.test(text) && isRealDay(text) ? Date.parse(text) : null;
}

function isRealDay(text: string): boolean {
  const [year, month, day] = text.slice(0, 10).split("-").map(Number) as [number, number, number];
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day && !Number.isNaN(Date.parse(text));
}
