/**
 * Prometheus' text format as a browser needs it: samples by name, and what follows from a histogram that was read twice.
 * Reads what http/ops.ts writes; a line that it does not understand is left out, since a dashboard shows what it can.
 */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export type Metrics = ReadonlyMap<string, readonly Sample[]>;

/** How many values lay at or below each bound, the last bound being infinity, and their sum. */
export interface Histogram {
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
  readonly sum: number;
}

const line = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/;
const pair = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;

/** The samples by name. */
export function parseMetrics(text: string): Metrics {
  const found = new Map<string, Sample[]>();
  for (const row of text.split("\n")) {
    if (row.startsWith("#")) continue;
    const [, name, inside = "", written = ""] = line.exec(row) ?? [];
    const value = numberOf(written);
    if (name === undefined || value === null) continue;
    const samples = found.get(name) ?? [];
    samples.push({ labels: labelsOf(inside), value });
    found.set(name, samples);
  }
  return found;
}

/** The sum over the series with these labels; 0 where there is none, since nothing was counted yet. */
export function sumOf(metrics: Metrics, name: string, labels: Readonly<Record<string, string>> = {}): number {
  let sum = 0;
  for (const sample of metrics.get(name) ?? []) if (fits(sample, labels)) sum += sample.value;
  return sum;
}

/** The values of a metric by one of its labels. */
export function byLabel(metrics: Metrics, name: string, label: string): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const { labels, value } of metrics.get(name) ?? []) {
    const key = labels[label];
    if (key !== undefined) sums.set(key, (sums.get(key) ?? 0) + value);
  }
  return sums;
}

export function histogramOf(
  metrics: Metrics,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): Histogram | null {
  const buckets = (metrics.get(`${name}_bucket`) ?? [])
    .filter((sample) => fits(sample, labels))
    .map(({ labels: { le = "" }, value }) => ({ bound: numberOf(le) ?? Number.POSITIVE_INFINITY, value }))
    .sort((a, b) => a.bound - b.bound);
  if (buckets.length === 0) return null;
  return {
    bounds: buckets.map(({ bound }) => bound),
    counts: buckets.map(({ value }) => value),
    sum: sumOf(metrics, `${name}_sum`, labels),
  };
}

/** What was added between two readings; all of the later where there was nothing before. */
export function addedTo(before: Histogram | null, after: Histogram | null): Histogram | null {
  if (after === null || before === null) return after;
  return {
    bounds: after.bounds,
    counts: after.counts.map((count, at) => count - (before.counts[at] ?? 0)),
    sum: after.sum - before.sum,
  };
}

/** How many values a histogram holds. */
export function countOf(histogram: Histogram | null): number {
  return histogram?.counts.at(-1) ?? 0;
}

/** The mean of what a histogram holds; `null` when that is nothing. */
export function meanOf(histogram: Histogram | null): number | null {
  const count = countOf(histogram);
  return histogram === null || count === 0 ? null : histogram.sum / count;
}

/**
 * The value below which this share lies, even within its bucket, as Prometheus' histogram_quantile has it; `null` when
 * the histogram holds nothing. What lies above the last finite bound is told as that bound.
 */
export function quantileOf(histogram: Histogram | null, share: number): number | null {
  const count = countOf(histogram);
  if (histogram === null || count === 0) return null;
  const rank = share * count;
  const at = histogram.counts.findIndex((below) => below >= rank);
  const upper = histogram.bounds[at] ?? Number.POSITIVE_INFINITY;
  const lower = histogram.bounds[at - 1] ?? 0;
  if (!Number.isFinite(upper)) return lower;
  const before = histogram.counts[at - 1] ?? 0;
  const within = (histogram.counts[at] ?? 0) - before;
  return within === 0 ? upper : lower + (upper - lower) * ((rank - before) / within);
}

function fits({ labels }: Sample, wanted: Readonly<Record<string, string>>): boolean {
  return Object.entries(wanted).every(([label, text]) => labels[label] === text);
}

function labelsOf(inside: string): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const [, label = "", text = ""] of inside.matchAll(pair)) {
    labels[label] = text.replace(/\\(.)/g, (_, escaped: string) => (escaped === "n" ? "\n" : escaped));
  }
  return labels;
}

function numberOf(text: string): number | null {
  if (text === "+Inf") return Number.POSITIVE_INFINITY;
  const value = Number(text);
  return text === "" || Number.isNaN(value) ? null : value;
}
