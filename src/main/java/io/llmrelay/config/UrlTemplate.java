package io.llmrelay.config;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A URL with a variable in it, which people fill as they are used to: with a host or a whole URL,
 * with a slash at its end or without, and with or without what follows it in the template.
 */
final class UrlTemplate {
  private static final Pattern VARIABLE = Pattern.compile("\\$\\{(\\w+)(?::([^}]*))?}");

  private UrlTemplate() {}

  /** The name of its variable, or {@code null} if it has none. */
  static String variable(String template) {
    Matcher matcher = VARIABLE.matcher(template);
    return matcher.find() ? matcher.group(1) : null;
  }

  /** The URL without its variable. */
  static String blank(String template) {
    return VARIABLE.matcher(template).replaceAll("");
  }

  /** The URL, or {@code null} if its variable is not set and has no default. */
  static String expand(String template, Map<String, String> env) {
    Matcher matcher = VARIABLE.matcher(template);
    if (!matcher.find()) {
      return template;
    }
    String before = template.substring(0, matcher.start());
    String after = template.substring(matcher.end());
    String byDefault = matcher.group(2);
    String value = value(env, matcher.group(1));
    if (value == null) {
      return byDefault == null ? null : before + byDefault + after;
    }
    value = value.replaceAll("/+$", "");
    if (byDefault != null && !value.contains("://")) {
      value = address(value, byDefault);
    }
    String url = value.contains("://") ? value : before + value;
    return url.endsWith(after) ? url : url + after;
  }

  /** What a host and port leave out; a server that listens everywhere is asked here. */
  private static String address(String value, String byDefault) {
    String host = value.replaceFirst(":\\d*$", "").replaceFirst("^0\\.0\\.0\\.0$", "");
    String port = value.replaceFirst("^.*?(:\\d+)?$", "$1");
    return (host.isEmpty() ? byDefault.replaceFirst(":\\d+$", "") : host)
        + (port.isEmpty() ? byDefault.replaceFirst("^.*:", ":") : port);
  }

  /** What a variable holds; {@code null} if that is nothing. */
  static String value(Map<String, String> env, String name) {
    String value = env.get(name);
    return value == null || value.isBlank() ? null : value.strip();
  }
}
