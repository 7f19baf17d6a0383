package enterprise

import (
	"context"
	"encoding/csv"
	"net/url"
	"strings"
	"testing"
	"time"

	"examcode/internal/action"
	"examcode/internal/action/actiontest"
	"examcode/internal/codetext"
	"examcode/internal/exam"
	"examcode/internal/lang"
	"examcode/internal/web/webtest"
)

// asked asks for all codes as CSV.
func (w *world) asked(who exam.Actor) exam.ExportID {
	w.T.Helper()
	e, err := w.Actions.AskExport(context.Background(), who, action.ExportRequest{Kind: exam.ExportCodes, Format: exam.CSV})
	w.Must(err)
	return e.ID
}

// settle does what is owed, as the worker would.
func (w *world) settle() {
	w.T.Helper()
	for _, id := range w.Queue.Owed() {
		w.Must(w.Actions.Settle(context.Background(), id))
	}
}

// lines are the rows of a CSV file without its head.
func lines(t *testing.T, a webtest.Answer) [][]string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(a.Body, "\ufeff"))).ReadAll()
	if err != nil || len(rows) < 2 {
		t.Fatalf("%v in %q", err, a.Body)
	}
	return rows[1:]
}

// TestS20_TheListsFilterIsExported from the button of the list to the file: the
// page names the filter, the file has the list's rows.
func TestS20_TheListsFilterIsExported(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		list := codes + "?state=unused&subject_id=" + w.cloud.ID.String()
		a := w.get(w.root, list).Is(200, "Export 4 rows")
		ask := codes + "/export?state=unused&subject_id=" + w.cloud.ID.String()
		a.Has(`href="` + strings.ReplaceAll(ask, "&", "&amp;") + `"`)
		form := w.get(w.root, ask).Is(200, "Exam codes where the subject is Cloud Associate and the state is Unused", "Valid through (UTC)", "7 days", "Export 4 rows")
		w.browser(w.root).In(lang.ZH).Get(ask).Is(200, "科目为“云计算工程师”和状态为“未使用”", "导出 4 条")
		w.send(w.root, ask, form.Form("format", "ods", "texts", "masked")).Is(422, "Choose XLSX or CSV.", "Exam codes where")
		sent := w.get(w.root, ask).Form("format", "csv", "texts", "masked")
		at := w.send(w.root, ask, sent).Leads()
		if again := w.send(w.root, ask, sent).Leads(); again != at {
			t.Errorf("sent twice: %s and %s", at, again)
		}
		w.get(w.root, at).Is(200, "0 of 4 rows", "You may leave this page", "Refresh", "Stop", "Waiting").Has(`hx-trigger="every 2s"`, `id="look"`, `id="stop"`).Outside("1 running") // the keyboard stays on what has a name
		w.get(w.root, at+"/file").Is(409, "The file is not ready.")
		w.settle()
		w.get(w.root, at).Is(200, "Ready", "Download", "Run again with the same filter", "asked for a file; rows: 4, Masked codes").Lacks("hx-trigger")
		got := w.get(w.root, at+"/file").Is(200)
		if kind, how := got.Header.Get("Content-Type"), got.Header.Get("Content-Disposition"); kind != "text/csv; charset=utf-8" || !strings.Contains(how, ".csv") || got.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s, %s, %s", kind, how, got.Header.Get("Cache-Control"))
		}
		var wanted, found []string
		for _, c := range w.Codes(w.order) {
			if c.Effective(w.Clock.Now()) == exam.Unused {
				wanted = append(wanted, codetext.Mask(c.Tail))
			}
		}
		for _, l := range lines(t, got) {
			found = append(found, l[0])
		}
		if strings.Join(wanted, " ") != strings.Join(found, " ") {
			t.Errorf("the file has %q, the list %q", found, wanted)
		}
		w.get(w.root, files).Is(200, "Exam codes where the subject is Cloud Associate and the state is Unused", "Ready", "Download")
		w.browser(w.root).In(lang.ZH).Get(files).Is(200, "已就绪", "用相同条件重新导出")
		w.get(w.root, codes+"?state=refunded").Is(200).Unseen("Export")
		w.get(w.root, codes+"/export?state=refunded").Is(200, "No row matches this filter")
		// What cannot be read narrows nothing: there is no file of more than was asked for.
		w.get(w.root, codes+"/export?ends_within=9999").Is(422)
		w.get(w.root, statistics+"/export?sat_from=soon").Is(422)
	})
}

// TestS26_ExamineesAreExportedFromTheirList.
func TestS26_ExamineesAreExportedFromTheirList(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.get(w.viewer, statistics+"?outcome=passed").Is(200, "Export 1 row").Has(statistics + "/export?outcome=passed")
		ask := statistics + "/export?outcome=passed"
		form := w.get(w.viewer, ask).Is(200, "Examinees where the result is Passed", "Sat on (UTC)").Unseen("Whole codes", "Full codes")
		at := w.send(w.viewer, ask, form.Form("format", "csv")).Leads()
		w.settle()
		if rows := lines(t, w.get(w.viewer, at+"/file").Is(200)); len(rows) != 1 || rows[0][5] != "Passed" || rows[0][6] != "82" {
			t.Errorf("%q", rows)
		}
	})
}

// TestS20_WholeCodesNeedRightAndPassword: to ask for them and to take them.
func TestS20_WholeCodesNeedRightAndPassword(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ask, b := codes+"/export", w.browser(w.root)
		w.get(w.viewer, ask+"?texts=full").Is(200, "Codes are masked").Unseen("ready to be handed out")
		w.send(w.viewer, ask, w.get(w.viewer, ask).Form("format", "csv", "texts", "full")).Is(403)
		form := w.get(w.root, ask).Is(200, "ready to be handed out").Form("format", "csv", "texts", "full")
		w.Clock.Move(6 * time.Minute)
		again := "/sign-in/again?next=" + url.QueryEscape(ask+"?format=csv&texts=full")
		w.send(w.root, ask, form).Goes(again)
		if n, err := w.Read.OpenExports(context.Background(), w.root.Account); err != nil || n != 0 {
			t.Fatalf("%d exports, %v", n, err)
		}
		w.get(w.root, ask+"?format=csv&texts=full").Has(`value="full" checked`, `value="csv" checked`)
		token, err := w.Actions.ConfirmPassword(context.Background(), w.root, b.Cookie(webtest.SessionCookie), actiontest.Password, "")
		w.Must(err)
		b.SetCookie(webtest.SessionCookie, token)
		at := w.send(w.root, ask, form).Leads()
		w.settle()
		texts := map[string]bool{}
		for _, l := range lines(t, w.get(w.root, at+"/file").Is(200)) {
			texts[l[0]] = true
		}
		for id, text := range w.texts {
			if id != w.replaced && !texts[text] {
				t.Errorf("%s is missing", id)
			}
		}
		w.get(w.root, at).Is(200, "downloaded the file; rows: 8, Full codes")
		w.get(w.viewer, at).Is(200, "Whole codes may be taken by those with the right").Unseen("Download")
		w.get(w.viewer, at+"/file").Is(403)
		w.get(w.viewer, at+"/again").Is(200, "Codes are masked")
		w.Clock.Move(6 * time.Minute)
		w.get(w.root, at+"/file").Goes("/sign-in/again?next=" + url.QueryEscape(at+"/file"))
	})
}

// An export is stopped from its page, and run again; its file ends.
func TestFilesComeAndGo(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.get(w.root, files).Is(200, "No files yet.")
		at := fileOf(w.asked(w.root))
		w.get(w.viewer, at).Is(200, "Refresh").Unseen("Stop")
		w.send(w.viewer, at+"/stop", url.Values{"once": {"x"}}).Is(403)
		w.send(w.root, at+"/stop", w.get(w.root, at).Form()).Goes(at)
		w.get(w.root, at).Is(200, "Stopped", "The export is stopped. Nothing was exported.").Unseen("Download")
		w.send(w.root, at+"/stop", url.Values{"once": {"y"}}).Is(409, "cannot be stopped")
		form := w.get(w.root, at+"/again").Is(200, "Run the export again", "All exam codes of the account").Has(`value="csv" checked`).Form("format", "xlsx", "texts", "masked")
		next := w.send(w.root, at+"/again", form).Leads()
		w.settle()
		if got := w.get(w.root, next+"/file").Is(200); !strings.HasPrefix(got.Body, "PK") {
			t.Error("no XLSX file")
		}
		w.Clock.Move(action.ExportKept)
		w.signInAgain()
		w.get(w.root, next).Is(200, "File deleted", "Deleted on").Unseen("Download")
		w.get(w.root, next+"/file").Is(409, "The file has been deleted.")
	})
}
