/** One sale on the list: enough to decide whether to open it, and until when. */
import { computed } from "@preact/signals";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { now } from "../shared/clock.ts";
import { Tag } from "../shared/elements.tsx";
import { count, countdown } from "../shared/format.ts";
import { wordsOf } from "../shared/language.ts";
import { Picture } from "../shared/picture.tsx";
import type { Campaign, Offer } from "../shared/wire.ts";
import { kindName, type Phase, phaseOf, wayName } from "./sale-words.ts";
import { Price, Stock } from "./stock.tsx";

const words = wordsOf({
  opensIn: ["Opens in", "距开售"],
  closesIn: ["Closes in", "距结束"],
  drawnIn: ["Drawn in", "距抽签"],
  paused: ["Paused", "暂停中"],
  over: ["Over", "已结束"],
  more: [(others: string) => `and ${others} more to choose from`, (others: string) => `另有 ${others} 款可选`],
});

export function SaleCard({ sale }: { readonly sale: Campaign }): JSX.Element | null {
  const offer = shownOffer(sale.offers);
  if (offer === null) return null;
  return (
    <li class="sale-card">
      <a href={`/campaigns/${sale.id}`}>
        <Picture address={offer.image_url} title={offer.title} />
        <div class="sale-card-text">
          <p class="row tags">
            {sale.kind !== null && <Tag tone="bad">{kindName(sale.kind)}</Tag>}
            <Tag>{wayName(sale)}</Tag>
          </p>
          <h3>{sale.title}</h3>
          {sale.offers.length > 1 && <p class="muted small">{words.more(count(sale.offers.length - 1))}</p>}
          <Price offer={offer} />
          <Stock offer={togetherOf(sale.offers, offer)} isDraw={sale.admission === "draw"} />
          <CardTime sale={sale} />
        </div>
      </a>
    </li>
  );
}

/** Of a sale by now; anew only when it has changed, not at every tick. */
function usePhase(sale: Campaign): Phase {
  const phase = useMemo(() => computed(() => JSON.stringify(phaseOf(sale, now.value))), [sale]);
  return JSON.parse(phase.value) as Phase;
}

function CardTime({ sale }: { readonly sale: Campaign }): JSX.Element | null {
  const phase = usePhase(sale);
  switch (phase.is) {
    case "soon":
      return <CardCountdown label={words.opensIn} untilMs={phase.atMs} />;
    case "open":
      if (phase.atMs === null) return null;
      return <CardCountdown label={sale.admission === "draw" ? words.drawnIn : words.closesIn} untilMs={phase.atMs} />;
    case "paused":
      return <p class="card-time">{words.paused}</p>;
    case "over":
      return <p class="card-time muted">{words.over}</p>;
  }
}

function CardCountdown({ label, untilMs }: { readonly label: string; readonly untilMs: number }): JSX.Element {
  const left = useMemo(() => computed(() => countdown(untilMs - now.value)), [untilMs]);
  return (
    <p class="card-time">
      {label} <span class="countdown-time">{left.value}</span>
    </p>
  );
}

/** The cheapest that is left, else the cheapest. */
export function shownOffer(offers: readonly Offer[]): Offer | null {
  const cheapest = (some: readonly Offer[]) => some.toSorted((a, b) => a.price_minor - b.price_minor)[0];
  return cheapest(offers.filter(({ available }) => available > 0)) ?? cheapest(offers) ?? null;
}

/** One for the counts of all. */
function togetherOf(offers: readonly Offer[], shown: Offer): Offer {
  const sum = (name: "total" | "available" | "held" | "sold" | "waiting") =>
    offers.reduce((units, offer) => units + offer[name], 0);
  return {
    ...shown,
    total: sum("total"),
    available: sum("available"),
    held: sum("held"),
    sold: sum("sold"),
    waiting: sum("waiting"),
  };
}
