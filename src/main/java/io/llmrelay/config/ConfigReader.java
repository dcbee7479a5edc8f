package io.llmrelay.config;

import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;

/**
 * Reads option classes from YAML and JSON, and writes them as JSON.
 *
 * <p>A {@link ConfigTree} parses the text and expands environment variables; then Jackson binds the
 * tree. Both collect problems in one {@link Problems} and continue, so that all are reported at
 * once; what has none is bound for further checks.
 */
final class ConfigReader {
  private static final String BACKENDS = "backends";

  private ConfigReader() {}

  /**
   * Reads a file, JSON if it is named {@code *.json} and YAML otherwise.
   *
   * @param env the values of {@code ${NAME}} and {@code ${NAME:default}}
   * @param problems collects the problems
   * @return the options, without the sections that have a problem
   * @throws ConfigException if the file cannot be read or parsed
   */
  static <T> T read(Path file, Map<String, String> env, Class<T> type, Problems problems) {
    String text = "";
    try {
      text = Files.readString(file);
    } catch (NoSuchFileException e) {
      problems.add("", "is missing: there is no such file");
    } catch (CharacterCodingException e) {
      problems.add("", "is not UTF-8 text");
    } catch (IOException e) {
      problems.add("", "cannot be read: " + e.getClass().getSimpleName());
    }
    problems.throwIfAny();
    boolean json = file.toString().toLowerCase(Locale.ROOT).endsWith(".json");
    return bind(ConfigTree.ofFile(text, json, env, problems), type, problems);
  }

  /**
   * Reads a JSON object.
   *
   * @param env as for a file; {@code null} to keep every {@code ${NAME}} as it is
   * @param problems collects the problems
   * @return the options, without the sections that have a problem
   * @throws ConfigException if it cannot be bound at all
   */
  static <T> T read(JsonObject json, Map<String, String> env, Class<T> type, Problems problems) {
    return bind(ConfigTree.ofJson(json.encode(), env, problems), type, problems);
  }

  /** Reads JSON as {@link #toJson} writes it, or throws a {@link ConfigException}. */
  static <T> T read(JsonObject json, Class<T> type) {
    Problems problems = new Problems("options");
    T options = read(json, null, type, problems);
    problems.throwIfAny();
    return options;
  }

  /** Returns options as JSON, API keys included; {@link #read(JsonObject, Class)} reads it. */
  static JsonObject toJson(Object options) {
    return new JsonObject(Binding.MAPPER.valueToTree(options).toString());
  }

  private static <T> T bind(ObjectNode tree, Class<T> type, Problems problems) {
    T options = bindAll(tree, type, problems);
    if (problems.isEmpty()) {
      return options;
    }
    problems.paths().forEach(path -> removeSection(tree, path));
    return bindAll(tree, type, new Problems(problems.source()));
  }

  /** Removes the section that a key is in: a backend, or all below a key of the top level. */
  private static void removeSection(ObjectNode tree, String path) {
    if (path.startsWith(BACKENDS + ".") && tree.get(BACKENDS) instanceof ObjectNode backends) {
      String within = path.substring(BACKENDS.length() + 1) + ".";
      backends.properties().removeIf(backend -> within.startsWith(backend.getKey() + "."));
    } else {
      tree.remove(path.split("[.\\[]", 2)[0]);
    }
  }

  private static <T> T bindAll(JsonNode tree, Class<T> type, Problems problems) {
    try {
      return Binding.MAPPER
          .readerFor(type)
          .withHandler(new BindingProblems(problems))
          .readValue(tree);
    } catch (IOException e) {
      if (problems.isEmpty()) {
        problems.add(e instanceof JsonMappingException at ? path(at) : "", "has no valid value");
      }
      problems.throwIfAny();
      throw new IllegalStateException(e);
    }
  }

  private static String path(JsonMappingException e) {
    StringBuilder path = new StringBuilder();
    for (JsonMappingException.Reference step : e.getPath()) {
      if (step.getFieldName() == null) {
        path.append('[').append(step.getIndex()).append(']');
      } else {
        path.append(path.isEmpty() ? "" : ".").append(step.getFieldName());
      }
    }
    return path.toString();
  }
}
