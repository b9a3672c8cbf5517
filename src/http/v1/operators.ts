/** Operators: admins make keys for people and programs, and take them back; the audit log tells what was done with them. */
import { formatId, parseId } from "../../domain/ids.ts";
import type { OperatorRecord } from "../../domain/operator.ts";
import { sha256 } from "../../host/hash.ts";
import { newSecret } from "../../host/random.ts";
import { readJson } from "../body.ts";
import { requireOperator } from "../guard.ts";
import type { HttpParts } from "../parts.ts";
import { problem } from "../problem.ts";
import { problemOfCursor, readLimit, readQuery } from "../query.ts";
import { json, wireTime } from "../respond.ts";
import type { Route } from "../route.ts";
import { OperatorBody } from "../schemas.ts";
import { refusalOf } from "./campaigns.ts";

type Parts = Pick<HttpParts, "auth" | "client" | "office" | "audit">;

export function operatorRoutes(parts: Parts): Route[] {
  return [
    { name: "create_operator", method: "POST", path: "/v1/operators", handle: (request) => create(parts, request) },
    { name: "list_operators", method: "GET", path: "/v1/operators", handle: (request) => list(parts, request) },
    { name: "get_own_operator", method: "GET", path: "/v1/operators/me", handle: (request) => me(parts, request) },
    {
      name: "revoke_operator",
      method: "POST",
      path: "/v1/operators/:id/revoke",
      handle: (request, { id }) => revoke(parts, request, id),
    },
    { name: "list_audit", method: "GET", path: "/v1/audit", handle: (request) => listAudit(parts, request) },
  ];
}

async function create({ auth, client, office }: Parts, request: Request): Promise<Response> {
  const operator = await requireOperator(auth, request, "admin");
  if (operator instanceof Response) return operator;
  const body = await readJson(request, OperatorBody);
  if (body instanceof Response) return body;
  const key = newSecret();
  const command = { type: "create_operator", name: body.name, role: body.role, keyHash: sha256(key) } as const;
  const answer = await client.send(command, { operator: operator.name });
  const refused = refusalOf(answer);
  if (refused !== null) return refused;
  if (answer?.code !== "done") throw new Error(`unexpected answer ${answer?.code}`);
  const made = office.operator(answer.id);
  if (made === undefined) throw new Error("the engine tells of an operator before it answers");
  return json(JSON.stringify({ ...shown(made), key }), { status: 201 });
}

async function list({ auth, office }: Parts, request: Request): Promise<Response> {
  const operator = await requireOperator(auth, request, "admin");
  if (operator instanceof Response) return operator;
  return json(JSON.stringify({ operators: office.operators.map(shown) }));
}

async function me({ auth }: Parts, request: Request): Promise<Response> {
  const operator = await requireOperator(auth, request, "viewer");
  if (operator instanceof Response) return operator;
  return json(JSON.stringify({ name: operator.name, role: operator.role }));
}

async function revoke({ auth, client, office }: Parts, request: Request, id = ""): Promise<Response> {
  const operator = await requireOperator(auth, request, "admin");
  if (operator instanceof Response) return operator;
  const operatorId = parseId("opr", id);
  if (operatorId === null) return problem("not_found");
  const refused = refusalOf(await client.send({ type: "revoke_operator", operatorId }, { operator: operator.name }));
  const revoked = office.operator(operatorId);
  return refused ?? (revoked === undefined ? problem("not_found") : json(JSON.stringify(shown(revoked))));
}

async function listAudit({ auth, audit }: Parts, request: Request): Promise<Response> {
  const operator = await requireOperator(auth, request, "admin");
  if (operator instanceof Response) return operator;
  const query = readQuery(request, ["operator", "action", "subject", "limit", "cursor"]);
  if (query instanceof Response) return query;
  const limit = readLimit(query.limit);
  if (limit instanceof Response) return limit;
  const before = query.cursor === undefined ? Number.MAX_SAFE_INTEGER : entryIdIn(query.cursor);
  if (before === null) return problemOfCursor();
  const { records, next } = audit.auditBefore(before, limit, query);
  const entries = records.map(({ id, atMs, ...record }) => ({ id, at: wireTime(atMs), ...record }));
  return json(JSON.stringify({ entries, next_cursor: next === null ? null : String(next) }));
}

/** Entries of the audit log are numbered, and have no other id. */
function entryIdIn(cursor: string): number | null {
  const id = Number(cursor);
  return /^\d+$/.test(cursor) && Number.isSafeInteger(id) ? id : null;
}

function shown({ operatorId, name, role, createdAtMs, revokedAtMs }: OperatorRecord) {
  return {
    id: formatId("opr", operatorId),
    name,
    role,
    created_at: wireTime(createdAtMs),
    ...(revokedAtMs === null ? {} : { revoked_at: wireTime(revokedAtMs) }),
  };
}
