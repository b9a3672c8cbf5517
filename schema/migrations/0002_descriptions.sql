-- What buyers read of a campaign and of an offer beyond their titles: plain text with line breaks. NULL where nothing is
-- said; then nothing of it is hashed either, so that what stands in the ledger already holds as it is.

ALTER TABLE campaigns ADD COLUMN description TEXT;
ALTER TABLE offers ADD COLUMN description TEXT;
