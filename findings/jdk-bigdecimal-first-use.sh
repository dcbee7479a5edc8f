#!/usr/bin/env bash
# The first use of java.math.BigDecimal takes tens of milliseconds in Java 25.
#
# Expected: what initializes a class of numbers is constants; BigDecimal took 0.5 ms in Java 17.
#
# What is so (Temurin 25.0.3, 2026-11): its initializer computes 5^(2^n) for n up to 16, a number of
# 152,170 bits, which only the removal of trailing zeros from very large numbers needs. In a JVM that has
# just started, and interprets, that is 10 to 40 ms, and an AOT cache does not shorten it.
#
# Why a gateway for LLM streams cares: Jackson's parsers have constants of that class, so every process
# that reads JSON or YAML pays for it before its first document: 2 to 5 % of the start of LLM Relay.
#
# Needs a JDK 25 (JAVA_HOME, or java on the PATH). Exits with 1 if the behaviour has changed.
set -euo pipefail
java=${JAVA_HOME:+$JAVA_HOME/bin/}java
command -v "$java" >/dev/null || { echo "needs a JDK 25" >&2; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

cat > First.java <<'JAVA'
import java.lang.management.ManagementFactory;
import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.math.BigDecimal;
import java.math.BigInteger;

public class First {
  public static void main(String[] args) throws Exception {
    BigInteger.TEN.toString();
    long before = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    BigDecimal one = BigDecimal.ONE;
    long after = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    System.out.printf("Java %s, the first use of BigDecimal: %.1f ms of CPU%n",
        System.getProperty("java.version"), (after - before) / 1e6);
    long bits = 0;
    for (Field field : BigDecimal.class.getDeclaredFields()) {
      if (field.getType() == BigInteger[].class) {
        field.setAccessible(true);
        Object array = field.get(null);
        BigInteger last = (BigInteger) Array.get(array, Array.getLength(array) - 1);
        System.out.println(field.getName() + ": the last of " + Array.getLength(array) + " has "
            + last.bitLength() + " bits");
        bits = Math.max(bits, last.bitLength());
      }
    }
    System.exit(bits > 100_000 ? 0 : 1);
  }
}
JAVA
if "$java" --add-opens java.base/java.math=ALL-UNNAMED First.java; then
  echo "as described: the initializer computes powers that are seldom needed"
else
  echo "CHANGED: no such power is computed in advance" >&2
  exit 1
fi
