/**
 * The Java model of {@code millrace.io/v1alpha1}: values only, no behaviour.
 *
 * <p>Every default and every rule stands here as schema (defaults, patterns, CEL), so that the API
 * server enforces it for every client. The CRD YAML under {@code manifests/base/crds} is generated
 * from these classes. Records are immutable; a component marked {@code @Nullable} is optional.
 */
@NullMarked
package io.millrace.api.v1alpha1;

import org.jspecify.annotations.NullMarked;
