/**
 * Reminders by conversation: set, offered shorter, refused in plain words, and told once by the next answer after they came.
 */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import type { Api } from "../../src/dialogue/api.ts";
import { Contexts } from "../../src/dialogue/chat/context.ts";
import { converse } from "../../src/dialogue/chat/conversation.ts";
import { Shelf } from "../../src/dialogue/chat/shelf.ts";
import { Titles } from "../../src/dialogue/chat/titles.ts";
import { understand } from "../../src/dialogue/chat/understand.ts";
import type { CampaignWire, ReminderWire } from "../../src/dialogue/chat/wire.ts";
import { Quotes } from "../../src/dialogue/quote.ts";
import { SignedText } from "../../src/host/signed-text.ts";
import { call, createCampaign, operatorKey, type Server, startServer, tokenOf } from "../harness.ts";
import { until } from "../http/until.ts";
import { Talker } from "./chat-sales.ts";

setDefaultTimeout(60_000);

let server: Server;
beforeAll(async () => {
  server = await startServer();
  await createCampaign(server, { offers: [goods("Near Lamp")], opensAt: inMs(150_000) });
  await createCampaign(server, { offers: [goods("Sudden Kettle")], opensAt: inMs(45_000) });
  await createCampaign(server, { offers: [goods("Distant Clock")], opensAt: inMs(5 * 86_400_000) });
  await createCampaign(server, { offers: [goods("Blue Chair"), goods("Green Chair")], opensAt: inMs(7_200_000) });
});
afterAll(() => server[Symbol.asyncDispose]());

const inMs = (ms: number) => new Date(Date.now() + ms).toISOString();
const goods = (title: string) => ({ sku: title, title, price_minor: 100, currency: "CNY", stock: 5 });
const someone = await tokenOf("someone");
const remindersOf = async (as: string) =>
  (await call<{ reminders: ReminderWire[] }>(`${server.url}/v1/reminders`, { as })).body.reminders;

test("where less time is left than asked for, what there is time for is offered, and set by a yes or its button", async () => {
  for (const agrees of ["yes", null]) {
    const token = await tokenOf(`near-${agrees}`);
    const talker = new Talker(server, token);
    const asked = await talker.say("remind me of the lamp an hour before");
    expect(asked).toMatchObject({ outcome: "reminder_too_late", understood: { intent: "remind" } });
    expect(asked.reply).toContain("2 min before?");
    expect(await remindersOf(token)).toEqual([]);
    const set = await (agrees === null ? talker.choose(asked.choices[0]?.value ?? "") : talker.say(agrees));
    expect(set).toMatchObject({ outcome: "reminded" });
    expect(await remindersOf(token)).toMatchObject([{ lead_s: 120, state: "waiting" }]);
  }
});

test.each([
  ["in 10 minutes", 600],
  ["in half an hour", 1_800],
  ["an hour and 15 minutes from now", 4_500],
  ["10分钟后", 600],
  ["再过一个半小时", 5_400],
] as const)('"%s" is a time from now: the nearest that can be is set, and told', async (says, afterS) => {
  const token = await tokenOf(`after ${says}`);
  const beforeMs = Date.now();
  const { outcome, reply } = await new Talker(server, token).say(`remind me of the chairs ${says}`);
  const [set] = await remindersOf(token);
  expect(outcome).toBe("reminded");
  expect(reply).toMatch(/You are reminded of Test sale in .* before it opens|后会提醒您 Test sale，即开售前/);
  const offMs = Date.parse(set?.due_at ?? "") - beforeMs - afterS * 1_000;
  expect(Math.abs(offMs)).toBeLessThanOrEqual(35_000); // half a minute, and the time that it took
});

test("of a sale that is over, paused or open no time is offered, however it was said", async () => {
  for (const [does, title] of [
    ["end", "Old Sofa"],
    ["pause", "Paused Mug"],
    [null, "Open Door"],
  ] as const) {
    const { id } = await createCampaign(server, { offers: [goods(title)] });
    if (does !== null) await call(`${server.url}/v1/campaigns/${id}/${does}`, { method: "POST", as: operatorKey });
    for (const says of ["in 10 minutes", "5 minutes before", "3 days before", "in 3 days"]) {
      const { outcome } = await until(
        () => new Talker(server, someone).say(`remind me of the ${title} ${says}`),
        ({ outcome }) => outcome !== null, // what is on sale is read once a second
      );
      expect([title, says, outcome]).toEqual([title, says, does === "end" ? "ended" : "already_open"]);
    }
  }
});

test.each([
  ["1.5 hours before", 5_400],
  ["an hour and a half before it opens", 5_400],
  ["two and a half hours before", 9_000],
  ["forty-five minutes before", 2_700],
  ["ninety minutes before", 5_400],
  ["a quarter of an hour before", 900],
  ["a couple of minutes early", 120],
  ["1 hour and 10 minutes before", 4_200],
  ["3 weeks before", 3 * 604_800],
  ["and tell me before it opens", null], // no "an d"
  ["提前1小时30分钟", 5_400],
  ["提前1.5小时", 5_400],
  ["提前大约一百二十分钟", 7_200],
  ["二百零五分钟前", 12_300],
  ["提前三刻钟", 2_700],
  ["提前一周", 604_800],
  ["前天说的", null],
] as const)('"%s" is read as the time that it is', (says, leadS) => {
  const table = { titles: new Titles([]), shown: [], focus: null, quoted: null, pending: null };
  expect(understand(`remind me ${says}`, table)).toMatchObject({ intent: "remind", leadS, afterS: null, number: null });
  expect(understand("remind me in about ten minutes", table)).toMatchObject({ afterS: 600, number: null });
});

test.each([
  ["en", "remind me of the lamp in 10 minutes", "opens before that", 60],
  ["zh", "10分钟后提醒我 lamp", "在那之前", 60],
  ["en", "remind me of the clock in 10 minutes", "at the earliest", 86_400],
  ["en", "remind me of the clock 3 days before", "at the earliest", 86_400],
  ["zh", "提前三天提醒我 clock", "最早只能", 86_400],
] as const)('(%s) "%s" cannot be: said so, and what can be is offered', async (language, says, told, leadS) => {
  const token = await tokenOf(`cannot ${says}`);
  const talker = new Talker(server, token, language);
  const { outcome, reply } = await talker.say(says);
  expect([outcome, reply]).toEqual(["reminder_too_late", expect.stringContaining(told)]);
  expect(await remindersOf(token)).toEqual([]);
  expect(await talker.say(language === "en" ? "yes" : "好的")).toMatchObject({ outcome: "reminded" });
  const [set] = await remindersOf(token);
  expect(set?.lead_s).toBeGreaterThanOrEqual(leadS);
  expect(set?.lead_s).toBeLessThanOrEqual(Math.max(leadS, 120));
});

test("when somebody wants to be told is kept while it is asked of which sale, for words and buttons", async () => {
  for (const answer of ["the chairs", null]) {
    const token = await tokenOf(`kept ${answer}`);
    const talker = new Talker(server, token);
    const asked = await talker.say("remind me 30 minutes before");
    expect(asked.reply).toContain("Which one do you mean?");
    const choice = asked.choices.find(({ label }) => label === "Blue Chair")?.value ?? "";
    await (answer === null ? talker.choose(choice) : talker.say(answer));
    expect(await remindersOf(token)).toMatchObject([{ lead_s: 1_800 }]);
  }
});

test("where it opens at once nothing is offered", async () => {
  const token = await tokenOf("sudden");
  const { outcome, reply } = await new Talker(server, token, "zh").say("提醒我抢 kettle");
  expect({ outcome, reply }).toMatchObject({ outcome: "reminder_too_late", reply: expect.stringContaining("马上") });
  expect(await remindersOf(token)).toEqual([]);
});

test("a sale that sells two things has one reminder, and is called by its own title", async () => {
  const token = await tokenOf("chairs");
  const talker = new Talker(server, token);
  const { outcome, reply } = await talker.say("remind me of the chairs 2 hours before");
  expect(outcome).toBe("reminder_too_late");
  expect(reply).toContain("Test sale");
  expect(await talker.say("remind me of the chairs 15 min before")).toMatchObject({ outcome: "reminded" });
  expect(await remindersOf(token)).toMatchObject([{ lead_s: 900 }]);
  expect(await talker.say("forget the reminder")).toMatchObject({ outcome: "forgotten" });
  expect(await remindersOf(token)).toEqual([]);
});

test("of several that wait, the one that is meant is asked for", async () => {
  const token = await tokenOf("several");
  const talker = new Talker(server, token);
  await talker.say("remind me of the lamp 1 minute before");
  await talker.say("remind me of the chairs");
  const anew = new Talker(server, token);
  const asked = await anew.say("no more reminders");
  expect(asked).toMatchObject({ understood: { intent: "forget_reminder" }, outcome: null });
  expect(asked.choices).toHaveLength(2);
  expect(await remindersOf(token)).toHaveLength(2);
  expect(await anew.say("the lamp")).toMatchObject({ outcome: "forgotten" });
  expect(await remindersOf(token)).toMatchObject([{ lead_s: 300 }]);
});

test("nobody is asked to sign in, as for a purchase", async () => {
  for (const text of ["remind me of the chairs", "别提醒我了", "my reminders"]) {
    expect(await new Talker(server).say(text)).toMatchObject({ outcome: "unauthorized" });
  }
});

test("one that came is told by the next answer, once, before what was asked", async () => {
  await createCampaign(server, { offers: [goods("Quick Toaster")], opensAt: inMs(63_000) });
  await until(
    () => new Talker(server).say("what is on?"), // sales are read once a second
    ({ reply }) => reply.includes("Toaster"),
  );
  const token = await tokenOf("quick");
  const talker = new Talker(server, token);
  expect(await talker.say("remind me of the toaster 1 minute before")).toMatchObject({ outcome: "reminded" });
  await until(
    () => remindersOf(token),
    ([one]) => one?.state === "due",
  );
  const told = await talker.say("thanks");
  expect(told.reply).toMatch(/^By the way: Test sale opens in \d+ s\.\nYou are welcome!$/);
  expect((await talker.say("thanks")).reply).toBe("You are welcome!");
  expect((await new Talker(server, token).say("thanks")).reply).toBe("You are welcome!");
});

const sale: CampaignWire = {
  ...{ id: "cmp_0000000001", title: "Sale", state: "scheduled", opens_at: new Date(100_000).toISOString() },
  ...{ closes_at: null, payment_window_s: 900, waitlist: true, admission: "open", pass: false, pass_window_s: 120 },
  challenge: "none",
  offers: [
    {
      ...{ id: "off_0000000002", title: "Lamp", description: null, price_minor: 100, list_price_minor: null },
      ...{ currency: "CNY", limit_per_buyer: 1, brand: null, category: null, available: 5, held: 0, waiting: 0 },
    },
  ],
};

/** Says these, each at its time, to a `/v1` that is played here. */
async function talk(texts: readonly (readonly [string, number])[], played: { reminders: unknown; state?: "ended" }) {
  const answer = (status: number, body: unknown) => ({ status, body, retryAfterS: null, location: null });
  const listed = { ...sale, state: played.state ?? sale.state };
  const api: Api = async ({ method, path }) => {
    if (path.startsWith("/v1/campaigns?")) {
      return answer(200, { campaigns: path.includes(`state=${listed.state}`) ? [listed] : [] });
    }
    if (path === "/v1/reminders" && Array.isArray(played.reminders)) {
      return answer(200, { reminders: played.reminders });
    }
    return method === "POST" ? answer(409, { code: "reminders_full" }) : answer(429, { code: "rate_limited" });
  };
  const seal = new SignedText("key");
  const parts = { contexts: new Contexts(seal), quotes: new Quotes(seal), shelf: new Shelf(() => 0), model: null };
  const replies: string[] = [];
  let context: string | null = null;
  for (const [text, nowMs] of texts) {
    const message = { text, choice: null, campaign: null, context, language: "en" as const };
    const speaker = { buyerId: "alice", api, nowMs };
    const said: Awaited<ReturnType<typeof converse>> = await converse(
      { ...parts, publicUrl: "" },
      message,
      speaker,
      () => {},
    );
    replies.push(said.reply);
    context = said.context;
  }
  return replies;
}

const came = (atMs: number) => ({
  ...{ campaign_id: sale.id, title: "Sale", opens_at: sale.opens_at, lead_s: 60, state: "due" },
  ...{ due_at: new Date(40_000).toISOString(), came_at: new Date(atMs).toISOString() },
});

test("one that came late is told as it is, and not of a sale that is over", async () => {
  const late: readonly (readonly [string, number])[] = [
    ["thanks", 30_000],
    ["thanks", 110_000],
    ["thanks", 120_000],
  ];
  const polite = "You are welcome!";
  expect(await talk(late, { reminders: [came(105_000)] })).toEqual([
    polite,
    `By the way: Sale has opened.\n${polite}`,
    polite,
  ]);
  expect(await talk(late, { reminders: [came(105_000)], state: "ended" })).toEqual([polite, polite, polite]);
  expect(await talk(late, { reminders: [came(20_000)] })).toEqual([polite, polite, polite]);
});

test("where reminders cannot be asked for, the answer comes all the same; and full is said in plain words", async () => {
  const replies = await talk(
    [
      ["thanks", 1],
      ["remind me of the lamp", 2],
    ],
    { reminders: null },
  );
  expect(replies[0]).toBe("You are welcome!");
  expect(replies[1]).toStartWith("No more reminders can be set.");
});
