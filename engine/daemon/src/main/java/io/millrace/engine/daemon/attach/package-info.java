/** Volumes as block devices of this node, remembered across restarts. */
@NullMarked
package io.millrace.engine.daemon.attach;

import org.jspecify.annotations.NullMarked;
