"""Every operation that the local OSS has, done by the Python SDK oss2 and checked by it."""
import oss2

CONTENT = bytes(range(256)) * 1000
PART_SIZE = 100 * 1024


class Tour:
    """The operations in their order: each method is one, and leaves what the next ones need."""

    def __init__(self, auth, oss, name):
        self.service = oss2.Service(auth, oss["origin"], region=oss["region"])
        self.bucket = oss2.Bucket(auth, oss["origin"], name, region=oss["region"])
        self.region = oss["region"]
        self.name = name

    def PutBucket(self):
        self.bucket.create_bucket(oss2.BUCKET_ACL_PRIVATE)

    def ListBuckets(self):
        expect(self.name in [bucket.name for bucket in self.service.list_buckets(prefix=self.name).buckets])

    def GetBucketInfo(self):
        info = self.bucket.get_bucket_info()
        expect(info.name == self.name and info.location == "oss-" + self.region)
        expect(info.acl.grant == oss2.BUCKET_ACL_PRIVATE)

    def GetBucketLocation(self):
        expect(self.bucket.get_bucket_location().location == "oss-" + self.region)

    def GetBucketAcl(self):
        expect(self.bucket.get_bucket_acl().acl == oss2.BUCKET_ACL_PRIVATE)

    def PutObject(self):
        headers = {"x-oss-meta-made": "here", "Content-Type": "text/plain", "Cache-Control": "no-cache"}
        result = self.bucket.put_object("a/one +%&.bin", CONTENT, headers=headers)
        expect(result.status == 200 and result.etag and result.crc is not None)
        self.etag = result.etag
        self.bucket.put_object("a/ключ", b"two")

    def GetObject(self):
        result = self.bucket.get_object("a/one +%&.bin")
        expect(result.read() == CONTENT and result.client_crc == result.server_crc)
        expect(result.headers["x-oss-meta-made"] == "here" and result.content_type == "text/plain")
        expect(self.bucket.get_object("a/ключ").read() == b"two")

    def GetObject_range(self):
        result = self.bucket.get_object("a/one +%&.bin", byte_range=(1000, 2000))
        expect(result.read() == CONTENT[1000:2001] and result.status == 206)
        expect(result.content_range == "bytes 1000-2000/%d" % len(CONTENT))
        expect(self.bucket.get_object("a/one +%&.bin", byte_range=(None, 10)).read() == CONTENT[-10:])
        headers = {"x-oss-range-behavior": "standard"}
        fails(416, lambda: self.bucket.get_object("a/ключ", byte_range=(3, 9), headers=headers))

    def GetObject_conditions(self):
        fails(304, lambda: self.bucket.get_object("a/one +%&.bin", headers={"If-None-Match": self.etag}))
        fails(412, lambda: self.bucket.get_object("a/one +%&.bin", headers={"If-Match": '"0"'}))

    def GetObject_absent(self):
        try:
            self.bucket.get_object("absent")
        except oss2.exceptions.NoSuchKey as error:
            expect(error.status == 404 and error.request_id)
        else:
            raise AssertionError("there was no error")

    def PutObject_forbidOverwrite(self):
        fails(409, lambda: self.bucket.put_object("a/ключ", b"", headers={"x-oss-forbid-overwrite": "true"}))

    def HeadObject(self):
        result = self.bucket.head_object("a/one +%&.bin")
        expect(result.content_length == len(CONTENT) and result.etag == self.etag)
        expect(result.object_type == "Normal" and result.headers["Cache-Control"] == "no-cache")
        expect(not self.bucket.object_exists("absent"))

    def GetObjectMeta(self):
        result = self.bucket.get_object_meta("a/one +%&.bin")
        expect(result.content_length == len(CONTENT) and result.etag == self.etag)

    def CopyObject(self):
        self.bucket.copy_object(self.name, "a/one +%&.bin", "copy")
        expect(self.bucket.head_object("copy").headers["x-oss-meta-made"] == "here")
        headers = {"x-oss-metadata-directive": "REPLACE", "x-oss-meta-made": "there"}
        self.bucket.copy_object(self.name, "copy", "copy", headers=headers)
        expect(self.bucket.head_object("copy").headers["x-oss-meta-made"] == "there")
        expect(self.bucket.get_object("copy").read() == CONTENT)

    def AppendObject(self):
        first = self.bucket.append_object("log", 0, b"first,", init_crc=0)
        second = self.bucket.append_object("log", first.next_position, b"second", init_crc=first.crc)
        expect(second.next_position == 12 and self.bucket.get_object("log").read() == b"first,second")
        fails(409, lambda: self.bucket.append_object("log", 3, b"x"))
        expect(self.bucket.head_object("log").object_type == "Appendable")

    def ListObjects(self):
        result = self.bucket.list_objects(delimiter="/")
        expect([entry.key for entry in result.object_list] == ["copy", "log"] and result.prefix_list == ["a/"])
        expect([entry.key for entry in oss2.ObjectIterator(self.bucket, max_keys=1)]
               == ["a/one +%&.bin", "a/ключ", "copy", "log"])

    def ListObjectsV2(self):
        result = self.bucket.list_objects_v2(prefix="a/", max_keys=1)
        expect([entry.key for entry in result.object_list] == ["a/one +%&.bin"] and result.is_truncated)
        rest = self.bucket.list_objects_v2(prefix="a/", continuation_token=result.next_continuation_token)
        expect([entry.key for entry in rest.object_list] == ["a/ключ"])

    def InitiateMultipartUpload(self):
        headers = {"x-oss-meta-made": "in parts"}
        self.upload_id = self.bucket.init_multipart_upload("parts", headers=headers).upload_id

    def UploadPart(self):
        part = self.bucket.upload_part("parts", self.upload_id, 1, CONTENT[:PART_SIZE])
        self.parts = [oss2.models.PartInfo(1, part.etag, size=PART_SIZE, part_crc=part.crc)]

    def UploadPartCopy(self):
        part = self.bucket.upload_part_copy(
            self.name, "copy", (PART_SIZE, len(CONTENT) - 1), "parts", self.upload_id, 2)
        self.parts.append(oss2.models.PartInfo(2, part.etag))

    def ListParts(self):
        parts = self.bucket.list_parts("parts", self.upload_id).parts
        expect([(part.part_number, part.size) for part in parts]
               == [(1, PART_SIZE), (2, len(CONTENT) - PART_SIZE)])
        expect([part.etag for part in parts] == [part.etag for part in self.parts])

    def ListMultipartUploads(self):
        uploads = self.bucket.list_multipart_uploads().upload_list
        expect([(upload.key, upload.upload_id) for upload in uploads] == [("parts", self.upload_id)])

    def CompleteMultipartUpload(self):
        self.bucket.complete_multipart_upload("parts", self.upload_id, self.parts)
        result = self.bucket.get_object("parts")
        expect(result.read() == CONTENT and result.headers["x-oss-meta-made"] == "in parts")
        expect(result.client_crc == result.server_crc)

    def AbortMultipartUpload(self):
        upload_id = self.bucket.init_multipart_upload("parts").upload_id
        self.bucket.abort_multipart_upload("parts", upload_id)
        fails(404, lambda: self.bucket.list_parts("parts", upload_id))

    def presigned_PutObject(self):
        headers = {"Content-Type": "text/plain"}
        url = self.bucket.sign_url("PUT", "signed url", 60, headers=headers, slash_safe=True)
        expect(self.bucket.put_object_with_url(url, b"by url", headers=headers).status == 200)

    def presigned_GetObject(self):
        url = self.bucket.sign_url("GET", "signed url", 60, slash_safe=True)
        expect(self.bucket.get_object_with_url(url).read() == b"by url")

    def DeleteObject(self):
        expect(self.bucket.delete_object("signed url").status == 204)
        expect(self.bucket.delete_object("signed url").status == 204)

    def DeleteMultipleObjects(self):
        fails(409, self.bucket.delete_bucket)
        keys = [entry.key for entry in oss2.ObjectIterator(self.bucket)]
        expect(self.bucket.batch_delete_objects(keys).deleted_keys == keys)

    def DeleteBucket(self):
        self.bucket.delete_bucket()
        fails(404, self.bucket.get_bucket_info)


def expect(condition):
    if not condition:
        raise AssertionError("not as it must be")


def fails(status, call):
    try:
        call()
    except oss2.exceptions.OssError as error:
        if error.status != status:
            raise
    else:
        raise AssertionError("there was no error %d" % status)


def auth_of(oss, signature):
    if signature == "temporary keys":
        keys = oss["temporary"]
        return oss2.StsAuth(
            keys["accessKeyId"], keys["accessKeySecret"], keys["securityToken"], auth_version=oss2.AUTH_VERSION_4)
    return {"V1": oss2.Auth, "V4": oss2.AuthV4}[signature](oss["accessKeyId"], oss["accessKeySecret"])


def tour(world, request):
    """Does every operation; answers what came of each, in order."""
    oss = world["oss"]
    place = Tour(auth_of(oss, request["signature"]), oss, request["bucket"])
    done = []
    for name in [name for name in vars(Tour) if not name.startswith("_")]:
        try:
            getattr(place, name)()
            done.append({"operation": name.replace("_", ", ")})
        except Exception as error:
            done.append({"operation": name.replace("_", ", "), "error": "%s: %s" % (type(error).__name__, error)})
    return {"operations": done}
