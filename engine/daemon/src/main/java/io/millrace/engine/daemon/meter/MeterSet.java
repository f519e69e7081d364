package io.millrace.engine.daemon.meter;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;

/** A meter for each value of an enum. As {@link Meter}, one thread. */
final class MeterSet<K extends Enum<K>> {
  private final EnumMap<K, Meter> meters;

  MeterSet(Class<K> kinds) {
    meters = new EnumMap<>(kinds);
    for (K kind : kinds.getEnumConstants()) {
      meters.put(kind, new Meter());
    }
  }

  Meter of(K kind) {
    return requireNonNull(meters.get(kind));
  }

  boolean idle() {
    return meters.values().stream().allMatch(Meter::idle);
  }

  List<Reading> read() {
    List<Reading> readings = new ArrayList<>(meters.size());
    meters.forEach((kind, meter) -> readings.add(meter.read(kind.name().toLowerCase(Locale.ROOT))));
    return readings;
  }
}
