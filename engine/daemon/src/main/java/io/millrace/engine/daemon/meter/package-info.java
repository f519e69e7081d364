/** Counts what was asked, of each volume and of the disk, and how long it took. */
@NullMarked
package io.millrace.engine.daemon.meter;

import org.jspecify.annotations.NullMarked;
