/** What an HTTP thread is made of: handed to the routes, which take from it what they need. */

import type { AccessList } from "../admission/access-list.ts";
import type { Captcha } from "../admission/captcha.ts";
import type { Challenges } from "../admission/challenge.ts";
import type { LoadBoard } from "../admission/load-board.ts";
import type { Passes } from "../admission/pass.ts";
import type { DeskAnswer, DeskQuestion } from "../admission/risk/mailbox.ts";
import type { NoticeStreams } from "../delivery/notice-streams.ts";
import type { OrderStreams } from "../delivery/order-streams.ts";
import type { QueueStreams } from "../delivery/queue-streams.ts";
import type { StockStreams } from "../delivery/stock-streams.ts";
import type { Quotes } from "../dialogue/quote.ts";
import type { AuditRecord } from "../domain/audit.ts";
import type { DeliveryRecord, DeliveryState } from "../domain/endpoint.ts";
import type { LedgerRow } from "../domain/ledger.ts";
import type { OrderRecord } from "../domain/order.ts";
import type { IdRange, OrderFilter, OrderPage } from "../domain/order-filter.ts";
import type { PaymentRecord } from "../domain/payment.ts";
import type { ReminderRecord } from "../domain/reminder.ts";
import type { WaitlistRecord } from "../domain/waitlist.ts";
import type { ChainInfo } from "../draw/chain.ts";
import type { DrawReader } from "../draw/document.ts";
import type { CampaignBoard } from "../engine/campaign-board.ts";
import type { Counters } from "../engine/counters.ts";
import type { KeyFilter } from "../engine/key-filter.ts";
import type { Clock } from "../host/clock.ts";
import type { Metrics } from "../host/metrics.ts";
import type { PaymentProvider } from "../payment/provider.ts";
import type { ClientAddresses } from "./address.ts";
import type { Admission } from "./admission.ts";
import type { Auth } from "./auth.ts";
import type { Catalogue } from "./catalogue.ts";
import type { DrawIndex } from "./draw-index.ts";
import type { EngineClient } from "./engine-client.ts";
import type { Gate } from "./gate.ts";
import type { Listeners } from "./listeners.ts";
import type { MainClient } from "./main-client.ts";
import type { JournalRow } from "./notice-json.ts";
import type { Office } from "./office.ts";
import type { Receipts } from "./receipts.ts";
import type { RehearsalClient } from "./rehearsal-mailbox.ts";
import type { SandboxPages } from "./sandbox-pages.ts";

/** Reads of committed orders; implemented by storage, which HTTP does not know. */
export interface OrderReader {
  order(orderId: number): OrderRecord | null;
  paymentsOf(orderId: number): PaymentRecord[];
  /** The buyer's last entry in the draw of an offer. */
  entryOfBuyer(campaignId: number, offerId: number, buyerId: string): WaitlistRecord | null;
  waitingAfter(campaignId: number, offerId: number, entryId: number, limit: number): WaitlistRecord[];
  /** In the ids after one, by campaign; `next` is where to go on, or `null` at the end. */
  tracesOfBuyer(
    buyerId: string,
    after: number,
  ): { readonly traces: readonly BuyerTraces[]; readonly next: number | null };
  /** The buyer's order in a campaign under an Idempotency-Key. */
  orderOfKey(campaignId: number, buyerId: string, key: string): OrderRecord | null;
  /** All that wait, and the last that came, newest first. */
  remindersOfBuyer(buyerId: string): { readonly waiting: ReminderRecord[]; readonly came: ReminderRecord[] };
}

/** Searches among committed orders, each bounded in what it looks through; implemented by storage. */
export interface OrderFinder {
  /** Where all orders stand that fit now; those that come later are beyond it. */
  range(filter: OrderFilter): IdRange;
  newestFirst(filter: OrderFilter, before: number, limit: number): OrderPage;
  oldestFirst(filter: OrderFilter, range: IdRange, limit: number): OrderPage;
}

/** Where a buyer's identity stands: as many orders and entries of one campaign as one command may erase. */
export interface BuyerTraces {
  readonly campaignId: number;
  readonly orderIds: readonly number[];
  readonly entryIds: readonly number[];
}

/** Reads of the audit log, newest first. */
export interface AuditReader {
  auditBefore(
    id: number,
    limit: number,
    filter: { readonly operator?: string; readonly action?: string; readonly subject?: string },
  ): { records: readonly (AuditRecord & { readonly id: number })[]; next: number | null };
}

/** How webhooks are delivered: looked at, and brought back to life. */
export interface Outbox {
  status(endpointId: number): { readonly readSeq: number; readonly pending: number; readonly dead: number } | null;
  deliveries(endpointId: number, state: DeliveryState, before: number, limit: number): DeliveryRecord[];
  /** Answers how many dead letters are tried again. */
  replay(endpointId: number, seq: number | "all", nowMs: number): number;
}

export interface Payments {
  /** `null` where the shop takes the money itself. */
  readonly provider: PaymentProvider | null;
  /** `null` unless the provider is the sandbox. */
  readonly sandboxPages: SandboxPages | null;
}

/** A row of the ledger with its hash, and the buyer it is about where they are known. */
export interface LedgerEntry extends LedgerRow {
  readonly hash: string;
  readonly buyerId: string | null;
}

/** Reads of the committed ledger; implemented by storage. */
export interface LedgerReader {
  rowsAfter(seq: number, limit: number): LedgerEntry[];
  rowsWithBuyersAfter(
    seq: number,
    limit: number,
    campaignId: number | null,
  ): { readonly rows: LedgerEntry[]; readonly next: number | null };
  row(seq: number): LedgerEntry | null;
  hashOf(seq: number): string | null;
  saltOf(orderId: number): string | null;
}

/** What this process knows of public beacons. */
export interface Beacons {
  /** The chain that decides in the draws that are published now; `null` where the secret alone does. */
  readonly current: ChainInfo | null;
  /** All that this folder has ever drawn by. */
  readonly known: readonly ChainInfo[];
}

/** The shop as its pages show it. */
export interface Shop {
  readonly name: string;
  /** Where its buyers sign in; `null` where they come with their token by themselves. */
  readonly signInUrl: string | null;
  /** What guests' tokens are signed with; `null` where there are no guests. */
  readonly guestSecret: string | null;
}

/** How agents find their way in. */
export interface McpSettings {
  /** Where buyers reach this server; `null`: by the name that they ask for. */
  readonly publicUrl: string | null;
  /** Who gives tokens to agents, by OAuth 2.1; none: a token is brought along. */
  readonly authorizationServers: readonly string[];
}

export interface HttpParts {
  readonly access: AccessList;
  readonly admission: Admission;
  readonly addresses: ClientAddresses;
  readonly audit: AuditReader;
  readonly auth: Auth;
  readonly beacons: Beacons;
  readonly board: CampaignBoard;
  /** `null` where none is configured. */
  readonly captcha: Captcha | null;
  readonly catalogue: Catalogue;
  readonly challenges: Challenges;
  readonly client: EngineClient;
  readonly clock: Clock;
  readonly gate: Gate;
  readonly load: LoadBoard;
  readonly counters: Counters;
  readonly drawIndex: DrawIndex;
  readonly draws: DrawReader;
  /** Whose pages may show a sale in a frame. */
  readonly embedOrigins: readonly string[];
  readonly desk: MainClient<DeskQuestion, DeskAnswer>;
  readonly keyFilter: KeyFilter;
  readonly ledger: LedgerReader;
  readonly listeners: Listeners;
  readonly mcp: McpSettings;
  readonly metrics: Metrics;
  readonly office: Office;
  readonly orderFinder: OrderFinder;
  readonly orders: OrderReader;
  readonly orderStreams: OrderStreams;
  /** `null` as long as nothing was ever delivered from this folder. */
  readonly outbox: () => Outbox | null;
  readonly noticeStreams: NoticeStreams<JournalRow>;
  readonly passes: Passes;
  readonly payments: Payments;
  readonly queueStreams: QueueStreams;
  readonly quotes: Quotes;
  readonly receipts: Receipts;
  readonly rehearsals: RehearsalClient;
  readonly shop: Shop;
  readonly stockStreams: StockStreams;
}
