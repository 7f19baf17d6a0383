package db

import (
	"strings"
	"testing"
)

// unwell lists what is not fine among findings, as "fsync bad".
func unwell(all []Finding) string {
	var said []string
	for _, f := range all {
		if f.Grade != Fine {
			said = append(said, f.What+" "+string(f.Grade))
		}
		if (f.Remedy == "") != (f.Grade == Fine) {
			said = append(said, f.What+" without a remedy")
		}
	}
	return strings.Join(said, ", ")
}

func TestWhatMakesAServerUnsafe(t *testing.T) {
	safe := serverState{Version: 150004, Fsync: "on", FullPageWrites: "on", SyncCommit: "on", DataSyncRetry: "off", Checksums: "on"}
	for _, c := range []struct {
		change func(s *serverState)
		want   string
	}{
		{func(s *serverState) {}, ""},
		{func(s *serverState) { s.Version = 130020 }, "version bad"},
		{func(s *serverState) { s.Fsync = "off" }, "fsync bad"},
		{func(s *serverState) { s.FullPageWrites = "off" }, "full_page_writes bad"},
		{func(s *serverState) { s.SyncCommit = "off" }, "synchronous_commit bad"},
		{func(s *serverState) { s.SyncCommit = "local" }, ""},
		{func(s *serverState) { s.SyncCommit, s.Standbys = "local", "other" }, "synchronous_commit bad"},
		{func(s *serverState) { s.SyncCommit, s.Standbys = "remote_apply", "other" }, ""},
		{func(s *serverState) { s.DataSyncRetry = "on" }, "data_sync_retry bad"},
		{func(s *serverState) { s.Recovering = true }, "server bad"},
		{func(s *serverState) { s.Checksums = "off" }, "page checksums warn"},
		{func(s *serverState) { s.Superuser = true }, "role warn"},
	} {
		s := safe
		c.change(&s)
		if got := unwell(s.findings()); got != c.want {
			t.Errorf("%+v: %q, want %q", s, got, c.want)
		}
	}
}

func TestWhichFileSystemsAreRefused(t *testing.T) {
	for kind, want := range map[int64]Grade{0xef53: Fine, 0x58465342: Fine, 0x9123683e: Fine, 0x6969: Unsafe, 0xff534d42: Unsafe,
		0xfe534d42: Unsafe, 0x01021997: Unsafe, 0x65735546: Doubtful, 0x01021994: Doubtful} {
		if got := graded(kind); got.Grade != want || (got.Remedy == "") != (want == Fine) {
			t.Errorf("%x: %+v", kind, got)
		}
	}
}
