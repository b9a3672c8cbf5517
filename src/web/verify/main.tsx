/**
 * The page where anybody checks a sale, a receipt or a draw: all of it happens here, by proof/, from what is public.
 * `?campaign=` and `?draw=` begin at once, `?lang=` is read in that language.
 */
import { effect } from "@preact/signals";
import { render } from "preact";
import { Mark, Preferences } from "../shared/elements.tsx";
import { language, languages, wordsOf } from "../shared/language.ts";
import { DrawSection } from "./draw-section.tsx";
import { ReceiptSection } from "./receipt-section.tsx";
import { SaleSection } from "./sale-section.tsx";

const words = wordsOf({
  skip: ["Skip to content", "跳到正文"],
  sales: ["All sales", "全部活动"],
  orders: ["My orders", "我的订单"],
  title: ["Check a sale", "核验一场秒杀"],
  lead: [
    "Every unit that was ever offered, bought, paid for or given back has a row in the ledger of this shop. This page reads the rows and calculates them anew, here in your browser: it does not have to believe the shop.",
    "每一件商品的上架、预占、支付和退回，都在本店的台账里有一行记录。本页在您的浏览器里逐行读取并重新计算，不必相信商家。",
  ],
  provesTitle: ["What this proves", "这能证明什么"],
  proves1: [
    "The chain: nobody changed, took out, swapped or put in a row without changing every hash after it.",
    "链：任何一行被修改、删除、调换或插入，其后的所有哈希都会改变。",
  ],
  proves2: [
    "The counts: available, held and sold never fell below zero, and add up to what the shop shows.",
    "数量：可用、预占、已售从未低于零，合计与商家公布的一致。",
  ],
  proves3: [
    "The draw: nobody chose the order after the commitment, no entry was changed after the closing, and every order went down the list. That each entry is another person is the shop's word.",
    "抽签：承诺之后没有人选择过名次，截止之后没有报名被改动，订单依次发放。至于每个报名是否为不同的人，只能听凭商家。",
  ],
  proves4: [
    "Not by itself: that the shop did not rewrite everything from the beginning. For that, compare with a head or a receipt that was kept from before.",
    "仅凭它自己还不能证明：商家没有从头改写全部内容。为此，请与以前保存的头部或凭证比对。",
  ],
});

const query = new URLSearchParams(location.search);
const asked = languages.find((known) => known === query.get("lang"));
if (asked !== undefined) language.value = asked;
effect(() => {
  document.title = words.title;
});

function VerifyPage() {
  return (
    <>
      <a class="skip" href="#content">
        {words.skip}
      </a>
      <header class="head no-print">
        <a class="brand" href="/">
          <Mark />
          <span>{words.sales}</span>
        </a>
        <nav class="row">
          <a href="/orders">{words.orders}</a>
        </nav>
      </header>
      <main id="content" class="page" tabIndex={-1}>
        <div class="stack checks">
          <header>
            <h1>{words.title}</h1>
            <p class="muted">{words.lead}</p>
          </header>
          <SaleSection linked={query.get("campaign")} />
          <ReceiptSection />
          <DrawSection linked={query.get("draw")} />
          <section class="card stack">
            <h2>{words.provesTitle}</h2>
            <ul class="proves">
              <li>{words.proves1}</li>
              <li>{words.proves2}</li>
              <li>{words.proves3}</li>
              <li>{words.proves4}</li>
            </ul>
          </section>
        </div>
      </main>
      <footer class="foot no-print">
        <a href="/">{words.sales}</a>
        <Preferences />
      </footer>
    </>
  );
}

render(<VerifyPage />, document.body);
