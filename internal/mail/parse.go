package mail

import (
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"strings"
)

// Parse reads a mail as this package writes it: a plain part, or a plain and an
// HTML part as alternatives.
func Parse(r io.Reader) (Kept, error) {
	msg, err := netmail.ReadMessage(r)
	if err != nil {
		return Kept{}, err
	}
	h := msg.Header
	var words mime.WordDecoder
	k := Kept{
		MessageID: strings.Trim(h.Get("Message-ID"), "<>"),
		Lang:      h.Get("Content-Language"),
	}
	to, err := netmail.ParseAddress(h.Get("To"))
	if err != nil {
		return Kept{}, err
	}
	k.To, k.ToName = to.Address, to.Name
	if k.Subject, err = words.DecodeHeader(h.Get("Subject")); err != nil {
		return Kept{}, err
	}
	if k.Category, err = words.DecodeHeader(h.Get(categoryHeader)); err != nil {
		return Kept{}, err
	}
	if k.At, err = h.Date(); err != nil {
		return Kept{}, err
	}
	k.At = k.At.UTC()
	return k, k.bodies(h.Get("Content-Type"), h.Get("Content-Transfer-Encoding"), msg.Body)
}

func (k *Kept) bodies(contentType, encoding string, body io.Reader) error {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return err
	}
	if strings.HasPrefix(kind, "multipart/") {
		parts := multipart.NewReader(body, params["boundary"])
		for {
			p, err := parts.NextRawPart()
			if err == io.EOF {
				return nil
			}
			if err != nil {
				return err
			}
			if err := k.bodies(p.Header.Get("Content-Type"), p.Header.Get("Content-Transfer-Encoding"), p); err != nil {
				return err
			}
		}
	}
	switch strings.ToLower(encoding) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	b, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	text := strings.ReplaceAll(string(b), "\r\n", "\n")
	switch kind {
	case "text/plain":
		k.Text = text
	case "text/html":
		k.HTML = text
	}
	return nil
}
