package io.millrace.engine.daemon.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.engine.core.StagingMemory.Given;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RingFolderTest {
  private static final UUID STORE = new UUID(1, 2);
  private static final long BYTES = 64 << 10;

  private final List<String> weaker = new ArrayList<>();
  private Path folder = Path.of("");

  @BeforeEach
  void makeFolder() throws IOException {
    folder = Files.createTempDirectory(Path.of("/dev/shm"), "millrace-test");
  }

  @AfterEach
  void removeFolder() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(folder);
  }

  private RingFolder rings() throws IOException {
    return new RingFolder(folder, weaker::add);
  }

  private Path file() {
    return folder.resolve(STORE + ".ring");
  }

  private MemorySegment opened(long bytes) throws IOException {
    return assertInstanceOf(Given.Kept.class, rings().open(STORE, bytes)).memory();
  }

  @Test
  void whatOneProcessPutThereTheNextFinds() throws IOException {
    opened(BYTES).set(ValueLayout.JAVA_INT, BYTES - 4, 77);
    assertEquals(77, opened(BYTES).get(ValueLayout.JAVA_INT, BYTES - 4));
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file())));
  }

  @Test
  void oneThatIsToBeLargerKeepsItsContentAndOneThatIsLargerStaysSo() throws IOException {
    opened(BYTES).set(ValueLayout.JAVA_INT, 0, 77);
    MemorySegment larger = opened(2 * BYTES);
    assertEquals(77, larger.get(ValueLayout.JAVA_INT, 0));
    assertEquals(2 * BYTES, larger.byteSize());
    assertEquals(2 * BYTES, opened(BYTES).byteSize());
  }

  @Test
  void notOnTmpfsThereIsNoneAndItIsTold() throws IOException {
    RingFolder onDisk = new RingFolder(Path.of("/sys"), weaker::add);
    assertEquals(new Given.Nothing(), onDisk.open(STORE, BYTES));
    assertTrue(weaker.getFirst().contains("not on tmpfs"), weaker.toString());
  }

  @Test
  void withoutMemoryForANewOneThereIsNoneAndItIsTold() throws IOException {
    assertEquals(new Given.Nothing(), rings().open(STORE, 1L << 60));
    assertTrue(weaker.getFirst().contains("no memory"), weaker.toString());
    assertFalse(Files.exists(file()));
  }

  @Test
  void withoutMemoryForOneThatIsThereItIsAnErrorAndStays() throws IOException {
    opened(BYTES).set(ValueLayout.JAVA_INT, 0, 77);
    assertInstanceOf(Given.Unusable.class, rings().open(STORE, 1L << 60));
    assertEquals(77, opened(BYTES).get(ValueLayout.JAVA_INT, 0));
  }

  @Test
  void aLinkIsNotFollowed() throws IOException {
    Path target = Files.createFile(folder.resolve("target"));
    Files.createSymbolicLink(file(), target);
    assertInstanceOf(Given.Unusable.class, rings().open(STORE, BYTES));
    assertEquals(0, Files.size(target));
  }

  @Test
  void afterAnOrderlyEndTheMemoryIsGivenBack() throws IOException {
    RingFolder rings = rings();
    assertInstanceOf(Given.Kept.class, rings.open(STORE, BYTES));
    rings.remove();
    assertFalse(Files.exists(file()));
    assertEquals(List.of(), weaker);
  }
}
