/** One pass over the journal in its order, side by side with all the rows that its events made. */
import type { Database } from "bun:sqlite";
import { Check, type Progress, textOf } from "./check.ts";
import { Erasures } from "./erasures.ts";
import { Office } from "./office.ts";
import { Orders } from "./orders.ts";
import { Payments } from "./payments.ts";
import { Queues } from "./queues.ts";
import { Reminders } from "./reminders.ts";
import { RowCursor } from "./row-cursor.ts";
import { type EventRow, eventRules, eventSelect } from "./rules.ts";
import {
  failEvent,
  finishCampaigns,
  finishOffers,
  problemOfCampaignEvent,
  problemOfMovement,
  problemOfOfferTerms,
  readSale,
} from "./sale.ts";
import { Waitlist } from "./waitlist.ts";

const progressEvery = 50_000;

/** What is wrong with the number or the time of an event. */
function checkSequence(check: Check, event: EventRow, before: Pick<EventRow, "id" | "atMs">): void {
  const expected = before.id + 1;
  if (event.id !== expected) {
    const missing = event.id - 1 > expected ? `events ${expected} to ${event.id - 1} are` : `event ${expected} is`;
    check.fail(`${missing} missing`);
  }
  if (event.atMs < before.atMs) {
    check.fail(`event ${event.id} is ${before.atMs - event.atMs} ms earlier than event ${before.id}`);
  }
}

/** All checks of events and of the rows that they made. */
export function checkEvents(db: Database, progress: Progress): Check[] {
  const sequence = new Check("sequence", "event", "events are 1 to n without a gap, and never go back in time");
  const movements = new Check("movements", "event", "every event moves what its kind moves, no count is ever negative");
  const campaigns = new Check("campaigns", "campaign", "they moved only as they may, and sold only while open");
  const offers = new Check("offers", "offer", "available + held + sold = total, as the events add up");
  const erased = new Check("erasures", "event", "a buyer is missing only where an event erased them");
  let before: Pick<EventRow, "id" | "atMs"> = { id: 0, atMs: 0 };
  try {
    const sale = readSale(db);
    const erasures = new Erasures();
    const orders = new Orders(db, sale, erasures);
    const payments = new Payments(db, sale, orders);
    const waitlist = new Waitlist(db, sale, erasures);
    const queues = new Queues(db, sale, { orders, waitlist, erasures });
    const reminders = new Reminders(db, sale, erasures);
    const office = new Office(db);
    const events = new RowCursor<EventRow>(db, eventSelect, "events", "seq");
    for (let event = events.next(); event !== null; event = events.next()) {
      sequence.count += 1;
      checkSequence(sequence, event, before);
      before = event;
      const rule = eventRules[event.kind];
      if (rule === undefined) {
        movements.fail(`event ${event.id} is of no known kind`);
        continue;
      }
      waitlist.see(event); // before the units move: who joins does so while nothing is available
      failEvent(movements, event, problemOfMovement(sale, event, rule));
      failEvent(campaigns, event, problemOfCampaignEvent(sale, event, rule));
      failEvent(offers, event, problemOfOfferTerms(sale, event));
      queues.see(event); // after the units moved: no more passes are out than units are left
      reminders.see(event);
      payments.see(event, rule, orders.see(event, rule));
      erasures.see(event);
      office.see(event);
      if (sequence.count % progressEvery === 0) progress("event", sequence.count);
    }
    orders.finish();
    payments.finish();
    waitlist.finish();
    queues.finish();
    reminders.finish();
    finishCampaigns(campaigns, sale);
    finishOffers(offers, sale);
    erasures.finish(erased);
    office.finish();
    movements.count = sequence.count;
    const { limits, keys } = orders.buyers;
    return [
      ...[sequence, movements, campaigns, offers, orders.check, orders.units, orders.agents, payments.check],
      ...[waitlist.check, waitlist.draws.check, queues.check, reminders.check, limits, keys, erased, office.check],
    ];
  } catch (cause) {
    sequence.fail(`what follows event ${before.id} cannot be read: ${textOf(cause)}`);
    return [sequence];
  }
}
