/**
 * The tables as Drizzle sees them: typed reads. What creates them is `migrations/*.sql`, where the constraints and the
 * reasons stand; a test holds the two against each other.
 */
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { campaignKinds, campaignStates } from "../src/domain/campaign.ts";
import { orderStates } from "../src/domain/order.ts";

export const campaignsTable = sqliteTable("campaigns", {
  id: integer("id").primaryKey(),
  title: text("title").notNull(),
  kind: text("kind", { enum: campaignKinds }),
  state: text("state", { enum: campaignStates }).notNull(),
  opensAtMs: integer("opens_at_ms"),
  closesAtMs: integer("closes_at_ms"),
  paymentWindowS: integer("payment_window_s").notNull(),
  createdAtMs: integer("created_at_ms").notNull(),
  endedSeq: integer("ended_seq"),
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
});

export const eventsTable = sqliteTable("events", {
  seq: integer("seq").primaryKey(),
  atMs: integer("at_ms").notNull(),
  type: text("type").notNull(),
  campaignId: integer("campaign_id").notNull(),
  offerId: integer("offer_id"),
  orderId: integer("order_id"),
  previousSeq: integer("previous_seq"),
  available: integer("available").notNull(),
  held: integer("held").notNull(),
  sold: integer("sold").notNull(),
});
