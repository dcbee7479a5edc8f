package io.llmrelay.cli.litellm;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What is not converted, and what is converted into something that differs. The same remark on
 * several deployments is one line. No value of the file is ever part of it, only keys and names.
 */
final class Notes {
  private static final Pattern INDEX = Pattern.compile("model_list\\[(\\d+)]");

  private final Map<String, List<String>> lost = new LinkedHashMap<>();
  private final Map<String, List<String>> changed = new LinkedHashMap<>();

  /** Adds a key that has no counterpart. */
  void lost(String path, String reason) {
    add(lost, path, reason);
  }

  /** Adds a key that has a counterpart with another meaning, or a consequence worth knowing. */
  void changed(String path, String what) {
    add(changed, path, what);
  }

  private static void add(Map<String, List<String>> to, String path, String text) {
    Matcher index = INDEX.matcher(path);
    String line = index.replaceFirst("model_list[#]") + ": " + text;
    List<String> indices = to.computeIfAbsent(line, first -> new ArrayList<>());
    if (index.reset().find() && !indices.contains(index.group(1))) {
      indices.add(index.group(1));
    }
  }

  List<String> lost() {
    return lines(lost);
  }

  List<String> changed() {
    return lines(changed);
  }

  private static List<String> lines(Map<String, List<String>> notes) {
    List<String> lines = new ArrayList<>();
    notes.forEach((line, indices) -> lines.add(line.replace("#", String.join(", ", indices))));
    return lines;
  }
}
