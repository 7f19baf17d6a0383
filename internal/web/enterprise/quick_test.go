package enterprise

import (
	"net/url"
	"regexp"
	"testing"
)

var (
	quickEntries = regexp.MustCompile(`(?s)<nav class="card box unprinted".*?</nav>`)
	href         = regexp.MustCompile(`href="([^"]+)"`)
)

// Each of the usual entries leads to a page that the reader may open; the root
// finds the guide's: buying, codes, orders, refunds, statistics.
func TestS7_QuickLinks(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for _, person := range []struct {
			name  string
			leads []string
		}{
			{"root", []string{subjects, codes, orders, statistics, files, members}},
			{"viewer", []string{codes, statistics, files, members}},
		} {
			who := w.root
			if person.name == "viewer" {
				who = w.viewer
			}
			part := quickEntries.FindString(w.browser(who).Get(home).Is(200).Body)
			to := map[string]bool{}
			for _, m := range href.FindAllStringSubmatch(part, -1) {
				u, err := url.Parse(m[1])
				if err != nil {
					t.Fatal(err)
				}
				w.browser(who).Get(u.RequestURI()).Is(200)
				to[u.Path] = true
			}
			for _, path := range person.leads {
				if !to[path] {
					t.Errorf("%s: no quick link leads to %s: %v", person.name, path, to)
				}
			}
		}
	})
}
