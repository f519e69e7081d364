package io.millrace.engine.daemon.cli;

import io.millrace.engine.api.ChangeVolumeRequest;
import io.millrace.engine.api.CreateVolumeRequest;
import io.millrace.engine.daemon.ByteSize;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How much of the store a volume may use, on the command line. */
final class LimitOptions {
  @Option(
      names = "--iops",
      paramLabel = "N",
      description = "Requests per second at most, flushes not counted; 0 for no limit.")
  private @Nullable Long iops;

  @Option(
      names = "--bandwidth",
      paramLabel = "SIZE",
      description = "Bytes per second at most, such as 50MiB; 0 for no limit.")
  private @Nullable ByteSize bandwidth;

  @Option(
      names = "--burst",
      paramLabel = "SECONDS",
      description = "What was not used of the limits can be used for so long later; 1 unless set.")
  private @Nullable Integer burstSeconds;

  @Option(
      names = "--weight",
      paramLabel = "N",
      description = "Share beside other volumes that want the same, 1 to 10000; 100 unless set.")
  private @Nullable Integer weight;

  CreateVolumeRequest.Builder of(CreateVolumeRequest.Builder request) {
    return request
        .setIops(iops == null ? 0 : iops)
        .setBytesPerSecond(bandwidth == null ? 0 : bandwidth.bytes())
        .setBurstSeconds(burstSeconds == null ? 0 : burstSeconds)
        .setWeight(weight == null ? 0 : weight);
  }

  ChangeVolumeRequest.Builder of(ChangeVolumeRequest.Builder request) {
    if (iops != null) {
      request.setIops(iops);
    }
    if (bandwidth != null) {
      request.setBytesPerSecond(bandwidth.bytes());
    }
    if (burstSeconds != null) {
      request.setBurstSeconds(burstSeconds);
    }
    if (weight != null) {
      request.setWeight(weight);
    }
    return request;
  }
}
