"""What CryptoBucket.put_object of oss2 does to the bytes of an upload, without sending them: cipher, then CRC-64.

`python oss2-pipeline.py SIZE_BYTES` prints the seconds that it took, as JSON.
"""
import json
import resource
import sys
import time

from oss2 import utils
from oss2.crypto import BaseCryptoProvider

# What urllib3 reads of a body at a time.
BLOCK_BYTES = 16384

size = int(sys.argv[1])
cipher = utils.AESCTRCipher()
cipher.initialize(cipher.get_key(), cipher.get_iv())


class Zeros(object):
    """A file object of `size` bytes."""

    def __init__(self):
        self._rest = size
        self._block = bytes(BLOCK_BYTES)

    def read(self, amount):
        block = self._block if self._rest >= amount == BLOCK_BYTES else bytes(min(amount, self._rest))
        self._rest -= len(block)
        return block


adapter = utils.make_crc_adapter(BaseCryptoProvider.make_encrypt_adapter(Zeros(), cipher))
before = resource.getrusage(resource.RUSAGE_SELF)
start = time.perf_counter()
while adapter.read(BLOCK_BYTES):
    pass
wall = time.perf_counter() - start
after = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({
    "wallSeconds": wall,
    "userSeconds": after.ru_utime - before.ru_utime,
    "systemSeconds": after.ru_stime - before.ru_stime,
}))
