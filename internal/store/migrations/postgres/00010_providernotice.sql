-- +goose Up
-- What payment providers tell us unasked, each notice once, and what came of it.
-- object_id is the payment or refund it is about; object_version what it made of it.
CREATE TABLE provider_notice (
  id BIGINT PRIMARY KEY,
  provider TEXT NOT NULL,
  event TEXT NOT NULL,
  refund BIGINT NOT NULL CHECK (refund IN (0, 1)),
  reference TEXT NOT NULL,
  claimed TEXT NOT NULL,
  amount BIGINT NOT NULL,
  currency TEXT NOT NULL,
  number TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('news', 'nothing', 'unknown', 'quarantined')),
  detail TEXT NOT NULL,
  object_id BIGINT,
  object_version BIGINT,
  created_at BIGINT NOT NULL,
  received_at BIGINT NOT NULL,
  CONSTRAINT provider_notice_effect CHECK ((state = 'news') = (object_version IS NOT NULL)),
  UNIQUE (provider, event),
  UNIQUE (object_id, object_version)
);
CREATE INDEX provider_notice_quarantined ON provider_notice (id) WHERE state = 'quarantined';
CREATE INDEX provider_notice_received ON provider_notice (received_at);
