/** A figure that counts: its name, its value, and a word on it; within a list of key figures. */
import type { JSX } from "preact";

export function Figure({ name, value, note }: { name: string; value: string; note: string }): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd class="value">{value}</dd>
      <dd class="muted small">{note}</dd>
    </div>
  );
}
