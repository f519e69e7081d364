/** The disk under a store: direct I/O on a file or block device. */
@NullMarked
package io.millrace.engine.daemon.storage;

import org.jspecify.annotations.NullMarked;
