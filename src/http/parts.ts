/** What an HTTP thread is made of: handed to the routes, which take from it what they need. */

import type { OrderStreams } from "../delivery/order-streams.ts";
import type { StockStreams } from "../delivery/stock-streams.ts";
import type { OrderRecord } from "../domain/order.ts";
import type { PaymentRecord } from "../domain/payment.ts";
import type { Counters } from "../engine/counters.ts";
import type { KeyFilter } from "../engine/key-filter.ts";
import type { Clock } from "../host/clock.ts";
import type { Metrics } from "../host/metrics.ts";
import type { PaymentProvider } from "../payment/provider.ts";
import type { Auth } from "./auth.ts";
import type { Catalogue } from "./catalogue.ts";
import type { EngineClient } from "./engine-client.ts";
import type { Office } from "./office.ts";
import type { SandboxPages } from "./sandbox-pages.ts";

/** Reads of committed orders; implemented by storage, which HTTP does not know. */
export interface OrderReader {
  order(orderId: number): OrderRecord | null;
  paymentsOf(orderId: number): PaymentRecord[];
  ordersOfBuyer(buyerId: string, before: number, limit: number): { orders: OrderRecord[]; next: number | null };
  ordersOfBuyerIn(campaignId: number, buyerId: string): OrderRecord[];
  ordersBefore(before: number, limit: number): { orders: OrderRecord[]; next: number | null };
}

export interface Payments {
  /** `null` where the shop takes the money itself. */
  readonly provider: PaymentProvider | null;
  /** `null` unless the provider is the sandbox. */
  readonly sandboxPages: SandboxPages | null;
}

export interface HttpParts {
  readonly auth: Auth;
  readonly catalogue: Catalogue;
  readonly client: EngineClient;
  readonly clock: Clock;
  readonly counters: Counters;
  readonly keyFilter: KeyFilter;
  readonly metrics: Metrics;
  readonly office: Office;
  readonly orders: OrderReader;
  readonly orderStreams: OrderStreams;
  readonly payments: Payments;
  readonly stockStreams: StockStreams;
}
