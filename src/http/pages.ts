/**
 * What browsers are shown: a page around its content, and files that are the same for everybody. Styles and scripts are
 * files of this server: the policy in respond.ts allows no others.
 */
import { pageHeaders } from "./respond.ts";
import type { Route } from "./route.ts";

export const html = "text/html; charset=utf-8";
export const css = "text/css; charset=utf-8";
export const javascript = "text/javascript; charset=utf-8";
export const plain = "text/plain; charset=utf-8";

export interface HtmlPage {
  readonly lang: "en" | "zh-Hans";
  readonly title: string;
  /** The class of the whole page, for its style. */
  readonly kind: string;
  readonly style: string;
  /** Further lines of the head. */
  readonly head?: string;
  readonly body: string;
}

export interface Content {
  readonly body: string | Uint8Array<ArrayBuffer>;
  readonly etag: string;
}

/** The icon is an empty one, so that no browser asks for /favicon.ico. */
export function htmlPage({ lang, title, kind, style, head, body }: HtmlPage): string {
  return `<!doctype html>
<html lang="${lang}" class="${kind}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="data:,">
${head === undefined ? "" : `${head}\n`}<link rel="stylesheet" href="${style}">
</head>
<body>
${body}
</body>
</html>
`;
}

export function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

/** A route that always answers the same. */
export function page(
  name: Route["name"],
  path: string,
  type: string,
  load: () => Content["body"] | Promise<Content["body"]>,
): Route {
  let content: Content | null = null;
  const handle = async (request: Request) => {
    content ??= contentOf(await load());
    return pageResponse(request, type, content);
  };
  return { name, method: "GET", path, handle };
}

export function contentOf(body: Content["body"]): Content {
  return { body, etag: `"${Bun.hash(body).toString(36)}"` };
}

/** Browsers keep it and ask whether it changed: names stay the same when a new version is installed. */
export function pageResponse(request: Request, type: string, { body, etag }: Content): Response {
  const headers = { ...pageHeaders, "content-type": type, "cache-control": "no-cache", etag };
  const known = request.headers.get("if-none-match");
  if (known?.split(",").some((tag) => tag.trim().replace(/^W\//, "") === etag)) {
    return new Response(null, { status: 304, headers });
  }
  return new Response(body, { headers });
}

/** An embedded file. */
export function read(path: string): Promise<Uint8Array<ArrayBuffer>> {
  return Bun.file(path).bytes();
}
