/**
 * Why somebody was drawn or not: what decided, each thing in a sentence, and the whole of it calculated anew in this
 * browser. Everything shown is of the buyer's own proof; what it has to fit is public.
 */
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import type { Proof } from "../proof/draw.ts";
import { checkProof } from "../proof/draw-check.ts";
import type { Refusal } from "../shared/api.ts";
import { useCheck, Verdict } from "../shared/check.tsx";
import { Button, Notice } from "../shared/elements.tsx";
import { count, fullMoment } from "../shared/format.ts";
import { wordsOf } from "../shared/language.ts";
import { explain } from "../shared/refusals.ts";
import { download } from "./download.ts";
import { api } from "./session.ts";

const words = wordsOf({
  drawnTitle: ["Why you were drawn", "为什么抽中了您"],
  notDrawnTitle: ["Why you were not drawn", "为什么没有抽中您"],
  openTitle: ["What will decide the draw", "抽签由什么决定"],
  entered: ["Your entry", "您的报名"],
  enteredText: [
    (entry: string, at: string) => `${entry}, entered ${at}. Being early or late makes no difference.`,
    (entry: string, at: string) => `${entry}，报名于 ${at}。早晚报名机会相同。`,
  ],
  entries: ["Entries", "报名数"],
  entriesText: [
    (entries: string) =>
      `${entries} took part, each once. Their list was fixed at the closing by one number, the root:`,
    (entries: string) => `共 ${entries} 个报名参加，每人一次。截止时，全部名单由一个数（根）固定下来：`,
  ],
  rank: ["Your rank", "您的名次"],
  rankOffered: [
    (rank: string) => `${rank}. Orders went down the list from rank 1 and came to you.`,
    (rank: string) => `第 ${rank} 名。订单从第 1 名起依次发放，轮到了您。`,
  ],
  rankWaiting: [
    (rank: string) =>
      `${rank}. Orders go down the list from rank 1; none has come down to you so far. What others do not pay for goes on down the list.`,
    (rank: string) => `第 ${rank} 名。订单从第 1 名起依次发放，目前还没有轮到您；他人未付款的会继续往下发放。`,
  ],
  rankLeft: [
    (rank: string) => `${rank}. You had left the draw, so your rank was passed over.`,
    (rank: string) => `第 ${rank} 名。您已退出抽签，因此被跳过。`,
  ],
  commitment: ["The promise", "事先的承诺"],
  commitmentText: [
    "Published before anybody could enter. It fixes the secret without giving it away, so nobody could choose another one later:",
    "在任何人报名之前就已公布。它固定了秘密而不泄露秘密，所以事后无法更换：",
  ],
  secret: ["The secret", "秘密"],
  secretText: [
    "Made by chance before the sale was published, and shown after the closing. Its hash is the promise above:",
    "在活动发布前随机生成，截止后公布。它的哈希就是上面的承诺：",
  ],
  beacon: ["The public beacon", "公共信标"],
  beaconText: [
    (round: string) =>
      `Round ${round} of a public source of chance that neither the shop nor anybody else can know before. It decides together with the secret:`,
    (round: string) => `公共随机源的第 ${round} 轮，商家和任何人都无法事先知道。它与秘密共同决定结果：`,
  ],
  beaconWaits: [
    (round: string) => `The draw waits for round ${round} of a public source of chance that nobody can know before.`,
    (round: string) => `抽签正在等待公共随机源的第 ${round} 轮，任何人都无法事先知道。`,
  ],
  noBeacon: [
    "None in this sale: the secret decides alone. Whoever knew it before the closing could have used that.",
    "本场未使用：结果仅由秘密决定。截止前知道秘密的人有可能加以利用。",
  ],
  seed: ["The seed", "种子"],
  seedText: [
    "Secret, root, number of entries and beacon together give it, and it alone gives the order of all entries:",
    "由秘密、根、报名数和信标共同得出；全部名次只由它决定：",
  ],
  void: [
    "There was no draw: the sale was ended before, or nobody was left to draw.",
    "没有抽签：活动提前结束，或没有可抽的报名。",
  ],
  open: [
    "Entries are still taken. Keep your proof, and check again after the draw.",
    "仍在报名。请保存证明，抽签后再来核验。",
  ],
  verify: ["Verify", "立即核验"],
  download: ["Download the proof", "下载证明"],
  whole: ["Check the whole draw", "核验整场抽签"],
  checking: ["Calculating the order of all entries anew …", "正在重新计算全部名次……"],
  holds: ["The draw holds", "抽签核验通过"],
  fails: ["The draw does not hold", "抽签核验未通过"],
  holdsMade: [
    "Calculated here: the secret fits the promise, your entry is among those that were fixed, and your rank follows from the seed. The ledger holds your entry.",
    "已在您的浏览器里计算：秘密与承诺相符，您的报名在固定的名单之中，名次由种子推出，台账中有您的报名。",
  ],
  holdsOpen: [
    "Calculated here: your entry stands in the ledger, and the promise is the one that the shop shows to everybody.",
    "已在您的浏览器里计算：您的报名已记入台账，承诺与商家向所有人公布的一致。",
  ],
});

interface DrawProofProps {
  readonly offer: string;
  readonly campaign: string;
  /** Told whether there is an entry of this buyer at all. */
  readonly onKnown?: (isEntered: boolean) => void;
}

export function DrawProof({ offer, campaign, onKnown }: DrawProofProps) {
  const proof = useSignal<Proof | null>(null);
  const refused = useSignal<Refusal | null>(null);
  useEffect(() => {
    void api<Proof>(`/v1/offers/${offer}/draw/proof`).then((answer) => {
      if (answer.isOk) proof.value = answer.value;
      else if (answer.code !== "not_waiting") refused.value = answer; // others have entered, not this buyer
      onKnown?.(answer.isOk || answer.code !== "not_waiting");
    });
  }, [offer]);
  if (proof.value !== null) return <ProofShown proof={proof.value} campaign={campaign} />;
  if (refused.value === null) return null;
  const { title, next } = explain(refused.value);
  return (
    <Notice tone="bad" isLive>
      <strong>{title}</strong>
      <p>{next}</p>
    </Notice>
  );
}

function ProofShown({ proof, campaign }: { readonly proof: Proof; readonly campaign: string }) {
  const check = useCheck<Proof>();
  const { draw } = proof;
  return (
    <section class="card stack wide" aria-label={titleOf(proof)}>
      <h2>{titleOf(proof)}</h2>
      {draw.state === "void" && <p>{words.void}</p>}
      {draw.state === "open" && <p>{words.open}</p>}
      <Reasons proof={proof} />
      <div class="row">
        <Button
          isBusy={check.state.value.kind === "running"}
          onPress={() =>
            void check.run(async () => {
              await checkProof(proof);
              return proof;
            })
          }
        >
          {words.verify}
        </Button>
        <Button kind="quiet" onPress={() => download("draw-proof.json", JSON.stringify(proof, null, 2))}>
          {words.download}
        </Button>
        <a href={`/verify?draw=${campaign}`}>{words.whole}</a>
      </div>
      <Verdict check={check} title={words.holds} failTitle={words.fails} progress={() => words.checking}>
        {() => <p>{draw.state === "made" ? words.holdsMade : words.holdsOpen}</p>}
      </Verdict>
    </section>
  );
}

function titleOf({ draw, state }: Proof): string {
  if (draw.state !== "made") return words.openTitle;
  return state === "offered" ? words.drawnTitle : words.notDrawnTitle;
}

function Reasons({ proof }: { readonly proof: Proof }) {
  const { draw, rank, entry_id: entry, entered_at: at, commitment } = proof;
  return (
    <dl class="proof-steps">
      {draw.state === "made" && rank !== null && <Reason name={words.rank}>{rankText(proof, count(rank))}</Reason>}
      <Reason name={words.entered}>{words.enteredText(entry, fullMoment(at))}</Reason>
      {draw.root !== null && (
        <Reason name={words.entries} hash={draw.root}>
          {words.entriesText(count(draw.count ?? 0))}
        </Reason>
      )}
      <Reason name={words.commitment} hash={commitment}>
        {words.commitmentText}
      </Reason>
      {draw.secret !== null && (
        <Reason name={words.secret} hash={draw.secret}>
          {words.secretText}
        </Reason>
      )}
      <BeaconReason proof={proof} />
      {draw.seed !== null && (
        <Reason name={words.seed} hash={draw.seed}>
          {words.seedText}
        </Reason>
      )}
    </dl>
  );
}

function BeaconReason({ proof: { beacon, draw } }: { readonly proof: Proof }) {
  if (beacon === null) return <Reason name={words.beacon}>{words.noBeacon}</Reason>;
  const round = count(beacon.round);
  if (draw.beacon === null) return <Reason name={words.beacon}>{words.beaconWaits(round)}</Reason>;
  return (
    <Reason name={words.beacon} hash={draw.beacon.randomness}>
      {words.beaconText(round)}
    </Reason>
  );
}

interface ReasonProps {
  readonly name: string;
  readonly hash?: string;
  readonly children: ComponentChildren;
}

function Reason({ name, hash, children }: ReasonProps) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
      {hash !== undefined && (
        <dd>
          <code class="proof-hash">{hash}</code>
        </dd>
      )}
    </div>
  );
}

function rankText({ state }: Proof, rank: string): string {
  if (state === "offered") return words.rankOffered(rank);
  return state === "left" ? words.rankLeft(rank) : words.rankWaiting(rank);
}
