/**
 * Guards the access list in the engine: one entry for a target, bounded, past a restart, told to every thread as it
 * changes; and the audit log knows the entry but not the person whom it is about.
 */
import { describe, expect, test } from "bun:test";
import type { Command } from "../../src/domain/command.ts";
import { limits } from "../../src/domain/limits.ts";
import { Sale, startMs } from "./sale.ts";
import { Thread } from "./thread.ts";

const mallory = {
  type: "add_access_entry",
  effect: "block",
  target: { kind: "buyer", value: "mallory" },
  reason: "resold tickets",
  expiresAtMs: null,
} as const satisfies Command;
const office = { ...mallory, effect: "allow", target: { kind: "network", value: "192.0.2.0/24" } } as const;

describe("the access list", () => {
  test("holds what was added until it is removed, past a restart", () => {
    const sale = new Sale();
    expect(sale.execute(mallory)).toEqual({ code: "done", id: 1 });
    expect(sale.execute(office)).toEqual({ code: "done", id: 2 });
    const { kind, value } = mallory.target;
    const entry = { entryId: 1, effect: "block", kind, value, reason: "resold tickets", createdAtMs: startMs } as const;
    sale.restart();
    expect(sale.engine.state.access.get(1)).toEqual({ ...entry, expiresAtMs: null });
    expect(sale.execute({ type: "remove_access_entry", entryId: 1 })).toEqual({ code: "done", id: 1 });
    expect(sale.execute({ type: "remove_access_entry", entryId: 1 })).toEqual({ code: "not_found" });
    sale.restart();
    expect([...sale.engine.state.access.keys()]).toEqual([2]);
  });

  test("has one entry for a target: what is said later counts", () => {
    const sale = new Sale();
    sale.execute(mallory);
    sale.execute(office);
    expect(sale.execute({ ...mallory, effect: "allow", reason: "a mistake" })).toEqual({ code: "done", id: 4 });
    expect(sale.typesSince(2)).toEqual(["access_entry_removed", "access_entry_added"]);
    const told = [...sale.engine.state.access.values()].map(({ effect, value }) => [effect, value]);
    expect(told).toEqual([
      ["allow", "192.0.2.0/24"],
      ["allow", "mallory"],
    ]);
  });

  test("is bounded: a full one takes nobody new, until an entry has expired or is removed", () => {
    const sale = new Sale();
    for (let n = 0; n < limits.accessEntriesMax; n++) {
      const target = { kind: "buyer", value: `buyer ${n}` } as const;
      sale.execute({ ...mallory, target, expiresAtMs: n === 7 ? startMs + 1_000 : null });
    }
    expect(sale.execute(mallory)).toEqual({ code: "limit_exceeded" });
    expect(sale.execute({ ...mallory, target: { kind: "buyer", value: "buyer 3" } }).code).toBe("done");
    sale.clockMs += 1_000;
    expect(sale.execute(mallory).code).toBe("done");
    expect(sale.engine.state.access.size).toBe(limits.accessEntriesMax);
    expect(sale.execute(office)).toEqual({ code: "limit_exceeded" });
    sale.execute({ type: "remove_access_entry", entryId: 1 });
    expect(sale.execute(office).code).toBe("done");
  });

  test("is told to every thread as it changes, not whole", () => {
    const thread = new Thread();
    thread.ask(mallory, { operator: "kim" });
    thread.ask({ ...mallory, effect: "allow" }, { operator: "kim" });
    const [removed, added] = thread.news.at(-1)?.accessChanges ?? [];
    expect(removed).toEqual({ removedId: 1 });
    expect(added?.added).toMatchObject({ entryId: 3, effect: "allow", value: "mallory" });
    expect(thread.news.at(-1)?.office).toBeUndefined();
  });

  test("stands in the audit log without the person whom it is about", () => {
    const thread = new Thread();
    thread.ask(mallory, { operator: "kim" });
    thread.ask(office, { operator: "kim" });
    thread.ask({ type: "remove_access_entry", entryId: 1 }, { operator: "kim" });
    const facts = { effect: "block", kind: "buyer", reason: "resold tickets", expires_at_ms: null };
    expect(thread.audit.map(({ action, subject, before, after }) => ({ action, subject, before, after }))).toEqual([
      { action: "add_access_entry", subject: "acc_0000000001", before: null, after: facts },
      {
        action: "add_access_entry",
        subject: "acc_0000000002",
        before: null,
        after: { ...facts, effect: "allow", kind: "network", network: "192.0.2.0/24" },
      },
      { action: "remove_access_entry", subject: "acc_0000000001", before: facts, after: null },
    ]);
    expect(JSON.stringify(thread.audit)).not.toContain("mallory");
  });

  test("and operators that change in the moment of a ledger's mark are told all the same", () => {
    const thread = new Thread();
    const kim = { type: "create_operator", name: "kim", role: "operator", keyHash: "hash" } as const;
    thread.askTogether([kim, { type: "publish_ledger_head" }, mallory]);
    expect(thread.news.at(-1)?.office?.operators.map(({ name }) => name)).toEqual(["kim"]);
    expect(thread.news.at(-1)?.accessChanges).toHaveLength(1);
  });
});
