package store_test

import (
	"context"
	"testing"

	"examcode/internal/action/actiontest"
	"examcode/internal/db"
	"examcode/internal/exam"
	"examcode/internal/id"
	"examcode/internal/store"
	"examcode/internal/store/storetest"
)

// What is stored of an order adds up: as many codes as bought, each with a text
// of its own, and their prices make the total that was paid.
func TestStoredCodesSumToTheirOrder(t *testing.T) {
	storetest.EachDB(t, func(t *testing.T, d *db.DB) {
		h := actiontest.New(t, store.New(d, id.NewSource(0, actiontest.Start.UTC)))
		root := h.Company(true)
		sub := h.Subject(func(s *exam.Subject) { s.Price.Minor = 99_999_97 })
		quantities := []int{997, 1000}
		for q := 1; q <= 60; q++ {
			quantities = append(quantities, q)
		}
		for _, q := range quantities {
			o, err := h.Actions.BuyCodes(context.Background(), root, sub.ID, q)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := h.Actions.PayOrder(context.Background(), root, o.ID, "sandbox", "", ""); err != nil {
				t.Fatal(err)
			}
			var codes, texts, sum, total, amount int64
			err = d.Read().QueryRow(context.Background(), `SELECT COUNT(*), COUNT(DISTINCT c.lookup), CAST(SUM(c.price) AS BIGINT), MAX(o.total), MAX(y.amount)
FROM code c JOIN orders o ON o.id = c.order_id JOIN payment y ON y.order_id = o.id
WHERE c.order_id = $1 AND c.id >= o.first_code AND c.id < o.first_code + o.quantity AND c.currency = o.currency`, int64(o.ID)).Scan(&codes, &texts, &sum, &total, &amount)
			if err != nil {
				t.Fatal(err)
			}
			if int(codes) != q || texts != codes || sum != total || amount != total || total != int64(q)*99_999_97 {
				t.Errorf("%d bought: %d codes, %d texts, prices sum to %d, total %d, paid %d", q, codes, texts, sum, total, amount)
			}
		}
	})
}
