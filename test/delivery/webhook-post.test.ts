/**
 * One webhook, over real sockets: a receiver built with the official library takes it as it comes, the other side cannot
 * hold the sender up, and no spelling and no name server leads it to an address that is not public.
 */
import { afterAll, describe, expect, test } from "bun:test";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { Webhook } from "standardwebhooks";
import {
  createWebhookPost,
  isPublicAddress,
  type PostWebhook,
  type WebhookPostOptions,
  type WebhookRequest,
} from "../../src/delivery/webhook-post.ts";
import { signingSecrets } from "../../src/domain/endpoint.ts";
import { newFolder } from "../harness.ts";
import { endpoint } from "./relay-trial.ts";

const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const formerSecret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

function webhook(url: string, change: Partial<WebhookRequest> = {}): WebhookRequest {
  return {
    url,
    secrets: [secret],
    id: "evt_0000000001",
    sentAtMs: Date.now(),
    body: '{"type":"order_paid","title":"秒杀 ☕"}',
    ...change,
  };
}

/** A sender that may call this machine. */
function localPost(options: WebhookPostOptions = {}): PostWebhook {
  return createWebhookPost({ isPrivateAllowed: true, resolve: async () => ["127.0.0.1"], ...options });
}

const servers: { stop(): unknown }[] = [];
afterAll(() => {
  for (const server of servers) server.stop();
});

function serve(answer: (request: Request) => Response | Promise<Response>): string {
  const server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: answer });
  servers.push({ stop: () => server.stop(true) });
  return `http://127.0.0.1:${server.port}`;
}

/** A receiver that is no HTTP server: it does what it is told with the socket once a request has come. */
async function serveRaw(act: (socket: Socket) => void): Promise<{ url: string; closed: Promise<void> }> {
  const closed = Promise.withResolvers<void>();
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("close", () => closed.resolve());
    socket.once("data", () => act(socket));
  });
  const listening = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", listening.resolve);
  await listening.promise;
  servers.push(server.unref() && { stop: () => server.close() });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("not listening");
  return { url: `http://127.0.0.1:${address.port}`, closed: closed.promise };
}

describe("a receiver with the official library", () => {
  /** What it makes of the request, with the secret that it knows. */
  function verified(body: string, headers: Headers, known: string): unknown {
    return new Webhook(known).verify(body, Object.fromEntries(headers));
  }

  test("verifies a webhook as it comes", async () => {
    const seen = Promise.withResolvers<{ payload: unknown; headers: Headers; method: string; path: string }>();
    const url = serve(async (request) => {
      const { headers, method } = request;
      const path = new URL(request.url).pathname + new URL(request.url).search;
      seen.resolve({ payload: verified(await request.text(), headers, secret), headers, method, path });
      return new Response(null, { status: 204 });
    });
    expect(await localPost()(webhook(`${url}/hooks/rushbox?shop=1`))).toEqual({ outcome: "delivered", status: 204 });
    const { payload, headers, method, path } = await seen.promise;
    expect(payload).toEqual({ type: "order_paid", title: "秒杀 ☕" });
    expect([method, path]).toEqual(["POST", "/hooks/rushbox?shop=1"]);
    expect(headers.get("content-type")).toBe("application/json");
    expect(headers.get("host")).toBe(new URL(url).host);
    expect(headers.get("webhook-id")).toBe("evt_0000000001");
  });

  test("verifies with the old and with the new secret while one is rotated, and with no other", async () => {
    const results = new Map<string, boolean>();
    const url = serve(async (request) => {
      const body = await request.text();
      for (const known of [secret, formerSecret, "whsec_c29tZWJvZHkgZWxzZQ=="]) {
        try {
          results.set(known, verified(body, request.headers, known) !== undefined);
        } catch {
          results.set(known, false);
        }
      }
      return new Response();
    });
    const nowMs = Date.now();
    const rotated = endpoint(1, { secret, previousSecret: formerSecret, rotatedAtMs: nowMs - 86_399_999 });
    await localPost()(webhook(url, { secrets: signingSecrets(rotated, nowMs) }));
    expect([...results.values()]).toEqual([true, true, false]);
    await localPost()(webhook(url, { secrets: signingSecrets(rotated, nowMs + 1) }));
    expect([...results.values()]).toEqual([true, false, false]);
  });

  test("does not verify another body", async () => {
    const url = serve(async (request) => {
      const body = `${await request.text()} `;
      expect(() => new Webhook(secret).verify(body, Object.fromEntries(request.headers))).toThrow(
        "No matching signature",
      );
      return new Response();
    });
    expect(await localPost()(webhook(url))).toMatchObject({ outcome: "delivered" });
  });
});

describe("the answer", () => {
  test("is taken for a delivery with any 2xx, and for nothing else", async () => {
    for (const status of [200, 201, 202, 204, 299]) {
      const url = serve(() => new Response(null, { status }));
      expect(await localPost()(webhook(url))).toEqual({ outcome: "delivered", status });
    }
    for (const status of [304, 400, 401, 404, 410, 429, 500, 503]) {
      const url = serve(() => new Response(null, { status }));
      expect(await localPost()(webhook(url))).toEqual({ outcome: "refused", status, retryAfterS: null });
    }
  });

  test("may say when to come again, in seconds or with a date", async () => {
    const sentAtMs = Math.floor(Date.now() / 1_000) * 1_000;
    const said: readonly [header: string, retryAfterS: number | null][] = [
      ["120", 120],
      ["0", 0],
      [new Date(sentAtMs + 90_000).toUTCString(), 90],
      [new Date(sentAtMs - 90_000).toUTCString(), 0],
      ["soon", null],
    ];
    for (const [header, retryAfterS] of said) {
      const url = serve(() => new Response(null, { status: 503, headers: { "retry-after": header } }));
      expect(await localPost()(webhook(url, { sentAtMs }))).toEqual({ outcome: "refused", status: 503, retryAfterS });
    }
  });

  test("that redirects is a refusal, and nobody is called at the other address", async () => {
    let isFollowed = false;
    const target = serve(() => {
      isFollowed = true;
      return new Response();
    });
    for (const status of [301, 302, 303, 307, 308]) {
      const url = serve(() => new Response(null, { status, headers: { location: target } }));
      expect(await localPost()(webhook(url))).toMatchObject({ outcome: "refused", status });
    }
    expect(isFollowed).toBe(false);
  });

  test("is read a little and no further, however much there is", async () => {
    let written = 0;
    const { url, closed } = await serveRaw((socket) => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      const more = () => {
        while (!socket.destroyed && socket.write("x".repeat(16_384))) written += 16_384;
      };
      socket.on("drain", more);
      more();
    });
    expect(await localPost()(webhook(url))).toEqual({ outcome: "delivered", status: 200 });
    await closed;
    expect(written).toBeLessThan(64 * 1_024 * 1_024);
  });
});

describe("a receiver that is no good", () => {
  const requestMsMax = 300;
  const misbehaving: Record<string, (socket: Socket) => void> = {
    "never answers": () => {},
    "stops within the head": (socket) => socket.write("HTTP/1.1 200 OK\r\ncontent-"),
    "stops within the body": (socket) => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nab"),
  };
  for (const [what, act] of Object.entries(misbehaving)) {
    test(`and ${what} has one time-out for all of it, and loses its connection`, async () => {
      const { url, closed } = await serveRaw(act);
      expect(await localPost({ requestMsMax })(webhook(url))).toEqual({ outcome: "unreachable", reason: "timeout" });
      await closed;
    });
  }

  test("and drips its answer has the same time-out", async () => {
    const { url, closed } = await serveRaw((socket) => {
      socket.write("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n");
      const timer = setInterval(() => socket.write("x"), 20);
      socket.on("close", () => clearInterval(timer));
    });
    expect(await localPost({ requestMsMax })(webhook(url))).toEqual({ outcome: "unreachable", reason: "timeout" });
    await closed;
  });

  test("and has a name server that never answers has it too", async () => {
    const post = localPost({ requestMsMax, resolve: () => new Promise(() => {}) });
    expect(await post(webhook("http://shop.test/"))).toEqual({ outcome: "unreachable", reason: "timeout" });
  });

  test("is unreachable, with a reason, when it is not there or does not speak HTTP", async () => {
    const { url: closing } = await serveRaw((socket) => socket.destroy());
    const { url: talking } = await serveRaw((socket) => socket.end("220 mail.example ESMTP\r\n"));
    const { port } = new URL(closing);
    const unreachable = [
      closing,
      talking,
      `https://127.0.0.1:${port}/`,
      "http://127.0.0.1:1/",
      "ftp://shop.example/",
      "file:///etc/passwd",
      "not an address",
    ];
    for (const url of unreachable) {
      const result = await localPost()(webhook(url));
      expect(result).toEqual({ outcome: "unreachable", reason: expect.stringMatching(/./) });
    }
    const failing = localPost({ resolve: () => Promise.reject(new Error("no such name")) });
    expect(await failing(webhook("http://shop.test/"))).toEqual({ outcome: "unreachable", reason: "no such name" });
    const empty = localPost({ resolve: async () => [] });
    expect(await empty(webhook("http://shop.test/"))).toMatchObject({ outcome: "unreachable" });
  });

  test("does not hold up the next request on a connection that it has closed meanwhile", async () => {
    const url = serve(() => new Response("ok", { headers: { connection: "close" } }));
    const post = localPost();
    for (let i = 0; i < 5; i++) expect(await post(webhook(url))).toMatchObject({ outcome: "delivered" });
  });
});

describe("an address that is not public", () => {
  const hidden = [
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "100.127.255.255",
    "192.0.0.1",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::ffff:0:127.0.0.1",
    "64:ff9b::10.0.0.1",
    "64:ff9b:1::10.0.0.1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "3fff::1",
    "4000::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "",
    "localhost",
  ];
  test("is known in every notation, and a public one is not taken for it", () => {
    expect(hidden.filter(isPublicAddress)).toEqual([]);
    const open = [
      "1.1.1.1",
      "8.8.8.8",
      "100.63.255.255",
      "100.128.0.1",
      "172.32.0.1",
      "2606:4700::1111",
      "2a00:1450::1",
    ];
    expect(open.filter((address) => !isPublicAddress(address))).toEqual([]);
  });

  /** A sender without leave, on a machine where something listens; resolves names as told. */
  function guarded(answers: (hostname: string) => readonly string[]): PostWebhook {
    return createWebhookPost({ resolve: async (hostname) => answers(hostname) });
  }

  test("is not called, however it is spelt", async () => {
    let calls = 0;
    const { port } = new URL(
      serve(() => {
        calls += 1;
        return new Response();
      }),
    );
    const spellings = [
      "127.0.0.1",
      "127.1",
      "127.0.1",
      "0x7f.1",
      "0x7f000001",
      "0177.0.0.1",
      "017700000001",
      "2130706433",
      "127.0.0.1.",
      "１２７.0.0.1",
      "127。0。0。1",
      "%31%32%37.0.0.1",
      "0",
      "0.0.0.0",
      "[::]",
      "[::1]",
      "[0:0:0:0:0:0:0:1]",
      "[::ffff:127.0.0.1]",
      "[::ffff:7f00:1]",
      "[::127.0.0.1]",
      "[64:ff9b::7f00:1]",
      "user:password@127.0.0.1",
      "8.8.8.8@127.0.0.1",
      "169.254.169.254",
      "10.1.2.3",
    ];
    const post = guarded((hostname) => {
      throw new Error(`${hostname} is taken for a name`);
    });
    for (const spelling of spellings) {
      const result = await post(webhook(`http://${spelling}:${port}/`));
      expect([spelling, result.outcome]).toEqual([spelling, "forbidden_address"]);
    }
    expect(calls).toBe(0);
  });

  test("is not called under a name either, when any of the name's addresses is one", async () => {
    let calls = 0;
    const { port } = new URL(
      serve(() => {
        calls += 1;
        return new Response();
      }),
    );
    for (const addresses of [
      ["127.0.0.1"],
      ["8.8.8.8", "127.0.0.1"],
      ["::1"],
      ["2606:4700::1111", "fd00::1"],
      ["oddity"],
    ]) {
      const result = await guarded(() => addresses)(webhook(`http://shop.example:${port}/`));
      expect(result).toEqual({ outcome: "forbidden_address", address: addresses.at(-1) ?? "" });
    }
    const real = createWebhookPost();
    expect(await real(webhook(`http://localhost:${port}/`))).toMatchObject({ outcome: "forbidden_address" });
    expect(calls).toBe(0);
  });

  test("is called when that is allowed", async () => {
    const url = serve(() => new Response());
    expect(await createWebhookPost({ isPrivateAllowed: true })(webhook(url))).toMatchObject({ outcome: "delivered" });
  });

  test("is not reached by a name server that answers differently the second time", async () => {
    // To the machine's own resolver `localhost` is 127.0.0.1: whoever asks it again ends up at this receiver.
    const { port } = new URL(serve(() => new Response(null, { status: 500 })));
    const checked = Bun.serve({ hostname: "127.0.0.2", port: Number(port), fetch: () => new Response() });
    servers.push({ stop: () => checked.stop(true) });
    const asked: string[] = [];
    const post = localPost({
      resolve: async (hostname) => {
        asked.push(hostname);
        return [asked.length === 1 ? "127.0.0.2" : "127.0.0.1"];
      },
    });
    expect(await post(webhook(`http://localhost:${port}/`))).toEqual({ outcome: "delivered", status: 200 });
    expect(asked).toEqual(["localhost"]);
  });
});

describe("over TLS", () => {
  test("the certificate must be for the name, although the connection goes to an address", async () => {
    const folder = newFolder();
    const [key, certificate] = [join(folder, "key.pem"), join(folder, "certificate.pem")];
    const made = Bun.spawnSync([
      ...["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
      ...["-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=shop.test"],
      ...["-addext", "subjectAltName=DNS:shop.test"],
    ]);
    expect(made.exitCode).toBe(0);
    const hosts: (string | null)[] = [];
    const server = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      tls: { key: Bun.file(key), cert: Bun.file(certificate) },
      fetch(request) {
        hosts.push(request.headers.get("host"));
        return new Response();
      },
    });
    servers.push({ stop: () => server.stop(true) });
    const trusting = localPost({ certificateAuthority: await Bun.file(certificate).text() });
    expect(await trusting(webhook(`https://shop.test:${server.port}/`))).toMatchObject({ outcome: "delivered" });
    expect(await trusting(webhook(`https://other.test:${server.port}/`))).toMatchObject({ outcome: "unreachable" });
    expect(await localPost()(webhook(`https://shop.test:${server.port}/`))).toMatchObject({ outcome: "unreachable" });
    expect(hosts).toEqual([`shop.test:${server.port}`]);
  });
});
