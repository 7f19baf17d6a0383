// Package crash kills the program, and the database under it, in the middle of
// its work, again and again, and compares what is there afterwards with what was
// promised.
//
// The real program serves real clients that buy, pay, regenerate, redeem,
// reserve, unbind, refund and export. Each client keeps, outside of the program,
// what was acknowledged to it. After every kill -9 (of the server on SQLite, of
// replicas on PostgreSQL, of all processes of a PostgreSQL that syncs) everything
// acknowledged must be there (U-1), a call without an answer must be resolved by
// asking again with the same key, to done once or not done (P-1, P-4, P-5), no
// mail may be delivered more often than there were kills (N-3, N-4), and the
// invariants must hold. In the end everything begun must come to rest.
//
// Controls: PostgreSQL with synchronous_commit=off has to lose acknowledged
// writes, and one acknowledged row that is deleted by hand has to be missed.
//
// A kill -9 cannot tell whether SQLite syncs, as the kernel keeps what was written.
// So the syncs of a real process are counted as well: there has to be one between
// a commit's beginning and its acknowledgement. Controls are the same process with
// synchronous=NORMAL and OFF.
package crash
