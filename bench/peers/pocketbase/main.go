// Command pocketbase is PocketBase with a collection of exam codes and a route
// that redeems one, as its documentation recommends: a transaction of Saves in
// a Go hook. It is what examcode is measured beside; it checks less (no money, no
// Idempotency-Key, texts in the clear) and syncs less (synchronous=NORMAL).
//
//	pocketbase serve --http ADDRESS --dir FOLDER
//	pocketbase fill N --dir FOLDER      N codes; prints a token
package main

import (
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"log"
	"net/http"
	"strconv"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase"
	"github.com/pocketbase/pocketbase/apis"
	"github.com/pocketbase/pocketbase/core"
	"github.com/spf13/cobra"
)

func main() {
	app := pocketbase.New()
	app.OnServe().BindFunc(func(e *core.ServeEvent) error {
		e.Router.POST("/api/redeem", redeem).Bind(apis.RequireAuth())
		return e.Next()
	})
	app.RootCmd.AddCommand(&cobra.Command{Use: "fill", Args: cobra.ExactArgs(1), RunE: func(_ *cobra.Command, args []string) error {
		n, err := strconv.Atoi(args[0])
		if err != nil {
			return err
		}
		return fill(app, n)
	}})
	if err := app.Start(); err != nil {
		log.Fatal(err)
	}
}

var errNotUsable = errors.New("the code is not usable")

// redeem registers somebody by a code's text: the code, the registration, the
// event and what is owed.
func redeem(e *core.RequestEvent) error {
	var in struct {
		Code    string `json:"code"`
		Subject string `json:"subject"`
		Person  string `json:"person"`
	}
	if err := e.BindBody(&in); err != nil {
		return e.BadRequestError("cannot be read", err)
	}
	var made *core.Record
	err := e.App.RunInTransaction(func(tx core.App) error {
		code, err := tx.FindFirstRecordByData("codes", "text", in.Code)
		if err != nil || code.GetString("state") != "unused" || code.GetString("subject") != in.Subject {
			return errNotUsable
		}
		code.Set("state", "bound")
		code.Set("holder", in.Person)
		if err := tx.Save(code); err != nil {
			return err
		}
		made, err = add(tx, "registrations", map[string]any{"code": code.Id, "org": code.GetString("org"), "person": in.Person, "subject": in.Subject, "state": "registered"})
		if err != nil {
			return err
		}
		if _, err := add(tx, "events", map[string]any{"kind": "code.redeemed", "object": code.Id, "actor": in.Person, "data": `{"from":"unused","to":"bound"}`}); err != nil {
			return err
		}
		_, err = add(tx, "owed", map[string]any{"channel": "mail", "target": made.Id, "state": "owed"})
		return err
	})
	if errors.Is(err, errNotUsable) {
		return e.Error(http.StatusConflict, err.Error(), nil)
	}
	if err != nil {
		return err
	}
	return e.JSON(http.StatusCreated, map[string]any{"id": made.Id, "state": "registered"})
}

func add(tx core.App, collection string, values map[string]any) (*core.Record, error) {
	c, err := tx.FindCachedCollectionByNameOrId(collection)
	if err != nil {
		return nil, err
	}
	r := core.NewRecord(c)
	for name, v := range values {
		r.Set(name, v)
	}
	return r, tx.Save(r)
}

// Text is the text of the i-th code; the driver computes the same.
func Text(i int) string {
	sum := sha256.Sum256([]byte("code " + strconv.Itoa(i)))
	return base32.StdEncoding.EncodeToString(sum[:10])
}

// fill makes the collections and n codes of one company, by SQL: it is not
// measured.
func fill(app core.App, n int) error {
	if err := app.RunAllMigrations(); err != nil {
		return err
	}
	if err := collections(app); err != nil {
		return err
	}
	admins, err := app.FindCollectionByNameOrId(core.CollectionNameSuperusers)
	if err != nil {
		return err
	}
	admin := core.NewRecord(admins)
	admin.SetEmail("driver@people.example")
	admin.SetPassword("measure-twice-9")
	if err := app.Save(admin); err != nil {
		return err
	}
	err = app.RunInTransaction(func(tx core.App) error {
		q := tx.NonconcurrentDB().NewQuery("INSERT INTO codes (id, text, org, orders, subject, state, holder, created, updated) VALUES ({:id}, {:text}, 'org000000000001', {:orders}, {:subject}, 'unused', '', '2026-01-01 00:00:00.000Z', '2026-01-01 00:00:00.000Z')").Prepare()
		defer q.Close()
		for i := range n {
			if _, err := q.Bind(dbx.Params{"id": fmt.Sprintf("c%014d", i), "text": Text(i), "orders": fmt.Sprintf("o%014d", i/1000), "subject": fmt.Sprintf("s%014d", i%20)}).Execute(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	s := app.Settings()
	s.Batch.Enabled, s.Batch.MaxRequests, s.Batch.Timeout = true, 1000, 60
	s.Logs.MaxDays = 0 // no log of requests beside the work
	if err := app.Save(s); err != nil {
		return err
	}
	token, err := admin.NewAuthToken()
	fmt.Println("token:", token)
	return err
}

// collections makes the tables with the indexes that the work needs.
func collections(app core.App) error {
	text := func(names ...string) (list []core.Field) {
		for _, n := range names {
			list = append(list, &core.TextField{Name: n})
		}
		return append(list, &core.AutodateField{Name: "created", OnCreate: true}, &core.AutodateField{Name: "updated", OnCreate: true, OnUpdate: true})
	}
	for _, c := range []struct {
		name    string
		fields  []core.Field
		indexes [][3]string // name, unique, columns
	}{
		{"codes", text("text", "org", "orders", "subject", "state", "holder"), [][3]string{{"codes_text", "u", "text"}, {"codes_state", "", "org, state, id"}, {"codes_subject", "", "org, subject, id"}, {"codes_org", "", "org, id"}}},
		{"registrations", text("code", "org", "person", "subject", "state"), [][3]string{{"registrations_code", "u", "code"}, {"registrations_person", "", "person, id"}, {"registrations_org", "", "org, id"}}},
		{"events", text("kind", "object", "actor", "data"), [][3]string{{"events_object", "", "object, id"}}},
		{"owed", text("channel", "target", "state"), [][3]string{{"owed_target", "u", "channel, target"}}},
	} {
		n := core.NewBaseCollection(c.name)
		n.Fields.Add(c.fields...)
		for _, i := range c.indexes {
			n.AddIndex(i[0], i[1] == "u", i[2], "")
		}
		if err := app.Save(n); err != nil {
			return err
		}
	}
	return nil
}
