/** The draws of a sale as whoever entered them sees them: drawn or not, and why. */
import { useSignal } from "@preact/signals";
import { wordsOf } from "../shared/language.ts";
import { DrawProof } from "./draw-proof.tsx";
import { NobodyHere } from "./nobody-here.tsx";
import { campaignOf } from "./orders.ts";
import { buyer } from "./session.ts";

const words = wordsOf({
  title: ["Your draw", "您的抽签"],
  none: ["You have no entry in the draws of this sale.", "您没有报名这场活动的抽签。"],
  toSale: ["To the sale", "去活动页面"],
});

export function DrawPage({ id = "" }: { readonly id?: string }) {
  return buyer.value === null ? <NobodyHere /> : <DrawsOf key={`${buyer.value.id} ${id}`} campaign={id} />;
}

function DrawsOf({ campaign: id }: { readonly campaign: string }) {
  const entered = useSignal<ReadonlyMap<string, boolean>>(new Map());
  const campaign = campaignOf(id);
  const offers = campaign?.offers ?? [];
  const isNone = offers.length > 0 && offers.every((offer) => entered.value.get(offer.id) === false);
  return (
    <div class="stack orders">
      <h1>{campaign?.title ?? words.title}</h1>
      {isNone && <p>{words.none}</p>}
      {offers.map((offer) => (
        <DrawProof
          key={offer.id}
          offer={offer.id}
          campaign={id}
          onKnown={(isEntered) => {
            entered.value = new Map(entered.value).set(offer.id, isEntered);
          }}
        />
      ))}
      <p>
        <a href={`/campaigns/${id}`}>{words.toSale}</a>
      </p>
    </div>
  );
}
