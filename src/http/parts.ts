/** What an HTTP thread is made of: handed to the routes, which take from it what they need. */

import type { OrderStreams } from "../delivery/order-streams.ts";
import type { StockStreams } from "../delivery/stock-streams.ts";
import type { OrderRecord } from "../domain/order.ts";
import type { IdRange, OrderFilter, OrderPage } from "../domain/order-filter.ts";
import type { Counters } from "../engine/counters.ts";
import type { KeyFilter } from "../engine/key-filter.ts";
import type { Clock } from "../host/clock.ts";
import type { Metrics } from "../host/metrics.ts";
import type { Auth } from "./auth.ts";
import type { Catalogue } from "./catalogue.ts";
import type { EngineClient } from "./engine-client.ts";

/** Reads of committed orders; implemented by storage, which HTTP does not know. */
export interface OrderReader {
  order(orderId: number): OrderRecord | null;
  ordersOfBuyerIn(campaignId: number, buyerId: string): OrderRecord[];
}

/** Searches among committed orders, each bounded in what it looks through; implemented by storage. */
export interface OrderFinder {
  /** Where all orders stand that fit now; those that come later are beyond it. */
  range(filter: OrderFilter): IdRange;
  newestFirst(filter: OrderFilter, before: number, limit: number): OrderPage;
  oldestFirst(filter: OrderFilter, range: IdRange, limit: number): OrderPage;
}

export interface HttpParts {
  readonly auth: Auth;
  readonly catalogue: Catalogue;
  readonly client: EngineClient;
  readonly clock: Clock;
  readonly counters: Counters;
  readonly keyFilter: KeyFilter;
  readonly metrics: Metrics;
  readonly orderFinder: OrderFinder;
  readonly orders: OrderReader;
  readonly orderStreams: OrderStreams;
  readonly stockStreams: StockStreams;
}
