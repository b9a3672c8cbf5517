/**
 * The orders that are known here, the newest first. What a stream told wins over an answer to a question that was asked
 * before: an order never goes back to a state that it has left.
 */
import { computed, type ReadonlySignal, signal } from "@preact/signals";
import type { Order } from "../shared/wire.ts";

export class OrderShelf {
  readonly #orders = signal<ReadonlyMap<string, Order>>(new Map());
  /** When each was last told of, in numbers of things told. */
  readonly #toldAt = new Map<string, number>();
  #told = 0;

  readonly newestFirst: ReadonlySignal<readonly Order[]> = computed(() =>
    [...this.#orders.value.values()].toSorted((one, other) => other.seq - one.seq),
  );

  get(id: string): Order | undefined {
    return this.#orders.value.get(id);
  }

  /** This moment, for `answered`: taken before asking. */
  moment(): number {
    return this.#told;
  }

  /** What the stream says. */
  told(order: Order): void {
    this.#told += 1;
    this.#toldAt.set(order.id, this.#told);
    this.#put([order]);
  }

  /** What was asked for at that moment. */
  answered(orders: readonly Order[], askedAt: number): void {
    this.#put(orders.filter(({ id }) => (this.#toldAt.get(id) ?? 0) <= askedAt));
  }

  #put(orders: readonly Order[]): void {
    if (orders.length === 0) return;
    this.#orders.value = new Map([...this.#orders.value, ...orders.map((order) => [order.id, order] as const)]);
  }
}
