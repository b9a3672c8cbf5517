/** A table that may be wider than its place: it is scrolled by thumb, wheel or keys, while the page stays where it is. */
import type { ComponentChildren } from "preact";

export function WideTable({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys (axe: scrollable-region-focusable)
    <section class="scroll-x" aria-label={label} tabIndex={0}>
      <table>{children}</table>
    </section>
  );
}
