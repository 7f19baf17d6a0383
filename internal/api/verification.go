package api

import (
	"context"
	"encoding/base64"
	"net/http"
	"time"

	"examcode/internal/action"
	"examcode/internal/exam"
	"examcode/internal/httpd"
	"examcode/internal/store"
)

// Submission is one try to verify an account, as its owner sees it.
type Submission struct {
	ID                 string     `json:"id"`
	State              string     `json:"state" enum:"waiting,verified,rejected"`
	LegalName          string     `json:"legal_name"`
	RegistrationNumber string     `json:"registration_number,omitempty"`
	Country            string     `json:"country,omitempty"`
	DocumentKind       string     `json:"document_kind,omitempty"`
	HasDocument        bool       `json:"has_document"`
	Reason             string     `json:"reason,omitempty" doc:"Why it was rejected"`
	Note               string     `json:"note,omitempty"`
	SubmittedAt        time.Time  `json:"submitted_at"`
	DecidedAt          *time.Time `json:"decided_at"`
}

// Verification is a submission as the reviewer sees it.
type Verification struct {
	Submission
	AccountID      string `json:"account_id"`
	AccountName    string `json:"account_name"`
	AccountKind    string `json:"account_kind" enum:"enterprise,individual"`
	PersonName     string `json:"person_name"`
	Email          string `json:"email"`
	DocumentNumber string `json:"document_number,omitempty" doc:"Only in the answer about one verification"`
}

// Standing is where an account's verification stands.
type Standing struct {
	State       string       `json:"state" enum:"none,waiting,verified,rejected"`
	Submissions []Submission `json:"submissions" nullable:"false"`
}

// Document is a file in an answer or a request.
type Document struct {
	Name    string `json:"name"`
	Content string `json:"content" contentEncoding:"base64" doc:"PDF, PNG or JPEG, at most 5 MB"`
}

func showSubmission(v exam.Verification) Submission {
	return Submission{ID: v.ID.String(), State: string(v.State), LegalName: v.LegalName, RegistrationNumber: v.RegNumber, Country: v.Country,
		DocumentKind: v.DocumentKind, HasDocument: v.Document != 0, Reason: v.Reason, Note: v.Note,
		SubmittedAt: instant(v.Submitted), DecidedAt: maybe(v.Decided)}
}

func showVerification(v store.VerificationRow) Verification {
	return Verification{Submission: showSubmission(v.Verification), AccountID: v.Account.String(), AccountName: v.AccountName,
		AccountKind: string(v.Kind), PersonName: v.PersonName, Email: v.Email}
}

func (s *server) verifications() {
	type input struct {
		Body struct {
			LegalName          string    `json:"legal_name"`
			RegistrationNumber string    `json:"registration_number,omitempty" doc:"Companies"`
			Country            string    `json:"country,omitempty" doc:"Companies; ISO 3166 alpha-2"`
			DocumentKind       string    `json:"document_kind,omitempty" doc:"Individuals: passport, id_card, driving_licence"`
			DocumentNumber     string    `json:"document_number,omitempty" doc:"Individuals"`
			Document           *Document `json:"document,omitempty" doc:"Companies need one"`
		} `nameHint:"VerificationRequest"`
	}
	op := s.operation(httpd.SignedIn, http.MethodPost, "/verifications", "Send in who the account is")
	op.DefaultStatus = http.StatusCreated
	op.Metadata["upload"] = true
	add(s, op, func(ctx context.Context, who exam.Actor, in *input) (*created[Submission], error) {
		b := in.Body
		var doc *action.Upload
		if b.Document != nil {
			content, err := base64.StdEncoding.DecodeString(b.Document.Content)
			if err != nil || len(content) == 0 {
				return nil, exam.ErrDocumentFile.With("mb", action.MaxDocument>>20).On("document")
			}
			doc = &action.Upload{Name: b.Document.Name, Content: content}
		}
		v, err := s.Actions.SubmitVerification(ctx, who, exam.Verification{LegalName: b.LegalName, RegNumber: b.RegistrationNumber, Country: b.Country,
			DocumentKind: b.DocumentKind, DocumentNumber: b.DocumentNumber}, doc)
		return made("/verification", showSubmission(v)), err
	})
	add(s, s.operation(httpd.SignedIn, http.MethodGet, "/verification", "Where the verification of one's account stands"),
		func(ctx context.Context, who exam.Actor, _ *nothing) (*body[Standing], error) {
			a, err := s.Store.Account(ctx, who.Account)
			if err != nil {
				return nil, err
			}
			rows, err := s.Store.VerificationsOf(ctx, who.Account)
			out := &body[Standing]{Standing{State: string(a.Verified), Submissions: []Submission{}}}
			for _, v := range rows {
				out.Body.Submissions = append(out.Body.Submissions, showSubmission(v.Verification))
			}
			return out, err
		})
	s.review()
}

// review are the calls of those who verify.
func (s *server) review() {
	review := httpd.Staff(exam.Review)
	type filter struct {
		Paging
		State string `query:"state" enum:"waiting,verified,rejected"`
	}
	add(s, s.operation(review, http.MethodGet, "/verifications", "Verifications of all accounts, newest first"),
		func(ctx context.Context, _ exam.Actor, in *filter) (*body[List[Verification]], error) {
			return list(s, "verifications", in.Paging, func(p store.Page) (store.Rows[store.VerificationRow], error) {
				return s.Store.Verifications(ctx, exam.VerificationState(in.State), p)
			}, showVerification)
		})
	add(s, s.operation(review, http.MethodGet, "/verifications/{id}", "One verification, with the document's number"),
		func(ctx context.Context, who exam.Actor, in *Item) (*body[Verification], error) {
			id, err := pathID[exam.VerificationID](in.ID)
			return s.verification(ctx, who, id, err)
		})
	add(s, s.operation(review, http.MethodGet, "/verifications/{id}/document", "The document that was sent in"),
		func(ctx context.Context, who exam.Actor, in *Item) (*body[Document], error) {
			id, err := pathID[exam.VerificationID](in.ID)
			if err != nil {
				return nil, err
			}
			b, content, err := s.Actions.Document(ctx, who, id)
			return &body[Document]{Document{Name: b.Name, Content: base64.StdEncoding.EncodeToString(content)}}, err
		})
	add(s, s.operation(review, http.MethodPost, "/verifications/{id}/approve", "The account is who it says"),
		func(ctx context.Context, who exam.Actor, in *Item) (*body[Verification], error) {
			id, err := pathID[exam.VerificationID](in.ID)
			if err == nil {
				err = s.Actions.ApproveVerification(ctx, who, id)
			}
			return s.verification(ctx, who, id, err)
		})
	type reject struct {
		Item
		Body struct {
			Reason string `json:"reason" doc:"name_differs, unreadable, out_of_date, not_holder, or other with a note"`
			Note   string `json:"note,omitempty"`
		} `nameHint:"RejectRequest"`
	}
	add(s, s.operation(review, http.MethodPost, "/verifications/{id}/reject", "Send a verification back with a reason"),
		func(ctx context.Context, who exam.Actor, in *reject) (*body[Verification], error) {
			id, err := pathID[exam.VerificationID](in.ID)
			if err == nil {
				err = s.Actions.RejectVerification(ctx, who, id, in.Body.Reason, in.Body.Note)
			}
			return s.verification(ctx, who, id, err)
		})
}

// verification answers with a verification, unless something was refused.
func (s *server) verification(ctx context.Context, who exam.Actor, id exam.VerificationID, refused error) (*body[Verification], error) {
	if refused != nil {
		return nil, refused
	}
	row, err := s.Store.Verification(ctx, id)
	if err != nil {
		return nil, err
	}
	v := showVerification(row)
	v.DocumentNumber, err = s.Actions.DocumentNumber(who, row)
	return &body[Verification]{v}, err
}
