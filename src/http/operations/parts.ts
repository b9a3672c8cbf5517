/** What operations have in common: parameters, headers, and the problems that come together. */
import { Type } from "@sinclair/typebox";
import type { RateLimitName, SwitchName } from "../../domain/controls.ts";
import { limits } from "../../domain/limits.ts";
import { orderStates } from "../../domain/order.ts";
import { RehearsalAnswer } from "../rehearsal-schemas.ts";
import {
  AccessAnswer,
  CampaignAnswer,
  OfferAnswer,
  OperatorAnswer,
  OrderAnswer,
  PaymentAnswer,
  WebhookAnswer,
} from "../schemas.ts";
import { campaign, fieldError, offer, operator, order, payment, webhook } from "./examples.ts";
import type { Answer, Operation, Parameter } from "./operation.ts";

// ---------------------------------------------------------------------------------------------------------------------
// What several operations share.
export const campaignIdParameter: Parameter = {
  name: "id",
  in: "path",
  required: true,
  description: "The campaign.",
  schema: CampaignAnswer.properties.id,
  example: campaign.id,
};

export const rehearsalIdParameter: Parameter = {
  name: "id",
  in: "path",
  required: true,
  description: "The rehearsal.",
  schema: RehearsalAnswer.properties.id,
};

export const challengeParameter: Parameter = {
  name: "Rushbox-Challenge",
  in: "header",
  description: "The solved challenge, where the campaign asks for one. Whoever is in already needs none.",
  schema: Type.String(),
};

export const offerIdParameter: Parameter = {
  name: "id",
  in: "path",
  required: true,
  description: "The offer: one of `offers` in a campaign.",
  schema: OfferAnswer.properties.id,
  example: offer.id,
};

export const orderIdParameter: Parameter = {
  name: "id",
  in: "path",
  required: true,
  description: "The order.",
  schema: OrderAnswer.properties.id,
  example: order.id,
};

export const paymentIdParameter: Parameter = {
  name: "payment",
  in: "path",
  required: true,
  description: "The payment.",
  schema: PaymentAnswer.properties.id,
  example: payment.id,
};

export const accessIdParameter: Parameter = {
  name: "id",
  in: "path",
  required: true,
  description: "The entry.",
  schema: AccessAnswer.properties.id,
  example: "acc_000000000c",
};

export const operatorIdParameter: Parameter = {
  name: "id",
  in: "path",
  required: true,
  description: "The operator.",
  schema: OperatorAnswer.properties.id,
  example: operator.id,
};

export const webhookIdParameter: Parameter = {
  name: "id",
  in: "path",
  required: true,
  description: "The webhook.",
  schema: WebhookAnswer.properties.id,
  example: webhook.id,
};

export const keySchema = Type.String({ minLength: 1, maxLength: limits.keyLengthMax, pattern: "^[\\x21-\\x7e]+$" });

export const limitParameter: Parameter = {
  name: "limit",
  in: "query",
  description: "How many at most on this page.",
  schema: Type.Integer({ minimum: 1, maximum: limits.pageSizeMax, default: 50 }),
};

export const cursorParameter: Parameter = {
  name: "cursor",
  in: "query",
  description: "Where the page begins: the `next_cursor` of the page before.",
  schema: Type.String(),
};

export const orderFilterParameters: readonly Parameter[] = [
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

export const afterParameter: Parameter = {
  name: "after",
  in: "query",
  description: "The `seq` of the row after which the page begins: the `next_after` of the page before.",
  schema: Type.Integer({ minimum: 0, default: 0 }),
};

export const ledgerLimitParameter: Parameter = {
  name: "limit",
  in: "query",
  description: "How many rows at most on this page.",
  schema: Type.Integer({ minimum: 1, maximum: limits.ledgerPageSizeMax, default: 50 }),
};

export const ifNoneMatch: Parameter = {
  name: "If-None-Match",
  in: "header",
  description: "The `ETag` of what is known already: 304 without a body when nothing has changed since.",
  schema: Type.String(),
};

export const lastEventId: Parameter = {
  name: "Last-Event-ID",
  in: "header",
  description: "The `id` of the last event that was received; a browser sends it by itself when it reconnects.",
  schema: Type.String({ pattern: "^\\d{1,16}$" }),
};

export const checkoutTokenParameter: Parameter = {
  name: "token",
  in: "path",
  required: true,
  description: "The order, signed: from a checkout's `url`.",
  schema: Type.String({ maxLength: limits.checkoutTokenLengthMax }),
};

export const languageParameter: Parameter = {
  name: "lang",
  in: "query",
  description: "The language, whatever the browser prefers.",
  schema: Type.Unsafe<string>({ type: "string", enum: ["en", "zh"] }),
};

export const etagHeader = { ETag: "Changes whenever the body does; for If-None-Match." };

export const cacheHeaders = {
  ...etagHeader,
  "Cache-Control": "For everybody one second in shared caches; for operators none.",
};

export const notModified: Answer = { description: "Nothing has changed since that ETag.", headers: etagHeader };

export const limited = (limit: RateLimitName, quota: number, windowS: number) =>
  [
    "rate_limited",
    {
      retryAfterS: 1,
      headers: { "ratelimit-policy": `"${limit}";q=${quota};w=${windowS}`, ratelimit: `"${limit}";r=0;t=1` },
      members: { limit },
    },
  ] as const;

export const tokensLimited = limited("failures", 1_000, 60);

export const attemptsLimited = limited("buyer", 50, 10);

export const switchedOff = (name: SwitchName) => ["switched_off", { members: { switch: name } }] as const;

/** What a body may be refused for, before anything else is looked at. */
export const bodyProblems = ["payload_too_large", "unsupported_media_type"] as const;

/** The limit is the one for tokens that are wrong, of which an address has too many. */
export const buyerProblems = ["unauthorized", tokensLimited, "overloaded", "internal"] as const;

export const operatorProblems = ["unauthorized", tokensLimited, "forbidden", "overloaded", "internal"] as const;

export const blocked = [
  "blocked",
  {
    detail:
      "The operator of this sale has blocked you: resold what they bought here. If that is a mistake, ask the shop.",
    members: { blocked_by: "access_list", reason: "resold what they bought here", expires_at: null },
  },
] as const;

export const admissionProblems = [
  blocked,
  ["slowed", { retryAfterS: 3, members: { reason: "regular_clicks" } }],
] as const satisfies Operation["problems"];

/** Of what begins with a challenge, in campaigns that ask for one. */
export const entryProblems = [
  ...admissionProblems,
  "challenge_required",
  ["challenge_failed", { members: { reason: "expired" } }],
  "challenge_unavailable",
] as const satisfies Operation["problems"];

export const transitionNotAllowed = (stateNow: string) =>
  ["transition_not_allowed", { members: { state: stateNow } }] as const;

export const limitWrong = [
  "invalid",
  fieldError("limit", `must be a whole number from 1 to ${limits.pageSizeMax}`),
] as const;

export const ledgerLimitWrong = [
  "invalid",
  fieldError("limit", `must be a whole number from 1 to ${limits.ledgerPageSizeMax}`),
] as const;

export const lastEventIdWrong = ["invalid", fieldError("Last-Event-ID", "must be an id of this stream")] as const;

export const limitReached = [
  "limit_reached",
  {
    detail: "One buyer may have 1 of this. Cancelling an order frees its units.",
    members: { limit_per_buyer: 1 },
  },
] as const;

export const retryAfter = { "Retry-After": "Seconds after which to ask again: more for who stands further behind." };

export const notAdmitted = [
  "not_admitted",
  {
    detail: "This pass has run out. Join the queue, and buy with the pass that you get when it is your turn.",
    members: { admission: "queue", reason: "expired" },
  },
] as const;

export const agentShareTaken = [
  "agent_share_taken",
  { detail: "Agents may have 1 more of this: ask for fewer.", members: { available: 1 } },
] as const;

export const soldOutForGood = ["sold_out", { detail: "Nothing is left, and nothing can come back." }] as const;

export const shareTakenForGood = [
  "agent_share_taken",
  { detail: "Agents have all that they may have, and nothing of it can come back.", members: { available: 0 } },
] as const;

export const notOpen = ["not_open", { retryAfterS: 42, members: { opens_at: "2026-11-11T12:00:00.000Z" } }] as const;
