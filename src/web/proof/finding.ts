/**
 * What makes a check fail: a name with the values for its sentence in words.ts, and the row of the ledger it is about.
 * Everything that a check reads comes through `ask`, so a server that does not answer is a finding, too.
 */

import type { FindingName } from "./words.ts";

export type Values = Readonly<Record<string, string | number>>;

export class Finding extends Error {
  override readonly name = "Finding";
  readonly code: FindingName;
  readonly values: Values;
  /** The row of the ledger. */
  readonly seq: number | null;

  constructor(code: FindingName, values: Values = {}, seq: number | null = null) {
    super(code);
    this.code = code;
    this.values = values;
    this.seq = seq;
  }
}

/** Whatever was thrown, as a finding: what is none by itself is an answer that could not be read. */
export function findingOf(cause: unknown): Finding {
  if (cause instanceof Finding) return cause;
  return new Finding("noAnswer", { status: cause instanceof Error ? cause.message : String(cause) });
}

/** What the server tells at an address. `missing` names what a 404 (or 409) means there. */
export async function ask<T>(path: string, missing: FindingName = "noSale", init: RequestInit = {}): Promise<T> {
  const response = await fetch(path, { credentials: "omit", ...init });
  if (response.status === 404 || response.status === 409) throw new Finding(missing);
  if (!response.ok) throw new Finding("noAnswer", { status: response.status });
  return (await response.json()) as T;
}

/** Asked anew, whatever is kept of it. */
export const anew: RequestInit = { cache: "no-store" };
