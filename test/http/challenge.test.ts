/**
 * Challenges on a running server, at the doors where they are asked for: nobody gets a pass, a place in a queue or an
 * entry in a draw without a solution of their own, for this campaign, that was not used before; whoever is in already
 * needs none, and no solution is used up where nothing could have come of it.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { solveChallenge } from "altcha-lib";
import { deriveKey } from "altcha-lib/algorithms/pbkdf2";
import type { Challenge } from "../../src/admission/challenge.ts";
import { type CampaignJson, call, createCampaign, operatorKey, type Server, startServer, tokenOf } from "../harness.ts";

setDefaultTimeout(60_000);

let server: Server;
const tokens = new Map<string, string>();
const as = (buyer: string) => tokens.get(buyer) ?? "";
/** What the stand-in of the captcha's verifier says; `null`: it is down. */
let verdict: object | null = { success: true };
const verifier = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  fetch: () => (verdict === null ? new Response("down", { status: 500 }) : Response.json(verdict)),
});

beforeAll(async () => {
  const captcha = { URL: verifier.url.href, SECRET: "s", SITE_KEY: "k" };
  const env = Object.fromEntries(Object.entries(captcha).map(([name, value]) => [`RUSHBOX_CAPTCHA_${name}`, value]));
  server = await startServer({ args: ["--http-threads", "2"], env });
  for (const buyer of ["alice", "bob", "carol"]) tokens.set(buyer, await tokenOf(buyer));
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await verifier.stop(true);
});

/** A challenge solved, as the header has it. */
async function solved(campaign: CampaignJson, buyer: string): Promise<string> {
  const url = `${server.url}/v1/campaigns/${campaign.id}/challenge`;
  const { parameters, signature } = (await call<Challenge>(url, { as: as(buyer) })).body;
  const challenge = { parameters, signature };
  const solution = await solveChallenge({ challenge, deriveKey });
  return btoa(JSON.stringify({ challenge, solution }));
}

interface Entry {
  readonly code?: string;
  readonly reason?: string;
}

async function knock(url: string, buyer: string, solution?: string): Promise<string> {
  const headers = solution === undefined ? {} : { "rushbox-challenge": solution };
  const { status, body } = await call<Entry>(server.url + url, { method: "POST", as: as(buyer), headers });
  return [status, body.code, body.reason].filter((part) => part !== undefined).join(" ");
}

const closesAt = new Date(Date.now() + 3_600_000).toISOString();
const doors = {
  pass: {
    what: { pass: true },
    urlOf: ({ id }: CampaignJson) => `/v1/campaigns/${id}/pass`,
    isAskedAgain: true,
  },
  queue: {
    what: { admission: "queue" },
    urlOf: ({ id }: CampaignJson) => `/v1/campaigns/${id}/queue`,
    isAskedAgain: false,
  },
  draw: {
    what: { admission: "draw", closesAt },
    urlOf: ({ offers }: CampaignJson) => `/v1/offers/${offers[0]?.id}/draw`,
    isAskedAgain: false,
  },
} as const;

describe.each(["pass", "queue", "draw"] as const)("the door of a %s", (door) => {
  const { what, urlOf, isAskedAgain } = doors[door];
  const made = (more: object = {}) => createCampaign(server, { challenge: "proof_of_work", ...what, ...more });

  test("opens with a solution of one's own for this campaign, once", async () => {
    const [campaign, other] = [await made(), await made()];
    const url = urlOf(campaign);
    expect(await knock(url, "alice")).toBe("403 challenge_required");
    expect(await knock(url, "alice", "!")).toBe("403 challenge_failed malformed");
    const solution = await solved(campaign, "alice");
    expect(await knock(url, "bob", solution)).toBe("403 challenge_failed wrong_buyer");
    expect(await knock(urlOf(other), "alice", solution)).toBe("403 challenge_failed wrong_campaign");
    const forged = btoa(
      atob(solution).replace(/"signature":"./, (start) => `${start.slice(0, -1)}${start.endsWith("0") ? "1" : "0"}`),
    );
    expect(await knock(url, "alice", forged)).toBe("403 challenge_failed forged");
    expect(await knock(url, "alice", solution)).toBe("201");
    // Whoever is in needs none: the same solution is not looked at.
    expect(await knock(url, "alice", solution)).toBe(isAskedAgain ? "403 challenge_failed replayed" : "200");
    expect(await knock(url, "alice")).toBe(isAskedAgain ? "403 challenge_required" : "200");
  });

  test("lets one solution in once, however many try at once", async () => {
    const campaign = await made({ stock: 50 });
    const url = urlOf(campaign);
    const solution = await solved(campaign, "bob");
    const answers = await Promise.all(Array.from({ length: 12 }, () => knock(url, "bob", solution)));
    expect(answers.filter((answer) => answer === "201")).toHaveLength(1);
    for (const answer of answers) expect(["201", "200", "403 challenge_failed replayed"]).toContain(answer);
  });

  test("asks a captcha's verifier where that is the challenge, and lets nobody in while it is down", async () => {
    const url = urlOf(await made({ challenge: "captcha" }));
    expect(await knock(url, "alice")).toBe("403 challenge_required");
    verdict = null;
    expect(await knock(url, "alice", "token")).toBe("503 challenge_unavailable");
    verdict = { success: false, "error-codes": ["invalid-input-response"] };
    expect(await knock(url, "alice", "token")).toStartWith("403 challenge_failed");
    verdict = { success: true };
    expect(await knock(url, "alice", "token")).toBe("201");
  });

  test("opens to whoever is on the list of the allowed, without a challenge", async () => {
    const url = urlOf(await made());
    const body = { effect: "allow", buyer_id: "carol", reason: "our own" };
    const entry = await call<{ id: string }>(`${server.url}/v1/access`, { method: "POST", as: operatorKey, body });
    expect(await knock(url, "carol")).toBe("201");
    await call(`${server.url}/v1/access/${entry.body.id}/remove`, { method: "POST", as: operatorKey });
    expect(await knock(urlOf(await made()), "carol")).toBe("403 challenge_required");
  });
});

describe("a solution", () => {
  /** A campaign that opens shortly, and what a buyer has solved for it by then. */
  async function solvedBefore(door: "pass" | "draw", aheadMs = 2_000): Promise<[CampaignJson, string]> {
    const opensAtMs = Date.now() + aheadMs;
    const opensAt = new Date(opensAtMs).toISOString();
    const campaign = await createCampaign(server, { challenge: "proof_of_work", ...doors[door].what, opensAt });
    const solution = await solved(campaign, "alice");
    return Date.now() < opensAtMs - 500 ? [campaign, solution] : solvedBefore(door, 2 * aheadMs);
  }

  test.each(["pass", "draw"] as const)(
    "is not used up by coming too early, or while sales are paused: %s",
    async (door) => {
      const [campaign, solution] = await solvedBefore(door);
      const url = doors[door].urlOf(campaign);
      expect(await knock(url, "alice", solution)).toBe("403 not_open");
      const act = (action: string) =>
        call(`${server.url}/v1/campaigns/${campaign.id}/${action}`, { method: "POST", as: operatorKey });
      const isOpen = async () =>
        (await call<{ state: string }>(`${server.url}/v1/campaigns/${campaign.id}`)).body.state === "open";
      while (!(await isOpen())) await Bun.sleep(50);
      await act("pause");
      expect(await knock(url, "alice", solution)).toContain("paused");
      await act("resume");
      expect(await knock(url, "alice", solution)).toBe("201");
    },
  );

  test("is good for the queue before the opening", async () => {
    const opensAt = new Date(Date.now() + 3_600_000).toISOString();
    const campaign = await createCampaign(server, { challenge: "proof_of_work", admission: "queue", opensAt });
    expect(await knock(doors.queue.urlOf(campaign), "alice", await solved(campaign, "alice"))).toBe("201");
  });
});
