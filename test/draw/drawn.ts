/**
 * A folder with a campaign that is drawn, as far as a test wants it: entered, left, closed, drawn, given back and handed
 * on. Made by the engine and the journal themselves, without a server.
 */
import { type BeaconRound, type BeaconValue, openAdmission } from "../../src/domain/admission.ts";
import type { Command } from "../../src/domain/command.ts";
import type { Outcome } from "../../src/domain/outcome.ts";
import { Engine } from "../../src/engine/engine.ts";
import { newSalt } from "../../src/host/random.ts";
import { SqliteJournal } from "../../src/storage/sqlite/journal.ts";
import { openWriter } from "../../src/storage/sqlite/open.ts";

export const drawSecret = "5f".repeat(32);

export interface Drawn {
  readonly campaignId: number;
  readonly offerIds: readonly number[];
  readonly closesAtMs: number;
}

export interface DrawPlan {
  /** Units of each offer. */
  readonly stocks: readonly number[];
  /** Who enters for which offer, in this order: `buyer-1` ... by default, all for the first. */
  readonly entries: readonly (readonly [buyerId: string, offer: number])[];
  /** Who leaves again before the closing. */
  readonly leavers?: readonly string[];
  readonly beacon?: BeaconRound;
  /** What the beacon said; without it the draw waits. */
  readonly value?: BeaconValue;
  /** `open`: entries are still taken; `ended`: an operator has ended it before the closing. */
  readonly until?: "open" | "ended" | "closed";
  /** How many of those who were offered an order give it back. */
  readonly cancels?: number;
  /** Who leaves after the draw. */
  readonly lateLeavers?: readonly string[];
  /** Begins so long before now: by default, so that it has closed a minute ago. */
  readonly closesAtMs?: number;
}

export function buyers(count: number, offer = 0): [string, number][] {
  return Array.from({ length: count }, (_, n) => [`buyer-${n + 1}`, offer]);
}

/** Fills a folder. */
export function makeDraw(folder: string, plan: DrawPlan): Drawn {
  const { until = "closed", closesAtMs = Date.now() - 60_000 } = plan;
  const db = openWriter(folder);
  const journal = new SqliteJournal(db);
  const engine = new Engine();
  let nowMs = closesAtMs - 3_600_000;
  const orders: { orderId: number; buyerId: string; offerId: number }[] = [];
  const commit = () => {
    const events = engine.takeEvents();
    for (const event of events) {
      if (event.type === "order_offered") orders.push({ ...event, orderId: event.seq });
    }
    journal.commit({ events, ...engine.state.takeChanges(), audit: [] });
  };
  const passTo = (toMs: number) => {
    nowMs = toMs;
    engine.advance(nowMs);
    commit();
  };
  const execute = (command: Command, code: Outcome["code"]) => {
    const outcome = engine.execute(command, nowMs);
    commit();
    if (outcome.code !== code) throw new Error(`${command.type}: ${outcome.code}`);
    return outcome;
  };
  const nothing = { listPriceMinor: null, brand: null, category: null, imageUrl: null, description: null };
  const offers = plan.stocks.map((stock, n) => ({
    ...{ sku: `sku-${n + 1}`, title: `Goods ${n + 1}`, priceMinor: 100, currency: "CNY", stock, limitPerBuyer: 1 },
    ...nothing,
  }));
  const admission = { ...openAdmission, mode: "draw" } as const;
  const draft = {
    ...{
      title: "Draw",
      description: null,
      kind: null,
      opensAtMs: null,
      closesAtMs,
      paymentWindowS: 604_800,
      hasWaitlist: true,
    },
    ...{ admission, offers },
  };
  const created = execute({ type: "create_campaign", draft }, "created");
  const campaignId = "campaignId" in created ? created.campaignId : 0;
  const beacon = plan.beacon ?? null;
  execute({ type: "publish", campaignId, secret: drawSecret, beacon }, "changed");
  const offerIds = plan.stocks.map((_, n) => campaignId + 1 + n);
  const offerOf = (n: number): number => offerIds[n] ?? 0;
  passTo(nowMs + 1_000);
  for (const [buyerId, offer] of plan.entries) {
    nowMs += 1;
    const outcome = engine.execute({ type: "enter_draw", offerId: offerOf(offer), buyerId, salt: newSalt() }, nowMs);
    if (outcome.code !== "entered") throw new Error(`${buyerId}: ${outcome.code}`);
    if (engine.state.lastSeq % 1_000 === 0) commit();
  }
  commit();
  const entryOf = (buyerId: string) => offerOf(plan.entries.find(([id]) => id === buyerId)?.[1] ?? 0);
  const leave = (buyerId: string) => execute({ type: "leave_waitlist", offerId: entryOf(buyerId), buyerId }, "left");
  for (const buyerId of plan.leavers ?? []) leave(buyerId);
  if (until === "ended") execute({ type: "end", campaignId }, "changed");
  if (until === "closed") {
    passTo(closesAtMs);
    if (plan.value !== undefined) {
      nowMs += 31_000;
      execute({ type: "make_draws", campaignId, beacon: plan.value }, "changed");
    }
    while (engine.nextDueAtMs <= nowMs) passTo(nowMs); // what one batch does not offer
    for (const buyerId of plan.lateLeavers ?? []) leave(buyerId);
    for (const { orderId, buyerId } of orders.slice(0, plan.cancels ?? 0)) {
      execute({ type: "cancel", orderId, campaignId, buyerId, payments: [] }, "moved");
    }
    while (engine.nextDueAtMs <= nowMs) passTo(nowMs);
  }
  db.exec("PRAGMA journal_mode = DELETE"); // one file, that can be copied
  db.close();
  return { campaignId, offerIds, closesAtMs };
}
