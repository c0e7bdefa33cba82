// Part of the tests: the X-Ray SDK for Java, which sends three traces. Says when they are out.
import com.amazonaws.xray.AWSXRay;
import com.amazonaws.xray.entities.Subsegment;

public class Client {
  static void nested() {
    for (String name : new String[] {"a", "b", "c"}) AWSXRay.beginSubsegment(name);
    for (int i = 0; i < 3; i++) AWSXRay.endSubsegment();
  }

  static void failing() {
    Subsegment one = AWSXRay.beginSubsegment("failing");
    one.addException(new IllegalStateException("boom \u2601", new RuntimeException("cause")));
    AWSXRay.endSubsegment();
  }

  static void many() {
    for (int i = 0; i < 150; i++) {
      AWSXRay.beginSubsegment("sub-" + i);
      AWSXRay.endSubsegment();
    }
  }

  static void trace(String name, Runnable work) {
    AWSXRay.beginSegment(name);
    work.run();
    AWSXRay.endSegment();
  }

  public static void main(String[] args) throws Exception {
    trace("nested", Client::nested);
    trace("failing", Client::failing);
    trace("many", Client::many);
    Thread.sleep(1000);
    System.out.println("{\"step\":\"documents\"}");
    System.out.flush();
    Thread.sleep(600000);
  }
}
