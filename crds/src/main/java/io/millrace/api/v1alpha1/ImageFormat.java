package io.millrace.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonProperty;

/** The disk formats that the importer reads. */
public enum ImageFormat {
  @JsonProperty("raw")
  RAW,
  @JsonProperty("qcow2")
  QCOW2
}
