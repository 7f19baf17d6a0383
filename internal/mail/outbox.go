package mail

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"examcode/internal/fault"
)

// Outbox keeps every mail as a file instead of sending it, so that a
// demonstration can show what would have left. It is safe for concurrent use.
type Outbox struct {
	sender
	dir string

	mu   sync.Mutex
	kept map[string]bool // hashes of the Message-IDs in the folder
}

// Kept is a mail in the outbox. List leaves out the bodies.
type Kept struct {
	File      string // name in the folder; sorts by time
	To        string
	ToName    string
	Subject   string
	MessageID string // without brackets
	Category  string
	Lang      string
	At        time.Time
	Text      string
	HTML      string
}

var fileName = regexp.MustCompile(`^\d{8}T\d{6}\.\d{6}Z-([0-9a-f]{32})\.eml$`)

// NewOutbox opens the folder, making it when it is absent, for its owner only.
func NewOutbox(dir, from, fromName string) (*Outbox, error) {
	s, err := newSender(from, fromName)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("mail: the outbox: %w", err)
	}
	o := &Outbox{sender: s, dir: dir, kept: map[string]bool{}}
	names, err := o.names()
	if err != nil {
		return nil, err
	}
	for _, n := range names {
		o.kept[fileName.FindStringSubmatch(n)[1]] = true
	}
	return o, nil
}

// names returns the mails in the folder, oldest first.
func (o *Outbox) names() ([]string, error) {
	entries, err := os.ReadDir(o.dir)
	if err != nil {
		return nil, fmt.Errorf("mail: the outbox: %w", err)
	}
	var names []string
	for _, e := range entries {
		if e.Type().IsRegular() && fileName.MatchString(e.Name()) {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// Send keeps the message. A Message-ID that is kept already is kept once.
func (o *Outbox) Send(ctx context.Context, m Message) error {
	msg, err := o.compose(m)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(m.id()))
	hash := hex.EncodeToString(sum[:16])
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.kept[hash] {
		return nil
	}
	f, err := os.CreateTemp(o.dir, ".mail-*") // 0600
	if err != nil {
		return fmt.Errorf("mail: the outbox: %w", err)
	}
	defer os.Remove(f.Name())
	defer f.Close()
	if _, err := msg.WriteTo(f); err != nil {
		return fmt.Errorf("mail: the outbox: %w", err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("mail: the outbox: %w", err)
	}
	name := m.At.UTC().Format("20060102T150405.000000Z") + "-" + hash + ".eml"
	if err := os.Rename(f.Name(), filepath.Join(o.dir, name)); err != nil {
		return fmt.Errorf("mail: the outbox: %w", err)
	}
	o.kept[hash] = true
	return nil
}

// List returns the newest mails, without their bodies.
func (o *Outbox) List(limit int) ([]Kept, error) {
	names, err := o.names()
	if err != nil {
		return nil, err
	}
	slices.Reverse(names)
	names = names[:min(max(limit, 0), len(names))]
	list := make([]Kept, 0, len(names))
	for _, n := range names {
		k, err := o.Read(n)
		if errors.Is(err, fault.ErrNotFound) {
			continue // removed meanwhile
		}
		if err != nil {
			return nil, err
		}
		k.Text, k.HTML = "", ""
		list = append(list, k)
	}
	return list, nil
}

// Read returns one mail by its file name. Whatever is not the name of a mail
// in the folder is fault.ErrNotFound.
func (o *Outbox) Read(name string) (Kept, error) {
	if !fileName.MatchString(name) || strings.ContainsAny(name, `/\`) {
		return Kept{}, fault.ErrNotFound
	}
	f, err := os.OpenInRoot(o.dir, name)
	if errors.Is(err, fs.ErrNotExist) {
		return Kept{}, fault.ErrNotFound
	}
	if err != nil {
		return Kept{}, fmt.Errorf("mail: the outbox: %w", err)
	}
	defer f.Close()
	k, err := Parse(f)
	if err != nil {
		return Kept{}, fmt.Errorf("mail: %s: %w", name, err)
	}
	k.File = name
	return k, nil
}
