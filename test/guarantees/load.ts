/**
 * Buyers who click, repeat, cancel, pay and wait, operators who refund, on raw connections, and a journal of what each of
 * them was told: the only witness that may say what a server must still know after a crash. Proves nothing by itself; `brokenPromises` holds a
 * stored ledger against the journal. What was asked and not answered is `unknown`, never `failed`.
 */
import type { Random } from "../engine/random.ts";
import { operatorKey, tokenOf } from "../harness.ts";
import { keyOf, type Ledger, numberOf, ordersByKey, type StoredPayment } from "./ledger.ts";
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

/** What was asked of an order, and the state that it was told to be in. */
export interface Move {
  readonly order: string;
  readonly verb: "cancel" | "pay" | "refund";
  told: string | null;
}

/** A payment that was told to be taken. */
export interface Paid {
  readonly order: string;
  readonly provider: "shop" | "sandbox";
  /** `null`: none was named. */
  readonly reference: string | null;
  /** Whether it was told to be one that has to be returned. */
  readonly isDue: boolean;
}

/** A place in a waitlist that was told. */
export interface Waiting {
  readonly entry: string;
  readonly buyer: string;
  readonly offer: string;
  /** `asked`: the buyer asked to leave, and has not been answered. */
  left: "no" | "asked" | "told";
}

export class Witness {
  readonly attempts: Attempt[] = [];
  readonly moves: Move[] = [];
  readonly payments: Paid[] = [];
  readonly entries: Waiting[] = [];
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
  /** In a hundred clicks: how many are something else than new attempts. */
  readonly mix?: Mix;
}

export interface Mix {
  readonly repeat: number;
  readonly cancel: number;
  /** Told by the shop's back end. */
  readonly pay: number;
  /** Paid on the sandbox's page. */
  readonly checkout?: number;
  readonly refund?: number;
  /** Join a waitlist, leave it, take what it has given. */
  readonly wait?: number;
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
    const names = new Set(buyers.map(({ name }) => name));
    const own = witness.attempts.filter(({ told, buyer }) => told === "reserved" && names.has(buyer)).slice(-ownMax);
    using line = new Line(port);
    while (!this.#isStopping) {
      const buyer = random.pick(buyers);
      let dice = random.below(100);
      const act = acts.find((name) => {
        dice -= mix[name] ?? 0;
        return dice < 0;
      });
      const bought = own.filter(({ told, buyer: name }) => told === "reserved" && name === buyer.name);
      const before = bought.length === 0 ? null : (random.pick(bought).order ?? null);
      const ending = await this.#act(act, line, buyer, { own, before });
      if (ending === "unsent") return;
      if (own.length > ownMax) own.shift();
    }
  }

  #act(
    act: (typeof acts)[number] | undefined,
    line: Line,
    buyer: Buyer,
    { own, before }: { own: Attempt[]; before: string | null },
  ): Promise<Ending> {
    const { offers, random, witness } = this.#options;
    if (act === "wait") return wait(line, buyer, random.pick(offers), this.#options);
    const attempt = own.find(({ order }) => order !== null && order === before);
    if (act === undefined || attempt === undefined || before === null) return this.#attempt(line, buyer, own);
    switch (act) {
      case "repeat":
        return repeat(line, buyer, attempt, witness);
      case "checkout":
        return checkout(line, buyer, before, witness);
      default:
        return move(line, buyer, before, act, this.#options);
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

const acts = ["repeat", "cancel", "pay", "checkout", "refund", "wait"] as const;
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
  order: string,
  verb: Move["verb"],
  { mix, random, witness }: Pick<LoadOptions, "mix" | "random" | "witness">,
): Promise<Ending> {
  const { moves, payments, complaints } = witness;
  const entry: Move = { order, verb, told: null };
  moves.push(entry);
  // Whoever mixes in refunds pays some orders twice, too.
  const reference = verb === "pay" && mix?.refund !== undefined && random.percent(30) ? `ref-${moves.length}` : null;
  const body =
    reference !== null ? { reference } : verb === "refund" ? { return_units: random.percent(80) } : undefined;
  const as = verb === "cancel" ? buyer.token : operatorKey;
  const ending = await line.ask({ path: `/v1/orders/${order}/${verb}`, as, ...(body && { body }) });
  if (typeof ending === "string" || ending.status === 503) return ending;
  const { state, code } = JSON.parse(ending.text) as { state?: string; code?: string };
  const isDue = code === "refund_due";
  if (ending.status === 200 && state !== undefined) entry.told = state;
  else if (!isDue && code !== "transition_not_allowed")
    complaints.push(`${verb} ${order}: ${ending.status} ${ending.text}`);
  if (verb === "pay" && (isDue || entry.told !== null)) payments.push({ order, provider: "shop", reference, isDue });
  return ending;
}

/** Opens the sandbox's page, and presses its button to pay. */
async function checkout(line: Line, buyer: Buyer, order: string, witness: Witness): Promise<Ending> {
  const { payments, complaints } = witness;
  const opened = await line.ask({ path: `/v1/orders/${order}/checkout`, as: buyer.token });
  if (typeof opened === "string" || opened.status === 503) return opened;
  const { url, code } = JSON.parse(opened.text) as { url?: string; code?: string };
  if (url === undefined) {
    if (code !== "transition_not_allowed") complaints.push(`checkout ${order}: ${opened.status} ${opened.text}`);
    return opened;
  }
  const pressed = await line.ask({ path: `${new URL(url).pathname}/pay` });
  if (typeof pressed === "string") return pressed;
  const result = new URL(pressed.headers.get("location") ?? "", url).searchParams.get("result");
  if (pressed.status !== 303 || (result !== "paid" && result !== "unconfirmed"))
    complaints.push(`paying ${order}: ${pressed.status} ${result}`);
  if (result === "paid") payments.push({ order, provider: "sandbox", reference: `sandbox_${order}`, isDue: false });
  return pressed;
}

/** Joins the offer's waitlist, leaves it, or pays for a unit that it was given. */
async function wait(
  line: Line,
  buyer: Buyer,
  offer: string,
  options: Pick<LoadOptions, "mix" | "random" | "witness">,
): Promise<Ending> {
  const { random, witness } = options;
  const dice = random.below(100);
  if (dice >= 60) {
    const listed = await line.ask({ method: "GET", path: "/v1/orders?state=reserved&limit=1", as: buyer.token });
    if (typeof listed === "string" || listed.status === 503) return listed;
    const [order] = (JSON.parse(listed.text) as { orders: { id: string }[] }).orders;
    if (order === undefined) return listed;
    return dice >= 80 ? checkout(line, buyer, order.id, witness) : move(line, buyer, order.id, "pay", options);
  }
  const path = `/v1/offers/${offer}/waitlist`;
  const known = witness.entries.findLast((entry) => entry.buyer === buyer.name && entry.offer === offer);
  const leaves = dice >= 45;
  if (leaves && known?.left === "no") known.left = "asked";
  const ending = await line.ask({ path: leaves ? `${path}/leave` : path, as: buyer.token });
  if (typeof ending === "string" || ending.status === 503) return ending;
  const { entry_id: entry, code, state } = JSON.parse(ending.text) as Record<string, string>;
  if (ending.status === 201 && entry !== undefined) {
    const joined: Waiting = { entry, buyer: buyer.name, offer, left: "no" };
    witness.entries.push(joined);
    if (dice >= 15) return ending;
    // Some change their minds at once: lines are short here, and soon served.
    joined.left = "asked";
    const left = await line.ask({ path: `${path}/leave`, as: buyer.token });
    if (typeof left !== "string" && left.status === 200) joined.left = "told";
    return left;
  }
  if (state === "left") {
    if (known?.left === "asked") known.left = "told";
  } else if (ending.status !== 200 && !waitRefusals.includes(code ?? "")) {
    witness.complaints.push(`waiting for ${offer}: ${ending.status} ${ending.text}`);
  }
  return ending;
}

const waitRefusals = ["not_sold_out", "limit_reached", "not_waiting"];

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
export function brokenPromises(ledger: Ledger, witness: Witness): string[] {
  const { attempts, moves, complaints } = witness;
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
  return [...found, ...brokenPayments(ledger, witness), ...brokenPlaces(ledger, witness)];
}

function brokenPayments(ledger: Ledger, { payments }: Witness): string[] {
  const stored = new Map<number, StoredPayment[]>();
  for (const payment of ledger.payments) {
    stored.set(payment.order_id, [...(stored.get(payment.order_id) ?? []), payment]);
  }
  const isKept = ({ order, provider, reference, isDue }: Paid) =>
    stored
      .get(numberOf(order))
      ?.some((row) => row.provider === provider && row.reference === reference && !(isDue && row.state === "accepted"));
  return payments.filter((paid) => !isKept(paid)).map((paid) => `${JSON.stringify(paid)} was told, and is not stored`);
}

function brokenPlaces(ledger: Ledger, { entries }: Witness): string[] {
  const stored = new Map(ledger.waitlist.map((entry) => [entry.id, entry]));
  const isKept = ({ entry, buyer, offer, left }: Waiting) => {
    const row = stored.get(numberOf(entry));
    return row?.buyer_id === buyer && row.offer_id === numberOf(offer) && !(left === "told" && row.state === "waiting");
  };
  return entries.filter((entry) => !isKept(entry)).map((entry) => `${JSON.stringify(entry)} is not stored so`);
}

const later: Readonly<Record<string, readonly string[]>> = {
  cancelled: ["refund_due", "refunded"],
  paid: ["refund_due", "refunded"],
  refund_due: ["refunded"],
};
