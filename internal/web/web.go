// Package web mounts the pages: the account's, the three consoles' and the
// static files. Each console has its own package; none knows another.
package web

import (
	"net/http"

	"examcode/internal/httpd"
	"examcode/internal/web/account"
	"examcode/internal/web/enterprise"
	"examcode/internal/web/examinee"
	"examcode/internal/web/operator"
	"examcode/internal/web/page"
	"examcode/internal/web/static"
)

// Mount registers every page.
func Mount(k *page.Kit, o account.Options) {
	account.Mount(k, o)
	enterprise.Mount(k)
	examinee.Mount(k)
	operator.Mount(k)
	files := static.Handler()
	k.Handle("GET", "/static/{file...}", httpd.Public, func(w http.ResponseWriter, r *http.Request) error {
		files.ServeHTTP(w, r)
		return nil
	})
}
