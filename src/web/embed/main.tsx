/**
 * One offer of a sale in a frame on the shop's own page: how it stands, and the way to it in a tab of its own, where
 * buying happens. The token in the fragment is handed on to that tab; it is sent nowhere from here and not kept.
 */
import { effect, signal } from "@preact/signals";
import { render } from "preact";
import { useEffect } from "preact/hooks";
import { apiFor } from "../shared/api.ts";
import { keepTime, now } from "../shared/clock.ts";
import { Bar, Tag } from "../shared/elements.tsx";
import { countdown, money, percent } from "../shared/format.ts";
import { language, languages, wordsOf } from "../shared/language.ts";
import { follow } from "../shared/live.ts";
import { theme, themes } from "../shared/theme.ts";
import type { Campaign, Offer } from "../shared/wire.ts";
import { type Standing, shareGone, standingOf } from "./standing.ts";

const words = wordsOf({
  gone: ["This sale is not to be had here.", "这场活动不在这里。"],
  not_yet: ["Opens soon", "即将开始"],
  open: ["On sale now", "正在抢购"],
  all_held: ["All taken for now", "暂时抢光"],
  sold_out: ["Sold out", "已抢光"],
  paused: ["Paused", "暂停中"],
  over: ["Over", "已结束"],
  opensIn: ["Opens in", "距开始"],
  endsIn: ["Ends in", "距结束"],
  mayReturn: ["Some may come back, if they are not paid for.", "有人未付款时会重新放出。"],
  share: [(share: string) => `${share} gone`, (share: string) => `已抢 ${share}`],
  was: ["Usual price", "原价"],
  buy: ["Go and buy", "去抢购"],
  see: ["See the sale", "去看看"],
  newTab: ["(opens in a new tab)", "（在新标签页打开）"],
});

const tones = {
  open: "good",
  not_yet: "plain",
  all_held: "warn",
  paused: "warn",
  sold_out: "plain",
  over: "plain",
} as const;

const query = new URLSearchParams(location.search);
const campaignId = location.pathname.split("/").at(-1) ?? "";
const token = new URLSearchParams(location.hash.slice(1)).get("token");
if (token !== null) history.replaceState(null, "", location.pathname + location.search);
language.value = languages.find((known) => known === query.get("language")) ?? language.value;
theme.value = themes.find((known) => known === query.get("theme")) ?? theme.value;

const api = apiFor(() => null);
const campaign = signal<Campaign | null>(null);
const isGone = signal(false);
effect(() => {
  if (campaign.value !== null) document.title = campaign.value.title;
});

function SaleFrame() {
  useEffect(() => {
    void load();
    const { stop } = follow({ stream: `/v1/campaigns/${campaignId}/stream`, onEvent: take, poll: load });
    return stop;
  }, []);
  useEffect(() => {
    const observer = new ResizeObserver(tellHeight);
    observer.observe(document.body);
    return () => observer.disconnect();
  }, []);
  if (isGone.value) return <main class="card">{words.gone}</main>;
  const offer = offerOf(campaign.value);
  return campaign.value === null || offer === undefined ? null : <OfferCard campaign={campaign.value} offer={offer} />;
}

function OfferCard({ campaign: sale, offer }: { readonly campaign: Campaign; readonly offer: Offer }) {
  const standing = standingOf(sale.state, offer);
  const picture = query.get("picture") === "no" ? null : offer.image_url;
  const share = words.share(percent(shareGone(offer)));
  return (
    <main class={`card sale-card ${picture === null ? "" : "has-picture"}`}>
      {picture !== null && <img src={picture} alt="" />}
      <div class="stack">
        <div class="row spread">
          <h1>{offer.title}</h1>
          <Tag tone={tones[standing]}>{words[standing]}</Tag>
        </div>
        <p class="row">
          <span class="price">{money(offer.price_minor, offer.currency)}</span>
          {offer.list_price_minor !== null && (
            <s class="muted">
              <span class="visually-hidden">{words.was} </span>
              {money(offer.list_price_minor, offer.currency)}
            </s>
          )}
        </p>
        {standing !== "not_yet" && (
          <div class="gone">
            <Bar share={shareGone(offer)} label={share} />
            <p class="muted small">{standing === "all_held" ? words.mayReturn : share}</p>
          </div>
        )}
      </div>
      <div class="stack">
        <TimeLeft standing={standing} campaign={sale} />
        <a class={`button ${standing === "open" ? "primary" : ""}`} href={saleAddress()} target="_blank" rel="noopener">
          {standing === "open" ? words.buy : words.see} <span class="visually-hidden">{words.newTab}</span>
        </a>
      </div>
    </main>
  );
}

function TimeLeft({ standing, campaign: sale }: { readonly standing: Standing; readonly campaign: Campaign }) {
  const isBefore = standing === "not_yet";
  const until = isBefore ? sale.opens_at : sale.closes_at;
  if (until === null || standing === "over") return null;
  return (
    <p>
      <span class="muted">{isBefore ? words.opensIn : words.endsIn}</span>{" "}
      <strong>{countdown(Date.parse(until) - now.value)}</strong>
    </p>
  );
}

function offerOf(sale: Campaign | null): Offer | undefined {
  return sale?.offers.find(({ id }) => id === query.get("offer")) ?? sale?.offers[0];
}

function saleAddress(): string {
  const fragment = token === null ? "" : `#${new URLSearchParams({ token })}`;
  return `/campaigns/${campaignId}${fragment}`;
}

async function load(): Promise<boolean> {
  const answer = await api<Campaign>(`/v1/campaigns/${campaignId}`);
  if (answer.isOk) campaign.value = answer.value;
  isGone.value = !answer.isOk && answer.code === "not_found";
  return answer.isOk;
}

/** A stream tells state, times and counts: what the sale is called was told before. */
function take(_: string, data: string): void {
  const known = campaign.value;
  if (known === null) return;
  const told = JSON.parse(data) as Pick<Campaign, "state" | "opens_at" | "closes_at"> & {
    readonly offers: readonly Partial<Offer>[];
  };
  const offers = known.offers.map((offer) => ({ ...offer, ...told.offers.find(({ id }) => id === offer.id) }));
  campaign.value = { ...known, ...told, offers };
}

/** To the page that has named itself in the address: a browser hands it over only if that is who is there. */
function tellHeight(): void {
  const shop = query.get("origin");
  if (window.parent === window || shop === null || !URL.canParse(shop)) return;
  window.parent.postMessage({ rushboxHeight: document.body.scrollHeight }, new URL(shop).origin);
}

keepTime(api);
render(<SaleFrame />, document.body);
