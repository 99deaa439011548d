"""Opens an object in the format 'sealed' with an RSA private key or by KMS; clauses are those of docs/formats.md."""
import argparse
import base64
import datetime
import hashlib
import hmac
import json
import os
import sys
import urllib.parse
import urllib.request

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

PREFIX = "x-oss-meta-oss-envelope-"
LABEL = b"oss-envelope/sealed/1"


def rsa_opener(pem):
    key = serialization.load_pem_private_key(pem, None)
    if key.key_size < 2048:
        raise ValueError("the RSA key is too small")
    oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), LABEL)
    return "rsa-oaep-sha256", lambda kek, pairs: key.decrypt(base64.b64decode(kek), oaep)  # S14


def kms_opener(url, access_key_id, access_key_secret):
    def decrypt_under(kek, context):
        query = urllib.parse.urlencode(
            {"CiphertextBlob": kek, "EncryptionContext": json.dumps(context, sort_keys=True, separators=(",", ":"))},
            quote_via=urllib.parse.quote)
        no_body = hashlib.sha256(b"").hexdigest()
        headers = {
            "host": urllib.parse.urlsplit(url).netloc, "x-acs-action": "Decrypt", "x-acs-version": "2016-01-20",
            "x-acs-date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "x-acs-signature-nonce": os.urandom(16).hex(), "x-acs-content-sha256": no_body}
        names = ";".join(sorted(headers))
        lines = "".join("%s:%s\n" % (name, headers[name]) for name in sorted(headers))
        canonical = hashlib.sha256("\n".join(["POST", "/", query, lines, names, no_body]).encode()).hexdigest()
        text = "ACS3-HMAC-SHA256\n" + canonical
        signature = hmac.new(access_key_secret.encode(), text.encode(), hashlib.sha256).hexdigest()
        headers["authorization"] = "ACS3-HMAC-SHA256 Credential=%s,SignedHeaders=%s,Signature=%s" % (
            access_key_id, names, signature)
        request = urllib.request.Request("%s/?%s" % (url, query), headers=headers, method="POST")
        with urllib.request.urlopen(request) as answer:
            return base64.b64decode(json.load(answer)["Plaintext"])

    def decrypt(kek, pairs):  # S14
        own = {"oss-envelope": "sealed/1"}
        try:
            return decrypt_under(kek, {**pairs, **own})
        except urllib.error.HTTPError as refusal:
            if not pairs or refusal.code != 400:
                raise
        return decrypt_under(kek, own)
    return "kms", decrypt


def open_data_key(headers, opener, name, desc):
    wrap, unwrap = opener
    if headers[PREFIX + "format"] != "sealed/1" or headers[PREFIX + "bound"] not in ("key", "none"):  # S16
        raise ValueError("the object is in another format, or its envelope is malformed")
    entries = (json.loads(headers.get("%skey-%d" % (PREFIX, n), "{}")) for n in range(1, 10))
    one = next((e for e in entries if e.get("wrap") == wrap and e.get("desc", {}) == desc), None)  # S15
    if one is None:
        raise ValueError("no recipient of the object has this wrap algorithm and description")
    bound = headers[PREFIX + "bound"]
    binding = b"\0".join([LABEL, bound.encode(), name.encode() if bound == "key" else b""])  # S12
    dek = base64.b64decode(one["dek"])
    pairs = json.loads(headers.get(PREFIX + "context", "{}"))  # S11
    return AESGCM(unwrap(one["kek"], pairs)).decrypt(dek[:12], dek[12:], binding)  # S13


def open_body(body, headers, data_key):
    """The content, chunk after chunk, each only after it was verified (S6)."""
    head = body.read(56)
    if head != base64.b64decode(headers[PREFIX + "head"]):  # S10
        raise ValueError("the body has another head")
    context = LABEL + b"\0" + headers.get(PREFIX + "context", "").encode()  # S11
    info = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0" + head[:24] + context
    derived = HKDFExpand(hashes.SHA512(), 76, info).derive(data_key)  # S1
    if not hmac.compare_digest(derived[44:], head[24:]):  # S5
        raise ValueError("the commitment does not fit")
    aead, number, chunk = AESGCM(derived[:32]), 0, bytes(16400)
    while len(chunk) == 16400:  # S3
        chunk = body.read(16400)
        nonce = int.from_bytes(derived[32:44], "big") ^ number  # S2
        yield aead.decrypt(nonce.to_bytes(12, "big"), chunk, None)
        number += 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for option in ("--headers", "--body", "--name"):
        parser.add_argument(option, required=True)
    for option in ("--key", "--kms"):
        parser.add_argument(option)
    parser.add_argument("--desc", type=json.loads, default={})
    args = parser.parse_args()
    opener = rsa_opener(open(args.key, "rb").read()) if args.key else kms_opener(
        args.kms, os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"], os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"])
    headers = json.load(open(args.headers, "rb"))
    data_key = open_data_key(headers, opener, args.name, args.desc)
    with open(args.body, "rb") as body:
        sys.stdout.buffer.writelines(open_body(body, headers, data_key))
