/** A table that may be wider than its place: it is scrolled by thumb, wheel or keys, while the page stays where it is. */
import type { ComponentChildren, JSX } from "preact";

interface WideTableProps {
  readonly label: string;
  /** As high as its class lets it be, it scrolls downwards, too. */
  readonly class?: string;
  readonly children: ComponentChildren;
}

export function WideTable({ label, class: name = "", children }: WideTableProps): JSX.Element {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys (axe: scrollable-region-focusable)
    <section class={`scroll-x ${name}`} aria-label={label} tabIndex={0}>
      <table>{children}</table>
    </section>
  );
}
