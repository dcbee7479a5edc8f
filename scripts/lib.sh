# Shell functions of the scripts beside this file, which source it. Runs on bash 3.2 (macOS) too.
#
#   cd_root       go to the repository's root
#   help_for ARGS print the comment at the head of the script and exit, if the arguments ask for help
#   misused TEXT  print what is wrong with the command line, and exit with 2
#   require_jdk   find a JDK 17 or newer; sets JAVA, JAVA_HOME and JAVA_MAJOR, or prints what to install
#   require_maven find a Maven; sets MVN
#   jvm_flags     set JVM_FLAGS for the relay; creates the startup cache if there is none
#   ensure_jar    build the runnable jar unless it is up to date; sets RELAY_JAR

ROOT=$(cd "${BASH_SOURCE[0]%/*}/.." && pwd)
MIN_JAVA=17

say() { printf '%s\n' "$*" >&2; }

fail() {
  say "$@"
  exit 1
}

cd_root() { cd "$ROOT"; }

help_for() {
  case ${1:-} in
    -h | --help)
      sed -n '3,/^[^#]/s/^# \{0,1\}//p' "$0"
      exit 0
      ;;
  esac
}

misused() {
  say "scripts/${0##*/} $*; scripts/${0##*/} --help tells what it takes."
  exit 2
}

# Checks one javac, by which a JDK differs from a JRE; fails unless it is new enough.
try_jdk() {
  local settings home major version key value
  [ -n "$1" ] && [ -x "$1" ] || return 1
  # Most JDKs have their version in a file, which is faster than running them.
  home=$1
  [ -e "${home%/bin/*}/release" ] || home=$(readlink -f "$1" 2>/dev/null || echo "$1")
  home=${home%/bin/*}
  version=
  if [ -r "$home/release" ]; then
    while IFS='="' read -r key _ value _; do
      [ "$key" != JAVA_VERSION ] || version=$value
    done <"$home/release"
  fi
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
  [ -z "${JAVA_MAJOR:-}" ] || [ "$JAVA_MAJOR" -lt "$MIN_JAVA" ] || return 0
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
  Debian, Ubuntu   apt-get install openjdk-$MIN_JAVA-jdk-headless
  macOS            brew install openjdk@$MIN_JAVA
  elsewhere        any OpenJDK build, $MIN_JAVA or newer, for example from https://adoptium.net

If one is installed already, point JAVA_HOME at it."
}

# Uses the Maven wrapper, which downloads Maven once, or else a Maven on the PATH.
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

# Prints a dot every two seconds until it is killed or the script that started it has exited.
dots() {
  while sleep 2 && kill -0 $$ 2>/dev/null; do
    printf '.' >&2
  done
}

# The timestamp of the last complete build. Sources newer than it are not in the jar; a jar newer than
# it was written by another build and may be incomplete.
BUILT=$ROOT/target/.built

find_jar() {
  local jar
  RELAY_JAR=
  for jar in "$ROOT"/target/vertx-llm-relay-*-all.jar; do
    [ ! -e "$jar" ] || RELAY_JAR=$jar
  done
}

is_built() {
  find_jar
  [ -n "$RELAY_JAR" ] && [ -e "$BUILT" ] && [ ! "$RELAY_JAR" -nt "$BUILT" ] &&
    [ -z "$(find "$ROOT/src/main" "$ROOT/pom.xml" "$ROOT/conf/relay.schema.json" -newer "$BUILT")" ]
}

ensure_jar() {
  [ -d "$ROOT/target" ] || mkdir -p "$ROOT/target"
  if ! is_built; then
    require_jdk
    require_maven
    (build_alone) || exit
    find_jar
  fi
}

# Builds under a lock, as concurrent builds would corrupt the jar. Must run in a subshell, whose end
# releases the lock.
build_alone() {
  local lock=$ROOT/target/.building owner announced=
  until mkdir "$lock" 2>/dev/null; do
    # The owner may not have written its process id yet; wait a second for it.
    owner=$(cat "$lock/pid" 2>/dev/null || { sleep 1 && cat "$lock/pid" 2>/dev/null; } || true)
    if kill -0 "$owner" 2>/dev/null; then
      [ -n "$announced" ] || say "Process $owner is building the relay already; waiting for it ..."
      announced=yes
      sleep 1
    elif [ "$owner" = "$(cat "$lock/pid" 2>/dev/null || true)" ]; then
      rm -rf "$lock"
    fi
  done
  trap 'rm -rf "$ROOT/target/.building"' EXIT
  sh -c 'echo "$PPID"' >"$lock/pid" # of this subshell; $$ is that of the script
  is_built || build
}

build() {
  local log dots_pid status
  log=$(mktemp "${TMPDIR:-/tmp}/llm-relay-build.XXXXXX")
  # A running relay keeps its open jar.
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
  # Dated at the start of the build: sources edited since then may not be in the jar.
  find_jar
  touch -r "$BUILT.new" "$RELAY_JAR" && mv "$BUILT.new" "$BUILT"
}

# Sets two kinds of JVM flags.
#
# Inlining limits below the JVM's defaults: a request passes through about a hundred small methods of
# Netty, Vert.x and the relay, each of which is compiled with its callees inlined. With these limits
# compilation takes a third of the time, and the code is no slower.
#
# Compact object headers, from Java 25 on: most of what a stream holds are small objects.
#
# The startup cache, created by a training run in which the relay serves requests for some seconds: on
# Java 25 an AOT cache with linked classes and profiles, before that an archive of classes (CDS).
# LLM_RELAY_TRAIN=no disables it.
jvm_flags() {
  local jar cache option status
  JVM_FLAGS=(-XX:MaxInlineLevel=9 -XX:InlineSmallCode=1000 -Dio.netty.jfr.enabled=false)
  [ "$JAVA_MAJOR" -lt 25 ] || JVM_FLAGS+=(-XX:+UseCompactObjectHeaders)
  [ "${LLM_RELAY_TRAIN:-yes}" != no ] || return 0
  # The name of the cache identifies jar and JVM. The JVM itself compares only the size and time of a
  # jar; the directory at the end of a jar has checksums of all files in it. The number of processors
  # determines the garbage collector, for which the cache is valid. A JDK may be replaced in place,
  # with another version in its release file.
  jar=$(tail -c 4000000 "$RELAY_JAR" | cksum)
  jar=${jar%% *}
  cache="$JAVA_HOME $(nproc 2>/dev/null || echo some)"
  [ ! -r "$JAVA_HOME/release" ] || cache+=$(<"$JAVA_HOME/release")
  cache=$(printf '%s' "$cache" | cksum)
  cache="$ROOT/target/start-$jar-${cache%% *}.cache"
  if [ "$JAVA_MAJOR" -ge 25 ]; then
    option=-XX:AOTCache
    JVM_FLAGS+=(-Xlog:aot=off)
  else
    option=-XX:SharedArchiveFile
    JVM_FLAGS+=(-Xlog:cds=off -Xlog:cds+dynamic=off -Xshare:auto)
  fi
  if [ "$RELAY_JAR" -nt "$cache" ]; then
    # A failed training run is not repeated for the same jar.
    [ "$RELAY_JAR" -nt "$cache.failed" ] || return 0
    find "$ROOT/target" -maxdepth 1 -name 'start-*' ! -name "start-$jar-*" -exec rm -f {} +
    say "Creating the startup cache (once, some 15 seconds) ..."
    status=0
    (train "$option" "$cache") || status=$?
    case $status in
      0) ;;
      130 | 143) exit "$status" ;; # interrupted by a signal
      *)
        touch "$cache.failed"
        say "The startup cache cannot be created; starting without it until the jar changes."
        return 0
        ;;
    esac
  fi
  JVM_FLAGS+=("$option=$cache")
}

# Creates the startup cache $2 with the JVM option $1. Must run in a subshell, whose end deletes
# partial files: the JVM may leave some even if it fails.
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
