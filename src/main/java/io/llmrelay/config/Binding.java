package io.llmrelay.config;

import com.fasterxml.jackson.annotation.JsonAutoDetect.Visibility;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import com.fasterxml.jackson.annotation.PropertyAccessor;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.deser.std.StdScalarDeserializer;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import io.llmrelay.chat.Affinity;
import io.llmrelay.chat.CommitPoint;
import io.llmrelay.chat.Durations;
import io.llmrelay.chat.Hedge;
import io.llmrelay.chat.RelayHints.Prefer;
import io.llmrelay.chat.Resume;
import java.io.IOException;
import java.time.Duration;
import java.time.LocalDate;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import java.util.function.Function;

/** Maps option classes to JSON: fields are keys; durations, sizes and dates are formatted text. */
final class Binding {
  static final JsonMapper MAPPER =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.KEBAB_CASE)
          .visibility(PropertyAccessor.ALL, Visibility.NONE)
          .visibility(PropertyAccessor.FIELD, Visibility.ANY)
          .visibility(PropertyAccessor.SETTER, Visibility.ANY)
          .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
          .defaultSetterInfo(JsonSetter.Value.construct(Nulls.SKIP, Nulls.FAIL))
          .defaultPropertyInclusion(
              JsonInclude.Value.construct(
                  JsonInclude.Include.NON_NULL, JsonInclude.Include.NON_NULL))
          .addModule(
              lazyModule()
                  .addDeserializer(Duration.class, reader(Duration.class, Durations::parse))
                  .addSerializer(Duration.class, writer(Durations::format))
                  .addDeserializer(LocalDate.class, reader(LocalDate.class, Binding::date))
                  .addSerializer(LocalDate.class, writer(LocalDate::toString))
                  .addDeserializer(CommitPoint.class, reader(CommitPoint.class, Binding::commit))
                  .addDeserializer(Affinity.class, reader(Affinity.class, Affinity::of))
                  .addDeserializer(Prefer.class, reader(Prefer.class, Prefer::of))
                  .addSerializer(CommitPoint.class, writer(CommitPoint::toJson))
                  .addDeserializer(Hedge.class, reader(Hedge.class, Hedge::of))
                  .addSerializer(Hedge.class, writer(Hedge::toString))
                  .addDeserializer(Resume.class, reader(Resume.class, Resume::of))
                  .addSerializer(Enum.class, writer(Binding::name)))
          .build();

  private static final String ZERO = "0s";

  private Binding() {}

  private static SimpleModule lazyModule() {
    SimpleModule module = new SimpleModule();
    module.setDeserializers(new LazyBinding());
    return module;
  }

  /** Reads a number of bytes from a size such as {@code 4MB}. */
  static final class SizeReader extends TextReader<Integer> {
    private static final long serialVersionUID = 1L;

    SizeReader() {
      super(Integer.class, Sizes::parse);
    }
  }

  /** Writes a number of bytes as a size. */
  static final class SizeWriter extends JsonSerializer<Integer> {
    @Override
    public void serialize(Integer bytes, JsonGenerator out, SerializerProvider provider)
        throws IOException {
      out.writeString(Sizes.format(bytes));
    }
  }

  /** Reads a duration that may be zero. */
  static final class OptionalDurationReader extends TextReader<Duration> {
    private static final long serialVersionUID = 1L;

    OptionalDurationReader() {
      super(Duration.class, text -> text.equals(ZERO) ? Duration.ZERO : Durations.parse(text));
    }
  }

  /** Writes a duration that may be zero. */
  static final class OptionalDurationWriter extends JsonSerializer<Duration> {
    @Override
    public void serialize(Duration value, JsonGenerator out, SerializerProvider provider)
        throws IOException {
      out.writeString(value.isZero() ? ZERO : Durations.format(value));
    }
  }

  static String name(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static LocalDate date(String text) {
    try {
      return LocalDate.parse(text);
    } catch (DateTimeParseException e) {
      throw new IllegalArgumentException("must be a date such as 2026-12-31");
    }
  }

  private static CommitPoint commit(String text) {
    boolean number = text.matches("\\d{1,9}");
    return CommitPoint.of(number ? (Object) Integer.valueOf(text) : text);
  }

  private static <T> JsonDeserializer<T> reader(Class<T> type, Function<String, T> parse) {
    return new TextReader<>(type, parse);
  }

  private static <T> JsonSerializer<T> writer(Function<T, Object> format) {
    return new JsonSerializer<>() {
      @Override
      public void serialize(T value, JsonGenerator out, SerializerProvider provider)
          throws IOException {
        out.writeObject(format.apply(value));
      }
    };
  }

  /** Reads text with a function that throws an IllegalArgumentException naming valid values. */
  private static class TextReader<T> extends StdScalarDeserializer<T> {
    private static final long serialVersionUID = 1L;

    private final transient Function<String, T> parse;

    TextReader(Class<T> type, Function<String, T> parse) {
      super(type);
      this.parse = parse;
    }

    @Override
    @SuppressWarnings("unchecked")
    public T deserialize(JsonParser in, DeserializationContext context) throws IOException {
      String text = in.currentToken().isScalarValue() ? in.getText() : "";
      in.skipChildren();
      try {
        return parse.apply(text);
      } catch (IllegalArgumentException e) {
        return (T) context.handleWeirdStringValue(handledType(), "", "%s", e.getMessage());
      }
    }
  }
}
