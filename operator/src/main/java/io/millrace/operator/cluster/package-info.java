/**
 * What the operator needs of the cluster around it: which APIs are served, which nodes can hold a
 * clone.
 */
@NullMarked
package io.millrace.operator.cluster;

import org.jspecify.annotations.NullMarked;
