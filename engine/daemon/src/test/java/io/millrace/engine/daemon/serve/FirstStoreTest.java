package io.millrace.engine.daemon.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.engine.daemon.ByteSize;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node's first store: made once, and missed when it is gone. */
final class FirstStoreTest {
  private static final ByteSize SIZE = new ByteSize(64 << 20);

  @TempDir Path folder = Path.of("");
  private final List<String> progress = new ArrayList<>();

  private Path store() {
    return folder.resolve("disk/store");
  }

  private void makeIfMissing(ByteSize size, boolean sparse) throws IOException {
    new FirstStore(store(), folder.resolve("notes")).makeIfMissing(size, sparse, progress::add);
  }

  private List<Path> files(String name) throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve(name))) {
      return files.toList();
    }
  }

  @Test
  void itIsMadeOnceAndItsProgressIsTold() throws Exception {
    makeIfMissing(SIZE, false);
    assertEquals(SIZE.bytes(), Files.size(store()));
    assertTrue(progress.getFirst().startsWith("writing zeros: "), progress.toString());
    assertEquals(List.of(store()), files("disk"));
    progress.clear();
    makeIfMissing(SIZE, false);
    assertEquals(List.of(), progress);
  }

  @Test
  void oneThatIsMissingAfterwardsIsMissedAndNotMadeAnew() throws Exception {
    makeIfMissing(SIZE, true);
    Files.delete(store());
    IOException refused = assertThrows(IOException.class, () -> makeIfMissing(SIZE, true));
    Path note = files("notes").getFirst();
    String message = String.valueOf(refused.getMessage());
    assertTrue(message.contains("is its disk mounted?"), message);
    assertTrue(message.contains("remove " + note), message);
    assertFalse(Files.exists(store()));
    Files.delete(note);
    makeIfMissing(SIZE, true);
    assertTrue(Files.exists(store()));
  }

  @Test
  void oneThatWasMadeByOthersIsMissedToo() throws Exception {
    Files.createDirectories(store().getParent());
    Files.createFile(store());
    makeIfMissing(SIZE, true);
    Files.delete(store());
    assertThrows(IOException.class, () -> makeIfMissing(SIZE, true));
  }

  @Test
  void withoutRoomNothingIsWritten() throws Exception {
    IOException refused =
        assertThrows(IOException.class, () -> makeIfMissing(new ByteSize(1L << 60), false));
    assertTrue(String.valueOf(refused.getMessage()).contains(" free; make room"));
    assertEquals(List.of(), progress);
    assertEquals(List.of(), files("disk"));
  }

  @Test
  void aFailureLeavesNothing() throws Exception {
    assertThrows(IOException.class, () -> makeIfMissing(new ByteSize(64 << 10), false));
    assertEquals(List.of(), files("disk"));
    assertFalse(Files.exists(folder.resolve("notes")));
  }

  @Test
  void aDeviceIsNotMade() {
    FirstStore onDevice = new FirstStore(Path.of("/dev/millrace-none"), folder);
    assertThrows(IOException.class, () -> onDevice.makeIfMissing(SIZE, true, progress::add));
    assertFalse(Files.exists(Path.of("/dev/millrace-none")));
  }
}
