package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// S3 keeps blobs as objects of one bucket of an S3-compatible service, under a prefix.
type S3 struct {
	client *minio.Client
	bucket string
	prefix string
}

// S3Address is where a bucket is.
type S3Address struct {
	Host   string // with its port, if it is not the usual one
	TLS    bool
	Bucket string
	Prefix string // "" or a folder with a slash at its end
	Region string // "" for the service's usual one
}

// ParseS3 reads s3://HOST[:PORT]/BUCKET[/PREFIX][?region=NAME], or the same with s3+http:// for a service without TLS. Names and secrets of keys never
// stand in it.
func ParseS3(address string) (S3Address, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "s3" && u.Scheme != "s3+http" || u.Host == "" || u.User != nil || u.Fragment != "" {
		return S3Address{}, errors.New("the address of an S3 store is s3://HOST/BUCKET") // without it: it may hold what it must not
	}
	bucket, prefix, _ := strings.Cut(strings.Trim(u.Path, "/"), "/")
	if bucket == "" {
		return S3Address{}, errors.New("the address of an S3 store is s3://HOST/BUCKET")
	}
	if prefix != "" {
		prefix += "/"
	}
	return S3Address{Host: u.Host, TLS: u.Scheme == "s3", Bucket: bucket, Prefix: prefix, Region: u.Query().Get("region")}, nil
}

// NewS3 makes a store of a bucket that is there. It does not call the service yet.
func NewS3(a S3Address, key, secret string) (*S3, error) {
	client, err := minio.New(a.Host, &minio.Options{Creds: credentials.NewStaticV4(key, secret, ""), Secure: a.TLS, Region: a.Region})
	if err != nil {
		return nil, fmt.Errorf("prepare the S3 client: %w", err)
	}
	return &S3{client, a.Bucket, a.Prefix}, nil
}

// Put keeps a blob. The service makes an object visible only when all of it has arrived.
func (s *S3) Put(ctx context.Context, name string, r io.Reader, size int64) error {
	_, err := s.client.PutObject(ctx, s.bucket, s.prefix+name, r, size, minio.PutObjectOptions{
		ContentType: "application/octet-stream", DisableMultipart: true,
	})
	if err != nil {
		return fmt.Errorf("put an object: %w", err)
	}
	return nil
}

// Open gives a blob to read. Parts are fetched as they are read.
func (s *S3) Open(ctx context.Context, name string) (Blob, error) {
	object, err := s.client.GetObject(ctx, s.bucket, s.prefix+name, minio.GetObjectOptions{})
	if err != nil {
		return nil, fmt.Errorf("get an object: %w", err)
	}
	info, err := object.Stat()
	if err == nil {
		return s3Blob{object, info.Size}, nil
	}
	if minio.ToErrorResponse(err).StatusCode == http.StatusNotFound {
		err = ErrNotFound
	}
	return nil, errors.Join(fmt.Errorf("get an object: %w", err), object.Close())
}

type s3Blob struct {
	*minio.Object
	size int64
}

func (b s3Blob) Size() int64 { return b.size }

// Delete forgets a blob. The service says nothing of one that is not there.
func (s *S3) Delete(ctx context.Context, name string) error {
	if err := s.client.RemoveObject(ctx, s.bucket, s.prefix+name, minio.RemoveObjectOptions{}); err != nil {
		return fmt.Errorf("remove an object: %w", err)
	}
	return nil
}

// Probe looks whether the bucket is there and can be written and read.
func (s *S3) Probe(ctx context.Context) error { return probe(ctx, s) }
