package io.millrace.engine.daemon.nbd;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is wrong with a file is said, with its name. */
final class TlsFilesTest {
  @TempDir Path folder = Path.of("");

  private void refused(TlsFiles files, String... words) {
    IOException refusal = assertThrows(IOException.class, files::context);
    for (String word : words) {
      assertTrue(String.valueOf(refusal.getMessage()).contains(word), refusal.toString());
    }
  }

  @Test
  void aFileThatIsMissingOrEmptyOrNoCertificateIsNamed() throws IOException {
    Path key = folder.resolve("key");
    Path empty = Files.createFile(folder.resolve("empty"));
    Path text = Files.writeString(folder.resolve("text"), "not a certificate\n");
    refused(new TlsFiles(folder.resolve("missing"), key, empty), "missing");
    refused(new TlsFiles(empty, key, empty), "empty");
    refused(new TlsFiles(text, key, empty), "text", "certificate");
  }
}
