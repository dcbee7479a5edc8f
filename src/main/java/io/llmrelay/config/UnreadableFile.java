package io.llmrelay.config;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/**
 * Explains why a file named in a configuration cannot be read. The file name is not repeated, since
 * it may be, by mistake, the secret that the file should contain.
 */
final class UnreadableFile {
  private UnreadableFile() {}

  /**
   * Returns the problem with a file.
   *
   * @param folder the base of relative names
   */
  static String problem(Path folder, String name) {
    try {
      return "names a file that cannot be read: " + reason(folder.resolve(name));
    } catch (InvalidPathException e) {
      return "does not name a file";
    }
  }

  private static String reason(Path file) {
    if (Files.exists(file)) {
      return Files.isRegularFile(file) ? "it is not readable as text" : "it is not a file";
    }
    return "there is no such file (a relative name starts at %s)"
        .formatted(file.isAbsolute() ? "the configuration's folder" : "the working directory");
  }
}
