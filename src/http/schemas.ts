/**
 * The shapes of the wire, for checking what comes in and describing what goes out. Plain JSON Schema: an integer is an
 * integer. Descriptions are written for the reader of the API's document and of an error alike.
 */
import { FormatRegistry, Kind, type TSchema, Type, TypeRegistry } from "@sinclair/typebox";
import { campaignKinds, campaignStates } from "../domain/campaign.ts";
import { limits } from "../domain/limits.ts";
import { orderStates } from "../domain/order.ts";

/** RFC 3339 with a zone and up to milliseconds, of a day that exists. */
const rfc3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,3})?(Z|[+-]\d{2}:\d{2})$/;
FormatRegistry.Set("date-time", (text) => rfc3339.test(text) && isRealDay(text));
FormatRegistry.Set("uri", (text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol));

TypeRegistry.Set<{ enum: string[] }>("StringEnum", (schema, value) => schema.enum.includes(String(value)));

const closed = { additionalProperties: false } as const;
const nullable = <S extends TSchema>(schema: S) => Type.Union([schema, Type.Null()]);
const time = (description: string, example = "2026-11-11T12:00:00.000Z") =>
  Type.String({ format: "date-time", description, examples: [example] });
const label = (description: string, example: string) =>
  Type.String({ minLength: 1, maxLength: limits.labelLengthMax, description, examples: [example] });
const oneOf = <T extends string>(values: readonly T[], description: string) =>
  Type.Unsafe<T>({ [Kind]: "StringEnum", type: "string", enum: [...values], description });

const kind = oneOf(campaignKinds, "preset with rules of its own: one_yuan, limited_time or hot_item");
const currency = Type.String({ pattern: "^[A-Z]{3}$", description: "ISO 4217 code", examples: ["CNY"] });

export const OfferBody = Type.Object(
  {
    sku: label("the shop's own number of the goods", "MATE-80-BLK-512"),
    title: Type.String({ minLength: 1, maxLength: limits.titleLengthMax, examples: ["Mate 80 Pro 512 GB"] }),
    price_minor: Type.Integer({
      minimum: 0,
      maximum: limits.priceMinorMax,
      description: "price in minor units",
      examples: [100],
    }),
    list_price_minor: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: limits.priceMinorMax,
        description: "usual price in minor units",
        examples: [699_900],
      }),
    ),
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
      Type.String({ format: "uri", maxLength: limits.urlLengthMax, description: "http or https address of a picture" }),
    ),
  },
  closed,
);

export const CampaignBody = Type.Object(
  {
    title: Type.String({ minLength: 1, maxLength: limits.titleLengthMax, examples: ["Double Eleven, one yuan"] }),
    kind: Type.Optional(kind),
    opens_at: Type.Optional(time("when the sale opens; at once when absent: RFC 3339 with a zone")),
    closes_at: Type.Optional(
      time(
        "when the sale closes; by its kind, else never, when absent: RFC 3339 with a zone",
        "2026-11-11T12:30:00.000Z",
      ),
    ),
    payment_window_s: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: limits.paymentWindowSMax,
        default: 900,
        description: "seconds for paying",
        examples: [900],
      }),
    ),
    offers: Type.Array(OfferBody, { minItems: 1, maxItems: limits.offersPerCampaignMax }),
  },
  closed,
);

export const RestockBody = Type.Object(
  {
    quantity: Type.Integer({
      minimum: -limits.stockMax,
      maximum: limits.stockMax,
      description: "units to add; negative takes back what is still available",
      examples: [50],
    }),
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

export const PayBody = Type.Object(
  {
    reference: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: limits.referenceLengthMax,
        description: "the payment's own number",
        examples: ["pay_81723"],
      }),
    ),
  },
  closed,
);

const count = (description: string, example: number) => Type.Integer({ minimum: 0, description, examples: [example] });

export const OfferAnswer = Type.Object(
  {
    id: Type.String({ pattern: "^off_[0-9a-z]{10}$", examples: ["off_0000000002"] }),
    campaign_id: Type.String({ pattern: "^cmp_[0-9a-z]{10}$", examples: ["cmp_0000000001"] }),
    sku: Type.String({ examples: ["MATE-80-BLK-512"] }),
    title: Type.String({ examples: ["Mate 80 Pro 512 GB"] }),
    price_minor: count("price in minor units", 100),
    list_price_minor: nullable(count("usual price in minor units", 699_900)),
    currency,
    limit_per_buyer: count("units that one buyer may have", 1),
    brand: nullable(Type.String({ examples: ["Huawei"] })),
    category: nullable(Type.String({ examples: ["phones"] })),
    image_url: nullable(Type.String({ format: "uri" })),
    total: count("available + held + sold, always", 100),
    available: count("can be had now", 62),
    held: count("reserved, not yet paid", 8),
    sold: count("paid", 30),
  },
  closed,
);

export const CampaignAnswer = Type.Object(
  {
    id: Type.String({ pattern: "^cmp_[0-9a-z]{10}$", examples: ["cmp_0000000001"] }),
    title: Type.String({ examples: ["Double Eleven, one yuan"] }),
    kind: nullable(kind),
    state: oneOf(campaignStates, "where the campaign stands"),
    opens_at: nullable(time("when the sale opens")),
    closes_at: nullable(time("when the sale closes", "2026-11-11T12:30:00.000Z")),
    payment_window_s: count("seconds for paying", 900),
    created_at: time("when it was created", "2026-11-10T09:00:00.000Z"),
    offers: Type.Array(OfferAnswer),
  },
  closed,
);

const cursor = nullable(
  Type.String({ description: "pass it as `cursor` for the next page; null at the end", examples: ["cmp_0000000001"] }),
);

export const CampaignListAnswer = Type.Object({ campaigns: Type.Array(CampaignAnswer), next_cursor: cursor }, closed);

export const OrderAnswer = Type.Object(
  {
    id: Type.String({ pattern: "^ord_[0-9a-z]{10}$", examples: ["ord_000000003a"] }),
    offer_id: Type.String({ pattern: "^off_[0-9a-z]{10}$", examples: ["off_0000000002"] }),
    campaign_id: Type.String({ pattern: "^cmp_[0-9a-z]{10}$", examples: ["cmp_0000000001"] }),
    sku: Type.String({ examples: ["MATE-80-BLK-512"] }),
    currency,
    buyer_id: Type.String({ examples: ["alice"] }),
    quantity: count("units", 1),
    amount_minor: count("to pay, in minor units", 100),
    state: oneOf(orderStates, "where the order stands"),
    seq: Type.Integer({ minimum: 1, description: "the order's place in the sequence of all events", examples: [118] }),
    reserved_at: time("when it was reserved", "2026-11-11T12:00:00.137Z"),
    expires_at: time("until when it can be paid", "2026-11-11T12:15:00.137Z"),
    paid_at: Type.Optional(time("when the payment arrived", "2026-11-11T12:03:12.004Z")),
    ended_at: Type.Optional(time("when it was cancelled or expired", "2026-11-11T12:15:00.140Z")),
  },
  closed,
);

export const OrderListAnswer = Type.Object({ orders: Type.Array(OrderAnswer), next_cursor: cursor }, closed);

export const TimeAnswer = Type.Object(
  {
    now: time("the server's time"),
    now_ms: Type.Integer({ description: "the same in milliseconds since 1970", examples: [1_794_398_400_000] }),
  },
  closed,
);

function isRealDay(text: string): boolean {
  const [year, month, day] = text.slice(0, 10).split("-").map(Number) as [number, number, number];
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day && !Number.isNaN(Date.parse(text));
}
