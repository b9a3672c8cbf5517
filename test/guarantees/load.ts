/**
 * Buyers who click, repeat, cancel and pay, on raw connections, and a journal of what each of them was told: the only
 * witness that may say what a server must still know after a crash. Proves nothing by itself; `brokenPromises` holds a
 * stored ledger against the journal. What was asked and not answered is `unknown`, never `failed`.
 */
import type { Random } from "../engine/random.ts";
import { operatorKey, tokenOf } from "../harness.ts";
import { keyOf, type Ledger, numberOf, ordersByKey } from "./ledger.ts";
import { type Ending, Line } from "./line.ts";

export interface Attempt {
  readonly buyer: string;
  readonly key: string;
  readonly offer: string;
  readonly quantity: number;
  /** `unknown`: sent without an answer, or answered `outcome_unknown`. */
  told: "waiting" | "reserved" | "refused" | "unsent" | "unknown";
  code: string;
  order: string | null;
}

/** A cancel or a payment, and the state that the order was told to be in. */
export interface Move {
  readonly order: string;
  readonly verb: "cancel" | "pay";
  told: string | null;
}

export class Witness {
  readonly attempts: Attempt[] = [];
  readonly moves: Move[] = [];
  /** What was answered that no promise allows, in words. */
  readonly complaints: string[] = [];

  count(told: Attempt["told"]): number {
    return this.attempts.reduce((count, attempt) => count + Number(attempt.told === told), 0);
  }
}

export interface Buyer {
  readonly name: string;
  readonly token: string;
}

export function makeBuyers(count: number, prefix = "buyer"): Promise<Buyer[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, number) => {
      const name = `${prefix}-${number}`;
      return { name, token: await tokenOf(name) };
    }),
  );
}

export interface LoadOptions {
  readonly port: number;
  readonly offers: readonly string[];
  readonly buyers: readonly Buyer[];
  readonly random: Random;
  readonly witness: Witness;
  readonly lines: number;
  /** In a hundred clicks: how many repeat a key, cancel and pay; the rest are new attempts. */
  readonly mix?: { readonly repeat: number; readonly cancel: number; readonly pay: number };
}

/** Clicks on many connections until it is stopped or nothing listens any more. */
export class Load {
  readonly done: Promise<unknown>;
  readonly #options: LoadOptions;
  #isStopping = false;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.done = Promise.all(Array.from({ length: options.lines }, (_, number) => this.#run(number)));
  }

  stop(): Promise<unknown> {
    this.#isStopping = true;
    return this.done;
  }

  /** Each line has its own buyers, so that what one buyer is told has an order. */
  async #run(number: number): Promise<void> {
    const { port, lines, random, witness, mix = { repeat: 6, cancel: 6, pay: 4 } } = this.#options;
    const buyers = this.#options.buyers.filter((_, index) => index % lines === number);
    const own: Attempt[] = [];
    using line = new Line(port);
    while (!this.#isStopping) {
      const buyer = random.pick(buyers);
      const dice = random.below(100);
      const bought = own.filter(({ told, buyer: name }) => told === "reserved" && name === buyer.name);
      const before = bought.length === 0 ? undefined : random.pick(bought);
      let ending: Ending;
      if (before === undefined || dice >= mix.repeat + mix.cancel + mix.pay) {
        ending = await this.#attempt(line, buyer, own);
      } else if (dice < mix.repeat) {
        ending = await repeat(line, buyer, before, witness);
      } else {
        ending = await move(line, buyer, before, dice < mix.repeat + mix.cancel ? "cancel" : "pay", witness);
      }
      if (ending === "unsent") return;
      if (own.length > ownMax) own.shift();
    }
  }

  async #attempt(line: Line, buyer: Buyer, own: Attempt[]): Promise<Ending> {
    const { offers, random, witness } = this.#options;
    const key = `key-${witness.attempts.length}`;
    const offer = random.pick(offers);
    const quantity = random.percent(10) ? 2 : 1;
    const attempt: Attempt = { buyer: buyer.name, key, offer, quantity, told: "waiting", code: "", order: null };
    witness.attempts.push(attempt);
    own.push(attempt);
    const ending = await ask(line, buyer, attempt);
    note(attempt, ending, witness);
    return ending;
  }
}

const ownMax = 40; // orders that a line remembers for repeating, cancelling and paying

/** Sends the attempt, for the first time or again. */
export function ask(line: Line, buyer: Buyer, { key, offer, quantity }: Attempt): Promise<Ending> {
  const body = quantity === 1 ? {} : { body: { quantity } };
  return line.ask({ path: `/v1/offers/${offer}/orders`, as: buyer.token, key, ...body });
}

/** Writes down what the buyer was told about an attempt. */
export function note(attempt: Attempt, ending: Ending, { complaints }: Witness): void {
  if (typeof ending === "string") {
    attempt.told = ending === "lost" ? "unknown" : "unsent";
    return;
  }
  const { id = null, code = "" } = JSON.parse(ending.text) as { id?: string; code?: string };
  if (ending.status === 201 || ending.status === 200) {
    attempt.told = "reserved";
    attempt.code = String(ending.status);
    attempt.order = id;
    return;
  }
  attempt.told = code === "outcome_unknown" ? "unknown" : "refused";
  attempt.code = code;
  if (ending.status >= 500 && !ending.headers.has("retry-after"))
    complaints.push(`${ending.status} without Retry-After`);
  if (!expectedRefusals.includes(code)) complaints.push(`unexpected answer: ${ending.status} ${ending.text}`);
}

const expectedRefusals = ["sold_out", "limit_reached", "overloaded", "outcome_unknown"];

async function repeat(line: Line, buyer: Buyer, before: Attempt, { complaints }: Witness): Promise<Ending> {
  const ending = await ask(line, buyer, before);
  if (typeof ending === "string" || ending.status === 503) return ending;
  const { id } = JSON.parse(ending.text) as { id?: string };
  if (ending.status !== 200 || id !== before.order) {
    complaints.push(`${before.key} was ${before.order}, its repetition ${ending.status} ${ending.text}`);
  }
  return ending;
}

async function move(
  line: Line,
  buyer: Buyer,
  { order }: Attempt,
  verb: Move["verb"],
  { moves, complaints }: Witness,
): Promise<Ending> {
  if (order === null) throw new Error("a reserved attempt has its order");
  const entry: Move = { order, verb, told: null };
  moves.push(entry);
  const as = verb === "pay" ? operatorKey : buyer.token;
  const ending = await line.ask({ path: `/v1/orders/${order}/${verb}`, as });
  if (typeof ending === "string" || ending.status === 503) return ending;
  const { state, code } = JSON.parse(ending.text) as { state?: string; code?: string };
  if (ending.status === 200 && state !== undefined) entry.told = state;
  else if (code === "refund_due") entry.told = code;
  else if (code !== "transition_not_allowed") complaints.push(`${verb} ${order}: ${ending.status} ${ending.text}`);
  return ending;
}

/**
 * Repeats every attempt whose outcome is unknown, on a server that has nothing else to do. What the ledger knew must come
 * back as the same order; what it did not is decided now. Answers what went otherwise, in words.
 */
export async function settleUnknown(
  port: number,
  buyers: readonly Buyer[],
  witness: Witness,
  ledger: Ledger,
): Promise<string[]> {
  const stored = ordersByKey(ledger);
  const found: string[] = [];
  using line = new Line(port);
  for (const attempt of witness.attempts.filter(({ told }) => told === "unknown")) {
    const { buyer: name, key } = attempt;
    const buyer = buyers.find((candidate) => candidate.name === name);
    if (buyer === undefined) throw new Error(`no buyer ${name}`);
    const before = stored.get(keyOf(name, key));
    note(attempt, await ask(line, buyer, attempt), witness);
    if (attempt.told === "unknown" || attempt.told === "unsent") found.push(`${key} of ${name} is still unknown`);
    else if (before !== undefined && (attempt.code !== "200" || numberOf(attempt.order ?? "") !== before.id))
      found.push(`${key} of ${name} had order ${before.id}, repeated it is ${attempt.code} ${attempt.order}`);
  }
  return found;
}

/** Every promise to a buyer that the stored ledger does not keep, in words. */
export function brokenPromises(ledger: Ledger, { attempts, moves, complaints }: Witness): string[] {
  const found = [...complaints];
  const stored = ordersByKey(ledger);
  const asked = new Set<string>();
  for (const attempt of attempts) {
    const { buyer, key, told, order, quantity, offer } = attempt;
    asked.add(keyOf(buyer, key));
    const row = stored.get(keyOf(buyer, key));
    if (told === "reserved") {
      if (row === undefined || order === null) found.push(`${key} of ${buyer} was told ${order}: it is not stored`);
      else if (row.id !== numberOf(order) || row.quantity !== quantity || row.offer_id !== numberOf(offer))
        found.push(`${key} of ${buyer} was told ${order}: stored is ${JSON.stringify(row)}`);
    } else if (told === "refused" || told === "unsent") {
      if (row !== undefined) found.push(`${key} of ${buyer} was ${told} (${attempt.code}): stored is order ${row.id}`);
    }
  }
  for (const key of stored.keys()) if (!asked.has(key)) found.push(`nobody asked for the order under ${key}`);
  const states = new Map(ledger.orders.map(({ id, state }) => [id, state]));
  for (const { order, verb, told } of moves) {
    const state = states.get(numberOf(order));
    // A state that was told may have moved on, but only along the table of states.
    if (told !== null && state !== told && !(later[told] ?? []).includes(state ?? "")) {
      found.push(`${verb} ${order} was told ${told}: stored is ${state}`);
    }
  }
  return found;
}

const later: Readonly<Record<string, readonly string[]>> = { cancelled: ["refund_due"] };
