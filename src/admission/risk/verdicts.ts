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
   * The one that blocks or slows down, or `null`: the buyer's own, else their address's, which does not bring worse; a subnet
   * brings neither (rules.ts). The address is asked for only when some address has a verdict. What is told last stays
   * longest, so that looking it up moves nothing.
   */
  refusing(buyerId: string, addressOf: () => string, nowMs: number): (Verdict & { action: "block" | "slow" }) | null {
    const { buyer, address } = this.#known;
    const own = buyer.size === 0 ? null : inForce(buyer.peek(buyerId), nowMs);
    if (own !== null && isRefusing(own)) return own;
    const here = address.size === 0 ? null : inForce(address.peek(addressOf()), nowMs);
    return here !== null && isRefusing(here) ? here : null;
  }

  /** The strictest one that is in force, or `null`. The address is asked for only when it or its subnet may have one. */
  of(buyerId: string, addressOf: () => string, nowMs: number): Verdict | null {
    const { buyer, address, subnet } = this.#known;
    const own = buyer.size === 0 ? null : inForce(buyer.peek(buyerId), nowMs);
    if (own?.action === "block" || address.size + subnet.size === 0) return own;
    const from = addressOf();
    return strictest(strictest(own, inForce(address.peek(from), nowMs)), inForce(subnet.peek(subnetOf(from)), nowMs));
  }
}

function isRefusing(verdict: Verdict): verdict is Verdict & { action: "block" | "slow" } {
  return verdict.action === "block" || verdict.action === "slow";
}

function strictest(one: Verdict | null, other: Verdict | null): Verdict | null {
  if (one === null || other === null) return one ?? other;
  return stricter(one.action, other.action) === one.action ? one : other;
}

function inForce(verdict: Verdict | undefined, nowMs: number): Verdict | null {
  return verdict === undefined || verdict.expiresAtMs <= nowMs ? null : verdict;
}
