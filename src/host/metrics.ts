/**
 * Figures about the running process, in shared memory: each thread adds to numbers of its own, so counting costs one
 * addition and no thread waits for another; whoever is asked for /metrics sums over the threads. Written as Prometheus
 * text. (prom-client keeps its registry per thread and would need a round of messages at every scrape.)
 */
export interface MetricDefinition {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  /** The label's name and its possible values; one series each. */
  readonly labels?: Readonly<Record<string, readonly string[]>>;
  /** A series is told of only once something was counted for it: where there are a thousand, of which a few are used. */
  readonly isSparse?: boolean;
  /** Upper bounds of a histogram's buckets, ascending; a bucket for all above is added. */
  readonly buckets?: readonly number[];
}

export type LabelValues = Readonly<Record<string, string>>;

interface Layout {
  readonly definition: MetricDefinition;
  readonly series: readonly LabelValues[];
  /** The place of a series among them, by the values of its labels: a start looks for a thousand of them. */
  readonly places: ReadonlyMap<string, number>;
  readonly start: number;
  /** Numbers per series: 1, or for a histogram its buckets and the sum. */
  readonly width: number;
}

/** Series that are read when somebody asks for them. */
export interface Sampled {
  readonly definition: MetricDefinition;
  readonly samples: () => readonly (readonly [LabelValues, number])[];
}

export class Metrics {
  readonly buffer: SharedArrayBuffer;
  readonly #layouts = new Map<string, Layout>();
  readonly #numbersPerThread: number;
  readonly #all: Float64Array;
  readonly #own: Float64Array;

  /** The same definitions and thread count on every thread, the same buffer, and this thread's number. */
  constructor(
    definitions: readonly MetricDefinition[],
    place: { thread: number; threads: number; buffer?: SharedArrayBuffer },
  ) {
    let start = 0;
    for (const definition of definitions) {
      const series = combinations(definition.labels ?? {});
      const width = definition.buckets === undefined ? 1 : definition.buckets.length + 2;
      const places = new Map(series.map((values, index) => [placeKey(definition, values), index]));
      this.#layouts.set(definition.name, { definition, series, places, start, width });
      start += series.length * width;
    }
    this.#numbersPerThread = Math.ceil(start / 8) * 8; // whole cache lines: threads do not share one
    this.buffer = place.buffer ?? new SharedArrayBuffer(this.#numbersPerThread * place.threads * 8);
    this.#all = new Float64Array(this.buffer);
    this.#own = this.#all.subarray(place.thread * this.#numbersPerThread, (place.thread + 1) * this.#numbersPerThread);
  }

  /** The place of a series, for `add`, `set` and `observe`; find it once, outside the hot path. */
  series(name: string, labels: LabelValues = {}): number {
    const layout = this.#layout(name);
    const index = layout.places.get(placeKey(layout.definition, labels));
    if (index === undefined) throw new Error(`metric ${name} has no series ${JSON.stringify(labels)}`);
    return layout.start + index * layout.width;
  }

  add(series: number, amount: number): void {
    this.#own[series] = (this.#own[series] as number) + amount;
  }

  set(series: number, value: number): void {
    this.#own[series] = value;
  }

  /** A histogram as a function: counts a value into its bucket and its sum. */
  histogram(name: string, labels: LabelValues = {}): (value: number) => void {
    const start = this.series(name, labels);
    const buckets = this.#layout(name).definition.buckets ?? [];
    return (value) => {
      let bucket = 0;
      while (bucket < buckets.length && value > (buckets[bucket] as number)) bucket++;
      this.add(start + bucket, 1);
      this.add(start + buckets.length + 1, value);
    };
  }

  /**
   * All series of all threads in the Prometheus text format. `sampled` adds series that are read when asked for;
   * `isWanted` chooses metrics by their names.
   */
  render(sampled: readonly Sampled[] = [], isWanted: (name: string) => boolean = () => true): string {
    const lines: string[] = [];
    for (const { definition, series, start, width } of this.#layouts.values()) {
      if (!isWanted(definition.name)) continue;
      head(lines, definition);
      series.forEach((labels, index) => {
        const at = start + index * width;
        if (definition.isSparse === true && !this.#isCounted(at, width)) return;
        if (definition.buckets === undefined) lines.push(sample(definition.name, labels, this.#sum(at)));
        else this.#renderHistogram(lines, definition, labels, at);
      });
    }
    for (const { definition, samples } of sampled) {
      if (!isWanted(definition.name)) continue;
      head(lines, definition);
      for (const [labels, value] of samples()) lines.push(sample(definition.name, labels, value));
    }
    return `${lines.join("\n")}\n`;
  }

  #renderHistogram(lines: string[], { name, buckets = [] }: MetricDefinition, labels: LabelValues, at: number): void {
    let count = 0;
    [...buckets, Number.POSITIVE_INFINITY].forEach((bound, bucket) => {
      count += this.#sum(at + bucket);
      const le = bound === Number.POSITIVE_INFINITY ? "+Inf" : String(bound);
      lines.push(sample(`${name}_bucket`, { ...labels, le }, count));
    });
    lines.push(sample(`${name}_sum`, labels, this.#sum(at + buckets.length + 1)));
    lines.push(sample(`${name}_count`, labels, count));
  }

  #isCounted(at: number, width: number): boolean {
    for (let place = at; place < at + width; place += 1) if (this.#sum(place) !== 0) return true;
    return false;
  }

  #sum(at: number): number {
    let sum = 0;
    for (let i = at; i < this.#all.length; i += this.#numbersPerThread) sum += this.#all[i] as number;
    return sum;
  }

  #layout(name: string): Layout {
    const layout = this.#layouts.get(name);
    if (layout === undefined) throw new Error(`no metric ${name}`);
    return layout;
  }
}

function placeKey({ labels = {} }: MetricDefinition, values: LabelValues): string {
  return Object.keys(labels)
    .map((label) => values[label])
    .join("\n");
}

function combinations(labels: Readonly<Record<string, readonly string[]>>): LabelValues[] {
  let all: LabelValues[] = [{}];
  for (const [label, values] of Object.entries(labels)) {
    all = all.flatMap((before) => values.map((value) => ({ ...before, [label]: value })));
  }
  return all;
}

function head(lines: string[], { name, help, type }: MetricDefinition): void {
  lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
}

function sample(name: string, labels: LabelValues, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`);
  return `${name}${pairs.length > 0 ? `{${pairs.join(",")}}` : ""} ${value}`;
}

function escapeLabel(text: string): string {
  return text.replace(/\\/g, "\\\\").replace(/"/g, '\\"').replace(/\n/g, "\\n");
}
