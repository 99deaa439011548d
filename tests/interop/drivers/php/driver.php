<?php
// Driver of the PHP SDK alibabacloud-oss-php-sdk-v2. The file that OSS_ENVELOPE_PHP_SDK names loads the SDK.

declare(strict_types=1);

require getenv('OSS_ENVELOPE_PHP_SDK');

use AlibabaCloud\Oss\V2 as Oss;
use GuzzleHttp\Psr7\Utils;

function clientOf(array $world, array $request): Oss\EncryptionClient
{
    ['oss' => $place, 'keys' => $keys] = $world;
    $config = Oss\Config::loadDefault();
    $config->setCredentialsProvider(
        new Oss\Credentials\StaticCredentialsProvider($place['accessKeyId'], $place['accessKeySecret'])
    );
    $config->setRegion($place['region']);
    $config->setEndpoint($place['origin']);
    $config->setUsePathStyle(true);
    $cipher = new Oss\Crypto\MasterRsaCipher(
        file_get_contents($keys['publicKey']),
        file_get_contents($keys['privateKey']),
        $request['description'] ?? null
    );
    return new Oss\EncryptionClient(new Oss\Client($config), $cipher);
}

$operations = [
    'put' => function (array $world, array $request): void {
        clientOf($world, $request)->putObject(new Oss\Models\PutObjectRequest(
            bucket: $world['oss']['bucket'],
            key: $request['key'],
            body: Utils::streamFor(file_get_contents($request['file'])),
        ));
    },
    'get' => function (array $world, array $request): void {
        $range = isset($request['range']) ? 'bytes=' . implode('-', $request['range']) : null;
        $result = clientOf($world, $request)->getObject(new Oss\Models\GetObjectRequest(
            bucket: $world['oss']['bucket'],
            key: $request['key'],
            rangeHeader: $range,
        ));
        file_put_contents($request['file'], (string) $result->body);
    },
    'put-parts' => function (array $world, array $request): void {
        $client = clientOf($world, $request);
        ['bucket' => $bucket] = $world['oss'];
        ['key' => $key, 'partSizeBytes' => $partSize] = $request;
        $content = file_get_contents($request['file']);
        $started = $client->initiateMultipartUpload(new Oss\Models\InitiateMultipartUploadRequest(
            bucket: $bucket,
            key: $key,
            cseDataSize: strlen($content),
            csePartSize: $partSize,
        ));
        $parts = [];
        foreach (str_split($content, $partSize) as $index => $part) {
            $upload = new Oss\Models\UploadPartRequest(
                bucket: $bucket,
                key: $key,
                partNumber: $index + 1,
                uploadId: $started->uploadId,
                body: Utils::streamFor($part),
            );
            $upload->encryptionMultipartContext = $started->encryptionMultipartContext;
            $parts[] = new Oss\Models\UploadPart($index + 1, $client->uploadPart($upload)->etag);
        }
        $client->completeMultipartUpload(new Oss\Models\CompleteMultipartUploadRequest(
            bucket: $bucket,
            key: $key,
            uploadId: $started->uploadId,
            completeMultipartUpload: new Oss\Models\CompleteMultipartUpload($parts),
        ));
    },
    'upload-file' => function (array $world, array $request): void {
        clientOf($world, $request)->newUploader(['part_size' => $request['partSizeBytes']])->uploadFile(
            new Oss\Models\PutObjectRequest(bucket: $world['oss']['bucket'], key: $request['key']),
            $request['file'],
        );
    },
    'download-file' => function (array $world, array $request): void {
        clientOf($world, $request)->newDownloader(['part_size' => $request['partSizeBytes']])->downloadFile(
            new Oss\Models\GetObjectRequest(bucket: $world['oss']['bucket'], key: $request['key']),
            $request['file'],
        );
    },
];

// One JSON object a line, on standard input and output. The first line is the world: where the local services are, and
// with which keys.
function answer(array $value): void
{
    echo json_encode($value, JSON_INVALID_UTF8_SUBSTITUTE | JSON_UNESCAPED_SLASHES), "\n";
}

ini_set('display_errors', 'stderr');
$world = json_decode(fgets(STDIN), true);
answer(['version' => Oss\Version::VERSION]);
while (($line = fgets(STDIN)) !== false) {
    $request = json_decode($line, true);
    try {
        $operations[$request['op']]($world, $request);
        answer(['id' => $request['id'], 'ok' => true]);
    } catch (\Throwable $error) {
        for ($said = []; $error !== null; $error = $error->getPrevious()) {
            $said[] = get_class($error) . ': ' . $error->getMessage();
        }
        answer(['id' => $request['id'], 'ok' => false, 'error' => implode('; because of ', $said)]);
    }
}
