//go:build unguarded

package store

// leftOut is the part of an erasing that the negative control leaves out, to
// prove that its harness sees what is left behind.
const leftOut = "registrations"
