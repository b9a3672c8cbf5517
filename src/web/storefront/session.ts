/**
 * Who is buying. With a shop's token, handed over in the address (`#token=...`, taken out of it at once) or in the cookie
 * `rushbox_token`, they are that shop's buyer; without one, where guests are welcome, a guest is made of them at the first
 * step that needs a name, and kept on this device. A token goes into a header of requests to this server, nowhere else.
 */
import { computed, signal } from "@preact/signals";
import { type Api, apiFor, type Refusal } from "../shared/api.ts";
import { isClockSet, serverNow } from "../shared/clock.ts";
import { recall, remember } from "../shared/memory.ts";

export interface Buyer {
  readonly id: string;
  readonly isGuest: boolean;
  readonly token: string;
  /** Infinite for a token without an end. */
  readonly expiresAtMs: number;
}

/** What this shop is, as `GET /v1/shop` tells. */
export interface Shop {
  readonly name: string;
  readonly guests: boolean;
  readonly payments: "none" | "sandbox" | "stripe";
  readonly sign_in_url: string | null;
}

const cookieName = "rushbox_token";

export const buyer = signal<Buyer | null>(null);
export const shop = signal<Shop | null>(null);
/** Why the last try to make a guest failed; `null` when none did. */
export const guestRefusal = signal<Refusal | null>(null);
export const isGuest = computed(() => buyer.value?.isGuest === true);

/** The shop's sign-in is over, and the buyer has not chosen to go on as a guest: nobody is made of them unasked. */
export const isSignInOver = signal(false);
/** A token that the server has refused. */
const refusedToken = signal<string | null>(null);
/** Whether the server no longer takes the token of whoever is here: to ask on as them is of no use. */
export const isRefused = computed(() => buyer.value !== null && buyer.value.token === refusedToken.value);

const call = apiFor(() => buyer.value?.token ?? null);

/** Calls `/v1` as whoever is here. */
export const api: Api = async (path, options) => {
  const token = buyer.peek()?.token ?? null;
  const answer = await call<never>(path, options);
  if (!answer.isOk && answer.code === "unauthorized" && token !== null) {
    refusedToken.value = token;
    lookWhoIsHere();
  }
  return answer;
};

/** Finds out who is here and where: once, before anything is shown. */
export async function startSession(): Promise<void> {
  const handedOver = takeFromAddress();
  if (handedOver !== null) remember("token", handedOver, "tab");
  lookWhoIsHere();
  document.addEventListener("visibilitychange", lookWhoIsHere); // signed in or out in another tab
  const answer = await api<Shop>("/v1/shop");
  if (answer.isOk) shop.value = answer.value;
}

/** The buyer, made a guest where there is none and guests are welcome; else `null`: they have to sign in at the shop. */
export async function needBuyer(): Promise<Buyer | null> {
  lookWhoIsHere();
  if (buyer.value !== null || isSignInOver.value || shop.value?.guests === false) return buyer.value;
  making ??= makeGuest().finally(() => {
    making = null;
  });
  await making;
  return buyer.value;
}

let making: Promise<void> | null = null;

/** A guest of this device: of tabs that make one at the same time the first does, and the others take theirs. */
async function makeGuest(): Promise<void> {
  if (navigator.locks !== undefined) {
    await navigator.locks.request("rushbox.guest", makeGuestUnlessHere);
    return;
  }
  // Locks are not everywhere: where there are none, two tabs may both have kept theirs, and the last one stays.
  await makeGuestUnlessHere();
  await new Promise((resolve) => setTimeout(resolve, tabsAgreeMs));
  lookWhoIsHere();
}

/** What one tab keeps another sees a moment later. */
const tabsAgreeMs = 150;

async function makeGuestUnlessHere(): Promise<void> {
  lookWhoIsHere();
  if (buyer.peek() !== null) return;
  const answer = await api<{ token: string }>("/v1/guests", { method: "POST" });
  guestRefusal.value = answer.isOk ? null : answer;
  if (!answer.isOk) return;
  if (buyerOf(recall("guest"), true) === null) remember("guest", answer.value.token);
  lookWhoIsHere();
}

/** Forgets a guest whom the server does not take any more, unless another tab has made a new one already. */
export function forgetGuest({ token }: Buyer): void {
  if (recall("guest") === token) remember("guest", null);
  lookWhoIsHere();
}

/** Where this buyer signs in, to come back to this page; `null` where the shop has not said. */
export function signInAddress(): string | null {
  const address = shop.value?.sign_in_url ?? null;
  if (address === null) return null;
  const url = new URL(address);
  url.searchParams.set("return_to", location.href);
  return url.href;
}

/** Whoever was signed in at the shop goes on as a guest: in this tab, until they sign in again. */
export function goOnAsGuest(): void {
  remember("instead", shopTokens()[0] ?? null, "tab");
  lookWhoIsHere();
}

function lookWhoIsHere(): void {
  const tokens = shopTokens();
  const signedIn = tokens.map((token) => buyerOf(token, false)).find((one) => one !== null && !isRefusedBuyer(one));
  isSignInOver.value = signedIn === undefined && tokens.length > 0 && recall("instead", "tab") !== tokens[0];
  const found = signedIn ?? (isSignInOver.value ? null : buyerOf(recall("guest"), true));
  if (found?.token !== buyer.value?.token) buyer.value = found;
}

function isRefusedBuyer({ token }: Buyer): boolean {
  return token === refusedToken.value;
}

/** The shop's tokens that are here, good or not; what is no token at all counts for nothing. */
function shopTokens(): string[] {
  return [recall("token", "tab"), readCookie()].filter(
    (token) => token !== null && claimsOf(token) !== null,
  ) as string[];
}

/** What a token says; whether that is true only the server can tell. `null` when it is none, or over. */
function buyerOf(token: string | null, isGuest: boolean): Buyer | null {
  const claims = token === null ? null : claimsOf(token);
  if (token === null || claims === null) return null;
  const expiresAtMs = claims.exp === null ? Number.POSITIVE_INFINITY : claims.exp * 1_000;
  // A device whose clock is wrong judges no token: the server will.
  if (isClockSet.value && expiresAtMs <= serverNow()) return null;
  return { id: claims.sub, isGuest, token, expiresAtMs };
}

function claimsOf(token: string): { readonly sub: string; readonly exp: number | null } | null {
  try {
    const claims = (token.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/");
    const bytes = Uint8Array.from(atob(claims), (character) => character.charCodeAt(0));
    const { sub, exp } = JSON.parse(new TextDecoder().decode(bytes)) as { sub?: unknown; exp?: unknown };
    return typeof sub === "string" ? { sub, exp: typeof exp === "number" ? exp : null } : null;
  } catch {
    return null;
  }
}

function takeFromAddress(): string | null {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (token !== null) history.replaceState(history.state, "", location.pathname + location.search);
  return token;
}

function readCookie(): string | null {
  const pair = document.cookie.split("; ").find((candidate) => candidate.startsWith(`${cookieName}=`));
  try {
    return pair === undefined ? null : decodeURIComponent(pair.slice(cookieName.length + 1));
  } catch {
    return null; // a percent sign that stands for nothing: no shop wrote that
  }
}
