package io.llmrelay.config;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.BeanDescription;
import com.fasterxml.jackson.databind.DeserializationConfig;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.deser.BeanDeserializerFactory;
import com.fasterxml.jackson.databind.deser.ResolvableDeserializer;
import com.fasterxml.jackson.databind.module.SimpleDeserializers;
import java.io.IOException;

/**
 * Has Jackson look at the fields of an option class when the first such options are read. A
 * configuration has few of the sections that exist, and looking at all of them delays the start.
 */
final class LazyBinding extends SimpleDeserializers {
  private static final long serialVersionUID = 1L;

  @Override
  public JsonDeserializer<?> findBeanDeserializer(
      JavaType type, DeserializationConfig config, BeanDescription bean)
      throws JsonMappingException {
    JsonDeserializer<?> added = super.findBeanDeserializer(type, config, bean);
    boolean options = type.getRawClass().getPackage() == LazyBinding.class.getPackage();
    return added == null && options ? new Reader(type) : added;
  }

  private static final class Reader extends JsonDeserializer<Object> {
    private final JavaType type;
    private volatile JsonDeserializer<?> reader;

    Reader(JavaType type) {
      this.type = type;
    }

    @Override
    public Object deserialize(JsonParser in, DeserializationContext context) throws IOException {
      return reader(context).deserialize(in, context);
    }

    /** Returns the options of a key without a value, where that means the defaults. */
    @Override
    public Object getEmptyValue(DeserializationContext context) throws JsonMappingException {
      return reader(context).getEmptyValue(context);
    }

    private JsonDeserializer<?> reader(DeserializationContext context) throws JsonMappingException {
      JsonDeserializer<?> ready = reader;
      if (ready == null) {
        ready = create(context);
        reader = ready;
      }
      return ready;
    }

    private JsonDeserializer<?> create(DeserializationContext context) throws JsonMappingException {
      BeanDescription bean = context.getConfig().introspect(type);
      JsonDeserializer<?> created =
          ((BeanDeserializerFactory) context.getFactory())
              .buildBeanDeserializer(context, type, bean);
      if (created instanceof ResolvableDeserializer unresolved) {
        unresolved.resolve(context);
      }
      return created;
    }
  }
}
