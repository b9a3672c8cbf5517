/**
 * Campaigns as dashboard and switches need them: the list, one of them chosen, and that one as it changes, by its stream. Lives
 * as long as the page does, so that the stock's curve goes on while another section is shown.
 */
import { computed, effect, signal, untracked } from "@preact/signals";
import { type Followed, follow } from "../../shared/live.ts";
import { recall, remember } from "../../shared/memory.ts";
import type { Campaign, CampaignList } from "../../shared/wire.ts";
import { api, isSignedIn, operatorKey } from "../session.ts";

/** What a campaign's stream tells. */
type Snapshot = Pick<Campaign, "id" | "state" | "opens_at" | "closes_at"> & {
  readonly offers: readonly Pick<
    Campaign["offers"][number],
    "id" | "total" | "available" | "held" | "sold" | "waiting"
  >[];
};

/** Where the units of a campaign are, summed over its offers. */
export interface Units {
  readonly campaignId: string;
  readonly available: number;
  readonly held: number;
  readonly sold: number;
}

const listEveryMs = 5_000;

/** Newest first; `null` as long as nobody knows. */
export const campaigns = signal<readonly Campaign[] | null>(null);
const chosenId = signal<string | null>(recall("dashboard.campaign", "tab"));
const snapshot = signal<Snapshot | null>(null);

/** The chosen campaign as it stands, or what was most worth looking at when the first list came. */
export const chosen = computed<Campaign | null>(() => {
  const known = campaigns.value ?? [];
  const campaign = known.find(({ id }) => id === chosenId.value) ?? mostLively(known);
  if (campaign === null || snapshot.value?.id !== campaign.id) return campaign;
  return withSnapshot(campaign, snapshot.value);
});
/** Which one it is: changes seldom, where its counts change all the time. */
export const chosenCampaignId = computed(() => chosen.value?.id ?? null);

export function choose(id: string): void {
  chosenId.value = id;
  remember("dashboard.campaign", id, "tab");
}

let isWatching = false;
let listTimer: ReturnType<typeof setTimeout> | undefined;
let followed: Followed | null = null;

/** Begins to look for campaigns and to follow the chosen one, unless it does already. */
export function watchCampaigns(): void {
  if (isWatching) return;
  isWatching = true;
  effect(() => {
    if (isSignedIn.value) void refreshCampaigns();
    else {
      campaigns.value = null;
      snapshot.value = null;
      chosenId.value = recall("dashboard.campaign", "tab");
    }
  });
  effect(() => {
    const id = chosenCampaignId.value;
    untracked(() => followCampaign(id));
  });
  document.addEventListener("visibilitychange", () => void refreshCampaigns());
}

/** Asks for the list at once, and from then on every few seconds. */
export async function refreshCampaigns(): Promise<void> {
  clearTimeout(listTimer);
  if (!isSignedIn.peek() || document.visibilityState !== "visible") return;
  const newest = await api<CampaignList>("/v1/campaigns?limit=50");
  // Where these are not all, an open one may be older than they are.
  const isWhole = newest.isOk && newest.value.next_cursor === null;
  const open = newest.isOk && !isWhole ? await api<CampaignList>("/v1/campaigns?state=open&limit=50") : newest;
  clearTimeout(listTimer);
  if (isSignedIn.peek()) listTimer = setTimeout(() => void refreshCampaigns(), listEveryMs);
  if (!newest.isOk || !open.isOk) return;
  const known = new Map([...newest.value.campaigns, ...open.value.campaigns].map((one) => [one.id, one]));
  campaigns.value = [...known.values()].sort((a, b) => b.created_at.localeCompare(a.created_at));
  // Once made, the choice stays: a sale that opens meanwhile must not slip under the finger of whoever acts on this one.
  chosenId.value = chosen.peek()?.id ?? chosenId.peek();
}

/** Takes a campaign as an answer has shown it, before anything else tells of it. */
export function takeCampaign(campaign: Campaign): void {
  campaigns.value = (campaigns.value ?? []).map((known) => (known.id === campaign.id ? campaign : known));
  if (snapshot.value?.id === campaign.id) snapshot.value = campaign;
  void refreshCampaigns();
}

function followCampaign(id: string | null): void {
  followed?.stop();
  followed = null;
  if (id === null) return;
  followed = follow({
    stream: `/v1/campaigns/${id}/stream`,
    token: operatorKey,
    onEvent: (_, data) => {
      snapshot.value = JSON.parse(data) as Snapshot;
    },
    poll: async () => {
      const answer = await api<Campaign>(`/v1/campaigns/${id}`);
      // Another one may be followed by now.
      if (answer.isOk && id === chosenCampaignId.peek()) snapshot.value = answer.value;
      return answer.isOk;
    },
  });
}

/** Where the units of the chosen campaign are now. */
export function unitsOfChosen(): Units | null {
  const campaign = chosen.peek();
  return campaign === null ? null : { campaignId: campaign.id, ...sumUnits(campaign.offers) };
}

export function sumUnits(
  offers: readonly { readonly available: number; readonly held: number; readonly sold: number }[],
): { available: number; held: number; sold: number } {
  return offers.reduce(
    (sum, { available, held, sold }) => ({
      available: sum.available + available,
      held: sum.held + held,
      sold: sum.sold + sold,
    }),
    { available: 0, held: 0, sold: 0 },
  );
}

/** Open campaigns in which nothing is left. */
export function soldOutCampaigns(): Campaign[] {
  const current = chosen.peek();
  return (campaigns.peek() ?? [])
    .map((campaign) => (campaign.id === current?.id ? current : campaign))
    .filter(({ state, offers }) => state === "open" && offers.every(({ available }) => available === 0));
}

function mostLively(known: readonly Campaign[]): Campaign | null {
  for (const state of ["open", "paused", "scheduled", "draft", "ended"] as const) {
    const found = known.find((campaign) => campaign.state === state);
    if (found !== undefined) return found;
  }
  return null;
}

function withSnapshot(campaign: Campaign, { offers, ...told }: Snapshot): Campaign {
  const counts = new Map(offers.map((offer) => [offer.id, offer]));
  return { ...campaign, ...told, offers: campaign.offers.map((offer) => ({ ...offer, ...counts.get(offer.id) })) };
}
