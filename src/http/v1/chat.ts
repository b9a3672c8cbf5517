/**
 * `POST /v1/chat`: buying by conversation, for a window on a page and for chat platforms, which sign what they bring. A
 * conversation does what it does through `/v1`, as its buyer; it is counted as one question more, and nothing is stored of
 * it. With `Accept: text/event-stream` the same answer comes in events.
 */
import type { Static } from "@sinclair/typebox";
import { Webhook } from "standardwebhooks";
import { encodeEvent } from "../../delivery/sse.ts";
import { type Answered, converse, type Meaning } from "../../dialogue/chat/conversation.ts";
import { intents, type UnderstoodBy, understoodBy } from "../../dialogue/chat/intents.ts";
import { limits } from "../../domain/limits.ts";
import type { Buyer } from "../auth.ts";
import { conformJson, readBytes, readJson } from "../body.ts";
import type { Inward } from "../inward.ts";
import type { HttpParts } from "../parts.ts";
import { problem } from "../problem.ts";
import { apiHeaders, json } from "../respond.ts";
import { failure, type Route } from "../route.ts";
import { ChatBody, ChatPlatformBody } from "../schemas.ts";

type Parts = Pick<HttpParts, "auth" | "chat" | "clock" | "gate" | "metrics">;
type Said = Pick<Static<typeof ChatBody>, "text" | "choice" | "context" | "campaign_id" | "language">;
type Count = (meaning: Meaning, by: UnderstoodBy) => void;

const platformIdLengthMax = 200;

export function chatRoutes(parts: Parts, inward: Inward): Route[] {
  const series = new Map(
    intents.flatMap((intent) =>
      understoodBy.map((by) => [
        `${intent} ${by}`,
        parts.metrics.series("rushbox_chat_messages_total", { intent, by }),
      ]),
    ),
  );
  const countMessage: Count = ({ intent }, by) => parts.metrics.add(series.get(`${intent} ${by}`) as number, 1);
  const talk = { parts, inward, countMessage };
  return [
    { name: "chat", method: "POST", path: "/v1/chat", work: "chat", handle: (request) => chat(talk, request) },
    {
      name: "chat_webhook",
      method: "POST",
      path: "/v1/chat/webhook",
      work: "chat",
      handle: (request) => fromPlatform(talk, request),
    },
  ];
}

interface Talk {
  readonly parts: Parts;
  readonly inward: Inward;
  readonly countMessage: Count;
}

async function chat(talk: Talk, request: Request): Promise<Response> {
  const { auth, gate } = talk.parts;
  if (auth.isOperator(request)) {
    return problem("forbidden", { detail: "Conversations are for buyers: come with a buyer's token, or with none." });
  }
  const buyer = await auth.buyerOf(request);
  // A token that is wrong or over is told: taken for nobody, its buyer would be lost without a word.
  if (buyer === null && request.headers.has("authorization")) return problem("unauthorized");
  const limited = buyer === null ? gate.refuseTalk(request) : gate.refuseQuestion(buyer.id);
  if (limited !== null) return limited;
  const body = await readJson(request, ChatBody, limits.chatBytesMax);
  if (body instanceof Response) return body;
  if (body.text !== undefined && body.choice !== undefined) return textOrChoice();
  const answer = (onUnderstood: (meaning: Meaning) => void) =>
    answerOf(talk, { request, buyer, vouched: null, said: body }, onUnderstood);
  const wantsEvents = request.headers.get("accept")?.includes("text/event-stream") ?? false;
  return wantsEvents ? inEvents(answer) : json(JSON.stringify(await answer(() => {})));
}

function textOrChoice(): Response {
  return problem("invalid", {
    errors: [{ field: "choice", detail: "leave it away where there is a text, or the text" }],
  });
}

/** A message that a platform brings and vouches for: signed as Standard Webhooks asks, now, and for the first time. */
async function fromPlatform(talk: Talk, request: Request): Promise<Response> {
  const { chat: settings, gate } = talk.parts;
  if (settings.platformSecret === null) {
    return problem("not_found", { detail: "No chat platform is connected: RUSHBOX_CHAT_SECRET is not set." });
  }
  const bytes = await readBytes(request, limits.chatBytesMax);
  if (bytes instanceof Response) return bytes;
  const id = request.headers.get("webhook-id") ?? "";
  if (id.length > platformIdLengthMax || !isSigned(settings.platformSecret, bytes, request.headers)) {
    return problem("signature_invalid");
  }
  if (!gate.isNewMessage(id)) {
    return problem("signature_invalid", {
      detail: "A message of this webhook-id has come before. Sign every message, and every try, with an id of its own.",
    });
  }
  const body = conformJson(bytes, ChatPlatformBody);
  if (body instanceof Response) return body;
  if (body.text !== undefined && body.choice !== undefined) return textOrChoice();
  const { sender } = body;
  const buyer = {
    id: sender,
    json: JSON.stringify(sender),
    expiresAtMs: Number.POSITIVE_INFINITY,
    isAgent: false,
  };
  const limited = gate.refuseQuestion(sender);
  if (limited !== null) return limited;
  return json(JSON.stringify(await answerOf(talk, { request, buyer, vouched: buyer, said: body }, () => {})));
}

function isSigned(secret: string, bytes: Uint8Array, headers: Headers): boolean {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    new Webhook(secret).verify(text, Object.fromEntries(headers));
    return true;
  } catch {
    return false;
  }
}

interface Asked {
  readonly request: Request;
  readonly buyer: Buyer | null;
  /** The buyer where no token says who it is. */
  readonly vouched: Buyer | null;
  readonly said: Said;
}

function answerOf(
  { parts, inward, countMessage }: Talk,
  { request, buyer, vouched, said }: Asked,
  onUnderstood: (meaning: Meaning) => void,
): Promise<Answered> {
  const { text = null, choice = null, context = null, campaign_id: campaign = null, language = null } = said;
  const api = inward.apiFor({ outer: request, buyer: vouched });
  const speaker = { buyerId: buyer?.id ?? null, api, nowMs: parts.clock.nowMs() };
  return converse(parts.chat, { text, choice, context, campaign, language }, speaker, (meaning, by) => {
    countMessage(meaning, by);
    onUnderstood(meaning);
  });
}

/** `understood` at once, `reply` when it is known, then `done`; a failure on the way is an event `problem`. */
function inEvents(answer: (onUnderstood: (meaning: Meaning) => void) => Promise<Answered>): Response {
  const stream = new ReadableStream<Uint8Array>({
    async start(controller) {
      try {
        const said = await answer((meaning) =>
          controller.enqueue(encodeEvent("understood", 1, JSON.stringify(meaning))),
        );
        controller.enqueue(encodeEvent("reply", 2, JSON.stringify(said)));
      } catch (cause) {
        controller.enqueue(encodeEvent("problem", 2, await failure("chat", cause).text()));
      }
      controller.enqueue(encodeEvent("done", 3, "{}"));
      controller.close();
    },
  });
  return new Response(stream, { headers: { ...apiHeaders, "content-type": "text/event-stream" } });
}
