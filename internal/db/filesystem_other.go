//go:build !linux

package db

import "errors"

// fileSystem cannot tell here.
func fileSystem(string) Finding {
	return Finding{Doubtful, "file system", "is not known on this system", "make sure that the data folder is on a local disk"}
}

// FreeSpace is not known here.
func FreeSpace(string) (int64, error) { return 0, errors.ErrUnsupported }
