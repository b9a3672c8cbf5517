/**
 * Guards that nothing but a solved challenge counts: one that this server made for this buyer and this campaign, whole,
 * in time, for the first time. Each way to fall short has its name, and the clock's jumps change none of it.
 */
import { beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { createChallenge, solveChallenge } from "altcha-lib";
import { deriveKey } from "altcha-lib/algorithms/pbkdf2";
import { type Challenge, Challenges, challengeFailures, challengeLifetimeMs } from "../../src/admission/challenge.ts";
import { SpentSet } from "../../src/admission/spent-set.ts";
import { limits } from "../../src/domain/limits.ts";
import { type Clock, startClock } from "../../src/host/clock.ts";

setDefaultTimeout(60_000);

const [alice, bob, sale, otherSale] = ["alice", "bob", 7, 8] as const;
const startMs = 1_700_000_000_000;
const secret = "secret";

class Desk {
  nowMs = startMs;
  readonly spent: SpentSet;
  readonly challenges: Challenges;

  constructor(parts: { secret?: string; run?: string; places?: number; clock?: Clock } = {}) {
    const { run = "run", places = 1_024 } = parts;
    this.spent = new SpentSet(challengeLifetimeMs, new SharedArrayBuffer(places * 8));
    const clock = parts.clock ?? { nowMs: () => this.nowMs, elapsedMs: () => this.nowMs };
    this.challenges = new Challenges({ secret: parts.secret ?? secret, run, spent: this.spent, clock });
  }

  async code(sent: string | null, buyer: string = alice, campaign: number = sale): Promise<string> {
    return (await this.challenges.check(sent, buyer, campaign)).code;
  }
}

interface Sent {
  challenge: { parameters: Record<string, unknown>; signature: unknown };
  solution: Record<string, unknown>;
}

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64");
const decode = (sent: string) => JSON.parse(Buffer.from(sent, "base64").toString()) as Sent;

async function solve(challenge: Challenge): Promise<string> {
  const solution = await solveChallenge({ challenge, deriveKey });
  if (solution === null) throw new Error("not solved in time");
  return encode({ challenge, solution });
}

/** Solves one of the same terms that the server would have signed with one digit to find: for what is not about the work. */
async function solveQuickly({ parameters }: Challenge): Promise<string> {
  const { algorithm, cost, data } = parameters;
  const made = await createChallenge({
    ...{ algorithm, cost, data, deriveKey },
    keyPrefix: "0",
    hmacSignatureSecret: secret,
  });
  if (made.signature === undefined) throw new Error("a challenge is signed");
  const { nonce, salt, keyLength } = made.parameters;
  return solve({
    parameters: { algorithm, cost, data, keyLength, keyPrefix: "0", nonce, salt },
    signature: made.signature,
  });
}

let made: Challenge;
let solved: string;
beforeAll(async () => {
  made = await new Desk().challenges.make(alice, sale, "normal");
  solved = await solve(made);
});

/** The solution with something changed. */
function changed(change: (sent: Sent) => void): string {
  const sent = decode(solved);
  change(sent);
  return encode(sent);
}

describe("a challenge", () => {
  test("that its buyer has solved counts, and tells how difficult it was and how long it took", async () => {
    const desk = new Desk();
    desk.nowMs += 1_234;
    expect(await desk.challenges.check(solved, alice, sale)).toEqual({
      code: "solved",
      difficulty: "normal",
      takenMs: 1_234,
    });
  });

  test("counts once", async () => {
    const desk = new Desk();
    const codes = await Promise.all(Array.from({ length: 20 }, () => desk.code(solved)));
    expect(codes.toSorted()).toEqual([...Array.from({ length: 19 }, () => "replayed"), "solved"]);
    expect(await desk.code(solved)).toBe("replayed");
    // The same solution in other words: the nonce is what was spent.
    expect(await desk.code(changed(({ solution }) => delete solution["time"]))).toBe("replayed");
  });

  test("counts for its buyer and its campaign alone, and is not spent by whoever else sends it", async () => {
    const desk = new Desk();
    expect(await desk.code(solved, bob)).toBe("wrong_buyer");
    expect(await desk.code(solved, "")).toBe("wrong_buyer");
    expect(await desk.code(solved, alice, otherSale)).toBe("wrong_campaign");
    expect(await desk.code(solved)).toBe("solved");
  });

  test("counts until it expires, and not in that moment", async () => {
    const desk = new Desk();
    desk.nowMs = startMs + challengeLifetimeMs;
    expect(await desk.code(solved)).toBe("expired");
    desk.nowMs -= 1;
    expect(await desk.code(solved)).toBe("solved");
  });

  test("does not outlive the process, which has forgotten what was used", async () => {
    expect(await new Desk({ run: "next" }).code(solved)).toBe("expired");
  });

  test("of another server, or changed in anything, is forged", async () => {
    const desk = new Desk();
    expect(await new Desk({ secret: "other" }).code(solved)).toBe("forged");
    const other = await desk.challenges.make(alice, sale, "normal");
    const [first = "0", ...rest] = String(decode(solved).challenge.signature);
    const changes: ((sent: Sent) => void)[] = [
      ({ challenge }) => {
        challenge.signature = (first === "0" ? "1" : "0") + rest.join("");
      },
      ({ challenge }) => {
        challenge.signature = other.signature;
      },
      ...(["nonce", "salt"] as const).map((name) => ({ challenge }: Sent) => {
        challenge.parameters[name] = other.parameters[name];
      }),
      ({ challenge }) => {
        challenge.parameters["cost"] = 1;
      },
      ({ challenge }) => {
        challenge.parameters["keyPrefix"] = "0";
      },
      ({ challenge }) => {
        challenge.parameters["keyPrefix"] = "";
      },
      ({ challenge }) => {
        challenge.parameters["keyLength"] = 1;
      },
      ...Object.entries({ difficulty: "harder", expires_at_ms: startMs * 2, made_at_ms: 0 }).map(
        ([name, value]) =>
          ({ challenge }: Sent) => {
            challenge.parameters["data"] = { ...(challenge.parameters["data"] as object), [name]: value };
          },
      ),
    ];
    for (const change of changes) expect(await desk.code(changed(change))).toBe("forged");
    // For another buyer or campaign it says what it was made to say, and is found out.
    const marks = (await desk.challenges.make(bob, otherSale, "normal")).parameters.data;
    const forBob = changed(({ challenge }) => {
      challenge.parameters["data"] = { ...(challenge.parameters["data"] as object), buyer: marks.buyer };
    });
    expect(await desk.code(forBob, bob)).toBe("forged");
    const forOther = changed(({ challenge }) => {
      challenge.parameters["data"] = { ...(challenge.parameters["data"] as object), campaign: marks.campaign };
    });
    expect(await desk.code(forOther, alice, otherSale)).toBe("forged");
    expect(await desk.code(solved)).toBe("solved");
  });

  test("that is not solved does not count, and can still be solved", async () => {
    const desk = new Desk();
    const { counter, derivedKey } = decode(solved).solution as { counter: number; derivedKey: string };
    const wrong = [
      { counter: counter + 1, derivedKey },
      { counter: 0, derivedKey },
      { counter: 2 ** 32, derivedKey },
      { counter, derivedKey: "" },
      { counter, derivedKey: derivedKey.toUpperCase() === derivedKey ? `${derivedKey}00` : derivedKey.toUpperCase() },
      { counter, derivedKey: "000".padEnd(64, "0") },
    ];
    for (const solution of wrong) expect(await desk.code(encode({ challenge: made, solution }))).toBe("not_solved");
    expect(await desk.code(solved)).toBe("solved");
  });

  test("that nobody sent is missing; what is no solved challenge is malformed, however it is made", async () => {
    const desk = new Desk();
    for (const sent of [null, ""]) expect(await desk.code(sent)).toBe("missing");
    const deep = `${"[".repeat(700)}${"]".repeat(700)}`;
    const malformed = [
      "x",
      "!!!!",
      "e30=",
      encode(null),
      encode([]),
      encode("text"),
      Buffer.from(deep).toString("base64"),
      Buffer.from('{"challenge":').toString("base64"),
      `${solved} `,
      solved.padEnd(limits.solutionLengthMax + 1, "A"),
      Buffer.from([0xff, 0xfe, 0x00]).toString("base64"),
      encode({ challenge: made }),
      encode({ challenge: { ...made, signature: "00" }, solution: { counter: 1, derivedKey: "00" } }),
      changed(({ solution }) => {
        solution["counter"] = "1";
      }),
      changed(({ solution }) => {
        solution["counter"] = -1;
      }),
      changed(({ challenge }) => {
        challenge.parameters["nonce"] = "zz";
      }),
      changed(({ challenge }) => {
        challenge.parameters["algorithm"] = "SHA-256";
      }),
      changed(({ challenge }) => {
        challenge.parameters["keySignature"] = "00";
      }),
      changed(({ challenge }) => {
        challenge.parameters["expiresAt"] = 1;
      }),
      changed(({ challenge }) => {
        challenge.parameters["data"] = { ...(challenge.parameters["data"] as object), more: 1 };
      }),
    ];
    for (const sent of malformed) expect([sent, await desk.code(sent)]).toEqual([sent, "malformed"]);
    expect(await desk.code(solved)).toBe("solved");
  });

  test("is refused as overloaded when no more can be remembered, never taken twice", async () => {
    const desk = new Desk({ places: 32 });
    for (let n = 0; n < 32; n++) {
      desk.spent.spend(Bun.SHA256.hash(String(n), "hex"), startMs + challengeLifetimeMs, startMs);
    }
    for (let n = 0; n < 3; n++) expect(await desk.code(solved)).toBe("overloaded");
  });

  test("expires by time that passes: a wall clock that is set forward or back changes nothing", async () => {
    for (const jumpMs of [-86_400_000, 86_400_000]) {
      let [wallMs, elapsedMs] = [startMs, 0];
      const clock = startClock(
        () => wallMs,
        () => elapsedMs,
      );
      const desk = new Desk({ clock });
      const sent = await solveQuickly(await desk.challenges.make(alice, sale, "normal"));
      const again = await solveQuickly(await desk.challenges.make(alice, sale, "normal"));
      wallMs += jumpMs;
      elapsedMs += 60_000;
      expect(await desk.code(sent)).toBe("solved");
      expect(await desk.code(sent)).toBe("replayed");
      elapsedMs += challengeLifetimeMs;
      expect(await desk.code(again)).toBe("expired");
    }
  });

  test("that is harder takes more work of the same kind", async () => {
    const desk = new Desk();
    const [normal, harder] = await Promise.all([
      desk.challenges.make(alice, sale, "normal"),
      desk.challenges.make(alice, sale, "harder"),
    ]);
    // As many derivations on average, each of eight times the iterations.
    const kindOf = ({ algorithm, keyLength, keyPrefix }: Challenge["parameters"]) => [algorithm, keyLength, keyPrefix];
    expect(kindOf(harder.parameters)).toEqual(kindOf(normal.parameters));
    expect(harder.parameters.cost).toBe(8 * normal.parameters.cost);
    // Solved before they were suspected: not enough any more, and not used up.
    expect(await desk.challenges.check(solved, alice, sale, "harder")).toEqual({ code: "too_easy" });
    const sent = await solveQuickly(harder);
    expect(await desk.challenges.check(sent, alice, sale, "harder")).toMatchObject({
      code: "solved",
      difficulty: "harder",
    });
    expect(await desk.challenges.check(solved, alice, sale)).toMatchObject({ code: "solved", difficulty: "normal" });
  });

  test("is never the same twice, and tells nothing of the buyer but a mark", async () => {
    const desk = new Desk();
    const two = await Promise.all([1, 2].map(() => desk.challenges.make("alice@example.com", sale, "normal")));
    expect(two[0]?.parameters.nonce).not.toBe(two[1]?.parameters.nonce as string);
    expect(JSON.stringify(two)).not.toContain("alice");
    expect(challengeFailures.length).toBe(9);
  });
});
