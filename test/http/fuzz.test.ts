/**
 * Bytes of all kinds on raw sockets: whatever is sent, the server lives, answers with no fault of its own, tells nothing
 * of its inside and sells on. Seeded: a failure prints its seed, and `SEED=... bun test test/http/fuzz` replays it.
 */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { Random } from "../engine/random.ts";
import {
  buy,
  type CampaignJson,
  call,
  createCampaign,
  type OrderJson,
  operatorKey,
  type Server,
  startServer,
  tokenOf,
} from "../harness.ts";
import { scrape } from "./prometheus.ts";
import { chunkOf, RawConnection, type RawRequest, requestBytes } from "./raw-http.ts";
import { inside } from "./refusal.ts";

setDefaultTimeout(60_000);

const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);
const rounds = 1_700;
const atOnce = 40;
/** How long to listen for an answer when the server keeps the connection open. */
const listenMs = 60;

/** Random bytes. */
function bytesOf(dice: Random, count: number): Buffer {
  return Buffer.from(Array.from({ length: count }, () => dice.below(256)));
}

interface Known {
  readonly campaign: string;
  readonly offer: string;
  /** A campaign that needs a pass. */
  readonly guarded: string;
  readonly order: string;
  readonly webhook: string;
  readonly token: string;
}

const campaignBody = {
  title: "Fuzz",
  kind: "limited_time",
  opens_at: "2040-01-01T00:00:00Z",
  closes_at: "2041-01-01T00:00:00Z",
  payment_window_s: 900,
  offers: [
    {
      ...{ sku: "a", title: "A", price_minor: 100, list_price_minor: 200, currency: "CNY", stock: 10 },
      ...{ limit_per_buyer: 2, brand: "b", category: "c", image_url: "https://shop.example/a.jpg" },
    },
  ],
};

/** A good request of any route, as a beginning. */
function goodRequest(dice: Random, known: Known): RawRequest & { body?: string } {
  const { campaign, offer, guarded, order, webhook, token } = known;
  const buyer = ["Authorization", `Bearer ${token}`] as const;
  const operator = ["Authorization", `Bearer ${operatorKey}`] as const;
  const json = ["Content-Type", "application/json"] as const;
  const post = { method: "POST" };
  return dice.pick<RawRequest & { body?: string }>([
    { ...post, path: `/v1/offers/${offer}/orders`, headers: [buyer, ["Idempotency-Key", `"k-${dice.below(50)}"`]] },
    { ...post, path: `/v1/offers/${offer}/orders`, headers: [buyer, json], body: '{"quantity":1}' },
    { ...post, path: `/v1/offers/${offer}/orders`, headers: [buyer, ["Prefer", "respond-async"]] },
    { ...post, path: "/v1/campaigns", headers: [operator, json], body: JSON.stringify(campaignBody) },
    { ...post, path: `/v1/campaigns/${campaign}/pause`, headers: [operator] },
    { ...post, path: `/v1/campaigns/${campaign}/resume`, headers: [operator] },
    { ...post, path: `/v1/offers/${offer}/restock`, headers: [operator, json], body: '{"quantity":5}' },
    { ...post, path: `/v1/orders/${order}/pay`, headers: [operator, json], body: '{"reference":"pay_1"}' },
    { ...post, path: `/v1/orders/${order}/cancel`, headers: [buyer] },
    { path: `/v1/campaigns/${campaign}`, headers: [["If-None-Match", '"x", W/"y"']] },
    { path: "/v1/campaigns?state=open&kind=one_yuan&brand=b&limit=5&cursor=cmp_0000000001" },
    { path: `/v1/campaigns/${campaign}/stream`, headers: [["Last-Event-ID", "5"]] },
    { path: "/v1/orders?limit=3&cursor=ord_0000000009", headers: [buyer] },
    { path: `/v1/orders?state=paid&offer_id=${offer}&from=2026-01-01T00:00:00Z`, headers: [buyer] },
    { path: `/v1/orders/export?format=jsonl&campaign_id=${campaign}`, headers: [operator] },
    { path: "/v1/orders/stream", headers: [buyer, ["Last-Event-ID", "0"]] },
    { path: `/v1/orders/${order}`, headers: [buyer] },
    { ...post, path: `/v1/orders/${order}/refund`, headers: [operator, json], body: '{"return_units":false}' },
    { ...post, path: `/v1/orders/${order}/checkout`, headers: [buyer] },
    { path: `/v1/orders/${order}/payments`, headers: [buyer] },
    { ...post, path: "/v1/payments/sandbox/webhook", headers: [json, ["Webhook-Id", "m"]], body: '{"type":"paid"}' },
    { ...post, path: `/v1/offers/${offer}/waitlist`, headers: [buyer] },
    { ...post, path: `/v1/offers/${offer}/waitlist/leave`, headers: [buyer] },
    { ...post, path: `/v1/campaigns/${campaign}/queue`, headers: [buyer] },
    { path: `/v1/campaigns/${campaign}/queue`, headers: [buyer] },
    { ...post, path: `/v1/campaigns/${guarded}/pass`, headers: [buyer] },
    { ...post, path: `/v1/offers/${offer}/draw`, headers: [buyer] },
    { path: `/v1/offers/${offer}/waitlist/entries?limit=2&cursor=wte_0000000001`, headers: [operator] },
    { ...post, path: "/v1/operators", headers: [operator, json], body: '{"name":"Li Na","role":"viewer"}' },
    { ...post, path: "/v1/operators/opr_0000000001/revoke", headers: [operator] },
    { path: "/v1/audit?operator=root&action=pause&subject=x&limit=3&cursor=9", headers: [operator] },
    { ...post, path: "/v1/buyers/erase", headers: [operator, json], body: '{"buyer_id":"mallory"}' },
    { ...post, path: "/v1/webhooks", headers: [operator, json], body: '{"url":"http://127.0.0.1:9/","types":null}' },
    { ...post, path: `/v1/webhooks/${webhook}`, headers: [operator, json], body: '{"types":["order_paid"]}' },
    { ...post, path: `/v1/webhooks/${webhook}/rotate`, headers: [operator] },
    { ...post, path: `/v1/webhooks/${webhook}/replay`, headers: [operator, json], body: '{"id":"evt_0000000001"}' },
    { path: `/v1/webhooks/${webhook}/deliveries?state=dead&limit=2&cursor=evt_0000000009`, headers: [operator] },
    { path: "/v1/events/stream", headers: [operator, ["Last-Event-ID", "0"]] },
    { path: "/v1/attempts/k-1", headers: [buyer] },
    { path: "/v1/time" },
    { path: "/readyz" },
    { path: "/problems/sold_out" },
  ]);
}

const oddTexts = [
  ...["", " ", "\0", "\r", "\n", "\r\n", "\r\n\r\n", "\t", ":", ";", ",", "/", "//", "..", "%", "%00", "%zz", "%ff"],
  ...["?", "#", "&", "=", '"', "'", "\\", "{", "}", "[", "]", "<", ">", "\x7f", "\xff", "\xc3\x28", "\xed\xa0\x80"],
  ...["0", "-1", "1e9", "0x10", "99999999999999999999", "NaN", "null", "__proto__", "constructor", "ord_0000000001"],
  ...["Content-Length: 5\r\n", "Content-Length: -5\r\n", "Content-Length: 0x5\r\n", "Transfer-Encoding: chunked\r\n"],
  ...["Transfer-Encoding: gzip, chunked\r\n", "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", "Expect: x\r\n"],
  ...["Host: \r\n", "Host: a b\r\n", "Connection: close\r\n", "Connection: upgrade\r\nUpgrade: websocket\r\n"],
  ...[
    "Authorization: Bearer x\r\n",
    "Content-Type: text/plain\r\n",
    "Prefer: respond-async\r\n",
    "HTTP/1.1",
    "HTTP/9.9",
  ],
];

/** Bytes with some of them changed, lost, doubled or added. */
function mangled(dice: Random, bytes: Buffer): Buffer {
  let now = bytes;
  for (let times = dice.below(4) + 1; times > 0; times--) {
    const at = dice.below(now.byteLength + 1);
    const [before, after] = [now.subarray(0, at), now.subarray(at)];
    const length = dice.below(20) + 1;
    const odd = Buffer.from(dice.pick(oddTexts), "latin1");
    now = dice.pick([
      () => Buffer.concat([before, odd, after]),
      () => Buffer.concat([before, odd, after.subarray(length)]),
      () => Buffer.concat([before, after.subarray(length)]),
      () => Buffer.concat([before, after.subarray(0, length), after]),
      () => Buffer.concat([before, bytesOf(dice, length), after.subarray(length)]),
      () => before,
    ])();
  }
  return now;
}

const oddValues: readonly unknown[] = [
  ...[null, true, false, 0, -1, 1.5, 1e308, 2 ** 53, -(2 ** 53), 2 ** 31, "", " ", "a", "\0", "\ud800", "\u2028", "🎉"],
  ...["x".repeat(300), "9".repeat(30), "2026-02-30T00:00:00Z", "one_yuan", "CNY", "https://x", [], {}, [[]], [null]],
];

/** A value with one of its parts replaced, wrapped, renamed, doubled or lost. */
function oddJson(dice: Random, value: unknown): unknown {
  const here = dice.below(4) === 0;
  if (here || typeof value !== "object" || value === null) {
    return dice.pick([() => dice.pick(oddValues), () => [value], () => ({ value }), () => String(value)])();
  }
  if (Array.isArray(value)) {
    const at = dice.below(value.length);
    const changed = oddJson(dice, value[at]);
    return dice.pick([() => value.with(at, changed), () => [...value, changed], () => [...value, ...value]])();
  }
  const entries = Object.entries(value);
  const at = dice.below(entries.length);
  const [name, part] = entries[at] ?? ["", null];
  return dice.pick([
    () => ({ ...value, [name]: oddJson(dice, part) }),
    () => ({ ...value, [name]: oddJson(dice, part) }),
    () => ({ ...value, [`${name}${dice.pick(["", "_", "\0", "é"])}`]: dice.pick(oddValues) }),
    () => Object.fromEntries(entries.toSpliced(at, 1)),
  ])();
}

const chunkSizes = [
  "",
  "0",
  "5",
  "-5",
  "0x5",
  "5 ",
  " 5",
  "5;a=b",
  `5;${"x".repeat(20_000)}`,
  "zz",
  "ffffffffffffffff",
  "1e1",
];

/** One kind of attack: the pieces to send, one after another. */
const attacks: Readonly<Record<string, (dice: Random, known: Known) => Buffer[]>> = {
  "random bytes": (dice) => [bytesOf(dice, dice.below(3_000) + 1)],
  "a request with some bytes changed": (dice, known) => [mangled(dice, wire(goodRequest(dice, known)))],
  "a request cut off": (dice, known) => {
    const bytes = wire(goodRequest(dice, known));
    return [bytes.subarray(0, dice.below(bytes.byteLength))];
  },
  "a request in many pieces": (dice, known) => {
    const bytes = dice.below(2) === 0 ? wire(goodRequest(dice, known)) : mangled(dice, wire(goodRequest(dice, known)));
    const step = dice.below(30) + 1;
    const count = Math.min(40, Math.ceil(bytes.byteLength / step));
    return Array.from({ length: count }, (_, at) =>
      bytes.subarray(at * step, at === count - 1 ? undefined : (at + 1) * step),
    );
  },
  "a body of the wrong shape": (dice, known) => {
    const request = goodRequest(dice, known);
    const shape: unknown = request.body === undefined ? campaignBody : JSON.parse(request.body);
    return [wire({ ...request, body: JSON.stringify(oddJson(dice, shape)) })];
  },
  "a body with some bytes changed": (dice, known) => {
    const request = goodRequest(dice, known);
    const bytes = mangled(dice, Buffer.from(request.body ?? JSON.stringify(campaignBody)));
    return [wire({ ...request, body: undefined, bytes, isChunked: dice.below(2) === 0 })];
  },
  "a body in bad chunks": (dice, known) => {
    const request = goodRequest(dice, known);
    const head = wire({ ...request, body: undefined, extra: ["Transfer-Encoding", "chunked"] });
    const chunks = Array.from({ length: dice.below(4) + 1 }, () =>
      dice.below(3) === 0
        ? Buffer.from(chunkOf(bytesOf(dice, dice.below(300))))
        : Buffer.from(
            `${dice.pick(chunkSizes)}${dice.pick(["\r\n", "\n", "\r", ""])}abcde${dice.pick(["\r\n", "\n", ""])}`,
          ),
    );
    return [head, ...chunks, Buffer.from(dice.pick(["", "0\r\n\r\n", "0\r\nTrailer: x\r\n\r\n", "0\r\n", "\r\n"]))];
  },
  "two lengths, or a length and chunks": (dice, known) => {
    const request = goodRequest(dice, known);
    const [first, second] = [
      dice.pick(["5", "0", "14", "-1", "+5", "5, 5", "0x5", ""]),
      dice.pick(["chunked", "Chunked", "x"]),
    ];
    const more = dice.below(2) === 0 ? `Transfer-Encoding: ${second}` : `Content-Length: ${dice.below(20)}`;
    const [headline = "", ...rest] = wire({ ...request, body: undefined })
      .toString("latin1")
      .split("\r\n");
    const text = [headline, `Content-Length: ${first}`, more, ...rest].join("\r\n");
    return [Buffer.from(`${text}5\r\nhello\r\n0\r\n\r\nGET /v1/time HTTP/1.1\r\nHost: x\r\n\r\n`, "latin1")];
  },
  "requests in a row, one of them mangled": (dice, known) => {
    const row = Array.from({ length: dice.below(6) + 2 }, () => wire(goodRequest(dice, known)));
    const at = dice.below(row.length);
    const one = row[at];
    if (one !== undefined && dice.below(2) === 0) row[at] = mangled(dice, one);
    return [Buffer.concat(row)];
  },
  "an absurd method": (dice, known) => {
    const method = dice.pick([
      "get",
      "G\0T",
      "É",
      "X".repeat(5_000),
      "",
      "POST POST",
      "PRI",
      "CONNECT",
      "M-SEARCH",
      "QUERY",
    ]);
    return [wire({ ...goodRequest(dice, known), method })];
  },
  "an absurd address": (dice, known) => {
    const { path } = goodRequest(dice, known);
    const at = dice.below(path.length);
    const long = "a/".repeat(dice.below(20_000));
    const odd = dice.pick([
      ...oddTexts,
      long,
      "?".repeat(200),
      "%2e%2e/".repeat(50),
      "é",
      "💥",
      "http://other.example/",
    ]);
    return [wire({ ...goodRequest(dice, known), path: path.slice(0, at) + odd + path.slice(at + dice.below(3)) })];
  },
  "an absurd host": (dice, known) => {
    const { path, ...request } = goodRequest(dice, known);
    const host = dice.pick([
      ...oddTexts.filter((text) => !text.includes("\r\n")),
      "[::1",
      "a/b",
      "x@y",
      "a:99999",
      "é",
    ]);
    return [wire({ ...request, path: dice.pick([path, "/nowhere"]), headers: [["Host", host]] })];
  },
  "absurd headers": (dice, known) => {
    const request = goodRequest(dice, known);
    const name = dice.pick([
      "X",
      "Cookie",
      "Host",
      "Authorization",
      "Idempotency-Key",
      "Content-Type",
      "If-None-Match",
    ]);
    const value = dice.pick([
      "x".repeat(65_536),
      "x".repeat(9_000),
      ",".repeat(5_000),
      "\xff".repeat(50),
      "\0",
      "a\rb",
      "=?",
    ]);
    const many = Array.from({ length: dice.below(300) }, (_, at) => [`X-${at}`, "x"] as const);
    return [
      wire({ ...request, headers: [...(request.headers ?? []), [name, value], ...(dice.below(3) === 0 ? many : [])] }),
    ];
  },
  "another protocol": (dice) => [
    dice.pick([
      Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
      Buffer.from("160301020001fc0303", "hex"),
      Buffer.from("SSH-2.0-OpenSSH_9.6\r\n"),
      Buffer.from("EHLO shop.example\r\n"),
      Buffer.from("*1\r\n$4\r\nPING\r\n"),
      Buffer.from("\r\n".repeat(500)),
    ]),
  ],
};

/** A request as bytes; a header more, or a body that is no text, come in between. */
function wire(
  request: Omit<RawRequest, "body"> & {
    body?: string | undefined;
    bytes?: Buffer;
    extra?: readonly [name: string, value: string];
  },
): Buffer {
  const { body, bytes, extra, headers = [], ...rest } = request;
  const content = bytes ?? body;
  return Buffer.from(
    requestBytes({
      ...rest,
      headers: extra === undefined ? headers : [...headers, extra],
      ...(content === undefined ? {} : { body: content }),
    }),
  );
}

let server: Server;
let known: Known;

async function newKnown(): Promise<Known> {
  const campaign = await createCampaign(server, { stock: 10_000, limitPerBuyer: 1_000 });
  const token = await tokenOf("alice");
  const offer = campaign.offers[0]?.id ?? "";
  const order = await buy(server, offer, token);
  const { id: guarded } = await createCampaign(server, { pass: true });
  const hook = { method: "POST", as: operatorKey, body: { url: "https://shop.example/hooks" } };
  const webhook = await call<{ id: string }>(`${server.url}/v1/webhooks`, hook);
  return { campaign: campaign.id, offer, guarded, order: order.body.id, webhook: webhook.body.id, token };
}

beforeAll(async () => {
  server = await startServer({ env: { RUSHBOX_PAYMENTS: "sandbox" } });
  known = await newKnown();
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

/** Everything that came back until the server closed or had nothing more to say. */
async function answersTo(pieces: readonly Buffer[]): Promise<string> {
  await using connection = await RawConnection.open(server.port);
  for (const [at, piece] of pieces.entries()) {
    if (at > 0) await Bun.sleep(0);
    connection.write(piece);
  }
  for (let bytes = -1; bytes !== connection.receivedBytes && !connection.isClosed; ) {
    bytes = connection.receivedBytes;
    await Promise.race([connection.closed, Bun.sleep(listenMs)]);
  }
  return connection.text;
}

/** What is wrong with the answers, or `null`. */
function faultOf(text: string): string | null {
  const statuses = [...text.matchAll(/(?:^|\n)HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
  // 505 is the parser's word for a version that it does not speak.
  const faults = statuses.filter((status) => status >= 500 && status !== 503 && status !== 505);
  if (faults.length > 0) return `${faults.join(", ")}: ${text}`;
  if (inside.test(text)) return `it tells of its inside: ${text}`;
  return text !== "" && statuses.length === 0 ? `no HTTP: ${text}` : null;
}

test(`nothing that is sent brings it down or makes it tell (SEED=${seed})`, async () => {
  const kinds = Object.entries(attacks);
  const seen = new Map<string, number>();
  const failures: string[] = [];
  let next = 0;
  const attacker = async () => {
    for (let round = next++; round < rounds && failures.length === 0; round = next++) {
      // Each round has dice of its own, so that it is the same whatever ran beside it.
      const dice = new Random(seed + round * 7_919);
      const [kind, attack] = kinds[round % kinds.length] ?? ["", () => []];
      const pieces = attack(dice, known);
      const text = await answersTo(pieces).catch(() => null);
      const fault = text === null ? "it is gone" : faultOf(text);
      if (fault !== null) {
        const sent = Buffer.concat(pieces).toString("latin1").slice(0, 2_000);
        failures.push(`round ${round}, ${kind}: ${JSON.stringify(sent)} -> ${fault}`);
      }
      const statuses = [...(text ?? "").matchAll(/HTTP\/1\.1 (\d{3})/g)].map((match) => match[1] ?? "");
      for (const status of statuses.length === 0 ? ["none"] : statuses) seen.set(status, (seen.get(status) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, attacker));
  if (failures.length > 0) {
    // Whoever brought it down is among the last rounds; what it said last comes a moment later.
    await Promise.race([server.process.exited, Bun.sleep(1_000)]);
    throw new Error(
      `SEED=${seed}\n${failures.join("\n")}\nexit ${server.process.exitCode}\n${server.log().slice(-2_000)}`,
    );
  }

  // The dice have come past all of these: else the fuzz has become toothless.
  for (const status of ["none", "200", "201", "400", "401", "404", "415", "431"]) {
    expect(`${status}: ${(seen.get(status) ?? 0) > 0}`).toBe(`${status}: true`);
  }
  expect(server.process.exitCode).toBeNull();
  expect(server.log()).not.toContain('"level":"error"');
  const requests = (await scrape(server.url)).get("rushbox_http_requests_total")?.samples ?? [];
  expect(requests.filter(({ labels, value }) => labels["status"] === "500" && value > 0)).toEqual([]);
});

test("and it sells on, exactly", async () => {
  const after = await newKnown();
  const bob = await tokenOf("bob");
  const replies = await Promise.all(Array.from({ length: 50 }, () => buy(server, after.offer, bob)));
  expect(replies.every(({ status }) => status === 201)).toBe(true);
  for (const id of [known.campaign, after.campaign]) {
    const { body } = await call<CampaignJson>(`${server.url}/v1/campaigns/${id}`);
    const [offer] = body.offers;
    if (offer === undefined) throw new Error("an offer is missing");
    expect(offer.available + offer.held + offer.sold).toBe(offer.total);
  }
  const [first] = replies;
  const read = await call<OrderJson>(`${server.url}/v1/orders/${first?.body.id}`, { as: bob });
  expect(read.body).toEqual(first?.body as OrderJson);
  expect(await server.stop("SIGTERM")).toBe(0);
});
