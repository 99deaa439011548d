// Driver of the C++ SDK alibabacloud-oss-cpp-sdk.
#include <alibabacloud/oss/OssEncryptionClient.h>

#include <fstream>
#include <functional>
#include <iostream>
#include <memory>
#include <sstream>

#include "protocol.h"

using namespace AlibabaCloud::OSS;

namespace {

std::string readFile(const std::string& name) {
    std::ifstream file(name, std::ios::binary);
    if (!file) throw std::runtime_error("there is no file " + name);
    std::ostringstream content;
    content << file.rdbuf();
    return content.str();
}

std::shared_ptr<std::iostream> streamOf(const std::string& content) {
    return std::make_shared<std::stringstream>(content, std::ios::in | std::ios::out | std::ios::binary);
}

template <typename Outcome>
void assertSuccess(const Outcome& outcome) {
    if (!outcome.isSuccess()) throw std::runtime_error(outcome.error().Code() + ": " + outcome.error().Message());
}

std::unique_ptr<OssEncryptionClient> clientOf(const Members& world, const Members& request) {
    std::map<std::string, std::string> description;
    const std::string prefix = "description.";
    for (const auto& member : request) {
        if (member.first.compare(0, prefix.size(), prefix) == 0) {
            description[member.first.substr(prefix.size())] = member.second;
        }
    }
    const auto materials = std::make_shared<SimpleRSAEncryptionMaterials>(
        readFile(world.at("keys.publicKey")), readFile(world.at("keys.privateKey")), description);
    ClientConfiguration configuration;
    configuration.isPathStyle = true;
    configuration.signatureVersion = SignatureVersionType::V4;
    std::unique_ptr<OssEncryptionClient> client(new OssEncryptionClient(
        world.at("oss.origin"), world.at("oss.accessKeyId"), world.at("oss.accessKeySecret"),
        configuration, materials, CryptoConfiguration()));
    client->SetRegion(world.at("oss.region"));
    return client;
}

void put(const Members& world, const Members& request) {
    const auto content = streamOf(readFile(request.at("file")));
    assertSuccess(clientOf(world, request)->PutObject(world.at("oss.bucket"), request.at("key"), content));
}

void get(const Members& world, const Members& request) {
    GetObjectRequest asked(world.at("oss.bucket"), request.at("key"));
    const auto first = request.find("range.0"), last = request.find("range.1"), none = request.end();
    if (first != none || last != none) {
        asked.setRange(first == none ? -1 : std::stoll(first->second), last == none ? -1 : std::stoll(last->second));
    }
    const auto outcome = clientOf(world, request)->GetObject(asked);
    assertSuccess(outcome);
    std::ofstream file(request.at("file"), std::ios::binary);
    // An empty stream would set the file's fail bit.
    if (outcome.result().Metadata().ContentLength() > 0) file << outcome.result().Content()->rdbuf();
}

void putParts(const Members& world, const Members& request) {
    const auto client = clientOf(world, request);
    const std::string &bucket = world.at("oss.bucket"), &key = request.at("key");
    const std::string content = readFile(request.at("file"));
    const std::size_t partSize = std::stoul(request.at("partSizeBytes"));
    MultipartUploadCryptoContext context;
    context.setPartSize(static_cast<int64_t>(partSize));
    context.setDataSize(static_cast<int64_t>(content.size()));
    const auto started = client->InitiateMultipartUpload(InitiateMultipartUploadRequest(bucket, key), context);
    assertSuccess(started);
    PartList parts;
    for (std::size_t offset = 0; offset < content.size(); offset += partSize) {
        const int number = static_cast<int>(parts.size()) + 1;
        const auto part = streamOf(content.substr(offset, partSize));
        const auto sent =
            client->UploadPart(UploadPartRequest(bucket, key, number, started.result().UploadId(), part), context);
        assertSuccess(sent);
        parts.push_back(Part(number, sent.result().ETag()));
    }
    assertSuccess(client->CompleteMultipartUpload(
        CompleteMultipartUploadRequest(bucket, key, parts, started.result().UploadId()), context));
}

void uploadFile(const Members& world, const Members& request) {
    UploadObjectRequest asked(world.at("oss.bucket"), request.at("key"), request.at("file"));
    asked.setPartSize(std::stoul(request.at("partSizeBytes")));
    assertSuccess(clientOf(world, request)->ResumableUploadObject(asked));
}

void downloadFile(const Members& world, const Members& request) {
    DownloadObjectRequest asked(world.at("oss.bucket"), request.at("key"), request.at("file"));
    asked.setPartSize(std::stoul(request.at("partSizeBytes")));
    assertSuccess(clientOf(world, request)->ResumableDownloadObject(asked));
}

const std::map<std::string, std::function<void(const Members&, const Members&)>> operations = {
    {"put", put},
    {"get", get},
    {"put-parts", putParts},
    {"upload-file", uploadFile},
    {"download-file", downloadFile},
};

}  // namespace

int main() {
    InitializeSdk();
    std::string line;
    std::getline(std::cin, line);
    const Members world = Reader::read(line);
    std::cout << "{\"version\":" << quoted(ALIBABACLOUD_OSS_VERSION_STR) << "}" << std::endl;
    while (std::getline(std::cin, line)) {
        const Members request = Reader::read(line);
        std::cout << "{\"id\":" << request.at("id");
        try {
            operations.at(request.at("op"))(world, request);
            std::cout << ",\"ok\":true}" << std::endl;
        } catch (const std::exception& error) {
            std::cout << ",\"ok\":false,\"error\":" << quoted(error.what()) << "}" << std::endl;
        }
    }
    ShutdownSdk();
}
