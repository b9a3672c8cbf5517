/** Where a page shows what belongs to a buyer, and nobody is here: what to do. */
import { wordsOf } from "../shared/language.ts";
import { isRefused, isSignInOver, shop, signInAddress } from "./session.ts";
import { SignInOver } from "./sign-in-over.tsx";

const words = wordsOf({
  nothing: ["You have not bought anything here yet", "您还没有在这里购买过"],
  nothingText: [
    "As soon as you take part in a sale, this device remembers your orders.",
    "参加任意一场活动后，本设备就会记住您的订单。",
  ],
  signIn: ["Sign in to see your orders", "请登录后查看订单"],
  signInText: [
    "Your orders belong to your account at the shop. Sign in there and come back.",
    "订单归您的商城账号所有，请先在商城登录，再回到这里。",
  ],
  fromShop: [
    "Your orders belong to your account at the shop. Open them from the shop's own page, where you are signed in.",
    "订单归您的商城账号所有，请在已登录的商城页面中打开。",
  ],
  toSignIn: ["Sign in at the shop", "去商城登录"],
  yours: ["Your orders", "您的订单"],
  toSales: ["See all sales", "查看全部活动"],
});

export function NobodyHere() {
  const address = signInAddress();
  if (isSignInOver.value || isRefused.value) {
    return (
      <div class="stack orders">
        <h1>{words.yours}</h1>
        <SignInOver />
      </div>
    );
  }
  const isGuestWelcome = shop.value?.guests === true;
  return (
    <div class="stack orders">
      <h1>{isGuestWelcome ? words.nothing : words.signIn}</h1>
      <p>{isGuestWelcome ? words.nothingText : address === null ? words.fromShop : words.signInText}</p>
      <p class="row">
        {address !== null && (
          <a class={`button ${isGuestWelcome ? "" : "primary"}`} href={address}>
            {words.toSignIn}
          </a>
        )}
        <a class={`button ${isGuestWelcome ? "primary" : ""}`} href="/">
          {words.toSales}
        </a>
      </p>
    </div>
  );
}
