package io.millrace.e2e.guest;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;

/** A running guest of the golden image, reached at its address. Thread-safe. */
public final class Guest {
  private static final HttpClient HTTP =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();
  private static final ObjectMapper JSON = new ObjectMapper();

  private final String address;

  public Guest(String address) {
    this.address = address;
  }

  /** The agent's status, or nothing while the guest doesn't answer. */
  public Optional<GuestStatus> status() throws InterruptedException {
    try {
      return Optional.of(JSON.readValue(get("status", Duration.ofSeconds(5)), GuestStatus.class));
    } catch (IOException notYet) {
      return Optional.empty();
    }
  }

  /** Writes a file into the user's folder and syncs it. */
  public void write(String name, String text) throws IOException, InterruptedException {
    get("write?name=" + encoded(name) + "&text=" + encoded(text), Duration.ofSeconds(30));
  }

  /** The text of a file in the user's folder. */
  public String read(String name) throws IOException, InterruptedException {
    return get("read?name=" + encoded(name), Duration.ofSeconds(30));
  }

  /** Runs 4 KiB random writes on the root disk for the given time. */
  public LoadResult load(Duration time) throws IOException, InterruptedException {
    String answer = get("load?seconds=" + time.toSeconds(), time.plusSeconds(60));
    return JSON.readValue(answer, LoadResult.class);
  }

  private String get(String call, Duration timeout) throws IOException, InterruptedException {
    URI uri = URI.create("http://" + address + "/cgi-bin/" + call);
    HttpRequest request = HttpRequest.newBuilder(uri).timeout(timeout).build();
    HttpResponse<String> response = HTTP.send(request, HttpResponse.BodyHandlers.ofString());
    if (response.statusCode() != 200) {
      throw new IOException(uri + " answered " + response.statusCode() + ": " + response.body());
    }
    return response.body();
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
