/** The one seam to the engine. */
@NullMarked
package io.millrace.csi.engine;

import org.jspecify.annotations.NullMarked;
