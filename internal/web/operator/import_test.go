package operator

import (
	"fmt"
	"strings"
	"testing"

	"examcode/internal/exam"
	"examcode/internal/lang"
)

// A file is checked without a trace, its good rows go in, and the others come
// back as a file with what to do about each.
func TestImportingResults(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		n, ids := w.sitting(4)
		b := w.as(exam.Results)
		mail := w.result(ids[1]).Email
		form := b.Get(pathImport+"?session_id="+n.ID.String()).Is(200, "Import results", "What the file needs", "Fri 6 Mar 2026, 10:00–11:30 (UTC)").Has("template?session_id=" + n.ID.String())
		if got := b.Get(pathImport + "/template?session_id=" + n.ID.String()); got.Status != 200 || !strings.Contains(got.Body, ids[0].String()) || !strings.HasPrefix(got.Header.Get("Content-Type"), "text/csv") {
			t.Errorf("template %d %s", got.Status, got.Body)
		}
		upload := func(content string) string {
			once := b.Get(pathImport + "?session_id=" + n.ID.String()).Hidden("once")
			return b.Upload(pathImport, "results.csv", []byte(content), "session_id", n.ID.String(), "once", once).Leads()
		}
		b.Upload(pathImport, "x.csv", nil, "once", form.Hidden("once")).Is(422, "Choose the file with the results.")
		for _, bad := range []string{"name,score\nA,1", "email,outcome", "\x00\x00\x00", "email,outcome" + strings.Repeat("\na@x.example,passed", 1001)} {
			b.Upload(pathImport, "x.csv", []byte(bad), "session_id", "").Is(422, "cannot be read as a table of results")
		}
		rows := fmt.Sprintf("\ufeff报名编号;邮箱;成绩;分数\n%s;;通过;８８\n;%s;未通过;12\n%s;;passed;10\nreg_x;;passed;\n;;;\n%s;;;\n;nobody@x.example;缺考;\n%s;;failed;\n",
			ids[0], strings.ToUpper(mail), ids[2], ids[3], ids[0])
		to := upload(rows)
		page := b.Get(to).Is(200, "Check of results.csv", "Import the 2 good rows", "Rows with a problem", "Download the 4 rows with problems", "This is no registration number.",
			"Nobody with this entry has a seat", "This person is in the file twice.", "分数: 10")
		b.In(lang.ZH).Get(to).Is(200, "导入 2 行正确数据", "有问题的行")
		for _, id := range ids {
			if g := w.result(id); g.State != exam.SeatReserved || g.Result != nil {
				t.Fatalf("the check recorded %+v", g.Result)
			}
		}
		problems := b.Get(to + "/problems")
		if lines := strings.Split(strings.TrimSpace(problems.Body), "\r\n"); problems.Status != 200 || len(lines) != 5 || !strings.Contains(problems.Body, ids[2].String()) || strings.Contains(problems.Body, ids[3].String()) {
			t.Errorf("%d lines: %s", len(lines), problems.Body)
		}
		b.Submit(to, page.Form()).Goes(to)
		b.Submit(to, page.Form()).Goes(to) // a double click
		b.Get(to).Is(200, "2 results are recorded.", "Recorded already 2").Without("good rows")
		if g := w.result(ids[0]); g.Result == nil || g.Result.Outcome != exam.Passed || *g.Result.Score != 88 {
			t.Errorf("%+v", g.Result)
		}
		if g := w.result(ids[1]); g.Result == nil || g.Result.Outcome != exam.Failed {
			t.Errorf("%+v", g.Result)
		}
		if g := w.result(ids[2]); g.Result != nil {
			t.Errorf("a bad row went in: %+v", g.Result)
		}
		long := strings.Repeat("考", 10_000)
		b.Get(upload("email,outcome\n"+long+",passed")).Is(200, "email: "+long[:3*shownOfCell]+"… ").Unseen(long[:3*shownOfCell+3])
		// Another session's people are not in this one's file.
		_, others := w.sitting(1)
		b = w.as(exam.Results)
		b.Get(upload("registration_id,result\n"+others[0].String()+",passed\n")).Is(200, "Nobody with this entry has a seat", "Good, not recorded yet 0")
		w.as(exam.Money).Get(to).Is(403)
		w.as(exam.Review).Post(to).Is(403)
	})
}
