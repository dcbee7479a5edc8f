package io.llmrelay.provider;

import io.llmrelay.config.BackendOptions;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * UriPaths of requests. Model names may be part of them: whoever names the model must not be able
 * to name another path.
 */
public final class UriPaths {
  private UriPaths() {}

  /**
   * What stands between a base URL and the rest: nothing where the URL ends in it already.
   *
   * @param end how URLs end that have it
   */
  public static String unless(Pattern end, BackendOptions options, String ours) {
    return end.matcher(options.getBaseUrl()).find() ? "" : ours;
  }

  /** A name as one segment. */
  public static String segment(String name) {
    // Servers resolve dot segments even where they are encoded once.
    return name.matches("\\.+")
        ? name.replace(".", "%252E")
        : URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20");
  }

  /** A name whose slashes divide segments. */
  public static String segments(String name) {
    return Arrays.stream(name.split("/", -1))
        .map(UriPaths::segment)
        .collect(Collectors.joining("/"));
  }
}
