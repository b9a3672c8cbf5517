/**
 * The conversation as an interface: events, chat platforms with their signatures, a language model that is slow, broken or
 * hostile, limits, the switch, figures, and a restart in the middle of a talk.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Webhook } from "standardwebhooks";
import { ChatCompletions } from "../../src/dialogue/chat/model.ts";
import { Quotes } from "../../src/dialogue/quote.ts";
import { parseId } from "../../src/domain/ids.ts";
import { setLogLevel } from "../../src/host/log.ts";
import { newQuoteNumber } from "../../src/host/random.ts";
import { SignedText } from "../../src/host/signed-text.ts";
import {
  agentTokenOf,
  buy,
  call,
  createCampaign,
  newFolder,
  operatorKey,
  type Server,
  startServer,
  tokenOf,
} from "../harness.ts";
import { until } from "../http/until.ts";
import { type Answer, makeSales, type Sales, Talker } from "./chat-sales.ts";

setDefaultTimeout(60_000);
setLogLevel("error"); // a model that fails here is meant to

const secret = `whsec_${Buffer.alloc(32, 5).toString("base64")}`;
/** What the stand-in for a language model is to answer next, and what it was asked. */
let modelAnswers: (question: string) => Response | Promise<Response> = () => new Response("", { status: 500 });
const modelAsked: { headers: Headers; body: string }[] = [];
const model = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  async fetch(request) {
    const body = await request.text();
    modelAsked.push({ headers: request.headers, body });
    return modelAnswers(body);
  },
});
const llm = {
  RUSHBOX_LLM_URL: `http://127.0.0.1:${model.port}/v1`,
  RUSHBOX_LLM_KEY: "llm-key",
  RUSHBOX_LLM_MODEL: "small",
};

let server: Server;
/** With a language model, and no secret of a chat platform. */
let withModel: Server;
/** Of the first server. */
let sales: Sales;

beforeAll(async () => {
  [server, withModel] = await Promise.all([
    startServer({ env: { RUSHBOX_CHAT_SECRET: secret, RUSHBOX_PUBLIC_URL: "https://sale.example" } }),
    startServer({ env: llm }),
  ]);
  [sales] = await Promise.all([makeSales(server), makeSales(withModel)]);
});
afterAll(async () => {
  await Promise.all([server, withModel].map((one) => one[Symbol.asyncDispose]()));
  await model.stop(true);
});

let buyers = 0;
const newToken = () => {
  buyers += 1;
  return tokenOf(`api-talker-${buyers}`);
};

test("as events comes what was understood, the same answer, and the end", async () => {
  const response = await fetch(`${server.url}/v1/chat`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "text/event-stream",
      authorization: `Bearer ${await newToken()}`,
    },
    body: JSON.stringify({ text: "buy the drone" }),
  });
  expect(response.headers.get("content-type")).toBe("text/event-stream");
  const events = (await response.text())
    .split("\n\n")
    .filter((text) => text !== "")
    .map((text) => ({
      event: /^event: (.*)$/m.exec(text)?.[1],
      data: JSON.parse(/^data: (.*)$/m.exec(text)?.[1] ?? "null") as Answer,
    }));
  expect(events.map(({ event }) => event)).toEqual(["understood", "reply", "done"]);
  expect(events[0]?.data).toMatchObject({ intent: "buy" });
  expect(events[1]?.data).toMatchObject({ outcome: "quoted", understood: { intent: "buy" } });
});

test("without text and choice a conversation is opened", async () => {
  const { body } = await new Talker(server).send({});
  expect(body).toMatchObject({ understood: { intent: "greet" }, language: "en" });
  expect((await new Talker(server, undefined, "zh").send({})).body.reply).toContain("您好");
});

describe("on a sale's page", () => {
  test.each([
    ["en", "how many are left", "stock"],
    ["en", "when does it open", "when"],
    ["en", "how much is it", "price"],
    ["en", "buy", "buy"],
    ["en", "tell me more", "sale_details"],
    ["zh", "还剩多少", "stock"],
    ["zh", "什么时候开始", "when"],
    ["zh", "多少钱", "price"],
    ["zh", "我要买", "buy"],
  ] as const)('(%s) "%s" means that sale, from the first message on', async (language, says, intent) => {
    const talker = new Talker(server, await newToken(), language);
    talker.page = sales.headphones.id;
    expect((await talker.say(says)).understood).toMatchObject({ intent });
    expect(talker.last?.reply).toContain("Aurora Headphones");
    expect(talker.last?.reply).not.toContain("Falcon");
  });

  test("it is greeted as everywhere, and what is said next means it; so it does where the page is another one", async () => {
    const talker = new Talker(server, await newToken());
    talker.page = sales.drone.id;
    expect((await talker.send({})).body.reply).toStartWith("Hello! This is");
    expect(await talker.say("buy two")).toMatchObject({ outcome: "quoted" });
    expect(talker.last?.reply).toContain("2 × Falcon X2 Drone");
    talker.page = sales.phone.id;
    expect(await talker.say("yes")).toMatchObject({ outcome: "reserved" }); // to the question that stands there
    expect((await talker.say("remind me")).reply).toContain("旗舰手机 Pro");
    expect((await talker.say("how many are left?")).reply).toContain("旗舰手机 Pro");
    talker.page = undefined;
    expect((await talker.say("when")).reply).toContain("旗舰手机 Pro");
  });

  test("a question about another sale is agreed to by no words that mean this one", async () => {
    for (const says of ["yes, the headphones", "yes, buy the headphones", "ok buy it", "买吧", "我要", "好的，买"]) {
      const token = await newToken();
      const talker = new Talker(server, token);
      talker.page = sales.drone.id;
      expect(await talker.say("buy")).toMatchObject({ outcome: "quoted" });
      talker.page = sales.headphones.id;
      expect((await talker.say(says)).reply).toContain("Aurora Headphones");
      expect((await call<{ orders: unknown[] }>(`${server.url}/v1/orders`, { as: token })).body.orders).toEqual([]);
    }
  });

  test("what is named or chosen goes before it, and stays what is talked about there", async () => {
    const talker = new Talker(server, await newToken());
    talker.page = sales.headphones.id;
    expect((await talker.say("how much is the drone")).reply).toContain("Falcon X2 Drone");
    expect((await talker.say("buy")).reply).toContain("Falcon X2 Drone");
    await talker.say("no");
    expect((await talker.say("what is on")).reply).toContain("Vintage Toy Car");
    expect((await talker.say("buy")).reply).toContain("Which one do you mean?"); // a list stands there
    expect(await talker.say("4")).toMatchObject({ outcome: "sold_out", understood: { intent: "choose" } });
    talker.page = sales.ticket.id;
    expect(await talker.say("get me in line")).toMatchObject({ outcome: "queued" });
  });

  test("of several offers it is asked which of them, and their numbers are theirs", async () => {
    const offers = ["Red scarf", "Blue scarf"].map((title, at) => ({
      ...{ sku: `scarf-${at}`, title, price_minor: 5_000, currency: "CNY", stock: 5, limit_per_buyer: 1 },
    }));
    const { id } = await createCampaign(server, { offers });
    await until(
      () => new Talker(server).say("what is on"),
      ({ reply }) => reply.includes("scarf"), // what is on sale is read once a second
    );
    const talker = new Talker(server, await newToken());
    talker.page = id;
    await talker.say("buy");
    expect(talker.last?.choices.map(({ label }) => label)).toEqual(["Red scarf", "Blue scarf"]);
    expect((await talker.say("the second one")).reply).toContain("1 × Blue scarf");
  });

  test("it is that sale also where it was published just now, and is on no list yet", async () => {
    await new Talker(server).say("what is on"); // which is kept for a second
    const offer = { sku: "kite", title: "Kite", price_minor: 5_000, currency: "CNY", stock: 5 };
    const talker = new Talker(server, await newToken());
    talker.page = (await createCampaign(server, { offers: [offer] })).id;
    expect((await talker.say("how many are left")).reply).toContain("Kite");
    expect(await talker.say("buy")).toMatchObject({ outcome: "quoted" });
    expect(await talker.say("yes")).toMatchObject({ outcome: "reserved" });
  });

  test("a page of nothing changes nothing, and what is no campaign's id is refused", async () => {
    const talker = new Talker(server, await newToken());
    await talker.say("price of the drone");
    talker.page = "cmp_zzzzzzzzzz";
    expect((await talker.say("buy")).reply).toContain("Falcon X2 Drone");
    for (const campaign_id of ["", "off_0000000002", "cmp_1", "cmp_0000000001' OR 1", 1, null]) {
      const { status, body } = await talker.send({ text: "buy", campaign_id });
      expect([status, body.code]).toEqual([400, "invalid"]);
    }
  });
});

test("links lead to where buyers reach the shop", async () => {
  const { links } = await new Talker(server).say("price of the drone");
  expect(links[0]?.url).toMatch(/^https:\/\/sale\.example\/campaigns\/cmp_/);
});

test("a refusal is told in the language of the talk, with what to do next", async () => {
  const talker = new Talker(server, await newToken());
  expect(await talker.say("买玩具车")).toMatchObject({ outcome: "sold_out", language: "zh" });
  expect(talker.last?.reply).toContain("已抢光");
  expect(talker.last?.choices.map(({ value }) => value.split(":")[0])).toContain("waitlist");
});

test("whose turn it is in the queue buys, and a pass is fetched where one is needed", async () => {
  const own = await startServer();
  await using _ = own;
  const goods = { price_minor: 100, currency: "CNY", stock: 5 };
  await createCampaign(own, { admission: "queue", offers: [{ sku: "q", title: "Queue Lamp", ...goods }] });
  await createCampaign(own, { pass: true, offers: [{ sku: "p", title: "Pass Kettle", ...goods }] });
  await createCampaign(own, {
    pass: true,
    challenge: "proof_of_work",
    offers: [{ sku: "c", title: "Puzzle Chair", ...goods }],
  });
  const talker = new Talker(own, await tokenOf("alice"));
  expect(await talker.say("buy the lamp")).toMatchObject({ outcome: "not_admitted" });
  expect(await talker.say("get in line for the lamp")).toMatchObject({ outcome: "admitted" });
  expect(await talker.say("buy it")).toMatchObject({ outcome: "quoted" });
  expect(await talker.say("yes")).toMatchObject({ outcome: "reserved" });
  expect(await talker.say("buy the kettle")).toMatchObject({ outcome: "quoted" });
  expect(await talker.say("yes")).toMatchObject({ outcome: "reserved" });
  expect(await talker.say("buy the chair")).toMatchObject({ outcome: "quoted" });
  expect(await talker.say("yes")).toMatchObject({ outcome: "challenge_required" });
  expect(talker.last?.links[0]?.url).toMatch(/^\/campaigns\/cmp_/);
});

test("who waits in vain is told so: all is sold, or agents have their share", async () => {
  const own = await startServer();
  await using _ = own;
  const { id, offers } = await createCampaign(own, {
    admission: "queue",
    agents: { policy: "share", share_percent: 50 },
    offers: [{ sku: "q", title: "Queue Lamp", price_minor: 100, currency: "CNY", stock: 2 }],
  });
  const path = `${own.url}/v1/campaigns/${id}/queue`;
  const buyNext = async (token: string) => {
    const { body } = await call<{ pass: string }>(path, { method: "POST", as: token });
    const order = await buy(own, offers[0]?.id ?? "", token, { pass: body.pass });
    return () => call(`${own.url}/v1/orders/${order.body.id}/pay`, { method: "POST", as: operatorKey, body: {} });
  };
  const payAgents = await buyNext(await agentTokenOf("alice"));
  const agent = new Talker(own, await agentTokenOf("carol"));
  expect(await agent.say("get in line for the lamp")).toMatchObject({ outcome: "queued" });
  expect(agent.last?.reply).not.toContain("Honestly");
  const payPersons = await buyNext(await tokenOf("bob"));
  const person = new Talker(own, await tokenOf("dan"), "zh");
  expect(await person.say("排队 lamp")).toMatchObject({ outcome: "queued" });
  await payAgents();
  expect((await agent.say("where am I in line")).reply).toContain("assistants have all that they may buy");
  expect((await person.say("排到哪了")).reply).not.toContain("实话实说");
  await payPersons();
  expect((await person.say("排到哪了")).reply).toContain("已全部售出");
  expect((await agent.say("where am I in line")).reply).toContain("everything is sold");
});

describe("a restart in the middle of a talk", () => {
  test("loses nothing: the yes after it buys, once", async () => {
    const data = newFolder();
    const first = await startServer({ data });
    await createCampaign(first, {
      offers: [{ sku: "a", title: "Blue Lamp", price_minor: 100, currency: "CNY", stock: 5 }],
    });
    const token = await tokenOf("alice");
    const before = new Talker(first, token);
    expect(await before.say("buy the lamp")).toMatchObject({ outcome: "quoted" });
    await first.stop("SIGKILL");
    await using second = await startServer({ data });
    const after = new Talker(second, token);
    after.context = before.context;
    expect(await after.send({ text: "yes" })).toMatchObject({ body: { outcome: "reserved" } });
    expect(await after.send({ text: "yes" })).toMatchObject({ body: { outcome: "reserved" } });
    const { body } = await call<{ orders: unknown[] }>(`${second.url}/v1/orders`, { as: token });
    expect(body.orders).toHaveLength(1);
  });
});

describe("a chat platform", () => {
  interface Sent {
    readonly body: object;
    readonly id?: string;
    readonly at?: Date;
    readonly with?: string;
    readonly to?: Server;
  }
  let messages = 0;
  function post({ body, id = `msg_${++messages}`, at = new Date(), with: key = secret, to = server }: Sent) {
    const text = JSON.stringify(body);
    const seconds = String(Math.floor(at.getTime() / 1_000));
    return call<Answer>(`${to.url}/v1/chat/webhook`, {
      method: "POST",
      body,
      headers: {
        "webhook-id": id,
        "webhook-timestamp": seconds,
        "webhook-signature": new Webhook(key).sign(id, at, text),
      },
    });
  }

  test("brings what its user says, who buys as the one it vouches for", async () => {
    const sender = "wechat:小明";
    const quoted = await post({ body: { sender, text: "买无人机" } });
    expect(quoted.body).toMatchObject({ outcome: "quoted", language: "zh" });
    const bought = await post({ body: { sender, text: "确认", context: quoted.body.context } });
    expect(bought.body).toMatchObject({ outcome: "reserved" });
    const { body } = await call<{ orders: { buyer_id: string }[] }>(`${server.url}/v1/orders`, {
      as: await tokenOf(sender),
    });
    expect(body.orders).toMatchObject([{ buyer_id: sender }]);
  });

  test("is not believed without its signature, with another's, an old one, one of tomorrow, or a changed body", async () => {
    const body = { sender: "mallory", text: "hi" };
    const url = `${server.url}/v1/chat/webhook`;
    expect(await call(url, { method: "POST", body })).toMatchObject({
      status: 401,
      body: { code: "signature_invalid" },
    });
    const other = `whsec_${Buffer.alloc(32, 6).toString("base64")}`;
    expect((await post({ body, with: other })).status).toBe(401);
    for (const minutes of [-6, 6]) {
      expect((await post({ body, at: new Date(Date.now() + minutes * 60_000) })).status).toBe(401);
    }
    const at = new Date();
    const signature = new Webhook(secret).sign("msg_changed", at, JSON.stringify(body));
    const changed = await call(url, {
      method: "POST",
      body: { sender: "bob", text: "hi" },
      headers: {
        "webhook-id": "msg_changed",
        "webhook-timestamp": String(Math.floor(at.getTime() / 1_000)),
        "webhook-signature": signature,
      },
    });
    expect(changed.status).toBe(401);
  });

  test("is refused when it sends the same message again", async () => {
    const body = { sender: "carol", text: "hi" };
    expect((await post({ body, id: "msg_once" })).status).toBe(200);
    expect(await post({ body, id: "msg_once" })).toMatchObject({ status: 401, body: { code: "signature_invalid" } });
  });

  test("whose message has another form is told what is wrong, and cannot say who is an agent or operator", async () => {
    const wrong = [
      { text: "hi" },
      { sender: "" },
      { sender: "x".repeat(201) },
      { sender: "a", role: "admin" },
      { sender: "a", text: "x", choice: "list" },
    ];
    for (const body of wrong) expect((await post({ body })).status).toBe(400);
  });

  test("is not there where no secret is set", async () => {
    expect((await post({ body: { sender: "a", text: "hi" }, to: withModel })).status).toBe(404);
  });
});

describe("a language model", () => {
  const said = (value: unknown) =>
    Response.json({ choices: [{ message: { content: typeof value === "string" ? value : JSON.stringify(value) } }] });
  test("is asked where the rules are not sure, and gets the words and the titles alone", async () => {
    modelAnswers = () => said({ intent: "price", title: 2, quantity: null });
    modelAsked.length = 0;
    const token = await newToken();
    const talker = new Talker(withModel, token);
    expect(await talker.say("wherewithal for the ear thingies")).toMatchObject({
      understood: { intent: "price" },
    });
    expect(talker.last?.reply).toContain("Aurora");
    expect(modelAsked).toHaveLength(1);
    const [{ body, headers } = { body: "", headers: new Headers() }] = modelAsked;
    expect(headers.get("authorization")).toBe("Bearer llm-key");
    expect(body).toContain("ear thingies");
    expect(body).toContain("Falcon X2 Drone");
    for (const never of [token, "api-talker", "off_", "cmp_", "ord_", operatorKey]) expect(body).not.toContain(never);
  });

  test("is not asked where they are", async () => {
    modelAsked.length = 0;
    const talker = new Talker(withModel, await newToken());
    for (const text of ["buy the drone", "yes", "my orders", "有什么活动", "2"]) await talker.say(text);
    expect(modelAsked).toEqual([]);
  });

  test("cannot say yes, nor anything that is not on the list", async () => {
    const token = await newToken();
    const hostile: unknown[] = [
      { intent: "yes", title: null, quantity: null },
      { intent: "confirm_purchase", title: 1, quantity: 1 },
      { intent: ["buy"], title: {}, quantity: "lots" },
      { intent: "__proto__", title: -1, quantity: 1e99 },
      "yes",
      "null",
      "[]",
      "not JSON",
      "x".repeat(10_000),
    ];
    for (const answer of hostile) {
      modelAnswers = () => said(answer);
      const talker = new Talker(withModel, token);
      await talker.say("buy the drone");
      expect(await talker.say("blorb fnord quux")).toMatchObject({
        understood: { intent: "unknown" },
        outcome: "quoted",
      });
    }
    modelAnswers = () => said({ intent: "buy", title: 1, quantity: 3 });
    const talker = new Talker(withModel, token);
    expect(await talker.say("blorb fnord quux")).toMatchObject({ understood: { intent: "buy" }, outcome: "quoted" });
    const { body } = await call<{ orders: unknown[] }>(`${withModel.url}/v1/orders`, { as: token });
    expect(body.orders).toEqual([]);
  });

  const broken: readonly (readonly [string, () => Response | Promise<Response>])[] = [
    ["fails", () => new Response("boom", { status: 500 })],
    ["leads elsewhere", () => Response.redirect("http://127.0.0.1:9/")],
    ["has no end", () => new Response("x".repeat(100_000))],
    ["says no JSON", () => new Response("<html>")],
    ["does not answer", () => new Promise<Response>(() => {})],
  ];
  for (const [what, answers] of broken) {
    test(`that ${what} is left out, and for a while not asked again`, async () => {
      let nowMs = 0;
      const settings = { url: llm.RUSHBOX_LLM_URL, key: llm.RUSHBOX_LLM_KEY, model: llm.RUSHBOX_LLM_MODEL };
      const asked = new ChatCompletions(settings, () => nowMs, 300);
      const ask = () => asked.understand({ text: "blorb fnord quux", titles: [], pending: null });
      modelAnswers = answers;
      modelAsked.length = 0;
      for (nowMs of [0, 1, 9_000]) expect(await ask()).toBeNull();
      expect(modelAsked).toHaveLength(1);
      modelAnswers = () => said({ intent: "help", title: null, quantity: null });
      nowMs = 10_001;
      expect(await ask()).toMatchObject({ intent: "help" });
    });
  }

  test("that fails leaves the rules' answer, and its key is in no log", async () => {
    modelAnswers = () => new Response("boom", { status: 500 });
    modelAsked.length = 0;
    const talker = new Talker(withModel, await newToken());
    for (let time = 0; time < 3; time++) {
      expect(await talker.say("blorb fnord quux")).toMatchObject({ understood: { intent: "unknown" }, outcome: null });
    }
    expect(modelAsked).toHaveLength(1);
    expect(withModel.log()).not.toContain("llm-key");
  });
});

describe("limits and the switch", () => {
  test("who says too much is refused for a moment, nobody by their address", async () => {
    await using limited = await startServer({ env: { RUSHBOX_RATE_LIMITS: "on" } });
    for (const as of [await newToken(), undefined]) {
      const talker = new Talker(limited, as);
      const answers = await Promise.all(Array.from({ length: 260 }, () => talker.send({ text: "thanks" })));
      const refused = answers.find(({ status }) => status === 429);
      expect(refused?.body).toMatchObject({ code: "rate_limited", limit: as === undefined ? "address" : "buyer" });
      expect(refused?.headers.get("retry-after")).toMatch(/^\d+$/);
    }
  });

  test("chat_off ends conversations and nothing else, and is in the figures and the audit log's controls", async () => {
    const flip = (on: boolean) =>
      call(`${server.url}/v1/controls`, {
        method: "POST",
        as: operatorKey,
        body: { switches: [{ name: "chat_off", on }] },
      });
    await flip(true);
    const refused = await new Talker(server).send({ text: "hi" });
    expect(refused).toMatchObject({ status: 503, body: { code: "switched_off", switch: "chat_off" } });
    expect((await call(`${server.url}/v1/campaigns`)).status).toBe(200);
    await flip(false);
    expect((await new Talker(server).send({ text: "hi" })).status).toBe(200);
  });

  test("messages are counted by what was understood, and by what", async () => {
    const talker = new Talker(server, await newToken());
    await talker.say("buy the drone");
    await talker.choose("orders");
    const metrics = await (
      await fetch(`${server.url}/metrics`, { headers: { authorization: `Bearer ${operatorKey}` } })
    ).text();
    expect(metrics).toMatch(/rushbox_chat_messages_total\{intent="buy",by="rules"\} [1-9]/);
    expect(metrics).toMatch(/rushbox_chat_messages_total\{intent="my_orders",by="choice"\} [1-9]/);
  });
});

test("whoever says yes to 'which one?' is shown all of them again, with their buttons", async () => {
  const talker = new Talker(server, await newToken(), "en");
  const asked = await talker.say("buy");
  const again = await talker.say("yes");
  expect(again.choices).toEqual(asked.choices);
  expect(again.choices.length).toBeGreaterThan(1);
  expect((await talker.say("2")).outcome).toBe("quoted");
});

test("two offers of one title are told apart, in the list and on the buttons", async () => {
  await using shop = await startServer();
  const offers = [1, 2].map((at) => ({
    sku: `twin-${at}`,
    title: "Twin",
    price_minor: 100,
    currency: "CNY",
    stock: 5,
  }));
  await createCampaign(shop, { offers });
  const { reply, choices } = await new Talker(shop, await newToken(), "en").say("what is on");
  expect(choices.map(({ label }) => label)).toEqual(["1. Twin", "2. Twin"]);
  expect(reply).toContain("1. Twin (Test sale): ");
});

test("an order that is another buyer's is none, and one's own are a press away", async () => {
  const theirs = new Talker(server, await newToken(), "en");
  await theirs.say("buy one falcon drone");
  await theirs.say("yes");
  const order = theirs.last?.choices.find(({ value }) => value.startsWith("pay:"))?.value.slice("pay:".length) ?? "";
  expect(order).toStartWith("ord_");
  const mine = new Talker(server, await newToken(), "en");
  for (const choice of [`order:${order}`, `cancel:${order}`, `confirm_cancel:${order}`, "order:ord_zzzzzzzzzz"]) {
    const { reply, choices, outcome } = await mine.choose(choice);
    expect([reply, choices.map(({ value }) => value), outcome]).toEqual([
      "You have no such order.",
      ["orders"],
      "not_found",
    ]);
  }
});

test("no answer is a dead end", async () => {
  const talker = new Talker(server, await newToken(), "zh");
  for (const text of ["谢谢", "人工", "我的位置", "asdfgh", "不要", "我的订单"])
    expect((await talker.say(text)).choices.length).toBeGreaterThan(0);
});

test("a yes to a quote that has run out shows the order that it became in time, also of a sale that is over", async () => {
  const as = await newToken();
  const { id: campaignId, offers } = await createCampaign(server, { stock: 2, limitPerBuyer: 2 });
  const offerId = offers[0]?.id ?? "";
  const key = readFileSync(join(server.data, "pass.key"), "utf8").trim();
  const terms = {
    offerId: parseId("off", offerId) ?? 0,
    buyerId: `api-talker-${buyers}`,
    quantity: 1,
    amountMinor: 100,
    expiresAtMs: Date.now() - 1,
  };
  const number = newQuoteNumber();
  const expired = new Quotes(new SignedText(key)).sign(terms, number);
  const bought = await buy(server, offerId, as, { key: `quote-${number}` });
  const ordersOf = async () => (await call<{ orders: unknown[] }>(`${server.url}/v1/orders`, { as })).body.orders;
  const talker = new Talker(server, as, "en");
  // What is on sale is read once a second.
  const confirmed = await until(
    () => talker.choose(`yes:${expired}`),
    ({ outcome }) => outcome !== "not_found",
    10_000,
    300,
  );
  expect(confirmed.outcome).toBe("reserved");
  await call(`${server.url}/v1/orders/${bought.body.id}/pay`, { method: "POST", as: operatorKey, body: {} });
  await call(`${server.url}/v1/campaigns/${campaignId}/end`, { method: "POST", as: operatorKey });
  await until(
    () => call(`${server.url}/v1/attempts/quote-${number}`, { as }),
    ({ status }) => status === 404, // nothing of it is in memory any more
  );
  const shown = await talker.choose(`yes:${expired}`);
  expect(shown.choices.map(({ value }) => value)).toEqual([`receipt:${bought.body.id}`]);
  expect(shown.reply).toContain("paid");
  const never = new Quotes(new SignedText(key)).sign(terms, newQuoteNumber());
  expect((await talker.choose(`yes:${never}`)).outcome).toBe("ended");
  expect(await ordersOf()).toHaveLength(1);
});
