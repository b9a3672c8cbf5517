/**
 * Whatever is said, in whatever order: an order is asked for only when somebody has said a clear yes right after a quote of
 * just that purchase was shown. Held against a `/v1` that is played here and counts, with texts made by chance.
 */
import { expect, test } from "bun:test";
import fc from "fast-check";
import type { Api, ApiRequest } from "../../src/dialogue/api.ts";
import { Contexts } from "../../src/dialogue/chat/context.ts";
import { converse } from "../../src/dialogue/chat/conversation.ts";
import { intents } from "../../src/dialogue/chat/intents.ts";
import type { Model } from "../../src/dialogue/chat/model.ts";
import { Shelf } from "../../src/dialogue/chat/shelf.ts";
import { Quotes } from "../../src/dialogue/quote.ts";
import { SignedText } from "../../src/host/signed-text.ts";

const titles = ["Falcon X2 Drone", "Yes Headphones", "确认 手机", "Buy Now Box"];
const campaign = {
  id: "cmp_0000000001",
  title: "Sale",
  state: "open",
  opens_at: null,
  closes_at: null,
  payment_window_s: 900,
  waitlist: true,
  admission: "open",
  pass: false,
  pass_window_s: 120,
  challenge: "none",
  offers: titles.map((title, at) => ({
    id: `off_000000000${at + 2}`,
    title,
    description: "say yes to buy",
    price_minor: 100,
    list_price_minor: null,
    currency: "CNY",
    limit_per_buyer: 100,
    brand: null,
    category: null,
    available: 50,
    held: 0,
    waiting: 0,
  })),
};

/** A `/v1` that sells whatever is asked for, and tells what was. */
function playedApi(): { api: Api; asked: ApiRequest[] } {
  const asked: ApiRequest[] = [];
  const answer = (status: number, body: unknown) => ({ status, body, retryAfterS: null, location: null });
  const api: Api = async (request) => {
    if (request.method === "POST") asked.push(request);
    if (request.path.startsWith("/v1/campaigns?")) {
      return answer(200, { campaigns: request.path.includes("state=open") ? [campaign] : [] });
    }
    if (request.path === `/v1/campaigns/${campaign.id}`) return answer(200, campaign);
    if (request.path === "/v1/shop") return answer(200, { name: "Shop", guests: false, sign_in_url: null });
    if (request.path.startsWith("/v1/orders?")) return answer(200, { orders: [] });
    return answer(404, { code: "not_found" });
  };
  return { api, asked };
}

/** Words that may stand in a clear yes, and no others: written down apart from the rules. */
const yesWords =
  /^(?:(?:yes|ok){2,}|fine|is|correct|thats|right|exactly|yes|yess|yeah|yeahh|yea|yep|yup|ya|yah|aye|y|sure|thing|confirm|confirmed|affirmative|absolutely|definitely|certainly|of|course|do|it|go|ahead|for|lets|this|sounds|good|deal|proceed|agreed|i|agree|please|pls|plz|ok|okay|okey|okie|alright|all|right|sir|by|means|that|now|im|am|want|ill|take|buy|purchase|order|the|my|place|thanks|thank|you|thx|mate|man|buddy|oh|well|hmm|um|great|perfect|cool|so|and|hell|why|not|shi|de|haode)$/;
const yesCharacters =
  /^[嗯好啊哦那就我是的呀对吧滴嘞哒行可以没问题确认定同意要当然必须恩呢成交错买下单购帮了嘛请谢立即马上这样冲鸭]+$/;

function mayBeYes(text: string): boolean {
  const plain = text.normalize("NFKC").toLowerCase().replaceAll(/['’]/g, "");
  if (/[?？]/.test(plain)) return false;
  if (/^(?:\s|!|👍|👌|✅|✔)+$/u.test(text)) return true;
  // A thing's own name may stand beside the yes to it.
  const named = plain.replaceAll(/falcon|x2|drone|headphones|手机|box/g, " ");
  const words = named.replaceAll(/[\p{P}\p{S}\p{Cf}\p{Cc}]/gu, " ").replaceAll(/(\p{Script=Han}+)/gu, " $1 ");
  return words
    .split(/\s+/)
    .every((word) => word === "" || yesWords.test(word.replaceAll(/([a-z])\1{2,}/g, "$1")) || yesCharacters.test(word));
}

const scraps = [
  ...[
    "yes",
    "no",
    "ok",
    "buy",
    "two",
    "2",
    "not",
    "don't",
    "the",
    "other",
    "one",
    "first",
    "wait",
    "sure",
    "confirm",
    "cancel",
    "drone",
    "yes!",
    "yes?",
    "please",
    "thanks",
    "but",
    "if",
    "maybe",
    "never",
    "order",
    "it",
    "said",
    "say",
    "system:",
    "now",
    "headphones",
    "box",
  ],
  ...[
    "好的",
    "不",
    "要",
    "买",
    "两个",
    "确认",
    "取消",
    "不要",
    "等等",
    "是",
    "吗",
    "第二个",
    "别",
    "这个",
    "手机",
    "算了",
    "可以",
    "行",
    "，",
    "。",
    "？",
    "\n",
    "👍",
    "🚫",
    "ＹＥＳ",
    "\u200b",
  ],
];
const text = fc.oneof(
  fc.array(fc.constantFrom(...scraps), { minLength: 1, maxLength: 6 }).map((parts) => parts.join(" ")),
  fc.array(fc.constantFrom(...scraps), { minLength: 1, maxLength: 4 }).map((parts) => parts.join("")),
  fc.string({ maxLength: 40 }),
  fc.string({ unit: "grapheme", maxLength: 20 }),
  fc.constantFrom("buy the drone", "买手机", "buy 3", "yes", "确认", "what is on?"),
);

/** A model that says whatever it likes, agreeing included. */
const wildModel = (chance: () => number): Model => ({
  understand: async () => ({
    intent: intents[Math.floor(chance() * intents.length)] as "buy",
    title: 1 + Math.floor(chance() * titles.length),
    quantity: 2,
  }),
});

const seal = new SignedText("key");
// What is on sale never changes here: it is read once.
const [contexts, quotes, shelf] = [new Contexts(seal), new Quotes(seal), new Shelf(() => 0)];

for (const hasModel of [false, true]) {
  test(`nothing is ever bought without a quote and a clear yes to it${hasModel ? ", whatever a model says" : ""}`, async () => {
    let bought = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(text, { minLength: 1, maxLength: 8 }),
        fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })),
        async (texts, chances) => {
          const draw = () => chances.next().value as number;
          const parts = { contexts, quotes, shelf, model: hasModel ? wildModel(draw) : null, publicUrl: "" };
          const { api, asked } = playedApi();
          let context: string | null = null;
          let quoted: string | null = null;
          for (const said of texts) {
            const before = asked.length;
            let by = "";
            const message = { text: said, choice: null, campaign: null, context, language: null };
            const answer: Awaited<ReturnType<typeof converse>> = await converse(
              parts,
              message,
              { buyerId: "alice", api, nowMs: 0 },
              (_, how) => {
                by = how;
              },
            );
            const orders = asked.slice(before).filter(({ path }) => path.endsWith("/orders"));
            if (orders.length > 0) {
              bought += 1;
              expect(orders).toHaveLength(1);
              expect([said, quoted === null]).toEqual([said, false]);
              expect([said, mayBeYes(said)]).toEqual([said, true]);
              expect(by).toBe("rules");
              const checked = quotes.check(quoted ?? "", "alice", 0);
              if (checked.code !== "good") throw new Error("the quote that was shown is good");
              expect(orders[0]?.body).toEqual({ quantity: checked.terms.quantity });
              expect(orders[0]?.headers?.["idempotency-key"]).toBe(checked.idempotencyKey);
            }
            context = answer.context;
            const shown = answer.choices.find(({ value }) => value.startsWith("yes:"))?.value.slice("yes:".length);
            quoted = shown ?? null;
          }
        },
      ),
      { numRuns: 1_500 },
    );
    expect(bought).toBeGreaterThan(20); // a clear yes does buy
  }, 60_000);
}
