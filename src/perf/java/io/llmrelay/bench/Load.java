package io.llmrelay.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;

/**
 * The load generator: as many streams at a time as the plan says, on one thread. Where one ends the
 * next begins, until the time is over; what runs then is waited for.
 */
final class Load {
  private static final int BUFFER = 256 * 1024;
  private static final long SECOND = 1_000_000_000;
  private static final long TIMEOUT = 60 * SECOND;
  private static final long CHECK = SECOND;
  private static final long SELECT_MS = 100;

  private final LoadPlan plan;
  private final LoadResult result = new LoadResult();
  private final Selector selector = Selector.open();
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER);
  private final byte[] bytes = new byte[BUFFER];
  private final ByteBuffer request;
  private final ArrayDeque<LoadConnection> idle = new ArrayDeque<>();
  private final Collection<LoadConnection> over = new ArrayList<>();
  private final Set<LoadConnection> busy = new HashSet<>();
  private final long begin = System.nanoTime();
  private final long countFrom;
  private final long stopAt;
  private int released;
  private long checked = begin;

  private Load(LoadPlan plan) throws IOException {
    this.plan = plan;
    byte[] bytes = plan.request();
    request = ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
    countFrom = begin + (long) (plan.warmSeconds() * SECOND);
    stopAt = plan.once() ? Long.MAX_VALUE : countFrom + (long) (plan.seconds() * SECOND);
  }

  static LoadResult run(LoadPlan plan) throws IOException {
    Load load = new Load(plan);
    try {
      load.run();
    } finally {
      load.busy.forEach(LoadConnection::close);
      load.idle.forEach(LoadConnection::close);
      load.over.forEach(LoadConnection::close);
      load.selector.close();
    }
    return load.result;
  }

  private void run() throws IOException {
    long now = begin;
    while (!busy.isEmpty() || starting(now)) {
      release(now);
      for (int n = idle.size(); n > 0 && starting(System.nanoTime()); n--) {
        start(idle.poll());
      }
      selector.select(this::ready, released < plan.streams() ? 1 : SELECT_MS);
      now = System.nanoTime();
      timeouts(now);
    }
    result.seconds = (double) (now - countFrom) / SECOND;
  }

  private boolean starting(long now) {
    return plan.once() ? released < plan.streams() || !idle.isEmpty() : now < stopAt;
  }

  private void release(long now) {
    int due =
        plan.rampPerSecond() == 0
            ? plan.streams()
            : (int) Math.min(plan.streams(), 1 + (now - begin) * plan.rampPerSecond() / SECOND);
    for (; released < due; released++) {
      idle.add(new LoadConnection(result, plan.script().chunks()));
    }
  }

  private void start(LoadConnection connection) {
    busy.add(connection);
    result.mostAtOnce = Math.max(result.mostAtOnce, busy.size());
    try {
      connection.start(selector, plan.port(), request, System.nanoTime() >= countFrom);
    } catch (IOException e) {
      fail(connection, String.valueOf(e.getMessage()));
    }
  }

  private void ready(SelectionKey key) {
    LoadConnection connection = (LoadConnection) key.attachment();
    try {
      if (key.isValid() && key.isConnectable()) {
        connection.connected();
        return;
      }
      if (key.isValid() && key.isWritable()) {
        connection.send();
      }
      if (key.isValid() && key.isReadable()) {
        read(connection);
      }
    } catch (IOException e) {
      fail(connection, String.valueOf(e.getMessage()));
    }
  }

  private void read(LoadConnection connection) throws IOException {
    if (!busy.contains(connection)) {
      connection.close();
    } else if (connection.read(buffer, bytes)) {
      String complaint = connection.complaint();
      if (complaint != null) {
        fail(connection, complaint);
        return;
      }
      result.requests++;
      if (connection.counted()) {
        result.countedRequests++;
      }
      over(connection);
    }
  }

  private void fail(LoadConnection connection, String what) {
    result.error(what);
    connection.close();
    over(connection);
  }

  private void over(LoadConnection connection) {
    busy.remove(connection);
    (plan.once() ? over : idle).add(connection);
  }

  private void timeouts(long now) {
    if (now - checked < CHECK) {
      return;
    }
    checked = now;
    for (LoadConnection connection : Set.copyOf(busy)) {
      if (now - connection.start() > TIMEOUT) {
        fail(connection, "timeout");
      }
    }
  }
}
