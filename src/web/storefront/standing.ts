/**
 * How one buyer stands in one campaign: their orders, their place in its queue or on a waitlist, their entries in its
 * draws. Followed by streams where there are some, else asked for; a crowd that watches the same campaign does not ask in
 * the same instant. Made anew for every buyer: nothing of one is ever shown to another.
 */
import { type Signal, signal } from "@preact/signals";
import type { Api } from "../shared/api.ts";
import { spread } from "../shared/chance.ts";
import { serverNow } from "../shared/clock.ts";
import { type Followed, follow } from "../shared/live.ts";
import type { Campaign, DrawEntry, Order, OrderList, Queue, Reminder, WaitlistPlace } from "../shared/wire.ts";
import type { QueueStanding, Way } from "./button.ts";
import { takeReminder } from "./reminders.ts";

export interface Standing {
  /** The newest first; `null` until they are known. */
  readonly orders: Signal<readonly Order[] | null>;
  readonly queue: Signal<QueueStanding>;
  readonly entries: Signal<readonly DrawEntry[]>;
  readonly waitlist: Signal<WaitlistPlace | null>;
  takeOrder(order: Order): void;
  takeQueue(queue: Queue | "none" | "left"): void;
  takeEntry(entry: DrawEntry): void;
  /** Asks again for what no stream tells. */
  campaignChanged(campaign: Campaign, offerId: string): void;
  /** Asks now for what may have changed by a step of this buyer. */
  refresh(): void;
  /** Asks for everything, as at first: something was done beside the page. */
  askAnew(): void;
  stop(): void;
}

export interface Whose {
  readonly api: Api;
  readonly token: () => string | null;
  readonly way: Way;
}

/** Counts what was done for this buyer beside the page of a sale, as in the chat, of which no stream tells. */
export const doneBeside = signal(0);

/** So many of a campaign's draws are asked at a time for this buyer's entry. */
const drawsAtATime = 4;
const ordersAsked = 50;
/** Those who wait ask again so often at most, and so many of them in one second. */
const askEveryMs = 2_000;
const asksPerS = 2_000;
const askSpreadMsMax = 15_000;

export function standingIn(campaign: Campaign, firstOfferId: string, { api, token, way }: Whose): Standing {
  const orders = signal<readonly Order[] | null>(null);
  const queue = signal<QueueStanding>("none");
  const entries = signal<readonly DrawEntry[]>([]);
  const waitlist = signal<WaitlistPlace | null>(null);
  const stopped = new AbortController();
  let current = campaign;
  let offerId = firstOfferId;
  let line: Followed | null = null;
  let askTimer: ReturnType<typeof setTimeout> | undefined;
  let askedAtMs = Number.NEGATIVE_INFINITY;
  let dueAtMs = 0;

  const get = <T>(path: string) => api<T>(path, { signal: stopped.signal, cache: "no-store" });

  const takeOrder = (order: Order) => {
    if (order.campaign_id !== campaign.id) return;
    const others = (orders.value ?? []).filter(({ id }) => id !== order.id);
    orders.value = [...others, order].toSorted((a, b) => b.seq - a.seq);
  };
  const askOrders = async (): Promise<boolean> => {
    const known = new Set(orders.peek());
    const answer = await get<OrderList>(`/v1/orders?campaign_id=${campaign.id}&limit=${ordersAsked}`);
    if (answer.isOk) {
      // What was heard of meanwhile is newer.
      const newer = (orders.value ?? []).filter((order) => !known.has(order));
      const others = answer.value.orders.filter(({ id }) => !newer.some((order) => order.id === id));
      orders.value = [...others, ...newer].toSorted((a, b) => b.seq - a.seq);
    }
    return answer.isOk || answer.code !== "offline";
  };

  const takeQueue = (next: Queue | "none" | "left") => {
    const before = queue.value;
    if (typeof next === "object") {
      queue.value = next;
      dueAtMs = serverNow() + next.poll_after_s * 1_000;
      line ??= followLine();
      return;
    }
    line?.stop();
    line = null;
    if (next === "left") queue.value = "left";
    else if (before !== "left")
      queue.value = typeof before === "object" && before.state === "admitted" ? "over" : "none";
  };
  const askQueue = async (): Promise<boolean> => {
    const answer = await get<Queue>(`/v1/campaigns/${campaign.id}/queue`);
    if (answer.isOk) takeQueue(answer.value);
    else if (["not_queued", "queue_off", "ended"].includes(answer.code)) takeQueue("none");
    return answer.isOk || answer.code !== "offline";
  };
  const followLine = () =>
    follow({
      stream: `/v1/campaigns/${campaign.id}/queue/stream`,
      token,
      onEvent: (type, data) => takeQueue(type === "over" ? "none" : (JSON.parse(data) as Queue)),
      poll: async () => (serverNow() < dueAtMs ? true : askQueue()),
    });

  const askWaitlist = async () => {
    const asked = offerId;
    const answer = await get<WaitlistPlace>(`/v1/offers/${asked}/waitlist`);
    if (asked !== offerId) return; // another one was chosen meanwhile
    if (answer.isOk) waitlist.value = answer.value;
    else if (answer.code === "not_waiting" || answer.code === "ended") waitlist.value = null;
  };
  const takeEntry = (entry: DrawEntry) => {
    entries.value = [...entries.value.filter(({ offer_id }) => offer_id !== entry.offer_id), entry];
  };
  const askEntry = async (id: string) => {
    const answer = await get<DrawEntry>(`/v1/offers/${id}/draw`);
    if (answer.isOk) takeEntry(answer.value);
    else if (answer.code === "not_waiting") entries.value = entries.value.filter(({ offer_id }) => offer_id !== id);
  };

  /** Whoever takes part in one draw of a sale takes part in no other: the chosen one first, then on until it is found. */
  const findEntry = async () => {
    const others = campaign.offers.map(({ id }) => id).filter((id) => id !== firstOfferId);
    await askEntry(firstOfferId);
    while (others.length > 0 && !stopped.signal.aborted && entries.value.every(({ state }) => state === "left"))
      await Promise.all(others.splice(0, drawsAtATime).map(askEntry));
  };

  /** What no stream tells: asked for when the campaign has changed, not by everybody at once. */
  const ask = () => {
    askTimer = undefined;
    askedAtMs = serverNow();
    if (way === "draw") for (const { offer_id } of entries.value) void askEntry(offer_id);
    if (waitlist.value !== null) void askWaitlist();
  };

  const ordersFollowed = follow({
    stream: "/v1/orders/stream",
    token,
    isResumed: true,
    onEvent: (type, data) => {
      if (type === "reminder_due") return takeReminder(JSON.parse(data) as Reminder);
      takeOrder(JSON.parse(data) as Order);
      if (waitlist.value !== null) void askWaitlist();
      if (way === "draw") for (const { offer_id } of entries.value) void askEntry(offer_id);
    },
    poll: askOrders,
    pollEveryMs: askEveryMs,
  });
  // What happened between the first question and the first word of the stream is in neither.
  const stopWatching = ordersFollowed.connection.subscribe((connection) => {
    if (connection === "live") void askOrders();
  });
  const askAnew = () => {
    void askOrders();
    if (way === "draw") void findEntry();
    else if (campaign.waitlist) void askWaitlist();
    if (way === "queue") void askQueue();
  };
  askAnew();

  return {
    orders,
    queue,
    entries,
    waitlist,
    takeOrder,
    takeQueue,
    takeEntry,
    campaignChanged(next, nextOfferId) {
      const hasMoved = next.state !== current.state;
      const isOther = nextOfferId !== offerId;
      current = next;
      offerId = nextOfferId;
      if (isOther && way === "draw")
        void askEntry(nextOfferId); // one may have been left before
      else if (isOther && campaign.waitlist) void askWaitlist();
      if (askTimer !== undefined && !hasMoved) return;
      const crowd = next.offers.reduce((sum, { waiting }) => sum + waiting, 0);
      const spreadMs = Math.min(askSpreadMsMax, (crowd / asksPerS) * 1_000);
      const soonestMs = hasMoved ? 0 : Math.max(0, askedAtMs + askEveryMs - serverNow());
      clearTimeout(askTimer);
      askTimer = setTimeout(ask, soonestMs + spread(spreadMs));
    },
    refresh() {
      ordersFollowed.refresh();
      ask();
    },
    askAnew,
    stop() {
      stopped.abort();
      clearTimeout(askTimer);
      stopWatching();
      ordersFollowed.stop();
      line?.stop();
    },
  };
}
