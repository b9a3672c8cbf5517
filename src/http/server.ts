/** Elysia, and only here: puts the routes together and answers what none of them takes. */
import { Elysia } from "elysia";
import { docsRoutes } from "./docs.ts";
import { opsRoutes } from "./ops.ts";
import type { HttpParts } from "./parts.ts";
import { problem } from "./problem.ts";
import { observed, type Route } from "./route.ts";
import { attemptRoute } from "./v1/attempts.ts";
import { campaignRoutes } from "./v1/campaigns.ts";
import { offerRoutes } from "./v1/offers.ts";
import { orderRoutes } from "./v1/orders.ts";
import { reserveRoute } from "./v1/reserve.ts";
import { streamRoutes } from "./v1/streams.ts";

export interface Listening {
  readonly port: number;
  /** Takes no new connection; open ones go on until they are done or `stop` is called with `true`. */
  stop(closeAll?: boolean): Promise<void>;
}

const idleTimeoutS = 10; // a stalled or trickled body is cut after this; streams are kept alive by their heartbeat
const requestBytesMax = 1_048_576; // the system's own bound; every route refuses more than 16 KiB by itself

export function allRoutes(parts: HttpParts): Route[] {
  return [
    reserveRoute(parts),
    ...campaignRoutes(parts),
    ...offerRoutes(parts),
    ...streamRoutes(parts),
    ...orderRoutes(parts),
    attemptRoute(parts),
    ...opsRoutes(parts),
    ...docsRoutes(),
  ];
}

/** Starts to listen. Throws when the address cannot be had. */
export function listen(parts: HttpParts, where: { host: string; port: number; isShared: boolean }): Listening {
  const routes = allRoutes(parts);
  const app = new Elysia({ normalize: false });
  for (const route of routes) {
    const handle = observed(route, parts.metrics, parts.clock);
    app.route(route.method, route.path, (context) => handle(context.request, context.params), { parse: "none" });
  }
  const unmatched = observed(
    { name: "unmatched", handle: (request) => answerUnmatched(routes, request) },
    parts.metrics,
    parts.clock,
  );
  app.all("*", (context) => unmatched(context.request, {}), { parse: "none" });
  app.onError(({ request }) => unmatched(request, {}));
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

/** 404, or 405 with the methods that the address does take. */
function answerUnmatched(routes: readonly Route[], request: Request): Response {
  const segments = new URL(request.url).pathname.split("/");
  const fitting = routes.filter(({ path }) => {
    const pattern = path.split("/");
    return (
      pattern.length === segments.length && pattern.every((part, i) => part.startsWith(":") || part === segments[i])
    );
  });
  if (fitting.length === 0) return problem("not_found");
  const methods = new Set<string>(fitting.flatMap(({ method }) => (method === "GET" ? ["GET", "HEAD"] : [method])));
  return problem("method_not_allowed", { headers: { allow: [...methods].join(", ") } });
}
