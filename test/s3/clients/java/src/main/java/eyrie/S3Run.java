package eyrie;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.crt.S3CrtHttpConfiguration;
import software.amazon.awssdk.services.s3.model.CompletedMultipartUpload;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.Delete;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.transfer.s3.S3TransferManager;

/**
 * What Nextflow does, with the clients that it uses: one line per step, the same for every endpoint. Arguments: `sync` or
 * `crt`, endpoint, bucket, access key id, secret, and a session token where there is one.
 */
public final class S3Run {
  private static final String[] KEYS = {"plain", "sp ace", "pl+us", "é/日本", "a/b", "per%cent", "a&b=c;d", "x!'()*"};

  public static void main(String[] args) throws Exception {
    String endpoint = args[1];
    String bucket = args[2];
    AwsCredentials credentials = args.length > 5
        ? AwsSessionCredentials.create(args[3], args[4], args[5])
        : AwsBasicCredentials.create(args[3], args[4]);
    StaticCredentialsProvider provider = StaticCredentialsProvider.create(credentials);
    if (args[0].equals("sync")) {
      try (S3Client s3 = S3Client.builder().endpointOverride(URI.create(endpoint)).forcePathStyle(true)
          .region(Region.US_EAST_1).credentialsProvider(provider).build()) {
        sync(s3, bucket);
      }
      return;
    }
    // The CRT has a trust store of its own, so a certificate for a test can't be told to it.
    S3CrtHttpConfiguration anyCertificate = S3CrtHttpConfiguration.builder().trustAllCertificatesEnabled(true).build();
    try (S3AsyncClient crt = S3AsyncClient.crtBuilder().endpointOverride(URI.create(endpoint)).forcePathStyle(true)
            .region(Region.US_EAST_1).credentialsProvider(provider).httpConfiguration(anyCertificate).build();
        S3TransferManager manager = S3TransferManager.builder().s3Client(crt).build()) {
      transfer(manager, crt, bucket);
    }
  }

  private static void sync(S3Client s3, String bucket) throws Exception {
    for (String key : KEYS) {
      byte[] body = ("body of " + key).getBytes("UTF-8");
      s3.putObject(r -> r.bucket(bucket).key(key).contentMD5(md5(body)), RequestBody.fromBytes(body));
      say("get " + key, hash(s3.getObjectAsBytes(r -> r.bucket(bucket).key(key)).asByteArray()));
      say("head " + key, s3.headObject(r -> r.bucket(bucket).key(key)).contentLength());
      s3.copyObject(r -> r.sourceBucket(bucket).sourceKey(key).destinationBucket(bucket).destinationKey("copy/" + key));
      say("copied " + key, hash(s3.getObjectAsBytes(r -> r.bucket(bucket).key("copy/" + key)).asByteArray()));
    }
    say("list v2", s3.listObjectsV2(r -> r.bucket(bucket)).contents().stream().map(o -> o.key()).toList());
    say("list v1", s3.listObjects(r -> r.bucket(bucket).prefix("copy/").maxKeys(2)).contents().size());
    byte[] large = random(3_000_000);
    s3.putObject(r -> r.bucket(bucket).key("large"), RequestBody.fromBytes(large));
    say("range", hash(s3.getObjectAsBytes(r -> r.bucket(bucket).key("large").range("bytes=1000-1999999")).asByteArray()));
    try (ResponseInputStream<GetObjectResponse> stream = s3.getObject(r -> r.bucket(bucket).key("large"))) {
      say("first byte", stream.read());
      stream.abort();
    }
    s3.putObject(r -> r.bucket(bucket).key("empty"), RequestBody.empty());
    say("empty", s3.headObject(r -> r.bucket(bucket).key("empty")).contentLength());
    multipart(s3, bucket);
    say("missing", code(() -> s3.headObject(r -> r.bucket(bucket).key("missing"))));
    say("missing get", code(() -> s3.getObjectAsBytes(r -> r.bucket(bucket).key("missing"))));
    List<ObjectIdentifier> gone = new ArrayList<>();
    for (String key : KEYS) gone.add(ObjectIdentifier.builder().key(key).build());
    say("deleted", s3.deleteObjects(r -> r.bucket(bucket).delete(Delete.builder().objects(gone).build())).deleted().size());
    s3.deleteObject(r -> r.bucket(bucket).key("empty"));
    say("left", s3.listObjectsV2(r -> r.bucket(bucket)).keyCount());
  }

  private static void multipart(S3Client s3, String bucket) throws Exception {
    byte[] first = random(5 * 1024 * 1024);
    byte[] last = random(100_000);
    String id = s3.createMultipartUpload(r -> r.bucket(bucket).key("parts").checksumAlgorithm("CRC32")).uploadId();
    List<CompletedPart> parts = new ArrayList<>();
    int number = 1;
    for (byte[] body : new byte[][] {first, last}) {
      int n = number++;
      var answer = s3.uploadPart(r -> r.bucket(bucket).key("parts").uploadId(id).partNumber(n).checksumAlgorithm("CRC32"), RequestBody.fromBytes(body));
      parts.add(CompletedPart.builder().partNumber(n).eTag(answer.eTag()).checksumCRC32(answer.checksumCRC32()).build());
    }
    s3.completeMultipartUpload(r -> r.bucket(bucket).key("parts").uploadId(id).multipartUpload(CompletedMultipartUpload.builder().parts(parts).build()));
    say("parts", s3.headObject(r -> r.bucket(bucket).key("parts")).contentLength());
  }

  private static void transfer(S3TransferManager manager, S3AsyncClient crt, String bucket) throws Exception {
    for (int size : new int[] {0, 1, 1_000_000, 40_000_000, 200 * 1024 * 1024}) {
      Path from = Files.createTempFile("up", ".bin");
      Path to = Files.createTempFile("down", ".bin");
      Files.write(from, random(size));
      manager.uploadFile(r -> r.source(from).putObjectRequest(p -> p.bucket(bucket).key("crt/" + size))).completionFuture().join();
      manager.downloadFile(r -> r.destination(to).getObjectRequest(g -> g.bucket(bucket).key("crt/" + size))).completionFuture().join();
      say("crt " + size, Files.mismatch(from, to) == -1);
      Files.delete(from);
      Files.delete(to);
    }
    manager.copy(r -> r.copyObjectRequest(c -> c.sourceBucket(bucket).sourceKey("crt/40000000").destinationBucket(bucket).destinationKey("crt/copy"))).completionFuture().join();
    say("crt copy", crt.headObject(r -> r.bucket(bucket).key("crt/copy")).join().contentLength());
  }

  private interface Call {
    void run();
  }

  private static String code(Call call) {
    try {
      call.run();
      return "no error";
    } catch (S3Exception e) {
      return e.getClass().getSimpleName() + " " + e.statusCode();
    }
  }

  private static void say(String step, Object result) {
    System.out.println(step + ": " + result);
  }

  private static byte[] random(int size) {
    byte[] bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    return bytes;
  }

  private static String hash(byte[] bytes) throws Exception {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes)).substring(0, 16);
  }

  private static String md5(byte[] bytes) {
    try {
      return java.util.Base64.getEncoder().encodeToString(MessageDigest.getInstance("MD5").digest(bytes));
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
