/** What the main thread tells its workers at their start, and what they tell it. Ports and shared memory travel along. */
import type { CaptchaSettings } from "./admission/captcha.ts";
import type { ProxySettings } from "./http/address.ts";
import type { AuthSettings } from "./http/auth.ts";
import type { Beacons, McpSettings, Shop } from "./http/parts.ts";
import type { ProviderSettings } from "./payment/open-provider.ts";

export interface EngineBoot {
  readonly data: string;
  readonly counters: SharedArrayBuffer;
  readonly board: SharedArrayBuffer;
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
  readonly proxies: ProxySettings;
  readonly beacons: Beacons;
  readonly areRatesLimited: boolean;
  /** Whose pages may show a sale in a frame. */
  readonly embedOrigins: readonly string[];
  readonly mcp: McpSettings;
  readonly rates: SharedArrayBuffer;
  readonly load: SharedArrayBuffer;
  readonly payments: ProviderSettings;
  readonly shop: Shop;
  /** The key that signs receipts, PKCS #8 in PEM. */
  readonly receiptKey: string;
  /** What passes and quotes are signed with. */
  readonly passKey: string;
  readonly challenges: ChallengeBoot;
  /** To the risk desk on the main thread. */
  readonly desk: MessagePort;
  /** To the rehearsals on the main thread. */
  readonly rehearsals: MessagePort;
  /** This thread's number from 0, and how many there are. */
  readonly thread: number;
  readonly threads: number;
  readonly engine: MessagePort;
}

/** What all HTTP threads need alike, so that a challenge of one is one for all, and counts once. */
export interface ChallengeBoot {
  readonly secret: string;
  /** Names this start of the process. */
  readonly run: string;
  readonly spent: SharedArrayBuffer;
  readonly captcha: CaptchaSettings | null;
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
