/** Which orders are asked for, by whoever lists or exports them, and what a reader of them answers. */
import type { OrderRecord, OrderState } from "./order.ts";

/** Everything that is given must hold. The times are of reserving: from the first to before the second. */
export interface OrderFilter {
  readonly campaignId?: number | undefined;
  readonly offerId?: number | undefined;
  readonly buyerId?: string | undefined;
  readonly state?: OrderState | undefined;
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
}

/** Ids of orders, from the first to before the end. */
export interface IdRange {
  readonly first: number;
  readonly end: number;
}

/** Orders that fit, and the id to go on from; `null` at the end. May be short, even empty, before the end. */
export interface OrderPage {
  readonly orders: OrderRecord[];
  readonly next: number | null;
}
