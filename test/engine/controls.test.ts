/**
 * Guards the controls: what operators change holds after a restart, is told to every thread, stands in the audit log
 * before and after, and two who change different things do not undo each other.
 */
import { describe, expect, test } from "bun:test";
import { openAdmission } from "../../src/domain/admission.ts";
import { controlsDefault, isOn } from "../../src/domain/controls.ts";
import { limits } from "../../src/domain/limits.ts";
import { sha256 } from "../../src/host/hash.ts";
import { campaignDraft, offerDraft, Sale, startMs } from "./sale.ts";
import { Thread } from "./thread.ts";

describe("the controls", () => {
  test("change in what is named, and stay in everything else, past a restart", () => {
    const sale = new Sale();
    const buyer = { quota: 3, windowS: 1 };
    expect(sale.execute({ type: "set_controls", change: { rateLimits: { buyer } } }).code).toBe("done");
    sale.execute({ type: "set_controls", change: { rateLimits: { failures: null }, riskMode: "enforce" } });
    const on = { name: "streams_off", campaignId: null } as const;
    sale.execute({ type: "set_controls", change: { switches: [{ ...on, isOn: true }] } });
    sale.restart();
    expect(sale.engine.state.controls).toEqual({
      rateLimits: { ...controlsDefault.rateLimits, buyer, failures: null },
      switchesOn: [on],
      riskMode: "enforce",
    });
    expect(sale.typesSince(0)).toEqual(["controls_changed", "controls_changed", "controls_changed"]);
  });

  test("hold a switch once, however often it is thrown, and take it off once", () => {
    const sale = new Sale();
    const flip = (isOn: boolean) =>
      sale.execute({ type: "set_controls", change: { switches: [{ name: "read_only", campaignId: null, isOn }] } });
    flip(true);
    flip(true);
    expect(sale.engine.state.controls.switchesOn).toHaveLength(1);
    flip(false);
    flip(false);
    expect(sale.engine.state.controls).toEqual(controlsDefault);
  });

  test("throw a switch for one campaign, which leaves the others as they are", () => {
    const sale = new Sale();
    const [first, second] = [1, 2].map(() => sale.execute({ type: "create_campaign", draft: campaignDraft() }));
    const [a, b] = [first, second].map((made) => (made?.code === "created" ? made.campaignId : 0));
    const change = { switches: [{ name: "pause_sales", campaignId: a ?? 0, isOn: true }] } as const;
    expect(sale.execute({ type: "set_controls", change }).code).toBe("done");
    const { controls } = sale.engine.state;
    expect([a, b, null].map((id) => isOn(controls, "pause_sales", id))).toEqual([true, false, false]);
    expect(isOn(controls, "read_only", a)).toBeFalse();
  });

  test("pause sales for everybody who would buy, wait for a return or enter a draw; a queue takes people in and stands", () => {
    const sale = new Sale();
    const pause = (isOn: boolean) =>
      sale.execute({ type: "set_controls", change: { switches: [{ name: "pause_sales", campaignId: null, isOn }] } });
    const gone = sale.open({ offers: [offerDraft({ stock: 1 })] });
    sale.order(gone.offerId);
    const [draw, queue] = (["draw", "queue"] as const).map((mode) => {
      const opened = sale.create({
        ...{ hasWaitlist: mode === "draw", closesAtMs: startMs + 60_000 },
        admission: { ...openAdmission, mode },
      });
      sale.execute({ type: "publish", campaignId: opened.campaignId, secret: sha256(mode) });
      return opened;
    });
    if (draw === undefined || queue === undefined) throw new Error("two campaigns");
    const enter = () => sale.execute({ type: "enter_draw", offerId: draw.offerId, buyerId: "bo", salt: "00" }).code;
    const join = () => sale.execute({ type: "join_queue", campaignId: queue.campaignId, buyerId: "bo" }).code;
    pause(true);
    expect<string[]>([sale.reserve(gone.offerId, "bo").code, sale.join(gone.offerId, "bo").code, enter()]).toEqual([
      ...["paused", "paused", "paused"],
    ]);
    expect(join()).toBe("queued");
    pause(false);
    expect([sale.join(gone.offerId, "bo").code, enter(), join()]).toEqual(["joined", "entered", "admitted"]);
  });

  test("refuse a campaign that is not there, and more switches than there may be, and change nothing then", () => {
    const sale = new Sale();
    const change = { riskMode: "off", switches: [{ name: "read_only", campaignId: 9, isOn: true }] } as const;
    expect(sale.execute({ type: "set_controls", change })).toEqual({ code: "not_found" });
    const ids = Array.from({ length: limits.switchesOnMax + 1 }, () => {
      const made = sale.execute({ type: "create_campaign", draft: campaignDraft() });
      return made.code === "created" ? made.campaignId : 0;
    });
    const switches = ids.map((campaignId) => ({ name: "read_only", campaignId, isOn: true }) as const);
    expect(sale.execute({ type: "set_controls", change: { switches } })).toEqual({ code: "limit_exceeded" });
    expect(sale.engine.state.controls).toEqual(controlsDefault);
    expect(sale.execute({ type: "set_controls", change: { switches: switches.slice(1) } }).code).toBe("done");
  });

  test("are told to every thread, and their change stands in the audit log before and after", () => {
    const thread = new Thread();
    const switches = [{ name: "exports_off", campaignId: null, isOn: true }] as const;
    thread.ask(
      { type: "set_controls", change: { rateLimits: { address: { quota: 9, windowS: 1 } }, switches } },
      { operator: "kim" },
    );
    expect(thread.news.at(-1)?.office?.controls.switchesOn).toEqual([{ name: "exports_off", campaignId: null }]);
    const [record] = thread.audit;
    expect(record).toMatchObject({ operator: "kim", action: "set_controls", subject: "", outcome: "done" });
    expect(record?.before).toMatchObject({ address_limit: null, buyer_limit: "50 in 10 s", switches_on: "" });
    expect(record?.after).toMatchObject({ address_limit: "9 in 1 s", switches_on: "exports_off", risk_mode: "record" });
  });
});
