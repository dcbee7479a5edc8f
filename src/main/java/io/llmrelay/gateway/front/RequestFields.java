package io.llmrelay.gateway.front;

import io.llmrelay.chat.Failure;
import io.llmrelay.chat.LlmException;
import io.llmrelay.chat.RawJson;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The fields of one object of a request, undecoded. A field that is JSON null counts as absent.
 * Every error names the field by its path, such as {@code messages.0.content} or {@code
 * input[0].content}, as the API does.
 */
public final class RequestFields {
  /** The most unknown fields whose paths are recorded. */
  private static final int MAX_UNKNOWN = 20;

  private static final int MAX_NAME = 100;

  private final String path;
  private final boolean brackets;
  private final RawJson source;
  private final Map<String, RawJson> fields;
  private final List<String> unknown;
  private final Set<String> read = new HashSet<>();

  private RequestFields(String path, boolean brackets, RawJson source, List<String> unknown) {
    this.path = path;
    this.brackets = brackets;
    this.source = source;
    this.fields = source.fields();
    this.unknown = unknown;
  }

  /**
   * Reads an object at the top of a request.
   *
   * @param unknown gets the paths of fields that were not read, at any depth
   */
  public static RequestFields of(RawJson object, List<String> unknown) {
    return new RequestFields("", false, object, unknown);
  }

  /**
   * Reads an object at the top of a request, whose paths have the index of an element in brackets.
   */
  public static RequestFields bracketed(RawJson object, List<String> unknown) {
    return new RequestFields("", true, object, unknown);
  }

  /** Returns the object as it was received. */
  public RawJson source() {
    return source;
  }

  /** Returns the path of a field. */
  public String path(String field) {
    return path + field;
  }

  /** Returns the path of the object itself; empty at the top. */
  public String path() {
    return path.isEmpty() ? "" : path.substring(0, path.length() - 1);
  }

  /** Returns a value; {@code null} if it is absent. */
  public RawJson raw(String field) {
    read.add(field);
    return fields.get(field);
  }

  public boolean has(String field) {
    return fields.get(field) != null;
  }

  /** Returns a string, undecoded; {@code null} if it is absent. */
  public RawJson text(String field) {
    RawJson value = raw(field);
    if (value != null && !value.isString()) {
      throw invalid(field, "must be a string");
    }
    return value;
  }

  /** Returns a string, undecoded, which must be present. */
  public RawJson requiredText(String field) {
    RawJson value = text(field);
    if (value == null) {
      throw required(field);
    }
    return value;
  }

  public String string(String field) {
    RawJson text = text(field);
    return text == null ? null : text.string();
  }

  /** Returns a string that is present and not empty. */
  public String requiredString(String field) {
    String value = requiredText(field).string();
    if (value.isEmpty()) {
      throw invalid(field, "must not be empty");
    }
    return value;
  }

  public Boolean flag(String field) {
    RawJson value = raw(field);
    if (value == null) {
      return null;
    }
    if (value.value() instanceof Boolean flag) {
      return flag;
    }
    throw invalid(field, "must be true or false");
  }

  public Integer integer(String field, int min) {
    RawJson value = raw(field);
    if (value == null) {
      return null;
    }
    if (value.value() instanceof Integer number && number >= min) {
      return number;
    }
    throw invalid(field, "must be an integer of at least " + min);
  }

  public Double number(String field, double min, double max) {
    RawJson value = raw(field);
    if (value == null) {
      return null;
    }
    if (value.value() instanceof Number number
        && number.doubleValue() >= min
        && number.doubleValue() <= max) {
      return number.doubleValue();
    }
    throw invalid(field, "must be a number from " + plain(min) + " to " + plain(max));
  }

  private static String plain(double number) {
    return number == (long) number ? Long.toString((long) number) : Double.toString(number);
  }

  /** Returns the fields of an object; {@code null} if it is absent. */
  public RequestFields object(String field) {
    RawJson value = raw(field);
    if (value == null) {
      return null;
    }
    if (!value.isObject()) {
      throw invalid(field, "must be an object");
    }
    return new RequestFields(path + field + ".", brackets, value, unknown);
  }

  public RequestFields requiredObject(String field) {
    RequestFields object = object(field);
    if (object == null) {
      throw required(field);
    }
    return object;
  }

  /** Returns the objects of an array; empty if it is absent. */
  public List<RequestFields> objects(String field) {
    RawJson value = raw(field);
    if (value == null) {
      return List.of();
    }
    if (!value.isArray()) {
      throw invalid(field, "must be an array");
    }
    List<RequestFields> objects = new ArrayList<>();
    for (RawJson element : value.elements()) {
      String at = element(field, objects.size());
      if (element == null || !element.isObject()) {
        throw invalid(at, "must be an object");
      }
      objects.add(new RequestFields(path + at + ".", brackets, element, unknown));
    }
    return objects;
  }

  /** Returns the strings of an array; empty if it is absent. */
  public List<String> strings(String field) {
    RawJson value = raw(field);
    if (value == null) {
      return List.of();
    }
    if (!value.isArray()) {
      throw invalid(field, "must be an array");
    }
    List<String> strings = new ArrayList<>();
    for (RawJson element : value.elements()) {
      if (element == null || !element.isString()) {
        throw invalid(element(field, strings.size()), "must be a string");
      }
      strings.add(element.string());
    }
    return strings;
  }

  private String element(String field, int index) {
    return brackets ? field + "[" + index + "]" : field + "." + index;
  }

  /** Records every field that was not read as unknown. */
  public void nothingElse() {
    for (Map.Entry<String, RawJson> field : fields.entrySet()) {
      if (field.getValue() != null
          && !read.contains(field.getKey())
          && unknown.size() < MAX_UNKNOWN) {
        unknown.add(path + abbreviated(field.getKey()));
      }
    }
  }

  private static String abbreviated(String name) {
    return name.length() <= MAX_NAME ? name : name.substring(0, MAX_NAME) + "…";
  }

  public LlmException required(String field) {
    return invalid(field, "is required");
  }

  /** Returns the error for a field. */
  public LlmException invalid(String field, String problem) {
    String at = field.isEmpty() ? path() : path + field;
    return Failure.invalid(at, at + ": " + problem).toException();
  }
}
