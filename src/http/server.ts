/** Elysia, and only here: puts the routes together and answers what none of them takes. */
import type { BunRequest } from "bun";
import { Elysia } from "elysia";
import { parseId } from "../domain/ids.ts";
import { checkoutPageRoutes } from "./checkout-pages.ts";
import { dialogueRoutes } from "./dialogues.ts";
import { docsRoutes } from "./docs.ts";
import { Inward } from "./inward.ts";
import { opsRoutes } from "./ops.ts";
import type { HttpParts } from "./parts.ts";
import { pictureRoute } from "./pictures.ts";
import { problem } from "./problem.ts";
import { problemOfHost } from "./query.ts";
import { failure, fittingRoutes, type Handler, observed, type Route } from "./route.ts";
import { accessRoutes } from "./v1/access.ts";
import { attemptRoute } from "./v1/attempts.ts";
import { buyerRoutes } from "./v1/buyers.ts";
import { campaignRoutes } from "./v1/campaigns.ts";
import { challengeRoutes } from "./v1/challenge.ts";
import { controlsRoutes } from "./v1/controls.ts";
import { drawEntryRoutes } from "./v1/draw-entry.ts";
import { drawProofRoutes } from "./v1/draws.ts";
import { exportRoute } from "./v1/export.ts";
import { fairnessRoute } from "./v1/fairness.ts";
import { ledgerRoutes } from "./v1/ledger.ts";
import { offerRoutes } from "./v1/offers.ts";
import { operatorRoutes } from "./v1/operators.ts";
import { orderRoutes } from "./v1/orders.ts";
import { paymentRoutes } from "./v1/payments.ts";
import { queueRoutes } from "./v1/queue.ts";
import { rehearsalRoutes } from "./v1/rehearsals.ts";
import { reminderRoutes } from "./v1/reminders.ts";
import { reserveRoute } from "./v1/reserve.ts";
import { riskRoute } from "./v1/risk.ts";
import { shopRoutes } from "./v1/shop.ts";
import { streamRoutes } from "./v1/streams.ts";
import { waitlistRoutes } from "./v1/waitlist.ts";
import { webhookRoutes } from "./v1/webhooks.ts";
import { webPageRoutes } from "./web-pages.ts";

export interface Listening {
  readonly port: number;
  /** Takes no new connection; open ones go on until they are done or `stop` is called with `true`. */
  stop(closeAll?: boolean): Promise<void>;
}

const idleTimeoutS = 10; // a stalled or trickled body is cut after this; streams are kept alive by their heartbeat
/**
 * Bun's own bound would answer 413 without a body. So there is none: each route reads as much as limits.ts says and
 * refuses the rest by name, and what a client sends after its answer is thrown away (1 GiB in chunks: no growth of memory).
 */
const requestBytesMax = Number.MAX_SAFE_INTEGER;

export function allRoutes(parts: HttpParts): Route[] {
  const routes = apiAndPages(parts);
  const inward = new Inward(parts, () => routes.map((route) => ({ ...route, handle: handlerOf(parts, route) })));
  return [...routes, ...dialogueRoutes(parts, inward)];
}

function apiAndPages(parts: HttpParts): Route[] {
  return [
    reserveRoute(parts),
    ...campaignRoutes(parts),
    ...offerRoutes(parts),
    ...waitlistRoutes(parts),
    ...queueRoutes(parts),
    ...reminderRoutes(parts),
    ...drawEntryRoutes(parts),
    ...drawProofRoutes(parts),
    ...streamRoutes(parts),
    exportRoute(parts),
    ...orderRoutes(parts),
    ...paymentRoutes(parts),
    attemptRoute(parts),
    ...operatorRoutes(parts),
    ...controlsRoutes(parts),
    ...buyerRoutes(parts),
    ...webhookRoutes(parts),
    ...challengeRoutes(parts),
    ...accessRoutes(parts),
    riskRoute(parts),
    fairnessRoute(parts),
    ...rehearsalRoutes(parts),
    ...ledgerRoutes(parts),
    ...shopRoutes(parts),
    ...opsRoutes(parts),
    ...checkoutPageRoutes(parts),
    ...docsRoutes(),
    pictureRoute(),
    ...webPageRoutes(parts),
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
  const [hot, others] = [routes.filter(isHot), routes.filter((route) => !isHot(route))];
  const app = new Elysia({
    normalize: false,
    // Bun's own router takes an address as it came. What it does not know ends here, before Elysia would look for it
    // again with its last slash, its dots and its backslashes read generously, and `/x/../metrics` come past a proxy
    // that hides /metrics.
    serve: {
      routes: { ...bunRoutes(parts, hot), "/*": (request: Request) => unmatched(request, {}) },
    },
  });
  for (const route of others) {
    const handle = handlerOf(parts, route);
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
  parts.addresses.attach(server);
  return { port: server.port, stop: (closeAll) => server.stop(closeAll) };
}

/** Bought by everybody in the same second: without Elysia's own layer it takes 2 us less of some 15. */
function isHot({ name }: Route): boolean {
  return name === "reserve";
}

/** Routes as Bun's own router takes them, which Elysia hands on to it. */
function bunRoutes(parts: HttpParts, routes: readonly Route[]) {
  const entries = routes.map((route) => {
    const handle = handlerOf(parts, route);
    return [route.path, { [route.method]: (request: BunRequest) => handle(request, request.params) }] as const;
  });
  return Object.fromEntries(entries);
}

/** A route as it is served. */
function handlerOf(parts: HttpParts, route: Route): Handler {
  return observed({ name: route.name, handle: throughGate(parts, route) }, parts.metrics, parts.clock);
}

/** What a route is for may be switched off, for all or for the campaign or offer in its address, or be given up for now. */
function throughGate({ gate, catalogue }: HttpParts, { work, path, handle }: Route): Handler {
  if (work === undefined) return handle;
  if (!path.includes("/:id")) return (request, params) => gate.refuse(work) ?? handle(request, params);
  return (request, params) => {
    const id = params["id"] ?? "";
    const campaignId = parseId("cmp", id) ?? catalogue.offer(id)?.campaign.view.id ?? null;
    return gate.refuse(work, campaignId) ?? handle(request, params);
  };
}

/** 405 with the methods that the address does take, or 404. */
function answerUnmatched(routes: readonly Route[], request: Request): Response {
  if (!URL.canParse(request.url)) return problemOfHost();
  const fitting = fittingRoutes(routes, new URL(request.url).pathname);
  const methods = new Set<string>(fitting.flatMap(({ method }) => (method === "GET" ? ["GET", "HEAD"] : [method])));
  // Where the method is right, the address became one of ours only by reading it generously.
  if (methods.size === 0 || methods.has(request.method)) return problem("not_found");
  return problem("method_not_allowed", { headers: { allow: [...methods].join(", ") } });
}
