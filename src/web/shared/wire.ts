/** What `/v1` answers, by the schemas that describe it in the document: types alone, nothing of them is in the pages. */
import type { Static } from "@sinclair/typebox";
import type * as schemas from "../../http/schemas.ts";

export type Campaign = Static<typeof schemas.CampaignAnswer>;
export type CampaignList = Static<typeof schemas.CampaignListAnswer>;
export type Offer = Static<typeof schemas.OfferAnswer>;
export type Order = Static<typeof schemas.OrderAnswer>;
export type OrderList = Static<typeof schemas.OrderListAnswer>;
export type Checkout = Static<typeof schemas.CheckoutAnswer>;
export type Queue = Static<typeof schemas.QueueAnswer>;
export type Pass = Static<typeof schemas.PassAnswer>;
export type DrawEntry = Static<typeof schemas.DrawEntryAnswer>;
export type WaitlistPlace = Static<typeof schemas.WaitlistPlaceAnswer>;
export type Challenge = Static<typeof schemas.ChallengeAnswer>;
