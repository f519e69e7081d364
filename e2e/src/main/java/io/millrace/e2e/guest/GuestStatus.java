package io.millrace.e2e.guest;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import java.util.List;

/**
 * What a guest's agent says of itself.
 *
 * @param boots how often this disk was booted, this boot included
 * @param bootSeconds uptime at which the login prompt was there; 0 before
 * @param files names in the user's folder
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record GuestStatus(
    String hostname,
    String machineId,
    String mac,
    String imageTag,
    int boots,
    double bootSeconds,
    boolean loginReached,
    double uptimeSeconds,
    List<String> files) {}
