/**
 * What a dialogue knows of the sale: `/v1`, called like any client calls it, on behalf of one caller. So an agent or a
 * chat meets the same limits, the same line and the same outcomes as a page, and can do nothing that its caller's own
 * token could not do.
 */

export interface ApiRequest {
  readonly method: "GET" | "POST";
  /** With its query, as `/v1/orders?limit=5`. Parts that come from outside are encoded by `pathOf`. */
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ApiReply {
  readonly status: number;
  /** The parsed JSON, a problem's too; `null` where there is none. */
  readonly body: unknown;
  /** The wait that the answer asks for; `null` where it asks for none. */
  readonly retryAfterS: number | null;
  /** Where the answer says to look, as `/v1/orders/ord_...`. */
  readonly location: string | null;
}

export type Api = (request: ApiRequest) => Promise<ApiReply>;

/** An address below `/v1`: the template's `{}` are replaced by the values, encoded. */
export function pathOf(template: string, ...values: readonly string[]): string {
  let at = 0;
  const path = template.replaceAll("{}", () => encodeURIComponent(values[at++] ?? ""));
  if (at !== values.length) throw new Error(`${template} takes ${at} values, not ${values.length}`);
  return path;
}
