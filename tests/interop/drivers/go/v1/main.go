// Driver of the Go SDK aliyun-oss-go-sdk.
package main

import (
	"bytes"
	"fmt"
	"io"
	"os"

	"github.com/aliyun/alibaba-cloud-sdk-go/services/kms"
	"github.com/aliyun/aliyun-oss-go-sdk/oss"
	osscrypto "github.com/aliyun/aliyun-oss-go-sdk/oss/crypto"
)

func masterCipher(world *World, request *Request) (osscrypto.MasterCipher, error) {
	if request.Scheme != "kms-standard" && request.Scheme != "kms-oss2" && request.Scheme != "kms-oss2-passphrase" {
		publicKey, err := os.ReadFile(world.Keys.PublicKey)
		if err != nil {
			return nil, err
		}
		privateKey, err := os.ReadFile(world.Keys.PrivateKey)
		if err != nil {
			return nil, err
		}
		return osscrypto.CreateMasterRsa(request.Description, string(publicKey), string(privateKey))
	}
	client, err := kms.NewClientWithAccessKey(world.Kms.Region, world.Kms.AccessKeyID, world.Kms.AccessKeySecret)
	if err != nil {
		return nil, err
	}
	client.Domain = world.Kms.Endpoint
	return osscrypto.CreateMasterAliKms(request.Description, world.Kms.KeyID, client)
}

func bucketOf(world *World, request *Request) (*osscrypto.CryptoBucket, error) {
	master, err := masterCipher(world, request)
	if err != nil {
		return nil, err
	}
	client, err := oss.New(world.Oss.Origin, world.Oss.AccessKeyID, world.Oss.AccessKeySecret,
		oss.AuthVersion(oss.AuthV4), oss.Region(world.Oss.Region))
	if err != nil {
		return nil, err
	}
	return osscrypto.GetCryptoBucket(client, world.Oss.Bucket, osscrypto.CreateAesCtrCipher(master))
}

func put(world *World, request *Request) error {
	bucket, err := bucketOf(world, request)
	if err != nil {
		return err
	}
	content, err := os.ReadFile(request.File)
	if err != nil {
		return err
	}
	var options []oss.Option
	if request.ContentMd5 {
		options = append(options, oss.ContentMD5(contentMd5(content)))
	}
	return bucket.PutObject(request.Key, bytes.NewReader(content), options...)
}

func get(world *World, request *Request) error {
	bucket, err := bucketOf(world, request)
	if err != nil {
		return err
	}
	var options []oss.Option
	if request.Range != nil {
		options = append(options, oss.NormalizedRange(request.rangeText()))
	}
	body, err := bucket.GetObject(request.Key, options...)
	if err != nil {
		return err
	}
	defer body.Close()
	content, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	return os.WriteFile(request.File, content, 0o600)
}

func putParts(world *World, request *Request) error {
	bucket, err := bucketOf(world, request)
	if err != nil {
		return err
	}
	content, err := os.ReadFile(request.File)
	if err != nil {
		return err
	}
	context := osscrypto.PartCryptoContext{DataSize: int64(len(content)), PartSize: int64(request.PartSizeBytes)}
	upload, err := bucket.InitiateMultipartUpload(request.Key, &context)
	if err != nil {
		return err
	}
	var parts []oss.UploadPart
	for offset := 0; offset < len(content); offset += request.PartSizeBytes {
		piece := content[offset:min(offset+request.PartSizeBytes, len(content))]
		var options []oss.Option
		if request.ContentMd5 {
			options = append(options, oss.ContentMD5(contentMd5(piece)))
		}
		part, err := bucket.UploadPart(
			upload, bytes.NewReader(piece), int64(len(piece)), len(parts)+1, context, options...)
		if err != nil {
			return fmt.Errorf("part %d: %w", len(parts)+1, err)
		}
		parts = append(parts, part)
	}
	_, err = bucket.CompleteMultipartUpload(upload, parts)
	return err
}

func uploadFile(world *World, request *Request) error {
	bucket, err := bucketOf(world, request)
	if err != nil {
		return err
	}
	return bucket.UploadFile(request.Key, request.File, int64(request.PartSizeBytes))
}

func downloadFile(world *World, request *Request) error {
	bucket, err := bucketOf(world, request)
	if err != nil {
		return err
	}
	return bucket.DownloadFile(request.Key, request.File, int64(request.PartSizeBytes))
}

func main() {
	serve(oss.Version, map[string]Operation{
		"put": put, "get": get, "put-parts": putParts, "upload-file": uploadFile, "download-file": downloadFile,
	})
}
