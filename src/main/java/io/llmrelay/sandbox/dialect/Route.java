package io.llmrelay.sandbox.dialect;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A chat request's route.
 *
 * @param backend the path prefix; empty for the default backend
 * @param model the model in the path, or {@code null} if it is in the body
 * @param streaming whether the path requests a stream, or {@code null} if the body does
 */
public record Route(String backend, String model, Boolean streaming) {

  /**
   * Matches a path.
   *
   * @param pattern its first group is the backend, the second the model, and the third a method
   *     whose name contains {@code stream} for streams; the latter two may be missing
   * @return {@code null} if the path does not match
   */
  public static Route match(Pattern pattern, String path) {
    Matcher matcher = pattern.matcher(path);
    if (!matcher.matches()) {
      return null;
    }
    int groups = matcher.groupCount();
    return new Route(
        matcher.group(1),
        groups < 2 ? null : URLDecoder.decode(matcher.group(2), StandardCharsets.UTF_8),
        groups < 3 ? null : matcher.group(3).contains("stream"));
  }
}
