package io.llmrelay.sandbox;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Options of a {@link Sandbox}. As JSON:
 *
 * <pre>
 *   {
 *     "host": "127.0.0.1", "port": 8090,
 *     "firstTokenDelay": 300, "chunkDelay": 30, "prefillMicros": 0,
 *     "requiredKey": "sk-test", "resetOnClose": false,
 *     "tls": false, "certificate": "server.pem", "key": "server.key", "http2": false,
 *     "scenarios": {
 *       "primary": ["503", "model"],
 *       "secondary": {
 *         "scenario": "tool-calls-fragment-1", "text": "I will look it up.",
 *         "toolCalls": [{"id": "call_1", "name": "search", "arguments": {"query": "Zürich"}}],
 *         "headers": {"retry-after": "7"}
 *       }
 *     },
 *     "providers": {"secondary": "mistral"}
 *   }
 * </pre>
 */
public class SandboxOptions {

  /** The default address to listen on. */
  public static final String DEFAULT_HOST = "127.0.0.1";

  /** The default port: any free one. */
  public static final int DEFAULT_PORT = 0;

  /** The default delay before the first chunk of an answer, in milliseconds. */
  public static final int DEFAULT_FIRST_TOKEN_DELAY = 0;

  /** The default delay between two chunks of an answer, in milliseconds. */
  public static final int DEFAULT_CHUNK_DELAY = 0;

  /** The default time to read a token of a prompt, in microseconds; without a prompt cache. */
  public static final int DEFAULT_PREFILL_MICROS = 0;

  /** The default of {@link #isResetOnClose}. */
  public static final boolean DEFAULT_RESET_ON_CLOSE = false;

  /** The default of {@link #isTls}. */
  public static final boolean DEFAULT_TLS = false;

  /** By default the server speaks HTTP/1.1 only. */
  public static final boolean DEFAULT_HTTP2 = false;

  private String host = DEFAULT_HOST;
  private int port = DEFAULT_PORT;
  private int firstTokenDelay = DEFAULT_FIRST_TOKEN_DELAY;
  private int chunkDelay = DEFAULT_CHUNK_DELAY;
  private int prefillMicros = DEFAULT_PREFILL_MICROS;
  private String requiredKey;
  private boolean resetOnClose = DEFAULT_RESET_ON_CLOSE;
  private boolean tls = DEFAULT_TLS;
  private String certificate;
  private String key;
  private boolean http2 = DEFAULT_HTTP2;
  private Map<String, List<String>> scenarios = new LinkedHashMap<>();
  private Map<String, String> providers = new LinkedHashMap<>();

  /** Creates options with the defaults. */
  public SandboxOptions() {}

  /** Creates a copy of other options. */
  public SandboxOptions(SandboxOptions other) {
    host = other.host;
    port = other.port;
    firstTokenDelay = other.firstTokenDelay;
    chunkDelay = other.chunkDelay;
    prefillMicros = other.prefillMicros;
    requiredKey = other.requiredKey;
    resetOnClose = other.resetOnClose;
    tls = other.tls;
    certificate = other.certificate;
    key = other.key;
    http2 = other.http2;
    scenarios = new LinkedHashMap<>(other.scenarios);
    providers = new LinkedHashMap<>(other.providers);
  }

  /** Creates options from JSON as {@link #toJson} writes it. */
  public SandboxOptions(JsonObject json) {
    host = json.getString("host", DEFAULT_HOST);
    port = json.getInteger("port", DEFAULT_PORT);
    setFirstTokenDelay(json.getInteger("firstTokenDelay", DEFAULT_FIRST_TOKEN_DELAY));
    setChunkDelay(json.getInteger("chunkDelay", DEFAULT_CHUNK_DELAY));
    setPrefillMicros(json.getInteger("prefillMicros", DEFAULT_PREFILL_MICROS));
    requiredKey = json.getString("requiredKey");
    resetOnClose = json.getBoolean("resetOnClose", DEFAULT_RESET_ON_CLOSE);
    tls = json.getBoolean("tls", DEFAULT_TLS);
    certificate = json.getString("certificate");
    key = json.getString("key");
    http2 = json.getBoolean("http2", DEFAULT_HTTP2);
    for (Map.Entry<String, Object> entry : json.getJsonObject("scenarios", new JsonObject())) {
      Object value = entry.getValue();
      JsonArray texts = value instanceof JsonArray array ? array : JsonArray.of(value);
      setScenarios(entry.getKey(), texts.stream().map(String::valueOf).toArray(String[]::new));
    }
    for (Map.Entry<String, Object> entry : json.getJsonObject("providers", new JsonObject())) {
      setProvider(entry.getKey(), String.valueOf(entry.getValue()));
    }
  }

  /** Returns these options as JSON, including the required key. */
  public JsonObject toJson() {
    JsonObject byBackend = new JsonObject();
    scenarios.forEach((backend, texts) -> byBackend.put(backend, json(texts)));
    JsonObject byProvider = new JsonObject();
    providers.forEach(byProvider::put);
    JsonObject json =
        new JsonObject()
            .put("host", host)
            .put("port", port)
            .put("firstTokenDelay", firstTokenDelay)
            .put("chunkDelay", chunkDelay)
            .put("prefillMicros", prefillMicros)
            .put("resetOnClose", resetOnClose)
            .put("tls", tls)
            .put("http2", http2)
            .put("scenarios", byBackend)
            .put("providers", byProvider);
    if (certificate != null) {
      json.put("certificate", certificate).put("key", key);
    }
    return requiredKey == null ? json : json.put("requiredKey", requiredKey);
  }

  /** Returns the address to listen on. */
  public String getHost() {
    return host;
  }

  /** Sets the address to listen on. */
  public SandboxOptions setHost(String host) {
    this.host = host;
    return this;
  }

  /** Returns the port to listen on; 0 for any free one. */
  public int getPort() {
    return port;
  }

  /** Sets the port to listen on; 0 selects any free port. */
  public SandboxOptions setPort(int port) {
    this.port = port;
    return this;
  }

  /** Returns the delay before the first chunk of healthy answers, in milliseconds. */
  public int getFirstTokenDelay() {
    return firstTokenDelay;
  }

  /** Sets the delay before the first chunk in milliseconds, unless the scenario has its own. */
  public SandboxOptions setFirstTokenDelay(int firstTokenDelay) {
    this.firstTokenDelay = delay(firstTokenDelay);
    return this;
  }

  /** Returns the delay between two chunks of healthy answers, in milliseconds. */
  public int getChunkDelay() {
    return chunkDelay;
  }

  /** Sets the delay between two chunks in milliseconds, unless the scenario has its own. */
  public SandboxOptions setChunkDelay(int chunkDelay) {
    this.chunkDelay = delay(chunkDelay);
    return this;
  }

  /** Returns the microseconds that a backend takes to read each token of a prompt. */
  public int getPrefillMicros() {
    return prefillMicros;
  }

  /**
   * Sets the microseconds that a backend takes to read each token of a prompt, and gives each
   * backend a prompt cache for each API key: the messages that a prompt has in common with an
   * earlier one take no time, and the usage reports their tokens as cached (OpenAI's chat
   * completions and responses). 0 for neither.
   */
  public SandboxOptions setPrefillMicros(int prefillMicros) {
    this.prefillMicros = delay(prefillMicros);
    return this;
  }

  /** Returns the key that requests must have; {@code null}, the default, for any or none. */
  public String getRequiredKey() {
    return requiredKey;
  }

  /** Sets the only accepted API key; any other gets a 401. By default keys are not checked. */
  public SandboxOptions setRequiredKey(String requiredKey) {
    this.requiredKey = requiredKey;
    return this;
  }

  /** Returns whether connections are closed by a TCP reset. */
  public boolean isResetOnClose() {
    return resetOnClose;
  }

  /**
   * Sets whether the server closes connections with a TCP reset (SO_LINGER 0). By default a
   * connection that a scenario drops ends with a FIN, but without the last chunk that HTTP
   * requires; some clients mistake that for a complete answer. With a reset the client's read
   * fails. The setting applies to all connections; bytes that a slow client has not received are
   * lost.
   */
  public SandboxOptions setResetOnClose(boolean resetOnClose) {
    this.resetOnClose = resetOnClose;
    return this;
  }

  /** Returns whether the server speaks TLS, with a self-signed certificate. */
  public boolean isTls() {
    return tls;
  }

  /**
   * Sets whether the server uses TLS. Unless a {@linkplain #setCertificate certificate} is set, it
   * is a self-signed one for {@code sandbox.invalid}: a client that verifies certificates fails in
   * the handshake.
   */
  public SandboxOptions setTls(boolean tls) {
    this.tls = tls;
    return this;
  }

  /** Returns the PEM file of the certificate chain, or {@code null}. */
  public String getCertificate() {
    return certificate;
  }

  /** Returns the PEM file of the private key, or {@code null}. */
  public String getKey() {
    return key;
  }

  /** Sets the certificate of the server, for TLS: the PEM files of its chain and private key. */
  public SandboxOptions setCertificate(String certificate, String key) {
    this.certificate = certificate;
    this.key = key;
    return this;
  }

  /** Returns whether the server speaks HTTP/2 beside HTTP/1.1. */
  public boolean isHttp2() {
    return http2;
  }

  /**
   * Sets whether the server speaks HTTP/2 beside HTTP/1.1: by ALPN with TLS, and otherwise to
   * clients that begin with it (prior knowledge).
   */
  public SandboxOptions setHttp2(boolean http2) {
    this.http2 = http2;
    return this;
  }

  /** Returns the texts of the scenarios by backend. */
  public Map<String, List<String>> getScenarios() {
    return scenarios;
  }

  /**
   * Sets the scenarios of a backend, as {@link Sandbox#script} does. {@link Sandbox#start} fails if
   * a text is not a scenario.
   */
  public SandboxOptions setScenarios(String backend, String... texts) {
    scenarios.put(backend, List.of(texts));
    return this;
  }

  /** Returns scenarios as JSON, those in JSON form as objects. */
  private static JsonArray json(List<String> texts) {
    JsonArray array = new JsonArray();
    texts.forEach(text -> array.add(text.startsWith("{") ? new JsonObject(text) : text));
    return array;
  }

  /** Returns the providers by backend. */
  public Map<String, String> getProviders() {
    return providers;
  }

  /**
   * Sets the provider whose server a backend imitates, as {@link Sandbox#provider} does. {@link
   * Sandbox#start} fails if it is unknown.
   */
  public SandboxOptions setProvider(String backend, String provider) {
    providers.put(backend, provider);
    return this;
  }

  private static int delay(int millis) {
    if (millis < 0) {
      throw new IllegalArgumentException("a delay must not be negative: " + millis);
    }
    return millis;
  }
}
