package operator

import (
	"regexp"
	"strings"
	"testing"

	"examcode/internal/exam"
	"examcode/internal/lang"
)

// The trail of all accounts, by kind and in pages without gaps or repeats.
func TestAudit(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		sub, root := w.Subject(), w.verified(exam.Enterprise, "Xinghe")
		o, texts := w.Buy(root, sub, 1)
		_, err := w.Redeem(w.verified(exam.Individual, "Li Na"), sub, texts[0])
		w.Must(err)
		for range 25 {
			_, err := w.Actions.BuyCodes(w.ctx, root, sub.ID, 1)
			w.Must(err)
		}
		b := w.as(exam.Audit)
		b.Get("/operator/audit").Is(200, "placed order", o.Number, "redeemed the code", "Xinghe", "Staff admin", "Console").Without(texts[0])
		b.In(lang.ZH).Get("/operator/audit").Is(200, "事件", "控制台")
		kind := b.Get("/operator/audit?kind=code.redeemed").Is(200, "What happened: Code redeemed", "Li Na redeemed the code").Has(`value="code.redeemed" selected`)
		kind.Without("placed order")
		b.Get("/operator/audit?kind=nonsense").Is(200, "placed order").Without("What happened: ")

		seen, path := map[string]int{}, "/operator/audit?kind=order.placed&rows=20"
		number, older := regexp.MustCompile(`EC-\d{6}-[0-9A-Z]{5}`), regexp.MustCompile(`href="([^"]*)" rel="next"`)
		for pages := 0; path != ""; pages++ {
			a := b.Get(path).Is(200)
			_, rows, _ := strings.Cut(a.Body, "<tbody")
			for _, n := range number.FindAllString(rows, -1) {
				seen[n]++
			}
			next := older.FindStringSubmatch(a.Body)
			if path = ""; next != nil {
				path = strings.ReplaceAll(next[1], "&amp;", "&")
			}
			if pages > 3 {
				t.Fatal("the pages do not end")
			}
		}
		if len(seen) != 26 {
			t.Errorf("%d orders in the trail, want 26", len(seen))
		}
		for n, times := range seen {
			if times != 1 {
				t.Errorf("%s: %d times", n, times)
			}
		}
	})
}
