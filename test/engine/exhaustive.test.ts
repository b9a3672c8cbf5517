/**
 * Guards the corners that chance may miss, by every sequence of a few steps from an alphabet, each against the model
 * with all invariants after every step: two buyers, two offers with one unit each and a limit of one; one unit that
 * is paid for while two buyers wait for it; and three units of which agents may have one. Shorter sequences are beginnings of longer ones, so they are checked too.
 * Prints how many there were.
 */

import { expect, test } from "bun:test";
import { openAdmission } from "../../src/domain/admission.ts";
import type { Cancel, Command, Reserve } from "../../src/domain/command.ts";
import type { Payment } from "../../src/domain/payment.ts";
import type { ModelOrder } from "./model.ts";
import { type Step, Trial } from "./trial.ts";

const startMs = 1_700_000_000_000;
const paymentWindowS = 10;
const [priceMinor, currency] = [100, "CNY"];
const [campaignId, offerA, offerB, firstOrderId] = [1, 2, 3, 6];

/** A step of the alphabet, told by what has happened so far. */
type Letter = (trial: Trial) => Step;

interface World {
  readonly depth: number;
  readonly alphabet: readonly Letter[];
  readonly begin: () => Trial;
}

const reserving: readonly Letter[] = [
  (trial) => reserve(trial, { offerId: offerA, buyerId: "x", key: "k" }),
  (trial) => reserve(trial, { offerId: offerA, buyerId: "y", key: null }),
  (trial) => reserve(trial, { offerId: offerB, buyerId: "x", key: "k" }),
  (trial) => execute(trial, { type: "cancel", ...orderAt(trial, -1) }),
  (trial) => execute(trial, { type: "pay", ...orderAt(trial, 0), payment: payment("first") }),
  (trial) => execute(trial, { type: "pay", ...orderAt(trial, -1), payment: payment("last") }),
  (trial) => ({ kind: "advance", nowMs: trial.model.clockMs + paymentWindowS * 1_000 }),
  // The payment window passes, but nobody has told the engine to let orders expire before the next command.
  (trial) => execute(trial, { type: "restock", offerId: offerA, quantity: -1 }, paymentWindowS * 1_000),
  (trial) => execute(trial, { type: "restock", offerId: offerA, quantity: 1 }),
  (trial) => execute(trial, { type: "pause", campaignId }),
  (trial) => execute(trial, { type: "resume", campaignId }),
  (trial) => execute(trial, { type: "end", campaignId }),
  () => ({ kind: "restart", by: "recovery" }),
];

const returning: readonly Letter[] = [
  (trial) => execute(trial, { type: "join_waitlist", offerId: offerA, buyerId: "x" }),
  (trial) => execute(trial, { type: "leave_waitlist", offerId: offerA, buyerId: "y" }),
  (trial) => execute(trial, { type: "cancel", ...orderAt(trial, -1) }),
  (trial) => execute(trial, { type: "pay", ...orderAt(trial, 0), payment: payment("second") }),
  (trial) => execute(trial, { type: "pay", ...orderAt(trial, -1), payment: payment("last") }),
  (trial) => execute(trial, { type: "refund", ...orderAt(trial, 0), returnsUnits: true }),
  (trial) => execute(trial, { type: "refund", ...orderAt(trial, -1), returnsUnits: false }),
  (trial) => execute(trial, { type: "confirm_refund", ...orderAt(trial, 0), paymentId: lastPaymentOf(trial) }),
  (trial) => ({ kind: "advance", nowMs: trial.model.clockMs + paymentWindowS * 1_000 }),
  (trial) => execute(trial, { type: "pause", campaignId }),
  (trial) => execute(trial, { type: "resume", campaignId }),
  (trial) => execute(trial, { type: "end", campaignId }),
  () => ({ kind: "restart", by: "recovery" }),
];

const sharing: readonly Letter[] = [
  (trial) => reserve(trial, { offerId: offerA, buyerId: "x", key: "k", actor: "agent" }),
  (trial) => reserve(trial, { offerId: offerA, buyerId: "y", key: null, actor: "agent" }),
  (trial) => reserve(trial, { offerId: offerA, buyerId: "x", key: "k", actor: null }),
  (trial) => execute(trial, { type: "join_waitlist", offerId: offerA, buyerId: "z", actor: "agent" }),
  (trial) => execute(trial, { type: "cancel", ...orderAt(trial, -1) }),
  (trial) => execute(trial, { type: "pay", ...orderAt(trial, 0), payment: payment("first") }),
  (trial) => execute(trial, { type: "refund", ...orderAt(trial, 0), returnsUnits: true }),
  (trial) => ({ kind: "advance", nowMs: trial.model.clockMs + paymentWindowS * 1_000 }),
  (trial) => execute(trial, { type: "restock", offerId: offerA, quantity: -1 }),
  (trial) => execute(trial, { type: "restock", offerId: offerA, quantity: 3 }),
  () => ({ kind: "restart", by: "recovery" }),
];

const worlds: readonly (World & { readonly name: string })[] = [
  { name: "two offers and their buyers", depth: 5, alphabet: reserving, begin: () => openSale() },
  { name: "a unit that is paid for and those who wait for it", depth: 4, alphabet: returning, begin: openSoldOutSale },
  { name: "agents and their share", depth: 5, alphabet: sharing, begin: openSharedSale },
];

test.each(worlds)(
  "$name: every sequence of $depth steps ends as the model says, and no promise breaks on the way",
  (world) => {
    const { alphabet, depth } = world;
    const count = checkAllThatBeginWith(world, []);
    process.stdout.write(`${count.sequences} sequences of ${depth} steps, ${count.steps} steps checked\n`);
    expect(count.sequences).toBe(alphabet.length ** depth);
    expect(count.steps).toBeGreaterThan(alphabet.length ** (depth - 2));
  },
  { timeout: 60_000 },
);

interface Count {
  readonly sequences: number;
  readonly steps: number;
}

/**
 * Does every step that may follow, checks it, and goes on where it has changed something. A sequence with a refused step
 * goes on as the one without it, which is done by itself; the sale that refused is used again for the next step: should
 * the refusal have left a trace, the next comparison with the model would show it.
 */
function checkAllThatBeginWith(world: World, letters: readonly Letter[]): Count {
  const { alphabet, depth, begin } = world;
  const leftCount = depth - letters.length - 1;
  let [sequences, steps] = [0, 0];
  let trial: Trial | null = null;
  for (const letter of alphabet) {
    trial ??= doAgain(begin, letters);
    const { clockMs } = trial.model;
    const step = letter(trial);
    trial.step(step);
    steps += 1;
    const isUntouched = trial.eventsOfStep.length === 0 && trial.model.clockMs === clockMs;
    const isRefused = step.kind !== "restart" && isUntouched;
    if (!isRefused) trial = null;
    if (isRefused || leftCount === 0) {
      sequences += alphabet.length ** leftCount;
      continue;
    }
    const further = checkAllThatBeginWith(world, [...letters, letter]);
    sequences += further.sequences;
    steps += further.steps;
  }
  return { sequences, steps };
}

function doAgain(begin: World["begin"], letters: readonly Letter[]): Trial {
  const trial = begin();
  for (const letter of letters) trial.stepAgain(letter(trial));
  return trial;
}

/** The only unit of the first offer is paid for by x, through a provider; y and z wait for it. */
function openSoldOutSale(): Trial {
  const trial = openSale();
  trial.stepAgain(reserve(trial, { offerId: offerA, buyerId: "x", key: null }));
  const first = { ...payment("first"), provider: "stripe" } as const;
  trial.stepAgain(execute(trial, { type: "pay", ...orderAt(trial, 0), payment: first }));
  for (const buyerId of ["y", "z"]) {
    trial.stepAgain(execute(trial, { type: "join_waitlist", offerId: offerA, buyerId }));
  }
  return trial;
}

/** Of three units agents may have one; a buyer may have two. */
function openSharedSale(): Trial {
  const agents = { policy: "share", sharePercent: 34 } as const;
  return openSale({ stock: 3, limitPerBuyer: 2, admission: { ...openAdmission, agents } });
}

function openSale({ stock = 1, limitPerBuyer = 1, admission = openAdmission } = {}): Trial {
  const trial = new Trial();
  const terms = { title: "thing", priceMinor, listPriceMinor: null, currency, stock, limitPerBuyer };
  const offer = { ...terms, brand: null, category: null, imageUrl: null, description: null };
  const offers = [
    { ...offer, sku: "a" },
    { ...offer, sku: "b" },
  ];
  const draft = {
    title: "sale",
    description: null,
    kind: null,
    opensAtMs: null,
    closesAtMs: null,
    paymentWindowS,
    hasWaitlist: true,
    admission,
    offers,
  };
  trial.stepAgain({ kind: "execute", command: { type: "create_campaign", draft }, nowMs: startMs });
  trial.stepAgain({ kind: "execute", command: { type: "publish", campaignId }, nowMs: startMs });
  return trial;
}

function execute(trial: Trial, command: Command, laterMs = 0): Step {
  return { kind: "execute", command, nowMs: trial.model.clockMs + laterMs };
}

function reserve(trial: Trial, request: Omit<Reserve, "type" | "quantity">): Step {
  return execute(trial, { type: "reserve", quantity: 1, ...request });
}

function payment(reference: string): Payment {
  return { provider: "shop", reference, amountMinor: priceMinor, currency };
}

/** The first or the last order, with its payments, and its buyer's rows when the engine has forgotten them. */
function orderAt(trial: Trial, index: 0 | -1): Omit<Cancel, "type"> {
  const order: ModelOrder | undefined = trial.model.orders.at(index);
  const buyerId = order?.buyerId ?? "x";
  const orderId = order?.id ?? firstOrderId;
  const target = { orderId, campaignId, buyerId, payments: trial.projection.paymentsOf(orderId) };
  if (order === undefined || !trial.model.isSettled(order.offer.campaign)) return target;
  return { ...target, history: trial.projection.historyOf(orderId) };
}

/** The latest payment for the first order. */
function lastPaymentOf(trial: Trial): number {
  return trial.model.orders.at(0)?.payments.at(-1)?.id ?? 0;
}
