package io.millrace.e2e.demo;

import io.millrace.e2e.guest.GuestStatus;
import java.util.Collection;
import java.util.function.Function;

/** Whether clones of one image are machines of their own. Pure. */
public final class Identities {
  private Identities() {}

  /** No two guests share a host name, a machine-id or a MAC address, and none of these is empty. */
  public static boolean differ(Collection<GuestStatus> guests) {
    return distinct(guests, GuestStatus::hostname)
        && distinct(guests, GuestStatus::machineId)
        && distinct(guests, GuestStatus::mac);
  }

  private static boolean distinct(
      Collection<GuestStatus> guests, Function<GuestStatus, String> trait) {
    return guests.stream().map(trait).filter(value -> !value.isBlank()).distinct().count()
        == guests.size();
  }
}
