/** Checks a draw: the shop's whole one by its number, or what somebody has kept of it. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { OfferDraw, Proof, Terms } from "../proof/draw.ts";
import { checkDrawHere, checkKeptDraw, checkProof, type DrawCheck, parseDraw } from "../proof/draw-check.ts";
import { Finding } from "../proof/finding.ts";
import { useCheck, Verdict } from "../shared/check.tsx";
import { Button } from "../shared/elements.tsx";
import { count } from "../shared/format.ts";
import { wordsOf } from "../shared/language.ts";
import { PasteForm } from "./paste-form.tsx";

const words = wordsOf({
  title: ["Check a draw", "核验抽签"],
  lead: [
    "A draw is decided by a secret that was committed to before anybody could enter. Check the whole draw of this shop, or the proof of your own entry: it is not sent anywhere.",
    "抽签由一个秘密决定，在任何人报名之前就公布了对它的承诺。您可以核验本店整场抽签，或自己的报名证明；内容不会被发送到任何地方。",
  ],
  label: ["Number of the sale", "活动编号"],
  check: ["Check the draw", "核验抽签"],
  proofLabel: ["Paste your proof, or a whole draw that was kept", "粘贴您的证明，或保存下来的整场抽签"],
  proofCheck: ["Check it", "开始核验"],
  reading: [(entries: string) => `${entries} entries read`, (entries: string) => `已读取 ${entries} 个报名`],
  drawHolds: ["The draw holds", "抽签核验通过"],
  proofHolds: ["The proof holds", "证明有效"],
  fails: ["It does not hold", "核验未通过"],
  made: [
    (offer: string, entries: string, offered: string) =>
      `Offer ${offer}: ${entries} entries give the root that was fixed at the closing, every rank follows from the seed, and ${offered} orders went down the list.`,
    (offer: string, entries: string, offered: string) =>
      `商品 ${offer}：${entries} 个报名得出截止时固定的根，每个名次都由种子推出，${offered} 个订单依次发放。`,
  ],
  open: [
    (offer: string, commitment: string) =>
      `Offer ${offer}: entries are still taken. The commitment is public; keep it: ${commitment}`,
    (offer: string, commitment: string) => `商品 ${offer}：仍在报名。承诺已公开，请保存：${commitment}`,
  ],
  waiting: [
    (offer: string, entries: string, round: string) =>
      `Offer ${offer}: ${entries} entries give the root that was fixed at the closing. The draw waits for round ${round} of the beacon.`,
    (offer: string, entries: string, round: string) =>
      `商品 ${offer}：${entries} 个报名得出截止时固定的根。抽签正在等待信标的第 ${round} 轮。`,
  ],
  none: [
    (offer: string) => `Offer ${offer}: there is no draw. Nobody entered, or the sale was ended before.`,
    (offer: string) => `商品 ${offer}：没有抽签。无人报名，或活动已提前结束。`,
  ],
  terms: [
    (offer: string) =>
      `Offer ${offer}: secret, beacon and seed fit what was promised. Its entries are not in this file.`,
    (offer: string) => `商品 ${offer}：秘密、信标和种子与承诺相符。此文件不含报名列表。`,
  ],
  proofMade: [
    (of: ProofText) =>
      `Entry ${of.entry} of ${of.buyer} is among the ${of.count} that were drawn. Its rank is ${of.rank}.`,
    (of: ProofText) => `${of.buyer} 的报名 ${of.entry} 在参加抽签的 ${of.count} 个之中，名次为第 ${of.rank}。`,
  ],
  proofClosed: [
    (of: ProofText) =>
      `Entry ${of.entry} of ${of.buyer} is among the ${of.count} that will be drawn. The draw waits for its beacon.`,
    (of: ProofText) => `${of.buyer} 的报名 ${of.entry} 在将要抽签的 ${of.count} 个之中。抽签正在等待信标。`,
  ],
  proofOpen: [
    (of: ProofText) =>
      `Entry ${of.entry} of ${of.buyer} stands in the ledger. Keep this proof, and check it again after the draw.`,
    (of: ProofText) => `${of.buyer} 的报名 ${of.entry} 已记入台账。请保存此证明，抽签后再次核验。`,
  ],
  proofVoid: [
    (of: ProofText) =>
      `Entry ${of.entry} of ${of.buyer} stands in the ledger. There was no draw: the sale was ended before.`,
    (of: ProofText) => `${of.buyer} 的报名 ${of.entry} 已记入台账。没有抽签：活动已提前结束。`,
  ],
  stateWaiting: ["No unit has come down to it so far.", "目前还没有轮到它。"],
  stateOffered: [
    (order: string) => `It was offered an order: ${order}.`,
    (order: string) => `它获得了订单：${order}。`,
  ],
  stateLeft: ["It was left by its buyer, and passed over.", "买家已退出，因此被跳过。"],
  beacon: [
    (round: string, chain: string, randomness: string) =>
      `Round ${round} of the beacon ${chain} decided with the secret. Its signature is not checked here: compare its randomness with what the beacon itself publishes, or use 'rushbox verify-draw'. Randomness: ${randomness}`,
    (round: string, chain: string, randomness: string) =>
      `信标 ${chain} 的第 ${round} 轮与秘密共同决定结果。此处不核验它的签名：请将随机数与信标自己公布的比对，或使用 rushbox verify-draw。随机数：${randomness}`,
  ],
  noBeacon: [
    "The secret decides alone: this proves nothing against somebody who knew it before the closing.",
    "结果仅由秘密决定：这不能防范在截止前就知道秘密的人。",
  ],
});

type ProofText = Readonly<Record<"entry" | "buyer" | "count" | "rank", string>>;
type Found = { readonly draw: DrawCheck } | { readonly proof: Proof };

export function DrawSection({ linked }: { readonly linked: string | null }) {
  const campaign = useSignal(linked ?? "");
  const check = useCheck<Found>();
  const runHere = () => {
    const id = campaign.value.trim();
    void check.run(async ({ onProgress }) => {
      if (!/^cmp_[0-9a-z]{10}$/.test(id)) throw new Finding("noDraw");
      return { draw: await checkDrawHere(id, onProgress) };
    });
  };
  const runKept = (text: string) =>
    void check.run(async ({ onProgress }) => {
      const kept = parseDraw(text);
      if (!("proof" in kept)) return { draw: await checkKeptDraw(kept, onProgress) };
      await checkProof(kept.proof);
      return kept;
    });
  useEffect(() => {
    if (linked !== null) runHere();
  }, [linked]);
  const state = check.state.value;
  const isProof = state.kind === "good" && "proof" in state.value;
  return (
    <section class="card stack" aria-labelledby="draw-title">
      <h2 id="draw-title">{words.title}</h2>
      <p class="muted">{words.lead}</p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          runHere();
        }}
      >
        <label for="draw-campaign">{words.label}</label>
        <div class="row">
          <input
            type="text"
            id="draw-campaign"
            required
            autocomplete="off"
            autocapitalize="none"
            spellcheck={false}
            placeholder="cmp_0000000001"
            value={campaign.value}
            onInput={({ currentTarget }) => {
              campaign.value = currentTarget.value;
            }}
          />
          <Button type="submit" kind="primary">
            {words.check}
          </Button>
        </div>
      </form>
      <PasteForm
        label={words.proofLabel}
        check={words.proofCheck}
        accept="application/json,.json,.jsonl,.txt"
        isShown={false}
        onText={runKept}
      />
      <Verdict
        check={check}
        title={isProof ? words.proofHolds : words.drawHolds}
        failTitle={words.fails}
        progress={words.reading}
      >
        {(found) => ("proof" in found ? <ProofFound proof={found.proof} /> : <DrawFound {...found.draw} />)}
      </Verdict>
    </section>
  );
}

function DrawFound({ document, offers }: DrawCheck) {
  return (
    <>
      {offers.map(({ draw, check }) => (
        <p key={draw.offer_id}>{drawText(document, draw, check?.offered ?? null)}</p>
      ))}
      <p>{beaconText(document, offers[0]?.draw ?? null)}</p>
    </>
  );
}

function drawText({ commitment, beacon }: Terms, draw: OfferDraw, offered: number | null): string {
  const { offer_id: offer, state } = draw;
  const entries = count(draw.count ?? 0);
  switch (state) {
    case "open":
      return words.open(offer, commitment);
    case "void":
      return words.none(offer);
    case "waiting_for_beacon":
      return words.waiting(offer, entries, String(beacon?.round ?? ""));
    case "made":
      return offered === null ? words.terms(offer) : words.made(offer, entries, count(offered));
  }
}

function ProofFound({ proof }: { readonly proof: Proof }) {
  const { entry_id: entry, buyer_id: buyer, rank, draw } = proof;
  const of = { entry, buyer, rank: count(rank ?? 0), count: count(draw.count ?? 0) };
  return (
    <>
      <p>
        {draw.state === "made" && `${words.proofMade(of)} ${stateText(proof)}`}
        {draw.state === "waiting_for_beacon" && words.proofClosed(of)}
        {draw.state === "void" && words.proofVoid(of)}
        {draw.state === "open" && words.proofOpen(of)}
      </p>
      <p>{beaconText(proof, draw)}</p>
    </>
  );
}

function stateText({ state, order_id: order }: Proof): string {
  if (state === "offered") return words.stateOffered(order ?? "");
  return state === "left" ? words.stateLeft : words.stateWaiting;
}

function beaconText({ beacon }: Terms, draw: OfferDraw | null): string {
  if (beacon === null) return words.noBeacon;
  return words.beacon(String(beacon.round), beacon.chain, draw?.beacon?.randomness ?? "-");
}
