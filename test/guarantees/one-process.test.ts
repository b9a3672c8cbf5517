/**
 * Proves that one data folder and one port belong to one process: a second one ends with 1 and one clear line, at once,
 * whichever of the two is older and however many HTTP threads they have; the first goes on unharmed and the folder keeps
 * every byte. Both are free again the moment their process is killed.
 * Does not prove it for a folder on a network file system, where locks are the server's to keep, nor for two machines.
 */
import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { buy, call, createCampaign, spawnServer, startServer, tokenOf } from "../harness.ts";
import { linesForPeople, portOf } from "./ending.ts";
import { scratchFolders } from "./soundness.ts";

const folder = scratchFolders();

test("a second process on the same folder is refused with one clear line; the first and the folder are unharmed", async () => {
  await using first = await startServer({ compiled: true });
  const { offers } = await createCampaign(first);
  const before = bytesOf(first.data);
  const second = spawnServer({ data: first.data, compiled: true });
  expect(await second.process.exited).toBe(1);
  expect(linesForPeople(second.log())).toEqual([
    expect.stringMatching(/^rushbox: lock: .*in use by another rushbox\. Stop/),
  ]);
  expect(second.log()).not.toContain('"ready"');
  expect(bytesOf(first.data)).toEqual(before);
  expect((await buy(first, offers[0]?.id ?? "", await tokenOf("ana"))).status).toBe(201);
}, 30_000);

test.each([
  { older: 1, younger: 1 },
  { older: 1, younger: 2 },
  { older: 2, younger: 1 },
  { older: 2, younger: 2 },
])(
  "a second process on the same port is refused: $older HTTP threads there, $younger here",
  async ({ older, younger }) => {
    await using first = await startServer({ compiled: true, args: ["--http-threads", String(older)] });
    const data = folder();
    const args = ["--port", String(first.port), "--http-threads", String(younger)];
    const second = spawnServer({ data, compiled: true, args });
    expect(await second.process.exited).toBe(1);
    expect(linesForPeople(second.log())).toEqual([
      expect.stringMatching(/^rushbox: listen: .* choose another with --port/),
    ]);
    // Every connection still ends at the first.
    const { id } = await createCampaign(first);
    const seen = await Promise.all(Array.from({ length: 20 }, () => call(`${first.url}/v1/campaigns/${id}`)));
    expect(seen.map(({ status }) => status)).toEqual(seen.map(() => 200));
  },
  30_000,
);

test("a port that another program has is refused", async () => {
  using other = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  for (const threads of ["1", "2"]) {
    const data = folder();
    const args = ["--port", String(other.port), "--http-threads", threads];
    const { process: child, log } = spawnServer({ data, compiled: true, args });
    expect(await child.exited).toBe(1);
    expect(linesForPeople(log())).toEqual([expect.stringMatching(/^rushbox: listen: /)]);
  }
}, 30_000);

test("of processes that start at the same moment on one folder, or on one port, exactly one gets it", async () => {
  const data = folder();
  for (const threads of ["1", "2"]) {
    const onFolder = Array.from({ length: 3 }, () =>
      spawnServer({ data, compiled: true, args: ["--http-threads", threads] }),
    );
    expect(await survivors(onFolder)).toBe(1);
    const port = freePort();
    const args = ["--port", String(port), "--http-threads", threads];
    const onPort = Array.from({ length: 3 }, () => spawnServer({ data: folder(), compiled: true, args }));
    expect(await survivors(onPort)).toBe(1);
  }
}, 30_000);

test("folder and port are free again the moment their process is killed", async () => {
  const data = folder();
  let args: string[] = ["--http-threads", "2"];
  for (let turn = 0; turn < 3; turn++) {
    const server = await startServer({ data, compiled: true, args });
    args = ["--http-threads", "2", "--port", String(server.port)];
    await server.stop("SIGKILL");
  }
}, 30_000);

/** Waits until every one is ready or dead, answers how many are ready, and kills those. The dead must have said why. */
async function survivors(started: readonly ReturnType<typeof spawnServer>[]): Promise<number> {
  const ports = await Promise.all(started.map(portOf));
  const dead = started.filter((_, index) => ports[index] === null);
  for (const { process: child, log } of dead) {
    expect(child.exitCode).toBe(1);
    expect(linesForPeople(log())).toEqual([expect.stringMatching(/^rushbox: (lock|listen): .*\.$/)]);
  }
  for (const { process: child } of started) child.kill("SIGKILL");
  await Promise.all(started.map(({ process: child }) => child.exited));
  return started.length - dead.length;
}

function freePort(): number {
  using probe = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  return probe.port;
}

/** Every file of the folder with the hash of its bytes. */
function bytesOf(folder: string): Record<string, string> {
  const hash = (name: string) => new Bun.CryptoHasher("sha256").update(readFileSync(join(folder, name))).digest("hex");
  return Object.fromEntries(readdirSync(folder).map((name) => [name, hash(name)]));
}
