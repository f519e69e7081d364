package io.millrace.engine.daemon.attach;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.millrace.engine.daemon.ObjectId;
import io.millrace.engine.daemon.attach.AttachRecords.Remembered;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class AttachRecordsTest {
  private static final AttachIntent ONE = new AttachIntent(new ObjectId(1), 512, false);
  private static final AttachIntent TWO = new AttachIntent(new ObjectId(2), 4096, true);

  @TempDir Path folder = Path.of("");

  @Test
  void anotherDaemonFindsWhatWasRemembered() throws Exception {
    AttachRecords records = new AttachRecords(folder.resolve("new"));
    records.remember(TWO, OptionalInt.empty());
    records.remember(ONE, OptionalInt.empty());
    records.remember(ONE, OptionalInt.of(7));
    AttachRecords next = new AttachRecords(folder.resolve("new"));
    assertEquals(List.of(ONE.volume(), TWO.volume()), next.volumes());
    assertEquals(Optional.of(new Remembered(ONE, OptionalInt.of(7))), next.find(ONE.volume()));
    assertEquals(Optional.of(new Remembered(TWO, OptionalInt.empty())), next.find(TWO.volume()));
  }

  @Test
  void forgettingIsForGoodAndMayBeRepeated() throws Exception {
    AttachRecords records = new AttachRecords(folder);
    records.remember(ONE, OptionalInt.empty());
    records.forget(ONE.volume());
    records.forget(ONE.volume());
    assertEquals(List.of(), records.volumes());
  }

  @Test
  void aHalfWrittenRecordDoesNotCount() throws Exception {
    Files.writeString(folder.resolve(ONE.volume() + ".new"), "sector_by");
    Files.writeString(folder.resolve("README.attachment"), "not ours");
    assertEquals(List.of(), new AttachRecords(folder).volumes());
  }

  @Test
  void aDamagedRecordIsNamed() throws Exception {
    Files.writeString(folder.resolve(ONE.volume() + ".attachment"), "sector_bytes=many\n");
    AttachRecords records = new AttachRecords(folder);
    IOException refusal = assertThrows(IOException.class, () -> records.find(ONE.volume()));
    assertEquals(true, String.valueOf(refusal.getMessage()).contains(ONE.volume() + ".attachment"));
  }
}
