/** The NBD server: volumes and snapshots for QEMU, backup tools and whoever else speaks NBD. */
@NullMarked
package io.millrace.engine.daemon.nbd;

import org.jspecify.annotations.NullMarked;
