package io.llmrelay.bench;

import io.vertx.core.json.JsonObject;
import java.util.List;

/**
 * One figure of a scenario.
 *
 * @param label what it is, with its unit
 * @param path where it stands in a record, with a dot before an inner field
 * @param decimals how exact it is printed
 * @param compared how the second system is compared with the first
 */
record Figure(String label, String path, int decimals, Compared compared) {
  enum Compared {
    RATIO,
    DIFFERENCE,
    NOT
  }

  private static final Figure PER_CHUNK =
      new Figure("CPU per chunk, µs", "cpu_us_per_chunk", 1, Compared.RATIO);
  private static final Figure PER_REQUEST =
      new Figure("CPU per request, µs", "cpu_us_per_request", 0, Compared.RATIO);
  private static final Figure CHUNKS =
      new Figure("chunks a second", "chunks_per_s", 0, Compared.RATIO);
  private static final Figure REQUESTS =
      new Figure("requests a second", "requests_per_s", 0, Compared.RATIO);
  private static final List<Figure> FIRST_CHUNK =
      List.of(
          new Figure("first chunk, p50, ms", "first_chunk_ms.p50", 2, Compared.DIFFERENCE),
          new Figure("first chunk, p99, ms", "first_chunk_ms.p99", 2, Compared.DIFFERENCE));
  private static final List<Figure> TRANSIT =
      List.of(
          new Figure("on the way, p50, ms", "transit_ms.p50", 2, Compared.DIFFERENCE),
          new Figure("on the way, p99, ms", "transit_ms.p99", 2, Compared.DIFFERENCE));
  private static final Figure RESIDENT =
      new Figure("resident memory, KiB", "resident_kib", 0, Compared.RATIO);

  /** The figures of a scenario that are worth a line. */
  static List<Figure> of(String scenario) {
    return switch (scenario) {
      case "s1", "a1", "o1", "f1", "f2", "t3" -> List.of(PER_CHUNK, CHUNKS);
      case "s2", "a2", "o2", "s6", "t1", "t2" -> List.of(PER_REQUEST, REQUESTS);
      case "s3", "a3", "o3" ->
          List.of(
              PER_CHUNK, FIRST_CHUNK.get(0), FIRST_CHUNK.get(1), TRANSIT.get(0), TRANSIT.get(1));
      case "w2" ->
          List.of(
              new Figure("until all are answered, ms", "wall_ms", 0, Compared.RATIO),
              new Figure("CPU per request, µs", "cpu_us_per_request", 0, Compared.RATIO),
              FIRST_CHUNK.get(1));
      case "s4-growth", "w1-growth" ->
          List.of(
              new Figure("CPU per chunk, 5,000 to 200", "cpu_growth", 2, Compared.NOT),
              new Figure("memory per stream, KiB", "resident_kib_per_stream", 1, Compared.RATIO));
      case "s7-growth" ->
          List.of(
              new Figure(
                  "memory per stream, KiB", "resident_kib_per_stream", 1, Compared.DIFFERENCE));
      case "s5-refused", "s5-open" -> FIRST_CHUNK;
      case "cluster-cpu", "cluster-far" -> List.of(PER_CHUNK, CHUNKS);
      case "cluster-two" ->
          List.of(
              PER_CHUNK,
              CHUNKS,
              new Figure("chunks a second, full use", "capacity_chunks_per_s", 0, Compared.RATIO));
      case "cluster-far-paced" ->
          List.of(
              PER_CHUNK, FIRST_CHUNK.get(0), FIRST_CHUNK.get(1), TRANSIT.get(0), TRANSIT.get(1));
      case "cluster-news" ->
          List.of(
              new Figure("announcements", "announcements", 0, Compared.NOT),
              new Figure("until known, p50, ms", "lag_ms.p50", 2, Compared.DIFFERENCE),
              new Figure("until known, p99, ms", "lag_ms.p99", 2, Compared.DIFFERENCE));
      default -> List.of(PER_CHUNK, RESIDENT, TRANSIT.get(0), TRANSIT.get(1));
    };
  }

  static String title(String scenario) {
    return switch (scenario) {
      case "s1" -> "64 streams of 200 chunks, as fast as they are taken";
      case "s2" -> "answers of 8 chunks, 64 at a time, as fast as they are taken";
      case "s3" -> "200 streams, the first chunk after 200 ms, the others every 20 ms";
      case "a1" -> "as s1, from an Anthropic backend; the relay translates";
      case "a2" -> "as s2, from an Anthropic backend; the relay translates";
      case "a3" -> "as s3, from an Anthropic backend; the relay translates";
      case "w2" -> "the first 500 requests after idleness, all at once, to a backend over TLS";
      case "s4-growth", "w1-growth" -> "from 200 to 5,000 and from 1,000 to 5,000 streams";
      case "o1" -> "as s1, through relays without and with what observes them";
      case "o2" -> "as s2, through relays without and with what observes them";
      case "o3" -> "as s3, through relays without and with what observes them";
      case "s5-refused" -> "straight to the second backend, or after the first's 503";
      case "s5-open" -> "straight to the second backend, or past an open circuit";
      case "cluster-cpu" -> "as s1: a relay alone, or as a node of a cluster";
      case "cluster-two" -> "as s1: one node on half of the processors, or one on each half";
      case "cluster-far" -> "as s1: the backend's verticle on the node, or on another; both nodes";
      case "cluster-far-paced" -> "as s3: the same";
      case "cluster-news" -> "from a backend's rate limit until another node is told";
      case "s6" -> "requests of 1.2 MB in 41 messages, 8 at a time, answers of 8 chunks";
      case "s7-growth" -> "from 200 to 1,000 streams";
      case "f1" -> "as s1, to an OpenAI backend by the chat completions or the messages API";
      case "f2" -> "as s1, to an Anthropic backend by the messages or the responses API";
      case "t1" -> "requests with 40 tools (60 KB), 16 at a time, answers of 8 chunks";
      case "t2" -> "as t1, from an Anthropic backend; the relay translates";
      case "t3" -> "64 streams of 200 chunks through the relay: text, or a tool call's arguments";
      case "s7-200", "s7-1000" -> scenario.substring(3) + " streams, requests of 1 MB";
      default -> scenario.substring(3) + " streams, 5 chunks a second each";
    };
  }

  /** Its value in a record, or NaN where it was not measured. */
  double in(JsonObject measured) {
    Object value = measured;
    for (String name : path.split("\\.")) {
      value = value instanceof JsonObject object ? object.getValue(name) : null;
    }
    return value instanceof Number number ? number.doubleValue() : Double.NaN;
  }
}
