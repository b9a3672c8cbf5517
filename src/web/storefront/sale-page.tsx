/**
 * The page of one sale: what is sold, how much is left, when, by which rules, and the button. It follows the sale as it
 * changes; what is under way and how the buyer stands is the affair of sale.ts.
 */
import { useSignalEffect } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { useLocation, useRoute } from "preact-iso";
import { now } from "../shared/clock.ts";
import { Notice, Tag } from "../shared/elements.tsx";
import { moment, money } from "../shared/format.ts";
import { wordsOf } from "../shared/language.ts";
import type { Connection } from "../shared/live.ts";
import { Picture } from "../shared/picture.tsx";
import { explain } from "../shared/refusals.ts";
import type { Campaign, Offer, Order } from "../shared/wire.ts";
import { Countdown } from "./countdown.tsx";
import { ReminderPart } from "./reminder-part.tsx";
import { rulesOf } from "./rules.ts";
import { openSale, type Sale } from "./sale.ts";
import { SaleButton } from "./sale-button.tsx";
import { kindName, phaseOf, wayName } from "./sale-words.ts";
import { shop } from "./session.ts";
import { SignInOver } from "./sign-in-over.tsx";
import { Price, Stock } from "./stock.tsx";

const words = wordsOf({
  loading: ["Loading…", "加载中…"],
  back: ["All sales", "全部活动"],
  choose: ["Choose one", "请选择"],
  opensIn: ["Opens in", "距开售"],
  closesIn: ["Closes in", "距结束"],
  drawnIn: ["Drawn in", "距抽签"],
  over: ["Over", "已结束"],
  paused: ["Paused", "暂停中"],
  rules: ["How this sale works", "活动规则"],
  about: ["About it", "商品详情"],
  fair: ["Why nobody can cheat here", "如何保证公平"],
  signedDraw: [
    "Who is drawn follows from a secret that was fixed before anybody entered. This is its seal; it is opened after the draw:",
    "抽签结果由一个事先固定的密值决定，抽签后公开。这是它的承诺值：",
  ],
  signedQueue: [
    "The places at the opening follow from a secret that was fixed before anybody came. This is its seal; it is opened then:",
    "开售排位由一个事先固定的密值决定，开售后公开。这是它的承诺值：",
  ],
  proof: ["Check it yourself", "自行核验"],
  whyDrawn: ["Why I was drawn, or was not", "为什么抽中或没抽中"],
  polling: ["No live connection: asking every second.", "实时连接不可用，正在每秒刷新。"],
  offline: ["Connection lost. Trying again…", "连接已断开，正在重连…"],
  reserved: ["It is yours.", "抢到了！"],
  order: ["Order", "订单号"],
  amount: ["Amount", "金额"],
  quantity: ["Units", "数量"],
  payBy: ["Pay by", "付款截止"],
  seeOrder: ["See the order", "查看订单"],
  orderPaid: ["Paid. Thank you.", "已付款，谢谢！"],
});

export function SalePage(): JSX.Element {
  const { params, query } = useRoute();
  const id = params["id"] ?? "";
  return <SaleRoom key={id} id={id} wantedOfferId={query["offer"] ?? null} />;
}

function SaleRoom({ id, wantedOfferId }: { readonly id: string; readonly wantedOfferId: string | null }): JSX.Element {
  const sale = useMemo(() => openSale(id, wantedOfferId), [id]);
  useEffect(() => () => sale.stop(), [sale]);
  useSignalEffect(() => {
    const title = sale.campaign.value?.title;
    document.title = [title, shop.value?.name ?? "Rushbox"].filter(Boolean).join(" · ");
  });
  const campaign = sale.campaign.value;
  const offer = sale.offer.value;
  const button = sale.button.value;
  if (campaign === null || offer === null || button === null) return <NotThere sale={sale} />;
  return (
    <article class="sale">
      <p>
        <a class="back small" href="/">
          {words.back}
        </a>
      </p>
      <div class="sale-columns">
        <div class="sale-look">
          <Picture address={offer.image_url} title={offer.title} isFirst />
        </div>
        <div class="sale-side">
          <Heading campaign={campaign} offer={offer} />
          {campaign.offers.length > 1 && <Offers sale={sale} campaign={campaign} offer={offer} />}
          <Price offer={offer} />
          <Stock offer={offer} isDraw={campaign.admission === "draw"} />
          <Time campaign={campaign} />
          <SignInOver />
          <Success sale={sale} />
          <SaleButton sale={sale} campaign={campaign} offer={offer} button={button} />
          <ReminderPart campaign={campaign} />
          {sale.wasInDraw.value && (
            <p>
              <a href={`/campaigns/${campaign.id}/draw`}>{words.whyDrawn}</a>
            </p>
          )}
          <ConnectionSign connection={sale.connection.value} />
        </div>
        <div class="sale-words stack">
          <About campaign={campaign} offer={offer} />
          <Rules campaign={campaign} offer={offer} />
        </div>
      </div>
    </article>
  );
}

function NotThere({ sale }: { readonly sale: Sale }): JSX.Element {
  const failure = sale.failure.value;
  if (failure === null) {
    return (
      <p class="muted" role="status">
        {words.loading}
      </p>
    );
  }
  const { title, next } = explain(failure);
  return (
    <div class="stack not-there" role="status">
      <h1>{title}</h1>
      <p>{next}</p>
      <p>
        <a href="/">{words.back}</a>
      </p>
    </div>
  );
}

function Heading({ campaign, offer }: { readonly campaign: Campaign; readonly offer: Offer }): JSX.Element {
  const isOne = campaign.offers.length === 1;
  return (
    <header class="stack tight">
      <p class="row">
        {campaign.kind !== null && <Tag tone="bad">{kindName(campaign.kind)}</Tag>}
        <Tag>{wayName(campaign)}</Tag>
      </p>
      <h1>{offer.title}</h1>
      {(!isOne || campaign.title !== offer.title) && <p class="muted">{campaign.title}</p>}
    </header>
  );
}

function Offers({ sale, campaign, offer }: { sale: Sale; campaign: Campaign; offer: Offer }): JSX.Element {
  const { path, route } = useLocation();
  return (
    <fieldset class="offers">
      <legend>{words.choose}</legend>
      {campaign.offers.map((one) => (
        <label key={one.id} class="offer-choice">
          <input
            type="radio"
            name="offer"
            value={one.id}
            checked={one.id === offer.id}
            onChange={() => {
              sale.chooseOffer(one.id);
              route(`${path}?offer=${one.id}`, true);
            }}
          />
          <span class="offer-name">{one.title}</span>
          <span class="offer-price">{money(one.price_minor, one.currency)}</span>
        </label>
      ))}
    </fieldset>
  );
}

function Time({ campaign }: { readonly campaign: Campaign }): JSX.Element | null {
  const phase = phaseOf(campaign, now.value);
  switch (phase.is) {
    case "soon":
      return <Countdown untilMs={phase.atMs} label={words.opensIn} isSaid />;
    case "open":
      if (phase.atMs === null) return null;
      return (
        <Countdown untilMs={phase.atMs} label={campaign.admission === "draw" ? words.drawnIn : words.closesIn} isSaid />
      );
    case "paused":
      return <p class="phase">{words.paused}</p>;
    case "over":
      return <p class="phase">{words.over}</p>;
  }
}

/** What was bought here, as the server has acknowledged it. */
function Success({ sale }: { readonly sale: Sale }): JSX.Element {
  const order = shownOrder(sale);
  return (
    <div role="status">
      {order !== null && (
        <Notice tone="good">
          <h2>{order.state === "paid" ? words.orderPaid : words.reserved}</h2>
          <dl class="facts">
            <dt>{words.order}</dt>
            <dd class="mono">{order.id}</dd>
            {order.quantity > 1 && <dt>{words.quantity}</dt>}
            {order.quantity > 1 && <dd>{order.quantity}</dd>}
            <dt>{words.amount}</dt>
            <dd>{money(order.amount_minor, order.currency)}</dd>
            {order.state === "reserved" && <dt>{words.payBy}</dt>}
            {order.state === "reserved" && <dd>{moment(order.expires_at, now.peek())}</dd>}
          </dl>
          {order.state === "paid" && (
            <p>
              <a href={`/orders/${order.id}`}>{words.seeOrder}</a>
            </p>
          )}
        </Notice>
      )}
    </div>
  );
}

/** The order that waits for its payment; else one that was bought on this visit and is paid. */
function shownOrder({ button, orders, bought }: Sale): Order | null {
  const waiting = button.value?.is === "to_pay" ? button.value.order : null;
  if (waiting !== null) return waiting;
  return orders.value.find(({ id, state }) => id === bought.value?.id && state === "paid") ?? null;
}

function About({ campaign, offer }: { readonly campaign: Campaign; readonly offer: Offer }): JSX.Element | null {
  const texts = [offer.description, campaign.description].filter((text) => text !== null);
  if (texts.length === 0) return null;
  return (
    <section class="stack tight">
      <h2>{words.about}</h2>
      {texts.map((text) => (
        <p key={text} class="description">
          {text}
        </p>
      ))}
    </section>
  );
}

function Rules({ campaign, offer }: { readonly campaign: Campaign; readonly offer: Offer }): JSX.Element {
  const { commitment } = campaign;
  return (
    <section class="rules stack tight">
      <h2>{words.rules}</h2>
      <ul>
        {rulesOf(campaign, offer).map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
      {commitment !== undefined && (
        <details>
          <summary>{words.fair}</summary>
          <p>
            {campaign.admission === "draw" ? words.signedDraw : words.signedQueue}{" "}
            <span class="mono hash">{commitment}</span>
          </p>
          <p>
            <a href="/verify">{words.proof}</a>
          </p>
        </details>
      )}
    </section>
  );
}

function ConnectionSign({ connection }: { readonly connection: Connection }): JSX.Element {
  return (
    <p class={`connection ${connection}`} role="status">
      {connection === "offline" ? words.offline : connection === "polling" ? words.polling : ""}
    </p>
  );
}
