/** The button of a sale with what is told beside it, how many, and what else can be done. Its state comes from sale.ts. */
import { type Signal, useSignal } from "@preact/signals";
import type { JSX, RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { useLocation } from "preact-iso";
import { now } from "../shared/clock.ts";
import { Button } from "../shared/elements.tsx";
import { count, duration } from "../shared/format.ts";
import { wordsOf } from "../shared/language.ts";
import type { Campaign, Offer, Order } from "../shared/wire.ts";
import type { ButtonState, Is, Press, Tell } from "./button.ts";
import { captchaHow, labelOf, pressLabel, sentenceOf, signInHow } from "./button-words.ts";
import type { Sale } from "./sale.ts";
import { signInAddress } from "./session.ts";

const words = wordsOf({
  quantity: ["How many", "数量"],
  fewer: ["One fewer", "减一件"],
  more: ["One more", "加一件"],
  solving: [
    (time: string) => `Your browser is getting ready in the background (${time}).`,
    (time: string) => `浏览器正在后台准备（${time}）。`,
  ],
  ready: ["Your browser is ready.", "浏览器已准备好。"],
});

interface SaleButtonProps {
  readonly sale: Sale;
  readonly campaign: Campaign;
  readonly offer: Offer;
  readonly button: ButtonState;
}

export function SaleButton({ sale, campaign, offer, button }: SaleButtonProps): JSX.Element {
  const titleOf = (id: string) => campaign.offers.find((known) => known.id === id)?.title ?? "";
  const { press, is } = button;
  const box = useRef<HTMLDivElement>(null);
  const isBesideChat = useBesideChat(box).value;
  // What is pressed besides goes away with what it was for: the focus stays here.
  const pressBeside = (what: Press) => {
    box.current?.querySelector("button")?.focus();
    sale.press(what);
  };
  const mayChoose = (is === "buy" || is === "turn") && press === "buy" && button.mayBuy > 1;
  return (
    <div class="act">
      {mayChoose && <Quantity sale={sale} max={button.mayBuy} />}
      <div
        ref={box}
        class={`main-button ${isGood(button) ? "good" : ""} ${isBesideChat ? "beside-chat" : ""}`}
        data-is={is}
      >
        <MainButton sale={sale} offer={offer} button={button} />
      </div>
      <div class="tells" role="status">
        {button.tells
          .filter((tell) => !isTicking(tell))
          .map((tell) => (
            <p key={tell.tell} class={tell.tell === "refused" ? "told refused" : "told"}>
              {sentenceOf(tell, now.peek(), { titleOf, isNamed: is === "held_back" })}
            </p>
          ))}
        {press === "sign_in" && signInAddress() === null && <p class="told">{signInHow()}</p>}
        {is === "captcha" && <p class="told">{captchaHow()}</p>}
      </div>
      {button.tells.filter(isTicking).map((tell) => (
        <Ticking key={tell.tell} tell={tell} />
      ))}
      <Preparation sale={sale} is={is} />
      {button.beside.length > 0 && (
        <div class="row beside">
          {button.beside.map((one) => (
            <Beside key={one} press={one} order={button.order} onPress={() => pressBeside(one)} />
          ))}
        </div>
      )}
    </div>
  );
}

/** As far up from the lower edge of the screen as the chat's button reaches. */
const chatHeight = "80px";

/** Whether the button stands so low that the chat's is beside it. Until that is known it is taken to be so. */
function useBesideChat(box: RefObject<HTMLElement | null>): Signal<boolean> {
  const isBeside = useSignal(true);
  useEffect(() => {
    if (box.current === null) return;
    const observer = new IntersectionObserver(
      (entries) => {
        const entry = entries.at(-1); // a page that was busy gets several at once, the last of now
        if (entry?.rootBounds) isBeside.value = entry.boundingClientRect.bottom > entry.rootBounds.bottom;
      },
      { rootMargin: `0px 0px -${chatHeight}`, threshold: [0, 1] },
    );
    observer.observe(box.current);
    return () => observer.disconnect();
  }, []);
  return isBeside;
}

type TickingTell = Extract<Tell, { tell: "pay_until" | "pass_until" | "again" }>;

/** What changes ten times a second is not read out. */
function isTicking(tell: Tell): tell is TickingTell {
  return ["pay_until", "pass_until", "again"].includes(tell.tell);
}

function Ticking({ tell }: { readonly tell: TickingTell }): JSX.Element {
  return (
    <p class="told ticking" role="timer">
      {sentenceOf(tell, now.value, { titleOf: () => "", isNamed: false })}
    </p>
  );
}

interface MainButtonProps {
  readonly sale: Sale;
  readonly offer: Offer;
  readonly button: ButtonState;
}

function MainButton({ sale, offer, button }: MainButtonProps): JSX.Element {
  const { route } = useLocation();
  // Only a countdown in the label makes it change by the clock.
  const label = labelOf(button, offer, sale.wanted.value, button.is === "not_yet" ? now.value : 0);
  const { press, order } = button;
  const canGo = (press !== "sign_in" && press !== "go_to_shop") || signInAddress() !== null;
  const act = (what: Press) => {
    if (what === "see_order" && order !== null) route(`/orders/${order.id}`);
    else sale.press(what);
  };
  return (
    <Button
      kind={press === null || isGood(button) ? "plain" : "primary"}
      isBusy={button.isBusy}
      isDisabled={press === null || !canGo}
      onPress={press === null ? undefined : () => act(press)}
    >
      {label}
    </Button>
  );
}

/** Whether it says that something is the buyer's. */
function isGood({ is, press }: ButtonState): boolean {
  return is === "yours" || (is === "to_pay" && press === "see_order");
}

interface BesideProps {
  readonly press: Press;
  readonly order: Order | null;
  readonly onPress: () => void;
}

function Beside({ press, order, onPress }: BesideProps): JSX.Element {
  if (press === "see_order" && order !== null) {
    return (
      <a class="button quiet" href={`/orders/${order.id}`}>
        {pressLabel(press)}
      </a>
    );
  }
  return (
    <Button kind="quiet" onPress={onPress}>
      {pressLabel(press)}
    </Button>
  );
}

function Quantity({ sale, max }: { readonly sale: Sale; readonly max: number }): JSX.Element {
  const { value } = sale.wanted;
  const set = (next: number) => {
    sale.quantity.value = Math.max(1, Math.min(max, next));
  };
  return (
    <fieldset class="quantity">
      <legend>{words.quantity}</legend>
      <Button label={words.fewer} isDisabled={value <= 1} onPress={() => set(value - 1)}>
        −
      </Button>
      <output aria-live="polite">{count(value)}</output>
      <Button label={words.more} isDisabled={value >= max} onPress={() => set(value + 1)}>
        +
      </Button>
    </fieldset>
  );
}

/** States in which it matters whether the browser has solved its puzzle. */
const preparing: readonly Is[] = ["not_yet", "line", "enter", "buy", "working"];

function Preparation({ sale, is }: { readonly sale: Sale; readonly is: Is }): JSX.Element | null {
  if (!preparing.includes(is)) return null;
  if (sale.solvingSinceMs.value !== null) return <Solving sinceMs={sale.solvingSinceMs.value} />;
  return sale.isReady.value ? <p class="told ready">{words.ready}</p> : null;
}

function Solving({ sinceMs }: { readonly sinceMs: number }): JSX.Element {
  const seconds = Math.max(0, Math.floor((now.value - sinceMs) / 1_000));
  return (
    <p class="told solving">
      <span class="running" aria-hidden="true" />
      {words.solving(duration(seconds))}
    </p>
  );
}
