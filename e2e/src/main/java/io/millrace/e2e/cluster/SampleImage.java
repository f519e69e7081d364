package io.millrace.e2e.cluster;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

/** The Debian images that the test bed's image server shows. */
public final class SampleImage {
  /** Where the test bed's node serves them. */
  public static final String SERVER = "http://10.99.0.1:8080";

  private SampleImage() {}

  public static String url(String file) {
    return SERVER + "/" + file;
  }

  /** The digest that was published beside a file: 64 hex digits. */
  public static String sha256(String file) throws IOException, InterruptedException {
    HttpRequest request = HttpRequest.newBuilder(URI.create(url(file) + ".sha256")).build();
    HttpResponse<String> response =
        HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
    if (response.statusCode() != 200) {
      throw new IOException(request.uri() + " answered " + response.statusCode());
    }
    return response.body().strip().split("\\s+", 2)[0];
  }
}
