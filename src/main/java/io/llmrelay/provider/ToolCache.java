package io.llmrelay.provider;

import io.llmrelay.chat.BodyBuilder;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.Tool;
import java.lang.ref.WeakReference;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Function;

/**
 * A cache of translated tool sets, since an agent sends the same tools with every request. An entry
 * is found by the bytes of the whole set, so that tools never have to be decoded to be recognized.
 *
 * <p>Bounded in entries and bytes; the least recently used set is removed first. Thread-safe: one
 * dialect serves all event loops. A translation runs outside the lock.
 *
 * @param <T> the translation of a set; immutable, and not much larger than the set
 */
public final class ToolCache<T> {
  static final int MAX_ENTRIES = 256;

  /** The most bytes of all sets together, as they were received. */
  static final int MAX_BYTES = 8 << 20;

  private static final int SHARED = 16;

  /**
   * The translation of a list that several requests share, as they do if they were read from the
   * same bytes. The list is not kept: it may be part of the body of a request.
   */
  private record Shared<T>(WeakReference<List<Tool>> tools, T translated) {}

  private final AtomicReferenceArray<Shared<T>> shared = new AtomicReferenceArray<>(SHARED);
  private final Function<List<Tool>, T> translation;
  private final Map<Key, T> entries = new LinkedHashMap<>(16, 0.75f, true);
  private int bytes;

  /** Creates an empty cache of the results of a translation. */
  public ToolCache(Function<List<Tool>, T> translation) {
    this.translation = translation;
  }

  /** Returns the translated tools of a request. */
  public T of(ChatRequest request) {
    int place = System.identityHashCode(request.tools()) & (SHARED - 1);
    Shared<T> last = shared.get(place);
    if (last != null && last.tools().refersTo(request.tools())) {
      return last.translated();
    }
    T translated = byBytes(request);
    shared.set(place, new Shared<>(new WeakReference<>(request.tools()), translated));
    return translated;
  }

  private T byBytes(ChatRequest request) {
    BodyBuilder received = new BodyBuilder();
    request.appendTools(received);
    Key key = new Key(received.toBuffer().getBytes());
    synchronized (entries) {
      T known = entries.get(key);
      if (known != null) {
        return known;
      }
    }
    T translated = translation.apply(request.tools());
    if (key.bytes.length <= MAX_BYTES / 8) {
      put(key, translated);
    }
    return translated;
  }

  private void put(Key key, T translated) {
    synchronized (entries) {
      if (entries.put(key, translated) == null) {
        bytes += key.bytes.length;
      }
      Iterator<Key> oldest = entries.keySet().iterator();
      while (bytes > MAX_BYTES || entries.size() > MAX_ENTRIES) {
        bytes -= oldest.next().bytes.length;
        oldest.remove();
      }
    }
  }

  private static final class Key {
    private final byte[] bytes;
    private final int hash;

    Key(byte[] bytes) {
      this.bytes = bytes;
      this.hash = Arrays.hashCode(bytes);
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Key key && Arrays.equals(key.bytes, bytes);
    }

    @Override
    public int hashCode() {
      return hash;
    }
  }
}
