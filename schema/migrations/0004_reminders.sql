-- Who wants to be told before a campaign opens (src/domain/reminder.ts). What waits when its campaign ends stays as it is,
-- and nobody is told.

CREATE TABLE reminders (
  id INTEGER PRIMARY KEY,
  campaign_id INTEGER NOT NULL,
  buyer_id TEXT NOT NULL,
  lead_s INTEGER NOT NULL CHECK (lead_s >= 60 AND lead_s % 60 = 0),
  due_at_ms INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'due', 'removed')),
  set_at_ms INTEGER NOT NULL CHECK (set_at_ms < due_at_ms),
  -- When it came or was removed, and the event that says so.
  ended_at_ms INTEGER,
  ended_seq INTEGER,
  salt TEXT,
  erased_seq INTEGER,
  CHECK ((ended_at_ms IS NULL) = (state = 'waiting')),
  CHECK ((ended_seq IS NULL) = (state = 'waiting')),
  CHECK (state <> 'due' OR ended_at_ms >= due_at_ms),
  CHECK ((salt IS NULL) = (erased_seq IS NOT NULL)),
  CHECK ((buyer_id = '') = (erased_seq IS NOT NULL))
) STRICT;

-- What a start reads.
CREATE INDEX reminders_waiting ON reminders (campaign_id, id) WHERE state = 'waiting';
-- As orders_by_buyer: where an identity stands that is to be erased.
CREATE INDEX reminders_by_buyer ON reminders (id >> 10, buyer_id);
-- What a buyer waits for, and what came of late.
CREATE INDEX reminders_of_buyer ON reminders (buyer_id, state, ended_seq);
