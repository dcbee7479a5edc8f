package io.llmrelay.config;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonStreamContext;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.deser.DeserializationProblemHandler;
import com.fasterxml.jackson.databind.deser.ValueInstantiator;
import com.fasterxml.jackson.databind.util.ClassUtil;
import java.io.IOException;
import java.util.Arrays;
import java.util.Collection;
import java.util.stream.Collectors;

/**
 * Records binding errors as problems and skips the value, where Jackson would throw. Messages never
 * repeat a value, since it may be an API key in the wrong place.
 */
final class BindingProblems extends DeserializationProblemHandler {
  private final Problems problems;

  BindingProblems(Problems problems) {
    this.problems = problems;
  }

  @Override
  public boolean handleUnknownProperty(
      DeserializationContext context,
      JsonParser in,
      JsonDeserializer<?> deserializer,
      Object beanOrClass,
      String key)
      throws IOException {
    Collection<String> known =
        deserializer.getKnownPropertyNames().stream().map(Object::toString).sorted().toList();
    problems.add(
        path(in),
        "is not a known key%s (known here: %s)"
            .formatted(Suggestions.didYouMean(key, known), String.join(", ", known)));
    in.skipChildren();
    return true;
  }

  @Override
  public Object handleWeirdStringValue(
      DeserializationContext context, Class<?> type, String value, String message) {
    String problem = message;
    Class<?> primitive =
        ClassUtil.primitiveType(type) == null ? type : ClassUtil.primitiveType(type);
    if (type.isEnum()) {
      problem =
          Arrays.stream(type.getEnumConstants())
              .map(constant -> Binding.name((Enum<?>) constant))
              .collect(Collectors.joining(" or ", "must be ", ""));
    } else if (primitive == boolean.class) {
      problem = "must be true or false";
    } else if (primitive == double.class) {
      problem = "must be a number";
    } else if ((primitive == int.class || primitive == long.class) && !message.startsWith("must")) {
      problem = "must be a whole number";
    }
    problems.add(path(context.getParser()), problem);
    return emptyValue(type);
  }

  @Override
  public Object handleUnexpectedToken(
      DeserializationContext context, JavaType type, JsonToken token, JsonParser in, String message)
      throws IOException {
    return addStructureProblem(type.getRawClass(), in);
  }

  @Override
  public Object handleMissingInstantiator(
      DeserializationContext context,
      Class<?> type,
      ValueInstantiator instantiator,
      JsonParser in,
      String message)
      throws IOException {
    return addStructureProblem(type, in);
  }

  private Object addStructureProblem(Class<?> type, JsonParser in) throws IOException {
    String problem;
    if (Collection.class.isAssignableFrom(type)) {
      problem = "must be a list, such as [a, b]";
    } else if (type.isPrimitive() || type.getName().startsWith("java.lang.")) {
      problem = "must be a single value";
    } else {
      problem = "must consist of keys and values";
    }
    problems.add(path(in), problem);
    in.skipChildren();
    return emptyValue(type);
  }

  private static Object emptyValue(Class<?> type) {
    return type.isPrimitive() ? ClassUtil.defaultValue(type) : null;
  }

  private static String path(JsonParser in) {
    StringBuilder path = new StringBuilder();
    for (JsonStreamContext at = in.getParsingContext(); at != null; at = at.getParent()) {
      if (at.inArray() && at.hasCurrentIndex()) {
        path.insert(0, "[" + at.getCurrentIndex() + "]");
      } else if (at.inObject() && at.getCurrentName() != null) {
        path.insert(0, "." + at.getCurrentName());
      }
    }
    return path.isEmpty() ? "" : path.substring(1);
  }
}
