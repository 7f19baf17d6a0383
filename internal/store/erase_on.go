//go:build !unguarded

package store

// leftOut is the part of an erasing that is not done: none.
const leftOut = ""
