"""The protocol between the interop run and a driver: one JSON object a line, on standard input and output."""
import base64
import hashlib
import json
import sys


def serve(operations, version):
    """Answers each request line by the operation that it names, until standard input ends.

    The first line is the world: where the local services are, and with which keys. An operation takes (world, request)
    and may return further members of the answer; whatever it raises is answered as an error.
    """
    world = json.loads(sys.stdin.readline())
    _answer({"version": version})
    for line in sys.stdin:
        request = json.loads(line)
        try:
            result = operations[request["op"]](world, request) or {}
            _answer({"id": request["id"], "ok": True, **result})
        except Exception as error:
            _answer({"id": request["id"], "ok": False, "error": "%s: %s" % (type(error).__name__, error)})


def _answer(value):
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


def read_file(name):
    with open(name, "rb") as file:
        return file.read()


def write_file(name, content):
    with open(name, "wb") as file:
        file.write(content)


def content_md5(content):
    """The value of a Content-MD5 header."""
    return base64.b64encode(hashlib.md5(content).digest()).decode()


def parts_of(content, part_size):
    """Numbered parts of a content, from 1 on."""
    for number, offset in enumerate(range(0, len(content), part_size), start=1):
        yield number, content[offset:offset + part_size]
