package vault

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// maxRing is far more than a ring of a thousand keys.
const maxRing = 1 << 20

// Create makes a new key ring file, readable by its owner alone, and refuses a
// path that exists. The file appears complete and on disk, or not at all.
// Whoever loses it loses every code text: it belongs into a backup of its own.
func Create(path string) (*Vault, error) {
	r, err := newRing()
	if err != nil {
		return nil, failed("create", path, err)
	}
	// A link, unlike a rename, refuses to replace.
	if err := write(path, r, os.Link); err != nil {
		return nil, failed("create", path, err)
	}
	return open(r)
}

// Load opens a key ring file. It refuses a missing file, one that group or
// others may touch, and keys it does not know; the error says what to do.
func Load(path string) (*Vault, error) {
	r, err := read(path)
	if err != nil {
		return nil, failed("load", path, err)
	}
	v, err := open(r)
	if err != nil {
		return nil, failed("load", path, fmt.Errorf("a key of it is not usable (%w); restore the file from its backup", err))
	}
	return v, nil
}

// LoadOrCreate opens the ring, or makes it when there is none. Several
// processes that start at once end up with the same ring.
func LoadOrCreate(path string) (*Vault, error) {
	v, err := Load(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return v, err
	}
	if v, err = Create(path); errors.Is(err, fs.ErrExist) {
		return Load(path)
	}
	return v, err
}

// Add puts a fresh key into the ring that only reads. With several replicas it
// is the first half of a rotation: give the file to all of them, restart them,
// then Promote. Values of older keys stay readable.
func Add(path string, use Use) error { return change(path, use, (*ring).add) }

// Promote makes the key added last the one that writes. After promoting a
// lookup key, rows keep their old value until they are indexed again; until
// then search with Lookups.
func Promote(path string, use Use) error { return change(path, use, (*ring).promote) }

// Rotate is Add and Promote in one, for a single process that is started anew
// afterwards.
func Rotate(path string, use Use) error {
	return change(path, use, func(r *ring, use Use) error {
		if err := r.add(use); err != nil {
			return err
		}
		return r.promote(use)
	})
}

func change(path string, use Use, how func(*ring, Use) error) error {
	r, err := read(path)
	if err != nil {
		return failed("change", path, err)
	}
	if err := how(r, use); err != nil {
		return failed("change", path, err)
	}
	if err := write(path, r, os.Rename); err != nil {
		return failed("change", path, err)
	}
	return nil
}

func failed(what, path string, err error) error {
	return fmt.Errorf("vault: cannot %s the key ring %s: %w", what, path, err)
}

func read(path string) (*ring, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w; give the path of the ring that belongs to this database, or restore it from its backup", fs.ErrNotExist)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is not a regular file")
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return nil, fmt.Errorf("its mode %04o lets others than its owner touch it; run: chmod 600 %s", mode, path)
	}
	b, err := io.ReadAll(io.LimitReader(f, maxRing+1))
	if err != nil {
		return nil, err
	}
	if len(b) > maxRing {
		return nil, errors.New("it is too large for a key ring")
	}
	return decode(b)
}

// write puts the ring into a new file beside path, syncs it, places it with
// place (which decides whether an existing file is replaced) and syncs the folder.
func write(path string, r *ring, place func(old, new string) error) error {
	b, err := r.encode()
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".keyring-*") // O_EXCL, 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	if _, err := f.Write(append(b, '\n')); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := place(f.Name(), path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}
