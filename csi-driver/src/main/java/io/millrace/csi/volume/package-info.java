/**
 * The words of the driver, and the decisions that need nothing but values. Knows no gRPC, no
 * engine, no kernel.
 */
@NullMarked
package io.millrace.csi.volume;

import org.jspecify.annotations.NullMarked;
