// Opens an object in the format 'sealed' with an RSA private key, on Go's standard library alone.
// Usage: go run open_sealed.go HEADERS.json BODY KEY.pem OBJECT-NAME [DESCRIPTION-JSON] >CONTENT
// The clauses in brackets are those of docs/formats.md.
package main

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"encoding/pem"
	"io"
	"log"
	"maps"
	"os"
)

const prefix, label = "x-oss-meta-oss-envelope-", "oss-envelope/sealed/1"

type recipient struct {
	Wrap     string
	Kek, Dek []byte
	Desc     map[string]string
}

// openDataKey finds the recipient by wrap and description (S15), and opens its two keys (S13, S14).
func openDataKey(headers map[string]string, key *rsa.PrivateKey, name string, desc map[string]string) []byte {
	for _, n := range "123456789" {
		var one recipient
		json.Unmarshal([]byte(headers[prefix+"key-"+string(n)]), &one)
		if one.Wrap != "rsa-oaep-sha256" || !maps.Equal(one.Desc, desc) {
			continue
		}
		kek := must(rsa.DecryptOAEP(sha256.New(), nil, key, one.Kek, []byte(label)))
		binding := label + "\x00" + headers[prefix+"bound"] + "\x00" // S12
		if headers[prefix+"bound"] == "key" {
			binding += name
		}
		require(len(one.Dek) == 60 && len(kek) == 32, "a wrapped key does not have the right length")
		dataKey, err := gcm(kek).Open(nil, one.Dek[:12], one.Dek[12:], []byte(binding))
		require(err == nil, "this is not the object that was stored under this name") // S17
		return dataKey
	}
	panic("no recipient of the object has this wrap algorithm and description")
}

// openBody hands on the content, each chunk only after it was verified (S6).
func openBody(body io.Reader, content io.Writer, head, dataKey []byte, context string) {
	require(string(must(io.ReadAll(io.LimitReader(body, 56)))) == string(head), "the body has another head") // S10
	info := "c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\x00" + string(head[:24]) + label + "\x00" + context
	derived := must(hkdf.Expand(sha512.New, dataKey, info, 76))                                      // S1, S11
	require(subtle.ConstantTimeCompare(derived[44:], head[24:]) == 1, "the commitment does not fit") // S5
	aead, chunk := gcm(derived[:32]), make([]byte, 16400)
	for number, last := uint64(0), false; !last; number++ {
		size, _ := io.ReadFull(body, chunk)
		last = size < len(chunk) // S3
		nonce := append([]byte{}, derived[32:44]...)
		binary.BigEndian.PutUint64(nonce[4:], binary.BigEndian.Uint64(nonce[4:])^number) // S2
		text, err := aead.Open(nil, nonce, chunk[:size], nil)
		require(err == nil && number < 1<<38, "the content was changed or cut")
		must(content.Write(text))
	}
}

func main() {
	var headers, desc map[string]string
	must(0, json.Unmarshal(must(os.ReadFile(os.Args[1])), &headers))
	must(0, json.Unmarshal([]byte(append(os.Args, "{}")[5]), &desc))
	bound, head := headers[prefix+"bound"], must(base64.StdEncoding.DecodeString(headers[prefix+"head"]))
	require(headers[prefix+"format"] == "sealed/1", "the object is in another format")           // S16
	require((bound == "key" || bound == "none") && len(head) == 56, "the envelope is malformed") // S16
	block, _ := pem.Decode(must(os.ReadFile(os.Args[3])))
	key := must(x509.ParsePKCS8PrivateKey(block.Bytes)).(*rsa.PrivateKey)
	require(key.N.BitLen() >= 2048, "the RSA key is too small")
	dataKey := openDataKey(headers, key, os.Args[4], desc)
	openBody(must(os.Open(os.Args[2])), os.Stdout, head, dataKey, headers[prefix+"context"])
}

func gcm(key []byte) cipher.AEAD { return must(cipher.NewGCM(must(aes.NewCipher(key)))) }

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func require(holds bool, otherwise string) {
	if !holds {
		log.Fatal(otherwise)
	}
}
