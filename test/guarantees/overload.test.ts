/**
 * Proves what happens when the disk hangs: a sync is held for 18 seconds (strace). As many commands as may wait do wait;
 * one more is answered `overloaded` with Retry-After and changes nothing; what needs no disk is answered as ever; who
 * waits ten seconds is told `outcome_unknown`, and their key leads to one order; and when the disk is back, all that was
 * accepted is decided and nothing is lost. A share of the purchases is refused before that, since the wait is long: that
 * changes nothing either.
 * Does not prove a bound on memory: the commands that wait are counted, not weighed.
 */
import { expect, test } from "bun:test";
import { limits } from "../../src/domain/limits.ts";
import { type CampaignJson, call, createCampaign, type OfferJson, startServer } from "../harness.ts";
import { canInject, injection } from "./faults.ts";
import { keyOf, numberOf, ordersByKey } from "./ledger.ts";
import { type Answer, type Ending, Line } from "./line.ts";
import { makeBuyers } from "./load.ts";
import { scratchFolders, wrongIn } from "./soundness.ts";

const hangsForMs = 18_000;
const deadlineMs = 10_000;
const linesCount = 64;
const folder = scratchFolders();

test.skipIf(!canInject)(
  "with the disk hanging the queue is bounded, waiting ends in outcome_unknown, and nothing accepted is lost",
  async () => {
    const data = folder();
    const prepared = await startServer({ data, compiled: true });
    const { id: campaign, offers } = await createCampaign(prepared, { stock: 100_000, limitPerBuyer: 1_000 });
    const [{ id: offer }] = offers as [OfferJson];
    await prepared.stop();
    const wrapper = injection({ calls: "fsync,fdatasync", effect: `delay_enter=${hangsForMs * 1_000}`, when: "6" });
    const server = await startServer({ data, compiled: true, wrapper });
    const buyers = await makeBuyers(100);
    const path = `/v1/offers/${offer}/orders`;

    // One after the other, until one hangs.
    using first = new Line(server.port);
    const token = buyers[0]?.token ?? "";
    let hanging: { readonly key: string; readonly ending: Promise<Ending>; readonly sinceMs: number } | null = null;
    for (let number = 0; hanging === null; number++) {
      const key = `first-${number}`;
      const sinceMs = performance.now();
      const ending = first.ask({ path, as: token, key });
      const isAnswered = await Promise.race([ending.then(() => true), Bun.sleep(300).then(() => false)]);
      if (!isAnswered) hanging = { key, ending, sinceMs };
      expect(number).toBeLessThan(20);
    }

    // Accepted without waiting, so that a few connections fill the queue.
    const accepted: string[] = [];
    const shed: string[] = [];
    const refused: { readonly key: string; readonly answer: Answer }[] = [];
    const fill = async (_: unknown, lineNumber: number) => {
      using line = new Line(server.port);
      for (let number = 0; refused.length === 0; number++) {
        const buyer = buyers[(lineNumber + number) % buyers.length];
        const key = `more-${lineNumber}-${number}`;
        const answer = answered(await line.ask({ path, as: buyer?.token ?? "", key, prefer: "respond-async" }));
        if (answer.status === 202) accepted.push(keyOf(buyer?.name ?? "", key));
        else if ("refused" in (JSON.parse(answer.text) as object)) shed.push(keyOf(buyer?.name ?? "", key));
        else refused.push({ key: keyOf(buyer?.name ?? "", key), answer });
      }
    };
    await Promise.all(Array.from({ length: linesCount }, fill));
    expect(performance.now() - hanging.sinceMs).toBeLessThan(hangsForMs - 2_000);
    expect(accepted.length + 1).toBe(limits.commandsInFlightMax);
    for (const { answer } of refused) {
      expect(answer).toMatchObject({ status: 503 });
      expect(JSON.parse(answer.text)).toMatchObject({ code: "overloaded", status: 503 });
      expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
      expect(answer.headers.get("content-type")).toBe("application/problem+json");
    }
    // Who waits for the answer is refused like who does not; what needs no disk is answered at once.
    using other = new Line(server.port);
    const waiting = answered(await other.ask({ path, as: token, key: "late" }));
    expect(JSON.parse(waiting.text)).toMatchObject({ code: "overloaded" });
    const look = await call<CampaignJson>(`${server.url}/v1/campaigns/${campaign}`);
    const heldBefore = look.body.offers[0]?.held;
    expect((await call(`${server.url}/healthz`)).status).toBe(200);
    expect(performance.now() - hanging.sinceMs).toBeLessThan(hangsForMs);

    const unknown = answered(await hanging.ending);
    const waitedMs = performance.now() - hanging.sinceMs;
    expect(JSON.parse(unknown.text)).toMatchObject({ code: "outcome_unknown", status: 503 });
    expect(Number(unknown.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(waitedMs).toBeGreaterThan(deadlineMs - 100);
    expect(waitedMs).toBeLessThan(hangsForMs);

    // The disk is back: everything is decided, and repeating the key gives the one order.
    const repeated = answered(await retryUntilKnown(first, { path, as: token, key: hanging.key }));
    expect(repeated.status).toBe(200);
    const lateAgain = answered(await retryUntilKnown(first, { path, as: token, key: "late" }));
    expect(lateAgain.status).toBe(201);
    expect(await server.stop()).toBe(0);
    const { found, ledger } = wrongIn(data);
    const stored = ordersByKey(ledger);
    expect(found).toEqual([]);
    expect(accepted.filter((key) => !stored.has(key))).toEqual([]);
    expect(refused.filter(({ key }) => stored.has(key))).toEqual([]);
    expect(shed.filter((key) => stored.has(key))).toEqual([]);
    expect(stored.get(keyOf(buyers[0]?.name ?? "", hanging.key))?.id).toBe(
      numberOf((JSON.parse(repeated.text) as { id: string }).id),
    );
    expect(ledger.offers[0]?.held).toBe((heldBefore ?? 0) + 1 + accepted.length + 1);
  },
  60_000,
);

function answered(ending: Ending): Answer {
  if (typeof ending === "string") throw new Error(`no answer: ${ending}`);
  return ending;
}

/** Repeats as a client does that is told to come back. */
async function retryUntilKnown(line: Line, wanted: { path: string; as: string; key: string }): Promise<Ending> {
  for (;;) {
    const ending = await line.ask(wanted);
    if (typeof ending === "string" || ending.status !== 503) return ending;
    await Bun.sleep(100);
  }
}
