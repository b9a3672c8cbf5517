/** Prompts: the usual jobs, as a person may choose them in their client. */
import { type Static, type TObject, Type } from "@sinclair/typebox";
import { idOf, inputOf } from "./schema.ts";
import type { Audience } from "./tool.ts";

export interface Prompt {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly audience: Audience;
  readonly input: TObject;
  /** `args` are of the input's shape. */
  readonly textOf: (args: unknown) => string;
}

function promptOf<I extends TObject>(
  what: Omit<Prompt, "input" | "textOf"> & { readonly input: I; readonly textOf: (args: Static<I>) => string },
): Prompt {
  return { ...what, textOf: (args) => what.textOf(args as Static<I>) }; // held against `input` before
}

const wishLengthMax = 2_000;
const sale = idOf("cmp", "the sale");

export const prompts: readonly Prompt[] = [
  promptOf({
    name: "buy_in_a_sale",
    title: "Buy in a sale",
    description: "Find the goods, get in, quote, ask, confirm, and give the payment link.",
    audience: "everybody",
    input: inputOf({
      campaign_id: Type.Optional(sale),
      wish: Type.Optional(Type.String({ maxLength: wishLengthMax, description: "what to buy, in the person's words" })),
    }),
    textOf: ({ campaign_id: id, wish }) =>
      [
        wish === undefined ? "I want to buy in a flash sale." : `I want to buy in a flash sale: ${wish}`,
        id === undefined ? "Find the sale with list_sales." : `The sale is ${id}: look at it with get_sale.`,
        "Tell me price, limit, what is left and when it opens. If its admission is queue, join and tell me my place; if it is draw, ask me before you enter.",
        "Then make a quote, show me the amount and what I agree to, and wait for my clear yes before you confirm it. After that give me the link to pay and tell me until when.",
      ].join(" "),
  }),
  promptOf({
    name: "watch_a_sale",
    title: "Watch a sale",
    description: "Follow a sale: when it opens, what is left, what has changed. Buys nothing.",
    audience: "everybody",
    input: inputOf({ campaign_id: sale }),
    textOf: ({ campaign_id: id }) =>
      `Watch the sale ${id} for me: subscribe to rushbox://campaigns/${id} if you can, else ask get_sale now and then. Tell me when it opens, how much is left, and when it pauses, sells out or ends. Buy nothing unless I ask.`,
  }),
  promptOf({
    name: "my_orders",
    title: "My orders",
    description: "What I have bought, what is still to be paid, and until when.",
    audience: "buyers",
    input: inputOf({}),
    textOf: () =>
      "List my orders. Begin with those that are still to be paid, with the amount and until when, and give me the payment link of each. Cancel nothing unless I ask.",
  }),
  promptOf({
    name: "prepare_a_sale",
    title: "Prepare a sale",
    description: "From what the shop wants to a draft that can be published.",
    audience: "operator",
    input: inputOf({
      wish: Type.String({ minLength: 1, maxLength: wishLengthMax, description: "what is to be sold" }),
    }),
    textOf: ({ wish }) =>
      `Prepare a flash sale: ${wish}\nAsk me for whatever is missing: goods with SKU, price, stock and limit per buyer, opening and closing with time zone, admission (open, queue or draw). Then create the draft, show me all of it with prices in major units, and wait for my clear yes before you publish it.`,
  }),
  promptOf({
    name: "report_a_sale",
    title: "Report a sale",
    description: "How a sale went, in a few sentences and a table.",
    audience: "viewer",
    input: inputOf({ campaign_id: sale }),
    textOf: ({ campaign_id: id }) =>
      `Report on the sale ${id} with sale_report: units and revenue by offer, how quickly it sold, how attempts ended, whether it was fair, and what you would do otherwise next time.`,
  }),
];
