/** The form of a campaign as texts: what is wrong with it is what the server would refuse, and nothing is lost on the way. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { admissionModes, challengeKinds } from "../../src/domain/admission.ts";
import { agentPolicies } from "../../src/domain/agents.ts";
import { campaignKinds, violationsOf } from "../../src/domain/campaign.ts";
import {
  bodyOf,
  type CampaignForm,
  digitsOf,
  emptyForm,
  emptyOffer,
  formOf,
  majorText,
  minorOf,
  problemsOf,
  windowOf,
} from "../../src/web/console/campaigns/campaign-draft.ts";
import { wholeOf } from "../../src/web/console/parts/field-rules.ts";
import { localMs, localText } from "../../src/web/console/parts/local-time.ts";
import type { Campaign } from "../../src/web/shared/wire.ts";

const nowMs = Date.parse("2026-11-10T09:00:00Z");
const hourMs = 3_600_000;

function filled(change: Partial<CampaignForm> = {}, offer: Partial<CampaignForm["offers"][number]> = {}): CampaignForm {
  const form = emptyForm("CNY");
  return {
    ...form,
    title: "Double Eleven",
    opensAt: localText(nowMs + hourMs),
    offers: [{ ...emptyOffer(1, "CNY"), sku: "A", title: "Phone", price: "1", stock: "100", ...offer }],
    ...change,
  };
}

const fieldsOf = (form: CampaignForm) => problemsOf(form, nowMs).map(({ field, rule }) => `${field} ${rule}`);

describe("a price as it is typed", () => {
  test("is exact to the last minor unit, in every currency's own digits", () => {
    expect(minorOf("3799", "CNY")).toBe(379_900);
    expect(minorOf("3,799.05", "CNY")).toBe(379_905);
    expect(minorOf(".5", "CNY")).toBe(50);
    expect(minorOf("0.10", "CNY")).toBe(10);
    expect(minorOf("1200", "JPY")).toBe(1_200);
    expect(minorOf("1.234", "KWD")).toBe(1_234);
    expect(minorOf("0.29", "USD")).toBe(29);
    expect(minorOf("9999999999.99", "CNY")).toBe(999_999_999_999);
  });

  test("is refused with more digits than its currency has, without digits, and above what can be exact", () => {
    expect(minorOf("1.005", "CNY")).toEqual({ rule: "decimals", bound: 2 });
    expect(minorOf("1.5", "JPY")).toEqual({ rule: "decimals", bound: 0 });
    expect(minorOf("1.500", "CNY")).toBe(150);
    for (const text of ["", ".", "one", "1.2.3", "-1", "1e3", "0x10"]) {
      expect(minorOf(text, "CNY")).toEqual({ rule: "no_number" });
    }
    expect(minorOf("10000000001", "CNY")).toEqual({ rule: "too_large", bound: 10_000_000_000 });
  });

  test("is written as it is read", () => {
    for (const currency of ["CNY", "JPY", "KWD"]) {
      for (const minor of [0, 1, 9, 10, 99, 100, 101, 379_900]) {
        expect(minorOf(majorText(minor, currency), currency)).toBe(minor);
      }
    }
    expect(majorText(5, "CNY")).toBe("0.05");
    expect([digitsOf("CNY"), digitsOf("JPY"), digitsOf("KWD")]).toEqual([2, 0, 3]);
  });
});

test("a whole number is held to its bounds", () => {
  expect(wholeOf("1,000", 1, 1_000)).toBe(1_000);
  expect(wholeOf("", 1, 9)).toEqual({ rule: "required" });
  expect(wholeOf("many", 1, 9)).toEqual({ rule: "no_number" });
  expect(wholeOf("1.5", 1, 9)).toEqual({ rule: "not_whole" });
  expect(wholeOf("0", 1, 9)).toEqual({ rule: "too_small", bound: 1 });
  expect(wholeOf("10", 1, 9)).toEqual({ rule: "too_large", bound: 9 });
  expect(wholeOf("-3", -5, 9)).toBe(-3);
});

describe("a form", () => {
  test("that is filled in has nothing wrong; an empty one names every field that is missing", () => {
    expect(fieldsOf(filled())).toEqual([]);
    expect(fieldsOf(emptyForm("CNY"))).toEqual([
      "title required",
      "opens_at no_time",
      "offers[0].title required",
      "offers[0].sku required",
      "offers[0].price_minor required",
      "offers[0].stock required",
    ]);
  });

  test("is held to the rules of its kind", () => {
    expect(fieldsOf(filled({ kind: "one_yuan" }, { price: "1.01" }))).toEqual(["offers[0].price_minor kind_price"]);
    expect(fieldsOf(filled({ kind: "one_yuan" }, { stock: "1001", limitPerBuyer: "2" }))).toEqual([
      "offers[0].stock kind_stock",
      "offers[0].limit_per_buyer kind_limit",
    ]);
    expect(fieldsOf(filled({ kind: "none" }, { stock: "1000000", limitPerBuyer: "1000" }))).toEqual([]);
  });

  test("knows when its window cannot be", () => {
    const closes = (atMs: number) => filled({ closes: "at", closesAt: localText(atMs) });
    expect(fieldsOf(closes(nowMs - hourMs))).toEqual(["closes_at past"]);
    expect(fieldsOf(closes(nowMs + hourMs))).toEqual(["closes_at before_opening"]);
    expect(fieldsOf(closes(nowMs + 2 * hourMs))).toEqual([]);
    expect(fieldsOf(filled({ mode: "draw", kind: "none" }))).toEqual(["closes_at draw_closing"]);
  });

  test("takes pictures from addresses and from this server, and from nowhere else", () => {
    for (const imageUrl of ["", "https://shop.example/a.jpg", "/pictures/phone.svg"]) {
      expect(fieldsOf(filled({}, { imageUrl }))).toEqual([]);
    }
    for (const imageUrl of ["javascript:alert(1)", "//evil.example/a.jpg", "/\\evil.example", "phone.svg", "https:"]) {
      expect(fieldsOf(filled({}, { imageUrl }))).toEqual(["offers[0].image_url no_picture"]);
    }
  });

  test("says of two offers with one SKU which is the second", () => {
    const [offer] = filled().offers;
    if (offer === undefined) throw new Error("a form has an offer");
    expect(fieldsOf(filled({ offers: [offer, { ...offer, key: 2 }] }))).toEqual(["offers[1].sku twice"]);
  });

  test("is sent without what does not go with its admission", () => {
    const queue = bodyOf(filled({ mode: "queue", needsPass: true, hasWaitlist: true, challenge: "proof_of_work" }));
    expect(queue).toMatchObject({ admission: "queue", pass_window_s: 120, challenge: "proof_of_work" });
    expect(queue).not.toHaveProperty("pass");
    expect(queue).not.toHaveProperty("waitlist");
    const open = bodyOf(filled({ challenge: "proof_of_work" }));
    expect(open).toMatchObject({ admission: "open", pass: false, waitlist: true });
    expect(open).not.toHaveProperty("challenge");
    expect(() => bodyOf(emptyForm("CNY"))).toThrow("a form with a problem");
  });

  test("that has no problem breaks no rule of the server", () => {
    const text = (...texts: string[]) => fc.constantFrom(...texts);
    const someForm = fc.record({
      kind: fc.constantFrom(...campaignKinds, "none" as const),
      opens: fc.constantFrom("at" as const, "when_published" as const),
      closes: fc.constantFrom("at" as const, "by_itself" as const),
      closesAt: text("", localText(nowMs - hourMs), localText(nowMs + hourMs), localText(nowMs + 3 * hourMs)),
      mode: fc.constantFrom(...admissionModes),
      needsPass: fc.boolean(),
      hasWaitlist: fc.boolean(),
      challenge: fc.constantFrom(...challengeKinds),
      passWindowS: text("9", "10", "120", "3600", "3601"),
      paymentMinutes: text("0", "0.5", "15", "10080"),
      agents: fc.constantFrom(...agentPolicies),
      agentSharePercent: text("0", "1", "20", "99", "100", "2.5"),
    });
    const someOffer = fc.record({
      price: text("0", "0.5", "1", "2"),
      listPrice: text("", "0.5", "2"),
      currency: text("CNY", "JPY", "KWD", "XXQ"),
      stock: text("0", "100", "1000", "1001", "10001"),
      limitPerBuyer: text("1", "2", "3", "1001"),
    });
    const passed = { count: 0 };
    fc.assert(
      fc.property(someForm, someOffer, (change, offer) => {
        const form = filled(change, offer);
        if (problemsOf(form, nowMs).length > 0) return;
        passed.count += 1;
        const body = bodyOf(form);
        const mode = body.admission ?? "open";
        const draft = {
          title: body.title,
          description: null,
          kind: body.kind ?? null,
          opensAtMs: body.opens_at === undefined ? null : Date.parse(body.opens_at),
          closesAtMs: body.closes_at === undefined ? null : Date.parse(body.closes_at),
          paymentWindowS: body.payment_window_s ?? 900,
          hasWaitlist: body.waitlist ?? mode !== "queue",
          admission: {
            mode,
            needsPass: body.pass ?? false,
            passWindowS: body.pass_window_s ?? 120,
            challenge: body.challenge ?? ("none" as const),
            agents: { policy: body.agents?.policy ?? "allowed", sharePercent: body.agents?.share_percent ?? null },
          },
          offers: body.offers.map((sent) => ({
            sku: sent.sku,
            title: sent.title,
            description: null,
            priceMinor: sent.price_minor,
            listPriceMinor: sent.list_price_minor ?? null,
            currency: sent.currency,
            stock: sent.stock,
            limitPerBuyer: sent.limit_per_buyer ?? 1,
            brand: null,
            category: null,
            imageUrl: null,
          })),
        };
        expect(violationsOf(draft, nowMs)).toEqual([]);
      }),
      { numRuns: 3_000, seed: 11 },
    );
    expect(passed.count).toBeGreaterThan(100);
  });
});

describe("a duplicate", () => {
  const campaign: Campaign = {
    id: "cmp_0000000001",
    title: "Double Eleven",
    description: "One each",
    kind: "one_yuan",
    state: "ended",
    opens_at: "2026-10-01T12:00:00.000Z",
    closes_at: "2026-10-01T12:30:00.000Z",
    payment_window_s: 90,
    waitlist: true,
    admission: "open",
    pass: false,
    pass_window_s: 120,
    challenge: "none",
    agents: { policy: "share", share_percent: 30 },
    created_at: "2026-09-30T12:00:00.000Z",
    offers: [
      {
        id: "off_0000000002",
        campaign_id: "cmp_0000000001",
        sku: "A",
        title: "Phone",
        description: null,
        price_minor: 100,
        list_price_minor: 379_900,
        currency: "CNY",
        limit_per_buyer: 1,
        brand: null,
        category: "phones",
        image_url: null,
        total: 100,
        available: 0,
        held: 0,
        sold: 100,
        waiting: 0,
      },
    ],
  };

  test("keeps all terms, and has nothing wrong", () => {
    const form = formOf(campaign, nowMs);
    expect(problemsOf(form, nowMs)).toEqual([]);
    const body = bodyOf(form);
    expect(body).toMatchObject({
      title: "Double Eleven",
      description: "One each",
      kind: "one_yuan",
      payment_window_s: 90,
      agents: { policy: "share", share_percent: 30 },
    });
    expect(body.offers).toEqual([
      {
        sku: "A",
        title: "Phone",
        price_minor: 100,
        list_price_minor: 379_900,
        currency: "CNY",
        stock: 100,
        limit_per_buyer: 1,
        category: "phones",
      },
    ]);
  });

  test("opens at the same time of the next day that leaves an hour, and lasts as long as it did", () => {
    const { opensAt } = formOf(campaign, nowMs);
    expect(opensAt.slice(11)).toBe(localText(Date.parse(campaign.opens_at ?? "")).slice(11));
    const opensAtMs = localMs(opensAt) ?? 0;
    expect(opensAtMs).toBeGreaterThanOrEqual(nowMs + hourMs);
    expect(opensAtMs).toBeLessThan(nowMs + 26 * hourMs);
    const longer = formOf({ ...campaign, closes_at: "2026-10-01T14:00:00.000Z" }, nowMs);
    expect((localMs(longer.closesAt) ?? 0) - (localMs(longer.opensAt) ?? 0)).toBe(2 * hourMs);
  });

  test("of a sale that is still to come keeps its times, and closes as its kind says where it did", () => {
    const opens = "2026-11-11T12:00:00.000Z";
    const form = formOf({ ...campaign, opens_at: opens, closes_at: "2026-11-11T12:30:00.000Z" }, nowMs);
    expect(localMs(form.opensAt)).toBe(Date.parse(opens));
    expect(form.closes).toBe("by_itself");
    expect(windowOf(form, nowMs).closesAtMs).toBe(Date.parse("2026-11-11T12:30:00.000Z"));
  });
});
