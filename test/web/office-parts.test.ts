/** What the office pages reckon with, apart from any page: addresses, searches, counts, differences, steps. */
import { describe, expect, test } from "bun:test";
import { orderStates } from "../../src/domain/order.ts";
import { differencesBetween } from "../../src/web/console/audit/differences.ts";
import { type ExportFormat, RowCounter } from "../../src/web/console/orders/export.ts";
import { stepsFrom } from "../../src/web/console/orders/order-steps.ts";
import { addressWith, chosen } from "../../src/web/console/parts/address.ts";
import { gathered } from "../../src/web/console/parts/loaded.ts";
import { fieldTime, wireTimeOf } from "../../src/web/console/parts/local-time.ts";
import type { Answer, Refusal } from "../../src/web/shared/api.ts";

describe("an address", () => {
  test("holds what is chosen, whatever it is called, and nothing that is empty", () => {
    const address = addressWith("/console/orders", { buyer_id: "a&b=c 秒", state: "", cursor: undefined });
    expect(Object.fromEntries(new URL(address, "http://here").searchParams)).toEqual({ buyer_id: "a&b=c 秒" });
    expect(addressWith("/console/orders", {})).toBe("/console/orders");
    expect(chosen({ state: "paid", to: "", who: "me" }, ["state", "to"])).toEqual({ state: "paid" });
  });

  test("has a time that comes back from its field as it was, to the minute, and none for what is none", () => {
    expect(wireTimeOf(fieldTime("2026-11-11T12:34:00.000Z"))).toBe("2026-11-11T12:34:00.000Z");
    expect([fieldTime(undefined), fieldTime("soon"), wireTimeOf("")]).toEqual(["", "", ""]);
  });
});

describe("the count of an export", () => {
  const countOf = (format: ExportFormat, chunks: readonly string[]) => {
    const rows = new RowCounter(format);
    for (const chunk of chunks) rows.take(new TextEncoder().encode(chunk));
    return rows.count;
  };

  test("is of orders: not of the line of names, nor of lines within a text, wherever the chunks end", () => {
    const csv = 'id,buyer\r\n1,"two\nlines, ""quoted"""\r\n2,plain\r\n';
    expect(countOf("csv", [csv])).toBe(2);
    expect(countOf("csv", [...csv])).toBe(2);
    expect([countOf("csv", []), countOf("csv", ["id,buyer\r\n"])]).toEqual([0, 0]);
  });

  test("of JSON lines is of their ends: quotes in texts do not matter", () => {
    expect(countOf("jsonl", ['{"buyer_id":"say \\"hi"}\n', '{"buyer_id":"b"}\n'])).toBe(2);
  });
});

describe("a page of a search", () => {
  interface Page {
    readonly rows: readonly number[];
    readonly next: string | null;
  }
  const success = (value: Page): Answer<Page> => ({ isOk: true, status: 200, value, headers: new Headers() });
  const ask = (pages: readonly Page[]) => (cursor: string | undefined) =>
    Promise.resolve(success(pages[Number(cursor ?? 0)] ?? { rows: [], next: null }));
  const whole = (page: Page) => page;

  test("goes on over answers that are short, until it is full or the list over", async () => {
    const pages: Page[] = [
      { rows: [], next: "1" },
      { rows: [9, 8], next: "2" },
      { rows: [7], next: null },
    ];
    const all = await gathered(ask(pages), whole, { cursor: undefined, limit: 50 });
    expect(all).toMatchObject({ value: { rows: [9, 8, 7], next: null } });
    const two = await gathered(ask(pages), whole, { cursor: undefined, limit: 2 });
    expect(two).toMatchObject({ value: { rows: [9, 8], next: "2" } });
  });

  test("ends with its patience, and says where to go on; a refusal is a refusal", async () => {
    const endless = () => Promise.resolve(success({ rows: [], next: "0" }));
    const short = await gathered(endless, whole, { cursor: undefined, limit: 50, asksMax: 3 });
    expect(short).toMatchObject({ value: { rows: [], next: "0" } });
    const refusal = { isOk: false, code: "offline" } as Refusal;
    const refused = await gathered(() => Promise.resolve(refusal), whole, { cursor: undefined, limit: 50 });
    expect(refused).toBe(refusal);
  });
});

describe("a difference", () => {
  test("is what changed and nothing else; all of it where something was made or taken away", () => {
    const before = { title: "Sale", state: "open", quota: null };
    expect(differencesBetween(before, { title: "Sale", state: "paused", quota: 5 })).toEqual([
      { name: "state", before: "open", after: "paused" },
      { name: "quota", before: null, after: "5" },
    ]);
    expect(differencesBetween(null, { name: "Li Na", expires_at_ms: 0 })).toEqual([
      { name: "name", before: null, after: "Li Na" },
      { name: "expires_at_ms", before: null, after: "1970-01-01T00:00:00.000Z" },
    ]);
    expect(differencesBetween(before, before)).toEqual([]);
    expect(differencesBetween(null, null)).toEqual([]);
  });
});

describe("the steps of an order", () => {
  test("lead on from its state: what is over leads nowhere, and a link needs somebody who takes payments", () => {
    const steps = Object.fromEntries(orderStates.map((state) => [state, stepsFrom(state, true)]));
    expect(steps).toEqual({
      reserved: ["pay", "link", "cancel"],
      paid: ["refund"],
      cancelled: ["pay"],
      expired: ["pay"],
      refund_due: [],
      refunded: [],
    });
    expect(stepsFrom("reserved", false)).toEqual(["pay", "cancel"]);
  });
});
