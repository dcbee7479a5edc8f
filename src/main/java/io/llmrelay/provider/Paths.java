package io.llmrelay.provider;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.stream.Collectors;

/** Model names in paths: whoever names the model must not be able to name another path. */
public final class Paths {
  private Paths() {}

  /** A name as one segment. */
  public static String segment(String name) {
    // Servers resolve dot segments even where they are encoded once.
    return name.matches("\\.+")
        ? name.replace(".", "%252E")
        : URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20");
  }

  /** A name whose slashes divide segments. */
  public static String segments(String name) {
    return Arrays.stream(name.split("/", -1)).map(Paths::segment).collect(Collectors.joining("/"));
  }
}
