/** Query parameters: known ones of the right form, or a problem that names the one that is wrong. */
import { type IdPrefix, parseId } from "../domain/ids.ts";
import { limits } from "../domain/limits.ts";
import { problem } from "./problem.ts";

/** The parameters by name. An unknown or repeated one is refused: a misspelt filter must not show everything. */
export function readQuery<N extends string>(
  request: Request,
  known: readonly N[],
): Partial<Record<N, string>> | Response {
  if (!URL.canParse(request.url)) return problemOfHost();
  const found: Partial<Record<N, string>> = {};
  for (const [name, value] of new URL(request.url).searchParams) {
    const isKnown = (known as readonly string[]).includes(name);
    if (!isKnown || name in found) {
      const detail = isKnown ? "stands twice" : `is not known here: use ${known.join(", ")}`;
      return problem("invalid", { errors: [{ field: name, detail }] });
    }
    found[name as N] = value;
  }
  return found;
}

/** The address of a request comes with its Host header, which may be no host at all (RFC 9112, 3.2: 400). */
export function problemOfHost(): Response {
  return problem("invalid", { errors: [{ field: "Host", detail: "must be a host and no more than that" }] });
}

const pageSizeDefault = 50;
const seqMax = 2 ** 51; // bun:sqlite binds larger numbers as floating point

/** `limit`: a whole number from 1 to the largest page. */
export function readLimit(text: string | undefined, sizeMax: number = limits.pageSizeMax): number | Response {
  if (text === undefined) return pageSizeDefault;
  const limit = Number(text);
  if (/^\d+$/.test(text) && limit >= 1 && limit <= sizeMax) return limit;
  return problem("invalid", {
    errors: [{ field: "limit", detail: `must be a whole number from 1 to ${sizeMax}` }],
  });
}

/** `after`: the number of a row, 0 for what stands before the first. */
export function readAfter(
  text: string | undefined,
  what = "the seq of a row, or 0 for the beginning",
): number | Response {
  if (text === undefined) return 0;
  const after = Number(text);
  if (/^\d{1,16}$/.test(text) && after <= seqMax) return after;
  return problem("invalid", {
    errors: [{ field: "after", detail: `must be ${what}` }],
  });
}

/** `cursor`: the last id of the page before, by its prefix; `start` for the first page. */
export function readCursor(prefix: IdPrefix, text: string | undefined, start: number): number | Response {
  return text === undefined ? start : (parseId(prefix, text) ?? problemOfCursor());
}

/** The refusal of a cursor that no page of this list has given. */
export function problemOfCursor(): Response {
  return problem("invalid", { errors: [{ field: "cursor", detail: "must be a next_cursor of this list" }] });
}

/** One of a closed list of values. */
export function readChoice<T extends string>(
  field: string,
  text: string | undefined,
  values: readonly T[],
): T | undefined | Response {
  if (text === undefined) return undefined;
  const value = values.find((known) => known === text);
  return value ?? problem("invalid", { errors: [{ field, detail: `must be one of ${values.join(", ")}` }] });
}
