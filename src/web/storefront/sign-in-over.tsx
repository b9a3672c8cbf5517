/**
 * Tells somebody that their sign-in at the shop has run out, and how to go on: signed in again, or, where guests are
 * welcome and by their own choice alone, as a guest, who does not see the orders of their account.
 */
import type { JSX } from "preact";
import { Button, Notice } from "../shared/elements.tsx";
import { wordsOf } from "../shared/language.ts";
import { goOnAsGuest, isRefused, isSignInOver, shop, signInAddress } from "./session.ts";

const words = wordsOf({
  title: ["Your sign-in at the shop has run out", "您在商城的登录已过期"],
  text: ["Sign in again to see your orders and to buy.", "请重新登录，以查看订单并继续购买。"],
  fromShop: [
    "Sign in at the shop and open this page from there, to see your orders and to buy.",
    "请在商城重新登录，再从商城打开本页，以查看订单并继续购买。",
  ],
  signIn: ["Sign in at the shop", "去商城登录"],
  unknown: ["This shop no longer knows you as a guest", "游客身份已失效"],
  unknownText: [
    "Orders made as that guest cannot be shown here any more. You can still take part: you become a new guest.",
    "此前以游客身份下的订单无法再显示。您仍可参加活动，届时将使用新的游客身份。",
  ],
  guest: ["Go on as a guest", "以游客身份继续"],
});

export function SignInOver(): JSX.Element {
  return (
    <div role="status">
      {isSignInOver.value && <Told />}
      {isRefused.value && <GuestUnknown />}
    </div>
  );
}

/** A guest has nothing to sign in with; their next step makes another one. */
function GuestUnknown(): JSX.Element {
  return (
    <Notice tone="warn">
      <p>
        <strong>{words.unknown}</strong>
      </p>
      <p>{words.unknownText}</p>
    </Notice>
  );
}

function Told(): JSX.Element {
  const address = signInAddress();
  const goOn = () => {
    goOnAsGuest();
    document.getElementById("content")?.focus({ preventScroll: true }); // the button goes away
  };
  return (
    <Notice tone="warn">
      <p>
        <strong>{words.title}</strong>
      </p>
      <p>{address === null ? words.fromShop : words.text}</p>
      <p class="row">
        {address !== null && (
          <a class="button" href={address}>
            {words.signIn}
          </a>
        )}
        {shop.value?.guests === true && (
          <Button kind="quiet" onPress={goOn}>
            {words.guest}
          </Button>
        )}
      </p>
    </Notice>
  );
}
