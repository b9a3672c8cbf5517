/**
 * `GET /v1/events/stream` loses nothing and doubles nothing: whoever comes back with the last id that they saw gets every
 * committed event once and in order, over dropped connections, restarts and kill -9, while the sale goes on.
 */
import { Database } from "bun:sqlite";
import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { isNoticeType } from "../../src/domain/notice.ts";
import { Random } from "../engine/random.ts";
import {
  buy,
  type CampaignJson,
  call,
  createCampaign,
  newFolder,
  operatorKey,
  type Server,
  startServer,
  tokenOf,
} from "../harness.ts";
import { EventStream, type StreamEvent } from "./event-stream.ts";

setDefaultTimeout(120_000);

const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);

/** What is committed and goes out, read from the disk past the server. */
function committed(data: string): { id: number; event: string; hash: string }[] {
  using db = new Database(join(data, "rushbox.db"), { readonly: true });
  const rows = db.query<{ id: number; event: string; hash: string }, []>(
    "SELECT seq AS id, type AS event, lower(hex(hash)) AS hash FROM events ORDER BY seq",
  );
  return rows.all().filter(({ event }) => isNoticeType(event));
}

/** A client that comes back whenever it was cut off, and cuts itself off at random. */
class Reader {
  readonly seen: StreamEvent[] = [];
  readonly #dice: Random;
  #url = "";
  #isOver = false;
  #stream: EventStream | null = null;

  constructor(dice: Random) {
    this.#dice = dice;
  }

  moveTo(server: Pick<Server, "url">): void {
    this.#url = server.url;
  }

  async run(): Promise<void> {
    while (!this.#isOver) {
      const stream = await this.#open();
      if (stream === null) {
        await Bun.sleep(20); // nobody listens there at the moment
        continue;
      }
      this.#stream = stream;
      const cutOff = setTimeout(() => void stream.close(), this.#dice.below(400));
      await stream.ended.catch(() => {}); // by either end, perhaps within an event
      clearTimeout(cutOff);
      this.seen.push(...stream.events);
    }
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#stream?.close();
  }

  async #open(): Promise<EventStream | null> {
    const lastEventId = this.seen.at(-1)?.id ?? 0;
    const stream = await EventStream.open(`${this.#url}/v1/events/stream`, { as: operatorKey, lastEventId }).catch(
      () => null,
    );
    if (stream !== null) expect(stream.response.status).toBe(200);
    return stream;
  }
}

test(`readers that come back at random over restarts and kill -9 see every committed event once, in order (SEED=${seed})`, async () => {
  const data = newFolder();
  const args = ["--http-threads", "2"];
  const buyers = await Promise.all(Array.from({ length: 6 }, (_, at) => tokenOf(`buyer-${at}`)));
  const readers = Array.from({ length: 3 }, (_, at) => new Reader(new Random(seed + at)));
  const dice = new Random(seed + 99);
  let campaign: CampaignJson | null = null;
  let isOver = false;
  let server = await startServer({ data, args });
  for (const reader of readers) reader.moveTo(server);
  const reading = readers.map((reader) => reader.run());
  try {
    campaign = await createCampaign(server, { stock: 3, limitPerBuyer: 3, paymentWindowS: 1 });
    const offer = campaign.offers[0]?.id ?? "";
    const shopping = buyers.map(async (as) => {
      const post = (path: string, who: string) =>
        call(`${server.url}${path}`, { method: "POST", as: who }).catch(() => null);
      while (!isOver) {
        const order = await buy(server, offer, as).catch(() => null);
        if (order === null) await Bun.sleep(20);
        else if (order.status !== 201) await post(`/v1/offers/${offer}/waitlist`, as);
        else if (dice.below(4) === 0) await post(`/v1/orders/${order.body.id}/pay`, operatorKey);
        else await post(`/v1/orders/${order.body.id}/cancel`, as);
        if (dice.below(10) === 0) await post(`/v1/offers/${offer}/waitlist/leave`, as);
        if (dice.below(20) === 0) {
          const body = { quantity: 2 };
          await call(`${server.url}/v1/offers/${offer}/restock`, { method: "POST", as: operatorKey, body }).catch(
            () => null,
          );
        }
      }
    });
    for (const signal of ["SIGKILL", "SIGTERM", "SIGKILL", "SIGKILL"] as const) {
      await Bun.sleep(500 + dice.below(700));
      await server.stop(signal);
      server = await startServer({ data, args });
      for (const reader of readers) reader.moveTo(server);
    }
    await Bun.sleep(500);
    isOver = true;
    await Promise.all(shopping);
    await call(`${server.url}/v1/campaigns/${campaign.id}/end`, { method: "POST", as: operatorKey });

    // Every order that is still unpaid expires, and then nothing happens any more.
    const untilMs = performance.now() + 10_000;
    const lastId = () => committed(data).at(-1)?.id ?? 0;
    const held = async () =>
      (await call<CampaignJson>(`${server.url}/v1/campaigns/${campaign?.id}`)).body.offers[0]?.held ?? 0;
    while ((await held()) > 0 && performance.now() < untilMs) await Bun.sleep(50);
    while (readers.some(({ seen }) => seen.at(-1)?.id !== lastId()) && performance.now() < untilMs) await Bun.sleep(50);
  } finally {
    isOver = true;
    for (const reader of readers) await reader.stop();
    await Promise.all(reading);
    await server.stop("SIGKILL");
  }
  const expected = committed(data);
  expect(expected.length).toBeGreaterThan(100);
  for (const { seen } of readers) {
    const told = seen.map(({ id, event, data: about }) => ({ id, event, hash: (about as { hash: string }).hash }));
    expect(told).toEqual(expected);
  }
});

test("a reader of everything from the first event on gets far more than one read holds, in order, and then what is new", async () => {
  await using server = await startServer();
  const campaign = await createCampaign(server, { stock: 1_000, limitPerBuyer: 1_000 });
  const alice = await tokenOf("alice");
  const offer = campaign.offers[0]?.id ?? "";
  for (let n = 0; n < 20; n++) await Promise.all(Array.from({ length: 50 }, () => buy(server, offer, alice)));
  await using stream = await EventStream.open(`${server.url}/v1/events/stream`, { as: operatorKey, lastEventId: 0 });
  await stream.next(({ id }) => id === 1_004);
  expect(stream.events.map(({ id }) => id)).toEqual(Array.from({ length: 1_004 }, (_, at) => at + 1));
  await call(`${server.url}/v1/campaigns/${campaign.id}/pause`, { method: "POST", as: operatorKey });
  expect(await stream.next()).toMatchObject({ id: 1_005, event: "campaign_paused" });
});

test("a reader without a last id begins with now", async () => {
  await using server = await startServer();
  await createCampaign(server);
  await using stream = await EventStream.open(`${server.url}/v1/events/stream`, { as: operatorKey });
  const next = await createCampaign(server, { publish: false });
  expect((await stream.next()).data).toMatchObject({ campaign_id: next.id });
});

test("a reader that saw more than has happened is told so; the last event itself is no such thing", async () => {
  await using server = await startServer();
  await createCampaign(server);
  const last = committed(server.data).at(-1)?.id ?? 0;
  const ask = (id: number) =>
    call<{ errors: object[] }>(`${server.url}/v1/events/stream`, {
      as: operatorKey,
      headers: { "last-event-id": String(id) },
    });
  for (const id of [last + 1, Number.MAX_SAFE_INTEGER]) {
    const { status, body } = await ask(id);
    expect([status, body.errors]).toEqual([
      400,
      [{ field: "Last-Event-ID", detail: "is not reached yet: begin again with 0" }],
    ]);
  }
  await using stream = await EventStream.open(`${server.url}/v1/events/stream`, { as: operatorKey, lastEventId: last });
  const next = await createCampaign(server, { publish: false });
  expect((await stream.next()).data).toMatchObject({ campaign_id: next.id });
});

test("a buyer's stream begins with now when more was seen than has happened", async () => {
  await using server = await startServer();
  const campaign = await createCampaign(server);
  const alice = await tokenOf("alice");
  const lastEventId = 1_000_000;
  await using stream = await EventStream.open(`${server.url}/v1/orders/stream`, { as: alice, lastEventId });
  const { body } = await buy(server, campaign.offers[0]?.id ?? "", alice);
  expect((await stream.next()).data).toMatchObject({ id: body.id });
});
