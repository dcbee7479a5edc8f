package io.llmrelay.config;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Expands URLs that contain one environment variable, such as {@code
 * http://${OLLAMA_HOST:127.0.0.1:11434}/v1}. Its value may be a host or a whole URL, with or
 * without a trailing slash, and with or without the path that follows in the template.
 */
final class UrlTemplate {
  private static final Pattern VARIABLE = Pattern.compile("\\$\\{(\\w+)(?::([^}]*))?}");

  private UrlTemplate() {}

  /** Returns the name of the variable; {@code null} if there is none. */
  static String variable(String template) {
    Matcher matcher = VARIABLE.matcher(template);
    return matcher.find() ? matcher.group(1) : null;
  }

  /** Returns the URL with the variable removed. */
  static String withoutVariable(String template) {
    return VARIABLE.matcher(template).replaceAll("");
  }

  /** Returns the expanded URL; {@code null} if the variable is not set and has no default. */
  static String expand(String template, Map<String, String> env) {
    Matcher matcher = VARIABLE.matcher(template);
    if (!matcher.find()) {
      return template;
    }
    String before = template.substring(0, matcher.start());
    String after = template.substring(matcher.end());
    String defaultValue = matcher.group(2);
    String value = value(env, matcher.group(1));
    if (value == null) {
      return defaultValue == null ? null : before + defaultValue + after;
    }
    value = value.replaceAll("/+$", "");
    if (defaultValue != null && !value.contains("://")) {
      value = address(value, defaultValue);
    }
    String url = value.contains("://") ? value : before + value;
    return url.endsWith(after) ? url : url + after;
  }

  /** Completes a host and port from the default; the wildcard address becomes the default host. */
  private static String address(String value, String defaultValue) {
    String host = value.replaceFirst(":\\d*$", "").replaceFirst("^0\\.0\\.0\\.0$", "");
    String port = value.replaceFirst("^.*?(:\\d+)?$", "$1");
    return (host.isEmpty() ? defaultValue.replaceFirst(":\\d+$", "") : host)
        + (port.isEmpty() ? defaultValue.replaceFirst("^.*:", ":") : port);
  }

  /** Returns the value of a variable; {@code null} if it is not set or blank. */
  static String value(Map<String, String> env, String name) {
    String value = env.get(name);
    return value == null || value.isBlank() ? null : value.strip();
  }
}
