/** The draw of a campaign: how many entered, what it was committed to, what decided, and each entry with its rank. */
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Refusal } from "../../shared/api.ts";
import { Button, Tag, type Tone } from "../../shared/elements.tsx";
import { count, fullMoment } from "../../shared/format.ts";
import { wordsOf } from "../../shared/language.ts";
import type { Campaign } from "../../shared/wire.ts";
import type { Draw, DrawEntries } from "../parts/campaign-wire.ts";
import { Refused } from "../parts/refused.tsx";
import { WideTable } from "../parts/wide-table.tsx";
import { api } from "../session.ts";

const words = wordsOf({
  title: ["Draw", "抽签"],
  check: ["Check the draw", "验证抽签"],
  commitment: ["Commitment", "承诺"],
  commitmentHint: ["SHA-256 of the secret, public since the publishing.", "密钥的 SHA-256，发布时即公开。"],
  beacon: ["Public beacon", "公共随机源"],
  noBeacon: ["none: the secret decides alone", "无：仅由密钥决定"],
  round: [
    (round: string, at: string) => `round ${round}, signed ${at}`,
    (round: string, at: string) => `第 ${round} 轮，${at} 签发`,
  ],
  entered: ["Entries", "报名数"],
  root: ["Root over all entries", "全部报名的根哈希"],
  secret: ["Secret", "密钥"],
  seed: ["Seed", "种子"],
  notYet: ["after the closing", "结束后公布"],
  notDrawn: ["when the draw is made", "抽签后公布"],
  entries: ["Show entries", "查看报名"],
  more: ["Show more", "显示更多"],
  entriesOf: [(title: string) => `Entries in the draw of ${title}`, (title: string) => `${title}的抽签报名`],
  index: ["Entry", "报名序号"],
  rank: ["Rank", "签位"],
  state: ["State", "状态"],
  order: ["Order", "订单"],
});

const states = wordsOf({
  open: ["Entries are taken", "报名中"],
  waiting_for_beacon: ["Closed, waits for the beacon", "已截止，等待随机源"],
  made: ["Made", "已抽签"],
  void: ["Void", "无效"],
});
const stateTones: Readonly<Record<keyof typeof states, Tone>> = {
  open: "good",
  waiting_for_beacon: "warn",
  made: "good",
  void: "bad",
};

const entryStates = wordsOf({
  entered: ["entered", "已报名"],
  waiting: ["waiting", "候补"],
  offered: ["got an order", "获得订单"],
  left: ["left", "已放弃"],
});

export function CampaignDraw({ campaign }: { campaign: Campaign }) {
  const draw = useSignal<Draw | null>(null);
  const refusal = useSignal<Refusal | null>(null);
  const load = async () => {
    const answer = await api<Draw>(`/v1/campaigns/${campaign.id}/draw`);
    refusal.value = answer.isOk ? null : answer;
    if (answer.isOk) draw.value = answer.value;
  };
  const held = campaign.offers.reduce((sum, offer) => sum + offer.held + offer.sold, 0);
  useEffect(() => {
    void load();
  }, [campaign.id, campaign.state, held > 0]);
  const shown = draw.value;
  return (
    <section class="card stack">
      <div class="row spread">
        <h2>{words.title}</h2>
        <a class="button small" href={`/verify?campaign=${campaign.id}`}>
          {words.check}
        </a>
      </div>
      <Refused refusal={refusal.value} onAgain={() => void load()} />
      {shown !== null && (
        <>
          <dl class="proofs">
            <Proof name={words.commitment} value={shown.commitment} hint={words.commitmentHint} />
            <Proof
              name={words.beacon}
              value={
                shown.beacon === null
                  ? words.noBeacon
                  : words.round(
                      count(shown.beacon.round),
                      shown.beacon.round_at === null ? "–" : fullMoment(shown.beacon.round_at),
                    )
              }
            />
          </dl>
          {shown.offers.map((offer) => {
            const known = campaign.offers.find(({ id }) => id === offer.offer_id);
            return (
              <div key={offer.offer_id} class="stack tight">
                <div class="row">
                  <h3>{known?.title ?? offer.offer_id}</h3>
                  <Tag tone={stateTones[offer.state]}>{states[offer.state]}</Tag>
                </div>
                <dl class="proofs">
                  <Proof name={words.entered} value={count(offer.count ?? known?.waiting ?? 0)} />
                  <Proof name={words.root} value={offer.root ?? words.notYet} />
                  <Proof name={words.secret} value={offer.secret ?? words.notDrawn} />
                  <Proof name={words.seed} value={offer.seed ?? words.notDrawn} />
                </dl>
                {offer.count !== null && offer.count > 0 && (
                  <Entries offerId={offer.offer_id} title={known?.title ?? offer.offer_id} state={offer.state} />
                )}
              </div>
            );
          })}
        </>
      )}
    </section>
  );
}

function Proof({ name, value, hint }: { name: string; value: string; hint?: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd class={/^[0-9a-f]{64}$/.test(value) ? "mono" : ""}>{value}</dd>
      {hint !== undefined && <dd class="hint">{hint}</dd>}
    </div>
  );
}

function Entries({ offerId, title, state }: { offerId: string; title: string; state: string }) {
  const entries = useSignal<DrawEntries["entries"] | null>(null);
  const next = useSignal<number | null>(0);
  const refusal = useSignal<Refusal | null>(null);
  const isBusy = useSignal(false);
  const shownState = useRef(state);
  shownState.current = state;
  const load = async () => {
    const asked = shownState.current;
    isBusy.value = true;
    const answer = await api<DrawEntries>(`/v1/offers/${offerId}/draw/entries?limit=100&after=${next.peek() ?? 0}`);
    isBusy.value = false;
    // Of before the draw: the entries begin anew.
    if (asked !== shownState.current) return;
    refusal.value = answer.isOk ? null : answer;
    if (!answer.isOk) return;
    entries.value = [...(entries.peek() ?? []), ...answer.value.entries];
    next.value = answer.value.next_after;
  };
  useEffect(() => {
    entries.value = null;
    next.value = 0;
  }, [state]);
  return (
    <div class="stack tight">
      <Refused refusal={refusal.value} />
      {entries.value !== null && (
        <WideTable label={words.entriesOf(title)}>
          <thead>
            <tr>
              <th class="number" scope="col">
                {words.index}
              </th>
              <th class="number" scope="col">
                {words.rank}
              </th>
              <th scope="col">{words.state}</th>
              <th scope="col">{words.order}</th>
            </tr>
          </thead>
          <tbody>
            {entries.value.map((entry) => (
              <tr key={entry.entry_id}>
                <td class="number">{count(entry.index + 1)}</td>
                <td class="number">{entry.rank === null ? "–" : count(entry.rank)}</td>
                <td>{entryStates[entry.state === "waiting" && state !== "made" ? "entered" : entry.state]}</td>
                <td>
                  {entry.order_id === null ? (
                    "–"
                  ) : (
                    <a class="mono" href={`/console/orders/${entry.order_id}`}>
                      {entry.order_id}
                    </a>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </WideTable>
      )}
      {next.value !== null && (
        <div>
          <Button size="small" isBusy={isBusy.value} onPress={() => void load()}>
            {entries.value === null ? words.entries : words.more}
          </Button>
        </div>
      )}
    </div>
  );
}
