/**
 * Rows with a caption: a table where there is room, and on a phone a card for each row, which says of every figure what
 * it is. The first column names the row.
 */
import type { ComponentChildren, JSX, RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { wordsOf } from "../../shared/language.ts";

const words = wordsOf({
  first: ["First page", "第一页"],
  next: ["Next page", "下一页"],
  pages: [(of: string) => `Pages: ${of}`, (of: string) => `分页：${of}`],
});

export interface Column<Row> {
  readonly name: string;
  readonly label: string;
  readonly isNumber?: boolean;
  readonly cell: (row: Row) => ComponentChildren;
}

interface DataTableProps<Row> {
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
  /** What is shown is about to be replaced. */
  readonly isBusy?: boolean;
}

export function DataTable<Row>({ caption, columns, rows, keyOf, isBusy = false }: DataTableProps<Row>): JSX.Element {
  const classOf = ({ isNumber }: Column<Row>) => (isNumber === true ? "number" : undefined);
  const [first, ...others] = columns;
  return (
    <table class="data" aria-busy={isBusy}>
      <caption>{caption}</caption>
      <thead>
        <tr>
          {columns.map((column) => (
            <th key={column.name} scope="col" class={classOf(column)}>
              {column.label}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={keyOf(row)}>
            {first && <th scope="row">{first.cell(row)}</th>}
            {others.map((column) => (
              <td key={column.name} class={classOf(column)}>
                <span class="label">{column.label}</span>
                <div>{column.cell(row)}</div>
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** For what says what is on a page: it takes the focus on the next one, where what was pressed may be gone. */
export function usePageFocus<E extends HTMLElement>(cursor: string | undefined): RefObject<E | null> {
  const element = useRef<E>(null);
  const before = useRef(cursor);
  useEffect(() => {
    if (before.current === cursor) return;
    before.current = cursor;
    element.current?.focus();
  }, [cursor]);
  return element;
}

interface PagerProps {
  readonly of: string;
  /** `null` on the first page. */
  readonly first: string | null;
  /** `null` on the last. */
  readonly next: string | null;
}

/** To the next page and back to the first; the browser's own way leads to the one before. */
export function Pager({ of, first, next }: PagerProps): JSX.Element | null {
  if (first === null && next === null) return null;
  return (
    <nav class="row" aria-label={words.pages(of)}>
      {first !== null && (
        <a class="button" href={first}>
          {words.first}
        </a>
      )}
      {next !== null && (
        <a class="button" href={next}>
          {words.next}
        </a>
      )}
    </nav>
  );
}
