/** What is wrong with a body is told by field and remedy, in words made of the same schemas as the document. */
import { expect, test } from "bun:test";
import type { TSchema } from "@sinclair/typebox";
import { noticeTypes } from "../../src/domain/notice.ts";
import { conform } from "../../src/http/body.ts";
import {
  CampaignBody,
  ChatBody,
  PayBody,
  ReserveBody,
  RestockBody,
  WebhookBody,
  WebhookChangeBody,
} from "../../src/http/schemas.ts";

const offer = { sku: "a", title: "A", price_minor: 1, currency: "CNY", stock: 1 };

const cases: readonly (readonly [TSchema, unknown, field: string, detail: string])[] = [
  [CampaignBody, [], "body", "must be a JSON object"],
  [CampaignBody, { offers: [offer] }, "title", "is required"],
  [
    CampaignBody,
    { title: "   ", offers: [offer] },
    "title",
    'must be text of 1 to 200 characters, not only spaces (what buyers read: one line), for example "Double Eleven, one yuan"',
  ],
  [CampaignBody, { title: "A", offers: [] }, "offers", "must be a list of 1 to 100 (what is sold, each SKU once)"],
  [
    CampaignBody,
    { title: "A", offers: [offer], kind: "two_yuan" },
    "kind",
    "must be one of one_yuan, limited_time, hot_item",
  ],
  [CampaignBody, { title: "A", offers: [offer], colour: 1 }, "colour", "is not known here: remove colour"],
  [
    CampaignBody,
    { title: "A", offers: [{ ...offer, stock: "1" }] },
    "offers[0].stock",
    "must be a whole number from 0 to 1000000000 (units to sell), for example 100",
  ],
  [
    CampaignBody,
    { title: "A", offers: [offer, { ...offer, currency: "yuan" }] },
    "offers[1].currency",
    'must be text of 3 characters (ISO 4217 code in capital letters), for example "CNY"',
  ],
  [CampaignBody, { title: "A\u0007", offers: [offer] }, "title", "has the control character U+0007: take it out"],
  [
    CampaignBody,
    { title: "A", description: "One.\r\nTwo.", offers: [offer] },
    "description",
    "has the control character U+000D: take it out; a line ends with U+000A alone",
  ],
  [
    ChatBody,
    { context: 1 },
    "context",
    "must be text of 4000 characters at most (as the last answer of this conversation had it; what is none, or is old, begins anew)",
  ],
  [
    CampaignBody,
    { title: "A", description: " ", offers: [offer] },
    "description",
    'must be text of 1 to 4000 characters, not only spaces (what it is about and its own terms, for buyers: plain text with line breaks), for example "One yuan each, for half an hour.\\nOne per buyer. Paid within 15 minutes."',
  ],
  [
    CampaignBody,
    { title: "A", offers: [{ ...offer, image_url: "ftp://a/b" }] },
    "offers[0].image_url",
    'must be an address of 2000 characters at most (a picture: its http or https address, or a path of this server that begins with one slash), for example "https://shop.example/mate-80.jpg"',
  ],
  [
    CampaignBody,
    { title: "A", offers: [offer], closes_at: "2026-02-30T00:00:00Z" },
    "closes_at",
    'must be a time (when the sale closes: RFC 3339 with a zone; when absent, as its kind says, else when it is ended), for example "2026-11-11T12:30:00.000Z"',
  ],
  [ReserveBody, { quantity: 0.5 }, "quantity", "must be a whole number from 1 to 1000 (units to buy), for example 1"],
  [RestockBody, {}, "quantity", "is required"],
  [
    WebhookBody,
    { url: "https://shop.example/", types: ["order_paid", "order_lost"] },
    "types[1]",
    `must be one of ${noticeTypes.join(", ")}`,
  ],
  [
    WebhookBody,
    { url: "https://shop.example/", types: ["order_paid", "order_paid"] },
    "types",
    `must be a list of 1 to ${noticeTypes.length}, each once (the types of events that it wants), for example ["order_paid","order_refunded"]`,
  ],
  [
    WebhookChangeBody,
    { enabled: "no" },
    "enabled",
    "must be true or false (false: events wait until it is true again)",
  ],
  [
    PayBody,
    { reference: "  " },
    "reference",
    `must be text of 1 to 200 characters, not only spaces (the payment's own number), for example "pay_81723"`,
  ],
];

for (const [schema, body, field, detail] of cases) {
  test(`${field} ${detail}`, async () => {
    const refused = conform(body, schema);
    expect(refused).toBeInstanceOf(Response);
    const { code, errors } = (await (refused as Response).json()) as { code: string; errors: unknown };
    expect(code).toBe("invalid");
    expect(errors).toEqual([{ field, detail }]);
  });
}

test("a body that is right is taken as it is", () => {
  const body = { title: " A ", offers: [offer] };
  expect(conform(body, CampaignBody)).toBe(body);
});
