#!/usr/bin/env bash
# Which libraries vertx-core 5.1.6 brings into a build depends on the JDK that runs Maven.
#
# Expected: the dependencies of a released artifact are what its pom says, the same for everyone.
#
# What is so (vertx-core 5.1.6, 2026-11): its released pom has a profile that is activated by a JDK
# of 21 or newer and adds Jackson 3 (tools.jackson.core, jackson-core and jackson-databind) as
# compile dependencies. Maven evaluates such profiles in the poms of dependencies, too. A build on
# JDK 17 has Jackson 2 only; the same sources built on a newer JDK have both, in the class path, in
# a shaded jar, in a list of licences.
#
# Why a gateway for LLM streams cares: it ships a runnable jar. Built on 25 it is larger, carries a
# second JSON parser with its own advisories, and is not the jar that was tested on 17. LLM Relay
# excludes the group from vertx-core, so that every JDK builds the same jar.
#
# It resolves the dependencies twice on one JDK, once as Java 17 and once as Java 21 (the version
# that Maven matches profiles against is a property).
#
# Needs a JDK 17 or newer, and Maven Central. Exits with 1 if the behaviour has changed.
set -euo pipefail
command -v java >/dev/null || { echo "needs a JDK 17 or newer on the PATH" >&2; exit 2; }
repo=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

cat > pom.xml <<'POM'
<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>findings</groupId><artifactId>by-jdk</artifactId><version>1</version>
  <dependencies>
    <dependency>
      <groupId>io.vertx</groupId><artifactId>vertx-core</artifactId><version>5.1.6</version>
    </dependency>
  </dependencies>
</project>
POM
for jdk in 17 21; do
  timeout 300 "$repo/mvnw" -q -B -ntp -f pom.xml "-Djava.version=$jdk.0.1" \
    org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies \
    "-DoutputDirectory=$work/$jdk"
  echo "vertx-core 5.1.6, resolved as on JDK $jdk: $(ls "$jdk" | wc -l) jars," \
    "$(du -ck "$jdk"/*.jar | tail -1 | cut -f1) KB, with $(cd "$jdk" && echo jackson*)"
done
(cd 17; ls) > jars17
(cd 21; ls) > jars21
more=$(comm -13 jars17 jars21 | grep -v '^jackson-annotations' | tr '\n' ' ')
echo "only as on JDK 21: $more"
[[ "$more" =~ ^jackson-core-3[^\ ]*\ jackson-databind-3[^\ ]*\ $ ]] || { echo "changed"; exit 1; }
echo "as described: Jackson 3 comes with a newer JDK"
