-- +goose Up
-- What payment providers tell us unasked, each notice once, and what came of it.
-- object_id is the payment or refund it is about; object_version what it made of it.
CREATE TABLE provider_notice (
  id INTEGER PRIMARY KEY,
  provider TEXT NOT NULL,
  event TEXT NOT NULL,
  refund INTEGER NOT NULL CHECK (refund IN (0, 1)),
  reference TEXT NOT NULL,
  claimed TEXT NOT NULL,
  amount INTEGER NOT NULL,
  currency TEXT NOT NULL,
  number TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('news', 'nothing', 'unknown', 'quarantined')),
  detail TEXT NOT NULL,
  object_id INTEGER,
  object_version INTEGER,
  created_at INTEGER NOT NULL,
  received_at INTEGER NOT NULL,
  CONSTRAINT provider_notice_effect CHECK ((state = 'news') = (object_version IS NOT NULL)),
  UNIQUE (provider, event),
  UNIQUE (object_id, object_version)
) STRICT;
CREATE INDEX provider_notice_quarantined ON provider_notice (id) WHERE state = 'quarantined';
CREATE INDEX provider_notice_received ON provider_notice (received_at);
