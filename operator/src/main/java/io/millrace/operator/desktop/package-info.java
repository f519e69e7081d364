/** Desktop: one clone, one virtual machine, and the fenced reset between two users. */
@NullMarked
package io.millrace.operator.desktop;

import org.jspecify.annotations.NullMarked;
