/** That nobody buys in a campaign although it is open: a switch says so. What the state alone tells would be misread. */
import type { JSX } from "preact";
import type { CampaignState } from "../../../domain/campaign.ts";
import { Tag } from "../../shared/elements.tsx";
import { wordsOf } from "../../shared/language.ts";
import type { Ready } from "../../shared/wire.ts";
import { api } from "../session.ts";
import { useLoaded } from "./loaded.ts";

const words = wordsOf({
  paused: ["Sales paused by a switch", "销售已被开关暂停"],
});

const askEveryMs = 5_000;
const stopping: readonly string[] = ["pause_sales", "read_only"];

/** What is switched on, as the server tells it. */
export interface SwitchedOn {
  readonly name: string;
  readonly campaign_id: string | null;
}

interface SalePausedProps {
  readonly campaign: { readonly id: string; readonly state: CampaignState };
  readonly switchesOn: readonly SwitchedOn[];
}

export function SalePaused({ campaign: { id, state }, switchesOn }: SalePausedProps): JSX.Element | null {
  const isMeant = ({ name, campaign_id }: SwitchedOn) =>
    stopping.includes(name) && (campaign_id === null || campaign_id === id);
  return state === "open" && switchesOn.some(isMeant) ? <Tag tone="bad">{words.paused}</Tag> : null;
}

/** Asked for every few seconds; none as long as nobody knows. */
export function useSwitchesOn(): readonly SwitchedOn[] {
  const ready = useLoaded("ready", (signal) => api<Ready>("/readyz", { signal }), askEveryMs);
  return ready.value.value?.switches_on ?? [];
}
