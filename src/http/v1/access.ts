/** The access list: operators put buyers and networks on it, and take them off. */

import { networkText } from "../../admission/access-list.ts";
import { type AccessEntry, type AccessTarget, accessEffects } from "../../domain/access.ts";
import { formatId, parseId } from "../../domain/ids.ts";
import { readJson } from "../body.ts";
import { requireOperator } from "../guard.ts";
import type { HttpParts } from "../parts.ts";
import { problem } from "../problem.ts";
import { readChoice, readCursor, readLimit, readQuery } from "../query.ts";
import { json, wireTime, wireTimeOrNull } from "../respond.ts";
import type { Route } from "../route.ts";
import { AccessBody } from "../schemas.ts";
import { refusalOf } from "./campaigns.ts";

type Parts = Pick<HttpParts, "access" | "auth" | "client" | "clock">;

export function accessRoutes(parts: Parts): Route[] {
  return [
    { name: "add_access_entry", method: "POST", path: "/v1/access", handle: (request) => add(parts, request) },
    { name: "list_access", method: "GET", path: "/v1/access", handle: (request) => list(parts, request) },
    {
      name: "remove_access_entry",
      method: "POST",
      path: "/v1/access/:id/remove",
      handle: (request, { id }) => remove(parts, request, id),
    },
  ];
}

async function add({ access, auth, client, clock }: Parts, request: Request): Promise<Response> {
  const operator = await requireOperator(auth, request, "operator");
  if (operator instanceof Response) return operator;
  const body = await readJson(request, AccessBody);
  if (body instanceof Response) return body;
  const target = targetIn(body);
  if (target instanceof Response) return target;
  const expiresAtMs = body.expires_at === undefined ? null : Date.parse(body.expires_at);
  if (expiresAtMs !== null && (expiresAtMs <= clock.nowMs() || expiresAtMs > yearMsMax)) {
    return problem("invalid", { errors: [{ field: "expires_at", detail: "must lie ahead, in the years to 9999" }] });
  }
  const { effect, reason } = body;
  const command = { type: "add_access_entry", effect, target, reason, expiresAtMs } as const;
  const answer = await client.send(command, { operator: operator.name });
  const refused = refusalOf(answer);
  if (refused !== null) return refused;
  if (answer?.code !== "done") throw new Error(`unexpected answer ${answer?.code}`);
  const made = access.entry(answer.id);
  if (made === undefined) throw new Error("the engine tells of an entry before it answers");
  return json(JSON.stringify(shown(made)), { status: 201 });
}

async function list({ access, auth }: Parts, request: Request): Promise<Response> {
  const operator = await requireOperator(auth, request, "viewer");
  if (operator instanceof Response) return operator;
  const query = readQuery(request, ["search", "effect", "limit", "cursor"]);
  if (query instanceof Response) return query;
  const limit = readLimit(query.limit);
  if (limit instanceof Response) return limit;
  const before = readCursor("acc", query.cursor, Number.POSITIVE_INFINITY);
  if (before instanceof Response) return before;
  const effect = readChoice("effect", query.effect, accessEffects);
  if (effect instanceof Response) return effect;
  const sought = query.search?.toLowerCase() ?? "";
  const fits = (entry: AccessEntry) =>
    entry.entryId < before &&
    (effect === undefined || entry.effect === effect) &&
    (entry.value.toLowerCase().includes(sought) || entry.reason.toLowerCase().includes(sought));
  const older = access.entries.filter(fits).toReversed();
  const page = older.slice(0, limit);
  const last = page.at(-1);
  const next = older.length > page.length && last !== undefined ? formatId("acc", last.entryId) : null;
  return json(JSON.stringify({ entries: page.map(shown), next_cursor: next }));
}

async function remove({ access, auth, client }: Parts, request: Request, id = ""): Promise<Response> {
  const operator = await requireOperator(auth, request, "operator");
  if (operator instanceof Response) return operator;
  const entryId = parseId("acc", id);
  const entry = entryId === null ? undefined : access.entry(entryId);
  if (entry === undefined) return problem("not_found");
  const command = { type: "remove_access_entry", entryId: entry.entryId } as const;
  return refusalOf(await client.send(command, { operator: operator.name })) ?? json(JSON.stringify(shown(entry)));
}

const yearMsMax = Date.parse("9999-12-31T23:59:59.999Z");

/** Whom an entry is to be about: a buyer or a network, and not both. */
function targetIn({ buyer_id: buyer, network }: { buyer_id?: string; network?: string }): AccessTarget | Response {
  if ((buyer === undefined) === (network === undefined)) {
    return problem("invalid", { errors: [{ field: "buyer_id", detail: "give either a buyer_id or a network" }] });
  }
  if (buyer !== undefined) return { kind: "buyer", value: buyer };
  const value = networkText(network ?? "");
  if (value !== null) return { kind: "network", value };
  const detail = "must be an address or a network, for example 192.0.2.0/24";
  return problem("invalid", { errors: [{ field: "network", detail }] });
}

function shown({ entryId, effect, kind, value, reason, createdAtMs, expiresAtMs }: AccessEntry) {
  return {
    id: formatId("acc", entryId),
    effect,
    ...(kind === "buyer" ? { buyer_id: value } : { network: value }),
    reason,
    created_at: wireTime(createdAtMs),
    expires_at: wireTimeOrNull(expiresAtMs),
  };
}
