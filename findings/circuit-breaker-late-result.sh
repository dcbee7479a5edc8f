#!/usr/bin/env bash
# A call from before the opening decides the half-open state of a Vert.x circuit breaker.
#
# Expected: a half-open breaker lets one trial call through and closes or opens by its result. Calls
# that were already running when the breaker opened speak about the backend of that time; their
# results are expected to be ignored.
#
# What is so (vertx-circuit-breaker 5.1.6, 2026-11): the result of any call that ends while the
# breaker is half-open counts as the trial's. A call begun before the outage that now succeeds
# closes the breaker though no trial was made; one that now fails opens it again for a whole reset
# timeout though nobody asked the backend whether it is well.
#
# Why a gateway for LLM streams cares: answers run for minutes, breakers reopen after seconds, so
# the late result is the normal case. A long answer that ends well lets the full traffic loose on a
# backend that refuses everything new, and each old stream that breaks off postpones the recovery.
# LLM Relay judges attempts itself, with outcomes of its own for each state, so that what began
# before the last transition does not count; the breaker is told only when to open and when to
# close.
#
# Needs a JDK 17 or newer, and Maven Central. Exits with 1 if the behaviour has changed.
set -euo pipefail
command -v javac >/dev/null || { echo "needs a JDK 17 or newer on the PATH" >&2; exit 2; }
repo=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

cat > pom.xml <<'POM'
<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>findings</groupId><artifactId>late-result</artifactId><version>1</version>
  <dependencies>
    <dependency>
      <groupId>io.vertx</groupId><artifactId>vertx-circuit-breaker</artifactId><version>5.1.6</version>
    </dependency>
  </dependencies>
</project>
POM
cat > LateResult.java <<'JAVA'
import io.vertx.circuitbreaker.*;
import io.vertx.core.*;
import java.util.concurrent.TimeUnit;

public class LateResult {
  static void await(CircuitBreaker breaker, CircuitBreakerState state) throws Exception {
    for (int i = 0; i < 200 && breaker.state() != state; i++) {
      TimeUnit.MILLISECONDS.sleep(25);
    }
  }

  static void play(Vertx vertx, boolean success) throws Exception {
    CircuitBreaker breaker = CircuitBreaker.create("b" + success, vertx,
        new CircuitBreakerOptions().setMaxFailures(1).setTimeout(-1).setResetTimeout(1000));
    Promise<String> old = Promise.promise();
    breaker.<String>execute(trial -> old.future().onComplete(trial));
    breaker.<String>execute(trial -> trial.fail("503"));
    await(breaker, CircuitBreakerState.OPEN);
    StringBuilder line = new StringBuilder(breaker.state().toString());
    await(breaker, CircuitBreakerState.HALF_OPEN);
    line.append(" -> ").append(breaker.state());
    if (success) {
      old.complete("a long answer");
    } else {
      old.fail("broke off");
    }
    TimeUnit.MILLISECONDS.sleep(300);
    line.append(" -> ").append(breaker.state());
    System.out.println("the old call " + (success ? "succeeds: " : "fails: ") + line);
  }

  public static void main(String[] args) throws Exception {
    Vertx vertx = Vertx.vertx();
    play(vertx, true);
    play(vertx, false);
    System.exit(0);
  }
}
JAVA
timeout 300 "$repo/mvnw" -q -B -ntp -f pom.xml \
  org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies -DoutputDirectory=lib
javac -cp 'lib/*' LateResult.java

cat > expected <<'TEXT'
the old call succeeds: OPEN -> HALF_OPEN -> CLOSED
the old call fails: OPEN -> HALF_OPEN -> OPEN
TEXT
echo "vertx-circuit-breaker 5.1.6, no trial call is made"
timeout 60 java -cp 'lib/*:.' LateResult 2>log | tee out ||
  { cat log >&2; exit 1; }
diff expected out >/dev/null || { echo "changed, was:"; cat expected; exit 1; }
echo "as described: a result from before the opening counts as the trial's"
