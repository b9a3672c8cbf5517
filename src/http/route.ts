/**
 * A route, and what is the same for all of them: it is timed and counted, and whatever its handler throws becomes a
 * problem that tells nothing of the inside. A handler that answers at once is answered at once, without a promise.
 */

import type { Clock } from "../host/clock.ts";
import { log } from "../host/log.ts";
import type { Metrics } from "../host/metrics.ts";
import { KeysUnavailable, TokenRefused } from "./auth.ts";
import type { Work } from "./gate.ts";
import { problem } from "./problem.ts";
import { type RouteName, statusesCounted } from "./routes.ts";

export interface Route {
  readonly name: RouteName;
  readonly method: "GET" | "POST";
  /** With `:name` for a parameter. */
  readonly path: string;
  readonly handle: Handler;
  /** What is given up when it is switched off or there is too much to do: refused before the handler is asked. */
  readonly work?: Work;
}

export type Handler = (request: Request, params: Readonly<Record<string, string>>) => Response | Promise<Response>;

/** The routes whose pattern an address has, whatever their method. */
export function fittingRoutes(routes: readonly Route[], pathname: string): readonly Route[] {
  const segments = pathname.split("/");
  const fits = (part: string, at: number) => (part.startsWith(":") ? segments[at] !== "" : segments[at] === part);
  return routes.filter(({ path }) => {
    const pattern = path.split("/");
    return pattern.length === segments.length && pattern.every(fits);
  });
}

/** The route of an address and its parameters: where several fit, the one that names more of it. `null` when none does. */
export function routeOf(
  routes: readonly Route[],
  method: Route["method"],
  pathname: string,
): { readonly route: Route; readonly params: Readonly<Record<string, string>> } | null {
  const fitting = fittingRoutes(routes, pathname).filter((route) => route.method === method);
  const namedParts = ({ path }: Route) => path.split("/").filter((part) => !part.startsWith(":")).length;
  const [route] = fitting.sort((a, b) => namedParts(b) - namedParts(a));
  if (route === undefined) return null;
  const segments = pathname.split("/");
  const params = route.path
    .split("/")
    .flatMap((part, at) => (part.startsWith(":") ? [[part.slice(1), decodeURIComponent(segments[at] ?? "")]] : []));
  return { route, params: Object.fromEntries(params) };
}

/** The handler, observed. */
export function observed(route: Pick<Route, "name" | "handle">, metrics: Metrics, clock: Clock): Handler {
  const series = new Map(
    statusesCounted.map((status) => [
      Number(status),
      metrics.series("rushbox_http_requests_total", { route: route.name, status }),
    ]),
  );
  const observe = metrics.histogram("rushbox_http_request_duration_seconds", { route: route.name });
  const finish = (response: Response, startedMs: number) => {
    const counted = series.get(response.status);
    if (counted === undefined) throw new Error(`status ${response.status} of ${route.name} is not in routes.ts`);
    metrics.add(counted, 1);
    observe((clock.elapsedMs() - startedMs) / 1_000);
    return response;
  };
  return (request, params) => {
    const startedMs = clock.elapsedMs();
    try {
      const response = route.handle(request, params);
      if (response instanceof Response) return finish(response, startedMs);
      return response.catch((cause: unknown) => failure(route.name, cause)).then((late) => finish(late, startedMs));
    } catch (cause) {
      return finish(failure(route.name, cause), startedMs);
    }
  };
}

/** The answer when something was thrown, which is told to the log alone. */
export function failure(route: RouteName, cause: unknown): Response {
  if (cause instanceof KeysUnavailable) {
    return problem("overloaded", {
      detail: "Tokens cannot be checked at the moment. Nothing was changed. Try again shortly.",
    });
  }
  if (cause instanceof TokenRefused) return cause.response;
  log("error", "a request failed", {
    route,
    cause: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause),
  });
  return problem("internal");
}
