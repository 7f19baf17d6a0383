-- +goose Up
-- Nothing has written a refund before this migration.
DROP TABLE refund;

CREATE TABLE refund (
  id INTEGER PRIMARY KEY,
  order_id INTEGER NOT NULL,
  account_id INTEGER NOT NULL,
  payment_id INTEGER NOT NULL REFERENCES payment (id),
  asked_by INTEGER NOT NULL REFERENCES person (id),
  try INTEGER NOT NULL,
  reference TEXT NOT NULL UNIQUE,
  amount INTEGER NOT NULL CHECK (amount > 0),
  currency TEXT NOT NULL,
  codes INTEGER NOT NULL CHECK (codes > 0),
  state TEXT NOT NULL CHECK (state IN ('review', 'refunding', 'refunded', 'failed')),
  answer TEXT NOT NULL CHECK (answer IN ('', 'unknown', 'pending', 'succeeded', 'failed')),
  held_above INTEGER,
  provider_ref TEXT NOT NULL,
  detail TEXT NOT NULL,
  note TEXT NOT NULL,
  simulate TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  asked_at INTEGER NOT NULL,
  placed_at INTEGER,
  settled_at INTEGER,
  version INTEGER NOT NULL,
  FOREIGN KEY (account_id, order_id) REFERENCES orders (account_id, id),
  CONSTRAINT refund_settled CHECK ((state IN ('refunded', 'failed')) = (settled_at IS NOT NULL)),
  CONSTRAINT refund_placed CHECK (state IN ('review', 'failed') OR placed_at IS NOT NULL)
) STRICT;
-- An order can be refunded once.
CREATE UNIQUE INDEX refund_order ON refund (order_id);
CREATE INDEX refund_open ON refund (id) WHERE state IN ('review', 'refunding');

-- The codes of each try: all of them, for ever.
CREATE TABLE refund_code (
  refund_id INTEGER NOT NULL REFERENCES refund (id),
  try INTEGER NOT NULL,
  code_id INTEGER NOT NULL REFERENCES code (id),
  PRIMARY KEY (refund_id, try, code_id)
) STRICT;
