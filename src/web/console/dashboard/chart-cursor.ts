/** The second that is pointed at: one for all charts, which stand over the same time. */
import { signal } from "@preact/signals";

export const hoveredIndex = signal<number | null>(null);
