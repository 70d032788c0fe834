import java.net.URI;
import software.amazon.awssdk.services.s3.S3Client;

/** Calls at its start, past the end of its first session, and past that of the next. Credentials come from the environment. */
public class Refresh {
  public static void main(String[] args) throws Exception {
    try (S3Client s3 = S3Client.builder().endpointOverride(URI.create(args[0])).forcePathStyle(true).build()) {
      for (long pause : new long[] {0, 3_200, 3_200}) {
        Thread.sleep(pause);
        s3.listBuckets();
      }
    }
    System.out.println("done");
  }
}
