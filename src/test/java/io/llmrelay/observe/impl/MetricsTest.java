package io.llmrelay.observe.impl;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.observe.RelayEvent;
import io.llmrelay.observe.RelayListener;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.micrometer.MicrometerMetricsFactory;
import io.vertx.micrometer.MicrometerMetricsOptions;
import io.vertx.micrometer.backends.BackendRegistries;
import java.io.File;
import java.io.IOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MetricsTest {
  /** Whatever other tests of this JVM have left. */
  @BeforeEach
  void isEmptyWithoutARegistry() {
    BackendRegistries.stop(MicrometerMetricsOptions.DEFAULT_REGISTRY_NAME);
  }

  @Test
  void isEmptyWhereVertxHasNoMetrics() {
    assertThat(Metrics.ofDefaultRegistry(Map.of(), false)).isEmpty();
  }

  @Test
  void feedsTheRegistryOfVertx() throws Exception {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    Vertx vertx =
        Vertx.builder()
            .with(
                new VertxOptions()
                    .setMetricsOptions(new MicrometerMetricsOptions().setEnabled(true)))
            .withMetrics(new MicrometerMetricsFactory(registry))
            .build();
    try {
      RelayListener listener = Metrics.ofDefaultRegistry(Map.of(), false).orElseThrow();
      listener.onFallback(new RelayEvent.Fallback("r", "a/m", "b/m", "timeout"));
      assertThat(registry.get("llmrelay.fallbacks").tag("reason", "timeout").counter().count())
          .isOne();
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }
    assertThat(Metrics.ofDefaultRegistry(Map.of(), false)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"io.micrometer.", "io.vertx.micrometer."})
  void isEmptyWhereALibraryIsMissing(String missing) throws Exception {
    try (Without loader = new Without(missing)) {
      Class<?> metrics = loader.loadClass(Metrics.class.getName());
      for (int i = 0; i < 2; i++) {
        Object listener =
            metrics
                .getMethod("ofDefaultRegistry", Map.class, boolean.class)
                .invoke(null, Map.of(), false);
        assertThat((Optional<?>) listener).isEmpty();
      }
      assertThat(metrics.getClassLoader()).isSameAs(loader);
    }
  }

  /** Loads everything of the class path anew but what has the prefix. */
  private static final class Without extends URLClassLoader {
    private final String prefix;

    Without(String prefix) throws IOException {
      super(classPath(), ClassLoader.getPlatformClassLoader());
      this.prefix = prefix;
    }

    @Override
    protected Class<?> findClass(String name) throws ClassNotFoundException {
      if (name.startsWith(prefix)) {
        throw new ClassNotFoundException(name);
      }
      return super.findClass(name);
    }

    private static URL[] classPath() throws MalformedURLException {
      String[] entries = System.getProperty("java.class.path").split(File.pathSeparator, -1);
      URL[] urls = new URL[entries.length];
      for (int i = 0; i < urls.length; i++) {
        urls[i] = new File(entries[i]).toURI().toURL();
      }
      return urls;
    }
  }
}
