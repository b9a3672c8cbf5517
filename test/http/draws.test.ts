/**
 * Guards what the API tells of a draw: what is known at each moment and nothing more, entries without names, to each
 * entrant their own proof and nobody else's; and that all of it holds when it is checked from outside.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { formatId } from "../../src/domain/ids.ts";
import {
  EntriesCheck,
  problemOfBeaconTold,
  problemOfInclusion,
  problemOfLeaf,
  problemOfRank,
  problemOfSecret,
  problemOfSeed,
} from "../../src/draw/check.ts";
import type { DrawDocument, DrawEntryTold, DrawProof } from "../../src/draw/document.ts";
import { sha256OfHex } from "../../src/host/hash.ts";
import { buyers, type Drawn, type DrawPlan, drawSecret, makeDraw } from "../draw/drawn.ts";
import { call, createCampaign, newFolder, type Server, startServer, tokenOf } from "../harness.ts";

const count = 2_500; // three subtrees of the index, the last a part of one
const leavers = ["buyer-3", "buyer-1025", "buyer-2500"];
const plan: DrawPlan = {
  stocks: [40, 2, 5],
  entries: [...buyers(count), ["zoe", 1], ["陈小明", 1], ["wim", 1]],
  leavers,
  cancels: 7,
};

interface Page {
  readonly entries: readonly DrawEntryTold[];
  readonly next_after: number | null;
}

describe("a draw that was made", () => {
  const folder = newFolder();
  let drawn: Drawn;
  let server: Server;
  let document: DrawDocument;
  const idOf = (offer: number) => formatId("off", drawn.offerIds[offer] ?? 0);
  const proofUrl = (offer: number) => `${server.url}/v1/offers/${idOf(offer)}/draw/proof`;
  const entriesUrl = (offer: number) => `${server.url}/v1/offers/${idOf(offer)}/draw/entries`;
  const drawOf = (offer: number) => {
    const draw = document.offers[offer];
    if (draw === undefined) throw new Error(`no offer ${offer}`);
    return draw;
  };
  const entriesOf = async (offer: number, limit = 1_000): Promise<DrawEntryTold[]> => {
    const entries: DrawEntryTold[] = [];
    for (let after: number | null = 0; after !== null; ) {
      const { status, body }: { status: number; body: Page } = await call<Page>(
        `${entriesUrl(offer)}?after=${after}&limit=${limit}`,
      );
      expect(status).toBe(200);
      entries.push(...body.entries);
      after = body.next_after;
    }
    return entries;
  };

  beforeAll(async () => {
    drawn = makeDraw(folder, plan);
    server = await startServer({ data: folder });
    document = (await call<DrawDocument>(`${server.url}/v1/campaigns/${formatId("cmp", drawn.campaignId)}/draw`)).body;
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  test("is told whole, and holds", async () => {
    expect(document.commitment).toBe(sha256OfHex(drawSecret));
    expect(document.offers.map(({ state, count: entries }) => [state, entries])).toEqual([
      ["made", count],
      ["made", 3],
      ["void", null],
    ]);
    for (const offer of [0, 1]) {
      const draw = drawOf(offer);
      expect([problemOfSecret(document, draw), problemOfSeed(draw)]).toEqual([null, null]);
      expect(await problemOfBeaconTold(document, draw)).toBeNull();
      const check = new EntriesCheck(draw);
      const entries = await entriesOf(offer);
      for (const entry of entries) check.take(entry);
      expect([check.problemOfRoot(), check.problemOfRanks(), check.problemOfOrders()]).toEqual([null, null, null]);
      const offered = entries.filter(({ state }) => state === "offered");
      expect(offered).toHaveLength(offer === 0 ? 47 : 2);
    }
  });

  test("has the same entries on pages of any size, and names nobody", async () => {
    const all = await entriesOf(0);
    expect(all.map(({ index }) => index)).toEqual([...Array(count).keys()]);
    const cut: DrawEntryTold[] = [];
    for (const [after, limit] of [
      [0, 1_000],
      [1_000, 24],
      [1_024, 1],
      [1_025, 999],
      [2_024, 476],
    ] as const) {
      const { body } = await call<Page>(`${entriesUrl(0)}?after=${after}&limit=${limit}`);
      expect(body.next_after).toBe(after + limit < count ? after + limit : null);
      cut.push(...body.entries);
    }
    expect(cut).toEqual(all);
    expect(JSON.stringify([all, document])).not.toContain("buyer-");
    expect((await call<Page>(`${entriesUrl(0)}?after=${count}`)).body).toEqual({ entries: [], next_after: null });
    expect((await call<Page>(`${entriesUrl(0)}?after=999999999`)).body).toEqual({ entries: [], next_after: null });
  });

  test("gives every entrant a proof that holds, of their own entry alone", async () => {
    const entries = await entriesOf(0);
    for (const n of [1, 2, 3, 1_024, 1_025, 2_049, 2_500]) {
      const { status, body } = await call<DrawProof>(proofUrl(0), { as: await tokenOf(`buyer-${n}`) });
      expect(status).toBe(200);
      expect(body.buyer_id).toBe(`buyer-${n}`);
      expect([problemOfLeaf(body), problemOfInclusion(body), problemOfRank(body)]).toEqual([null, null, null]);
      const { offer_id: _, ...entry } = entries[n - 1] ?? { offer_id: "" };
      expect(body).toMatchObject(entry);
      expect(body.draw).toEqual(drawOf(0));
      expect(body.state === "left").toBe(leavers.includes(`buyer-${n}`));
    }
    const { body: other } = await call<DrawProof>(proofUrl(1), { as: await tokenOf("陈小明") });
    expect([problemOfLeaf(other), problemOfInclusion(other), problemOfRank(other)]).toEqual([null, null, null]);
  });

  test("answers many at once as one after the other", async () => {
    await using again = await startServer({ data: copyOf(folder) }); // nothing is kept yet
    const url = `${again.url}/v1/offers/${idOf(0)}/draw/proof`;
    const asking = Array.from({ length: 40 }, async (_, n) =>
      call<DrawProof>(url, { as: await tokenOf(`buyer-${n * 60 + 1}`) }),
    );
    for (const [n, { status, body }] of (await Promise.all(asking)).entries()) {
      expect([status, body.buyer_id]).toEqual([200, `buyer-${n * 60 + 1}`]);
      expect([problemOfInclusion(body), problemOfRank(body)]).toEqual([null, null]);
    }
  });

  test("is refused by name to whoever has no part in it", async () => {
    const code = async (url: string, as?: string) => {
      const { status, body } = await call<{ code: string }>(url, as === undefined ? {} : { as });
      return `${status} ${body.code}`;
    };
    expect(await code(proofUrl(0))).toBe("401 unauthorized");
    expect(await code(proofUrl(0), await tokenOf("nobody"))).toBe("404 not_waiting");
    expect(await code(proofUrl(1), await tokenOf("buyer-1"))).toBe("404 not_waiting");
    expect(await code(proofUrl(2), await tokenOf("buyer-1"))).toBe("404 not_waiting");
    expect(await code(entriesUrl(2))).toBe("404 not_found");
    for (const query of ["limit=0", "limit=1001", "after=-1", "after=x", "offset=1", "after=1&after=2"]) {
      expect(await code(`${entriesUrl(0)}?${query}`)).toBe("400 invalid");
    }
    expect(await code(`${server.url}/v1/campaigns/cmp_00000000zz/draw`)).toBe("404 not_found");
    expect(await code(`${server.url}/v1/offers/off_00000000zz/draw/entries`)).toBe("404 not_found");
    const open = await createCampaign(server);
    const draft = await createCampaign(server, { publish: false });
    expect(await code(`${server.url}/v1/campaigns/${open.id}/draw`)).toBe("409 draw_off");
    expect(await code(`${server.url}/v1/offers/${open.offers[0]?.id}/draw/entries`)).toBe("409 draw_off");
    expect(await code(`${server.url}/v1/campaigns/${draft.id}/draw`)).toBe("404 not_found");
  });
});

describe("before a draw is made", () => {
  const cases = [
    ["open", { until: "open", closesAtMs: Date.now() + 3_600_000 }],
    ["void", { until: "ended" }],
    ["waiting_for_beacon", { beacon: { chain: "ab".repeat(32), round: 9 } }],
  ] as const;

  for (const [state, how] of cases) {
    test(`nothing is told that could not be known: ${state}`, async () => {
      const folder = newFolder();
      const { campaignId, offerIds } = makeDraw(folder, {
        stocks: [2],
        entries: buyers(5),
        leavers: ["buyer-2"],
        ...how,
      });
      await using server = await startServer({ data: folder });
      const offerId = formatId("off", offerIds[0] ?? 0);
      const { body: document } = await call<DrawDocument>(
        `${server.url}/v1/campaigns/${formatId("cmp", campaignId)}/draw`,
      );
      const isClosed = state === "waiting_for_beacon";
      const [draw] = document.offers;
      expect(draw).toMatchObject({ state, secret: null, beacon: null, seed: null, count: isClosed ? 5 : null });
      expect(document.beacon?.round).toBe(isClosed ? 9 : undefined);
      const entries = await call<Page>(`${server.url}/v1/offers/${offerId}/draw/entries`);
      expect(entries.status).toBe(isClosed ? 200 : 404);
      if (isClosed) expect(entries.body.entries.map(({ rank }) => rank)).toEqual([null, null, null, null, null]);
      const { body: proof } = await call<DrawProof>(`${server.url}/v1/offers/${offerId}/draw/proof`, {
        as: await tokenOf("buyer-4"),
      });
      expect([problemOfLeaf(proof), problemOfInclusion(proof), problemOfRank(proof)]).toEqual([null, null, null]);
      expect([proof.index, proof.rank, proof.path === null]).toEqual([isClosed ? 3 : null, null, !isClosed]);
      const { body: campaign } = await call(`${server.url}/v1/campaigns/${formatId("cmp", campaignId)}`);
      const { body: ledger } = await call(
        `${server.url}/v1/campaigns/${formatId("cmp", campaignId)}/ledger?limit=1000`,
      );
      for (const told of [document, entries.body, proof, campaign, ledger]) {
        expect(JSON.stringify(told)).not.toContain(drawSecret);
      }
    });
  }
});

function copyOf(folder: string): string {
  const copy = newFolder();
  Bun.spawnSync(["cp", `${folder}/rushbox.db`, copy]);
  return copy;
}
