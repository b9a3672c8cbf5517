-- Software that buys in a buyer's name (src/domain/agents.ts): what a campaign says of it, and who made an order or an
-- entry in a waitlist or draw; NULL where the buyer did. Then nothing of it is hashed either, so that what stands in the
-- ledger already holds as it is.

ALTER TABLE campaigns ADD COLUMN agent_policy TEXT NOT NULL DEFAULT 'allowed'
  CHECK (agent_policy IN ('allowed', 'humans_only', 'share'));
ALTER TABLE campaigns ADD COLUMN agent_share_percent INTEGER
  CHECK ((agent_share_percent IS NOT NULL) = (agent_policy = 'share') AND agent_share_percent BETWEEN 1 AND 99);
ALTER TABLE orders ADD COLUMN actor TEXT CHECK (actor IN ('agent'));
ALTER TABLE waitlist ADD COLUMN actor TEXT CHECK (actor IN ('agent'));
