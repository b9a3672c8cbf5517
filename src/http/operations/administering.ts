/** What admins call: operators' keys, webhooks, the audit log, erasure. */
import { Type } from "@sinclair/typebox";
import { deliveryStates } from "../../domain/endpoint.ts";
import { operatorRoles } from "../../domain/operator.ts";
import {
  AuditAnswer,
  DeliveryListAnswer,
  EraseBody,
  ErasureAnswer,
  NewOperatorAnswer,
  OperatorAnswer,
  OperatorBody,
  OperatorListAnswer,
  ReplayAnswer,
  ReplayBody,
  WebhookAnswer,
  WebhookBody,
  WebhookChangeBody,
  WebhookListAnswer,
  WebhookSecretAnswer,
} from "../schemas.ts";
import { campaign, fieldError, one, operator, order, webhook } from "./examples.ts";
import type { Operation } from "./operation.ts";
import {
  bodyProblems,
  cursorParameter,
  limitParameter,
  limitWrong,
  operatorIdParameter,
  operatorProblems,
  webhookIdParameter,
} from "./parts.ts";

export const administeringOperations = {
  create_operator: {
    id: "create_operator",
    tag: "Administering",
    summary: "Make an operator's key",
    description:
      "For a person or a program, with a role: `viewer` sees everything, `operator` runs sales and looks after orders, `admin` makes keys and webhooks and erases buyers. The key is shown this once; only its hash is kept. The key of the settings is the admin `root`. A name is given once, also when its operator was revoked; neither case nor white space at its ends tells it from another.",
    callers: "operators",
    body: {
      schema: OperatorBody,
      isRequired: true,
      examples: one("For a person", { name: "Li Na", role: "operator" }),
    },
    answers: {
      201: {
        description: "Made. The key is not shown again.",
        schema: NewOperatorAnswer,
        examples: one("With the key", { ...operator, key: "pJ9b2lJrN0y4jvHwq6S1nXr3m8Qe5tUz7cKd0fGaB1s" }),
      },
    },
    problems: [
      ["invalid", fieldError("role", `must be one of ${operatorRoles.join(", ")}`)],
      ...bodyProblems,
      ...operatorProblems,
      "name_taken",
      "limit_exceeded",
      "outcome_unknown",
    ],
  },
  list_operators: {
    id: "list_operators",
    tag: "Administering",
    summary: "All operators",
    description: "Those who are revoked too. Needs an admin's key.",
    callers: "operators",
    answers: {
      200: {
        description: "The operators; `root` is not among them.",
        schema: OperatorListAnswer,
        examples: one("One", { operators: [operator] }),
      },
    },
    problems: [...operatorProblems],
  },
  revoke_operator: {
    id: "revoke_operator",
    tag: "Administering",
    summary: "Revoke an operator's key",
    description: "From now on, on every connection. Repeated: 200 again. Needs an admin's key.",
    callers: "operators",
    parameters: [operatorIdParameter],
    answers: {
      200: {
        description: "Revoked.",
        schema: OperatorAnswer,
        examples: one("Revoked", { ...operator, revoked_at: "2026-11-12T09:00:00.000Z" }),
      },
    },
    problems: [...operatorProblems, "not_found", "outcome_unknown"],
  },
  list_audit: {
    id: "list_audit",
    tag: "Administering",
    summary: "What operators did",
    description:
      "Every command of an operator, refused ones too: who, what, when, how it ended, and the subject before and after. Kept in the same transaction as the change itself. Needs an admin's key.",
    callers: "operators",
    parameters: [
      { name: "operator", in: "query", description: "Only of this name.", schema: Type.String() },
      { name: "action", in: "query", description: "Only of this kind, as `pause`.", schema: Type.String() },
      { name: "subject", in: "query", description: "Only about this id.", schema: Type.String() },
      limitParameter,
      cursorParameter,
    ],
    answers: {
      200: {
        description: "A page of entries; with a filter it may be short, even empty, and have a `next_cursor`.",
        schema: AuditAnswer,
        examples: one("A pause", {
          entries: [
            {
              id: 12,
              at: "2026-11-11T12:05:00.000Z",
              operator: "Li Na",
              action: "pause",
              subject: campaign.id,
              outcome: "changed",
              before: { title: campaign.title, state: "open" },
              after: { title: campaign.title, state: "paused" },
            },
          ],
          next_cursor: null,
        }),
      },
    },
    problems: [limitWrong, ...operatorProblems],
  },
  erase_buyer: {
    id: "erase_buyer",
    tag: "Administering",
    summary: "Erase a buyer's identity",
    description:
      "From every order and waitlist entry of campaigns that are settled (ended, nothing unpaid). Counts, amounts and the ledger's proof stay. What belongs to a campaign that still runs is counted as `remaining`: ask again later. Needs an admin's key.",
    callers: "operators",
    body: { schema: EraseBody, isRequired: true, examples: one("One buyer", { buyer_id: "alice" }) },
    answers: {
      200: {
        description: "Erased.",
        schema: ErasureAnswer,
        examples: one("All of it", { orders: 2, entries: 1, remaining: 0 }),
      },
    },
    problems: [
      ["invalid", fieldError("buyer_id", "is required")],
      ...bodyProblems,
      ...operatorProblems,
      "not_found",
      "outcome_unknown",
    ],
  },
  create_webhook: {
    id: "create_webhook",
    tag: "Administering",
    summary: "Have events sent to an address",
    description: [
      "From now on every event, or those of the given types, is posted there as the Standard Webhooks specification says:",
      "`webhook-id`, `webhook-timestamp`, `webhook-signature`; body `{type, timestamp, data}`. At least once, in order for",
      "each order, tried again with growing pauses for days, then kept as a dead letter. Know a repetition by its",
      "`webhook-id`. Addresses that are not public are refused at delivery unless the setting allows them. The secret is",
      "shown this once. Needs an admin's key.",
    ].join("\n"),
    callers: "operators",
    body: {
      schema: WebhookBody,
      isRequired: true,
      examples: one("Payments and refunds", {
        url: "https://shop.example/hooks/rushbox",
        types: ["order_paid", "order_refunded"],
      }),
    },
    answers: {
      201: {
        description: "Made. The secret is not shown again.",
        schema: WebhookSecretAnswer,
        examples: one("With the secret", { ...webhook, secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" }),
      },
    },
    problems: [
      [
        "invalid",
        fieldError(
          "url",
          'must be an address of 2000 characters at most (http or https address that takes a POST), for example "https://shop.example/hooks/rushbox"',
        ),
      ],
      ...bodyProblems,
      ...operatorProblems,
      "limit_exceeded",
      "outcome_unknown",
    ],
  },
  list_webhooks: {
    id: "list_webhooks",
    tag: "Administering",
    summary: "All webhooks and how they stand",
    description: "Needs an admin's key.",
    callers: "operators",
    answers: {
      200: {
        description: "The webhooks.",
        schema: WebhookListAnswer,
        examples: one("One", { webhooks: [webhook] }),
      },
    },
    problems: [...operatorProblems],
  },
  get_webhook: {
    id: "get_webhook",
    tag: "Administering",
    summary: "One webhook and how it stands",
    description: "Needs an admin's key.",
    callers: "operators",
    parameters: [webhookIdParameter],
    answers: { 200: { description: "The webhook.", schema: WebhookAnswer, examples: one("All delivered", webhook) } },
    problems: [...operatorProblems, "not_found"],
  },
  change_webhook: {
    id: "change_webhook",
    tag: "Administering",
    summary: "Change a webhook",
    description:
      "Its address, its types, or whether anything is sent: what happens while it is disabled waits, and goes out when it is enabled again. Needs an admin's key.",
    callers: "operators",
    parameters: [webhookIdParameter],
    body: { schema: WebhookChangeBody, isRequired: true, examples: one("Hold", { enabled: false }) },
    answers: {
      200: {
        description: "Changed.",
        schema: WebhookAnswer,
        examples: one("On hold", { ...webhook, enabled: false }),
      },
    },
    problems: [
      ["invalid", fieldError("enabled", "must be true or false (false: events wait until it is true again)")],
      ...bodyProblems,
      ...operatorProblems,
      "not_found",
      "outcome_unknown",
    ],
  },
  rotate_webhook_secret: {
    id: "rotate_webhook_secret",
    tag: "Administering",
    summary: "Give a webhook a new secret",
    description:
      "The one before signs too for another day, so that a receiver can change over without losing an event. Shown this once. Needs an admin's key.",
    callers: "operators",
    parameters: [webhookIdParameter],
    answers: {
      200: {
        description: "Changed. The secret is not shown again.",
        schema: WebhookSecretAnswer,
        examples: one("With the new secret", {
          ...webhook,
          rotated_at: "2026-11-12T09:00:00.000Z",
          secret: "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
        }),
      },
    },
    problems: [...operatorProblems, "not_found", "outcome_unknown"],
  },
  delete_webhook: {
    id: "delete_webhook",
    tag: "Administering",
    summary: "Delete a webhook",
    description: "Nothing is sent there any more, and what was not delivered is forgotten. Needs an admin's key.",
    callers: "operators",
    parameters: [webhookIdParameter],
    answers: { 200: { description: "As it was.", schema: WebhookAnswer, examples: one("Deleted", webhook) } },
    problems: [...operatorProblems, "not_found", "outcome_unknown"],
  },
  list_deliveries: {
    id: "list_deliveries",
    tag: "Administering",
    summary: "Deliveries of a webhook that have not succeeded",
    description: "Dead letters, or with `state=pending` those that will be tried again. Needs an admin's key.",
    callers: "operators",
    parameters: [
      webhookIdParameter,
      {
        name: "state",
        in: "query",
        description: "`dead` when absent.",
        schema: Type.Unsafe<string>({ type: "string", enum: [...deliveryStates] }),
      },
      limitParameter,
      cursorParameter,
    ],
    answers: {
      200: {
        description: "A page of deliveries.",
        schema: DeliveryListAnswer,
        examples: one("A dead letter", {
          deliveries: [
            {
              id: "evt_000000003a",
              seq: 118,
              type: "order_reserved",
              subject: order.id,
              state: "dead",
              attempts: 14,
              last_attempt_at: "2026-11-14T12:00:00.000Z",
              last_status: 500,
              last_error: null,
            },
          ],
          next_cursor: null,
        }),
      },
    },
    problems: [limitWrong, ...operatorProblems, "not_found"],
  },
  replay_deliveries: {
    id: "replay_deliveries",
    tag: "Administering",
    summary: "Try dead letters again",
    description: "One of them, or all when the body is absent. Needs an admin's key.",
    callers: "operators",
    parameters: [webhookIdParameter],
    body: { schema: ReplayBody, isRequired: false, examples: one("One of them", { id: "evt_000000003a" }) },
    answers: { 200: { description: "Tried again soon.", schema: ReplayAnswer, examples: one("One", { replayed: 1 }) } },
    problems: [
      ["invalid", fieldError("id", 'must be an id (one delivery; absent: all), for example "evt_000000003a"')],
      ...bodyProblems,
      ...operatorProblems,
      "not_found",
      "outcome_unknown",
    ],
  },
} satisfies Readonly<Record<string, Operation>>;
