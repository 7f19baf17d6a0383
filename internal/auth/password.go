package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	_ "embed"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"examcode/internal/fault"
)

const (
	// MinPassword is the shortest password, in characters.
	MinPassword = 10
	// MaxPassword is the longest password, in bytes.
	MaxPassword = 256
)

var (
	ErrPasswordShort  = fault.New(fault.Invalid, "password_short", "the password is too short")
	ErrPasswordLong   = fault.New(fault.Invalid, "password_long", "the password is too long")
	ErrPasswordCommon = fault.New(fault.Invalid, "password_common", "the password is easy to guess; choose another")
)

// cost is what one argon2id hash spends.
type cost struct {
	memory  uint32 // KiB
	time    uint32
	threads uint8
	salt    []byte
	key     []byte
}

// Today's cost, about 45 ms of one core; OWASP's first recommendation for argon2id.
const (
	memoryKiB = 19 * 1024
	passes    = 2
	lanes     = 1
	saltSize  = 16
	keySize   = 32
)

// Bounds of what a stored hash may ask for, so that a row somebody altered
// cannot exhaust the process.
const (
	maxMemoryKiB = 256 * 1024
	maxPasses    = 16
	maxLanes     = 16
	maxBytes     = 64
)

// running bounds the memory that hashes take together; more than one hash for
// each core would not be faster.
var running = make(chan struct{}, runtime.GOMAXPROCS(0))

var errPHC = errors.New("auth: not an argon2id hash within bounds")

// HashPassword returns the argon2id hash of a password in PHC form. It waits
// for a free core; an error is ctx's.
func HashPassword(ctx context.Context, password string) (string, error) {
	c := cost{memory: memoryKiB, time: passes, threads: lanes, salt: make([]byte, saltSize)}
	rand.Read(c.salt)
	key, err := c.spend(ctx, password, keySize)
	if err != nil {
		return "", err
	}
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version,
		c.memory, c.time, c.threads, b64.EncodeToString(c.salt), b64.EncodeToString(key)), nil
}

// CheckPassword tells whether phc is a hash of the password, at whatever cost
// phc was made. An error means that it could not be checked: ctx ended, or phc
// is no argon2id hash within bounds.
func CheckPassword(ctx context.Context, phc, password string) (bool, error) {
	c, err := parsePHC(phc)
	if err != nil {
		return false, err
	}
	key, err := c.spend(ctx, password, uint32(len(c.key)))
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(key, c.key) == 1, nil
}

// CheckNothing spends what CheckPassword spends, for an address nobody has, so
// that the time of the answer does not tell which addresses exist.
func CheckNothing(ctx context.Context) {
	c := cost{memory: memoryKiB, time: passes, threads: lanes, salt: make([]byte, saltSize)}
	c.spend(ctx, "nothing", keySize)
}

func (c cost) spend(ctx context.Context, password string, size uint32) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case running <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-running }()
	return argon2.IDKey([]byte(password), c.salt, c.time, c.memory, c.threads, size), nil
}

func parsePHC(phc string) (cost, error) {
	part := strings.Split(phc, "$")
	if len(part) != 6 || part[0] != "" || part[1] != "argon2id" || part[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return cost{}, errPHC
	}
	var c cost
	if n, err := fmt.Sscanf(part[3], "m=%d,t=%d,p=%d", &c.memory, &c.time, &c.threads); n != 3 || err != nil {
		return cost{}, errPHC
	}
	if fmt.Sprintf("m=%d,t=%d,p=%d", c.memory, c.time, c.threads) != part[3] {
		return cost{}, errPHC
	}
	var err1, err2 error
	c.salt, err1 = base64.RawStdEncoding.Strict().DecodeString(part[4])
	c.key, err2 = base64.RawStdEncoding.Strict().DecodeString(part[5])
	if err1 != nil || err2 != nil {
		return cost{}, errPHC
	}
	if c.threads < 1 || c.threads > maxLanes || c.time < 1 || c.time > maxPasses ||
		c.memory < 8*uint32(c.threads) || c.memory > maxMemoryKiB ||
		len(c.salt) < 8 || len(c.salt) > maxBytes || len(c.key) < 16 || len(c.key) > maxBytes {
		return cost{}, errPHC
	}
	return c, nil
}

//go:embed common.txt
var commonList string

var common = func() map[string]bool {
	set := map[string]bool{}
	for line := range strings.Lines(commonList) {
		set[strings.TrimSpace(line)] = true
	}
	return set
}()

// PasswordProblem refuses a new password that is too short, too long or among
// the first ones to be guessed. There are no rules of composition: length is
// what protects.
func PasswordProblem(password, email string) error {
	if utf8.RuneCountInString(password) < MinPassword {
		return ErrPasswordShort.With("min", MinPassword)
	}
	if len(password) > MaxPassword {
		return ErrPasswordLong.With("max", MaxPassword)
	}
	folded := strings.ToLower(strings.TrimSpace(password))
	email = strings.ToLower(strings.TrimSpace(email))
	local, _, _ := strings.Cut(email, "@")
	if folded == email || folded == local || oneRepeated(folded) || common[folded] {
		return ErrPasswordCommon
	}
	return nil
}

func oneRepeated(s string) bool {
	first, size := utf8.DecodeRuneInString(s)
	return strings.Trim(s[size:], string(first)) == ""
}
