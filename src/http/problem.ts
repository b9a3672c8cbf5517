/**
 * Every refusal: RFC 9457 `application/problem+json`. The only place where a code gets its HTTP status and its words.
 * `type` is a path that this program serves as a page. Nothing internal is ever put into one: no stack, no path, no SQL.
 */
import { apiHeaders } from "./respond.ts";

export interface ProblemKind {
  readonly status: number;
  readonly title: string;
  /** For the person who meets it: what it means and what to do. */
  readonly detail: string;
  /** Seconds after which trying again makes sense, when it can be said in general. */
  readonly retryAfterS?: number;
}

export const problemKinds = {
  invalid: { status: 400, title: "The request is not valid", detail: "Correct the named fields and send it again." },
  unauthorized: {
    status: 401,
    title: "No valid credentials",
    detail: "Send 'Authorization: Bearer <token>' with a token that is valid and has not expired.",
  },
  forbidden: {
    status: 403,
    title: "Not allowed",
    detail: "These credentials do not allow this: it needs an operator's key.",
  },
  not_found: { status: 404, title: "There is nothing here", detail: "Check the address and the id." },
  method_not_allowed: {
    status: 405,
    title: "This address does not take that method",
    detail: "Use one of the methods in the Allow header.",
  },
  payload_too_large: { status: 413, title: "The body is too large", detail: "Send 16 KiB at most." },
  unsupported_media_type: {
    status: 415,
    title: "The body is not JSON",
    detail: "Send 'Content-Type: application/json' in UTF-8.",
  },
  sold_out: {
    status: 409,
    title: "Sold out",
    detail: "Nothing is left for now. Units return when orders are cancelled or not paid in time.",
  },
  limit_reached: {
    status: 409,
    title: "The limit per buyer is reached",
    detail: "You have as many as one buyer may have. Cancelling an order frees its units.",
  },
  not_open: {
    status: 403,
    title: "The sale has not opened",
    detail: "Come back when it opens: an early request changes nothing.",
  },
  paused: {
    status: 403,
    title: "The sale is paused",
    detail: "It goes on when its operator resumes it.",
    retryAfterS: 5,
  },
  not_admitted: {
    status: 403,
    title: "It is not your turn",
    detail:
      "This sale admits buyers in an order of its own. Look at the campaign's admission: join its queue or enter its draw.",
  },
  agents_not_allowed: {
    status: 403,
    title: "This sale is for people",
    detail: "Agents do not buy or wait here. The buyer can do it on the shop's page, as themselves.",
  },
  agent_share_taken: {
    status: 409,
    title: "The agents' share is taken",
    detail:
      "Agents have as much of this as they may. Some returns when their orders are cancelled or not paid in time.",
  },
  entered_elsewhere: {
    status: 409,
    title: "You are in the draw of another offer",
    detail: "One buyer has one entry in a campaign. Leave the other draw first.",
  },
  entry_withdrawn: {
    status: 409,
    title: "You have left this draw",
    detail: "An entry is one ticket: who leaves a draw cannot enter it again.",
  },
  draw_off: {
    status: 409,
    title: "This sale is not drawn",
    detail: "Look at the campaign's admission: buy, or join its queue.",
  },
  pass_off: {
    status: 409,
    title: "No pass can be asked for here",
    detail: "Look at the campaign's admission: buy without one, join its queue, or enter its draw.",
  },
  queue_off: { status: 409, title: "This sale has no queue", detail: "Nobody has to wait: buy when it is open." },
  queue_full: {
    status: 503,
    title: "The queue is full",
    detail: "More are in it than this server takes. Try again shortly.",
    retryAfterS: 30,
  },
  not_queued: {
    status: 404,
    title: "You are not in the queue",
    detail: "Join it first. A pass that has run out is over: join again.",
  },
  not_reminded: {
    status: 404,
    title: "You have no reminder of this sale",
    detail: "Set one as long as the sale is announced and not open.",
  },
  already_open: {
    status: 409,
    title: "The sale is open already",
    detail: "There is nothing to be reminded of: buy now.",
  },
  reminder_too_late: {
    status: 409,
    title: "Less time is left than that",
    detail:
      "The sale opens sooner: choose a shorter lead, of lead_s_max seconds at most; where that is 0, stay here instead.",
  },
  reminders_full: {
    status: 409,
    title: "No more reminders for this sale",
    detail: "As many want to be reminded as may be. Come back when it opens.",
  },
  ended: { status: 410, title: "The sale is over", detail: "Nothing can be bought here any more." },
  key_reused: {
    status: 422,
    title: "The Idempotency-Key belongs to another request",
    detail: "Use a new key for a new purchase; repeat a request unchanged to learn its result.",
  },
  not_sold_out: {
    status: 409,
    title: "There are units to be had",
    detail: "Buy now: nobody has to wait.",
  },
  waitlist_off: {
    status: 409,
    title: "This sale has no waitlist",
    detail: "Units that return are on sale for everybody: look again.",
  },
  waitlist_full: { status: 409, title: "The waitlist is full", detail: "Look again later: places become free." },
  not_waiting: { status: 404, title: "You are not in line", detail: "Join the waitlist first." },
  name_taken: {
    status: 409,
    title: "This name is taken",
    detail: "Another operator has it, or had it before. Choose a name that tells the two apart in the audit log.",
  },
  limit_exceeded: { status: 409, title: "There are as many as there may be", detail: "Remove one that is not needed." },
  rehearsal_running: {
    status: 409,
    title: "Another rehearsal is running",
    detail: "One at a time on a machine. Wait until it is done, or stop the one that rehearsal_id names.",
  },
  sale_running: {
    status: 409,
    title: "A sale is open, or will be within minutes",
    detail: "A rehearsal would take from those who buy. Rehearse later, or say that it is meant with beside_sale.",
  },
  total_changed: {
    status: 409,
    title: "The offer has another total by now",
    detail: "It was restocked meanwhile, perhaps by this very request sent before. Look at it, and decide anew.",
  },
  transition_not_allowed: {
    status: 409,
    title: "Not possible in this state",
    detail: "Look at the current state: this step does not lead on from it.",
  },
  refund_due: {
    status: 409,
    title: "This payment cannot be kept: refund it",
    detail: "It came too late, is of another amount, or the order is paid already. Return the money to the buyer.",
  },
  payments_off: {
    status: 409,
    title: "Payments are not taken here",
    detail: "The shop takes the money itself: pay there.",
  },
  guests_off: {
    status: 404,
    title: "This shop has no guests",
    detail: "It sells to those who have an account: sign in to the shop, and come with the token that it gives.",
  },
  signature_invalid: {
    status: 401,
    title: "The webhook's signature is not valid",
    detail: "It is missing, wrong, or too old. Check the signing secret and the clock of whoever sends it.",
  },
  provider_unavailable: {
    status: 502,
    title: "The payment provider does not answer as it should",
    detail: "The order stays reserved until its time is over. Try again shortly: it will be the same payment page.",
    retryAfterS: 5,
  },
  attempt_unknown: {
    status: 404,
    title: "This attempt is not known",
    detail:
      "It was never accepted, or the server restarted before it was decided: repeat it with the same Idempotency-Key.",
  },
  blocked: {
    status: 403,
    title: "You are not let in",
    detail: "The operator of this sale has blocked you. If that is a mistake, ask the shop.",
  },
  slowed: {
    status: 429,
    title: "Slow down",
    detail: "Your attempts look like a program's. Wait as long as Retry-After says, and try by hand.",
    retryAfterS: 3,
  },
  challenge_required: {
    status: 403,
    title: "A challenge has to be solved first",
    detail:
      "Get one at /v1/campaigns/{id}/challenge, solve it in the background, and send the solution in the header Rushbox-Challenge.",
  },
  challenge_failed: {
    status: 403,
    title: "The challenge is not solved",
    detail: "What came as its solution does not count; the reason says why. Get a new one and solve that.",
  },
  challenge_unavailable: {
    status: 503,
    title: "The captcha cannot be checked",
    detail: "Whoever checks it does not answer. Nobody is admitted meanwhile. Try again shortly.",
    retryAfterS: 5,
  },
  rate_limited: {
    status: 429,
    title: "Too many attempts",
    detail: "Wait as long as Retry-After says: until then every further attempt is refused, too.",
  },
  switched_off: {
    status: 503,
    title: "Switched off for now",
    detail: "The operator has switched this off for a while. Nothing was changed. Try again later.",
    retryAfterS: 10,
  },
  internal: {
    status: 500,
    title: "Something went wrong here",
    detail: "It was not your request. Try again; repeat a purchase with the same Idempotency-Key.",
  },
  overloaded: {
    status: 503,
    title: "Too many requests are waiting",
    detail: "Nothing was changed. Try again shortly.",
    retryAfterS: 1,
  },
  outcome_unknown: {
    status: 503,
    title: "The outcome is not known",
    detail:
      "It may or may not have happened. Repeat it with the same Idempotency-Key: you will get one order, not two.",
    retryAfterS: 2,
  },
} as const satisfies Record<string, ProblemKind>;

export type ProblemCode = keyof typeof problemKinds;

export interface ProblemExtras {
  /** In place of the general detail. */
  readonly detail?: string;
  /** The fields that are wrong, as they are named on the wire. */
  readonly errors?: readonly { readonly field: string; readonly detail: string }[];
  readonly retryAfterS?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Further members of the problem, by their names on the wire. */
  readonly members?: Readonly<Record<string, string | number | null>>;
}

/** The answer for a code. Without extras it is made once and only copied. */
export function problem(code: ProblemCode, extras?: ProblemExtras): Response {
  return respondPrepared(extras === undefined ? plainProblems[code] : prepareProblem(code, extras));
}

/** An answer that is made once, to be copied for everybody who gets it. */
export interface PreparedProblem {
  readonly body: string;
  readonly init: { readonly status: number; readonly headers: Headers };
}

export function prepareProblem(code: ProblemCode, extras: ProblemExtras): PreparedProblem {
  const headers = new Headers(plainProblems[code].init.headers);
  const kind: ProblemKind = problemKinds[code];
  const retryAfterS = extras.retryAfterS ?? kind.retryAfterS;
  if (retryAfterS !== undefined) headers.set("retry-after", String(retryAfterS));
  for (const [name, value] of Object.entries(extras.headers ?? {})) headers.set(name, value);
  return { body: bodyOf(code, extras), init: { status: kind.status, headers } };
}

export function respondPrepared({ body, init }: PreparedProblem): Response {
  return new Response(body, init);
}

/** The page of a code: where its `type` leads. */
export function problemType(code: string): string {
  return `/problems/${code}`;
}

function bodyOf(code: ProblemCode, { detail, errors, members }: ProblemExtras = {}): string {
  const kind = problemKinds[code];
  return JSON.stringify({
    type: problemType(code),
    title: kind.title,
    status: kind.status,
    detail: detail ?? kind.detail,
    code,
    ...members,
    ...(errors === undefined ? {} : { errors }),
  });
}

const plainProblems = Object.fromEntries(
  Object.entries<ProblemKind>(problemKinds).map(([code, { status, retryAfterS }]) => {
    const headers = new Headers({ ...apiHeaders, "content-type": "application/problem+json" });
    if (retryAfterS !== undefined) headers.set("retry-after", String(retryAfterS));
    if (status === 401) headers.set("www-authenticate", 'Bearer realm="rushbox"');
    return [code, { body: bodyOf(code as ProblemCode), init: { status, headers } }];
  }),
) as Record<ProblemCode, PreparedProblem>;
