package io.llmrelay.cli;

import io.llmrelay.config.ClusterOptions;
import io.llmrelay.sandbox.Sandbox;
import io.llmrelay.sandbox.SandboxOptions;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.Logger;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Demonstrates a cluster: three relays in processes of their own, of which one is killed. */
@Command(
    name = "cluster-demo",
    mixinStandardHelpOptions = true,
    description = "Show what clients see when one of three nodes is killed; takes half a minute.")
final class ClusterDemoCommand implements Callable<Integer> {
  private static final int NODES = 3;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    // Of a killed node the cluster manager has much to say.
    for (Handler handler : Logger.getLogger("").getHandlers()) {
      handler.setLevel(Level.OFF);
    }
    Terminal terminal = new Terminal(spec.commandLine().getOut());
    ClusterOptions cluster =
        new ClusterOptions()
            .setName("demo-" + UUID.randomUUID())
            .setPort(ThreadLocalRandom.current().nextInt(1_000, 2_000) * 10);
    Path folder = Files.createTempDirectory("cluster-demo");
    List<NodeProcess> nodes = new ArrayList<>();
    terminal.line("Three relays and a sandbox backend are starting ...");
    Vertx vertx = ClusterNode.join(Vertx.builder(), new VertxOptions(), cluster).await();
    try {
      SandboxOptions pace = new SandboxOptions().setFirstTokenDelay(200).setChunkDelay(50);
      Sandbox sandbox = Sandbox.start(vertx, pace).await();
      Path conf = configuration(folder, cluster, sandbox);
      for (int i = 0; i < NODES; i++) {
        nodes.add(NodeProcess.start(conf, folder.resolve("node-" + i + ".log").toFile()));
      }
      for (NodeProcess node : nodes) {
        node.awaitStarted();
      }
      new ClusterDemo(terminal, vertx, nodes).play();
      return 0;
    } catch (IOException e) {
      throw new CommandException(e.getMessage() + "; see " + folder);
    } finally {
      nodes.forEach(node -> node.process().destroyForcibly());
      vertx.close().await();
      delete(folder.toFile());
    }
  }

  private static Path configuration(Path folder, ClusterOptions cluster, Sandbox sandbox)
      throws IOException {
    return Files.writeString(
        folder.resolve("relay.yaml"),
        """
        gateway: {port: 0}
        lanes: 1
        cluster: {name: %s, port: %d}
        backends:
          sandbox: {dialect: openai, base-url: '%s', default-model: %s}
        """
            .formatted(
                cluster.getName(),
                cluster.getPort(),
                sandbox.backend("sandbox"),
                SandboxCommand.MODEL));
  }

  private static void delete(File folder) {
    File[] files = folder.listFiles();
    for (File file : files == null ? new File[0] : files) {
      if (!file.delete()) {
        file.deleteOnExit();
      }
    }
    if (!folder.delete()) {
      folder.deleteOnExit();
    }
  }
}
