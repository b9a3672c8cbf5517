/**
 * What holds for buyers over all their orders: the limit of an offer, and one order for an Idempotency-Key. Sums are
 * kept by a hash of 64 bits, 12 bytes each; whoever seems to have too much is looked up in the file before being named.
 */
import type { Database } from "bun:sqlite";
import { formatId } from "../../../domain/ids.ts";
import { Check } from "./check.ts";
import { TextNumbers } from "./text-numbers.ts";

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
  readonly #units: TextNumbers;
  readonly #ordersOfKey: TextNumbers;

  constructor(db: Database, orderCount: number) {
    this.#db = db;
    this.#units = new TextNumbers(orderCount);
    this.#ordersOfKey = new TextNumbers(orderCount);
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
