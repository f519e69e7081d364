package io.millrace.e2e.guest;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;

/**
 * What a guest's random-write load did.
 *
 * @param writes number of 4 KiB writes that the guest made
 * @param bytes their sum
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record LoadResult(long writes, long bytes, double seconds) {}
