/**
 * /console/campaigns: all of them, the newest first, by state, kind and words of their title. State and kind are the
 * server's filters; titles are looked through here, over a bounded number of pages at a time, which the page says.
 */
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { campaignKinds, campaignStates } from "../../../domain/campaign.ts";
import { limits } from "../../../domain/limits.ts";
import type { Refusal } from "../../shared/api.ts";
import { now } from "../../shared/clock.ts";
import { Bar, Button, Field, Notice, Tag } from "../../shared/elements.tsx";
import { count, moment, money } from "../../shared/format.ts";
import { wordsOf } from "../../shared/language.ts";
import type { Campaign, CampaignList } from "../../shared/wire.ts";
import { closesText, kindWords, opensText, stateTones, stateWords } from "../parts/campaign-words.ts";
import { Refused } from "../parts/refused.tsx";
import { SalePaused, type SwitchedOn, useSwitchesOn } from "../parts/sale-paused.tsx";
import { SignalField } from "../parts/signal-field.tsx";
import { api, may } from "../session.ts";

const words = wordsOf({
  title: ["Campaigns", "活动"],
  make: ["New campaign", "新建活动"],
  search: ["Title", "标题"],
  searchHint: ["Words of the title", "标题中的文字"],
  state: ["State", "状态"],
  kind: ["Kind", "类型"],
  all: ["All", "全部"],
  more: ["Show more", "显示更多"],
  none: ["No campaign yet. Make the first one.", "还没有活动，先新建一个吧。"],
  noneYet: ["No campaign yet.", "还没有活动。"],
  noneFit: ["No campaign fits.", "没有符合条件的活动。"],
  lookedThrough: [
    (looked: number) => `Looked through the newest ${count(looked)}; there are older ones.`,
    (looked: number) => `已查看最新的 ${count(looked)} 个，还有更早的。`,
  ],
  lookOn: ["Look through older ones", "继续查找更早的"],
  shown: [(shown: number) => `${count(shown)} shown`, (shown: number) => `显示 ${count(shown)} 个`],
  loading: ["Loading…", "加载中…"],
  opens: ["Opens", "开始"],
  closes: ["Closes", "结束"],
  sold: [
    (sold: number, total: number) => `${count(sold)} of ${count(total)} taken`,
    (sold: number, total: number) => `已订 ${count(sold)} / ${count(total)}`,
  ],
  offers: [(offers: number) => `${count(offers)} offers`, (offers: number) => `${count(offers)} 款商品`],
  duplicate: ["Duplicate", "复制"],
  buyersPage: ["Buyers' page", "买家页面"],
  report: ["Report", "报告"],
  of: [(name: string, title: string) => `${name}: ${title}`, (name: string, title: string) => `${name}：${title}`],
});

/** Pages that one look for a title goes through: some thousand campaigns. */
const pagesPerLook = 10;

export function CampaignsPage() {
  const state = useSignal("");
  const kind = useSignal("");
  const search = useSignal("");
  const campaigns = useSignal<readonly Campaign[]>([]);
  const looked = useSignal(0);
  const cursor = useSignal<string | null>(null);
  const isBusy = useSignal(true);
  const refusal = useSignal<Refusal | null>(null);
  const look = useRef<AbortController | null>(null);
  const switchesOn = useSwitchesOn();

  const load = async (from: string | null) => {
    look.current?.abort();
    const here = new AbortController();
    look.current = here;
    isBusy.value = true;
    refusal.value = null;
    const wanted = search.peek().trim().toLowerCase();
    let next: string | null = from;
    let found: readonly Campaign[] = from === null ? [] : campaigns.peek();
    let count = from === null ? 0 : looked.peek();
    const enough = found.length + 30;
    for (let page = 0; page < (wanted === "" ? 1 : pagesPerLook); page += 1) {
      const answer = await api<CampaignList>(addressOf(state.peek(), kind.peek(), wanted, next), {
        signal: here.signal,
      });
      if (here.signal.aborted) return;
      if (!answer.isOk) {
        refusal.value = answer;
        break;
      }
      count += answer.value.campaigns.length;
      found = [...found, ...answer.value.campaigns.filter(({ title }) => title.toLowerCase().includes(wanted))];
      next = answer.value.next_cursor;
      if (next === null || found.length >= enough) break;
    }
    campaigns.value = found;
    looked.value = count;
    cursor.value = next;
    isBusy.value = false;
  };
  useEffect(() => {
    const timer = setTimeout(() => void load(null), search.value === "" ? 0 : 250);
    return () => clearTimeout(timer);
  }, [state.value, kind.value, search.value]);
  useEffect(() => () => look.current?.abort(), []);

  const isFiltered = state.value !== "" || kind.value !== "" || search.value.trim() !== "";
  return (
    <div class="stack campaigns">
      <div class="row spread">
        <h1>{words.title}</h1>
        {may("operator") && (
          <a class="button primary" href="/console/campaigns/new">
            {words.make}
          </a>
        )}
      </div>
      <form class="filters" onSubmit={(event) => event.preventDefault()}>
        <SignalField label={words.search} text={search} input={{ type: "search", placeholder: words.searchHint }} />
        <Choice label={words.state} values={campaignStates} names={stateWords} chosen={state} />
        <Choice label={words.kind} values={campaignKinds} names={kindWords} chosen={kind} />
      </form>
      <Refused refusal={refusal.value} onAgain={() => void load(cursor.peek())} />
      <p class="muted small" role="status">
        {isBusy.value ? words.loading : campaigns.value.length > 0 ? words.shown(campaigns.value.length) : ""}
      </p>
      {!isBusy.value && campaigns.value.length === 0 && refusal.value === null && (
        <Notice>{isFiltered ? words.noneFit : may("operator") ? words.none : words.noneYet}</Notice>
      )}
      <ul class="stack">
        {campaigns.value.map((campaign) => (
          <li key={campaign.id}>
            <CampaignCard campaign={campaign} switchesOn={switchesOn} />
          </li>
        ))}
      </ul>
      {cursor.value !== null && !isBusy.value && (
        <div class="row">
          <Button onPress={() => void load(cursor.peek())}>
            {search.value.trim() === "" ? words.more : words.lookOn}
          </Button>
          {search.value.trim() !== "" && <span class="muted small">{words.lookedThrough(looked.value)}</span>}
        </div>
      )}
    </div>
  );
}

function addressOf(state: string, kind: string, wanted: string, cursor: string | null): string {
  const query = new URLSearchParams({ limit: String(wanted === "" ? 30 : limits.pageSizeMax) });
  if (state !== "") query.set("state", state);
  if (kind !== "") query.set("kind", kind);
  if (cursor !== null) query.set("cursor", cursor);
  return `/v1/campaigns?${query}`;
}

interface ChoiceProps {
  readonly label: string;
  readonly values: readonly string[];
  readonly names: Readonly<Record<string, string>>;
  readonly chosen: { value: string };
}

function Choice({ label, values, names, chosen }: ChoiceProps) {
  return (
    <Field label={label}>
      {(ties) => (
        <select
          {...ties}
          value={chosen.value}
          onChange={(event) => {
            chosen.value = event.currentTarget.value;
          }}
        >
          <option value="">{words.all}</option>
          {values.map((value) => (
            <option key={value} value={value}>
              {names[value]}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

function CampaignCard({ campaign, switchesOn }: { campaign: Campaign; switchesOn: readonly SwitchedOn[] }) {
  const { id, title, kind, state, offers } = campaign;
  const total = offers.reduce((sum, offer) => sum + offer.total, 0);
  const taken = offers.reduce((sum, offer) => sum + offer.held + offer.sold, 0);
  const [first] = offers;
  const links: readonly (readonly [name: string, href: string])[] = [
    ...(may("operator") ? [[words.duplicate, `/console/campaigns/new?from=${id}`] as const] : []),
    ...(state === "draft" ? [] : [[words.buyersPage, `/campaigns/${id}`] as const]),
    ...(state === "draft" ? [] : [[words.report, `/console/reports/${id}`] as const]),
  ];
  return (
    <article class="card campaign-card">
      <div class="stack tight">
        <h2>
          <a href={`/console/campaigns/${id}`}>{title}</a>
        </h2>
        <p class="row">
          <Tag tone={stateTones[state]}>{stateWords[state]}</Tag>
          <SalePaused campaign={campaign} switchesOn={switchesOn} />
          <span class="muted small">{kindWords[kind ?? "none"]}</span>
          <span class="muted small">
            {offers.length === 1 && first ? money(first.price_minor, first.currency) : words.offers(offers.length)}
          </span>
        </p>
      </div>
      <dl class="facts small">
        <div>
          <dt>{words.opens}</dt>
          <dd>{opensText(campaign, (time) => moment(time, now.peek()))}</dd>
        </div>
        <div>
          <dt>{words.closes}</dt>
          <dd>{closesText(campaign, (time) => moment(time, now.peek()))}</dd>
        </div>
      </dl>
      <div class="stack tight">
        <span class="small">{words.sold(taken, total)}</span>
        <Bar share={total === 0 ? 0 : taken / total} label={words.of(words.sold(taken, total), title)} />
      </div>
      <div class="row links">
        {links.map(([name, href]) => (
          <a key={href} class="button quiet small" href={href} aria-label={words.of(name, title)}>
            {name}
          </a>
        ))}
      </div>
    </article>
  );
}
