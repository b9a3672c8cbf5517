/**
 * The storefront, the console and the pages beside them: the same few files for everybody, from this program's own
 * memory. A page is asked for again at every visit and answered 304; what it loads has a hash in its name and is kept
 * for good. So a CDN or a browser may hold all of it, and what changes comes from /v1 alone.
 */
import { bundlePages, bundleScript } from "../web/bundle.ts" with { type: "macro" };
import { type Content, contentOf, css, html, javascript, page, pageResponse } from "./pages.ts";
import type { HttpParts } from "./parts.ts";
import { problem } from "./problem.ts";
import { embedPageHeaders, pageHeaders, webPageHeaders } from "./respond.ts";
import type { Route } from "./route.ts";

const bundle = bundlePages(["storefront", "console", "verify", "embed"]);
const embedScript = bundleScript("embed/embed.ts");
const assets = new Map(Object.entries(bundle.assets));

/** Addresses that one page shows, by what follows the server's name. */
const addresses = {
  storefront: ["/", "/campaigns/:id", "/campaigns/:id/draw", "/orders", "/orders/:id"],
  console: ["/console", "/console/:section", "/console/:section/:id"],
} as const;

export function webPageRoutes({ embedOrigins }: Pick<HttpParts, "embedOrigins">): Route[] {
  return [
    ...addresses.storefront.map((path) => page("storefront", path, html, () => pageOf("storefront"), webPageHeaders)),
    ...addresses.console.map((path) => page("console", path, html, () => pageOf("console"), webPageHeaders)),
    page("verify_page", "/verify", html, () => pageOf("verify"), pageHeaders),
    page("embed", "/embed/:id", html, () => pageOf("embed"), embedPageHeaders(embedOrigins)),
    page("embed_script", "/embed.js", javascript, () => embedScript),
    { name: "asset", method: "GET", path: "/assets/:name", handle: (request, { name }) => asset(request, name) },
  ];
}

function pageOf(name: string): string {
  const text = bundle.pages[name];
  if (text === undefined) throw new Error(`the pages hold no ${name}`);
  return text;
}

const types: Readonly<Record<string, string>> = { js: javascript, css, svg: "image/svg+xml" };
/** A year, as long as caches keep anything. */
const keptForGood = { ...webPageHeaders, "cache-control": "public, max-age=31536000, immutable" };
const contents = new Map<string, Content>();

function asset(request: Request, name = ""): Response | Promise<Response> {
  const body = assets.get(name);
  if (body === undefined) return problem("not_found");
  const type = types[name.slice(name.lastIndexOf(".") + 1)];
  if (type === undefined) throw new Error(`the pages hold ${name}, of no type that is known`);
  const content = contents.get(name) ?? contentOf(body);
  contents.set(name, content);
  return pageResponse(request, type, content, keptForGood);
}
