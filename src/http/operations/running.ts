/** For whoever runs the server, and the pages about the API itself. */
import { Type } from "@sinclair/typebox";
import { ControlsAnswer, ControlsBody, HealthAnswer, ProblemAnswer, ReadyAnswer } from "../schemas.ts";
import { controls, fieldError, one } from "./examples.ts";
import type { Operation } from "./operation.ts";
import {
  bodyProblems,
  checkoutTokenParameter,
  etagHeader,
  ifNoneMatch,
  languageParameter,
  notModified,
  operatorProblems,
} from "./parts.ts";

export const runningOperations = {
  get_controls: {
    id: "get_controls",
    tag: "Running",
    summary: "What is limited and switched off",
    description: "The controls as they hold now, on every thread.",
    callers: "operators",
    answers: {
      200: { description: "They are these.", schema: ControlsAnswer, examples: one("As they come", controls) },
    },
    problems: [...operatorProblems],
  },
  set_controls: {
    id: "set_controls",
    tag: "Running",
    summary: "Set limits, throw switches",
    description: [
      "Changes what is named and leaves the rest as it is; it holds on every thread when this is answered, is kept over a",
      "restart, and stands in the audit log.",
      "",
      "Limits: `buyer` and `address` (IPv6: the /64) for each of them, `campaign` for each campaign, `overall` for all",
      "attempts together, `failures` for wrong tokens of an address, `guests` for new guests from one. `null` takes a limit off.",
      "",
      "Switches, for all campaigns or for one: `pause_sales` (nobody buys, joins a waitlist or enters a draw; queues may be",
      "joined, and stand still), `queue_everybody` (open campaigns let in by their queue), `refuse_joins` (no waitlist,",
      "queue or draw is joined, no reminder set), `streams_off` (no event streams), `read_only` (buyers look and change nothing; what is",
      "reserved can be paid). For everything alone: `search_off` (no lists of orders and rows), `exports_off` (no",
      "downloads), `chat_off` (no conversations).",
    ].join("\n"),
    callers: "operators",
    body: {
      schema: ControlsBody,
      isRequired: true,
      examples: {
        pause: ["Nothing is sold in any campaign", { switches: [{ name: "pause_sales", on: true }] }],
        limit: ["Stricter for everybody", { rate_limits: { buyer: { quota: 5, window_s: 10 }, failures: null } }],
      },
    },
    answers: {
      200: {
        description: "Changed. This is what holds now.",
        schema: ControlsAnswer,
        examples: one("Sales are paused", {
          ...controls,
          switches_on: [{ name: "pause_sales", campaign_id: null }],
        }),
      },
    },
    problems: [
      ["invalid", fieldError("switches[0].campaign_id", "exports_off is for everything: leave campaign_id away")],
      ...bodyProblems,
      ...operatorProblems,
      "limit_exceeded",
      "outcome_unknown",
    ],
  },
  healthz: {
    id: "healthz",
    tag: "Running",
    summary: "Is it alive?",
    description: "Answers as long as the process does.",
    callers: "everybody",
    answers: { 200: { description: "It is.", schema: HealthAnswer, examples: one("Alive", { status: "ok" }) } },
    problems: ["method_not_allowed"],
  },
  readyz: {
    id: "readyz",
    tag: "Running",
    summary: "Does it take requests?",
    description:
      "For a load balancer: 503 from the moment when it begins to stop. Tells besides what is given up under load and what an operator has switched on.",
    callers: "everybody",
    answers: {
      200: {
        description: "It does.",
        schema: ReadyAnswer,
        examples: one("Ready", { status: "ready", load: "normal", switches_on: [] }),
      },
    },
    problems: ["method_not_allowed", ["overloaded", { detail: "The server is stopping." }]],
  },
  metrics: {
    id: "metrics",
    tag: "Running",
    summary: "Metrics for Prometheus",
    description:
      "Attempts by outcome, requests by route and status, their durations, the engine's batches, units by offer, attempts, events and queues by campaign. A series of a route appears when it is first counted.",
    callers: "everybody",
    parameters: [
      {
        name: "name[]",
        in: "query",
        description: "only metrics of this name; may stand several times, and other exporters take it, too",
        schema: Type.String(),
      },
    ],
    answers: {
      200: {
        description: "The metrics in Prometheus' text format.",
        type: "text/plain",
        schema: Type.String(),
        examples: one(
          "Two of them",
          "# HELP rushbox_queue_commands Commands sent to the engine and not yet answered.\n# TYPE rushbox_queue_commands gauge\nrushbox_queue_commands 0\n",
        ),
      },
    },
    problems: ["method_not_allowed", "internal"],
  },
  docs: {
    id: "docs",
    tag: "Running",
    summary: "This API to read and try",
    description: "Swagger UI, from this server alone: it works with the network cut off.",
    callers: "everybody",
    parameters: [ifNoneMatch],
    answers: {
      200: {
        description: "The page.",
        type: "text/html",
        schema: Type.String(),
        examples: one("The page", "<!doctype html>\n<title>Rushbox API</title>"),
        headers: etagHeader,
      },
      304: notModified,
    },
    problems: ["method_not_allowed"],
  },
  openapi: {
    id: "openapi",
    tag: "Running",
    summary: "This document",
    description: "OpenAPI 3.1, the same file as `schema/openapi.json` in the sources.",
    callers: "everybody",
    parameters: [ifNoneMatch],
    answers: {
      200: {
        description: "The document.",
        schema: Type.Object({ openapi: Type.String({ description: "the version of the format" }) }),
        examples: one("Its beginning", { openapi: "3.1.0" }),
        headers: etagHeader,
      },
      304: notModified,
    },
    problems: ["method_not_allowed"],
  },
  sandbox_page: {
    id: "sandbox_page",
    tag: "Running",
    summary: "The sandbox's payment page",
    description:
      "Where a checkout leads with `RUSHBOX_PAYMENTS=sandbox`: a page with buttons instead of a bank. No money moves. In English or Chinese, as the browser prefers.",
    callers: "everybody",
    parameters: [checkoutTokenParameter, languageParameter],
    answers: {
      200: {
        description: "The page.",
        type: "text/html",
        schema: Type.String(),
        examples: one("The page", "<!doctype html>\n<title>Pay for your order</title>"),
      },
    },
    problems: ["not_found"],
  },
  press_sandbox_button: {
    id: "press_sandbox_button",
    tag: "Running",
    summary: "A button of the sandbox's page",
    description:
      "Plays the payment: the sandbox's webhook is sent as any provider's, signed, and again until it is taken. A button pressed twice is one payment.",
    callers: "everybody",
    parameters: [
      checkoutTokenParameter,
      {
        name: "button",
        in: "path",
        required: true,
        description: "Which one: it is paid, the payment fails, or it arrives after the order's time.",
        schema: Type.Unsafe<string>({ type: "string", enum: ["pay", "fail", "pay-late"] }),
      },
      languageParameter,
    ],
    answers: {
      303: { description: "Played: the page at the `Location` tells how it went.", headers: { Location: "The page." } },
      200: {
        description: "That page, for a client that follows the 303 by itself, as browsers do.",
        type: "text/html",
        schema: Type.String(),
        examples: one("The page", "<!doctype html>\n<title>Paid</title>"),
      },
    },
    problems: ["not_found"],
  },
  checkout_returned: {
    id: "checkout_returned",
    tag: "Running",
    summary: "Where buyers come back to",
    description: "After a payment page, when the shop has no page of its own for that (`RUSHBOX_RETURN_URL`).",
    callers: "everybody",
    parameters: [
      { name: "order", in: "query", description: "The order's id.", schema: Type.String() },
      {
        name: "checkout",
        in: "query",
        description: "How it went on the payment page.",
        schema: Type.Unsafe<string>({ type: "string", enum: ["paid", "unpaid"] }),
      },
      languageParameter,
    ],
    answers: {
      200: {
        description: "The page.",
        type: "text/html",
        schema: Type.String(),
        examples: one("The page", "<!doctype html>\n<title>Thank you</title>"),
      },
    },
    problems: ["method_not_allowed"],
  },
  problem_page: {
    id: "problem_page",
    tag: "Running",
    summary: "What a problem means",
    description: "Where the `type` of every problem leads: a page in English and Chinese.",
    callers: "everybody",
    parameters: [
      {
        name: "code",
        in: "path",
        required: true,
        description: "The problem's code.",
        schema: ProblemAnswer.properties.code,
      },
      ifNoneMatch,
    ],
    answers: {
      200: {
        description: "The page.",
        type: "text/html",
        schema: Type.String(),
        examples: one("The page", "<!doctype html>\n<title>Sold out</title>"),
        headers: etagHeader,
      },
      304: notModified,
    },
    problems: ["not_found"],
  },
} satisfies Readonly<Record<string, Operation>>;
