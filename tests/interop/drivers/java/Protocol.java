import com.google.gson.Gson;
import com.google.gson.JsonObject;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** The protocol between the interop run and a driver: one JSON object a line, on standard input and output. */
final class Protocol {
    /** Does what a request asks for. */
    interface Operation {
        void run(World world, Request request) throws Throwable;
    }

    /** The first line: where the local services are, and with which keys. */
    static final class World {
        Oss oss;
        Kms kms;
        Keys keys;
    }

    static final class Oss {
        String origin, region, bucket, accessKeyId, accessKeySecret;
    }

    static final class Kms {
        String endpoint, region, keyId, accessKeyId, accessKeySecret;
    }

    static final class Keys {
        String publicKey, privateKey;
    }

    /** Every further line. */
    static final class Request {
        int id;
        String op, key, file, scheme;
        Map<String, String> description;
        Long[] range;
        int partSizeBytes;
        boolean contentMd5;
    }

    private static final Gson GSON = new Gson();

    private Protocol() {}

    /** Answers each request by the operation that it names, until standard input ends. */
    static void serve(String version, Map<String, Operation> operations) throws Exception {
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        PrintStream output = new PrintStream(System.out, true, "UTF-8");
        // What the SDK prints must not come between.
        System.setOut(System.err);
        World world = GSON.fromJson(input.readLine(), World.class);
        JsonObject hello = new JsonObject();
        hello.addProperty("version", version);
        output.println(GSON.toJson(hello));
        for (String line = input.readLine(); line != null; line = input.readLine()) {
            Request request = GSON.fromJson(line, Request.class);
            JsonObject answer = new JsonObject();
            answer.addProperty("id", request.id);
            try {
                Operation operation = operations.get(request.op);
                if (operation == null) {
                    throw new IllegalArgumentException("unknown operation " + request.op);
                }
                operation.run(world, request);
                answer.addProperty("ok", true);
            } catch (Throwable error) {
                answer.addProperty("ok", false);
                answer.addProperty("error", error.toString());
            }
            output.println(GSON.toJson(answer));
        }
    }
}
