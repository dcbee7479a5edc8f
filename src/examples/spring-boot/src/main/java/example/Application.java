package example;

import io.llmrelay.LlmRelay;
import io.llmrelay.RelayVerticle;
import io.llmrelay.config.RelayOptions;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.web.server.context.WebServerInitializedEvent;
import org.springframework.context.annotation.Bean;
import org.springframework.context.event.EventListener;

/** Spring Boot: the relay on a Vert.x of its own in the same process, as a bean. */
@SpringBootApplication
public class Application {
  public static void main(String[] args) {
    SpringApplication.run(Application.class, "--server.port=0", "--relay.conf=" + args[0]);
  }

  @Bean(destroyMethod = "close")
  Vertx vertx() {
    return Vertx.vertx();
  }

  /** Waits for requests in flight when the application stops. */
  @Bean(destroyMethod = "drain")
  RelayVerticle relayVerticle(Vertx vertx, @Value("${relay.conf}") Path conf) {
    RelayVerticle relay = new RelayVerticle(RelayOptions.fromFile(conf, System.getenv()));
    vertx.deployVerticle(relay).await();
    return relay;
  }

  @Bean(destroyMethod = "")
  LlmRelay relay(Vertx vertx, RelayVerticle deployed) {
    return LlmRelay.create(vertx);
  }

  @EventListener
  void started(WebServerInitializedEvent event) {
    System.out.println("listening at http://127.0.0.1:" + event.getWebServer().getPort());
  }
}
