package enterprise

import (
	"strings"
	"testing"

	"examcode/internal/exam"
	"examcode/internal/lang"
)

// S24, S25: many codes at once, by ticks and by a filter, without scripts: what
// will happen is said in numbers, what became of each can be opened.
func TestS24_S25_ManyCodesFromTheList(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		b := w.browser(w.root)
		b.Get(codes+"?tick=page").Is(200, "Ticked codes", "All 8 that match the filters").Has(`formaction="/enterprise/bulks?verb=unbind"`, `checked`)
		b.Get(codes+"?state=bound").Is(200, "Select the 1 on this page")
		b.Post(bulks+"?verb=unbind", "scope", "ticked", "state", "bound").Goes(codes + "?state=bound")

		to := b.Post(bulks+"?verb=unbind", "scope", "ticked", "ids", w.bound.String(), "ids", w.unused.String()).Leads()
		ask := b.Get(to).Is(200, "Unbind 1 of 2 codes?", "1 registration is cancelled", "1 is not Bound and stays as it is.", "Unbind 1 code", "Leave them as they are")
		b.In(lang.ZH).Get(to).Is(200, "解绑 2 个考试码中的 1 个？", "其余 1 个不是“已绑定”，保持不变。")
		if w.state(t, w.bound).State != exam.Bound {
			t.Fatal("looking unbinds")
		}
		w.browser(w.other).Get(to).Is(404)
		w.browser(w.other).Submit(to, ask.Form("text", "new")).Is(404)
		for range 2 { // the second sending shows the first one's result
			b.Submit(to, ask.Form("text", "new")).Goes(to)
			b.Get(to).Is(200, "1 code unbound", "Done 1", "This code is not Bound, so nothing was changed.")
		}
		if c := w.state(t, w.bound); c.State != exam.Unused || c.Generation != 2 {
			t.Errorf("%s, generation %d", c.State, c.Generation)
		}
		id := strings.TrimPrefix(to, bulks+"/")
		b.Get(codes+"?bulk_id="+id+"&outcome=done").Is(200, "Rows 1–1 of 1")

		to = b.Post(bulks+"?verb=regenerate", "scope", "all", "order_number", w.order.Number, "state", "unused").Leads()
		ask = b.Get(to).Is(200, "Give 5 of 5 codes a new text?")
		// One of them is redeemed meanwhile; it is left alone and listed.
		if _, err := w.Redeem(w.anna, w.cloud, w.texts[w.unused]); err != nil {
			t.Fatal(err)
		}
		b.Submit(to, ask.Form()).Goes(to)
		b.Get(to).Is(200, "4 texts replaced", "Done 4")
		if c := w.state(t, w.unused); c.State != exam.Bound || c.Generation != 1 {
			t.Errorf("a code that changed was touched: %s, generation %d", c.State, c.Generation)
		}
		b.Post(bulks+"?verb=unbind", "scope", "all", "holder", "nobody").Goes(codes + "?holder=nobody")
	})
}
