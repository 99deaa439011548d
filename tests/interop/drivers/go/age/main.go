// Driver of age in Go, filippo.io/age: makes keys, encrypts and decrypts files. `description` holds the keys, `file` is
// what is read, and `key` the path of what is written.
package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"runtime/debug"
	"strings"

	"filippo.io/age"
)

// workFactor keeps passphrases fast: 2^10.
const workFactor = 10

func generate(_ *World, request *Request) error {
	if request.Scheme == "x25519" {
		identity, err := age.GenerateX25519Identity()
		if err != nil {
			return err
		}
		return write(request, identity.String()+"\n"+identity.Recipient().String())
	}
	identity, err := age.GenerateHybridIdentity()
	if err != nil {
		return err
	}
	return write(request, identity.String()+"\n"+identity.Recipient().String())
}

func write(request *Request, text string) error {
	return os.WriteFile(request.Key, []byte(text), 0o600)
}

func recipientsOf(request *Request) ([]age.Recipient, error) {
	if passphrase := request.Description["passphrase"]; passphrase != "" {
		recipient, err := age.NewScryptRecipient(passphrase)
		if err != nil {
			return nil, err
		}
		recipient.SetWorkFactor(workFactor)
		return []age.Recipient{recipient}, nil
	}
	return age.ParseRecipients(strings.NewReader(request.Description["recipients"]))
}

func identitiesOf(request *Request) ([]age.Identity, error) {
	if passphrase := request.Description["passphrase"]; passphrase != "" {
		identity, err := age.NewScryptIdentity(passphrase)
		return []age.Identity{identity}, err
	}
	return age.ParseIdentities(strings.NewReader(request.Description["identities"]))
}

func encrypt(_ *World, request *Request) error {
	content, err := os.ReadFile(request.File)
	if err != nil {
		return err
	}
	recipients, err := recipientsOf(request)
	if err != nil {
		return err
	}
	var file bytes.Buffer
	writer, err := age.Encrypt(&file, recipients...)
	if err != nil {
		return err
	}
	_, err = writer.Write(content)
	if err = errors.Join(err, writer.Close()); err != nil {
		return err
	}
	return write(request, file.String())
}

func decrypt(_ *World, request *Request) error {
	file, err := os.ReadFile(request.File)
	if err != nil {
		return err
	}
	identities, err := identitiesOf(request)
	if err != nil {
		return err
	}
	reader, err := age.Decrypt(bytes.NewReader(file), identities...)
	if err != nil {
		return err
	}
	content, err := io.ReadAll(reader)
	if err != nil {
		return err
	}
	return write(request, string(content))
}

func version() string {
	info, _ := debug.ReadBuildInfo()
	for _, module := range info.Deps {
		if module.Path == "filippo.io/age" {
			return strings.TrimPrefix(module.Version, "v")
		}
	}
	return "unknown"
}

func main() {
	serve(version(), map[string]Operation{"generate": generate, "encrypt": encrypt, "decrypt": decrypt})
}
