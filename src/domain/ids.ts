/**
 * Public ids. Inside, a campaign, an offer and an order are named by the sequence number of the event that created
 * them; outside, by a prefix and that number in base 36, padded so that ids sort by time. Nothing random is needed,
 * no index either: the id is the row. Reading somebody else's order is prevented by authorisation, not by guessing.
 * Prefixes: campaign, offer, order, payment, waitlist or draw entry, queue entry, reminder, operator, webhook endpoint,
 * access entry, event; and a rehearsal, which is no event and is numbered by itself.
 */
export type IdPrefix = "cmp" | "off" | "ord" | "pay" | "wte" | "que" | "rmd" | "opr" | "end" | "acc" | "evt" | "rhs";

const digitsCount = 10; // 36^10 > 2^51, the largest sequence number

/** `formatId("ord", 4211)` -> `"ord_0000000039"`-like text, always 14 characters. */
export function formatId(prefix: IdPrefix, seq: number): string {
  return `${prefix}_${seq.toString(36).padStart(digitsCount, "0")}`;
}

/** The sequence number in a public id, or `null` when the text is not an id of that prefix. */
export function parseId(prefix: IdPrefix, text: string): number | null {
  if (text.length !== digitsCount + 4 || !text.startsWith(prefix) || text[3] !== "_") return null;
  const digits = text.slice(4);
  if (!/^[0-9a-z]+$/.test(digits)) return null;
  const seq = Number.parseInt(digits, 36);
  return seq > 0 && seq <= Number.MAX_SAFE_INTEGER ? seq : null;
}
