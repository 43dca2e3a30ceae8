package blob_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"panah/hub/media/blob"
)

// each runs a test on every kind of store. PANAH_TEST_S3 names a real S3 service as http://KEY:SECRET@HOST.
func each(t *testing.T, f func(t *testing.T, s blob.Store)) {
	t.Run("disk", func(t *testing.T) { f(t, disk(t, t.TempDir())) })
	t.Run("s3", func(t *testing.T) { f(t, s3(t)) })
	t.Run("sealed disk", func(t *testing.T) { f(t, sealed(t, disk(t, t.TempDir()))) })
	t.Run("sealed s3", func(t *testing.T) { f(t, sealed(t, s3(t))) })
}

func disk(t *testing.T, folder string) *blob.Disk {
	t.Helper()
	d, err := blob.NewDisk(folder)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func sealed(t *testing.T, under blob.Store) *blob.Sealed {
	t.Helper()
	s, err := blob.NewSealed(under, bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func s3(t *testing.T) *blob.S3 {
	t.Helper()
	service, err := url.Parse(os.Getenv("PANAH_TEST_S3"))
	if err != nil || service.Host == "" {
		t.Fatal("PANAH_TEST_S3 is not set: run the tests with `make test`, which starts an S3 service for them")
	}
	secret, _ := service.User.Password()
	bucket := strings.ToLower(strings.NewReplacer("/", "-", "_", "-").Replace(t.Name()))
	client, err := minio.New(service.Host, &minio.Options{Creds: credentials.NewStaticV4(service.User.Username(), secret, "")})
	if err == nil {
		err = client.MakeBucket(t.Context(), bucket, minio.MakeBucketOptions{})
	}
	if err != nil && minio.ToErrorResponse(err).Code != "BucketAlreadyOwnedByYou" {
		t.Fatalf("make a bucket: %v", err)
	}
	address, err := blob.ParseS3("s3+http://" + service.Host + "/" + bucket + "/files")
	if err != nil {
		t.Fatal(err)
	}
	s, err := blob.NewS3(address, service.User.Username(), secret)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func data(size int) []byte {
	source := rand.NewChaCha8([32]byte{byte(size)})
	raw := make([]byte, size)
	source.Read(raw)
	return raw
}

func put(t *testing.T, s blob.Store, name string, raw []byte) {
	t.Helper()
	if err := s.Put(t.Context(), name, bytes.NewReader(raw), int64(len(raw))); err != nil {
		t.Fatalf("put %d bytes: %v", len(raw), err)
	}
}

func TestWhatIsPutIsRead(t *testing.T) {
	each(t, func(t *testing.T, s blob.Store) {
		for i, size := range []int{0, 1, 65_535, 65_536, 65_537, 1 << 20, 6 << 20} {
			name, raw := "abcd"+string(rune('a'+i)), data(size)
			put(t, s, name, raw)
			b, err := s.Open(t.Context(), name)
			if err != nil {
				t.Fatalf("open %d bytes: %v", size, err)
			}
			got, err := io.ReadAll(blob.Reader(b))
			if err != nil || !bytes.Equal(got, raw) || b.Size() != int64(size) {
				t.Errorf("%d bytes came back as %d of %d: %v", size, len(got), b.Size(), err)
			}
			if size > 100_000 {
				part := make([]byte, 70_000)
				if _, err := b.ReadAt(part, 12_345); err != nil || !bytes.Equal(part, raw[12_345:82_345]) {
					t.Errorf("a part of %d bytes: %v", size, err)
				}
			}
			if err := b.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
		}
	})
}

func TestWhatIsDeletedIsGone(t *testing.T) {
	each(t, func(t *testing.T, s blob.Store) {
		put(t, s, "gone1", data(100))
		for range 2 {
			if err := s.Delete(t.Context(), "gone1"); err != nil {
				t.Errorf("delete: %v", err)
			}
		}
		if _, err := s.Open(t.Context(), "gone1"); !errors.Is(err, blob.ErrNotFound) {
			t.Errorf("open what is gone: %v", err)
		}
	})
}

func TestWhatBreaksOffIsNotThere(t *testing.T) {
	each(t, func(t *testing.T, s blob.Store) {
		broken := io.MultiReader(bytes.NewReader(data(200_000)), iotest.ErrReader(errors.New("the line broke")))
		if err := s.Put(t.Context(), "half1", broken, 300_000); err == nil {
			t.Error("half a blob was taken for a whole one")
		}
		if err := s.Put(t.Context(), "half2", bytes.NewReader(data(10)), 20); err == nil {
			t.Error("too short a blob was taken for a whole one")
		}
		for _, name := range []string{"half1", "half2"} {
			if _, err := s.Open(t.Context(), name); !errors.Is(err, blob.ErrNotFound) {
				t.Errorf("open what broke off: %v", err)
			}
		}
	})
}

func TestManyAtOnce(t *testing.T) {
	each(t, func(t *testing.T, s blob.Store) {
		var all sync.WaitGroup
		for i := range 16 {
			all.Go(func() {
				name := "many" + string(rune('a'+i))
				put(t, s, name, data(1000+i))
				b, err := s.Open(context.Background(), name)
				if err != nil {
					t.Errorf("open: %v", err)
					return
				}
				defer b.Close()
				if got, err := io.ReadAll(blob.Reader(b)); err != nil || !bytes.Equal(got, data(1000+i)) {
					t.Errorf("read: %v", err)
				}
			})
		}
		all.Wait()
	})
}

func TestProbe(t *testing.T) {
	each(t, func(t *testing.T, s blob.Store) {
		if err := s.Probe(t.Context()); err != nil {
			t.Errorf("a store that works: %v", err)
		}
	})
	t.Run("no bucket", func(t *testing.T) {
		service, err := url.Parse(os.Getenv("PANAH_TEST_S3"))
		if err != nil {
			t.Fatal(err)
		}
		secret, _ := service.User.Password()
		s, err := blob.NewS3(blob.S3Address{Host: service.Host, Bucket: "nobody-made-this"}, service.User.Username(), secret)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Probe(t.Context()); err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("a bucket that is not there: %v", err)
		}
	})
}

// On the disk a sealed blob shows nothing, opens under no other name, and does not open changed.
func TestTheSealHolds(t *testing.T) {
	folder := t.TempDir()
	s := sealed(t, disk(t, folder))
	secret := bytes.Repeat([]byte("a secret of many words "), 100)
	put(t, s, "seal1", secret)
	file := filepath.Join(folder, "se", "seal1")
	raw, err := os.ReadFile(file)
	if err != nil || bytes.Contains(raw, []byte("secret")) {
		t.Fatalf("on the disk: %v, %q", err, raw[:40])
	}
	read := func(name string) error {
		b, err := s.Open(t.Context(), name)
		if err != nil {
			return err
		}
		defer b.Close()
		_, err = io.ReadAll(blob.Reader(b))
		return err
	}
	if err := os.WriteFile(filepath.Join(folder, "se", "seal2"), raw, 0o600); err != nil || read("seal2") == nil {
		t.Errorf("it opens under another name: %v", err)
	}
	raw[len(raw)/2] ^= 1
	if err := os.WriteFile(file, raw, 0o600); err != nil || read("seal1") == nil {
		t.Errorf("it opens changed: %v", err)
	}
	info, err := os.Stat(filepath.Join(folder, "se"))
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder is %v, %v", info.Mode(), err)
	}
}

func TestAddressesOfBuckets(t *testing.T) {
	got, err := blob.ParseS3("s3://s3.example.org:9000/files/of/panah?region=eu-1")
	want := blob.S3Address{Host: "s3.example.org:9000", TLS: true, Bucket: "files", Prefix: "of/panah/", Region: "eu-1"}
	if err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	for _, wrong := range []string{"", "s3://", "s3://host", "s3://host/", "http://host/b", "s3://key:secret@host/b", "s3://host/b#f", "s3://%zz/b"} {
		if _, err := blob.ParseS3(wrong); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", wrong, err)
		}
	}
}
