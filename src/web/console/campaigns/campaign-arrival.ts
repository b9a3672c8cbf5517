/** What is to be said on the page of a campaign that was just made, once: that it is there, or why it is not public yet. */
import { signal } from "@preact/signals";
import type { Refusal } from "../../shared/api.ts";

export interface Arrival {
  readonly id: string;
  /** Why it is a draft still, although it was to be published. */
  readonly refusal: Refusal | null;
}

export const arrival = signal<Arrival | null>(null);

/** Remembers it for the page that comes next. */
export function announce(id: string, refusal: Refusal | null): void {
  arrival.value = { id, refusal };
}
