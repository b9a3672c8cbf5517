/**
 * Guards whether somebody may try, as the routes ask it: the access list first, which lets by or refuses; then rate
 * limits; then the risk desk's verdicts, which nobody feels while they are only recorded. And that a solved challenge
 * is asked for where its campaign says so, used up once, and refused by name.
 */
import { describe, expect, test } from "bun:test";
import { solveChallenge } from "altcha-lib";
import { deriveKey } from "altcha-lib/algorithms/pbkdf2";
import { AccessList } from "../../src/admission/access-list.ts";
import { Captcha } from "../../src/admission/captcha.ts";
import { type Challenge, Challenges, challengeLifetimeMs } from "../../src/admission/challenge.ts";
import { LoadBoard } from "../../src/admission/load-board.ts";
import { RateTable } from "../../src/admission/rate-limit.ts";
import { RiskFeed } from "../../src/admission/risk/feed.ts";
import type { SampleBatch, Verdict } from "../../src/admission/risk/mailbox.ts";
import { Verdicts } from "../../src/admission/risk/verdicts.ts";
import { SpentSet } from "../../src/admission/spent-set.ts";
import type { AccessEffect } from "../../src/domain/access.ts";
import type { ChallengeKind } from "../../src/domain/admission.ts";
import { type Controls, controlsDefault, type RateLimit, type RiskMode } from "../../src/domain/controls.ts";
import { Metrics } from "../../src/host/metrics.ts";
import { ClientAddresses } from "../../src/http/address.ts";
import { Admission } from "../../src/http/admission.ts";
import { Gate } from "../../src/http/gate.ts";
import { metricDefinitions } from "../../src/metrics.ts";

const startMs = 1_700_000_000_000;
const sale = 7;
const buyerOf = (id: string) => ({
  id,
  json: JSON.stringify(id),
  expiresAtMs: Number.POSITIVE_INFINITY,
  isAgent: false,
});

class Door {
  nowMs = startMs;
  /** `null`: the client has hung up. */
  address: string | null = "192.0.2.1";
  addressesAsked = 0;
  readonly office: { controls: Controls } = { controls: controlsDefault };
  readonly access = new AccessList();
  readonly verdicts = new Verdicts();
  readonly batches: SampleBatch[] = [];
  readonly clock = { nowMs: () => this.nowMs, elapsedMs: () => this.nowMs };
  readonly feed = new RiskFeed((message) => {
    if (message.type === "samples") this.batches.push(JSON.parse(message.text) as SampleBatch);
  });
  readonly challenges: Challenges;
  readonly metrics = new Metrics(metricDefinitions(1), { thread: 0, threads: 1 });
  readonly rates = RateTable.make([1, 2], 0);
  readonly admission: Admission;

  constructor(captcha: Captcha | null = null) {
    this.feed.isOn = true;
    const spent = new SpentSet(challengeLifetimeMs, new SharedArrayBuffer(8 * 1_024));
    this.challenges = new Challenges({ secret: "secret", run: "run", spent, clock: this.clock });
    const addresses = new ClientAddresses({ trusted: [], header: "x-forwarded-for" });
    addresses.attach({
      requestIP: () => {
        this.addressesAsked += 1;
        return this.address === null ? null : { address: this.address };
      },
    });
    const { access, challenges, clock, feed, metrics, office, rates, verdicts } = this;
    const load = LoadBoard.forThreads(1);
    const gate = new Gate({ addresses, areRatesLimited: true, clock, load, metrics, office, rates });
    const who = { access, verdicts, feed, gate, rates, captcha, challenges };
    this.admission = new Admission({ ...who, addresses, clock, metrics, office });
  }

  set mode(riskMode: RiskMode) {
    this.office.controls = { ...this.office.controls, riskMode };
  }

  allow(buyer: RateLimit): void {
    const rateLimits = { ...controlsDefault.rateLimits, buyer };
    this.office.controls = { ...this.office.controls, rateLimits };
  }

  list(effect: AccessEffect, value: string, expiresAtMs: number | null = null): void {
    const kind = value.includes("/") ? "network" : "buyer";
    const entryId = this.access.entries.length + 1;
    const added = { entryId, effect, kind, value, reason: "resold before", createdAtMs: 0, expiresAtMs } as const;
    this.access.receive([{ added }]);
  }

  judge(action: Verdict["action"], id: string, kind: Verdict["kind"] = "buyer"): void {
    const fired = [{ rule: "regular_clicks", points: 40, value: 99 }] as const;
    const times = { sinceMs: this.nowMs, expiresAtMs: this.nowMs + 60_000 };
    this.verdicts.receive([{ kind, id, action, score: 90, fired, ...times }]);
  }

  try(buyer: string): string {
    return this.admission.admit(new Request("http://shop.example"), buyerOf(buyer), sale)?.outcome ?? "may";
  }

  async body(buyer: string): Promise<Record<string, unknown>> {
    const refused = this.admission.admit(new Request("http://shop.example"), buyerOf(buyer), sale);
    return { status: refused?.response.status, ...((await refused?.response.json()) as object) };
  }

  async challenge(kind: ChallengeKind, buyer: string, sent?: string): Promise<string> {
    const headers = sent === undefined ? {} : { "rushbox-challenge": sent };
    const request = new Request("http://shop.example", { headers });
    const campaign = { id: sale, admission: { challenge: kind } };
    const refused = await this.admission.checkChallenge(request, buyerOf(buyer), campaign);
    if (refused === null) return "solved";
    const { code, reason } = (await refused.json()) as { code: string; reason?: string };
    return reason === undefined ? code : `${code} ${reason}`;
  }

  count(metric: string): number {
    const line = this.metrics
      .render()
      .split("\n")
      .find((text) => text.startsWith(`${metric} `));
    return Number(line?.split(" ").at(-1));
  }
}

async function solve(challenge: Challenge): Promise<string> {
  const solution = await solveChallenge({ challenge, deriveKey });
  return Buffer.from(JSON.stringify({ challenge, solution })).toString("base64");
}

describe("an attempt", () => {
  test("of somebody who is blocked is refused with the entry's reason, before anything is counted for them", async () => {
    const door = new Door();
    door.list("block", "mallory", startMs + 60_000);
    door.list("block", "198.51.100.0/24");
    expect([door.try("mallory"), door.try("alice")]).toEqual(["blocked", "may"]);
    door.feed.flush();
    expect(door.batches.flatMap(({ samples }) => samples.map(([, buyer]) => buyer))).toEqual(["alice"]);
    const body = await door.body("mallory");
    expect(body).toMatchObject({ status: 403, code: "blocked", blocked_by: "access_list", reason: "resold before" });
    expect(body["expires_at"]).toBe(new Date(startMs + 60_000).toISOString());
    expect(String(body["detail"])).toContain("resold before");
    door.address = "198.51.100.77";
    expect(door.try("alice")).toBe("blocked");
    door.nowMs += 60_000;
    door.address = "192.0.2.1";
    expect(door.try("mallory")).toBe("may");
  });

  test("of somebody who is allowed is let by rate limits and verdicts, and not told to the desk", () => {
    const door = new Door();
    door.mode = "enforce";
    door.list("allow", "partner");
    for (const buyer of ["partner", "mallory"]) door.judge("block", buyer);
    door.allow({ quota: 1, windowS: 60 });
    expect(["partner", "partner", "mallory", "mallory"].map((buyer) => door.try(buyer))).toEqual([
      ...["may", "may", "blocked", "rate_limited"],
    ]);
    door.feed.flush();
    expect(door.batches.flatMap(({ samples }) => samples.map(([, buyer]) => buyer))).toEqual(["mallory", "mallory"]);
  });

  test("is refused by a verdict when verdicts are enforced; recorded they stop nobody", async () => {
    const door = new Door();
    door.judge("block", "mallory");
    door.mode = "record";
    expect(door.try("mallory")).toBe("may");
    door.mode = "enforce";
    expect(door.try("mallory")).toBe("blocked");
    expect(await door.body("mallory")).toMatchObject({
      status: 403,
      code: "blocked",
      blocked_by: "risk",
      reason: "regular_clicks",
      expires_at: new Date(startMs + 60_000).toISOString(),
    });
    door.mode = "off";
    expect(door.try("mallory")).toBe("may");
    expect(door.count('rushbox_risk_refusals_total{action="block",mode="enforce"}')).toBe(2);
    door.mode = "enforce";
    door.nowMs += 60_000;
    expect(door.try("mallory")).toBe("may");
  });

  test("of somebody who is slowed down is taken now and then, and says when", async () => {
    const door = new Door();
    door.mode = "enforce";
    door.judge("slow", "192.0.2.1", "address");
    expect([door.try("mallory"), door.try("mallory"), door.try("alice")]).toEqual(["may", "slowed", "may"]);
    const refused = door.admission.admit(new Request("http://shop.example"), buyerOf("mallory"), sale);
    expect([refused?.response.status, refused?.response.headers.get("retry-after")]).toEqual([429, "3"]);
    door.nowMs += 3_000;
    expect(door.try("mallory")).toBe("may");
    door.address = "198.51.100.1";
    expect([door.try("mallory"), door.try("mallory")]).toEqual(["may", "may"]);
  });

  test("that is only to solve harder challenges goes on", () => {
    const door = new Door();
    door.mode = "enforce";
    door.judge("harder", "mallory");
    expect([door.try("mallory"), door.try("mallory")]).toEqual(["may", "may"]);
    const difficulty = (buyer: string) =>
      door.admission.difficultyFor(new Request("http://shop.example"), buyerOf(buyer));
    expect([difficulty("mallory"), difficulty("alice")]).toEqual(["harder", "normal"]);
    door.mode = "record";
    expect(difficulty("mallory")).toBe("normal");
  });

  test("asks for no address when nobody needs one", () => {
    const door = new Door();
    door.feed.isOn = false;
    door.mode = "off";
    door.list("block", "mallory");
    door.try("alice");
    expect(door.addressesAsked).toBe(0);
    door.list("block", "198.51.100.0/24");
    door.feed.isOn = true;
    door.mode = "enforce";
    door.judge("slow", "203.0.113.1", "address");
    door.try("alice");
    expect(door.addressesAsked).toBe(1);
  });

  test("is refused to whoever has hung up, wherever an address counts, and nowhere else", () => {
    const hungUp = () => {
      const door = new Door();
      door.address = null;
      return door;
    };
    expect(hungUp().try("alice")).toBe("may");
    const listed = hungUp();
    listed.list("block", "198.51.100.0/24");
    expect(listed.try("alice")).toBe("client_gone");
    const judged = hungUp();
    judged.judge("slow", "203.0.113.1", "address");
    expect(judged.try("alice")).toBe("may"); // only recorded
    judged.mode = "enforce";
    expect(judged.try("alice")).toBe("client_gone");
    const limited = hungUp();
    limited.office.controls = {
      ...controlsDefault,
      rateLimits: { ...controlsDefault.rateLimits, address: { quota: 1_000, windowS: 1 } },
    };
    expect(limited.try("alice")).toBe("rate_limited");
  });

  test("is told to the desk with the /64 of IPv6, and who was refused by outcome", () => {
    const door = new Door();
    door.address = "2001:db8:1:2:3:4:5:6";
    const network = "2001:db8:1:2::/64";
    door.try("alice");
    door.admission.noteOrder(() => network, buyerOf("alice"), sale, 2);
    door.admission.noteRefusal(sale, "slowed");
    door.feed.flush();
    expect(door.batches).toEqual([
      {
        samples: [
          [0, "alice", network, sale, startMs, 1],
          [1, "alice", network, sale, startMs, 2],
        ],
        seen: { attempt: 1, order: 1, solved: 0 },
        refusals: [[sale, { slowed: 1 }]],
      },
    ]);
  });
});

describe("a challenge", () => {
  test("is not asked for where the campaign has none, nor of those who are allowed", async () => {
    const door = new Door();
    expect(await door.challenge("none", "alice")).toBe("solved");
    expect(await door.challenge("proof_of_work", "alice")).toBe("challenge_required");
    expect(await door.challenge("captcha", "alice")).toBe("challenge_unavailable");
    door.list("allow", "alice");
    expect(await door.challenge("proof_of_work", "alice")).toBe("solved");
    expect(await door.challenge("captcha", "alice")).toBe("solved");
  });

  test("that is solved counts once, and each other way is named", async () => {
    const door = new Door();
    const sent = await solve(await door.challenges.make("alice", sale, "normal"));
    expect(await door.challenge("proof_of_work", "bob", sent)).toBe("challenge_failed wrong_buyer");
    expect(await door.challenge("proof_of_work", "alice", "nonsense")).toBe("challenge_failed malformed");
    expect(await door.challenge("proof_of_work", "alice", sent)).toBe("solved");
    expect(await door.challenge("proof_of_work", "alice", sent)).toBe("challenge_failed replayed");
    const result = (name: string) => door.count(`rushbox_challenges_total{result="${name}"}`);
    expect(["solved", "replayed", "wrong_buyer", "malformed", "forged"].map(result)).toEqual([1, 1, 1, 1, 0]);
    door.feed.flush();
    const [[kind, buyer] = []] = door.batches[0]?.samples ?? [];
    expect([kind, buyer]).toEqual([2, "alice"]);
  });

  test("of a captcha is its verifier's word, and 503 without it", async () => {
    let answer = () => Response.json({ success: true });
    using verifier = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => answer() });
    const settings = { url: verifier.url.href, secret: "s", siteKey: "k", hostname: null };
    const door = new Door(new Captcha({ settings, elapsedMs: () => Number.NEGATIVE_INFINITY }));
    expect(await door.challenge("captcha", "alice", "token")).toBe("solved");
    expect(await door.challenge("captcha", "alice")).toBe("challenge_required");
    answer = () => Response.json({ success: false });
    expect(await door.challenge("captcha", "alice", "token")).toBe("challenge_failed not_solved");
    answer = () => new Response("oops", { status: 500 });
    expect(await door.challenge("captcha", "alice", "token")).toBe("challenge_unavailable");
  });
});
