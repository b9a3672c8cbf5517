/**
 * A strict reader of the Prometheus text format 0.0.4, written from its description and not from our writer: every
 * family has HELP and TYPE before its samples and stands in one place, no series twice, histograms add up.
 */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Family {
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  readonly samples: Sample[];
}

const metricName = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const labelPair = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)/y;
const numberForm = /^(?:[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|[+-]Inf|NaN)$/;

/** The families by name. Throws at the first line that is not allowed. */
export function parsePrometheus(text: string): Map<string, Family> {
  if (!text.endsWith("\n")) throw new Error("the last line does not end");
  const families = new Map<string, Family>();
  const seen = new Set<string>();
  let current: { name: string; family: Family } | null = null;
  let help: { name: string; text: string } | null = null;
  for (const line of text.slice(0, -1).split("\n")) {
    const fail = (why: string) => new Error(`${why}: ${line}`);
    const [, comment, name = "", rest = ""] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (comment === "HELP") {
      if (!metricName.test(name) || families.has(name)) throw fail("a bad or repeated HELP");
      help = { name, text: rest };
    } else if (comment === "TYPE") {
      if (help?.name !== name) throw fail("TYPE without its HELP before it");
      if (rest !== "counter" && rest !== "gauge" && rest !== "histogram") throw fail("an unknown type");
      current = { name, family: { type: rest, help: help.text, samples: [] } };
      families.set(name, current.family);
    } else {
      const sample = parseSample(line);
      if (current === null || familyOf(sample.name, current.family.type) !== current.name) throw fail("not its family");
      const series = JSON.stringify([sample.name, Object.entries(sample.labels).sort()]);
      if (seen.has(series)) throw fail("a series twice");
      seen.add(series);
      if (current.family.type !== "gauge" && !(sample.value >= 0)) throw fail("a count below zero");
      current.family.samples.push(sample);
    }
  }
  for (const [name, family] of families) if (family.type === "histogram") checkHistogram(name, family.samples);
  return families;
}

function parseSample(line: string): Sample {
  const [, name = "", , inside = "", value = ""] = /^([^\s{]+)(\{(.*)\})? (\S+)$/.exec(line) ?? [];
  if (!metricName.test(name) || !numberForm.test(value)) throw new Error(`no sample: ${line}`);
  const labels: Record<string, string> = {};
  for (let at = 0; at < inside.length; at = labelPair.lastIndex) {
    labelPair.lastIndex = at;
    const [, label, text] = labelPair.exec(inside) ?? [];
    if (label === undefined || text === undefined || label in labels) throw new Error(`bad labels: ${line}`);
    labels[label] = text.replace(/\\(.)/g, (_, escaped: string) => (escaped === "n" ? "\n" : escaped));
  }
  return { name, labels, value: Number(value.replace("Inf", "Infinity")) };
}

function familyOf(name: string, type: Family["type"]): string {
  return type === "histogram" ? name.replace(/_(?:bucket|sum|count)$/, "") : name;
}

function checkHistogram(name: string, samples: readonly Sample[]): void {
  const groups = Map.groupBy(samples, ({ labels: { le: _, ...others } }) =>
    JSON.stringify(Object.entries(others).sort()),
  );
  for (const [labels, group] of groups) {
    const buckets = group.filter((sample) => sample.name === `${name}_bucket`);
    const bounds = buckets.map((sample) => Number((sample.labels["le"] ?? "").replace("Inf", "Infinity")));
    const only = (suffix: string) => {
      const [found, more] = group.filter((sample) => sample.name === `${name}_${suffix}`);
      if (found === undefined || more !== undefined) throw new Error(`${name}${labels} needs one ${suffix}`);
      return found.value;
    };
    const [count, sum] = [only("count"), only("sum")];
    if (bounds.at(-1) !== Number.POSITIVE_INFINITY) throw new Error(`${name}${labels} does not end with +Inf`);
    if (buckets.at(-1)?.value !== count) throw new Error(`${name}${labels}: +Inf is not the count`);
    if (bounds.some((bound, at) => Number.isNaN(bound) || bound <= (bounds[at - 1] ?? Number.NEGATIVE_INFINITY)))
      throw new Error(`${name}${labels}: bounds do not rise`);
    if (buckets.some(({ value }, at) => value < (buckets[at - 1]?.value ?? 0)))
      throw new Error(`${name}${labels}: buckets are not cumulative`);
    if (count === 0 ? sum !== 0 : !Number.isFinite(sum)) throw new Error(`${name}${labels}: a sum of nothing`);
  }
}

/** The value of one series, 0 when there is none. */
export function seriesValue(
  families: ReadonlyMap<string, Family>,
  name: string,
  labels: Record<string, string> = {},
): number {
  const samples = families.get(familyOf(name, "histogram"))?.samples ?? families.get(name)?.samples ?? [];
  const found = samples.find(
    (sample) => sample.name === name && Object.entries(labels).every(([label, text]) => sample.labels[label] === text),
  );
  return found?.value ?? 0;
}

/** What a running server tells of itself. */
export async function scrape(url: string): Promise<Map<string, Family>> {
  const response = await fetch(`${url}/metrics`);
  if (response.headers.get("content-type") !== "text/plain; version=0.0.4; charset=utf-8")
    throw new Error(`metrics as ${response.headers.get("content-type")}`);
  return parsePrometheus(await response.text());
}
