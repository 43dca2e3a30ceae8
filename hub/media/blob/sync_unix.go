//go:build unix

package blob

import (
	"errors"
	"fmt"
	"os"
)

// syncFolder brings the names in a folder to the disk.
func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("open a media folder: %w", err)
	}
	return errors.Join(folder.Sync(), folder.Close())
}
