package io.llmrelay.config;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import java.io.IOException;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Parses the text of a configuration into a tree, before keys are bound to options.
 *
 * <p>Every scalar stays text, for two reasons: {@code ${PORT:8080}} is a number only after its
 * variable is expanded, and an API key that looks like a number keeps its leading zeros. The
 * binding converts text to the type of the option. The parser also records the line of every key,
 * and reports duplicate keys, which a tree cannot represent.
 */
final class ConfigTree {
  private static final JsonFactory JSON = new JsonFactory();
  private static final JsonFactory YAML = new YAMLFactory();
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final Pattern VARIABLE =
      Pattern.compile("\\$\\{(?:([A-Za-z_][A-Za-z0-9_]*)(?::([^}]*))?\\})?");

  private final Map<String, String> env;
  private final Problems problems;
  private final boolean withLines;
  private JsonParser parser;

  private ConfigTree(Map<String, String> env, Problems problems, boolean withLines) {
    this.env = env;
    this.problems = problems;
    this.withLines = withLines;
  }

  /** Parses the text of a file. */
  static ObjectNode ofFile(String text, boolean json, Map<String, String> env, Problems problems) {
    return new ConfigTree(env, problems, true).read(text, json ? JSON : YAML);
  }

  /** Parses JSON that is not from a file, without line numbers. */
  static ObjectNode ofJson(String text, Map<String, String> env, Problems problems) {
    return new ConfigTree(env, problems, false).read(text, JSON);
  }

  private ObjectNode read(String text, JsonFactory format) {
    try (JsonParser opened = format.createParser(text)) {
      parser = opened;
      if (parser.nextToken() == null || parser.currentToken() == JsonToken.VALUE_NULL) {
        return NODES.objectNode();
      }
      if (parser.currentToken() != JsonToken.START_OBJECT) {
        problems.add("", "must consist of keys and values, such as \"backends: …\"");
        return NODES.objectNode();
      }
      ObjectNode root = object("");
      if (parser.nextToken() != null) {
        problems.addAtLine(line(), "nothing may follow the configuration");
      }
      return root;
    } catch (JsonProcessingException e) {
      problems.addAtLine(
          e.getLocation() == null ? 1 : e.getLocation().getLineNr(), syntaxProblem(e));
      return NODES.objectNode();
    } catch (IOException e) {
      throw new IllegalStateException("no I/O here", e);
    }
  }

  private ObjectNode object(String path) throws IOException {
    ObjectNode object = NODES.objectNode();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String key = parser.currentName();
      String at = path.isEmpty() ? key : path + "." + key;
      if (object.has(key)) {
        problems.add(at, "occurs twice" + (withLines ? ", again on line " + line() : ""));
      } else if (withLines) {
        problems.setLine(at, line());
      }
      parser.nextToken();
      object.set(key, value(at));
    }
    return object;
  }

  private ArrayNode array(String path) throws IOException {
    ArrayNode array = NODES.arrayNode();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      String at = path + "[" + array.size() + "]";
      if (withLines) {
        problems.setLine(at, line());
      }
      array.add(value(at));
    }
    return array;
  }

  private JsonNode value(String path) throws IOException {
    if (parser instanceof YAMLParser yaml && yaml.isCurrentAlias()) {
      problems.add(path, "is a YAML alias, which is not supported");
    }
    return switch (parser.currentToken()) {
      case START_OBJECT -> object(path);
      case START_ARRAY -> array(path);
      case VALUE_NULL -> NODES.nullNode();
      default -> NODES.textNode(env == null ? parser.getText() : expand(parser.getText(), path));
    };
  }

  /** Expands environment variables. A variable with an empty value counts as not set. */
  private String expand(String text, String path) {
    Matcher matcher = VARIABLE.matcher(text);
    StringBuilder expanded = new StringBuilder();
    while (matcher.find()) {
      String name = matcher.group(1);
      String value = name == null ? "" : env.get(name);
      if (name == null) {
        problems.add(path, "has a \"${\" that is neither ${NAME} nor ${NAME:default}");
      } else if (value == null || value.isEmpty()) {
        value = matcher.group(2);
        if (value == null) {
          problems.add(
              path,
              "needs the environment variable %s, which is not set; set it, or write ${%s:default}"
                  .formatted(name, name));
          value = "";
        }
      }
      matcher.appendReplacement(expanded, Matcher.quoteReplacement(value));
    }
    return matcher.appendTail(expanded).toString();
  }

  private int line() {
    return parser.currentTokenLocation().getLineNr();
  }

  /** Returns the parser's message without quoted excerpts, which may contain an API key. */
  private static String syntaxProblem(JsonProcessingException e) {
    String problem =
        e.getOriginalMessage()
            .lines()
            .filter(line -> !line.startsWith(" "))
            .collect(Collectors.joining(", "))
            .replaceAll("token '[^']*'", "token");
    boolean yaml = e.getProcessor() instanceof YAMLParser;
    return "this is not valid " + (yaml ? "YAML: " : "JSON: ") + problem;
  }
}
