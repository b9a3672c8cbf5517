/** Elysia, and only here: puts the routes together and answers what none of them takes. */
import { Elysia } from "elysia";
import { checkoutPageRoutes } from "./checkout-pages.ts";
import { docsRoutes } from "./docs.ts";
import { opsRoutes } from "./ops.ts";
import type { HttpParts } from "./parts.ts";
import { problem } from "./problem.ts";
import { problemOfHost } from "./query.ts";
import { failure, observed, type Route } from "./route.ts";
import { attemptRoute } from "./v1/attempts.ts";
import { buyerRoutes } from "./v1/buyers.ts";
import { campaignRoutes } from "./v1/campaigns.ts";
import { exportRoute } from "./v1/export.ts";
import { ledgerRoutes } from "./v1/ledger.ts";
import { offerRoutes } from "./v1/offers.ts";
import { operatorRoutes } from "./v1/operators.ts";
import { orderRoutes } from "./v1/orders.ts";
import { paymentRoutes } from "./v1/payments.ts";
import { reserveRoute } from "./v1/reserve.ts";
import { streamRoutes } from "./v1/streams.ts";
import { waitlistRoutes } from "./v1/waitlist.ts";
import { webhookRoutes } from "./v1/webhooks.ts";
import { verifyPageRoutes } from "./verify-page.ts";

export interface Listening {
  readonly port: number;
  /** Takes no new connection; open ones go on until they are done or `stop` is called with `true`. */
  stop(closeAll?: boolean): Promise<void>;
}

const idleTimeoutS = 10; // a stalled or trickled body is cut after this; streams are kept alive by their heartbeat
/**
 * Bun's own bound would answer 413 without a body. So there is none: each route reads 16 KiB at most and refuses the
 * rest by name, and what a client sends after its answer is thrown away (1 GiB in chunks: no growth of memory).
 */
const requestBytesMax = Number.MAX_SAFE_INTEGER;

export function allRoutes(parts: HttpParts): Route[] {
  return [
    reserveRoute(parts),
    ...campaignRoutes(parts),
    ...offerRoutes(parts),
    ...waitlistRoutes(parts),
    ...streamRoutes(parts),
    exportRoute(parts),
    ...orderRoutes(parts),
    ...paymentRoutes(parts),
    attemptRoute(parts),
    ...operatorRoutes(parts),
    ...buyerRoutes(parts),
    ...webhookRoutes(parts),
    ...ledgerRoutes(parts),
    ...opsRoutes(parts),
    ...checkoutPageRoutes(parts),
    ...docsRoutes(),
    ...verifyPageRoutes(),
  ];
}

/** Starts to listen. Throws when the address cannot be had. */
export function listen(parts: HttpParts, where: { host: string; port: number; isShared: boolean }): Listening {
  const routes = allRoutes(parts);
  const unmatched = observed(
    { name: "unmatched", handle: (request) => answerUnmatched(routes, request) },
    parts.metrics,
    parts.clock,
  );
  const app = new Elysia({
    normalize: false,
    // Bun's own router takes an address as it came. What it does not know ends here, before Elysia would look for it
    // again with its last slash, its dots and its backslashes read generously, and `/x/../metrics` come past a proxy
    // that hides /metrics.
    serve: { routes: { "/*": (request: Request) => unmatched(request, {}) } },
  });
  for (const route of routes) {
    const handle = observed(route, parts.metrics, parts.clock);
    // Taken apart in the parameter list: with a whole context the object escapes, which costs 1 us a request.
    app.route(route.method, route.path, ({ request, params }) => handle(request, params), { parse: "none" });
  }
  app.onError(({ code, error, request }) =>
    code === "NOT_FOUND" ? unmatched(request, {}) : failure("unmatched", error),
  );
  app.listen({
    hostname: where.host,
    port: where.port,
    reusePort: where.isShared,
    idleTimeout: idleTimeoutS,
    maxRequestBodySize: requestBytesMax,
    development: false,
  });
  const { server } = app;
  if (server?.port === undefined) throw new Error("Elysia listens without a server");
  return { port: server.port, stop: (closeAll) => server.stop(closeAll) };
}

/** 405 with the methods that the address does take, or 404. */
function answerUnmatched(routes: readonly Route[], request: Request): Response {
  if (!URL.canParse(request.url)) return problemOfHost();
  const segments = new URL(request.url).pathname.split("/");
  const fits = (part: string, at: number) => (part.startsWith(":") ? segments[at] !== "" : segments[at] === part);
  const fitting = routes.filter(({ path }) => {
    const pattern = path.split("/");
    return pattern.length === segments.length && pattern.every(fits);
  });
  const methods = new Set<string>(fitting.flatMap(({ method }) => (method === "GET" ? ["GET", "HEAD"] : [method])));
  // Where the method is right, the address became one of ours only by reading it generously.
  if (methods.size === 0 || methods.has(request.method)) return problem("not_found");
  return problem("method_not_allowed", { headers: { allow: [...methods].join(", ") } });
}
