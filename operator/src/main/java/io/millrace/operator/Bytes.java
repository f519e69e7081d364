package io.millrace.operator;

import io.fabric8.kubernetes.api.model.Quantity;
import java.math.BigDecimal;
import java.math.RoundingMode;

/** Byte counts as Kubernetes writes them. Pure. */
public final class Bytes {
  /** What the schema admits: a size that was stored before there was a bound reads as the bound. */
  static final long BYTES_MAX = 64L << 40;

  private Bytes() {}

  /** How many bytes a quantity such as 10Gi is; a fraction of a byte counts as one. */
  public static long of(String quantity) {
    BigDecimal bytes = Quantity.getAmountInBytes(new Quantity(quantity));
    return bytes
        .min(BigDecimal.valueOf(BYTES_MAX))
        .setScale(0, RoundingMode.CEILING)
        .longValueExact();
  }
}
