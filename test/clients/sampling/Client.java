// Part of the tests: the X-Ray SDK for Java, asked for decisions. Says what it decided, a JSON object a line.
import com.amazonaws.xray.AWSXRay;
import com.amazonaws.xray.AWSXRayRecorderBuilder;
import com.amazonaws.xray.strategy.sampling.CentralizedSamplingStrategy;
import com.amazonaws.xray.strategy.sampling.SamplingRequest;
import com.amazonaws.xray.strategy.sampling.SamplingResponse;

public class Client {
  static final CentralizedSamplingStrategy STRATEGY = new CentralizedSamplingStrategy();

  static SamplingResponse decide(String path) {
    return STRATEGY.shouldTrace(new SamplingRequest("backend-flask", "localhost", path, "GET", "*"));
  }

  static int sampled(String path, int requests) {
    int count = 0;
    for (int i = 0; i < requests; i++) if (decide(path).isSampled()) count++;
    return count;
  }

  static void say(String line) {
    System.out.println(line);
    System.out.flush();
  }

  public static void main(String[] args) throws Exception {
    AWSXRay.setGlobalRecorder(AWSXRayRecorderBuilder.standard().withSamplingStrategy(STRATEGY).build());
    while (!decide("/everything/1").getRuleName().orElse("").equals("Everything")) Thread.sleep(50);
    say("{\"step\":\"rules\"}");

    int nothing = sampled("/nothing/1", 200);
    int everything = sampled("/everything/1", 200);
    for (int i = 0; i < 100; i++) {
      for (String path : new String[] {"/nothing/1", "/everything/1"}) {
        if (decide(path).isSampled()) AWSXRay.beginSegment("backend-flask");
        else AWSXRay.getGlobalRecorder().beginNoOpSegment();
        AWSXRay.endSegment();
      }
      Thread.sleep(2);
    }
    say("{\"step\":\"decisions\",\"sampled\":{\"/nothing/1\":" + nothing + ",\"/everything/1\":" + everything + "}}");

    int perSecond = 0;
    while (perSecond < 10) {
      Thread.sleep(1100 - System.currentTimeMillis() % 1000);
      perSecond = sampled("/ten/1", 50);
    }
    say("{\"step\":\"quota\",\"sampled\":" + perSecond + "}");
    System.exit(0);
  }
}
