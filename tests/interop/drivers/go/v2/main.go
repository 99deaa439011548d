// Driver of the Go SDK alibabacloud-oss-go-sdk-v2.
package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/crypto"
)

func clientOf(world *World, request *Request) (*oss.EncryptionClient, error) {
	publicKey, err := os.ReadFile(world.Keys.PublicKey)
	if err != nil {
		return nil, err
	}
	privateKey, err := os.ReadFile(world.Keys.PrivateKey)
	if err != nil {
		return nil, err
	}
	master, err := crypto.CreateMasterRsa(request.Description, string(publicKey), string(privateKey))
	if err != nil {
		return nil, err
	}
	config := oss.LoadDefaultConfig().
		WithCredentialsProvider(credentials.NewStaticCredentialsProvider(world.Oss.AccessKeyID, world.Oss.AccessKeySecret)).
		WithRegion(world.Oss.Region).
		WithEndpoint(world.Oss.Origin).
		WithUsePathStyle(true)
	return oss.NewEncryptionClient(oss.NewClient(config), master)
}

func put(world *World, request *Request) error {
	client, err := clientOf(world, request)
	if err != nil {
		return err
	}
	content, err := os.ReadFile(request.File)
	if err != nil {
		return err
	}
	input := &oss.PutObjectRequest{
		Bucket: oss.Ptr(world.Oss.Bucket), Key: oss.Ptr(request.Key), Body: bytes.NewReader(content),
	}
	if request.ContentMd5 {
		input.ContentMD5 = oss.Ptr(contentMd5(content))
	}
	_, err = client.PutObject(context.TODO(), input)
	return err
}

func get(world *World, request *Request) error {
	client, err := clientOf(world, request)
	if err != nil {
		return err
	}
	input := &oss.GetObjectRequest{Bucket: oss.Ptr(world.Oss.Bucket), Key: oss.Ptr(request.Key)}
	if request.Range != nil {
		input.Range = oss.Ptr("bytes=" + request.rangeText())
	}
	result, err := client.GetObject(context.TODO(), input)
	if err != nil {
		return err
	}
	defer result.Body.Close()
	content, err := io.ReadAll(result.Body)
	if err != nil {
		return err
	}
	return os.WriteFile(request.File, content, 0o600)
}

func putParts(world *World, request *Request) error {
	client, err := clientOf(world, request)
	if err != nil {
		return err
	}
	content, err := os.ReadFile(request.File)
	if err != nil {
		return err
	}
	bucket, key := oss.Ptr(world.Oss.Bucket), oss.Ptr(request.Key)
	upload, err := client.InitiateMultipartUpload(context.TODO(), &oss.InitiateMultipartUploadRequest{
		Bucket: bucket, Key: key,
		CSEDataSize: oss.Ptr(int64(len(content))), CSEPartSize: oss.Ptr(int64(request.PartSizeBytes)),
	})
	if err != nil {
		return err
	}
	var parts oss.UploadParts
	for offset := 0; offset < len(content); offset += request.PartSizeBytes {
		number := int32(len(parts) + 1)
		piece := content[offset:min(offset+request.PartSizeBytes, len(content))]
		input := &oss.UploadPartRequest{
			Bucket: bucket, Key: key, UploadId: upload.UploadId, PartNumber: number,
			Body: bytes.NewReader(piece), CSEMultiPartContext: upload.CSEMultiPartContext,
		}
		if request.ContentMd5 {
			input.ContentMD5 = oss.Ptr(contentMd5(piece))
		}
		part, err := client.UploadPart(context.TODO(), input)
		if err != nil {
			return fmt.Errorf("part %d: %w", number, err)
		}
		parts = append(parts, oss.UploadPart{PartNumber: number, ETag: part.ETag})
	}
	_, err = client.CompleteMultipartUpload(context.TODO(), &oss.CompleteMultipartUploadRequest{
		Bucket: bucket, Key: key, UploadId: upload.UploadId,
		CompleteMultipartUpload: &oss.CompleteMultipartUpload{Parts: parts},
	})
	return err
}

func uploadFile(world *World, request *Request) error {
	client, err := clientOf(world, request)
	if err != nil {
		return err
	}
	_, err = client.NewUploader().UploadFile(context.TODO(),
		&oss.PutObjectRequest{Bucket: oss.Ptr(world.Oss.Bucket), Key: oss.Ptr(request.Key)}, request.File,
		func(options *oss.UploaderOptions) { options.PartSize = int64(request.PartSizeBytes) })
	return err
}

func downloadFile(world *World, request *Request) error {
	client, err := clientOf(world, request)
	if err != nil {
		return err
	}
	_, err = client.NewDownloader().DownloadFile(context.TODO(),
		&oss.GetObjectRequest{Bucket: oss.Ptr(world.Oss.Bucket), Key: oss.Ptr(request.Key)}, request.File,
		func(options *oss.DownloaderOptions) { options.PartSize = int64(request.PartSizeBytes) })
	return err
}

func main() {
	serve(oss.Version(), map[string]Operation{
		"put": put, "get": get, "put-parts": putParts, "upload-file": uploadFile, "download-file": downloadFile,
	})
}
