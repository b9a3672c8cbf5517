/**
 * What every page of this program has in common: it comes from this program's own file alone, browsers keep it and ask
 * whether it changed. Files are read when somebody first asks for them, and then kept.
 */
import { pageHeaders } from "./respond.ts";
import type { Route } from "./route.ts";

export const html = "text/html; charset=utf-8";
export const css = "text/css; charset=utf-8";
export const javascript = "text/javascript; charset=utf-8";
export const plain = "text/plain; charset=utf-8";

export interface Content {
  readonly body: string | Uint8Array<ArrayBuffer>;
  readonly etag: string;
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

export function read(path: string): Promise<Uint8Array<ArrayBuffer>> {
  return Bun.file(path).bytes();
}
