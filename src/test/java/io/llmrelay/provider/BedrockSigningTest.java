package io.llmrelay.provider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.ConfigException;
import io.llmrelay.provider.bedrock.BedrockDialect;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.dns.AddressResolverOptions;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import java.io.File;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Requests to Bedrock as a server sees them that knows the secret and signs them once more. */
class BedrockSigningTest {
  private static final String SECRET = "secret-of-the-test";
  private static final Map<String, String> ENV =
      Map.of(
          "AWS_ACCESS_KEY_ID", "AKIDOFTHETEST",
          "AWS_SECRET_ACCESS_KEY", SECRET,
          "AWS_SESSION_TOKEN", "session-of-the-test");

  private record Seen(HttpServerRequest request, Buffer body) {}

  private static Vertx vertx;
  private static int port;
  private static Promise<Seen> seen;

  @BeforeAll
  static void start() {
    String hosts = "127.0.0.1 bedrock-runtime.eu-west-1.test\n127.0.0.1 bedrock.eu-west-1.test";
    vertx =
        Vertx.vertx(
            new VertxOptions()
                .setAddressResolverOptions(
                    new AddressResolverOptions().setHostsValue(Buffer.buffer(hosts))));
    HttpServer server =
        Consumer.await(
            vertx
                .createHttpServer()
                .requestHandler(
                    request ->
                        request
                            .body()
                            .onSuccess(
                                body -> {
                                  seen.complete(new Seen(request, body));
                                  request.response().end("{\"modelSummaries\":[]}");
                                }))
                .listen(0, "127.0.0.1"));
    port = server.actualPort();
  }

  @AfterAll
  static void stop() {
    Consumer.await(vertx.close());
  }

  private static BackendOptions options() {
    return new BackendOptions()
        .setDialect("bedrock")
        .setBaseUrl("http://bedrock-runtime.eu-west-1.test:" + port);
  }

  private static BackendClient backend(BackendOptions options, Map<String, String> env) {
    return new BackendClient(vertx, "aws", options, new BedrockDialect(env), true);
  }

  private static Seen chat(BackendClient backend) {
    seen = Promise.promise();
    Buffer body = backend.dialect().encode(Rig.HELLO, "m", backend.options()).body();
    Future<?> sent =
        backend
            .open(Rig.HELLO.withModel("vendor.model-v1:0"), 2_000, null, () -> false)
            .map(BackendClient.Opened::request)
            .compose(
                request -> {
                  backend.sign(request, body);
                  return request.send(body);
                });
    Consumer.await(sent);
    return Consumer.await(seen.future());
  }

  @Test
  void theSignatureIsTheOneTheSecretGives() throws Exception {
    Seen seen = chat(backend(options(), ENV));
    assertThat(seen.request.uri()).isEqualTo("/model/vendor.model-v1%3A0/converse-stream");
    assertThat(seen.request.getHeader("x-amz-security-token")).isEqualTo("session-of-the-test");
    assertThat(seen.request.getHeader("accept")).isEqualTo("application/vnd.amazon.eventstream");
    assertSigned(seen);
  }

  @Test
  void probesAreSignedToo() throws Exception {
    seen = Promise.promise();
    assertThat(Consumer.await(new Probe(vertx, backend(options(), ENV)).models()).getBoolean("ok"))
        .isTrue();
    Seen probe = Consumer.await(seen.future());
    assertThat(probe.request.authority().host()).isEqualTo("bedrock.eu-west-1.test");
    assertThat(probe.request.uri()).isEqualTo("/foundation-models?byOutputModality=TEXT");
    assertThat(probe.request.getHeader("accept")).isEqualTo("application/json");
    assertSigned(probe);
  }

  @Test
  void aKeyDoesWithoutASignature() {
    Seen seen = chat(backend(options().setApiKey("bedrock-key"), Map.of()));
    assertThat(seen.request.getHeader("authorization")).isEqualTo("Bearer bedrock-key");
    assertThat(seen.request.getHeader("x-amz-date")).isNull();
  }

  private static void assertSigned(Seen seen) throws Exception {
    HttpServerRequest request = seen.request;
    String authorization = request.getHeader("authorization");
    String date = request.getHeader("x-amz-date");
    String scope = date.substring(0, 8) + "/eu-west-1/bedrock/aws4_request";
    assertThat(authorization)
        .startsWith("AWS4-HMAC-SHA256 Credential=AKIDOFTHETEST/" + scope + ", SignedHeaders=");
    String names = authorization.replaceFirst(".*SignedHeaders=([^,]+),.*", "$1");
    assertThat(names.split(";")).contains("host", "x-amz-date", "x-amz-security-token");
    String headers =
        Arrays.stream(names.split(";"))
            .map(name -> name + ":" + request.getHeader(name) + "\n")
            .collect(Collectors.joining());
    String canonical =
        String.join(
            "\n",
            request.method().name(),
            request.path().replace("%", "%25"),
            request.query() == null ? "" : request.query(),
            headers,
            names,
            sha256(seen.body.getBytes()));
    String toSign =
        String.join(
            "\n",
            "AWS4-HMAC-SHA256",
            date,
            scope,
            sha256(canonical.getBytes(StandardCharsets.UTF_8)));
    byte[] key = ("AWS4" + SECRET).getBytes(StandardCharsets.UTF_8);
    for (String part : scope.split("/")) {
      key = hmac(key, part);
    }
    assertThat(authorization).endsWith("Signature=" + HexFormat.of().formatHex(hmac(key, toSign)));
  }

  private static String sha256(byte[] bytes) throws Exception {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
  }

  private static byte[] hmac(byte[] key, String text) throws Exception {
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(key, "HmacSHA256"));
    return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void withoutCredentialsOrRegionThereIsNoBackend() {
    assertThatThrownBy(() -> backend(options(), Map.of("AWS_ACCESS_KEY_ID", "x")))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("backend aws: has neither an api-key nor AWS_ACCESS_KEY_ID");
    assertThatThrownBy(() -> backend(options().setBaseUrl("http://localhost"), ENV))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("must name the region");
  }

  @Test
  void theRegionStandsInTheHost() {
    for (String host :
        List.of(
            "bedrock-runtime.us-east-1.amazonaws.com",
            "bedrock-runtime-fips.us-east-1.amazonaws.com",
            "vpce-1-a.bedrock-runtime.us-east-1.vpce.amazonaws.com")) {
      assertThat(new BedrockDialect(ENV).problem(options().setBaseUrl("https://" + host)))
          .as(host)
          .isNull();
    }
  }

  /** As in an application that has the plain jar and nothing optional. */
  @Test
  void withoutTheLibrariesItSaysWhatIsMissing() throws Exception {
    assertThat(problemWithout("eventstream", "k")).contains("software.amazon.eventstream");
    assertThat(problemWithout("http-auth-aws", null)).contains("software.amazon.awssdk");
    assertThat(problemWithout("http-auth-aws", "k")).isNull();
  }

  private static String problemWithout(String library, String key) throws Exception {
    URL[] rest =
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(entry -> !Path.of(entry).getFileName().toString().startsWith(library))
            .map(BedrockSigningTest::url)
            .toArray(URL[]::new);
    try (URLClassLoader loader = new URLClassLoader(rest, ClassLoader.getPlatformClassLoader())) {
      Class<?> options = loader.loadClass(BackendOptions.class.getName());
      Object given = options.getConstructor().newInstance();
      options.getMethod("setApiKey", String.class).invoke(given, key);
      options.getMethod("setBaseUrl", String.class).invoke(given, options().getBaseUrl());
      Class<?> dialect = loader.loadClass(BedrockDialect.class.getName());
      Object bedrock = dialect.getConstructor(Map.class).newInstance(ENV);
      return (String) dialect.getMethod("problem", options).invoke(bedrock, given);
    }
  }

  private static URL url(String entry) {
    try {
      return Path.of(entry).toUri().toURL();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
