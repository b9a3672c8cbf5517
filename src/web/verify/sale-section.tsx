/** Checks a whole sale by its number. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Finding } from "../proof/finding.ts";
import { checkSale, type SaleCheck } from "../proof/ledger.ts";
import { useCheck, Verdict } from "../shared/check.tsx";
import { Button } from "../shared/elements.tsx";
import { count, fullMoment } from "../shared/format.ts";
import { wordsOf } from "../shared/language.ts";

const words = wordsOf({
  title: ["The whole sale", "整场活动"],
  label: ["Number of the sale", "活动编号"],
  hint: ["It begins with cmp_ and stands in the address of the sale.", "以 cmp_ 开头，可在活动页面的地址中找到。"],
  check: ["Check", "开始核验"],
  reading: [(rows: string) => `${rows} rows checked`, (rows: string) => `已核验 ${rows} 行`],
  holds: ["Everything holds", "核验通过"],
  fails: ["It does not hold", "核验未通过"],
  whole: [
    (rows: string, from: string, to: string) =>
      `${rows} rows, from ${from} to ${to}. Every hash is right, no count was ever negative, and the counts add up to those that the shop shows.`,
    (rows: string, from: string, to: string) =>
      `共 ${rows} 行，从 ${from} 到 ${to}。每个哈希都正确，数量从未为负，合计与商家公布的一致。`,
  ],
  moving: [
    (rows: string, from: string, to: string) =>
      `${rows} rows, from ${from} to ${to}. Every hash is right and no count was ever negative. The sale is going on so fast that its counts could not be compared at rest.`,
    (rows: string, from: string, to: string) =>
      `共 ${rows} 行，从 ${from} 到 ${to}。每个哈希都正确，数量从未为负。活动正在快速进行，未能在静止时比对公布的数量。`,
  ],
  stopped: [
    (rows: string) => `Stopped after ${rows} rows. They all hold so far.`,
    (rows: string) => `已在 ${rows} 行后停止，到此为止全部成立。`,
  ],
  withheld: [
    (rows: string) =>
      `${rows} rows belong to sales that are not published yet: they show their hashes alone, which are part of the chain.`,
    (rows: string) => `其中 ${rows} 行属于尚未发布的活动，只公开哈希；这些哈希同样在链上。`,
  ],
  counts: ["What the ledger adds up to", "台账合计"],
  offer: ["Offer", "商品"],
  total: ["Total", "总量"],
  available: ["Available", "可用"],
  held: ["Held", "预占"],
  sold: ["Sold", "已售"],
  head: [
    "Keep this head of the ledger: whoever has it can prove later that nothing before was rewritten.",
    "请保存台账的这个头部：日后凭它就能证明此前的内容没有被改写。",
  ],
});

export function SaleSection({ linked }: { readonly linked: string | null }) {
  const campaign = useSignal(linked ?? "");
  const check = useCheck<SaleCheck>();
  const run = () => {
    const id = campaign.value.trim();
    void check.run(({ isStopped, onProgress }) => {
      if (!/^cmp_[0-9a-z]{10}$/.test(id)) throw new Finding("noSale");
      return checkSale(id, isStopped, onProgress);
    });
  };
  useEffect(() => {
    if (linked !== null) run();
  }, [linked]);
  return (
    <section class="card stack" aria-labelledby="sale-title">
      <h2 id="sale-title">{words.title}</h2>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          run();
        }}
      >
        <label for="campaign">{words.label}</label>
        <div class="row">
          <input
            type="text"
            id="campaign"
            required
            autocomplete="off"
            autocapitalize="none"
            spellcheck={false}
            placeholder="cmp_0000000001"
            aria-describedby="campaign-hint"
            value={campaign.value}
            onInput={({ currentTarget }) => {
              campaign.value = currentTarget.value;
            }}
          />
          <Button type="submit" kind="primary">
            {words.check}
          </Button>
        </div>
        <p class="muted small" id="campaign-hint">
          {words.hint}
        </p>
      </form>
      <Verdict
        check={check}
        title={titleOf(check.state.value)}
        failTitle={words.fails}
        progress={words.reading}
        isOfRows
        canStop
      >
        {(result) => <SaleFound {...result} />}
      </Verdict>
    </section>
  );
}

function titleOf(state: ReturnType<typeof useCheck<SaleCheck>>["state"]["value"]): string {
  const isStopped = state.kind === "good" && state.value.end === "stopped";
  return isStopped ? words.stopped(count(state.value.walk.count)) : words.holds;
}

function SaleFound({ walk, offers, end }: SaleCheck) {
  if (end === "stopped") return null;
  const [from, to] = [walk.from, walk.to].map((at) => (at === null ? "" : fullMoment(at))) as [string, string];
  return (
    <>
      <p>{words[end](count(walk.count), from, to)}</p>
      {walk.withheld > 0 && <p>{words.withheld(count(walk.withheld))}</p>}
      <div class="scroll-x">
        <table class="counts">
          <caption class="visually-hidden">{words.counts}</caption>
          <thead>
            <tr>
              <th scope="col">{words.offer}</th>
              <th scope="col" class="number">
                {words.total}
              </th>
              <th scope="col" class="number">
                {words.available}
              </th>
              <th scope="col" class="number">
                {words.held}
              </th>
              <th scope="col" class="number">
                {words.sold}
              </th>
            </tr>
          </thead>
          <tbody>
            {offers.map(({ id, title }) => {
              const { available, held, sold } = walk.countsOf(id);
              return (
                <tr key={id}>
                  <th scope="row">{title}</th>
                  <td class="number">{count(available + held + sold)}</td>
                  <td class="number">{count(available)}</td>
                  <td class="number">{count(held)}</td>
                  <td class="number">{count(sold)}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      <p>{words.head}</p>
      <code class="proof-hash">{`${walk.seq}:${walk.hash}`}</code>
    </>
  );
}
