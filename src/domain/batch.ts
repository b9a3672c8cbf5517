/** What one drain of the engine leaves to be stored: its events, the campaigns and offers as they stand after it, and who did it. */
import type { AuditRecord } from "./audit.ts";
import type { CampaignRecord } from "./campaign.ts";
import type { Event } from "./event.ts";
import type { OfferRecord } from "./offer.ts";

export interface Batch {
  readonly events: readonly Event[];
  readonly campaigns: readonly Pick<CampaignRecord, "id" | "state" | "closesAtMs" | "hasWaitlist">[];
  readonly offers: readonly Pick<OfferRecord, "id" | "total" | "available" | "held" | "sold">[];
  readonly audit: readonly AuditRecord[];
}
