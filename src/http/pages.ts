/**
 * What browsers are shown: a page around its content, and files that are the same for everybody. Styles and scripts are
 * files of this server: the policy in respond.ts allows no others.
 */
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
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
  /** The body compressed, by encoding: made when somebody first takes it so. */
  readonly encoded: Map<Encoding, Promise<Uint8Array<ArrayBuffer>>>;
}

type Encoding = "br" | "gzip";

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
  headers: Readonly<Record<string, string>> = pageHeaders,
): Route {
  let content: Content | null = null;
  const handle = async (request: Request) => {
    content ??= contentOf(await load());
    return pageResponse(request, type, content, headers);
  };
  return { name, method: "GET", path, handle };
}

export function contentOf(body: Content["body"]): Content {
  return { body, etag: `W/"${Bun.hash(body).toString(36)}"`, encoded: new Map() };
}

/**
 * Browsers keep it and ask whether it changed, unless the headers say otherwise: names stay the same when a new version
 * is installed. The tag is a weak one: it is the same for the content and for the content compressed.
 */
export async function pageResponse(
  request: Request,
  type: string,
  content: Content,
  extraHeaders: Readonly<Record<string, string>> = pageHeaders,
): Promise<Response> {
  const caching = { "cache-control": "public, max-age=0, must-revalidate", vary: "accept-encoding" };
  const headers = { "content-type": type, etag: content.etag, ...caching, ...extraHeaders };
  if (isKnown(request, content.etag)) return new Response(null, { status: 304, headers });
  const encoding = encodingFor(request, content);
  if (encoding === null) return new Response(content.body, { headers });
  const body = content.encoded.get(encoding) ?? compress[encoding](content.body);
  content.encoded.set(encoding, body);
  return new Response(await body, { headers: { ...headers, "content-encoding": encoding } });
}

/** Whether whoever asks has it already, by its tag. */
export function isKnown(request: Request, etag: string): boolean {
  const known = request.headers.get("if-none-match");
  return known?.split(",").some((tag) => tag.trim() === "*" || opaque(tag) === opaque(etag)) ?? false;
}

function opaque(tag: string): string {
  return tag.trim().replace(/^W\//, "");
}

/** What is smaller gains nothing by it. */
const compressedBytesMin = 1_000;
const [brotli, gzipped] = [promisify(brotliCompress), promisify(gzip)];
/** Brotli's best takes a sixth less than its middle, but three seconds for the megabyte of Swagger UI. */
const compressedWellBytesMax = 300_000;
const compress: Record<Encoding, (body: Content["body"]) => Promise<Uint8Array<ArrayBuffer>>> = {
  br: (body) =>
    brotli(body, {
      params: { [constants.BROTLI_PARAM_QUALITY]: body.length > compressedWellBytesMax ? 5 : 11 },
    }),
  gzip: (body) => gzipped(body, { level: constants.Z_BEST_COMPRESSION }),
};

/** The best that the client takes; what it gives a weight of 0 it does not. */
function encodingFor(request: Request, { body }: Content): Encoding | null {
  if (body.length < compressedBytesMin) return null;
  const taken = (request.headers.get("accept-encoding") ?? "")
    .toLowerCase()
    .split(",")
    .map((part) => part.trim().split(/\s*;\s*/))
    .filter(([, weight = "q=1"]) => Number(weight.slice(2)) > 0)
    .map(([name]) => name);
  return (["br", "gzip"] as const).find((encoding) => taken.includes(encoding)) ?? null;
}

/** An embedded file. */
export function read(path: string): Promise<Uint8Array<ArrayBuffer>> {
  return Bun.file(path).bytes();
}
