/**
 * Guards the outside captcha, against a local stand-in of its verifier: nobody is admitted but by its word, bound to
 * buyer and campaign where it tells that; whatever goes wrong with it is not the buyer's fault, and bounded.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Captcha, captchaBinding } from "../../src/admission/captcha.ts";
import { limits } from "../../src/domain/limits.ts";
import { setLogLevel } from "../../src/host/log.ts";

const [alice, sale] = ["alice", 7] as const;
const bound = captchaBinding(alice, sale);

let answer: (form: URLSearchParams) => Response | Promise<Response>;
const asked: URLSearchParams[] = [];
const verifier = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  async fetch(request) {
    const form = new URLSearchParams(await request.text());
    asked.push(form);
    return answer(form);
  },
});
beforeAll(() => setLogLevel("error"));
afterAll(async () => {
  setLogLevel("info");
  await verifier.stop(true);
});

function captcha(what: { hostname?: string; url?: string; timeoutMs?: number } = {}): Captcha {
  const url = what.url ?? verifier.url.href;
  return new Captcha({
    settings: { url, secret: "the secret", siteKey: "the key", hostname: what.hostname ?? null },
    elapsedMs: () => 0,
    timeoutMs: what.timeoutMs ?? 5_000,
  });
}

/** What becomes of a token when the verifier answers so. */
async function codeWhen(told: unknown, what: { hostname?: string } = {}): Promise<string> {
  answer = () => Response.json(told);
  return (await captcha(what).check("token", alice, sale)).code;
}

describe("a captcha's token", () => {
  test("counts when its verifier says so, which is asked with secret and token and no more", async () => {
    asked.length = 0;
    expect(await codeWhen({ success: true, "error-codes": [] })).toBe("solved");
    expect(asked.map(String)).toEqual(["secret=the+secret&response=token"]);
  });

  test("counts for the buyer and the campaign that it was solved for, where the verifier tells", async () => {
    expect(await codeWhen({ success: true, ...bound })).toBe("solved");
    expect(await codeWhen({ success: true, ...bound, cdata: captchaBinding("bob", sale).cdata })).toBe("wrong_buyer");
    expect(await codeWhen({ success: true, ...bound, cdata: "" })).toBe("wrong_buyer");
    expect(await codeWhen({ success: true, ...bound, action: captchaBinding(alice, 8).action })).toBe("wrong_campaign");
    expect(await codeWhen({ success: true, ...bound, action: "" })).toBe("wrong_campaign");
  });

  test("of another host's page is forged, where a host is named", async () => {
    const shop = { hostname: "shop.example" };
    expect(await codeWhen({ success: true, hostname: "shop.example" }, shop)).toBe("solved");
    expect(await codeWhen({ success: true, hostname: "shop.example.evil.example" }, shop)).toBe("forged");
    expect(await codeWhen({ success: true }, shop)).toBe("forged");
  });

  test("that is refused says whether it was wrong or used before", async () => {
    expect(await codeWhen({ success: false, "error-codes": ["invalid-input-response"] })).toBe("not_solved");
    expect(await codeWhen({ success: false })).toBe("not_solved");
    expect(await codeWhen({ success: false, "error-codes": ["timeout-or-duplicate"] })).toBe("replayed");
  });

  test("that cannot be one is not asked about", async () => {
    asked.length = 0;
    const codes = [];
    for (const token of [null, "", "with space", "ünïcode", "x".repeat(2_049)]) {
      codes.push((await captcha().check(token, alice, sale)).code);
    }
    expect(codes).toEqual(["missing", "missing", "malformed", "malformed", "malformed"]);
    expect(asked).toEqual([]);
  });
});

describe("a verifier that fails admits nobody", () => {
  const failures: readonly (readonly [what: string, answer: () => Response | Promise<Response>])[] = [
    ["answers no JSON", () => new Response("<html>")],
    ["answers another shape", () => Response.json({ success: "yes" })],
    ["answers null", () => Response.json(null)],
    ["has no success in it", () => Response.json({ ok: true })],
    ["says that our secret is wrong", () => Response.json({ success: false, "error-codes": ["invalid-input-secret"] })],
    ["has an error of its own", () => Response.json({ success: false, "error-codes": ["internal-error"] })],
    ["breaks down", () => new Response("oops", { status: 500 })],
    ["sends us elsewhere", () => Response.redirect("http://127.0.0.1:1/")],
    ["answers without an end", () => new Response(`{"success":true,"more":"${"x".repeat(100_000)}"}`)],
  ];
  for (const [what, failing] of failures) {
    test(`when it ${what}`, async () => {
      answer = failing;
      expect((await captcha().check("token", alice, sale)).code).toBe("unavailable");
    });
  }

  test("when it is not there", async () => {
    expect((await captcha({ url: "http://127.0.0.1:1/" }).check("token", alice, sale)).code).toBe("unavailable");
  });

  test("when it takes too long; and no more wait for it than may", async () => {
    const { promise, resolve } = Promise.withResolvers<Response>();
    answer = async () => (await promise).clone() as Response;
    const slow = captcha({ timeoutMs: 200 });
    const waiting = Array.from({ length: limits.captchasInFlightMax }, () => slow.check("token", alice, sale));
    expect((await slow.check("token", alice, sale)).code).toBe("unavailable");
    const codes = (await Promise.all(waiting)).map(({ code }) => code);
    expect(new Set(codes)).toEqual(new Set(["unavailable"]));
    resolve(Response.json({ success: true }));
    answer = () => Response.json({ success: true });
    expect((await slow.check("token", alice, sale)).code).toBe("solved");
  });
});
