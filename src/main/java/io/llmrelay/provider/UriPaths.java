package io.llmrelay.provider;

import io.llmrelay.config.BackendOptions;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Helpers for the paths of requests. Model names in them are encoded, so that a caller cannot reach
 * another path by the name of a model.
 */
public final class UriPaths {
  private UriPaths() {}

  /**
   * Returns a prefix of the path, or an empty string if the base URL ends with it already.
   *
   * @param end matches base URLs that end with the prefix
   */
  public static String unlessPresent(Pattern end, BackendOptions options, String prefix) {
    return end.matcher(options.getBaseUrl()).find() ? "" : prefix;
  }

  /** Encodes a name as one segment. */
  public static String segment(String name) {
    // Servers resolve dot segments even if they are encoded once.
    return name.matches("\\.+")
        ? name.replace(".", "%252E")
        : URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20");
  }

  /** Encodes a name whose slashes separate segments. */
  public static String segments(String name) {
    return Arrays.stream(name.split("/", -1))
        .map(UriPaths::segment)
        .collect(Collectors.joining("/"));
  }
}
