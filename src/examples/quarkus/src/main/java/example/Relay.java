package example;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.smallrye.mutiny.Multi;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import org.eclipse.microprofile.rest.client.inject.RegisterRestClient;
import org.jboss.resteasy.reactive.client.SseEvent;

/** The gateway's chat completions, as a stream of server-sent events. */
@RegisterRestClient(configKey = "relay")
@Path("/v1/chat/completions")
public interface Relay {
  @POST
  @Produces(MediaType.SERVER_SENT_EVENTS)
  Multi<SseEvent<String>> stream(ObjectNode request);
}
