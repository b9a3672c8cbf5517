/**
 * The rules of queues and draws, written down a second time without the program's own code: the order that follows from
 * a secret, and that passes and units went by it. For test/guarantees/ledger.ts.
 */
import type { Ledger, StoredCampaign } from "./ledger.ts";

const sha256 = (said: string | Uint8Array) => new Bun.CryptoHasher("sha256").update(said).digest("hex");
const bytesOf = (...hashes: readonly string[]) => Uint8Array.fromHex(hashes.join(""));
const idOf = (prefix: string, number: number) => `${prefix}_${number.toString(36).padStart(10, "0")}`;

/** The order in which a draw's entries are served: a permutation of their ids. */
export function drawnOrder(ledger: Ledger, offerId: number, entered: readonly number[]): number[] {
  const draw = ledger.draws.find(({ offer_id: id }) => id === offerId);
  if (draw === undefined) return [];
  const details = new Map(ledger.events.map((event) => [event.seq, event.details ?? ""]));
  const root = rootOf(entered.map((id) => details.get(id) ?? ""));
  const lines = ["rushbox draw", idOf("off", offerId), draw.secret, root, entered.length, draw.beacon_randomness ?? ""];
  return shuffled(entered, sha256(lines.join("\n")));
}

/** Every rule of queues and draws that the folder breaks, in words. */
export function admissionViolations(ledger: Ledger): string[] {
  const { events, queue, campaigns, orders } = ledger;
  const byAgent = (rows: readonly { readonly id: number; readonly actor: string | null }[]) =>
    new Set(rows.filter(({ actor }) => actor !== null).map(({ id }) => id));
  const [agentPlaces, agentOrders] = [byAgent(queue), byAgent(orders)];
  const found: string[] = [];
  const rooms = new Map(campaigns.map((campaign) => [campaign.id, newRoom(campaign)]));
  const ends = new Map<number, { readonly state: string; readonly untilMs: number | null }>();
  for (const event of events) {
    const room = rooms.get(event.campaign_id ?? 0);
    if (room === undefined) continue;
    const { campaign, waiting, passes, offers } = room;
    const { seq, type, at_ms: atMs, offer_id: offerId } = event;
    const entry = event.previous_seq ?? 0;
    const windowMs = campaign.pass_window_s * 1_000;
    const say = (what: string) => found.push(`${type} ${seq}: ${what}`);
    const end = (id: number, state: string) => {
      if (!waiting.delete(id) && !passes.has(id)) say(`${id} is not in the queue`);
      ends.set(id, { state, untilMs: passes.get(id) ?? null });
      passes.delete(id);
    };
    if (offerId !== null) {
      const before = offers.get(offerId) ?? { available: 0, waiting: 0, total: 0, ofAgents: 0 };
      const available = before.available + event.available;
      const total = before.total + event.available + event.held + event.sold;
      const ofAgents = before.ofAgents + (agentOrders.has(event.order_id ?? 0) ? event.held + event.sold : 0);
      offers.set(offerId, { available, total, ofAgents, waiting: before.waiting + (waitingBy[type] ?? 0) });
    }
    switch (type) {
      case "queue_joined":
        waiting.add(seq);
        break;
      case "queue_drawn": {
        const order = drawnQueue([...waiting], idOf("cmp", campaign.id), campaign.secret);
        waiting.clear();
        for (const id of order) waiting.add(id);
        if (campaign.queue_drawn_seq !== seq) say("the campaign does not name it");
        break;
      }
      case "queue_admitted": {
        // Agents are let in while they have fewer passes than units that they may still have.
        const percent = campaign.agent_share_percent ?? 100;
        const rooms = [...offers.values()].map((offer) =>
          Math.min(offer.waiting > 0 ? 0 : offer.available, Math.floor((offer.total * percent) / 100) - offer.ofAgents),
        );
        const room = rooms.reduce((sum, units) => sum + Math.max(0, units), 0);
        const agentsIn = [...passes.keys()].filter((id) => agentPlaces.has(id)).length;
        const mayAgents = campaign.agent_share_percent === null || agentsIn < room;
        const first = [...waiting].find((id) => mayAgents || !agentPlaces.has(id));
        if (first !== entry) say(`${entry} is let in, though it is the turn of ${first}`);
        waiting.delete(entry);
        passes.set(entry, atMs + windowMs);
        break;
      }
      case "passes_renewed":
        for (const id of passes.keys()) passes.set(id, atMs + windowMs);
        break;
      case "queue_closed":
        for (const id of [...waiting, ...passes.keys()]) end(id, "left");
        break;
      case "queue_left":
        end(entry, "left");
        break;
      case "queue_expired":
        if (atMs < (passes.get(entry) ?? Number.POSITIVE_INFINITY)) say(`${entry} has a good pass or none`);
        end(entry, "expired");
        break;
      case "order_reserved": {
        if (campaign.admission === "draw") say("is sold past the draw");
        const needsPass = campaign.admission === "queue" || waiting.size + passes.size > 0;
        if (needsPass !== (event.previous_seq !== null)) say("is sold past the queue");
        if (event.previous_seq === null) break;
        if (atMs >= (passes.get(entry) ?? 0)) say(`${entry} has no good pass`);
        end(entry, "completed");
        break;
      }
      case "campaign_ended":
        for (const id of waiting) ends.set(id, { state: "waiting", untilMs: null });
        for (const [id, untilMs] of passes) ends.set(id, { state: "admitted", untilMs });
        waiting.clear();
        passes.clear();
        break;
      default:
        break;
    }
    if (passes.size === 0) continue;
    const free = [...offers.values()].reduce((sum, offer) => sum + (offer.waiting > 0 ? 0 : offer.available), 0);
    if (passes.size > free) say(`${passes.size} passes are out for ${free} units`);
  }
  for (const { waiting, passes } of rooms.values()) {
    for (const id of waiting) ends.set(id, { state: "waiting", untilMs: null });
    for (const [id, untilMs] of passes) ends.set(id, { state: "admitted", untilMs });
  }
  if (ends.size !== queue.length) found.push(`${queue.length} places in queues of ${ends.size} joinings`);
  for (const { id, state, expires_at_ms: expiresAtMs } of queue) {
    const told = ends.get(id);
    if (told?.state !== state) found.push(`place ${id} is ${state}, its events say ${told?.state}`);
    if (told?.untilMs !== expiresAtMs) found.push(`the pass of place ${id} ends at ${expiresAtMs}`);
  }
  return [...found, ...drawViolations(ledger)];
}

interface StockOfOffer {
  readonly available: number;
  readonly waiting: number;
  readonly total: number;
  /** Units in agents' orders that are reserved or paid. */
  readonly ofAgents: number;
}

function newRoom(campaign: StoredCampaign) {
  return {
    campaign,
    /** In the order of their turns. */
    waiting: new Set<number>(),
    /** Until when each is good. */
    passes: new Map<number, number>(),
    offers: new Map<number, StockOfOffer>(),
  };
}

/** What is told of a draw is what follows from its entries, and its secret is the one that was committed to. */
function drawViolations({ draws, campaigns, events }: Ledger): string[] {
  return draws.flatMap(({ offer_id: offerId, campaign_id: campaignId, root, count, secret }) => {
    const entered = events.filter(({ type, offer_id: id }) => type === "draw_entered" && id === offerId);
    const leaves = entered.map(({ details }) => details ?? "");
    const commitment = campaigns.find(({ id }) => id === campaignId)?.commitment;
    const isOfEntries = rootOf(leaves) === root && leaves.length === count;
    const isCommitted = secret === null || sha256(bytesOf(secret)) === commitment;
    return isOfEntries && isCommitted ? [] : [`the draw of offer ${offerId} is not that of its entries and its secret`];
  });
}

/** RFC 9162, 2.1.1. */
function rootOf(leaves: readonly string[]): string {
  const [first] = leaves;
  if (first === undefined) return sha256("");
  if (leaves.length === 1) return sha256(bytesOf("00", first));
  let half = 1;
  while (half * 2 < leaves.length) half *= 2;
  return sha256(bytesOf("01", rootOf(leaves.slice(0, half)), rootOf(leaves.slice(half))));
}

/** The order of those who were in a queue at its opening, given in the order of joining. */
export function drawnQueue(ids: readonly number[], campaignId: string, secret: string | null): number[] {
  return shuffled(ids, sha256(["rushbox queue", campaignId, secret, ids.length].join("\n")));
}

/** Fisher-Yates from the last to the second, by the 32-bit words of SHA-256(seed, 0), SHA-256(seed, 1) ... */
function shuffled(ids: readonly number[], seed: string): number[] {
  const order = [...ids];
  const words: number[] = [];
  let blocks = 0;
  for (let places = order.length; places > 1; places--) {
    let word = Number.POSITIVE_INFINITY;
    while (word >= 2 ** 32 - (2 ** 32 % places)) {
      if (words.length === 0) {
        const block = sha256(bytesOf(seed, (blocks++).toString(16).padStart(16, "0")));
        words.push(...(block.match(/.{8}/g) ?? []).map((digits) => Number.parseInt(digits, 16)));
      }
      word = words.shift() ?? 0;
    }
    const [last, other] = [places - 1, word % places];
    [order[last], order[other]] = [order[other] as number, order[last] as number];
  }
  return order;
}

/** Who waits for units that return: nobody else may have them. */
const waitingBy: Readonly<Record<string, number>> = {
  waitlist_joined: 1,
  draw_entered: 1,
  waitlist_left: -1,
  order_offered: -1,
};
