/**
 * What a page shows stands in its address, so that it can be shared and is there again after a reload: filters under
 * the names that `/v1` has for them, and the cursor. Pure.
 */

export type Query = Readonly<Record<string, string | undefined>>;

/** The address of a page with what is chosen on it; what is empty is left out. */
export function addressWith(path: string, query: Query): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined && value !== "") search.set(name, value);
  return search.size === 0 ? path : `${path}?${search}`;
}

/** Of what an address holds, these. */
export function chosen<N extends string>(query: Query, names: readonly N[]): Partial<Record<N, string>> {
  const found: Partial<Record<N, string>> = {};
  for (const name of names) {
    const value = query[name];
    if (value !== undefined && value !== "") found[name] = value;
  }
  return found;
}

/** A moment as a field for date and time has it, in this device's zone; empty for none. */
export function fieldTime(time: string | undefined): string {
  const date = new Date(time ?? "");
  if (Number.isNaN(date.getTime())) return "";
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}

/** What such a field holds as a moment on the wire; empty for none. */
export function wireTimeOf(field: string): string {
  const date = new Date(field);
  return Number.isNaN(date.getTime()) ? "" : date.toISOString();
}
