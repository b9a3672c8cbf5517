/**
 * Resources: sales, a buyer's own orders, the rules, by addresses of their own; and who may read which or hear of its
 * changes. An order of somebody else is, to everybody, an address where there is nothing.
 */
import { parseId } from "../../domain/ids.ts";
import { pathOf } from "../api.ts";
import { type CampaignJson, type OrderJson, orderOf, saleOf } from "./shapes.ts";
import { type Audience, ask, type Desk, mayUse, type Refused } from "./tool.ts";
import { rulesText } from "./words.ts";

export const resourceUris = {
  campaigns: "rushbox://campaigns",
  campaign: "rushbox://campaigns/{id}",
  orders: "rushbox://orders",
  order: "rushbox://orders/{id}",
  rules: "rushbox://rules",
} as const;

export type Address =
  | { readonly kind: "campaigns" | "orders" | "rules" }
  | { readonly kind: "campaign" | "order"; readonly id: string };

export interface ResourceKind {
  readonly kind: Address["kind"];
  readonly uri: string;
  readonly title: string;
  readonly description: string;
  readonly mimeType: "application/json" | "text/markdown";
  readonly audience: Audience;
}

const json = "application/json";

export const resourceKinds: readonly ResourceKind[] = [
  {
    ...{ kind: "campaigns", uri: resourceUris.campaigns, title: "Sales", mimeType: json, audience: "everybody" },
    description: "The newest sales, as list_sales tells them. Changes when a sale is published or its state changes.",
  },
  {
    ...{ kind: "campaign", uri: resourceUris.campaign, title: "A sale", mimeType: json, audience: "everybody" },
    description: "One sale with its offers and what is left. Changes whenever a count or the state does.",
  },
  {
    ...{ kind: "orders", uri: resourceUris.orders, title: "Own orders", mimeType: json, audience: "buyers" },
    description: "The buyer's newest orders. Changes whenever one of them does.",
  },
  {
    ...{ kind: "order", uri: resourceUris.order, title: "An own order", mimeType: json, audience: "buyers" },
    description: "One order of the buyer. Changes whenever its state does.",
  },
  {
    ...{ kind: "rules", uri: resourceUris.rules, title: "Rules of the sales", mimeType: "text/markdown" },
    ...{ audience: "everybody", description: "How buying works here, in plain words: English and Chinese." },
  },
];

const listedMax = 20;

/** What an address names; `null` when it is none of this server's. */
export function addressOf(uri: string): Address | null {
  switch (uri) {
    case resourceUris.campaigns:
      return { kind: "campaigns" };
    case resourceUris.orders:
      return { kind: "orders" };
    case resourceUris.rules:
      return { kind: "rules" };
  }
  const [, room, id = ""] = /^rushbox:\/\/(campaigns|orders)\/([\w-]+)$/.exec(uri) ?? [];
  if (room === "campaigns" && parseId("cmp", id) !== null) return { kind: "campaign", id };
  if (room === "orders" && parseId("ord", id) !== null) return { kind: "order", id };
  return null;
}

export function audienceOf({ kind }: Address): Audience {
  const found = resourceKinds.find((known) => known.kind === kind);
  if (found === undefined) throw new Error(`no resource ${kind}`);
  return found.audience;
}

/** What stands at an address, as text; or the refusal of the API. */
export async function readResource(desk: Desk, address: Address): Promise<string | Refused> {
  switch (address.kind) {
    case "rules":
      return rulesText;
    case "campaigns": {
      const told = await ask(desk, { method: "GET", path: `/v1/campaigns?limit=${listedMax}` });
      if (told.kind === "refused") return told;
      const { campaigns } = told.body as { campaigns: CampaignJson[] };
      const extent = { offersFrom: 0, offersMax: 5, isDescribed: false };
      return JSON.stringify({ sales: campaigns.map((campaign) => saleOf(campaign, extent)) });
    }
    case "campaign": {
      const told = await ask(desk, { method: "GET", path: pathOf("/v1/campaigns/{}", address.id) });
      if (told.kind === "refused") return told;
      return JSON.stringify(saleOf(told.body as CampaignJson, { offersFrom: 0, offersMax: 20, isDescribed: true }));
    }
    case "orders": {
      const told = await ask(desk, { method: "GET", path: `/v1/orders?limit=${listedMax}` });
      if (told.kind === "refused") return told;
      return JSON.stringify({ orders: (told.body as { orders: OrderJson[] }).orders.map(orderOf) });
    }
    case "order": {
      const told = await ask(desk, { method: "GET", path: pathOf("/v1/orders/{}", address.id) });
      return told.kind === "refused" ? told : JSON.stringify(orderOf(told.body as OrderJson));
    }
  }
}

/** Whether the caller may hear of an address: exactly when they may read it. */
export async function mayHear(desk: Desk, address: Address): Promise<boolean> {
  if (!mayUse(desk.caller, audienceOf(address))) return false;
  if (address.kind !== "campaign" && address.kind !== "order") return true;
  return typeof (await readResource(desk, address)) === "string";
}

/** Ids of sales that begin as given, the newest first: for whoever fills in an address or a prompt. */
export async function campaignIdsLike(desk: Desk, start: string): Promise<string[]> {
  const told = await ask(desk, { method: "GET", path: "/v1/campaigns?limit=100" });
  if (told.kind === "refused") return [];
  return (told.body as { campaigns: CampaignJson[] }).campaigns
    .map(({ id }) => id)
    .filter((id) => id.startsWith(start));
}

export async function orderIdsLike(desk: Desk, start: string): Promise<string[]> {
  if (desk.caller.kind !== "buyer") return [];
  const told = await ask(desk, { method: "GET", path: "/v1/orders?limit=100" });
  if (told.kind === "refused") return [];
  return (told.body as { orders: OrderJson[] }).orders.map(({ id }) => id).filter((id) => id.startsWith(start));
}
