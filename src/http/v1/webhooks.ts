/** Webhooks: admins tell where events go, see how delivery stands, and bring back what was given up. */
import type { Static } from "@sinclair/typebox";
import type { OfficeCommand } from "../../domain/command.ts";
import { type DeliveryRecord, deliveryStates, type EndpointRecord } from "../../domain/endpoint.ts";
import { formatId, parseId } from "../../domain/ids.ts";
import { newWebhookSecret } from "../../host/random.ts";
import type { Operator } from "../auth.ts";
import { hasBody, readJson } from "../body.ts";
import { requireOperator } from "../guard.ts";
import type { HttpParts } from "../parts.ts";
import { problem } from "../problem.ts";
import { readChoice, readCursor, readLimit, readQuery } from "../query.ts";
import { json, wireTime, wireTimeOrNull } from "../respond.ts";
import type { Route } from "../route.ts";
import { ReplayBody, WebhookBody, WebhookChangeBody } from "../schemas.ts";
import { refusalOf } from "./campaigns.ts";

type Parts = Pick<HttpParts, "auth" | "client" | "clock" | "ledger" | "office" | "outbox">;

export function webhookRoutes(parts: Parts): Route[] {
  const one =
    (handle: (operator: Operator, endpoint: EndpointRecord, request: Request) => Promise<Response> | Response) =>
    async (request: Request, { id = "" }: Readonly<Record<string, string>>) => {
      const operator = await requireOperator(parts.auth, request, "admin");
      if (operator instanceof Response) return operator;
      const endpointId = parseId("end", id);
      const endpoint = endpointId === null ? undefined : parts.office.endpoint(endpointId);
      return endpoint === undefined ? problem("not_found") : handle(operator, endpoint, request);
    };
  const path = "/v1/webhooks/:id";
  return [
    { name: "create_webhook", method: "POST", path: "/v1/webhooks", handle: (request) => create(parts, request) },
    { name: "list_webhooks", method: "GET", path: "/v1/webhooks", handle: (request) => list(parts, request) },
    { name: "get_webhook", method: "GET", path, handle: one((_, endpoint) => json(endpointJson(parts, endpoint))) },
    {
      name: "change_webhook",
      method: "POST",
      path,
      handle: one(async (operator, { id }, request) => {
        const body = await readJson(request, WebhookChangeBody);
        if (body instanceof Response) return body;
        const { url, types, enabled } = body;
        const changes = { ...(url && { url }), ...(types !== undefined && { types }) };
        const isEnabled = enabled === undefined ? {} : { isEnabled: enabled };
        return change(parts, operator, { type: "change_endpoint", endpointId: id, ...changes, ...isEnabled });
      }),
    },
    {
      name: "rotate_webhook_secret",
      method: "POST",
      path: `${path}/rotate`,
      handle: one((operator, { id }) => {
        const secret = newWebhookSecret();
        return change(parts, operator, { type: "change_endpoint", endpointId: id, secret }, { secret });
      }),
    },
    {
      name: "delete_webhook",
      method: "POST",
      path: `${path}/delete`,
      handle: one(async (operator, endpoint) => {
        const shown = endpointJson(parts, endpoint);
        const command = { type: "delete_endpoint", endpointId: endpoint.id } as const;
        return refusalOf(await parts.client.send(command, { operator: operator.name })) ?? json(shown);
      }),
    },
    {
      name: "list_deliveries",
      method: "GET",
      path: `${path}/deliveries`,
      handle: one((_, endpoint, request) => deliveries(parts, endpoint, request)),
    },
    {
      name: "replay_deliveries",
      method: "POST",
      path: `${path}/replay`,
      handle: one((operator, endpoint, request) => replay(parts, operator, endpoint, request)),
    },
  ];
}

async function create(parts: Parts, request: Request): Promise<Response> {
  const operator = await requireOperator(parts.auth, request, "admin");
  if (operator instanceof Response) return operator;
  const body: Static<typeof WebhookBody> | Response = await readJson(request, WebhookBody);
  if (body instanceof Response) return body;
  const secret = newWebhookSecret();
  const command = { type: "create_endpoint", url: body.url, types: body.types ?? null, secret } as const;
  return change(parts, operator, command, { secret }, 201);
}

/** The endpoint as it stands then; with its new secret, which is shown this once. */
async function change(
  parts: Parts,
  operator: Operator,
  command: OfficeCommand,
  secret: { readonly secret?: string } = {},
  status = 200,
): Promise<Response> {
  const answer = await parts.client.send(command, { operator: operator.name });
  const refused = refusalOf(answer);
  if (refused !== null) return refused;
  if (answer?.code !== "done") throw new Error(`unexpected answer ${answer?.code}`);
  const endpoint = parts.office.endpoint(answer.id);
  if (endpoint === undefined) return problem("not_found"); // deleted by another admin in the same moment
  return json(endpointJson(parts, endpoint, secret), { status });
}

async function list(parts: Parts, request: Request): Promise<Response> {
  const operator = await requireOperator(parts.auth, request, "admin");
  if (operator instanceof Response) return operator;
  return json(`{"webhooks":[${parts.office.endpoints.map((endpoint) => endpointJson(parts, endpoint)).join(",")}]}`);
}

function deliveries({ outbox }: Parts, endpoint: EndpointRecord, request: Request): Response {
  const query = readQuery(request, ["state", "limit", "cursor"]);
  if (query instanceof Response) return query;
  const state = readChoice("state", query.state, deliveryStates);
  if (state instanceof Response) return state;
  const limit = readLimit(query.limit);
  if (limit instanceof Response) return limit;
  const before = readCursor("evt", query.cursor, Number.MAX_SAFE_INTEGER);
  if (before instanceof Response) return before;
  const rows = outbox()?.deliveries(endpoint.id, state ?? "dead", before, limit + 1) ?? [];
  const page = rows.slice(0, limit);
  const next = rows.length > limit ? formatId("evt", page.at(-1)?.seq ?? 0) : null;
  return json(JSON.stringify({ deliveries: page.map(deliveryShown), next_cursor: next }));
}

async function replay(parts: Parts, operator: Operator, endpoint: EndpointRecord, request: Request): Promise<Response> {
  const body = hasBody(request) ? await readJson(request, ReplayBody) : {};
  if (body instanceof Response) return body;
  const seq = body.id === undefined ? "all" : parseId("evt", body.id);
  if (seq === null) return problem("not_found");
  const subject = formatId("end", endpoint.id);
  const command = { type: "note_action", action: "replay_deliveries", subject } as const;
  const refused = refusalOf(await parts.client.send(command, { operator: operator.name }));
  if (refused !== null) return refused;
  return json(JSON.stringify({ replayed: parts.outbox()?.replay(endpoint.id, seq, parts.clock.nowMs()) ?? 0 }));
}

function endpointJson(
  { ledger, outbox }: Parts,
  { id, url, types, isEnabled, rotatedAtMs }: EndpointRecord,
  secret: { readonly secret?: string } = {},
): string {
  const status = outbox()?.status(id) ?? null;
  const readSeq = status?.readSeq ?? id;
  return JSON.stringify({
    id: formatId("end", id),
    url,
    types,
    enabled: isEnabled,
    rotated_at: wireTimeOrNull(rotatedAtMs),
    ...secret,
    delivered_up_to_seq: readSeq,
    delivered_up_to_at: wireTimeOrNull(ledger.row(readSeq)?.atMs ?? null),
    pending: status?.pending ?? 0,
    dead: status?.dead ?? 0,
  });
}

function deliveryShown(delivery: DeliveryRecord) {
  const { seq, type, lane, state, attempts, nextAtMs, lastAttemptAtMs, lastStatus, lastError } = delivery;
  return {
    id: formatId("evt", seq),
    seq,
    type,
    subject: lane,
    state,
    attempts,
    ...(state === "pending" ? { next_at: wireTime(nextAtMs) } : {}),
    last_attempt_at: wireTimeOrNull(lastAttemptAtMs),
    last_status: lastStatus,
    last_error: lastError,
  };
}
