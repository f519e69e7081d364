/** What a pool's template may say, and its hash. Pure. */
@NullMarked
package io.millrace.operator.template;

import org.jspecify.annotations.NullMarked;
