package io.llmrelay.sandbox.dialect;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The errors of a vendor by their names in the grammar of scenarios, such as {@code 429-quota}. An
 * error without an entry is that of its status, or a generic one.
 */
public final class NamedErrors {
  private final Map<String, SandboxError> byName = new TreeMap<>();

  /**
   * Creates errors.
   *
   * @param errors must have {@code 400}, {@code 404}, {@code 500} and {@code 503}
   */
  public NamedErrors(Entry... errors) {
    for (Entry entry : errors) {
      int status = status(entry.name);
      byName.put(entry.name, new SandboxError(status, entry.type, entry.code, null, entry.message));
    }
  }

  /**
   * An error with a name.
   *
   * @param name begins with the status
   */
  public record Entry(String name, String type, String code, String message) {}

  private static int status(String name) {
    return Integer.parseInt(name.substring(0, 3));
  }

  /** Returns the names. */
  public List<String> names() {
    return List.copyOf(byName.keySet());
  }

  /** Returns an error; its name begins with its status. */
  public SandboxError get(String name) {
    SandboxError named = byName.get(name);
    int status = status(name);
    if (named == null) {
      named = byName.get(Integer.toString(status));
    }
    if (named != null) {
      return named;
    }
    if (status < 400) {
      return byName.get("503").withStatus(status);
    }
    SandboxError like = byName.get(status < 500 ? "400" : "500");
    String message = "The sandbox was configured to respond with " + status + ".";
    return new SandboxError(status, like.type(), null, null, message);
  }
}
