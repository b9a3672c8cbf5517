/**
 * When something breaks inside: the real routes behind the real server, with parts that fail. Whoever asked is told that
 * it was not their fault and nothing else; what happened stands in the log.
 */

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { AccessList } from "../../src/admission/access-list.ts";
import { Challenges, challengeLifetimeMs } from "../../src/admission/challenge.ts";
import { LoadBoard } from "../../src/admission/load-board.ts";
import { Passes } from "../../src/admission/pass.ts";
import { RateTable } from "../../src/admission/rate-limit.ts";
import { RiskFeed } from "../../src/admission/risk/feed.ts";
import { Verdicts } from "../../src/admission/risk/verdicts.ts";
import { SpentSet } from "../../src/admission/spent-set.ts";
import { NoticeStreams } from "../../src/delivery/notice-streams.ts";
import { OrderStreams } from "../../src/delivery/order-streams.ts";
import { QueueStreams } from "../../src/delivery/queue-streams.ts";
import { StockStreams } from "../../src/delivery/stock-streams.ts";
import { Quotes } from "../../src/dialogue/quote.ts";
import { openAdmission } from "../../src/domain/admission.ts";
import { controlsDefault } from "../../src/domain/controls.ts";
import { limits } from "../../src/domain/limits.ts";
import { CampaignBoard } from "../../src/engine/campaign-board.ts";
import { Counters } from "../../src/engine/counters.ts";
import { KeyFilter } from "../../src/engine/key-filter.ts";
import {
  type Answer,
  type CampaignView,
  decodeLetters,
  encodeAnswers,
  type ToEngine,
} from "../../src/engine/mailbox.ts";
import type { Clock } from "../../src/host/clock.ts";
import { Metrics } from "../../src/host/metrics.ts";
import { newSigningKey } from "../../src/host/random.ts";
import { SignedText } from "../../src/host/signed-text.ts";
import { ClientAddresses } from "../../src/http/address.ts";
import { Admission } from "../../src/http/admission.ts";
import { Auth } from "../../src/http/auth.ts";
import { Catalogue } from "../../src/http/catalogue.ts";
import { DrawIndex } from "../../src/http/draw-index.ts";
import { EngineClient } from "../../src/http/engine-client.ts";
import { Gate } from "../../src/http/gate.ts";
import { Listeners } from "../../src/http/listeners.ts";
import { MainClient } from "../../src/http/main-client.ts";
import { Office } from "../../src/http/office.ts";
import type { HttpParts, OrderFinder, OrderReader } from "../../src/http/parts.ts";
import { Receipts } from "../../src/http/receipts.ts";
import { observed } from "../../src/http/route.ts";
import { type Listening, listen } from "../../src/http/server.ts";
import { metricDefinitions } from "../../src/metrics.ts";
import { jwtSecret, operatorKey, tokenOf } from "../harness.ts";
import { parsePrometheus, seriesValue } from "./prometheus.ts";
import { expectPage, expectRefusal } from "./refusal.ts";

setDefaultTimeout(20_000);

const secretWords =
  "SQLITE_CORRUPT: database disk image is malformed in /var/lib/rushbox/rushbox.db: SELECT * FROM orders";

/** An engine that never answers, a database that is broken, and a clock that the test sets. */
const clock: Clock & { aheadMs: number } = {
  aheadMs: 0,
  nowMs: () => Date.now(),
  elapsedMs() {
    return performance.now() + this.aheadMs;
  },
};
const commands: ToEngine[] = [];
const counters = Counters.forOffers(4);
const client = new EngineClient({ post: (message) => commands.push(message), counters, clock });
const metrics = new Metrics(metricDefinitions(1), { thread: 0, threads: 1 });
/** As the engine would, at last. */
function answerAll(answer: Answer): void {
  for (const message of commands.splice(0)) {
    if (message.type !== "commands") continue;
    const answers = encodeAnswers(decodeLetters(message.text).map(([ticket]) => [ticket, answer] as const));
    if (answers.type === "answers") client.receive(answers.text);
  }
}
const fail = (): never => {
  throw new Error(secretWords);
};
const orders: OrderReader = {
  ...{ order: fail, orderOfKey: fail, paymentsOf: fail, waitingAfter: fail, entryOfBuyer: fail },
  remindersOfBuyer: fail,
  tracesOfBuyer: fail as OrderReader["tracesOfBuyer"],
};
const orderFinder = { range: fail as OrderFinder["range"], newestFirst: fail, oldestFirst: fail };

const offerId = "off_0000000002";
const offer = {
  ...{ id: 2, line: 0, sku: "a", title: "A", priceMinor: 100, listPriceMinor: null, currency: "CNY" },
  ...{ limitPerBuyer: 1, brand: null, category: null, imageUrl: null, description: null },
};
const campaign: CampaignView = {
  ...{ id: 1, title: "Sale", description: null, kind: null, state: "open", opensAtMs: null, closesAtMs: null },
  ...{ paymentWindowS: 900, hasWaitlist: true, areKeysFiltered: true, createdAtMs: 0, offers: [offer] },
  ...{ admission: openAdmission, commitment: null, beacon: null, secret: null, drawnCount: null },
};

const office = new Office();
const endpoint = { id: 9, url: "https://shop.example/", types: null, secret: "", previousSecret: null };
office.receive({
  operators: [],
  endpoints: [{ ...endpoint, rotatedAtMs: null, isEnabled: true }],
  controls: controlsDefault,
});

const load = LoadBoard.forThreads(1);
const addresses = new ClientAddresses({ trusted: [], header: "x-forwarded-for" });
const rates = RateTable.make([1, 2], 0);
const gate = new Gate({ addresses, areRatesLimited: true, clock, load, metrics, office, rates });

let listening: Listening;
let url: string;
let alice: string;
const logged: string[] = [];
const writeLog = process.stderr.write.bind(process.stderr);

beforeAll(async () => {
  process.stderr.write = (text: string | Uint8Array) => logged.push(String(text)) > 0;
  const catalogue = new Catalogue(counters);
  counters.publish({ line: 0, id: 2, campaign, total: 5, available: 5, held: 0, sold: 0, waiting: { count: 1 } });
  catalogue.receive([campaign]);
  const countOpen = () => {};
  const committedSeq = () => 5;
  const draws = { drawsOf: fail, entriesFrom: fail, entryOf: fail };
  const access = new AccessList();
  const spent = new SpentSet(challengeLifetimeMs, new SharedArrayBuffer(1_024));
  const challenges = new Challenges({ secret: "secret", run: "run", spent, clock });
  const [feed, verdicts] = [new RiskFeed(() => {}), new Verdicts()];
  const who = { access, verdicts, feed, gate, rates, captcha: null, challenges };
  const admission = new Admission({ ...who, addresses, clock, metrics, office });
  const orderStreams = new OrderStreams({
    reader: { last: fail, buyerEventsAfter: fail, eventsOfBuyerAfter: fail },
    committedSeq,
    countOpen,
    render: fail,
  });
  const stockStreams = new StockStreams({ versionOf: fail, render: fail, committedSeq, countOpen });
  const parts: HttpParts = {
    access,
    addresses,
    admission,
    captcha: null,
    challenges,
    desk: new MainClient({ post: () => {}, questionsMax: 1, waitMsMax: 1_000 }),
    rehearsals: new MainClient({ post: () => {}, questionsMax: 1, waitMsMax: 1_000 }),
    gate,
    load,
    auth: new Auth({ operatorKey, buyers: { secret: jwtSecret } }, clock),
    beacons: { current: null, known: [] },
    board: CampaignBoard.forLines(4),
    catalogue,
    client,
    clock,
    counters,
    embedOrigins: [],
    drawIndex: new DrawIndex(draws),
    draws,
    keyFilter: new KeyFilter(),
    metrics,
    audit: { auditBefore: fail },
    ledger: { ...{ rowsAfter: fail, rowsWithBuyersAfter: fail, row: fail }, ...{ hashOf: fail, saltOf: fail } },
    shop: { name: "Rushbox", signInUrl: null, guestSecret: null },
    receipts: new Receipts(newSigningKey()),
    office,
    outbox: fail,
    noticeStreams: new NoticeStreams({
      reader: { last: fail, journalAfter: fail },
      committedSeq,
      countOpen,
      noticeOf: fail,
    }),
    quotes: new Quotes(new SignedText("key")),
    passes: new Passes(new SignedText("key")),
    queueStreams: new QueueStreams({ ask: fail, committedSeq, countOpen }),
    payments: { provider: null, sandboxPages: null },
    orderFinder,
    orders,
    orderStreams,
    stockStreams,
    listeners: new Listeners({ catalogue, countOpen, orderStreams, stockStreams }),
    mcp: { publicUrl: null, authorizationServers: [] },
  };
  listening = listen(parts, { host: "127.0.0.1", port: 0, isShared: false });
  url = `http://127.0.0.1:${listening.port}`;
  alice = await tokenOf("alice");
});

afterAll(async () => {
  process.stderr.write = writeLog;
  await listening.stop(true);
});

const bodies: Readonly<Record<string, unknown>> = { "/v1/buyers/erase": { buyer_id: "alice" } };

const ask = async (method: string, path: string, as: string) => {
  const body = bodies[path];
  const headers = {
    authorization: `Bearer ${as}`,
    ...(body === undefined ? {} : { "content-type": "application/json" }),
  };
  const answer = await fetch(url + path, {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
};

const failing = [
  ["GET", "/v1/orders", "a buyer"],
  ["GET", "/v1/orders", "an operator"],
  ["GET", "/v1/orders/export", "an operator"],
  ["GET", "/v1/orders/ord_0000000003", "a buyer"],
  ["POST", "/v1/orders/ord_0000000003/cancel", "a buyer"],
  ["POST", "/v1/orders/ord_0000000003/pay", "an operator"],
  ["GET", "/v1/orders/ord_0000000003/receipt", "a buyer"],
  ["GET", "/v1/orders/ord_0000000003/history", "a buyer"],
  ["GET", "/v1/ledger", "an operator"],
  ["GET", "/v1/campaigns/cmp_0000000001/ledger", "a buyer"],
  ["GET", "/v1/orders/ord_0000000003/payments", "a buyer"],
  ["POST", "/v1/orders/ord_0000000003/checkout", "a buyer"],
  ["POST", "/v1/orders/ord_0000000003/refund", "an operator"],
  ["GET", `/v1/offers/${offerId}/waitlist/entries`, "an operator"],
  ["GET", "/v1/audit", "an operator"],
  ["GET", "/v1/webhooks", "an operator"],
  ["GET", "/v1/webhooks/end_0000000009", "an operator"],
  ["GET", "/v1/webhooks/end_0000000009/deliveries", "an operator"],
  ["POST", "/v1/buyers/erase", "an operator"],
  ["GET", "/v1/events/stream", "an operator"],
  ["GET", "/v1/orders/stream", "a buyer"],
  ["GET", "/v1/campaigns/cmp_0000000001/stream", "a buyer"],
] as const;

test.each(failing)("%s %s of %s, when it throws, is answered 500 and tells nothing", async (method, path, who) => {
  logged.length = 0;
  const answer = await ask(method, path, who === "a buyer" ? alice : operatorKey);
  expect(answer.status).toBe(500);
  const problem = expectRefusal(answer);
  expect(problem.code).toBe("internal");
  await expectPage(url, problem);
  // It is not lost either: the log has it, with where it happened.
  const lines = logged.map((line) => JSON.parse(line) as { level: string; cause: string });
  expect(lines.map(({ level }) => level)).toEqual(["error"]);
  expect(lines[0]?.cause).toContain(secretWords);
});

test("a download whose database breaks under it never looks whole, stands in the log, and gives its place back", async () => {
  orderFinder.range = () => ({ first: 1, end: 1_000 });
  try {
    for (let time = 0; time <= limits.exportsPerThreadMax; time++) {
      logged.length = 0;
      const whole = fetch(`${url}/v1/orders/export`, { headers: { authorization: `Bearer ${operatorKey}` } }).then(
        (answer) => answer.text(),
      );
      expect(await whole.catch((cause: Error) => cause)).toBeInstanceOf(Error);
      expect(logged.join("")).toContain("an export broke off");
      expect(logged.join("")).toContain(secretWords);
      expect((await ask("GET", "/v1/time", alice)).status).toBe(200);
    }
  } finally {
    orderFinder.range = fail;
  }
  // What the audit log is told of each does not wait for ever.
  expect(counters.inFlight).toBe(limits.exportsPerThreadMax + 1);
  answerAll({ code: "done", id: 1 });
  expect(counters.inFlight).toBe(0);
});

test("a handler may throw anything, at once or later", async () => {
  for (const thrown of [new Error(secretWords), new TypeError("x"), secretWords, { secretWords }, null, undefined, 5]) {
    const throwing = () => {
      throw thrown;
    };
    const later = () => Promise.reject(thrown as Error);
    for (const handle of [throwing, later]) {
      const respond = observed({ name: "time", handle }, metrics, clock);
      const answer = await respond(new Request(url), {});
      const { status, headers } = answer;
      expect(expectRefusal({ status, headers, text: await answer.text() }).code).toBe("internal");
    }
  }
});

test("a status that nobody expected is a fault of ours, told as one", async () => {
  const respond = observed({ name: "time", handle: () => new Response("teapot", { status: 418 }) }, metrics, clock);
  const answer = await respond(new Request(url), {});
  expect(answer.status).toBe(500);
  expect(await answer.text()).not.toContain("teapot");
});

test("failures are counted, by route", async () => {
  const families = parsePrometheus(await (await fetch(`${url}/metrics`)).text());
  const failures = (route: string) => seriesValue(families, "rushbox_http_requests_total", { route, status: "500" });
  expect(failures("list_orders")).toBe(2);
  expect(failures("stream_orders")).toBe(1);
  expect(failures("reserve")).toBe(0);
});

test("a command that the engine never answers is answered at the deadline: the outcome is not known, repeat it", async () => {
  const asked = [
    ask("POST", `/v1/offers/${offerId}/orders`, alice),
    ask("POST", "/v1/campaigns/cmp_0000000001/pause", operatorKey),
    ask("GET", "/v1/attempts/key", alice),
  ];
  while (commands.length < 1 || counters.inFlight < asked.length) await Bun.sleep(5);
  clock.aheadMs += 9_000;
  await Bun.sleep(600); // the client looks every quarter of a second
  expect(counters.inFlight).toBe(asked.length);
  clock.aheadMs += 2_000;
  for (const answer of await Promise.all(asked)) {
    expect(answer.status).toBe(503);
    expect(expectRefusal(answer).code).toBe("outcome_unknown");
  }
  // They still wait for the engine, so they count: else a disk that hangs would let in as many again at every deadline.
  expect(counters.inFlight).toBe(asked.length);
  const told = [...commands];
  answerAll({ code: "not_found" });
  expect(counters.inFlight).toBe(0);
  commands.push(...told);
  answerAll({ code: "not_found" }); // a second time: nothing is counted twice
  expect(counters.inFlight).toBe(0);
  expect(client.waitingCount).toBe(0);
});

test("one command more than may wait is refused at once, and nothing is lost from the count", async () => {
  for (let n = 0; n < limits.commandsInFlightMax; n++) counters.enter(limits.commandsInFlightMax);
  const before = commands.length;
  for (let times = 0; times < 3; times++) {
    const startedMs = performance.now();
    const answer = await ask("POST", `/v1/offers/${offerId}/orders`, alice);
    expect(performance.now() - startedMs).toBeLessThan(1_000);
    expect(answer.status).toBe(503);
    expect(expectRefusal(answer).code).toBe("overloaded");
  }
  expect(commands.length).toBe(before);
  expect(counters.inFlight).toBe(limits.commandsInFlightMax);
  counters.leave(limits.commandsInFlightMax);
});

test("on its way out it says so to whoever asks whether it is ready, and still answers", async () => {
  counters.stop();
  const answer = await ask("GET", "/readyz", alice);
  expect(answer.status).toBe(503);
  expect(expectRefusal(answer).detail).toContain("stopping");
  expect((await ask("GET", "/healthz", alice)).status).toBe(200);
});
