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
 * Where Jackson would stop with an exception, this notes the complaint in our own words, skips the
 * value and lets it go on. It never repeats a value: that might be a key in the wrong place.
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
            .formatted(Names.didYouMean(key, known), String.join(", ", known)));
    in.skipChildren();
    return true;
  }

  @Override
  public Object handleWeirdStringValue(
      DeserializationContext context, Class<?> type, String value, String complaint) {
    Class<?> boxed = ClassUtil.primitiveType(type) == null ? type : ClassUtil.primitiveType(type);
    if (type.isEnum()) {
      complaint =
          Arrays.stream(type.getEnumConstants())
              .map(constant -> Binding.name((Enum<?>) constant))
              .collect(Collectors.joining(" or ", "must be ", ""));
    } else if (boxed == boolean.class) {
      complaint = "must be true or false";
    } else if (boxed == double.class) {
      complaint = "must be a number";
    } else if ((boxed == int.class || boxed == long.class) && !complaint.startsWith("must")) {
      complaint = "must be a whole number";
    }
    problems.add(path(context.getParser()), complaint);
    return nothing(type);
  }

  @Override
  public Object handleUnexpectedToken(
      DeserializationContext context,
      JavaType type,
      JsonToken token,
      JsonParser in,
      String complaint)
      throws IOException {
    return wrongShape(type.getRawClass(), in);
  }

  @Override
  public Object handleMissingInstantiator(
      DeserializationContext context,
      Class<?> type,
      ValueInstantiator instantiator,
      JsonParser in,
      String complaint)
      throws IOException {
    return wrongShape(type, in);
  }

  private Object wrongShape(Class<?> type, JsonParser in) throws IOException {
    String wanted;
    if (Collection.class.isAssignableFrom(type)) {
      wanted = "must be a list, such as [a, b]";
    } else if (type.isPrimitive() || type.getName().startsWith("java.lang.")) {
      wanted = "must be a single value";
    } else {
      wanted = "must consist of keys and values";
    }
    problems.add(path(in), wanted);
    in.skipChildren();
    return nothing(type);
  }

  private static Object nothing(Class<?> type) {
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
