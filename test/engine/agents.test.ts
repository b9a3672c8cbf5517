/**
 * Guards what a campaign says of agents: turned away where only people may, never past their share when they reserve,
 * never refused while it has room, never waited for by people in a queue; and that every order and entry keeps the mark of who made it.
 */
import { describe, expect, test } from "bun:test";
import { openAdmission } from "../../src/domain/admission.ts";
import { type Actor, type AgentTerms, agentUnitsMax, totalForAgents } from "../../src/domain/agents.ts";
import { type CampaignDraft, violationsOf } from "../../src/domain/campaign.ts";
import { outlookOf, turnOf } from "../../src/domain/queue.ts";
import { pollAfterSOf } from "../../src/http/queue-json.ts";
import { campaignDraft, type Opened, offerDraft, paymentWindowMs, Sale, startMs } from "./sale.ts";

const humansOnly: AgentTerms = { policy: "humans_only", sharePercent: null };
const share = (sharePercent: number): AgentTerms => ({ policy: "share", sharePercent });
const byAgent = { actor: "agent" } as const;
const secret = "5e".repeat(32);

function openTo(agents: AgentTerms, draft: Partial<CampaignDraft> = {}): Opened & { sale: Sale } {
  const sale = new Sale();
  return { sale, ...sale.open({ admission: { ...openAdmission, agents }, ...draft }) };
}

const passWindowMs = 10_000;

/** A sale with a queue, and what buyers do there. */
function queueWith(
  agents: AgentTerms,
  { stock, limitPerBuyer = 1, opensAtMs = null }: { stock: number; limitPerBuyer?: number; opensAtMs?: number | null },
) {
  const admission = { ...openAdmission, mode: "queue", passWindowS: passWindowMs / 1_000, agents } as const;
  const sale = new Sale();
  const offers = [offerDraft({ stock, limitPerBuyer })];
  const { campaignId, offerId } = sale.create({ admission, opensAtMs, hasWaitlist: false, offers });
  sale.execute({ type: "publish", campaignId, secret });
  const ask = (buyerId: string) => sale.engine.askQueue(campaignId, buyerId);
  return {
    ...{ sale, campaignId, offerId },
    join: (buyerId: string, actor: Actor | null = null) =>
      sale.execute({ type: "join_queue", campaignId, buyerId, actor }),
    standing: (buyerId: string) => {
      const said = ask(buyerId);
      return said.code === "queued" ? `queued ${said.place}` : said.code;
    },
    figures: () => {
      const said = ask("nobody");
      if (said.code !== "not_queued") throw new Error(`nobody is in the queue: ${said.code}`);
      return said.figures;
    },
  };
}

/** Units of agents, as the engine counts them. */
function agentUnitsIn({ sale, campaignId }: { sale: Sale; campaignId: number }): number | undefined {
  return sale.engine.state.campaigns.get(campaignId)?.book?.agentUnits(0);
}

describe("where agents are allowed", () => {
  test("they buy like anyone, and their orders alone are marked", () => {
    const sale = new Sale();
    const { offerId } = sale.open();
    expect(sale.orderRow(sale.order(offerId, "ana", byAgent)).actor).toBe("agent");
    expect(sale.orderRow(sale.order(offerId, "ana")).actor).toBeNull();
    expect(sale.orderRow(sale.order(offerId, "bo", { ...byAgent, quantity: 5 })).actor).toBe("agent");
  });

  test("a key leads to the same order whoever repeats it, and its mark stays", () => {
    const sale = new Sale();
    const { offerId } = sale.open();
    const [byPage, byAssistant] = [
      sale.order(offerId, "ana", { key: "page" }),
      sale.order(offerId, "ana", { ...byAgent, key: "assistant" }),
    ];
    expect(sale.reserve(offerId, "ana", { ...byAgent, key: "page" })).toEqual({ code: "replayed", orderId: byPage });
    expect(sale.reserve(offerId, "ana", { key: "assistant" })).toEqual({ code: "replayed", orderId: byAssistant });
    expect([byPage, byAssistant].map((id) => sale.orderRow(id).actor)).toEqual([null, "agent"]);
  });

  test("an order out of the waitlist is marked when its entry was an agent's, also after a restart", () => {
    const sale = new Sale();
    const { offerId } = sale.open({ offers: [offerDraft({ stock: 2 })] });
    const both = sale.order(offerId, "zoe", { quantity: 2 });
    sale.join(offerId, "ana", "agent");
    sale.join(offerId, "bo");
    sale.restart();
    sale.cancel(both);
    expect(["ana", "bo"].map((buyerId) => sale.ordersOf(offerId, buyerId).map(({ actor }) => actor))).toEqual([
      ["agent"],
      [null],
    ]);
  });

  test("an order out of a draw is marked when its entry was an agent's, whether a start came between or not", () => {
    for (const isRestarted of [false, true]) {
      const sale = new Sale();
      const admission = { ...openAdmission, mode: "draw" } as const;
      const offers = [offerDraft({ stock: 40 })];
      const { campaignId, offerId } = sale.create({ admission, offers, closesAtMs: startMs + 1_000 });
      sale.execute({ type: "publish", campaignId, secret });
      const buyers = Array.from({ length: 40 }, (_, n) => `buyer ${n}`);
      const isAgents = (buyerId: string) => Number(buyerId.slice(6)) % 3 === 0;
      for (const buyerId of buyers) {
        const actor = isAgents(buyerId) ? "agent" : null;
        sale.execute({ type: "enter_draw", offerId, buyerId, salt: "00", actor });
      }
      if (isRestarted) sale.restart();
      sale.advance(1_000);
      const marked = buyers.filter((buyerId) => sale.ordersOf(offerId, buyerId)[0]?.actor === "agent");
      expect(marked).toEqual(buyers.filter(isAgents));
    }
  });
});

describe("where only people may", () => {
  test("an agent does not buy, wait or enter, and nothing happens", () => {
    const { sale, offerId } = openTo(humansOnly);
    const closesAtMs = startMs + 60_000;
    const drawn = sale.create({ closesAtMs, admission: { ...openAdmission, mode: "draw", agents: humansOnly } });
    sale.execute({ type: "publish", campaignId: drawn.campaignId, secret });
    const eventsBefore = sale.events.length;
    const refused = { code: "agents_not_allowed" } as const;
    expect(sale.reserve(offerId, "ana", byAgent)).toEqual(refused);
    expect(sale.join(offerId, "ana", "agent")).toEqual(refused);
    const entry = { type: "enter_draw", offerId: drawn.offerId, buyerId: "ana", salt: "00" } as const;
    expect(sale.execute({ ...entry, actor: "agent" })).toEqual(refused);
    expect(sale.events.length).toBe(eventsBefore);
    expect(sale.reserve(offerId, "ana").code).toBe("reserved");
    expect(sale.execute(entry).code).toBe("entered");
  });

  test("an agent is told so before the opening, after the end, and of a draw that is none", () => {
    const { sale, offerId, campaignId } = openTo(humansOnly, { opensAtMs: startMs + 60_000 });
    const refused = { code: "agents_not_allowed" } as const;
    const entry = { type: "enter_draw", offerId, buyerId: "ana", salt: "00", actor: "agent" } as const;
    expect(sale.reserve(offerId, "ana", byAgent)).toEqual(refused);
    sale.change("end", campaignId);
    expect([sale.reserve(offerId, "ana", byAgent), sale.join(offerId, "ana", "agent")]).toEqual([refused, refused]);
    expect(sale.execute(entry)).toEqual(refused);
  });

  test("an agent still learns of the order that its buyer's key has", () => {
    const { sale, offerId } = openTo(humansOnly);
    const orderId = sale.order(offerId, "ana", { key: "k" });
    expect(sale.reserve(offerId, "ana", { ...byAgent, key: "k" })).toEqual({ code: "replayed", orderId });
  });
});

describe("a share of the stock", () => {
  test.each([
    [10, 50, 5],
    [10, 99, 9],
    [3, 34, 1],
    [3, 33, 0],
    [1, 99, 0],
    [0, 50, 0],
    [1_000_000_000, 7, 70_000_000],
    [100, 29, 29], // 0.29 x 100 is less than 29 in binary fractions
  ])("of %d units at %d %% is %d whole units", (total, percent, units) => {
    expect(agentUnitsMax(total, percent)).toBe(units);
    const least = totalForAgents(units, percent);
    expect(least).toBeLessThanOrEqual(total);
    expect([agentUnitsMax(least, percent), agentUnitsMax(least - 1, percent) < units]).toEqual([units, true]);
  });

  test("is what agents have together at most, and people are not held to it", () => {
    const { sale, offerId } = openTo(share(30));
    expect(sale.reserve(offerId, "ana", { ...byAgent, quantity: 4 })).toEqual({
      code: "agent_share_taken",
      available: 3,
    });
    sale.order(offerId, "ana", { ...byAgent, quantity: 2 });
    expect(sale.reserve(offerId, "bo", { ...byAgent, quantity: 2 })).toEqual({
      code: "agent_share_taken",
      available: 1,
    });
    sale.order(offerId, "bo", byAgent);
    expect(sale.reserve(offerId, "cleo", byAgent)).toEqual({ code: "agent_share_taken", available: 0 });
    sale.order(offerId, "cleo", { quantity: 5 });
    sale.order(offerId, "dan", { quantity: 2 });
    expect(sale.reserve(offerId, "cleo", byAgent)).toEqual({ code: "sold_out", available: 0 });
  });

  test("has room again when an agent's order is cancelled, expires or is refunded; a paid one keeps its place", () => {
    const { sale, offerId, campaignId } = openTo(share(20));
    const [paid, held] = [sale.order(offerId, "ana", byAgent), sale.order(offerId, "bo", byAgent)];
    const isRefused = () => sale.reserve(offerId, "cleo", byAgent).code === "agent_share_taken";
    sale.pay(paid);
    expect(isRefused()).toBe(true);
    sale.cancel(held);
    const another = sale.order(offerId, "cleo", byAgent);
    sale.advance(paymentWindowMs);
    expect(sale.orderState(another)).toBe("expired");
    expect(agentUnitsIn({ sale, campaignId })).toBe(1);
    sale.refund(paid);
    sale.order(offerId, "dan", { ...byAgent, quantity: 2 });
    expect(agentUnitsIn({ sale, campaignId })).toBe(2);
  });

  test("is of each offer by itself, and follows its restocks", () => {
    const sale = new Sale();
    const offers = [offerDraft({ sku: "a" }), offerDraft({ sku: "b" })];
    const { offerIds } = sale.open({ admission: { ...openAdmission, agents: share(10) }, offers });
    const [a = 0, b = 0] = offerIds;
    for (const offerId of [a, b]) sale.order(offerId, "ana", byAgent);
    sale.restock(a, 10);
    sale.order(a, "bo", byAgent);
    expect(sale.reserve(b, "bo", byAgent).code).toBe("agent_share_taken");
    sale.restock(a, -11); // taken back below what agents have: they keep it, and get no more
    expect(sale.reserve(a, "cleo", byAgent)).toEqual({ code: "agent_share_taken", available: 0 });
  });

  test("is told by a start as it stood", () => {
    const { sale, offerId, campaignId } = openTo(share(40));
    sale.pay(sale.order(offerId, "ana", byAgent));
    sale.order(offerId, "bo", { ...byAgent, quantity: 2 });
    sale.cancel(sale.order(offerId, "cleo", byAgent));
    sale.order(offerId, "cleo");
    sale.restart();
    expect(agentUnitsIn({ sale, campaignId })).toBe(3);
    sale.order(offerId, "dan", byAgent);
    expect(sale.reserve(offerId, "dan", byAgent).code).toBe("agent_share_taken");
  });

  test("does not stand against money that was paid: a late payment gets its unit past it, which then counts", () => {
    const { sale, offerId, campaignId } = openTo(share(10));
    const late = sale.order(offerId, "ana", byAgent);
    sale.advance(paymentWindowMs);
    sale.order(offerId, "bo", byAgent);
    expect(sale.pay(late)).toEqual({ code: "moved", orderId: late });
    expect([sale.orderState(late), agentUnitsIn({ sale, campaignId })]).toEqual(["paid", 2]);
    sale.restock(offerId, 10);
    expect(sale.reserve(offerId, "cleo", byAgent)).toEqual({ code: "agent_share_taken", available: 0 });
  });

  test("is for buying while there are units: agents do not wait for what comes back", () => {
    const { sale, offerId } = openTo(share(50), { offers: [offerDraft({ stock: 2 })] });
    const order = sale.order(offerId, "zoe", { quantity: 2 });
    expect(sale.join(offerId, "ana", "agent")).toEqual({ code: "agents_not_allowed" });
    expect(sale.join(offerId, "bo").code).toBe("joined");
    sale.cancel(order);
    sale.order(offerId, "ana", byAgent);
  });
});

describe("a share where a queue lets in", () => {
  test("keeps nobody waiting: people are let in past agents, who have their turn when there is room", () => {
    const { sale, offerId, join, standing } = queueWith(share(50), { stock: 4 });
    for (const agent of ["a1", "a2", "a3", "a4"]) join(agent, "agent");
    for (const person of ["p1", "p2", "p3"]) join(person);
    expect(["a1", "a2", "a3", "a4", "p1", "p2", "p3"].map(standing)).toEqual([
      ...["admitted", "admitted", "queued 1", "queued 2"],
      ...["admitted", "admitted", "queued 3"],
    ]);
    const bought = sale.order(offerId, "a1", byAgent);
    expect([standing("a3"), standing("p3")]).toEqual(["queued 1", "queued 3"]); // held is taken
    sale.advance(passWindowMs); // the other passes run out: one unit is for an agent, two for anyone
    expect(["a3", "a4", "p3"].map(standing)).toEqual(["admitted", "queued 1", "admitted"]);
    sale.cancel(bought);
    expect(standing("a4")).toBe("admitted");
  });

  test("is promised to no more agents than it has room for, also by restocks and purchases of several", () => {
    const { sale, offerId, join, standing } = queueWith(share(50), { stock: 4, limitPerBuyer: 4 });
    for (const agent of ["a1", "a2"]) join(agent, "agent");
    expect(sale.reserve(offerId, "a1", { ...byAgent, quantity: 2 })).toEqual({
      code: "agent_share_taken",
      available: 1, // the other one is promised to the other agent
    });
    expect(sale.restock(offerId, -1).code).toBe("invalid");
    join("ana");
    expect(sale.reserve(offerId, "ana", byAgent)).toEqual({ code: "agent_share_taken", available: 0 });
    sale.order(offerId, "ana", { quantity: 2 });
    for (const agent of ["a1", "a2"]) sale.order(offerId, agent, byAgent);
    expect(standing("a1")).toBe("not_queued");
  });

  test("passes on the turn of an agent whose person buys by themselves", () => {
    const { sale, offerId, join, standing } = queueWith(share(25), { stock: 4 });
    for (const agent of ["a1", "a2"]) join(agent, "agent");
    expect([standing("a1"), standing("a2")]).toEqual(["admitted", "queued 1"]);
    sale.order(offerId, "a1"); // of a1's pass, and not of the share
    expect(standing("a2")).toBe("admitted");
  });

  test("lets the next agent in when units are written off, as far as it has room then", () => {
    const { sale, offerId, join, standing } = queueWith(share(50), { stock: 5 });
    for (const agent of ["a1", "a2", "a3"]) join(agent, "agent");
    const order = sale.order(offerId, "a1", byAgent);
    sale.pay(order);
    expect(standing("a3")).toBe("queued 1");
    sale.refund(order, { returnsUnits: false }); // half of four is two, and one of them is promised
    expect(standing("a3")).toBe("admitted");
  });

  test("says no at once when nothing of it can come back, while people still join", () => {
    const { sale, offerId, join, standing, figures } = queueWith(share(25), { stock: 4 });
    for (const agent of ["a1", "a2"]) join(agent, "agent");
    const order = sale.order(offerId, "a1", byAgent);
    expect(join("a3", "agent").code).toBe("queued"); // a1 may not pay
    expect(outlookOf(figures(), { place: 1, agentsAhead: 0, actor: "agent" }).chance).toBeGreaterThan(0);
    sale.pay(order);
    expect(join("a4", "agent")).toEqual({ code: "agent_share_taken", available: 0 });
    const agent = { place: 1, agentsAhead: 0, actor: "agent" } as const;
    expect(outlookOf(figures(), agent)).toEqual({ chance: 0, waitS: null });
    expect(outlookOf(figures(), { ...agent, place: 3, agentsAhead: 2, actor: null }).chance).toBe(1);
    expect(turnOf(figures(), { place: 3, agentsAhead: 2, actor: null })).toBe(1);
    expect(join("ana").code).toBe("admitted");
    sale.restock(offerId, 4);
    expect([standing("a2"), standing("a3")]).toEqual(["admitted", "queued 1"]);
  });

  test("is told to agents as it is: how many of them are ahead, and no wait that nobody knows", () => {
    const { sale, join, figures } = queueWith(share(50), { stock: 4 });
    for (const agent of ["a1", "a2", "a3"]) join(agent, "agent");
    join("ana");
    expect(figures()).toMatchObject({
      ...{ free: 4, passes: 3, waiting: 1 },
      agents: { free: 2, held: 0, passes: 2, waiting: 1 },
    });
    const [first, third] = [0, 2].map((agentsAhead) =>
      outlookOf(figures(), { place: agentsAhead + 1, agentsAhead, actor: "agent" }),
    );
    expect(first?.chance).toBeLessThan(1);
    expect(third?.chance).toBeLessThan(first?.chance ?? 0);
    expect(third?.waitS).toBeNull();
    sale.restart();
    expect(figures().agents).toEqual({ free: 2, held: 0, passes: 2, waiting: 1 });
  });

  test("tells an agent that all agents before it are ahead, and not to ask as if it were the next", () => {
    const { campaignId, sale, join } = queueWith(share(50), { stock: 2 });
    for (let n = 0; n < 102; n++) join(`a${n}`, "agent");
    const said = sale.engine.askQueue(campaignId, "a101");
    if (said.code !== "queued" || said.place === null) throw new Error(`a101 is ${said.code}`);
    expect(turnOf(said.figures, { ...said, place: said.place })).toBe(101);
    const terms = { opensAtMs: null, admission: { ...openAdmission, passWindowS: 600 } };
    expect(pollAfterSOf(terms, said, startMs)).toBe(13);
    expect(pollAfterSOf(terms, { ...said, actor: null }, startMs)).toBe(1); // a person there is the next
  });

  test.each([false, true])(
    "knows who joined as an agent (after a restart: %p), also when places go by lot",
    (isAfter) => {
      const { sale, join, standing } = queueWith(share(50), { stock: 2, opensAtMs: startMs + 1_000 });
      for (const agent of ["a1", "a2", "a3"]) join(agent, "agent");
      for (const person of ["p1", "p2"]) join(person);
      if (isAfter) sale.restart();
      sale.advance(1_000);
      if (isAfter) sale.restart();
      const inside = ["a1", "a2", "a3", "p1", "p2"].filter((buyerId) => standing(buyerId) === "admitted");
      expect(inside.filter((buyerId) => buyerId.startsWith("a")).length).toBeLessThanOrEqual(1);
      expect(inside).toHaveLength(2);
    },
  );

  test("holds no share where there is none: agents have their turn like anyone, or never", () => {
    const { join, standing } = queueWith({ policy: "allowed", sharePercent: null }, { stock: 2 });
    for (const agent of ["a1", "a2", "a3"]) join(agent, "agent");
    expect(["a1", "a2", "a3"].map(standing)).toEqual(["admitted", "admitted", "queued 1"]);
    const people = queueWith(humansOnly, { stock: 2 });
    expect(people.join("a1", "agent")).toEqual({ code: "agents_not_allowed" });
    expect(people.standing("a1")).toBe("not_queued");
  });
});

describe("the terms of a campaign", () => {
  const fieldsOf = (agents: AgentTerms, draft: Partial<CampaignDraft> = {}) => {
    const admission = { ...openAdmission, ...draft.admission, agents };
    return violationsOf(campaignDraft({ ...draft, admission }), startMs).map(({ field }) => field);
  };

  test("name a share exactly when it is one, of 1 to 99 percent", () => {
    expect([1, 50, 99].flatMap((percent) => fieldsOf(share(percent)))).toEqual([]);
    for (const percent of [0, 100, null]) {
      expect(fieldsOf({ policy: "share", sharePercent: percent })).toEqual(["agents.share_percent"]);
    }
    for (const policy of ["allowed", "humans_only"] as const) {
      expect(fieldsOf({ policy, sharePercent: 20 })).toEqual(["agents.share_percent"]);
      expect(fieldsOf({ policy, sharePercent: null })).toEqual([]);
    }
  });

  test("give no share in a draw, and say what to take instead", () => {
    const draft = { closesAtMs: startMs + 1_000, admission: { ...openAdmission, mode: "draw" } as const };
    expect(fieldsOf(share(20), draft)).toEqual(["agents.policy"]);
    expect(fieldsOf(humansOnly, draft)).toEqual([]);
    const admission = { ...draft.admission, agents: share(20) };
    const [violation] = violationsOf(campaignDraft({ ...draft, admission }), startMs);
    expect(violation?.detail).toContain("humans_only");
  });
});
