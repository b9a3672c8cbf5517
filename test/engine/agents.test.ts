/**
 * Guards what a campaign says of agents: turned away where only people may, never past their share when they reserve,
 * never refused while it has room; and that every order and entry keeps the mark of who made it.
 */
import { describe, expect, test } from "bun:test";
import { openAdmission } from "../../src/domain/admission.ts";
import { type AgentTerms, agentUnitsMax } from "../../src/domain/agents.ts";
import { type CampaignDraft, violationsOf } from "../../src/domain/campaign.ts";
import { campaignDraft, type Opened, offerDraft, paymentWindowMs, Sale, startMs } from "./sale.ts";

const humansOnly: AgentTerms = { policy: "humans_only", sharePercent: null };
const share = (sharePercent: number): AgentTerms => ({ policy: "share", sharePercent });
const byAgent = { actor: "agent" } as const;
const secret = "5e".repeat(32);

function openTo(agents: AgentTerms, draft: Partial<CampaignDraft> = {}): Opened & { sale: Sale } {
  const sale = new Sale();
  return { sale, ...sale.open({ admission: { ...openAdmission, agents }, ...draft }) };
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

  test("counts where a queue lets in: an agent has its turn like anyone, and buys as long as there is room", () => {
    const admission = { ...openAdmission, mode: "queue", agents: share(50) } as const;
    const sale = new Sale();
    const { campaignId, offerId } = sale.create({ admission, hasWaitlist: false, offers: [offerDraft({ stock: 3 })] });
    sale.execute({ type: "publish", campaignId, secret });
    for (const buyerId of ["ana", "bo", "cleo"]) sale.execute({ type: "join_queue", campaignId, buyerId });
    sale.order(offerId, "ana", byAgent);
    expect(sale.reserve(offerId, "bo", byAgent).code).toBe("agent_share_taken");
    sale.order(offerId, "bo"); // the pass is still good
    sale.order(offerId, "cleo");
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
