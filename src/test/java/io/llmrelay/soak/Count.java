package io.llmrelay.soak;

import io.llmrelay.LlmRelay;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.lang.reflect.Field;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Counts what a Vert.x holds. Timers and handlers have no public count, so it looks inside. */
public final class Count {
  private static final MemoryMXBean MEMORY = ManagementFactory.getMemoryMXBean();

  private Count() {}

  /** Timers that are set, periodic ones included. */
  public static int timers(Vertx vertx) {
    return map(vertx, "timeouts").size();
  }

  /** Addresses with handlers, those that wait for a reply included. */
  public static int addresses(Vertx vertx) {
    return map(vertx.eventBus(), "handlerMap").size();
  }

  /** Requests a relay works on. */
  static int requests(LlmRelay relay) throws Exception {
    JsonObject health =
        relay.health().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
    return health.getInteger("requests");
  }

  /** Bytes in use on the heap once what is garbage is gone. */
  static long heap() {
    for (int i = 0; i < 2; i++) {
      System.gc();
    }
    return MEMORY.getHeapMemoryUsage().getUsed();
  }

  private static Map<?, ?> map(Object owner, String name) {
    for (Class<?> type = owner.getClass(); type != null; type = type.getSuperclass()) {
      try {
        Field field = type.getDeclaredField(name);
        field.setAccessible(true);
        return (Map<?, ?>) field.get(owner);
      } catch (NoSuchFieldException e) {
        // Perhaps its superclass has it.
      } catch (IllegalAccessException e) {
        throw new IllegalStateException(e);
      }
    }
    throw new IllegalStateException("no field " + name + " in " + owner.getClass());
  }
}
