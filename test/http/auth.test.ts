/**
 * Who is asking: buyers by tokens that the shop signs, with a secret or with keys that it publishes, and operators by
 * their key. A token is checked once and remembered until it expires, and never for somebody else.
 */
import { afterEach, describe, expect, setDefaultTimeout, setSystemTime, test } from "bun:test";
import { createHmac } from "node:crypto";
import { exportJWK, exportSPKI, generateKeyPair, type JWK, SignJWT } from "jose";
import type { Clock } from "../../src/host/clock.ts";
import { Auth, type Buyer } from "../../src/http/auth.ts";
import { operations } from "../docs/document.ts";
import { Random } from "../engine/random.ts";
import { buy, call, createCampaign, jwtSecret, operatorKey, type Server, startServer, tokenOf } from "../harness.ts";
import { expectRefusal } from "./refusal.ts";

setDefaultTimeout(30_000);

type Algorithm = "RS256" | "PS256" | "ES256" | "ES384" | "EdDSA";

/** A shop's key: what it signs with and what it publishes. */
interface ShopKey {
  readonly jwk: JWK;
  readonly spki: string;
  sign(buyer: string, expires?: string | number): Promise<string>;
}

async function shopKey(alg: Algorithm, kid: string): Promise<ShopKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return {
    jwk: { ...(await exportJWK(publicKey)), kid, alg, use: "sig" },
    spki: await exportSPKI(publicKey),
    sign: (buyer, expires = "1h") =>
      new SignJWT({ sub: buyer }).setProtectedHeader({ alg, kid }).setExpirationTime(expires).sign(privateKey),
  };
}

/** A shop that publishes its keys, or does not. */
class KeyServer implements AsyncDisposable {
  requests = 0;
  answer: () => Response | Promise<Response> = () => Response.json({ keys: [] });
  readonly #server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: () => {
      this.requests += 1;
      return this.answer();
    },
  });

  get url(): string {
    return new URL("/.well-known/jwks.json", this.#server.url).href;
  }

  publish(...keys: readonly ShopKey[]): void {
    this.answer = () => Response.json({ keys: keys.map(({ jwk }) => jwk) });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.stop(true);
  }
}

const startWithKeys = (keys: KeyServer) => startServer({ env: { RUSHBOX_JWT_SECRET: "", RUSHBOX_JWKS_URL: keys.url } });

const ordersOf = (server: Server, token: string) => call(`${server.url}/v1/orders`, { as: token });

/** A clock that stands where it is put. */
function clockAt(startMs: number): Clock & { ms: number } {
  return {
    ms: startMs,
    nowMs() {
      return this.ms;
    },
    elapsedMs() {
      return this.ms;
    },
  };
}

const requestAs = (authorization: string) => new Request("http://shop.example/", { headers: { authorization } });
const bearer = (token: string) => requestAs(`Bearer ${token}`);

const withSecret = (clock: Clock = clockAt(Date.now())) =>
  new Auth({ operatorKey, buyers: { secret: jwtSecret } }, clock);
const withKeys = (keys: KeyServer, clock: Clock = clockAt(Date.now())) =>
  new Auth({ operatorKey, buyers: { jwksUrl: keys.url } }, clock);

describe("tokens by the shop's published keys", () => {
  test.concurrent("are taken when one of the keys has signed them, for every algorithm", async () => {
    await using keys = new KeyServer();
    const algorithms = ["RS256", "PS256", "ES256", "ES384", "EdDSA"] as const;
    const shop = await Promise.all(algorithms.map((alg) => shopKey(alg, `key-${alg}`)));
    keys.publish(...shop);
    await using server = await startWithKeys(keys);
    const campaign = await createCampaign(server);
    for (const [at, key] of shop.entries()) {
      const reply = await buy(server, campaign.offers[0]?.id ?? "", await key.sign(`buyer-${at}`));
      expect([reply.status, reply.body.buyer_id]).toEqual([201, `buyer-${at}`]);
    }
    expect(keys.requests).toBe(1);
  });

  test.concurrent("are refused when another key has signed them, whatever they say of themselves", async () => {
    await using keys = new KeyServer();
    const [rsa, ec, stranger] = [
      await shopKey("RS256", "rsa"),
      await shopKey("ES256", "ec"),
      await shopKey("RS256", "rsa"),
    ];
    keys.publish(rsa, ec);
    await using server = await startWithKeys(keys);
    const good = await rsa.sign("alice");
    expect((await ordersOf(server, good)).status).toBe(200);
    const [head = "", payload = "", signature = ""] = good.split(".");
    const header = (more: object) => Buffer.from(JSON.stringify({ kid: "rsa", ...more })).toString("base64url");
    const hmac = (secret: string, first: string) =>
      `${first}.${payload}.${createHmac("sha256", secret).update(`${first}.${payload}`).digest("base64url")}`;
    const hs256 = header({ alg: "HS256" });
    for (const forged of [
      await stranger.sign("alice"),
      // The public key is no secret: whoever took it for one would sign as anybody.
      ...[rsa.spki, rsa.spki.trim(), JSON.stringify(rsa.jwk), rsa.jwk.n ?? "", ec.spki, ""].map((key) =>
        hmac(key, hs256),
      ),
      hmac(jwtSecret, hs256),
      hmac(operatorKey, hs256),
      `${header({ alg: "none" })}.${payload}.`,
      `${header({ alg: "none" })}.${payload}.${signature}`,
      `${header({ alg: "ES256" })}.${payload}.${signature}`,
      `${header({ alg: "RS256", kid: "ec" })}.${payload}.${signature}`,
      `${header({ alg: "RS256", kid: "nobody's" })}.${payload}.${signature}`,
      `${header({ alg: "RS256", jwk: stranger.jwk })}.${payload}.${(await stranger.sign("alice")).split(".")[2]}`,
      `${header({ alg: "RS256", jku: "http://127.0.0.1:1/keys" })}.${payload}.${signature}`,
      `${head}.${Buffer.from('{"sub":"bob"}').toString("base64url")}.${signature}`,
      await rsa.sign("alice", Math.floor(Date.now() / 1_000) - 60),
      await tokenOf("alice"),
    ]) {
      const reply = await ordersOf(server, forged);
      expect(reply.status).toBe(401);
      expect(expectRefusal({ ...reply, text: JSON.stringify(reply.body) }).code).toBe("unauthorized");
    }
    expect(keys.requests).toBe(1); // a strange key does not make it ask again and again
    expect(server.log()).not.toContain('"level":"error"');
  });

  test.concurrent("cannot be checked while the keys cannot be had: 503 and when to come back, not 401; then they can", async () => {
    await using keys = new KeyServer();
    const key = await shopKey("ES256", "one");
    keys.answer = () => new Response("gone", { status: 500 });
    await using server = await startWithKeys(keys);
    const campaign = await createCampaign(server); // an operator needs no key of the shop
    const token = await key.sign("alice");
    const text = (body: string, type: string) => () => new Response(body, { headers: { "content-type": type } });
    for (const answer of [
      keys.answer,
      () => new Response("not here", { status: 404 }),
      () => Response.redirect("http://127.0.0.1:1/", 302),
      text("<!doctype html><title>Login</title>", "text/html"),
      text('{"keys":', "application/json"),
      text("{}", "application/json"),
      text('{"keys":"none"}', "application/json"),
      text("", "application/json"),
    ]) {
      keys.answer = answer;
      for (const reply of [await ordersOf(server, token), await buy(server, campaign.offers[0]?.id ?? "", token)]) {
        expect(reply.status).toBe(503);
        const refusal = expectRefusal({ ...reply, text: JSON.stringify(reply.body) });
        expect(refusal.code).toBe("overloaded");
        expect(refusal.detail).toContain("Tokens cannot be checked");
      }
    }
    expect((await call(`${server.url}/v1/campaigns/${campaign.id}`)).status).toBe(200);
    keys.publish(key);
    const bought = await buy(server, campaign.offers[0]?.id ?? "", token);
    expect(bought.status).toBe(201);

    // Who was known before is known while the keys are away again; and nobody is asked for a token that is no token.
    keys.answer = () => new Response("gone", { status: 500 });
    expect((await ordersOf(server, token)).status).toBe(200);
    expect((await ordersOf(server, "nonsense")).status).toBe(401);
    expect(server.process.exitCode).toBeNull();
    expect(server.log()).not.toContain('"level":"error"');
  });

  test.concurrent("are answered in time when the key server keeps silent or is not there", async () => {
    const key = await shopKey("ES256", "one");
    const silent = new KeyServer();
    silent.answer = () => new Promise(() => {});
    const closed = new KeyServer();
    await closed[Symbol.asyncDispose]();
    await Promise.all(
      [silent, closed].map(async (keys) => {
        await using server = await startWithKeys(keys);
        const startedMs = performance.now();
        const replies = await Promise.all(
          Array.from({ length: 20 }, async (_, at) => ordersOf(server, await key.sign(`buyer-${at}`))),
        );
        expect(replies.map(({ status }) => status)).toEqual(Array<number>(20).fill(503));
        expect(performance.now() - startedMs).toBeLessThan(5_000);
        // Nobody else waits for them.
        const askedMs = performance.now();
        expect((await call(`${server.url}/v1/time`)).status).toBe(200);
        expect(performance.now() - askedMs).toBeLessThan(1_000);
        const warnings = server.log().match(/the keys of the buyers' tokens cannot be fetched/g);
        expect(warnings).toHaveLength(1); // not one a buyer
      }),
    );
    await silent[Symbol.asyncDispose]();
  });

  describe("over time", () => {
    afterEach(() => {
      setSystemTime();
    });

    test("are taken after the keys were rotated, and those of a withdrawn key no more", async () => {
      await using keys = new KeyServer();
      const [old, young] = [await shopKey("RS256", "old"), await shopKey("RS256", "young")];
      const startMs = Date.now();
      const clock = clockAt(startMs);
      const at = (ms: number) => {
        clock.ms = startMs + ms;
        setSystemTime(clock.ms);
      };
      const auth = withKeys(keys, clock);
      const idOf = async (token: string) => (await auth.buyerOf(bearer(token)))?.id ?? null;
      keys.publish(old);
      expect(await idOf(await old.sign("alice"))).toBe("alice");
      expect(await idOf(await young.sign("bob"))).toBeNull();
      expect(keys.requests).toBe(1);
      keys.publish(old, young);
      at(31_000); // half a minute is how often a strange key may make it ask
      expect(await idOf(await young.sign("bob"))).toBe("bob");
      expect(await idOf(await old.sign("carol"))).toBe("carol");
      expect(keys.requests).toBe(2);
      keys.publish(young);
      at(11 * 60_000);
      expect(await idOf(await old.sign("dora"))).toBeNull();
      expect(await idOf(await young.sign("eve"))).toBe("eve");
    });
  });
});

describe("a token that was checked once", () => {
  test("is known at once afterwards, and not a moment longer than it is valid", async () => {
    const startMs = Math.ceil(Date.now() / 1_000) * 1_000;
    const clock = clockAt(startMs);
    const auth = withSecret(clock);
    const token = await tokenOf("alice", startMs / 1_000 + 60);
    expect(auth.buyerOf(bearer(token))).toBeInstanceOf(Promise);
    expect(await auth.buyerOf(bearer(token))).toMatchObject({ id: "alice", json: '"alice"' });
    const known = auth.buyerOf(bearer(token));
    expect(known).not.toBeInstanceOf(Promise);
    expect(known).toMatchObject({ id: "alice" });
    clock.ms = startMs + 59_999;
    expect(auth.buyerOf(bearer(token))).toMatchObject({ id: "alice" });
    for (const ms of [60_000, 60_001, 3_600_000]) {
      clock.ms = startMs + ms;
      expect(await auth.buyerOf(bearer(token))).toBeNull();
    }
  });

  test("expires over HTTP, too", async () => {
    await using server = await startServer();
    const token = await tokenOf("alice", Math.floor(Date.now() / 1_000) + 2);
    expect((await ordersOf(server, token)).status).toBe(200);
    expect((await ordersOf(server, token)).status).toBe(200);
    await Bun.sleep(2_100);
    expect((await ordersOf(server, token)).status).toBe(401);
  });

  test("is never taken for another buyer's, however many come and whatever they are called", async () => {
    const auth = withSecret();
    const names = [
      ...Array.from({ length: 300 }, (_, at) => `buyer-${at}`),
      ...["alice", "alice ", " alice", "Alice", "alice\0", "alice\n", '"alice"', "alice\\", "äлис😀", "__proto__"],
      ...["operator", operatorKey, "x".repeat(200), "null", "0"],
    ];
    const tokens = await Promise.all(names.map(async (name) => ({ name, token: await tokenOf(name) })));
    const expectOwn = (name: string, buyer: Buyer | null) => {
      expect(buyer?.id).toBe(name);
      expect(JSON.parse(buyer?.json ?? "")).toBe(name);
    };
    await Promise.all(tokens.map(async ({ name, token }) => expectOwn(name, await auth.buyerOf(bearer(token)))));
    for (const { name, token } of [...tokens, ...tokens.toReversed()]) {
      const known = auth.buyerOf(bearer(token));
      if (known instanceof Promise) throw new Error(`${name} is not remembered`);
      expectOwn(name, known);
    }
  });

  test("is remembered in one spelling alone: spaces and capitals cannot fill the memory", async () => {
    const auth = withSecret();
    const token = await tokenOf("alice");
    for (const spelling of [`bearer ${token}`, `Bearer    ${token}`, `BEARER\t${token}`]) {
      const first = await auth.buyerOf(requestAs(spelling));
      if (first === null) continue; // a tab is no space
      expect(first.id).toBe("alice");
      expect(auth.buyerOf(requestAs(spelling))).toBeInstanceOf(Promise);
    }
    const [signed, signature = ""] = [token.slice(0, -43), token.slice(-43)];
    for (const space of [" ", "\t", "  ", "=", "=="]) {
      expect(await auth.buyerOf(bearer(signed + signature.slice(0, 9) + space + signature.slice(9)))).toBeNull();
    }
  });

  test("and one that is malformed in any way is just none: it is no failure of ours or of the keys", async () => {
    const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);
    const random = new Random(seed);
    await using keys = new KeyServer();
    keys.publish(await shopKey("RS256", "rsa"), await shopKey("ES256", "ec"));
    const auths = [withSecret(), withKeys(keys)];
    const odd: readonly unknown[] = [
      ...[
        undefined,
        null,
        0,
        -1,
        1.5,
        1e308,
        true,
        "",
        "a",
        "none",
        "HS256",
        "RS256",
        "ES256",
        "rsa",
        "ec",
        "\0",
        "\ud800",
      ],
      ...[[], {}, ["b64"], ["exp"], [null], "9".repeat(300), { a: 1 }],
    ];
    const encode = (value: unknown) => Buffer.from(JSON.stringify(value) ?? "").toString("base64url");
    for (let round = 0; round < 3_000; round++) {
      const header: Record<string, unknown> = { alg: random.pick(["HS256", "RS256", "ES256", random.pick(odd)]) };
      for (const name of ["typ", "kid", "crit", "b64", "jwk", "jku", "x5c", "zip", "enc"])
        if (random.percent(25)) header[name] = random.pick(odd);
      const payload: Record<string, unknown> = { sub: random.pick(["alice", random.pick(odd)]) };
      for (const name of ["exp", "nbf", "iat", "aud", "iss", "jti"])
        if (random.percent(25)) payload[name] = random.pick(odd);
      const text = `${encode(random.percent(5) ? random.pick(odd) : header)}.${encode(random.percent(5) ? random.pick(odd) : payload)}`;
      const signature = createHmac("sha256", random.percent(80) ? jwtSecret : "")
        .update(text)
        .digest("base64url");
      let token = `${text}.${signature}`;
      if (random.percent(20)) token = token.slice(0, random.below(token.length));
      if (random.percent(10)) token += random.pick([".", ".a", "=", "..", "%"]);
      for (const auth of auths) {
        const answer: unknown = await Promise.resolve(auth.buyerOf(bearer(token))).catch((cause: unknown) => cause);
        const isRight =
          answer === null ||
          (auth === auths[0] && (answer as Buyer).id === payload["sub"] && header["alg"] === "HS256");
        if (!isRight) throw new Error(`SEED=${seed}, round ${round}: ${token} -> ${String(answer)}`);
      }
    }
  });
});

describe("roles", () => {
  /** The least role for every operation that operators may call; `+ buyer` where the order's buyer may as well. */
  const needed: Readonly<Record<string, "viewer" | "operator" | "admin" | "viewer + buyer" | "operator + buyer">> = {
    "POST /v1/campaigns": "operator",
    "POST /v1/campaigns/{id}/publish": "operator",
    "POST /v1/campaigns/{id}/pause": "operator",
    "POST /v1/campaigns/{id}/resume": "operator",
    "POST /v1/offers/{id}/restock": "operator",
    "GET /v1/offers/{id}/waitlist/entries": "viewer",
    "GET /v1/orders": "viewer + buyer",
    "GET /v1/orders/export": "viewer",
    "GET /v1/orders/{id}": "viewer + buyer",
    "GET /v1/orders/{id}/payments": "viewer + buyer",
    "POST /v1/orders/{id}/checkout": "operator + buyer",
    "POST /v1/orders/{id}/cancel": "operator + buyer",
    "POST /v1/orders/{id}/pay": "operator",
    "POST /v1/orders/{id}/refund": "operator",
    "POST /v1/orders/{id}/payments/{payment}/returned": "operator",
    "GET /v1/orders/{id}/receipt": "viewer + buyer",
    "GET /v1/orders/{id}/history": "viewer + buyer",
    "GET /v1/ledger": "viewer",
    "GET /v1/events/stream": "viewer",
    "GET /v1/controls": "viewer",
    "POST /v1/controls": "operator",
    "GET /v1/access": "viewer",
    "POST /v1/access": "operator",
    "POST /v1/access/{id}/remove": "operator",
    "GET /v1/risk": "viewer",
    "GET /v1/campaigns/{id}/fairness": "viewer",
    "GET /v1/rehearsals": "viewer",
    "GET /v1/rehearsals/{id}": "viewer",
    "POST /v1/rehearsals/{id}/stop": "operator",
    "POST /v1/campaigns/{id}/rehearsals": "operator",
    "GET /v1/operators/me": "viewer",
    "GET /v1/operators": "admin",
    "POST /v1/operators": "admin",
    "POST /v1/operators/{id}/revoke": "admin",
    "GET /v1/audit": "admin",
    "POST /v1/buyers/erase": "admin",
    "GET /v1/webhooks": "admin",
    "POST /v1/webhooks": "admin",
    "GET /v1/webhooks/{id}": "admin",
    "POST /v1/webhooks/{id}": "admin",
    "POST /v1/webhooks/{id}/rotate": "admin",
    "GET /v1/webhooks/{id}/deliveries": "admin",
    "POST /v1/webhooks/{id}/replay": "admin",
    "POST /v1/webhooks/{id}/delete": "admin",
    "POST /v1/campaigns/{id}/end": "operator",
  };
  const bodies: Readonly<Record<string, unknown>> = {
    "POST /v1/campaigns": {
      title: "Sale",
      offers: [{ sku: "a", title: "A", price_minor: 1, currency: "CNY", stock: 1 }],
    },
    "POST /v1/offers/{id}/restock": { quantity: 1 },
    "POST /v1/controls": { risk_mode: "record" },
    "POST /v1/campaigns/{id}/rehearsals": { buyers: 20, rush_s: 5, beside_sale: true },
    "POST /v1/access": { effect: "allow", buyer_id: "somebody", reason: "ours" },
    "POST /v1/operators": { name: "somebody", role: "viewer" },
    "POST /v1/buyers/erase": { buyer_id: "nobody" },
    "POST /v1/webhooks": { url: "https://shop.example/" },
    "POST /v1/webhooks/{id}": { enabled: false },
  };
  /** From the least to the most that a caller may do. */
  const callers = ["nobody", "revoked", "buyer", "viewer", "operator", "admin", "root"] as const;

  test("stand in this table for every operation that operators may call", () => {
    const forOperators = [...operations].filter(([, { security }]) => {
      return security.some((one) => "operator" in one) && !security.some((one) => Object.keys(one).length === 0);
    });
    expect(new Set(Object.keys(needed))).toEqual(new Set(forOperators.map(([name]) => name)));
  });

  test("decide what an operator may do, on every route: a revoked key nothing, a buyer nothing but their own", async () => {
    await using server = await startServer();
    const keys = new Map<string, string | undefined>([["root", operatorKey]]);
    keys.set("buyer", await tokenOf("alice"));
    const operators = `${server.url}/v1/operators`;
    for (const name of ["viewer", "operator", "admin", "revoked"]) {
      const body = { name, role: name === "revoked" ? "admin" : name };
      const made = await call<{ id: string; key: string }>(operators, { method: "POST", as: operatorKey, body });
      keys.set(name, made.body.key);
      if (name === "revoked") {
        const revoked = await call(`${operators}/${made.body.id}/revoke`, { method: "POST", as: operatorKey });
        expect(revoked.status).toBe(200);
      }
    }
    const campaign = await createCampaign(server, { stock: 10, limitPerBuyer: 10 });
    const offer = campaign.offers[0]?.id ?? "";
    const order = await buy(server, offer, keys.get("buyer") ?? "");
    const webhook = { method: "POST", as: operatorKey, body: { url: "https://shop.example/" } };
    const { id } = (await call<{ id: string }>(`${server.url}/v1/webhooks`, webhook)).body;
    const ids: Readonly<Record<string, string>> = {
      ...{
        campaigns: campaign.id,
        offers: offer,
        orders: order.body.id,
        webhooks: id,
        operators: "opr_zzzzzzzzzz",
        access: "acc_zzzzzzzzzz",
        rehearsals: "rhs_zzzzzzzzzz",
      },
    };

    for (const [name, need] of Object.entries(needed)) {
      const [method = "", path = ""] = name.split(" ");
      const address =
        server.url + path.replace("{id}", ids[path.split("/")[2] ?? ""] ?? "").replace("{payment}", "pay_zzzzzzzzzz");
      const [role = "", others] = need.split(" + ");
      for (const caller of callers) {
        const key = keys.get(caller);
        const abort = new AbortController();
        const body = bodies[name];
        const headers = {
          ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        };
        const sent = body === undefined ? {} : { body: JSON.stringify(body) };
        const { status } = await fetch(address, { method, headers, ...sent, signal: abort.signal });
        abort.abort(); // one of them is a stream
        const isBuyers = caller === "buyer" && others === "buyer";
        const isAllowed =
          isBuyers || (caller !== "buyer" && callers.indexOf(caller) >= callers.indexOf(role as "viewer"));
        const refusal = caller === "nobody" || caller === "revoked" ? 401 : 403;
        const wasRefused = status === 401 || status === 403;
        expect([name, caller, wasRefused ? status : "allowed"]).toEqual([
          name,
          caller,
          isAllowed ? "allowed" : refusal,
        ]);
      }
    }
  });
});

describe("an operator", () => {
  test("is whoever has the key, all of it and nothing else", async () => {
    const auth = withSecret();
    for (const scheme of ["Bearer", "bearer", "BEARER"])
      expect(auth.isOperator(requestAs(`${scheme} ${operatorKey}`))).toBe(true);
    for (const other of [
      ...["", " ", operatorKey.slice(1), operatorKey.slice(0, -1), `${operatorKey}x`, `x${operatorKey}`],
      ...[operatorKey.toUpperCase(), `${operatorKey} ${operatorKey}`, `${operatorKey},`, `"${operatorKey}"`],
      ...["é".repeat(operatorKey.length), await tokenOf("alice"), await tokenOf(operatorKey), jwtSecret],
    ]) {
      expect(auth.isOperator(bearer(other))).toBe(false);
    }
    for (const header of [operatorKey, `Basic ${operatorKey}`, `Bearer${operatorKey}`, `Bearer:${operatorKey}`]) {
      expect(auth.isOperator(requestAs(header))).toBe(false);
    }
    expect(auth.isOperator(new Request("http://shop.example/"))).toBe(false);
    expect(await auth.buyerOf(bearer(operatorKey))).toBeNull();
  });
});
