-- +goose Up
-- How many codes of an order are gone: redeemed, and not taken back before its end.
ALTER TABLE stock ADD COLUMN gone BIGINT NOT NULL DEFAULT 0;
INSERT INTO stock (account_id, order_id, slot, unused, bound, reserved, completed, refunding, refunded, expired, gone)
SELECT f.account_id, f.order_id, 0, 0, 0, 0, 0, 0, 0, 0, SUM(f.went - f.came) FROM flow f WHERE true GROUP BY f.account_id, f.order_id
ON CONFLICT (account_id, order_id, slot) DO UPDATE SET gone = excluded.gone;

-- How many codes of a company went out, less those that came back before their
-- order's end, by subject: in each single day and in each eight days (UTC, first
-- day since 1970). It was kept by order, so that a year of it grew with the orders.
DROP TABLE flow;
CREATE TABLE flow (
  account_id BIGINT NOT NULL,
  days BIGINT NOT NULL,
  day BIGINT NOT NULL,
  subject_id BIGINT NOT NULL,
  slot BIGINT NOT NULL,
  gone BIGINT NOT NULL,
  PRIMARY KEY (account_id, days, day, subject_id, slot)
) WITH (fillfactor = 70);
INSERT INTO flow (account_id, days, day, subject_id, slot, gone)
SELECT x.account_id, d.days, x.day / d.days * d.days, x.subject_id, 0, SUM(x.gone) FROM (
SELECT g.account_id AS account_id, g.created_at / 86400000000 AS day, g.subject_id AS subject_id, 1 AS gone FROM registration g
UNION ALL SELECT g.account_id, g.cancelled_at / 86400000000, g.subject_id, -1 FROM registration g WHERE g.cancelled_at IS NOT NULL AND g.cancelled_at < g.expires_at) x
CROSS JOIN (SELECT 1 AS days UNION ALL SELECT 8 AS days) d
GROUP BY x.account_id, d.days, x.day / d.days, x.subject_id;
