/**
 * Holds what a load run was told against what the server has: every acknowledged order can be read back, none was
 * acknowledged twice, and the stock went down by exactly what they hold.
 */
import { formatId, parseId } from "../domain/ids.ts";
import { type OfferJson, type OrderJson, type OrderPage, pagesOf } from "./api.ts";
import { countOf, countText } from "./command.ts";
import type { LoadResult } from "./load-run.ts";

export interface Reconciliation {
  /** Acknowledged orders that were read back. */
  readonly readBack: number;
  /** Units that those orders hold now: reserved or paid. */
  readonly held: number;
  /** By how much the stock went down. */
  readonly taken: number;
  /** What does not agree, each as a sentence; empty when all does. */
  readonly disagreements: readonly string[];
}

/** `readers` are credentials that together see every order of the run: the operator's key, or the buyers' tokens. */
export async function reconcile(
  url: string,
  readers: readonly string[],
  run: { readonly before: OfferJson; readonly after: OfferJson; readonly isOwn: boolean; readonly result: LoadResult },
): Promise<Reconciliation> {
  const { before, after, isOwn, result } = run;
  const { acknowledged, outcomes, unknown } = result;
  const missing = new Set(acknowledged);
  const disagreements: string[] = [];
  if (missing.size < acknowledged.length) {
    disagreements.push(`${countOf(acknowledged.length - missing.size, "order")} acknowledged for two attempts`);
  }
  let held = 0;
  const readBack = missing.size;
  for await (const order of ordersFrom(url, readers, acknowledged)) {
    if (!missing.delete(parseId("ord", order.id) ?? 0)) continue;
    if (order.state === "reserved" || order.state === "paid") held += order.quantity;
    if (order.offer_id !== before.id || order.quantity !== 1) {
      disagreements.push(`${order.id} is not the order that was asked for`);
    }
  }
  const [lost] = missing;
  if (lost !== undefined) {
    const id = Number.isNaN(lost) ? "one without an id" : formatId("ord", lost);
    disagreements.push(`${countOf(missing.size, "order")} acknowledged but not there: ${id} is the first`);
  }
  const taken = before.available - after.available;
  if (taken < held || taken > held + unknown) {
    const others = isOwn ? "" : " (has somebody else bought, or the stock been changed?)";
    disagreements.push(`${countText(taken)} units left the stock, the orders hold ${countText(held)}${others}`);
  }
  if (isOwn && outcomes.has("sold_out") && after.available > 0) {
    disagreements.push(`sold_out was answered with ${countOf(after.available, "unit")} left`);
  }
  return { readBack: readBack - missing.size, held, taken, disagreements };
}

/** Orders from the newest back to the oldest acknowledged one. */
async function* ordersFrom(
  url: string,
  readers: readonly string[],
  acknowledged: readonly number[],
): AsyncGenerator<OrderJson, void> {
  const oldest = acknowledged.reduce((least, seq) => Math.min(least, seq), Number.POSITIVE_INFINITY);
  if (oldest === Number.POSITIVE_INFINITY) return;
  for (const reader of readers) {
    for await (const { orders } of pagesOf<OrderPage>(`${url}/v1/orders`, reader)) {
      yield* orders;
      if ((parseId("ord", orders.at(-1)?.id ?? "") ?? 0) < oldest) break;
    }
  }
}
