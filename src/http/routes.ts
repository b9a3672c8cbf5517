/** The names of all routes and the statuses they answer with: the labels of the request metrics. */

export const routeNames = [
  "create_campaign",
  "list_campaigns",
  "get_campaign",
  "change_campaign",
  "stream_campaign",
  "restock_offer",
  "reserve",
  "get_attempt",
  "list_orders",
  "get_order",
  "cancel_order",
  "pay_order",
  "get_receipt",
  "stream_orders",
  "list_ledger",
  "list_campaign_ledger",
  "receipt_keys",
  "time",
  "problem_page",
  "verify_page",
  "docs",
  "openapi",
  "healthz",
  "readyz",
  "metrics",
  "unmatched",
] as const;
export type RouteName = (typeof routeNames)[number];

const statuses = [200, 201, 202, 303, 304, 400, 401, 403, 404, 405, 409, 410, 413, 415, 422, 500, 503] as const;
export const statusesCounted: readonly string[] = statuses.map(String);
