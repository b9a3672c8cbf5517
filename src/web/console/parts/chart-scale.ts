/** Axes of a chart: round numbers where a reader looks for them. Pure. */

export interface Axis {
  readonly minimum: number;
  readonly maximum: number;
  readonly ticks: readonly number[];
}

/** An axis over these values with some `count` round ticks; it begins at zero unless values lie below. */
export function axisOf(values: readonly number[], count: number, isWhole = false): Axis {
  const lowest = Math.min(0, ...values);
  const highest = Math.max(...values, lowest + (isWhole ? 1 : Number.EPSILON));
  const step = Math.max(isWhole ? 1 : 0, roundStep((highest - lowest) / count));
  const minimum = Math.floor(lowest / step) * step;
  const maximum = Math.ceil(highest / step - 1e-9) * step;
  const ticks = Array.from({ length: Math.round((maximum - minimum) / step) + 1 }, (_, at) => minimum + at * step);
  return { minimum, maximum, ticks };
}

/** An axis of seconds, which ends where the values do: steps are those of a clock. */
export function timeAxisOf(values: readonly number[], count: number): Axis {
  const minimum = Math.min(...values);
  const maximum = Math.max(...values, minimum + 0.001);
  const wanted = (maximum - minimum) / count;
  const step = clockSteps.find((candidate) => candidate >= wanted) ?? Math.ceil(wanted / 86_400) * 86_400;
  const first = Math.ceil(minimum / step) * step + 0; // never -0
  const ticks: number[] = [];
  for (let tick = first; tick <= maximum + 1e-9; tick += step) ticks.push(tick);
  return { minimum, maximum, ticks };
}

const clockSteps = [
  0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600,
  7_200, 21_600, 43_200, 86_400,
];

/** The next of 1, 2, 5, 10, 20, 50 ... */
function roundStep(wanted: number): number {
  const power = 10 ** Math.floor(Math.log10(wanted));
  const factor = [1, 2, 5, 10].find((candidate) => candidate * power >= wanted * (1 - 1e-9)) ?? 10;
  return factor * power;
}

/** The path of a line through points of a drawing; between two of them straight, or level first (`isStepped`). */
export function pathOf(points: readonly (readonly [x: number, y: number])[], isStepped: boolean): string {
  return points
    .map(([x, y], at) => {
      const [px, py] = [x.toFixed(1), y.toFixed(1)];
      return at === 0 ? `M${px} ${py}` : isStepped ? `H${px}V${py}` : `L${px} ${py}`;
    })
    .join("");
}
