/**
 * Guards what operators do beside the sale: operators and endpoints come, change and go; and the audit log says of every
 * operator's command who, what, when, how it ended, and how its subject stood before and after, refused ones too, in
 * the same transaction as the change.
 */
import { describe, expect, test } from "bun:test";
import type { AuditRecord } from "../../src/domain/audit.ts";
import type { Command } from "../../src/domain/command.ts";
import { formatId } from "../../src/domain/ids.ts";
import { limits } from "../../src/domain/limits.ts";
import { rootOperatorName } from "../../src/domain/operator.ts";
import { campaignDraft, offerDraft, paymentWindowMs, Sale, startMs } from "./sale.ts";
import { Thread } from "./thread.ts";

const kim = { type: "create_operator", name: "kim", role: "operator", keyHash: "hash" } as const;
const endpoint = { type: "create_endpoint", url: "https://shop.example/a", types: null, secret: "whsec_a" } as const;

describe("an operator", () => {
  test("is created, known by the hash of the key, and revoked once", () => {
    const sale = new Sale();
    expect(sale.execute(kim)).toEqual({ code: "done", id: 1 });
    sale.clockMs += 5;
    for (let n = 0; n < 2; n++) {
      expect(sale.execute({ type: "revoke_operator", operatorId: 1 })).toEqual({ code: "done", id: 1 });
    }
    const { name, role, keyHash } = kim;
    const record = { operatorId: 1, name, role, keyHash, createdAtMs: startMs, revokedAtMs: startMs + 5 };
    expect(sale.engine.state.operators.get(1)).toEqual(record);
    expect(sale.typesSince(0)).toEqual(["operator_created", "operator_revoked"]);
    sale.restart();
    expect(sale.engine.state.operators.get(1)).toEqual(record);
  });

  test("has a name that nobody has or had, in whatever case, and is never called root or retention", () => {
    const sale = new Sale();
    sale.execute(kim);
    expect(sale.execute({ ...kim, keyHash: "other" })).toEqual({ code: "name_taken" });
    const taken = [rootOperatorName, "Root", "root ", "\tROOT", "Retention", "KIM", " kim", "ｋｉｍ"];
    for (const name of taken) expect(sale.execute({ ...kim, name })).toEqual({ code: "name_taken" });
    sale.execute({ type: "revoke_operator", operatorId: 1 });
    sale.restart();
    for (const name of ["kim", ...taken]) expect(sale.execute({ ...kim, name })).toEqual({ code: "name_taken" });
    expect(sale.execute({ ...kim, name: "  Kim B " })).toEqual({ code: "done", id: 3 });
    expect(sale.engine.state.operators.get(3)?.name).toBe("Kim B");
  });

  test("who does not exist cannot be revoked", () => {
    expect(new Sale().execute({ type: "revoke_operator", operatorId: 1 })).toEqual({ code: "not_found" });
  });

  test("is one of as many as there may be; a revoked one makes room", () => {
    const sale = new Sale();
    for (let n = 0; n < limits.operatorsMax; n++) sale.execute({ ...kim, name: `kim ${n}` });
    expect(sale.execute(kim)).toEqual({ code: "limit_exceeded" });
    sale.execute({ type: "revoke_operator", operatorId: 7 });
    expect(sale.execute(kim).code).toBe("done");
  });
});

describe("an endpoint", () => {
  test("changes in what is named, and stays as it was in the rest", () => {
    const sale = new Sale();
    expect(sale.execute(endpoint)).toEqual({ code: "done", id: 1 });
    const { url, secret } = endpoint;
    const fresh = { id: 1, url, types: null, secret, previousSecret: null, rotatedAtMs: null, isEnabled: true };
    expect(sale.engine.state.endpoints.get(1)).toEqual(fresh);
    const change = { type: "change_endpoint", endpointId: 1 } as const;
    sale.execute({ ...change, types: ["order_paid"] });
    sale.execute({ ...change, isEnabled: false });
    sale.execute({ ...change, url: "https://shop.example/b" });
    const changed = { ...fresh, types: ["order_paid"], isEnabled: false, url: "https://shop.example/b" };
    expect(sale.engine.state.endpoints.get(1)).toEqual(changed);
    sale.execute({ ...change, types: null });
    expect(sale.engine.state.endpoints.get(1)).toEqual({ ...changed, types: null });
    sale.restart();
    expect(sale.engine.state.endpoints.get(1)).toEqual({ ...changed, types: null });
  });

  test("keeps the secret before its last one, and when it was changed", () => {
    const sale = new Sale();
    sale.execute(endpoint);
    for (const secret of ["whsec_b", "whsec_c"]) {
      sale.clockMs += 10;
      sale.execute({ type: "change_endpoint", endpointId: 1, secret });
    }
    const rotated = { secret: "whsec_c", previousSecret: "whsec_b", rotatedAtMs: startMs + 20 };
    expect(sale.engine.state.endpoints.get(1)).toMatchObject(rotated);
  });

  test("that is deleted, or never was, is not found, also after a restart", () => {
    const sale = new Sale();
    sale.execute(endpoint);
    expect(sale.execute({ type: "delete_endpoint", endpointId: 1 })).toEqual({ code: "done", id: 1 });
    sale.restart();
    for (const endpointId of [1, 9]) {
      expect(sale.execute({ type: "delete_endpoint", endpointId })).toEqual({ code: "not_found" });
      expect(sale.execute({ type: "change_endpoint", endpointId, isEnabled: true })).toEqual({ code: "not_found" });
    }
  });

  test("is one of as many as there may be; a deleted one makes room", () => {
    const sale = new Sale();
    for (let n = 0; n < limits.endpointsMax; n++) sale.execute(endpoint);
    expect(sale.execute(endpoint)).toEqual({ code: "limit_exceeded" });
    sale.execute({ type: "delete_endpoint", endpointId: 7 });
    expect(sale.execute(endpoint).code).toBe("done");
  });
});

test("a mark in the ledger is an event and changes nothing else", () => {
  const sale = new Sale();
  expect(sale.execute({ type: "publish_ledger_head" })).toEqual({ code: "done", id: 1 });
  expect(sale.typesSince(0)).toEqual(["ledger_head"]);
  expect(sale.engine.state.takeChanges()).toEqual({
    campaigns: [],
    offers: [],
    isOfficeChanged: false,
    accessChanges: [],
  });
});

test("every thread is told of operators and endpoints when one changes, and not when only stock moves", () => {
  const { thread, offerId } = openSale();
  const newsBefore = thread.news.length;
  thread.ask({ type: "reserve", offerId, buyerId: "bo", quantity: 1, key: null });
  expect(thread.news).toHaveLength(newsBefore);
  thread.ask(kim);
  thread.ask(endpoint);
  const told = thread.news.slice(newsBefore).map(({ office }) => office);
  expect(told.map((office) => office?.operators.map(({ name }) => name))).toEqual([["kim"], ["kim"]]);
  expect(told.map((office) => office?.endpoints.map(({ url }) => url))).toEqual([[], [endpoint.url]]);
});

describe("the audit log", () => {
  test("says who, what, when, of which subject, how it ended, and before and after", () => {
    const thread = new Thread();
    const draft = campaignDraft({ title: "spring", offers: [offerDraft({ stock: 2 })] });
    const [campaign, offer] = [formatId("cmp", 1), formatId("off", 2)];
    const stock = { total: 2, available: 2, held: 0, sold: 0 };
    const spring = (state: string) => ({ title: "spring", state });
    expectTold(thread, [
      [{ type: "create_campaign", draft }, campaign, "created", null, spring("draft")],
      [{ type: "publish", campaignId: 1 }, campaign, "changed", spring("draft"), spring("open")],
      [{ type: "pause", campaignId: 1 }, campaign, "changed", spring("open"), spring("paused")],
      [{ type: "restock", offerId: 2, quantity: 3 }, offer, "changed", stock, { ...stock, total: 5, available: 5 }],
      [{ type: "resume", campaignId: 1 }, campaign, "changed", spring("paused"), spring("open")],
      [{ type: "end", campaignId: 1 }, campaign, "changed", spring("open"), spring("ended")],
      [
        { type: "erase_buyers", campaignId: 1, orderIds: [], entryIds: [] },
        campaign,
        "erased",
        null,
        { orders: 0, entries: 0 },
      ],
    ]);
  });

  test("says of an order how it stood and stands, also when its campaign is settled", () => {
    const { thread, campaignId, offerId } = openSale();
    const reserved = (buyerId: string): number => {
      const answer = thread.ask({ type: "reserve", offerId, buyerId, quantity: 1, key: null });
      return answer.code === "reserved" ? answer.orderId : 0;
    };
    const [paid, late] = [reserved("ana"), reserved("bo")];
    const payment = { provider: "stripe", reference: "a", amountMinor: 100, currency: "CNY" } as const;
    const of = (orderId: number, buyerId: string) => ({ orderId, campaignId, buyerId });
    const [one, other] = [of(paid, "ana"), of(late, "bo")];
    const state = (now: string) => ({ state: now });
    const subject = formatId("ord", paid);
    expectTold(thread, [
      [{ type: "pay", ...one, payment }, subject, "moved", state("reserved"), state("paid")],
      [
        { type: "pay", ...one, payment: { ...payment, reference: "b" } },
        subject,
        "refund_due",
        state("paid"),
        state("paid"),
      ],
      [{ type: "refund", ...one, returnsUnits: true }, subject, "moved", state("paid"), state("refund_due")],
    ]);
    thread.ask({ type: "end", campaignId });
    thread.pass(paymentWindowMs);
    const [first, second] = thread.rows.paymentsOf(paid).map(({ paymentId }) => paymentId);
    const confirm = { type: "confirm_refund", ...one } as const;
    expectTold(thread, [
      [{ ...confirm, paymentId: first ?? 0 }, subject, "moved", state("refund_due"), state("refund_due")],
      [{ ...confirm, paymentId: second ?? 0 }, subject, "moved", state("refund_due"), state("refunded")],
      [{ type: "pay", ...other, payment }, formatId("ord", late), "moved", state("expired"), state("paid")],
    ]);
  });

  test("says of operators and endpoints what is no secret", () => {
    const thread = new Thread();
    const [operator, address] = [formatId("opr", 1), formatId("end", 2)];
    const known = { name: "kim", role: "operator", is_revoked: false };
    const there = { url: endpoint.url, types: null, is_enabled: true, rotated_at_ms: null };
    const rotated = { ...there, types: "order_paid order_expired", rotated_at_ms: startMs };
    const change = { type: "change_endpoint", endpointId: 2 } as const;
    const types = ["order_paid", "order_expired"];
    expectTold(thread, [
      [kim, operator, "done", null, known],
      [endpoint, address, "done", null, there],
      [{ ...change, secret: "whsec_new", types }, address, "done", there, rotated],
      [{ type: "delete_endpoint", endpointId: 2 }, address, "done", rotated, null],
      [{ type: "revoke_operator", operatorId: 1 }, operator, "done", known, { ...known, is_revoked: true }],
      [{ type: "publish_ledger_head" }, "", "done", null, null],
    ]);
    expect(JSON.stringify(thread.audit)).not.toContain("whsec_");
    expect(JSON.stringify(thread.audit)).not.toContain(kim.keyHash);
  });

  test("keeps what was refused, and what was only looked at, though nothing changed", () => {
    const { thread, campaignId, offerId } = openSale();
    const [campaign, offer] = [formatId("cmp", campaignId), formatId("off", offerId)];
    const open = { title: "sale", state: "open" };
    const stock = { total: 2, available: 2, held: 0, sold: 0 };
    const eventsBefore = thread.rows.last().seq;
    expectTold(thread, [
      [{ type: "resume", campaignId }, campaign, "transition_not_allowed", open, open],
      [{ type: "restock", offerId, quantity: -3 }, offer, "invalid", stock, stock],
      [{ type: "end", campaignId: 999 }, formatId("cmp", 999), "not_found", null, null],
      [{ ...kim, name: rootOperatorName }, "", "name_taken", null, null],
    ]);
    thread.ask({ type: "note_action", action: "export", subject: "orders" }, { operator: "kim" });
    expect(thread.audit.at(-1)).toMatchObject({ action: "export", subject: "orders", outcome: "done" });
    expect(thread.rows.last().seq).toBe(eventsBefore);
  });

  test("is stored in the transaction of the change, and of no other", () => {
    const { thread, campaignId, offerId } = openSale();
    const commitsBefore = thread.commits.length;
    const reserve = { type: "reserve", offerId, buyerId: "ana", quantity: 1, key: null } as const;
    thread.askTogether([reserve]);
    thread.askTogether([{ type: "pause", campaignId }, reserve, { type: "resume", campaignId }], { operator: "kim" });
    expect(
      thread.commits.slice(commitsBefore).map(({ types, audit }) => [types, audit.map(({ action }) => action)]),
    ).toEqual([
      [["order_reserved"], []],
      [
        ["campaign_paused", "campaign_resumed"],
        ["pause", "reserve", "resume"],
      ],
    ]);
  });

  test("stays with its own change when a batch is stored in two transactions", () => {
    const { thread, campaignId, offerId } = openSale();
    const answer = thread.ask({ type: "reserve", offerId, buyerId: "ana", quantity: 1, key: null });
    const target = { orderId: answer.code === "reserved" ? answer.orderId : 0, campaignId, buyerId: "ana" };
    const payment = { provider: "shop", reference: null, amountMinor: 100, currency: "CNY" } as const;
    const commitsBefore = thread.commits.length;
    const commands: Command[] = [
      { type: "pay", ...target, payment },
      { type: "refund", ...target, returnsUnits: true },
    ];
    thread.askTogether(commands, { operator: "kim" });
    expect(thread.commits.slice(commitsBefore).map(({ audit }) => audit.map(({ action }) => action))).toEqual([
      ["pay"],
      ["refund"],
    ]);
  });

  test("says nothing of what buyers do", () => {
    const { thread, offerId } = openSale();
    thread.ask({ type: "reserve", offerId, buyerId: "ana", quantity: 1, key: null });
    thread.ask({ type: "join_waitlist", offerId, buyerId: "bo" });
    expect(thread.audit).toEqual([]);
  });
});

type Told = readonly [command: Command, subject: string, outcome: string, ...facts: [AuditRecord["before"], unknown]];

/** Asks one after the other, as the operator kim, and looks at what each leaves in the log. */
function expectTold(thread: Thread, told: readonly Told[]): void {
  for (const [command, subject, outcome, before, after] of told) {
    const recordsBefore = thread.audit.length;
    expect(thread.ask(command, { operator: "kim" }).code).toBe(outcome as never);
    const what = { atMs: thread.clockMs, operator: "kim", action: command.type, subject, outcome };
    expect(thread.audit.slice(recordsBefore)).toEqual([{ ...what, before, after }] as AuditRecord[]);
  }
}

/** An open campaign with one offer of two units; asked for by nobody in particular. */
function openSale(): { thread: Thread; campaignId: number; offerId: number } {
  const thread = new Thread();
  thread.ask({ type: "create_campaign", draft: campaignDraft({ offers: [offerDraft({ stock: 2 })] }) });
  thread.ask({ type: "publish", campaignId: 1 });
  return { thread, campaignId: 1, offerId: 2 };
}
