/** The ways to buy by conversation: each speaks for a caller, and asks `/v1` from inside. */
import type { Inward } from "./inward.ts";
import { mcpRoutes } from "./mcp.ts";
import type { HttpParts } from "./parts.ts";
import type { Route } from "./route.ts";

export function dialogueRoutes(parts: HttpParts, inward: Inward): Route[] {
  return [...mcpRoutes(parts, inward)];
}
