/** What can be checked of a queue by whoever stood in it, and what only the shop can: said plainly, then done. */
import { checkQueue, type QueueTold } from "../proof/queue.ts";
import { useCheck, Verdict } from "../shared/check.tsx";
import { Button } from "../shared/elements.tsx";
import { count } from "../shared/format.ts";
import { wordsOf } from "../shared/language.ts";
import type { Campaign } from "../shared/wire.ts";

const words = wordsOf({
  title: ["How the line was made", "排队次序怎么来的"],
  drawn: [
    (people: string) =>
      `${people} were there at the opening. Their order was drawn from a secret that was fixed before anybody could join; whoever came later stands behind, in the order of coming.`,
    (people: string) =>
      `开始时共有 ${people} 人在场，他们的次序由一个事先固定的秘密随机决定；之后来的人按先后排在后面。`,
  ],
  notDrawn: [
    "Nobody was there at the opening, so nothing was drawn: everybody stands in the order of coming.",
    "开始时没有人在场，因此没有抽签：所有人按先后排队。",
  ],
  limits: [
    "You can check the secret and the ledger here. Single places are checked by whoever holds the shop's records, with 'rushbox verify'.",
    "您可以在这里核验秘密和台账。每个人的具体位置，由持有商家记录的一方用 rushbox verify 核验。",
  ],
  promise: ["The promise", "事先的承诺"],
  secret: ["The secret", "秘密"],
  verify: ["Verify", "立即核验"],
  reading: [(rows: string) => `${rows} rows of the ledger read …`, (rows: string) => `已读取台账 ${rows} 行……`],
  holds: ["It holds", "核验通过"],
  fails: ["It does not hold", "核验未通过"],
  holdsText: [
    (row: string) =>
      `The secret fits the promise, and row ${row} of the ledger holds the drawing. Every hash up to it is right.`,
    (row: string) => `秘密与承诺相符，台账第 ${row} 行记录了这次抽签，截至该行的每个哈希都正确。`,
  ],
});

export function QueueProof({ campaign }: { readonly campaign: Campaign }) {
  const { id, commitment, secret, drawn_count: drawn } = campaign;
  const isDrawn = typeof secret === "string" && typeof drawn === "number";
  return (
    <section class="card stack wide" aria-labelledby="queue-proof">
      <h2 id="queue-proof">{words.title}</h2>
      {isDrawn ? (
        <DrawnQueue campaign={id} commitment={commitment} secret={secret} count={drawn} />
      ) : (
        <p>{words.notDrawn}</p>
      )}
    </section>
  );
}

function DrawnQueue(queue: QueueTold) {
  const check = useCheck<number>();
  return (
    <>
      <p>{words.drawn(count(queue.count))}</p>
      <p class="muted">{words.limits}</p>
      <dl class="proof-steps">
        <div>
          <dt>{words.promise}</dt>
          <dd>
            <code class="proof-hash">{queue.commitment}</code>
          </dd>
        </div>
        <div>
          <dt>{words.secret}</dt>
          <dd>
            <code class="proof-hash">{queue.secret}</code>
          </dd>
        </div>
      </dl>
      <div>
        <Button
          isBusy={check.state.value.kind === "running"}
          onPress={() => void check.run(({ onProgress }) => checkQueue(queue, onProgress))}
        >
          {words.verify}
        </Button>
      </div>
      <Verdict check={check} title={words.holds} failTitle={words.fails} progress={words.reading} isOfRows>
        {(row) => <p>{words.holdsText(count(row))}</p>}
      </Verdict>
    </>
  );
}
