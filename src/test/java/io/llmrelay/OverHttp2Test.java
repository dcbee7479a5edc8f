package io.llmrelay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

/** Runs tests of other classes again, with HTTP/2 between the relay and its backends. */
public class OverHttp2Test {
  private static final String ON = "llmrelay.test.http2";

  /** Returns whether backends are to be asked over HTTP/2. */
  public static boolean isOn() {
    return Boolean.getBoolean(ON);
  }

  @Test
  void everyFailureOfTheTable() {
    run(selectClass(FailureTableTest.class));
  }

  @Test
  void cancellationInEveryPhase() {
    run(selectClass(CancelPhasesTest.class), selectClass(CancellationTest.class));
  }

  @Test
  void outagesAndCooldowns() {
    run(selectClass(OutageTest.class), selectClass(CircuitAndExhaustionTest.class));
  }

  @Test
  void answersOfAllDialects() {
    run(selectClass(SandboxDialectsTest.class), selectClass(EmbeddingsTest.class));
  }

  @Test
  void abortsAndBackPressureOfAProvider() {
    String test = "io.llmrelay.provider.CancelTest";
    run(
        Stream.of(
                "beforeTheHead",
                "whileStreaming",
                "whileAnErrorIsRead",
                "whileAnErrorTakesTooLong",
                "undeployingFailsEveryStreamAndEndsItsRequest",
                "aConsumerThatTakesNothingStopsTheServer")
            .map(name -> selectMethod(test + "#" + name + "(io.vertx.core.Vertx)"))
            .toArray(DiscoverySelector[]::new));
  }

  @Test
  void hostileBodies() {
    run(
        selectClass("io.llmrelay.provider.HostileBodyTest"),
        selectClass("io.llmrelay.provider.RefusedStreamOptionsTest"));
  }

  private static void run(DiscoverySelector... tests) {
    LauncherDiscoveryRequest request =
        LauncherDiscoveryRequestBuilder.request()
            .selectors(List.of(tests))
            .configurationParameter("junit.jupiter.extensions.autodetection.enabled", "true")
            .configurationParameter("junit.jupiter.execution.timeout.default", "5 m")
            .build();
    SummaryGeneratingListener listener = new SummaryGeneratingListener();
    System.setProperty(ON, "true");
    try {
      LauncherFactory.create().execute(request, listener);
    } finally {
      System.clearProperty(ON);
    }
    TestExecutionSummary summary = listener.getSummary();
    assertThat(summary.getFailures())
        .map(failure -> failure.getTestIdentifier().getDisplayName() + failure.getException())
        .isEmpty();
    assertThat(summary.getTestsSucceededCount()).isGreaterThanOrEqualTo(tests.length);
  }
}
