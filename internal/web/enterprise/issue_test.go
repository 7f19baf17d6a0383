package enterprise

import (
	"context"
	"testing"

	"examcode/internal/action"
	"examcode/internal/lang"
)

// A large order shows how many of its codes there are until they all are, in both
// languages, and says what waits for that.
func TestAnOrderShowsHowFarItIsIssued(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := context.Background()
		s := w.Service(func(c *action.Config) { c.IssuePart = 5 })
		o, err := s.BuyCodes(ctx, w.root, w.cloud.ID, 12)
		w.Must(err)
		_, err = s.PayOrder(ctx, w.root, o.ID, "sandbox", "", "")
		w.Must(err)
		of, list, chinese := orderOf(o.ID), codesOfOrder(o.Number), w.browser(w.root).In(lang.ZH)
		looks := []string{`hx-trigger="every 2s"`, `hx-select="#issuing"`, `value="5" max="12"`, `id="look"`}
		w.get(w.root, of).Is(200, "The codes are being issued", "5 of 12 codes issued", "Refresh", "Unused 5", "still being issued: 5 of 12 so far.", "was paid; codes: 12.").Has(looks...).Lacks(`href="` + refundOf(o.ID))
		w.get(w.root, list).Is(200, "5 of 12 codes issued", "Rows 1–5 of 5").Has(looks...).Lacks("/export?")
		w.get(w.root, codes).Is(200).Has("/export").Lacks("hx-trigger")
		w.get(w.root, orders).Is(200, o.Number+" Cloud Associate 12 5 of 12 codes issued")
		w.get(w.root, of+"/result").Is(200, "12 codes for Cloud Associate are bought and are being issued now.")
		w.get(w.root, refundOf(o.ID)).Is(409, "still being issued: 5 of 12 so far.")
		w.get(w.root, codes+"/export?order_number="+o.Number).Is(200)
		for _, at := range []string{of, list} {
			if a := w.browser(w.root).Look(at).Is(200); a.Header.Get("HX-Refresh") != "" {
				t.Errorf("%s is loaded anew while the order is being issued", at)
			}
		}
		chinese.Get(of).Is(200, "正在发放考试码", "已发放 5 / 12 个考试码", "刷新")
		chinese.Get(refundOf(o.ID)).Is(409, "仍在发放中（已发放 5 / 12）")
		w.Must(s.IssueCodes(ctx, o.ID))
		w.get(w.root, of).Is(200, "Unused 12").Has(`href="`+refundOf(o.ID), `id="issuing"`).Lacks("hx-trigger", "<progress")
		w.get(w.root, list).Is(200, "Export 12 rows", "Rows 1–12 of 12").Lacks("hx-trigger")
		w.get(w.root, of+"/result").Is(200, "12 codes for Cloud Associate are ready.")
		for _, at := range []string{of, list} {
			if a := w.browser(w.root).Look(at).Is(200); a.Header.Get("HX-Refresh") != "true" {
				t.Errorf("%s keeps saying what waits for the last code", at)
			}
		}
	})
}
