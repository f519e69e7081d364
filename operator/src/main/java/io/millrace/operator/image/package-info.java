/** GoldenImage: import a version once, keep it as a snapshot. */
@NullMarked
package io.millrace.operator.image;

import org.jspecify.annotations.NullMarked;
