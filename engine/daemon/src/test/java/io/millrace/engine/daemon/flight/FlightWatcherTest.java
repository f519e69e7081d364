package io.millrace.engine.daemon.flight;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FlightWatcherTest {
  @TempDir Path folder = Path.of("");

  @Test
  void whatTakesLongIsAnEventOfItsOwn() throws Exception {
    Path file = folder.resolve("flight.jfr");
    try (Recording recording = new Recording()) {
      recording.start();
      FlightWatcher watcher = new FlightWatcher();
      watcher.checkpointed(3, 2_000_000);
      watcher.cleaned(7, 300, 4_000_000);
      watcher.stalled(0xaa, 99_000_000);
      watcher.stalled(0xbb, 100_000_000);
      DiskCallEvent.record("SYNC", 0, 0, 0, 70_000_000);
      recording.stop();
      recording.dump(file);
    }
    List<RecordedEvent> events =
        RecordingFile.readAllEvents(file).stream()
            .filter(e -> e.getEventType().getName().startsWith("millrace."))
            .toList();
    assertEquals(
        List.of(
            "millrace.Checkpoint",
            "millrace.SegmentCleaned",
            "millrace.WriterStalled",
            "millrace.DiskCall"),
        events.stream().map(e -> e.getEventType().getName()).toList());
    assertEquals(3, events.get(0).getLong("number"));
    assertEquals(Duration.ofMillis(2), events.get(0).getDuration("nanos"));
    assertEquals(300, events.get(1).getInt("liveBlocks"));
    assertEquals(Duration.ofMillis(70), events.get(3).getDuration("nanos"));
    assertEquals("00000000000000bb", events.get(2).getString("volume"));
  }
}
