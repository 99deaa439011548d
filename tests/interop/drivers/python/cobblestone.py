"""Driver of pyca/cryptography: bodies by its own Cobblestone-256, envelopes by the reader of examples/readers."""
import base64
import json
import os
import sys

import cryptography
from cryptography.cobblestone import Cobblestone256Decryptor, Cobblestone256Encryptor
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from protocol import read_file, serve, write_file

sys.path.append(os.path.join(os.path.dirname(__file__), *[".."] * 4, "examples", "readers"))
from open_sealed import LABEL, PREFIX, open_data_key, rsa_opener  # noqa: E402


def context_of(headers):
    return LABEL + b"\0" + headers.get(PREFIX + "context", "").encode()


def pieces_of(content, size=10_000):
    return (content[offset:offset + size] for offset in range(0, len(content), size))


def box_of(secret):
    """S14, aes-256-gcm: AES-256-GCM under a key that is derived from the secret."""
    info = LABEL + b"\0aes-256-gcm"
    return AESGCM(HKDFExpand(hashes.SHA512(), 32, info).derive(base64.b64decode(secret)))


def secret_opener(secret):
    def decrypt(kek, _pairs):
        box = base64.b64decode(kek)
        return box_of(secret).decrypt(box[:12], box[12:], LABEL)
    return "aes-256-gcm", decrypt


def open_object(world, request):
    headers = json.loads(read_file(request["headers"]))
    secret = request["secret"]
    opener = secret_opener(secret) if secret else rsa_opener(read_file(world["keys"]["privateKey"]))
    key = open_data_key(headers, opener, request["name"], request["description"] or {})
    decryptor = Cobblestone256Decryptor(key, context=context_of(headers))
    content = b""
    for piece in pieces_of(read_file(request["body"])):
        content += decryptor.update(piece)
    write_file(request["file"], content + decryptor.finalize())


def wrapped_key(world, secret, wrapping_key):
    if secret:
        nonce = os.urandom(12)
        return "aes-256-gcm", nonce + box_of(secret).encrypt(nonce, wrapping_key, LABEL)
    public_key = serialization.load_pem_public_key(read_file(world["keys"]["publicKey"]))
    oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), LABEL)
    return "rsa-oaep-sha256", public_key.encrypt(wrapping_key, oaep)


def seal_object(world, request):
    headers = {PREFIX + "format": "sealed/1", PREFIX + "bound": request["bound"]}
    if request["context"]:
        headers[PREFIX + "context"] = json.dumps(request["context"])
    key, wrapping_key, nonce = os.urandom(32), os.urandom(32), os.urandom(12)
    encryptor = Cobblestone256Encryptor(key, context=context_of(headers))
    body = b"".join(map(encryptor.update, pieces_of(read_file(request["file"])))) + encryptor.finalize()
    name = request["name"] if request["bound"] == "key" else ""
    binding = b"\0".join([LABEL, request["bound"].encode(), name.encode()])
    wrap, kek = wrapped_key(world, request["secret"], wrapping_key)
    headers[PREFIX + "head"] = base64.b64encode(body[:56]).decode()
    headers[PREFIX + "key-1"] = json.dumps({
        "wrap": wrap,
        "kek": base64.b64encode(kek).decode(),
        "dek": base64.b64encode(nonce + AESGCM(wrapping_key).encrypt(nonce, key, binding)).decode()})
    write_file(request["body"], body)
    return {"headers": headers}


serve({"open": open_object, "seal": seal_object}, cryptography.__version__)
