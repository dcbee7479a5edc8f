#!/usr/bin/env bash
# A request with a body that crosses a GOAWAY ends every other stream of the connection, with a Vert.x server.
#
# Expected: after a GOAWAY a server ignores streams beyond the last one that it named, since the client may
# not have read it yet, and finishes the streams below. RFC 9113, section 6.8: frames for later streams can be
# discarded, and their DATA count for flow control.
#
# What is so (vertx-core 5.1.6 with Netty's codec, 2026-11): the HEADERS of such a stream are ignored, but the
# DATA that follow with END_STREAM are a connection error ("Stream 3 does not exist for inbound frame DATA"):
# the server closes the connection, so that the responses still under way are cut. A request without a body
# does no harm.
#
# Why a gateway for LLM streams cares: every request to a model has a body, and answers take minutes. A server
# or proxy on this codec that drains by GOAWAY cuts the answers that it meant to finish, as soon as one more
# request crosses it. LLM Relay counts such a cut as that of a lost connection: before the first token another
# backend serves the request, after it the stream fails or, if asked to, is resumed.
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
  <groupId>findings</groupId><artifactId>crossing</artifactId><version>1</version>
  <dependencies>
    <dependency>
      <groupId>io.vertx</groupId><artifactId>vertx-core</artifactId><version>5.1.6</version>
    </dependency>
  </dependencies>
</project>
POM
cat > Crossing.java <<'JAVA'
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.*;
import java.io.*;
import java.net.Socket;

public class Crossing {
  /** The fields :method, :scheme http, :path /, :authority a, without dynamic entries. */
  static byte[] headers(boolean post) {
    return new byte[] {(byte) (post ? 0x83 : 0x82), (byte) 0x86, (byte) 0x84, 0x01, 0x01, 'a'};
  }

  static void frame(OutputStream out, int type, int flags, int stream, byte[] payload)
      throws IOException {
    DataOutputStream data = new DataOutputStream(out);
    data.writeByte(0);
    data.writeShort(payload.length);
    data.writeByte(type);
    data.writeByte(flags);
    data.writeInt(stream);
    data.write(payload);
    data.flush();
  }

  static void run(int port, boolean post) throws Exception {
    try (Socket socket = new Socket("127.0.0.1", port)) {
      socket.setSoTimeout(10_000);
      OutputStream out = socket.getOutputStream();
      out.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes("US-ASCII"));
      frame(out, 4, 0, 0, new byte[0]);
      frame(out, 1, 5, 1, headers(false));
      Thread.sleep(700); // The GOAWAY is sent, and not read here.
      frame(out, 1, post ? 4 : 5, 3, headers(post));
      if (post) {
        frame(out, 0, 1, 3, "{}".getBytes("US-ASCII"));
      }
      DataInputStream in = new DataInputStream(socket.getInputStream());
      StringBuilder text = new StringBuilder();
      String end = "the connection was closed";
      try {
        while (true) {
          int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
          int type = in.readUnsignedByte();
          int flags = in.readUnsignedByte();
          in.readInt();
          byte[] payload = in.readNBytes(length);
          if (type == 7) {
            text.append(" goaway=").append(payload[7]);
          } else if (type == 0) {
            text.append(" ").append(new String(payload, "US-ASCII"));
            if ((flags & 1) == 1) {
              end = "complete";
              break;
            }
          }
        }
      } catch (IOException closed) {
        // Told below.
      }
      System.out.println((post ? "with a body:" : "without:") + text + ": " + end);
    }
  }

  public static void main(String[] args) throws Exception {
    Vertx vertx = Vertx.vertx();
    HttpServer server = vertx.createHttpServer()
        .requestHandler(request -> {
          HttpServerResponse response = request.response().setChunked(true);
          response.write("first");
          request.connection().goAway(0, -1, Buffer.buffer());
          vertx.setTimer(1500, id -> response.end("last"));
        })
        .listen(0, "127.0.0.1").await();
    run(server.actualPort(), false);
    run(server.actualPort(), true);
    System.exit(0);
  }
}
JAVA
timeout 300 "$repo/mvnw" -q -B -ntp -f pom.xml \
  org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies -DoutputDirectory=lib
javac -nowarn -cp 'lib/*' Crossing.java 2>javac.log || { cat javac.log >&2; exit 1; }

cat > expected <<'TEXT'
without: goaway=0 first last: complete
with a body: goaway=0 first: the connection was closed
TEXT
echo "vertx-core 5.1.6"
timeout 60 java -cp 'lib/*:.' Crossing 2>log | tee out ||
  { cat log >&2; exit 1; }
diff expected out >/dev/null || { echo "changed, was:"; cat expected; exit 1; }
echo "as described: a body that crosses a GOAWAY closes the connection"
