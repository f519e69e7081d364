/** The kernel's FUSE protocol as one file per volume, served by the reactor. */
@NullMarked
package io.millrace.engine.daemon.fuse;

import org.jspecify.annotations.NullMarked;
