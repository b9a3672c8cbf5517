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
