-- The relay's own file, outbox.db: how far each endpoint has been told of the journal, and what could not be delivered.
-- The events themselves stand in the sale's journal. Times are milliseconds since 1970 (UTC).

CREATE TABLE endpoints (
  id INTEGER PRIMARY KEY,
  -- Every event up to this one is delivered, not wanted, or has a row in deliveries.
  read_seq INTEGER NOT NULL CHECK (read_seq >= 0)
) STRICT;

CREATE TABLE deliveries (
  endpoint_id INTEGER NOT NULL REFERENCES endpoints (id) ON DELETE CASCADE,
  seq INTEGER NOT NULL CHECK (seq > 0),
  type TEXT NOT NULL,
  -- Pending deliveries of one lane go out in the order of seq. A null lane is a lane of its own.
  lane TEXT,
  state TEXT NOT NULL CHECK (state IN ('pending', 'dead')),
  attempts INTEGER NOT NULL CHECK (attempts >= 0),
  next_at_ms INTEGER NOT NULL,
  first_attempt_at_ms INTEGER,
  last_attempt_at_ms INTEGER CHECK (last_attempt_at_ms >= first_attempt_at_ms),
  last_status INTEGER,
  last_error TEXT,
  PRIMARY KEY (endpoint_id, seq)
) STRICT, WITHOUT ROWID;

CREATE INDEX deliveries_by_state ON deliveries (endpoint_id, state, seq);
