-- +goose Up
-- How many codes of a paid order there are. Those of a large order are issued in
-- parts; all others have had theirs since they were paid.
ALTER TABLE orders ADD COLUMN issued BIGINT NOT NULL DEFAULT 0
  CONSTRAINT order_issued CHECK (issued >= 0 AND issued <= quantity AND (state = 'paid' OR issued = 0));
UPDATE orders SET issued = quantity WHERE state = 'paid';
