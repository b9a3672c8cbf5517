/** What the HTTP threads and the rehearsals on the main thread say to each other. Rehearsals travel as the wire has them. */
import type { MainClient } from "./main-client.ts";
import type { RehearsalOrder } from "./rehearsal-schemas.ts";

export type RehearsalQuestion =
  /** Whether one could be started now. */
  | { readonly about: "room" }
  | { readonly about: "start"; readonly order: RehearsalOrder }
  | { readonly about: "stop"; readonly id: string }
  | { readonly about: "one"; readonly id: string }
  | { readonly about: "all" };

export type RehearsalReply =
  | { readonly code: "room" }
  /** One, or all of them. */
  | { readonly code: "shown"; readonly json: string }
  /** Another one is under way. */
  | { readonly code: "rehearsal_running"; readonly id: string }
  /** There is more to do than can be done. */
  | { readonly code: "overloaded" }
  | { readonly code: "not_found" }
  /** It has ended, in this state. */
  | { readonly code: "transition_not_allowed"; readonly state: string };

export type ToRehearsals = { readonly ticket: number; readonly question: RehearsalQuestion };
export type FromRehearsals = { readonly ticket: number; readonly reply: RehearsalReply };

export type RehearsalClient = MainClient<RehearsalQuestion, RehearsalReply>;
