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

  /**
   * The strictest one that is in force, or `null`. The address is asked for only when some address has one, and not for
   * whoever is slowed down or blocked for themselves: an address does not bring worse. What is told last stays longest, so
   * that looking it up moves nothing.
   */
  of(buyerId: string, addressOf: () => string, nowMs: number): Verdict | null {
    const { buyer, address, subnet } = this.#known;
    const own = buyer.size === 0 ? null : inForce(buyer.peek(buyerId), nowMs);
    if (own?.action === "block" || own?.action === "slow" || address.size + subnet.size === 0) return own;
    const from = addressOf();
    return strictest(strictest(own, inForce(address.peek(from), nowMs)), inForce(subnet.peek(subnetOf(from)), nowMs));
  }
}

function strictest(one: Verdict | null, other: Verdict | null): Verdict | null {
  if (one === null || other === null) return one ?? other;
  return stricter(one.action, other.action) === one.action ? one : other;
}

function inForce(verdict: Verdict | undefined, nowMs: number): Verdict | null {
  return verdict === undefined || verdict.expiresAtMs <= nowMs ? null : verdict;
}
