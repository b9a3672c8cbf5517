/** A buyer's orders: asked for, followed by their stream, and what the goods in them are called. */
import { type Signal, signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Answer } from "../shared/api.ts";
import { type Connection, follow } from "../shared/live.ts";
import type { Campaign, Offer, Order, Reminder } from "../shared/wire.ts";
import { OrderShelf } from "./order-shelf.ts";
import { takeReminder } from "./reminders.ts";
import { api, buyer, isRefused } from "./session.ts";

/** All that this visit has learned; somebody else's are forgotten as soon as somebody else is here. */
export function shelf(): OrderShelf {
  if (kept.whose !== buyer.value?.id) kept = { whose: buyer.value?.id, shelf: new OrderShelf() };
  return kept.shelf;
}

let kept: { readonly whose: string | undefined; readonly shelf: OrderShelf } = {
  whose: undefined,
  shelf: new OrderShelf(),
};

/** Asks for something of orders, and keeps those that came. */
export async function askForOrders<T>(path: string, ordersOf: (value: T) => readonly Order[]): Promise<Answer<T>> {
  const orders = shelf();
  const moment = orders.moment();
  const answer = await api<T>(path);
  if (answer.isOk) orders.answered(ordersOf(answer.value), moment);
  return answer;
}

/**
 * Follows all orders of whoever is here, as long as the page is there; `poll` asks for what it shows. Answers how it is
 * connected.
 */
export function useOrderStream(poll: () => Promise<boolean>): Signal<Connection> {
  const connection = useSignal<Connection>("connecting");
  useEffect(() => {
    void poll();
    return followOrders(poll, connection);
  }, []);
  return connection;
}

function followOrders(poll: () => Promise<boolean>, connection: Signal<Connection>): () => void {
  const orders = shelf();
  const followed = follow({
    stream: "/v1/orders/stream",
    token: () => buyer.value?.token ?? null,
    isResumed: true,
    onEvent: (type, data) => {
      if (type === "reminder_due") takeReminder(JSON.parse(data) as Reminder);
      else orders.told(JSON.parse(data) as Order);
    },
    poll,
  });
  // A stream begins now: what happened between the page's question and its beginning is asked for once.
  const unsubscribe = followed.connection.subscribe((state) => {
    connection.value = state;
    if (state === "live") followed.refresh();
  });
  // Whom the server does not know any more it tells nothing.
  const unsubscribeRefused = isRefused.subscribe((is) => {
    if (is) followed.stop();
  });
  return () => {
    unsubscribe();
    unsubscribeRefused();
    followed.stop();
  };
}

/** What is known of campaigns, by their ids: `null` while it is asked for, or where it is not to be had. */
const campaigns = signal<ReadonlyMap<string, Campaign | null>>(new Map());

/** The campaign, asked for once. */
export function campaignOf(id: string): Campaign | null {
  const known = campaigns.value.get(id);
  if (known === undefined) void loadCampaign(id);
  return known ?? null;
}

/** The offer that an order is about, once it is known. */
export function offerOf({
  campaign_id: campaign,
  offer_id: offer,
}: Pick<Order, "campaign_id" | "offer_id">): Offer | null {
  return campaignOf(campaign)?.offers.find(({ id }) => id === offer) ?? null;
}

const asked = new Set<string>();

async function loadCampaign(id: string): Promise<void> {
  if (asked.has(id)) return;
  asked.add(id);
  const answer = await api<Campaign>(`/v1/campaigns/${id}`);
  if (answer.isOk) campaigns.value = new Map(campaigns.value).set(id, answer.value);
  else if (answer.code !== "not_found") asked.delete(id); // asked again when it is needed again
}
