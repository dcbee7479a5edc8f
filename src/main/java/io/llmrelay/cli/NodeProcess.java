package io.llmrelay.cli;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A relay that runs {@code serve} in a process of its own, with this JVM's class path. */
final class NodeProcess {
  private static final Pattern URL = Pattern.compile("listening at (https?://\\S+)");

  private final Process process;
  private String url;

  NodeProcess(Process process) {
    this.process = process;
  }

  /**
   * Starts a process; {@link #awaitStarted} waits for it.
   *
   * @param log the file for its log
   */
  static NodeProcess start(Path conf, File log) throws IOException {
    return new NodeProcess(new ProcessBuilder(command(conf)).redirectError(log).start());
  }

  /** Returns the command that runs the relay. */
  static List<String> command(Path conf) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx256m", "-XX:TieredStopAtLevel=1"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(Main.class.getName(), "serve", "--conf", conf.toString()));
    return command;
  }

  /** Blocks until the relay serves. */
  void awaitStarted() throws IOException {
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      Matcher matcher = URL.matcher(line);
      url = matcher.find() ? matcher.group(1) : url;
      if (line.contains("Ctrl-C")) {
        return;
      }
    }
    throw new IOException("the node did not start");
  }

  /** Returns the address of the gateway, once started. */
  String url() {
    return url;
  }

  Process process() {
    return process;
  }

  /** Ends the process at once, as {@code kill -9} does. */
  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }
}
