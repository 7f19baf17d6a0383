-- +goose Up
-- swept_at is when the end of an order was written down: its codes, its
-- registrations, and what its people were told. The end itself is expires_at.
ALTER TABLE orders ADD COLUMN swept_at INTEGER;
CREATE INDEX orders_end ON orders (expires_at, id) WHERE state = 'paid' AND swept_at IS NULL;

-- What became of each reminder of an order's end. expires_at is the end it was
-- about, so that a later end begins anew.
CREATE TABLE reminder (
  order_id INTEGER NOT NULL REFERENCES orders (id),
  expires_at INTEGER NOT NULL,
  days INTEGER NOT NULL CHECK (days > 0),
  state TEXT NOT NULL CHECK (state IN ('told', 'superseded', 'not_needed')),
  at INTEGER NOT NULL,
  PRIMARY KEY (order_id, expires_at, days)
) STRICT;
