package mail

import (
	"examcode/internal/exam"
	"examcode/internal/lang"
)

// endings writes about orders that end soon or have ended: one in full, several
// as a list with their totals.
func (w words) endings() (title string, lines []string) {
	var (
		n     = int(w.number("orders"))
		all   = []any{"unused", w.number("unused"), "bound", w.number("bound")}
		items []words
	)
	listed, _ := w.n.Data["lines"].([]any)
	for _, one := range listed {
		var d exam.Data
		switch v := one.(type) {
		case exam.Data:
			d = v
		case map[string]any: // as JSON gives it back
			d = v
		}
		items = append(items, words{w.l, exam.Notice{Kind: w.n.Kind, Data: d}})
	}
	if len(items) == 1 {
		lines = []string{w.t("left", all...), items[0].valid()}
		title = w.t("title", "number", items[0].data("number"))
	} else {
		for _, i := range items {
			subject := exam.Names{EN: i.data("subject_en"), ZH: i.data("subject_zh")}.In(string(w.l.Lang))
			lines = append(lines, w.t("line", "number", i.data("number"), "subject", subject, "unused", i.number("unused"), "bound", i.number("bound"), "valid", i.valid()))
		}
		if more := n - len(items); more > 0 {
			lines = append(lines, w.t("more", "more", more))
		}
		lines = append(lines, w.t("total", all...))
		title = w.t("title_many", "n", n)
	}
	lines = append(lines, w.t("next"))
	if w.n.Kind == exam.NoticeOrderEnding && len(items) == 1 {
		lines = append(lines, w.t("days", "days", items[0].number("days")))
	}
	return title, lines
}

// valid is the sentence for the end that the facts name.
func (w words) valid() string {
	end, _ := w.instant("expires_at")
	return w.l.ValidThrough(end, lang.Zone(w.data("zone")))
}
