# Shell functions of the scripts beside this file, which source it. Runs on bash 3.2 (macOS) too.
#
#   cd_root       go to the repository's root
#   require_jdk   find a JDK 17 or newer; sets JAVA, JAVA_HOME and JAVA_MAJOR, or says what to install
#   require_maven find a Maven; sets MVN
#   jvm_flags     what the relay runs best with; sets JVM_FLAGS. Makes notes for a fast start first
#   ensure_jar    build the runnable jar when it is missing or older than its sources; sets RELAY_JAR

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
MIN_JAVA=17

say() { printf '%s\n' "$*" >&2; }

fail() {
  say "$@"
  exit 1
}

cd_root() { cd "$ROOT"; }

# Tries one javac; a javac is what tells a JDK from a JRE.
try_jdk() {
  local settings home major version
  [ -n "$1" ] && [ -x "$1" ] || return 1
  # Most JDKs say in a file what they are; asking them takes longer.
  home=$(dirname "$(dirname "$(readlink -f "$1" 2>/dev/null || echo "$1")")")
  version=$(sed -n 's/^JAVA_VERSION="\(.*\)"/\1/p' "$home/release" 2>/dev/null || true)
  if [ -n "$version" ] && [ -x "$home/bin/java" ] && [ "${version%%[.+-]*}" -ge "$MIN_JAVA" ]; then
    export JAVA_HOME="$home"
    JAVA="$home/bin/java"
    JAVA_MAJOR=${version%%[.+-]*}
    return 0
  fi
  settings=$("$1" -J-XshowSettings:properties -version 2>&1) || return 1
  home=$(printf '%s\n' "$settings" | sed -n 's/^ *java\.home = //p')
  major=$(printf '%s\n' "$settings" | sed -n 's/^ *java\.specification\.version = \(1\.\)*//p')
  [ -n "$major" ] && [ -x "$home/bin/java" ] || return 1
  if [ "$major" -lt "$MIN_JAVA" ]; then
    TOO_OLD="$home (Java $major)"
    return 1
  fi
  export JAVA_HOME="$home"
  JAVA="$home/bin/java"
  JAVA_MAJOR=$major
}

require_jdk() {
  local candidate java_on_path
  [ -z "${JAVA_MAJOR:-}" ] || return 0
  TOO_OLD=
  for candidate in \
    "${JAVA_HOME:+$JAVA_HOME/bin/javac}" \
    "$(command -v javac || true)" \
    /usr/lib/jvm/*/bin/javac \
    /Library/Java/JavaVirtualMachines/*/Contents/Home/bin/javac \
    /opt/homebrew/opt/openjdk*/bin/javac \
    /usr/local/opt/openjdk*/bin/javac \
    "$HOME"/.sdkman/candidates/java/*/bin/javac; do
    if try_jdk "$candidate"; then
      return 0
    fi
  done

  java_on_path=$(command -v java || true)
  if [ -n "$TOO_OLD" ]; then
    say "LLM Relay needs a JDK $MIN_JAVA or newer; the one found is too old: $TOO_OLD."
  elif [ -n "$java_on_path" ]; then
    say "LLM Relay needs a JDK $MIN_JAVA or newer; $java_on_path has no compiler (javac) with it."
  else
    say "LLM Relay needs a JDK $MIN_JAVA or newer, and no Java was found."
  fi
  fail "
  Debian, Ubuntu   apt-get install openjdk-17-jdk-headless
  macOS            brew install openjdk@17
  elsewhere        any OpenJDK build, 17 or newer, for example from https://adoptium.net

If one is installed already, point JAVA_HOME at it."
}

# The wrapper brings its own Maven from Maven Central; a Maven on the PATH is the second choice.
require_maven() {
  local version
  [ -z "${MVN:-}" ] || return 0
  version=$(sed -n 's|^distributionUrl=.*/apache-maven-\(.*\)-bin\.zip.*|\1|p' \
    "$ROOT/.mvn/wrapper/maven-wrapper.properties")
  if [ ! -d "${MAVEN_USER_HOME:-$HOME/.m2}/wrapper/dists/apache-maven-$version" ]; then
    say "Fetching Maven $version (once, 9 MB) ..."
  fi
  if (cd "$ROOT" && ./mvnw -v) >/dev/null; then
    MVN="$ROOT/mvnw"
  elif command -v mvn >/dev/null; then
    MVN=$(command -v mvn)
    say "The Maven wrapper cannot fetch its Maven (see above); using $MVN instead."
  else
    fail "The Maven wrapper cannot fetch its Maven (see above). It needs to reach Maven Central once;
with a Maven 3.8 or newer on the PATH it is not needed."
  fi
}

# One dot every two seconds until it is killed, or until the script that started it is gone.
dots() {
  while sleep 2 && kill -0 $$ 2>/dev/null; do
    printf '.' >&2
  done
}

ensure_jar() {
  local jar log dots_pid status
  mkdir -p "$ROOT/target"
  jar=$(find "$ROOT/target" -name 'vertx-llm-relay-*-all.jar' | sort | tail -n 1)
  if [ -n "$jar" ] && [ -z "$(find "$ROOT/src/main" "$ROOT/pom.xml" -newer "$jar")" ]; then
    RELAY_JAR=$jar
    return 0
  fi

  require_jdk
  require_maven
  log=$(mktemp "${TMPDIR:-/tmp}/llm-relay-build.XXXXXX")
  printf 'Building the relay (the first time it fetches its libraries) ' >&2
  dots &
  dots_pid=$!
  status=0
  (cd "$ROOT" && "$MVN" -q -B -ntp -Dmaven.test.skip=true package) >"$log" 2>&1 || status=$?
  kill "$dots_pid" 2>/dev/null || true
  wait "$dots_pid" 2>/dev/null || true
  if [ "$status" -ne 0 ]; then
    say " failed:"
    cat "$log" >&2
    rm -f "$log"
    exit "$status"
  fi
  rm -f "$log"
  say " done."
  RELAY_JAR=$(find "$ROOT/target" -name 'vertx-llm-relay-*-all.jar' | sort | tail -n 1)
  # Maven leaves a jar alone whose contents would not change.
  touch "$RELAY_JAR"
}

# Two things make the relay cheaper to run.
#
# Inlining less deep than the JVM does by default: a request goes through some hundred small methods
# of Netty, Vert.x and ours, each compiled with all it calls inlined into it, time and again. With
# these limits the compiler is done in a third of the time, and the code is no slower.
#
# Notes of a training run, which has the relay serve itself some seconds: on Java 25 an AOT cache
# with the classes linked and the profiles of the code, on older ones an archive of the classes.
# LLM_RELAY_TRAIN=no goes without.
jvm_flags() {
  local notes option
  JVM_FLAGS=(-XX:MaxInlineLevel=9 -XX:InlineSmallCode=1000 -Dio.netty.jfr.enabled=false)
  [ "${LLM_RELAY_TRAIN:-yes}" != no ] || return 0
  # By the number of processors the JVM chooses its garbage collector, and notes fit one only.
  notes="$JAVA_HOME $(nproc 2>/dev/null || echo some)"
  notes="$ROOT/target/start-$(printf '%s' "$notes" | cksum | cut -d ' ' -f 1).notes"
  if [ "$JAVA_MAJOR" -ge 25 ]; then
    option=-XX:AOTCache
    JVM_FLAGS+=(-Xlog:aot=off)
  else
    option=-XX:SharedArchiveFile
    JVM_FLAGS+=(-Xlog:cds=off -Xlog:cds+dynamic=off -Xshare:auto)
  fi
  if [ ! -e "$notes" ] || [ "$RELAY_JAR" -nt "$notes" ]; then
    say "Making notes for a fast start (once, some 15 seconds) ..."
    train "$option" "$notes" || { say "That failed; starting without."; return 0; }
  fi
  JVM_FLAGS+=("$option=$notes")
}

train() {
  local output=-XX:ArchiveClassesAtExit
  [ "$1" != -XX:AOTCache ] || output=-XX:AOTCacheOutput
  rm -f "$2"
  "$JAVA" "${JVM_FLAGS[@]}" "$output=$2.$$" -jar "$RELAY_JAR" train "$ROOT/conf/relay.yaml" \
    >/dev/null 2>&1 && mv "$2.$$" "$2"
}
