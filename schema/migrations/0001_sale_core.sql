-- The sale: campaigns, their offers, orders, payments, waitlists, queues and draws, who operates and who is told, and the journal of
-- events that all of them add up from. Times are milliseconds since 1970 (UTC), money is integer minor units, ids are
-- sequence numbers of events. A salt goes into the hash of what an event says of a person (src/domain/ledger.ts); it
-- goes when the identity is erased, and `erased_seq` names the event that erased it.

CREATE TABLE campaigns (
  id INTEGER PRIMARY KEY,
  title TEXT NOT NULL,
  kind TEXT CHECK (kind IN ('one_yuan', 'limited_time', 'hot_item')),
  state TEXT NOT NULL CHECK (state IN ('draft', 'scheduled', 'open', 'paused', 'ended')),
  opens_at_ms INTEGER,
  closes_at_ms INTEGER,
  payment_window_s INTEGER NOT NULL CHECK (payment_window_s > 0),
  has_waitlist INTEGER NOT NULL CHECK (has_waitlist IN (0, 1)),
  admission TEXT NOT NULL CHECK (admission IN ('open', 'queue', 'draw')),
  needs_pass INTEGER NOT NULL CHECK (needs_pass IN (0, 1)),
  pass_window_s INTEGER NOT NULL CHECK (pass_window_s > 0),
  challenge TEXT NOT NULL CHECK (challenge IN ('none', 'proof_of_work', 'captcha')),
  -- What the order of its queue or draw is made of, known to nobody before it has done its work; and what is told of it.
  secret TEXT,
  commitment TEXT,
  beacon_chain TEXT,
  beacon_round INTEGER,
  -- The event that put its queue in order, and among how many.
  queue_drawn_seq INTEGER,
  queue_drawn_count INTEGER,
  created_at_ms INTEGER NOT NULL,
  -- The event that ended it, or the last order that was offered to its waitlist after that: all its orders have ids up
  -- to this one.
  ended_seq INTEGER,
  CHECK ((secret IS NULL) = (commitment IS NULL)),
  CHECK ((queue_drawn_seq IS NULL) = (queue_drawn_count IS NULL)),
  CHECK ((beacon_chain IS NULL) = (beacon_round IS NULL))
) STRICT;

CREATE TABLE offers (
  id INTEGER PRIMARY KEY,
  campaign_id INTEGER NOT NULL REFERENCES campaigns (id),
  sku TEXT NOT NULL,
  title TEXT NOT NULL,
  price_minor INTEGER NOT NULL CHECK (price_minor >= 0),
  list_price_minor INTEGER CHECK (list_price_minor >= price_minor),
  currency TEXT NOT NULL,
  limit_per_buyer INTEGER NOT NULL CHECK (limit_per_buyer > 0),
  brand TEXT,
  category TEXT,
  image_url TEXT,
  total INTEGER NOT NULL,
  available INTEGER NOT NULL CHECK (available >= 0),
  held INTEGER NOT NULL CHECK (held >= 0),
  sold INTEGER NOT NULL CHECK (sold >= 0),
  UNIQUE (campaign_id, sku),
  CHECK (available + held + sold = total)
) STRICT;

CREATE TABLE orders (
  id INTEGER PRIMARY KEY,
  campaign_id INTEGER NOT NULL,
  offer_id INTEGER NOT NULL,
  buyer_id TEXT NOT NULL,
  quantity INTEGER NOT NULL CHECK (quantity > 0),
  amount_minor INTEGER NOT NULL CHECK (amount_minor >= 0),
  state TEXT NOT NULL CHECK (state IN ('reserved', 'paid', 'cancelled', 'expired', 'refund_due', 'refunded')),
  last_seq INTEGER NOT NULL CHECK (last_seq >= id),
  reserved_at_ms INTEGER NOT NULL,
  expires_at_ms INTEGER NOT NULL,
  paid_at_ms INTEGER,
  ended_at_ms INTEGER,
  idempotency_key TEXT,
  payment_reference TEXT,
  salt TEXT,
  erased_seq INTEGER,
  CHECK ((salt IS NULL) = (erased_seq IS NOT NULL)),
  CHECK ((buyer_id = '') = (erased_seq IS NOT NULL))
) STRICT;

-- A buyer's orders, found page by page of ids. The index leads with the page (1,024 ids), not with the buyer: so new
-- orders touch the few leaves of the current page however many old orders the file holds. In transactions of 32 orders,
-- an order cost 9.1 us of CPU with this index, 12.7 with pages of 4,096 ids, 6.7 with no index; inserting 400,000 in
-- groups of 300 ran three times as fast as with an index on (campaign_id, buyer_id).
CREATE INDEX orders_by_buyer ON orders (id >> 10, buyer_id);
-- What a late payment must know when the sale is settled: found past whatever else the buyer ordered and gave back.
CREATE INDEX orders_paid_by_buyer ON orders (id >> 10, buyer_id) WHERE state = 'paid';

-- Every payment that was ever told of.
CREATE TABLE payments (
  id INTEGER PRIMARY KEY,
  order_id INTEGER NOT NULL,
  provider TEXT NOT NULL CHECK (provider IN ('shop', 'sandbox', 'stripe')),
  reference TEXT,
  amount_minor INTEGER NOT NULL CHECK (amount_minor >= 0),
  currency TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('accepted', 'refund_due', 'refunded')),
  received_at_ms INTEGER NOT NULL,
  refunded_at_ms INTEGER,
  salt TEXT NOT NULL,
  CHECK ((refunded_at_ms IS NULL) = (state <> 'refunded'))
) STRICT;

CREATE INDEX payments_by_order ON payments (order_id);
CREATE INDEX payments_to_return ON payments (id) WHERE state = 'refund_due';

CREATE TABLE waitlist (
  id INTEGER PRIMARY KEY,
  campaign_id INTEGER NOT NULL,
  offer_id INTEGER NOT NULL,
  buyer_id TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'offered', 'left')),
  joined_at_ms INTEGER NOT NULL,
  ended_at_ms INTEGER,
  order_id INTEGER,
  salt TEXT,
  erased_seq INTEGER,
  CHECK ((ended_at_ms IS NULL) = (state = 'waiting')),
  CHECK ((order_id IS NOT NULL) = (state = 'offered')),
  CHECK ((salt IS NULL) = (erased_seq IS NOT NULL)),
  CHECK ((buyer_id = '') = (erased_seq IS NOT NULL))
) STRICT;

CREATE INDEX waitlist_waiting ON waitlist (campaign_id, id) WHERE state = 'waiting';
-- The entries of a draw in the order of entering: what a start draws anew, and what proofs are made of.
CREATE INDEX waitlist_by_offer ON waitlist (offer_id, id);
-- As orders_by_buyer.
CREATE INDEX waitlist_by_buyer ON waitlist (id >> 10, buyer_id);

-- Who came to a campaign's queue, from the first to the last.
CREATE TABLE queue (
  id INTEGER PRIMARY KEY,
  campaign_id INTEGER NOT NULL,
  buyer_id TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'admitted', 'completed', 'expired', 'left')),
  joined_at_ms INTEGER NOT NULL,
  admitted_at_ms INTEGER,
  expires_at_ms INTEGER,
  ended_at_ms INTEGER,
  ended_seq INTEGER,
  order_id INTEGER,
  salt TEXT,
  erased_seq INTEGER,
  CHECK ((admitted_at_ms IS NULL) = (expires_at_ms IS NULL)),
  CHECK (admitted_at_ms IS NOT NULL OR state IN ('waiting', 'left')),
  CHECK ((ended_at_ms IS NULL) = (state IN ('waiting', 'admitted'))),
  CHECK ((ended_seq IS NULL) = (ended_at_ms IS NULL)),
  CHECK ((order_id IS NOT NULL) = (state = 'completed')),
  CHECK ((salt IS NULL) = (erased_seq IS NOT NULL)),
  CHECK ((buyer_id = '') = (erased_seq IS NOT NULL))
) STRICT;

CREATE INDEX queue_by_campaign ON queue (campaign_id, id);
-- The passes that are out: few of many entries, and renewed while others wait to be stored.
CREATE INDEX queue_admitted ON queue (campaign_id) WHERE state = 'admitted';
-- As orders_by_buyer.
CREATE INDEX queue_by_buyer ON queue (id >> 10, buyer_id);

-- The draws of offers, from their closing. Their entries are those of the waitlist.
CREATE TABLE draws (
  offer_id INTEGER PRIMARY KEY,
  campaign_id INTEGER NOT NULL,
  closed_seq INTEGER NOT NULL,
  root TEXT NOT NULL,
  count INTEGER NOT NULL CHECK (count > 0),
  made_seq INTEGER,
  secret TEXT,
  beacon_round INTEGER,
  beacon_randomness TEXT,
  beacon_signature TEXT,
  CHECK ((made_seq IS NULL) = (secret IS NULL)),
  CHECK ((beacon_round IS NULL) = (beacon_randomness IS NULL)),
  CHECK ((beacon_round IS NULL) = (beacon_signature IS NULL))
) STRICT;

CREATE INDEX draws_by_campaign ON draws (campaign_id);

CREATE TABLE operators (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
  key_hash TEXT NOT NULL,
  created_at_ms INTEGER NOT NULL,
  revoked_at_ms INTEGER
) STRICT;

CREATE TABLE endpoints (
  id INTEGER PRIMARY KEY,
  url TEXT NOT NULL,
  -- A JSON list of the types of events that it wants, or null for all.
  types TEXT,
  secret TEXT NOT NULL,
  previous_secret TEXT,
  rotated_at_ms INTEGER,
  is_enabled INTEGER NOT NULL CHECK (is_enabled IN (0, 1)),
  deleted_seq INTEGER
) STRICT;

-- What operators change while it runs (src/domain/controls.ts), as JSON; no row before the first change.
CREATE TABLE controls (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  -- The event that made them so.
  seq INTEGER NOT NULL,
  controls TEXT NOT NULL
) STRICT;

-- Who is let by, and who is not let in (src/domain/access.ts). What is removed keeps its place and forgets whom it was about.
CREATE TABLE access_entries (
  id INTEGER PRIMARY KEY,
  effect TEXT NOT NULL CHECK (effect IN ('block', 'allow')),
  kind TEXT NOT NULL CHECK (kind IN ('buyer', 'network')),
  value TEXT NOT NULL,
  reason TEXT NOT NULL,
  created_at_ms INTEGER NOT NULL,
  expires_at_ms INTEGER,
  removed_seq INTEGER,
  CHECK ((value = '') = (removed_seq IS NOT NULL))
) STRICT;

-- What operators did. Before and after are JSON objects.
CREATE TABLE audit_log (
  id INTEGER PRIMARY KEY,
  at_ms INTEGER NOT NULL,
  operator TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  outcome TEXT NOT NULL,
  before TEXT,
  after TEXT
) STRICT;

-- The journal, which is the ledger and the outbox too. Every transition is one row; available, held and sold are what
-- it moved; the hashes are those of src/domain/ledger.ts, as bytes: their digits would be a third of the row.
CREATE TABLE events (
  seq INTEGER PRIMARY KEY,
  at_ms INTEGER NOT NULL,
  type TEXT NOT NULL,
  campaign_id INTEGER,
  offer_id INTEGER,
  order_id INTEGER,
  -- The event before this one about the same order; of a waitlist's entry, and of the order that it becomes: its joining.
  previous_seq INTEGER,
  available INTEGER NOT NULL,
  held INTEGER NOT NULL,
  sold INTEGER NOT NULL,
  details BLOB,
  hash BLOB NOT NULL
) STRICT;
