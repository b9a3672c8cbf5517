/** A quote says what one buyer would pay for one purchase, and nobody can change a word of it. */
import { describe, expect, test } from "bun:test";
import { Quotes, type QuoteTerms } from "../../src/dialogue/quote.ts";
import { newQuoteNumber } from "../../src/host/random.ts";
import { SignedText } from "../../src/host/signed-text.ts";

const quotes = new Quotes(new SignedText("key"));
const terms: QuoteTerms = { offerId: 42, buyerId: "alice", quantity: 2, amountMinor: 19_998, expiresAtMs: 5_000 };
const quote = quotes.sign(terms, "0123456789abcdef01234567");

describe("a quote", () => {
  test("is good for its buyer until it expires, with the terms it was made for", () => {
    expect(quotes.check(quote, "alice", 4_999)).toEqual({
      code: "good",
      terms,
      idempotencyKey: "quote-0123456789abcdef01234567",
    });
    expect(quotes.check(quote, "alice", 5_000).code).toBe("expired");
  });

  test("is nobody else's", () => {
    expect(quotes.check(quote, "bob", 0)).toEqual({ code: "wrong_buyer" });
  });

  test("cannot be changed in a single character", () => {
    for (let at = 0; at < quote.length; at++) {
      const changed = `${quote.slice(0, at)}${quote[at] === "a" ? "b" : "a"}${quote.slice(at + 1)}`;
      expect(["malformed", "forged"]).toContain(quotes.check(changed, "alice", 0).code);
    }
  });

  test("of another folder, and what is none at all, is told apart from it", () => {
    const other = new Quotes(new SignedText("another key")).sign(terms, newQuoteNumber());
    expect(quotes.check(other, "alice", 0).code).toBe("forged");
    for (const text of ["", "q1", "p1.1.0.1.ab.c", "x".repeat(10_000), "日本", quote.slice(0, -1)])
      expect(quotes.check(text, "alice", 0).code).toBe("malformed");
  });

  test("is a purchase of its own each time", () => {
    const keys = new Set(
      Array.from({ length: 100 }, () => {
        const outcome = quotes.check(quotes.sign(terms, newQuoteNumber()), "alice", 0);
        return "idempotencyKey" in outcome ? outcome.idempotencyKey : outcome.code;
      }),
    );
    expect(keys.size).toBe(100);
  });
});
