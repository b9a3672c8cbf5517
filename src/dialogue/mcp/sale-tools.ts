/** Tools for looking at sales: for everybody, with a token or without. */
import { Type } from "@sinclair/typebox";
import { admissionModes } from "../../domain/admission.ts";
import { campaignKinds, campaignStates } from "../../domain/campaign.ts";
import { limits } from "../../domain/limits.ts";
import { pathOf } from "../api.ts";
import { choiceOf, countOf, idOf, inputOf, orNull, timeOf } from "./schema.ts";
import { type CampaignJson, SaleShape, saleOf } from "./shapes.ts";
import { ask, done, type Tool, toolOf } from "./tool.ts";

/** A list of these takes some 50 kB at the most. */
const salesListedMax = 20;
const salesListedDefault = 10;
const offersListedMax = 5;
const offersShownMax = 20;

const SaleListShape = Type.Object({
  sales: Type.Array(SaleShape, { description: `the newest first, each with ${offersListedMax} offers at most` }),
  next_cursor: orNull(Type.String({ description: "pass it as cursor for more; null at the end" })),
});

const listSales = toolOf({
  name: "list_sales",
  title: "List sales",
  description:
    "Lists flash sales, the newest first: state, times, way of admission, and of each the first offers with price and what is left. Filters narrow it down. Counts are those of this moment.",
  audience: "everybody",
  effect: "reads",
  input: inputOf({
    state: Type.Optional(choiceOf(campaignStates, "only sales in this state; open: buying is possible now")),
    kind: Type.Optional(choiceOf(campaignKinds, "only sales of this kind")),
    admission: Type.Optional(choiceOf(admissionModes, "only sales that let in this way")),
    brand: Type.Optional(Type.String({ minLength: 1, maxLength: limits.labelLengthMax, description: "exactly so" })),
    category: Type.Optional(Type.String({ minLength: 1, maxLength: limits.labelLengthMax, description: "exactly so" })),
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: salesListedMax, description: `default ${salesListedDefault}` }),
    ),
    cursor: Type.Optional(idOf("cmp", "next_cursor of the page before")),
  }),
  output: SaleListShape,
  async run({ limit = salesListedDefault, ...filters }, desk) {
    const query = new URLSearchParams({ ...filters, limit: String(limit) });
    const told = await ask(desk, { method: "GET", path: `/v1/campaigns?${query}` });
    if (told.kind === "refused") return told;
    const { campaigns, next_cursor } = told.body as { campaigns: CampaignJson[]; next_cursor: string | null };
    const extent = { offersFrom: 0, offersMax: offersListedMax, isDescribed: false };
    const sales = campaigns.map((campaign) => saleOf(campaign, extent));
    const more = next_cursor === null ? "" : " There are more: pass next_cursor as cursor.";
    return done(`${sales.length} ${sales.length === 1 ? "sale" : "sales"}.${more}`, { sales, next_cursor });
  },
});

const getSale = toolOf({
  name: "get_sale",
  title: "Look at a sale",
  description: `Shows one sale with its description and its offers, ${offersShownMax} at a time: prices, limits per buyer, and what is left at this moment.`,
  audience: "everybody",
  effect: "reads",
  input: inputOf({
    campaign_id: idOf("cmp", "the sale"),
    offers_from: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: limits.offersPerCampaignMax,
        description: "how many offers to pass over: for sales with many; default 0",
      }),
    ),
  }),
  output: SaleShape,
  async run({ campaign_id: id, offers_from: offersFrom = 0 }, desk) {
    const told = await ask(desk, { method: "GET", path: pathOf("/v1/campaigns/{}", id) });
    if (told.kind === "refused") return told;
    const sale = saleOf(told.body as CampaignJson, { offersFrom, offersMax: offersShownMax, isDescribed: true });
    const shown = `${sale.offers.length} of its ${sale.offers_count} offers`;
    return done(`Sale ${id} is ${sale.state}; ${shown} are shown.`, sale);
  },
});

const serverTime = toolOf({
  name: "server_time",
  title: "Server time",
  description: "The server's clock, which decides when a sale opens and when an order or a quote runs out.",
  audience: "everybody",
  effect: "reads",
  input: inputOf({}),
  output: Type.Object({ now: timeOf("the server's time"), now_ms: countOf("the same in milliseconds since 1970") }),
  async run(_, desk) {
    const told = await ask(desk, { method: "GET", path: "/v1/time" });
    if (told.kind === "refused") return told;
    const time = told.body as { now: string; now_ms: number };
    return done(`It is ${time.now}.`, time);
  },
});

export const saleTools: readonly Tool[] = [listSales, getSale, serverTime];
