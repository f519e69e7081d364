/**
 * The program: configuration, wiring, health. Nothing imports this package; values go down by
 * constructor.
 */
@NullMarked
package io.millrace.csi;

import org.jspecify.annotations.NullMarked;
