/**
 * Guards which entry of the access list counts for a request: the buyer's own before any network's, the smallest network
 * before the larger ones, none that has expired; and that a network is what people mean by its text, or is refused.
 */
import { describe, expect, test } from "bun:test";
import { AccessList, networkText } from "../../src/admission/access-list.ts";
import type { AccessEffect, AccessEntry } from "../../src/domain/access.ts";

const nowMs = 1_000;

function entry(entryId: number, effect: AccessEffect, value: string, expiresAtMs: number | null = null): AccessEntry {
  const kind = value.includes("/") ? "network" : "buyer";
  return { entryId, effect, kind, value, reason: "because", createdAtMs: 0, expiresAtMs };
}

function listOf(...entries: readonly AccessEntry[]): AccessList {
  const list = new AccessList();
  list.receive(entries.map((added) => ({ added })));
  return list;
}

const idOf = (list: AccessList, buyer: string, address: string) =>
  list.find(buyer, () => address, nowMs)?.entryId ?? null;

describe("the entry that counts", () => {
  const list = listOf(
    entry(1, "block", "192.0.2.0/24"),
    entry(2, "allow", "192.0.2.7/32"),
    entry(3, "block", "mallory"),
    entry(4, "allow", "alice"),
    entry(5, "block", "2001:db8::/32"),
    entry(6, "allow", "2001:db8:0:1::/64"),
    entry(7, "block", "0.0.0.0/1"),
  );

  test.each([
    ["a buyer's own", "mallory", "198.51.100.1", 3],
    ["a buyer's own, before that of a network", "alice", "192.0.2.1", 4],
    ["a network's", "bob", "192.0.2.1", 1],
    ["that of the smaller network", "bob", "192.0.2.7", 2],
    ["that of the larger network, beside the smaller one", "bob", "10.0.0.1", 7],
    ["an IPv6 network's", "bob", "2001:db8:ffff::1", 5],
    ["that of the smaller IPv6 network", "bob", "2001:db8:0:1:2:3:4:5", 6],
    ["none's outside of all", "bob", "198.51.100.1", null],
    ["none's for IPv6 by the bits of IPv4", "bob", "c000:201::", null],
    ["none's for another spelling of a buyer", "Mallory", "198.51.100.1", null],
    ["an IPv4 network's for its address within IPv6", "bob", "::ffff:192.0.2.1", 1],
    ["none's for no address at all", "bob", "somewhere", null],
  ])("is %s", (_, buyer, address, expected) => {
    expect(idOf(list, buyer, address)).toBe(expected);
  });

  test("is none that has expired: then what it stood before counts", () => {
    const expiring = listOf(
      entry(1, "block", "mallory", nowMs),
      entry(2, "allow", "192.0.2.7/32", nowMs),
      entry(3, "block", "192.0.2.0/24", nowMs + 1),
    );
    expect(idOf(expiring, "mallory", "198.51.100.1")).toBeNull();
    expect(idOf(expiring, "mallory", "192.0.2.7")).toBe(3);
    expect(expiring.find("bob", () => "192.0.2.7", nowMs + 1)).toBeNull();
  });

  test("is gone once it is removed, and others stay", () => {
    const changing = listOf(entry(1, "block", "mallory"), entry(2, "block", "192.0.2.0/24"), entry(3, "block", "bob"));
    changing.receive([{ removedId: 1 }, { removedId: 2 }]);
    expect(idOf(changing, "mallory", "192.0.2.1")).toBeNull();
    expect(idOf(changing, "bob", "192.0.2.1")).toBe(3);
    expect([changing.needsAddress, changing.isEmpty]).toEqual([false, false]);
    changing.receive([{ removedId: 3 }]);
    expect(changing.isEmpty).toBe(true);
    expect(() => changing.receive([{ removedId: 3 }])).toThrow();
  });

  test("needs no address as long as no network is named", () => {
    const asked: string[] = [];
    const buyersOnly = listOf(entry(1, "block", "mallory"));
    const addressOf = () => {
      asked.push("asked");
      return "192.0.2.1";
    };
    buyersOnly.find("bob", addressOf, nowMs);
    expect(asked).toEqual([]);
    buyersOnly.receive([{ added: entry(2, "block", "192.0.2.0/24") }]);
    buyersOnly.find("mallory", addressOf, nowMs);
    expect(asked).toEqual([]);
    expect(buyersOnly.find("bob", addressOf, nowMs)?.entryId).toBe(2);
  });
});

test.each([
  ["192.0.2.7", "192.0.2.7/32"],
  ["192.0.2.7/24", "192.0.2.0/24"],
  ["0.0.0.0/0", "0.0.0.0/0"],
  ["2001:DB8::1", "2001:db8::1/128"],
  ["2001:db8:0:1:2::/64", "2001:db8:0:1::/64"],
  ["::ffff:192.0.2.7", "192.0.2.7/32"],
  ["::ffff:192.0.2.7/120", "192.0.2.0/24"],
  ["::/0", "::/0"],
  ["::ffff:192.0.2.7/64", null],
  ["192.0.2.7/33", null],
  ["2001:db8::/129", null],
  ["192.0.2", null],
  ["010.0.0.1", null],
  ["0x7f.0.0.1", null],
  ["3221225985", null],
  ["192.0.2.7/", null],
  ["192.0.2.7/24/8", null],
  ["192.0.2.7/-1", null],
  ["fe80::1%eth0", null],
  ["example.com", null],
  ["", null],
])("the network that %s names is %s", (text, expected) => {
  expect(networkText(text)).toBe(expected);
});
