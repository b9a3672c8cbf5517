/** Who may call a route: the first line of its handler. Refuses with the problem that fits. */
import { mayActAs, type OperatorRole } from "../domain/operator.ts";
import type { Auth, Buyer, Operator } from "./auth.ts";
import { problem } from "./problem.ts";

/** The operator who asks, if their role suffices; else the refusal. */
export async function requireOperator(auth: Auth, request: Request, role: OperatorRole): Promise<Operator | Response> {
  const operator = auth.operatorOf(request);
  if (operator === null) return problem((await auth.buyerOf(request)) === null ? "unauthorized" : "forbidden");
  return refuseByRole(operator, role) ?? operator;
}

/** The buyer or the operator who asks, or the refusal. */
export async function requireCaller(auth: Auth, request: Request): Promise<Buyer | Operator | Response> {
  return auth.operatorOf(request) ?? (await auth.buyerOf(request)) ?? problem("unauthorized");
}

/** The refusal of an operator whose role does not suffice. */
function roleMissing(operator: Operator, role: OperatorRole): Response {
  return problem("forbidden", {
    detail: `This needs the role ${role}; the key ${operator.name} has ${operator.role}.`,
  });
}

/** The refusal of an operator whose role does not suffice; `null` for others, and for every buyer. */
export function refuseByRole(caller: Buyer | Operator, role: OperatorRole): Response | null {
  return isOperator(caller) && !mayActAs(caller.role, role) ? roleMissing(caller, role) : null;
}

export function isOperator(caller: Buyer | Operator): caller is Operator {
  return "role" in caller;
}
