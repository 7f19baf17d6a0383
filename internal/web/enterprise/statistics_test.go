package enterprise

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"examcode/internal/lang"
	"examcode/internal/store"
	"examcode/internal/web/page"
	"examcode/internal/web/view"
)

// A page of examinees without a row leads on when there may be some further on.
func TestS26_NoRowOnThisPageLeadsOn(t *testing.T) {
	for _, older := range []string{"", "/statistics?older=7"} {
		d := statisticsData{Filter: store.ExamineeFilter{Attempt: "retake"}, Form: page.NewForm(), Asked: &url.URL{Path: statistics}, Zone: time.UTC, Pager: view.Pager{Older: older}}
		var b strings.Builder
		if err := statisticsPage(d).Render(lang.With(context.Background(), lang.Locale{Lang: lang.EN, Zone: time.UTC}), &b); err != nil {
			t.Fatal(err)
		}
		if none := strings.Contains(b.String(), "No examinees match"); none != (older == "") {
			t.Errorf("older %q: says there are none: %v", older, none)
		}
		if older != "" && !strings.Contains(b.String(), `href="`+older) {
			t.Errorf("no way on:\n%s", b.String())
		}
	}
}
