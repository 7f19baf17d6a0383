package db

import "syscall"

// fileSystem grades the file system that a folder is on.
func fileSystem(dir string) Finding {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return Finding{Doubtful, "file system", "cannot be asked: " + err.Error(), "make sure that the data folder is on a local disk"}
	}
	return graded(int64(uint32(s.Type)))
}

// FreeSpace is how many bytes whoever runs the program may still write to a folder.
func FreeSpace(dir string) (int64, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, err
	}
	return int64(s.Bavail) * int64(s.Bsize), nil
}
