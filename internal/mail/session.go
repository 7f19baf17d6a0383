package mail

import (
	"examcode/internal/exam"
	"examcode/internal/lang"
)

// seatLost says to an examinee that the programme cancelled their session, why,
// and what it means for their code.
func (w words) seatLost() []string {
	lines := append([]string{w.t("body")}, w.session()...)
	lines = append(lines, w.why()...)
	end, known := w.instant("ends_at")
	if !known {
		return append(lines, w.t("kept"))
	}
	z, company := lang.Zone(w.data("end_zone")), w.data("company")
	switch exam.Fate(w.data("fate")) {
	case exam.FateEnded:
		return append(lines, w.t("ended", "at", w.l.Instant(end, z)), w.t("ended_next", "company", company))
	case exam.FateWait:
		return append(lines, w.t("kept"), w.t("wait", "date", w.l.LastDay(end, z), "company", company))
	}
	return append(lines, w.t("kept"), w.t("choose", "date", w.l.LastDay(end, z)))
}

// seatsLost says to a company how many of its people the programme's
// cancellation leaves without a session they could take.
func (w words) seatsLost() []string {
	lines := append([]string{w.t("body", "n", int(w.number("people")))}, w.session()...)
	lines = append(lines, w.why()...)
	if n := int(w.number("ended")); n > 0 {
		lines = append(lines, w.t("ended", "n", n))
	}
	if n := int(w.number("wait")); n > 0 {
		lines = append(lines, w.t("wait", "n", n))
	}
	return append(lines, w.t("next"))
}

// why is the reason that staff wrote, as they wrote it.
func (w words) why() []string {
	if why := w.data("why"); why != "" {
		return []string{w.l.T("notice.why", "why", why)}
	}
	return nil
}
