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
	each(t, func(w *world) {
		sub, root := w.Subject(), w.verified(exam.Enterprise, "Xinghe")
		o, texts := w.Buy(root, sub, 1)
		_, err := w.Redeem(w.verified(exam.Individual, "Li Na"), sub, texts[0])
		w.must(err)
		for range 25 {
			_, err := w.Actions.BuyCodes(w.ctx, root, sub.ID, 1)
			w.must(err)
		}
		b := w.as(exam.Audit)
		b.get("/operator/audit").want(200, "placed order", o.Number, "redeemed the code", "Xinghe", "Staff admin", "Console").without(texts[0])
		b.in(lang.ZH).get("/operator/audit").want(200, "事件", "控制台")
		kind := b.get("/operator/audit?kind=code.redeemed").want(200, "What happened: Code redeemed", "Li Na redeemed the code").has(`value="code.redeemed" selected`)
		kind.without("placed order")
		b.get("/operator/audit?kind=nonsense").want(200, "placed order").without("What happened: ")

		seen, path := map[string]int{}, "/operator/audit?kind=order.placed&rows=20"
		number, older := regexp.MustCompile(`EC-\d{6}-[0-9A-Z]{5}`), regexp.MustCompile(`href="([^"]*)" rel="next"`)
		for pages := 0; path != ""; pages++ {
			a := b.get(path).want(200)
			_, rows, _ := strings.Cut(a.body, "<tbody")
			for _, n := range number.FindAllString(rows, -1) {
				seen[n]++
			}
			next := older.FindStringSubmatch(a.body)
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
