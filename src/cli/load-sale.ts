/** Where the crowd of a load run buys: an offer that is there, or one in a campaign made for the run. */
import type { WayIn } from "../domain/admission.ts";
import { OperationError } from "../host/operation-error.ts";
import { type CampaignJson, type CampaignPage, callApi, type OfferJson, pagesOf } from "./api.ts";

export interface LoadSale {
  readonly offerId: string;
  readonly campaignId: string;
  /** How its buyers get in. */
  readonly way: WayIn;
  /** The offer as it stands now. */
  look(): Promise<OfferJson>;
  /** Ends the campaign if it was made for the run. */
  end(): Promise<void>;
}

/** A campaign of one offer, open at once. */
export async function makeSale(
  url: string,
  operatorKey: string | null,
  what: { stock: number; limit: number; paymentWindowS: number },
): Promise<LoadSale> {
  if (operatorKey === null) {
    throw new OperationError({
      operation: "load",
      subject: "a campaign cannot be made without an operator's key",
      hint: "Give --data of the running server or --operator-key, or name an --offer.",
    });
  }
  const operate = <T>(path: string, body?: unknown) =>
    callApi<T>(`${url}/v1/campaigns${path}`, { method: "POST", as: operatorKey, body });
  const { id } = await operate<CampaignJson>("", {
    title: "Load test",
    payment_window_s: what.paymentWindowS,
    offers: [
      {
        sku: "LOAD-TEST",
        title: "Load test",
        price_minor: 100,
        currency: "CNY",
        stock: what.stock,
        limit_per_buyer: what.limit,
      },
    ],
  });
  const [offer] = (await operate<CampaignJson>(`/${id}/publish`)).offers;
  if (offer === undefined) throw new Error("a campaign has an offer");
  return {
    offerId: offer.id,
    campaignId: id,
    way: "free",
    look: () => lookAt(url, id, offer.id, operatorKey),
    end: async () => {
      await operate(`/${id}/end`);
    },
  };
}

/** An offer of some campaign. Throws `OperationError` when there is none of that id. */
export async function findSale(url: string, operatorKey: string | null, offerId: string): Promise<LoadSale> {
  for await (const { campaigns } of pagesOf<CampaignPage>(`${url}/v1/campaigns`, operatorKey ?? undefined)) {
    const campaign = campaigns.find(({ offers }) => offers.some(({ id }) => id === offerId));
    if (campaign === undefined) continue;
    const { id: campaignId, admission, pass } = campaign;
    const way = admission === "open" ? (pass ? "pass" : "free") : admission;
    const look = () => lookAt(url, campaignId, offerId, operatorKey);
    return { offerId, campaignId, way, look, end: () => Promise.resolve() };
  }
  throw new OperationError({
    operation: "load",
    subject: `there is no offer ${offerId} at ${url}`,
    hint: `See ${url}/v1/campaigns.`,
  });
}

async function lookAt(url: string, campaignId: string, offerId: string, as: string | null): Promise<OfferJson> {
  const { offers } = await callApi<CampaignJson>(`${url}/v1/campaigns/${campaignId}`, as === null ? {} : { as });
  const offer = offers.find(({ id }) => id === offerId);
  if (offer === undefined) throw new Error("an offer stays in its campaign");
  return offer;
}
