package io.millrace.engine.daemon;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A number of bytes as people write it: 4096, 512KiB, 10GiB, 1.5TiB, 10G (powers of 1024) or 10GB
 * (powers of 1000).
 */
public record ByteSize(long bytes) {
  private static final Pattern FORM =
      Pattern.compile("([0-9]+(?:\\.[0-9]+)?)([KMGTP]?)(i?B?)", Pattern.CASE_INSENSITIVE);
  private static final String UNITS = "KMGTP";

  public static ByteSize parse(String text) {
    Matcher form = FORM.matcher(text.strip());
    if (!form.matches() || (form.group(2).isEmpty() && form.group(3).startsWith("i"))) {
      throw new IllegalArgumentException(
          "'" + text + "' is no size; write for example 4096, 512MiB, 10GiB or 10GB");
    }
    int power = UNITS.indexOf(form.group(2).toUpperCase(Locale.ROOT)) + 1;
    double factor = Math.pow(form.group(3).equalsIgnoreCase("B") ? 1000 : 1024, unit(form, power));
    double bytes = Double.parseDouble(form.group(1)) * factor;
    if (bytes >= 0x1p63) {
      throw new IllegalArgumentException("'" + text + "' is more than 8EiB");
    }
    return new ByteSize(Math.round(bytes));
  }

  private static int unit(Matcher form, int power) {
    return form.group(2).isEmpty() ? 0 : power;
  }

  /** With the largest binary unit that leaves one digit or more before the point. */
  @Override
  public String toString() {
    if (bytes < 1024) {
      return bytes + " B";
    }
    int power = (63 - Long.numberOfLeadingZeros(bytes)) / 10;
    double value = bytes / Math.pow(1024, power);
    String digits =
        value == Math.rint(value)
            ? String.valueOf((long) value)
            : String.format(Locale.ROOT, "%.1f", value);
    return digits + " " + "KMGTPE".charAt(power - 1) + "iB";
  }
}
