/** The operator: makes pools of desktops out of golden images, on KubeVirt. */
@NullMarked
package io.millrace.operator;

import org.jspecify.annotations.NullMarked;
