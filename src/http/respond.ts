/** Answers that are no refusal: JSON, with the headers that every answer of the API has. */

export const apiHeaders = {
  "content-type": "application/json",
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
} as const;

/** Headers of what a browser shows as a page: nothing from elsewhere, nothing inline, in no frame. */
export const pageHeaders = {
  "content-security-policy": pagePolicy("'none'"),
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "x-frame-options": "DENY",
} as const;

/** Those of a page whose forms are sent to this server. */
export const formPageHeaders = { ...pageHeaders, "content-security-policy": pagePolicy("'self'") } as const;

/**
 * Those of storefront and console: they work by /v1 of this server, solve challenges in a worker, and show the shop's
 * pictures, which may lie wherever the shop keeps them.
 */
export const webPageHeaders = { ...pageHeaders, "content-security-policy": webPagePolicy("'none'") } as const;

/** Those of the page that the shop's own pages may show in a frame: these origins, and nobody else's. */
export function embedPageHeaders(origins: readonly string[]): Readonly<Record<string, string>> {
  const { "x-frame-options": _, ...headers } = pageHeaders; // it knows no list, and would forbid what the policy allows
  return { ...headers, "content-security-policy": webPagePolicy(origins.join(" ") || "'none'") };
}

function webPagePolicy(ancestors: string): string {
  return `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: https: http:; connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors ${ancestors}`;
}

function pagePolicy(formAction: "'none'" | "'self'"): string {
  return `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action ${formAction}; frame-ancestors 'none'`;
}

export function json(text: string, init: { status?: number; headers?: Record<string, string> } = {}): Response {
  return new Response(text, { status: init.status ?? 200, headers: { ...apiHeaders, ...init.headers } });
}

/** A time as the wire has it: RFC 3339, UTC, milliseconds. */
export function wireTime(ms: number): string {
  return new Date(ms).toISOString();
}

export function wireTimeOrNull(ms: number | null): string | null {
  return ms === null ? null : wireTime(ms);
}
