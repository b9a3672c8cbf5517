/**
 * Who waits for a campaign: the waitlist of each offer, the next first; and how its queue stands, added up from the
 * campaign's ledger. The order within a queue is nobody's to see: it follows from a secret until the opening.
 */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Refusal } from "../../shared/api.ts";
import { now } from "../../shared/clock.ts";
import { Button } from "../../shared/elements.tsx";
import { count, moment } from "../../shared/format.ts";
import { wordsOf } from "../../shared/language.ts";
import type { Campaign, Offer } from "../../shared/wire.ts";
import { readLedger } from "../parts/campaign-ledger.ts";
import type { Waitlist } from "../parts/campaign-wire.ts";
import { type QueueSums, queueSumsOf } from "../parts/ledger-sums.ts";
import { Refused } from "../parts/refused.tsx";
import { WideTable } from "../parts/wide-table.tsx";
import { api } from "../session.ts";

const words = wordsOf({
  waitlist: ["Waitlist", "候补名单"],
  waitlistOf: [(title: string) => `Waitlist of ${title}`, (title: string) => `${title}的候补名单`],
  nobody: ["Nobody waits at the moment.", "目前没有人候补。"],
  place: ["Place", "位次"],
  buyer: ["Buyer", "买家"],
  since: ["Since", "加入时间"],
  erased: ["erased", "已清除"],
  more: ["Show more", "显示更多"],
  show: ["Show who waits", "查看名单"],
  again: ["Look again", "刷新"],
  queue: ["Queue", "排队"],
  queueHint: [
    (rows: string) => `Added up from the first ${rows} rows of this sale's ledger.`,
    (rows: string) => `由此活动账本的前 ${rows} 行统计。`,
  ],
  joined: ["Joined", "加入"],
  waiting: ["Waiting", "等待"],
  admitted: ["Got a pass", "获得通行证"],
  bought: ["Bought with it", "凭证购买"],
  expired: ["Let it run out", "通行证过期"],
  left: ["Left", "离开"],
});

export function CampaignLines({ campaign }: { campaign: Campaign }) {
  return (
    <>
      {campaign.admission === "queue" && <QueueFigures campaign={campaign} />}
      {campaign.waitlist && campaign.admission === "open" && (
        <section class="card stack">
          <h2>{words.waitlist}</h2>
          {campaign.offers.map((offer) => (
            <OfferWaitlist key={offer.id} offer={offer} />
          ))}
        </section>
      )}
    </>
  );
}

function OfferWaitlist({ offer }: { offer: Offer }) {
  const entries = useSignal<Waitlist["entries"] | null>(null);
  const cursor = useSignal<string | null>(null);
  const refusal = useSignal<Refusal | null>(null);
  const isBusy = useSignal(false);
  const load = async (from: string | null) => {
    isBusy.value = true;
    const page = from === null ? "" : `&cursor=${from}`;
    const answer = await api<Waitlist>(`/v1/offers/${offer.id}/waitlist/entries?limit=50${page}`);
    isBusy.value = false;
    refusal.value = answer.isOk ? null : answer;
    if (!answer.isOk) return;
    entries.value = from === null ? answer.value.entries : [...(entries.peek() ?? []), ...answer.value.entries];
    cursor.value = answer.value.next_cursor;
  };
  const { waiting } = offer;
  return (
    <div class="stack tight">
      <div class="row spread">
        <h3>
          {offer.title} · {count(waiting)}
        </h3>
        {(waiting > 0 || entries.value !== null) && (
          <Button size="small" isBusy={isBusy.value} onPress={() => void load(null)}>
            {entries.value === null ? words.show : words.again}
          </Button>
        )}
      </div>
      <Refused refusal={refusal.value} />
      {waiting === 0 && <p class="muted small">{words.nobody}</p>}
      {entries.value !== null && entries.value.length > 0 && (
        <WideTable label={words.waitlistOf(offer.title)}>
          <thead>
            <tr>
              <th class="number" scope="col">
                {words.place}
              </th>
              <th scope="col">{words.buyer}</th>
              <th scope="col">{words.since}</th>
            </tr>
          </thead>
          <tbody>
            {entries.value.map((entry, index) => (
              <tr key={entry.entry_id}>
                <td class="number">{count(index + 1)}</td>
                <td>{entry.buyer_id ?? <span class="muted">{words.erased}</span>}</td>
                <td>{moment(entry.joined_at, now.peek())}</td>
              </tr>
            ))}
          </tbody>
        </WideTable>
      )}
      {cursor.value !== null && (
        <div>
          <Button size="small" isBusy={isBusy.value} onPress={() => void load(cursor.peek())}>
            {words.more}
          </Button>
        </div>
      )}
    </div>
  );
}

function QueueFigures({ campaign }: { campaign: Campaign }) {
  const sums = useSignal<QueueSums | null>(null);
  const rowsRead = useSignal(0);
  const refusal = useSignal<Refusal | null>(null);
  const isBusy = useSignal(false);
  const load = async () => {
    isBusy.value = true;
    const read = await readLedger(campaign.id);
    isBusy.value = false;
    refusal.value = read.refusal;
    rowsRead.value = read.rows.length;
    sums.value = queueSumsOf(read.rows);
  };
  useEffect(() => {
    void load();
  }, [campaign.id, campaign.state]);
  const shown = sums.value;
  const figures: readonly (readonly [string, number])[] =
    shown === null
      ? []
      : [
          [words.joined, shown.joined],
          [words.waiting, shown.waiting],
          [words.admitted, shown.admitted],
          [words.bought, shown.bought],
          [words.expired, shown.expired],
          [words.left, shown.left],
        ];
  return (
    <section class="card stack">
      <div class="row spread">
        <h2>{words.queue}</h2>
        <Button size="small" isBusy={isBusy.value} onPress={() => void load()}>
          {words.again}
        </Button>
      </div>
      <Refused refusal={refusal.value} />
      {shown !== null && (
        <>
          <dl class="small-figures">
            {figures.map(([name, value]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{count(value)}</dd>
              </div>
            ))}
          </dl>
          <p class="hint">{words.queueHint(count(rowsRead.value))}</p>
        </>
      )}
    </section>
  );
}
