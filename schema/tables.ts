/**
 * The tables as Drizzle sees them: typed reads. What creates them is `migrations/*.sql`, where the constraints and the
 * reasons stand; a test holds the two against each other.
 */
import { customType, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { accessEffects, accessKinds } from "../src/domain/access.ts";
import { admissionModes, challengeKinds } from "../src/domain/admission.ts";
import { agentPolicies } from "../src/domain/agents.ts";
import type { Facts } from "../src/domain/audit.ts";
import { campaignKinds, campaignStates } from "../src/domain/campaign.ts";
import type { Controls } from "../src/domain/controls.ts";
import { operatorRoles } from "../src/domain/operator.ts";
import { orderStates } from "../src/domain/order.ts";
import { paymentProviders, paymentStates } from "../src/domain/payment.ts";
import { queueStates } from "../src/domain/queue.ts";
import { reminderStates } from "../src/domain/reminder.ts";
import { waitlistStates } from "../src/domain/waitlist.ts";

/** 32 bytes in the file, 64 hexadecimal digits here. */
const hash = customType<{ data: string; driverData: Uint8Array }>({
  dataType: () => "blob",
  fromDriver: (bytes) => bytes.toHex(),
});

export const campaignsTable = sqliteTable("campaigns", {
  id: integer("id").primaryKey(),
  title: text("title").notNull(),
  kind: text("kind", { enum: campaignKinds }),
  state: text("state", { enum: campaignStates }).notNull(),
  opensAtMs: integer("opens_at_ms"),
  closesAtMs: integer("closes_at_ms"),
  paymentWindowS: integer("payment_window_s").notNull(),
  hasWaitlist: integer("has_waitlist", { mode: "boolean" }).notNull(),
  mode: text("admission", { enum: admissionModes }).notNull(),
  needsPass: integer("needs_pass", { mode: "boolean" }).notNull(),
  passWindowS: integer("pass_window_s").notNull(),
  challenge: text("challenge", { enum: challengeKinds }).notNull(),
  secret: text("secret"),
  commitment: text("commitment"),
  beaconChain: text("beacon_chain"),
  beaconRound: integer("beacon_round"),
  queueDrawnSeq: integer("queue_drawn_seq"),
  queueDrawnCount: integer("queue_drawn_count"),
  createdAtMs: integer("created_at_ms").notNull(),
  endedSeq: integer("ended_seq"),
  description: text("description"),
  agentPolicy: text("agent_policy", { enum: agentPolicies }).notNull(),
  agentSharePercent: integer("agent_share_percent"),
});

export const offersTable = sqliteTable("offers", {
  id: integer("id").primaryKey(),
  campaignId: integer("campaign_id").notNull(),
  sku: text("sku").notNull(),
  title: text("title").notNull(),
  priceMinor: integer("price_minor").notNull(),
  listPriceMinor: integer("list_price_minor"),
  currency: text("currency").notNull(),
  limitPerBuyer: integer("limit_per_buyer").notNull(),
  brand: text("brand"),
  category: text("category"),
  imageUrl: text("image_url"),
  total: integer("total").notNull(),
  available: integer("available").notNull(),
  held: integer("held").notNull(),
  sold: integer("sold").notNull(),
  description: text("description"),
});

export const ordersTable = sqliteTable("orders", {
  orderId: integer("id").primaryKey(),
  campaignId: integer("campaign_id").notNull(),
  offerId: integer("offer_id").notNull(),
  buyerId: text("buyer_id").notNull(),
  quantity: integer("quantity").notNull(),
  amountMinor: integer("amount_minor").notNull(),
  state: text("state", { enum: orderStates }).notNull(),
  lastSeq: integer("last_seq").notNull(),
  reservedAtMs: integer("reserved_at_ms").notNull(),
  expiresAtMs: integer("expires_at_ms").notNull(),
  paidAtMs: integer("paid_at_ms"),
  endedAtMs: integer("ended_at_ms"),
  idempotencyKey: text("idempotency_key"),
  paymentReference: text("payment_reference"),
  salt: text("salt"),
  erasedSeq: integer("erased_seq"),
  actor: text("actor", { enum: ["agent"] }),
});

export const paymentsTable = sqliteTable("payments", {
  paymentId: integer("id").primaryKey(),
  orderId: integer("order_id").notNull(),
  provider: text("provider", { enum: paymentProviders }).notNull(),
  reference: text("reference"),
  amountMinor: integer("amount_minor").notNull(),
  currency: text("currency").notNull(),
  state: text("state", { enum: paymentStates }).notNull(),
  receivedAtMs: integer("received_at_ms").notNull(),
  refundedAtMs: integer("refunded_at_ms"),
  salt: text("salt").notNull(),
});

export const waitlistTable = sqliteTable("waitlist", {
  entryId: integer("id").primaryKey(),
  campaignId: integer("campaign_id").notNull(),
  offerId: integer("offer_id").notNull(),
  buyerId: text("buyer_id").notNull(),
  state: text("state", { enum: waitlistStates }).notNull(),
  joinedAtMs: integer("joined_at_ms").notNull(),
  endedAtMs: integer("ended_at_ms"),
  orderId: integer("order_id"),
  salt: text("salt"),
  erasedSeq: integer("erased_seq"),
  actor: text("actor", { enum: ["agent"] }),
});

export const queueTable = sqliteTable("queue", {
  entryId: integer("id").primaryKey(),
  campaignId: integer("campaign_id").notNull(),
  buyerId: text("buyer_id").notNull(),
  state: text("state", { enum: queueStates }).notNull(),
  joinedAtMs: integer("joined_at_ms").notNull(),
  admittedAtMs: integer("admitted_at_ms"),
  expiresAtMs: integer("expires_at_ms"),
  endedAtMs: integer("ended_at_ms"),
  endedSeq: integer("ended_seq"),
  orderId: integer("order_id"),
  salt: text("salt"),
  erasedSeq: integer("erased_seq"),
  actor: text("actor", { enum: ["agent"] }),
});

export const remindersTable = sqliteTable("reminders", {
  reminderId: integer("id").primaryKey(),
  campaignId: integer("campaign_id").notNull(),
  buyerId: text("buyer_id").notNull(),
  leadS: integer("lead_s").notNull(),
  dueAtMs: integer("due_at_ms").notNull(),
  state: text("state", { enum: reminderStates }).notNull(),
  setAtMs: integer("set_at_ms").notNull(),
  endedAtMs: integer("ended_at_ms"),
  endedSeq: integer("ended_seq"),
  salt: text("salt"),
  erasedSeq: integer("erased_seq"),
});

export const drawsTable = sqliteTable("draws", {
  offerId: integer("offer_id").primaryKey(),
  campaignId: integer("campaign_id").notNull(),
  closedSeq: integer("closed_seq").notNull(),
  root: text("root").notNull(),
  count: integer("count").notNull(),
  madeSeq: integer("made_seq"),
  secret: text("secret"),
  beaconRound: integer("beacon_round"),
  beaconRandomness: text("beacon_randomness"),
  beaconSignature: text("beacon_signature"),
});

export const operatorsTable = sqliteTable("operators", {
  operatorId: integer("id").primaryKey(),
  name: text("name").notNull(),
  role: text("role", { enum: operatorRoles }).notNull(),
  keyHash: text("key_hash").notNull(),
  createdAtMs: integer("created_at_ms").notNull(),
  revokedAtMs: integer("revoked_at_ms"),
});

export const endpointsTable = sqliteTable("endpoints", {
  id: integer("id").primaryKey(),
  url: text("url").notNull(),
  types: text("types", { mode: "json" }).$type<readonly string[]>(),
  secret: text("secret").notNull(),
  previousSecret: text("previous_secret"),
  rotatedAtMs: integer("rotated_at_ms"),
  isEnabled: integer("is_enabled", { mode: "boolean" }).notNull(),
  deletedSeq: integer("deleted_seq"),
});

export const controlsTable = sqliteTable("controls", {
  id: integer("id").primaryKey(),
  seq: integer("seq").notNull(),
  controls: text("controls", { mode: "json" }).$type<Controls>().notNull(),
});

export const accessEntriesTable = sqliteTable("access_entries", {
  entryId: integer("id").primaryKey(),
  effect: text("effect", { enum: accessEffects }).notNull(),
  kind: text("kind", { enum: accessKinds }).notNull(),
  value: text("value").notNull(),
  reason: text("reason").notNull(),
  createdAtMs: integer("created_at_ms").notNull(),
  expiresAtMs: integer("expires_at_ms"),
  removedSeq: integer("removed_seq"),
});

export const auditLogTable = sqliteTable("audit_log", {
  id: integer("id").primaryKey(),
  atMs: integer("at_ms").notNull(),
  operator: text("operator").notNull(),
  action: text("action").notNull(),
  subject: text("subject").notNull(),
  outcome: text("outcome").notNull(),
  before: text("before", { mode: "json" }).$type<Facts>(),
  after: text("after", { mode: "json" }).$type<Facts>(),
});

export const eventsTable = sqliteTable("events", {
  seq: integer("seq").primaryKey(),
  atMs: integer("at_ms").notNull(),
  type: text("type").notNull(),
  campaignId: integer("campaign_id"),
  offerId: integer("offer_id"),
  orderId: integer("order_id"),
  previousSeq: integer("previous_seq"),
  available: integer("available").notNull(),
  held: integer("held").notNull(),
  sold: integer("sold").notNull(),
  details: hash("details"),
  hash: hash("hash").notNull(),
});
