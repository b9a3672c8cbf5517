/** What the audit log says of an operator's command: what it was about, and how that stood before and stands after. */
import type { Facts } from "../domain/audit.ts";
import type { Command } from "../domain/command.ts";
import { type Controls, rateLimitNames } from "../domain/controls.ts";
import type { Event } from "../domain/event.ts";
import { formatId } from "../domain/ids.ts";
import type { Outcome } from "../domain/outcome.ts";
import { type State, stateAfterMove } from "./state.ts";

/** The public id of what a command is about; what it makes gets its id from the outcome. */
export function subjectOf(command: Command, outcome: Outcome): string {
  switch (command.type) {
    case "create_campaign":
      return outcome.code === "created" ? formatId("cmp", outcome.campaignId) : "";
    case "publish":
    case "pause":
    case "resume":
    case "end":
    case "erase_buyers":
    case "make_draws":
    case "join_queue":
    case "leave_queue":
    case "set_reminder":
    case "remove_reminder":
      return formatId("cmp", command.campaignId);
    case "restock":
    case "reserve":
    case "join_waitlist":
    case "leave_waitlist":
    case "enter_draw":
      return formatId("off", command.offerId);
    case "cancel":
    case "pay":
    case "refund":
    case "confirm_refund":
      return formatId("ord", command.orderId);
    case "create_operator":
      return outcome.code === "done" ? formatId("opr", outcome.id) : "";
    case "revoke_operator":
      return formatId("opr", command.operatorId);
    case "create_endpoint":
      return outcome.code === "done" ? formatId("end", outcome.id) : "";
    case "change_endpoint":
    case "delete_endpoint":
      return formatId("end", command.endpointId);
    case "add_access_entry":
      return outcome.code === "done" ? formatId("acc", outcome.id) : "";
    case "remove_access_entry":
      return formatId("acc", command.entryId);
    case "set_controls":
    case "publish_ledger_head":
      return "";
    case "note_action":
      return command.subject;
  }
}

/** How the subject stands now, secrets left out; `null` when there is none, or when it is an order: `orderFactsAfter`. */
export function factsOf(state: State, command: Command, outcome: Outcome | null): Facts | null {
  switch (command.type) {
    case "create_campaign":
      return outcome?.code === "created" ? campaignFacts(state, outcome.campaignId) : null;
    case "publish":
    case "pause":
    case "resume":
    case "end":
      return campaignFacts(state, command.campaignId);
    case "restock": {
      const offer = state.offers.get(command.offerId);
      if (offer === undefined) return null;
      const { total, available, held, sold } = offer;
      return { total, available, held, sold };
    }
    case "create_operator":
      return outcome?.code === "done" ? operatorFacts(state, outcome.id) : null;
    case "revoke_operator":
      return operatorFacts(state, command.operatorId);
    case "create_endpoint":
      return outcome?.code === "done" ? endpointFacts(state, outcome.id) : null;
    case "change_endpoint":
    case "delete_endpoint":
      return endpointFacts(state, command.endpointId);
    case "cancel":
    case "pay":
    case "refund":
    case "confirm_refund":
      return orderFacts(state, command);
    case "add_access_entry":
      return outcome?.code === "done" ? accessFacts(state, outcome.id) : null;
    case "remove_access_entry":
      return accessFacts(state, command.entryId);
    case "set_controls":
      return controlsFacts(state.controls);
    case "erase_buyers":
      return outcome?.code === "erased" ? { orders: outcome.orders, entries: outcome.entries } : null;
    case "reserve":
    case "join_waitlist":
    case "leave_waitlist":
    case "enter_draw":
    case "make_draws":
    case "join_queue":
    case "leave_queue":
    case "set_reminder":
    case "remove_reminder":
    case "publish_ledger_head":
    case "note_action":
      return null;
  }
}

/** How an order stands after these events, or `before` when none of them moves it. */
export function orderFactsAfter(events: readonly Event[], orderId: number, before: Facts | null): Facts | null {
  for (const event of events.toReversed()) {
    if (!("orderId" in event) || event.orderId !== orderId) continue;
    const state = stateAfterMove[event.type];
    if (state !== null) return { state };
  }
  return before;
}

function orderFacts(
  state: State,
  command: Extract<Command, { type: "cancel" | "pay" | "refund" | "confirm_refund" }>,
): Facts | null {
  const { orderId, campaignId, history } = command;
  const book = state.campaigns.get(campaignId)?.book ?? null;
  const slot = book === null ? -1 : book.find(orderId);
  if (book !== null && slot >= 0) return { state: book.state(slot) };
  const row = history?.find((order) => order.orderId === orderId);
  return row === undefined ? null : { state: row.state };
}

function campaignFacts(state: State, id: number): Facts | null {
  const campaign = state.campaigns.get(id);
  return campaign === undefined ? null : { title: campaign.title, state: campaign.state };
}

function operatorFacts(state: State, id: number): Facts | null {
  const operator = state.operators.get(id);
  return operator === undefined
    ? null
    : { name: operator.name, role: operator.role, is_revoked: operator.revokedAtMs !== null };
}

function endpointFacts(state: State, id: number): Facts | null {
  const endpoint = state.endpoints.get(id);
  if (endpoint === undefined) return null;
  const { url, types, isEnabled, rotatedAtMs } = endpoint;
  return { url, types: types === null ? null : types.join(" "), is_enabled: isEnabled, rotated_at_ms: rotatedAtMs };
}

/** Not whom it is about where that is a person: the audit log is kept for longer than people are. */
function accessFacts(state: State, id: number): Facts | null {
  const entry = state.access.get(id);
  if (entry === undefined) return null;
  const { effect, kind, value, reason, expiresAtMs } = entry;
  return { effect, kind, ...(kind === "network" ? { network: value } : {}), reason, expires_at_ms: expiresAtMs };
}

/** `buyer_limit: "50 in 10 s"`, `switches_on: "pause_sales, streams_off cmp_0000000001"`, `risk_mode: "record"`. */
function controlsFacts({ rateLimits, switchesOn, riskMode }: Controls): Facts {
  const limitFacts = rateLimitNames.map((name) => {
    const limit = rateLimits[name];
    return [`${name}_limit`, limit === null ? null : `${limit.quota} in ${limit.windowS} s`];
  });
  const on = switchesOn.map(({ name, campaignId }) =>
    campaignId === null ? name : `${name} ${formatId("cmp", campaignId)}`,
  );
  return { ...Object.fromEntries(limitFacts), switches_on: on.join(", "), risk_mode: riskMode };
}
