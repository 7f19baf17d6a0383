package lang

import (
	"testing"
	"time"
)

func TestZone(t *testing.T) {
	shanghai := Zone("Asia/Shanghai")
	if got := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC).In(shanghai).Hour(); got != 8 {
		t.Errorf("midnight UTC is %d o'clock in Shanghai", got)
	}
	if Zone("Asia/Shanghai") != shanghai {
		t.Error("the zone was read again")
	}
	for _, name := range []string{"", "UTC", "Nowhere/Else", "../../etc/passwd"} {
		if z := Zone(name); z != time.UTC {
			t.Errorf("%q is %s", name, z)
		}
	}
	if _, kept := zones.Load("Nowhere/Else"); kept {
		t.Error("a name that means nothing is kept")
	}
}
