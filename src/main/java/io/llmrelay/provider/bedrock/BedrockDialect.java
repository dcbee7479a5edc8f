package io.llmrelay.provider.bedrock;

import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.RequestFeature;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.provider.Answer;
import io.llmrelay.provider.Dialect;
import io.llmrelay.provider.EncodedRequest;
import io.llmrelay.provider.UriPaths;
import io.llmrelay.provider.wire.Json;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The ConverseStream API of AWS Bedrock. A request carries a Bedrock key, or is signed with the AWS
 * credentials of the environment, for the region in the base URL.
 *
 * <p>Libraries of AWS decode frames and sign requests. They are optional: their classes are not
 * loaded before {@link #problem} has found them on the class path.
 */
public final class BedrockDialect implements Dialect {
  private static final String FRAMES = "software.amazon.eventstream.Message";
  private static final String SIGNER =
      "software.amazon.awssdk.http.auth.aws.signer.AwsV4HttpSigner";
  private static final Pattern REGION =
      Pattern.compile("https?://(?:[^/]+\\.)?bedrock-runtime(?:-fips)?\\.([a-z0-9-]+)\\..*");

  private final Map<String, String> env;

  /** Creates the dialect with the credentials of the process environment. */
  public BedrockDialect() {
    this(System.getenv());
  }

  /** Creates the dialect with the credentials of an environment. */
  public BedrockDialect(Map<String, String> env) {
    this.env = env;
  }

  @Override
  public String name() {
    return "bedrock";
  }

  @Override
  public String problem(BackendOptions options) {
    if (missing(FRAMES)) {
      return "the bedrock dialect needs software.amazon.eventstream:eventstream on the class path";
    }
    if (options.getApiKey() != null) {
      return null;
    }
    if (missing(SIGNER)) {
      return "to sign requests, the bedrock dialect needs software.amazon.awssdk:http-auth-aws on"
          + " the class path; a Bedrock key as api-key does without";
    }
    if (env.get("AWS_ACCESS_KEY_ID") == null || env.get("AWS_SECRET_ACCESS_KEY") == null) {
      return "has neither an api-key nor AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the"
          + " environment";
    }
    return region(options) == null
        ? "to sign requests, the base URL must name the region:"
            + " https://bedrock-runtime.<region>.amazonaws.com"
        : null;
  }

  private static boolean missing(String library) {
    try {
      Class.forName(library, false, BedrockDialect.class.getClassLoader());
      return false;
    } catch (ClassNotFoundException e) {
      return true;
    }
  }

  private static String region(BackendOptions options) {
    Matcher region = REGION.matcher(options.getBaseUrl());
    return region.matches() ? region.group(1) : null;
  }

  @Override
  public Set<RequestFeature> features() {
    return EnumSet.of(
        RequestFeature.TOOLS,
        RequestFeature.IMAGES,
        RequestFeature.AUDIO,
        RequestFeature.DOCUMENTS,
        RequestFeature.JSON,
        RequestFeature.JSON_SCHEMA);
  }

  @Override
  public String cannotExpress(ChatRequest request, BackendOptions options) {
    return BedrockRequest.problem(request);
  }

  @Override
  public boolean continues(ChatRequest request, BackendOptions options) {
    return BedrockModel.of(request.model()).claude().continues(request);
  }

  @Override
  public Map<String, String> headers(BackendOptions options) {
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("accept", "application/vnd.amazon.eventstream");
    if (options.getApiKey() != null) {
      headers.put("authorization", "Bearer " + options.getApiKey());
    }
    return headers;
  }

  @Override
  public Map<String, String> sign(String method, String url, Buffer body, BackendOptions options) {
    return options.getApiKey() == null
        ? Signature.headers(env, region(options), method, url, body)
        : Map.of();
  }

  @Override
  public String chatPath(String model, BackendOptions options) {
    return "/model/" + UriPaths.segment(model) + "/converse-stream";
  }

  /** Returns the URL of another service in the same region, which lists the models. */
  @Override
  public String modelsPath(BackendOptions options) {
    String path = "/foundation-models?byOutputModality=TEXT";
    return region(options) == null
        ? path
        : options.getBaseUrl().replaceFirst("bedrock-runtime", "bedrock").replaceFirst("/+$", "")
            + path;
  }

  @Override
  public EncodedRequest encode(ChatRequest request, String model, BackendOptions options) {
    return new BedrockRequest(request, model).encode(options);
  }

  @Override
  public Extras extras(BackendOptions options) {
    return new Extras(List.of("reasoningContent"), "last event");
  }

  @Override
  public Reader reader(Answer answer, BackendOptions options) {
    return new BedrockReader(answer);
  }

  @Override
  public List<String> models(JsonObject list) {
    return Json.strings(list, "modelSummaries", "modelId");
  }
}
