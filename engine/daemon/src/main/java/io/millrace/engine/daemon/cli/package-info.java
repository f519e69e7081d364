/** The millrace command line, offline on a store or online over the socket. */
@NullMarked
package io.millrace.engine.daemon.cli;

import org.jspecify.annotations.NullMarked;
