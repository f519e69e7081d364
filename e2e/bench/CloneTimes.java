import io.millrace.engine.api.CreateVolumeRequest;
import io.millrace.engine.daemon.rpc.EngineChannel;
import java.nio.file.Path;

/**
 * Makes clones of a snapshot one after the other, as the CSI driver does: over one connection that
 * it keeps. Prints the milliseconds of each, a line each. Run from its source, with the jars of
 * the engine as the class path.
 *
 * <p>Arguments: socket, id of the snapshot, first part of the clones' names, how many.
 */
final class CloneTimes {
  private static final double NANOS_PER_MILLI = 1e6;

  public static void main(String[] arguments) {
    try (EngineChannel engine = new EngineChannel(Path.of(arguments[0]))) {
      for (int i = 0; i < Integer.parseInt(arguments[3]); i++) {
        CreateVolumeRequest clone =
            CreateVolumeRequest.newBuilder()
                .setName(arguments[2] + i)
                .setSourceSnapshotId(arguments[1])
                .build();
        long began = System.nanoTime();
        var _ = engine.calls().createVolume(clone);
        System.out.println((System.nanoTime() - began) / NANOS_PER_MILLI);
      }
    }
  }
}
