/**
 * A chart of the last minutes: lines or stacked areas on a canvas (uPlot), with a legend that tells each line's value, least
 * and most, the same in words for whoever sees no canvas, and all of it as a table on demand. Colours are the page's own
 * and follow its theme; lines differ by their strokes, too.
 */
import { useComputed, useSignal, useSignalEffect } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import uPlot from "uplot";
import { language, wordsOf } from "../../shared/language.ts";
import { theme } from "../../shared/theme.ts";
import { WideTable } from "../parts/wide-table.tsx";
import { hoveredIndex } from "./chart-cursor.ts";
import { wholeSteps } from "./chart-figures.ts";
import { shownMs } from "./readings.ts";

const words = wordsOf({
  unknown: ["–", "–"],
  minMax: [
    (least: string, most: string) => `${least} to ${most}`,
    (least: string, most: string) => `${least} 至 ${most}`,
  ],
  summary: [
    (title: string, lines: string) => `${title}, the last five minutes. ${lines}`,
    (title: string, lines: string) => `${title}，最近五分钟。${lines}`,
  ],
  line: [
    (label: string, now: string, least: string, most: string) => `${label}: now ${now}, least ${least}, most ${most}.`,
    (label: string, now: string, least: string, most: string) => `${label}：当前 ${now}，最低 ${least}，最高 ${most}。`,
  ],
  table: ["As a table", "表格"],
  caption: [
    (title: string) => `${title}, every 15 seconds, newest first`,
    (title: string) => `${title}，每 15 秒一行，最新在前`,
  ],
  time: ["Time", "时间"],
  waiting: ["Figures come in a moment.", "数据稍后显示。"],
});

export interface Line {
  readonly label: string;
  /** A token of base.css or dashboard.css that holds its colour. */
  readonly color: `--${string}`;
  readonly values: readonly (number | null)[];
  readonly dash?: readonly number[];
  /** By the scale on the right, with a unit of its own. */
  readonly isOnRight?: boolean;
  /** A value in words; the chart's, when it has none of its own. */
  readonly format?: (value: number) => string;
  /** A value on the scale on the right in words, where that has one. */
  readonly tickFormat?: (value: number) => string;
}

interface ChartProps {
  readonly title: string;
  readonly hint?: string;
  readonly times: readonly number[];
  readonly lines: readonly Line[];
  readonly isStacked?: boolean;
  /** Whether values are counts: no ticks between them. */
  readonly isWhole?: boolean;
  readonly format: (value: number) => string;
  /** A tick of the scale in words; as any value, when it has none of its own. */
  readonly tickFormat?: (value: number) => string;
}

const height = 190;
const tableEveryMs = 15_000;

export function Chart(props: ChartProps): JSX.Element {
  const { title, hint, times, lines, isStacked = false, isWhole = false, format, tickFormat = format } = props;
  const titleId = useId();
  const isOpen = useSignal(false);
  const formatOf = (line: Line) => line.format ?? format;
  const inWords = lines.map((line) => {
    const { now, least, most } = figuresOf(line.values, formatOf(line));
    return words.line(line.label, now, least, most);
  });
  return (
    <figure class="chart card" aria-labelledby={titleId}>
      <figcaption>
        <h3 id={titleId}>{title}</h3>
        {hint && <span class="muted small">{hint}</span>}
      </figcaption>
      <div role="img" aria-label={words.summary(title, inWords.join(" "))}>
        <Plot times={times} lines={lines} isStacked={isStacked} isWhole={isWhole} tickFormat={tickFormat} />
      </div>
      <Legend lines={lines} formatOf={formatOf} />
      <details onToggle={(event) => (isOpen.value = event.currentTarget.open)}>
        <summary>{words.table}</summary>
        {isOpen.value && <Table title={title} times={times} lines={lines} formatOf={formatOf} />}
      </details>
    </figure>
  );
}

/** Each line with its value: of now, or of the second that is pointed at. */
function Legend({ lines, formatOf }: { lines: readonly Line[]; formatOf: (line: Line) => (value: number) => string }) {
  const at = hoveredIndex.value;
  return (
    <ul class="legend" aria-hidden="true">
      {lines.map((line) => {
        const { now, least, most } = figuresOf(line.values, formatOf(line));
        const isKnown = line.values.some((value) => value !== null);
        const pointed = at === null ? undefined : line.values[at];
        return (
          <li key={line.label}>
            <svg width="18" height="10" viewBox="0 0 18 10" aria-hidden="true" focusable="false">
              <line
                x1="0"
                y1="5"
                x2="18"
                y2="5"
                stroke={`var(${line.color})`}
                stroke-width="4"
                stroke-dasharray={line.dash?.join(" ") ?? "none"}
              />
            </svg>
            <span>{line.label}</span>
            <b>{typeof pointed === "number" ? formatOf(line)(pointed) : now}</b>
            <span class="muted small">{isKnown && words.minMax(least, most)}</span>
          </li>
        );
      })}
    </ul>
  );
}

function figuresOf(values: readonly (number | null)[], format: (value: number) => string) {
  const known = values.filter((value) => value !== null);
  const told = (value: number | null | undefined) => (typeof value === "number" ? format(value) : words.unknown);
  return { now: told(values.at(-1)), least: told(least(known)), most: told(most(known)) };
}

const least = (values: readonly number[]) => (values.length === 0 ? null : Math.min(...values));
const most = (values: readonly number[]) => (values.length === 0 ? null : Math.max(...values));

function Table(props: {
  readonly title: string;
  readonly times: readonly number[];
  readonly lines: readonly Line[];
  readonly formatOf: (line: Line) => (value: number) => string;
}) {
  const { title, times, lines, formatOf } = props;
  let shownMsBefore = Number.POSITIVE_INFINITY;
  const rows = times
    .map((atMs, index) => ({ atMs, index }))
    .reverse()
    .filter(({ atMs }) => {
      if (shownMsBefore - atMs < tableEveryMs) return false;
      shownMsBefore = atMs;
      return true;
    });
  return (
    <WideTable class="chart-table" label={words.caption(title)}>
      <caption class="visually-hidden">{words.caption(title)}</caption>
      <thead>
        <tr>
          <th scope="col">{words.time}</th>
          {lines.map(({ label }) => (
            <th key={label} scope="col" class="number">
              {label}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(({ atMs, index }) => (
          <tr key={atMs}>
            <th scope="row">{secondOf(atMs / 1_000)}</th>
            {lines.map((line) => {
              const value = line.values[index];
              return (
                <td key={line.label} class="number">
                  {typeof value === "number" ? formatOf(line)(value) : words.unknown}
                </td>
              );
            })}
          </tr>
        ))}
      </tbody>
    </WideTable>
  );
}

interface PlotProps {
  readonly times: readonly number[];
  readonly lines: readonly Line[];
  readonly isStacked: boolean;
  readonly isWhole: boolean;
  readonly tickFormat: (value: number) => string;
}

/** The canvas. It is made once for as many lines as there are, and gets data, colours and width as they change. */
function Plot({ times, lines, isStacked, isWhole, tickFormat }: PlotProps): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef({ lines, tickFormat });
  latest.current = { lines, tickFormat };
  const shape = lines.map(({ color, isOnRight }) => `${color}${isOnRight === true ? "|" : ""}`).join();
  const shownLanguage = useComputed(() => language.value).value;
  const data = dataOf(times, lines, isStacked);
  const newest = useRef(data);
  newest.current = data;

  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const made = new uPlot(optionsOf(element, latest, { isStacked, isWhole }), newest.current, element);
    plot.current = made;
    const resized = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }));
    resized.observe(element);
    return () => {
      resized.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [shape, isStacked, isWhole, shownLanguage]);

  useEffect(() => plot.current?.setData(newest.current), [times, lines]);

  useSignalEffect(() => {
    theme.value;
    // The page has its colours once the theme's own effect has run.
    queueMicrotask(() => plot.current?.redraw(false, true));
  });
  useEffect(() => {
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const repaint = () => plot.current?.redraw(false, true);
    dark.addEventListener("change", repaint);
    return () => dark.removeEventListener("change", repaint);
  }, []);

  return (
    <div ref={place} class="plot" style={{ height: `${height}px` }}>
      {times.length < 2 && <p class="muted small">{words.waiting}</p>}
    </div>
  );
}

/** For uPlot: seconds, then each line; of stacked ones the highest sum first, so that the lower ones are painted over it. */
function dataOf(times: readonly number[], lines: readonly Line[], isStacked: boolean): uPlot.AlignedData {
  const seconds = times.map((atMs) => atMs / 1_000);
  if (!isStacked) return [seconds, ...lines.map(({ values }) => [...values])];
  const sums: (number | null)[][] = [];
  lines.forEach(({ values }, at) => {
    sums.push(values.map((value, index) => (value === null ? null : value + (sums[at - 1]?.[index] ?? 0))));
  });
  return [seconds, ...sums.reverse()];
}

function optionsOf(
  element: HTMLElement,
  latest: { readonly current: Pick<PlotProps, "lines" | "tickFormat"> },
  { isStacked, isWhole }: Pick<PlotProps, "isStacked" | "isWhole">,
): uPlot.Options {
  const token = (name: string) => getComputedStyle(element).getPropertyValue(name).trim();
  const { lines } = latest.current;
  const ordered = isStacked ? [...lines].reverse() : lines;
  const font = () => `11px ${getComputedStyle(document.body).fontFamily}`;
  const axis = { stroke: () => token("--muted"), font: font(), ticks: { show: false } };
  const grid = { stroke: () => token("--line"), width: 1 };
  const hasRight = lines.some(({ isOnRight }) => isOnRight === true);
  const valuesBy = (formatBy: () => (value: number) => string) => (_: uPlot, splits: number[]) =>
    splits.map((value) => formatBy()(value));
  const right = () =>
    latest.current.lines.find(({ isOnRight }) => isOnRight === true)?.tickFormat ?? latest.current.tickFormat;
  const steps = isWhole ? { incrs: [...wholeSteps] } : {};
  // As wide as its longest tick, or that would be cut.
  const size = (self: uPlot, ticks: string[] | null) => {
    // uPlot remembers which font it has set: that has to stay.
    const fontBefore = self.ctx.font;
    self.ctx.font = axis.font;
    const widths = (ticks ?? []).map((tick) => self.ctx.measureText(tick).width);
    self.ctx.font = fontBefore;
    return 14 + Math.ceil(Math.max(16, ...widths));
  };
  const fromZero: uPlot.Scale.Range = (_, __, max) => [0, max !== null && max > 0 ? max * 1.12 : 1];
  return {
    width: element.clientWidth,
    height,
    padding: [8, hasRight ? 0 : 26, 0, 0], // half of a time stands right of the last tick
    legend: { show: false },
    cursor: {
      y: false,
      drag: { x: false, y: false },
      points: { size: 7 },
      sync: { key: "dashboard" },
    },
    scales: {
      x: { time: true, range: (_, min, max) => windowOf(min, max) },
      y: { range: fromZero },
      ...(hasRight ? { right: { range: fromZero } } : {}),
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        incrs: [10, 15, 30, 60],
        space: 64,
        size: 28,
        values: (_, at, __, ___, step) => at.map(step < 60 ? secondOf : minuteOf),
      },
      { ...axis, ...steps, grid, size, space: 36, values: valuesBy(() => latest.current.tickFormat) },
      ...(hasRight
        ? [
            {
              ...axis,
              scale: "right",
              side: 1 as const,
              size,
              space: 36,
              grid: { show: false },
              values: valuesBy(right),
            },
          ]
        : []),
    ],
    series: [
      {},
      ...ordered.map(
        ({ color, dash, isOnRight }): uPlot.Series => ({
          scale: isOnRight === true ? "right" : "y",
          stroke: () => (isStacked ? token("--surface") : token(color)),
          width: isStacked ? 1 : 2,
          ...(isStacked ? { fill: () => token(color) } : {}),
          ...(dash === undefined || isStacked ? {} : { dash: [...dash] }),
          points: { show: false },
        }),
      ),
    ],
    hooks: {
      setCursor: [
        (self) => {
          hoveredIndex.value = self.cursor.idx ?? null;
        },
      ],
    },
  };
}

function minuteOf(atS: number): string {
  const date = new Date(atS * 1_000);
  return `${pad(date.getHours())}:${pad(date.getMinutes())}`;
}

function secondOf(atS: number): string {
  return `${minuteOf(atS)}:${pad(new Date(atS * 1_000).getSeconds())}`;
}

/** What there is, but a minute at least and all that is kept at most: the first seconds would be a scratch at the edge. */
function windowOf(min: number | null, max: number | null): [number, number] {
  const [first, last] = [min ?? 0, max ?? 0];
  return [last - Math.min(shownMs / 1_000, Math.max(60, last - first)), last];
}

function pad(value: number): string {
  return String(value).padStart(2, "0");
}
