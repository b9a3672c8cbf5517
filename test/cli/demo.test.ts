/** The demo keeps what it prints: every line works when it is pasted into bash, and nothing is lost when it is killed. */
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { tmpdir } from "node:os";
import { type CampaignJson, call, newFolder, type OrderJson, programOf } from "../harness.ts";
import { plainEnv } from "./command.ts";

setDefaultTimeout(60_000);

interface Demo {
  readonly process: Bun.Subprocess;
  /** What it printed so far. */
  readonly transcript: string;
  readonly url: string;
  readonly operatorKey: string;
  readonly aliceToken: string;
}

const data = newFolder("rushbox demo's ");
const running: Bun.Subprocess[] = [];

afterAll(() => {
  for (const child of running) child.kill("SIGKILL");
});

async function startDemo(...args: string[]): Promise<Demo> {
  const child = Bun.spawn([...programOf(), "demo", "--data", data, ...args], {
    cwd: tmpdir(),
    env: plainEnv,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  running.push(child);
  const decoder = new TextDecoder();
  let transcript = "";
  const { promise: isReady, resolve } = Promise.withResolvers<void>();
  void (async () => {
    for await (const chunk of child.stdout) {
      transcript += decoder.decode(chunk, { stream: true });
      if (transcript.includes("Ctrl-C stops it.")) resolve();
    }
    resolve();
  })();
  await isReady;
  const after = (label: string) => new RegExp(`^${label} +(\\S+)`, "m").exec(transcript)?.[1] ?? "";
  const [url, operatorKey, aliceToken] = [after("API"), after("operator key"), after("alice's token")];
  if (url === "") throw new Error(`the demo did not start: ${transcript}${await new Response(child.stderr).text()}`);
  return {
    process: child,
    get transcript() {
      return transcript;
    },
    url,
    operatorKey,
    aliceToken,
  };
}

/** The line of the transcript that follows a heading. */
function lineAfter({ transcript }: Demo, heading: string): string {
  const lines = transcript.split("\n");
  return lines[lines.findIndex((line) => line.startsWith(heading)) + 1] ?? "";
}

async function paste(line: string): Promise<string> {
  const child = Bun.spawn(["bash", "-c", line], { cwd: tmpdir(), env: plainEnv, stdin: "ignore", stderr: "pipe" });
  return new Response(child.stdout).text();
}

async function campaignsOf({ url, operatorKey }: Demo): Promise<readonly CampaignJson[]> {
  const { body } = await call<{ campaigns: CampaignJson[] }>(`${url}/v1/campaigns?limit=200`, { as: operatorKey });
  return body.campaigns;
}

async function ordersOf({ url, operatorKey }: Demo): Promise<readonly OrderJson[]> {
  const { body } = await call<{ orders: OrderJson[] }>(`${url}/v1/orders?limit=200`, { as: operatorKey });
  return body.orders;
}

describe("the demo", () => {
  let bought: readonly OrderJson[] = [];
  let demo: Demo;
  let soonLine = "";

  test("takes a free port and says so when the default one is taken", async () => {
    const occupant = occupy(3_000);
    demo = await startDemo();
    occupant?.stop(true);
    expect(demo.transcript).toContain("Port 3000 is taken");
    expect(demo.url).not.toBe("http://127.0.0.1:3000");
  });

  test("sells goods of all three kinds, with campaigns in every state", async () => {
    const campaigns = (await campaignsOf(demo)) as readonly (CampaignJson & { kind: string })[];
    expect(new Set(campaigns.map(({ kind }) => kind))).toEqual(new Set(["one_yuan", "limited_time", "hot_item"]));
    expect(campaigns.map(({ state }) => state).toSorted()).toEqual([
      "ended",
      "open",
      "paused",
      "scheduled",
      "scheduled",
    ]);
    const sold = campaigns.flatMap(({ offers }) => offers).filter((offer) => offer.sold > 0);
    expect(sold.length).toBeGreaterThan(2);
  });

  test("buys when its line is pasted, shows the order, and pays one", async () => {
    expect(await paste(lineAfter(demo, "Buy: "))).toMatch(/^HTTP\/1\.1 201 Created[\s\S]*"buyer_id":"alice"/);
    expect(await paste(lineAfter(demo, "See her orders."))).toMatch(/"buyer_id":"alice".*"state":"reserved"/);
    const { url } = JSON.parse(await paste(lineAfter(demo, "Open the page"))) as { url: string };
    expect(await (await fetch(url)).text()).toContain("no money moves");
    expect(await paste(lineAfter(demo, "Pay "))).toContain('"state":"paid"');
    expect(await paste(lineAfter(demo, "Look at the sale."))).toContain('"state":"open"');
  });

  test("verifies beside the running server when its line is pasted", async () => {
    expect(await paste(lineAfter(demo, "Check "))).toContain("Everything holds.");
  });

  test("loses nothing when it is killed, and sells no second set of goods when it starts again", async () => {
    bought = await ordersOf(demo);
    const campaigns = await campaignsOf(demo);
    soonLine = lineAfter(demo, "Opens in ");
    demo.process.kill("SIGKILL");
    await demo.process.exited;
    demo = await startDemo("--port", new URL(demo.url).port);
    expect(await ordersOf(demo)).toEqual(bought);
    expect((await campaignsOf(demo)).map(({ id }) => id)).toEqual(campaigns.map(({ id }) => id));
  });

  test("opens another sale ten seconds after the first start, and its line buys then, killed or not", async () => {
    let answer = await paste(soonLine);
    expect(answer).toMatch(/^HTTP\/1\.1 (403|201) /);
    while (answer.startsWith("HTTP/1.1 403")) {
      await Bun.sleep(200);
      answer = await paste(soonLine);
    }
    expect(answer).toStartWith("HTTP/1.1 201 ");
    // Said by the demo too, unless the second start came when it was open already.
    const isExpected = demo.transcript.includes("Opens in ");
    while (isExpected && !demo.transcript.includes("Open now: ")) await Bun.sleep(50);
  });

  test("stops gracefully on Ctrl-C", async () => {
    for (const { id, state } of await campaignsOf(demo)) {
      if (state === "open") await call(`${demo.url}/v1/campaigns/${id}/end`, { method: "POST", as: demo.operatorKey });
    }
    demo.process.kill("SIGINT");
    expect(await demo.process.exited).toBe(0);
  });

  test("has something to buy again when all had ended, beside all that was", async () => {
    demo = await startDemo("--port", "0");
    expect((await campaignsOf(demo)).filter(({ state }) => state === "open")).toHaveLength(1);
    const before = new Set((await ordersOf(demo)).map(({ id }) => id));
    expect(bought.filter(({ id }) => !before.has(id))).toEqual([]);
    expect(await paste(lineAfter(demo, "Buy: "))).toStartWith("HTTP/1.1 201 ");
  });
});

/** Listens on a port, or leaves it to whoever does already. */
function occupy(port: number): { stop(closeAll: boolean): void } | null {
  try {
    return Bun.listen({ hostname: "127.0.0.1", port, socket: { data() {} } });
  } catch {
    return null;
  }
}
