/** The one seam to the kernel: libc calls through java.lang.foreign, one class per area. */
@NullMarked
package io.millrace.engine.daemon.linux;

import org.jspecify.annotations.NullMarked;
