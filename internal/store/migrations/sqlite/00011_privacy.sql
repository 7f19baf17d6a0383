-- +goose Up
-- People can be erased: their row stays under a pseudonym, because orders,
-- results and the trail name it.
ALTER TABLE person ADD COLUMN erased_at INTEGER;
CREATE INDEX person_erased ON person (id) WHERE erased_at IS NOT NULL;

-- When a receiver was removed: its address is forgotten some time after that.
ALTER TABLE receiver ADD COLUMN ended_at INTEGER;
UPDATE receiver SET ended_at = created_at WHERE state = 'removed';

-- Up to which instant what is past its period was swept, for each rule.
CREATE TABLE swept (
  name TEXT PRIMARY KEY,
  before_us INTEGER NOT NULL
) STRICT;
