/**
 * What the document of the API says about every route: for people who read it and for programs made from it. Nothing
 * here runs while serving; `.ci/openapi.ts` makes schema/openapi.json of it, and tests hold that against the routes,
 * the handlers' answers and the problems. A route that is not described does not compile.
 */
import type { TSchema } from "@sinclair/typebox";
import { campaignActions } from "../domain/campaign.ts";
import { administeringOperations } from "./operations/administering.ts";
import { buyingOperations } from "./operations/buying.ts";
import { enteringOperations } from "./operations/entering.ts";
import { campaignChanges, operatingOperations } from "./operations/operating.ts";
import type { Operation } from "./operations/operation.ts";
import { proofOperations } from "./operations/proof.ts";
import { runningOperations } from "./operations/running.ts";
import { streamOperations } from "./operations/streams.ts";
import { RehearsalAnswer, RehearsalBody, RehearsalListAnswer } from "./rehearsal-schemas.ts";
import type { Route } from "./route.ts";
import type { RouteName } from "./routes.ts";
import {
  AccessAnswer,
  AccessBody,
  AccessListAnswer,
  AttemptAnswer,
  AuditAnswer,
  CampaignAnswer,
  CampaignBody,
  CampaignListAnswer,
  ChallengeAnswer,
  ChatAnswer,
  ChatBody,
  ChatPlatformBody,
  CheckoutAnswer,
  DeliveryListAnswer,
  DrawEntryAnswer,
  EraseBody,
  ErasureAnswer,
  FairnessAnswer,
  GuestAnswer,
  HealthAnswer,
  LedgerAnswer,
  NewOperatorAnswer,
  OfferAnswer,
  OfferBody,
  OperatorAnswer,
  OperatorBody,
  OperatorListAnswer,
  OrderAnswer,
  OrderHistoryAnswer,
  OrderListAnswer,
  OwnOperatorAnswer,
  PassAnswer,
  PayBody,
  PaymentAnswer,
  PaymentListAnswer,
  ProblemAnswer,
  ProviderEventAnswer,
  ProviderEventBody,
  PublicLedgerAnswer,
  QueueAnswer,
  QueueLeftAnswer,
  ReadyAnswer,
  ReceiptAnswer,
  ReceiptKeysAnswer,
  RefundBody,
  ReminderAnswer,
  ReminderBody,
  ReminderListAnswer,
  ReminderRemovedAnswer,
  ReplayAnswer,
  ReplayBody,
  ReserveBody,
  RestockBody,
  RiskAnswer,
  ShopAnswer,
  TimeAnswer,
  WaitlistAnswer,
  WaitlistLeftAnswer,
  WaitlistPlaceAnswer,
  WebhookAnswer,
  WebhookBody,
  WebhookChangeBody,
  WebhookListAnswer,
  WebhookSecretAnswer,
} from "./schemas.ts";

/** The schemas that stand under a name of their own and are referred to. */
export const namedSchemas: Readonly<Record<string, TSchema>> = {
  Campaign: CampaignAnswer,
  CampaignList: CampaignListAnswer,
  Offer: OfferAnswer,
  Checkout: CheckoutAnswer,
  Order: OrderAnswer,
  OrderList: OrderListAnswer,
  OrderHistory: OrderHistoryAnswer,
  PendingAttempt: AttemptAnswer,
  Ledger: LedgerAnswer,
  PublicLedger: PublicLedgerAnswer,
  Receipt: ReceiptAnswer,
  ReceiptKeys: ReceiptKeysAnswer,
  NewCampaign: CampaignBody,
  NewOffer: OfferBody,
  NewOrder: ReserveBody,
  Restock: RestockBody,
  Payment: PayBody,
  PaymentRecord: PaymentAnswer,
  PaymentList: PaymentListAnswer,
  WaitlistPlace: WaitlistPlaceAnswer,
  WaitlistLeft: WaitlistLeftAnswer,
  Waitlist: WaitlistAnswer,
  QueuePlace: QueueAnswer,
  QueueLeft: QueueLeftAnswer,
  Reminder: ReminderAnswer,
  ReminderList: ReminderListAnswer,
  ReminderRemoved: ReminderRemovedAnswer,
  NewReminder: ReminderBody,
  Pass: PassAnswer,
  DrawEntry: DrawEntryAnswer,
  NewOperator: OperatorBody,
  Operator: OperatorAnswer,
  OperatorWithKey: NewOperatorAnswer,
  OperatorList: OperatorListAnswer,
  OwnOperator: OwnOperatorAnswer,
  Challenge: ChallengeAnswer,
  NewAccessEntry: AccessBody,
  AccessEntry: AccessAnswer,
  AccessList: AccessListAnswer,
  Risk: RiskAnswer,
  Fairness: FairnessAnswer,
  NewRehearsal: RehearsalBody,
  Rehearsal: RehearsalAnswer,
  RehearsalList: RehearsalListAnswer,
  Audit: AuditAnswer,
  NewErasure: EraseBody,
  Erasure: ErasureAnswer,
  NewWebhook: WebhookBody,
  WebhookChange: WebhookChangeBody,
  Webhook: WebhookAnswer,
  WebhookWithSecret: WebhookSecretAnswer,
  WebhookList: WebhookListAnswer,
  DeliveryList: DeliveryListAnswer,
  NewReplay: ReplayBody,
  Replay: ReplayAnswer,
  Refund: RefundBody,
  ProviderEvent: ProviderEventBody,
  ProviderEventOutcome: ProviderEventAnswer,
  ChatMessage: ChatBody,
  ChatPlatformMessage: ChatPlatformBody,
  ChatAnswer,
  Shop: ShopAnswer,
  Guest: GuestAnswer,
  Time: TimeAnswer,
  Health: HealthAnswer,
  Readiness: ReadyAnswer,
  Problem: ProblemAnswer,
};

/** Pages for buyers and operators, and their files; and where agents come, by a protocol of their own: no part of the API. */
const pageNames = ["storefront", "console", "embed", "embed_script", "asset", "mcp", "mcp_metadata"] as const;

type PageName = (typeof pageNames)[number];

const operations: Readonly<Record<Exclude<RouteName, "change_campaign" | "unmatched" | PageName>, Operation>> = {
  ...buyingOperations,
  ...enteringOperations,
  ...operatingOperations,
  ...administeringOperations,
  ...proofOperations,
  ...streamOperations,
  ...runningOperations,
};

/** What the document says about a route; `null` for a page, and for a file that one is made of. */
export function operationOf(route: Pick<Route, "name" | "path">): Operation | null {
  if (route.name === "change_campaign") {
    const action = campaignActions.find((known) => route.path.endsWith(`/${known}`));
    if (action === undefined) throw new Error(`no action of a campaign: ${route.path}`);
    return campaignChanges[action];
  }
  const { name } = route;
  if (name === "unmatched") throw new Error("what no route takes is no operation");
  if (isPage(name)) return null;
  const isFile = name === "docs" && route.path.lastIndexOf("/") > 0;
  return isFile ? null : operations[name];
}

function isPage(name: RouteName): name is PageName {
  return pageNames.some((known) => known === name);
}
