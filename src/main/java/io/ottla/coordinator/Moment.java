// SPDX-License-Identifier: Apache-2.0
package io.ottla.coordinator;

/**
 * The time at which a decision is taken. It comes in with each command, so that decisions never ask a clock.
 *
 * @param wallMs    milliseconds since the Unix epoch: stamps records and measures retention; may jump
 * @param elapsedMs milliseconds from an arbitrary origin: measures timeouts; never goes back
 */
public record Moment(long wallMs, long elapsedMs) {}
