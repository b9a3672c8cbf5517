/**
 * The names of all tools, and how a call of one may end: the labels of their metric. Apart from the tools, which are
 * loaded when an agent first asks.
 */

export const toolNames = [
  "list_sales",
  "get_sale",
  "server_time",
  "verify_receipt",
  "verify_draw",
  "join_queue",
  "queue_place",
  "leave_queue",
  "get_pass",
  "get_challenge",
  "enter_draw",
  "draw_entry",
  "leave_draw",
  "join_waitlist",
  "waitlist_place",
  "leave_waitlist",
  "quote_purchase",
  "confirm_purchase",
  "list_orders",
  "get_order",
  "pay_link",
  "cancel_order",
  "get_receipt",
  "create_campaign",
  "publish_campaign",
  "pause_campaign",
  "resume_campaign",
  "end_campaign",
  "restock_offer",
  "sale_report",
] as const;
export type ToolName = (typeof toolNames)[number];

/** What whoever has no token may use. */
export const publicTools: readonly ToolName[] = [
  "list_sales",
  "get_sale",
  "server_time",
  "verify_receipt",
  "verify_draw",
];

export const callOutcomes = ["done", "refused", "failed"] as const;
export type CallOutcome = (typeof callOutcomes)[number];
