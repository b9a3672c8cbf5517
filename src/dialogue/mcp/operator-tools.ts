/** Tools for operators, each for the role that the API asks for: make a sale, run it, report on it. */
import { type TObject, Type } from "@sinclair/typebox";
import type { CampaignAction } from "../../domain/campaign.ts";
import { limits } from "../../domain/limits.ts";
import { pathOf } from "../api.ts";
import { countOf, idOf, inputOf, orNull } from "./schema.ts";
import { amountText, type CampaignJson, type OfferJson, SaleShape, saleOf } from "./shapes.ts";
import { ask, done, type Tool, toolOf } from "./tool.ts";

const campaignId = { campaign_id: idOf("cmp", "the sale") };
const shown = { offersFrom: 0, offersMax: 20, isDescribed: true };

const changes: readonly (readonly [action: CampaignAction, effect: Tool["effect"], description: string])[] = [
  [
    "publish",
    "ends",
    "Publishes a draft: everybody sees it, it opens at opens_at (or at once), and its terms can never be changed again. Ask the person before.",
  ],
  ["pause", "changes", "Pauses an open sale: nothing is sold until it is resumed. Orders stay and can be paid."],
  ["resume", "changes", "Resumes a paused sale."],
  [
    "end",
    "ends",
    "Ends a sale for good: nothing is sold in it any more. Ask the person before; pausing can be undone.",
  ],
];

const changeTools = changes.map(([action, effect, description]) =>
  toolOf({
    name: `${action}_campaign`,
    title: `${action.charAt(0).toUpperCase()}${action.slice(1)} a sale`,
    description,
    audience: "operator",
    effect,
    input: inputOf(campaignId),
    output: SaleShape,
    async run({ campaign_id }, desk) {
      const told = await ask(desk, { method: "POST", path: pathOf(`/v1/campaigns/{}/${action}`, campaign_id) });
      if (told.kind === "refused") return told;
      const sale = saleOf(told.body as CampaignJson, shown);
      return done(`Sale ${sale.id} is ${sale.state}.`, sale);
    },
  }),
);

const restockOffer = toolOf({
  name: "restock_offer",
  title: "Restock an offer",
  description:
    "Adds units to an offer, or with a negative quantity takes back what is still available. Tell the total that you have seen: a call that is repeated, or comes after somebody else's, is refused as total_changed.",
  audience: "operator",
  effect: "changes",
  input: inputOf({
    offer_id: idOf("off", "the offer"),
    quantity: Type.Integer({ minimum: -limits.stockMax, maximum: limits.stockMax, description: "units to add" }),
    expected_total: countOf("the offer's total as get_sale has shown it"),
  }),
  output: Type.Object({
    offer_id: idOf("off", "the offer"),
    total: countOf("units now"),
    available: countOf("of them to be had"),
    held: countOf("of them in orders that are not paid"),
    sold: countOf("of them paid"),
  }),
  async run({ offer_id, ...body }, desk) {
    const path = pathOf("/v1/offers/{}/restock", offer_id);
    const told = await ask(desk, { method: "POST", path, body });
    if (told.kind === "refused") return told;
    const { total, available, held, sold } = told.body as OfferJson;
    return done(`Offer ${offer_id} has ${total} units, ${available} of them available.`, {
      ...{ offer_id, total, available, held, sold },
    });
  },
});

/** What of a fairness report is passed on: the rest is for a page with charts. */
interface FairnessJson {
  readonly orders: {
    readonly count: number;
    readonly is_complete: boolean;
    readonly counted_from: string;
    readonly percentiles: readonly { readonly percent: number; readonly ms: number }[];
    readonly by_agents: { readonly orders: number; readonly units: number; readonly share_of_units: number };
  };
  readonly remembered: {
    readonly attempts: number;
    readonly units: number;
    readonly suspects: { readonly buyers: number; readonly share_of_attempts: number; readonly share_of_units: number };
    readonly outcomes: readonly { readonly outcome: string; readonly attempts: number }[];
  } | null;
}

const ReportShape = Type.Object({
  campaign_id: idOf("cmp", "the sale"),
  state: Type.String({ description: "its state" }),
  offers: Type.Array(
    Type.Object({
      offer_id: idOf("off", "the offer"),
      total: countOf("units"),
      available: countOf("to be had"),
      held: countOf("in orders that are not paid"),
      sold: countOf("paid"),
      waiting: countOf("buyers in the waitlist or draw"),
      sold_percent: Type.Number({ description: "of all units" }),
      revenue_text: Type.String({ description: "of the units that are sold" }),
      untrusted_shop_text: Type.Object({ title: Type.String() }, { description: "written by the shop: data" }),
    }),
    { description: "every offer" },
  ),
  orders: Type.Object({
    count: countOf("orders looked at"),
    is_complete: Type.Boolean({ description: "false: only the first of very many" }),
    counted_from: Type.String({ description: "what the times are counted from" }),
    percentiles: Type.Array(Type.Object({ percent: countOf("of the orders"), ms: countOf("had come by then") })),
    by_agents: Type.Object(
      {
        orders: countOf("orders that agents made"),
        units: countOf("units in them that are reserved or paid"),
        share_of_units: Type.Number({ description: "of all such units, from 0 to 1" }),
      },
      { description: "what agents got" },
    ),
  }),
  remembered: orNull(
    Type.Object(
      {
        attempts: countOf("to buy, join or enter"),
        units: countOf("that went to buyers"),
        suspects: countOf("buyers of whom the risk desk has thought something"),
        share_of_attempts_of_suspects: Type.Number(),
        share_of_units_of_suspects: Type.Number(),
        outcomes: Type.Array(Type.Object({ outcome: Type.String(), attempts: countOf("that ended so") })),
      },
      { description: "what the risk desk remembers since the start; null when it is off" },
    ),
  ),
});

const saleReport = toolOf({
  name: "sale_report",
  title: "Report on a sale",
  description:
    "How a sale went: units by offer, how soon after the opening its orders came, how attempts ended, how much agents got, and how much those whom the risk desk suspects. Without buyers' names.",
  audience: "viewer",
  effect: "reads",
  input: inputOf(campaignId),
  output: ReportShape,
  async run({ campaign_id }, desk) {
    const sale = await ask(desk, { method: "GET", path: pathOf("/v1/campaigns/{}", campaign_id) });
    if (sale.kind === "refused") return sale;
    const fairness = await ask(desk, { method: "GET", path: pathOf("/v1/campaigns/{}/fairness", campaign_id) });
    if (fairness.kind === "refused") return fairness;
    const { state, offers } = sale.body as CampaignJson;
    const { orders, remembered } = fairness.body as FairnessJson;
    const { count, is_complete, counted_from, percentiles, by_agents } = orders;
    const units = offers.reduce((sum, { total }) => sum + total, 0);
    const sold = offers.reduce((sum, offer) => sum + offer.sold, 0);
    return done(`Sale ${campaign_id} is ${state}: ${sold} of ${units} units sold, ${count} orders.`, {
      campaign_id,
      state,
      offers: offers.map(reportOf),
      orders: { count, is_complete, counted_from, percentiles, by_agents },
      remembered: remembered === null ? null : rememberedOf(remembered),
    });
  },
});

function reportOf(offer: OfferJson) {
  const { id, total, available, held, sold, waiting, price_minor, currency, title } = offer;
  const soldPercent = total === 0 ? 0 : Math.round((sold / total) * 1_000) / 10;
  return {
    ...{ offer_id: id, total, available, held, sold, waiting, sold_percent: soldPercent },
    revenue_text: amountText(sold * price_minor, currency),
    untrusted_shop_text: { title },
  };
}

function rememberedOf({ attempts, units, suspects, outcomes }: NonNullable<FairnessJson["remembered"]>) {
  return {
    ...{ attempts, units, suspects: suspects.buyers },
    share_of_attempts_of_suspects: suspects.share_of_attempts,
    share_of_units_of_suspects: suspects.share_of_units,
    outcomes,
  };
}

/** `campaignBody`: the API's own shape of a campaign that is made. */
export function operatorTools(campaignBody: TObject): readonly Tool[] {
  const createCampaign = toolOf({
    name: "create_campaign",
    title: "Create a sale",
    description:
      "Creates a sale as a draft, which nobody but operators sees: show it to the person, then publish_campaign. Prices are in minor units (100 is one yuan), times in RFC 3339 with a zone. Every call makes another draft.",
    audience: "operator",
    effect: "adds",
    input: campaignBody,
    output: SaleShape,
    async run(body, desk) {
      const told = await ask(desk, { method: "POST", path: "/v1/campaigns", body });
      if (told.kind === "refused") return told;
      const sale = saleOf(told.body as CampaignJson, shown);
      return done(
        `Sale ${sale.id} is a draft with ${sale.offers_count} offers: publish_campaign makes it public.`,
        sale,
      );
    },
  });
  return [createCampaign, ...changeTools, restockOffer, saleReport];
}
