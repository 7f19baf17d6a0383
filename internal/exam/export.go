package exam

import (
	"time"

	"examcode/internal/fault"
)

// ExportKind is what an export lists.
type ExportKind string

const (
	ExportCodes     ExportKind = "codes"     // S20
	ExportExaminees ExportKind = "examinees" // S26
)

// ExportKinds are all kinds.
var ExportKinds = []ExportKind{ExportCodes, ExportExaminees}

// ExportFormat is the sort of file.
type ExportFormat string

const (
	CSV  ExportFormat = "csv"
	XLSX ExportFormat = "xlsx"
)

// ExportFormats are all formats.
var ExportFormats = []ExportFormat{XLSX, CSV}

// ExportState is how far an export has come.
type ExportState string

const (
	ExportWaiting ExportState = "waiting"
	ExportRunning ExportState = "running"
	ExportReady   ExportState = "ready"
	ExportFailed  ExportState = "failed"
	ExportStopped ExportState = "stopped"
	// ExportDeleted is only shown: the export was ready, and its file's time is over.
	ExportDeleted ExportState = "deleted"
)

// Export is a list that was asked for as a file: all rows of a filter. The file
// is kept for a while, the record for good.
type Export struct {
	ID        ExportID
	Account   AccountID
	Person    PersonID // who asked
	Kind      ExportKind
	Format    ExportFormat
	Filter    string // frozen when it was asked for; JSON of the store's filter
	WithTexts bool   // of codes; else masked
	Lang      string
	Zone      string // of the dates
	State     ExportState
	Rows      int64 // written so far
	Total     int64 // that there were when it was asked for
	Size      int64 // of the file, in bytes
	Blob      BlobID
	Run       int64 // how often it was begun
	Created   time.Time
	Begun     time.Time // the present run
	Beat      time.Time // last sign of life of the run
	Finished  time.Time
	Kept      time.Time // until when the file is kept; zero unless ready
	Error     string    // reason word of a failed one
	Version   int64
}

// Limits on exports.
const (
	// ExportRuns is how often a run is begun before the export has failed.
	ExportRuns = 4
	// ExportSilence is after how long without a sign of life a run is dead.
	ExportSilence = time.Minute
	// ExportsAtOnce is how many of an account may wait and run.
	ExportsAtOnce = 3
)

var (
	ErrExportKind   = fault.New(fault.Invalid, "export_kind_unknown", "export codes or examinees")
	ErrExportFormat = fault.New(fault.Invalid, "export_format_unknown", "choose csv or xlsx")
	ErrExportTexts  = fault.New(fault.Invalid, "export_texts_of_codes", "only an export of codes can have their texts")
	ErrExportEmpty  = fault.New(fault.Invalid, "export_empty", "no row matches this filter")
	ErrExportBusy   = fault.New(fault.TooMany, "export_busy", "three exports of this account are running; wait for one, or stop it")
	ErrExportOpen   = fault.New(fault.Conflict, "export_not_ready", "the file is not ready")
	ErrExportGone   = fault.New(fault.Conflict, "export_deleted", "the file's time is over; run the export again")
	ErrExportEnded  = fault.New(fault.Conflict, "export_ended", "the export has ended and cannot be stopped")
	ErrExportFailed = fault.New(fault.Unavailable, "export_failed", "the file could not be written; run the export again")
)

// Ended tells whether nothing more happens to it but its file's end.
func (e Export) Ended() bool { return e.State != ExportWaiting && e.State != ExportRunning }

// Shown is the state as people read it at an instant.
func (e Export) Shown(now time.Time) ExportState {
	if e.State == ExportReady && !now.Before(e.Kept) {
		return ExportDeleted
	}
	return e.State
}

func (e Export) event(a Actor, kind EventKind, now time.Time) Event {
	v := a.event(kind, int64(e.ID), now)
	v.Account, v.Version = e.Account, e.Version
	texts := "masked"
	if e.WithTexts {
		texts = "full"
	}
	v.Data = Data{"kind": string(e.Kind), "format": string(e.Format), "count": e.Rows, "texts": texts}
	return v
}

// may tells whether somebody's rights cover the export's rows.
func (e Export) may(a Actor) error {
	if e.WithTexts {
		return NeedRight(a, ViewCodes|RevealCodes)
	}
	return NeedRight(a, ViewCodes)
}

// AskExport asks for a file; texts need the right to see them. open is how many
// exports of the account have not ended; e.Total is how many rows there are now.
func AskExport(a Actor, e Export, open int, now time.Time) (Export, Event, error) {
	if err := e.may(a); err != nil {
		return e, Event{}, err
	}
	var c fault.Check
	if e.Kind != ExportCodes && e.Kind != ExportExaminees {
		c.Add("kind", ErrExportKind)
	}
	if e.Format != CSV && e.Format != XLSX {
		c.Add("format", ErrExportFormat)
	}
	if e.WithTexts && e.Kind != ExportCodes {
		c.Add("with_texts", ErrExportTexts)
	}
	if err := c.Err(); err != nil {
		return e, Event{}, err
	}
	if e.Total == 0 {
		return e, Event{}, ErrExportEmpty
	}
	if open >= ExportsAtOnce {
		return e, Event{}, ErrExportBusy
	}
	e.Account, e.Person, e.State, e.Created, e.Version = a.Account, a.Person, ExportWaiting, now, 1
	v := e.event(a, EventExportAsked, now)
	v.Data["count"] = e.Total
	return e, v, nil
}

// Begin starts a run. begun is false when there is nothing to begin: it has
// ended, or a run shows signs of life. A person whose rights were taken
// meanwhile gets nothing, and what failed too often has failed.
func (e Export) Begin(asker Actor, now time.Time) (_ Export, begun bool, _ error) {
	if e.Ended() || (e.State == ExportRunning && now.Sub(e.Beat) < ExportSilence) {
		return e, false, nil
	}
	if err := e.may(asker); err != nil {
		return e, false, err
	}
	if e.Run >= ExportRuns {
		return e, false, ErrExportFailed
	}
	e.State, e.Rows, e.Size, e.Begun, e.Beat = ExportRunning, 0, 0, now, now
	e.Run++
	e.Version++
	return e, true, nil
}

// Finish makes the file of a run visible, until kept has passed. The event is
// the schedule's; it tells the rows that are in the file.
func (e Export) Finish(rows, size int64, kept time.Duration, now time.Time) (Export, Event) {
	e.State, e.Rows, e.Size, e.Finished, e.Beat, e.Kept = ExportReady, rows, size, now, now, now.Add(kept)
	e.Version++
	return e, e.event(TheSchedule(), EventExportReady, now)
}

// Fail ends an export that cannot be written, and says why.
func (e Export) Fail(reason string, now time.Time) (Export, Event) {
	e.State, e.Rows, e.Size, e.Finished, e.Error = ExportFailed, 0, 0, now, reason
	e.Version++
	v := e.event(TheSchedule(), EventExportFailed, now)
	v.Data["reason"] = reason
	return e, v
}

// Stop ends an export that has not ended: its asker may, and the root.
func (e Export) Stop(a Actor, now time.Time) (Export, Event, error) {
	if err := NeedRight(a, ViewCodes); err != nil {
		return e, Event{}, err
	}
	if a.Person != e.Person && a.Role != Root {
		return e, Event{}, ErrNotAllowed
	}
	if e.Ended() {
		return e, Event{}, ErrExportEnded
	}
	e.State, e.Size, e.Finished = ExportStopped, 0, now
	e.Version++
	return e, e.event(a, EventExportStopped, now), nil
}

// Download lets somebody have the file. The event tells that they took it; it
// changes nothing.
func (e Export) Download(a Actor, now time.Time) (Event, error) {
	if err := e.may(a); err != nil {
		return Event{}, err
	}
	switch e.Shown(now) {
	case ExportReady:
	case ExportDeleted:
		return Event{}, ErrExportGone
	default:
		return Event{}, ErrExportOpen
	}
	v := e.event(a, EventExportDownloaded, now)
	v.Version = 0
	return v, nil
}
