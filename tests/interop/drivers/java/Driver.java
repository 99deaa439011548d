import com.aliyun.oss.ClientBuilderConfiguration;
import com.aliyun.oss.OSSEncryptionClient;
import com.aliyun.oss.OSSEncryptionClientBuilder;
import com.aliyun.oss.common.auth.DefaultCredentialProvider;
import com.aliyun.oss.common.comm.SignVersion;
import com.aliyun.oss.common.utils.VersionInfoUtils;
import com.aliyun.oss.crypto.EncryptionMaterials;
import com.aliyun.oss.crypto.MultipartUploadCryptoContext;
import com.aliyun.oss.crypto.SimpleRSAEncryptionMaterials;
import com.aliyun.oss.model.CompleteMultipartUploadRequest;
import com.aliyun.oss.model.DownloadFileRequest;
import com.aliyun.oss.model.GetObjectRequest;
import com.aliyun.oss.model.InitiateMultipartUploadRequest;
import com.aliyun.oss.model.OSSObject;
import com.aliyun.oss.model.ObjectMetadata;
import com.aliyun.oss.model.PartETag;
import com.aliyun.oss.model.UploadFileRequest;
import com.aliyun.oss.model.UploadPartRequest;
import com.aliyuncs.profile.DefaultProfile;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Driver of the Java SDK aliyun-sdk-oss. */
public final class Driver {
    /** Not every version of the SDK has it. */
    private static final String KMS_MATERIALS = "com.aliyun.oss.crypto.KmsEncryptionMaterials";

    private Driver() {}

    private static EncryptionMaterials materials(Protocol.World world, Protocol.Request request) throws Exception {
        Map<String, String> description = request.description == null ? new HashMap<>() : request.description;
        Class<?> kmsMaterials = request.scheme.startsWith("kms-") ? findClass(KMS_MATERIALS) : null;
        if (kmsMaterials != null) {
            DefaultProfile.addEndpoint(world.kms.region, "Kms", world.kms.endpoint);
            return (EncryptionMaterials) kmsMaterials
                .getConstructor(String.class, String.class, Map.class)
                .newInstance(world.kms.region, world.kms.keyId, description);
        }
        KeyPair pair = new KeyPair(
            SimpleRSAEncryptionMaterials.getPublicKeyFromPemX509(text(world.keys.publicKey)),
            SimpleRSAEncryptionMaterials.getPrivateKeyFromPemPKCS8(text(world.keys.privateKey)));
        return new SimpleRSAEncryptionMaterials(pair, description);
    }

    private static Class<?> findClass(String name) {
        try {
            return Class.forName(name);
        } catch (ClassNotFoundException absent) {
            return null;
        }
    }

    private static String text(String path) throws Exception {
        return new String(Files.readAllBytes(Path.of(path)), StandardCharsets.UTF_8);
    }

    /** The value of a Content-MD5 header. */
    private static String contentMd5(byte[] content, int offset, int length) throws Exception {
        MessageDigest md5 = MessageDigest.getInstance("MD5");
        md5.update(content, offset, length);
        return Base64.getEncoder().encodeToString(md5.digest());
    }

    private interface Use {
        void with(OSSEncryptionClient client) throws Throwable;
    }

    private static void withClient(Protocol.World world, Protocol.Request request, Use use) throws Throwable {
        ClientBuilderConfiguration configuration = new ClientBuilderConfiguration();
        configuration.setSignatureVersion(SignVersion.V4);
        configuration.setMaxErrorRetry(0);
        OSSEncryptionClient client = new OSSEncryptionClientBuilder().build(
            world.oss.origin,
            new DefaultCredentialProvider(world.oss.accessKeyId, world.oss.accessKeySecret),
            materials(world, request),
            configuration);
        client.setRegion(world.oss.region);
        try {
            use.with(client);
        } finally {
            client.shutdown();
        }
    }

    private static void put(Protocol.World world, Protocol.Request request) throws Throwable {
        withClient(world, request, client -> {
            byte[] content = Files.readAllBytes(Path.of(request.file));
            ObjectMetadata metadata = new ObjectMetadata();
            metadata.setContentLength(content.length);
            if (request.contentMd5) {
                metadata.setContentMD5(contentMd5(content, 0, content.length));
            }
            client.putObject(world.oss.bucket, request.key, new ByteArrayInputStream(content), metadata);
        });
    }

    private static void get(Protocol.World world, Protocol.Request request) throws Throwable {
        withClient(world, request, client -> {
            GetObjectRequest input = new GetObjectRequest(world.oss.bucket, request.key);
            if (request.range != null) {
                // The SDK's words for a missing end.
                long first = request.range[0] == null ? -1 : request.range[0];
                long last = request.range[1] == null ? -1 : request.range[1];
                input.setRange(first, last);
            }
            OSSObject object = client.getObject(input);
            try (InputStream content = object.getObjectContent()) {
                Files.write(Path.of(request.file), content.readAllBytes());
            }
        });
    }

    private static void putParts(Protocol.World world, Protocol.Request request) throws Throwable {
        withClient(world, request, client -> {
            byte[] content = Files.readAllBytes(Path.of(request.file));
            MultipartUploadCryptoContext context = new MultipartUploadCryptoContext();
            context.setPartSize(request.partSizeBytes);
            context.setDataSize(content.length);
            String uploadId = client.initiateMultipartUpload(
                new InitiateMultipartUploadRequest(world.oss.bucket, request.key), context).getUploadId();
            List<PartETag> parts = new ArrayList<>();
            for (int offset = 0; offset < content.length; offset += request.partSizeBytes) {
                int length = Math.min(request.partSizeBytes, content.length - offset);
                UploadPartRequest part = new UploadPartRequest(
                    world.oss.bucket, request.key, uploadId, parts.size() + 1,
                    new ByteArrayInputStream(content, offset, length), length);
                if (request.contentMd5) {
                    part.setMd5Digest(contentMd5(content, offset, length));
                }
                parts.add(client.uploadPart(part, context).getPartETag());
            }
            client.completeMultipartUpload(
                new CompleteMultipartUploadRequest(world.oss.bucket, request.key, uploadId, parts), context);
        });
    }

    private static void uploadFile(Protocol.World world, Protocol.Request request) throws Throwable {
        withClient(world, request, client -> {
            UploadFileRequest input = new UploadFileRequest(world.oss.bucket, request.key);
            input.setUploadFile(request.file);
            input.setPartSize(request.partSizeBytes);
            client.uploadFile(input);
        });
    }

    private static void downloadFile(Protocol.World world, Protocol.Request request) throws Throwable {
        withClient(world, request, client -> {
            DownloadFileRequest input = new DownloadFileRequest(world.oss.bucket, request.key);
            input.setDownloadFile(request.file);
            input.setPartSize(request.partSizeBytes);
            client.downloadFile(input);
        });
    }

    public static void main(String[] arguments) throws Exception {
        Map<String, Protocol.Operation> operations = new HashMap<>();
        operations.put("put", Driver::put);
        operations.put("get", Driver::get);
        operations.put("put-parts", Driver::putParts);
        operations.put("upload-file", Driver::uploadFile);
        operations.put("download-file", Driver::downloadFile);
        Protocol.serve(VersionInfoUtils.getVersion(), operations);
    }
}
