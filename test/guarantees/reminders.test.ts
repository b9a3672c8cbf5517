/**
 * Proves that a reminder comes exactly once though the process is killed again and again around its time: one event for
 * each in the ledger, never before it is due; and to a webhook's receiver each is one message, by its id, however often it
 * is sent. Does not prove what a torn log leaves: see torn-log.test.ts.
 */

import { Database } from "bun:sqlite";
import { expect, setDefaultTimeout, test } from "bun:test";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { call, createCampaign, operatorKey, type Server, spawnServer, startServer, tokenOf } from "../harness.ts";
import { until } from "../http/until.ts";
import { copyFolder } from "./ledger.ts";
import { scratchFolders, wrongIn } from "./soundness.ts";

setDefaultTimeout(120_000);

const folder = scratchFolders();
/** Many batches, so that kills fall between two of them. */
const count = 1_800;
const killsMax = 5;

interface Row {
  readonly id: number;
  readonly buyer_id: string;
  readonly due_at_ms: number;
  readonly state: string;
}

test("each of thousands comes exactly once through kills around its time, and once to whoever looks at webhook-id", async () => {
  const data = folder();
  const env = { RUSHBOX_WEBHOOKS_PRIVATE: "yes" };
  const bodies = new Map<string, Set<string>>();
  let arrivals = 0;
  using receiver = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      const id = request.headers.get("webhook-id") ?? "";
      const body = await request.text();
      bodies.set(id, (bodies.get(id) ?? new Set()).add(body));
      arrivals += 1;
      return new Response(null, { status: 204 });
    },
  });
  let server: Server = await startServer({ data, env, compiled: true });
  const hook = { url: `http://127.0.0.1:${receiver.port}/`, types: ["reminder_due"] };
  await call(`${server.url}/v1/webhooks`, { method: "POST", as: operatorKey, body: hook });
  const tokens = await Promise.all(Array.from({ length: count }, (_, n) => tokenOf(`buyer-${n}`)));
  const opensAtMs = Date.now() + 80_000;
  const dueAtMs = opensAtMs - 60_000;
  const campaign = await createCampaign(server, { opensAt: new Date(opensAtMs).toISOString() });
  const path = `/v1/campaigns/${campaign.id}/reminder`;
  for (let from = 0; from < count; from += 100) {
    const some = tokens
      .slice(from, from + 100)
      .map((as) => call(server.url + path, { method: "POST", as, body: { lead_s: 60 } }));
    for (const { status } of await Promise.all(some)) expect(status).toBe(201);
  }
  // Removed before its time, it never comes.
  const removed = await call(`${server.url}${path}/remove`, { method: "POST", as: tokens[0] ?? "" });
  expect(removed.status).toBe(200);
  expect(Date.now()).toBeLessThan(dueAtMs - 1_000);

  // Killed just before the time; then as soon as the first batch is stored, and again after each that follows.
  await Bun.sleep(Math.max(0, dueAtMs - 40 - Date.now()));
  await server.stop("SIGKILL");
  const cameAtKills: number[] = [cameIn(data)];
  for (let kill = 1; kill < killsMax; kill++) {
    const before = cameIn(data);
    const started = spawnServer({ data, env, compiled: true });
    await until(
      async () => cameIn(data),
      (came) => came > before || came === count - 1,
      20_000,
      1,
    ).catch((cause: unknown) => {
      throw new Error(`nothing came; the server said:\n${started.log()}`, { cause });
    });
    started.process.kill("SIGKILL");
    await started.process.exited;
    cameAtKills.push(cameIn(data));
  }
  server = await startServer({ data, env, compiled: true });
  await until(
    async () => bodies.size,
    (size) => size === count - 1,
    60_000,
  );
  await server.stop("SIGTERM");

  const { found, ledger } = wrongIn(data);
  expect(found).toEqual([]);
  const rows = remindersIn(data);
  const came = ledger.events.filter(({ type }) => type === "reminder_due");
  expect(came.map(({ previous_seq }) => previous_seq)).toEqual(rows.slice(1).map(({ id }) => id));
  expect(new Set(rows.map(({ buyer_id, state }) => `${buyer_id} ${state}`)).size).toBe(count);
  expect(rows.filter(({ state }) => state !== "due").map(({ state }) => state)).toEqual(["removed"]);
  expect(came.filter(({ at_ms }) => at_ms < dueAtMs)).toEqual([]);
  // Of two messages with one id both say the same, so whoever keeps the ids acts on each event once.
  expect([...bodies.values()].filter((of) => of.size !== 1)).toEqual([]);
  const told = [...bodies.values()].flatMap((of) => [...of].map((body) => JSON.parse(body).data.reminder.reminder_id));
  expect(new Set(told).size).toBe(count - 1);
  process.stdout.write(
    `${came.length} reminders, ${arrivals} messages; of them had come at the kills: ${cameAtKills.join(", ")}\n`,
  );
});

/** What is committed, read beside whoever writes. */
function cameIn(data: string): number {
  using db = new Database(join(data, "rushbox.db"), { readonly: true });
  db.exec("PRAGMA busy_timeout = 5000"); // a start recovers the log alone
  const [came] = db.query("SELECT count(*) FROM reminders WHERE state = 'due'").values()[0] ?? [];
  return Number(came);
}

function remindersIn(data: string): Row[] {
  const copy = copyFolder(data);
  try {
    using db = new Database(join(copy, "rushbox.db"));
    return db.query("SELECT id, buyer_id, due_at_ms, state FROM reminders ORDER BY id").all() as Row[];
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}
