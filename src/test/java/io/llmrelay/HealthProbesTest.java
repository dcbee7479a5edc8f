package io.llmrelay;

import static io.llmrelay.Relays.eventually;
import static io.llmrelay.Relays.unique;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.Relays.Relay;
import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.CircuitOptions;
import io.llmrelay.config.ProbeOptions;
import io.llmrelay.config.RelayOptions;
import io.llmrelay.observe.RelayEvent.HealthProbe;
import io.llmrelay.observe.RelayListener;
import io.llmrelay.sandbox.Scenario;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Probes of backends at rest: an outage is found, and its end, without a request. */
class HealthProbesTest {
  @RegisterExtension static final Relays RELAYS = new Relays();

  private static final ChatRequest REQUEST = ChatRequest.of(ChatMessage.user("Hello"));

  private final List<HealthProbe> probes = new CopyOnWriteArrayList<>();

  private final RelayListener listener =
      new RelayListener() {
        @Override
        public void onHealthProbe(HealthProbe event) {
          probes.add(event);
        }
      };

  private Relay relay(String path, ProbeOptions probe) {
    BackendOptions primary = RELAYS.backend("openai", path, "alpha").setProbe(probe);
    return RELAYS.deploy(
        new RelayOptions()
            .addBackend("primary", primary)
            .setCircuit(new CircuitOptions().setResetTimeout(Duration.ofMillis(1500))),
        listener);
  }

  private static ProbeOptions every(Duration interval, ProbeOptions.Kind kind) {
    return new ProbeOptions().setInterval(interval).setKind(kind);
  }

  private static String circuit(Relay relay) {
    return relay.health("primary").getJsonObject("circuit").getString("primary");
  }

  @Test
  void anOutageOpensTheCircuitBeforeAnyRequestAndItsEndClosesIt() {
    String path = unique("probed");
    RELAYS.sandbox().script(path, Scenario.of("503"));
    Relay relay = relay(path, every(Duration.ofSeconds(2), ProbeOptions.Kind.COMPLETION));
    eventually(() -> assertThat(circuit(relay)).isEqualTo("open"));
    assertThat(RELAYS.calls(path)).isBetween(5, 8);
    assertThat(probes).allMatch(probe -> "overloaded".equals(probe.reason()));
    assertThat(probes.stream().map(HealthProbe::changed)).startsWith(true, false);

    RELAYS.sandbox().script(path, Scenario.ok());
    eventually(() -> assertThat(circuit(relay)).isEqualTo("closed"));
    eventually(
        () -> assertThat(probes).last().matches(last -> last.healthy() && last.reason() == null));
    assertThat(relay.hooks().ofRequests()).isEmpty();
  }

  @Test
  void aBackendThatServesRequestsIsNotProbed() throws Exception {
    String path = unique("probed");
    RELAYS.sandbox().script(path, Scenario.ok());
    Relay relay = relay(path, every(Duration.ofSeconds(10), ProbeOptions.Kind.COMPLETION));
    long end = System.nanoTime() + Duration.ofSeconds(4).toNanos();
    int requests = 0;
    while (System.nanoTime() < end) {
      assertThat(Seen.of(relay.client(), REQUEST, true).failure()).isNull();
      requests++;
    }
    assertThat(RELAYS.calls(path)).isEqualTo(requests);
    assertThat(probes).isEmpty();
    eventually(() -> assertThat(probes).isNotEmpty()); // Now it is at rest.
    assertThat(probes.get(0).healthy()).isTrue();
  }

  @Test
  void aListOfModelsCostsNothing() {
    String path = unique("probed");
    relay(path, every(Duration.ofSeconds(1), ProbeOptions.Kind.MODELS));
    eventually(() -> assertThat(probes).hasSizeGreaterThan(1).allMatch(HealthProbe::healthy));
    assertThat(RELAYS.calls(path)).isZero();
  }

  @Test
  void aPathOfTheServerWillDo() {
    ProbeOptions probe = every(Duration.ofSeconds(1), ProbeOptions.Kind.PATH);
    relay(unique("probed"), probe.setPath("/health"));
    eventually(() -> assertThat(probes).isNotEmpty().allMatch(HealthProbe::healthy));
  }

  @Test
  void aRefusedKeyIsFound() {
    String path = unique("probed");
    RELAYS.sandbox().script(path, Scenario.of("401"));
    Relay relay = relay(path, every(Duration.ofSeconds(1), ProbeOptions.Kind.COMPLETION));
    eventually(() -> assertThat(relay.health("primary").getString("key")).isEqualTo("refused"));
    assertThat(circuit(relay)).isEqualTo("closed");
  }
}
