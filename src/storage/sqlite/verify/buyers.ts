/**
 * What holds for buyers over all their orders: the limit of an offer, and one order for an Idempotency-Key. Sums are
 * kept by a hash of 64 bits, 12 bytes each; whoever seems to have too much is looked up in the file before being named.
 */
import type { Database } from "bun:sqlite";
import { formatId } from "../../../domain/ids.ts";
import { Check } from "./check.ts";

interface BuyersOrder {
  readonly id: number;
  readonly campaignId: number;
  readonly offerId: number;
  readonly buyerId: string;
  readonly quantity: number;
  readonly state: string;
  readonly key: string | null;
}

export class Buyers {
  readonly limits = new Check("limits", "order", "no buyer has more of an offer than its limit");
  readonly keys = new Check("keys", "key", "an Idempotency-Key has one order of its buyer in a campaign");
  readonly #db: Database;
  readonly #units: HashSums;
  readonly #ordersOfKey: HashSums;

  constructor(db: Database, orderCount: number) {
    this.#db = db;
    this.#units = new HashSums(orderCount);
    this.#ordersOfKey = new HashSums(orderCount);
  }

  see(order: BuyersOrder, limitPerBuyer: number): void {
    const { campaignId, offerId, buyerId, quantity, state, key } = order;
    if (state === "reserved" || state === "paid") {
      this.limits.count += 1;
      const units = this.#units.add(`${offerId}\n${buyerId}`, quantity);
      if (units > limitPerBuyer && units - quantity <= limitPerBuyer) this.#failLimit(order, limitPerBuyer);
    }
    if (key === null) return;
    this.keys.count += 1;
    if (this.#ordersOfKey.add(`${campaignId}\n${buyerId}\n${key}`, 1) === 2) this.#failKey(order, key);
  }

  #failLimit({ offerId, buyerId }: BuyersOrder, limitPerBuyer: number): void {
    if (this.limits.failureCount > 0) {
      this.limits.fail("another one"); // only the first is named: looking one up reads all orders
      return;
    }
    const { units } = this.#db
      .query<{ units: number }, [number, string]>(
        "SELECT sum(quantity) AS units FROM orders WHERE offer_id = ? AND buyer_id = ? AND state IN ('reserved', 'paid')",
      )
      .get(offerId, buyerId) as { units: number };
    if (units <= limitPerBuyer) return;
    const offer = formatId("off", offerId);
    this.limits.fail(
      `buyer ${JSON.stringify(buyerId)} has ${units} of offer ${offer}, whose limit is ${limitPerBuyer}`,
    );
  }

  #failKey({ campaignId, buyerId }: BuyersOrder, key: string): void {
    if (this.keys.failureCount > 0) {
      this.keys.fail("another one");
      return;
    }
    const orders = this.#db
      .query<{ id: number }, [number, string, string]>(
        "SELECT id FROM orders WHERE campaign_id = ? AND buyer_id = ? AND idempotency_key = ? ORDER BY id",
      )
      .all(campaignId, buyerId, key)
      .map(({ id }) => formatId("ord", id));
    if (orders.length < 2) return;
    const named = `${orders[0]} and ${orders[1]}`;
    this.keys.fail(`buyer ${JSON.stringify(buyerId)} has orders ${named} under the key ${JSON.stringify(key)}`);
  }
}

/** Sums by text, kept by the text's hash in an open table with a third of its places free. */
class HashSums {
  #high: Uint32Array;
  #low: Uint32Array;
  #sums: Int32Array;
  #mask: number;
  #count = 0;

  constructor(expected: number) {
    const size = 2 ** Math.ceil(Math.log2(Math.max(16, expected * 1.5)));
    this.#high = new Uint32Array(size);
    this.#low = new Uint32Array(size);
    this.#sums = new Int32Array(size);
    this.#mask = size - 1;
  }

  /** Adds to the sum of a text, which was positive; answers it. */
  add(text: string, amount: number): number {
    if (this.#count * 4 > this.#mask * 3) throw new Error("there are as many orders as were counted");
    const high = Bun.hash.xxHash32(text, 1);
    const low = Bun.hash.xxHash32(text, 2);
    let at = low & this.#mask;
    while (this.#sums[at] !== 0 && !(this.#high[at] === high && this.#low[at] === low)) at = (at + 1) & this.#mask;
    if (this.#sums[at] === 0) this.#count += 1;
    this.#high[at] = high;
    this.#low[at] = low;
    const sum = (this.#sums[at] as number) + amount;
    this.#sums[at] = sum;
    return sum;
  }
}
