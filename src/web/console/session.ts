/**
 * Who operates: by a key that is kept in this tab alone and gone with it. The server decides what a role may do; the
 * pages only leave out what it would refuse.
 */
import { computed, signal } from "@preact/signals";
import type { OperatorRole } from "../../domain/operator.ts";
import { type Answer, type Api, apiFor, type Refusal } from "../shared/api.ts";
import { wordsOf } from "../shared/language.ts";
import { recall, remember } from "../shared/memory.ts";

export interface Operator {
  readonly name: string;
  readonly role: OperatorRole;
}

/** Names of the roles. */
export const roleNames = wordsOf({
  viewer: ["Viewer", "观察员"],
  operator: ["Operator", "运营"],
  admin: ["Admin", "管理员"],
} satisfies Record<OperatorRole, readonly [string, string]>);

const key = signal<string | null>(recall("key", "tab"));
const ranks: Readonly<Record<OperatorRole, number>> = { viewer: 0, operator: 1, admin: 2 };

export const operator = signal<Operator | null>(null);
export const isSignedIn = computed(() => operator.value !== null);
/** Whether this tab has a key, which the server may not have taken yet. */
export const isKeyKept = computed(() => key.value !== null);
/** Why the last try came to nothing. */
export const signInRefusal = signal<Refusal | null>(null);
/** An answer to a try is heard only when nobody has tried, or signed out, since. */
let tries = 0;

const ask = apiFor(() => key.value);

/** Calls `/v1` as the operator; a key that is not taken any more leads back to the door. */
export const api: Api = async (path, call) => {
  const asker = key.peek();
  const answer = await ask(path, call);
  // Whoever has signed in since is not meant.
  if (!answer.isOk && answer.code === "unauthorized" && key.peek() === asker) signOut();
  return answer as never;
};

/** The key, for what cannot go through `api`: streams and downloads. */
export function operatorKey(): string | null {
  return key.value;
}

/** Tries a key, or the one that this tab has; keeps it when it is taken. */
export async function signIn(tried: string | null = key.value): Promise<Answer<Operator> | null> {
  if (tried === null) return null;
  tries += 1;
  const mine = tries;
  const answer = await apiFor(() => tried)<Operator>("/v1/operators/me");
  if (mine !== tries) return null;
  if (answer.isOk) {
    key.value = tried;
    operator.value = answer.value;
    remember("key", tried, "tab");
  } else if (answer.code === "unauthorized") signOut();
  signInRefusal.value = answer.isOk ? null : answer;
  return answer;
}

export function signOut(): void {
  tries += 1;
  signInRefusal.value = null;
  key.value = null;
  operator.value = null;
  remember("key", null, "tab");
}

/** Whether the role may do what that one may. */
export function may(role: OperatorRole): boolean {
  return operator.value !== null && ranks[operator.value.role] >= ranks[role];
}
