-- +goose Up
-- Nothing has written a refund before this migration.
DROP TABLE refund;

CREATE TABLE refund (
  id BIGINT PRIMARY KEY,
  order_id BIGINT NOT NULL,
  account_id BIGINT NOT NULL,
  payment_id BIGINT NOT NULL REFERENCES payment (id),
  asked_by BIGINT NOT NULL REFERENCES person (id),
  try BIGINT NOT NULL,
  reference TEXT NOT NULL UNIQUE,
  amount BIGINT NOT NULL CHECK (amount > 0),
  currency TEXT NOT NULL,
  codes BIGINT NOT NULL CHECK (codes > 0),
  state TEXT NOT NULL CHECK (state IN ('review', 'refunding', 'refunded', 'failed')),
  answer TEXT NOT NULL CHECK (answer IN ('', 'unknown', 'pending', 'succeeded', 'failed')),
  held_above BIGINT,
  provider_ref TEXT NOT NULL,
  detail TEXT NOT NULL,
  note TEXT NOT NULL,
  simulate TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  asked_at BIGINT NOT NULL,
  placed_at BIGINT,
  settled_at BIGINT,
  version BIGINT NOT NULL,
  FOREIGN KEY (account_id, order_id) REFERENCES orders (account_id, id),
  CONSTRAINT refund_settled CHECK ((state IN ('refunded', 'failed')) = (settled_at IS NOT NULL)),
  CONSTRAINT refund_placed CHECK (state IN ('review', 'failed') OR placed_at IS NOT NULL)
);
-- An order can be refunded once.
CREATE UNIQUE INDEX refund_order ON refund (order_id);
CREATE INDEX refund_open ON refund (id) WHERE state IN ('review', 'refunding');

-- The codes of each try: all of them, for ever.
CREATE TABLE refund_code (
  refund_id BIGINT NOT NULL REFERENCES refund (id),
  try BIGINT NOT NULL,
  code_id BIGINT NOT NULL REFERENCES code (id),
  PRIMARY KEY (refund_id, try, code_id)
);
