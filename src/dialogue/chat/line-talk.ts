/** Waiting for one's chance: queues, draws and waitlists are joined, asked about, and left once somebody has said yes to it. */
import { pathOf } from "../api.ts";
import type { LeaveIntent } from "./context.ts";
import { duration } from "./format.ts";
import { nextSteps } from "./sale-talk.ts";
import type { Offering } from "./shelf.ts";
import { askToSignIn, count, linkToOrder, linkToSale, refused, type Said, type Talk, until } from "./talk.ts";
import { type DrawEntryWire, type QueueWire, type Refused, read, type WaitlistWire } from "./wire.ts";

const browserChecks = new Set(["challenge_required", "challenge_failed", "challenge_unavailable"]);
/** Of those that somebody may be in, how many are asked when none is named. */
const askedMax = 6;

export async function join(
  talk: Talk,
  intent: "join_queue" | "enter_draw" | "join_waitlist",
  offering: Offering,
): Promise<Said> {
  if (talk.buyerId === null) return askToSignIn(talk, offering);
  const { offer, sale } = offering;
  const path = {
    join_queue: pathOf("/v1/campaigns/{}/queue", sale.id),
    enter_draw: pathOf("/v1/offers/{}/draw", offer.id),
    join_waitlist: pathOf("/v1/offers/{}/waitlist", offer.id),
  }[intent];
  const reply = await talk.api({ method: "POST", path });
  const answer = read<never>(reply);
  if ("refused" in answer) return notJoined(talk, offering, answer.refused);
  return told(
    talk,
    offering,
    { join_queue: "queue", enter_draw: "draw", join_waitlist: "waitlist" }[intent] as Way,
    reply.body,
  );
}

function notJoined(talk: Talk, offering: Offering, why: Refused): Said {
  const state = { focus: offering.offer.id };
  if (browserChecks.has(why.code)) {
    return { reply: talk.words.browserCheck, outcome: why.code, links: [linkToSale(talk, offering.sale.id)], state };
  }
  return refused(talk, why, { choices: nextSteps(talk, offering), state });
}

type Way = "queue" | "draw" | "waitlist";

function wayOf({ sale }: Offering): Way {
  return sale.admission === "open" ? "waitlist" : sale.admission;
}

function addressOf({ offer, sale }: Offering, way: Way): string {
  return way === "queue" ? pathOf("/v1/campaigns/{}/queue", sale.id) : pathOf(`/v1/offers/{}/${way}`, offer.id);
}

/** How a buyer stands with one offer; `offering` `null`: wherever they are in. */
export async function tellPlace(talk: Talk, offering: Offering | null): Promise<Said> {
  if (talk.buyerId === null) return askToSignIn(talk, offering ?? undefined);
  if (offering !== null) return placeOf(talk, offering);
  const found: Said[] = [];
  let last: Said | null = null;
  for (const candidate of candidatesOf(talk)) {
    const said = await placeOf(talk, candidate);
    if (said.outcome !== "not_queued" && said.outcome !== "not_waiting" && said.outcome !== "draw_off") {
      found.push(said);
      last = said;
    }
  }
  if (last === null) return { reply: talk.words.nowhere, choices: [{ label: talk.words.labelList, value: "list" }] };
  return { ...last, reply: found.map(({ reply }) => reply).join("\n") };
}

function candidatesOf({ shelved }: Talk): readonly Offering[] {
  const mayBeIn = ({ offer, sale }: Offering) => sale.admission !== "open" || (sale.waitlist && offer.available === 0);
  return shelved.live.filter(mayBeIn).slice(0, askedMax);
}

async function placeOf(talk: Talk, offering: Offering): Promise<Said> {
  const way = wayOf(offering);
  const reply = await talk.api({ method: "GET", path: addressOf(offering, way) });
  const answer = read<never>(reply);
  if ("refused" in answer) {
    return refused(talk, answer.refused, { choices: nextSteps(talk, offering), state: { focus: offering.offer.id } });
  }
  return told(talk, offering, way, reply.body);
}

/** A place as `/v1` has told it. */
function told(talk: Talk, offering: Offering, way: Way, body: unknown): Said {
  const { words } = talk;
  const { offer } = offering;
  const state = { focus: offer.id };
  const choice = (verb: string, label: string) => ({ label, value: `${verb}:${offer.id}` });
  if (way === "waitlist") {
    const { place, waiting } = body as WaitlistWire;
    return {
      reply: words.waiting(offer.title, count(place), count(waiting)),
      outcome: "waiting",
      choices: [choice("place", words.labelPlace), choice("leave_waitlist", words.labelLeave)],
      state,
    };
  }
  if (way === "draw") return toldDraw(talk, offering, body as DrawEntryWire);
  const queue = body as QueueWire;
  if (queue.state === "admitted") {
    return {
      reply: words.admitted(offer.title, until(talk, queue.expires_at ?? "")),
      outcome: "admitted",
      choices: [{ label: words.labelBuy, value: `buy:${offer.id}:1` }, choice("leave_queue", words.labelLeave)],
      state,
    };
  }
  const outlook =
    queue.refusal !== null
      ? { sold_out: words.turnSoldOut, agent_share_taken: words.turnShareTaken }[queue.refusal]
      : queue.estimated_wait_s === null
        ? ""
        : words.wait(duration(queue.estimated_wait_s * 1_000, talk.language));
  return {
    reply:
      queue.ahead === null
        ? words.queuedNoPlace(offer.title, count(queue.waiting))
        : words.queued(offer.title, count(queue.ahead), count(queue.waiting)) + outlook,
    outcome: "queued",
    choices: [choice("place", words.labelPlace), choice("leave_queue", words.labelLeave)],
    state,
  };
}

function toldDraw(talk: Talk, { offer }: Offering, entry: DrawEntryWire): Said {
  const { words } = talk;
  const state = { focus: offer.id };
  const leave = { label: words.labelLeave, value: `leave_draw:${offer.id}` };
  switch (entry.state) {
    case "entered":
      return { reply: words.entered(offer.title, count(entry.entries)), outcome: "entered", choices: [leave], state };
    case "waiting":
      return {
        reply: words.drawnNext(offer.title, count(entry.place ?? 1)),
        outcome: "waiting",
        choices: [leave],
        state,
      };
    case "won": {
      if (entry.order_id === null) throw new Error("who is drawn has an order");
      return {
        reply: words.won(offer.title),
        outcome: "won",
        choices: [{ label: words.labelPay, value: `pay:${entry.order_id}` }],
        links: [linkToOrder(talk, entry.order_id)],
        state: { ...state, order: entry.order_id },
      };
    }
    case "left":
      return { reply: words.leftDraw(offer.title), outcome: "left", state };
    case "over":
      return { reply: words.lost(offer.title), outcome: "over", state };
  }
}

/** Asks before a place is given up. */
export async function askToLeave(talk: Talk, intent: LeaveIntent, offering: Offering): Promise<Said> {
  if (talk.buyerId === null) return askToSignIn(talk, offering);
  const { words } = talk;
  const { id, title } = offering.offer;
  return {
    reply: (intent === "leave_draw" ? words.sureToLeaveDraw : words.sureToLeave)(title),
    outcome: "asked",
    choices: [
      { label: words.labelYes, value: `confirm_${intent}:${id}` },
      { label: words.labelNo, value: "no" },
    ],
    state: { focus: id, pending: { ask: "leave", intent, offer: id } },
  };
}

export async function leave(talk: Talk, intent: LeaveIntent, offering: Offering): Promise<Said> {
  if (talk.buyerId === null) return askToSignIn(talk, offering);
  const ways = { leave_queue: "queue", leave_draw: "draw", leave_waitlist: "waitlist" } as const;
  const answer = read(await talk.api({ method: "POST", path: `${addressOf(offering, ways[intent])}/leave` }));
  const state = { focus: offering.offer.id };
  if ("refused" in answer) return refused(talk, answer.refused, { state });
  return { reply: talk.words.hasLeft(offering.offer.title), outcome: "left", state };
}
