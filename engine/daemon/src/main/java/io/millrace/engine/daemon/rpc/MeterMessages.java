package io.millrace.engine.daemon.rpc;

import io.millrace.engine.api.Meter;
import io.millrace.engine.api.Meters;
import io.millrace.engine.api.VolumeMeter;
import io.millrace.engine.daemon.meter.Reading;
import io.millrace.engine.daemon.meter.Readings;
import java.util.List;
import org.HdrHistogram.HistogramIterationValue;

/** What meters have counted, in the words of engine.proto. */
final class MeterMessages {
  private MeterMessages() {}

  static Meters.Builder meters(Readings readings) {
    return Meters.newBuilder()
        .setStats(Messages.stats(readings.stats(), readings.levels()))
        .addAllVolumes(readings.volumes().stream().map(MeterMessages::volume).toList())
        .addAllRequests(all(readings.requests()))
        .addAllDisk(all(readings.disk()))
        .setTakenNanos(readings.takenNanos());
  }

  private static VolumeMeter volume(Readings.OfVolume volume) {
    return VolumeMeter.newBuilder()
        .setId(Messages.id(volume.id()))
        .setName(volume.name())
        .addAllRequests(all(volume.requests()))
        .setStalledNanos(volume.stalledNanos())
        .setWritesWaiting(volume.writesWaiting())
        .build();
  }

  private static List<Meter> all(List<Reading> readings) {
    return readings.stream().map(MeterMessages::meter).toList();
  }

  private static Meter meter(Reading reading) {
    Meter.Builder meter =
        Meter.newBuilder()
            .setKind(reading.kind())
            .setCount(reading.count())
            .setErrors(reading.errors())
            .setBytes(reading.bytes())
            .setInFlight(reading.inFlight())
            .setNanos(reading.nanos());
    for (HistogramIterationValue step : reading.micros().recordedValues()) {
      meter.addLatencyMicros(step.getValueIteratedTo());
      meter.addLatencyCount(step.getCountAtValueIteratedTo());
    }
    return meter.build();
  }
}
