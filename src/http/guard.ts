/** Who may call a route: the first line of its handler. Refuses with the problem that fits. */
import type { Auth, Buyer } from "./auth.ts";
import { problem } from "./problem.ts";

/** `null` for an operator; the refusal for anybody else. */
export async function refuseUnlessOperator(auth: Auth, request: Request): Promise<Response | null> {
  if (auth.isOperator(request)) return null;
  return problem((await auth.buyerOf(request)) === null ? "unauthorized" : "forbidden");
}

/** The buyer who asks, `"operator"`, or the refusal. */
export async function requireCaller(auth: Auth, request: Request): Promise<Buyer | "operator" | Response> {
  if (auth.isOperator(request)) return "operator";
  return (await auth.buyerOf(request)) ?? problem("unauthorized");
}
