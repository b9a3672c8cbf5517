/** What the relay does with endpoints that fail: how often it asks, what it keeps of them, and what the others notice. */
import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { retryDelayMs } from "../../src/delivery/endpoint-queue.ts";
import { limits } from "../../src/domain/limits.ts";
import { openOutbox, openOutboxDesk, outboxPath } from "../../src/storage/sqlite/outbox.ts";
import { newFolder } from "../harness.ts";
import { delivered, endpoint, failed, type Sent, Trial } from "./relay-trial.ts";

const first = endpoint(1);
const second = endpoint(2);

/** A trial with the creation events of two endpoints, and these endpoints told. */
async function newTrial(endpoints = [first]): Promise<Trial> {
  const trial = new Trial();
  trial.journal.append(null, "endpoint_created");
  trial.journal.append(null, "endpoint_created");
  trial.relay.setEndpoints(endpoints);
  await trial.endAll(() => delivered);
  await trial.advance(1_000);
  return trial;
}

/** Fails one event until it is given up. */
async function failUntilDead(trial: Trial, seq: number): Promise<void> {
  while (trial.rows(1, "dead").every((row) => row.seq !== seq)) {
    await trial.endAll((sent) => (sent.seq === seq ? failed : delivered));
    await trial.advance(limits.webhookRetryMsMax);
  }
}

describe("a delivery that fails", () => {
  test("is tried again after waits that double up to an hour", async () => {
    const trial = await newTrial();
    trial.journal.append("ord_a");
    await trial.wake();
    const waits: number[] = [];
    for (let attempt = 0; attempt < 15; attempt++) {
      await trial.endAll(() => failed);
      const failedAtMs = trial.clock.nowMs();
      while (trial.sent.length === 0) await trial.advance(250);
      waits.push(trial.clock.nowMs() - failedAtMs);
    }
    const doubling = Array.from({ length: 12 }, (_, power) => 1_000 * 2 ** power);
    expect(waits).toEqual([...doubling, 3_600_000, 3_600_000, 3_600_000]);
  }, 60_000);

  test("waits anything between nothing and that bound, as chance has it", () => {
    expect([0, 0.25, 0.5, 0.999].map((chance) => retryDelayMs(4, chance))).toEqual([0, 2_000, 4_000, 7_992]);
    expect(retryDelayMs(limits.webhookAttemptsMax, 0.999)).toBeLessThan(limits.webhookRetryMsMax);
  });

  test("waits as long as the receiver asks, within a bound, and so does the whole endpoint when it is too busy", async () => {
    for (const [retryAfterS, waitMs] of [
      [30, 30_000],
      [86_400, limits.webhookRetryAfterMsMax],
    ] as const) {
      const trial = await newTrial();
      trial.journal.append("ord_a");
      await trial.wake();
      await trial.endAll(() => ({ outcome: "refused", status: 429, retryAfterS }));
      trial.journal.append("ord_b");
      await trial.advance(waitMs - 1);
      expect(trial.sent).toEqual([]);
      await trial.advance(1);
      expect(new Set(trial.sent.map(({ seq }) => seq))).toEqual(new Set([3, 4]));
    }
  });

  test("carries the same id and body on every attempt", async () => {
    const trial = await newTrial();
    trial.journal.append("ord_a");
    await trial.wake();
    const [before] = trial.sent;
    await trial.endAll(() => failed);
    await trial.advance(1_000);
    const [after] = trial.sent;
    expect(before?.webhook.id).toBe("evt_0000000003_9e847e35");
    expect(after?.webhook.id).toBe("evt_0000000003_9e847e35");
    expect(after?.webhook.body).toBe(before?.webhook.body ?? "");
    expect(after?.webhook.sentAtMs).toBe((before?.webhook.sentAtMs ?? 0) + 1_000);
  });

  test("holds up the later events of its lane, and no other event", async () => {
    const trial = await newTrial();
    const poison = trial.journal.append("ord_a");
    const behind = trial.journal.append("ord_a");
    const others = Array.from({ length: 2_000 }, (_, index) => trial.journal.append(`ord_${index % 40}`));
    const taken: number[] = [];
    const end = (sent: Sent) => {
      if (sent.seq === poison) return failed;
      taken.push(sent.seq);
      return delivered;
    };
    for (let look = 0; look < 30; look++) {
      await trial.wake();
      await trial.endAll(end);
    }
    await trial.advance(1_000);
    expect(taken.toSorted((a, b) => a - b)).toEqual(others);
    expect(trial.desk.status(1)).toEqual({ readSeq: trial.journal.lastSeq(), pending: 2, dead: 0 });
    expect(trial.rows(1, "pending").map(({ seq, attempts }) => [seq, attempts])).toEqual([
      [behind, 0],
      [poison, 1],
    ]);
  });
});

describe("a dead letter", () => {
  test("is what has failed too often; the later events of its lane go on", async () => {
    const trial = await newTrial();
    const poison = trial.journal.append("ord_a");
    const behind = trial.journal.append("ord_a");
    await trial.wake();
    const startedMs = trial.clock.nowMs();
    await failUntilDead(trial, poison);
    expect(trial.clock.nowMs() - startedMs).toBeLessThan(limits.webhookAgeMsMax);
    expect(trial.rows(1, "dead")).toEqual([
      expect.objectContaining({
        seq: poison,
        type: "order_paid",
        lane: "ord_a",
        attempts: limits.webhookAttemptsMax,
        firstAttemptAtMs: startedMs,
        lastStatus: 500,
        lastError: "refused",
      }),
    ]);
    await trial.endAll(({ seq }) => (seq === behind ? delivered : failed));
    await trial.advance(1_000);
    expect(trial.desk.status(1)).toEqual({ readSeq: behind, pending: 0, dead: 1 });
    expect(trial.relay.stats()).toMatchObject({ deadLettered: 1, pending: 0 });
  });

  test("is what has failed for too long, however few the attempts", async () => {
    const trial = await newTrial();
    trial.journal.append("ord_a");
    await trial.wake();
    await trial.endAll(() => failed);
    await trial.advance(limits.webhookAgeMsMax);
    await trial.endAll(() => ({ outcome: "unreachable", reason: "timeout" }));
    await trial.advance(1_000);
    expect(trial.rows(1, "dead")).toEqual([
      expect.objectContaining({ attempts: 2, lastStatus: null, lastError: "timeout" }),
    ]);
  });

  test("goes out again when it is replayed, before later events of its lane, and as if never tried", async () => {
    const trial = await newTrial();
    const poison = trial.journal.append("ord_a");
    await trial.wake();
    await failUntilDead(trial, poison);
    const behind = trial.journal.append("ord_a");
    await trial.wake();
    await trial.endAll(() => failed);
    await trial.advance(999);
    expect(trial.desk.replay(1, behind, trial.clock.nowMs())).toBe(0);
    expect(trial.desk.replay(2, "all", trial.clock.nowMs())).toBe(0);
    expect(trial.desk.replay(1, poison, trial.clock.nowMs())).toBe(1);
    await trial.advance(1);
    expect(trial.sent.map(({ seq }) => seq)).toEqual([poison]);
    expect(trial.rows(1, "pending").find(({ seq }) => seq === poison)?.attempts).toBe(0);
    await trial.sent[0]?.end(delivered);
    expect(trial.sent.map(({ seq }) => seq)).toEqual([behind]);
    await trial.endAll(() => delivered);
    await trial.advance(1_000);
    expect(trial.desk.status(1)).toEqual({ readSeq: behind, pending: 0, dead: 0 });
  });

  test("stays one over a restart, and can be replayed with all others", async () => {
    const trial = await newTrial();
    const held = trial.journal.append("ord_held"); // under way all the time: the cursor stays before it
    const poisons = [trial.journal.append("ord_a"), trial.journal.append("ord_b")];
    await trial.wake();
    while (trial.rows(1, "dead").length < poisons.length) {
      for (const sent of trial.sent.filter(({ seq }) => seq !== held)) await sent.end(failed);
      await trial.advance(limits.webhookRetryMsMax);
    }
    expect(trial.desk.status(1)?.readSeq).toBe(held - 1);
    trial.crash();
    trial.relay.setEndpoints([first]);
    const seqs: number[] = [];
    const take = ({ seq }: Sent) => {
      seqs.push(seq);
      return delivered;
    };
    await trial.endAll(take);
    await trial.advance(1_000);
    expect(seqs).toEqual([held]);
    expect(trial.desk.replay(1, "all", trial.clock.nowMs())).toBe(2);
    await trial.wake();
    await trial.endAll(take);
    await trial.advance(1_000);
    expect(seqs).toEqual([held, ...poisons]);
    expect(trial.desk.status(1)).toEqual({ readSeq: 5, pending: 0, dead: 0 });
  });

  test("is forgotten when there are newer ones beyond the bound", () => {
    const folder = newFolder();
    const outbox = openOutbox(folder);
    outbox.enroll([{ endpointId: 1, readSeq: 1 }], 20_000);
    const deliveries = Array.from({ length: limits.webhookDeadLettersMax + 5 }, (_, index) => ({
      endpointId: 1,
      seq: index + 2,
      type: "order_paid",
      lane: null,
      state: "dead" as const,
      attempts: 1,
      nextAtMs: 1,
      firstAttemptAtMs: 1,
      lastAttemptAtMs: 1,
      lastStatus: 500,
      lastError: "refused",
    }));
    outbox.store({ cursors: [], delivered: [], deliveries });
    const kept = openOutboxDesk(folder).deliveries(1, "dead", Number.MAX_SAFE_INTEGER, 20_000);
    expect(kept.length).toBe(limits.webhookDeadLettersMax);
    expect(kept.at(-1)?.seq).toBe(7);
  });
});

describe("an endpoint that refuses events of one type", () => {
  const refused = { outcome: "refused", status: 400, retryAfterS: null } as const;
  const isRefusedType = (trial: Trial, { seq }: Sent) => trial.journal.events[seq - 1]?.type === "waitlist_joined";

  test("gets all others at full speed, and the refused ones are dead letters within minutes", async () => {
    const trial = await newTrial();
    for (let i = 0; i < 20; i++) trial.journal.append(`wte_${i}`, "waitlist_joined");
    await trial.wake();
    await trial.endAll(() => refused);
    expect(trial.relay.stats().endpointsFailing).toBe(0);
    for (let i = 0; i < 20; i++) trial.journal.append(`ord_${i}`);
    await trial.wake();
    expect(trial.sent.length).toBe(limits.webhooksInFlightPerEndpointMax);
    const end = (sent: Sent) => (isRefusedType(trial, sent) ? refused : delivered);
    await trial.endAll(end);
    await trial.advance(1_000);
    expect(trial.desk.status(1)).toEqual({ readSeq: 42, pending: 20, dead: 0 });
    for (let seconds = 0; seconds < 180; seconds++) {
      await trial.endAll(end);
      await trial.advance(1_000);
    }
    expect(trial.desk.status(1)).toEqual({ readSeq: 42, pending: 0, dead: 20 });
    for (const { attempts } of trial.rows(1, "dead")) expect(attempts).toBe(limits.webhookRefusalsMax);
    expect(trial.relay.stats().deadLettered).toBe(20);
  });

  test("is read on past more of them than there may be rows, and loses none", async () => {
    const trial = await newTrial();
    const count = 3 * limits.webhookDeliveriesPendingMax;
    for (let i = 0; i < count; i++) trial.journal.append(`wte_${i}`, "waitlist_joined");
    const paid = trial.journal.append("ord_a");
    const taken: number[] = [];
    const end = (sent: Sent) => {
      if (isRefusedType(trial, sent)) return refused;
      taken.push(sent.seq);
      return delivered;
    };
    const startedMs = trial.clock.nowMs();
    for (let look = 0; look < 50 && taken.length === 0; look++) {
      await trial.advance(100);
      await trial.endAll(end);
    }
    expect(taken).toEqual([paid]);
    expect(trial.clock.nowMs() - startedMs).toBeLessThanOrEqual(5_000);
    await trial.advance(1_000);
    const { readSeq, pending = 0, dead = 0 } = trial.desk.status(1) ?? {};
    expect(readSeq).toBe(paid);
    expect(pending).toBeLessThanOrEqual(limits.webhookDeliveriesPendingMax);
    expect(pending + dead).toBe(count);
    expect(Math.max(...trial.rows(1, "dead").map(({ seq }) => seq))).toBeLessThanOrEqual(paid - pending);
  }, 30_000);

  test("is failing all the same when it asks to come back later, or answers too late or with a redirect", async () => {
    for (const status of [302, 408, 425, 429, 503]) {
      const trial = await newTrial();
      for (let i = 0; i < 20; i++) trial.journal.append(null);
      await trial.wake();
      await trial.endAll(() => ({ outcome: "refused", status, retryAfterS: null }));
      expect([status, trial.relay.stats().endpointsFailing]).toEqual([status, 1]);
    }
  });

  test("keeps an event that was refused in vain between failures of the endpoint itself", async () => {
    const trial = await newTrial();
    trial.journal.append("ord_a");
    await trial.wake();
    for (let attempt = 0; attempt < 3 * limits.webhookRefusalsMax; attempt++) {
      await trial.endAll(() => (attempt % limits.webhookRefusalsMax === 0 ? failed : refused));
      await trial.advance(limits.webhookRetryMsMax);
    }
    expect(trial.rows(1, "pending").map(({ attempts }) => attempts)).toEqual([3 * limits.webhookRefusalsMax]);
  });
});

describe("an endpoint that fails whatever it is sent", () => {
  test("is asked with one probe at a time, at growing intervals, and comes back with the first success", async () => {
    const trial = await newTrial();
    for (let i = 0; i < 100; i++) trial.journal.append(`ord_${i}`);
    await trial.wake();
    expect(trial.sent.length).toBe(limits.webhooksInFlightPerEndpointMax);
    // The fifth one shows that it is not about one event; those that are under way with it fail too.
    await trial.endAll(() => failed);
    expect(trial.sentCount).toBeLessThan(2 * limits.webhooksInFlightPerEndpointMax);
    expect(trial.relay.stats().endpointsFailing).toBe(1);
    const probes: number[] = [];
    for (let look = 0; look < 3_000; look++) {
      expect(trial.sent.length).toBeLessThanOrEqual(1);
      if (trial.sent.length === 1) probes.push(trial.clock.nowMs());
      await trial.endAll(() => failed);
      await trial.advance(200);
    }
    const waits = probes.slice(1).map((atMs, index) => atMs - (probes[index] as number));
    expect(waits.slice(0, 5)).toEqual([3_000, 5_000, 9_000, 17_000, 33_000]);
    expect(new Set(waits.slice(5))).toEqual(new Set([61_000]));
    while (trial.sent.length === 0) await trial.advance(200);
    await trial.sent[0]?.end(delivered);
    expect(trial.relay.stats().endpointsFailing).toBe(0);
    expect(trial.sent.length).toBe(limits.webhooksInFlightPerEndpointMax);
  }, 60_000);

  test("costs bounded rows and memory, and the others do not notice", async () => {
    const trial = await newTrial([first, second]);
    const taken: number[] = [];
    const end = (sent: Sent) => {
      if (sent.url === first.url) return failed;
      taken.push(sent.seq);
      return delivered;
    };
    for (let round = 0; round < 150; round++) {
      for (let i = 0; i < 40; i++) trial.journal.append(`ord_${round}_${i}`);
      await trial.advance(60_000);
      await trial.endAll(end);
    }
    expect(taken).toEqual(Array.from({ length: 6_000 }, (_, index) => index + 3));
    const { pending = 0 } = trial.desk.status(1) ?? {};
    expect(pending).toBeGreaterThan(0);
    expect(pending).toBeLessThanOrEqual(limits.webhookDeliveriesPendingMax);
    // What it misses waits in the journal, and is delivered when it is back.
    expect(trial.relay.stats().eventsBehindMax).toBeGreaterThan(5_000);
    const late = new Set<number>();
    for (let look = 0; look < 1_000 && late.size < 6_000; look++) {
      await trial.advance(60_000);
      await trial.endAll(({ seq }) => {
        late.add(seq);
        return delivered;
      });
    }
    await trial.advance(1_000);
    expect(late.size).toBe(6_000);
    expect(trial.desk.status(1)).toEqual({ readSeq: trial.journal.lastSeq(), pending: 0, dead: 0 });
  }, 60_000);

  test("with every other event refused, is read no further than the bound of its rows", async () => {
    const trial = await newTrial();
    for (let i = 0; i < 4_000; i++) trial.journal.append(`ord_${i}`);
    for (let look = 0; look < 60; look++) {
      await trial.wake();
      await trial.endAll(({ seq }) => (seq % 2 === 0 ? failed : delivered));
    }
    await trial.advance(1_000);
    await trial.endAll(({ seq }) => (seq % 2 === 0 ? failed : delivered));
    await trial.advance(1_000);
    expect(trial.desk.status(1)?.pending).toBe(limits.webhookDeliveriesPendingMax);
    expect(trial.desk.status(1)?.readSeq).toBeLessThan(2_100);
  });
});

describe("the relay", () => {
  test("never has more under way than its bounds, and gives every endpoint a share", async () => {
    const endpoints = Array.from({ length: 12 }, (_, index) => endpoint(index + 1));
    const trial = new Trial();
    for (const _ of endpoints) trial.journal.append(null, "endpoint_created");
    for (let i = 0; i < 500; i++) trial.journal.append(`ord_${i}`);
    trial.relay.setEndpoints(endpoints);
    await trial.wake();
    expect(trial.sent.length).toBe(limits.webhooksInFlightMax);
    const shares = endpoints.map(({ url }) => trial.sent.filter((sent) => sent.url === url).length);
    expect(Math.min(...shares)).toBeGreaterThan(0);
    expect(Math.max(...shares)).toBeLessThanOrEqual(limits.webhooksInFlightPerEndpointMax);
  });

  test("sends one event of a lane at a time", async () => {
    const trial = await newTrial();
    for (let i = 0; i < 20; i++) trial.journal.append("ord_a");
    for (let seq = 3; seq <= 22; seq++) {
      await trial.wake();
      expect(trial.sent.map((sent) => sent.seq)).toEqual([seq]);
      await trial.sent[0]?.end(delivered);
    }
  });

  test("tells an endpoint of the events after its creation, of the types that it wants", async () => {
    const trial = new Trial();
    trial.journal.append("ord_a");
    trial.journal.append(null, "endpoint_created");
    trial.relay.setEndpoints([endpoint(2, { types: ["order_paid", "order_expired"] })]);
    for (const type of ["order_reserved", "order_paid", "order_cancelled", "order_expired"]) {
      trial.journal.append(null, type);
    }
    await trial.wake();
    expect(trial.sent.map(({ seq }) => seq)).toEqual([4, 6]);
    await trial.endAll(() => delivered);
    await trial.advance(1_000);
    expect(trial.desk.status(2)).toEqual({ readSeq: 6, pending: 0, dead: 0 });
  });

  test("stores how far it is in groups, at most once a second", async () => {
    const trial = await newTrial();
    const seen = new Set<number | undefined>();
    for (let tenths = 0; tenths < 30; tenths++) {
      for (let i = 0; i < 10; i++) trial.journal.append(null);
      await trial.advance(100);
      await trial.endAll(() => delivered);
      seen.add(trial.desk.status(1)?.readSeq);
    }
    expect(seen.size).toBeLessThanOrEqual(4);
    await trial.relay.stop();
    expect(trial.desk.status(1)?.readSeq).toBe(302);
  });

  test("tells a disabled endpoint nothing, and everything it missed when it is enabled again", async () => {
    const trial = await newTrial();
    trial.relay.setEndpoints([endpoint(1, { isEnabled: false })]);
    for (let i = 0; i < 5; i++) trial.journal.append(null);
    await trial.advance(60_000);
    expect(trial.sent).toEqual([]);
    expect(trial.relay.stats()).toMatchObject({ endpoints: 1, eventsBehindMax: 0 });
    trial.relay.setEndpoints([first]);
    await trial.wake();
    expect(trial.sent.map(({ seq }) => seq)).toEqual([3, 4, 5, 6, 7]);
  });

  test("keeps nothing of an endpoint that is removed, whatever is still under way", async () => {
    const trial = await newTrial([first, second]);
    trial.journal.append("ord_a");
    trial.journal.append("ord_b");
    await trial.wake();
    for (const sent of trial.sent.filter(({ seq }) => seq === 3)) await sent.end(failed);
    await trial.advance(1_000);
    expect(trial.desk.status(1)?.pending).toBe(1);
    trial.relay.setEndpoints([second]);
    await trial.endAll(() => failed);
    await trial.advance(1_000);
    expect(trial.desk.status(1)).toBeNull();
    expect(trial.rows(1, "pending")).toEqual([]);
    expect(trial.desk.status(2)?.pending).toBe(2);
  });

  test("signs with both secrets for a day after a rotation", async () => {
    const trial = await newTrial();
    const rotated = endpoint(1, {
      secret: "whsec_bmV3",
      previousSecret: first.secret,
      rotatedAtMs: trial.clock.nowMs(),
    });
    trial.relay.setEndpoints([rotated]);
    trial.journal.append(null);
    await trial.wake();
    expect(trial.sent[0]?.webhook.secrets).toEqual(["whsec_bmV3", first.secret]);
    await trial.endAll(() => delivered);
    trial.clock.advance(86_400_000);
    trial.journal.append(null);
    await trial.wake();
    expect(trial.sent[0]?.webhook.secrets).toEqual(["whsec_bmV3"]);
  });

  test("goes back with a sale that was restored from a backup", async () => {
    const trial = await newTrial();
    for (let i = 0; i < 20; i++) trial.journal.append("ord_a");
    await trial.wake();
    await trial.endAll(({ seq }) => (seq === 10 ? failed : delivered));
    await trial.advance(1_000);
    expect(trial.desk.status(1)).toEqual({ readSeq: 22, pending: 13, dead: 0 });
    trial.journal.events.length = 5;
    trial.crash();
    trial.relay.setEndpoints([first]);
    await trial.endAll(() => delivered);
    const seq = trial.journal.append("ord_new");
    await trial.advance(10_000);
    expect(trial.sent.map((sent) => sent.seq)).toEqual([seq]);
    await trial.endAll(() => delivered);
    await trial.advance(1_000);
    expect(trial.desk.status(1)).toEqual({ readSeq: seq, pending: 0, dead: 0 });
  });

  test("gives up an event that the journal does not have any more", async () => {
    const trial = await newTrial();
    const seq = trial.journal.append(null);
    await trial.wake();
    await trial.endAll(() => failed);
    trial.journal.append(null);
    trial.journal.eventsAfter = (after) => ({ events: [], lastSeq: Math.max(after, seq) });
    await trial.advance(1_000);
    await trial.advance(1_000);
    expect(trial.rows(1, "dead")).toEqual([
      expect.objectContaining({ seq, lastError: "the event is not in the journal" }),
    ]);
  });

  test("stops at once when nothing is under way, and stores what ended in time", async () => {
    const trial = await newTrial();
    trial.journal.append(null);
    await trial.wake();
    const stopped = trial.relay.stop();
    trial.journal.append(null);
    await trial.endAll(() => delivered);
    await stopped;
    trial.relay.wake();
    expect(trial.sent).toEqual([]);
    expect(trial.desk.status(1)?.readSeq).toBe(3);
  });

  test("counts what an operator must know", async () => {
    const trial = await newTrial();
    for (let i = 0; i < 4; i++) trial.journal.append(null);
    await trial.wake();
    await trial.advance(300);
    expect(trial.relay.stats()).toMatchObject({ inFlight: 4, eventsBehindMax: 4, waitingMsMax: 300 });
    const [a, b, c, d] = trial.sent;
    const before = trial.relay.stats().delivered;
    await a?.end(delivered);
    await b?.end(failed);
    await c?.end({ outcome: "unreachable", reason: "timeout" });
    await d?.end({ outcome: "forbidden_address", address: "10.0.0.1" });
    expect(trial.relay.stats()).toEqual({
      endpoints: 1,
      endpointsFailing: 0,
      inFlight: 0,
      pending: 3,
      eventsBehindMax: 0,
      waitingMsMax: 0,
      delivered: before + 1,
      refused: 1,
      unreachable: 1,
      forbiddenAddress: 1,
      deadLettered: 0,
    });
    expect(trial.rows(1, "pending")).toEqual([]);
    await trial.advance(1_000);
    expect(trial.rows(1, "pending").map(({ lastError }) => lastError)).toEqual([
      "forbidden address 10.0.0.1",
      "timeout",
      "refused",
    ]);
  });
});

describe("an outbox that cannot be used", () => {
  test("is refused with what to do", () => {
    const folder = newFolder();
    expect(() => openOutboxDesk(folder)).toThrow("is missing");
    writeFileSync(outboxPath(folder), "no database at all, for many bytes".repeat(200));
    expect(() => openOutbox(folder)).toThrow("Move it away and start again");
  });

  test("is refused when a newer version wrote it", () => {
    const folder = newFolder();
    openOutbox(folder).close();
    const db = new Database(outboxPath(folder));
    db.exec("INSERT INTO migrations (name, hash) VALUES ('9999_of_the_future', 'f00')");
    db.close();
    expect(() => openOutbox(folder)).toThrow("was written by another version");
    expect(() => openOutboxDesk(folder)).toThrow("was written by another version");
  });
});
