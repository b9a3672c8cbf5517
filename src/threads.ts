/** What the main thread tells its workers at their start, and what they tell it. Ports and shared memory travel along. */
import type { AuthSettings } from "./http/auth.ts";
import type { ProviderSettings } from "./payment/open-provider.ts";

export interface EngineBoot {
  readonly data: string;
  readonly counters: SharedArrayBuffer;
  readonly keyFilter: SharedArrayBuffer;
  readonly metrics: SharedArrayBuffer;
  /** One port for each HTTP thread, and one for the main thread. */
  readonly ports: readonly MessagePort[];
  /** How many HTTP threads there are. */
  readonly threads: number;
}

export interface HttpBoot extends Omit<EngineBoot, "ports" | "threads"> {
  readonly host: string;
  readonly auth: AuthSettings;
  readonly payments: ProviderSettings;
  /** The key that signs receipts, PKCS #8 in PEM. */
  readonly receiptKey: string;
  /** This thread's number from 0, and how many there are. */
  readonly thread: number;
  readonly threads: number;
  readonly engine: MessagePort;
}

export type ToWorker<Boot> =
  | { readonly type: "boot"; readonly boot: Boot }
  /** HTTP threads: start to listen; the engine has recovered. */
  | { readonly type: "listen"; readonly port: number; readonly isShared: boolean }
  | { readonly type: "stop" };

export type FromWorker =
  | { readonly type: "ready"; readonly port?: number }
  /** It cannot start: one line for the person in front of it. */
  | { readonly type: "failed"; readonly line: string }
  /** Nothing is acknowledged any more: the process must end. */
  | { readonly type: "poisoned"; readonly line: string }
  | { readonly type: "stopped" };
