package io.llmrelay.bench;

import io.vertx.core.json.JsonObject;
import java.util.Map;
import java.util.TreeMap;

/** What the load generator saw. */
final class LoadResult {
  /** From the request to the first chunk, and from the mock's write of a chunk to its arrival. */
  final Samples firstChunk = new Samples();

  final Samples transit = new Samples();
  final Map<String, Integer> errors = new TreeMap<>();
  long requests;
  long chunks;
  long reads;
  int mostAtOnce;

  /** What was complete within the seconds that count, and how many these were. */
  long countedRequests;

  long countedChunks;
  double seconds;

  void error(String what) {
    errors.merge(what, 1, Integer::sum);
  }

  /** Adds what another load generator saw at the same time. */
  void add(LoadResult other) {
    firstChunk.addAll(other.firstChunk);
    transit.addAll(other.transit);
    other.errors.forEach((what, count) -> errors.merge(what, count, Integer::sum));
    requests += other.requests;
    chunks += other.chunks;
    reads += other.reads;
    mostAtOnce += other.mostAtOnce;
    countedRequests += other.countedRequests;
    countedChunks += other.countedChunks;
    seconds = Math.max(seconds, other.seconds);
  }

  int errorCount() {
    return errors.values().stream().mapToInt(Integer::intValue).sum();
  }

  JsonObject toJson() {
    JsonObject json =
        new JsonObject()
            .put("requests", requests)
            .put("chunks", chunks)
            .put("errors", errorCount())
            .put("most_at_once", mostAtOnce)
            .put("requests_per_s", seconds > 0 ? countedRequests / seconds : 0)
            .put("chunks_per_s", seconds > 0 ? countedChunks / seconds : 0)
            .put("chunks_per_read", reads > 0 ? (double) chunks / reads : 0)
            .put("first_chunk_ms", firstChunk.toJson())
            .put("transit_ms", transit.toJson());
    if (!errors.isEmpty()) {
      json.put("error_kinds", new JsonObject(new TreeMap<>(errors)));
    }
    return json;
  }
}
