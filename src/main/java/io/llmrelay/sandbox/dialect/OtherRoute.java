package io.llmrelay.sandbox.dialect;

import io.vertx.core.MultiMap;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** A route of a vendor beside its chats, with the same keys, errors and headers. */
public abstract class OtherRoute implements SandboxDialect {
  private final SandboxDialect chat;
  private final Pattern path;

  /**
   * @param path its first group is the backend, the second the model, if the path has it
   */
  protected OtherRoute(SandboxDialect chat, Pattern path) {
    this.chat = chat;
    this.path = path;
  }

  @Override
  public String name() {
    return chat.name();
  }

  @Override
  public String chatPath(String backend, String model, boolean streaming) {
    return chat.chatPath(backend, model, streaming);
  }

  @Override
  public String key(MultiMap headers) {
    return chat.key(headers);
  }

  @Override
  public SandboxError missingKey() {
    return chat.missingKey();
  }

  @Override
  public SandboxError malformedBody() {
    return chat.malformedBody();
  }

  @Override
  public SandboxError error(String name) {
    return chat.error(name);
  }

  @Override
  public String errorBody(SandboxError error, SandboxRequest request) {
    return chat.errorBody(error, request);
  }

  @Override
  public Map<String, String> errorHeaders(SandboxError error) {
    return chat.errorHeaders(error);
  }

  @Override
  public Map<String, String> headers(SandboxRequest request) {
    return chat.headers(request);
  }

  @Override
  public String resetHeader() {
    return chat.resetHeader();
  }

  @Override
  public String resetIn(int seconds) {
    return chat.resetIn(seconds);
  }

  @Override
  public boolean isModelList(String requested, String query, MultiMap headers) {
    return false;
  }

  @Override
  public JsonObject modelList(List<String> names) {
    return chat.modelList(names);
  }

  @Override
  public Route route(String requested) {
    return Route.match(path, requested);
  }
}
