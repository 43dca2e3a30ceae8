//go:build !unix

package blob

// syncFolder has nothing to do where folders cannot be brought to the disk.
func syncFolder(string) error { return nil }
