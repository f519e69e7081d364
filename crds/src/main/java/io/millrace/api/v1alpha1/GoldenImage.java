package io.millrace.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Categories;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Version;

/** Named, immutable versions of a disk that desktops are cloned from; each becomes a snapshot. */
@JsonClassDescription(
    "Named, immutable versions of a disk that desktops are cloned from; each becomes a snapshot.")
@Group(Api.GROUP)
@Version(Api.VERSION)
@ShortNames("gi")
@Categories("millrace")
@ValidationRule(
    value = "size(self.metadata.name) <= 63 && !self.metadata.name.contains('.')",
    message = "an image name has at most 63 characters and no dot: it becomes a label value")
@AdditionalPrinterColumn(
    name = "Ready",
    type = AdditionalPrinterColumn.Type.STRING,
    jsonPath = ".status.conditions[?(@.type==\"Ready\")].status")
@AdditionalPrinterColumn(
    name = "Status",
    type = AdditionalPrinterColumn.Type.STRING,
    jsonPath = ".status.conditions[?(@.type==\"Ready\")].message")
@AdditionalPrinterColumn(
    name = "Versions",
    type = AdditionalPrinterColumn.Type.STRING,
    jsonPath = ".spec.versions[*].name",
    priority = 1)
@AdditionalPrinterColumn(
    name = "Age",
    type = AdditionalPrinterColumn.Type.DATE,
    jsonPath = ".metadata.creationTimestamp")
public final class GoldenImage extends CustomResource<GoldenImageSpec, GoldenImageStatus>
    implements Namespaced {}
