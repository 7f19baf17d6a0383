package auth

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"examcode/internal/fault"
)

func TestPasswords(t *testing.T) {
	ctx := context.Background()
	phc, err := HashPassword(ctx, "correct horse 电池")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(phc, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("hash %s", phc)
	}
	for password, want := range map[string]bool{"correct horse 电池": true, "correct horse 电": false, "": false, "Correct horse 电池": false} {
		if got, err := CheckPassword(ctx, phc, password); got != want || err != nil {
			t.Errorf("%q: %v, %v", password, got, err)
		}
	}
	again, _ := HashPassword(ctx, "correct horse 电池")
	if again == phc {
		t.Error("two hashes of one password are equal")
	}
}

// The hashes were made by the reference implementation of argon2.
func TestHashesOfOtherCosts(t *testing.T) {
	for _, phc := range []string{
		"$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
		"$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc",
	} {
		if ok, err := CheckPassword(context.Background(), phc, "password"); !ok || err != nil {
			t.Errorf("%s: %v, %v", phc, ok, err)
		}
		if ok, err := CheckPassword(context.Background(), phc, "passwore"); ok || err != nil {
			t.Errorf("%s, wrong password: %v, %v", phc, ok, err)
		}
	}
}

func TestHashesOutOfBounds(t *testing.T) {
	const salt, key = "$c29tZXNhbHQ$", "nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"
	for _, phc := range []string{
		"", "$", "password", "$2a$10$abcdefghijklmnopqrstuv",
		"$argon2i$v=19$m=256,t=2,p=1" + salt + key,
		"$argon2id$v=16$m=256,t=2,p=1" + salt + key,
		"$argon2id$v=19$m=262145,t=2,p=1" + salt + key,
		"$argon2id$v=19$m=4294967295,t=2,p=1" + salt + key,
		"$argon2id$v=19$m=256,t=17,p=1" + salt + key,
		"$argon2id$v=19$m=256,t=0,p=1" + salt + key,
		"$argon2id$v=19$m=256,t=2,p=0" + salt + key,
		"$argon2id$v=19$m=256,t=2,p=17" + salt + key,
		"$argon2id$v=19$m=256,t=2,p=256" + salt + key,
		"$argon2id$v=19$m=7,t=2,p=1" + salt + key,
		"$argon2id$v=19$m=-1,t=2,p=1" + salt + key,
		"$argon2id$v=19$m=256,t=2,p=1,x=3" + salt + key,
		"$argon2id$v=19$m=256,t=2,p=1$$" + key,
		"$argon2id$v=19$m=256,t=2,p=1" + salt,
		"$argon2id$v=19$m=256,t=2,p=1" + salt + "AAAA",
		"$argon2id$v=19$m=256,t=2,p=1" + salt + strings.Repeat("AAAA", 30),
		"$argon2id$v=19$m=256,t=2,p=1" + salt + key + "$",
	} {
		if ok, err := CheckPassword(context.Background(), phc, "password"); ok || err == nil {
			t.Errorf("%s: %v, %v", phc, ok, err)
		}
	}
}

func TestHashingWaitsForItsTurn(t *testing.T) {
	for range cap(running) {
		running <- struct{}{}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if _, err := HashPassword(ctx, "x"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("hashed without a free core: %v", err)
	}
	CheckNothing(ctx) // must come back
	for range cap(running) {
		<-running
	}
	if _, err := HashPassword(context.Background(), "x"); err != nil {
		t.Errorf("a free core is not used: %v", err)
	}
	if _, err := HashPassword(ctx, "x"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("hashed for somebody who left: %v", err)
	}
}

// An unknown address must not answer much faster than a known one.
func TestNothingCostsAsMuchAsAPassword(t *testing.T) {
	ctx := context.Background()
	phc, _ := HashPassword(ctx, "x")
	best := func(f func()) time.Duration {
		b := time.Hour
		for range 5 {
			start := time.Now()
			f()
			b = min(b, time.Since(start))
		}
		return b
	}
	real := best(func() { CheckPassword(ctx, phc, "y") })
	nothing := best(func() { CheckNothing(ctx) })
	if nothing < real/3 || nothing > real*3 {
		t.Errorf("a password takes %v, nothing %v", real, nothing)
	}
}

func TestPasswordProblems(t *testing.T) {
	const email = "Ann.Example@example.org"
	for password, want := range map[string]error{
		"":                              ErrPasswordShort,
		"123456789":                     ErrPasswordShort,
		"电池电池电池电池电":                     ErrPasswordShort,
		"电池马钉书正确十个字":                    nil,
		"correct horse":                 nil,
		strings.Repeat("ab", 128):       nil,
		strings.Repeat("ab", 128) + "c": ErrPasswordLong,
		"ann.example@EXAMPLE.org":       ErrPasswordCommon,
		"Ann.Example":                   ErrPasswordCommon,
		"aaaaaaaaaaaa":                  ErrPasswordCommon,
		"AAAAAAaaaaaa":                  ErrPasswordCommon,
		"电电电电电电电电电电":                    ErrPasswordCommon,
		"          ":                    ErrPasswordCommon,
		"Password123":                   ErrPasswordCommon,
		"1234567890":                    ErrPasswordCommon,
	} {
		if err := PasswordProblem(password, email); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", password, err, want)
		}
	}
	if e := fault.Of(PasswordProblem("x", email)); e.Args["min"] != MinPassword {
		t.Errorf("args %v", e.Args)
	}
	for p := range common {
		if len(p) < MinPassword || p != strings.ToLower(p) {
			t.Errorf("%q in the list can never match", p)
		}
	}
}

func TestTokens(t *testing.T) {
	seen := map[string]bool{}
	for range 100 {
		clear, hash := NewToken(KeyPrefix)
		if !strings.HasPrefix(clear, "exk_") || len(clear) != 4+43 || seen[clear] {
			t.Fatalf("token %q", clear)
		}
		seen[clear] = true
		if !bytes.Equal(hash, HashToken(clear)) || len(hash) != 32 || bytes.Equal(hash, HashToken(clear[:46])) {
			t.Fatal("hash")
		}
	}
}

func TestNormalEmail(t *testing.T) {
	long := strings.Repeat("a", 64) + "@" + strings.Repeat("b", 63) + "." + strings.Repeat("c", 63) + "." + strings.Repeat("d", 61)
	for in, want := range map[string]string{
		"ann@example.org":         "ann@example.org",
		" Ann+Tag@Example.ORG \n": "ann+tag@example.org",
		"用户@例子.公司":                "用户@例子.公司",
		"o'hara@mail.example.org": "o'hara@mail.example.org",
		long:                      long,
	} {
		if got, err := NormalEmail(in); got != want || err != nil {
			t.Errorf("%q: %q, %v", in, got, err)
		}
	}
	for _, bad := range []string{
		"", "ann", "@example.org", "ann@", "Ann <ann@example.org>", "<ann@example.org>", "a@b@c",
		"ann@example.org, bob@example.org", "ann@example.org\r\nBcc: eve@example.org", "ann\n@example.org", "ann\x00@example.org",
		"a b@example.org", `"a b"@example.org`, "ann@[127.0.0.1]", "ann@example.org (Ann)", long + "d", strings.Repeat("a", 65) + "@example.org",
		"ann@exam\u200bple.org", "ann\u00a0x@example.org", "ann@example.org\xff",
	} {
		if got, err := NormalEmail(bad); !errors.Is(err, ErrEmailMalformed) {
			t.Errorf("%q was read as %q, %v", bad, got, err)
		}
	}
}

func BenchmarkHashPassword(b *testing.B) {
	for b.Loop() {
		HashPassword(context.Background(), "correct horse")
	}
}
