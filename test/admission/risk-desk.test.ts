/**
 * Guards the risk desk between the threads' samples and its verdicts: who is told what and when, for how long it holds,
 * that all of it is bounded and nothing survives being switched off, and that what a sale's memory says adds up.
 */
import { describe, expect, test } from "bun:test";
import { RiskDesk, verdictMs } from "../../src/admission/risk/desk.ts";
import { RiskFeed } from "../../src/admission/risk/feed.ts";
import type { Explanation, SaleMemory, SampleBatch, SampleKind, Verdict } from "../../src/admission/risk/mailbox.ts";
import { Verdicts } from "../../src/admission/risk/verdicts.ts";
import { limits } from "../../src/domain/limits.ts";

const startMs = 1_700_000_000_000;
const sale = 7;

/** A desk with one thread before it. */
class Trial {
  nowMs = startMs;
  readonly told: Verdict[][] = [];
  readonly verdicts = new Verdicts();
  readonly batches: SampleBatch[] = [];
  readonly feed: RiskFeed;
  readonly desk = new RiskDesk({
    nowMs: () => this.nowMs,
    seed: 7,
    tell: (verdicts) => {
      this.told.push([...verdicts]);
      this.verdicts.receive(verdicts);
    },
  });

  constructor(samplesMax?: number) {
    this.desk.setMode("record");
    this.feed = new RiskFeed((message) => {
      if (message.type !== "samples") return;
      this.batches.push(JSON.parse(message.text) as SampleBatch);
    }, samplesMax);
    this.feed.isOn = true;
  }

  attempt(buyerId: string, address = "192.0.2.1", campaignId = sale): void {
    this.note("attempt", { buyerId, address, campaignId, atMs: this.nowMs, amount: 1 });
  }

  note(kind: SampleKind, what: Parameters<RiskFeed["note"]>[1]): void {
    if (this.feed.wants(kind)) this.feed.note(kind, what);
  }

  turn(): void {
    this.feed.flush();
    for (const batch of this.batches.splice(0)) this.desk.receive(batch);
    this.desk.judgeDue();
  }

  actionOf(buyerId: string, address = "192.0.2.1"): string {
    return this.verdicts.of(buyerId, () => address, this.nowMs)?.action ?? "allow";
  }

  explain(about: "buyer" | "address", id: string): readonly Explanation[] {
    const answer = this.desk.answer({ about, id });
    return "explanations" in answer ? answer.explanations : [];
  }

  memory(campaignId = sale): SaleMemory {
    const answer = this.desk.answer({ about: "campaign", campaignId });
    if (!("memory" in answer) || answer.memory === null) throw new Error("the desk remembers nothing");
    return answer.memory;
  }
}

describe("a verdict", () => {
  test("that is only recorded counts the attempts that it would have met, each once; enforced the threads count", () => {
    const trial = new Trial();
    const attempts = (count: number, buyer: string, address?: string) => {
      for (let n = 0; n < count; n++) trial.attempt(buyer, address);
      trial.turn();
      return trial.desk.takeSpared();
    };
    expect(attempts(60, "bot")).toEqual({ block: 0, slow: 0 }); // judged after they have come
    expect(attempts(3, "bot")).toEqual({ block: 0, slow: 3 });
    expect(attempts(2, "alice", "198.51.100.1")).toEqual({ block: 0, slow: 0 });
    attempts(200, "bot");
    expect(attempts(4, "bot")).toEqual({ block: 4, slow: 0 });
    trial.desk.setMode("enforce");
    expect(attempts(5, "bot")).toEqual({ block: 0, slow: 0 });
  });

  test("is told once, grows stricter with its reason, and expires when that is over", () => {
    const trial = new Trial();
    for (let n = 0; n < 60; n++) trial.attempt("bot");
    trial.attempt("alice", "198.51.100.1");
    trial.turn();
    expect([trial.actionOf("bot"), trial.actionOf("alice", "198.51.100.1")]).toEqual(["slow", "allow"]);
    trial.turn();
    expect(trial.told).toHaveLength(1);
    for (let n = 0; n < 200; n++) trial.attempt("bot");
    trial.turn();
    expect(trial.actionOf("bot")).toBe("block");
    trial.nowMs += verdictMs - 1;
    expect(trial.actionOf("bot")).toBe("block");
    trial.nowMs += 1;
    expect(trial.actionOf("bot")).toBe("allow");
    expect(trial.explain("buyer", "bot")[0]?.verdict).toBeNull();
  });

  test("is not made milder by a moment's rest, and is prolonged by going on", () => {
    const trial = new Trial();
    for (let n = 0; n < 200; n++) trial.attempt("bot");
    trial.turn();
    trial.nowMs += 60_000;
    for (let n = 0; n < 60; n++) trial.attempt("bot");
    trial.turn();
    expect(trial.actionOf("bot")).toBe("block");
    trial.nowMs += verdictMs - 60_000 - 1;
    for (let n = 0; n < 200; n++) trial.attempt("bot");
    trial.turn();
    trial.nowMs += verdictMs - 1;
    expect(trial.actionOf("bot")).toBe("block");
    const [{ verdict } = { verdict: null }] = trial.explain("buyer", "bot");
    expect(verdict?.sinceMs).toBe(startMs);
  });

  test("about an address holds for who comes from it anew, and for nobody elsewhere", () => {
    const trial = new Trial();
    for (let n = 0; n < 400; n++) trial.attempt(`account ${n}`);
    trial.turn();
    expect(trial.actionOf("a new account")).toBe("slow");
    expect(trial.actionOf("a new account", "192.0.2.2")).toBe("allow");
    for (let n = 0; n < 700; n++) trial.attempt(`other ${n}`, `192.0.2.${n % 250}`);
    trial.turn();
    expect(trial.actionOf("a new account", "192.0.2.251")).toBe("harder");
    expect(trial.actionOf("a new account", "192.0.3.1")).toBe("allow");
  });

  test("needs no address as long as no place has one", () => {
    const trial = new Trial();
    for (let n = 0; n < 60; n++) trial.attempt("bot");
    trial.turn();
    const addressOf = () => {
      throw new Error("asked for");
    };
    expect(trial.verdicts.of("bot", addressOf, trial.nowMs)?.action).toBe("slow");
    expect(trial.verdicts.of("alice", addressOf, trial.nowMs)).toBeNull();
  });

  test("is taken back on all threads when the desk is switched off, and nothing is remembered", () => {
    const trial = new Trial();
    for (let n = 0; n < 400; n++) trial.attempt(`account ${n}`);
    for (let n = 0; n < 60; n++) trial.attempt("bot");
    trial.turn();
    trial.desk.setMode("off");
    expect([trial.actionOf("bot"), trial.actionOf("a new account")]).toEqual(["allow", "allow"]);
    expect(trial.desk.counts()).toEqual({ buyers: 0, addresses: 0, verdicts: 0 });
    for (let n = 0; n < 60; n++) trial.attempt("bot");
    trial.turn();
    expect(trial.desk.counts().buyers).toBe(0);
    expect(trial.desk.answer({ about: "campaign", campaignId: sale })).toEqual({ memory: null });
    trial.desk.setMode("enforce");
    trial.attempt("bot");
    trial.turn();
    expect(trial.actionOf("bot")).toBe("allow");
  });

  test("of clicks like a clock's, of quick solutions, of many addresses, names its rule", () => {
    const trial = new Trial();
    for (let n = 0; n < 15; n++) {
      trial.nowMs += 1_000;
      trial.attempt("clock");
      trial.attempt("wanderer", `198.51.${n}.1`);
      trial.attempt("traveller", `198.18.${n}.1`);
      trial.attempt("traveller", `198.19.${n}.1`);
      trial.turn();
    }
    for (let n = 0; n < 4; n++) {
      const what = { campaignId: sale, atMs: trial.nowMs, amount: 20 };
      trial.note("solved", { buyerId: "solver", address: "203.0.113.1", ...what });
    }
    trial.turn();
    const firstRule = (buyer: string) => trial.explain("buyer", buyer)[0]?.verdict?.fired[0]?.rule ?? null;
    expect(["clock", "traveller", "solver"].map(firstRule)).toEqual([
      "regular_clicks",
      "many_addresses",
      "quick_solutions",
    ]);
  });
});

describe("an explanation", () => {
  test("tells signals, rules, score and verdict of a buyer and of where they come from", () => {
    const trial = new Trial();
    for (let n = 0; n < 60; n++) trial.attempt("bot", "2001:db8:1:2::/64");
    trial.turn();
    const [buyer, address, subnet] = trial.explain("buyer", "bot");
    expect(buyer).toMatchObject({
      kind: "buyer",
      id: "bot",
      score: 60,
      signals: { attempts: 60, accountsOfAddress: 1 },
    });
    expect(buyer?.fired).toEqual([{ rule: "many_attempts", points: 60, value: 60 }]);
    expect(buyer?.verdict).toMatchObject({ action: "slow", sinceMs: startMs, expiresAtMs: startMs + verdictMs });
    expect([address?.id, address?.verdict, subnet?.id]).toEqual(["2001:db8:1:2::/64", null, "2001:db8:1::/48"]);
    expect(trial.explain("address", "2001:db8:1:2::/64").map(({ kind }) => kind)).toEqual(["address", "subnet"]);
  });

  test("of nobody the desk has seen is empty", () => {
    const trial = new Trial();
    expect(trial.explain("buyer", "nobody")).toEqual([]);
    expect(trial.explain("address", "203.0.113.9")).toEqual([]);
  });
});

describe("what is remembered", () => {
  test("is bounded, however many come", () => {
    const trial = new Trial(200_000);
    for (let n = 0; n < limits.riskBuyersMax + 5_000; n++) {
      trial.attempt(`buyer ${n}`, `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`, n);
    }
    trial.turn();
    const { buyers, addresses } = trial.desk.counts();
    expect([buyers, addresses]).toEqual([limits.riskBuyersMax, limits.riskAddressesMax]);
    expect(trial.explain("buyer", "buyer 0")).toEqual([]);
    expect(trial.explain("buyer", `buyer ${limits.riskBuyersMax + 4_999}`)).not.toEqual([]);
  });

  test("of a sale adds up: attempts, units by subnet, suspects with what they did before they were found", () => {
    const trial = new Trial();
    const order = (buyerId: string, address: string, amount: number) =>
      trial.note("order", { buyerId, address, campaignId: sale, atMs: trial.nowMs, amount });
    for (let n = 0; n < 30; n++) trial.attempt("bot");
    order("bot", "192.0.2.1", 2);
    trial.turn();
    for (let n = 0; n < 30; n++) trial.attempt("bot");
    trial.turn();
    trial.attempt("bot");
    trial.attempt("alice", "198.51.100.1");
    order("alice", "198.51.100.1", 1);
    for (const outcome of ["blocked", "slowed", "slowed"]) trial.feed.count(sale, outcome);
    trial.turn();
    expect(trial.memory()).toEqual({
      sinceMs: startMs,
      attempts: 62,
      attemptsOfSuspects: 61,
      units: 3,
      unitsOfSuspects: 2,
      suspects: 1,
      subnetsCount: 2,
      subnets: [
        ["192.0.2.0/24", 2],
        ["198.51.100.0/24", 1],
      ],
      unitsElsewhere: 0,
      refusals: { blocked: 1, slowed: 2 },
      suspectedBy: { many_attempts: 1 },
    });
    expect(trial.memory(8)).toMatchObject({ attempts: 0, units: 0, refusals: {} });
  });
});

describe("what a thread tells", () => {
  test("is at most a batch: of more each n-th, with how many there were, so that counts stay right", () => {
    const trial = new Trial(64);
    for (let round = 0; round < 12; round++) {
      for (let n = 0; n < 1_000; n++) {
        trial.attempt(`b${n}`);
      }
      trial.feed.flush();
    }
    expect(trial.batches.map(({ seen }) => seen.attempt)).toEqual(Array.from({ length: 12 }, () => 1_000));
    for (const { samples } of trial.batches) expect(samples.length).toBeLessThanOrEqual(64);
    // Once it has found its pace, they come from all of the time, not from its beginning.
    const buyers = trial.batches.at(-1)?.samples.map(([, buyer]) => Number(buyer.slice(1))) ?? [];
    expect(Math.max(...buyers)).toBeGreaterThan(900);
    trial.turn();
    expect(Math.round(trial.memory().attempts)).toBe(12_000);
  });

  test("finds back to telling everything when there is less", () => {
    const trial = new Trial(64);
    for (let n = 0; n < 1_000; n++) trial.attempt("bot");
    for (let round = 0; round < 20; round++) {
      trial.feed.flush();
      trial.attempt("alice");
    }
    trial.feed.flush();
    trial.batches.length = 0;
    for (let n = 0; n < 10; n++) trial.attempt("alice");
    trial.feed.flush();
    expect(trial.batches[0]?.samples).toHaveLength(10);
  });

  test("is nothing when the desk is off, and no message when nothing has happened", () => {
    const trial = new Trial();
    trial.feed.flush();
    trial.feed.isOn = false;
    trial.attempt("alice");
    trial.feed.count(sale, "reserved");
    trial.feed.flush();
    expect(trial.batches).toEqual([]);
  });
});
