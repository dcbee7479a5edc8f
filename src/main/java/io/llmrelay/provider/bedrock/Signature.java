package io.llmrelay.provider.bedrock;

import io.vertx.core.buffer.Buffer;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.Map;
import software.amazon.awssdk.http.ContentStreamProvider;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4HttpSigner;
import software.amazon.awssdk.identity.spi.AwsCredentialsIdentity;
import software.amazon.awssdk.identity.spi.AwsSessionCredentialsIdentity;

/** Request signatures by the AWS SDK. */
final class Signature {
  private static final AwsV4HttpSigner SIGNER = AwsV4HttpSigner.create();

  private Signature() {}

  /** Returns the headers that sign a request. */
  static Map<String, String> headers(
      Map<String, String> env, String region, String method, String url, Buffer body) {
    SdkHttpRequest request =
        SdkHttpRequest.builder()
            .method(SdkHttpMethod.fromValue(method))
            .uri(URI.create(url))
            .putHeader("content-type", "application/json")
            .build();
    SdkHttpRequest signed =
        SIGNER
            .sign(
                sign ->
                    sign.identity(credentials(env))
                        .request(request)
                        .payload(ContentStreamProvider.fromByteArray(body.getBytes()))
                        .putProperty(AwsV4HttpSigner.SERVICE_SIGNING_NAME, "bedrock")
                        .putProperty(AwsV4HttpSigner.REGION_NAME, region))
            .request();
    Map<String, String> headers = new LinkedHashMap<>();
    signed
        .headers()
        .forEach(
            (name, values) -> {
              // The HTTP client sets the same host.
              if (!name.equalsIgnoreCase("host")) {
                headers.put(name, values.get(0));
              }
            });
    return headers;
  }

  private static AwsCredentialsIdentity credentials(Map<String, String> env) {
    String key = env.get("AWS_ACCESS_KEY_ID");
    String secret = env.get("AWS_SECRET_ACCESS_KEY");
    String token = env.get("AWS_SESSION_TOKEN");
    return token == null || token.isBlank()
        ? AwsCredentialsIdentity.create(key, secret)
        : AwsSessionCredentialsIdentity.create(key, secret, token);
  }
}
