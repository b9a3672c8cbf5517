/**
 * Something over time as lines: drawn as SVG, sharp on paper, as wide as its place. Lines differ by colour and by dash,
 * and their last values stand in the legend; for who cannot see it the chart says in a sentence what it shows.
 */
import { useSignal } from "@preact/signals";
import { useEffect, useId, useRef } from "preact/hooks";
import { type Axis, axisOf, pathOf, timeAxisOf } from "./chart-scale.ts";

export interface Line {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  readonly tone: "accent" | "ink" | "good" | "warn";
}

interface LineChartProps {
  readonly title: string;
  /** What it shows, in a sentence with its figures. */
  readonly summary: string;
  readonly lines: readonly Line[];
  /** Seconds, and values, as people read them. */
  readonly xText: (x: number) => string;
  readonly yText: (y: number) => string;
  /** Whether a value holds until the next one. */
  readonly isStepped?: boolean;
  readonly isWhole?: boolean;
}

const height = 220;
const margin = { top: 10, right: 14, bottom: 26 } as const;
const dashes = { accent: undefined, ink: "6 4", good: "2 3", warn: "10 3 2 3" } as const;

export function LineChart(props: LineChartProps) {
  const { title, summary, lines, xText, yText, isStepped = false, isWhole = false } = props;
  const id = useId();
  const frame = useRef<HTMLDivElement>(null);
  const width = useSignal(640);
  useEffect(() => {
    if (frame.current === null) return;
    const observer = new ResizeObserver(([entry]) => {
      if (entry !== undefined && entry.contentRect.width > 0) width.value = Math.round(entry.contentRect.width);
    });
    observer.observe(frame.current);
    return () => observer.disconnect();
  }, []);

  const points = lines.flatMap((line) => line.points);
  const yAxis = axisOf(
    points.map(([, y]) => y),
    4,
    isWhole,
  );
  const labels = yAxis.ticks.map(yText);
  const left = 12 + 7 * Math.max(1, ...labels.map((label) => label.length));
  const xAxis = timeAxisOf(
    points.map(([x]) => x),
    Math.max(2, Math.floor((width.value - left) / 90)),
  );
  const xAt = scale(xAxis, left, width.value - margin.right);
  const yAt = scale(yAxis, height - margin.bottom, margin.top);
  return (
    <figure class="line-chart" aria-labelledby={`${id}-title`}>
      <figcaption class="row spread">
        <span class="line-chart-title" id={`${id}-title`}>
          {title}
        </span>
        {lines.length > 1 && (
          <span class="row small">
            {lines.map((line) => (
              <span key={line.name} class="row">
                <svg viewBox="0 0 26 8" width="26" height="8" aria-hidden="true" focusable="false">
                  <path d="M1 4h24" class={`line ${line.tone}`} stroke-dasharray={dashes[line.tone]} />
                </svg>
                {line.name}
              </span>
            ))}
          </span>
        )}
      </figcaption>
      <div ref={frame}>
        <svg viewBox={`0 0 ${width.value} ${height}`} role="img" aria-label={summary}>
          {yAxis.ticks.map((tick, at) => (
            <g key={tick}>
              <path class="grid" d={`M${left} ${yAt(tick)}H${width.value - margin.right}`} />
              <text x={left - 6} y={yAt(tick) + 4} text-anchor="end">
                {labels[at]}
              </text>
            </g>
          ))}
          {xAxis.ticks.map((tick) => (
            <text key={tick} x={xAt(tick)} y={height - 8} text-anchor="middle">
              {xText(tick)}
            </text>
          ))}
          {lines.map((line) => (
            <path
              key={line.name}
              class={`line ${line.tone}`}
              stroke-dasharray={dashes[line.tone]}
              d={pathOf(
                line.points.map(([x, y]) => [xAt(x), yAt(y)] as const),
                isStepped,
              )}
            />
          ))}
        </svg>
      </div>
    </figure>
  );
}

function scale({ minimum, maximum }: Axis, from: number, to: number): (value: number) => number {
  return (value) => from + ((value - minimum) / (maximum - minimum)) * (to - from);
}
