/**
 * Guards the queue where a naive model is too slow or too blunt: thousands at once, who are served in several batches,
 * and the figures that tell a buyer what a place is worth.
 */
import { describe, expect, test } from "bun:test";
import { openAdmission } from "../../src/domain/admission.ts";
import { limits } from "../../src/domain/limits.ts";
import { outlookOf, type QueueFigures, type Standing } from "../../src/domain/queue.ts";
import { sha256 } from "../../src/host/hash.ts";
import { Random } from "./random.ts";
import { campaignDraft, type Opened, offerDraft, paymentWindowMs, Sale, startMs } from "./sale.ts";
import { Thread } from "./thread.ts";

const part = limits.admissionsPerBatchMax;
const openingMs = startMs + 60_000;
const passWindowS = 10;

describe("more units at once than one batch gives passes for", () => {
  const crowd = 2 * part + 100;
  const joined = Array.from({ length: crowd }, (_, n) => `buyer ${n}`);

  test.each([false, true])(
    "reach everybody, none twice, in bounded parts (with restarts between: %p)",
    (isRestarted) => {
      const { sale, campaignId } = room({ stock: crowd });
      for (const buyerId of joined) join(sale, campaignId, buyerId);
      sale.advance(openingMs - startMs);
      const passes = [passesOf(sale, campaignId)];
      while (sale.engine.nextDueAtMs <= sale.clockMs) {
        if (isRestarted) sale.restart();
        sale.advance();
        passes.push(passesOf(sale, campaignId));
        if (passes.length > 10) throw new Error("admitting does not come to an end");
      }
      // The clock opens the campaign and gives the first part; the same advance gives the next one.
      expect(passes).toEqual([2 * part, crowd]);
      const admitted = sale.events.flatMap((event) => (event.type === "queue_admitted" ? [event.buyerId] : []));
      expect(new Set(admitted)).toEqual(new Set(joined));
      expect(admitted).toHaveLength(crowd);
    },
  );

  test("are given to those in line before anybody who comes meanwhile", () => {
    const { sale, campaignId } = room({ stock: 3 * crowd });
    for (const buyerId of joined) join(sale, campaignId, buyerId);
    sale.clockMs = openingMs;
    // The first command after the opening opens it, and one part of the line is let in.
    expect(join(sale, campaignId, "late")).toMatchObject({ code: "queued", place: crowd - part + 1 });
    while (sale.engine.nextDueAtMs <= sale.clockMs) sale.advance();
    const admitted = sale.events.flatMap((event) => (event.type === "queue_admitted" ? [event.buyerId] : []));
    expect(admitted.at(-1)).toBe("late");
  });

  test("when thousands of passes run out at once, the next in line get theirs, and who is out buys nothing", () => {
    const { sale, campaignId, offerId } = room({ stock: crowd });
    for (const buyerId of joined) join(sale, campaignId, buyerId);
    sale.advance(openingMs - startMs);
    while (sale.engine.nextDueAtMs <= sale.clockMs) sale.advance();
    const next = Array.from({ length: crowd }, (_, n) => `next ${n}`);
    for (const buyerId of next) join(sale, campaignId, buyerId);
    sale.advance(passWindowS * 1_000);
    expect(sale.engine.nextDueAtMs).toBeLessThanOrEqual(sale.clockMs);
    for (const buyerId of joined.slice(0, 50)) expect(sale.reserve(offerId, buyerId).code).toBe("not_admitted");
    while (sale.engine.nextDueAtMs <= sale.clockMs) {
      sale.advance();
      expect(passesOf(sale, campaignId)).toBeLessThanOrEqual(crowd);
    }
    for (const buyerId of next) expect(ask(sale, campaignId, buyerId).code).toBe("admitted");
  });
});

test("what a waitlist leaves of a large return goes to the queue that has taken its place", () => {
  const waiters = limits.offersPerReturnMax + 10;
  const { sale, campaignId, offerId } = openSale({ stock: 1 });
  sale.order(offerId, "first");
  for (let n = 0; n < waiters; n++) sale.join(offerId, `waiter ${n}`);
  queueEverybody(sale, true);
  join(sale, campaignId, "queued");
  sale.restock(offerId, waiters + 1);
  while (sale.engine.nextDueAtMs <= sale.clockMs) sale.advance();
  expect(sale.line(offerId)).toEqual([]);
  expect(ask(sale, campaignId, "queued").code).toBe("admitted");
});

describe("after a time in which the process was down", () => {
  const hourMs = 3_600_000;

  test("a pass has its whole time again, and whoever had one can still buy", () => {
    const { sale, campaignId, offerId } = room({ stock: 1 });
    sale.advance(openingMs - startMs);
    for (const buyerId of ["first", "second"]) join(sale, campaignId, buyerId);
    sale.clockMs += hourMs;
    sale.restart();
    sale.advance(passWindowS * 1_000 - 1);
    expect(ask(sale, campaignId, "first")).toMatchObject({ code: "admitted", expiresAtMs: sale.clockMs + 1 });
    expect(sale.reserve(offerId, "second").code).toBe("not_admitted");
    sale.restart(); // and again, however often
    expect(sale.reserve(offerId, "first").code).toBe("reserved");
  });

  test("the passes of a paused campaign stay as they are, until it goes on", () => {
    const { sale, campaignId } = room({ stock: 1 });
    sale.advance(openingMs - startMs);
    join(sale, campaignId, "first");
    sale.change("pause", campaignId);
    const before = sale.events.length;
    sale.clockMs += hourMs;
    sale.restart();
    sale.advance();
    expect(sale.typesSince(before)).toEqual([]);
    sale.change("resume", campaignId);
    expect(sale.typesSince(before)).toEqual(["campaign_resumed", "passes_renewed"]);
  });

  test("nothing goes into the ledger where no pass is out, or when the sale is over meanwhile", () => {
    const { sale, campaignId } = room({ stock: 1, closesAtMs: openingMs + hourMs });
    sale.advance(openingMs - startMs);
    const before = sale.events.length;
    sale.restart();
    expect(sale.typesSince(before)).toEqual([]);
    join(sale, campaignId, "first");
    sale.clockMs += hourMs;
    sale.restart();
    expect(sale.typesSince(before)).toEqual(["queue_joined", "queue_admitted", "campaign_ended"]);
  });

  test("the loop renews them before it looks who is late", () => {
    const thread = new Thread();
    const draft = campaignDraft({ hasWaitlist: false, admission: { ...openAdmission, mode: "queue", passWindowS } });
    const created = thread.ask({ type: "create_campaign", draft });
    if (created.code !== "created") throw new Error("not created");
    const { campaignId } = created;
    thread.ask({ type: "publish", campaignId, secret: sha256("secret") });
    expect(thread.ask({ type: "join_queue", campaignId, buyerId: "first" }).code).toBe("admitted");
    thread.clockMs += hourMs;
    thread.start();
    expect(thread.commits.at(-1)?.types).toEqual(["passes_renewed"]);
    expect(thread.ask({ type: "ask_queue", campaignId, buyerId: "first" }).code).toBe("admitted");
  });
});

test("a queue's secret is told to the other threads when its order is drawn, and not before", () => {
  const thread = new Thread();
  const admission = { ...openAdmission, mode: "queue" } as const;
  const draft = campaignDraft({ admission, hasWaitlist: false, opensAtMs: openingMs });
  const created = thread.ask({ type: "create_campaign", draft });
  if (created.code !== "created") throw new Error("not created");
  const { campaignId } = created;
  const secret = sha256("secret");
  thread.ask({ type: "publish", campaignId, secret });
  for (const buyerId of ["ana", "bo"]) thread.ask({ type: "join_queue", campaignId, buyerId });
  expect(JSON.stringify(thread.news)).not.toContain(secret);
  thread.pass(openingMs - startMs);
  expect(thread.news.at(-1)?.campaigns).toMatchObject([{ id: campaignId, state: "open", secret, drawnCount: 2 }]);
});

test("of a draw the other threads are told nothing, and when all is over nothing is kept of it", () => {
  const thread = new Thread();
  const admission = { ...openAdmission, mode: "draw" } as const;
  const created = thread.ask({ type: "create_campaign", draft: campaignDraft({ admission, closesAtMs: openingMs }) });
  if (created.code !== "created") throw new Error("not created");
  const { campaignId } = created;
  thread.ask({ type: "publish", campaignId, secret: sha256("secret") });
  const [offer] = thread.engine.state.campaign(campaignId).offers;
  if (offer === undefined) throw new Error("a campaign has an offer");
  thread.ask({ type: "enter_draw", offerId: offer.id, buyerId: "ana", salt: "00" });
  expect(offer.draw?.log.count).toBe(1);
  thread.pass(openingMs - startMs);
  expect(offer.draw?.isMade).toBe(true);
  const campaigns = thread.news.flatMap((news) => news.campaigns);
  expect(campaigns.map(({ state }) => state)).toEqual(["draft", "open", "ended"]);
  expect(JSON.stringify(campaigns)).not.toContain(sha256("secret")); // that is told with the draw
  const views = campaigns.flatMap((view) => [view, ...view.offers]);
  for (const view of views) for (const hidden of ["draw", "waiting"]) expect(view).not.toHaveProperty(hidden);
  thread.pass(paymentWindowMs);
  expect([offer.draw, offer.waiting]).toEqual([null, null]);
});

describe("what a place is worth", () => {
  test("is told after a restart as before it", () => {
    const { sale, campaignId, offerId } = room({ stock: 100, limitPerBuyer: 2 });
    sale.advance(openingMs - startMs);
    for (let n = 0; n < 60; n++) join(sale, campaignId, `buyer ${n}`);
    const orders = Array.from({ length: 15 }, (_, n) => sale.order(offerId, `buyer ${n}`, { quantity: 1 + (n % 2) }));
    for (const orderId of orders.slice(0, 4)) sale.cancel(orderId);
    sale.execute({ type: "leave_queue", campaignId, buyerId: "buyer 20" });
    const before = figuresOf(sale, campaignId);
    expect(before).toMatchObject({ completed: 15, unitsTaken: 22, unused: 1, returned: 6 });
    sale.restart();
    // The pace is told anew when enough have been admitted since.
    expect(figuresOf(sale, campaignId)).toEqual({ ...before, recentAdmissions: 0, recentMs: 0 });
  });

  test("does not follow from units that came back before anybody needed a pass", () => {
    const { sale, campaignId, offerId } = openSale({ stock: 100 });
    const orders = Array.from({ length: 100 }, (_, n) => sale.order(offerId, `early ${n}`));
    queueEverybody(sale, true);
    for (let n = 0; n < 200; n++) join(sale, campaignId, `buyer ${n}`);
    for (const orderId of orders.slice(0, 50)) sale.cancel(orderId);
    expect(figuresOf(sale, campaignId)).toMatchObject({ passes: 50, held: 50, returned: 0, unitsTaken: 0 });
  });

  test("comes true as often as it is said, whatever buyers are like", () => {
    const random = new Random(1);
    const isTrue = (share: number) => random.bits() / 2 ** 32 < share;
    const tenths = Array.from({ length: 10 }, () => ({ said: 0, came: 0, count: 0 }));
    for (let n = 0; n < 8_000; n++) {
      const [taking, returning] = [random.bits() / 2 ** 32, random.bits() / 2 ** 32];
      const count = (of: number, share: number) =>
        Array.from({ length: of }, () => isTrue(share)).filter(Boolean).length;
      const over = random.below(60);
      const completed = count(over, taking);
      // Of those that took a unit some have come to an end; what came back has, and some that will not.
      const returned = count(completed, returning);
      const [passes, free, held] = [random.below(30), random.below(40) + 1, random.below(40)];
      const ahead = random.below(80);
      const nothing = { waiting: 0, recentAdmissions: 0, recentMs: 0, agents: null };
      const figures = { passes, free, held, completed, unitsTaken: completed, unused: over - completed, returned };
      const { chance } = outlookOf({ ...nothing, ...figures }, person(ahead + 1));
      const kept = count(count(passes + ahead, taking), 1 - returning);
      const isServed = kept < free + count(held, returning);
      const tenth = tenths[Math.min(9, Math.floor(chance * 10))];
      if (tenth === undefined) throw new Error("a chance is between 0 and 1");
      tenth.said += chance;
      tenth.came += Number(isServed);
      tenth.count += 1;
    }
    for (const { said, came, count } of tenths) {
      expect(count).toBeGreaterThan(100);
      expect(Math.abs(said - came) / count).toBeLessThan(0.08);
    }
  });

  test("is between never and certain, grows with the units, and shrinks with the place", () => {
    const figures = { waiting: 900, passes: 100, free: 100, held: 300, completed: 60, unitsTaken: 80, unused: 20 };
    const some = { ...figures, returned: 8, recentAdmissions: 64, recentMs: 32_000, agents: null };
    const chances = Array.from({ length: 900 }, (_, index) => outlookOf(some, person(index + 1)).chance);
    chances.forEach((chance, index) => {
      expect(chance).toBeGreaterThan(0);
      expect(chance).toBeLessThanOrEqual(chances[index - 1] ?? 1);
    });
    expect(outlookOf({ ...some, free: 10_000 }, person(900)).chance).toBe(1);
    expect(outlookOf({ ...some, free: 0, held: 0 }, person(1))).toEqual({ chance: 0, waitS: null });
    expect(outlookOf(some, person(10)).waitS).toBe(5);
  });
});

function person(place: number): Standing {
  return { place, agentsAhead: 0, actor: null };
}

function room({
  stock,
  limitPerBuyer = 1,
  closesAtMs = null,
}: {
  stock: number;
  limitPerBuyer?: number;
  closesAtMs?: number | null;
}): Opened & { sale: Sale } {
  const sale = new Sale();
  const admission = { ...openAdmission, mode: "queue", passWindowS } as const;
  const offers = [offerDraft({ stock, limitPerBuyer })];
  const opened = sale.create({ opensAtMs: openingMs, closesAtMs, hasWaitlist: false, admission, offers });
  sale.execute({ type: "publish", campaignId: opened.campaignId, secret: sha256("secret") });
  return { ...opened, sale };
}

function openSale({ stock }: { stock: number }): Opened & { sale: Sale } {
  const sale = new Sale();
  return { ...sale.open(campaignDraft({ offers: [offerDraft({ stock })] })), sale };
}

function queueEverybody(sale: Sale, isOn: boolean): void {
  const switches = [{ name: "queue_everybody", campaignId: null, isOn }] as const;
  sale.execute({ type: "set_controls", change: { switches } });
}

function join(sale: Sale, campaignId: number, buyerId: string) {
  return sale.execute({ type: "join_queue", campaignId, buyerId });
}

function ask(sale: Sale, campaignId: number, buyerId: string) {
  return sale.engine.askQueue(campaignId, buyerId);
}

function figuresOf(sale: Sale, campaignId: number): QueueFigures {
  const said = ask(sale, campaignId, "nobody");
  if (said.code !== "not_queued") throw new Error(`nobody stands in line: ${said.code}`);
  return said.figures;
}

function passesOf(sale: Sale, campaignId: number): number {
  return sale.engine.state.campaign(campaignId).queue?.passes ?? 0;
}
