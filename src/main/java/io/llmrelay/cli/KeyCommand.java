package io.llmrelay.cli;

import io.llmrelay.config.GatewayKeyOptions;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * Generates a key for the gateway. The key is printed, not stored; the configuration has its hash.
 */
@Command(
    name = "key",
    mixinStandardHelpOptions = true,
    description = "Generate a key for a caller of the gateway, and print it once.")
final class KeyCommand implements Callable<Integer> {
  private static final int BYTES = 32;

  @Spec private CommandSpec spec;

  @Parameters(
      arity = "0..1",
      paramLabel = "NAME",
      defaultValue = "my-app",
      description = "The caller's name: letters, digits, - and _. Default: ${DEFAULT-VALUE}.")
  private String name;

  @Override
  public Integer call() {
    if (!name.matches("[A-Za-z0-9_-]{1,64}")) {
      throw new ParameterException(
          spec.commandLine(), "NAME must be letters, digits, - and _, at most 64 of them");
    }
    byte[] random = new byte[BYTES];
    new SecureRandom().nextBytes(random);
    String key = "llmr-" + Base64.getUrlEncoder().withoutPadding().encodeToString(random);
    new Terminal(spec.commandLine().getOut())
        .line(
            """
            The key, which is not shown again (Authorization: Bearer …):

              %s

            For the configuration:

              gateway:
                keys:
                  %s:
                    sha256: %s
            """
                .formatted(key, name, GatewayKeyOptions.sha256(key))
                .stripTrailing());
    return 0;
  }
}
