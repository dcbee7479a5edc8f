package io.llmrelay.sandbox;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How a {@link Sandbox} is set up. As JSON:
 *
 * <pre>
 *   {
 *     "host": "127.0.0.1", "port": 8090,
 *     "firstTokenDelay": 300, "chunkDelay": 30,
 *     "requiredKey": "sk-test", "resetOnClose": false, "tls": false,
 *     "scenarios": {"primary": ["503", "model"], "secondary": "die-after-3"}
 *   }
 * </pre>
 */
public class SandboxOptions {

  public static final String DEFAULT_HOST = "127.0.0.1";

  /** Any free port. */
  public static final int DEFAULT_PORT = 0;

  /** Milliseconds before the first chunk of an answer. */
  public static final int DEFAULT_FIRST_TOKEN_DELAY = 0;

  /** Milliseconds between two chunks of an answer. */
  public static final int DEFAULT_CHUNK_DELAY = 0;

  public static final boolean DEFAULT_RESET_ON_CLOSE = false;
  public static final boolean DEFAULT_TLS = false;

  private String host = DEFAULT_HOST;
  private int port = DEFAULT_PORT;
  private int firstTokenDelay = DEFAULT_FIRST_TOKEN_DELAY;
  private int chunkDelay = DEFAULT_CHUNK_DELAY;
  private String requiredKey;
  private boolean resetOnClose = DEFAULT_RESET_ON_CLOSE;
  private boolean tls = DEFAULT_TLS;
  private Map<String, List<String>> scenarios = new LinkedHashMap<>();

  public SandboxOptions() {}

  public SandboxOptions(SandboxOptions other) {
    host = other.host;
    port = other.port;
    firstTokenDelay = other.firstTokenDelay;
    chunkDelay = other.chunkDelay;
    requiredKey = other.requiredKey;
    resetOnClose = other.resetOnClose;
    tls = other.tls;
    scenarios = new LinkedHashMap<>(other.scenarios);
  }

  public SandboxOptions(JsonObject json) {
    host = json.getString("host", DEFAULT_HOST);
    port = json.getInteger("port", DEFAULT_PORT);
    setFirstTokenDelay(json.getInteger("firstTokenDelay", DEFAULT_FIRST_TOKEN_DELAY));
    setChunkDelay(json.getInteger("chunkDelay", DEFAULT_CHUNK_DELAY));
    requiredKey = json.getString("requiredKey");
    resetOnClose = json.getBoolean("resetOnClose", DEFAULT_RESET_ON_CLOSE);
    tls = json.getBoolean("tls", DEFAULT_TLS);
    for (Map.Entry<String, Object> entry : json.getJsonObject("scenarios", new JsonObject())) {
      Object value = entry.getValue();
      JsonArray texts = value instanceof JsonArray array ? array : JsonArray.of(value);
      setScenarios(entry.getKey(), texts.stream().map(String::valueOf).toArray(String[]::new));
    }
  }

  /** These options as JSON, the required key included. */
  public JsonObject toJson() {
    JsonObject byBackend = new JsonObject();
    scenarios.forEach((backend, texts) -> byBackend.put(backend, new JsonArray(texts)));
    JsonObject json =
        new JsonObject()
            .put("host", host)
            .put("port", port)
            .put("firstTokenDelay", firstTokenDelay)
            .put("chunkDelay", chunkDelay)
            .put("resetOnClose", resetOnClose)
            .put("tls", tls)
            .put("scenarios", byBackend);
    return requiredKey == null ? json : json.put("requiredKey", requiredKey);
  }

  public String getHost() {
    return host;
  }

  /** The address to listen at. */
  public SandboxOptions setHost(String host) {
    this.host = host;
    return this;
  }

  public int getPort() {
    return port;
  }

  /** The port to listen at; 0 takes any free one. */
  public SandboxOptions setPort(int port) {
    this.port = port;
    return this;
  }

  public int getFirstTokenDelay() {
    return firstTokenDelay;
  }

  /** Milliseconds before the first chunk, unless the scenario has a delay of its own. */
  public SandboxOptions setFirstTokenDelay(int firstTokenDelay) {
    this.firstTokenDelay = delay(firstTokenDelay);
    return this;
  }

  public int getChunkDelay() {
    return chunkDelay;
  }

  /** Milliseconds between two chunks, unless the scenario has a delay of its own. */
  public SandboxOptions setChunkDelay(int chunkDelay) {
    this.chunkDelay = delay(chunkDelay);
    return this;
  }

  public String getRequiredKey() {
    return requiredKey;
  }

  /** The one API key to accept; any other gets a 401. By default keys are not looked at. */
  public SandboxOptions setRequiredKey(String requiredKey) {
    this.requiredKey = requiredKey;
    return this;
  }

  public boolean isResetOnClose() {
    return resetOnClose;
  }

  /**
   * Whether the server closes connections with a TCP reset (SO_LINGER 0). By default a connection
   * that a scenario drops ends with a FIN, but without the last chunk that HTTP demands, which a
   * careless client takes for a complete answer; with a reset the client's read fails. It holds for
   * all of a sandbox's connections; bytes a slow client has not received yet are lost with them.
   */
  public SandboxOptions setResetOnClose(boolean resetOnClose) {
    this.resetOnClose = resetOnClose;
    return this;
  }

  public boolean isTls() {
    return tls;
  }

  /**
   * Whether the server speaks TLS, with a certificate for {@code sandbox.invalid} that it signed
   * itself: a client that checks certificates fails at the handshake.
   */
  public SandboxOptions setTls(boolean tls) {
    this.tls = tls;
    return this;
  }

  /** Per backend, the texts of its scenarios. */
  public Map<String, List<String>> getScenarios() {
    return scenarios;
  }

  /**
   * The scenarios a backend goes through from the start, as {@link Sandbox#script} does. A text
   * that is not a scenario fails {@link Sandbox#start}.
   */
  public SandboxOptions setScenarios(String backend, String... texts) {
    scenarios.put(backend, List.of(texts));
    return this;
  }

  private static int delay(int millis) {
    if (millis < 0) {
      throw new IllegalArgumentException("a delay must not be negative: " + millis);
    }
    return millis;
  }
}
