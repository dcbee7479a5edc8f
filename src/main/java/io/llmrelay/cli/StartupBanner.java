package io.llmrelay.cli;

import io.llmrelay.RelayVerticle;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.ClusterOptions;
import io.llmrelay.config.GatewayOptions;
import io.llmrelay.config.RelayOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** The output of a server that has started: addresses, backends and requests to try. */
final class StartupBanner {
  private static final String QUESTION = "Why is the sky blue?";

  private final Terminal terminal;
  private final RelayOptions options;
  private final GatewayOptions gateway;
  private final boolean sandboxOnly;

  StartupBanner(Terminal terminal, RelayOptions options, boolean sandboxOnly) {
    this.terminal = terminal;
    this.options = options;
    this.gateway = options.getGateway();
    this.sandboxOnly = sandboxOnly;
  }

  void print(RelayVerticle relay, Path conf) {
    String scheme = gateway.getTls() == null ? "http" : "https";
    String url = scheme + "://" + address(gateway.getHost(), relay.gatewayPort());
    terminal.line(terminal.bold("LLM Relay is listening at " + url));
    if (gateway.getAdmin() != null) {
      String admin = address(gateway.getAdmin().getHost(), relay.adminPort());
      terminal.line("Status page, metrics and reloading: http://" + admin);
    } else if (gateway.isLocal() && gateway.getKeys().isEmpty()) {
      terminal.line("Status page, metrics and reloading: " + url);
    }
    terminal.line("Configuration: " + (conf == null ? "the defaults" : conf));
    terminal.line("Callers: " + callers());
    if (options.getCluster() != null) {
      terminal.line("Cluster: " + cluster(options.getCluster()));
    }
    terminal.line();
    if (sandboxOnly) {
      terminal.line("There is no API key in the environment, and no backend is configured: these");
      terminal.line("are backends of the built-in sandbox, with predefined answers.");
      terminal.line();
    }
    terminal.line("Backends, in the order of fallback:");
    backends().forEach(terminal::line);
    terminal.line();
    terminal.line("Try:");
    terminal.line(curl(url, model(), ""));
    if (sandboxOnly) {
      terminal.line("and with a primary that fails, so that the next one serves the request:");
      terminal.line(
          curl(url, "", ", \"relay\": {\"candidates\": [\"primary/mock-503\", \"secondary\"]}"));
    }
    terminal.line();
    terminal.line(terminal.dim("Ctrl-C stops it."));
  }

  private String callers() {
    if (!gateway.getKeys().isEmpty()) {
      return "with one of these keys: " + String.join(", ", gateway.getKeys().keySet());
    }
    return gateway.isLocal()
        ? "any client on this machine, without a key"
        : "ANY client that can reach it, without a key (gateway.allow-anonymous)";
  }

  private static String cluster(ClusterOptions cluster) {
    String nodes =
        cluster.getDns() != null
            ? "the nodes that " + cluster.getDns() + " resolves to"
            : cluster.isMulticast()
                ? "nodes found by multicast"
                : cluster.getMembers().isEmpty()
                    ? "nodes on this machine"
                    : String.join(", ", cluster.getMembers());
    return cluster.getName() + ", with " + nodes;
  }

  private static String address(String host, int port) {
    boolean wildcard = host.equals("0.0.0.0") || host.equals("::");
    String name = wildcard ? "127.0.0.1" : host.contains(":") ? "[" + host + "]" : host;
    return name + ":" + port;
  }

  private List<String> backends() {
    TextTable table = new TextTable();
    List<String> order =
        options.getFallback().stream().map(name -> options.resolve(name).backend()).toList();
    for (Map.Entry<String, BackendOptions> entry : options.getBackends().entrySet()) {
      BackendOptions backend = entry.getValue();
      int position = order.indexOf(entry.getKey());
      table.row(
          position < 0 ? "–" : position + 1 + ".",
          entry.getKey(),
          backend.getDialect(),
          backend.getBaseUrl(),
          models(backend),
          keys(backend));
    }
    return table.lines("  ");
  }

  private static String keys(BackendOptions backend) {
    if (!backend.getApiKeys().isEmpty()) {
      return backend.getApiKeys().size() + " keys";
    }
    return backend.getApiKey() == null ? "no key" : "has a key";
  }

  private static String models(BackendOptions backend) {
    if (!backend.getModels().isEmpty()) {
      return String.join(", ", backend.getModels());
    }
    String defaultModel = backend.getDefaultModel();
    return "any model" + (defaultModel == null ? "" : ", by default " + defaultModel);
  }

  /** Returns the {@code model} field if the first backend has no default model, else nothing. */
  private String model() {
    return options.resolve(options.getFallback().get(0)).model() != null
        ? ""
        : "\"model\": \"MODEL\", ";
  }

  private String curl(String url, String model, String more) {
    String options = gateway.getTls() == null ? "-N" : "-N --cacert CERTIFICATE.pem";
    String key = gateway.getKeys().isEmpty() ? "" : " -H 'authorization: Bearer KEY'";
    return """
      curl %s %s/v1/chat/completions -H 'content-type: application/json'%s \\
        -d '{"stream": true, %s"messages": [{"role": "user", "content": "%s"}]%s}'\
    """
        .formatted(options, url, key, model, QUESTION, more);
  }
}
