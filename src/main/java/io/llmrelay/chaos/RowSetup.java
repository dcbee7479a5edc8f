package io.llmrelay.chaos;

import io.llmrelay.chat.Resume;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.ModelOptions;
import io.llmrelay.config.QueueOptions;
import io.llmrelay.config.RelayOptions;
import io.llmrelay.sandbox.Sandbox;
import io.llmrelay.sandbox.Scenario;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The configuration of a row's relays and sandbox backends: a primary for each request and a
 * healthy fallback with a larger context window.
 *
 * @param prefix the prefix of the row's backends in the sandbox
 */
record RowSetup(Fixture fixture, Profile profile, Row row, String dialect, String prefix) {

  /** Returns the options of a relay, and sets the scripts of its backends. */
  RelayOptions options(List<Case> all, String busPrefix) {
    RelayOptions options = new RelayOptions();
    options.getBus().setPrefix(busPrefix);
    if ("queue".equals(row.timer())) {
      options.setQueue(new QueueOptions().setWait(Duration.ofMillis(profile.limit(row.timer()))));
    } else {
      options.setTimeouts(profile.configured());
    }
    List<ModelOptions> windows = new ArrayList<>();
    for (Case request : all) {
      options.addBackend(request.name(), primary(request));
      windows.add(new ModelOptions("alpha", request.name(), 8_000, null, null));
    }
    String model = profile.resume() == Resume.VERIFY ? "alpha" : "beta";
    String text = profile.resumes() ? Observation.PRIMARY : Observation.FALLBACK;
    windows.add(new ModelOptions(model, "secondary", 16_000, null, null));
    String healthy = fixture.sandbox().backend(prefix + "secondary");
    fixture.sandbox().script(prefix + "secondary", Scenario.ok().text(text));
    BackendOptions secondary = backend("openai", healthy, model);
    if (profile.resume() == Resume.CONTINUE) {
      secondary.setProvider("vllm");
    }
    return options.addBackend("secondary", secondary).setCatalog(windows);
  }

  private BackendOptions primary(Case request) {
    String scenario = row.primary(profile.slowMs());
    String address = fixture.addresses().get(scenario);
    if (address != null) {
      return backend(dialect, address, "alpha");
    }
    Scenario faulty =
        Scenario.of(row.busy() ? "stall-after-1" : scenario).text(Observation.PRIMARY);
    Scenario healthy = Scenario.ok().text(Observation.PRIMARY);
    String path = prefix + request.name();
    Sandbox sandbox = fixture.sandbox();
    if (row.warm()) {
      sandbox.script(path, healthy);
    } else if (row.once() || row.busy()) {
      sandbox.script(path, faulty, healthy);
    } else {
      sandbox.script(path, faulty);
    }
    BackendOptions options = backend(dialect, sandbox.backend(dialect, path), "alpha");
    return row.warm() || row.busy() ? options.setMaxConnections(1) : options;
  }

  private static BackendOptions backend(String dialect, String url, String model) {
    return new BackendOptions()
        .setDialect(dialect)
        .setBaseUrl(url)
        .setApiKey("sk-test-0123456789")
        .setModels(List.of(model));
  }
}
