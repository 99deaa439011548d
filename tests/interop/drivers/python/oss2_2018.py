"""Driver of the Python SDK oss2 before 2.11: the format of 2018. It has no multipart upload and takes no description."""
import oss2
from aliyunsdkcore.profile import region_provider
from oss2.crypto import AliKMSProvider, LocalRsaProvider

from protocol import content_md5, read_file, serve, write_file


def bucket_of(world, request):
    oss, kms = world["oss"], world["kms"]
    if request["scheme"] == "rsa-2018":
        provider = LocalRsaProvider(dir=world["keys"]["folder"])
    else:
        region_provider.modify_point("Kms", kms["region"], kms["endpoint"])
        provider = AliKMSProvider(kms["accessKeyId"], kms["accessKeySecret"], kms["region"], kms["keyId"],
                                  passphrase=request.get("passphrase"))
    auth = oss2.Auth(oss["accessKeyId"], oss["accessKeySecret"])
    return oss2.CryptoBucket(auth, oss["origin"], oss["bucket"], provider)


def put(world, request):
    content = read_file(request["file"])
    # Declared as a caller who follows the documentation would: the SDK moves it into the metadata.
    headers = {"Content-Length": str(len(content))}
    if request.get("contentMd5"):
        headers["Content-MD5"] = content_md5(content)
    bucket_of(world, request).put_object(request["key"], content, headers=headers)


def get(world, request):
    headers = {}
    if request.get("range"):
        first, last = ("" if end is None else end for end in request["range"])
        headers["Range"] = "bytes=%s-%s" % (first, last)
    write_file(request["file"], bucket_of(world, request).get_object(request["key"], headers=headers).read())


serve({"put": put, "get": get}, oss2.__version__)
