/**
 * Starting and recovering are the same: read what is committed, rebuild the state, assert promise 1 for every offer.
 * Orders are read for campaigns that can still change anything; a settled campaign's come back one by one on demand.
 */
import type { KeyFilter } from "./key-filter.ts";
import type { RecoverySource } from "./ports.ts";
import { State } from "./state.ts";

export function recover(source: RecoverySource, keyFilter: Pick<KeyFilter, "add">): State {
  const state = new State();
  const last = source.last();
  state.lastSeq = last.seq;
  state.nowMs = last.atMs;
  for (const operator of source.operators()) state.operators.set(operator.operatorId, operator);
  for (const endpoint of source.endpoints()) state.endpoints.set(endpoint.id, endpoint);
  state.controls = source.controls();
  for (const entry of source.accessEntries()) state.access.set(entry.entryId, entry);
  for (const campaign of source.campaigns()) state.restoreCampaign(campaign);
  for (const offer of source.offers()) state.restoreOffer(offer);
  const secrets = new Map(source.drawSecrets().map((secret) => [secret.campaignId, secret]));
  for (const campaign of state.campaigns.values()) {
    const { secret = null, queueDrawnCount = null } = secrets.get(campaign.id) ?? {};
    Object.assign(campaign, { secret, drawnCount: queueDrawnCount });
    const isDrawn = campaign.admission.mode === "draw" && campaign.state === "ended";
    if (isDrawn && source.drawsOf(campaign.id).some(({ secret }) => secret === null)) continue; // it waits for the beacon
    state.forgetSettled(campaign);
    campaign.areKeysFiltered = campaign.book !== null;
  }
  const live = [...state.campaigns.values()].filter(({ book }) => book !== null);
  const units = new Map<number, { held: number; sold: number }>();
  const selling = live.filter(({ state }) => state !== "draft" && state !== "scheduled");
  const firstId = selling.reduce((first, { id }) => Math.min(first, id), Number.MAX_SAFE_INTEGER);
  source.eachOrderAfter(firstId, (order) => {
    if (state.campaign(order.campaignId).book === null) return;
    const keyHash = state.restoreOrder(order);
    if (keyHash !== null) keyFilter.add(keyHash);
    const sums = units.get(order.offerId) ?? { held: 0, sold: 0 };
    if (order.state === "reserved") sums.held += order.quantity;
    if (order.state === "paid") sums.sold += order.quantity;
    units.set(order.offerId, sums);
  });
  for (const campaign of selling) {
    const { id, hasWaitlist, admission } = campaign;
    if (admission.mode === "draw") {
      const draws = new Map(source.drawsOf(id).map((draw) => [draw.offerId, draw]));
      state.restoreDraws(hasWaitlist ? source.drawEntriesIn(id) : [], draws);
    } else if (hasWaitlist) for (const entry of source.waitingIn(id)) state.restoreWaiting(entry);
  }
  for (const campaign of live) {
    if (campaign.state === "draft" || campaign.state === "ended") continue;
    for (const reminder of source.remindersWaitingIn(campaign.id)) state.restoreReminder(reminder);
    const drawnSeq = secrets.get(campaign.id)?.queueDrawnSeq ?? null;
    const sums = source.queueSums(campaign.id);
    if (sums !== null) state.restoreQueue(campaign, drawnSeq, sums, source.queueOf(campaign.id, drawnSeq));
  }
  for (const { offers } of live) {
    for (const { id, held, sold } of offers) {
      const sums = units.get(id) ?? { held: 0, sold: 0 };
      if (sums.held === held && sums.sold === sold) continue;
      throw new Error(
        `promise 1 is broken in the data folder: offer ${id} says held ${held}, sold ${sold}; its orders say ${sums.held}, ${sums.sold}`,
      );
    }
  }
  return state;
}
