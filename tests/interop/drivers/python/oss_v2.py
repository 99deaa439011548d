"""Driver of the Python SDK alibabacloud-oss-v2."""
import alibabacloud_oss_v2 as oss
from alibabacloud_oss_v2.crypto import MasterRsaCipher

from protocol import content_md5, parts_of, read_file, serve, write_file


def client_of(world, request):
    place = world["oss"]
    config = oss.config.load_default()
    config.credentials_provider = oss.credentials.StaticCredentialsProvider(
        place["accessKeyId"], place["accessKeySecret"])
    config.region, config.endpoint, config.use_path_style = place["region"], place["origin"], True
    keys = world["keys"]
    cipher = MasterRsaCipher(
        mat_desc=request.get("description"),
        public_key=read_file(keys["publicKey"]).decode(),
        private_key=read_file(keys["privateKey"]).decode())
    return oss.EncryptionClient(oss.Client(config), cipher)


def put(world, request):
    content = read_file(request["file"])
    client_of(world, request).put_object(oss.PutObjectRequest(
        bucket=world["oss"]["bucket"], key=request["key"], body=content,
        content_md5=content_md5(content) if request.get("contentMd5") else None))


def get(world, request):
    byte_range = None
    if request.get("range"):
        first, last = ("" if end is None else end for end in request["range"])
        byte_range = "bytes=%s-%s" % (first, last)
    result = client_of(world, request).get_object(oss.GetObjectRequest(
        bucket=world["oss"]["bucket"], key=request["key"], range_header=byte_range))
    with result.body as body:
        write_file(request["file"], body.read())


def put_parts(world, request):
    client, bucket, key = client_of(world, request), world["oss"]["bucket"], request["key"]
    content = read_file(request["file"])
    started = client.initiate_multipart_upload(oss.InitiateMultipartUploadRequest(
        bucket=bucket, key=key, cse_data_size=len(content), cse_part_size=request["partSizeBytes"]))
    parts = []
    for number, part in parts_of(content, request["partSizeBytes"]):
        result = client.upload_part(oss.UploadPartRequest(
            bucket=bucket, key=key, upload_id=started.upload_id, part_number=number, body=part,
            content_md5=content_md5(part) if request.get("contentMd5") else None,
            cse_multipart_context=started.cse_multipart_context))
        parts.append(oss.UploadPart(part_number=number, etag=result.etag))
    client.complete_multipart_upload(oss.CompleteMultipartUploadRequest(
        bucket=bucket, key=key, upload_id=started.upload_id,
        complete_multipart_upload=oss.CompleteMultipartUpload(parts=parts)))


def upload_file(world, request):
    uploader = oss.Uploader(client_of(world, request), part_size=request["partSizeBytes"])
    uploader.upload_file(
        oss.PutObjectRequest(bucket=world["oss"]["bucket"], key=request["key"]), filepath=request["file"])


def download_file(world, request):
    downloader = oss.Downloader(client_of(world, request), part_size=request["partSizeBytes"])
    downloader.download_file(
        oss.GetObjectRequest(bucket=world["oss"]["bucket"], key=request["key"]), filepath=request["file"])


serve({
    "put": put,
    "get": get,
    "put-parts": put_parts,
    "upload-file": upload_file,
    "download-file": download_file,
}, oss.__version__)
