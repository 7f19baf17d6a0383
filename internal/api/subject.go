package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/httpd"
	"examcode/internal/money"
	"examcode/internal/store"
)

// Subject is a certification subject.
type Subject struct {
	ID           string     `json:"id"`
	Code         string     `json:"code"`
	Name         Names      `json:"name"`
	About        Names      `json:"about"`
	Price        Amount     `json:"price" doc:"Of one exam code"`
	ExamTypes    []string   `json:"exam_types" nullable:"false" enum:"online,test_center"`
	CancelCutoff int        `json:"cancel_cutoff_hours" doc:"Hours before the start after which a seat is kept"`
	NoShow       string     `json:"no_show" enum:"forfeit,return"`
	PassMark     int        `json:"pass_mark"`
	MaxQuantity  int        `json:"max_quantity" doc:"The most codes of one order"`
	RetiredAt    *time.Time `json:"retired_at,omitempty"`
	Version      int64      `json:"version"`
}

func showSubject(s exam.Subject) Subject {
	types := []string{}
	for _, t := range s.ExamTypes {
		types = append(types, string(t))
	}
	return Subject{ID: s.ID.String(), Code: s.Code, Name: Names(s.Name), About: Names(s.About), Price: amount(s.Price), ExamTypes: types,
		CancelCutoff: int(s.CancelCutoff / time.Hour), NoShow: string(s.NoShow), PassMark: s.PassMark, MaxQuantity: s.Ceiling(),
		RetiredAt: maybe(s.Retired), Version: s.Version}
}

// SubjectFields are what a subject is made of.
type SubjectFields struct {
	Code         string   `json:"code" doc:"2 to 32 capital letters, digits and dashes"`
	Name         Names    `json:"name"`
	About        *Names   `json:"about,omitempty"`
	Price        Amount   `json:"price"`
	ExamTypes    []string `json:"exam_types" nullable:"false"`
	CancelCutoff int      `json:"cancel_cutoff_hours" minimum:"0" maximum:"720"`
	NoShow       string   `json:"no_show" enum:"forfeit,return"`
	PassMark     int      `json:"pass_mark" minimum:"0" maximum:"1000"`
	MaxQuantity  int      `json:"max_quantity,omitempty" minimum:"0" maximum:"100000" doc:"0: the programme's most"`
}

// SubjectChange is the fields of a subject to change; the others stay.
type SubjectChange struct {
	Code         *string   `json:"code,omitempty"`
	Name         *Names    `json:"name,omitempty"`
	About        *Names    `json:"about,omitempty"`
	Price        *Amount   `json:"price,omitempty"`
	ExamTypes    *[]string `json:"exam_types,omitempty" nullable:"false"`
	CancelCutoff *int      `json:"cancel_cutoff_hours,omitempty" minimum:"0" maximum:"720"`
	NoShow       *string   `json:"no_show,omitempty" enum:"forfeit,return"`
	PassMark     *int      `json:"pass_mark,omitempty" minimum:"0" maximum:"1000"`
	MaxQuantity  *int      `json:"max_quantity,omitempty" minimum:"0" maximum:"100000"`
	Version      *int64    `json:"version,omitempty" minimum:"1" maximum:"9007199254740991" doc:"The version that was looked at; another one is refused as changed_meanwhile"`
}

func examTypes(words []string) []exam.ExamType {
	types := make([]exam.ExamType, len(words))
	for i, w := range words {
		types[i] = exam.ExamType(w)
	}
	return types
}

func (f SubjectFields) subject() exam.Subject {
	n := exam.Subject{Code: f.Code, Name: exam.Names(f.Name), Price: money.Amount(f.Price), ExamTypes: examTypes(f.ExamTypes),
		CancelCutoff: time.Duration(f.CancelCutoff) * time.Hour, NoShow: exam.NoShow(f.NoShow), PassMark: f.PassMark, MaxQuantity: f.MaxQuantity}
	if f.About != nil {
		n.About = exam.Names(*f.About)
	}
	return n
}

// apply lays the change over a subject.
func (c SubjectChange) apply(n exam.Subject) exam.Subject {
	set(&n.Code, c.Code)
	set(&n.PassMark, c.PassMark)
	set(&n.MaxQuantity, c.MaxQuantity)
	set(&n.Version, c.Version)
	if c.Name != nil {
		n.Name = exam.Names(*c.Name)
	}
	if c.About != nil {
		n.About = exam.Names(*c.About)
	}
	if c.Price != nil {
		n.Price = money.Amount(*c.Price)
	}
	if c.ExamTypes != nil {
		n.ExamTypes = examTypes(*c.ExamTypes)
	}
	if c.CancelCutoff != nil {
		n.CancelCutoff = time.Duration(*c.CancelCutoff) * time.Hour
	}
	if c.NoShow != nil {
		n.NoShow = exam.NoShow(*c.NoShow)
	}
	return n
}

func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

// inner names the parts of a text in two languages as the API does: the rules
// say name_en, the API name.en.
func inner(err error) error {
	e := fault.Of(err)
	if e == nil || len(e.Fields) == 0 {
		return err
	}
	c := *e
	c.Fields = append([]fault.Field{}, e.Fields...)
	for i := range c.Fields {
		for _, text := range []string{"name", "about"} {
			if lang, ok := strings.CutPrefix(c.Fields[i].Name, text+"_"); ok {
				c.Fields[i].Name = text + "." + lang
			}
		}
	}
	return &c
}

func (s *server) subjects() {
	type filter struct {
		Paging
		Retired bool `query:"retired" doc:"Also those that are no longer sold"`
	}
	add(s, s.operation(httpd.SignedIn, http.MethodGet, "/subjects", "The certification subjects, newest first"),
		func(ctx context.Context, _ exam.Actor, in *filter) (*body[List[Subject]], error) {
			onSale := s.Now()
			if in.Retired {
				onSale = time.Time{}
			}
			return list(s, "subjects", in.Paging, func(p store.Page) (store.Rows[exam.Subject], error) {
				return s.Store.SubjectPage(ctx, onSale, p)
			}, showSubject)
		})
	add(s, s.operation(httpd.SignedIn, http.MethodGet, "/subjects/{id}", "One subject, sold or not"),
		func(ctx context.Context, _ exam.Actor, in *Item) (*body[Subject], error) {
			id, err := pathID[exam.SubjectID](in.ID)
			if err != nil {
				return nil, err
			}
			n, err := s.Store.Subject(ctx, id)
			return &body[Subject]{showSubject(n)}, err
		})
	type input struct{ Body SubjectFields }
	admin := httpd.Staff(exam.Admin)
	op := s.operation(admin, http.MethodPost, "/subjects", "Put a subject on sale")
	op.DefaultStatus = http.StatusCreated
	add(s, op, func(ctx context.Context, who exam.Actor, in *input) (*created[Subject], error) {
		n, err := s.Actions.AddSubject(ctx, who, in.Body.subject())
		return made("/subjects/"+n.ID.String(), showSubject(n)), inner(err)
	})
	type change struct {
		Item
		Body SubjectChange
	}
	add(s, s.operation(admin, http.MethodPatch, "/subjects/{id}", "Change a subject; what was sold stays as sold"),
		func(ctx context.Context, who exam.Actor, in *change) (*body[Subject], error) {
			id, err := pathID[exam.SubjectID](in.ID)
			if err != nil {
				return nil, err
			}
			old, err := s.Store.Subject(ctx, id)
			if err != nil {
				return nil, err
			}
			n, err := s.Actions.ChangeSubject(ctx, who, in.Body.apply(old))
			return &body[Subject]{showSubject(n)}, inner(err)
		})
	add(s, s.operation(admin, http.MethodPost, "/subjects/{id}/retire", "Take a subject off sale; its codes stay good"),
		func(ctx context.Context, who exam.Actor, in *Item) (*body[Subject], error) {
			id, err := pathID[exam.SubjectID](in.ID)
			if err != nil {
				return nil, err
			}
			n, err := s.Actions.RetireSubject(ctx, who, id)
			return &body[Subject]{showSubject(n)}, err
		})
}
