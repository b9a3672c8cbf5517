-- Who joined a queue (src/domain/agents.ts): NULL where the buyer did, and for all who joined before this was told.
-- Nothing of it is hashed then, as in orders and waitlists.

ALTER TABLE queue ADD COLUMN actor TEXT CHECK (actor IN ('agent'));
