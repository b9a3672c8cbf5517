/** What is different between how something was and how it is: for the audit log. Pure. */

export type Facts = Readonly<Record<string, unknown>>;

export interface Difference {
  readonly name: string;
  /** `null` where there was none. */
  readonly before: string | null;
  readonly after: string | null;
}

/** The facts that changed; all of them where something was made or taken away. */
export function differencesBetween(before: Facts | null, after: Facts | null): readonly Difference[] {
  const names = new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})]);
  return [...names]
    .map((name) => ({ name, before: textOf(before, name), after: textOf(after, name) }))
    .filter((difference) => difference.before !== difference.after);
}

function textOf(facts: Facts | null, name: string): string | null {
  const value = facts?.[name];
  if (value === undefined || value === null || value === "") return null;
  if (name.endsWith("_at_ms") && typeof value === "number") return new Date(value).toISOString();
  return typeof value === "string" ? value : JSON.stringify(value);
}
