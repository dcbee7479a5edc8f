# Shell functions of the scripts beside this file, which source it. Runs on bash 3.2 (macOS) too.
#
#   cd_root       go to the repository's root
#   require_jdk   find a JDK 17 or newer; sets JAVA, JAVA_HOME and JAVA_MAJOR, or says what to install
#   require_maven find a Maven; sets MVN
#   jvm_flags     what the relay runs best with; sets JVM_FLAGS. Makes notes for a fast start first
#   ensure_jar    build the runnable jar when there is no whole one of these sources; sets RELAY_JAR

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

# What stands for a build that was finished: sources newer than it are not in the jar, and a jar
# newer than it is somebody else's, maybe half of one.
BUILT=$ROOT/target/.built

find_jar() {
  RELAY_JAR=$(find "$ROOT/target" -name 'vertx-llm-relay-*-all.jar' | sort | tail -n 1)
}

is_built() {
  find_jar
  [ -n "$RELAY_JAR" ] && [ -e "$BUILT" ] && [ ! "$RELAY_JAR" -nt "$BUILT" ] &&
    [ -z "$(find "$ROOT/src/main" "$ROOT/pom.xml" -newer "$BUILT")" ]
}

ensure_jar() {
  mkdir -p "$ROOT/target"
  if ! is_built; then
    require_jdk
    require_maven
    (build_alone) || exit
    find_jar
  fi
}

# Two builds at once would spoil each other's jar. Ends with the subshell it is to run in.
build_alone() {
  local lock=$ROOT/target/.building owner told=
  until mkdir "$lock" 2>/dev/null; do
    # Who has only just made it has a second to say who it is.
    owner=$(cat "$lock/pid" 2>/dev/null || { sleep 1 && cat "$lock/pid" 2>/dev/null; } || true)
    if kill -0 "$owner" 2>/dev/null; then
      [ -n "$told" ] || say "Process $owner is building the relay already; waiting for it ..."
      told=yes
      sleep 1
    elif [ "$owner" = "$(cat "$lock/pid" 2>/dev/null || true)" ]; then
      rm -rf "$lock"
    fi
  done
  trap 'rm -rf "$ROOT/target/.building"' EXIT
  sh -c 'echo "$PPID"' >"$lock/pid" # this subshell's, which $$ is not
  is_built || build
}

build() {
  local log dots_pid status
  log=$(mktemp "${TMPDIR:-/tmp}/llm-relay-build.XXXXXX")
  # A relay that runs keeps its jar, though nobody else finds it any more.
  rm -f "$BUILT" "$ROOT"/target/vertx-llm-relay-*-all.jar
  touch "$BUILT.new"
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
  # As old as the start of the build: what was edited during it is not in it, or not for certain.
  find_jar
  touch -r "$BUILT.new" "$RELAY_JAR" && mv "$BUILT.new" "$BUILT"
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
  local jar notes option status
  JVM_FLAGS=(-XX:MaxInlineLevel=9 -XX:InlineSmallCode=1000 -Dio.netty.jfr.enabled=false)
  [ "${LLM_RELAY_TRAIN:-yes}" != no ] || return 0
  # A JVM may run the code of another jar out of notes, as long as size and time are the same. By the
  # number of processors it chooses its garbage collector, and notes fit one only. A JDK may be
  # replaced where it is, and its release file then tells another version.
  jar=$(cksum <"$RELAY_JAR" | cut -d ' ' -f 1)
  notes=$(
    printf '%s' "$JAVA_HOME $(nproc 2>/dev/null || echo some)"
    cat "$JAVA_HOME/release" 2>/dev/null || true
  )
  notes="$ROOT/target/start-$jar-$(printf '%s' "$notes" | cksum | cut -d ' ' -f 1).notes"
  if [ "$JAVA_MAJOR" -ge 25 ]; then
    option=-XX:AOTCache
    JVM_FLAGS+=(-Xlog:aot=off)
  else
    option=-XX:SharedArchiveFile
    JVM_FLAGS+=(-Xlog:cds=off -Xlog:cds+dynamic=off -Xshare:auto)
  fi
  if [ "$RELAY_JAR" -nt "$notes" ]; then
    # What failed once fails again, until there is another jar.
    [ "$RELAY_JAR" -nt "$notes.failed" ] || return 0
    find "$ROOT/target" -maxdepth 1 -name 'start-*' ! -name "start-$jar-*" -exec rm -f {} +
    say "Making notes for a fast start (once, some 15 seconds) ..."
    status=0
    (train "$option" "$notes") || status=$?
    case $status in
      0) ;;
      130 | 143) exit "$status" ;; # somebody stopped it
      *)
        touch "$notes.failed"
        say "That failed; starting without, until there is another jar."
        return 0
        ;;
    esac
  fi
  JVM_FLAGS+=("$option=$notes")
}

# Ends with the subshell it is to run in. The JVM may leave notes whatever becomes of it.
train() {
  local output=-XX:ArchiveClassesAtExit
  [ "$1" != -XX:AOTCache ] || output=-XX:AOTCacheOutput
  PART=$2.$$
  trap 'rm -f "$PART"*' EXIT
  rm -f "$2" "$2.failed"
  "$JAVA" "${JVM_FLAGS[@]}" "$output=$PART" -jar "$RELAY_JAR" train "$ROOT/conf/relay.yaml" \
    >/dev/null 2>&1 || exit
  mv "$PART" "$2" 2>/dev/null
}
