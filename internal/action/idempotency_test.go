package action_test

import (
	"fmt"
	"testing"

	"examcode/internal/action"
	"examcode/internal/exam"
)

// What a key is told, that its first request still runs for one, is never kept as
// the answer of its request: a moment later it may not be true.
func TestWhatIsKeptOfARefusal(t *testing.T) {
	for err, kept := range map[error]bool{
		exam.ErrCodeNotUsable: true, exam.ErrAlreadyRegistered.On("subject_id"): true,
		exam.ErrNotSignedIn:  false,
		action.ErrKeyRunning: false, action.ErrKeyReused: false, action.ErrKeyLost: false, action.ErrKeyOverlong: false,
		fmt.Errorf("once more: %w", action.ErrKeyRunning): false,
	} {
		if action.Lasting(err) != kept {
			t.Errorf("%v: kept is %v", err, !kept)
		}
	}
}
