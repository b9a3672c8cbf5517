/** Amounts as a table with a bar in each row: read as numbers, seen as lengths, the same on paper. */
import type { ComponentChildren } from "preact";
import { count } from "../../shared/format.ts";

export interface BarRow {
  readonly name: ComponentChildren;
  readonly value: number;
  /** Beside the value. */
  readonly note?: string;
}

interface BarTableProps {
  readonly caption: string;
  readonly nameHead: string;
  readonly valueHead: string;
  readonly rows: readonly BarRow[];
  readonly valueText?: (value: number) => string;
}

export function BarTable({ caption, nameHead, valueHead, rows, valueText = count }: BarTableProps) {
  const most = Math.max(1e-9, ...rows.map(({ value }) => value));
  return (
    <table class="bars">
      <caption>{caption}</caption>
      <thead>
        <tr>
          <th scope="col">{nameHead}</th>
          <th scope="col" class="number">
            {valueHead}
          </th>
          <td />
        </tr>
      </thead>
      <tbody>
        {rows.map(({ name, value, note }, at) => (
          <tr key={at}>
            <th scope="row">{name}</th>
            <td class="number">
              {valueText(value)}
              {note !== undefined && <span class="muted"> {note}</span>}
            </td>
            <td class="length" aria-hidden="true">
              <i style={{ width: `${(value / most) * 100}%` }} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
