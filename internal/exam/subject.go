package exam

import (
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"examcode/internal/fault"
	"examcode/internal/money"
)

// ExamType is how a subject is sat.
type ExamType string

const (
	Online     ExamType = "online"
	TestCenter ExamType = "test_center"
)

// ExamTypes are all exam types.
var ExamTypes = []ExamType{Online, TestCenter}

// NoShow is what becomes of the code when the examinee does not come.
type NoShow string

const (
	Forfeit   NoShow = "forfeit" // completed, absent
	GivenBack NoShow = "return"  // bound again, if the order has not ended
)

// Names is a text in both languages.
type Names struct {
	EN string `json:"en"`
	ZH string `json:"zh"`
}

// In returns the text of a language, or the other one where it is missing.
func (n Names) In(lang string) string {
	if (lang == "zh" && n.ZH != "") || n.EN == "" {
		return n.ZH
	}
	return n.EN
}

// Subject is a certification subject on sale.
type Subject struct {
	ID           SubjectID
	Code         string // short, unique, what systems call it
	Name         Names
	About        Names
	Price        money.Amount
	ExamTypes    []ExamType
	CancelCutoff time.Duration // whole hours before the start
	NoShow       NoShow
	PassMark     int
	MaxQuantity  int // 0: MaxQuantity of the programme
	Created      time.Time
	Retired      time.Time // zero: on sale; may lie ahead
	Version      int64
}

var (
	ErrSubjectCode    = fault.New(fault.Invalid, "subject_code_malformed", "2 to 32 capital letters, digits and dashes")
	ErrSubjectTaken   = fault.New(fault.Conflict, "subject_code_taken", "another subject has this code")
	ErrNameMissing    = fault.New(fault.Invalid, "name_missing", "a name in both languages is needed")
	ErrTextLong       = fault.New(fault.Invalid, "text_too_long", "the text is too long")
	ErrPrice          = fault.New(fault.Invalid, "price_malformed", "a price is an amount above zero in a known currency")
	ErrExamType       = fault.New(fault.Invalid, "exam_type_unknown", "the exam type is not one of the subject's")
	ErrNoShowPolicy   = fault.New(fault.Invalid, "no_show_unknown", "the no-show policy is forfeit or return")
	ErrCutoff         = fault.New(fault.Invalid, "cutoff_out_of_range", "the cut-off is from 0 to 720 hours")
	ErrPassMark       = fault.New(fault.Invalid, "pass_mark_out_of_range", "the pass mark is from 0 to 1000")
	ErrAlreadyRetired = fault.New(fault.Conflict, "subject_already_retired", "the subject is retired already")
)

// MaxScore is the highest score and pass mark.
const MaxScore = 1000

var subjectCode = regexp.MustCompile(`^[A-Z0-9][A-Z0-9-]{1,31}$`)

// Ceiling is the most codes of this subject one order can hold.
func (s Subject) Ceiling() int {
	if s.MaxQuantity > 0 && s.MaxQuantity < MaxQuantity {
		return s.MaxQuantity
	}
	return MaxQuantity
}

// RetiredBy tells whether the subject is off sale at an instant.
func (s Subject) RetiredBy(now time.Time) bool { return !s.Retired.IsZero() && !now.Before(s.Retired) }

// Offers tells whether the subject can be sat that way.
func (s Subject) Offers(t ExamType) bool {
	for _, x := range s.ExamTypes {
		if x == t {
			return true
		}
	}
	return false
}

// Check refuses a subject with fields nobody could sell or sit.
func (s Subject) Check() error {
	var c fault.Check
	if !subjectCode.MatchString(s.Code) {
		c.Add("code", ErrSubjectCode)
	}
	for field, text := range map[string]string{"name_en": s.Name.EN, "name_zh": s.Name.ZH} {
		if strings.TrimSpace(text) == "" {
			c.Add(field, ErrNameMissing)
		}
	}
	c.Add("name_en", CheckText(s.Name.EN, 120))
	c.Add("name_zh", CheckText(s.Name.ZH, 120))
	c.Add("about_en", CheckText(s.About.EN, 2000))
	c.Add("about_zh", CheckText(s.About.ZH, 2000))
	if s.Price.Minor <= 0 || s.Price.Minor > 1e9 || !money.ValidCurrency(s.Price.Currency) {
		c.Add("price", ErrPrice)
	}
	if len(s.ExamTypes) == 0 {
		c.Add("exam_types", ErrExamType)
	}
	for _, t := range s.ExamTypes {
		if t != Online && t != TestCenter {
			c.Add("exam_types", ErrExamType)
		}
	}
	if s.NoShow != Forfeit && s.NoShow != GivenBack {
		c.Add("no_show", ErrNoShowPolicy)
	}
	if s.CancelCutoff < 0 || s.CancelCutoff > 720*time.Hour {
		c.Add("cancel_cutoff_hours", ErrCutoff)
	}
	if s.PassMark < 0 || s.PassMark > MaxScore {
		c.Add("pass_mark", ErrPassMark)
	}
	if s.MaxQuantity < 0 || s.MaxQuantity > MaxQuantity {
		c.Add("max_quantity", ErrQuantity.With("min", 1, "max", MaxQuantity))
	}
	return c.Err()
}

// CheckText refuses texts over a number of characters and control characters.
func CheckText(s string, most int) error {
	if utf8.RuneCountInString(s) > most || !utf8.ValidString(s) {
		return ErrTextLong.With("max", most)
	}
	for _, r := range s {
		if r < ' ' && r != '\n' && r != '\r' && r != '\t' {
			return ErrTextControl
		}
	}
	return nil
}

// CheckLine is CheckText for names: one line with something to see on it, and no
// address that a mail program would turn into a link.
func CheckLine(s string, most int) error {
	if err := CheckText(s, most); err != nil {
		return err
	}
	seen := s == ""
	for _, r := range s {
		joiner := r == '\u200c' || r == '\u200d'
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || (unicode.Is(unicode.Cf, r) && !joiner) {
			return ErrTextControl
		}
		seen = seen || unicode.IsGraphic(r) && !unicode.IsSpace(r)
	}
	if !seen || strings.Contains(s, "://") {
		return ErrTextControl
	}
	return nil
}

// ErrTextControl refuses control characters in what people type.
var ErrTextControl = fault.New(fault.Invalid, "text_control", "the text holds characters that cannot be shown")

// AddSubject puts a subject on sale. Admins only.
func AddSubject(a Actor, s Subject, now time.Time) (Subject, Event, error) {
	if err := NeedStaff(a, Admin); err != nil {
		return s, Event{}, err
	}
	if err := s.Check(); err != nil {
		return s, Event{}, err
	}
	s.Created, s.Version = now, 1
	return s, s.event(a, EventSubjectAdded, now), nil
}

// Change replaces everything but id, creation and version. Codes already sold
// keep the price that was paid.
func (s Subject) Change(a Actor, to Subject, now time.Time) (Subject, Event, error) {
	if err := NeedStaff(a, Admin); err != nil {
		return s, Event{}, err
	}
	if to.Version != s.Version {
		return s, Event{}, ErrChangedMeanwhile
	}
	to.ID, to.Created, to.Retired = s.ID, s.Created, s.Retired
	if err := to.Check(); err != nil {
		return s, Event{}, err
	}
	to.Version = s.Version + 1
	e := to.event(a, EventSubjectChanged, now)
	if s.Price != to.Price {
		e.Data["price_from"], e.Data["price_to"] = s.Price.String(), to.Price.String()
	}
	return to, e, nil
}

// Retire takes the subject off sale from now on; its codes stay good.
func (s Subject) Retire(a Actor, now time.Time) (Subject, Event, error) {
	if err := NeedStaff(a, Admin); err != nil {
		return s, Event{}, err
	}
	if s.RetiredBy(now) {
		return s, Event{}, ErrAlreadyRetired
	}
	s.Retired = now
	s.Version++
	return s, s.event(a, EventSubjectRetired, now), nil
}

func (s Subject) event(a Actor, kind EventKind, now time.Time) Event {
	e := a.event(kind, int64(s.ID), now)
	e.Version = s.Version
	e.Data = Data{"code": s.Code}
	return e
}
