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
  const [, url = ""] = /^shop +(\S+)\/ 商城$/m.exec(transcript) ?? [];
  const [, office, operatorKey = ""] = /^console +(\S+) .*operator key (\S+)$/m.exec(transcript) ?? [];
  if (url === "" || office !== `${url}/console`)
    throw new Error(`the demo did not start: ${transcript}${await new Response(child.stderr).text()}`);
  return {
    process: child,
    get transcript() {
      return transcript;
    },
    url,
    operatorKey,
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

interface DemoCampaignJson extends CampaignJson {
  readonly title: string;
  readonly kind: string;
  readonly admission: string;
  readonly description: string;
  readonly offers: (CampaignJson["offers"][number] & { readonly description: string; readonly image_url: string })[];
}

async function campaignsOf({ url, operatorKey }: Demo): Promise<readonly DemoCampaignJson[]> {
  const { body } = await call<{ campaigns: DemoCampaignJson[] }>(`${url}/v1/campaigns?limit=200`, { as: operatorKey });
  return body.campaigns;
}

async function ordersOf({ url, operatorKey }: Demo): Promise<readonly OrderJson[]> {
  const { body } = await call<{ orders: OrderJson[] }>(`${url}/v1/orders?limit=200`, { as: operatorKey });
  return body.orders;
}

describe("the demo", () => {
  let bought: readonly OrderJson[] = [];
  let demo: Demo;
  let soon: DemoCampaignJson;

  test("takes a free port and says so when the default one is taken", async () => {
    const occupant = occupy(3_000);
    demo = await startDemo();
    occupant?.stop(true);
    expect(demo.transcript).toContain("Port 3000 is taken");
    expect(demo.url).not.toBe("http://127.0.0.1:3000");
  });

  test("sells goods of all three kinds, with campaigns in every state and of every admission", async () => {
    const campaigns = await campaignsOf(demo);
    expect(new Set(campaigns.map(({ kind }) => kind))).toEqual(new Set(["one_yuan", "limited_time", "hot_item"]));
    const states = campaigns.map(({ admission, state }) => `${admission} ${state}`);
    expect(states.toSorted()).toEqual([
      ...["draw open", "open ended", "open open", "open paused", "open scheduled", "open scheduled"],
      "queue scheduled",
    ]);
    const sold = campaigns.flatMap(({ offers }) => offers).filter((offer) => offer.sold > 0);
    expect(sold.length).toBeGreaterThan(2);
  });

  test("describes all it sells in both languages, and has a picture of its own for each", async () => {
    const campaigns = await campaignsOf(demo);
    const offers = campaigns.flatMap((campaign) => campaign.offers);
    for (const { description } of [...campaigns, ...offers]) expect(description).toMatch(/\p{Script=Han}.*\n[A-Z0-9]/u);
    expect(new Set(offers.map(({ image_url }) => image_url)).size).toBe(offers.length);
    for (const { image_url } of offers)
      expect([image_url, (await fetch(demo.url + image_url)).status]).toEqual([image_url, 200]);
  });

  test("sells when its line is pasted", async () => {
    expect(await paste(lineAfter(demo, "Buy as alice"))).toMatch(/^HTTP\/1\.1 201 Created[\s\S]*"buyer_id":"alice"/);
  });

  test("lets a guest buy and pay, wait in the queue, and enter the draw", async () => {
    const guest = await guestOf(demo);
    const campaigns = await campaignsOf(demo);
    const ofAdmission = (admission: string, state: string) => {
      const found = campaigns.find((one) => one.admission === admission && one.state === state);
      return { campaignId: found?.id ?? "", offerId: found?.offers[0]?.id ?? "" };
    };
    const post = (path: string) => call<Record<string, unknown>>(demo.url + path, { method: "POST", as: guest });
    const order = await post(`/v1/offers/${ofAdmission("open", "open").offerId}/orders`);
    expect([order.status, order.body["buyer_id"]]).toEqual([201, expect.stringMatching(/^guest-/)]);
    const checkout = await post(`/v1/orders/${String(order.body["id"])}/checkout`);
    expect(await (await fetch(String(checkout.body["url"]))).text()).toContain("no money moves");
    const entry = await post(`/v1/offers/${ofAdmission("draw", "open").offerId}/draw`);
    expect([entry.status, entry.body]).toEqual([201, expect.objectContaining({ state: "entered" })]);
    // The queue's door has a challenge: what is missing is that alone.
    const queue = await post(`/v1/campaigns/${ofAdmission("queue", "scheduled").campaignId}/queue`);
    expect([queue.status, queue.body["code"]]).toEqual([403, "challenge_required"]);
  });

  test("verifies beside the running server when its line is pasted", async () => {
    expect(await paste(lineAfter(demo, "Check "))).toContain("Everything holds.");
  });

  test("loses nothing when it is killed, and sells no second set of goods when it starts again", async () => {
    bought = await ordersOf(demo);
    const campaigns = await campaignsOf(demo);
    const found = campaigns.find(({ kind }) => kind === "one_yuan");
    if (found === undefined) throw new Error("no sale opens soon");
    soon = found;
    demo.process.kill("SIGKILL");
    await demo.process.exited;
    demo = await startDemo("--port", new URL(demo.url).port);
    expect(await ordersOf(demo)).toEqual(bought);
    const textsOf = ({ id, title, description, offers }: DemoCampaignJson) => [
      ...[id, title, description],
      ...offers.map((offer) => [offer.description, offer.image_url]),
    ];
    const kept = await campaignsOf(demo);
    const isOld = ({ id }: DemoCampaignJson) => campaigns.some((campaign) => campaign.id === id);
    expect(kept.filter(isOld).map(textsOf)).toEqual(campaigns.map(textsOf));
    // Where the one that was to open has opened meanwhile, there is another one to wait for.
    const added = kept.filter((campaign) => !isOld(campaign));
    expect(added.map(({ title, state }) => [title, state])).toEqual(
      kept.find(({ id }) => id === soon.id)?.state === "scheduled" ? [] : added.map(() => [soon.title, "scheduled"]),
    );
  });

  test("opens another sale seconds after the first start, and sells from it then, killed or not", async () => {
    const guest = await guestOf(demo);
    const path = `/v1/offers/${soon.offers[0]?.id}/orders`;
    const attempt = async () => (await call(demo.url + path, { method: "POST", as: guest })).status;
    let status = await attempt();
    while (status === 403) {
      await Bun.sleep(200);
      status = await attempt();
    }
    expect(status).toBe(201);
    while (!demo.transcript.includes("Open now: ")) await Bun.sleep(50);
  });

  test("stops gracefully on Ctrl-C", async () => {
    for (const { id, state, admission } of await campaignsOf(demo)) {
      if (state === "open" || admission === "queue")
        await call(`${demo.url}/v1/campaigns/${id}/end`, { method: "POST", as: demo.operatorKey });
    }
    demo.process.kill("SIGINT");
    expect(await demo.process.exited).toBe(0);
  });

  test("has something of each kind to play with again when all had ended, beside all that was", async () => {
    demo = await startDemo("--port", "0");
    const states = (await campaignsOf(demo))
      .filter(({ state }) => state !== "ended" && state !== "paused")
      .map(({ admission, state }) => `${admission} ${state}`);
    expect(new Set(states)).toEqual(new Set(["open open", "open scheduled", "queue scheduled", "draw open"]));
    expect(states.filter((state) => state === "open open")).toHaveLength(1);
    const before = new Set((await ordersOf(demo)).map(({ id }) => id));
    expect(bought.filter(({ id }) => !before.has(id))).toEqual([]);
    expect(await paste(lineAfter(demo, "Buy as alice"))).toStartWith("HTTP/1.1 201 ");
  });
});

/** The token of somebody new. */
async function guestOf({ url }: Demo): Promise<string> {
  const { body } = await call<{ token: string }>(`${url}/v1/guests`, { method: "POST" });
  return body.token;
}

/** Listens on a port, or leaves it to whoever does already. */
function occupy(port: number): { stop(closeAll: boolean): void } | null {
  try {
    return Bun.listen({ hostname: "127.0.0.1", port, socket: { data() {} } });
  } catch {
    return null;
  }
}
