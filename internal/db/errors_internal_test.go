package db

import (
	"errors"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

// TestTroubleOfTheServerIsNoDefect: a full disk, too many connections, a standby,
// an end, an input/output error.
func TestTroubleOfTheServerIsNoDefect(t *testing.T) {
	for _, code := range []string{"53100", "53200", "53300", "25006", "57P01", "57P03", "58030", "08006"} {
		if err := translate(&pgconn.PgError{Code: code}); !errors.Is(err, ErrUnavailable) {
			t.Errorf("%s is told as %v", code, err)
		}
	}
	for _, code := range []string{"23505", "42601", "22001"} {
		if err := translate(&pgconn.PgError{Code: code}); errors.Is(err, ErrUnavailable) {
			t.Errorf("%s is told as trouble of the server", code)
		}
	}
}
