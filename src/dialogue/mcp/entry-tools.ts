/** Tools for getting in: the queue and its passes, challenges, the draw, the waitlist. */
import { type TObject, Type } from "@sinclair/typebox";
import { challengeKinds, drawEntryStates } from "../../domain/admission.ts";
import { limits } from "../../domain/limits.ts";
import { type ApiRequest, pathOf } from "../api.ts";
import { choiceOf, countOf, idOf, inputOf, orNull, timeOf } from "./schema.ts";
import { ask, type Desk, done, type Tool, type ToolAnswer, toolOf } from "./tool.ts";

const campaignId = { campaign_id: idOf("cmp", "the sale") };
const offerId = { offer_id: idOf("off", "the offer") };
const solution = {
  solution: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: limits.solutionLengthMax,
      pattern: "^[\\x21-\\x7e]+$",
      description: "of get_challenge, solved: needed where the sale's challenge is not none",
    }),
  ),
};

const QueueShape = Type.Object({
  campaign_id: idOf("cmp", "the sale"),
  state: choiceOf(["waiting", "admitted"], "admitted: it is this buyer's turn, and pass is there until expires_at"),
  by_agent: Type.Boolean({ description: "an agent joined: it gets a pass while the agents' share has room" }),
  place: orNull(countOf("1 is the first in line; null before the opening, and for who is admitted", 1)),
  ahead: orNull(countOf("how many before this buyer can have their turn")),
  waiting: countOf("how many are in line"),
  units_left: countOf("units that can be had now"),
  chance: orNull(Type.Number({ description: "of getting a unit, from 0 to 1; null before the opening" })),
  estimated_wait_s: orNull(countOf("seconds until the turn comes; null where it cannot be said")),
  refusal: orNull(choiceOf(["sold_out", "agent_share_taken"], "with chance 0: why no turn comes any more")),
  note: orNull(Type.String({ description: "the same in a clear word" })),
  pass: orNull(Type.String({ description: "with admitted: send it to confirm_purchase" })),
  expires_at: orNull(timeOf("until when the pass is good")),
  poll_after_s: countOf("when to ask again, in seconds: not sooner", 1),
});
const DrawEntryShape = Type.Object({
  entry_id: idOf("wte", "the entry"),
  ...offerId,
  ...campaignId,
  state: choiceOf(
    drawEntryStates,
    "entered: will be drawn; waiting: drawn, and others come first; won: became an order; left; over: no order came",
  ),
  entries: countOf("how many are in this draw"),
  place: orNull(countOf("with waiting: 1 is the next", 1)),
  order_id: orNull(idOf("ord", "with won: the order, to be paid in time")),
});
const WaitlistShape = Type.Object({
  entry_id: idOf("wte", "the entry"),
  ...offerId,
  ...campaignId,
  state: choiceOf(["waiting"], "in line"),
  place: countOf("1 is the next", 1),
  waiting: countOf("how many are in line", 1),
});
const LeftShape = Type.Object({ state: choiceOf(["left"], "not in line any more"), ...campaignId });

/** Asks, and gives the answer on as it is: nothing in it was written by a shop. */
async function passOn<T>(
  desk: Desk,
  request: ApiRequest,
  shape: TObject,
  textOf: (body: T) => string,
): Promise<ToolAnswer> {
  const told = await ask(desk, request);
  if (told.kind === "refused") return told;
  const known = Object.entries(told.body as object).filter(([name]) => name in shape.properties);
  return done(textOf(told.body as T), Object.fromEntries(known));
}

function withSolution(text: string | undefined): Pick<ApiRequest, "headers"> {
  return text === undefined ? {} : { headers: { "rushbox-challenge": text } };
}

interface Standing {
  readonly state: string;
  readonly place: number | null;
  readonly note: string | null;
  readonly expires_at: string | null;
  readonly poll_after_s: number;
}

function standingText({ state, place, note, expires_at, poll_after_s }: Standing): string {
  if (state === "admitted")
    return `It is your turn until ${expires_at}: quote_purchase, then confirm_purchase with the pass.`;
  if (note !== null) return `In the queue. ${note}`;
  const where = place === null ? "Places are drawn at the opening." : `Place ${place}.`;
  return `In the queue. ${where} Ask again with queue_place in ${poll_after_s} s.`;
}

const queueTools: readonly Tool[] = [
  toolOf({
    name: "join_queue",
    title: "Join the queue",
    description:
      "Joins the line of a sale whose admission is queue, or shows the place of who is in it already. Whoever joins before the opening is drawn into an order at the opening: coming early gains nothing.",
    audience: "buyers",
    effect: "changes",
    input: inputOf({ ...campaignId, ...solution }),
    output: QueueShape,
    run: ({ campaign_id, solution: text }, desk) => {
      const path = pathOf("/v1/campaigns/{}/queue", campaign_id);
      return passOn(desk, { method: "POST", path, ...withSolution(text) }, QueueShape, standingText);
    },
  }),
  toolOf({
    name: "queue_place",
    title: "Place in the queue",
    description:
      "The buyer's place in the line of a sale, the chance of getting a unit, the likely wait; and the pass, once it is their turn. Ask no sooner than poll_after_s says.",
    audience: "buyers",
    effect: "reads",
    input: inputOf(campaignId),
    output: QueueShape,
    run: ({ campaign_id }, desk) => {
      const path = pathOf("/v1/campaigns/{}/queue", campaign_id);
      return passOn(desk, { method: "GET", path }, QueueShape, standingText);
    },
  }),
  toolOf({
    name: "leave_queue",
    title: "Leave the queue",
    description: "Gives up the place in the line of a sale, and the pass: whoever joins again stands at its end.",
    audience: "buyers",
    effect: "ends",
    input: inputOf(campaignId),
    output: LeftShape,
    run: ({ campaign_id }, desk) => {
      const path = pathOf("/v1/campaigns/{}/queue/leave", campaign_id);
      return passOn(desk, { method: "POST", path }, LeftShape, () => "Not in the queue any more.");
    },
  }),
];

const PassShape = Type.Object({
  ...campaignId,
  pass: Type.String({ description: "send it to confirm_purchase" }),
  expires_at: timeOf("until when it is good"),
});
const ChallengeShape = Type.Object(
  {
    challenge: choiceOf(challengeKinds, "none: nothing to solve"),
    difficulty: Type.Optional(Type.String()),
    expires_at: Type.Optional(timeOf("until when its solution is taken")),
    parameters: Type.Optional(Type.Unknown({ description: "of a proof of work: ALTCHA's, for its solvers" })),
    signature: Type.Optional(Type.String({ description: "over the parameters: a part of the solution" })),
    site_key: Type.Optional(Type.String({ description: "of a captcha: a person solves it on the shop's page" })),
    action: Type.Optional(Type.String()),
    cdata: Type.Optional(Type.String()),
  },
  { description: "what has to be solved" },
);

const passTools: readonly Tool[] = [
  toolOf({
    name: "get_pass",
    title: "Get a pass",
    description:
      "A pass for a sale whose admission is open and that needs one (pass is true): nobody can have it before the opening. Not for queues, whose pass comes with the turn.",
    audience: "buyers",
    effect: "changes",
    input: inputOf({ ...campaignId, ...solution }),
    output: PassShape,
    run: ({ campaign_id, solution: text }, desk) => {
      const path = pathOf("/v1/campaigns/{}/pass", campaign_id);
      const textOf = ({ expires_at }: { expires_at: string }) =>
        `A pass, good until ${expires_at}: send it to confirm_purchase.`;
      return passOn(desk, { method: "POST", path, ...withSolution(text) }, PassShape, textOf);
    },
  }),
  toolOf({
    name: "get_challenge",
    title: "Get a challenge",
    description:
      "What has to be solved before join_queue, get_pass or enter_draw in a sale whose challenge is not none: a proof of work (ALTCHA, PBKDF2), whose solution in base64 goes into their argument solution. A captcha is for a person: send them to the shop's page.",
    audience: "buyers",
    effect: "reads",
    input: inputOf(campaignId),
    output: ChallengeShape,
    run: ({ campaign_id }, desk) => {
      const path = pathOf("/v1/campaigns/{}/challenge", campaign_id);
      const textOf = ({ challenge }: { challenge: string }) =>
        challenge === "none" ? "Nothing has to be solved." : `To be solved: ${challenge}.`;
      return passOn(desk, { method: "GET", path }, ChallengeShape, textOf);
    },
  }),
];

interface Entry {
  readonly state: string;
  readonly place: number | null;
  readonly order_id: string | null;
}

function entryText({ state, place, order_id }: Entry): string {
  if (state === "won") return `Drawn: order ${order_id}. Pay it in time, or cancel it.`;
  return `Entry: ${state}${place === null ? "" : `, place ${place}`}.`;
}

const drawTools: readonly Tool[] = [
  toolOf({
    name: "enter_draw",
    title: "Enter the draw",
    description:
      "Enters the draw of an offer, in a sale whose admission is draw. One entry for each buyer; when one enters makes no difference. Whoever is drawn gets an order for one unit at the closing, without another question: it may be paid, cancelled, or left to run out. Ask the person before.",
    audience: "buyers",
    effect: "changes",
    input: inputOf({ ...offerId, ...solution }),
    output: DrawEntryShape,
    run: ({ offer_id, solution: text }, desk) => {
      const path = pathOf("/v1/offers/{}/draw", offer_id);
      return passOn(desk, { method: "POST", path, ...withSolution(text) }, DrawEntryShape, entryText);
    },
  }),
  toolOf({
    name: "draw_entry",
    title: "Own entry in a draw",
    description: "What has become of the buyer's entry in the draw of an offer, with the order that it won.",
    audience: "buyers",
    effect: "reads",
    input: inputOf(offerId),
    output: DrawEntryShape,
    run: ({ offer_id }, desk) =>
      passOn(desk, { method: "GET", path: pathOf("/v1/offers/{}/draw", offer_id) }, DrawEntryShape, entryText),
  }),
  toolOf({
    name: "leave_draw",
    title: "Leave the draw",
    description: "Gives up the entry in the draw of an offer, for good: who leaves a draw cannot enter it again.",
    audience: "buyers",
    effect: "ends",
    input: inputOf(offerId),
    output: DrawEntryShape,
    run: ({ offer_id }, desk) =>
      passOn(desk, { method: "POST", path: pathOf("/v1/offers/{}/draw/leave", offer_id) }, DrawEntryShape, entryText),
  }),
];

const waitlistText = ({ place, waiting }: { place: number; waiting: number }) =>
  `In the waitlist: place ${place} of ${waiting}. An order comes by itself when a unit returns.`;

const waitlistTools: readonly Tool[] = [
  toolOf({
    name: "join_waitlist",
    title: "Join the waitlist",
    description:
      "Waits for a unit of an offer that is sold out. When one returns, an order for it is made without another question: it may be paid, cancelled, or left to run out. Ask the person before.",
    audience: "buyers",
    effect: "changes",
    input: inputOf(offerId),
    output: WaitlistShape,
    run: ({ offer_id }, desk) =>
      passOn(desk, { method: "POST", path: pathOf("/v1/offers/{}/waitlist", offer_id) }, WaitlistShape, waitlistText),
  }),
  toolOf({
    name: "waitlist_place",
    title: "Place in the waitlist",
    description:
      "The buyer's place in the waitlist of an offer. Not in line any more may mean that an order came: list_orders.",
    audience: "buyers",
    effect: "reads",
    input: inputOf(offerId),
    output: WaitlistShape,
    run: ({ offer_id }, desk) =>
      passOn(desk, { method: "GET", path: pathOf("/v1/offers/{}/waitlist", offer_id) }, WaitlistShape, waitlistText),
  }),
  toolOf({
    name: "leave_waitlist",
    title: "Leave the waitlist",
    description: "Gives up the place in the waitlist of an offer: whoever joins again stands at its end.",
    audience: "buyers",
    effect: "ends",
    input: inputOf(offerId),
    output: LeftShape,
    run: ({ offer_id }, desk) => {
      const path = pathOf("/v1/offers/{}/waitlist/leave", offer_id);
      return passOn(desk, { method: "POST", path }, LeftShape, () => "Not in the waitlist any more.");
    },
  }),
];

export const entryTools: readonly Tool[] = [...queueTools, ...passTools, ...drawTools, ...waitlistTools];
