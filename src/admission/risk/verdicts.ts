/** The risk desk's verdicts as an HTTP thread knows them: what holds for a buyer and an address at this moment. */
import { LRUCache } from "lru-cache";
import { limits } from "../../domain/limits.ts";
import type { Verdict } from "./mailbox.ts";
import { type SubjectKind, stricter } from "./rules.ts";
import { subnetOf } from "./subnet.ts";

export class Verdicts {
  readonly #known: Record<SubjectKind, LRUCache<string, Verdict>> = {
    buyer: new LRUCache({ max: limits.riskVerdictsMax }),
    address: new LRUCache({ max: limits.riskVerdictsMax }),
    subnet: new LRUCache({ max: limits.riskVerdictsMax }),
  };

  receive(verdicts: readonly Verdict[]): void {
    for (const verdict of verdicts) {
      const known = this.#known[verdict.kind];
      if (verdict.action === "allow") known.delete(verdict.id);
      else known.set(verdict.id, verdict);
    }
  }

  /** The strictest one that is in force, or `null`. The address is asked for only when some address has one. */
  of(buyerId: string, addressOf: () => string, nowMs: number): Verdict | null {
    const { buyer, address, subnet } = this.#known;
    let found = buyer.size === 0 ? null : inForce(buyer.get(buyerId), nowMs);
    if (found?.action === "block" || address.size + subnet.size === 0) return found;
    const from = addressOf();
    for (const verdict of [inForce(address.get(from), nowMs), inForce(subnet.get(subnetOf(from)), nowMs)]) {
      if (verdict === null) continue;
      if (found === null || stricter(found.action, verdict.action) !== found.action) found = verdict;
    }
    return found;
  }
}

function inForce(verdict: Verdict | undefined, nowMs: number): Verdict | null {
  return verdict === undefined || verdict.expiresAtMs <= nowMs ? null : verdict;
}
