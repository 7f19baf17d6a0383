package action

import (
	"bytes"
	"context"
	"fmt"
	"path"
	"strings"
	"unicode"

	"examcode/internal/exam"
	"examcode/internal/store"
)

// MaxDocument is the largest document that is taken, in bytes.
const MaxDocument = 5 << 20

// Upload is a file as it came in.
type Upload struct {
	Name    string
	Content []byte
}

// SubmitVerification sends who an account is to the reviewers, with a picture or
// PDF of the document (nil without; companies need one).
func (s *Service) SubmitVerification(ctx context.Context, who exam.Actor, v exam.Verification, doc *Upload) (exam.Verification, error) {
	v.ID = exam.VerificationID(s.store.IDs().Next())
	v.LegalName, v.RegNumber, v.DocumentNumber = strings.TrimSpace(v.LegalName), strings.TrimSpace(v.RegNumber), strings.TrimSpace(v.DocumentNumber)
	var blob store.Blob
	if doc != nil && len(doc.Content) > 0 {
		mime := documentType(doc.Content)
		if mime == "" || len(doc.Content) > MaxDocument {
			return v, exam.ErrDocumentFile.With("mb", MaxDocument>>20).On("document")
		}
		blob = store.Blob{ID: exam.BlobID(s.store.IDs().Next()), Account: who.Account, Name: documentName(doc.Name), Mime: mime}
		v.Document = blob.ID
	}
	err := s.transact(ctx, func(ctx context.Context, tx *store.Tx) error {
		who, err := actingNow(ctx, tx, who)
		if err != nil {
			return err
		}
		acc, err := tx.Account(ctx, who.Account)
		if err != nil {
			return err
		}
		now := s.now()
		acc, n, e, err := exam.Submit(who, acc, v, now)
		if err != nil {
			return err
		}
		if blob.ID != 0 {
			blob.Created = now
			if err := tx.AddBlob(ctx, blob, doc.Content); err != nil {
				return err
			}
		}
		var sealed []byte
		if n.DocumentNumber != "" {
			if sealed, err = s.vault.Seal(n.DocumentNumber, documentAbout(n.ID)); err != nil {
				return err
			}
		}
		v = n
		return tx.AddVerification(ctx, n, sealed, acc, e)
	})
	return v, err
}

func documentAbout(id exam.VerificationID) string { return "verification:" + id.String() }

// DocumentNumber opens the sealed document number for a reviewer.
func (s *Service) DocumentNumber(who exam.Actor, v store.VerificationRow) (string, error) {
	if err := exam.NeedStaff(who, exam.Review); err != nil || v.SealedNumber == nil {
		return "", err
	}
	return s.vault.Open(v.SealedNumber, documentAbout(v.ID))
}

// documentType tells the kind of a file by its first bytes; "" is none of ours.
func documentType(b []byte) string {
	for _, t := range []struct{ magic, mime string }{
		{"%PDF-", "application/pdf"}, {"\x89PNG\r\n\x1a\n", "image/png"}, {"\xff\xd8\xff", "image/jpeg"},
	} {
		if bytes.HasPrefix(b, []byte(t.magic)) {
			return t.mime
		}
	}
	return ""
}

// documentName keeps the last part of a file name, without what could steer a
// download or turn round how the name is shown.
func documentName(name string) string {
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) || r == '"' || r == '/' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(name, ""))
	if strings.Trim(name, ".") == "" {
		name = "document"
	}
	return clip(name, 120)
}

// ApproveVerification makes the account verified and tells who sent it.
func (s *Service) ApproveVerification(ctx context.Context, who exam.Actor, id exam.VerificationID) error {
	return s.decide(ctx, id, exam.NoticeVerificationApproved, func(v exam.Verification, acc exam.Account) (exam.Account, exam.Verification, exam.Event, error) {
		return v.Approve(who, acc, s.now())
	})
}

// RejectVerification sends it back with a reason of exam.RejectReasons, and a
// note to go with it.
func (s *Service) RejectVerification(ctx context.Context, who exam.Actor, id exam.VerificationID, reason, note string) error {
	return s.decide(ctx, id, exam.NoticeVerificationRejected, func(v exam.Verification, acc exam.Account) (exam.Account, exam.Verification, exam.Event, error) {
		return v.Reject(who, acc, reason, note, s.now())
	})
}

func (s *Service) decide(ctx context.Context, id exam.VerificationID, kind exam.NoticeKind, rule func(exam.Verification, exam.Account) (exam.Account, exam.Verification, exam.Event, error)) error {
	return s.transact(ctx, func(ctx context.Context, tx *store.Tx) error {
		row, err := tx.Verification(ctx, id)
		if err != nil {
			return err
		}
		acc, err := tx.Account(ctx, row.Account)
		if err != nil {
			return err
		}
		acc, v, e, err := rule(row.Verification, acc)
		if err != nil {
			return err
		}
		if err := tx.SaveVerification(ctx, v, acc, e); err != nil {
			return err
		}
		return tx.Tell(ctx, exam.Notice{Person: v.Person, Account: v.Account, Kind: kind, About: int64(v.ID), Version: v.Version,
			Link: "/account/verification", Created: e.At, Data: exam.Data{"account": acc.Name, "reason": v.Reason, "note": v.Note}})
	})
}

// Document reads an uploaded document for a reviewer, whole, and records that
// they looked.
func (s *Service) Document(ctx context.Context, who exam.Actor, id exam.VerificationID) (store.Blob, []byte, error) {
	r := s.store.Reader()
	v, err := r.Verification(ctx, id)
	if err != nil {
		return store.Blob{}, nil, err
	}
	e, err := v.OpenDocument(who, s.now())
	if err != nil {
		return store.Blob{}, nil, err
	}
	if err := s.transact(ctx, func(ctx context.Context, tx *store.Tx) error { return tx.AddEvents(ctx, e) }); err != nil {
		return store.Blob{}, nil, err
	}
	b, err := r.Blob(ctx, 0, v.Document)
	if err != nil {
		return b, nil, err
	}
	content := make([]byte, 0, b.Size)
	for part := 0; int64(len(content)) < b.Size; part++ {
		chunk, err := r.Chunk(ctx, b.ID, part)
		if err != nil {
			return b, nil, err
		}
		if len(chunk) == 0 {
			return b, nil, fmt.Errorf("action: file %s ends before its size", b.ID)
		}
		content = append(content, chunk...)
	}
	return b, content, nil
}
