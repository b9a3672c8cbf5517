/** Whom the risk desk suspects, what it sees in a buyer or an address, and why: for operators who are asked about it. */

import { networkText } from "../../admission/access-list.ts";
import type { DeskQuestion, Explanation } from "../../admission/risk/mailbox.ts";
import { limits } from "../../domain/limits.ts";
import { networkOf } from "../address.ts";
import { ruleWords } from "../admission.ts";
import { requireOperator } from "../guard.ts";
import type { HttpParts } from "../parts.ts";
import { problem } from "../problem.ts";
import { readQuery } from "../query.ts";
import { json, wireTime } from "../respond.ts";
import type { Route } from "../route.ts";

type Parts = Pick<HttpParts, "auth" | "desk" | "office">;

export function riskRoute(parts: Parts): Route {
  return { name: "get_risk", method: "GET", path: "/v1/risk", handle: (request) => get(parts, request) };
}

async function get({ auth, desk, office }: Parts, request: Request): Promise<Response> {
  const operator = await requireOperator(auth, request, "viewer");
  if (operator instanceof Response) return operator;
  const query = readQuery(request, ["buyer", "address"]);
  if (query instanceof Response) return query;
  const { buyer, address } = query;
  if (buyer !== undefined && address !== undefined) {
    return problem("invalid", { errors: [{ field: "buyer", detail: "give either a buyer or an address" }] });
  }
  if (buyer !== undefined && (buyer === "" || buyer.length > limits.buyerIdLengthMax)) {
    return problem("invalid", { errors: [{ field: "buyer", detail: "must be a buyer's id" }] });
  }
  const question = questionOf(buyer, address);
  if (question === null) return problem("invalid", { errors: [{ field: "address", detail: "must be an IP address" }] });
  const answer = await desk.ask(question);
  if (answer === null) return problem("overloaded");
  if (!("explanations" in answer)) throw new Error("the desk answers what it was not asked");
  return json(JSON.stringify({ mode: office.controls.riskMode, subjects: answer.explanations.map(shown) }));
}

/** About one of them, or without either about all who are suspected; `null` for what is no address. */
function questionOf(buyer: string | undefined, address: string | undefined): DeskQuestion | null {
  if (buyer !== undefined) return { about: "buyer", id: buyer };
  if (address === undefined) return { about: "suspects" };
  const id = addressIn(address);
  return id === null ? null : { about: "address", id };
}

/** As the desk knows it: IPv6 by its /64. */
function addressIn(text: string): string | null {
  const network = networkText(text.replace(/\/64$/, ""));
  if (network === null || !/\/(32|128)$/.test(network)) return null;
  return networkOf(network.slice(0, network.lastIndexOf("/")));
}

function shown({ kind, id, signals, score, fired, verdict }: Explanation) {
  const rulesOf = (list: Explanation["fired"]) =>
    list.map(({ rule, points, value }) => ({ rule, points, value, detail: ruleWords[rule] }));
  return {
    kind,
    id,
    signals: {
      attempts: Math.round(signals.attempts),
      intervals: signals.intervals,
      interval_mean_ms: Math.round(signals.intervalMeanMs),
      interval_variation_percent: Math.round(signals.intervalVariation * 100),
      solved: signals.solved,
      solved_quickly: signals.solvedQuickly,
      addresses: signals.addresses,
      accounts_of_address: signals.accountsOfAddress,
      accounts_of_subnet: signals.accountsOfSubnet,
    },
    score,
    rules: rulesOf(fired),
    verdict:
      verdict === null
        ? null
        : {
            action: verdict.action,
            score: verdict.score,
            rules: rulesOf(verdict.fired),
            since: wireTime(verdict.sinceMs),
            expires_at: wireTime(verdict.expiresAtMs),
          },
  };
}
