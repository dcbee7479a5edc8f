package io.llmrelay.provider.gemini;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.llmrelay.chat.ContentPart;
import io.llmrelay.chat.ContentPart.Audio;
import io.llmrelay.chat.ContentPart.Document;
import io.llmrelay.chat.ContentPart.Image;
import io.llmrelay.chat.ContentPart.Other;
import io.llmrelay.chat.RawJson;
import io.llmrelay.provider.DataUrl;
import io.llmrelay.provider.Translation;
import io.llmrelay.provider.wire.Json;
import io.vertx.core.json.JsonObject;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Base64;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/**
 * Encodes images, audio, video and documents: inline, or by the URI of a file that Google fetches
 * itself. These are files uploaded to Gemini's Files API, objects of Google Cloud Storage, videos
 * of YouTube and public {@code https} URLs.
 */
final class GeminiMedia {
  private static final String FILES = "https://generativelanguage.googleapis.com/v1beta/";
  private static final String DATA = "data:";
  private static final String VIDEO = "video_url";

  /** Media types by file extension; for any other, Google detects the type. */
  private static final Map<String, String> TYPES =
      Map.ofEntries(
          Map.entry("png", "image/png"),
          Map.entry("jpg", "image/jpeg"),
          Map.entry("jpeg", "image/jpeg"),
          Map.entry("webp", "image/webp"),
          Map.entry("heic", "image/heic"),
          Map.entry("heif", "image/heif"),
          Map.entry("gif", "image/gif"),
          Map.entry("pdf", "application/pdf"),
          Map.entry("txt", "text/plain"),
          Map.entry("html", "text/html"),
          Map.entry("csv", "text/csv"),
          Map.entry("mp4", "video/mp4"),
          Map.entry("webm", "video/webm"),
          Map.entry("mov", "video/quicktime"),
          Map.entry("mp3", "audio/mp3"),
          Map.entry("wav", "audio/wav"));

  private GeminiMedia() {}

  /** Returns an id of an image by its content, by which its signature finds it again. */
  static String imageId(String base64) {
    CRC32C checksum = new CRC32C();
    checksum.update(base64.getBytes(UTF_8));
    return "image_" + Long.toHexString(checksum.getValue());
  }

  /** Returns the id of an image; {@code null} if it is not inline. */
  static String imageId(RawJson url) {
    DataUrl data = DataUrl.of(url);
    return data == null ? null : imageId(data.data());
  }

  /** Returns why a part cannot be expressed, or {@code null} if it can or is not media. */
  static String problem(ContentPart part) {
    if (part instanceof Image image && !isReachable(image.url())) {
      return "an image cannot be expressed that is neither inline nor at an https: URL";
    }
    if (part instanceof Document document && !isReachable(source(document))) {
      return "a file cannot be expressed that is neither inline, nor at an https: URL,"
          + " nor uploaded to Gemini";
    }
    if (part instanceof Other other
        && (!other.type().equals(VIDEO) || !isReachable(video(other)))) {
      return "a content part of this type cannot be expressed";
    }
    return null;
  }

  /** Returns {@code inlineData} or {@code fileData}; {@code null} if the part is not media. */
  static JsonObject encode(ContentPart part, Translation translation) {
    if (part instanceof Image image) {
      cacheControl(image.cacheControl(), translation);
      return encode(image.url());
    }
    if (part instanceof Audio audio) {
      return inline("audio/" + audio.format().toLowerCase(Locale.ROOT), audio.data().string());
    }
    if (part instanceof Document document) {
      if (document.filename() != null) {
        translation.leftOut("file.filename");
      }
      cacheControl(document.cacheControl(), translation);
      return encode(source(document));
    }
    return part instanceof Other other ? encode(video(other)) : null;
  }

  private static void cacheControl(RawJson control, Translation translation) {
    if (control != null) {
      translation.leftOut("cache_control");
    }
  }

  private static RawJson source(Document document) {
    return document.data() == null ? RawJson.of(document.fileId()) : document.data();
  }

  private static RawJson video(Other other) {
    JsonObject video = Json.object((JsonObject) other.source().value(), VIDEO);
    return RawJson.of(Json.text(video, "url"));
  }

  private static JsonObject encode(RawJson url) {
    if (url.stringStartsWith(DATA)) {
      DataUrl data = DataUrl.of(url);
      return data == null ? plain(url.string()) : inline(data.mediaType(), data.data());
    }
    String uri = url.stringStartsWith("files/") ? FILES + url.string() : url.string();
    JsonObject file = new JsonObject().put("fileUri", uri);
    Json.put(file, "mimeType", type(uri));
    return new JsonObject().put("fileData", file);
  }

  /** Encodes a {@code data:} URL that is not in base64 but percent-encoded. */
  private static JsonObject plain(String url) {
    int comma = url.indexOf(',');
    String type = comma < 0 ? "" : url.substring(DATA.length(), comma).replaceFirst(";.*", "");
    byte[] encoded = url.substring(comma + 1).getBytes(UTF_8);
    ByteBuffer decoded = ByteBuffer.allocate(encoded.length);
    for (int i = 0; i < encoded.length; i++) {
      int high = i + 2 < encoded.length ? Character.digit(encoded[i + 1], 16) : -1;
      int low = i + 2 < encoded.length ? Character.digit(encoded[i + 2], 16) : -1;
      boolean escape = encoded[i] == '%' && high >= 0 && low >= 0;
      decoded.put(escape ? (byte) (high << 4 | low) : encoded[i]);
      i += escape ? 2 : 0;
    }
    String data =
        Base64.getEncoder().encodeToString(Arrays.copyOf(decoded.array(), decoded.position()));
    return inline(type.isEmpty() ? "text/plain" : type, data);
  }

  private static JsonObject inline(String type, String data) {
    return new JsonObject()
        .put("inlineData", new JsonObject().put("mimeType", type).put("data", data));
  }

  /** Returns whether the content is inline or at a place from where Google fetches it. */
  private static boolean isReachable(RawJson url) {
    return Stream.of(DATA, "https://", "gs://", "files/").anyMatch(url::stringStartsWith)
        && !url.stringStartsWith("data:;");
  }

  private static String type(String uri) {
    String path = uri.replaceFirst("[?#].*$", "");
    int dot = path.lastIndexOf('.');
    return dot < path.lastIndexOf('/')
        ? null
        : TYPES.get(path.substring(dot + 1).toLowerCase(Locale.ROOT));
  }
}
