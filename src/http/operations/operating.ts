/** What a shop's back end and its operators call: campaigns, payments, reports, rehearsals. */
import type { Static } from "@sinclair/typebox";
import { Type } from "@sinclair/typebox";
import type { CampaignAction } from "../../domain/campaign.ts";
import { limits } from "../../domain/limits.ts";
import { orderStates } from "../../domain/order.ts";
import { rowFormats } from "../order-rows.ts";
import { RehearsalAnswer, RehearsalBody, RehearsalListAnswer } from "../rehearsal-schemas.ts";
import {
  AccessAnswer,
  AccessBody,
  AccessListAnswer,
  CampaignAnswer,
  CampaignBody,
  FairnessAnswer,
  OfferAnswer,
  OrderAnswer,
  OwnOperatorAnswer,
  PayBody,
  ProviderEventAnswer,
  ProviderEventBody,
  RefundBody,
  RestockBody,
  RiskAnswer,
  WaitlistAnswer,
} from "../schemas.ts";
import {
  accessEntry,
  begun,
  campaign,
  exportExample,
  fieldError,
  newCampaign,
  offer,
  one,
  order,
  paidOrder,
  refundedOrder,
  regularClicks,
  rehearsed,
  rehearsedInList,
  untouched,
  waitlistPlace,
} from "./examples.ts";
import type { Operation } from "./operation.ts";
import {
  accessIdParameter,
  bodyProblems,
  campaignIdParameter,
  cursorParameter,
  limitParameter,
  limitWrong,
  offerIdParameter,
  operatorProblems,
  orderFilterParameters,
  orderIdParameter,
  paymentIdParameter,
  rehearsalIdParameter,
  switchedOff,
  transitionNotAllowed,
} from "./parts.ts";

export const operatingOperations = {
  export_orders: {
    id: "export_orders",
    tag: "Operating",
    summary: "Orders as a file",
    description: [
      "All orders that there are when it begins, or some, oldest first, each as it stands when it is written. It comes as",
      "quickly as it is taken; a client that takes nothing for ten seconds is disconnected. A download that breaks off",
      "ends without its last chunk, which clients report: it is not whole.",
      "",
      "CSV is RFC 4180 in UTF-8; a text that a spreadsheet would run as a formula has an apostrophe before it. JSON lines",
      "(`jsonl`) are orders as the API shows them. Both have the payment's reference besides.",
    ].join("\n"),
    callers: "operators",
    parameters: [
      {
        name: "format",
        in: "query",
        description: "CSV, or one JSON object on each line.",
        schema: Type.Unsafe<string>({ type: "string", enum: [...rowFormats], default: "csv" }),
      },
      ...orderFilterParameters,
    ],
    answers: {
      200: {
        description: "The file. As CSV; as JSON lines its type is `application/x-ndjson`.",
        type: "text/csv",
        schema: Type.String(),
        examples: one("One order", exportExample),
        headers: { "Content-Disposition": "`attachment`, with a name for the file." },
      },
    },
    problems: [
      ["invalid", fieldError("state", `must be one of ${orderStates.join(", ")}`)],
      "unauthorized",
      "forbidden",
      "internal",
      ["overloaded", { detail: "Too many exports are under way: wait for one to end." }],
      switchedOff("exports_off"),
    ],
  },
  create_campaign: {
    id: "create_campaign",
    tag: "Operating",
    summary: "Make a campaign, as a draft",
    description:
      "Nobody but operators sees it before it is published. What it says does not change any more; units can be added and taken back.",
    callers: "operators",
    body: {
      schema: CampaignBody,
      isRequired: true,
      examples: {
        now: ["Opens as soon as it is published", newCampaign],
        scheduled: [
          "Opens and closes at given times",
          {
            title: "New Year, phones",
            opens_at: "2027-01-01T00:00:00.000+08:00",
            closes_at: "2027-01-01T02:00:00.000+08:00",
            offers: [
              {
                sku: "MATE-80-BLK-512",
                title: "Mate 80 Pro 512 GB",
                price_minor: 499_900,
                currency: "CNY",
                stock: 5_000,
                limit_per_buyer: 2,
              },
            ],
          },
        ],
      },
    },
    answers: {
      201: {
        description: "Made.",
        schema: CampaignAnswer,
        examples: one("A draft", {
          ...campaign,
          state: "draft",
          opens_at: null,
          closes_at: null,
          offers: [{ ...offer, ...untouched }],
        }),
        headers: { Location: "The campaign, as `/v1/campaigns/cmp_0000000001`." },
      },
    },
    problems: [
      [
        "invalid",
        fieldError("offers[0].price_minor", "a one_yuan sale costs one unit of the currency at most: 100 for CNY"),
      ],
      ["payload_too_large", { detail: `Send ${limits.campaignBytesMax / 1_024} KiB at most.` }],
      "unsupported_media_type",
      ...operatorProblems,
      "outcome_unknown",
    ],
  },
  restock_offer: {
    id: "restock_offer",
    tag: "Operating",
    summary: "Add units to an offer, or take some back",
    description:
      "A negative quantity takes back what is still available, never more. A sold-out offer can be had again at once. Repeated, it happens again: send the total that you have seen as `expected_total`, and it happens once.",
    callers: "operators",
    parameters: [offerIdParameter],
    body: { schema: RestockBody, isRequired: true, examples: one("Fifty more", { quantity: 50 }) },
    answers: {
      200: {
        description: "The offer with its new counts.",
        schema: OfferAnswer,
        examples: one("Fifty more", { ...offer, total: 150, available: 112 }),
      },
    },
    problems: [
      ["invalid", fieldError("quantity", "only 62 are available to take back")],
      ...bodyProblems,
      ...operatorProblems,
      "not_found",
      transitionNotAllowed("ended"),
      ["total_changed", { members: { total: 150 } }],
      "outcome_unknown",
    ],
  },
  pay_order: {
    id: "pay_order",
    tag: "Operating",
    summary: "Tell that an order was paid",
    description: [
      "For the shop's back end, after the money arrived. Repeated: 200 again. A payment that comes too late takes the",
      "units once more if they are still there; if not, the order becomes `refund_due`, and the answer is 409: return",
      "the money. A payment never ends in both, never in neither. Name every payment by its `reference`: another one for",
      "the same order is then found and answered `refund_due`; payments without a reference count as one. An",
      "`amount_minor` or `currency` that is not the order's is answered `refund_due` too, and the order stays as it is.",
    ].join("\n"),
    callers: "operators",
    parameters: [orderIdParameter],
    body: {
      schema: PayBody,
      isRequired: false,
      examples: one("With the payment's own number; the body may also be absent", { reference: "pay_81723" }),
    },
    answers: { 200: { description: "Paid.", schema: OrderAnswer, examples: one("Paid", paidOrder) } },
    problems: [
      [
        "invalid",
        fieldError(
          "reference",
          `must be text of 1 to ${limits.referenceLengthMax} characters, not only spaces (the payment's own number), for example "pay_81723"`,
        ),
      ],
      ...bodyProblems,
      ...operatorProblems,
      "not_found",
      "refund_due",
      "outcome_unknown",
    ],
  },
  refund_order: {
    id: "refund_order",
    tag: "Operating",
    summary: "Return an order's money",
    description: [
      "For a paid order, and for one whose money has to go back. What the shop took itself counts as returned with this",
      "call: the order becomes `refunded`. What a payment provider took is returned there: the order is `refund_due`",
      "until the provider has taken the refund, which is asked for until it has, once, over restarts too. With",
      "`return_units: false` the units do not go back on sale: they were delivered, say. Repeated: 200, and nothing",
      "is returned twice.",
    ].join("\n"),
    callers: "operators",
    parameters: [orderIdParameter],
    body: {
      schema: RefundBody,
      isRequired: false,
      examples: one("Nothing goes back on sale; the body may also be absent", { return_units: false }),
    },
    answers: {
      200: { description: "Returned, or to be.", schema: OrderAnswer, examples: one("Returned", refundedOrder) },
    },
    problems: [
      [
        "invalid",
        fieldError(
          "return_units",
          "must be true or false (whether the units go back on sale; else they are written off)",
        ),
      ],
      ...bodyProblems,
      ...operatorProblems,
      "not_found",
      transitionNotAllowed("reserved"),
      "outcome_unknown",
    ],
  },
  payment_webhook: {
    id: "payment_webhook",
    tag: "Operating",
    summary: "What the payment provider tells",
    description: [
      "For the payment provider: give it this address. At Stripe, an endpoint for the events",
      "`checkout.session.completed` and `checkout.session.async_payment_succeeded`, whose signing secret is",
      "`RUSHBOX_STRIPE_WEBHOOK_SECRET`. What is not signed by the provider, or was long ago, is refused.",
      "",
      "200 means that what it says is on disk: twice, late, in whatever order, a payment ends in one paid order or in",
      "one refund. Everything else means that it has to come again.",
    ].join("\n"),
    callers: "everybody",
    parameters: [
      {
        name: "provider",
        in: "path",
        required: true,
        description: "The provider that the settings name.",
        schema: Type.Unsafe<string>({ type: "string", enum: ["sandbox", "stripe"] }),
      },
    ],
    body: {
      schema: ProviderEventBody,
      isRequired: true,
      examples: one("The sandbox's, signed by its headers", {
        type: "payment.paid",
        timestamp: "2026-11-11T12:03:11.870Z",
        data: {
          order_id: order.id,
          reference: `sandbox_${order.id}`,
          amount_minor: 100,
          currency: "CNY",
          order_expires_at_ms: 1_794_399_300_137,
        },
      }),
    },
    answers: {
      200: { description: "Taken.", schema: ProviderEventAnswer, examples: one("A payment", { outcome: "paid" }) },
    },
    problems: [
      ["invalid", { detail: "The body ended before its end." }],
      "signature_invalid",
      "not_found",
      ["payload_too_large", { detail: `Send ${limits.webhookBytesMax / 1_024} KiB at most.` }],
      "internal",
      "overloaded",
      "outcome_unknown",
    ],
  },
  return_payment: {
    id: "return_payment",
    tag: "Operating",
    summary: "Tell that the shop has returned a payment",
    description:
      "For a payment that the shop took itself and that is `refund_due`: one too many, too late, or of another amount. Repeated: 200 again. What a provider took Rushbox has returned by itself.",
    callers: "operators",
    parameters: [orderIdParameter, paymentIdParameter],
    answers: {
      200: { description: "The order as it stands.", schema: OrderAnswer, examples: one("Still paid", paidOrder) },
    },
    problems: [...operatorProblems, "not_found", transitionNotAllowed("paid"), "outcome_unknown"],
  },
  list_waitlist: {
    id: "list_waitlist",
    tag: "Operating",
    summary: "Who waits for an offer",
    description: "The next first.",
    callers: "operators",
    parameters: [offerIdParameter, limitParameter, cursorParameter],
    answers: {
      200: {
        description: "A page of entries.",
        schema: WaitlistAnswer,
        examples: one("The only page", {
          entries: [{ entry_id: waitlistPlace.entry_id, buyer_id: "alice", joined_at: "2026-11-11T12:00:03.500Z" }],
          next_cursor: null,
        }),
      },
    },
    problems: [limitWrong, ...operatorProblems, "not_found", switchedOff("search_off")],
  },
  add_access_entry: {
    id: "add_access_entry",
    tag: "Operating",
    summary: "Put somebody on the access list",
    description:
      "A buyer or a network: blocked, and refused as `blocked` with the reason; or allowed, and let by the risk desk, rate limits and challenges. One entry for a target: a later one replaces it. The buyer's own entry counts before any network's, a smaller network's before a larger one's. Holds on every connection once this is answered.",
    callers: "operators",
    body: {
      schema: AccessBody,
      isRequired: true,
      examples: {
        buyer: ["A buyer", { effect: "block", buyer_id: "mallory", reason: "resold what they bought here" }],
        network: ["The shop's own office", { effect: "allow", network: "192.0.2.0/24", reason: "our office" }],
      },
    },
    answers: {
      201: { description: "It holds.", schema: AccessAnswer, examples: one("Blocked", accessEntry) },
    },
    problems: [
      ["invalid", fieldError("network", "must be an address or a network, for example 192.0.2.0/24")],
      ...bodyProblems,
      ...operatorProblems,
      "limit_exceeded",
      "outcome_unknown",
    ],
  },
  list_access: {
    id: "list_access",
    tag: "Operating",
    summary: "The access list",
    description: "The newest entries first, those that have expired too.",
    callers: "operators",
    parameters: [
      {
        name: "search",
        in: "query",
        description: "Only those with this text in buyer, network or reason, in capitals or not.",
        schema: Type.String(),
      },
      { name: "effect", in: "query", description: "Only of this effect.", schema: AccessAnswer.properties.effect },
      limitParameter,
      cursorParameter,
    ],
    answers: {
      200: {
        description: "A page of entries.",
        schema: AccessListAnswer,
        examples: one("One", { entries: [accessEntry], next_cursor: null }),
      },
    },
    problems: [limitWrong, ...operatorProblems],
  },
  remove_access_entry: {
    id: "remove_access_entry",
    tag: "Operating",
    summary: "Take somebody off the access list",
    description: "From now on, on every connection. What the entry was about is kept nowhere.",
    callers: "operators",
    parameters: [accessIdParameter],
    answers: {
      200: { description: "The entry as it was.", schema: AccessAnswer, examples: one("Removed", accessEntry) },
    },
    problems: [...operatorProblems, "not_found", "outcome_unknown"],
  },
  get_risk: {
    id: "get_risk",
    tag: "Operating",
    summary: "Why somebody is suspected",
    description: `What the risk desk sees in a buyer or an address and in where they come from: signals, the rules that give points, the score, and the verdict with its reasons, since when and until when. Of the last minutes, from memory. Without either: all with a verdict in force, the highest score first, ${limits.riskSuspectsShownMax} at most.`,
    callers: "operators",
    parameters: [
      { name: "buyer", in: "query", description: "A buyer's id.", schema: Type.String() },
      { name: "address", in: "query", description: "Or an IP address.", schema: Type.String() },
    ],
    answers: {
      200: {
        description: "As it is at this moment.",
        schema: RiskAnswer,
        examples: one("A buyer who clicks like a clock", {
          mode: "record",
          subjects: [
            {
              kind: "buyer",
              id: "mallory",
              signals: {
                attempts: 10,
                intervals: 42,
                interval_mean_ms: 1_000,
                interval_variation_percent: 1,
                solved: 0,
                solved_quickly: 0,
                addresses: 1,
                accounts_of_address: 3,
                accounts_of_subnet: 5,
              },
              score: 40,
              rules: [regularClicks],
              verdict: {
                action: "harder",
                score: 40,
                rules: [regularClicks],
                since: "2026-11-11T12:00:11.000Z",
                expires_at: "2026-11-11T12:05:11.000Z",
              },
            },
          ],
        }),
      },
    },
    problems: [["invalid", fieldError("buyer", "give either a buyer or an address")], ...operatorProblems],
  },
  get_fairness: {
    id: "get_fairness",
    tag: "Operating",
    summary: "How fair a sale was",
    description:
      "How soon after the opening orders came and what agents got, from what is stored; which subnets got how much, what suspects tried and got, and why attempts were refused, from what this process remembers since its start.",
    callers: "operators",
    parameters: [campaignIdParameter],
    answers: {
      200: {
        description: "The report.",
        schema: FairnessAnswer,
        examples: one("Of a sale of three orders", {
          campaign_id: campaign.id,
          orders: {
            count: 3,
            is_complete: true,
            counted_from: "opens_at",
            from: "2026-11-11T12:00:00.000Z",
            percentiles: [
              { percent: 50, ms: 812 },
              { percent: 100, ms: 2_401 },
            ],
            histogram: [
              { up_to_ms: 1_000, orders: 2 },
              { up_to_ms: null, orders: 1 },
            ],
            by_agents: { orders: 1, units: 1, share_of_units: 0.3333 },
          },
          remembered: {
            since: "2026-11-11T11:40:00.000Z",
            attempts: 40,
            units: 3,
            subnets: {
              count: 2,
              largest: [
                { subnet: "192.0.2.0/24", units: 2, share: 0.6667 },
                { subnet: "2001:db8:1::/48", units: 1, share: 0.3333 },
              ],
              units_elsewhere: 0,
            },
            suspects: {
              buyers: 1,
              share_of_attempts: 0.5,
              share_of_units: 0,
              by_rule: [{ rule: "regular_clicks", buyers: 1 }],
            },
            outcomes: [
              { outcome: "reserved", attempts: 3 },
              { outcome: "sold_out", attempts: 36 },
              { outcome: "blocked", attempts: 1 },
            ],
          },
        }),
      },
    },
    problems: [...operatorProblems, "not_found"],
  },
  start_rehearsal: {
    id: "start_rehearsal",
    tag: "Operating",
    summary: "Rehearse a campaign",
    description:
      "Before its day: a copy of it opens in a sandbox of its own, a process beside this server that knows nothing of the real sale, and simulated buyers come. One at a time; none is begun while work is given up under load, and one that runs is stopped when that begins.",
    callers: "operators",
    parameters: [campaignIdParameter],
    body: {
      schema: RehearsalBody,
      isRequired: false,
      examples: one("A large crowd, a third of it scalpers", { buyers: 20_000, scalpers_percent: 33, rush_s: 60 }),
    },
    answers: {
      202: {
        description: "It begins: ask at the `Location` how it goes.",
        schema: RehearsalAnswer,
        examples: one("Just begun", begun),
        headers: { Location: "The rehearsal, as `/v1/rehearsals/rhs_0000000001`." },
      },
    },
    problems: [
      [
        "invalid",
        fieldError(
          "rush_s",
          `must be a whole number from 1 to ${limits.rehearsalRushSMax} (seconds over which people arrive around the opening)`,
        ),
      ],
      ...bodyProblems,
      ...operatorProblems,
      "not_found",
      ["rehearsal_running", { members: { rehearsal_id: begun.id } }],
      ["sale_running", { members: { campaign_id: campaign.id } }],
      "outcome_unknown",
    ],
  },
  list_rehearsals: {
    id: "list_rehearsals",
    tag: "Operating",
    summary: "The last rehearsals",
    description: "The newest first, with their reports, without the progress of each second.",
    callers: "operators",
    answers: {
      200: {
        description: "The rehearsals.",
        schema: RehearsalListAnswer,
        examples: one("One", { rehearsals: [rehearsedInList] }),
      },
    },
    problems: [...operatorProblems],
  },
  get_rehearsal: {
    id: "get_rehearsal",
    tag: "Operating",
    summary: "How a rehearsal goes, and its report",
    description: "While it runs there is one more entry of `progress` every second; when it is done, the report.",
    callers: "operators",
    parameters: [rehearsalIdParameter],
    answers: {
      200: {
        description: "The rehearsal.",
        schema: RehearsalAnswer,
        examples: { running: ["Just begun", begun], done: ["Done", rehearsed] },
      },
    },
    problems: [...operatorProblems, "not_found"],
  },
  stop_rehearsal: {
    id: "stop_rehearsal",
    tag: "Operating",
    summary: "Stop a rehearsal",
    description: "Answers when its processes have ended and its folder is gone.",
    callers: "operators",
    parameters: [rehearsalIdParameter],
    answers: {
      200: {
        description: "It has stopped.",
        schema: RehearsalAnswer,
        examples: one("Stopped", {
          ...begun,
          state: "stopped",
          ended_at: "2026-11-10T15:00:09.000Z",
          failure: "An operator stopped it.",
        }),
      },
    },
    problems: [...operatorProblems, "not_found", transitionNotAllowed("done"), "outcome_unknown"],
  },
  get_own_operator: {
    id: "get_own_operator",
    tag: "Operating",
    summary: "Whose key this is",
    description: "The name and role of the key that asks.",
    callers: "operators",
    answers: {
      200: {
        description: "The operator.",
        schema: OwnOperatorAnswer,
        examples: one("The key of the settings", { name: "root", role: "admin" }),
      },
    },
    problems: [...operatorProblems],
  },
} satisfies Readonly<Record<string, Operation>>;

export const campaignChanges: Readonly<Record<CampaignAction, Operation>> = {
  publish: campaignChange({
    action: "publish",
    summary: "Publish a draft",
    description:
      "From now on everybody sees it. It opens at `opens_at`, or at once when there is none. A sale of a kind without `closes_at` gets its closing now.",
    after: "open",
    refusedIn: "open",
    problems: [["invalid", fieldError("closes_at", "has passed: create the campaign anew")]],
  }),
  pause: campaignChange({
    action: "pause",
    summary: "Pause an open campaign",
    description:
      "Nothing can be bought until it is resumed; orders that exist can be paid and cancelled. `closes_at` stays.",
    after: "paused",
    refusedIn: "ended",
  }),
  resume: campaignChange({
    action: "resume",
    summary: "Resume a paused campaign",
    description: "It is open again, with the units that it has.",
    after: "open",
    refusedIn: "open",
  }),
  end: campaignChange({
    action: "end",
    summary: "End a campaign for good",
    description: "Nothing can be bought any more; reserved orders can still be paid until they expire.",
    after: "ended",
    refusedIn: "ended",
  }),
};

export function campaignChange(change: {
  action: CampaignAction;
  summary: string;
  description: string;
  after: Static<typeof CampaignAnswer>["state"];
  refusedIn: string;
  problems?: Operation["problems"];
}): Operation {
  const { action, summary, description, after, refusedIn, problems = [] } = change;
  return {
    id: `${action}_campaign`,
    tag: "Operating",
    summary,
    description,
    callers: "operators",
    parameters: [campaignIdParameter],
    answers: {
      200: {
        description: "The campaign in its new state.",
        schema: CampaignAnswer,
        examples: one("Done", { ...campaign, state: after }),
      },
    },
    problems: [...problems, ...operatorProblems, "not_found", transitionNotAllowed(refusedIn), "outcome_unknown"],
  };
}
