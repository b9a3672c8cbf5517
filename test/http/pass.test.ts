/**
 * Passes over HTTP: a sale that needs one sells to nobody without, nobody has one before the opening, none works for
 * another buyer, another campaign or after its time; whoever has an order learns of it without one.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join as pathOf } from "node:path";
import { Passes } from "../../src/admission/pass.ts";
import { parseId } from "../../src/domain/ids.ts";
import { SignedText } from "../../src/host/signed-text.ts";
import {
  buy,
  type CampaignJson,
  call,
  createCampaign,
  newFolder,
  operatorKey,
  type Server,
  startServer,
  tokenOf,
} from "../harness.ts";
import { until } from "./until.ts";

setDefaultTimeout(60_000);

interface PassJson {
  readonly pass: string;
  readonly expires_at: string;
  readonly code?: string;
  readonly detail?: string;
  readonly opens_at?: string;
}

let server: Server;
let alice: string;
let bob: string;

beforeAll(async () => {
  server = await startServer({ args: ["--http-threads", "2"] });
  [alice, bob] = await Promise.all([tokenOf("alice"), tokenOf("bob")]);
});
afterAll(() => server[Symbol.asyncDispose]());

const offerIdOf = (campaign: CampaignJson) => campaign.offers[0]?.id ?? "";
const passFor = (campaign: CampaignJson, as: string, at: Pick<Server, "url"> = server) =>
  call<PassJson>(`${at.url}/v1/campaigns/${campaign.id}/pass`, { method: "POST", as });
const act = (campaign: CampaignJson, action: string) =>
  call(`${server.url}/v1/campaigns/${campaign.id}/${action}`, { method: "POST", as: operatorKey });
/** Made with the server's own key: what only the server can do. */
function sign(campaign: CampaignJson, how: { buyer: string; expiresAtMs: number; data?: string }): string {
  const key = readFileSync(pathOf(how.data ?? server.data, "pass.key"), "utf8").trim();
  const campaignId = parseId("cmp", campaign.id) ?? 0;
  return new Passes(new SignedText(key)).sign({
    campaignId,
    buyerId: how.buyer,
    entryId: null,
    expiresAtMs: how.expiresAtMs,
  });
}
async function refusal(campaign: CampaignJson, as: string, pass: string | null): Promise<unknown[]> {
  const { status, body } = await buy(server, offerIdOf(campaign), as, { pass });
  return [status, body.code, body.admission, body.reason];
}

describe("a sale that needs a pass", () => {
  test("says so, gives one, and sells with it", async () => {
    const campaign = await createCampaign(server, { pass: true, passWindowS: 60 });
    expect(campaign).toMatchObject({ admission: "open", pass: true, pass_window_s: 60 });
    expect(await refusal(campaign, alice, null)).toEqual([403, "not_admitted", "open", "missing"]);
    const askedAtMs = Date.now();
    const given = await passFor(campaign, alice);
    expect(given.status).toBe(201);
    const goodForMs = Date.parse(given.body.expires_at) - askedAtMs;
    expect(goodForMs).toBeGreaterThan(59_000);
    expect(goodForMs).toBeLessThan(62_000);
    expect((await buy(server, offerIdOf(campaign), alice, { pass: given.body.pass })).status).toBe(201);
  });

  test("gives none before the opening, and what is made up before it is worth nothing", async () => {
    const opensAt = new Date(Date.now() + 6_000).toISOString(); // a busy machine takes seconds to make a campaign
    const campaign = await createCampaign(server, { pass: true, opensAt });
    const early = await passFor(campaign, alice);
    expect([early.status, early.body.code, early.body.opens_at]).toEqual([403, "not_open", opensAt]);
    expect(Number(early.headers.get("retry-after"))).toBeWithin(1, 7);
    expect(JSON.stringify(early.body)).not.toContain("p1.");
    expect((await buy(server, offerIdOf(campaign), alice)).body.code).toBe("not_open");
    const given = await until(
      () => passFor(campaign, alice),
      ({ status }) => status === 201,
    );
    expect((await buy(server, offerIdOf(campaign), alice, { pass: given.body.pass })).status).toBe(201);
  });

  test("refuses by name a pass that is forged, another's, of another sale, or has run out", async () => {
    const campaign = await createCampaign(server, { pass: true, limitPerBuyer: 5 });
    const other = await createCampaign(server, { pass: true });
    const { pass } = (await passFor(campaign, alice)).body;
    const soonMs = Date.now() + 60_000;
    const forged = `${pass.slice(0, -1)}${pass.endsWith("A") ? "B" : "A"}`;
    expect(await refusal(campaign, alice, "give me one")).toEqual([403, "not_admitted", "open", "malformed"]);
    expect(await refusal(campaign, alice, forged)).toEqual([403, "not_admitted", "open", "forged"]);
    expect(await refusal(campaign, bob, pass)).toEqual([403, "not_admitted", "open", "wrong_buyer"]);
    expect(await refusal(other, alice, pass)).toEqual([403, "not_admitted", "open", "wrong_campaign"]);
    const old = sign(campaign, { buyer: "alice", expiresAtMs: Date.now() - 1 });
    expect(await refusal(campaign, alice, old)).toEqual([403, "not_admitted", "open", "expired"]);
    const attempts = await Promise.all(
      [forged, old, null].map((wrong) =>
        buy(server, offerIdOf(campaign), alice, { pass: wrong, prefer: "respond-async" }),
      ),
    );
    expect(attempts.map(({ status }) => status)).toEqual([403, 403, 403]);
    const key = new Passes(new SignedText("guessed"));
    const guessed = key.sign({ campaignId: 1, buyerId: "alice", entryId: null, expiresAtMs: soonMs });
    expect(await refusal(campaign, alice, guessed)).toEqual([403, "not_admitted", "open", "forged"]);
    const { body } = await call<CampaignJson>(`${server.url}/v1/campaigns/${campaign.id}`, { as: operatorKey });
    expect(body.offers[0]).toMatchObject({ available: 10, held: 0 });
    expect((await buy(server, offerIdOf(campaign), alice, { pass })).status).toBe(201);
  });

  test("a pass that is shown again is good for no more than its buyer's limit", async () => {
    const campaign = await createCampaign(server, { pass: true, limitPerBuyer: 2 });
    const { pass } = (await passFor(campaign, alice)).body;
    const replies = await Promise.all(
      Array.from({ length: 12 }, () => buy(server, offerIdOf(campaign), alice, { pass })),
    );
    expect(replies.filter(({ status }) => status === 201)).toHaveLength(2);
    expect(new Set(replies.map(({ body }) => body.code))).toEqual(new Set([undefined, "limit_reached"]));
  });

  test("tells first what no pass would change: paused, sold out, ended", async () => {
    const campaign = await createCampaign(server, { pass: true, stock: 1 });
    const offer = offerIdOf(campaign);
    const { pass } = (await passFor(campaign, alice)).body;
    await act(campaign, "pause");
    expect([(await buy(server, offer, bob)).body.code, (await passFor(campaign, bob)).body.code]).toEqual([
      "paused",
      "paused",
    ]);
    await act(campaign, "resume");
    expect((await buy(server, offer, alice, { pass })).status).toBe(201);
    expect([(await buy(server, offer, bob)).body.code, (await passFor(campaign, bob)).body.code]).toEqual([
      "sold_out",
      "sold_out",
    ]);
    await act(campaign, "end");
    expect([(await buy(server, offer, bob)).body.code, (await passFor(campaign, bob)).body.code]).toEqual([
      "ended",
      "ended",
    ]);
  });

  test("whoever repeats the key of their order gets it without a pass, and a key gets nobody anything else", async () => {
    const campaign = await createCampaign(server, { pass: true, limitPerBuyer: 5 });
    const elsewhere = await createCampaign(server, { limitPerBuyer: 5 });
    const offer = offerIdOf(campaign);
    const { pass } = (await passFor(campaign, alice)).body;
    const first = await buy(server, offer, alice, { pass, key: "k1" });
    expect(first.status).toBe(201);
    for (const shown of [null, "nonsense", sign(campaign, { buyer: "alice", expiresAtMs: 1 }), pass]) {
      const again = await buy(server, offer, alice, { key: "k1", pass: shown });
      expect([again.status, again.body.id]).toEqual([200, first.body.id]);
    }
    expect((await buy(server, offer, alice, { key: "k1", quantity: 2 })).body.code).toBe("key_reused");
    expect((await buy(server, offer, bob, { key: "k1" })).body.reason).toBe("missing");
    expect((await buy(server, offer, alice, { key: "k2" })).body.reason).toBe("missing");
    // A key that has an order elsewhere, in a sale that is settled too, opens nothing here.
    const other = await buy(server, offerIdOf(elsewhere), alice, { key: "k3" });
    expect(other.status).toBe(201);
    expect((await buy(server, offer, alice, { key: "k3" })).body.reason).toBe("missing");
    await call(`${server.url}/v1/orders/${other.body.id}/cancel`, { method: "POST", as: alice });
    await act(elsewhere, "end");
    expect((await buy(server, offer, alice, { key: "k3" })).body.reason).toBe("missing");
    expect((await buy(server, offer, alice, { key: "k3", prefer: "respond-async" })).body.reason).toBe("missing");
  });
});

test("a sale that needs no pass gives none, and takes whatever is shown", async () => {
  const campaign = await createCampaign(server);
  const refused = await passFor(campaign, alice);
  expect([refused.status, refused.body.code]).toEqual([409, "pass_off"]);
  expect((await buy(server, offerIdOf(campaign), alice, { pass: "nonsense" })).status).toBe(201);
});

test("queues and draws send those who ask for a pass where one gets in", async () => {
  const closesAt = new Date(Date.now() + 3_600_000).toISOString();
  const queue = await passFor(await createCampaign(server, { admission: "queue" }), alice);
  const draw = await passFor(await createCampaign(server, { admission: "draw", closesAt }), alice);
  expect([queue.body.code, draw.body.code]).toEqual(["pass_off", "pass_off"]);
  expect([queue.body.detail, draw.body.detail]).toEqual([
    expect.stringContaining("queue"),
    expect.stringContaining("draw"),
  ]);
});

test("a pass is asked for with a token, of a sale that is there", async () => {
  const draft = await createCampaign(server, { pass: true, publish: false });
  expect((await passFor(draft, alice)).status).toBe(404);
  expect((await passFor({ ...draft, id: "cmp_zzzzzzzzzz" }, alice)).status).toBe(404);
  expect((await call(`${server.url}/v1/campaigns/${draft.id}/pass`, { method: "POST" })).status).toBe(401);
  expect((await passFor(draft, operatorKey)).status).toBe(401);
});

test("a pass outlives a restart, and does not fit another server", async () => {
  const data = newFolder();
  let campaign: CampaignJson;
  let pass: string;
  {
    await using first = await startServer({ data });
    campaign = await createCampaign(first, { pass: true });
    pass = (await passFor(campaign, alice, first)).body.pass;
    await first.stop("SIGKILL");
  }
  await using second = await startServer({ data });
  const offer = offerIdOf(campaign);
  await using stranger = await startServer();
  const theirs = await createCampaign(stranger, { pass: true });
  expect(theirs.id).toBe(campaign.id);
  const { body } = await passFor(theirs, alice, stranger);
  expect((await buy(second, offer, alice, { pass: body.pass })).body.reason).toBe("forged");
  expect((await buy(second, offer, alice, { pass })).status).toBe(201);
});
