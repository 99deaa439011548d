// The protocol between the interop run and a driver: one JSON object a line, on standard input and output.
package main

import (
	"bufio"
	"crypto/md5"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
)

// World is the first line: where the local services are, and with which keys.
type World struct {
	Oss struct {
		Origin, Region, Bucket       string
		AccessKeyID, AccessKeySecret string
	}
	Kms struct {
		Endpoint, Region, KeyID      string
		AccessKeyID, AccessKeySecret string
	}
	Keys struct{ PublicKey, PrivateKey string }
}

// Request is every further line.
type Request struct {
	ID            int
	Op            string
	Key           string
	File          string
	Scheme        string
	Description   map[string]string
	Range         []*int64
	PartSizeBytes int
	ContentMd5    bool
}

// Operation does what a request asks for.
type Operation func(*World, *Request) error

// rangeText is the range as `first-last`, of which either may be missing.
func (request *Request) rangeText() string {
	text := func(end *int64) string {
		if end == nil {
			return ""
		}
		return fmt.Sprint(*end)
	}
	return text(request.Range[0]) + "-" + text(request.Range[1])
}

// contentMd5 is the value of a Content-MD5 header.
func contentMd5(content []byte) string {
	sum := md5.Sum(content)
	return base64.StdEncoding.EncodeToString(sum[:])
}

// serve answers each request by the operation that it names, until standard input ends.
func serve(version string, operations map[string]Operation) {
	input := json.NewDecoder(bufio.NewReader(os.Stdin))
	output := json.NewEncoder(os.Stdout)
	var world World
	if err := input.Decode(&world); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	output.Encode(map[string]any{"version": version})
	for {
		var request Request
		if input.Decode(&request) != nil {
			return
		}
		answer := map[string]any{"id": request.ID, "ok": true}
		operation, known := operations[request.Op]
		if !known {
			answer["ok"], answer["error"] = false, "unknown operation "+request.Op
		} else if err := operation(&world, &request); err != nil {
			answer["ok"], answer["error"] = false, err.Error()
		}
		output.Encode(answer)
	}
}
