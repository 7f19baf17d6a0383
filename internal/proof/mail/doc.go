// Package mail tries to lose mails, to send them twice, and to let one company's
// keep those of others waiting.
//
// The service sends over real SMTP to a server with moods: it is away for two
// days, refuses for now and for good, drops the line after taking a mail, and
// takes one only when asked again. Meanwhile companies buy, people forget their
// passwords and change what they want to hear of, members are removed, and the
// clock goes on by minutes and hours. In the end every mail that was owed must be
// sent, superseded, cancelled, or dead with a reason (N-2); what is sent arrived,
// and no oftener than lines were cut (N-3); nothing else arrived (N-4). One
// company's thousands of mails may keep those of others waiting for a bounded
// number only.
//
// Control: a sender that says a mail is sent, and has not sent it, must be caught.
package mail
