package io.llmrelay;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The parts of the README that are made from the code. With {@code README_WRITE=1} in the
 * environment the tests write them.
 */
public final class Readme {
  private static final Path README = Path.of("README.md");
  private static final String END = "<!-- end of reference -->\n";

  private Readme() {}

  /** The part with this name is this text. */
  public static void holds(String name, String text) throws IOException {
    String begin = "<!-- reference: " + name + " -->\n";
    String readme = Files.readString(README);
    int from = readme.indexOf(begin) + begin.length();
    int to = readme.indexOf(END, from);
    if (System.getenv("README_WRITE") != null) {
      Files.writeString(README, readme.substring(0, from) + text + readme.substring(to));
    } else {
      assertThat(readme.substring(from, to)).isEqualTo(text);
    }
  }
}
