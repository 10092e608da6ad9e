// SPDX-License-Identifier: Apache-2.0
package io.ottla.share;

/**
 * Records that are delivered no more and are to be written to the group's dead-letter topic (KIP-1191).
 *
 * @param deliveryCount how often they were handed out
 * @param rejected      a member rejected them; otherwise they ran out of deliveries
 */
record DeadLetter(SharePartitionKey key, long first, long last, int deliveryCount, boolean rejected) {}
