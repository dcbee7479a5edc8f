package io.llmrelay.gateway.admin;

import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/** A headless Chromium with one page, driven by its DevTools protocol. */
final class Chromium implements AutoCloseable {
  private static final List<String> NAMES =
      List.of("chromium", "chromium-browser", "google-chrome", "google-chrome-stable");
  private static final String LISTENING = "DevTools listening on ";

  private final HttpClient http = HttpClient.newHttpClient();
  private final AtomicInteger ids = new AtomicInteger();
  private final Map<Integer, CompletableFuture<JsonObject>> replies = new ConcurrentHashMap<>();
  private final List<String> problems = new CopyOnWriteArrayList<>();
  private final Path folder;
  private final Process process;
  private WebSocket socket;

  /** Returns the Chromium of this machine: {@code CHROMIUM}, or the first one in the path. */
  static Optional<Path> find() {
    String named = System.getenv("CHROMIUM");
    Stream<Path> candidates =
        named != null
            ? Stream.of(Path.of(named))
            : Stream.of(System.getenv().getOrDefault("PATH", "").split(":"))
                .flatMap(directory -> NAMES.stream().map(Path.of(directory)::resolve));
    return candidates.filter(Files::isExecutable).findFirst();
  }

  Chromium(Path executable) throws IOException {
    folder = Files.createTempDirectory("chromium");
    process =
        new ProcessBuilder(
                executable.toString(),
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--disable-extensions",
                "--disable-background-networking",
                "--no-first-run",
                "--remote-debugging-port=0",
                "--user-data-dir=" + folder,
                "about:blank")
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    try {
      open(devToolsUrl());
    } catch (IOException | InterruptedException | RuntimeException e) {
      close();
      throw new IOException("Chromium did not start", e);
    }
  }

  private URI devToolsUrl() throws IOException {
    BufferedReader errors =
        new BufferedReader(new InputStreamReader(process.getErrorStream(), StandardCharsets.UTF_8));
    String line = errors.readLine();
    while (line != null && !line.startsWith(LISTENING)) {
      line = errors.readLine();
    }
    if (line == null) {
      throw new IOException("Chromium ended");
    }
    Thread drain = new Thread(() -> errors.lines().forEach(ignored -> {}), "chromium-stderr");
    drain.setDaemon(true);
    drain.start();
    return URI.create(line.substring(LISTENING.length()));
  }

  private void open(URI browser) throws IOException, InterruptedException {
    URI create = URI.create("http://" + browser.getAuthority() + "/json/new?about:blank");
    HttpRequest request = HttpRequest.newBuilder(create).PUT(BodyPublishers.noBody()).build();
    JsonObject target = new JsonObject(http.send(request, BodyHandlers.ofString()).body());
    socket =
        http.newWebSocketBuilder()
            .buildAsync(URI.create(target.getString("webSocketDebuggerUrl")), new Receiver())
            .join();
    List.of("Page", "Runtime", "Log", "Network")
        .forEach(domain -> call(domain + ".enable", new JsonObject()));
  }

  private final class Receiver implements WebSocket.Listener {
    private final StringBuilder message = new StringBuilder();

    @Override
    public CompletionStage<?> onText(WebSocket webSocket, CharSequence data, boolean last) {
      message.append(data);
      if (last) {
        receive(new JsonObject(message.toString()));
        message.setLength(0);
      }
      webSocket.request(1);
      return null;
    }
  }

  private void receive(JsonObject message) {
    if (message.containsKey("id")) {
      CompletableFuture<JsonObject> reply = replies.remove(message.getInteger("id"));
      if (message.containsKey("error")) {
        reply.completeExceptionally(new AssertionError(message.getJsonObject("error").encode()));
      } else {
        reply.complete(message.getJsonObject("result"));
      }
      return;
    }
    JsonObject params = message.getJsonObject("params");
    switch (message.getString("method")) {
      case "Runtime.exceptionThrown" ->
          problems.add(params.getJsonObject("exceptionDetails").encode());
      case "Log.entryAdded" -> {
        JsonObject entry = params.getJsonObject("entry");
        if ("error".equals(entry.getString("level"))) {
          problems.add(entry.encode());
        }
      }
      default -> {}
    }
  }

  private JsonObject call(String method, JsonObject params) {
    int id = ids.incrementAndGet();
    CompletableFuture<JsonObject> reply = new CompletableFuture<>();
    replies.put(id, reply);
    JsonObject call = new JsonObject().put("id", id).put("method", method).put("params", params);
    socket.sendText(call.encode(), true).join();
    return reply.orTimeout(30, TimeUnit.SECONDS).join();
  }

  /** Returns the exceptions and errors the page logged, such as violations of its policy. */
  List<String> problems() {
    return new ArrayList<>(problems);
  }

  void navigate(String url) {
    call("Page.navigate", new JsonObject().put("url", url));
  }

  /** Returns the value of a JavaScript expression. */
  Object evaluate(String expression) {
    JsonObject result =
        call(
            "Runtime.evaluate",
            new JsonObject()
                .put("expression", expression)
                .put("awaitPromise", true)
                .put("returnByValue", true));
    if (result.containsKey("exceptionDetails")) {
      throw new AssertionError(result.getJsonObject("exceptionDetails").encodePrettily());
    }
    return result.getJsonObject("result").getValue("value");
  }

  /** Waits until a JavaScript expression is true. */
  void await(String condition) {
    Awaitility.await(condition)
        .atMost(Duration.ofSeconds(20))
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(20))
        .until(() -> Boolean.TRUE.equals(evaluate("Boolean(" + condition + ")")));
  }

  /** Presses a key in the focused element. */
  void press(String key, int code, String text) {
    JsonObject event =
        new JsonObject().put("key", key).put("code", key).put("windowsVirtualKeyCode", code);
    call(
        "Input.dispatchKeyEvent",
        event.copy().put("type", "keyDown").put("text", text == null ? "" : text));
    call("Input.dispatchKeyEvent", event.copy().put("type", "keyUp"));
  }

  /** Sets the size of the page in CSS pixels, its theme, and whether it is a phone's. */
  void resize(int width, int height, boolean phone, String theme) {
    call(
        "Emulation.setDeviceMetricsOverride",
        new JsonObject()
            .put("width", width)
            .put("height", height)
            .put("deviceScaleFactor", phone ? 2 : 1)
            .put("mobile", phone));
    call(
        "Emulation.setEmulatedMedia",
        new JsonObject()
            .put(
                "features",
                List.of(new JsonObject().put("name", "prefers-color-scheme").put("value", theme))));
  }

  /** Writes the visible part of the page as a PNG file. */
  void screenshot(Path file) throws IOException {
    screenshot(file, false);
  }

  /** Writes the page from its top to its bottom as a PNG file. */
  void wholeScreenshot(Path file) throws IOException {
    screenshot(file, true);
  }

  private void screenshot(Path file, boolean whole) throws IOException {
    JsonObject params = new JsonObject().put("format", "png").put("captureBeyondViewport", whole);
    if (whole) {
      JsonObject size =
          call("Page.getLayoutMetrics", new JsonObject()).getJsonObject("cssContentSize");
      params.put("clip", size.copy().put("scale", 1));
    }
    JsonObject shot = call("Page.captureScreenshot", params);
    Files.createDirectories(file.getParent());
    Files.write(file, Base64.getDecoder().decode(shot.getString("data")));
  }

  @Override
  public void close() throws IOException {
    if (socket != null) {
      socket.abort();
    }
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
    try {
      process.waitFor(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    try (Stream<Path> files = Files.walk(folder)) {
      files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(file -> file.delete());
    }
  }
}
