package example;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.smallrye.mutiny.Multi;
import jakarta.inject.Inject;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import org.eclipse.microprofile.rest.client.inject.RestClient;
import org.jboss.resteasy.reactive.RestQuery;

/**
 * GET /chat?prompt=… streams an answer of the relay, which runs beside: Quarkus 3 has Vert.x 4.5,
 * and the relay needs 5.1.
 */
@Path("/chat")
public class ChatResource {
  @RestClient Relay relay;

  @Inject ObjectMapper mapper;

  @GET
  @Produces(MediaType.TEXT_PLAIN)
  public Multi<String> chat(@RestQuery @DefaultValue("Hello") String prompt) {
    ObjectNode request = mapper.createObjectNode().put("stream", true);
    request.putArray("messages").addObject().put("role", "user").put("content", prompt);
    return relay.stream(request)
        .map(event -> event.data())
        .select()
        .first(data -> !data.equals("[DONE]"))
        .map(this::text);
  }

  /** Returns the text of a chunk; an error event fails the answer. */
  private String text(String data) {
    JsonNode chunk;
    try {
      chunk = mapper.readTree(data);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("no JSON from the relay", e);
    }
    if (chunk.has("error")) {
      throw new IllegalStateException(chunk.at("/error/message").asText());
    }
    return chunk.at("/choices/0/delta/content").asText("");
  }
}
