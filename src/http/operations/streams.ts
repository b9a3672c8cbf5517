/** Changes as they happen. */
import { Type } from "@sinclair/typebox";
import { campaign, counts, one, order, queuePlace } from "./examples.ts";
import type { Operation } from "./operation.ts";
import {
  attemptsLimited,
  campaignIdParameter,
  lastEventId,
  lastEventIdWrong,
  operatorProblems,
  switchedOff,
} from "./parts.ts";

export const streamOperations = {
  stream_campaign: {
    id: "stream_campaign",
    tag: "Live streams",
    summary: "A campaign's state and counts, live",
    description: [
      "At the beginning and whenever something changes, at most five times a second: an event `campaign` with the state",
      "and the counts of every offer. Each is a whole picture, so nothing is lost by reconnecting. A comment every few",
      "seconds keeps the connection open.",
      "",
      "A stream does not end: *Execute* on this page shows nothing until it does. Use `EventSource` or `curl -N`.",
    ].join("\n"),
    callers: "everybody, operators see more",
    parameters: [
      campaignIdParameter,
      {
        ...lastEventId,
        description:
          "What a browser sends by itself when it reconnects. Taken and not needed: the first event is the whole picture.",
      },
    ],
    answers: {
      200: {
        description:
          "The stream. The `data` of each event is JSON: `{id, state, opens_at, closes_at, offers: [{id, total, available, held, sold}]}`, each as in the campaign.",
        type: "text/event-stream",
        schema: Type.String(),
        examples: one("One event", `retry: 2000\n\nid: 121\nevent: campaign\ndata: ${JSON.stringify(counts)}\n\n`),
      },
    },
    problems: [
      lastEventIdWrong,
      "not_found",
      "internal",
      ["overloaded", { detail: "Too many streams are open: close one, or ask again later." }],
      switchedOff("streams_off"),
    ],
  },
  stream_orders: {
    id: "stream_orders",
    tag: "Live streams",
    summary: "A buyer's orders, live",
    description: [
      "An event for everything that happens to one of the buyer's orders: `order_reserved`, `order_paid`,",
      "`order_cancelled`, `order_expired`, `order_rereserved`, `order_refund_due`, with the order as it stands. And",
      "`reminder_due` when one of their reminders has come, with the reminder. After",
      "`Last-Event-ID` the missed ones come first: none is lost and none doubled, over reconnects and restarts. When",
      "many were missed, the stream ends after some of them: come back for the rest. A comment every few seconds keeps",
      "the connection open.",
      "",
      "A stream does not end: *Execute* on this page shows nothing until it does. Use `curl -N`, or `fetch` and read",
      "as it comes: `EventSource` cannot send the token.",
    ].join("\n"),
    callers: "buyers",
    parameters: [lastEventId],
    answers: {
      200: {
        description: "The stream. The `data` of each event is an *Order* as JSON; of `reminder_due` a *Reminder*.",
        type: "text/event-stream",
        schema: Type.String(),
        examples: one("One event", `retry: 2000\n\nid: 118\nevent: order_reserved\ndata: ${JSON.stringify(order)}\n\n`),
      },
    },
    problems: [
      lastEventIdWrong,
      "unauthorized",
      "internal",
      ["overloaded", { detail: "Too many streams are open: close one, or ask again later." }],
      switchedOff("streams_off"),
    ],
  },
  stream_queue: {
    id: "stream_queue",
    tag: "Live streams",
    summary: "The buyer's place in the queue, live",
    description: [
      "An event `queue` at the beginning and whenever something changed, about once a second at most: how the buyer stands,",
      "the whole of it, with the pass when it is there. An event `over` with a `code` ends the stream when the buyer is not in",
      "the queue any more: `not_queued` after an order, after leaving or when the pass has run out, `ended` with the sale. A",
      "comment every few seconds keeps the connection open.",
      "",
      "A stream does not end by itself: *Execute* on this page shows nothing until it does. Use `curl -N`, or `fetch` and",
      "read as it comes: `EventSource` cannot send the token.",
    ].join("\n"),
    callers: "buyers",
    parameters: [campaignIdParameter],
    answers: {
      200: {
        description: "The stream. The `data` of each event `queue` is a *QueuePlace* as JSON.",
        type: "text/event-stream",
        schema: Type.String(),
        examples: one("One event", `retry: 2000\n\nid: 121\nevent: queue\ndata: ${JSON.stringify(queuePlace)}\n\n`),
      },
    },
    problems: [
      "unauthorized",
      attemptsLimited,
      switchedOff("streams_off"),
      "not_found",
      "queue_off",
      "not_queued",
      "ended",
      "internal",
      ["overloaded", { detail: "Too many streams are open: close one, or ask again later." }],
      "outcome_unknown",
    ],
  },
  stream_events: {
    id: "stream_events",
    tag: "Live streams",
    summary: "Everything that happens, live",
    description: [
      "Every event of every campaign, as webhooks get them: the `data` of each is what stands in a webhook's `data`. After",
      "`Last-Event-ID` the missed ones come first, however many: none is lost and none doubled, over reconnects and",
      "restarts. `Last-Event-ID: 0` begins with the first event of all. An id that is not reached yet, as after a restore",
      "from a backup, is refused.",
      "",
      "A stream does not end: *Execute* on this page shows nothing until it does. Use `curl -N`.",
    ].join("\n"),
    callers: "operators",
    parameters: [lastEventId],
    answers: {
      200: {
        description: "The stream.",
        type: "text/event-stream",
        schema: Type.String(),
        examples: one(
          "One event",
          `retry: 2000\n\nid: 118\nevent: order_reserved\ndata: {"seq":118,"at":"${order.reserved_at}","hash":"3dcb1b34...","campaign_id":"${campaign.id}","order":${JSON.stringify(order)}}\n\n`,
        ),
      },
    },
    problems: [
      lastEventIdWrong,
      ...operatorProblems,
      ["overloaded", { detail: "Too many streams are open: close one, or ask again later." }],
    ],
  },
} satisfies Readonly<Record<string, Operation>>;
