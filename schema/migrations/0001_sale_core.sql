-- The sale: campaigns, their offers, orders, payments and waitlists, who operates and who is told, and the journal of
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
  created_at_ms INTEGER NOT NULL,
  -- The event that ended it, or the last order that was offered to its waitlist after that: all its orders have ids up
  -- to this one.
  ended_seq INTEGER
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
-- As orders_by_buyer.
CREATE INDEX waitlist_by_buyer ON waitlist (id >> 10, buyer_id);

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
