// A list of operations with minio-go, which signs frames and sends checksums behind the body: one JSON object of results.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand"
	"os"
	"sort"
	"strings"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

type target struct {
	Endpoint, Bucket, AccessKeyID, SecretAccessKey, SessionToken string
}

const part = 5 << 20

func main() {
	var to target
	if err := json.Unmarshal([]byte(os.Args[1]), &to); err != nil {
		panic(err)
	}
	scheme, host, _ := strings.Cut(to.Endpoint, "://")
	client, err := minio.New(host, &minio.Options{
		Creds:           credentials.NewStaticV4(to.AccessKeyID, to.SecretAccessKey, to.SessionToken),
		Secure:          scheme == "https",
		Region:          "us-east-1",
		TrailingHeaders: true,
		BucketLookup:    minio.BucketLookupPath,
	})
	if err != nil {
		panic(err)
	}
	run := runner{context.Background(), client, to.Bucket}
	results := map[string]any{}
	for _, size := range []int{0, 1, 70_000, 2*part + 1} {
		for name, checksum := range map[string]minio.ChecksumType{
			"none": 0, "crc32c": minio.ChecksumCRC32C, "sha256": minio.ChecksumSHA256,
			"crc64nvme": minio.ChecksumCRC64NVME, "whole crc32c": minio.ChecksumFullObjectCRC32C,
		} {
			for _, known := range []bool{true, false} {
				results[fmt.Sprintf("%s of %d bytes, size known %t", name, size, known)] = run.upload(size, checksum, known)
			}
		}
	}
	for _, name := range []string{"sp ace", "pl+us", "é/日本", "per%cent", "x!'()*", "line\nfeed", "a;b&c=d?e#f", "tab\tx"} {
		results[name] = run.copy(name)
	}
	results["missing"] = run.missing()
	results["left"] = run.empty()
	if err := json.NewEncoder(os.Stdout).Encode(results); err != nil {
		panic(err)
	}
}

type runner struct {
	ctx    context.Context
	client *minio.Client
	bucket string
}

// Uploads and reads back; what went wrong, else "same".
func (r runner) upload(size int, checksum minio.ChecksumType, known bool) string {
	body := make([]byte, size)
	rand.New(rand.NewSource(1)).Read(body)
	length := int64(size)
	if !known {
		length = -1
	}
	options := minio.PutObjectOptions{PartSize: part, Checksum: checksum}
	if _, err := r.client.PutObject(r.ctx, r.bucket, "object", bytes.NewReader(body), length, options); err != nil {
		return err.Error()
	}
	return r.read("object", body)
}

func (r runner) read(name string, want []byte) string {
	object, err := r.client.GetObject(r.ctx, r.bucket, name, minio.GetObjectOptions{})
	if err != nil {
		return err.Error()
	}
	got, err := io.ReadAll(object)
	if err != nil {
		return err.Error()
	}
	if !bytes.Equal(got, want) {
		return "other bytes"
	}
	return "same"
}

func (r runner) copy(name string) string {
	body := []byte("body of " + name)
	if _, err := r.client.PutObject(r.ctx, r.bucket, name, bytes.NewReader(body), int64(len(body)), minio.PutObjectOptions{}); err != nil {
		return err.Error()
	}
	to := minio.CopyDestOptions{Bucket: r.bucket, Object: "copy/" + name}
	if _, err := r.client.CopyObject(r.ctx, to, minio.CopySrcOptions{Bucket: r.bucket, Object: name}); err != nil {
		return err.Error()
	}
	return r.read("copy/"+name, body)
}

func (r runner) missing() string {
	_, err := r.client.StatObject(r.ctx, r.bucket, "missing", minio.StatObjectOptions{})
	return minio.ToErrorResponse(err).Code
}

// Removes everything; the names that were there.
func (r runner) empty() []string {
	names := []string{}
	for object := range r.client.ListObjects(r.ctx, r.bucket, minio.ListObjectsOptions{Recursive: true}) {
		names = append(names, object.Key)
		if err := r.client.RemoveObject(r.ctx, r.bucket, object.Key, minio.RemoveObjectOptions{}); err != nil {
			names = append(names, err.Error())
		}
	}
	sort.Strings(names)
	return names
}
