/**
 * Guards who a request counts for: nobody's word about an address is believed but a trusted proxy's, of that only what
 * the proxy saw itself, and one client cannot look like many.
 */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { ClientAddresses, isProxy, networkOf, type ProxyHeader } from "../../src/http/address.ts";

const proxy = "10.0.0.1";

/** The address of a request that comes from a socket, with a header. */
function addressOf(
  socket: string | null,
  {
    trusted = [],
    header = "x-forwarded-for",
    headers = {},
  }: { trusted?: readonly string[]; header?: ProxyHeader; headers?: Record<string, string> } = {},
): string {
  const addresses = new ClientAddresses({ trusted, header });
  addresses.attach({ requestIP: () => (socket === null ? null : { address: socket }) });
  return addresses.of(new Request("http://127.0.0.1/", { headers }));
}

const behind = (forwarded: string, trusted: readonly string[] = ["10.0.0.0/8"]) =>
  addressOf(proxy, { trusted, headers: { "x-forwarded-for": forwarded } });

const behindNew = (forwarded: string) =>
  addressOf(proxy, { trusted: ["10.0.0.0/8"], header: "forwarded", headers: { forwarded } });

describe("without trusted proxies", () => {
  test("the socket's address counts, whatever a header says", () => {
    const headers = { "x-forwarded-for": "1.2.3.4", forwarded: "for=1.2.3.4", "x-real-ip": "1.2.3.4" };
    expect(addressOf("192.0.2.7", { headers })).toBe("192.0.2.7");
    expect(addressOf("127.0.0.1", { headers })).toBe("127.0.0.1");
  });

  test("an address has one spelling, and IPv4 is IPv4 on a socket of both kinds", () => {
    expect(addressOf("::ffff:192.0.2.7")).toBe("192.0.2.7");
    expect(addressOf("::FFFF:c000:0207")).toBe("192.0.2.7");
    expect(addressOf("2001:DB8:0:0:0:0:0:1")).toBe("2001:db8::1");
    expect(addressOf("fe80::1%eth0")).toBe("fe80::1");
  });

  test("a client that has hung up has none", () => {
    expect(addressOf(null)).toBe("::");
  });
});

describe("behind trusted proxies", () => {
  test("the last address that no proxy has counts, and what the client wrote before it does not", () => {
    expect(behind("203.0.113.9")).toBe("203.0.113.9");
    expect(behind("1.1.1.1, 203.0.113.9")).toBe("203.0.113.9");
    expect(behind("1.1.1.1, 203.0.113.9, 10.1.2.3,10.9.9.9")).toBe("203.0.113.9");
    expect(behind("203.0.113.9:4711")).toBe("203.0.113.9");
    expect(behind("[2001:db8::9]:4711")).toBe("2001:db8::9");
    expect(behind("2001:db8::9")).toBe("2001:db8::9");
    expect(behind("::ffff:203.0.113.9")).toBe("203.0.113.9");
  });

  test("a client that comes past the proxies cannot speak in their name", () => {
    const headers = { "x-forwarded-for": "1.2.3.4", forwarded: "for=1.2.3.4" };
    expect(addressOf("203.0.113.9", { trusted: ["10.0.0.0/8"], headers })).toBe("203.0.113.9");
    expect(addressOf("2001:db8::9", { trusted: ["10.0.0.0/8", "::1"], headers })).toBe("2001:db8::9");
  });

  test("of the two headers only the one that the proxies write is looked at", () => {
    const headers = { "x-forwarded-for": "203.0.113.9", forwarded: "for=1.2.3.4" };
    expect(addressOf(proxy, { trusted: [proxy], headers })).toBe("203.0.113.9");
    expect(addressOf(proxy, { trusted: [proxy], header: "forwarded", headers })).toBe("1.2.3.4");
  });

  test("what is no address ends the search at the hop before", () => {
    const hostile = ["", " ", "unknown", "_hidden", "1.2.3", "0x7f.1", "127.1", "1.2.3.4.5", "300.1.1.1", "01.2.3.4 x"];
    for (const text of [...hostile, "fe80::1%eth0", "[1.2.3.4]", "[::1", "::1]", "[::1]x", "1.2.3.4:", "'1.2.3.4'"]) {
      expect(behind(text)).toBe(proxy);
      expect(behind(`1.1.1.1, ${text}, 10.1.2.3`)).toBe("10.1.2.3");
    }
    expect(addressOf(proxy, { trusted: [proxy] })).toBe(proxy);
  });

  test("a list of proxies alone ends at the farthest", () => {
    expect(behind("10.3.3.3, 10.2.2.2")).toBe("10.3.3.3");
  });

  test("a list without end is not read to its end", () => {
    expect(behind(`1.1.1.1, ${Array(200).fill("10.2.2.2").join(",")}`)).toBe("10.2.2.2");
    expect(behind(`${"x".repeat(100_000)}, 203.0.113.9`)).toBe("203.0.113.9");
  });

  test("Forwarded is read as its standard says, from its end", () => {
    expect(behindNew("for=203.0.113.9")).toBe("203.0.113.9");
    expect(behindNew('for=1.1.1.1, For="203.0.113.9:4711";proto=https;by=10.0.0.1')).toBe("203.0.113.9");
    expect(behindNew('proto=http; for="[2001:db8:cafe::17]:4711"')).toBe("2001:db8:cafe::17");
    expect(behindNew('for="1.1.1.1, for=203.0.113.9')).toBe("203.0.113.9"); // the client has opened a quotation
    expect(behindNew("for=unknown")).toBe(proxy);
    expect(behindNew("by=203.0.113.9;host=203.0.113.9")).toBe(proxy);
    expect(behindNew("203.0.113.9")).toBe(proxy);
  });

  test("proxies are named as addresses or networks, of both kinds", () => {
    const trusted = ["192.0.2.1", "2001:db8:1::/48", "::ffff:198.51.100.0/120"];
    for (const socket of ["192.0.2.1", "::ffff:192.0.2.1", "2001:db8:1:2::3", "198.51.100.77"]) {
      expect(addressOf(socket, { trusted, headers: { "x-forwarded-for": "203.0.113.9" } })).toBe("203.0.113.9");
    }
    expect(addressOf("192.0.2.2", { trusted, headers: { "x-forwarded-for": "203.0.113.9" } })).toBe("192.0.2.2");
    for (const text of ["10.0.0.0/8", "192.0.2.1", "::1", "2001:db8::/32"]) expect(isProxy(text)).toBeTrue();
    for (const text of ["", "*", "10.0.0.0/33", "proxy.example", "10.0.0", "::1%lo"]) expect(isProxy(text)).toBeFalse();
  });

  test("whatever a client writes, it counts for what the proxy saw", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), fc.ipV4(), (written, seen) => {
        const claimed = written.replace(/[^\x20-\x7e]/g, "?");
        const expected = seen.startsWith("10.") ? null : seen;
        if (expected !== null) expect(behind(`${claimed}, ${seen}`)).toBe(expected);
      }),
    );
  });
});

describe("a network", () => {
  test("is an IPv4 address, and of IPv6 the 64 bits that one client is given", () => {
    expect(networkOf("192.0.2.7")).toBe("192.0.2.7");
    expect(networkOf("::ffff:192.0.2.7")).toBe("192.0.2.7");
    expect(networkOf("2001:db8:0:1:aaaa::1")).toBe("2001:db8:0:1::/64");
    expect(networkOf("2001:db8:0:1::2")).toBe(networkOf("2001:db8:0:1:ffff:ffff:ffff:ffff"));
    expect(networkOf("2001:db8:0:2::2")).not.toBe(networkOf("2001:db8:0:1::2"));
    expect(networkOf("::1")).toBe("::/64");
  });
});
