package io.llmrelay.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** What the system says of processes. Memory and what others use is known on Linux only. */
final class Machine {
  private static final Path STAT = Path.of("/proc/stat");
  private static final long TICK_MICROS = 10_000;

  private Machine() {}

  /** The processor time a process has used, in microseconds; -1 where it cannot be told. */
  static long cpuMicros(ProcessHandle process) {
    Optional<Duration> cpu = process.info().totalCpuDuration();
    return cpu.isPresent() ? cpu.get().toNanos() / 1000 : -1;
  }

  /** The memory a process has in use, in KiB; -1 where it cannot be told. */
  static long residentKib(long pid) {
    try {
      for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/status"))) {
        if (line.startsWith("VmRSS:")) {
          return Long.parseLong(line.replaceAll("\\D", ""));
        }
      }
    } catch (IOException e) {
      // Not Linux, or the process is gone.
    }
    return -1;
  }

  /** The processor time everybody together has used, in microseconds; -1 as above. */
  static long busyMicros() {
    try {
      // cpu user nice system idle iowait irq softirq …
      String[] t = Files.readAllLines(STAT).get(0).split("\\s+");
      long ticks = 0;
      for (int i : new int[] {1, 2, 3, 6, 7}) {
        ticks += Long.parseLong(t[i]);
      }
      return ticks * TICK_MICROS;
    } catch (IOException e) {
      return -1;
    }
  }
}
