package io.llmrelay.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The option classes have the form of Vert.x's data objects. */
class OptionsConventionsTest {
  static List<Class<?>> options() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("src/main/java/io/llmrelay/config"))) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith("Options.java"))
          .sorted()
          .<Class<?>>map(name -> load(name.replace(".java", "")))
          .filter(type -> !type.isRecord())
          .toList();
    }
  }

  private static Class<?> load(String name) {
    try {
      return Class.forName("io.llmrelay.config." + name);
    } catch (ClassNotFoundException e) {
      throw new AssertionError(e);
    }
  }

  private static JsonObject toJson(Object options) throws ReflectiveOperationException {
    return (JsonObject) options.getClass().getMethod("toJson").invoke(options);
  }

  @ParameterizedTest
  @MethodSource("options")
  void areCreatedEmptyAsACopyAndFromTheirJson(Class<?> type) throws Exception {
    Object options = type.getConstructor().newInstance();
    Object copy = type.getConstructor(type).newInstance(options);
    Object read = type.getConstructor(JsonObject.class).newInstance(toJson(options));
    assertThat(toJson(copy)).isEqualTo(toJson(options));
    assertThat(toJson(read)).isEqualTo(toJson(options));
  }

  @ParameterizedTest
  @MethodSource("options")
  void refuseAnUnknownKey(Class<?> type) throws Exception {
    assertThatThrownBy(
            () ->
                type.getConstructor(JsonObject.class)
                    .newInstance(new JsonObject().put("unheard-of", 1)))
        .isInstanceOf(InvocationTargetException.class)
        .cause()
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("unheard-of");
  }

  @ParameterizedTest
  @MethodSource("options")
  void haveFluentSetters(Class<?> type) {
    List<Method> setters =
        Arrays.stream(type.getDeclaredMethods())
            .filter(method -> method.getName().startsWith("set"))
            .filter(method -> Modifier.isPublic(method.getModifiers()))
            .toList();
    assertThat(setters).isNotEmpty().allMatch(setter -> setter.getReturnType() == type);
  }
}
