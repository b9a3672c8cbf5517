/**
 * Whatever fails in whatever order, and whenever the process dies: every event reaches every endpoint at least once, and
 * the events of a lane are sent in order. Seeded; the checks know nothing of how the relay works, only what was sent.
 */
import { expect, test } from "bun:test";
import type { WebhookResult } from "../../src/delivery/webhook-post.ts";
import { Random } from "../engine/random.ts";
import { delivered, endpoint, Trial } from "./relay-trial.ts";

const failures: readonly WebhookResult[] = [
  { outcome: "refused", status: 500, retryAfterS: null },
  { outcome: "refused", status: 429, retryAfterS: 2 },
  { outcome: "refused", status: 404, retryAfterS: null },
  { outcome: "unreachable", reason: "ECONNREFUSED" },
  { outcome: "forbidden_address", address: "10.0.0.1" },
];

interface Run {
  readonly seed: number;
  readonly failurePercent: number;
  readonly crashPermille: number;
}

/** What one endpoint has taken, in order: its own view of it, over all crashes. */
class Receiver {
  readonly taken = new Set<number>();
  readonly #lanes = new Map<string, number[]>();
  readonly doubled: number[] = [];

  /** Sees a request begin: everything earlier in its lane must have been taken before. */
  begins(seq: number, lane: string | null, earlier: readonly number[]): void {
    const missing = earlier.filter((other) => !this.taken.has(other));
    if (lane !== null && missing.length > 0) throw new Error(`${seq} of ${lane} was sent before ${missing}`);
  }

  takes(seq: number, lane: string | null): void {
    if (this.taken.has(seq)) this.doubled.push(seq);
    this.taken.add(seq);
    if (lane !== null) this.#lanes.set(lane, [...(this.#lanes.get(lane) ?? []), seq]);
  }

  /** The first time that each event of a lane was taken, in the order of taking. */
  firstsByLane(): number[][] {
    return [...this.#lanes.values()].map((seqs) => [...new Set(seqs)]);
  }
}

async function run({ seed, failurePercent, crashPermille }: Run): Promise<{ doubled: number; crashes: number }> {
  const random = new Random(seed);
  const trial = new Trial();
  trial.chance = () => random.below(1_000) / 1_000;
  const endpoints = [endpoint(1), endpoint(2), endpoint(3, { types: ["order_paid"] })];
  const receivers = new Map(endpoints.map(({ url }) => [url, new Receiver()]));
  const laneSeqs = new Map<string, number[]>();
  for (let i = 0; i < 3; i++) trial.journal.append(null, "endpoint_created");
  trial.relay.setEndpoints(endpoints);
  let crashes = 0;
  let seen = new Set<unknown>();
  for (let step = 0, quiet = 0; quiet < 50; step++) {
    if (step > 100_000) throw new Error(`seed ${seed}: never done`);
    if (step < 600 && random.percent(50)) {
      for (let count = random.between(1, 4); count > 0; count--) {
        const lane = random.percent(90) ? `ord_${random.below(12)}` : null;
        const seq = trial.journal.append(lane, random.percent(60) ? "order_paid" : "order_expired");
        if (lane !== null) laneSeqs.set(lane, [...(laneSeqs.get(lane) ?? []), seq]);
      }
    }
    if (step < 2_000 && random.below(1_000) < crashPermille) {
      crashes += 1;
      trial.crash();
      trial.relay.setEndpoints(endpoints);
      seen = new Set();
    }
    await trial.advance(random.pick([0, 0, 10, 100, 1_000, 20_000]));
    for (const sent of trial.sent.filter((other) => !seen.has(other))) {
      seen.add(sent);
      const event = trial.journal.events[sent.seq - 1];
      if (event === undefined) throw new Error("an event that never happened");
      expect(sent.webhook.body).toBe(event.body);
      const types = endpoints.find(({ url }) => url === sent.url)?.types ?? null;
      const isWanted = (seq: number) => types === null || types.includes(trial.journal.events[seq - 1]?.type ?? "");
      if (!isWanted(sent.seq)) throw new Error(`${event.type} was not asked for`);
      const earlier = (laneSeqs.get(event.lane ?? "") ?? []).filter((seq) => seq < sent.seq && isWanted(seq));
      receivers.get(sent.url)?.begins(sent.seq, event.lane, earlier);
    }
    if (trial.sent.length === 0) {
      quiet =
        step > 600 && trial.relay.stats().pending === 0 && trial.relay.stats().eventsBehindMax === 0 ? quiet + 1 : 0;
      continue;
    }
    quiet = 0;
    const sent = random.pick(trial.sent);
    const isFailure = step < 3_000 && random.percent(failurePercent);
    // A receiver may have taken it and yet not be heard: then it comes again.
    if (!isFailure || random.percent(20)) {
      receivers.get(sent.url)?.takes(sent.seq, trial.journal.events[sent.seq - 1]?.lane ?? null);
    }
    await sent.end(isFailure ? random.pick(failures) : delivered);
  }
  for (const { url, id, types } of endpoints) {
    const receiver = receivers.get(url);
    const wanted = trial.journal.events.filter(({ seq, type }) => seq > id && (types?.includes(type) ?? true));
    expect([...(receiver?.taken ?? [])].toSorted((a, b) => a - b)).toEqual(wanted.map(({ seq }) => seq));
    for (const firsts of receiver?.firstsByLane() ?? []) expect(firsts).toEqual(firsts.toSorted((a, b) => a - b));
    expect(trial.rows(id, "pending")).toEqual([]);
    expect(trial.rows(id, "dead")).toEqual([]);
  }
  await trial.relay.stop();
  const doubled = [...receivers.values()].reduce((sum, receiver) => sum + receiver.doubled.length, 0);
  return { doubled, crashes };
}

const seeds = [1, 2, 3, 4];
/** On a machine that does other things too. */
const testMsMax = 60_000;

test(
  "every event arrives, and in its lane's order, whatever fails",
  async () => {
    for (const seed of seeds) await run({ seed, failurePercent: 30, crashPermille: 0 });
  },
  testMsMax,
);

test(
  "nothing is lost when the process dies at any point",
  async () => {
    let [doubled, crashes] = [0, 0];
    for (const seed of seeds) {
      const result = await run({ seed, failurePercent: 20, crashPermille: 20 });
      doubled += result.doubled;
      crashes += result.crashes;
    }
    expect(crashes).toBeGreaterThan(seeds.length * 5);
    expect(doubled).toBeGreaterThan(0); // the crashes came while something had been taken and not stored
  },
  testMsMax,
);

test(
  "without failures and crashes nothing is sent twice",
  async () => {
    for (const seed of seeds.slice(0, 2)) {
      expect(await run({ seed, failurePercent: 0, crashPermille: 0 })).toEqual({ doubled: 0, crashes: 0 });
    }
  },
  testMsMax,
);
