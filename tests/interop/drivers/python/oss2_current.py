"""Driver of the Python SDK oss2, from 2.11 on: the current format, and reading that of 2018."""
import os

import oss2
from aliyunsdkcore.profile import region_provider
from oss2.crypto import AliKMSProvider, LocalRsaProvider, RsaProvider
from oss2.models import MultipartUploadCryptoContext, PartInfo

import oss2_tour
from protocol import content_md5, parts_of, read_file, serve, write_file


def provider_of(world, request):
    scheme, description = request["scheme"], request.get("description")
    keys = world["keys"]
    if scheme == "rsa-pkcs1":
        pair = {"public_key": read_file(keys["publicKey"]), "private_key": read_file(keys["privateKey"])}
        return RsaProvider(pair, mat_desc=description)
    if scheme in ("rsa-oaep", "rsa-2018"):
        # It has no parameter for a description.
        return LocalRsaProvider(dir=keys["folder"])
    kms = world["kms"]
    region_provider.modify_point("Kms", kms["region"], kms["endpoint"])
    return AliKMSProvider(kms["accessKeyId"], kms["accessKeySecret"], kms["region"], kms["keyId"],
                          passphrase=request.get("passphrase"), mat_desc=description)


def bucket_of(world, request):
    oss = world["oss"]
    auth = oss2.AuthV4(oss["accessKeyId"], oss["accessKeySecret"])
    return oss2.CryptoBucket(auth, oss["origin"], oss["bucket"], provider_of(world, request), region=oss["region"])


def put(world, request):
    content = read_file(request["file"])
    headers = {"Content-MD5": content_md5(content)} if request.get("contentMd5") else None
    bucket_of(world, request).put_object(request["key"], content, headers=headers)


def get(world, request):
    first, last = request.get("range") or (None, None)
    byte_range = None if first is None and last is None else (first, last)
    write_file(request["file"], bucket_of(world, request).get_object(request["key"], byte_range).read())


def get_to_file(world, request):
    bucket_of(world, request).get_object_to_file(request["key"], request["file"], tuple(request["range"]))


def put_parts(world, request):
    bucket, key, content = bucket_of(world, request), request["key"], read_file(request["file"])
    context = MultipartUploadCryptoContext(data_size=len(content), part_size=request["partSizeBytes"])
    upload_id = bucket.init_multipart_upload(key, upload_context=context).upload_id
    parts = []
    for number, part in parts_of(content, context.part_size):
        headers = {"Content-MD5": content_md5(part)} if request.get("contentMd5") else None
        result = bucket.upload_part(key, upload_id, number, part, headers=headers, upload_context=context)
        parts.append(PartInfo(number, result.etag))
    bucket.complete_multipart_upload(key, upload_id, parts)


def upload_file(world, request):
    store = oss2.resumable.make_upload_store(root=os.path.join(world["keys"]["folder"], "checkpoints"))
    oss2.resumable_upload(bucket_of(world, request), request["key"], request["file"], store=store,
                          multipart_threshold=1, part_size=request["partSizeBytes"], num_threads=2)


def download_file(world, request):
    store = oss2.resumable.make_download_store(root=os.path.join(world["keys"]["folder"], "checkpoints"))
    oss2.resumable_download(bucket_of(world, request), request["key"], request["file"], store=store,
                            multiget_threshold=1, part_size=request["partSizeBytes"], num_threads=2)


serve({
    "put": put,
    "get": get,
    "get-to-file": get_to_file,
    "put-parts": put_parts,
    "upload-file": upload_file,
    "download-file": download_file,
    "tour": oss2_tour.tour,
}, oss2.__version__)
