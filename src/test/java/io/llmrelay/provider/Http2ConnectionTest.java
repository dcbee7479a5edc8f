package io.llmrelay.provider;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.vertx.core.Handler;
import io.vertx.core.http.GoAway;
import io.vertx.core.http.HttpClientConnection;
import io.vertx.core.internal.buffer.BufferInternal;
import java.lang.reflect.Proxy;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class Http2ConnectionTest {
  private final AtomicReference<Handler<GoAway>> onGoAway = new AtomicReference<>();

  @SuppressWarnings("unchecked") // The argument of this method.
  private Http2Connection connection() {
    Object stub =
        Proxy.newProxyInstance(
            HttpClientConnection.class.getClassLoader(),
            new Class<?>[] {HttpClientConnection.class},
            (proxy, method, args) -> {
              if (method.getName().equals("goAwayHandler")) {
                onGoAway.set((Handler<GoAway>) args[0]);
              }
              return proxy;
            });
    return new Http2Connection((HttpClientConnection) stub, 0);
  }

  @Test
  void theDataOfAGoAwayAreReleased() {
    Http2Connection connection = connection();
    ByteBuf data = PooledByteBufAllocator.DEFAULT.directBuffer(16);
    onGoAway.get().handle(new GoAway().setDebugData(BufferInternal.buffer(data)));
    assertThat(data.refCnt()).isZero();
    assertThat(connection.isDraining()).isTrue();
  }

  @Test
  void aGoAwayMayHaveNoData() {
    Http2Connection connection = connection();
    onGoAway.get().handle(new GoAway());
    assertThat(connection.isDraining()).isTrue();
  }
}
