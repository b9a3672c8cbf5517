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

/** What is reconciled: the offers in the same order before and after, and what buyers were told. */
export interface ReconciledRun {
  readonly before: readonly OfferJson[];
  readonly after: readonly OfferJson[];
  /** Whether nobody else could buy. */
  readonly isOwn: boolean;
  readonly result: Pick<LoadResult, "acknowledged" | "outcomes" | "unknown">;
  /** Is shown every order that the server has, where it is given. */
  readonly onOrder?: (order: OrderJson) => void;
}

/** `readers` are credentials that together see every order of the run: the operator's key, or the buyers' tokens. */
export async function reconcile(
  url: string,
  readers: readonly string[],
  { before, after, isOwn, result, onOrder }: ReconciledRun,
): Promise<Reconciliation> {
  const { acknowledged, outcomes, unknown } = result;
  const missing = new Set(acknowledged);
  const disagreements: string[] = [];
  if (missing.size < acknowledged.length) {
    disagreements.push(`${countOf(acknowledged.length - missing.size, "order")} acknowledged for two attempts`);
  }
  const heldOf = new Map(before.map(({ id }) => [id, 0]));
  const readBack = missing.size;
  const oldest = onOrder === undefined ? oldestOf(acknowledged) : 0;
  for await (const order of ordersFrom(url, readers, oldest)) {
    onOrder?.(order);
    if (!missing.delete(parseId("ord", order.id) ?? 0)) continue;
    const held = heldOf.get(order.offer_id);
    if (held === undefined || order.quantity !== 1) {
      disagreements.push(`${order.id} is not the order that was asked for`);
    } else if (order.state === "reserved" || order.state === "paid") heldOf.set(order.offer_id, held + order.quantity);
  }
  const [lost] = missing;
  if (lost !== undefined) {
    const id = Number.isNaN(lost) ? "one without an id" : formatId("ord", lost);
    disagreements.push(`${countOf(missing.size, "order")} acknowledged but not there: ${id} is the first`);
  }
  const left = after.reduce((sum, { available }) => sum + available, 0);
  const sums = { held: 0, taken: 0 };
  before.forEach(({ id, available }, index) => {
    const held = heldOf.get(id) ?? 0;
    const taken = available - (after[index]?.available ?? 0);
    sums.held += held;
    sums.taken += taken;
    if (taken >= held && taken <= held + unknown) return;
    const others = isOwn ? "" : " (has somebody else bought, or the stock been changed?)";
    disagreements.push(`${countText(taken)} units left the stock, the orders hold ${countText(held)}${others}`);
  });
  if (isOwn && outcomes.has("sold_out") && left > 0) {
    disagreements.push(`sold_out was answered with ${countOf(left, "unit")} left`);
  }
  return { readBack: readBack - missing.size, ...sums, disagreements };
}

/** Beyond all where there is none. */
function oldestOf(acknowledged: readonly number[]): number {
  return acknowledged.reduce((least, seq) => Math.min(least, seq), Number.POSITIVE_INFINITY);
}

/** Orders from the newest back to the oldest that is asked for. */
async function* ordersFrom(url: string, readers: readonly string[], oldest: number): AsyncGenerator<OrderJson, void> {
  if (oldest === Number.POSITIVE_INFINITY) return;
  for (const reader of readers) {
    for await (const { orders } of pagesOf<OrderPage>(`${url}/v1/orders`, reader)) {
      yield* orders;
      if ((parseId("ord", orders.at(-1)?.id ?? "") ?? 0) < oldest) break;
    }
  }
}
