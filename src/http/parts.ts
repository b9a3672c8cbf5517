/** What an HTTP thread is made of: handed to the routes, which take from it what they need. */

import type { OrderStreams } from "../delivery/order-streams.ts";
import type { StockStreams } from "../delivery/stock-streams.ts";
import type { LedgerRow } from "../domain/ledger.ts";
import type { OrderRecord } from "../domain/order.ts";
import type { PaymentRecord } from "../domain/payment.ts";
import type { Counters } from "../engine/counters.ts";
import type { KeyFilter } from "../engine/key-filter.ts";
import type { Clock } from "../host/clock.ts";
import type { Metrics } from "../host/metrics.ts";
import type { Auth } from "./auth.ts";
import type { Catalogue } from "./catalogue.ts";
import type { EngineClient } from "./engine-client.ts";
import type { Office } from "./office.ts";
import type { Receipts } from "./receipts.ts";

/** Reads of committed orders; implemented by storage, which HTTP does not know. */
export interface OrderReader {
  order(orderId: number): OrderRecord | null;
  paymentsOf(orderId: number): PaymentRecord[];
  ordersOfBuyer(buyerId: string, before: number, limit: number): { orders: OrderRecord[]; next: number | null };
  ordersOfBuyerIn(campaignId: number, buyerId: string): OrderRecord[];
  ordersBefore(before: number, limit: number): { orders: OrderRecord[]; next: number | null };
}

/** A row of the ledger with its hash, and the buyer it is about where they are known. */
export interface LedgerEntry extends LedgerRow {
  readonly hash: string;
  readonly buyerId: string | null;
}

/** Reads of the committed ledger; implemented by storage. */
export interface LedgerReader {
  rowsAfter(seq: number, limit: number): LedgerEntry[];
  rowsWithBuyersAfter(
    seq: number,
    limit: number,
    campaignId: number | null,
  ): { readonly rows: LedgerEntry[]; readonly next: number | null };
  row(seq: number): LedgerEntry | null;
  hashOf(seq: number): string | null;
  saltOf(orderId: number): string | null;
}

export interface HttpParts {
  readonly auth: Auth;
  readonly catalogue: Catalogue;
  readonly client: EngineClient;
  readonly clock: Clock;
  readonly counters: Counters;
  readonly keyFilter: KeyFilter;
  readonly ledger: LedgerReader;
  readonly metrics: Metrics;
  readonly office: Office;
  readonly orders: OrderReader;
  readonly orderStreams: OrderStreams;
  readonly receipts: Receipts;
  readonly stockStreams: StockStreams;
}
