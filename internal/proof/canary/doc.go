// Package canary looks for secrets where none may be. It lets the real program
// serve a purchase, a redemption, new texts, a file with texts, a refund and
// refusals, knowing every code text, key, session, password, document number and
// link that came up; then it searches the database, its log, the program's output,
// mails, temporary files, pages for machines and the process's own arguments for
// each of them, in the forms that programs write.
package canary
