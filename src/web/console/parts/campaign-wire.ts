/** What `/v1` answers about campaigns to operators: types alone, by the schemas that describe it. */
import type { Static } from "@sinclair/typebox";
import type * as rehearsalSchemas from "../../../http/rehearsal-schemas.ts";
import type * as schemas from "../../../http/schemas.ts";

export type CampaignBody = Static<typeof schemas.CampaignBody>;
export type Counts = Static<typeof schemas.CountsAnswer>;
export type Waitlist = Static<typeof schemas.WaitlistAnswer>;
export type Draw = Static<typeof schemas.DrawAnswer>;
export type DrawEntries = Static<typeof schemas.DrawEntriesAnswer>;
export type Ledger = Static<typeof schemas.LedgerAnswer>;
export type Fairness = Static<typeof schemas.FairnessAnswer>;
export type RehearsalList = Static<typeof rehearsalSchemas.RehearsalListAnswer>;
