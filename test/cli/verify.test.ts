/** `verify` holds promise 5: whatever is changed in a data folder behind Rushbox's back is found, and named. */
import { Database } from "bun:sqlite";
import { beforeAll, describe, expect, test } from "bun:test";
import { dirname, join } from "node:path";
import { receiptOf } from "../../src/domain/receipt.ts";
import { Receipts } from "../../src/http/receipts.ts";
import { ensureReceiptKey } from "../../src/secrets.ts";
import { SqliteLedgerReader } from "../../src/storage/sqlite/ledger-reader.ts";
import { SqliteReader } from "../../src/storage/sqlite/reader.ts";
import { verifyHashes } from "../../src/storage/sqlite/verify.ts";
import { newFolder } from "../harness.ts";
import { runCommand } from "./command.ts";
import { damagePage, isFound, makeLedger, rehash, tamper, tampered, verifyRehashed, verifyTampered } from "./ledger.ts";

let ledger = "";
/** The number of its events. */
const lastSeq = 222;

beforeAll(() => {
  ledger = makeLedger(newFolder());
});

test("a sale in which everything has happened that can holds in every check", () => {
  expect(verifyTampered(ledger)).toEqual({});
});

/** The details of an event that nothing private is said by. */
const detailsOf = (...said: readonly unknown[]) =>
  new Bun.CryptoHasher("sha256").update(`\n${JSON.stringify(said)}`).digest("hex");
/** Those of a publishing that settles the closing at 931.999 s after the ledger's beginning. */
const closingHash = detailsOf(Date.UTC(2026, 10, 11) + 931_999);

const otherSecret = "5f".repeat(32);
const otherCommitment = new Bun.CryptoHasher("sha256").update(Uint8Array.fromHex(otherSecret)).digest("hex");
/** Gives an entry the buyer of another, in its row and in its event. */
const asBuyerOf = (table: "queue" | "waitlist", id: number, other: number) => [
  `UPDATE ${table} SET buyer_id = other.buyer_id, salt = other.salt FROM ${table} AS other WHERE ${table}.id = ${id} AND other.id = ${other}`,
  `UPDATE events SET details = (SELECT details FROM events WHERE seq = ${other}) WHERE seq = ${id}`,
];

/** What somebody runs, the check that finds it, and how it names it. */
type Tampering = readonly [kind: string, check: string, names: string, ...statements: string[]];

/** What campaign 186 was created with, had it said something else of agents. */
const createdWith = (...agents: readonly unknown[]) =>
  detailsOf("Sale", null, null, 900, "open", false, 120, "none", agents);

const agentTamperings: readonly Tampering[] = [
  [
    "an agent's order made a person's",
    "orders",
    "order ord_000000005i has another buyer, quantity, amount, expiry, key, mark or salt than event 198 (order_reserved)",
    "UPDATE orders SET actor = NULL WHERE id = 198",
  ],
  [
    "a person's order made an agent's",
    "orders",
    "order ord_000000005r has another buyer, quantity, amount, expiry, key, mark or salt than event 207 (order_reserved)",
    "UPDATE orders SET actor = 'agent' WHERE id = 207",
  ],
  [
    "an entry of an agent made a person's",
    "waitlist",
    "entry wte_000000005s led to an order that says otherwise who made it",
    "UPDATE waitlist SET actor = NULL WHERE id = 208",
  ],
  [
    "an entry of an agent made a person's, with its order",
    "waitlist",
    "entry wte_000000005s has another buyer, mark or salt than event 208 (waitlist_joined)",
    "UPDATE waitlist SET actor = NULL WHERE id = 208",
    "UPDATE orders SET actor = NULL WHERE id = 210",
  ],
  [
    "a share that was another one",
    "campaigns",
    "event 186 (campaign_created) was hashed with another title, description, kind, opening, payment window or admission",
    "UPDATE campaigns SET agent_share_percent = 51 WHERE id = 186",
  ],
  [
    "a share of one unit, of which agents had two, everything said anew",
    "agents",
    "event 200 (order_reserved) leaves agents 2 of off_0000000057, whose share is 1",
    "UPDATE campaigns SET agent_share_percent = 25 WHERE id = 186",
    `UPDATE events SET details = x'${createdWith("agents", "share", 25)}' WHERE seq = 186`,
  ],
  [
    "a campaign for people in which agents bought, everything said anew",
    "agents",
    "event 198 (order_reserved) gives an agent off_0000000057, as its campaign does not allow",
    "UPDATE campaigns SET agent_policy = 'humans_only', agent_share_percent = NULL WHERE id = 186",
    `UPDATE events SET details = x'${createdWith("agents", "humans_only")}' WHERE seq = 186`,
  ],
  [
    "a waitlist that agents share in, everything said anew",
    "agents",
    "event 210 (order_offered) gives an agent off_000000005b, as its campaign does not allow",
    "UPDATE campaigns SET agent_policy = 'share', agent_share_percent = 50 WHERE id = 190",
    `UPDATE events SET details = x'${createdWith("agents", "share", 50)}' WHERE seq = 190`,
  ],
  [
    "an agent who waits where agents do not, everything said anew",
    "waitlist",
    "entry wte_000000005s is of an agent, as its campaign does not allow",
    "UPDATE campaigns SET agent_policy = 'humans_only' WHERE id = 190",
    `UPDATE events SET details = x'${createdWith("agents", "humans_only")}' WHERE seq = 190`,
  ],
];

const queueTamperings: readonly Tampering[] = [
  [
    "an agent let in past the agents' share",
    "queues",
    "event 219 (queue_admitted) does not let in whose turn it is: que_0000000062 is the first in line, past agents who have to wait for their share",
    "UPDATE events SET previous_seq = iif(previous_seq = 217, 218, 217) WHERE seq IN (219, 221)",
  ],
  [
    "an agent's place made a person's",
    "queues",
    "entry que_0000000061 has another buyer, mark or salt than event 217 (queue_joined)",
    "UPDATE queue SET actor = NULL WHERE id = 217",
  ],
  [
    "an agent in a queue for people, everything said anew",
    "queues",
    "entry que_000000005z is of an agent, as its campaign does not allow",
    "UPDATE campaigns SET agent_policy = 'humans_only', agent_share_percent = NULL WHERE id = 211",
    `UPDATE events SET details = x'${detailsOf("Sale", null, null, 900, "queue", false, 60, "none", ["agents", "humans_only"])}' WHERE seq = 211`,
  ],
  [
    "somebody let in before their turn",
    "queues",
    "event 89 (queue_admitted) does not let in whose turn it is: que_000000002d is the first in line",
    "UPDATE events SET previous_seq = iif(previous_seq = 85, 79, 85) WHERE seq IN (89, 90)",
  ],
  [
    "a queue that was drawn by another secret, everything said anew",
    "queues",
    "event 89 (queue_admitted) does not let in whose turn it is",
    `UPDATE campaigns SET secret = '${otherSecret}', commitment = '${otherCommitment}' WHERE id = 75`,
    `UPDATE events SET details = x'${detailsOf(null, otherCommitment)}' WHERE seq = 78`,
    `UPDATE events SET details = x'${detailsOf(otherSecret, 6)}' WHERE seq = 88`,
  ],
  [
    "a secret that was not committed to",
    "campaigns",
    "event 78 (campaign_published) commits to another secret than campaign cmp_0000000023 has",
    `UPDATE campaigns SET secret = '${otherSecret}' WHERE id = 75`,
  ],
  [
    "a queue without a secret",
    "campaigns",
    "event 78 (campaign_published) does not settle what the queue campaign cmp_0000000023 is drawn by",
    "UPDATE campaigns SET secret = NULL, commitment = NULL WHERE id = 75",
    `UPDATE events SET details = x'${detailsOf(null)}' WHERE seq = 78`,
  ],
  [
    "a queue drawn among others",
    "queues",
    "event 88 (queue_drawn) was hashed with another secret, or another count than 6",
    `UPDATE events SET details = x'${detailsOf("5e".repeat(32), 7)}' WHERE seq = 88`,
  ],
  [
    "a queue that was never drawn",
    "queues",
    "event 89 (queue_admitted) lets in before the queue was drawn",
    "UPDATE events SET type = 'passes_renewed', details = NULL WHERE seq = 88",
    "UPDATE campaigns SET queue_drawn_seq = NULL WHERE id = 75",
  ],
  [
    "a queue drawn when somebody liked it",
    "queues",
    "event 88 (queue_drawn) draws a queue that is in order, or not at the opening",
    "UPDATE events SET type = 'campaign_opened' WHERE seq = 86",
    "UPDATE events SET type = 'passes_renewed' WHERE seq = 87",
  ],
  [
    "more passes than units",
    "queues",
    "event 92 (queue_admitted) leaves 4 passes out for 3 units to be had",
    "UPDATE events SET available = 2 WHERE seq = 76",
    "UPDATE offers SET available = available - 1, total = total - 1 WHERE id = 76",
  ],
  [
    "units taken away that were promised",
    "queues",
    "event 106 (offer_restocked) leaves 1 passes out for 0 units to be had",
    "UPDATE events SET available = -2 WHERE seq = 106",
  ],
  [
    "an order without a pass",
    "queues",
    "event 94 (order_reserved) reserves without a pass in campaign cmp_0000000023, which lets in by its queue",
    "UPDATE events SET previous_seq = NULL WHERE seq = 94",
  ],
  [
    "an order without a pass while everybody queued",
    "queues",
    "event 125 (order_reserved) reserves without a pass in campaign cmp_0000000037, which lets in by its queue",
    "UPDATE events SET previous_seq = NULL WHERE seq = 125",
  ],
  [
    "an order with a pass where there is no queue",
    "queues",
    "event 45 (order_reserved) reserves with a pass in campaign cmp_0000000015, which has no queue",
    "UPDATE events SET previous_seq = 40 WHERE seq = 45",
  ],
  [
    "an order with a pass that was used before",
    "queues",
    "event 105 (order_reserved) reserves with the pass of an entry that has none then",
    "UPDATE events SET previous_seq = 79 WHERE seq = 105",
  ],
  [
    "an order with the pass of somebody else",
    "queues",
    "entry que_000000002c is expired, its events make it completed",
    "UPDATE events SET previous_seq = 84 WHERE seq = 94",
  ],
  [
    "an order with a pass that had run out",
    "queues",
    "event 94 (order_reserved) reserves with a pass that had run out at",
    "UPDATE events SET at_ms = at_ms + 60000 WHERE seq = 94",
  ],
  [
    "a pass taken while it was good",
    "queues",
    "event 100 (queue_expired) takes a pass that is good until",
    "UPDATE events SET at_ms = at_ms - 1001 WHERE seq = 100",
  ],
  [
    "a pass that ends later",
    "queues",
    "entry que_000000002a has a pass until",
    "UPDATE queue SET expires_at_ms = expires_at_ms + 1 WHERE id = 82",
  ],
  [
    "a pass that was to end at another time",
    "queues",
    "event 89 (queue_admitted) was hashed with another end of the pass than",
    "UPDATE events SET details = (SELECT details FROM events WHERE seq = 99) WHERE seq = 89",
  ],
  [
    "a pass of somebody who was never let in",
    "queues",
    "entry que_0000000028 was let in, as no event says",
    "UPDATE queue SET admitted_at_ms = 1, expires_at_ms = 2 WHERE id = 80",
  ],
  [
    "a place given to another buyer",
    "queues",
    "entry que_0000000029 has another buyer, mark or salt than event 81 (queue_joined) was hashed with",
    "UPDATE queue SET buyer_id = 'mallory' WHERE id = 81",
  ],
  [
    "a buyer with two places",
    "queues",
    "entry que_0000000029 is the second of a buyer who has entry que_0000000027",
    ...asBuyerOf("queue", 81, 79),
  ],
  [
    "somebody who waits though they left",
    "queues",
    "entry que_0000000028 is waiting, its events make it left",
    "UPDATE queue SET state = 'waiting', ended_at_ms = NULL, ended_seq = NULL WHERE id = 80",
  ],
  [
    "somebody who left by another event",
    "queues",
    "entry que_0000000028 ended at another time, or by another event, than its events say",
    "UPDATE queue SET ended_seq = 87 WHERE id = 80",
  ],
  [
    "a place that is gone",
    "queues",
    "event 81 (queue_joined) is about entry que_0000000029, which does not exist",
    "DELETE FROM queue WHERE id = 81",
  ],
  [
    "a place that nobody joined for",
    "queues",
    "entry que_000000002e has no event by which it joined",
    "INSERT INTO queue SELECT 86, campaign_id, 'mallory', 'waiting', joined_at_ms, NULL, NULL, NULL, NULL, NULL, salt, NULL, NULL FROM queue WHERE id = 85",
  ],
  [
    "a queue drawn by another event",
    "queues",
    "the queue of campaign cmp_0000000023 was drawn by event 87, its events say 88",
    "UPDATE campaigns SET queue_drawn_seq = 87 WHERE id = 75",
  ],
  [
    "a queue that is said to be drawn among more",
    "queues",
    "the queue of campaign cmp_0000000023 was drawn among 7, its events say 6",
    "UPDATE campaigns SET queue_drawn_count = 7 WHERE id = 75",
  ],
  [
    "a queue that is closed though it is the campaign's own",
    "queues",
    "event 97 (queue_closed) finds campaign cmp_0000000023 open",
    "UPDATE events SET type = 'queue_closed' WHERE seq = 97",
  ],
];

const drawTamperings: readonly Tampering[] = [
  [
    "an entry that is not counted",
    "draws",
    "event 156 (draw_closed) closes a draw of 5 with the root bc6e230f",
    "UPDATE events SET type = 'waitlist_joined' WHERE seq = 145",
  ],
  [
    "an entry whose buyer is another now, in its event too",
    "draws",
    "event 164 (draw_closed) closes a draw of 3 with the root 54602854",
    ...asBuyerOf("waitlist", 149, 143),
  ],
  [
    "a root that is not of the entries",
    "draws",
    "event 156 (draw_closed) closes a draw of 5 with the root aa, by its row: the 5 entries have bc6e230f",
    "UPDATE draws SET root = 'aa' WHERE offer_id = 130",
  ],
  [
    "a draw closed with another root",
    "draws",
    "event 156 (draw_closed) was hashed with another root or count than the entries have",
    `UPDATE events SET details = x'${detailsOf("aa", 5)}' WHERE seq = 156`,
  ],
  [
    "a draw that is gone",
    "draws",
    "event 156 (draw_closed) closes a draw that has no row",
    "DELETE FROM draws WHERE offer_id = 130",
  ],
  [
    "a draw that never closed",
    "draws",
    "the draw of offer off_0000000001 was not closed by the event that its row names",
    "INSERT INTO draws SELECT 1, campaign_id, 5, root, count, NULL, NULL, NULL, NULL, NULL FROM draws WHERE offer_id = 130",
  ],
  [
    "a draw without a beacon that is withheld",
    "draws",
    "the draw of offer off_000000003m was closed and never made",
    "UPDATE events SET type = 'passes_renewed', details = NULL WHERE seq = 157",
    "UPDATE draws SET made_seq = NULL, secret = NULL WHERE offer_id = 130",
  ],
  [
    "a draw by a secret that was not committed to, told everywhere",
    "draws",
    "event 157 (draw_made) makes a draw with another secret than was committed to",
    `UPDATE draws SET secret = '${otherSecret}' WHERE offer_id = 130`,
    `UPDATE events SET details = x'${detailsOf(otherSecret)}' WHERE seq = 157`,
  ],
  [
    "a draw hashed with another secret",
    "draws",
    "event 157 (draw_made) was hashed with another secret or beacon than its row has",
    `UPDATE events SET details = x'${detailsOf(otherSecret)}' WHERE seq = 157`,
  ],
  [
    "a draw by another round of the beacon",
    "draws",
    "event 170 (draw_made) is decided by round 8 of its beacon, not 7",
    "UPDATE draws SET beacon_round = 8 WHERE offer_id = 135",
  ],
  [
    "a draw without the beacon that was named",
    "draws",
    "event 170 (draw_made) is decided by round none of its beacon, not 7",
    "UPDATE draws SET beacon_round = NULL, beacon_randomness = NULL, beacon_signature = NULL WHERE offer_id = 135",
  ],
  [
    "a draw by a beacon that was not named",
    "draws",
    "event 157 (draw_made) is decided by round 7 of its beacon, not none",
    "UPDATE draws SET beacon_round = 7, beacon_randomness = 'aa', beacon_signature = 'aa' WHERE offer_id = 130",
  ],
  [
    "a beacon that said something else",
    "draws",
    "event 170 (draw_made) is decided by another chance than its beacon's signature has",
    "UPDATE draws SET beacon_signature = 'a' || substr(beacon_signature, 2) WHERE offer_id = 135",
  ],
  [
    "a beacon of another campaign's terms",
    "campaigns",
    "event 136 (campaign_published) was hashed with another closing, commitment or beacon than campaign cmp_000000003q has",
    "UPDATE campaigns SET beacon_round = 8 WHERE id = 134",
  ],
  [
    "a draw that is said to be made",
    "draws",
    "the draw of offer off_000000003v was not made by the event that its row names",
    "UPDATE draws SET made_seq = 170, secret = (SELECT secret FROM draws WHERE offer_id = 135) WHERE offer_id = 139",
  ],
  [
    "a draw that is made later than it could",
    "draws",
    "event 160 (draw_made) makes a draw later than it could",
    "UPDATE events SET seq = -seq WHERE seq IN (159, 160)",
    "UPDATE events SET seq = iif(seq = -159, 160, 159) WHERE seq < 0",
    "UPDATE draws SET made_seq = 160 WHERE offer_id = 131",
  ],
  [
    "a unit offered to somebody whom the draw put behind",
    "waitlist",
    "event 160 (order_offered) does not offer its unit to whose turn it is: wte_0000000042 is the first in line",
    "UPDATE events SET previous_seq = iif(previous_seq = 146, 145, 146) WHERE seq IN (160, 161)",
  ],
  [
    "a unit offered to somebody who left",
    "waitlist",
    "event 171 (order_offered) does not offer its unit to whose turn it is: wte_0000000049 is the first in line",
    "UPDATE events SET previous_seq = 151 WHERE seq = 171",
  ],
  [
    "a unit offered before the draw",
    "waitlist",
    "event 171 (order_offered) offers a unit before the draw was made",
    "UPDATE events SET type = 'draw_closed' WHERE seq = 170",
  ],
  [
    "a unit sold past the draw",
    "campaigns",
    "event 160 (order_reserved) reserves in campaign cmp_000000003l, which sells by a draw",
    "UPDATE events SET type = 'order_reserved', previous_seq = NULL WHERE seq = 160",
  ],
  [
    "a buyer who entered twice",
    "waitlist",
    "entry wte_000000004a is the second of a buyer who has entry wte_0000000048 for the same offer",
    ...asBuyerOf("waitlist", 154, 152),
  ],
  [
    "a buyer in two draws of a campaign",
    "waitlist",
    "entry wte_0000000044 is the second of a buyer who has entry wte_0000000041 in the same campaign",
    ...asBuyerOf("waitlist", 148, 145),
    "UPDATE orders SET buyer_id = (SELECT buyer_id FROM waitlist WHERE id = 145) WHERE id = 162",
  ],
];

/** All kinds of tampering. */
const tamperings: readonly Tampering[] = [
  [
    "a unit conjured up",
    "offers",
    "offer off_0000000002: available is 11, its events add up to 10",
    "UPDATE offers SET available = available + 1, total = total + 1 WHERE id = 2",
  ],
  [
    "a unit moved from one count to another",
    "units",
    "offer off_0000000002: held is 1, its orders add up to 0",
    "UPDATE offers SET held = held + 1, sold = sold - 1 WHERE id = 2",
  ],
  [
    "a total that is not the sum",
    "offers",
    "offer off_0000000002: available 10 + held 0 + sold 4 is not total 17",
    "UPDATE offers SET total = 17 WHERE id = 2",
  ],
  [
    "a negative count",
    "offers",
    "offer off_0000000003: available is -1",
    "UPDATE offers SET available = -1, total = -1 WHERE id = 3",
  ],
  ["an event that is gone", "sequence", "event 15 is missing", "DELETE FROM events WHERE seq = 15"],
  ["events that are gone", "sequence", "events 9 to 10 are missing", "DELETE FROM events WHERE seq IN (9, 10)"],
  [
    "an event that is gone, with the counts set right",
    "orders",
    "order ord_0000000009 is cancelled, its events up to 9 make it reserved",
    "DELETE FROM events WHERE seq = 10",
    "UPDATE offers SET available = available - 1, held = held + 1 WHERE id = 2",
  ],
  [
    "an event out of time",
    "sequence",
    "event 9 is 2000 ms earlier than event 8",
    "UPDATE events SET at_ms = at_ms - 3000 WHERE seq = 9",
  ],
  [
    "an event of no known kind",
    "movements",
    "event 15 is of no known kind",
    "UPDATE events SET type = 'gift' WHERE seq = 15",
  ],
  [
    "an event that moves the wrong way",
    "movements",
    "event 8 (order_paid) moves available 0, held 1, sold -1",
    "UPDATE events SET held = 1, sold = -1 WHERE seq = 8",
  ],
  [
    "a refund that returns more than was sold",
    "movements",
    "event 29 (order_refund_requested) moves available 3, held 0, sold -2",
    "UPDATE events SET available = 3 WHERE seq = 29",
  ],
  [
    "more sold than there was, all counts set right",
    "movements",
    "event 6 (order_reserved) takes available of off_0000000002 to -1",
    "UPDATE events SET available = 1 WHERE seq = 2",
    "UPDATE offers SET available = available - 9, total = total - 9 WHERE id = 2",
  ],
  [
    "an order that was never reserved",
    "orders",
    "order ord_000000000f has no event",
    "INSERT INTO orders SELECT 15, campaign_id, offer_id, 'mallory', quantity, amount_minor, state, 15, reserved_at_ms, expires_at_ms, paid_at_ms, ended_at_ms, NULL, NULL, salt, NULL, NULL FROM orders WHERE id = 25",
  ],
  [
    "an order that is gone",
    "orders",
    "event 6 (order_reserved) is about order ord_0000000006, which does not exist",
    "DELETE FROM orders WHERE id = 6",
  ],
  [
    "an order in another state",
    "orders",
    "order ord_0000000006 is paid, its events up to 18 make it expired",
    "UPDATE orders SET state = 'paid' WHERE id = 6",
  ],
  [
    "an order of another quantity",
    "orders",
    "order ord_0000000007 has quantity 2, event 7 (order_reserved) moves 1",
    "UPDATE orders SET quantity = 2, amount_minor = 200 WHERE id = 7",
  ],
  [
    "an order of another amount",
    "orders",
    "order ord_0000000007 amounts to 1, its price and quantity to 100",
    "UPDATE orders SET amount_minor = 1 WHERE id = 7",
  ],
  [
    "an order with more time to pay",
    "orders",
    "order ord_0000000006 expires at",
    "UPDATE orders SET expires_at_ms = expires_at_ms + 1 WHERE id = 6",
  ],
  [
    "an order given to another buyer",
    "orders",
    "order ord_0000000006 has another buyer, quantity, amount, expiry, key, mark or salt than event 6 (order_reserved)",
    "UPDATE orders SET buyer_id = 'mallory' WHERE id = 6",
  ],
  [
    "an order with another key",
    "orders",
    "order ord_0000000006 has another buyer, quantity, amount, expiry, key, mark or salt than event 6 (order_reserved)",
    "UPDATE orders SET idempotency_key = 'mine' WHERE id = 6",
  ],
  [
    "an order that names another last event",
    "orders",
    "order ord_000000000d names event 32 as its last, which is event 33",
    "UPDATE orders SET last_seq = 32 WHERE id = 13",
  ],
  [
    "a chain that leaves out an event",
    "orders",
    "order ord_000000000d has a broken chain: event 23 (order_paid) follows 19, not 22",
    "UPDATE events SET previous_seq = 19 WHERE seq = 23",
  ],
  [
    "an event given to another order",
    "orders",
    "order ord_0000000007 is paid when event 12 (order_paid) finds it",
    "UPDATE events SET order_id = 7 WHERE seq = 12",
  ],
  [
    "a payment of another amount",
    "payments",
    "payment pay_000000000o has another provider, reference, amount, currency or salt than event 24 (order_refund_due)",
    "UPDATE payments SET amount_minor = 1 WHERE id = 24",
  ],
  [
    "a payment with another reference",
    "payments",
    "payment pay_0000000008 has another provider, reference, amount, currency or salt than event 8 (order_paid)",
    "UPDATE payments SET reference = 'bank-9' WHERE id = 8",
    "UPDATE orders SET payment_reference = 'bank-9' WHERE id = 7",
  ],
  [
    "an order that names another payment",
    "orders",
    "order ord_0000000007 names another payment than its events brought",
    "UPDATE orders SET payment_reference = 'bank-9' WHERE id = 7",
  ],
  [
    "a payment that is gone",
    "payments",
    "event 8 (order_paid) came with a payment, pay_0000000008, which does not exist",
    "DELETE FROM payments WHERE id = 8",
  ],
  [
    "a payment that never came",
    "payments",
    "payment pay_0000000009 has no event that it came with",
    "INSERT INTO payments SELECT 9, order_id, provider, 'bank-9', amount_minor, currency, 'refund_due', received_at_ms, NULL, salt FROM payments WHERE id = 8",
  ],
  [
    "a payment said to be returned",
    "payments",
    "order ord_000000000e has 0 payments to return, its events make it 1",
    "UPDATE payments SET state = 'refunded', refunded_at_ms = received_at_ms WHERE id = 24",
  ],
  [
    "a payment said to be kept",
    "orders",
    "order ord_000000000p has an accepted payment, yet is not paid",
    "UPDATE payments SET state = 'accepted', refunded_at_ms = NULL WHERE id = 27",
  ],
  [
    "a refund of another time",
    "payments",
    "order ord_000000000d has payments returned at other times than its events say",
    "UPDATE payments SET refunded_at_ms = refunded_at_ms + 1 WHERE id = 23",
  ],
  [
    "a place in line given to another buyer",
    "waitlist",
    "entry wte_000000000z has another buyer, mark or salt than event 35 (waitlist_joined)",
    "UPDATE waitlist SET buyer_id = 'mallory' WHERE id = 35",
  ],
  [
    "somebody let in front of the line",
    "waitlist",
    "entry wte_0000000010 led to an order of another buyer",
    "UPDATE waitlist SET order_id = 52, ended_at_ms = (SELECT at_ms FROM events WHERE seq = 52) WHERE id = 36",
    "UPDATE waitlist SET order_id = 40, ended_at_ms = (SELECT at_ms FROM events WHERE seq = 40) WHERE id = 37",
  ],
  [
    "a purchase while somebody waits",
    "waitlist",
    "event 40 (order_reserved) reserves what 2 wait for",
    "UPDATE events SET type = 'order_reserved' WHERE seq = 40",
  ],
  [
    "somebody who waits though they left",
    "waitlist",
    "event 38 (waitlist_left) is of an entry that its row does not let leave then",
    "UPDATE waitlist SET state = 'waiting', ended_at_ms = NULL WHERE id = 35",
  ],
  [
    "somebody who left though they waited",
    "waitlist",
    "event 40 (order_offered) offers a unit to entry",
    "UPDATE waitlist SET state = 'left', order_id = NULL WHERE id = 36",
  ],
  [
    "an entry that is gone",
    "waitlist",
    "event 35 (waitlist_joined) is about entry wte_000000000z, which does not exist",
    "DELETE FROM waitlist WHERE id = 35",
  ],
  [
    "an order given to another buyer, who then has too much",
    "limits",
    'buyer "dave" has 4 of offer off_0000000002, whose limit is 3',
    "UPDATE orders SET buyer_id = 'dave' WHERE id = 7",
  ],
  [
    "a key that has two orders",
    "keys",
    'buyer "bob" has orders ord_0000000007 and ord_000000000d under the key "bob-2"',
    "UPDATE orders SET buyer_id = 'bob', idempotency_key = 'bob-2' WHERE id = 13",
  ],
  [
    "a campaign in another state",
    "campaigns",
    "campaign cmp_0000000015 is open, its events make it ended",
    "UPDATE campaigns SET state = 'open' WHERE id = 41",
  ],
  [
    "a campaign with another title",
    "campaigns",
    "event 1 (campaign_created) was hashed with another title, description, kind, opening, payment window or admission than campaign cmp_0000000001 has",
    "UPDATE campaigns SET title = 'Better sale' WHERE id = 1",
  ],
  ...["description = 'Other terms.'", "description = NULL"].map(
    (change): Tampering => [
      `a campaign with ${change}`,
      "campaigns",
      "event 1 (campaign_created) was hashed with another title, description, kind, opening, payment window or admission than campaign cmp_0000000001 has",
      `UPDATE campaigns SET ${change} WHERE id = 1`,
    ],
  ),
  [
    "a description that an offer did not have",
    "offers",
    "event 3 (offer_created) was hashed with other terms (SKU, texts, prices, limit) than offer off_0000000003 has",
    "UPDATE offers SET description = 'Added later.' WHERE id = 3",
  ],
  [
    "a campaign that closes later",
    "campaigns",
    "event 43 (campaign_published) was hashed with another closing, commitment or beacon than campaign cmp_0000000015 has",
    "UPDATE campaigns SET closes_at_ms = closes_at_ms + 1 WHERE id = 41",
  ],
  ...["title = 'better'", "price_minor = 99", "limit_per_buyer = 4", "brand = 'Huawei'", "description = NULL"].map(
    (change): Tampering => [
      `an offer with ${change}`,
      "offers",
      "event 2 (offer_created) was hashed with other terms (SKU, texts, prices, limit) than offer off_0000000002 has",
      `UPDATE offers SET ${change} WHERE id = 2`,
    ],
  ),
  [
    "a campaign that opened later",
    "campaigns",
    "event 1 (campaign_created) was hashed with another title, description, kind, opening, payment window or admission than campaign cmp_0000000001 has",
    "UPDATE campaigns SET opens_at_ms = (SELECT at_ms + 1 FROM events WHERE seq = 6) WHERE id = 1",
  ],
  [
    "a sale after the closing",
    "campaigns",
    "event 45 (order_reserved) reserves outside the window of campaign cmp_0000000015",
    "UPDATE campaigns SET closes_at_ms = (SELECT at_ms - 1 FROM events WHERE seq = 45) WHERE id = 41",
    `UPDATE events SET details = x'${closingHash}' WHERE seq = 43`,
  ],
  [
    "a sale while paused",
    "campaigns",
    "event 21 (order_reserved) reserves while campaign cmp_0000000001 is paused",
    "UPDATE events SET type = 'offer_restocked', offer_id = 2 WHERE seq = 17",
  ],
  [
    "a unit offered after an operator has ended the campaign",
    "campaigns",
    "event 54 (order_offered) offers a unit after an operator has ended campaign cmp_0000000015",
    "UPDATE campaigns SET has_waitlist = 0 WHERE id = 41",
  ],
  [
    "a buyer who is hidden without an event",
    "erasures",
    "event 60 did not erase the buyer of row 6, which says so",
    "UPDATE orders SET buyer_id = '', idempotency_key = NULL, salt = NULL, erased_seq = 60 WHERE id = 6",
  ],
  [
    "a buyer who is hidden by the event of another campaign",
    "erasures",
    "event 61 did not erase the buyer of row 21, which says so",
    "UPDATE orders SET buyer_id = '', idempotency_key = NULL, salt = NULL, erased_seq = 61 WHERE id = 21",
  ],
  [
    "a buyer who is hidden in part",
    "orders",
    "order ord_0000000006 is erased in part",
    "UPDATE orders SET buyer_id = '', salt = NULL, erased_seq = 61 WHERE id = 6",
  ],
  ...queueTamperings,
  ...agentTamperings,
  ...drawTamperings,
  [
    "an operator who never was",
    "office",
    "opr_0000000005 has no event that created it",
    "INSERT INTO operators VALUES (5, 'mallory', 'admin', 'hash', 0, NULL)",
  ],
  [
    "an operator who is back",
    "office",
    "operators were revoked at",
    "UPDATE operators SET revoked_at_ms = NULL WHERE id = 63",
  ],
  [
    "an endpoint that is back",
    "office",
    "event 68 (endpoint_deleted) has deleted no endpoint",
    "UPDATE endpoints SET deleted_seq = NULL WHERE id = 66",
  ],
  [
    "controls that nobody has set",
    "office",
    "the controls are not those of the event that changed them last",
    `UPDATE controls SET controls = replace(controls, '"riskMode":"off"', '"riskMode":"enforce"')`,
  ],
  [
    "controls of another time",
    "office",
    "the controls are of event 73, and were last changed by 126",
    "UPDATE controls SET seq = 73",
  ],
  [
    "controls that are gone",
    "office",
    "the controls are of event none, and were last changed by 126",
    "DELETE FROM controls",
  ],
  [
    "an access entry that nobody made",
    "office",
    "acc_0000000005 has no event that created it",
    "INSERT INTO access_entries VALUES (5, 'allow', 'buyer', 'mallory', 'because', 0, NULL, NULL)",
  ],
  [
    "an access entry that is back",
    "office",
    "event 185 (access_entry_removed) has removed no entry",
    "UPDATE access_entries SET removed_seq = NULL, value = '2001:db8::/32' WHERE id = 184",
  ],
  [
    "an access entry that was quietly removed",
    "office",
    "acc_0000000053 was removed by event 74, which did not",
    "UPDATE access_entries SET removed_seq = 74, value = '', reason = '' WHERE id = 183",
  ],
  [
    "a constraint taken away",
    "schema",
    "table offers was changed",
    "ALTER TABLE offers RENAME TO strict_offers",
    "CREATE TABLE offers AS SELECT * FROM strict_offers",
    "DROP TABLE strict_offers",
  ],
  ["an index taken away", "schema", "index orders_by_buyer is missing", "DROP INDEX orders_by_buyer"],
  ["a table that is not ours", "schema", "table notes is not ours", "CREATE TABLE notes (text)"],
  [
    "a table with a replicator's name that it did not make",
    "schema",
    "table _litestream_seq is not ours",
    "CREATE TABLE _litestream_seq (id INTEGER PRIMARY KEY, seq INTEGER, note TEXT)",
  ],
  [
    "a trigger with a replicator's name",
    "schema",
    "trigger _litestream_lock is not ours",
    "CREATE TRIGGER _litestream_lock AFTER INSERT ON orders BEGIN DELETE FROM events; END",
  ],
  [
    "another table with the replicator's prefix",
    "schema",
    "table _litestream_notes is not ours",
    "CREATE TABLE _litestream_notes (id INTEGER)",
  ],
  [
    "an offer without its campaign",
    "file",
    "row 71 of offers has none in campaigns",
    "DELETE FROM campaigns WHERE id = 70",
  ],
];

test("what Litestream keeps in a database that it replicates is let be, and changes nothing else", () => {
  expect(
    verifyTampered(
      ledger,
      "CREATE TABLE IF NOT EXISTS _litestream_seq (id INTEGER PRIMARY KEY, seq INTEGER);",
      "CREATE TABLE IF NOT EXISTS _litestream_lock (id INTEGER);",
      "INSERT INTO _litestream_seq VALUES (1, 42)",
    ),
  ).toEqual({});
});

describe("tampering is found and named", () => {
  for (const [kind, check, names, ...statements] of tamperings) {
    test(kind, () => {
      const failures = verifyTampered(ledger, ...statements);
      expect(failures[check]).toStartWith(names);
    });
  }
});

describe("the chain of hashes names the row", () => {
  const eventColumns = [
    ...["at_ms", "type", "campaign_id", "offer_id", "order_id", "previous_seq"],
    ...["available", "held", "sold", "details", "hash"],
  ];
  const anotherOf = (column: string) =>
    `CASE typeof(${column}) WHEN 'text' THEN 'x' || ${column} WHEN 'blob' THEN unhex('00' || hex(${column})) WHEN 'null' THEN 1 ELSE ${column} + 1 END`;

  for (const column of eventColumns) {
    test(`another ${column}`, () => {
      const statement = `UPDATE events SET ${column} = ${anotherOf(column)} WHERE seq = 23`;
      const broken = /^event 23 \(x?order_paid\) does not have the hash of its row after event 22$/;
      expect(verifyTampered(ledger, statement)["chain"]).toMatch(broken);
      if (column === "hash") return;
      // The row alone with a hash that fits: the next one tells that what it follows is not what it followed.
      const chain = verifyRehashed(ledger, [23], statement)["chain"];
      expect(chain).toBe("event 24 (order_refund_due) does not have the hash of its row after event 23");
    });
  }

  test("a row that is gone", () => {
    const chain = verifyTampered(ledger, "DELETE FROM events WHERE seq = 24")["chain"];
    expect(chain).toBe("event 25 (order_reserved) does not have the hash of its row after event 23");
  });

  test("two rows that changed places", () => {
    const swap = [
      "UPDATE events SET seq = 1000 WHERE seq = 26",
      "UPDATE events SET seq = 26 WHERE seq = 27",
      "UPDATE events SET seq = 27 WHERE seq = 1000",
    ];
    expect(verifyTampered(ledger, ...swap)["chain"]).toStartWith("event 26 (order_paid) does not have the hash");
    expect(verifyRehashed(ledger, [26, 27], ...swap)["chain"]).toStartWith("event 28 (payment_refund_due)");
  });

  test("a row that was put in, and all after it moved on", () => {
    const insert = [
      "UPDATE events SET seq = -seq WHERE seq >= 15",
      "UPDATE events SET seq = -seq + 1 WHERE seq < 0",
      "INSERT INTO events SELECT 15, at_ms, type, campaign_id, offer_id, order_id, previous_seq, available, held, sold, details, hash FROM events WHERE seq = 16",
    ];
    expect(verifyTampered(ledger, ...insert)["chain"]).toStartWith("event 16 (offer_restocked) does not have the hash");
    expect(verifyRehashed(ledger, [15], ...insert)["chain"]).toStartWith("event 16 (offer_restocked)");
  });

  test("a fact that is hashed with its row, changed in its own table, with the row hashed anew", () => {
    // Whoever changes a fact has to change its details too: then the chain finds that.
    const failures = verifyRehashed(
      ledger,
      [24],
      "UPDATE payments SET amount_minor = 1 WHERE id = 24",
      "UPDATE events SET details = unhex('00' || substr(hex(details), 3)) WHERE seq = 24",
    );
    expect(failures["chain"]).toStartWith("event 25 (order_reserved)");
    expect(failures["payments"]).toStartWith("payment pay_000000000o");
  });
});

describe("nothing can be taken away or changed unseen", () => {
  const tables = [
    "campaigns",
    "offers",
    "orders",
    "payments",
    "waitlist",
    "queue",
    "draws",
    "operators",
    "endpoints",
    "controls",
    "access_entries",
    "events",
  ] as const;
  const timeout = 60_000;

  for (const table of tables) {
    test(`no row of ${table} can be deleted`, { timeout }, () => {
      const unseen = idsOf(table).filter((id) => !isFound(ledger, `DELETE FROM ${table} WHERE rowid = ${id}`));
      expect(unseen).toEqual([]);
    });
  }

  /** What belongs to no buyer and no sale: who operates and where events go changes without being hashed. */
  const words: Readonly<Record<(typeof tables)[number], readonly string[]>> = {
    campaigns: [],
    offers: [],
    orders: [],
    payments: [],
    waitlist: [],
    queue: [],
    draws: [],
    operators: ["name", "key_hash"],
    controls: [],
    access_entries: ["value", "reason", "expires_at_ms"],
    endpoints: ["url", "types", "secret", "previous_secret", "rotated_at_ms", "is_enabled"],
    events: [],
  };

  function otherOf(column: string, isKey: boolean): string {
    if (isKey) return `${column} + 1000`;
    if (column === "details" || column === "hash") return `unhex(hex(${column}) || '00')`; // of null, too
    return `CASE typeof(${column}) WHEN 'text' THEN ${column} || 'x' WHEN 'null' THEN 1 ELSE ${column} + 1 END`;
  }

  for (const table of tables.filter((name) => name !== "events")) {
    const but = words[table].length === 0 ? "" : ` but ${words[table].join(", ")}`;
    test(`no column of ${table} can be changed${but}`, { timeout }, () => {
      const unseen = columnsOf(table).filter(([column, isKey]) =>
        idsOf(table).some((id) => {
          const other = otherOf(column, isKey);
          return !isFound(ledger, `UPDATE ${table} SET ${column} = ${other} WHERE rowid = ${id}`);
        }),
      );
      expect(unseen.map(([column]) => column)).toEqual([...words[table]]);
    });
  }

  // Each row of the chain is judged by itself and by the hash before it, so all may be changed at once.
  test("no column of events can be changed in any row", { timeout }, () => {
    for (const [column, isKey] of columnsOf("events")) {
      using db = tampered(ledger, `UPDATE events SET ${column} = ${otherOf(column, isKey)}`);
      const found = verifyHashes(db).find(({ name }) => name === "chain")?.failureCount;
      expect([column, found]).toEqual([column, lastSeq]);
    }
  });

  function idsOf(table: string): number[] {
    using db = new Database(ledger, { readonly: true });
    return (db.query(`SELECT rowid AS id FROM ${table}`).all() as { id: number }[]).map(({ id }) => id);
  }

  function columnsOf(table: string): [name: string, isKey: boolean][] {
    using db = new Database(ledger, { readonly: true });
    const columns = db.query(`PRAGMA table_info(${table})`).all() as { name: string; pk: number }[];
    return columns.map(({ name, pk }) => [name, pk > 0]);
  }
});

describe("what the chain cannot prove", () => {
  test("a ledger that is written anew to its end holds, but not against a head that was kept", async () => {
    const folder = newFolder();
    const path = makeLedger(folder);
    using db = new Database(path);
    const headOf = (seq: number) => {
      const { hash } = db.query("SELECT lower(hex(hash)) AS hash FROM events WHERE seq = ?").get(seq) as {
        hash: string;
      };
      return `${seq}:${hash}`;
    };
    const [before, after] = [headOf(25), headOf(69)];
    const { salt } = db.query("SELECT salt FROM payments WHERE id = 26").get() as { salt: string };
    const details = new Bun.CryptoHasher("sha256").update(`${salt}\n["shop","bank-4",2,"CNY"]`).digest("hex");
    tamper(db, "UPDATE payments SET amount_minor = 2 WHERE id = 26");
    tamper(db, `UPDATE events SET details = x'${details}' WHERE seq = 26`);
    rehash(
      db,
      [...Array(lastSeq - 25).keys()].map((at) => at + 26),
    );
    db.close();

    const unaware = await runCommand(["verify", path]);
    expect(unaware.stdout).toContain("Everything holds.");
    const aware = await runCommand(["verify", path, "--head", before, "--head", after]);
    expect(aware.stdout).toMatch(/FAILED {2}heads +2 heads/);
    expect(aware.stdout).toContain("event 69 has the hash ");
    expect([unaware.code, aware.code]).toEqual([0, 1]);
    const fine = await runCommand(["verify", path, "--head", before]);
    expect(fine.stdout).toMatch(/ok {6}heads +1 head/);
    expect(fine.code).toBe(0);
  });

  test("a head beyond the end is not there: the newest events were taken out", async () => {
    const { code, stdout } = await runCommand(["verify", ledger, "--head", `${lastSeq + 1}:${"0".repeat(64)}`]);
    expect(stdout).toContain(`event ${lastSeq + 1} is not there, whose hash was kept as`);
    expect(code).toBe(1);
  });

  test("what is no head is refused", async () => {
    for (const head of ["", "12", "0:00", `0:${"0".repeat(64)}`, `1:${"F".repeat(64)}`]) {
      const { code, stderr } = await runCommand(["verify", ledger, "--head", head]);
      expect(stderr).toContain("Give a number and its hash");
      expect(code).not.toBe(0);
    }
  });
});

describe("receipts that buyers kept", () => {
  /** The receipt of alice's first order, as the API gives it, in a file. */
  async function receiptFile(folder: string, of: string): Promise<{ readonly path: string; readonly receipt: string }> {
    using db = new Database(of, { readonly: true });
    const row = new SqliteLedgerReader(db).row(6);
    const order = new SqliteReader(db).order(6);
    const { salt } = db.query("SELECT salt FROM orders WHERE id = 6").get() as { salt: string };
    const { hash: previousHash } = db.query("SELECT lower(hex(hash)) AS hash FROM events WHERE seq = 5").get() as {
      hash: string;
    };
    if (row === null || order === null) throw new Error("there is an order 6");
    const facts = receiptOf({ row, previousHash, order: { ...order, salt } });
    const signed = await new Receipts(ensureReceiptKey({ data: folder })).sign(facts);
    const path = join(newFolder(), "receipt.json");
    await Bun.write(path, JSON.stringify(signed));
    return { path, receipt: signed.receipt };
  }

  test("hold while the ledger holds their rows, as a file of the API or as the signed text alone", async () => {
    const folder = newFolder();
    const { path, receipt } = await receiptFile(folder, makeLedger(folder));
    const alone = join(newFolder(), "receipt.txt");
    await Bun.write(alone, `${receipt}\n`);
    const { code, stdout } = await runCommand(["verify", folder, "--receipt", path, "--receipt", alone]);
    expect(stdout).toMatch(/ok {6}receipts +2 receipts/);
    expect(code).toBe(0);
  });

  test("tell that a ledger was written anew, which by itself holds", async () => {
    const folder = newFolder();
    const ledgerPath = makeLedger(folder);
    const { path } = await receiptFile(folder, ledgerPath);
    using db = new Database(ledgerPath);
    tamper(db, "UPDATE events SET at_ms = at_ms + 1 WHERE seq = 5");
    rehash(
      db,
      [...Array(lastSeq - 4).keys()].map((at) => at + 5),
    );
    db.close();
    const { code, stdout } = await runCommand(["verify", folder, "--receipt", path]);
    expect(stdout).toContain("receipt.json tells of a row that the ledger does not hold: event 6 has the hash");
    expect(stdout).toContain("1 place where it does not hold.");
    expect(code).toBe(1);
  });

  test("of another folder's key, changed ones and no receipts do not hold", async () => {
    const folder = newFolder();
    const { receipt } = await receiptFile(folder, makeLedger(folder));
    const [header = "", payload = "", signature = ""] = receipt.split(".");
    const facts = JSON.parse(Buffer.from(payload, "base64url").toString()) as Record<string, unknown>;
    const changed = Buffer.from(JSON.stringify({ ...facts, quantity: 9 })).toString("base64url");
    const stranger = newFolder();
    const foreign = (await receiptFile(stranger, makeLedger(stranger))).receipt;
    for (const text of [[header, changed, signature].join("."), foreign, "nonsense", "{", '{"receipt":1}', ""]) {
      const path = join(newFolder(), "receipt.json");
      await Bun.write(path, text);
      const { code, stdout } = await runCommand(["verify", folder, "--receipt", path]);
      expect(stdout).toContain("receipt.json was not signed with this folder's key");
      expect(code).toBe(1);
    }
  });

  test("need the folder's key, and a file that is there", async () => {
    const folder = newFolder();
    const path = makeLedger(folder);
    const without = await runCommand(["verify", path, "--receipt", path]);
    expect(without.stderr).toContain("receipt.key does not exist");
    ensureReceiptKey({ data: folder });
    const missing = await runCommand(["verify", path, "--receipt", join(folder, "nothing.json")]);
    expect(missing.stderr).toContain("nothing.json does not exist");
    expect([without.code, missing.code]).toEqual([1, 1]);
  });
});

describe("the command", () => {
  test("exits 0 and says that everything holds, for a folder and for a file", async () => {
    const [folder, file] = await Promise.all([
      runCommand(["verify", "--data", dirname(ledger)]),
      runCommand(["verify", ledger]),
    ]);
    expect(folder.stdout).toContain("Everything holds.");
    expect(folder.stdout).toMatch(/ok {6}sequence +222 events/);
    expect(folder.stdout).not.toContain("\x1b[");
    expect(folder.stderr).toBe("");
    expect([folder.code, file.code]).toEqual([0, 0]);
  });

  test("exits 1 and names the first place that does not hold", async () => {
    const folder = newFolder();
    using db = new Database(makeLedger(folder));
    tamper(db, "UPDATE offers SET available = available + 1, total = total + 1");
    const { code, stdout } = await runCommand(["verify", "--data", folder]);
    expect(stdout).toMatch(/FAILED {2}offers +15 offers/);
    expect(stdout).toContain("offer off_0000000002: available is 11, its events add up to 10 (the first of 15)");
    expect(stdout).toContain("15 places where it does not hold.");
    expect(code).toBe(1);
  });

  test("exits 1 for a damaged page and says where", async () => {
    const folder = newFolder();
    damagePage(makeLedger(folder));
    const { code, stdout } = await runCommand(["verify", "--data", folder]);
    expect(stdout).toContain("FAILED");
    expect(code).toBe(1);
  });

  test("exits 1 for what is no data folder, and creates nothing", async () => {
    const folder = newFolder();
    const [empty, missing] = await Promise.all([
      runCommand(["verify", "--data", folder]),
      runCommand(["verify", `${folder}/nothing.db`]),
    ]);
    expect(empty.stderr).toContain("holds no sale");
    expect(missing.stderr).toContain("does not exist");
    expect([empty.code, missing.code]).toEqual([1, 1]);
    expect([...new Bun.Glob("**").scanSync(folder)]).toEqual([]);
  });
});
